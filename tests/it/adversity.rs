//! When the storage fails, or the random generator does.

use core::cell::Cell;
use core::fmt;
use std::collections::BTreeSet;

use polyseal::{
    AuthenticateError, Authentication, CardManagerOrder, DecideError, Delivery, DispatchError, FieldName, Insert,
    Ledger, LedgerError, LedgerKey, MemoryLedger, Order, OrderForm, ReceiveError, Received, Refused, Replace, Role,
    SealedOrder, SellerOrder, Share, Windows, Zeroizing,
};
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::{NOW, Parties, Stuck, approved, field, new, order};

/// A storage that fails at one call: before it has done anything, or when all is done but said.
struct Flaky {
    inner: MemoryLedger,
    calls: Cell<usize>,
    fails_at: usize,
    after: bool,
}

#[derive(Debug, PartialEq)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl core::error::Error for Broken {}

impl Flaky {
    /// The storage call, whose answer gets lost where it should.
    fn call<T>(&mut self, call: impl FnOnce(&mut MemoryLedger) -> T) -> Result<T, Broken> {
        let fails = self.calls.replace(self.calls.get() + 1) == self.fails_at;
        if fails && !self.after {
            return Err(Broken);
        }
        let out = call(&mut self.inner);
        if fails { Err(Broken) } else { Ok(out) }
    }
}

impl Ledger for Flaky {
    type Error = Broken;

    fn insert(&mut self, key: &LedgerKey, expires: u64, state: &[u8]) -> Result<Insert, Broken> {
        self.call(|inner| inner.insert(key, expires, state).unwrap())
    }

    fn replace(&mut self, key: &LedgerKey, current: &[u8], next: &[u8]) -> Result<Replace, Broken> {
        self.call(|inner| inner.replace(key, current, next).unwrap())
    }

    fn load(&self, key: &LedgerKey) -> Result<Option<Zeroizing<Vec<u8>>>, Broken> {
        let fails = self.calls.replace(self.calls.get() + 1) == self.fails_at;
        if fails { Err(Broken) } else { Ok(self.inner.load(key).unwrap()) }
    }
}

const STORAGE: LedgerError<Broken> = LedgerError::Storage(Broken);

fn sealed<'a>(parties: &'a Parties<Share>, order: &Order, now: u64) -> SealedOrder<'a, Share> {
    let split = parties.holder.split(order, &OrderForm::standard()).unwrap();
    split.seal(now, Windows::default(), &mut Stuck(0)).unwrap()
}

