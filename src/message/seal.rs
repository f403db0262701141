//! From a plan to its envelope.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::envelope::{Cargo, Direct, Envelope, SealedPart, parts_digest};
use super::header::{Content, Header, commit_field, commit_recipient, token_hash};
use super::opening::{Salt, Shown};
use crate::hash::{self, Prf};
use crate::identifier::Identifier;
use crate::limits;
use crate::name::{FieldName, Role};
use crate::order::{Entry, Plan, Planned, Release};
use crate::seal::{Context, Link, Purpose, SaltContent, Sealed};
use crate::value::ValueError;
use crate::wire::Secret32;

/// How long an order may be received, and dispatched, after it is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Seconds in which it may be received for the first time, and approved.
    pub accept: u64,
    /// Seconds in which it may be dispatched: not less than `accept`.
    pub deliver: u64,
}

impl Default for Windows {
    /// One hour to accept, thirty days to deliver.
    fn default() -> Self {
        Self { accept: 3600, deliver: 30 * 24 * 3600 }
    }
}

impl Windows {
    /// The last seconds to accept and to deliver what is sealed `now`.
    pub(crate) fn ends(self, now: u64) -> Result<(u64, u64), ValueError> {
        let ends = (now.saturating_add(self.accept), now.saturating_add(self.deliver));
        if ends.0 <= ends.1 && ends.1 <= limits::TIME { Ok(ends) } else { Err(ValueError::Windows) }
    }
}

/// An order as it is sealed.
pub(crate) struct Placed {
    pub(crate) envelope: Envelope,
    pub(crate) directs: Vec<Direct>,
    /// With the salts of their commitments, which the card holder keeps.
    pub(crate) recipients: Vec<(Entry, Salt)>,
}

/// When an order is sealed and until when it holds.
#[derive(Clone, Copy)]
struct Dates {
    issued_at: u64,
    accept_until: u64,
    deliver_until: u64,
}

