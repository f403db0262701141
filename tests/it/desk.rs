//! Each message of a purchase and around it, as bytes, and where it arrives.

mod sent;

use core::fmt::Debug;

use polyseal::card_holder::AwaitingReceipt;
use polyseal::handshake::{Acknowledgement, Answer, Authenticated, Confirmation, Hello, Initiator, Responder};
use polyseal::ledger::{Change, Filed, LedgerKey, Record};
use polyseal::message::{
    Authorization, DeliveryReport, Direct, Dispatch, Envelope, Receipt, Relay, Request, Response, Withdrawal,
};
use polyseal::seller::{AwaitingAuthorization, SellerOrder};
use polyseal::{Ledger, MemoryLedger, Party, Pending, ReceiveError, Received, Refused, Role};

use crate::properties::honest::insert;
use polyseal_testing::{NOW, Parties, Repeatable, new, shop};
pub use sent::{
    ACKNOWLEDGEMENT, Actors, HANDSHAKES, MESSAGES, Messages, RECEIPTS, TO_SELLER, WINDOWS, WITH_PARTS, messages,
};

/// The state of a receiver that awaits this very message; none any more once it has taken it.
#[derive(Debug)]
pub enum Awaiting {
    Nothing,
    Authorization(Option<AwaitingAuthorization>),
    Order(Option<SellerOrder>),
    Receipt(AwaitingReceipt),
    Answer(Option<Initiator>),
    Confirmation(Option<Responder>),
    Acknowledgement(Authenticated),
}

impl Awaiting {
    fn export(&self) -> Option<Vec<u8>> {
        let state = match self {
            Self::Nothing => None,
            Self::Authorization(state) => state.as_ref().map(AwaitingAuthorization::export),
            Self::Order(state) => state.as_ref().map(SellerOrder::export),
            Self::Receipt(state) => Some(state.export()),
            Self::Answer(state) => state.as_ref().map(Initiator::export),
            Self::Confirmation(state) => state.as_ref().map(Responder::export),
            Self::Acknowledgement(state) => Some(state.export()),
        };
        state.map(|state| state.to_vec())
    }
}

/// A step that refuses hands its state back.
fn handed_back<S, T, E: Debug>(held: &mut Option<S>, step: Result<T, Refused<S, E>>) -> Outcome {
    step.map(|_| true).map_err(|Refused { state, error }| {
        *held = Some(state);
        said(error)
    })
}

/// The same of a step that is filed.
fn filed<S, N, A, E: Debug>(
    held: &mut Option<S>,
    step: Result<Pending<N, A>, Refused<S, E>>,
    ledger: &mut MemoryLedger,
) -> Outcome {
    match step {
        Ok(pending) => Ok(matches!(pending.file(ledger).unwrap(), Received::New(_))),
        Err(refused) => handed_back(held, Err::<(), _>(refused)),
    }
}

/// Where a message arrives: its receiver with a ledger, and the order or the handshake there, if it is known before.
#[derive(Debug)]
pub struct Desk<'a> {
    pub actors: &'a Actors,
    pub name: &'static str,
    pub now: u64,
    pub ledger: MemoryLedger,
    pub awaiting: Awaiting,
    pub key: LedgerKey,
}

/// Whether a message was new, or why it was refused.
pub type Outcome = Result<bool, String>;

/// Files a step that a message gave. What the ledger refuses is shown as the receiver's error.
fn outcome<N, A>(step: Result<Pending<N, A>, ReceiveError>, ledger: &mut MemoryLedger) -> Outcome {
    let filed = step.and_then(|pending| Ok(pending.file(ledger)?));
    filed.map(|received| matches!(received, Received::New(_))).map_err(said)
}

fn said(error: impl Debug) -> String {
    format!("{error:?}")
}

