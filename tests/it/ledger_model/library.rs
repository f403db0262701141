//! The library's steps, on bytes that are known by number. A step is a function of a state, a message and the ledger's
//! answer, so each is taken once and remembered.

use std::collections::{HashMap, HashSet};

use polyseal::card_manager::{CardManagerOrder, Decided};
use polyseal::ledger::{Change, Filed, LedgerKey};
use polyseal::message::{Authorization, Dispatch, Envelope, Relay};
use polyseal::seller::{Approved, Authorized, SellerOrder};
use polyseal::{LedgerError, MemoryLedger, Party, Pending, Received, Role, Share};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, Repeatable, new};

use super::table::Table;
use super::terms::{Answer, Asked, Filing, Id, Order, Outcome, Owner, Stage, Step};

#[derive(Debug)]
pub struct Library {
    parties: Parties<Share>,
    envelope: Envelope,
    bytes: Vec<Vec<u8>>,
    filings: HashMap<Step, Filing>,
    outcomes: HashMap<(Step, Answer), Outcome>,
    messages: HashMap<Id, Id>,
    contents: HashMap<Id, u8>,
    compared: HashSet<(Table, Filing)>,
}

/// What a step is asked for: its record, or what it comes to.
enum Told {
    Filing(Filing),
    Outcome(Outcome),
}

impl Library {
    pub fn new() -> Self {
        let mut story = Story::standard(1);
        let envelope = story.sealed().envelope;
        let (bytes, filings, outcomes, messages, contents, compared) = Default::default();
        Self { parties: story.parties, envelope, bytes, filings, outcomes, messages, contents, compared }
    }

    pub fn bytes(&self, id: Id) -> &[u8] {
        &self.bytes[usize::from(id)]
    }

    /// What the ledgers call the order of this party.
    pub fn key(&self, owner: Owner) -> LedgerKey {
        let (role, owner) = match owner {
            Owner::Manager => (Role::CARD_MANAGER, self.parties.manager.identifier()),
            Owner::Seller => (Role::SELLER, self.parties.seller.identifier()),
        };
        LedgerKey { owner: owner.clone(), role, digest: self.envelope.digest() }
    }

    /// What a step wants to be stored.
    pub fn filing(&mut self, step: Step) -> Filing {
        if let Some(filing) = self.filings.get(&step) {
            return *filing;
        }
        let Told::Filing(filing) = self.take(step, None) else { panic!("{step:?} has a record") };
        self.filings.insert(step, filing);
        filing
    }

    /// What a step comes to by this answer.
    pub fn outcome(&mut self, step: Step, answer: Answer) -> Outcome {
        if let Some(outcome) = self.outcomes.get(&(step, answer)) {
            return *outcome;
        }
        let Told::Outcome(outcome) = self.take(step, Some(self.filed(answer))) else { panic!("{step:?} is completed") };
        self.outcomes.insert((step, answer), outcome);
        outcome
    }

    fn filed(&self, answer: Answer) -> Filed {
        match answer {
            Answer::Done => Filed::Done,
            Answer::Found(id) => Filed::Found(self.bytes(id).to_vec().into()),
            Answer::Absent => Filed::Absent,
            Answer::BelowFloor => Filed::BelowFloor,
        }
    }

    /// The library's ledger in memory answers the same.
    pub fn compare(&mut self, table: Table, filing: Filing, answer: Answer) {
        if self.compared.insert((table, filing)) {
            assert_eq!(table.by_memory(filing, self), self.filed(answer), "{table:?}, {filing:?}");
        }
    }

    /// The message that follows from a state: a relay, an authorization, or a dispatch.
    pub fn message(&mut self, order: Order) -> Id {
        if let Some(message) = self.messages.get(&order.state) {
            return *message;
        }
        let (rng, state) = (&mut Repeatable(2), self.bytes(order.state));
        let message = match order.stage {
            Stage::Undecided | Stage::Decided { .. } => match self.parties.manager.restore(state).unwrap() {
                CardManagerOrder::Decided(decided) => {
                    decided.authorization(&self.parties.manager, rng).unwrap().to_bytes()
                }
                other => panic!("{other:?}"),
            },
            Stage::Awaiting | Stage::Approved { .. } | Stage::Declined => {
                let seller = &self.parties.seller;
                match seller.restore(state).unwrap() {
                    SellerOrder::AwaitingAuthorization(awaiting) => {
                        awaiting.relay(seller, &Role::CARD_MANAGER, NOW, rng).unwrap().to_bytes()
                    }
                    SellerOrder::Approved(approved) => {
                        let dispatch = approved.dispatch_message(seller, &Role::DELIVERY_SERVICE, NOW, rng);
                        dispatch.unwrap().to_bytes()
                    }
                    other => panic!("{other:?}"),
                }
            }
        };
        let message = self.number(message);
        self.messages.insert(order.state, message);
        message
    }

    /// The instructions that a delivery service reads in a dispatch.
    pub fn content(&mut self, dispatch: Id) -> u8 {
        if let Some(content) = self.contents.get(&dispatch) {
            return *content;
        }
        let dispatch_message = Dispatch::from_bytes(self.bytes(dispatch)).unwrap();
        let pending = self.parties.courier.receive_dispatch(&dispatch_message, NOW).unwrap();
        let delivery = new(pending.file(&mut MemoryLedger::new(1)).unwrap());
        let [content] = *delivery.instructions() else { panic!("it has other instructions") };
        self.contents.insert(dispatch, content);
        content
    }

