//! The steps of a purchase, one after the other: each is taken by the processes that run at the time.

use polyseal::Role;
use polyseal::card_manager::CardManagerOrder;
use polyseal::message::{Authorization, Receipt, Status, Windows};
use polyseal::seller::{Authorized, SellerOrder};
use polyseal_testing::{GATEWAY, NOW, Parties, Repeatable, new, order, role};

use super::processes::{Course, Running};
use super::store::Bytes;

impl Running {
    fn send(&mut self, what: &'static str, bytes: Bytes) {
        assert_eq!(self.wire.insert(what, bytes), None, "{what} is sent once");
    }

    fn place(&mut self) {
        let (order, form, holder) = (order(), self.course.form(), &self.parties.holder);
        let split = holder.split(&order, &form).unwrap();
        let sealed = split.seal(holder, NOW, Windows::default(), &mut self.rng).unwrap();
        self.placed = Some(sealed.awaiting);
        self.send("envelope", sealed.envelope.to_bytes());
        for direct in sealed.directs {
            self.send("direct", direct.to_bytes());
        }
    }

    fn take_order(&mut self) {
        self.at_seller = Some(new(self.order_received().file(&mut self.table).unwrap()).into());
    }

    fn relay(&mut self) {
        let Some(SellerOrder::AwaitingAuthorization(awaiting)) = &self.at_seller else { panic!("it awaits") };
        let seller = &self.parties.seller;
        let mut relay = |role: &Role| awaiting.relay(seller, role, NOW, &mut self.rng).unwrap().to_bytes();
        let to_manager = (self.course != Course::Direct).then(|| relay(&Role::CARD_MANAGER));
        let to_gateway = (self.course == Course::Gateway).then(|| relay(&role(GATEWAY)));
        for (what, relay) in [("relay", to_manager), ("gateway", to_gateway)] {
            if let Some(relay) = relay {
                self.send(what, relay);
            }
        }
    }

    fn acknowledge(&mut self) {
        let receipt = self.at_seller.as_ref().unwrap().receipt(&self.parties.seller, NOW, &mut self.rng).unwrap();
        self.send("acknowledgement", receipt.to_bytes());
    }

    fn serve_gateway(&mut self) {
        if self.wire.contains_key("gateway") {
            self.at_gateway = Some(new(self.relay_received().file(&mut self.table).unwrap()));
        }
    }

    fn take_part(&mut self) {
        self.at_manager = Some(new(self.part_received().file(&mut self.table).unwrap()).into());
    }

    fn decide(&mut self) {
        let Some(CardManagerOrder::AwaitingDecision(deciding)) = self.at_manager.take() else { panic!("it awaits") };
        let (manager, table) = (&self.parties.manager, &mut self.table);
        let decided = if self.course == Course::Declined {
            new(deciding.decline(manager, "unknown card", NOW).unwrap().file(table).unwrap())
        } else {
            let approval = new(deciding.approve(manager, NOW).unwrap().file(table).unwrap());
            self.told.push(format!("card manager: withdraw {}", approval.settlement().amount_due()));
            approval.into_decided()
        };
        self.at_manager = Some(decided.into());
    }

    fn answer(&mut self) {
        let Some(CardManagerOrder::Decided(decided)) = &self.at_manager else { panic!("it is decided") };
        let answer = decided.authorization(&self.parties.manager, &mut self.rng).unwrap();
        self.send("answer", answer.to_bytes());
    }

    fn take_answer(&mut self) {
        let Some(SellerOrder::AwaitingAuthorization(awaiting)) = self.at_seller.take() else { panic!("it awaits") };
        let answer = Authorization::from_bytes(&self.wire["answer"]).unwrap();
        let pending = awaiting.authorize(&self.parties.seller, &answer, NOW).unwrap();
        let authorized = new(pending.file(&mut self.table).unwrap());
        if let Authorized::Declined(declined) = &authorized {
            self.told.push(format!("seller: {}", declined.reason()));
        }
        self.at_seller = Some(authorized.into());
    }

    fn dispatch(&mut self) {
        self.at_seller = self.at_seller.take().map(|order| match order {
            SellerOrder::Approved(approved) => {
                let to = Role::DELIVERY_SERVICE;
                let pending = approved.dispatch(&self.parties.seller, &to, b"ring twice", NOW).unwrap();
                new(pending.file(&mut self.table).unwrap()).into()
            }
            order => order,
        });
    }

    fn send_dispatch(&mut self) {
        if let Some(SellerOrder::Approved(approved)) = &self.at_seller {
            let (seller, to) = (&self.parties.seller, &Role::DELIVERY_SERVICE);
            let dispatch = approved.dispatch_message(seller, to, NOW, &mut self.rng).unwrap();
            self.send("dispatch", dispatch.to_bytes());
        }
    }

    fn take_dispatch(&mut self) {
        if self.wire.contains_key("dispatch") {
            self.at_courier = Some(new(self.dispatch_received().file(&mut self.table).unwrap()));
        }
    }

    fn fulfil(&mut self) {
        for (who, at) in [("delivery service", &self.at_courier), ("gateway", &self.at_gateway)] {
            let Some(delivery) = at else { continue };
            let fields: Vec<_> = delivery.part().fields().map(|(_, value)| value).collect();
            let instructions = String::from_utf8_lossy(delivery.instructions());
            self.told.push(format!("{who}: {} ({instructions})", fields.join(", ")));
        }
    }

    fn report(&mut self) {
        let Parties { seller, manager, .. } = &self.parties;
        let of_seller = self.at_seller.as_ref().unwrap().receipt(seller, NOW, &mut self.rng).unwrap();
        let of_manager = self.at_manager.as_ref().unwrap().receipt(manager, NOW, &mut self.rng).unwrap();
        self.send("receipt of the seller", of_seller.to_bytes());
        self.send("receipt of the card manager", of_manager.to_bytes());
    }

    fn read_receipts(&mut self) {
        for what in ["acknowledgement", "receipt of the seller", "receipt of the card manager"] {
            let receipt = Receipt::from_bytes(&self.wire[what]).unwrap();
            let report = self.placed.as_ref().unwrap().receive(&self.parties.holder, &receipt, NOW).unwrap();
            let status = match report.status() {
                Status::Declined { reason } => format!("Declined, {}", reason.as_str()),
                status => format!("{status:?}"),
            };
            self.told.push(format!("card holder: {status}"));
        }
    }
}

pub const STEPS: [fn(&mut Running); 15] = [
    Running::place,
    Running::take_order,
    Running::relay,
    Running::acknowledge,
    Running::serve_gateway,
    Running::take_part,
    Running::decide,
    Running::answer,
    Running::take_answer,
    Running::dispatch,
    Running::send_dispatch,
    Running::take_dispatch,
    Running::fulfil,
    Running::report,
    Running::read_receipts,
];

/// Runs the steps of these numbers.
pub fn run(running: &mut Running, steps: core::ops::Range<usize>) {
    for number in steps {
        running.rng = Repeatable(number.try_into().unwrap());
        STEPS[number](running);
    }
}
