//! Cohorts, labels and sources: a domain that a share exists for is not yet one that these parties may use.

use core::slice::from_ref;

use polyseal::key::{Cohort, CommonKey, DomainError, Domains, KeyError};
use polyseal::message::{Authorization, Envelope, Relay, Windows};
use polyseal::{
    CardHolder, Domain, Epoch, Identifier, KeySource, Keyring, Label, MemoryLedger, OrderForm, ReceiveError, Role,
    Rules, SendError, Share,
};
use polyseal_testing::cbor::with;
use polyseal_testing::forge::key_id;
use polyseal_testing::keys::Behind;
use polyseal_testing::story::Story;
use polyseal_testing::{
    NOW, Parties, Repeatable, authority, bank, courier, disclosure, domain, holder, id, keyring, new, order, shop,
};

const COHORTS: u32 = 3;

fn cohort(index: u32) -> Domain {
    domain().with_cohort(Cohort::new(index, COHORTS).unwrap())
}

fn services() -> Domain {
    domain().with_cohort(Cohort::services(COHORTS))
}

/// The domain to which a card holder belongs, and one to which it does not.
fn cohorts_of(holder: &Identifier) -> [Domain; 2] {
    let own = Cohort::of(holder, domain().label(), COHORTS);
    [domain().with_cohort(own), cohort((own.index().unwrap() + 1) % COHORTS)]
}

/// A purchase's parties: the card holder with these domains, and services with all.
fn parties(of_holder: &[Domain], of_services: &[Domain]) -> Parties<Keyring<Share>> {
    let [shop, bank, courier] = [shop(), bank(), courier()].map(|name| keyring(&name, of_services));
    Parties::new([keyring(&holder(), of_holder), shop, bank, courier], OrderForm::standard(), disclosure())
}

fn envelope(parties: &Parties<Keyring<Share>>) -> Result<Envelope, SendError> {
    let (order, form) = (order(), OrderForm::standard());
    let split = parties.holder.split(&order, &form).unwrap();
    split.seal(&parties.holder, NOW, Windows::default(), &mut Repeatable(1)).map(|sealed| sealed.envelope)
}

/// For whom there is no key, and why.
fn no_key<T>(result: Result<T, SendError>) -> (Role, KeyError) {
    match result.map(drop).unwrap_err() {
        SendError::Key { role, error } => (role, error),
        other => panic!("{other}"),
    }
}

fn is_refused<T>(result: &Result<T, ReceiveError>, expected: KeyError) -> bool {
    matches!(result, Err(ReceiveError::Key(error)) if *error == expected)
}

#[test]
fn a_purchase_runs_in_the_card_holders_cohort_and_the_services_own() {
    let [own, other] = cohorts_of(&holder());
    // In whatever order they are held, sender and receiver agree on the right one.
    for held in [[own.clone(), other.clone(), services()], [services(), other, own.clone()]] {
        let _ = Story::of(parties(from_ref(&own), &held), OrderForm::standard(), 2).delivers();
    }
}

#[test]
fn a_card_holder_of_another_cohort_is_refused() {
    let [own, other] = cohorts_of(&holder());
    let wrong = KeyError::Domain(DomainError::Cohort);
    // By itself, when it holds a share that is not its own to use.
    let misled = parties(from_ref(&other), &[own.clone(), other.clone(), services()]);
    assert_eq!(no_key(envelope(&misled)), (Role::SELLER, wrong));
    // By the seller, when it comes in such a domain all the same, or as a service.
    let parties = parties(from_ref(&own), &[own.clone(), other.clone(), services()]);
    let message = envelope(&parties).unwrap().to_bytes();
    for domain in [other, services()] {
        let moved = Envelope::from_bytes(&with(&message, &[3, 0, 1, 0], key_id(&domain))).unwrap();
        assert!(is_refused(&parties.seller.receive(&moved, NOW), wrong));
    }
}

