//! From a plan to its envelope.

use alloc::sync::Arc;
use alloc::vec::Vec;

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::envelope::{Cargo, Direct, Envelope, SealedPart, parts_digest};
use super::header::{CommittedGroup, Content, Header, commit_group, commit_recipient, token_hash};
use super::opening::{Salt, Shown};
use crate::hash;
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Role;
use crate::order::{Entry, Plan, Release, encode_fields};
use crate::seal::{Context, Link, Purpose, SaltContent, Sealed};
use crate::value::ValueError;
use crate::wire::Secret32;

/// How long an order may be received, dispatched, and settled, after it is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Seconds in which it may be received for the first time, and approved.
    pub accept: u64,
    /// Seconds in which it may be dispatched: not less than `accept`.
    pub deliver: u64,
    /// Seconds in which messages about it are taken: not less than `deliver`. The parties keep its records and keys until
    /// then.
    pub settle: u64,
}

impl Default for Windows {
    /// One hour to accept, thirty days to deliver, 180 days to settle.
    fn default() -> Self {
        const DAY: u64 = 24 * 3600;
        Self { accept: 3600, deliver: 30 * DAY, settle: 180 * DAY }
    }
}

impl Windows {
    /// The dates of an order that is sealed `now`.
    fn dates(self, now: u64) -> Result<Dates, ValueError> {
        let end = |window: u64| now.saturating_add(window);
        let (accept_until, deliver_until, settle_until) = (end(self.accept), end(self.deliver), end(self.settle));
        if [accept_until, deliver_until, settle_until, limits::TIME].is_sorted() {
            Ok(Dates { issued_at: now, accept_until, deliver_until, settle_until })
        } else {
            Err(ValueError::Windows)
        }
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
    settle_until: u64,
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
    let dates = windows.dates(now)?;
    let secrets = Secrets::draw(plan, links, sender, dates, rng);
    let header = secrets.header(plan, sender, dates);

    let mut parts = Vec::with_capacity(links.len());
    let mut directs = Vec::new();
    // The relayer's part vouches for the other parts in the envelope, so it is sealed last. Links and salts stay where
    // they are: what is moved leaves its bytes behind.
    let places = || plan.entries.iter().zip(links);
    let relays = |entry: &Entry| entry.role == Role::SELLER;
    let others = places().filter(|(entry, _)| !relays(entry));
    for (entry, link) in others.chain(places().filter(|(entry, _)| relays(entry))) {
        let relays = relays(entry);
        let companions = relays.then(|| parts_digest(&parts));
        let shown = secrets.shown(plan, entry, companions);
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

/// Token and salts, from a keystream whose key mixes fresh randomness with MACs of the order under the directional keys.
///
/// So values that can be guessed stay hidden even where the generator is known: from outsiders and
/// from every recipient, as long as there is one key here that they do not have.
struct Secrets {
    token: Secret32,
    /// In the order of the plan's entries.
    recipients: Vec<Salt>,
    /// In the order of the plan's groups.
    groups: Vec<Salt>,
}

impl Secrets {
    fn draw(
        plan: &Plan<'_>,
        links: &[Link],
        sender: &Identifier,
        dates: Dates,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let order = Secret32::new(hash::digest("order", 8, |w| {
            w.item(sender).uint(dates.issued_at);
            w.uint(dates.accept_until).uint(dates.deliver_until).uint(dates.settle_until);
            w.items(&plan.entries).array(plan.groups.len());
            for group in &plan.groups {
                w.items(&group.selectors);
            }
            encode_fields(w, &plan.fields);
        }));
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(fresh.as_mut_slice());
        let seed = Secret32::new(hash::digest("seed", 1, |w| {
            w.array(links.len());
            for link in links {
                let mac = link.key.prf.eval("seed", 2, |w| {
                    w.bytes(fresh.as_slice()).bytes(order.as_slice());
                });
                w.bytes(mac.as_slice());
            }
        }));
        let mut stream = ChaCha20::new((&*seed).into(), &[0; 12].into());
        let mut next = || {
            let mut secret = Secret32::new([0; 32]);
            stream.apply_keystream(secret.as_mut_slice());
            secret
        };
        Self {
            token: next(),
            recipients: plan.entries.iter().map(|_| next()).collect(),
            groups: plan.groups.iter().map(|_| next()).collect(),
        }
    }

    fn recipients<'a>(&'a self, plan: &'a Plan<'_>) -> impl Iterator<Item = (&'a Entry, &'a Salt)> {
        plan.entries.iter().zip(&self.recipients)
    }

    fn header(&self, plan: &Plan<'_>, sender: &Identifier, dates: Dates) -> Header {
        let recipient = |(entry, salt): (&Entry, &Salt)| (entry.role.clone(), commit_recipient(salt, entry));
        let groups = plan.groups.iter().zip(&self.groups).map(|(group, salt)| CommittedGroup {
            selectors: group.selectors.clone(),
            commitment: commit_group(salt, |w| encode_fields(w, &group.fields)),
        });
        Header::new(Content {
            sender: sender.clone(),
            issued_at: dates.issued_at,
            accept_until: dates.accept_until,
            deliver_until: dates.deliver_until,
            settle_until: dates.settle_until,
            token_hash: token_hash(&self.token),
            recipients: self.recipients(plan).map(recipient).collect(),
            groups: groups.collect(),
        })
    }

    /// What the recipient of `entry` may know.
    fn shown<'a>(&'a self, plan: &'a Plan<'_>, entry: &Entry, companions: Option<[u8; 32]>) -> Shown<'a> {
        let relays = companions.is_some();
        let known = |other: &Entry| relays || other.role == entry.role || other.role == Role::SELLER;
        let groups = plan.groups.iter().zip(&self.groups).enumerate();
        let groups = groups.filter(|(place, _)| entry.groups.contains(*place));
        Shown {
            recipients: self.recipients(plan).filter(|(other, _)| known(other)).collect(),
            groups: groups.map(|(place, (group, salt))| (place, salt, &*group.fields)).collect(),
            companions,
            revision: relays.then_some(0),
            token: (entry.role == Role::CARD_MANAGER).then_some(&*self.token),
        }
    }
}
