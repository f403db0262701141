//! What comes of an order after its approval, and what each message about it costs its receiver, to the last step of the
//! ledger.

use core::convert::Infallible;
use core::hint::black_box;

use polyseal::card_holder::SealedOrder;
use polyseal::card_manager::CardManagerRequest;
use polyseal::ledger::{Change, Filed, Record};
use polyseal::message::{DeliveryReport, Receipt, Request, Response, Withdrawal};
use polyseal::order::Amount;
use polyseal::seller::SellerOrder;
use polyseal::{KeySource, Ledger, MemoryLedger, Received, Role, Share};
use zeroize::Zeroizing;

use super::bill::{Bill, bound, ciphertext, items};
use super::primitives;
use super::world::{Counter, NOW, World};

/// Each of them with its receiver.
pub const MESSAGES: [&str; 6] = ["refund", "cancellation", "response", "delivery-report", "withdrawal", "receipt"];

/// A ledger with one state of an order, that takes any other one in its place and keeps none.
struct Has(Vec<u8>);

impl Ledger for &Has {
    type Error = Infallible;

    fn file(&mut self, record: &Record<'_>) -> Result<Filed, Infallible> {
        Ok(match record.change {
            Change::Replace { .. } => Filed::Done,
            Change::Insert { .. } | Change::LookUp => Filed::Found(Zeroizing::new(self.0.clone())),
        })
    }
}

/// What is sent about an order that is approved and dispatched, and what the ledgers of its receivers have of it.
pub struct Life {
    sealed: SealedOrder,
    refund: Vec<u8>,
    cancellation: Vec<u8>,
    response: Vec<u8>,
    report: Vec<u8>,
    withdrawal: Vec<u8>,
    receipt: Vec<u8>,
    at_manager: Has,
    at_seller: Has,
}

impl Life {
    pub fn of<K: KeySource + From<Share>>(world: &World<K>) -> Self {
        let World { seller, manager, courier, holder, .. } = world;
        let (mut rng, mut ledgers) = (Counter::default(), [(); 3].map(|()| MemoryLedger::new(1)));
        // The generator begins with the same bytes each time: this is the order that is carried.
        let sealed = world.sealed(&mut Counter::default());
        world.carry(&mut ledgers, &mut Counter::default()).unwrap();
        let ([mut at_seller, mut at_manager, mut at_courier], digest) = (ledgers, sealed.digest);

        let delivery = courier.find(digest).file(&mut at_courier).unwrap();
        let delivery = delivery.delivered(courier, 1, NOW).unwrap().file(&mut at_courier).unwrap().into_inner();
        let approved = |at_seller: &mut MemoryLedger| match seller.find(digest).file(at_seller).unwrap() {
            SellerOrder::Approved(order) => order,
            other => panic!("{other:?}"),
        };
        let decided = manager.find(digest).file(&mut at_manager).unwrap().export().to_vec();
        let sum: Amount = "12.0000 EUR".parse().unwrap();
        let asking = approved(&mut at_seller).refund(seller, 1, &sum, NOW).unwrap();
        let asking = asking.file(&mut at_seller).unwrap().into_inner();
        let request = asking.request(seller, 1, NOW, &mut rng).unwrap();
        let asked = manager.receive_request(&request, NOW).unwrap().file(&mut at_manager).unwrap().into_inner();
        let CardManagerRequest::AwaitingResolution(asked) = asked else { panic!("it is answered already") };
        let Received::New(resolved) = asked.grant(manager, NOW).unwrap().file(&mut at_manager).unwrap() else {
            panic!("it was granted before")
        };
        let receipt = asking.receipt(seller, NOW, &mut rng).unwrap();
        let at_seller_then = Has(asking.export().to_vec());
        let cancelling = approved(&mut at_seller).cancel(seller, NOW).unwrap().file(&mut at_seller).unwrap();
        Self {
            refund: request.to_bytes(),
            cancellation: cancelling.into_inner().request(seller, 2, NOW, &mut rng).unwrap().to_bytes(),
            response: resolved.response(manager, &mut rng).unwrap().to_bytes(),
            report: delivery.delivery_report(courier, 1, &mut rng).unwrap().to_bytes(),
            withdrawal: sealed.awaiting.withdraw(holder, NOW, &mut rng).unwrap().to_bytes(),
            receipt: receipt.to_bytes(),
            at_manager: Has(decided),
            at_seller: at_seller_then,
            sealed,
        }
    }

