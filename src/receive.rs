//! Receiving: every check between a message of the right form and an order (`SPEC.md`, section 16).

use crate::endpoint::{Endpoint, Shown, Topic, Unheard};
use crate::error::{ReceiveError, TimeError};
use crate::identifier::Identifier;
use crate::key::KeySource;
use crate::ledger::LedgerKey;
use crate::message::{
    Claim, Demand, Direct, Dispatch, Forward, Header, Load, Opening, OrderDigest, Part, Relay, Request, SealedPart,
    Statement, parts_digest, token_hash,
};
use crate::name::Role;
use crate::order::Release;
use crate::peer::Peer;
use crate::pending::{Askers, LedgerEntry, OnlyKnown, Pending, Resume};
use crate::policy::{Peers, PolicyError};
use crate::saved::Opened;
use crate::seal::{Context, Purpose, Rejected, Sealed};

/// What a seller passed on with a statement that opened.
pub(crate) struct Forwarded {
    pub(crate) opened: Result<Opened, Unopened>,
    pub(crate) at: u64,
    /// In a dispatch, its consignment.
    pub(crate) load: Option<Load>,
}

/// What a seller asks of a card manager with a claim that opened.
pub(crate) struct Requested {
    pub(crate) opened: Result<Opened, Unopened>,
    /// When the seller filed it.
    pub(crate) at: u64,
    pub(crate) demand: Demand,
}

/// A part that did not open, and who passed it on. An order that is filed is answered all the same: the part may have
/// been sealed under a session, or in an epoch, whose keys are gone.
pub(crate) struct Unopened {
    key: LedgerKey,
    issued_at: u64,
    kept_until: u64,
    asked: Askers,
    reason: Unheard,
}

impl Unopened {
    pub(crate) fn look_up<N, A>(self, resume: Resume<N, A>) -> Pending<N, A> {
        let Self { key, issued_at, kept_until, asked, reason } = self;
        let entry = LedgerEntry { key, issued_at, expires: kept_until, asked };
        Pending::look_up((entry, resume), OnlyKnown::Unopened(reason))
    }
}

impl<K: KeySource> Endpoint<K> {
    /// Checks the dates of a header, as far as they concern every message about its order that comes `until` then.
    pub(crate) fn check_dates(&self, header: &Header, until: u64, now: u64) -> Result<(), TimeError> {
        let lasts = |until: u64| until.saturating_sub(header.issued_at);
        // M-3, M-4, M-5
        if header.issued_at > now.saturating_add(self.rules.skew) {
            Err(TimeError::NotYet)
        } else if now > until {
            Err(TimeError::Expired)
        } else if lasts(header.accept_until) > self.rules.longest_accept
            || lasts(header.deliver_until) > self.rules.longest_deliver
            || lasts(header.settle_until) > self.rules.longest_settle
        {
            Err(TimeError::TooLong)
        } else {
            Ok(())
        }
    }

    /// Checks the time that a statement says it was filed at: within the time of the order for it, `until`, and not in the
    /// future.
    pub(crate) fn check_filed(&self, header: &Header, at: u64, until: u64, now: u64) -> Result<(), ReceiveError> {
        //
        if at < header.issued_at || at > until {
            // No honest sender files it then.
            Err(ReceiveError::Rejected)
        } else if at > now.saturating_add(self.rules.skew) {
            Err(TimeError::NotYet.into())
        } else {
            Ok(())
        }
    }

    /// Opens a part for this party's role that came by the way of `release`, and checks it against its header.
    pub(crate) fn open_part(
        &self,
        header: &Header,
        part: &SealedPart,
        release: Release,
        token: Option<&[u8; 32]>,
    ) -> Result<Opened, Unheard> {
        let sender = Peer { role: &Role::CARD_HOLDER, identifier: &header.sender };
        let name = part.sealed.name;
        let key = self.key_from(sender, &name, header.issued_at)?;
        let (digest, sender, receiver) = (&header.digest().0, sender.role, &self.role);
        let context = Context { purpose: Purpose::Part, step: 0, digest, sender, receiver, token };
        let plaintext = part.sealed.open(&key, context)?;
        // P-1 to P-10. The sender is authentic, so what follows fails only if it is dishonest; it learns no more.
        let opening = Opening::from_plaintext(plaintext).map_err(|_| Rejected)?;
        let part = Part::verify(header.clone(), opening, &self.role, self.identifier())?;
        // P-11
        if part.own().release != release {
            return Err(Unheard::Rejected);
        }
        Ok(Opened { part, shown_by_holder: Shown::Now(name), shown_by_seller: None })
    }

    pub(crate) fn open_direct(&self, direct: &Direct, now: u64) -> Result<Opened, ReceiveError> {
        // M-2
        if direct.part.role != self.role {
            return Err(self.not_addressed());
        }
        self.check_dates(&direct.header, direct.header.deliver_until, now)?;
        //
        Ok(self.open_part(&direct.header, &direct.part, Release::Direct, None)?)
    }

