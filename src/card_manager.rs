//! The card manager: decides whether an order goes ahead.

mod decided;
mod settlement;
mod stage;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

pub use decided::{Approval, Decided};
use rand_core::CryptoRng;
pub use settlement::Settlement;
use stage::{Decision, HasDecision, ManagerStage, Undecided};
use zeroize::Zeroizing;

use crate::endpoint::{Endpoint, party};
use crate::error::{ReceiveError, SendError, TimeError};
use crate::key::KeySource;
use crate::ledger::{LedgerError, LedgerKey};
use crate::limits;
use crate::message::{Direct, OrderDigest, Part, Receipt, Relay, Status};
use crate::name::{FieldName, Role};
use crate::pending::{Lookup, Pending};
use crate::policy::{Peers, PolicyError};
use crate::receive::check_seller;
use crate::saved::{self, Opened, Saved};
use crate::step::{Refused, give_back};
use crate::wire::{Secret32, WireError};

/// The card manager's terminal (patent claim 10): a bank, a card issuer.
///
/// The states that it keeps forget the card's number and code ([`FieldName::CARD_NUMBER`], [`FieldName::CARD_CODE`]) once
/// the order is decided.
#[derive(Clone)]
pub struct CardManager<K> {
    endpoint: Endpoint<K>,
    sellers: Peers,
    never_kept: Arc<BTreeSet<FieldName>>,
    forgotten: BTreeSet<FieldName>,
}

party!(CardManager, sellers, never_kept, forgotten);

impl<K: KeySource> CardManager<K> {
    /// A card manager with its keys, and the sellers that it serves.
    pub fn new(keys: K, sellers: Peers) -> Self {
        let forgotten = BTreeSet::from([FieldName::CARD_NUMBER, FieldName::CARD_CODE]);
        Self { endpoint: Endpoint::new(keys, Role::CARD_MANAGER), sellers, never_kept: Arc::default(), forgotten }
    }

    /// The fields that are never stored, the card's security code for example. The state that
    /// [`receive`](Self::receive) gives has them, so that they can be checked once; the ledger and every restored state do
    /// not. The amount due and the payment type are always kept, because a settlement needs them.
    #[must_use]
    pub fn never_keeping(self, fields: impl IntoIterator<Item = FieldName>) -> Self {
        Self { never_kept: Arc::new(forgettable(fields)), ..self }
    }

    /// The fields that are forgotten once the order is decided, in place of card number and code. The amount due and the
    /// payment type are always kept, because a settlement needs them.
    #[must_use]
    pub fn forgetting(self, fields: impl IntoIterator<Item = FieldName>) -> Self {
        Self { forgotten: forgettable(fields), ..self }
    }

    /// Receives the part that a seller relays, at the time `now`, in seconds since 1970.
    ///
    /// An order that was filed before comes back as [`Received::Again`](crate::Received::Again), whatever the policy is
    /// today.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive(
        &self,
        relay: &Relay,
        now: u64,
    ) -> Result<Pending<AwaitingDecision, CardManagerOrder>, ReceiveError> {
        self.accept(self.endpoint.open_relay(relay, now)?.opened, now)
    }

    /// Receives the part that the card holder sends itself (patent claim 1).
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_direct(
        &self,
        direct: &Direct,
        now: u64,
    ) -> Result<Pending<AwaitingDecision, CardManagerOrder>, ReceiveError> {
        self.accept(self.endpoint.open_direct(direct, now)?, now)
    }

    fn accept(&self, opened: Opened, now: u64) -> Result<Pending<AwaitingDecision, CardManagerOrder>, ReceiveError> {
        let part = &opened.part;
        let unseen = || ReceiveError::Policy(PolicyError::Unseen { field: FieldName::AMOUNT_DUE });
        let facts = Facts::of(part).ok_or_else(unseen)?;
        let (policy, until) = (check_seller(part, &self.sellers), part.accept_until());
        let order = Saved::new(&Role::CARD_MANAGER, opened, Vec::new(), Undecided);
        let never_kept = Arc::clone(&self.never_kept);
        let state = |saved| AwaitingDecision { saved, facts, never_kept };
        Ok(saved::accept(order, (until, now), policy, &self.never_kept, CardManagerOrder::found, state))
    }

    /// Looks an order up in the ledger by its digest. What a decided order answers is sealed for its seller, so anybody
    /// who asks may have it.
    pub fn find(&self, digest: OrderDigest) -> Lookup<CardManagerOrder> {
        Lookup::new(self.endpoint.ledger_key(digest), CardManagerOrder::found)
    }

    /// Continues an order from its exported state, such as the ledger has.
    ///
    /// # Errors
    ///
    /// [`WireError`] if the state is damaged, or not this card manager's.
    pub fn restore(&self, state: &[u8]) -> Result<CardManagerOrder, WireError> {
        let saved = Saved::import(state, &Role::CARD_MANAGER, self.endpoint.identifier())?;
        CardManagerOrder::of(saved).ok_or(WireError::Corrupt)
    }
}