    /// Whether the receiver of a message takes it.
    pub fn take<K: KeySource>(&self, world: &World<K>, message: &str) -> bool {
        let World { holder, .. } = world;
        match message {
            "refund" => self.is_asked(world, black_box(&self.refund)),
            "cancellation" => self.is_asked(world, black_box(&self.cancellation)),
            "receipt" => {
                let receipt = Receipt::from_bytes(black_box(&self.receipt)).unwrap();
                self.sealed.awaiting.receive(holder, &receipt, NOW).is_ok()
            }
            news => self.told(world, news).is_some(),
        }
    }

    /// Whether the card manager has a demand to answer.
    fn is_asked<K: KeySource>(&self, world: &World<K>, request: &[u8]) -> bool {
        let request = Request::from_bytes(request).unwrap();
        let mut ledger = &self.at_manager;
        let asked = world.manager.receive_request(&request, NOW).unwrap().file(&mut ledger);
        matches!(asked.map(Received::into_inner), Ok(CardManagerRequest::AwaitingResolution(_)))
    }

    /// The order of the seller once it has taken a message.
    fn told<K: KeySource>(&self, World { seller, .. }: &World<K>, message: &str) -> Option<SellerOrder> {
        let mut ledger = &self.at_seller;
        let order = seller.find(self.sealed.digest).file(&mut ledger).unwrap();
        let pending = match message {
            "response" => {
                let response = Response::from_bytes(black_box(&self.response)).unwrap();
                order.resolve(seller, &response, NOW).unwrap()
            }
            "delivery-report" => {
                let report = DeliveryReport::from_bytes(black_box(&self.report)).unwrap();
                order.delivered(seller, &report, NOW).unwrap()
            }
            _ => {
                let withdrawal = Withdrawal::from_bytes(black_box(&self.withdrawal)).unwrap();
                order.withdraw(seller, &withdrawal, NOW).unwrap()
            }
        };
        match pending.file(&mut ledger) {
            Ok(Received::New(order)) => Some(order),
            _ => None,
        }
    }

    /// What the receiver of a message cannot avoid.
    pub fn bill<K: KeySource>(&self, world: &World<K>, message: &str) -> Bill {
        let mut bill = Bill::default();
        let mut heard = |purpose, [from, to]: [usize; 2], sealed: &[u8]| {
            let roles = [from, to].map(|place| &PLACES[place]);
            bill.key(from, to);
            bill.message(bound(purpose, roles, false), ciphertext(sealed));
        };
        match message {
            "refund" | "cancellation" => {
                let request = if message == "refund" { &self.refund } else { &self.cancellation };
                let request = items(request);
                heard("request", [1, 2], request[5]);
                let part = items(request[3])[0];
                bill.parts(part.len());
                if message == "cancellation" {
                    // As if the order were new: only the ledger knows whether it is.
                    primitives::opens(&mut bill, &world.form, 1, request[2], items(part)[1], &self.at_manager.0);
                    bill.recipients([0, 1], &world.form);
                    bill.token();
                }
                bill.state(&self.at_manager.0);
            }
            "receipt" => heard("receipt", [1, 0], items(&self.receipt)[4]),
            news => {
                match news {
                    "response" => heard("response", [2, 1], items(&self.response)[3]),
                    "delivery-report" => heard("delivery", [3, 1], items(&self.report)[4]),
                    _ => heard("withdrawal", [0, 1], items(&self.withdrawal)[3]),
                }
                bill.state(&self.at_seller.0);
                bill.state(&self.told(world, news).unwrap().export());
            }
        }
        bill
    }
}

/// The parties in the order of their keys.
const PLACES: [Role; 4] = [Role::CARD_HOLDER, Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE];
