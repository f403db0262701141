//! What holds a secret does not print it.

use core::fmt::Debug;
use core::fmt::Write as _;

use polyseal::key::PresharedKeys;
use polyseal::ledger::{Change, LedgerKey, Record};
use polyseal::message::Windows;
use polyseal::seller::SellerOrder;
use polyseal::{Authority, Capacity, KeySource, Ledger, MemoryLedger, OrderForm, Received, Role};
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::{
    FIELDS, NOW, Parties, Repeatable, approved, authority, bank, domain, holder, keyring, new, order, shop,
};

/// What must not be printed: texts, and bytes in any notation.
#[derive(Default)]
struct Secrets(Vec<String>);

impl Secrets {
    fn text(&mut self, text: &str) {
        self.0.push(text.split_whitespace().collect());
    }

    /// Each eight bytes of them, in hexadecimal and as lists of numbers.
    fn bytes(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks_exact(8) {
            let (mut hex, mut decimal, mut list) = (String::new(), Vec::new(), Vec::new());
            for byte in piece {
                write!(hex, "{byte:02x}").unwrap();
                decimal.push(byte.to_string());
                list.push(format!("{byte:x}"));
            }
            let words = [u64::from_le_bytes(piece.try_into().unwrap()), u64::from_be_bytes(piece.try_into().unwrap())];
            self.0.extend(words.map(|word| word.to_string()));
            self.0.extend([hex.to_uppercase(), hex, decimal.join(","), list.join(",")]);
        }
    }

    /// All byte strings and texts in an item of an export, but for names and identifiers.
    fn item(&mut self, item: &Value) {
        match item {
            Value::Bytes(bytes) if bytes.len() >= 32 => self.bytes(bytes),
            Value::Array(items) => items.iter().for_each(|item| self.item(item)),
            _ => {}
        }
    }

    fn are_not_in(&self, what: &str, shown: &dyn Debug) {
        for text in [format!("{shown:?}"), format!("{shown:#?}"), format!("{shown:x?}"), format!("{shown:X?}")] {
            let squeezed: String = text.split_whitespace().collect();
            for secret in &self.0 {
                assert!(!squeezed.contains(secret.as_str()), "{what} shows {secret}: {text}");
            }
        }
    }
}

macro_rules! hide {
    ($secrets:expr; $($shown:expr),* $(,)?) => {$(
        $secrets.are_not_in(stringify!($shown), &$shown);
    )*};
}

#[test]
fn keys_are_not_printed() {
    let mut secrets = Secrets::default();
    let mut seeded = authority();
    let share = seeded.issue(&shop()).unwrap();
    let random = Authority::random(domain(), 3, Capacity::UNCONDITIONAL, &mut Repeatable(1)).unwrap();
    let key = share.common_key(&bank(), &domain()).unwrap();
    let mut preshared = PresharedKeys::new(shop(), domain());
    preshared.insert(bank(), &[0xa7; 32]);
    secrets.bytes(at(&share.export(), &[2, 3]).as_bytes());
    secrets.bytes(at(&random.export(), &[2, 3]).as_bytes());
    secrets.bytes(&[42; 32]);
    secrets.bytes(&[0xa7; 32]);
    secrets.bytes(&*key.export());
    let ring = keyring(&shop(), &[domain()]);
    hide!(secrets; seeded, share, random, key, preshared, ring, Parties::standard());
    // Those that print something print what is public.
    assert!(format!("{share:?}").contains("shop.example"));
}