    pub(crate) fn open_relay(&self, Relay(forward): &Relay, now: u64) -> Result<Forwarded, ReceiveError> {
        self.open_forward(forward, Purpose::Relay, now)
    }

    pub(crate) fn open_dispatch(&self, Dispatch(forward): &Dispatch, now: u64) -> Result<Forwarded, ReceiveError> {
        self.open_forward(forward, Purpose::Dispatch, now)
    }

    /// Opens what a seller passed on: its statement first, then the part.
    fn open_forward(&self, forward: &Forward, purpose: Purpose, now: u64) -> Result<Forwarded, ReceiveError> {
        let header = &forward.cargo.header;
        // M-2
        let part = forward.cargo.part(&self.role).ok_or_else(|| self.not_addressed())?;
        self.check_dates(header, header.deliver_until, now)?;
        let peer = Peer { role: &Role::SELLER, identifier: &forward.relayer };
        let topic = Topic { purpose, peer, digest: &header.digest().0, date: header.issued_at };
        //
        let Statement { parts, at, token, load } = self.hear(topic, &forward.statement)?;

        let is_dispatch = purpose == Purpose::Dispatch;
        // D-1
        if parts != parts_digest(&forward.cargo.parts)
            || token.is_some() != is_dispatch
            || token.as_ref().is_some_and(|token| token_hash(token) != header.token_hash)
            || load.is_some() != is_dispatch
        {
            return Err(ReceiveError::Rejected);
        }
        // R-4, D-2
        self.check_filed(header, at, if is_dispatch { header.deliver_until } else { header.accept_until }, now)?;

        let release = if is_dispatch { Release::OnApproval } else { Release::OnReceipt };
        let opened = self.open_part(header, part, release, token.as_deref());
        let opened = self.passed_on(header, (&forward.relayer, &forward.statement), opened, false)?;
        Ok(Forwarded { opened, at, load })
    }

    /// What a seller's statement came with: a part for this party, from an order whose seller it is, or one that did not
    /// open.
    fn passed_on(
        &self,
        header: &Header,
        (seller, statement): (&Identifier, &Sealed),
        opened: Result<Opened, Unheard>,
        even_if_direct: bool,
    ) -> Result<Result<Opened, Unopened>, ReceiveError> {
        let shown = Shown::Now(statement.name);
        // R-6, D-3
        match opened {
            // The card holder meant this seller to relay: the one whose statement this is.
            Ok(opened) if opened.part.seller().identifier == *seller => {
                Ok(Ok(Opened { shown_by_seller: Some(shown), ..opened }))
            }
            Ok(_) => Err(ReceiveError::Rejected),
            // R-5, which comes first: a known order is answered.
            Err(reason) => Ok(Err(Unopened {
                key: self.ledger_key(*header.digest()),
                issued_at: header.issued_at,
                kept_until: header.settle_until,
                asked: Askers { holder: None, seller: Some((seller.clone(), shown)), even_if_direct },
                reason,
            })),
        }
    }

    /// Opens what a seller asks of this card manager: its claim first, then the part, if there is one.
    pub(crate) fn open_request(&self, request: &Request, now: u64) -> Result<Requested, ReceiveError> {
        let header = &request.cargo.header;
        let own = request.cargo.part(&self.role);
        // M-2
        if header.recipient(&self.role).is_none() || own.is_none() != request.cargo.parts.is_empty() {
            return Err(self.not_addressed());
        }
        // M-3 to M-5
        self.check_dates(header, header.settle_until, now)?;
        let peer = Peer { role: &Role::SELLER, identifier: &request.seller };
        let topic = Topic { purpose: Purpose::Request, peer, digest: &header.digest().0, date: header.issued_at };
        //
        let Claim { parts, at, demand } = self.hear(topic, &request.claim)?;
        //
        if parts != parts_digest(&request.cargo.parts) {
            return Err(ReceiveError::Rejected);
        }
        //
        self.check_filed(header, at, header.settle_until, now)?;
        // Only a known order is refunded, and that needs no part.
        let opened = match own {
            Some(part) if demand.is_cancellation() => self.open_part(header, part, Release::OnReceipt, None),
            _ => Err(Unheard::Rejected),
        };
        let opened = self.passed_on(header, (&request.seller, &request.claim), opened, true)?;
        Ok(Requested { opened, at, demand })
    }

    /// There is nothing in a message for this party.
    pub(crate) fn not_addressed(&self) -> ReceiveError {
        ReceiveError::NotAddressed { role: self.role.clone() }
    }

    pub(crate) fn ledger_key(&self, digest: OrderDigest) -> LedgerKey {
        LedgerKey { owner: self.identifier().clone(), role: self.role.clone(), digest }
    }
}

/// Whether this party serves the seller of an order.
pub(crate) fn check_seller(part: &Part, sellers: &Peers) -> Result<(), PolicyError> {
    //
    if sellers.admits(&part.seller().identifier) { Ok(()) } else { Err(PolicyError::Seller) }
}
