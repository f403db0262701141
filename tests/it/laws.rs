//! Laws: both ends agree, a round trip is the identity, and nothing but what was written is read.

use core::fmt::Debug;
use std::collections::{BTreeMap, BTreeSet};

use polyseal::key::PresharedKeys;
use polyseal::message::{Part, Windows, WireError};
use polyseal::order::{FormEntry, Selector};
use polyseal::policy::SplitError;
use polyseal::{
    Authority, Capacity, CardHolder, CardManager, DisclosurePolicy, FieldName, Identifier, KeySource, MemoryLedger,
    Order, OrderForm, Peers, Recipient, Release, Role, Seller, SellerPolicy, Share,
};
use polyseal_testing::story::Story;
use polyseal_testing::{
    NOW, Parties, Repeatable, approved, bank, disclosure, domain, field, id, new, role, shares, shop,
};
use proptest::prelude::*;

use crate::steps::filed;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A random master for odd seeds, an expanded one for even.
fn authority(threshold: usize, seed: u64) -> Authority {
    let capacity = Capacity::UNCONDITIONAL;
    if seed % 2 == 1 {
        return Authority::random(domain(), threshold, capacity, &mut Repeatable(seed)).unwrap();
    }
    let bytes = [seed.to_le_bytes(); 4].concat().try_into().unwrap();
    Authority::from_seed(domain(), threshold, capacity, &bytes, BTreeSet::new()).unwrap()
}

/// f(a, b) = f(b, a), and c has other keys with both.
fn both_ends_agree(threshold: usize, seed: u64, names: &[Identifier; 3]) {
    use subtle::ConstantTimeEq;
    let mut authority = authority(threshold, seed);
    let shares = names.each_ref().map(|name| authority.issue(name).unwrap());
    let key = |own: usize, peer: usize| shares[own].common_key(&names[peer], &domain()).unwrap();
    for (a, b, c) in [(0, 1, 2), (1, 2, 0), (2, 0, 1)] {
        assert!(bool::from(key(a, b).ct_eq(&key(b, a))), "{threshold}");
        assert_eq!(key(a, b).export(), key(b, a).export(), "{threshold}");
        for (own, peer) in [(c, a), (c, b)] {
            assert!(!bool::from(key(a, b).ct_eq(&key(own, peer))), "{threshold}");
        }
        assert_eq!(shares[a].threshold(), threshold);
    }
}

#[test]
fn both_ends_agree_at_every_threshold() {
    let names = ["a", "b", "c"].map(id);
    for threshold in 1..=40 {
        both_ends_agree(threshold, 1, &names);
        both_ends_agree(threshold, 2, &names);
    }
}

/// One preshared key gives another common key in every other domain.
#[test]
fn a_key_is_of_its_domain() {
    let keys = polyseal_testing::domains().map(|(domain, _)| {
        let mut keys = PresharedKeys::new(shop(), domain.clone());
        keys.insert(bank(), &[1; 32]);
        *keys.common_key(&bank(), &domain).unwrap().export()
    });
    assert_eq!(BTreeSet::from(keys).len(), keys.len());
}

fn identifiers() -> impl Strategy<Value = [Identifier; 3]> {
    prop::collection::btree_set(prop::collection::vec(any::<u8>(), 1..=512), 3).prop_map(|set| {
        let names: Vec<_> = set.into_iter().map(|bytes| Identifier::new(bytes).unwrap()).collect();
        names.try_into().unwrap()
    })
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn both_ends_agree_at_random(threshold in 41_usize..=300, seed: u64, names in identifiers()) {
        both_ends_agree(threshold, seed, &names);
    }

    #[test]
    fn an_authority_goes_on_where_it_was_exported(threshold in 1_usize..=40, seed: u64, names in identifiers()) {
        let mut one = authority(threshold, seed);
        let share = one.issue(&names[0]).unwrap().export();
        let mut two = Authority::import(&one.export()).unwrap();
        prop_assert_eq!(two.export(), one.export());
        prop_assert_eq!((two.domain(), two.threshold(), two.capacity()), (one.domain(), threshold, threshold + 2));
        prop_assert_eq!(two.register(), one.register());
        prop_assert_eq!(two.issue(&names[0]).unwrap().export(), share.clone());
        prop_assert_eq!(two.issue(&names[1]).unwrap().export(), one.issue(&names[1]).unwrap().export());
        prop_assert_eq!(Share::import(&share).unwrap().export(), share);
    }
}