/// A purchase whose parties try once more what the storage did not let happen. A repeated order is
/// known, if it was filed after all; and so is a repeated decision.
fn purchase(ledger: &mut Flaky) -> Delivery {
    let parties = Parties::standard();
    let (after, mut rng) = (ledger.after, Stuck(1));
    let sealed = sealed(&parties, &order(), NOW);
    let awaiting = match parties.seller.receive(&sealed.envelope, NOW, ledger) {
        Ok(received) => new(received),
        Err(error) => {
            assert_eq!(error, ReceiveError::Ledger(STORAGE));
            match parties.seller.receive(&sealed.envelope, NOW, ledger).unwrap() {
                Received::New(awaiting) if !after => awaiting,
                Received::Again(SellerOrder::AwaitingAuthentication(awaiting)) if after => awaiting,
                other => panic!("{other:?}"),
            }
        }
    };
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let deciding = match parties.manager.receive(&relay, NOW, ledger) {
        Ok(received) => new(received),
        Err(error) => {
            assert_eq!(error, ReceiveError::Ledger(STORAGE));
            match parties.manager.receive(&relay, NOW, ledger).unwrap() {
                Received::New(deciding) if !after => deciding,
                Received::Again(CardManagerOrder::AwaitingDecision(deciding)) if after => deciding,
                other => panic!("{other:?}"),
            }
        }
    };
    let answer: Authentication = match deciding.approve(NOW, ledger, &mut rng) {
        Ok(approval) => approval.authentication,
        Err(Refused { state, error }) => {
            assert!(matches!(error, DecideError::Ledger(STORAGE)));
            match (after, state.approve(NOW, ledger, &mut rng)) {
                (false, Ok(approval)) => approval.authentication,
                (true, Err(Refused { error: DecideError::AlreadyDecided(decided), .. })) => {
                    assert_eq!(decided.settlement().unwrap().digest(), sealed.digest);
                    decided.authentication().clone()
                }
                (_, other) => panic!("{other:?}"),
            }
        }
    };
    let authenticated = awaiting.authenticate(&answer, NOW, ledger).or_else(|Refused { state, error }| {
        assert_eq!(error, AuthenticateError::Ledger(STORAGE));
        state.authenticate(&answer, NOW, ledger)
    });
    let mut approved = approved(authenticated.unwrap());
    let mut dispatch = |ledger: &mut Flaky| approved.dispatch(&Role::DELIVERY_SERVICE, b"", NOW, ledger, &mut rng);
    let parcel = dispatch(ledger).or_else(|error| {
        assert_eq!(error, DispatchError::Ledger(STORAGE));
        dispatch(ledger)
    });
    let parcel = parcel.unwrap();
    match parties.courier.receive(&parcel, NOW, ledger) {
        Ok(received) => new(received),
        Err(error) => {
            assert_eq!(error, ReceiveError::Ledger(STORAGE));
            match parties.courier.receive(&parcel, NOW, ledger).unwrap() {
                Received::New(delivery) if !after => delivery,
                Received::Again(delivery) if after => delivery,
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_step_that_the_storage_refused_can_be_tried_again() {
    let flaky = |fails_at, after| Flaky { inner: MemoryLedger::new(9), calls: Cell::new(0), fails_at, after };
    let mut sound = flaky(usize::MAX, false);
    let expected = purchase(&mut sound).export();
    assert_eq!((sound.calls.get(), sound.inner.len()), (6, 3));
    for (fails_at, after) in (0..6).flat_map(|n| [(n, false), (n, true)]) {
        let mut ledger = flaky(fails_at, after);
        assert_eq!(purchase(&mut ledger).export(), expected, "{fails_at}, {after}");
        assert_eq!((ledger.calls.get() > 6, ledger.inner.len()), (true, 3));
    }
    // The one call that only reads.
    let parties = Parties::standard();
    let envelope = sealed(&parties, &order(), NOW).envelope;
    let late = NOW + Windows::default().accept + 1;
    let mut ledger = flaky(1, false);
    new(parties.seller.receive(&envelope, NOW, &mut ledger).unwrap());
    assert_eq!(parties.seller.receive(&envelope, late, &mut ledger).err(), Some(ReceiveError::Ledger(STORAGE)));
    assert!(matches!(parties.seller.receive(&envelope, late, &mut ledger), Ok(Received::Again(_))));
}

/// Every nonce, hash, commitment, salt and ciphertext of a message: its byte strings but for
/// identifiers.
fn random_looking(value: &Value, found: &mut Vec<Vec<u8>>) {
    match value {
        Value::Bytes(bytes) if bytes.len() >= 32 => found.push(bytes.clone()),
        Value::Array(items) => items.iter().for_each(|item| random_looking(item, found)),
        _ => {}
    }
}

#[test]
fn a_stuck_generator_repeats_nothing_but_equal_orders() {
    let parties = Parties::standard();
    let bytes = |order: &Order, now| sealed(&parties, order, now).envelope.to_bytes();
    assert_eq!(bytes(&order(), NOW), bytes(&order(), NOW));

    let mut other = Order::new();
    for name in order().names() {
        // Only the destination differs, which the seller does not see.
        let value = order().get(name).unwrap().to_string();
        let value = if *name == FieldName::DESTINATION_ADDRESS { "elsewhere".into() } else { value };
        other.insert(name.clone(), &value).unwrap();
    }
    assert_eq!(other.get(&field("destination.address")), Some("elsewhere"));
    let mut found = Vec::new();
    for message in [bytes(&order(), NOW), bytes(&other, NOW), bytes(&order(), NOW + 1)] {
        random_looking(&at(&message, &[2, 6]), &mut found);
        for path in [[2, 7].as_slice(), &[2, 8], &[2, 9], &[3]] {
            random_looking(&at(&message, path), &mut found);
        }
    }
    // Nonce, token's hash, 3 recipients, 13 fields, and 3 parts with salt, commitment, ciphertext.
    assert_eq!(found.len(), 3 * (2 + 3 + 13 + 9));
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
}

/// Who knows a salt can try all values behind its commitment: each has one of its own.
#[test]
fn a_stuck_generator_gives_every_commitment_its_salt() {
    let parties = Parties::standard();
    let envelope = sealed(&parties, &order(), NOW).envelope;
    let awaiting = new(parties.seller.receive(&envelope, NOW, &mut MemoryLedger::new(1)).unwrap());
    let mut found = Vec::new();
    // The seller's opening: recipients and fields, each with its salt.
    random_looking(&at(&awaiting.export(), &[2, 4, 2]), &mut found);
    random_looking(&at(&awaiting.export(), &[2, 4, 3]), &mut found);
    assert_eq!(found.len(), 3 + 9);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
}

#[test]
fn a_stuck_generator_tells_answers_and_instructions_apart() {
    let parties = Parties::standard();
    let mut found = Vec::new();
    for (reason, instructions) in [("a", b"a"), ("b", b"b")] {
        let mut ledgers = [9; 2].map(MemoryLedger::new);
        let [ledger, other] = &mut ledgers;
        let envelope = sealed(&parties, &order(), NOW).envelope;
        let awaiting = new(parties.seller.receive(&envelope, NOW, ledger).unwrap());
        let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut Stuck(0)).unwrap();
        let deciding = new(parties.manager.receive(&relay, NOW, other).unwrap());
        let refusal = deciding.decline(reason, other, &mut Stuck(0)).unwrap();
        let deciding = new(parties.manager.receive(&relay, NOW, ledger).unwrap());
        let approval = deciding.approve(NOW, ledger, &mut Stuck(0)).unwrap().authentication;
        let mut approved = approved(awaiting.authenticate(&approval, NOW, ledger).unwrap());
        let dispatch = approved.dispatch(&Role::DELIVERY_SERVICE, instructions, NOW, ledger, &mut Stuck(0)).unwrap();
        random_looking(&at(&refusal.to_bytes(), &[3]), &mut found);
        random_looking(&at(&dispatch.to_bytes(), &[5]), &mut found);
    }
    assert_eq!(found.len(), 2 * (3 + 3));
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
}