/// Without what a settlement needs.
fn forgettable(fields: impl IntoIterator<Item = FieldName>) -> BTreeSet<FieldName> {
    let kept = [FieldName::AMOUNT_DUE, FieldName::PAYMENT_TYPE];
    fields.into_iter().filter(|field| !kept.contains(field)).collect()
}

/// What every order of a card manager has: what it may withdraw, and the token that says so. Boxed,
/// because moving a state would leave copies of the token behind.
struct Facts {
    settlement: Settlement,
    token: Secret32,
}

impl Facts {
    fn of(part: &Part) -> Option<Box<Self>> {
        Some(Box::new(Self { settlement: Settlement::of(part)?, token: part.opening.token.clone()? }))
    }
}

/// How far an order has come at the card manager.
#[derive(Debug)]
pub enum CardManagerOrder {
    /// It is not decided.
    AwaitingDecision(AwaitingDecision),
    /// It is decided: answer the same again.
    Decided(Decided),
}

impl CardManagerOrder {
    /// What the card manager sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        match self {
            Self::AwaitingDecision(order) => order.part(),
            Self::Decided(order) => order.part(),
        }
    }

    /// A receipt for the card holder, at the time `now`, in seconds since 1970: how far the order has come. The seller
    /// passes it on beside the authorization, and can neither read nor make it.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the order is another party's, or there is no key for the card holder.
    pub fn receipt<K: KeySource>(
        &self,
        manager: &CardManager<K>,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Receipt, SendError> {
        match self {
            Self::AwaitingDecision(order) => order.receipt(manager, now, rng),
            Self::Decided(order) => order.receipt(manager, now, rng),
        }
    }

    fn found(key: &LedgerKey, state: &[u8]) -> Result<Self, LedgerError> {
        Self::of(Saved::found(key, state)?).ok_or(LedgerError::Damaged)
    }

    fn of(saved: Saved<ManagerStage>) -> Option<Self> {
        let facts = Facts::of(saved.part())?;
        let (saved, stage) = saved.split();
        Some(match stage {
            ManagerStage::Undecided(stage) => {
                let never_kept = Arc::default();
                Self::AwaitingDecision(AwaitingDecision { saved: saved.at(stage), facts, never_kept })
            }
            ManagerStage::Decided(stage) => Self::Decided(Decided { saved: saved.at(stage), facts }),
        })
    }
}

/// An order that the card manager has accepted and not decided.
///
/// ```compile_fail
/// # use polyseal::{*, card_manager::*};
/// // A decision consumes the state: nobody decides twice.
/// fn step(awaiting: AwaitingDecision, bank: &CardManager<Share>) {
///     let approved = awaiting.approve(bank, 0);
///     let declined = awaiting.decline(bank, "on second thoughts");
/// }
/// ```
///
/// ```
/// # use polyseal::{*, card_manager::*};
/// fn step(awaiting: AwaitingDecision, bank: &CardManager<Share>) {
///     let approved = awaiting.approve(bank, 0);
/// }
/// ```
pub struct AwaitingDecision {
    saved: Saved<Undecided>,
    facts: Box<Facts>,
    /// What no bytes of it may have.
    never_kept: Arc<BTreeSet<FieldName>>,
}

