//! The card manager: decides whether an order goes ahead.

mod awaiting;
mod decided;
mod resolved;
mod resolving;
mod settlement;
mod stage;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

pub use awaiting::AwaitingDecision;
pub use decided::{Approval, Decided};
use rand_core::CryptoRng;
pub use resolved::Resolved;
pub use resolving::{AwaitingResolution, CardManagerRequest};
pub use settlement::{Refund, Reversal, Settlement};
use stage::{AnyDecision, Life, Undecided};
use zeroize::Zeroizing;

use crate::endpoint::{Endpoint, party};
use crate::error::{ReceiveError, SendError};
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::message::{Demand, Direct, OrderDigest, Part, Receipt, Relay, Request, Resolution};
use crate::name::{FieldName, Role};
use crate::pending::{Found, Lookup, Pending, known};
use crate::policy::Peers;
use crate::receive::{Requested, check_seller};
use crate::saved::{self, Opened, Saved};
use crate::wire::{Secret32, WireError};

/// The card manager's terminal (patent claim 9): a bank, a card issuer.
///
/// The states that it keeps forget the card's number and code ([`FieldName::CARD_NUMBER`], [`FieldName::CARD_CODE`]) once
/// the order is decided.
///
/// Steps take it by reference: tasks share it as `Arc<CardManager<Share>>`, or clone a `CardManager<Arc<Share>>`.
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
    /// [`receive`](Self::receive) gives has them, so that they can be checked once; what is filed from then on
    /// does not. So decide in the transaction in which the order is received: an order that comes back undecided lacks
    /// these fields, which is no reason to decline it. ([`Part::forgotten`] names them.) The amount due and the payment type
    /// are always kept, because a settlement needs them.
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
    /// today, until its last second to deliver; after that [`find`](Self::find) gives it.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive(
        &self,
        relay: &Relay,
        now: u64,
    ) -> Result<Pending<AwaitingDecision, CardManagerOrder>, ReceiveError> {
        match self.endpoint.open_relay(relay, now)?.opened {
            Ok(opened) => self.accept(opened, now),
            Err(unopened) => Ok(unopened.look_up(known(CardManagerOrder::found))),
        }
    }

    /// Receives a demand of the seller, to cancel the order or to refund a sum, at the time `now`, in seconds since 1970.
    ///
    /// An order that this card manager never saw can be cancelled, too: it is filed then, as one that awaits its decision. A
    /// demand that was answered before comes back with its answer, and any demand about a cancelled order with that.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_request(
        &self,
        request: &Request,
        now: u64,
    ) -> Result<Pending<AwaitingResolution, CardManagerRequest>, ReceiveError> {
        let Requested { opened, at, demand } = self.endpoint.open_request(request, now)?;
        let opened = match opened {
            Ok(opened) => opened,
            Err(unopened) => return Ok(unopened.look_up(resolving::asking(at, demand))),
        };
        let facts = Facts::of(&opened.part)?;
        let (policy, until) = (check_seller(&opened.part, &self.sellers), opened.part.settle_until());
        let order = Saved::new(&Role::CARD_MANAGER, opened, Vec::new(), now, Life::new(AnyDecision::None));
        let resume = resolving::asking(at, demand.clone());
        // What answers the demand files this state again, and no demand needs what is never kept.
        let never_kept = Arc::clone(&self.never_kept);
        let state = move |mut saved: Saved<_>| {
            saved.order.part.forget(&never_kept);
            AwaitingResolution { saved, facts, at, demand }
        };
        Ok(saved::accept(order, (until, now), policy, &self.never_kept, resume, state))
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
        // the amount
        let facts = Facts::of(part)?;
        let (policy, until) = (check_seller(part, &self.sellers), part.accept_until());
        let order = Saved::new(&Role::CARD_MANAGER, opened, Vec::new(), now, Life::new(Undecided));
        let never_kept = Arc::clone(&self.never_kept);
        let state = |saved| AwaitingDecision { saved, facts, never_kept };
        Ok(saved::accept(order, (until, now), policy, &self.never_kept, known(CardManagerOrder::found), state))
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
    fn of(part: &Part) -> Result<Box<Self>, ReceiveError> {
        let settlement = Settlement::of(part).map_err(ReceiveError::Policy)?;
        let token = part.opening.token().ok_or(ReceiveError::Rejected)?;
        Ok(Box::new(Self { settlement, token: Secret32::new(*token) }))
    }
}

/// How far an order has come at the card manager.
#[derive(Debug)]
pub enum CardManagerOrder {
    /// It is not decided.
    AwaitingDecision(AwaitingDecision),
    /// It is decided: answer the same again.
    Decided(Decided),
    /// It is cancelled: answer that.
    Cancelled(Resolved),
}

impl CardManagerOrder {
    /// What the card manager sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        match self {
            Self::AwaitingDecision(order) => order.part(),
            Self::Decided(order) => order.part(),
            Self::Cancelled(order) => order.part(),
        }
    }

    /// What the seller has asked for, and how it was answered, in the order of filing: what there is to book besides the
    /// withdrawal.
    pub fn demands(&self) -> impl Iterator<Item = (&Demand, &Resolution)> {
        let demands = match self {
            Self::AwaitingDecision(order) => &order.saved.stage.demands,
            Self::Decided(order) => &order.saved.stage.demands,
            Self::Cancelled(order) => &order.saved.stage.demands,
        };
        demands.iter().filter_map(|asked| Some((&asked.demand, asked.resolution.as_ref()?)))
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
            Self::Cancelled(order) => order.receipt(manager, now, rng),
        }
    }

    /// The state as bytes: secret. [`CardManager::restore`] reads them.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::AwaitingDecision(order) => order.export(),
            Self::Decided(order) => order.export(),
            Self::Cancelled(order) => order.export(),
        }
    }

    fn found(found: &Found<'_>) -> Result<Self, LedgerError> {
        Self::of(Saved::found(found)?).ok_or(LedgerError::Damaged)
    }

    fn of(saved: Saved<Life<AnyDecision>>) -> Option<Self> {
        let facts = Facts::of(saved.part()).ok()?;
        let demands = &saved.stage.demands;
        if let Some(answer) = saved.stage.cancellation().and_then(|place| demands.get(place)?.answer()) {
            return Some(Self::Cancelled(Resolved::of(saved, &facts, answer)));
        }
        let (saved, life) = saved.split();
        let (life, decision) = life.split();
        Some(match decision {
            None => {
                let saved = saved.at(life.at(Undecided));
                Self::AwaitingDecision(AwaitingDecision { saved, facts, never_kept: Arc::default() })
            }
            Some(decision) => Self::Decided(Decided { saved: saved.at(life.at(decision)), facts }),
        })
    }
}
