//! The card manager: decides whether an order goes ahead.

mod decided;
mod settlement;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

pub use decided::Decided;
use rand_core::CryptoRng;
pub use settlement::Settlement;
use zeroize::Zeroizing;

use super::error::{ReceiveError, TimeError, causes};
use super::open::check_seller;
use super::policy::{Accepted, PolicyError};
use super::state::{Saved, Stage};
use crate::envelope::{Authentication, Direct, Part, Relay, Verdict};
use crate::export::RestoreError;
use crate::key::{KeyError, KeySource, Purpose};
use crate::ledger::{Ledger, LedgerError};
use crate::limits;
use crate::link::Terminal;
use crate::name::{FieldName, Role};
use crate::order::Release;
use crate::seal::{Context, Sealed};
use crate::step::{Received, Refused};

/// The card manager's terminal (patent claim 10): a bank, a card issuer.
pub struct CardManager<K> {
    pub(super) terminal: Terminal<K>,
    sellers: Accepted,
}

impl<K: KeySource> CardManager<K> {
    /// A card manager with its keys, and the sellers it serves.
    pub fn new(keys: K, sellers: Accepted) -> Self {
        Self { terminal: Terminal::new(keys, Role::CARD_MANAGER), sellers }
    }

    /// Receives the part that a seller relays, at the time `now`, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive<L: Ledger + ?Sized>(
        &self,
        relay: &Relay,
        now: u64,
        ledger: &mut L,
    ) -> Result<ReceivedByCardManager<'_, K>, ReceiveError<L::Error>> {
        let (part, _) = self.terminal.open_forward(&relay.0, Purpose::Relay, &self.sellers, now)?;
        self.accept(part, now, ledger)
    }

    /// Receives the part that the card holder sends itself (patent claim 1).
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_direct<L: Ledger + ?Sized>(
        &self,
        direct: &Direct,
        now: u64,
        ledger: &mut L,
    ) -> Result<ReceivedByCardManager<'_, K>, ReceiveError<L::Error>> {
        self.terminal.check_dates(&direct.header, now)?;
        let part = self.terminal.open_part(&direct.header, &direct.part, Release::Direct, None)?;
        check_seller(&part, &self.sellers)?;
        self.accept(part, now, ledger)
    }

    fn accept<L: Ledger + ?Sized>(
        &self,
        part: Part,
        now: u64,
        ledger: &mut L,
    ) -> Result<ReceivedByCardManager<'_, K>, ReceiveError<L::Error>> {
        if part.get(&FieldName::AMOUNT_DUE).is_none() {
            return Err(ReceiveError::Policy(PolicyError::Unseen { field: FieldName::AMOUNT_DUE }));
        }
        let until = part.accept_until();
        let saved = Saved::new(Role::CARD_MANAGER, part, Vec::new(), Stage::Awaiting);
        Ok(match self.terminal.accept(ledger, saved, until, now)? {
            Received::New(saved) => Received::New(AwaitingDecision { manager: self, saved }),
            Received::Again(saved) => Received::Again(self.resume(saved)),
        })
    }

    /// Continues an order from its exported state, such as the ledger holds.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] if the state is damaged, or not this card manager's.
    pub fn restore(&self, state: &[u8]) -> Result<CardManagerOrder<'_, K>, RestoreError> {
        Saved::import(state, &Role::CARD_MANAGER, self.terminal.identifier()).map(|saved| self.resume(saved))
    }

    fn resume(&self, saved: Box<Saved>) -> CardManagerOrder<'_, K> {
        match Decided::of(saved) {
            Ok(decided) => CardManagerOrder::Decided(decided),
            Err(saved) => CardManagerOrder::AwaitingDecision(AwaitingDecision { manager: self, saved }),
        }
    }
}

debug_without_keys! {
    states AwaitingDecision;
    enums CardManagerOrder: AwaitingDecision | Decided
}

/// What receiving an order gives a card manager.
pub type ReceivedByCardManager<'a, K> = Received<AwaitingDecision<'a, K>, CardManagerOrder<'a, K>>;

/// How far an order has come at the card manager.
pub enum CardManagerOrder<'a, K> {
    /// It is not decided.
    AwaitingDecision(AwaitingDecision<'a, K>),
    /// It is decided: send the same authentication again.
    Decided(Decided),
}

/// An order that the card manager has accepted and not yet decided.
///
/// ```compile_fail
/// # use polyseal::*;
/// // A decision consumes the state: nobody decides twice.
/// fn step<K: KeySource>(awaiting: AwaitingDecision<'_, K>, ledger: &mut MemoryLedger, rng: &mut impl rand_core::CryptoRng) {
///     let approved = awaiting.approve(0, ledger, rng);
///     let declined = awaiting.decline("on second thoughts", ledger, rng);
/// }
/// ```
///
/// ```
/// # use polyseal::*;
/// fn step<K: KeySource>(awaiting: AwaitingDecision<'_, K>, ledger: &mut MemoryLedger, rng: &mut impl rand_core::CryptoRng) {
///     let approved = awaiting.approve(0, ledger, rng);
/// }
/// ```
pub struct AwaitingDecision<'a, K> {
    manager: &'a CardManager<K>,
    saved: Box<Saved>,
}

