//! A purchase that a test cuts where it needs it: each method takes the story one step on, all parties over one ledger.

use polyseal::card_holder::SealedOrder;
use polyseal::card_manager::{Approval, AwaitingDecision};
use polyseal::message::{Dispatch, Envelope, Windows};
use polyseal::order::FormEntry;
use polyseal::recipient::Delivery;
use polyseal::seller::{Approved, AwaitingAuthorization};
use polyseal::{FieldName, KeySource, MemoryLedger, OrderForm, Peers, Recipient, Release, Role, Share};

use super::{NOW, Parties, Repeatable, approved, disclosure, form, id, new, order, role, shares};

/// The parties, their ledger, and what the story needs besides.
#[derive(Debug)]
pub struct Story<K> {
    pub parties: Parties<K>,
    pub form: OrderForm,
    pub ledger: MemoryLedger,
    pub rng: Repeatable,
    pub now: u64,
    pub windows: Windows,
}

impl Story<Share> {
    /// The standard parties and form.
    pub fn standard(seed: u64) -> Self {
        Self::of(Parties::by_form(OrderForm::standard(), disclosure()), OrderForm::standard(), seed)
    }

    /// With an insurer besides, who waits for the approval as the delivery service does.
    pub fn insured(seed: u64) -> Self {
        let insurer = role("insurer");
        let form = form(|recipients| {
            let selectors = [FieldName::AMOUNT_DUE].into_iter().collect();
            let identifier = Some(id("insurer.example"));
            recipients.push(FormEntry { role: insurer.clone(), identifier, release: Release::OnApproval, selectors });
        });
        let rules = disclosure().allow(FieldName::AMOUNT_DUE, insurer.clone());
        let rules = rules.allow_release(insurer, Release::OnApproval);
        Self::of(Parties::by_form(form.clone(), rules), form, seed)
    }
}

/// The insurer of an insured order.
pub fn insurer() -> Recipient<Share> {
    let [share] = shares([id("insurer.example")]);
    Recipient::new(role("insurer"), share, Peers::Anyone).unwrap()
}

impl<K: KeySource> Story<K> {
    pub fn of(parties: Parties<K>, form: OrderForm, seed: u64) -> Self {
        let (ledger, rng) = (MemoryLedger::new(100), Repeatable(seed));
        Self { parties, form, ledger, rng, now: NOW, windows: Windows::default() }
    }

    /// The card holder seals the standard order.
    pub fn sealed(&mut self) -> SealedOrder {
        let order = order();
        let split = self.parties.holder.split(&order, &self.form).unwrap();
        split.seal(&self.parties.holder, self.now, self.windows, &mut self.rng).unwrap()
    }

    /// A new order is at the seller.
    pub fn at_seller(&mut self) -> AwaitingAuthorization {
        let envelope = self.sealed().envelope;
        self.taken(&envelope)
    }

    /// The seller takes this order.
    pub fn taken(&mut self, envelope: &Envelope) -> AwaitingAuthorization {
        new(self.parties.seller.receive(envelope, self.now).unwrap().file(&mut self.ledger).unwrap())
    }

    /// The seller relays it to the card manager.
    pub fn at_manager(&mut self, awaiting: &AwaitingAuthorization) -> AwaitingDecision {
        let seller = &self.parties.seller;
        let relay = awaiting.relay(seller, &Role::CARD_MANAGER, self.now, &mut self.rng).unwrap();
        new(self.parties.manager.receive(&relay, self.now).unwrap().file(&mut self.ledger).unwrap())
    }

    /// The card manager approves.
    pub fn approval(&mut self, deciding: AwaitingDecision) -> Approval {
        new(deciding.approve(&self.parties.manager, self.now).unwrap().file(&mut self.ledger).unwrap())
    }

    /// A new order that the card manager has approved, and the seller knows it.
    pub fn approved(&mut self) -> Approved {
        let awaiting = self.at_seller();
        self.approves(awaiting)
    }

    /// The card manager approves this order, and the seller knows it.
    pub fn approves(&mut self, awaiting: AwaitingAuthorization) -> Approved {
        let deciding = self.at_manager(&awaiting);
        let authorization = self.approval(deciding).authorization(&self.parties.manager, &mut self.rng).unwrap();
        let pending = awaiting.authorize(&self.parties.seller, &authorization, self.now).unwrap();
        approved(new(pending.file(&mut self.ledger).unwrap()))
    }

    /// The seller dispatches it, with these instructions.
    pub fn dispatched(&mut self, approved: Approved, instructions: &[u8]) -> (Approved, Dispatch) {
        let (seller, role) = (&self.parties.seller, &Role::DELIVERY_SERVICE);
        let pending = approved.dispatch(seller, role, instructions, self.now).unwrap();
        let approved = pending.file(&mut self.ledger).unwrap().into_inner();
        let dispatch = approved.dispatch_message(seller, role, self.now, &mut self.rng).unwrap();
        (approved, dispatch)
    }

    /// The delivery service gets it.
    pub fn delivered(&mut self, dispatch: &Dispatch) -> Delivery {
        new(self.parties.courier.receive_dispatch(dispatch, self.now).unwrap().file(&mut self.ledger).unwrap())
    }

    /// The whole of it, from a new order to its delivery.
    pub fn delivers(&mut self) -> SealedOrder {
        let sealed = self.sealed();
        let awaiting = self.taken(&sealed.envelope);
        let approved = self.approves(awaiting);
        let (_, dispatch) = self.dispatched(approved, b"");
        self.delivered(&dispatch);
        sealed
    }
}
