//! When the storage fails, or the random generator does.

use core::fmt;
use std::collections::BTreeSet;

use polyseal::card_holder::SealedOrder;
use polyseal::card_manager::CardManagerOrder;
use polyseal::ledger::{Filed, Record};
use polyseal::message::Windows;
use polyseal::recipient::Delivery;
use polyseal::seller::SellerOrder;
use polyseal::{
    FieldName, Ledger, LedgerError, MemoryLedger, Order, OrderForm, Pending, Received, Refused, Role, Share,
};
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::{NOW, Parties, Stuck, approved, field, new, order};

/// A storage that fails at one call: before it has done anything, or when all is done but said.
struct Flaky {
    inner: MemoryLedger,
    calls: usize,
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

impl Ledger for Flaky {
    type Error = Broken;

    fn file(&mut self, record: &Record<'_>) -> Result<Filed, Broken> {
        let fails = self.calls == self.fails_at;
        self.calls += 1;
        if fails && !self.after {
            return Err(Broken);
        }
        let Ok(filed) = self.inner.file(record);
        if fails { Err(Broken) } else { Ok(filed) }
    }
}

impl Flaky {
    fn new(fails_at: usize, after: bool) -> Self {
        Self { inner: MemoryLedger::new(9), calls: 0, fails_at, after }
    }

    /// Files a step, and where the storage does not let that happen the step that comes of `again`: the same one, or the
    /// same one taken anew. It is known if it was filed after all, and else new.
    fn files<N, A>(
        &mut self,
        step: Pending<N, A>,
        again: impl FnOnce(Pending<N, A>) -> Pending<N, A>,
    ) -> Received<N, A> {
        step.file(self).unwrap_or_else(|Refused { state, error }| {
            let LedgerError::Storage(cause) = error else { panic!("{error:?}") };
            assert_eq!(cause.downcast_ref(), Some(&Broken));
            let received = again(state).file(self).unwrap();
            assert_eq!(matches!(received, Received::Again(_)), self.after);
            received
        })
    }
}

fn sealed(parties: &Parties<Share>, order: &Order, now: u64) -> SealedOrder {
    let split = parties.holder.split(order, &OrderForm::standard()).unwrap();
    split.seal(&parties.holder, now, Windows::default(), &mut Stuck(0)).unwrap()
}

/// A purchase whose parties try once more what the storage did not let happen. Whatever of a message is tried again, by
/// the process that has the step or by one that has the message alone; a decision, by the process that has the step.
fn purchase(ledger: &mut Flaky, from_message: bool) -> Delivery {
    macro_rules! received {
        ($receive:expr) => {
            ledger.files($receive.unwrap(), |step| if from_message { $receive.unwrap() } else { step })
        };
    }
    let Parties { seller, manager, courier, .. } = &Parties::standard();
    let rng = &mut Stuck(1);
    let sealed = sealed(&Parties::standard(), &order(), NOW);
    let awaiting = match received!(seller.receive(&sealed.envelope, NOW)) {
        Received::New(awaiting) | Received::Again(SellerOrder::AwaitingAuthorization(awaiting)) => awaiting,
        Received::Again(other) => panic!("{other:?}"),
    };
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, rng).unwrap();
    let deciding = match received!(manager.receive(&relay, NOW)) {
        Received::New(deciding) | Received::Again(CardManagerOrder::AwaitingDecision(deciding)) => deciding,
        Received::Again(other) => panic!("{other:?}"),
    };
    let decided = match ledger.files(deciding.approve(manager, NOW).unwrap(), |step| step) {
        Received::New(approval) => approval.into_decided(),
        Received::Again(decided) => decided,
    };
    assert_eq!(decided.settlement().unwrap().digest(), sealed.digest);
    let answer = decided.authorization(manager, rng).unwrap();
    let authorized = ledger.files(awaiting.authorize(seller, &answer, NOW).unwrap(), |step| step);
    let (approved, to) = (approved(authorized.into_inner()), Role::DELIVERY_SERVICE);
    let approved = ledger.files(approved.dispatch(seller, &to, b"", NOW).unwrap(), |step| step).into_inner();
    let parcel = approved.dispatch_message(seller, &to, NOW, rng).unwrap();
    received!(courier.receive_dispatch(&parcel, NOW)).into_inner()
}

