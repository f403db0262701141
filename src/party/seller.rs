//! The seller: receives the envelope, relays the parts of others, dispatches after approval.

mod approved;
mod forward;

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

pub use approved::{Approved, Declined};
use forward::Load;

use super::error::{AuthenticateError, ReceiveError, RelayError, TimeError};
use super::policy::SellerPolicy;
use super::state::{Saved, Stage};
use crate::confirm::{Confirmed, Evidence};
use crate::envelope::{Authentication, Cargo, Envelope, Part, Relay, Verdict, parts_digest};
use crate::export::RestoreError;
use crate::key::{KeySource, Purpose};
use crate::ledger::{Ledger, LedgerError};
use crate::link::Terminal;
use crate::name::Role;
use crate::order::{Entry, Release};
use crate::seal::{Context, Rejected};
use crate::step::{Received, Refused};
use crate::wire;

/// The seller's terminal (patent claim 9).
///
/// ```compile_fail
/// # use polyseal::*;
/// // There is no receiving without a ledger: "once" is not an option.
/// fn step(seller: &Seller<Share>, envelope: &Envelope) {
///     let received = seller.receive(envelope, 0);
/// }
/// ```
///
/// ```
/// # use polyseal::*;
/// fn step(seller: &Seller<Share>, envelope: &Envelope, ledger: &mut MemoryLedger) {
///     let received = seller.receive(envelope, 0, ledger);
/// }
/// ```
pub struct Seller<K> {
    pub(super) terminal: Terminal<K>,
    policy: SellerPolicy,
}

impl<K: KeySource> Seller<K> {
    /// A seller with its keys, and the orders it takes.
    pub fn new(keys: K, policy: SellerPolicy) -> Self {
        Self { terminal: Terminal::new(keys, Role::SELLER), policy }
    }

    /// Receives an order at the time `now`, in seconds since 1970.
    ///
    /// An order that was received before gives its state back: [`Received::Again`].
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive<L: Ledger + ?Sized>(
        &self,
        envelope: &Envelope,
        now: u64,
        ledger: &mut L,
    ) -> Result<ReceivedBySeller<'_, K>, ReceiveError<L::Error>> {
        let Envelope(Cargo { header, parts }) = envelope;
        let (own, others): (Vec<_>, Vec<_>) = parts.iter().partition(|part| part.role == Role::SELLER);
        let [own] = *own else { return Err(ReceiveError::NotAddressed { role: Role::SELLER }) };
        self.terminal.check_dates(header, now)?;
        let part = self.terminal.open_part(header, own, Release::OnReceipt, None)?;
        // The other parts are those that the card holder sent along, and none is missing: better to
        // know it now than when the order is paid and cannot be delivered.
        let expected = part.recipients().filter(|entry| entry.release != Release::Direct).map(Entry::role);
        if part.opening.companions != Some(parts_digest(others)) || !expected.eq(parts.iter().map(|part| &part.role)) {
            return Err(ReceiveError::Rejected);
        }
        self.policy.check(&part).map_err(ReceiveError::Policy)?;

        let until = part.accept_until();
        let saved = Saved::new(Role::SELLER, part, parts.clone(), Stage::Awaiting);
        Ok(match self.terminal.accept(ledger, saved, until, now)? {
            Received::New(saved) => {
                Received::New(AwaitingAuthentication { seller: self, saved, evidence: Evidence::default() })
            }
            Received::Again(saved) => Received::Again(self.resume(saved)),
        })
    }

    /// Continues an order from its exported state, such as the ledger holds.
    ///
    /// # Security
    ///
    /// An old state of an order may be restored: the ledger refuses what has been done since.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] if the state is damaged, or not this seller's.
    pub fn restore(&self, state: &[u8]) -> Result<SellerOrder<'_, K>, RestoreError> {
        Saved::import(state, &Role::SELLER, self.terminal.identifier()).map(|saved| self.resume(saved))
    }

    fn resume(&self, saved: Box<Saved>) -> SellerOrder<'_, K> {
        match saved.stage {
            Stage::Approved { .. } => {
                SellerOrder::Approved(Approved { seller: self, saved, evidence: Evidence::default() })
            }
            Stage::Declined { .. } => SellerOrder::Declined(Declined { saved }),
            _ => SellerOrder::AwaitingAuthentication(AwaitingAuthentication {
                seller: self,
                saved,
                evidence: Evidence::default(),
            }),
        }
    }
}

debug_without_keys! {
    states AwaitingAuthentication, Approved;
    enums SellerOrder: AwaitingAuthentication | Approved | Declined, Authenticated: Approved | Declined
}

/// What receiving an order gives a seller.
pub type ReceivedBySeller<'a, K> = Received<AwaitingAuthentication<'a, K>, SellerOrder<'a, K>>;