impl<'a> Desk<'a> {
    pub fn new(actors: &'a Actors, name: &'static str, messages: &Messages) -> Self {
        let Actors(parties, _) = actors;
        let mut ledger = MemoryLedger::new(9);
        let envelope = Envelope::from_bytes(&messages["envelope"]).unwrap();
        let key =
            LedgerKey { owner: parties.seller.identifier().clone(), role: Role::SELLER, digest: envelope.digest() };
        let begun = |state: &str| Awaiting::Answer(Initiator::restore(&parties.holder, &messages[state]).ok());
        let answered = |state: &str| Awaiting::Confirmation(Responder::restore(&parties.seller, &messages[state]).ok());
        let awaiting = match name {
            "approval" | "refusal" => {
                let step = parties.seller.receive(&envelope, NOW).unwrap();
                Awaiting::Authorization(Some(new(step.file(&mut ledger).unwrap())))
            }
            "response" | "delivery" | "withdrawal" => {
                let state = &messages[if name == "response" { "cancelling" } else { "dispatched" }];
                insert(&mut ledger, (shop(), Role::SELLER), envelope.digest(), state);
                Awaiting::Order(Some(parties.seller.restore(state).unwrap()))
            }
            "sellers-receipt" | "managers-receipt" => {
                Awaiting::Receipt(parties.holder.restore(&messages["placed"]).unwrap())
            }
            "hello" | "answer" => begun("begun"),
            "exchange-hello" | "exchange-answer" => begun("exchange-begun"),
            "confirmation" => answered("answered"),
            "exchange-confirmation" => answered("exchange-answered"),
            ACKNOWLEDGEMENT => {
                Awaiting::Acknowledgement(Authenticated::import(&messages["exchange-unacknowledged"]).unwrap())
            }
            _ => Awaiting::Nothing,
        };
        Self { actors, name, now: NOW, ledger, awaiting, key }
    }

    /// A hello is in clear, and is received where it is answered and the answer taken.
    pub fn receive(&mut self, bytes: &[u8]) -> Outcome {
        macro_rules! read {
            ($type:ident) => {
                &$type::from_bytes(bytes).map_err(said)?
            };
        }
        let Self { actors: Actors(parties, gateway), now, ledger, .. } = self;
        match self.name {
            "envelope" => outcome(parties.seller.receive(read!(Envelope), *now), ledger),
            "direct" => outcome(parties.manager.receive_direct(read!(Direct), *now), ledger),
            "relay" | "relay-all" => outcome(parties.manager.receive(read!(Relay), *now), ledger),
            "gateway" => outcome(gateway.receive_relay(read!(Relay), *now), ledger),
            "dispatch" => outcome(parties.courier.receive_dispatch(read!(Dispatch), *now), ledger),
            "request" => outcome(parties.manager.receive_request(read!(Request), *now), ledger),
            "hello" | "exchange-hello" => {
                let answered = Responder::answer(&parties.seller, read!(Hello), b"form", *now, &mut Repeatable(2));
                let (_, answer) = answered.map_err(said)?;
                self.awaited(&answer.to_bytes())
            }
            _ => self.awaited(bytes),
        }
    }

    fn awaited(&mut self, bytes: &[u8]) -> Outcome {
        macro_rules! read {
            ($type:ident) => {
                &$type::from_bytes(bytes).map_err(said)?
            };
        }
        let Self { actors: Actors(Parties { holder, seller, .. }, _), name, now, ledger, .. } = self;
        match &mut self.awaiting {
            Awaiting::Nothing => panic!("nothing is awaited"),
            Awaiting::Authorization(held) => {
                let answer = read!(Authorization);
                let step = held.take().unwrap().authorize(seller, answer, *now);
                filed(held, step, ledger)
            }
            Awaiting::Order(held) => {
                macro_rules! told {
                    ($step:ident, $type:ident) => {{
                        let message = read!($type);
                        held.take().unwrap().$step(seller, message, *now)
                    }};
                }
                let step = match *name {
                    "response" => told!(resolve, Response),
                    "delivery" => told!(delivered, DeliveryReport),
                    _ => told!(withdraw, Withdrawal),
                };
                filed(held, step, ledger)
            }
            Awaiting::Receipt(state) => state.receive(holder, read!(Receipt), *now).map(|_| true).map_err(said),
            Awaiting::Answer(held) => {
                let answer = read!(Answer);
                let state = held.take().unwrap();
                handed_back(held, state.receive(holder, answer, b"", *now, &mut Repeatable(3)))
            }
            Awaiting::Confirmation(held) => {
                let confirmation = read!(Confirmation);
                let state = held.take().unwrap();
                handed_back(held, state.receive(seller, confirmation, *now, &mut Repeatable(4)))
            }
            Awaiting::Acknowledgement(proof) => {
                let acknowledged = proof.acknowledge(holder, read!(Acknowledgement), *now).map_err(said)?;
                Ok(acknowledged.is_acknowledged())
            }
        }
    }

    /// All that receiving could have changed.
    pub fn traces(&mut self) -> (usize, Option<Vec<u8>>, Option<Vec<u8>>) {
        let record = Record { key: &self.key, issued_at: 0, expires: 0, stage: "", change: Change::LookUp };
        let held = match self.ledger.file(&record) {
            Ok(Filed::Found(state)) => Some(state.to_vec()),
            _ => None,
        };
        (self.ledger.len(), held, self.awaiting.export())
    }
}