/// Nothing that is one byte away from an export, or shorter or longer, is taken for one.
fn is_all_that_imports<T: Debug, E>(export: &[u8], import: impl Fn(&[u8]) -> Result<T, E>) {
    assert!(import(export).is_ok());
    let mut bytes = export.to_vec();
    for place in 0..export.len() {
        for flip in [0x01, 0x80, 0xff] {
            bytes[place] ^= flip;
            assert!(import(&bytes).is_err(), "a flip of {flip:#x} at {place}");
            bytes[place] ^= flip;
        }
        assert!(import(&export[..place]).is_err(), "an end at {place}");
    }
    assert!(import(&[export, &[0]].concat()).is_err());
}

#[test]
fn nothing_but_an_export_is_imported() {
    for seed in [1, 2] {
        let mut authority = authority(3, seed);
        let share = authority.issue(&shop()).unwrap();
        is_all_that_imports(&share.export(), Share::import);
        is_all_that_imports(&authority.export(), Authority::import);
        assert!(Share::import(&authority.export()).is_err());
        assert!(Authority::import(&share.export()).is_err());
    }
}

#[test]
fn a_state_is_restored_by_its_owner_alone() {
    let strangers = Parties::new(shares(["a", "b", "c", "d"].map(id)), OrderForm::standard(), disclosure());
    let mut story = Story::standard(3);
    let awaiting = story.at_seller();
    let deciding = story.at_manager(&awaiting);
    let (at_shop, at_bank) = (awaiting.export(), deciding.export());
    let decided = story.approval(deciding).into_decided();
    let answer = decided.authorization(&story.parties.manager, &mut story.rng).unwrap();
    let pending = awaiting.authorize(&story.parties.seller, &answer, NOW).unwrap();
    let approved = approved(new(pending.file(&mut story.ledger).unwrap()));
    let (approved, dispatch) = story.dispatched(approved, b"1");
    let [after, decided] = [approved.export(), decided.export()];
    let delivery = story.delivered(&dispatch).export();
    let parties = story.parties;

    let seller = |of: &Parties<Share>, state: &[u8]| of.seller.restore(state).map(|order| order.export());
    let manager = |of: &Parties<Share>, state: &[u8]| of.manager.restore(state).map(|order| order.export());
    let service = |of: &Parties<Share>, state: &[u8]| of.courier.restore(state).map(|delivery| delivery.export());
    is_all_that_imports(&at_shop, |state| parties.seller.restore(state));
    is_all_that_imports(&after, |state| parties.seller.restore(state));
    is_all_that_imports(&at_bank, |state| parties.manager.restore(state));
    is_all_that_imports(&decided, |state| parties.manager.restore(state));
    is_all_that_imports(&delivery, |state| parties.courier.restore(state));
    for state in [&at_shop, &after, &at_bank, &decided, &delivery] {
        let owner = |is_owner| if is_owner { Ok(state.clone()) } else { Err(WireError::OtherOwner) };
        assert_eq!(seller(&parties, state), owner([&at_shop, &after].contains(&state)));
        assert_eq!(manager(&parties, state), owner([&at_bank, &decided].contains(&state)));
        assert_eq!(service(&parties, state), owner(state == &delivery));
        let others = [seller(&strangers, state), manager(&strangers, state), service(&strangers, state)];
        assert_eq!(others, [const { Err(WireError::OtherOwner) }; 3]);
    }
}

/// A recipient of a random form: its release, and which of the fields it sees.
type Wish = (Release, BTreeSet<usize>);

