//! What all states of a filed order have in common (`SPEC.md`, sections 18 and 19).

mod codec;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use crate::endpoint::{Endpoint, Shown, Topic};
use crate::error::{ReceiveError, SendError, TimeError};
use crate::key::KeySource;
use crate::ledger::{LedgerError, LedgerKey};
use crate::limits;
use crate::message::{OrderDigest, Part, Progress, Receipt, Report, SealedPart};
use crate::name::{FieldName, Role};
use crate::order::Release;
use crate::peer::Peer;
use crate::pending::{Amendment, Askers, Content, Found, LedgerEntry, OnlyKnown, Pending, Resume};
use crate::policy::PolicyError;
use crate::seal::{Purpose, Sealed};
use crate::wire::{Decode, Encode};

/// A filed order at a party, and how far it has come: `S` is the stage.
pub(crate) struct Saved<S> {
    /// Boxed, because moving a state from step to step would leave copies of secrets behind.
    pub(crate) order: Box<Accepted>,
    pub(crate) stage: S,
}

/// What stays the same from stage to stage.
pub(crate) struct Accepted {
    role: Role,
    /// How often the entry in the ledger was replaced.
    revision: u64,
    /// When it was filed first, and not before it was issued.
    pub(crate) filed_at: u64,
    pub(crate) part: Part,
    /// For the seller, all parts of the envelope but its own; for others, none.
    pub(crate) parts: Vec<SealedPart>,
    /// The key of the reader's part.
    shown_by_holder: Shown,
    /// The key of the seller's statement, if there was one.
    pub(crate) shown_by_seller: Option<Shown>,
}

/// A stage of an order at a party of one role.
pub(crate) trait Stage: Decode {
    /// Whether the stage fits the order.
    fn is_of(&self, role: &Role, part: &Part) -> bool;
}

/// A stage of an order, to be stored.
pub(crate) trait Named: Encode {
    /// How far the order has come, as the record says it.
    fn name(&self, part: &Part) -> &'static str;
}

/// What was opened of an order, on its way to the ledger.
pub(crate) struct Opened {
    pub(crate) part: Part,
    pub(crate) shown_by_holder: Shown,
    pub(crate) shown_by_seller: Option<Shown>,
}

impl<S> Saved<S> {
    pub(crate) fn new(role: &Role, opened: Opened, parts: Vec<SealedPart>, now: u64, stage: S) -> Self {
        let Opened { part, shown_by_holder, shown_by_seller } = opened;
        let (role, filed_at) = (role.clone(), time_of_filing(&part, now));
        let order = Accepted { role, revision: 0, filed_at, part, parts, shown_by_holder, shown_by_seller };
        Self { order: Box::new(order), stage }
    }

    pub(crate) fn part(&self) -> &Part {
        &self.order.part
    }

    pub(crate) fn digest(&self) -> OrderDigest {
        self.part().digest()
    }

    pub(crate) fn at<T>(self, stage: T) -> Saved<T> {
        Saved { order: self.order, stage }
    }

    pub(crate) fn split(self) -> (Saved<()>, S) {
        (Saved { order: self.order, stage: () }, self.stage)
    }

    pub(crate) fn entry(&self) -> LedgerEntry {
        let Accepted { part, shown_by_holder, shown_by_seller, .. } = &*self.order;
        let seller = shown_by_seller.map(|shown| (part.seller().identifier.clone(), shown));
        let asked = Askers { holder: Some(*shown_by_holder), seller, even_if_direct: true };
        // L-5
        let (issued_at, expires) = (part.header.issued_at, part.header.settle_until);
        LedgerEntry { key: self.key(), issued_at, expires, asked }
    }

    fn key(&self) -> LedgerKey {
        let owner = self.part().own().identifier.clone();
        LedgerKey { owner, role: self.order.role.clone(), digest: self.digest() }
    }

    /// Whether a party is the one whose order this is.
    pub(crate) fn is_of<K: KeySource>(&self, endpoint: &Endpoint<K>) -> bool {
        Peer { role: &self.order.role, identifier: &self.part().own().identifier } == endpoint.as_peer()
    }

    pub(crate) fn check_sender<K: KeySource>(&self, endpoint: &Endpoint<K>) -> Result<(), SendError> {
        if self.is_of(endpoint) { Ok(()) } else { Err(SendError::OtherParty) }
    }

    pub(crate) fn check_receiver<K: KeySource>(&self, endpoint: &Endpoint<K>) -> Result<(), ReceiveError> {
        if self.is_of(endpoint) { Ok(()) } else { Err(ReceiveError::OtherParty) }
    }

