//! What the library sends in whole purchases, and what it keeps: from fixed seeds, for others to take.

use polyseal::card_manager::Decided;
use polyseal::handshake::Authenticated;
use polyseal::message::{Consignment, Part, Receipt, Windows};
use polyseal::order::Selector;
use polyseal::seller::{Authorized, SellerOrder};
use polyseal::{DisclosurePolicy, FieldName, KeySource, MemoryLedger, Order, OrderForm, Received, Role};
use polyseal_testing::cbor::{Value as Item, at};
use polyseal_testing::{
    NOW, Parties, Repeatable, approved, directly, disclosure, field, gateway, gateway_disclosure, gateway_form, new,
    order, role,
};
use serde_json::{Value, json};

use crate::cast::{Cast, ROLES};
use crate::exports::{authorities, item, kept};
use crate::file::{File, hex, with};
use crate::handshakes::meet;
use crate::story::{consignment, report};

pub(crate) fn file() -> File {
    let mut file = File::new(
        "purchases",
        "What the library sends in whole purchases, and what it keeps. Each input says which file's it is.",
        &[
            ("message", "a message of an order"),
            ("receipt", "a receipt, of any giver"),
            ("handshake", "a message of a handshake"),
            ("export", "what a party keeps"),
        ],
    );
    let standard = OrderForm::standard;
    for (name, cast, disclosure, order, decision) in [
        ("standard", Cast::of_one_issuer(standard()), disclosure(), order(), Ok(())),
        ("declined", Cast::of_one_issuer(standard()), disclosure(), order(), Err("not today")),
        ("nested", Cast::of_one_issuer(standard()), disclosure(), nested(), Ok(())),
        ("direct card manager", Cast::of_one_issuer(direct()), disclosure(), order(), Ok(())),
        ("gateway", Cast::of_one_issuer(gateway_form()), gateway_disclosure(), order(), Ok(())),
        ("cohorts", Cast::of_cohorts(standard()), disclosure(), order(), Ok(())),
        ("two issuers", Cast::of_two_issuers(standard()), disclosure(), order(), Ok(())),
    ] {
        let parties = Parties::new(cast.keys(), cast.form.clone(), disclosure);
        Purchase { name, file: &mut file, cast: &cast }.run(&parties, &order, decision);
    }
    under_sessions(&mut file);
    sealed_again(&mut file);
    stories(&mut file);
    authorities(&mut file);
    file
}

/// An order whose items are nested, and whose names are of several groups.
fn nested() -> Order {
    let mut nested = Order::new();
    let whole = order();
    for name in whole.names().filter(|name| !name.as_str().starts_with("item.")) {
        nested.insert(name.clone(), whole.get(name).unwrap()).unwrap();
    }
    for (place, (sku, quantity)) in [("K-17", "2"), ("C-3", "12"), ("T-\u{e9}", "1")].into_iter().enumerate() {
        for (name, value) in [("sku", sku), ("quantity", quantity), ("price.net", "9.90 EUR"), ("note", "")] {
            nested.insert(field(&format!("items.{place}.{name}")), value).unwrap();
        }
    }
    nested
}

/// The standard form, whose card manager gets its part from the card holder.
fn direct() -> OrderForm {
    directly(OrderForm::standard(), &Role::CARD_MANAGER)
}

/// A purchase, and where its messages are written.
pub(crate) struct Purchase<'a> {
    pub(crate) name: &'static str,
    pub(crate) file: &'a mut File,
    pub(crate) cast: &'a Cast,
}

