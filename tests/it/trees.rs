//! Orders of many lines, forms of many audiences, and what a recipient reads of them.

use std::collections::BTreeMap;

use polyseal::key::PresharedKeys;
use polyseal::message::{Part, Windows};
use polyseal::order::{Amount, FormEntry, Selector, Selectors};
use polyseal::{
    CardHolder, FieldName, Identifier, MemoryLedger, Order, OrderForm, Release, Role, Seller, Share, limits,
};
use polyseal_testing::cbor::at;
use polyseal_testing::story::Story;
use polyseal_testing::{
    NOW, Parties, Repeatable, bank, courier, disclosure, domain, field, form, holder, id, new, order, policy, role,
    seen, shop,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::steps::filed;

/// The standard order with that many lines of four fields.
fn lines(count: usize) -> Order {
    let mut order = order();
    for n in 0..count {
        for (name, value) in [("sku", "K-17"), ("name", "Kettle"), ("quantity", "2"), ("price", "29.90 EUR")] {
            order.insert(field(&format!("items.{n}.{name}")), value).unwrap();
        }
    }
    order
}

/// What the seller and the card manager see of an order.
fn parts<T>(story: &mut Story<Share>, order: &Order, read: impl Fn(&Part) -> T) -> [T; 2] {
    let holder = &story.parties.holder;
    let sealed = holder.split(order, &story.form).unwrap().seal(holder, NOW, story.windows, &mut story.rng).unwrap();
    let awaiting = story.taken(&sealed.envelope);
    let deciding = story.at_manager(&awaiting);
    let restored = story.parties.seller.restore(&awaiting.export()).unwrap();
    assert_eq!(seen(restored.part()), seen(awaiting.part()));
    [read(awaiting.part()), read(deciding.part())]
}

#[test]
fn an_order_has_as_many_lines_as_it_needs_and_as_many_commitments_as_audiences() {
    for count in [0, 1, 40, (limits::FIELDS - 13) / 4] {
        let mut story = Story::standard(1);
        let order = lines(count);
        let sealed = story.parties.holder.split(&order, &story.form).unwrap();
        let sealed = sealed.seal(&story.parties.holder, NOW, story.windows, &mut story.rng).unwrap();
        assert_eq!(at(&sealed.envelope.to_bytes(), &[2, 9]).items().len(), 4);
        for found in parts(&mut story, &order, |part| part.fields_under("items").count()) {
            assert_eq!(found, 4 * count);
        }
    }
}

/// One more field than there may be is refused by the order itself.
#[test]
fn an_order_of_all_fields_goes_all_the_way() {
    let mut story = Story::standard(2);
    let mut order = lines((limits::FIELDS - 13) / 4);
    let left = (0..limits::FIELDS - order.names().count()).map(|n| field(&format!("items.note-{n}")));
    left.for_each(|name| order.insert(name, "").unwrap());
    assert!(order.insert(field("items.more"), "").is_err());
    for read in parts(&mut story, &order, |part| {
        assert!(part.fields().all(|(name, value)| order.get(name) == Some(value)));
        part.fields().count()
    }) {
        assert!(read > limits::FIELDS - 13);
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Sale {
    items: Vec<Item>,
    amount: Due,
    item: BTreeMap<String, String>,
    note: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Item {
    sku: String,
    quantity: String,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Due {
    due: Amount,
}

#[test]
fn a_part_is_read_by_name_by_branch_and_into_a_struct() {
    let mut story = Story::standard(3);
    let [amount, _] = parts(&mut story, &lines(12), |part| {
        assert_eq!(part.get("items.3.sku"), Some("K-17"));
        for absent in ["items", "items.3", "items.3.sku.x", "items.12.sku", "items.3.sk", "zz", "", "card.code"] {
            assert_eq!(part.get(absent), None, "{absent}");
        }
        let line: Vec<_> = part.fields_under("items.11").map(|(name, _)| name.as_str()).collect();
        assert_eq!(line, ["items.11.name", "items.11.price", "items.11.quantity", "items.11.sku"]);
        assert_eq!(part.fields_under("items.1").count(), 4);
        assert_eq!(part.fields_under("item").count(), 3);
        assert_eq!(part.fields_under("ite").count() + part.fields_under("").count(), 0);
        let sale: Sale = part.to().unwrap();
        // As numbers ascend, not as names do.
        assert_eq!(sale.items.len(), 12);
        assert_eq!(sale.items[11], Item { sku: "K-17".into(), quantity: "2".into() });
        assert_eq!((sale.item["name"].as_str(), sale.note), ("Kettle", None));
        assert_eq!(sale.amount.due.to_string(), "59.80 EUR");
        part.amount().unwrap()
    });
    assert_eq!((amount.minor_units(), amount.decimals(), amount.currency()), (5980, 2, "EUR"));
}

#[test]
fn a_struct_that_does_not_fit_is_told_where_and_not_what() {
    #[derive(Debug, Deserialize)]
    struct Number {
        #[expect(dead_code, reason = "it is not read")]
        amount: BTreeMap<String, u32>,
    }
    #[derive(Debug, Deserialize)]
    struct Structure<T> {
        #[expect(dead_code, reason = "it is not read")]
        amount: BTreeMap<String, T>,
    }
    fn misread<T: DeserializeOwned>(part: &Part) -> String {
        part.to::<Structure<T>>().err().unwrap().to_string()
    }
    #[derive(Debug, Deserialize)]
    struct Missing {
        #[expect(dead_code, reason = "it is not read")]
        shipping: String,
    }
    let mut story = Story::standard(4);
    parts(&mut story, &lines(1), |part| {
        let error = part.to::<Number>().unwrap_err().to_string();
        assert!(error.contains("\"amount.due\" is text") && !error.contains("59"), "{error}");
        let misread = [misread::<Vec<u8>>, misread::<(u8, u8)>, misread::<BTreeMap<String, u8>>, misread::<Missing>];
        for error in misread.map(|misread| misread(part)) {
            assert!(error.contains("\"amount.due\" is text") && !error.contains("59"), "{error}");
        }
        let error = part.to::<Missing>().unwrap_err().to_string();
        assert!(error.contains("`shipping`"), "{error}");
    });
}

#[test]
fn an_optional_field_may_be_there_or_not() {
    let mut story = Story::standard(5);
    let mut few = Order::new();
    for (name, value) in order().names().map(|name| (name.clone(), order().get(name).unwrap().to_owned())) {
        if !name.as_str().starts_with("item.") && name != FieldName::HOLDER_FAX {
            few.insert(name, &value).unwrap();
        }
    }
    let [seller, manager] = parts(&mut story, &few, seen);
    for absent in ["holder.fax", "item.name"] {
        assert!(!seller.iter().chain(&manager).any(|name| name == absent));
    }
    assert!(seller.contains(&"holder.telephone".to_owned()));
}

/// Seven further recipients, and a field for each set of them.
fn crowd() -> OrderForm {
    form(|recipients| {
        for n in 0..7 {
            let shown = (1..limits::GROUPS - 3).filter(|set| set >> n & 1 == 1);
            let selectors: Selectors = shown.map(|set| field(&format!("f{set}"))).collect();
            if !selectors.is_empty() {
                let (role, identifier) = (role(&format!("r{n}")), Some(id(&format!("r{n}.example"))));
                recipients.push(FormEntry { role, identifier, release: Release::OnReceipt, selectors });
            }
        }
    })
}

#[test]
fn an_order_has_as_many_groups_as_audiences() {
    let form = crowd();
    let mut order = order();
    for set in 1..limits::GROUPS - 3 {
        order.insert(field(&format!("f{set}")), "x").unwrap();
    }
    let disclosure = form.recipients().iter().skip(3).fold(disclosure(), |rules, entry| {
        let rules = rules.allow_release(entry.role.clone(), entry.release);
        entry.selectors.iter().fold(rules, |rules, one| rules.allow(one.clone(), entry.role.clone()))
    });
    let keys = |own: Identifier, peers: &mut dyn Iterator<Item = Identifier>| {
        let mut keys = PresharedKeys::new(own, domain());
        peers.for_each(|peer| keys.insert(peer, &[1; 32]));
        keys
    };
    let named = (0..7).map(|n| id(&format!("r{n}.example")));
    let card_holder =
        CardHolder::new(keys(holder(), &mut [shop(), bank(), courier()].into_iter().chain(named)), disclosure);
    let seller = Seller::new(keys(shop(), &mut [holder()].into_iter()), policy(form.clone()));
    let split = card_holder.split(&order, &form).unwrap();
    for entry in split.recipients() {
        let wanted = form.recipients().iter().find(|wanted| wanted.role == *entry.role()).unwrap();
        let mut selectors: Vec<_> = split.selectors(entry).collect();
        selectors.sort();
        assert!(wanted.selectors.iter().eq(selectors));
        assert!(split.fields(entry).all(|name| wanted.selectors.sees(name)));
        let count = order.names().filter(|name| wanted.selectors.sees(name)).count();
        assert_eq!(split.fields(entry).count(), count);
    }
    let sealed = split.seal(&card_holder, NOW, Windows::default(), &mut Repeatable(1)).unwrap();
    assert_eq!(at(&sealed.envelope.to_bytes(), &[2, 9]).items().len(), limits::GROUPS);
    let state = new(filed(seller.receive(&sealed.envelope, NOW), &mut MemoryLedger::new(1)).unwrap());
    assert!(state.part().recipients().all(|entry| state.part().selectors(entry).count() > 0));
}

#[test]
fn a_group_may_be_empty() {
    let gift = || Selector::new("gift.*").unwrap();
    let form = form(|recipients| recipients[2].selectors.insert(gift()));
    let rules = disclosure().allow(gift(), Role::DELIVERY_SERVICE);
    let only_gifts = {
        let mut recipients = form.clone().into_recipients();
        recipients[2].selectors = [gift()].into_iter().collect();
        OrderForm::new(recipients).unwrap()
    };
    for (form, count) in [(form, 6), (only_gifts, 0)] {
        let mut story = Story::of(Parties::by_form(form.clone(), rules.clone()), form, 6);
        let approved = story.approved();
        let (_, dispatch) = story.dispatched(approved, b"");
        let delivery = story.delivered(&dispatch);
        assert_eq!(delivery.part().fields().count(), count);
        assert!(
            delivery
                .part()
                .selectors(delivery.part().recipient(&Role::DELIVERY_SERVICE).unwrap())
                .any(|s| *s == gift())
        );
    }
}

#[test]
fn whom_a_seller_meant_to_see_a_branch_sees_it() {
    let mut story = Story::standard(7);
    let sealed = story.sealed();
    let state = new(filed(story.parties.seller.receive(&sealed.envelope, NOW), &mut MemoryLedger::new(1)).unwrap());
    let part = state.part();
    for (role, sees) in [(Role::SELLER, true), (Role::CARD_MANAGER, true), (Role::DELIVERY_SERVICE, false)] {
        let entry = part.recipient(&role).unwrap();
        assert_eq!(part.selectors(entry).any(|selector| *selector == Selector::ITEMS), sees, "{role}");
    }
    assert_eq!(part.settle_until(), NOW + story.windows.settle);
}