/// Seals an order by its plan, each part for its recipient through the link of the same place.
pub(crate) fn seal(
    plan: &Plan<'_>,
    links: &[Link],
    sender: &Identifier,
    now: u64,
    windows: Windows,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Placed, ValueError> {
    let (accept_until, deliver_until) = windows.ends(now)?;
    let dates = Dates { issued_at: now, accept_until, deliver_until };
    let secrets = Secrets::draw(plan, links, sender, dates, rng);
    let header = secrets.header(plan, sender, dates);

    let mut parts = Vec::with_capacity(links.len());
    let mut directs = Vec::new();
    // The relayer's part vouches for the other parts in the envelope, so it is sealed last. Links and salts stay where
    // they are: what is moved leaves its bytes behind.
    let places = || plan.entries.iter().zip(links).enumerate();
    let relays = |entry: &Entry| entry.role == Role::SELLER;
    let others = places().filter(|(_, (entry, _))| !relays(entry));
    for (place, (entry, link)) in others.chain(places().filter(|(_, (entry, _))| relays(entry))) {
        let relays = relays(entry);
        let companions = relays.then(|| parts_digest(&parts));
        let shown = secrets.shown(plan, place, entry, companions);
        let context = Context {
            purpose: Purpose::Part,
            step: 0,
            digest: &header.digest().0,
            sender: &Role::CARD_HOLDER,
            receiver: &entry.role,
            token: (entry.release == Release::OnApproval).then_some(&*secrets.token),
        };
        let content = SaltContent::Part { companions: companions.as_ref(), revision: relays.then_some(0) };
        let sealed = Sealed::seal(link, context, &shown, content, rng);
        let part = SealedPart { role: entry.role.clone(), sealed: Arc::new(sealed) };
        if entry.release == Release::Direct {
            directs.push(Direct { header: header.clone(), part });
        } else if relays {
            // Of the parts in the envelope the relayer's is the first, as its entry is.
            parts.insert(0, part);
        } else {
            parts.push(part);
        }
    }
    let recipients = plan.entries.iter().cloned().zip(secrets.recipients.iter().cloned()).collect();
    Ok(Placed { envelope: Envelope(Cargo { header, parts }), directs, recipients })
}

/// Nonce, token and salts, from a PRF whose key mixes fresh randomness with MACs of the order under the directional
/// keys.
///
/// So values that can be guessed stay hidden even where the generator is known: from outsiders and
/// from every recipient, as long as there is one key here that they do not have.
struct Secrets {
    nonce: [u8; 32],
    token: Secret32,
    /// In the order of the plan's entries.
    recipients: Vec<Salt>,
    /// In the order of the plan's fields.
    fields: Vec<Salt>,
}

impl Secrets {
    fn draw(
        plan: &Plan<'_>,
        links: &[Link],
        sender: &Identifier,
        dates: Dates,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let order = Secret32::new(hash::digest("order", 6, |w| {
            w.item(sender).uint(dates.issued_at).uint(dates.accept_until).uint(dates.deliver_until);
            w.items(&plan.entries).array(plan.fields.len());
            for planned in &plan.fields {
                w.array(2).item(planned.name).text(planned.value);
            }
        }));
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(fresh.as_mut_slice());
        let seed = Secret32::new(hash::digest("seed", 2, |w| {
            w.bytes(fresh.as_slice()).array(links.len());
            for link in links {
                let mac = link.key.prf.eval("seed", 1, |w| {
                    w.bytes(order.as_slice());
                });
                w.bytes(mac.as_slice());
            }
        }));
        let seed = Prf::new(&seed);
        let recipient = |entry: &Entry| {
            seed.eval("recipient salt", 1, |w| {
                w.item(&entry.role);
            })
        };
        let field = |name: &FieldName| {
            seed.eval("field salt", 1, |w| {
                w.item(name);
            })
        };
        Self {
            nonce: *seed.eval("nonce", 0, |_| {}),
            token: seed.eval("token", 0, |_| {}),
            recipients: plan.entries.iter().map(recipient).collect(),
            fields: plan.fields.iter().map(|planned| field(planned.name)).collect(),
        }
    }

    fn recipients<'a>(&'a self, plan: &'a Plan<'_>) -> impl Iterator<Item = (&'a Entry, &'a Salt)> {
        plan.entries.iter().zip(&self.recipients)
    }

    fn fields<'a>(&'a self, plan: &'a Plan<'_>) -> impl Iterator<Item = (&'a Planned<'a>, &'a Salt)> {
        plan.fields.iter().zip(&self.fields)
    }

    fn header(&self, plan: &Plan<'_>, sender: &Identifier, dates: Dates) -> Header {
        let recipient = |(entry, salt): (&Entry, &Salt)| (entry.role.clone(), commit_recipient(salt, entry));
        let field = |(Planned { name, value, .. }, salt): (&Planned<'_>, &Salt)| {
            ((*name).clone(), commit_field(salt, name, value))
        };
        Header::new(Content {
            sender: sender.clone(),
            issued_at: dates.issued_at,
            accept_until: dates.accept_until,
            deliver_until: dates.deliver_until,
            nonce: self.nonce,
            token_hash: token_hash(&self.token),
            recipients: self.recipients(plan).map(recipient).collect(),
            fields: self.fields(plan).map(field).collect(),
        })
    }

    /// What the recipient of `entry` may know.
    fn shown<'a>(&'a self, plan: &'a Plan<'_>, place: usize, entry: &Entry, companions: Option<[u8; 32]>) -> Shown<'a> {
        let relays = companions.is_some();
        let known = |other: &Entry| relays || other.role == entry.role || other.role == Role::SELLER;
        Shown {
            recipients: self.recipients(plan).filter(|(other, _)| known(other)).collect(),
            fields: self.fields(plan).filter(|(planned, _)| planned.is_seen_by(place)).collect(),
            companions,
            token: (entry.role == Role::CARD_MANAGER).then_some(&*self.token),
        }
    }
}
