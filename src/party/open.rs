//! Receiving: every check between bytes of the right form and an accepted order.

use alloc::boxed::Box;
use alloc::vec::Vec;
use zeroize::Zeroizing;

use super::error::{ReceiveError, TimeError};
use super::policy::{Accepted, PolicyError};
use super::state::{Saved, Stage};
use crate::envelope::{Forward, Header, Opening, OrderDigest, Part, SealedPart, Statement, parts_digest};
use crate::key::{KeySource, Purpose};
use crate::ledger::{Insert, Ledger, LedgerError, LedgerKey, Replace};
use crate::link::{Peer, Terminal};
use crate::name::Role;
use crate::order::Release;
use crate::seal::{Context, Rejected};
use crate::step::Received;
use crate::wire;

impl<K: KeySource> Terminal<K> {
    /// The dates of a header, as far as they concern every message of its order.
    pub(super) fn check_dates(&self, header: &Header, now: u64) -> Result<(), TimeError> {
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

    /// Opens a part that came `release`'s way, and holds it against its header.
    pub(super) fn open_part<E>(
        &self,
        header: &Header,
        part: &SealedPart,
        release: Release,
        token: Option<&[u8; 32]>,
    ) -> Result<Part, ReceiveError<E>> {
        if part.role != self.role {
            return Err(ReceiveError::NotAddressed { role: self.role.clone() });
        }
        let sender = Peer { role: &Role::CARD_HOLDER, identifier: &header.sender };
        let key = self.key_from(Purpose::Part, sender, &part.sealed.name, header.issued_at)?;
        let context = Context { step: 0, digest: &header.digest().0, role: &self.role };
        let plaintext = part.sealed.open(&key, context, token)?;
        // The sender is authentic, so what follows fails only if it is dishonest; it learns no more.
        let opening: Opening = wire::decode(&plaintext).map_err(|_| Rejected)?;
        let part = Part::verify(header.clone(), opening, &self.role, self.identifier())?;
        if part.recipient(&self.role).is_none_or(|own| own.release != release) {
            return Err(ReceiveError::Rejected);
        }
        Ok(part)
    }

    /// Opens what a seller passed on: its statement first, then the part.
    pub(super) fn open_forward<E>(
        &self,
        forward: &Forward,
        purpose: Purpose,
        sellers: &Accepted,
        now: u64,
    ) -> Result<(Part, Zeroizing<Vec<u8>>), ReceiveError<E>> {
        let header = &forward.cargo.header;
        let not_addressed = || ReceiveError::NotAddressed { role: self.role.clone() };
        let part = forward.cargo.part(&self.role).ok_or_else(not_addressed)?;
        self.check_dates(header, now)?;
        let relayer = Peer { role: &Role::SELLER, identifier: &forward.relayer };
        let key = self.key_from(purpose, relayer, &forward.statement.name, header.issued_at)?;
        let context = Context { step: 0, digest: &header.digest().0, role: &self.role };
        let plaintext = forward.statement.open(&key, context, None)?;
        let statement: Statement = wire::decode(&plaintext).map_err(|_| Rejected)?;

        let dispatched = purpose == Purpose::Dispatch;
        if statement.parts != parts_digest(&forward.cargo.parts)
            || statement.token.is_some() != dispatched
            || !(dispatched || statement.instructions.is_empty())
        {
            return Err(ReceiveError::Rejected);
        }
        let release = if dispatched { Release::OnApproval } else { Release::OnReceipt };
        let part = self.open_part(header, part, release, statement.token.as_deref())?;
        // The sender meant this seller to relay: the one whose statement this is.
        if part.recipient(&Role::SELLER).is_none_or(|seller| seller.identifier != forward.relayer) {
            return Err(ReceiveError::Rejected);
        }
        if statement.token.is_some_and(|token| !part.is_approved_by(&token)) {
            return Err(ReceiveError::Rejected);
        }
        check_seller(&part, sellers)?;
        Ok((part, statement.instructions))
    }

    pub(super) fn ledger_key(&self, digest: OrderDigest) -> LedgerKey {
        LedgerKey { role: self.role.clone(), digest }
    }

    /// The last step of receiving: into the ledger, unless it is there.
    ///
    /// `until` is the last second for a first receipt. A repetition is answered after it too.
    pub(super) fn accept<L: Ledger + ?Sized>(
        &self,
        ledger: &mut L,
        saved: Box<Saved>,
        until: u64,
        now: u64,
    ) -> Result<Received<Box<Saved>>, ReceiveError<L::Error>> {
        let key = self.ledger_key(saved.part.digest());
        let state = if now > until {
            ledger.load(&key).map_err(LedgerError::Storage)?.ok_or(TimeError::Expired)?
        } else {
            match ledger.insert(&key, saved.part.deliver_until(), saved.as_bytes()).map_err(LedgerError::Storage)? {
                Insert::Done => return Ok(Received::New(saved)),
                Insert::Present(state) => state,
                Insert::BelowFloor => return Err(LedgerError::BelowFloor.into()),
                Insert::Full => return Err(LedgerError::Full.into()),
            }
        };
        Ok(Received::Again(self.restore_own(&state)?))
    }

    /// A state that the ledger holds.
    pub(super) fn restore_own<E>(&self, state: &[u8]) -> Result<Box<Saved>, LedgerError<E>> {
        Saved::import(state, &self.role, self.identifier()).map_err(|_| LedgerError::Damaged)
    }

    /// Moves an order on: its state in the ledger from this one to that with the next stage.
    ///
    /// `None` if that is now so; else the state to which the order had been moved before, and `saved` is as it was.
    pub(super) fn advance<L: Ledger + ?Sized>(
        &self,
        ledger: &mut L,
        saved: &mut Saved,
        next: Stage,
    ) -> Result<Option<Box<Saved>>, LedgerError<L::Error>> {
        let key = self.ledger_key(saved.part.digest());
        let bytes = saved.export_at(&next);
        match ledger.replace(&key, saved.as_bytes(), &bytes).map_err(LedgerError::Storage)? {
            Replace::Done => {
                saved.move_on(next, bytes);
                Ok(None)
            }
            Replace::Differs(state) => self.restore_own(&state).map(Some),
            Replace::Absent => Err(LedgerError::Absent),
        }
    }
}

/// Whether this party serves the seller of an order.
pub(super) fn check_seller<E>(part: &Part, sellers: &Accepted) -> Result<(), ReceiveError<E>> {
    let seller = part.recipient(&Role::SELLER);
    if seller.is_some_and(|seller| sellers.admits(&seller.identifier)) {
        Ok(())
    } else {
        Err(ReceiveError::Policy(PolicyError::Seller))
    }
}