fn wish() -> impl Strategy<Value = Wish> {
    let release = prop_oneof![Just(Release::Direct), Just(Release::OnReceipt), Just(Release::OnApproval)];
    (release, prop::collection::btree_set(0_usize..12, 1..=12))
}

/// Selectors that the standard form does not know, and the amount's: some of a field, and some of all below a name.
fn selector(n: usize) -> Selector {
    match n {
        0 => FieldName::AMOUNT_DUE.into(),
        1..8 => field(&format!("field-{n}")).into(),
        _ => Selector::new(&format!("field-{n}.*")).unwrap(),
    }
}

/// The fields that it selects: of the last one there are none.
fn names(n: usize) -> Vec<FieldName> {
    match n {
        0..8 => vec![FieldName::new(selector(n).as_str()).unwrap()],
        _ => (n..11).map(|line| field(&format!("field-{n}.{line}.a-b"))).collect(),
    }
}

fn entry(of: Role, release: Release, fields: impl IntoIterator<Item = usize>) -> FormEntry {
    let identifier = Some(id(&format!("{of}.example")));
    FormEntry { role: of, identifier, release, selectors: fields.into_iter().map(selector).collect() }
}

/// The form with a seller, a card manager, a delivery service and further recipients, those with
/// direct parts in any place.
fn random_form((seller, manager, delivery, extra): &(Wish, Wish, Wish, Vec<Wish>)) -> OrderForm {
    let with_amount = |wish: &Wish| wish.1.iter().copied().chain([0]).collect::<Vec<_>>();
    let at_once = if manager.0 == Release::OnApproval { Release::OnReceipt } else { manager.0 };
    let mut entries = vec![
        entry(Role::SELLER, Release::OnReceipt, with_amount(seller)),
        entry(Role::CARD_MANAGER, at_once, with_amount(manager)),
        entry(Role::DELIVERY_SERVICE, Release::OnApproval, delivery.1.iter().copied()),
    ];
    for (n, (release, fields)) in extra.iter().enumerate() {
        let entry = entry(role(&format!("extra-{n}")), *release, fields.iter().copied());
        let place = if *release == Release::Direct { n % entries.len() } else { entries.len() };
        entries.insert(place, entry);
    }
    OrderForm::new(entries).unwrap()
}

const AMOUNT: &str = "12.00 EUR";

fn values() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop_oneof![Just(String::new()), any::<String>(), "[ä-ü🔑]{500,1500}"], 12)
}

