//! A network of cohorts under one root: services in all of them, a purchase across, and what a broken cohort can do.

use polyseal::authority::{AuthorityError, RootSecret};
use polyseal::key::{Cohort, CommonKey, DomainError, Domains, KeyError};
use polyseal::message::{Authorization, Dispatch, Envelope, OrderDigest, Relay, Windows};
use polyseal::{
    Capacity, CardHolder, Domain, Epoch, Identifier, KeySource, Keyring, Label, MemoryLedger, OrderForm, ReceiveError,
    Received, Role, SendError, Share,
};
use polyseal_testing::cbor::{Value, at, with};
use polyseal_testing::forge::{Letter, derived, hash, key_id, labelled, speaker};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, Repeatable, bank, courier, disclosure, id, new, order, shop};
use std::collections::BTreeSet;

const COHORTS: u32 = 4;

fn label() -> Label {
    Label::new("cards.example").unwrap()
}

fn epoch(number: u64) -> Epoch {
    let from = NOW - 1_000_000 + (number - 7) * 2_000_000;
    Epoch::new(number, from, from + 2_000_000).unwrap()
}

fn root() -> RootSecret {
    RootSecret::random(label(), label(), 7, &mut Repeatable(1))
}

fn share(root: &RootSecret, cohort: Cohort, identifier: &Identifier) -> Share {
    let number = root.epoch();
    let authority = root.authority(epoch(number), cohort, 4, Capacity::UNCONDITIONAL, BTreeSet::new());
    authority.unwrap().issue(identifier).unwrap()
}

/// A service's keyring: a share of every cohort, and of the services' own polynomial.
fn service(root: &RootSecret, identifier: &Identifier) -> Keyring<Share> {
    Keyring::new(identifier.clone(), Cohort::every(COHORTS).map(|cohort| share(root, cohort, identifier))).unwrap()
}

fn card_holder(root: &RootSecret, identifier: &Identifier, cohort: Cohort) -> Keyring<Share> {
    Keyring::new(identifier.clone(), [share(root, cohort, identifier)]).unwrap()
}

fn parties(root: &RootSecret, holder: &Identifier, cohort: Cohort) -> Parties<Keyring<Share>> {
    let [seller, manager, delivery] = [shop(), bank(), courier()].map(|identifier| service(root, &identifier));
    Parties::new([card_holder(root, holder, cohort), seller, manager, delivery], OrderForm::standard(), disclosure())
}

fn purchase(parties: Parties<Keyring<Share>>, now: u64) {
    let mut story = Story { now, ..Story::of(parties, OrderForm::standard(), 2) };
    let placed = story.delivers().awaiting;
    let Story { parties: Parties { holder, manager, .. }, ledger, rng, .. } = &mut story;
    let receipt = manager.find(placed.digest()).file(ledger).unwrap().receipt(manager, now, rng).unwrap();
    placed.receive(holder, &receipt, NOW).unwrap();
}

#[test]
fn a_purchase_runs_in_every_cohort() {
    let root = root();
    let mut seen = std::collections::BTreeSet::new();
    for n in 0..40 {
        let holder = id(&format!("holder-{n}"));
        let cohort = Cohort::of(&holder, &label(), COHORTS);
        if seen.insert(cohort) {
            purchase(parties(&root, &holder, cohort), NOW);
        }
    }
    assert_eq!(seen.len(), 4);
}

#[test]
fn an_epoch_is_rolled_in_two_calls() {
    let root = root();
    let holder = id("holder-0");
    let cohort = Cohort::of(&holder, &label(), COHORTS);
    let mut ring = service(&root, &shop());
    let [ringed, manager, delivery] = [holder.clone(), bank(), courier()].map(|identifier| {
        if identifier == holder { card_holder(&root, &identifier, cohort) } else { service(&root, &identifier) }
    });
    let old: Vec<_> = ring.domains().iter().cloned().collect();
    let later = NOW + 2_000_000;
    let root = root.ratchet().unwrap();
    assert_eq!(root.epoch(), 8);
    // The new epoch's shares come while the old ones are still held, and then the old ones go.
    for cohort in Cohort::every(COHORTS) {
        ring = ring.with(share(&root, cohort, &shop())).unwrap();
    }
    assert!(old.iter().all(|domain| ring.common_key(&holder, domain).is_ok()));
    for domain in &old {
        ring = ring.without(domain);
        assert_eq!(ring.common_key(&holder, domain).err(), Some(KeyError::Retired));
    }
    // Whoever stayed behind has no key for an order of today, and says so.
    let behind = Parties::new([ringed, ring, manager, delivery], OrderForm::standard(), disclosure());
    let order = order();
    let split = behind.holder.split(&order, &OrderForm::standard()).unwrap();
    let error = split.seal(&behind.holder, later, Windows::default(), &mut Repeatable(3)).err();
    let epoch = KeyError::Domain(DomainError::Epoch);
    assert!(matches!(error, Some(SendError::Key { role, error }) if role == Role::SELLER && error == epoch));
    purchase(parties(&root, &holder, cohort), later);
}