    fn take(&mut self, step: Step, filed: Option<Filed>) -> Told {
        let Parties { manager, seller, .. } = &self.parties;
        match step {
            Step::ReceiveEnvelope => {
                let pending = seller.receive(&self.envelope, NOW).unwrap();
                self.tell(pending, filed)
            }
            Step::ReceiveRelay { relay } => {
                let relay = Relay::from_bytes(self.bytes(relay)).unwrap();
                let pending = manager.receive(&relay, NOW).unwrap();
                self.tell(pending, filed)
            }
            Step::Decide { state, approves } => {
                let CardManagerOrder::AwaitingDecision(order) = manager.restore(self.bytes(state)).unwrap() else {
                    panic!("{step:?} is from another stage");
                };
                if approves {
                    let pending = order.approve(manager, NOW).unwrap();
                    self.tell(pending, filed)
                } else {
                    let pending = order.decline(manager, "no", NOW).unwrap();
                    self.tell(pending, filed)
                }
            }
            Step::Authorize { state, answer } => {
                let SellerOrder::AwaitingAuthorization(order) = seller.restore(self.bytes(state)).unwrap() else {
                    panic!("{step:?} is from another stage");
                };
                let answer = Authorization::from_bytes(self.bytes(answer)).unwrap();
                let pending = order.authorize(seller, &answer, NOW).unwrap();
                self.tell(pending, filed)
            }
            Step::Dispatch { state, content } => {
                let SellerOrder::Approved(order) = seller.restore(self.bytes(state)).unwrap() else {
                    panic!("{step:?} is from another stage");
                };
                let pending = order.dispatch(seller, &Role::DELIVERY_SERVICE, &[content], NOW).unwrap();
                self.tell(pending, filed)
            }
        }
    }

    fn tell<N: Into<A>, A: Known>(&mut self, pending: Pending<N, A>, filed: Option<Filed>) -> Told {
        let Some(filed) = filed else {
            let record = pending.record();
            let owner = if record.key.role == Role::SELLER { Owner::Seller } else { Owner::Manager };
            assert_eq!(*record.key, self.key(owner));
            let (issued_at, expires) = (record.issued_at, record.expires);
            let change = match record.change {
                Change::Insert { state } => Asked::Insert(self.number(state.to_vec())),
                Change::Replace { current, state } => Asked::Replace { current, state: self.number(state.to_vec()) },
                Change::LookUp => Asked::LookUp,
            };
            return Told::Filing(Filing { owner, issued_at, expires, change });
        };
        Told::Outcome(match pending.complete(filed) {
            Ok(Received::New(order)) => Outcome::New(self.order(order.into())),
            Ok(Received::Again(order)) => Outcome::Again(self.order(order)),
            Err(refused) => match refused.error {
                LedgerError::BelowFloor => Outcome::Refused,
                LedgerError::Absent | LedgerError::Damaged | LedgerError::TakeAgain => Outcome::TakeAgain,
                error => panic!("{error:?}"),
            },
        })
    }

    fn order(&mut self, order: impl Known) -> Order {
        let (state, stage) = order.known();
        Order { state: self.number(state), stage }
    }

    fn number(&mut self, bytes: Vec<u8>) -> Id {
        let place = self.bytes.iter().position(|known| *known == bytes).unwrap_or_else(|| {
            self.bytes.push(bytes);
            self.bytes.len() - 1
        });
        Id::try_from(place).unwrap()
    }
}

/// A state of either party.
trait Known {
    fn known(self) -> (Vec<u8>, Stage);
}

impl Known for CardManagerOrder {
    fn known(self) -> (Vec<u8>, Stage) {
        match self {
            Self::AwaitingDecision(order) => (order.export().to_vec(), Stage::Undecided),
            Self::Decided(order) => order.known(),
            Self::Cancelled(order) => panic!("{order:?}"),
        }
    }
}

impl Known for Decided {
    fn known(self) -> (Vec<u8>, Stage) {
        assert_eq!(self.settlement().is_some(), self.reason().is_none());
        (self.export().to_vec(), Stage::Decided { approved: self.reason().is_none() })
    }
}

impl Known for SellerOrder {
    fn known(self) -> (Vec<u8>, Stage) {
        match self {
            Self::AwaitingAuthorization(order) => (order.export().to_vec(), Stage::Awaiting),
            Self::Approved(order) => order.known(),
            Self::Declined(order) => (order.export().to_vec(), Stage::Declined),
            Self::Cancelling(_) | Self::Cancelled(_) => panic!("{self:?}"),
        }
    }
}

impl Known for Authorized {
    fn known(self) -> (Vec<u8>, Stage) {
        SellerOrder::from(self).known()
    }
}

impl Known for Approved {
    fn known(self) -> (Vec<u8>, Stage) {
        (self.export().to_vec(), Stage::Approved { dispatched: self.dispatches().next().is_some() })
    }
}
