//! The card manager: decides whether an order goes ahead.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::error::{ReceiveError, TimeError};
use super::open::check_seller;
use super::policy::{Accepted, PolicyError};
use super::state::{Saved, Stage};
use crate::envelope::{Authentication, Direct, OrderDigest, Part, Relay, Verdict};
use crate::export::RestoreError;
use crate::identifier::Identifier;
use crate::key::{KeyError, KeySource, Purpose};
use crate::ledger::{Ledger, LedgerError};
use crate::limits;
use crate::link::{Peer, Terminal};
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
            return Err(Refused { state: self, error: DecideError::Time(TimeError::Expired) });
        }
        let Some(token) = self.saved.part.opening.token.clone() else {
            return Err(Refused { state: self, error: DecideError::Ledger(LedgerError::Damaged) });
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
        match self
            .answer(verdict, rng)
            .map_err(DecideError::Key)
            .and_then(|answer| self.settle(verdict, answer, ledger))
        {
            Ok(authentication) => Ok(authentication),
            Err(error) => Err(Refused { state: self, error }),
        }
    }

    /// The authentication for the seller.
    fn answer(&self, verdict: &Verdict, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Authentication, KeyError> {
        let part = &self.saved.part;
        // A verified part has the seller's entry.
        let seller = part.recipient(&Role::SELLER).ok_or(KeyError::UnknownPeer)?;
        let peer = Peer { role: &Role::SELLER, identifier: &seller.identifier };
        let link = self.manager.terminal.link_to(Purpose::Authentication, peer, part.issued_at())?;
        let context = Context { step: 0, digest: &part.header.digest().0, role: &Role::SELLER };
        let sealed = Sealed::seal(link, context, None, verdict, rng);
        Ok(Authentication { digest: part.digest(), sealed })
    }

    /// Files the decision, before the authentication leaves. The first decision stays.
    fn settle<L: Ledger + ?Sized>(
        &mut self,
        verdict: &Verdict,
        answer: Authentication,
        ledger: &mut L,
    ) -> Result<Authentication, DecideError<L::Error>> {
        let reason = match verdict {
            Verdict::Approved { .. } => None,
            Verdict::Declined { reason } => Some(reason.clone()),
        };
        let next = Stage::Decided { reason, authentication: Box::new(answer.clone()) };
        match self.manager.terminal.advance(ledger, &mut self.saved, next).map_err(DecideError::Ledger)? {
            None => Ok(answer),
            Some(before) => Err(match Decided::of(before) {
                Ok(decided) => DecideError::AlreadyDecided(decided),
                // The ledger holds another state that awaits the decision: not one that was filed here.
                Err(_) => DecideError::Ledger(LedgerError::Damaged),
            }),
        }
    }
}

/// An approval, and what it entitles to.
#[derive(Debug)]
#[must_use = "an approved order is paid from its settlement, and the seller waits for the authentication"]
pub struct Approval {
    /// For the seller: the patent's result of authentication.
    pub authentication: Authentication,
    /// For the card manager's own books.
    pub settlement: Settlement,
}

/// A decision that was made before.
pub struct Decided {
    saved: Box<Saved>,
    authentication: Box<Authentication>,
    settlement: Option<Box<Settlement>>,
}

impl fmt::Debug for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let approved = self.settlement.is_some();
        f.debug_struct("Decided").field("part", &self.saved.part).field("approved", &approved).finish_non_exhaustive()
    }
}

impl Decided {
    /// The decision of a state that has one; otherwise the state.
    fn of(saved: Box<Saved>) -> Result<Self, Box<Saved>> {
        let Stage::Decided { reason, authentication } = &saved.stage else { return Err(saved) };
        let authentication = authentication.clone();
        let settlement = reason.is_none().then(|| Box::new(Settlement::of(&saved.part)));
        Ok(Self { saved, authentication, settlement })
    }

    /// What the card manager sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.saved.part
    }

    /// The same bytes that were sent, or should have been.
    pub fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// Why it was declined, or `None` if it was approved.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match &self.saved.stage {
            Stage::Decided { reason, .. } => reason.as_ref().map(|reason| reason.as_str()),
            _ => None,
        }
    }

    /// What was to be settled, if it was approved.
    ///
    /// A record, not a second settlement: it is for the one case in which the process ended between
    /// the approval and the withdrawal. Withdraw on it only if your books have nothing under its
    /// digest.
    #[must_use]
    pub fn settlement(&self) -> Option<&Settlement> {
        self.settlement.as_deref()
    }
}

/// What an approval entitles the card manager to withdraw, once.
///
/// Not `Clone`: a settlement is used up. Its digest is the key under which to book it.
#[must_use = "an approved order is paid from its settlement"]
pub struct Settlement {
    digest: OrderDigest,
    payer: Identifier,
    payee: Option<Identifier>,
    amount_due: Zeroizing<String>,
    payment_type: Option<Zeroizing<String>>,
}

impl Settlement {
    fn of(part: &Part) -> Self {
        let field = |name| part.get(name).map(|value| Zeroizing::new(String::from(value)));
        Self {
            digest: part.digest(),
            payer: part.sender().clone(),
            payee: part.recipient(&Role::SELLER).map(|seller| seller.identifier.clone()),
            // Receiving refuses a part without it.
            amount_due: field(&FieldName::AMOUNT_DUE).unwrap_or_default(),
            payment_type: field(&FieldName::PAYMENT_TYPE),
        }
    }

    /// The order that is settled.
    #[must_use]
    pub fn digest(&self) -> OrderDigest {
        self.digest
    }

    /// Who pays: the card holder.
    #[must_use]
    pub fn payer(&self) -> &Identifier {
        &self.payer
    }

    /// Who is paid: the seller. (A verified part has one.)
    #[must_use]
    pub fn payee(&self) -> Option<&Identifier> {
        self.payee.as_ref()
    }

    /// The sum, as the order writes it.
    #[must_use]
    pub fn amount_due(&self) -> &str {
        &self.amount_due
    }

    /// How it is to be paid, if the order says it to the card manager.
    #[must_use]
    pub fn payment_type(&self) -> Option<&str> {
        self.payment_type.as_ref().map(|text| text.as_str())
    }
}

impl fmt::Debug for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settlement").field("digest", &self.digest).finish_non_exhaustive()
    }
}

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
