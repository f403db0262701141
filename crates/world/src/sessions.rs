//! The sessions that handshakes leave, which all processes of a party share, and which either side may lose.

mod handshakes;
mod named;

use polyseal::Role;
use polyseal::handshake::{Authenticated, Evidence};
use polyseal::message::OrderDigest;

use crate::cast::role;
use crate::network::{Kind, Message};
use crate::orders::name_of;
use crate::plans::Deed;
use crate::random::mix;
use crate::trace::{Digest, Fact, Until, Who};
use crate::world::{Stop, World, digest_of};

/// How many sessions a party keeps.
const MOST: usize = 16;

/// What finished handshakes left to a party.
#[derive(Default)]
pub struct Sessions {
    pub evidence: Evidence,
    all: Vec<Authenticated>,
}

impl Sessions {
    /// Whether another one had to go.
    fn keep(&mut self, authenticated: Authenticated) -> bool {
        self.all.retain(|own| own.transcript() != authenticated.transcript());
        let is_full = self.all.len() == MOST;
        if is_full {
            self.all.remove(0);
        }
        self.all.push(authenticated);
        self.evidence = self.all.iter().cloned().collect();
        is_full
    }

    /// Those that have a key, which a liar takes out.
    pub fn with_keys(&self) -> impl Iterator<Item = &Authenticated> {
        self.all.iter().filter(|own| own.has_session())
    }

    fn has(&self, transcript: &Digest) -> bool {
        self.all.iter().any(|own| own.transcript() == transcript)
    }

    /// Whether there was one to lose.
    fn forget(&mut self, is_lost: impl Fn(&Authenticated) -> bool) -> bool {
        let before = self.all.len();
        self.all.retain(|own| !is_lost(own));
        self.evidence = self.all.iter().cloned().collect();
        self.all.len() != before
    }
}

/// The role in which somebody speaks.
fn name(who: Who) -> Role {
    role(who).map_or(Role::CARD_HOLDER, name_of)
}

impl World {
    pub fn sessions(&mut self, process: usize) -> &mut Sessions {
        &mut self.identity(process).sessions
    }

    fn keep_session(&mut self, process: usize, authenticated: Authenticated) {
        if self.sessions(process).keep(authenticated) {
            let who = self.who(process);
            self.fact(Fact::Forgot { who });
        }
    }

    /// A party loses what it has of its sessions.
    pub(crate) fn forget_sessions(&mut self, who: Who) {
        if self.identities[usize::from(who)].sessions.forget(|_| true) {
            self.fact(Fact::Forgot { who });
        }
    }

    /// Somebody is told that its peer does not have a session, as any program would tell it: whoever sealed under it goes on
    /// without, and says again what it said.
    pub(crate) fn hear_of_lost_session(&mut self, message: &Message) {
        let is_told = self.is_calm || mix(mix(self.seed, 22), self.step).is_multiple_of(2);
        let Some(digest) = digest_of(message).filter(|_| is_told && !message.is_astray) else { return };
        let Some((holder, place)) = self.placed_as(&digest) else { return };
        let named = named::named(message, &name(message.to));
        let [is_own_lost, is_part_lost] = [(message.from, named.own), (holder, named.part)].map(|(who, name)| {
            let lost = name.filter(|name| !self.identities[usize::from(message.to)].sessions.has(name));
            lost.is_some_and(|lost| {
                if self.identities[usize::from(who)].sessions.forget(|own| *own.transcript() == lost) {
                    self.fact(Fact::Forgot { who });
                }
                true
            })
        });
        if is_own_lost {
            self.say_again(message, &digest);
        }
        if is_part_lost {
            self.seal_what_is_lost(holder, place, message.to);
        } else if is_own_lost {
            // Whoever has the order answers its card holder, and speaks to others, once more.
            self.send_order(holder, place);
        }
    }

    /// A card holder seals its parts again that `to` cannot open.
    fn seal_what_is_lost(&mut self, holder: Who, place: usize, to: Who) {
        match self.seal_again(holder, place) {
            Ok(()) => self.send_order(holder, place),
            Err(Stop::Died) => {}
            Err(Stop::Refused(label)) => {
                let process = self.of[usize::from(holder)][0];
                let digest = self.identities[usize::from(holder)].placed[place].digest;
                self.not_made(process, digest, Until::Deliver, label);
                // Whatever receipts said, somebody still waits for what was refused.
                self.identities[usize::from(holder)].placed[place].is_done = false;
                if label == "not-authenticated" {
                    // The proof went with the session.
                    self.meet(process, to, true);
                }
            }
        }
    }

    /// What nobody asks for again is sealed again by whoever said it.
    fn say_again(&mut self, message: &Message, digest: &Digest) {
        let process = self.of[usize::from(message.from)][0];
        let order = OrderDigest::from_bytes(*digest);
        let said = match message.kind {
            Kind::Withdrawal => {
                self.is_to(*digest, Deed::Withdraw, 1);
                Ok(())
            }
            Kind::Delivery => self.recipient_again(process, order),
            Kind::Request => self.seller_asks_again(process, order),
            _ => Ok(()),
        };
        if let Err(Stop::Refused(label)) = said {
            self.counts.label(label);
        }
    }
}