#[test]
fn a_step_that_the_storage_refused_can_be_tried_again() {
    let mut sound = Flaky::new(usize::MAX, false);
    let expected = purchase(&mut sound, false).export();
    assert_eq!((sound.calls, sound.inner.len()), (6, 3));
    for (fails_at, after) in (0..6).flat_map(|n| [(n, false), (n, true)]) {
        for from_message in [false, true] {
            let mut ledger = Flaky::new(fails_at, after);
            assert_eq!(purchase(&mut ledger, from_message).export(), expected, "{fails_at}, {after}");
            assert_eq!((ledger.calls, ledger.inner.len()), (7, 3));
        }
    }
    // The calls that only read.
    let parties = Parties::standard();
    let envelope = sealed(&parties, &order(), NOW).envelope;
    let late = NOW + Windows::default().accept + 1;
    for fails_at in [1, 2] {
        let mut ledger = Flaky::new(fails_at, false);
        new(parties.seller.receive(&envelope, NOW).unwrap().file(&mut ledger).unwrap());
        let mut read = || {
            let known = parties.seller.receive(&envelope, late).unwrap().file(&mut ledger)?;
            assert!(matches!(known, Received::Again(_)));
            parties.seller.find(envelope.digest()).file(&mut ledger).map(drop)
        };
        assert!(matches!(read(), Err(LedgerError::Storage(_))), "{fails_at}");
        assert!(read().is_ok());
    }
}

/// Every hash, commitment, salt and ciphertext of a message: its byte strings but for
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
    // T-1
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
    assert_eq!(other.get(field("destination.address")), Some("elsewhere"));
    let mut found = Vec::new();
    for message in [bytes(&order(), NOW), bytes(&other, NOW), bytes(&order(), NOW + 1)] {
        for path in [[2, 7].as_slice(), &[2, 8], &[2, 9], &[3]] {
            random_looking(&at(&message, path), &mut found);
        }
    }
    // Token's hash, 3 recipients, 4 groups, and 3 parts with salt, commitment, ciphertext.
    assert_eq!(found.len(), 3 * (1 + 3 + 4 + 9));
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
}

/// Anyone who knows a salt can try all values behind its commitment, so each has one of its own.
#[test]
fn a_stuck_generator_gives_every_commitment_its_salt() {
    let parties = Parties::standard();
    let envelope = sealed(&parties, &order(), NOW).envelope;
    let awaiting = new(parties.seller.receive(&envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
    let mut found = Vec::new();
    // The seller's opening: recipients and groups, each with its salt.
    random_looking(&at(&awaiting.export(), &[2, 8, 2]), &mut found);
    random_looking(&at(&awaiting.export(), &[2, 8, 3]), &mut found);
    assert_eq!(found.len(), 3 + 2);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
}

#[test]
fn a_stuck_generator_tells_answers_and_instructions_apart() {
    let parties = Parties::standard();
    let Parties { seller, manager, .. } = &parties;
    let mut found = Vec::new();
    for (reason, instructions) in [("a", b"a"), ("b", b"b")] {
        let [mut ledger, mut other] = [9; 2].map(MemoryLedger::new);
        let envelope = sealed(&parties, &order(), NOW).envelope;
        let awaiting = new(seller.receive(&envelope, NOW).unwrap().file(&mut ledger).unwrap());
        let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut Stuck(0)).unwrap();
        let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut other).unwrap());
        let declined = new(deciding.decline(manager, reason, NOW).unwrap().file(&mut other).unwrap());
        let refusal = declined.authorization(manager, &mut Stuck(0)).unwrap();
        let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut ledger).unwrap());
        let approval = new(deciding.approve(manager, NOW).unwrap().file(&mut ledger).unwrap());
        let answer = approval.authorization(manager, &mut Stuck(0)).unwrap();
        let approved = approved(new(awaiting.authorize(seller, &answer, NOW).unwrap().file(&mut ledger).unwrap()));
        let to = Role::DELIVERY_SERVICE;
        let approved = new(approved.dispatch(seller, &to, instructions, NOW).unwrap().file(&mut ledger).unwrap());
        let dispatch = approved.dispatch_message(seller, &to, NOW, &mut Stuck(0)).unwrap();
        random_looking(&at(&refusal.to_bytes(), &[3]), &mut found);
        random_looking(&at(&dispatch.to_bytes(), &[5]), &mut found);
    }
    assert_eq!(found.len(), 2 * (3 + 3));
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
}