impl Purchase<'_> {
    fn run<K: KeySource>(mut self, parties: &Parties<K>, order: &Order, decision: Result<(), &str>) {
        let Parties { holder, seller, manager, courier } = parties;
        let (ledger, rng) = (&mut MemoryLedger::new(10), &mut Repeatable(11));
        let split = holder.split(order, &self.cast.form).unwrap();
        let sealed = split.seal(holder, NOW, Windows::default(), rng).unwrap();
        let placed = sealed.awaiting.export();
        self.kept("the placed order", "placed order", &Role::CARD_HOLDER, &placed);
        let header = at(&sealed.envelope.to_bytes(), &[2]);

        let awaiting = new(seller.receive(&sealed.envelope, NOW).unwrap().file(ledger).unwrap());
        let told = new_order(awaiting.part(), &header, &awaiting.export(), None);
        self.taken("the envelope", &Role::SELLER, &sealed.envelope.to_bytes(), None, told);
        self.kept("the order that awaits its answer", "state", &Role::SELLER, &awaiting.export());
        self.receipt(&awaiting.receipt(seller, NOW, rng).unwrap(), &placed);
        self.others(&awaiting, seller, &header, rng);

        let by_relay = sealed.directs.is_empty();
        let (deciding, message) = if by_relay {
            let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, rng).unwrap();
            (new(manager.receive(&relay, NOW).unwrap().file(ledger).unwrap()), relay.to_bytes())
        } else {
            let direct = &sealed.directs[0];
            (new(manager.receive_direct(direct, NOW).unwrap().file(ledger).unwrap()), direct.to_bytes())
        };
        let passed_on = by_relay.then_some((NOW, Value::Null));
        let told = new_order(deciding.part(), &header, &deciding.export(), passed_on);
        self.taken("the card manager's part", &Role::CARD_MANAGER, &message, None, told);
        self.kept("the order that awaits its decision", "state", &Role::CARD_MANAGER, &deciding.export());
        self.receipt(&deciding.receipt(manager, NOW, rng).unwrap(), &placed);

        let decided: Decided = match decision {
            Ok(()) => new(deciding.approve(manager, NOW).unwrap().file(ledger).unwrap()).into_decided(),
            Err(reason) => new(deciding.decline(manager, reason, NOW).unwrap().file(ledger).unwrap()),
        };
        self.kept("the order that is decided", "state", &Role::CARD_MANAGER, &decided.export());
        let authorization = decided.authorization(manager, rng).unwrap();
        self.receipt(&decided.receipt(manager, NOW, rng).unwrap(), &placed);
        let before = awaiting.export();
        let token = match decision {
            Ok(()) => item(&decided.export(), &[8, 6]),
            Err(_) => Value::Null,
        };
        let told = json!({
            "outcome": if decision.is_ok() { "approved" } else { "declined" },
            "digest": hex(sealed.digest.as_bytes()),
            "at": NOW,
            "token": token,
            "reason": decision.err(),
        });
        self.taken("the answer", &Role::SELLER, &authorization.to_bytes(), Some(&before), told);
        let authorized = new(awaiting.authorize(seller, &authorization, NOW).unwrap().file(ledger).unwrap());
        let after = SellerOrder::from(authorized);
        self.receipt(&after.receipt(seller, NOW, rng).unwrap(), &placed);
        match after {
            SellerOrder::Approved(order) => {
                self.kept("the order that is approved", "state", &Role::SELLER, &order.export());
                let to = &Role::DELIVERY_SERVICE;
                let pending = order.dispatch(seller, to, b"ring twice", NOW + 60).unwrap();
                let order = approved(Authorized::Approved(new(pending.file(ledger).unwrap())));
                self.kept("the order that is dispatched", "state", &Role::SELLER, &order.export());
                self.receipt(&order.receipt(seller, NOW + 60, rng).unwrap(), &placed);
                let dispatch = order.dispatch_message(seller, to, NOW + 60, rng).unwrap();
                let delivery = new(courier.receive_dispatch(&dispatch, NOW + 60).unwrap().file(ledger).unwrap());
                let passed_on = Some((NOW + 60, consignment(Consignment::WHOLE, b"ring twice")));
                let told = new_order(delivery.part(), &header, &delivery.export(), passed_on);
                self.taken("the dispatch", to, &dispatch.to_bytes(), None, told);
                self.kept("the delivery", "state", to, &delivery.export());
                self.receipt(&delivery.receipt(courier, NOW + 60, rng).unwrap(), &placed);
            }
            SellerOrder::Declined(order) => {
                self.kept("the order that is declined", "state", &Role::SELLER, &order.export());
            }
            _ => panic!("answered, and not cancelled"),
        }
    }

    /// The part of the gateway, if there is one.
    fn others<K: KeySource>(
        &mut self,
        awaiting: &polyseal::seller::AwaitingAuthorization,
        seller: &polyseal::Seller<K>,
        header: &Item,
        rng: &mut Repeatable,
    ) {
        let to = role("gateway");
        if awaiting.part().recipient(&to).is_none() {
            return;
        }
        let relay = awaiting.relay(seller, &to, NOW, rng).unwrap();
        let gateway = gateway(self.cast.member(&to).keys());
        let delivery = new(gateway.receive_relay(&relay, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
        let told = new_order(delivery.part(), header, &delivery.export(), Some((NOW, Value::Null)));
        self.taken("the gateway's part", &to, &relay.to_bytes(), None, told);
        self.kept("the gateway's order", "state", &to, &delivery.export());
    }

    /// A message of the order, which a party takes. A seller checks it against the form.
    pub(crate) fn taken(&mut self, what: &str, to: &Role, message: &[u8], ledger: Option<&[u8]>, told: Value) {
        let mut receiver = self.cast.member(to).describe(NOW + 60);
        if *to == Role::SELLER {
            receiver = with(&receiver, [("form", hex(self.cast.form.to_bytes()).into())]);
        }
        if let Some(state) = ledger {
            receiver = with(&receiver, [("ledger", vec![hex(state)].into())]);
        }
        let input = json!({"of": "messages", "receiver": receiver, "message": hex(message)});
        self.file.valid(&format!("{}: {what}", self.name), "message", input, told);
    }

    /// A receipt, which the card holder reads.
    pub(crate) fn receipt(&mut self, receipt: &Receipt, placed: &[u8]) {
        let holder = self.cast.member(&Role::CARD_HOLDER);
        let receiver = with(&holder.describe(NOW + 60), [("placed", vec![hex(placed)].into())]);
        let input = json!({"of": "messages", "receiver": receiver, "message": hex(receipt.to_bytes())});
        let keys = holder.keys();
        let reader = polyseal::CardHolder::new(keys, DisclosurePolicy::standard(polyseal_testing::shop()));
        let reader = reader.with_evidence(&holder.evidence()).unwrap();
        let order = reader.restore(placed).unwrap();
        let read = order.receive(&reader, receipt, NOW + 60).unwrap();
        let told = with(&report(&read), [("digest", hex(order.digest().as_bytes()).into())]);
        let comment = format!("{}: a receipt of the {}, {}", self.name, read.role(), told["status"]);
        self.file.valid(&comment, "receipt", input, told);
    }

    pub(crate) fn kept(&mut self, what: &str, kind: &str, owner: &Role, export: &[u8]) {
        let owner = self.cast.member(owner);
        kept(self.file, &format!("{}: {what}", self.name), kind, Some(owner), export);
    }
}

/// What a new order says, field by field in the order of the opening: group by group. When it was passed on, and how.
pub(crate) fn new_order(part: &Part, header: &Item, state: &[u8], passed_on: Option<(u64, Value)>) -> Value {
    let Item::Array(groups) = at(header.as_bytes(), &[9]) else { panic!("groups") };
    let group_of = |name: &FieldName| {
        groups.iter().position(|group| {
            let Item::Array(group) = group else { panic!("a group") };
            let Item::Array(selectors) = &group[0] else { panic!("selectors") };
            selectors.iter().any(|selector| match selector {
                Item::Text(text) => text.parse::<Selector>().unwrap().matches(name),
                _ => panic!("a selector"),
            })
        })
    };
    let mut fields: Vec<_> = part.fields().collect();
    fields.sort_by_key(|(name, _)| (group_of(name), *name));
    let (at, consignment) = passed_on.unzip();
    json!({
        "outcome": "new",
        "digest": hex(part.digest().as_bytes()),
        "sender": hex(part.sender().as_bytes()),
        "seller": hex(part.seller().identifier().as_bytes()),
        "fields": fields.iter().map(|(name, value)| json!([name.as_str(), value])).collect::<Vec<_>>(),
        "revision": item(state, &[8, 5]),
        "token": item(state, &[8, 6]),
        "at": at,
        "consignment": consignment,
        "demand": null,
    })
}

/// What comes of orders once they are filed.
fn stories(file: &mut File) {
    for (name, unseen, cast) in [
        ("a story", "cancelled unseen", Cast::of_one_issuer(OrderForm::standard())),
        ("a story in cohorts", "cancelled unseen, in cohorts", Cast::of_cohorts(OrderForm::standard())),
        ("a story with a direct card manager", "", Cast::of_one_issuer(direct())),
    ] {
        let parties = Parties::new(cast.keys(), cast.form.clone(), disclosure());
        Purchase { name, file, cast: &cast }.story(&parties);
        if !unseen.is_empty() {
            Purchase { name: unseen, file, cast: &cast }.cancelled_unseen(&parties);
        }
    }
}

/// Handshakes of everybody with everybody, and a purchase in which all is sealed under their sessions.
fn under_sessions(file: &mut File) {
    let mut cast = Cast::of_one_issuer(OrderForm::standard());
    let parties = Parties::new(cast.keys(), cast.form.clone(), disclosure());
    let Parties { holder, seller, manager, courier } = &parties;
    let [one, two, three, four] = ROLES;
    let mut meets = |first: &Role, second: &Role, [mine, theirs]: [Authenticated; 2]| {
        cast.member_mut(first).learns(mine);
        cast.member_mut(second).learns(theirs);
    };
    let empty = Cast::of_one_issuer(OrderForm::standard());
    meet(file, &empty, (holder, seller), false);
    meets(&one, &two, meet(file, &empty, (holder, seller), true));
    meets(&one, &three, meet(file, &empty, (holder, manager), true));
    meets(&one, &four, meet(file, &empty, (holder, courier), true));
    meets(&two, &three, meet(file, &empty, (seller, manager), true));
    meets(&two, &four, meet(file, &empty, (seller, courier), true));
    let [of_holder, of_seller, of_manager, of_courier] = ROLES.map(|role| cast.member(&role).evidence());
    let parties = Parties {
        holder: holder.with_evidence(&of_holder).unwrap(),
        seller: seller.with_evidence(&of_seller).unwrap(),
        manager: manager.with_evidence(&of_manager).unwrap(),
        courier: courier.with_evidence(&of_courier).unwrap(),
    };
    Purchase { name: "under sessions", file, cast: &cast }.run(&parties, &order(), Ok(()));
    Purchase { name: "a story under sessions", file, cast: &cast }.story(&parties);
    Purchase { name: "cancelled unseen, under sessions", file, cast: &cast }.cancelled_unseen(&parties);
}

/// The parts of an order once more: for a seller that knows it, and for one that does not.
fn sealed_again(file: &mut File) {
    let cast = Cast::of_one_issuer(OrderForm::standard());
    let parties = Parties::new(cast.keys(), cast.form.clone(), disclosure());
    let (rng, order, ledger) = (&mut Repeatable(31), order(), &mut MemoryLedger::new(1));
    let Parties { holder, seller, .. } = &parties;
    let sealed = holder.split(&order, &cast.form).unwrap().seal(holder, NOW, Windows::default(), rng).unwrap();
    let first = new(seller.receive(&sealed.envelope, NOW).unwrap().file(ledger).unwrap());
    let before = first.export();
    let again = sealed.awaiting.seal_again(holder, NOW + 30, rng).unwrap();
    let mut purchase = Purchase { name: "sealed again", file, cast: &cast };
    let (envelope, header) = (again.envelope.to_bytes(), at(&sealed.envelope.to_bytes(), &[2]));
    let pending = seller.receive(&again.envelope, NOW + 60).unwrap();
    let Received::Again(order) = pending.file(ledger).unwrap() else { panic!("it is known") };
    let SellerOrder::AwaitingAuthorization(order) = order else { panic!("nobody answered") };
    let told = json!({"outcome": "replaced", "digest": hex(sealed.digest.as_bytes())});
    purchase.taken("the envelope, at a seller that has the order", &Role::SELLER, &envelope, Some(&before), told);
    purchase.kept("the order with the new parts", "state", &Role::SELLER, &order.export());
    let told = json!({"outcome": "known", "digest": hex(sealed.digest.as_bytes())});
    purchase.taken("the same envelope again", &Role::SELLER, &envelope, Some(&order.export()), told);
    let elsewhere = new(seller.receive(&again.envelope, NOW + 60).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
    let told = new_order(elsewhere.part(), &header, &elsewhere.export(), None);
    purchase.taken("the envelope, at a seller that has not", &Role::SELLER, &envelope, None, told);
    purchase.kept("the placed order", "placed order", &Role::CARD_HOLDER, &again.awaiting.export());
    let mut forgetful = again.awaiting;
    forgetful.forget();
    purchase.kept("the placed order without its contents", "placed order", &Role::CARD_HOLDER, &forgetful.export());
}