#[test]
fn whoever_has_no_domain_left_is_told_to_get_a_share() {
    let (holder, order) = (id("holder-0"), order());
    let ring = card_holder(&root(), &holder, Cohort::of(&holder, &label(), COHORTS));
    let domain = ring.domains().first().unwrap().clone();
    let card_holder = CardHolder::new(ring.without(&domain), disclosure());
    let split = card_holder.split(&order, &OrderForm::standard()).unwrap();
    let error = split.seal(&card_holder, NOW, Windows::default(), &mut Repeatable(3)).err();
    assert!(matches!(error, Some(SendError::Key { role, error: KeyError::NoDomain }) if role == Role::SELLER));
}

#[test]
fn a_ratchet_goes_one_way() {
    let first = root();
    let copy = RootSecret::import(&first.export()).unwrap();
    let issue = |root: &RootSecret| share(root, Cohort::WHOLE, &shop()).export();
    assert_eq!(issue(&first), issue(&copy));
    let second = copy.ratchet().unwrap();
    let wrong = second.authority(epoch(7), Cohort::WHOLE, 4, Capacity::UNCONDITIONAL, BTreeSet::new());
    assert_eq!(wrong.err(), Some(AuthorityError::Epoch { expected: 8 }));
    // The next secret is another one, and by SPEC.md §7.
    let secret = |root: &RootSecret| at(&root.export(), &[2, 3]).as_bytes().to_vec();
    assert_ne!(secret(&second), secret(&first));
    let name = Value::text(&label());
    assert_eq!(secret(&second), derived(&secret(&first), "ratchet", [name.clone(), name, Value::Uint(7)]));
    let export = first.export();
    for at in 0..export.len() {
        let mut changed = export.to_vec();
        *changed.get_mut(at).unwrap() ^= 1;
        assert!(RootSecret::import(&changed).is_err(), "byte {at}");
    }
}

/// The polynomial of one cohort is broken: its master is known, so its breaker has shares there in any name.
struct Broken {
    root: RootSecret,
    cohort: Cohort,
}

impl Broken {
    fn new() -> Self {
        Self { root: root(), cohort: Cohort::new(0, COHORTS).unwrap() }
    }

    fn share_of(&self, identifier: &Identifier) -> Share {
        share(&self.root, self.cohort, identifier)
    }

    /// A card holder that belongs to the broken cohort, or to another one.
    fn victim(&self, inside: bool) -> Identifier {
        let of = |identifier: &Identifier| Cohort::of(identifier, &label(), COHORTS);
        (0..1000).map(|n| id(&format!("victim-{n}"))).find(|victim| (of(victim) == self.cohort) == inside).unwrap()
    }
}

/// An attacker's key source: it claims another domain than the one that its share is of, so that the attacker's own
/// side of the rules does not stop it.
#[derive(Debug)]
struct Lying {
    share: Share,
    claimed: Domains,
}

impl KeySource for Lying {
    fn identifier(&self) -> &Identifier {
        self.share.identifier()
    }

    fn domains(&self) -> &Domains {
        &self.claimed
    }

    fn common_key(&self, peer: &Identifier, _: &Domain) -> Result<CommonKey, KeyError> {
        self.share.common_key(peer, self.share.domain())
    }

    fn is_revoked(&self, peer: &Identifier) -> bool {
        self.share.is_revoked(peer)
    }
}

/// An envelope in the name of a card holder, sealed with keys of the broken cohort, and saying so.
fn forged_envelope(broken: &Broken, victim: &Identifier) -> (OrderDigest, Vec<u8>) {
    let share = broken.share_of(victim);
    let truly = share.domain().clone();
    let claimed = broken.root.domain(epoch(7), Cohort::of(victim, &label(), COHORTS)).unwrap();
    let forger = CardHolder::new(Lying { share, claimed: claimed.into() }, disclosure());
    let order = order();
    let split = forger.split(&order, &OrderForm::standard()).unwrap();
    let sealed = split.seal(&forger, NOW, Windows::default(), &mut Repeatable(4)).unwrap();
    let mut bytes = sealed.envelope.to_bytes();
    // Seller, card manager, delivery service: the domain that each part was really sealed in.
    for part in 0..3 {
        bytes = with(&bytes, &[3, part, 1, 0], key_id(&truly));
    }
    (sealed.digest, bytes)
}