    /// A receipt for the card holder that says how far the order is, under a key of which the card holder's part shows that
    /// it has it.
    pub(crate) fn receipt<K: KeySource>(
        &self,
        endpoint: &Endpoint<K>,
        progress: Progress,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Receipt, SendError> {
        self.check_sender(endpoint)?;
        if !Report::is_given_by(&endpoint.role) {
            return Err(SendError::GivesNoReceipts { role: endpoint.role.clone() });
        }
        // W-3
        check_until(self.part().settle_until(), now)?;
        let (part, digest) = (self.part(), self.digest());
        let peer = Peer { role: &Role::CARD_HOLDER, identifier: part.sender() };
        let topic = Topic { purpose: Purpose::Receipt, peer, digest: digest.as_bytes(), date: part.issued_at() };
        let link = endpoint.link_back(&self.order.shown_by_holder, peer, topic.date);
        let link = link.map_err(SendError::key(&Role::CARD_HOLDER))?;
        let (role, revision) = (endpoint.role.clone(), self.order.revision);
        let report = Report { role, revision, at: now.min(limits::TIME), progress };
        let sealed = endpoint.say(topic, &link, &report, rng);
        Ok(Receipt { digest, from: endpoint.role.clone(), sealed })
    }
}

impl<S> Saved<S> {
    /// Seals a statement for the seller, under a key of which its latest message shows that it has it.
    pub(crate) fn tell_seller<K: KeySource>(
        &self,
        endpoint: &Endpoint<K>,
        purpose: Purpose,
        statement: &impl Encode,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Sealed, SendError> {
        self.check_sender(endpoint)?;
        let (part, digest) = (self.part(), self.digest());
        let (peer, date) = (part.seller().as_peer(), part.issued_at());
        let link = match &self.order.shown_by_seller {
            Some(shown) => endpoint.link_back(shown, peer, date),
            None => endpoint.link_to(peer, date),
        };
        let link = link.map_err(SendError::key(&Role::SELLER))?;
        Ok(endpoint.say(Topic { purpose, peer, digest: digest.as_bytes(), date }, &link, statement, rng))
    }
}

impl<S: Named> Saved<S> {
    /// Takes the parts of an envelope in place of older ones. Nothing else of the order can differ: all of it opens the
    /// same header.
    pub(crate) fn renew(&mut self, parts: &Resealed) -> Option<Amendment> {
        let Resealed { revision, companions, others } = parts;
        let order = &mut *self.order;
        // E-6, L-7
        if order.part.opening.revision >= Some(*revision) {
            return None;
        }
        order.part.opening = order.part.opening.resealed(companions, *revision);
        order.parts.clone_from(others);
        Some(self.amend())
    }

    /// The next state of the order, to be stored in place of the present one.
    pub(crate) fn amend(&mut self) -> Amendment {
        // L-3
        let replaces = self.order.revision;
        self.order.revision = replaces.saturating_add(1);
        Amendment { content: Content { state: self.encoded(), stage: self.stage_name() }, replaces }
    }

    fn stage_name(&self) -> &'static str {
        self.stage.name(self.part())
    }
}

/// The parts of an envelope, as its own part vouches for them.
pub(crate) struct Resealed {
    pub(crate) revision: u64,
    pub(crate) companions: [u8; 32],
    pub(crate) others: Vec<SealedPart>,
}

impl<S: Stage> Saved<S> {
    pub(crate) fn found(found: &Found<'_>) -> Result<Self, LedgerError> {
        let key = found.key;
        let mut saved = Self::import(found.state, &key.role, &key.owner).map_err(|_| LedgerError::Damaged)?;
        // L-1
        if saved.digest() != key.digest {
            return Err(LedgerError::Damaged);
        }
        // L-8. Either may have given up the keys that it had when the order was filed; no other party takes its place.
        if let Some(Askers { holder, seller, even_if_direct }) = found.asked {
            saved.order.shown_by_holder = holder.unwrap_or(saved.order.shown_by_holder);
            if let Some((seller, shown)) = seller {
                // An order that came directly is no seller's to have answered, only to make demands of.
                let is_direct = saved.part().own().release == Release::Direct;
                if (is_direct && !even_if_direct) || *seller != saved.part().seller().identifier {
                    return Err(LedgerError::Absent);
                }
                saved.order.shown_by_seller = Some(*shown);
            }
        }
        Ok(saved)
    }
}

/// The time that content says it was filed at: `now`, and not before the order was issued, whose card holder's clock
/// may be ahead.
pub(crate) fn time_of_filing(part: &Part, now: u64) -> u64 {
    // W-2
    now.max(part.issued_at())
}

/// Filing a new order. After `until`, or against the policy, an order can only be one that was filed before.
pub(crate) fn accept<S: Named, N, A>(
    saved: Saved<S>,
    (until, now): (u64, u64),
    policy: Result<(), PolicyError>,
    forgotten: &BTreeSet<FieldName>,
    resume: Resume<N, A>,
    state: impl FnOnce(Saved<S>) -> N,
) -> Pending<N, A> {
    let entry = (saved.entry(), resume);
    // E-8, E-9. A known order is answered all the same (E-6, R-5, X-2).
    let only_known = match policy {
        Err(error) => Some(OnlyKnown::Policy(error)),
        Ok(()) if now > until => Some(OnlyKnown::Expired),
        Ok(()) => None,
    };
    if let Some(reason) = only_known {
        return Pending::look_up(entry, reason);
    }
    // The state of this process has the forgotten fields until it is dropped.
    let content = Content { state: saved.encoded_without(forgotten), stage: saved.stage_name() };
    // L-2
    Pending::store(entry, (state(saved), content), None)
}

/// Filing the next stage of an order in place of this one.
pub(crate) fn advance<T: Named, N, A>(
    mut next: Saved<T>,
    resume: Resume<N, A>,
    state: impl FnOnce(Saved<T>) -> N,
) -> Pending<N, A> {
    let Amendment { content, replaces } = next.amend();
    Pending::store((next.entry(), resume), (state(next), content), Some(replaces))
}

pub(crate) fn check_reason(reason: &str) -> Result<(), SendError> {
    let most = limits::REASON;
    if reason.len() > most { Err(SendError::TooLong { what: "the reason", most }) } else { Ok(()) }
}

/// Whether it is not too late.
pub(crate) fn check_until(until: u64, now: u64) -> Result<(), TimeError> {
    if now > until { Err(TimeError::Expired) } else { Ok(()) }
}

impl<S> fmt::Debug for Saved<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.part(), f)
    }
}
