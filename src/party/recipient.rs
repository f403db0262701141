//! The delivery service, and any other recipient.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::error::ReceiveError;
use super::open::check_seller;
use super::policy::Accepted;
use super::state::{Saved, Stage};
use crate::envelope::{Direct, Dispatch, Part, Relay};
use crate::export::RestoreError;
use crate::key::{KeySource, Purpose};
use crate::ledger::{Ledger, LedgerError};
use crate::link::Terminal;
use crate::name::Role;
use crate::order::Release;
use crate::step::Received;

/// A recipient in a role of its own: a payment gateway, an insurer, an office of any kind.
pub struct Recipient<K> {
    pub(super) terminal: Terminal<K>,
    sellers: Accepted,
}

impl<K: KeySource> Recipient<K> {
    /// A recipient of this role, with its keys, and the sellers it serves.
    ///
    /// # Errors
    ///
    /// [`ReservedRoleError`] for the roles that have a type of their own with more duties.
    pub fn new(role: Role, keys: K, sellers: Accepted) -> Result<Self, ReservedRoleError> {
        if [Role::CARD_HOLDER, Role::SELLER, Role::CARD_MANAGER].contains(&role) {
            return Err(ReservedRoleError { role });
        }
        Ok(Self { terminal: Terminal::new(keys, role), sellers })
    }

    /// Receives a part that is relayed on receipt, at the time `now`, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive<L: Ledger + ?Sized>(
        &self,
        relay: &Relay,
        now: u64,
        ledger: &mut L,
    ) -> Result<Received<Delivery>, ReceiveError<L::Error>> {
        let (part, instructions) = self.terminal.open_forward(&relay.0, Purpose::Relay, &self.sellers, now)?;
        let until = part.accept_until();
        self.accept(part, instructions, until, now, ledger)
    }

    /// Receives a part that the card holder sends itself.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_direct<L: Ledger + ?Sized>(
        &self,
        direct: &Direct,
        now: u64,
        ledger: &mut L,
    ) -> Result<Received<Delivery>, ReceiveError<L::Error>> {
        self.terminal.check_dates(&direct.header, now)?;
        let part = self.terminal.open_part(&direct.header, &direct.part, Release::Direct, None)?;
        check_seller(&part, &self.sellers)?;
        let until = part.accept_until();
        self.accept(part, Zeroizing::new(Vec::new()), until, now, ledger)
    }

    /// Receives a part that waited for the card manager's approval.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_dispatch<L: Ledger + ?Sized>(
        &self,
        dispatch: &Dispatch,
        now: u64,
        ledger: &mut L,
    ) -> Result<Received<Delivery>, ReceiveError<L::Error>> {
        let (part, instructions) = self.terminal.open_forward(&dispatch.0, Purpose::Dispatch, &self.sellers, now)?;
        let until = part.deliver_until();
        self.accept(part, instructions, until, now, ledger)
    }

    fn accept<L: Ledger + ?Sized>(
        &self,
        part: Part,
        instructions: Zeroizing<Vec<u8>>,
        until: u64,
        now: u64,
        ledger: &mut L,
    ) -> Result<Received<Delivery>, ReceiveError<L::Error>> {
        let role = self.terminal.role.clone();
        let saved = Saved::new(role, part, Vec::new(), Stage::Received { instructions });
        let delivery = |saved| Delivery::of(saved).ok_or(LedgerError::Damaged);
        Ok(match self.terminal.accept(ledger, saved, until, now)? {
            Received::New(saved) => Received::New(delivery(saved)?),
            Received::Again(saved) => Received::Again(delivery(saved)?),
        })
    }

    /// Reads an order from its exported state, such as the ledger holds.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] if the state is damaged, or not this recipient's.
    pub fn restore(&self, state: &[u8]) -> Result<Delivery, RestoreError> {
        let saved = Saved::import(state, &self.terminal.role, self.terminal.identifier())?;
        Delivery::of(saved).ok_or(RestoreError::OtherOwner)
    }
}

/// The delivery service's terminal: it receives dispatches, and so nothing that the card manager
/// has not approved.
pub struct DeliveryService<K> {
    pub(super) inner: Recipient<K>,
}

impl<K: KeySource> DeliveryService<K> {
    /// A delivery service with its keys, and the sellers it serves.
    pub fn new(keys: K, sellers: Accepted) -> Self {
        Self { inner: Recipient { terminal: Terminal::new(keys, Role::DELIVERY_SERVICE), sellers } }
    }

    /// Receives a delivery instruction at the time `now`, in seconds since 1970: the patent's arrow
    /// z. On [`Received::New`] deliver. [`Received::Again`] was accepted before: deliver if your books have no
    /// delivery under its digest.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive<L: Ledger + ?Sized>(
        &self,
        dispatch: &Dispatch,
        now: u64,
        ledger: &mut L,
    ) -> Result<Received<Delivery>, ReceiveError<L::Error>> {
        self.inner.receive_dispatch(dispatch, now, ledger)
    }

    /// Reads an order from its exported state, such as the ledger holds.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] if the state is damaged, or not this delivery service's.
    pub fn restore(&self, state: &[u8]) -> Result<Delivery, RestoreError> {
        self.inner.restore(state)
    }
}

/// An order as its recipient got it.
#[derive(Debug)]
pub struct Delivery {
    saved: Box<Saved>,
}

impl Delivery {
    fn of(saved: Box<Saved>) -> Option<Self> {
        matches!(saved.stage, Stage::Received { .. }).then_some(Self { saved })
    }

    /// What the recipient sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.saved.part
    }

    /// The seller's instructions, empty where none can come along.
    #[must_use]
    pub fn instructions(&self) -> &[u8] {
        match &self.saved.stage {
            Stage::Received { instructions } => instructions,
            _ => &[],
        }
    }

    /// The state as bytes: secret.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        self.saved.export()
    }
}

/// A role that has a type of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReservedRoleError {
    /// The role.
    pub role: Role,
}

impl fmt::Display for ReservedRoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the role \"{}\" has a type of its own: CardHolder, Seller or CardManager", self.role)
    }
}

impl core::error::Error for ReservedRoleError {}