#[test]
fn two_services_do_not_meet_where_card_holders_have_shares() {
    let [own, other] = cohorts_of(&holder());
    let wrong = KeyError::Domain(DomainError::Services);
    let mut ledger = MemoryLedger::new(9);
    // A seller without a share of the services' own polynomial cannot relay.
    let bare = parties(from_ref(&own), &[own.clone(), other.clone()]);
    let awaiting = new(bare.seller.receive(&envelope(&bare).unwrap(), NOW).unwrap().file(&mut ledger).unwrap());
    let refused = awaiting.relay(&bare.seller, &Role::CARD_MANAGER, NOW, &mut Repeatable(2));
    assert_eq!(no_key(refused), (Role::CARD_MANAGER, wrong));

    // And what says it was sealed in a cohort is refused.
    let parties = parties(from_ref(&own), &[own.clone(), other.clone(), services()]);
    let mut at_seller = MemoryLedger::new(9);
    let awaiting =
        new(parties.seller.receive(&envelope(&parties).unwrap(), NOW).unwrap().file(&mut at_seller).unwrap());
    let relay = awaiting.relay(&parties.seller, &Role::CARD_MANAGER, NOW, &mut Repeatable(2)).unwrap();
    let mut elsewhere = MemoryLedger::new(9);
    let answer = new(parties.manager.receive(&relay, NOW).unwrap().file(&mut elsewhere).unwrap());
    let answer = answer
        .approve(&parties.manager, NOW)
        .unwrap()
        .file(&mut elsewhere)
        .unwrap()
        .into_inner()
        .authorization(&parties.manager, &mut Repeatable(3))
        .unwrap();
    let mut awaiting = Some(awaiting);
    for domain in [own, other] {
        let moved = Relay::from_bytes(&with(&relay.to_bytes(), &[5, 0], key_id(&domain))).unwrap();
        assert!(is_refused(&parties.manager.receive(&moved, NOW), wrong));
        let moved = with(&answer.to_bytes(), &[3, 0], key_id(&domain));
        let moved = Authorization::from_bytes(&moved).unwrap();
        let refused = awaiting.take().unwrap().authorize(&parties.seller, &moved, NOW).unwrap_err();
        assert!(matches!(refused.error, ReceiveError::Key(error) if error == wrong));
        awaiting = Some(refused.state);
    }
}

#[test]
fn a_network_that_is_not_accepted_for_a_role_is_refused() {
    // K-5, O-2
    let label = |name: &str| Label::new(name).unwrap();
    let named = |name: &str| Domain::new(label(name), label(name), *domain().epoch());
    let both = [named("gifts.example"), named("cards.example")];
    // Card holders come in one network, services in the other.
    let rules = |holders: &str, services: &str| {
        Rules::default()
            .accept_network(Role::CARD_HOLDER, &named(holders))
            .accept_network(Role::SELLER, &named(services))
            .accept_network(Role::CARD_MANAGER, &named(services))
            .accept_network(Role::DELIVERY_SERVICE, &named(services))
    };
    let receive = |rules: Rules| {
        let mut parties = parties(&both, &both);
        parties.holder = parties.holder.with_rules(polyseal_testing::trusting(Rules::default(), &both));
        parties.seller = parties.seller.with_rules(rules);
        match parties.seller.receive(&envelope(&parties).unwrap(), NOW) {
            Ok(pending) => {
                drop(new(pending.file(&mut MemoryLedger::new(9)).unwrap()));
                None
            }
            Err(ReceiveError::Key(error)) => Some(error),
            Err(other) => panic!("{other}"),
        }
    };
    let refused = || Some(KeyError::Network);
    // The card holder prefers the first domain that it holds. With keys of two networks, nothing said is nobody meant.
    assert_eq!(receive(Rules::default()), refused());
    assert_eq!(receive(rules("gifts.example", "cards.example")), None);
    assert_eq!(receive(rules("cards.example", "gifts.example")), refused());
    let either = rules("cards.example", "x").accept_network(Role::CARD_HOLDER, &both[0]);
    assert_eq!(receive(either), None);
    // A label that another issuer gave itself is another network, and so is another count of cohorts.
    let posing = Domain::new(label("gifts.example"), label("cards.example"), *domain().epoch());
    for other in [posing, both[0].clone().with_cohort(Cohort::new(0, 2).unwrap())] {
        assert_eq!(receive(Rules::default().accept_network(Role::CARD_HOLDER, &other)), refused());
    }

    // A sender picks what its own rules admit, and says so if there is nothing.
    let seal = |rules: Rules| {
        let mut parties = parties(&both, &both);
        parties.holder = parties.holder.with_rules(rules);
        envelope(&parties).map(|envelope| envelope.to_bytes())
    };
    let domain_of = |message: &[u8]| polyseal_testing::cbor::at(message, &[3, 0, 1, 0]);
    let [gifts, cards] = both.each_ref().map(key_id);
    assert_eq!(domain_of(&seal(rules("x", "gifts.example")).unwrap()), gifts);
    assert_eq!(domain_of(&seal(rules("x", "cards.example")).unwrap()), cards);
    for rules in [rules("cards.example", "other.example"), Rules::default()] {
        assert_eq!(no_key(seal(rules)), (Role::SELLER, KeyError::Network));
    }
}