fn disclosed(form: &OrderForm, but: Option<(&Selector, &Role)>) -> DisclosurePolicy {
    let start = DisclosurePolicy::standard(id("seller.example")).choose(Role::CARD_MANAGER, id("card-manager.example"));
    form.recipients().iter().fold(start, |rules, entry| {
        let selectors = entry.selectors.iter().filter(|selector| but != Some((*selector, &entry.role)));
        let rules = rules.allow_release(entry.role.clone(), entry.release);
        selectors.fold(rules, |rules, selector| rules.allow(selector.clone(), entry.role.clone()))
    })
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn everybody_gets_exactly_its_fields(
        wishes in (wish(), wish(), wish(), prop::collection::vec(wish(), 0..6)),
        values in values(),
        seed: u64,
    ) {
        let form = random_form(&wishes);
        let mut order = Order::new();
        for (n, value) in values.iter().enumerate() {
            let value = if n == 0 { AMOUNT } else { value };
            for name in names(n) {
                order.insert(name, value).unwrap();
            }
        }
        let capacity = Capacity::assuming_no_coalition_above_threshold(16);
        let mut authority = Authority::from_seed(domain(), 3, capacity, &[1; 32], BTreeSet::new()).unwrap();
        let mut share = |of: &Role| authority.issue(&id(&format!("{of}.example"))).unwrap();
        for FormEntry { role, selectors, .. } in form.recipients() {
            for selector in selectors.iter().filter(|selector| selector.as_str() != "amount.due") {
                let strict = CardHolder::new(share(&Role::CARD_HOLDER), disclosed(&form, Some((selector, role))));
                let leak = SplitError::Leak { selector: selector.clone(), role: role.clone() };
                prop_assert_eq!(strict.split(&order, &form).err(), Some(leak));
            }
        }
        let card_holder = CardHolder::new(share(&Role::CARD_HOLDER), disclosed(&form, None));
        let policy = SellerPolicy::new(form.clone(), Peers::Anyone, []).unwrap();
        let seller = Seller::new(share(&Role::SELLER), policy);
        let manager = CardManager::new(share(&Role::CARD_MANAGER), Peers::Anyone);
        let courier = Recipient::delivery_service(share(&Role::DELIVERY_SERVICE), Peers::Anyone);

        let mut rng = Repeatable(seed);
        let mut seen = BTreeMap::new();
        let mut sees = |role: &Role, part: &Part| {
            let fields: BTreeMap<_, _> = part.fields().map(|(name, value)| (name.clone(), value.to_string())).collect();
            assert!(seen.insert(role.clone(), fields).is_none());
        };
        let split = card_holder.split(&order, &form).unwrap();
        let sealed = split.seal(&card_holder, NOW, Windows::default(), &mut rng).unwrap();
        let mut ledger = MemoryLedger::new(20);
        let ledger = &mut ledger;
        let awaiting = new(filed(seller.receive(&sealed.envelope, NOW), ledger).unwrap());
        sees(&Role::SELLER, awaiting.part());
        let direct = |role: &Role| sealed.directs.iter().find(|direct| direct.role() == role);
        let mut relay = |role: &Role| awaiting.relay(&seller, role, NOW, &mut rng).unwrap();
        let deciding = match direct(&Role::CARD_MANAGER) {
            Some(direct) => manager.receive_direct(direct, NOW),
            None => manager.receive(&relay(&Role::CARD_MANAGER), NOW),
        };
        let deciding = new(filed(deciding, ledger).unwrap());
        sees(&Role::CARD_MANAGER, deciding.part());
        let approval = new(deciding.approve(&manager, NOW).unwrap().file(ledger).unwrap());
        let mut later = vec![(&Role::DELIVERY_SERVICE, courier)];
        let extra = |entry: &&FormEntry| entry.role.as_str().starts_with("extra");
        for FormEntry { role, release, .. } in form.recipients().iter().filter(extra) {
            let recipient = Recipient::new(role.clone(), share(role), Peers::Anyone).unwrap();
            let delivery = match release {
                Release::Direct => recipient.receive_direct(direct(role).unwrap(), NOW),
                Release::OnReceipt => recipient.receive_relay(&relay(role), NOW),
                Release::OnApproval => {
                    later.push((role, recipient));
                    continue;
                }
            };
            sees(role, new(filed(delivery, ledger).unwrap()).part());
        }
        let answer = approval.authorization(&manager, &mut rng).unwrap();
        let mut approved = approved(new(awaiting.authorize(&seller, &answer, NOW).unwrap().file(ledger).unwrap()));
        for (role, recipient) in later {
            approved = new(approved.dispatch(&seller, role, b"", NOW).unwrap().file(ledger).unwrap());
            let dispatch = approved.dispatch_message(&seller, role, NOW, &mut rng).unwrap();
            sees(role, new(filed(recipient.receive_dispatch(&dispatch, NOW), ledger).unwrap()).part());
        }

        let value = |field: &FieldName| (field.clone(), order.get(field).unwrap().to_string());
        let seen_by = |entry: &FormEntry| order.names().filter(|name| entry.selectors.sees(name)).map(value).collect();
        let expected = form.recipients().iter().map(|entry| (entry.role.clone(), seen_by(entry)));
        prop_assert_eq!(seen, expected.collect::<BTreeMap<_, _>>());
    }
}

#[test]
fn any_capacity_survives_export() {
    for parties in [0, 7, usize::MAX] {
        let capacity = Capacity::assuming_no_coalition_above_threshold(parties);
        let authority = Authority::from_seed(domain(), 2, capacity, &[1; 32], BTreeSet::new()).unwrap();
        assert_eq!(Authority::import(&authority.export()).unwrap().capacity(), parties);
    }
}