#[test]
fn orders_are_not_printed_at_any_stage() {
    let mut secrets = Secrets::default();
    FIELDS.iter().filter(|(_, value)| value.len() > 5 && *value != "single").for_each(|(_, value)| secrets.text(value));
    secrets.text("ring twice, then knock");
    secrets.bytes(b"ring twice, then knock");
    secrets.text("the card is unknown");
    let parties = Parties::standard();
    let mut rng = Repeatable(1);
    let [mut at_seller, mut at_manager, mut at_other, mut at_courier] = [9; 4].map(MemoryLedger::new);
    let (order, form) = (order(), OrderForm::standard());
    let split = parties.holder.split(&order, &form).unwrap();
    let again = parties.holder.split(&order, &form).unwrap();
    let sealed = again.seal(&parties.holder, NOW, Windows::default(), &mut rng).unwrap();
    let pending = parties.seller.receive(&sealed.envelope, NOW).unwrap();
    hide!(secrets; pending, pending.record());
    let received = pending.file(&mut at_seller).unwrap();
    let shown = format!("{received:?}{received:#?}");
    let awaiting = new(received);
    // The openings, with their salts and the token.
    secrets.item(&at(&awaiting.export(), &[2, 8]));
    let relay = awaiting.relay(&parties.seller, &Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let deciding = new(parties.manager.receive(&relay, NOW).unwrap().file(&mut at_manager).unwrap());
    secrets.item(&at(&deciding.export(), &[2, 8]));
    secrets.are_not_in("what was received", &shown);
    hide!(secrets; order, split, sealed, awaiting, deciding, relay, awaiting.part());

    let other = new(parties.manager.receive(&relay, NOW).unwrap().file(&mut at_other).unwrap());
    let pending = other.decline(&parties.manager, "the card is unknown", NOW).unwrap();
    let declined = new(pending.file(&mut at_other).unwrap());
    let refusal = declined.authorization(&parties.manager, &mut rng).unwrap();
    hide!(secrets; declined);
    let stale = parties.manager.restore(&deciding.export()).unwrap();
    let approval = new(deciding.approve(&parties.manager, NOW).unwrap().file(&mut at_manager).unwrap());
    let authorization = approval.authorization(&parties.manager, &mut rng).unwrap();
    hide!(secrets; approval, authorization, refusal, stale, approval.settlement());
    let Ok(Received::Again(known)) = parties.manager.receive(&relay, NOW).unwrap().file(&mut at_manager) else {
        panic!("again")
    };
    let polyseal::card_manager::CardManagerOrder::AwaitingDecision(stale) = stale else { panic!("not yet decided") };
    let pending = stale.decline(&parties.manager, "the card is unknown", NOW).unwrap();
    hide!(secrets; known, pending);
    assert!(matches!(pending.file(&mut at_manager), Ok(Received::Again(decided)) if decided.reason().is_none()));

    let SellerOrder::AwaitingAuthorization(stale) = parties.seller.restore(&awaiting.export()).unwrap() else {
        panic!("not yet answered");
    };
    let mut elsewhere = MemoryLedger::new(9);
    new(parties.seller.receive(&sealed.envelope, NOW).unwrap().file(&mut elsewhere).unwrap());
    let declined = stale.authorize(&parties.seller, &refusal, NOW).unwrap().file(&mut elsewhere).unwrap();
    hide!(secrets; declined);
    let authorized =
        new(awaiting.authorize(&parties.seller, &authorization, NOW).unwrap().file(&mut at_seller).unwrap());
    hide!(secrets; authorized);
    let approved = approved(authorized);
    let instructions = b"ring twice, then knock";
    let pending = approved.dispatch(&parties.seller, &Role::DELIVERY_SERVICE, instructions, NOW).unwrap();
    hide!(secrets; pending);
    let approved = new(pending.file(&mut at_seller).unwrap());
    let parcel = approved.dispatch_message(&parties.seller, &Role::DELIVERY_SERVICE, NOW, &mut rng).unwrap();
    let delivery = new(parties.courier.receive_dispatch(&parcel, NOW).unwrap().file(&mut at_courier).unwrap());
    secrets.item(&at(&delivery.export(), &[2, 8]));
    hide!(secrets; approved, parcel, delivery, delivery.part(), at_seller, at_manager, at_courier, parties);
    assert!(format!("{delivery:?}").contains(&holder().to_string()));

    let key = LedgerKey { owner: shop(), role: Role::SELLER, digest: sealed.digest };
    for change in [
        Change::Insert { state: b"ring twice, then knock" },
        Change::Replace { current: 9, state: b"ring twice, then knock" },
        Change::LookUp,
    ] {
        let record = Record { key: &key, issued_at: NOW, expires: NOW, stage: "received", change };
        hide!(secrets; record, at_seller.file(&record));
    }
}
