//! Receiving: every check between a message of the right form and an order (`SPEC.md`, section 12).

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::endpoint::{Endpoint, Shown, Subject};
use crate::error::{ReceiveError, TimeError};
use crate::key::KeySource;
use crate::ledger::LedgerKey;
use crate::message::{
    Direct, Dispatch, Forward, Header, Opening, OrderDigest, Part, Relay, SealedPart, Statement, parts_digest,
};
use crate::name::Role;
use crate::order::Release;
use crate::peer::Peer;
use crate::policy::{Peers, PolicyError};
use crate::saved::Opened;
use crate::seal::{Context, Purpose, Rejected};

/// An opened part, with the seller's instructions.
pub(crate) struct Forwarded {
    pub(crate) opened: Opened,
    pub(crate) instructions: Zeroizing<Vec<u8>>,
}

impl<K: KeySource> Endpoint<K> {
    /// Checks the dates of a header, as far as they concern every message about its order.
    pub(crate) fn check_dates(&self, header: &Header, now: u64) -> Result<(), TimeError> {
        let lasts = |until: u64| until.saturating_sub(header.issued_at);
        if header.issued_at > now.saturating_add(self.rules.skew) {
            Err(TimeError::NotYet)
        } else if now > header.deliver_until {
            Err(TimeError::Expired)
        } else if lasts(header.accept_until) > self.rules.longest_accept
            || lasts(header.deliver_until) > self.rules.longest_deliver
        {
            Err(TimeError::TooLong)
        } else {
            Ok(())
        }
    }

    /// Opens a part that came by the way of `release`, and checks it against its header.
    pub(crate) fn open_part(
        &self,
        header: &Header,
        part: &SealedPart,
        release: Release,
        token: Option<&[u8; 32]>,
    ) -> Result<Opened, ReceiveError> {
        if part.role != self.role {
            return Err(ReceiveError::NotAddressed { role: self.role.clone() });
        }
        let sender = Peer { role: &Role::CARD_HOLDER, identifier: &header.sender };
        let name = part.sealed.name;
        let key = self.key_from(sender, &name, header.issued_at)?;
        let (digest, sender, receiver) = (&header.digest().0, sender.role, &self.role);
        let context = Context { purpose: Purpose::Part, step: 0, digest, sender, receiver, token };
        let plaintext = part.sealed.open(&key, context)?;
        // The sender is authentic, so what follows fails only if it is dishonest; it learns no more.
        let opening = Opening::from_plaintext(plaintext).map_err(|_| Rejected)?;
        let part = Part::verify(header.clone(), opening, &self.role, self.identifier())?;
        if part.own().release != release {
            return Err(ReceiveError::Rejected);
        }
        Ok(Opened { part, shown_by_holder: Shown::Now(name), shown_by_seller: None })
    }

    pub(crate) fn open_direct(&self, direct: &Direct, now: u64) -> Result<Opened, ReceiveError> {
        self.check_dates(&direct.header, now)?;
        self.open_part(&direct.header, &direct.part, Release::Direct, None)
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
        let not_addressed = || ReceiveError::NotAddressed { role: self.role.clone() };
        let part = forward.cargo.part(&self.role).ok_or_else(not_addressed)?;
        self.check_dates(header, now)?;
        let peer = Peer { role: &Role::SELLER, identifier: &forward.relayer };
        let subject = Subject { purpose, peer, digest: &header.digest().0, date: header.issued_at };
        let Statement { parts, token, instructions } = self.hear(subject, &forward.statement)?;

        let is_dispatch = purpose == Purpose::Dispatch;
        if parts != parts_digest(&forward.cargo.parts)
            || token.is_some() != is_dispatch
            || !(is_dispatch || instructions.is_empty())
        {
            return Err(ReceiveError::Rejected);
        }
        let release = if is_dispatch { Release::OnApproval } else { Release::OnReceipt };
        let opened = self.open_part(header, part, release, token.as_deref())?;
        // The card holder meant this seller to relay: the one whose statement this is.
        if opened.part.seller().identifier != forward.relayer {
            return Err(ReceiveError::Rejected);
        }
        if token.is_some_and(|token| !opened.part.is_approved_by(&token)) {
            return Err(ReceiveError::Rejected);
        }
        let shown_by_seller = Some(Shown::Now(forward.statement.name));
        Ok(Forwarded { opened: Opened { shown_by_seller, ..opened }, instructions })
    }

    /// Where the ledger has an order of this party.
    pub(crate) fn ledger_key(&self, digest: OrderDigest) -> LedgerKey {
        LedgerKey { owner: self.identifier().clone(), role: self.role.clone(), digest }
    }
}

/// Whether this party serves the seller of an order.
pub(crate) fn check_seller(part: &Part, sellers: &Peers) -> Result<(), PolicyError> {
    if sellers.admits(&part.seller().identifier) { Ok(()) } else { Err(PolicyError::Seller) }
}