/// How far an order has come at the seller.
pub enum SellerOrder<'a, K> {
    /// The card manager's answer is awaited.
    AwaitingAuthentication(AwaitingAuthentication<'a, K>),
    /// The card manager approved.
    Approved(Approved<'a, K>),
    /// The card manager declined.
    Declined(Declined),
}

/// What the card manager answered.
pub enum Authenticated<'a, K> {
    /// It approved this order.
    Approved(Approved<'a, K>),
    /// It declined it.
    Declined(Declined),
}

/// An order that the seller has accepted, and the card manager not yet answered.
///
/// ```compile_fail
/// # use polyseal::*;
/// // Dispatch needs the approval: there is no such step from here.
/// fn step<K: KeySource>(mut awaiting: AwaitingAuthentication<'_, K>, ledger: &mut MemoryLedger, rng: &mut impl rand_core::CryptoRng) {
///     awaiting.dispatch(&Role::DELIVERY_SERVICE, b"", 0, ledger, rng);
/// }
/// ```
///
/// ```
/// # use polyseal::*;
/// fn step<K: KeySource>(mut approved: Approved<'_, K>, ledger: &mut MemoryLedger, rng: &mut impl rand_core::CryptoRng) {
///     approved.dispatch(&Role::DELIVERY_SERVICE, b"", 0, ledger, rng);
/// }
/// ```
pub struct AwaitingAuthentication<'a, K> {
    seller: &'a Seller<K>,
    saved: Box<Saved>,
    evidence: Evidence,
}

impl<'a, K: KeySource> AwaitingAuthentication<'a, K> {
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

    /// Takes note of an advance confirmation, for [`Rules::require_confirmed`](crate::Rules::require_confirmed).
    #[must_use]
    pub fn with_confirmed(mut self, confirmed: &Confirmed) -> Self {
        self.evidence.add(confirmed);
        self
    }

    /// The part of a recipient that is served on receipt, to be sent to it: the patent's arrow y.
    ///
    /// Relaying again is safe: the recipient knows the order and repeats its answer.
    ///
    /// # Errors
    ///
    /// [`RelayError`] if the role is not one to relay to now.
    pub fn relay(&self, role: &Role, now: u64, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Relay, RelayError> {
        self.seller.relay(&self.saved, &self.evidence, role, Load::OwnPart, now, rng)
    }

    /// The same with all parts of the envelope: the patent's other choice. The recipient opens its
    /// own alike.
    ///
    /// # Errors
    ///
    /// As for [`relay`](Self::relay).
    pub fn relay_all(&self, role: &Role, now: u64, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Relay, RelayError> {
        self.seller.relay(&self.saved, &self.evidence, role, Load::AllParts, now, rng)
    }

    /// Takes the card manager's answer.
    ///
    /// # Errors
    ///
    /// [`AuthenticateError`], with the state: a forged answer changes nothing, and the card
    /// manager's own still goes through.
    pub fn authenticate<L: Ledger + ?Sized>(
        mut self,
        authentication: &Authentication,
        now: u64,
        ledger: &mut L,
    ) -> Result<Authenticated<'a, K>, Refused<Self, AuthenticateError<L::Error>>> {
        match self.file(authentication, now, ledger) {
            Ok(None) => {}
            Ok(Some(before)) => self.saved = before,
            Err(error) => return Err(Refused { state: self, error }),
        }
        let Self { seller, saved, evidence } = self;
        match seller.resume(saved) {
            SellerOrder::Approved(approved) => Ok(Authenticated::Approved(Approved { evidence, ..approved })),
            SellerOrder::Declined(declined) => Ok(Authenticated::Declined(declined)),
            // The ledger holds another state that awaits the answer: not one that this step made.
            SellerOrder::AwaitingAuthentication(state) => Err(Refused { state, error: LedgerError::Damaged.into() }),
        }
    }

    /// Files the answer before anybody acts on it. The first one stays, whatever comes after it.
    fn file<L: Ledger + ?Sized>(
        &mut self,
        authentication: &Authentication,
        now: u64,
        ledger: &mut L,
    ) -> Result<Option<Box<Saved>>, AuthenticateError<L::Error>> {
        let stage = self.verdict(authentication, now)?;
        Ok(self.seller.terminal.advance(ledger, &mut self.saved, stage)?)
    }

    /// Opens the answer and holds it against the order.
    fn verdict<E>(&self, authentication: &Authentication, now: u64) -> Result<Stage, AuthenticateError<E>> {
        let part = self.part();
        if authentication.digest != part.digest() {
            return Err(AuthenticateError::OtherOrder);
        }
        if now > part.deliver_until() {
            return Err(TimeError::Expired.into());
        }
        let manager = part.recipient(&Role::CARD_MANAGER).ok_or(AuthenticateError::NoCardManager)?;
        let peer = manager.as_peer();
        let name = &authentication.sealed.name;
        let key = self.seller.terminal.key_from(Purpose::Authentication, peer, name, part.issued_at())?;
        let context = Context { step: 0, digest: &part.header.digest().0, role: &Role::SELLER };
        let plaintext = authentication.sealed.open(&key, context, None)?;
        match wire::decode(&plaintext).map_err(|_| Rejected)? {
            Verdict::Approved { token } if part.is_approved_by(&token) => {
                Ok(Stage::Approved { token, dispatched: Vec::new() })
            }
            Verdict::Approved { .. } => Err(AuthenticateError::Rejected),
            Verdict::Declined { reason } => Ok(Stage::Declined { reason }),
        }
    }
}