/// An issuer of one network reads nothing that is meant for another's.
#[test]
fn the_bank_of_one_network_is_not_the_bank_of_another() {
    let label = |name: &str| Label::new(name).unwrap();
    let network =
        |name: &str, number| Domain::new(label(name), label(name), Epoch::new(number, number, NOW * 2).unwrap());
    // The merchants' epoch is the newer one, so a ring offers it first.
    let (banks, merchants) = (network("bank.example", 1), network("merchants.example", 2));
    let domains = [merchants.clone(), banks.clone()];
    let rules = Rules::default()
        .accept_network(Role::CARD_MANAGER, &banks)
        .accept_network(Role::SELLER, &merchants)
        .accept_network(Role::DELIVERY_SERVICE, &merchants);
    let mut parties = parties(&domains, &domains);
    parties.holder = parties.holder.with_rules(rules);
    let envelope = envelope(&parties).unwrap().to_bytes();
    let domain_of = |part: usize| polyseal_testing::cbor::at(&envelope, &[3, part, 1, 0]);
    assert_eq!([domain_of(0), domain_of(1), domain_of(2)], [&merchants, &banks, &merchants].map(key_id));
}

#[test]
fn an_epoch_holds_for_the_date_of_the_order() {
    // K-5, O-2
    let of = |from, until| {
        let label = Label::new("cards.example").unwrap();
        Domain::new(label.clone(), label, Epoch::new(1, from, until).unwrap())
    };
    let first = |domains: &[Domain]| {
        let form = OrderForm::standard();
        let order = order();
        let card_holder = CardHolder::new(keyring(&holder(), domains), disclosure());
        let split = card_holder.split(&order, &form).unwrap();
        split.seal(&card_holder, NOW, Windows::default(), &mut Repeatable(1)).map(|sealed| sealed.envelope.to_bytes())
    };
    for domain in [of(0, NOW), of(NOW + 1, NOW + 2)] {
        assert_eq!(no_key(first(&[domain])), (Role::SELLER, KeyError::Domain(DomainError::Epoch)));
    }
    // It is the date of sealing that counts: the windows may reach beyond the epoch.
    for domains in [[of(0, NOW), of(NOW, NOW + 1)], [of(NOW + 1, NOW + 2), of(NOW, NOW + 1)]] {
        assert_eq!(polyseal_testing::cbor::at(&first(&domains).unwrap(), &[3, 0, 1, 0]), key_id(&of(NOW, NOW + 1)));
    }
}

#[test]
fn card_holders_spread_over_cohorts() {
    let mut sizes = [0_u32; 4];
    for n in 0..4000 {
        let cohort = Cohort::of(&id(&format!("holder-{n}")), domain().label(), 4);
        sizes[usize::try_from(cohort.index().unwrap()).unwrap()] += 1;
    }
    assert_eq!(Cohort::of(&id("any"), domain().label(), 1), Cohort::WHOLE);
    assert!(sizes.iter().all(|size| (880..=1120).contains(size)), "{sizes:?}");
}

/// A key source that has domains and, for now, no keys.
struct Down(Domains);

impl KeySource for Down {
    fn identifier(&self) -> &Identifier {
        static HOLDER: std::sync::OnceLock<Identifier> = std::sync::OnceLock::new();
        HOLDER.get_or_init(holder)
    }

    fn domains(&self) -> &Domains {
        &self.0
    }

    fn common_key(&self, _: &Identifier, _: &Domain) -> Result<CommonKey, KeyError> {
        Err(KeyError::Unavailable)
    }

    fn is_revoked(&self, _: &Identifier) -> bool {
        false
    }
}

#[test]
fn a_source_that_is_down_is_not_hidden_by_a_domain_that_would_not_do() {
    let label = domain().label().clone();
    let old = Domain::new(label.clone(), label, Epoch::new(6, 0, 1).unwrap());
    for domains in [[domain(), old.clone()], [old, domain()]] {
        let holder = CardHolder::new(Down(domains.into_iter().collect()), disclosure());
        let order = order();
        let split = holder.split(&order, &OrderForm::standard()).unwrap();
        let sealed = split.seal(&holder, NOW, Windows::default(), &mut Repeatable(1));
        assert_eq!(no_key(sealed), (Role::SELLER, KeyError::Unavailable));
    }
}

#[test]
fn a_keyring_asks_a_source_that_does_not_say_whether_it_revokes() {
    // W-4
    let share = authority().issue(&shop()).unwrap();
    let source = Behind::new(share, |_: &Share, _: &Identifier, _: &Domain| Err(KeyError::Unavailable));
    let ring = Keyring::new(shop(), [source.revoking(holder())]).unwrap();
    assert!(ring.can_revoke() && ring.is_revoked(&holder()) && !ring.is_revoked(&bank()));
}
