//! After the card manager's answer: an approved order is dispatched, a declined one ends.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::Seller;
use super::forward::{Consignment, Load};
use crate::confirm::{Confirmed, Evidence};
use crate::envelope::{Dispatch, Part, Relay};
use crate::key::{KeySource, Purpose};
use crate::ledger::{Ledger, LedgerError};
use crate::limits;
use crate::name::Role;
use crate::order::Release;
use crate::party::error::{DispatchError, RelayError, TimeError};
use crate::party::state::{Saved, Stage};

/// An order that the card manager has approved.
///
/// It may wait until [`Part::deliver_until`] while the seller lays in the merchandise. Without a
/// delivery service the seller fulfils the order from here.
pub struct Approved<'a, K> {
    pub(super) seller: &'a Seller<K>,
    pub(super) saved: Box<Saved>,
    pub(super) evidence: Evidence,
}

impl<K: KeySource> Approved<'_, K> {
    /// What the seller sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.saved.part
    }

    /// The state as bytes: secret. [`Seller::restore`] takes it.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        self.saved.export()
    }

    /// The roles to which it has been dispatched.
    #[must_use]
    pub fn dispatched(&self) -> BTreeSet<&Role> {
        match &self.saved.stage {
            Stage::Approved { dispatched, .. } => dispatched.iter().filter_map(Dispatch::role).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// Takes note of an advance confirmation, for [`Rules::require_confirmed`](crate::Rules::require_confirmed).
    #[must_use]
    pub fn with_confirmed(mut self, confirmed: &Confirmed) -> Self {
        self.evidence.add(confirmed);
        self
    }

    /// As [`AwaitingAuthentication::relay`](super::AwaitingAuthentication::relay): the card manager may have answered
    /// before another recipient that is served on receipt had its part.
    ///
    /// # Errors
    ///
    /// [`RelayError`] if the role is not one to relay to now.
    pub fn relay(&self, role: &Role, now: u64, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Relay, RelayError> {
        self.seller.relay(&self.saved, &self.evidence, role, Load::OwnPart, now, rng)
    }

    /// The same with all parts of the envelope.
    ///
    /// # Errors
    ///
    /// As for [`relay`](Self::relay).
    pub fn relay_all(&self, role: &Role, now: u64, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Relay, RelayError> {
        self.seller.relay(&self.saved, &self.evidence, role, Load::AllParts, now, rng)
    }

    /// The part of a recipient that waited for the approval, with the seller's instructions: the
    /// patent's arrow z.
    ///
    /// An order is dispatched once to each role. Asked again, this gives the same message, with the
    /// instructions of the first time.
    ///
    /// # Errors
    ///
    /// [`DispatchError`]. The state is as it was, or as another process has brought it on in the ledger.
    pub fn dispatch<L: Ledger + ?Sized>(
        &mut self,
        role: &Role,
        instructions: &[u8],
        now: u64,
        ledger: &mut L,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Dispatch, DispatchError<L::Error>> {
        // Another process may dispatch to another role meanwhile, and be ahead of this one for as
        // many times as there are roles.
        for _ in 0..=limits::RECIPIENTS {
            if let Some(dispatch) = self.stored(role) {
                return Ok(dispatch);
            }
            let (dispatch, next) = self.prepare(role, instructions, now, rng)?;
            match self.seller.terminal.advance(ledger, &mut self.saved, next)? {
                None => return Ok(dispatch),
                Some(before) => self.saved = before,
            }
        }
        Err(LedgerError::Damaged.into())
    }

    fn stored(&self, role: &Role) -> Option<Dispatch> {
        let Stage::Approved { dispatched, .. } = &self.saved.stage else { return None };
        dispatched.iter().find(|dispatch| dispatch.role() == Some(role)).cloned()
    }

    fn prepare<E>(
        &self,
        role: &Role,
        instructions: &[u8],
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Dispatch, Stage), DispatchError<E>> {
        let Stage::Approved { token: approval, dispatched } = &self.saved.stage else {
            return Err(LedgerError::Damaged.into());
        };
        let entry = self.part().recipient(role).ok_or_else(|| DispatchError::NoSuchRecipient { role: role.clone() })?;
        if entry.release != Release::OnApproval {
            return Err(DispatchError::NotOnApproval { role: role.clone() });
        }
        if instructions.len() > limits::INSTRUCTIONS {
            return Err(DispatchError::Instructions);
        }
        if now > self.part().deliver_until() {
            return Err(TimeError::Expired.into());
        }
        let to = entry.as_peer();
        if !self.evidence.suffices(&self.seller.terminal, to, true, now) {
            return Err(DispatchError::Unconfirmed { role: role.clone() });
        }
        let (purpose, load, token) = (Purpose::Dispatch, Load::OwnPart, Some(approval));
        let consignment = Consignment { purpose, to, load, token, instructions };
        let dispatch = Dispatch(self.seller.forward(&self.saved, &self.evidence, consignment, rng)?);
        let mut dispatched = dispatched.clone();
        dispatched.push(dispatch.clone());
        Ok((dispatch, Stage::Approved { token: approval.clone(), dispatched }))
    }
}

/// An order that the card manager has declined. It ends here.
///
/// ```compile_fail
/// # use polyseal::*;
/// // A declined order cannot be dispatched.
/// fn step(mut declined: Declined, ledger: &mut MemoryLedger, rng: &mut impl rand_core::CryptoRng) {
///     declined.dispatch(&Role::DELIVERY_SERVICE, b"", 0, ledger, rng);
/// }
/// ```
///
/// ```
/// # use polyseal::*;
/// fn step(declined: Declined) {
///     let reason = declined.reason();
/// }
/// ```
#[derive(Debug)]
pub struct Declined {
    pub(super) saved: Box<Saved>,
}

impl Declined {
    /// What the seller sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.saved.part
    }

    /// The card manager's reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        match &self.saved.stage {
            Stage::Declined { reason } => reason,
            _ => "",
        }
    }
}