#[test]
fn whoever_breaks_a_cohort_speaks_for_its_card_holders_and_for_no_others() {
    let broken = Broken::new();
    for inside in [true, false] {
        let victim = broken.victim(inside);
        let (digest, bytes) = forged_envelope(&broken, &victim);
        // The cryptography holds: a seller that took any domain it has a share of would open this.
        let (shop, role) = (shop(), Role::SELLER);
        let letter = Letter::part(&victim, &shop, role.as_str(), digest.as_bytes());
        assert!(!letter.open(&broken.share_of(&shop), &at(&bytes, &[3, 0, 1])).is_empty());

        let honest = parties(&broken.root, &victim, Cohort::of(&victim, &label(), COHORTS));
        let envelope = Envelope::from_bytes(&bytes).unwrap();
        let pending = honest.seller.receive(&envelope, NOW);
        match pending.and_then(|pending| Ok(pending.file(&mut MemoryLedger::new(1))?)) {
            Ok(received) => assert!(inside && matches!(received, Received::New(_))),
            Err(error) => assert!(!inside && matches!(error, ReceiveError::Key(KeyError::Domain(DomainError::Cohort)))),
        }
    }
}

#[test]
fn whoever_breaks_a_cohort_speaks_for_no_service() {
    let broken = Broken::new();
    let victim = broken.victim(true);
    let honest = parties(&broken.root, &victim, broken.cohort);
    let (mut rng, order) = (Repeatable(5), order());
    let split = honest.holder.split(&order, &OrderForm::standard()).unwrap();
    let sealed = split.seal(&honest.holder, NOW, Windows::default(), &mut rng).unwrap();
    let envelope = sealed.envelope.to_bytes();
    let mut at_seller = MemoryLedger::new(1);
    let awaiting = new(honest.seller.receive(&sealed.envelope, NOW).unwrap().file(&mut at_seller).unwrap());
    let services = KeyError::Domain(DomainError::Services);
    let [shop, bank, courier] = [shop(), bank(), courier()];
    let digest = sealed.digest;

    // As the card manager to the seller: a refusal, which needs no token.
    let letter = |purpose, from, to, role| Letter {
        purpose,
        step: 0,
        by: speaker(purpose),
        from,
        to,
        digest: digest.as_bytes(),
        role,
        token: None,
    };
    let verdict = labelled("verdict", [Value::Uint(NOW), Value::Null, Value::text("so there")]).to_bytes();
    let answer = letter("authorization", &bank, &shop, "seller").seal(&broken.share_of(&bank), &verdict);
    let answer = labelled("authorization", [Value::bytes(digest.as_bytes()), answer]).to_bytes();
    let answer = Authorization::from_bytes(&answer).unwrap();
    let refused = awaiting.authorize(&honest.seller, &answer, NOW).unwrap_err();
    assert!(matches!(refused.into_error(), ReceiveError::Key(error) if error == services));

    // As the seller to the card manager and to the delivery service.
    for (kind, to, role, part) in [("relay", &bank, "card-manager", 1), ("dispatch", &courier, "delivery-service", 2)] {
        let parts = Value::Array(vec![at(&envelope, &[3, part])]);
        let whole = Value::Array(vec![Value::Uint(1), Value::Uint(1), Value::bytes(b"")]);
        let (token, load) = if kind == "relay" { (Value::Null, Value::Null) } else { (Value::bytes([0; 32]), whole) };
        let statement = [Value::bytes(hash("parts", [parts.clone()])), Value::Uint(NOW), token, load];
        let statement = labelled("statement", statement).to_bytes();
        let statement = letter(kind, &shop, to, role).seal(&broken.share_of(&shop), &statement);
        let relayer = Value::bytes(shop.as_bytes());
        let bytes = labelled(kind, [at(&envelope, &[2]), parts, relayer, statement]).to_bytes();
        let error = if kind == "relay" {
            honest.manager.receive(&Relay::from_bytes(&bytes).unwrap(), NOW).map(drop)
        } else {
            honest.courier.receive_dispatch(&Dispatch::from_bytes(&bytes).unwrap(), NOW).map(drop)
        };
        assert!(matches!(error, Err(ReceiveError::Key(error)) if error == services), "{kind}");
    }
}