impl<K: KeySource> AwaitingDecision<'_, K> {
    /// What the card manager sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.saved.part
    }

    /// The state as bytes: secret. [`CardManager::restore`] takes it.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        self.saved.export()
    }

    /// Approves exactly this order. From now on its other parts can be opened.
    ///
    /// The settlement comes with the approval, from the same step of the ledger: withdraw on it.
    ///
    /// # Errors
    ///
    /// [`DecideError`], with the state.
    pub fn approve<L: Ledger + ?Sized>(
        self,
        now: u64,
        ledger: &mut L,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Approval, Refused<Self, DecideError<L::Error>>> {
        if now > self.part().accept_until() {
            return Err(Refused { state: self, error: TimeError::Expired.into() });
        }
        let Some(token) = self.saved.part.opening.token.clone() else {
            return Err(Refused { state: self, error: LedgerError::Damaged.into() });
        };
        let settlement = Settlement::of(&self.saved.part);
        let authentication = self.decide(&Verdict::Approved { token }, ledger, rng)?;
        Ok(Approval { authentication, settlement })
    }

    /// Declines it. Its other parts stay sealed, as long as nobody gives the token away who has it: this card
    /// manager, in the part it keeps, and the card holder, who made it.
    ///
    /// The seller learns the reason, of at most 256 bytes.
    ///
    /// # Errors
    ///
    /// [`DecideError`], with the state.
    pub fn decline<L: Ledger + ?Sized>(
        self,
        reason: &str,
        ledger: &mut L,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Authentication, Refused<Self, DecideError<L::Error>>> {
        if reason.len() > limits::REASON {
            return Err(Refused { state: self, error: DecideError::Reason });
        }
        self.decide(&Verdict::Declined { reason: Zeroizing::new(reason.into()) }, ledger, rng)
    }

    fn decide<L: Ledger + ?Sized>(
        mut self,
        verdict: &Verdict,
        ledger: &mut L,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Authentication, Refused<Self, DecideError<L::Error>>> {
        match self.settle(verdict, ledger, rng) {
            Ok(authentication) => Ok(authentication),
            Err(error) => Err(Refused { state: self, error }),
        }
    }

    /// The authentication for the seller.
    fn answer(&self, verdict: &Verdict, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Authentication, KeyError> {
        let part = &self.saved.part;
        // A verified part has the seller's entry.
        let seller = part.recipient(&Role::SELLER).ok_or(KeyError::UnknownPeer)?;
        let peer = seller.as_peer();
        let link = self.manager.terminal.link_to(Purpose::Authentication, peer, part.issued_at())?;
        let context = Context { step: 0, digest: &part.header.digest().0, role: &Role::SELLER };
        let sealed = Sealed::seal(&link, context, None, verdict, rng);
        Ok(Authentication { digest: part.digest(), sealed })
    }

    /// Files the decision, before the authentication leaves. The first decision stays.
    fn settle<L: Ledger + ?Sized>(
        &mut self,
        verdict: &Verdict,
        ledger: &mut L,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Authentication, DecideError<L::Error>> {
        let answer = self.answer(verdict, rng)?;
        let reason = match verdict {
            Verdict::Approved { .. } => None,
            Verdict::Declined { reason } => Some(reason.clone()),
        };
        let next = Stage::Decided { reason, authentication: Box::new(answer.clone()) };
        match self.manager.terminal.advance(ledger, &mut self.saved, next)? {
            None => Ok(answer),
            Some(before) => Err(match Decided::of(before) {
                Ok(decided) => DecideError::AlreadyDecided(decided),
                // The ledger holds another state that awaits the decision: not one that was filed here.
                Err(_) => LedgerError::Damaged.into(),
            }),
        }
    }
}

/// An approval, and what it entitles to.
#[derive(Debug)]
#[must_use = "an approved order is paid from its settlement, and the seller waits for the authentication"]
#[non_exhaustive]
pub struct Approval {
    /// For the seller: the patent's result of authentication.
    pub authentication: Authentication,
    /// For the card manager's own books.
    pub settlement: Settlement,
}

// Here and not among the others: it hands out a decision, which they know nothing of.
/// Why an order is not decided.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecideError<E> {
    /// The time to approve it is over. It can still be declined.
    Time(TimeError),
    /// The reason is longer than [`limits::REASON`].
    Reason,
    /// There is no key for the seller.
    Key(KeyError),
    /// It was decided before, like this. Send that authentication.
    AlreadyDecided(Decided),
    /// The ledger does not let it happen.
    Ledger(LedgerError<E>),
}

causes! {
    DecideError: Key(KeyError), Time(TimeError), Ledger(LedgerError<E>);
}

impl<E: fmt::Display> fmt::Display for DecideError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(error) => error.fmt(f),
            Self::Reason => write!(f, "the reason is longer than {} bytes", limits::REASON),
            Self::Key(error) => error.fmt(f),
            Self::AlreadyDecided(_) => f.write_str("the order was decided before: send that authentication again"),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for DecideError<E> {}