impl AwaitingDecision {
    /// What the card manager sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        self.saved.part()
    }

    /// The state as bytes: secret, and without the fields that are never kept. [`CardManager::restore`] reads them.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        self.saved.export_without(&self.never_kept)
    }

    /// Approves exactly this order. Once that is filed, its other parts can be opened by whom they are for.
    ///
    /// The [`Settlement`] comes with the approval, out of the same step of the ledger: withdraw on it, in the same
    /// transaction if your books are in the same database.
    ///
    /// # Security
    ///
    /// The token that opens the waiting parts is in the part that the card manager keeps, approved or not. The card
    /// holder, who made it, has it, too. Either could give it away.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state: if the time to approve is over, or a revoked party takes part.
    pub fn approve<K: KeySource>(
        self,
        manager: &CardManager<K>,
        now: u64,
    ) -> Result<Pending<Approval, Decided>, Refused<Self, SendError>> {
        let (order, ()) = give_back(self, |order| order.check_approval(manager, now))?;
        Ok(order.decide(manager, Decision::Approved, Approval))
    }

    fn check_approval<K: KeySource>(&self, manager: &CardManager<K>, now: u64) -> Result<(), SendError> {
        self.saved.check_sender(&manager.endpoint)?;
        if now > self.part().accept_until() {
            return Err(TimeError::Expired.into());
        }
        let (holder, seller) = (self.part().sender(), self.part().seller());
        manager.endpoint.check_not_revoked(holder).map_err(SendError::key(&Role::CARD_HOLDER))?;
        manager.endpoint.check_not_revoked(&seller.identifier).map_err(SendError::key(&Role::SELLER))?;
        // A decision of which nobody can be told is better not filed.
        let link = decided::link_to_seller(&self.saved, manager);
        link.map(drop).map_err(SendError::key(&Role::SELLER))
    }

    /// Declines the order, with a reason for the seller of at most 256 bytes. Its other parts stay sealed, unless somebody
    /// gives the token away who has it: this card manager, or the card holder.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state.
    pub fn decline<K: KeySource>(
        self,
        manager: &CardManager<K>,
        reason: &str,
    ) -> Result<Pending<Decided>, Refused<Self, SendError>> {
        let (order, ()) = give_back(self, |order| {
            order.saved.check_sender(&manager.endpoint)?;
            let most = limits::REASON;
            if reason.len() > most { Err(SendError::TooLong { what: "the reason", most }) } else { Ok(()) }
        })?;
        let decision = Decision::Declined { reason: Zeroizing::new(reason.into()) };
        Ok(order.decide(manager, decision, core::convert::identity))
    }

    /// Files the decision, before the authorization leaves. The first decision stays.
    fn decide<K: KeySource, N>(
        self,
        manager: &CardManager<K>,
        decision: Decision,
        state: impl FnOnce(Decided) -> N,
    ) -> Pending<N, Decided> {
        let Self { saved, facts, never_kept } = self;
        let mut next = saved.at(HasDecision { decision });
        for forgotten in [&manager.forgotten, &manager.never_kept, &never_kept] {
            next.order.part.forget(forgotten);
        }
        saved::advance(next, Decided::found, |saved| state(Decided { saved, facts }))
    }

    /// A receipt for the card holder, at the time `now`: the order is received.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the order is another party's, or there is no key for the card holder.
    pub fn receipt<K: KeySource>(
        &self,
        manager: &CardManager<K>,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Receipt, SendError> {
        self.saved.receipt(&manager.endpoint, Status::Received, now, rng)
    }
}

impl fmt::Debug for AwaitingDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AwaitingDecision").field(&self.saved).finish()
    }
}
