//! What released versions have stored. `tests/states` has a file for each, with a line for each kind of export: its name
//! and its bytes. A file is written once, by `cargo test --test it versions -- --ignored`, and read for good.

use core::convert::Infallible;
use core::fmt::Write;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use polyseal::authority::{Contribution, RootSecret};
use polyseal::card_manager::CardManagerOrder;
use polyseal::handshake::{Answer, Authenticated, Initiator, Responder};
use polyseal::key::CommonKey;
use polyseal::ledger::{Change, Filed, LedgerKey, Record};
use polyseal::message::{Envelope, Status};
use polyseal::seller::SellerOrder;
use polyseal::{Authority, Capacity, Domain, Identifier, KeySource, Label, Ledger, OrderForm, Role, Share};
use polyseal_testing::life::Life;
use polyseal_testing::story::Story;
use polyseal_testing::{
    NOW, Parties, Repeatable, approved, authority, bank, courier, disclosure, domain, holder, new, shares, shop,
};

/// Exports, by their names.
type Stored = BTreeMap<String, Vec<u8>>;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/states")
}

fn joint(own: &str) -> Authority {
    let [north, south] = ["north.example", "south.example"].map(|name| Label::new(name).unwrap());
    let domain = Domain::joint(Label::new("cards.example").unwrap(), [north, south], *domain().epoch()).unwrap();
    let seed = [u8::try_from(own.len()).unwrap(); 32];
    let own = Label::new(own).unwrap();
    Authority::joint_from_seed(domain, own, 5, Capacity::UNCONDITIONAL, &seed, BTreeSet::new()).unwrap()
}

/// What this version stores.
fn made() -> Stored {
    let mut stored = Stored::new();
    let mut keep = |name: &str, export: &[u8]| assert!(stored.insert(name.into(), export.to_vec()).is_none(), "{name}");

    let mut seeded = authority();
    for (role, identifier) in parties() {
        keep(&format!("share {role}"), &seeded.issue(&identifier).unwrap().export());
    }
    keep("authority of a seed", &seeded.export());
    let random = Authority::random(domain(), 2, Capacity::CLOSED, &mut Repeatable(3)).unwrap();
    keep("authority of a matrix", &random.export());
    for name in ["north.example", "south.example"] {
        let mut one = joint(name);
        keep(&format!("contribution {name}"), &one.contribute(&holder()).unwrap().export());
        keep(&format!("authority {name}"), &one.export());
    }
    let label = Label::new("cards.example").unwrap();
    keep("root", &RootSecret::random(label.clone(), label, 7, &mut Repeatable(4)).export());
    let [own] = shares([holder()]);
    keep("key", &*own.common_key(&shop(), own.domain()).unwrap().export());

    // A purchase, in which every party has decided nothing yet.
    let mut story = Story::standard(1);
    let sealed = story.sealed();
    keep("placed", &sealed.awaiting.export());
    let awaiting = story.taken(&sealed.envelope);
    keep("seller awaiting", &awaiting.export());
    keep("card-manager awaiting", &story.at_manager(&awaiting).export());
    keep("envelope", &sealed.envelope.to_bytes());

    // Lives, as far as they have come.
    let mut life = Life::approved();
    drop(life.dispatches(1, false));
    keep("delivery-service received", &life.at_courier().export());
    keep("seller dispatched", &life.at_seller().export());
    keep("card-manager approved", &life.at_manager().export());
    drop(life.reports(1, None));
    let request = life.demands(1, "12.00 EUR");
    keep("seller refunding", &life.at_seller().export());
    let resolved = life.grants(&request);
    drop(life.takes(&resolved));
    keep("seller refunded", &life.at_seller().export());
    keep("card-manager refunded", &life.at_manager().export());
    keep("delivery-service delivered", &life.at_courier().export());
    let request = life.cancels();
    keep("seller cancelling", &life.at_seller().export());
    let resolved = life.grants(&request);
    drop(life.takes(&resolved));
    keep("seller cancelled", &life.at_seller().export());
    keep("card-manager cancelled", &life.at_manager().export());

    let Story { parties: Parties { seller, manager, .. }, ledger, rng, .. } = &mut Story::standard(2);
    let sealed = Story::standard(2).sealed();
    let awaiting = new(seller.receive(&sealed.envelope, NOW).unwrap().file(ledger).unwrap());
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, rng).unwrap();
    let deciding = new(manager.receive(&relay, NOW).unwrap().file(ledger).unwrap());
    let decided = new(deciding.decline(manager, "no such card", NOW).unwrap().file(ledger).unwrap());
    keep("card-manager declined", &decided.export());
    let authorization = decided.authorization(manager, rng).unwrap();
    drop(awaiting.authorize(seller, &authorization, NOW).unwrap().file(ledger).unwrap());
    keep("seller declined", &seller.find(sealed.digest).file(ledger).unwrap().export());

    // Handshakes, without an exchange and with one.
    let parties = Parties::standard();
    let mut rng = Repeatable(8);
    for (kind, has_exchange) in [("plain", false), ("exchange", true)] {
        let start = if has_exchange { Initiator::start_with_exchange } else { Initiator::start };
        let (initiator, hello) = start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
        let (responder, answer) = Responder::answer(&parties.seller, &hello, b"form", NOW, &mut rng).unwrap();
        keep(&format!("initiator {kind}"), &initiator.export());
        keep(&format!("responder {kind}"), &responder.export());
        keep(&format!("answer {kind}"), &answer.to_bytes());
        let (finished, _) = initiator.receive(&parties.holder, &answer, b"", NOW, &mut rng).unwrap();
        keep(&format!("authenticated {kind}"), &finished.authenticated.export());
    }
    stored
}

fn parties() -> [(Role, Identifier); 4] {
    [
        (Role::CARD_HOLDER, holder()),
        (Role::SELLER, shop()),
        (Role::CARD_MANAGER, bank()),
        (Role::DELIVERY_SERVICE, courier()),
    ]
}

fn read(text: &str) -> Stored {
    let line = |line: &str| {
        let (name, hex) = line.rsplit_once(' ').unwrap();
        let digits = hex.as_bytes().chunks(2).map(|pair| core::str::from_utf8(pair).unwrap());
        (name.to_owned(), digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect())
    };
    text.lines().map(line).collect()
}

/// Every file, by its version.
fn all() -> BTreeMap<String, Stored> {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    files
        .map(|path| {
            let version = path.file_name().unwrap().to_str().unwrap().to_owned();
            (version, read(&fs::read_to_string(&path).unwrap()))
        })
        .collect()
}

/// The parties, from the shares that were stored.
fn restored(stored: &Stored) -> Parties<Share> {
    let share = |(role, _): &(Role, Identifier)| Share::import(&stored[&format!("share {role}")]).unwrap();
    Parties::new(parties().each_ref().map(share), OrderForm::standard(), disclosure())
}

/// What comes of reading an export and writing it again.
fn again(name: &str, bytes: &[u8], parties: &Parties<Share>) -> Vec<u8> {
    let (kind, _) = name.split_once(' ').unwrap_or((name, ""));
    let Parties { holder, seller, manager, courier } = parties;
    match kind {
        "share" => Share::import(bytes).unwrap().export().to_vec(),
        "authority" => Authority::import(bytes).unwrap().export().to_vec(),
        "contribution" => Contribution::import(bytes).unwrap().export().to_vec(),
        "root" => RootSecret::import(bytes).unwrap().export().to_vec(),
        "key" => CommonKey::import(bytes.try_into().unwrap()).export().to_vec(),
        "placed" => holder.restore(bytes).unwrap().export().to_vec(),
        "seller" => seller.restore(bytes).unwrap().export().to_vec(),
        "card-manager" => manager.restore(bytes).unwrap().export().to_vec(),
        "delivery-service" => courier.restore(bytes).unwrap().export().to_vec(),
        "initiator" => Initiator::restore(holder, bytes).unwrap().export().to_vec(),
        "responder" => Responder::restore(seller, bytes).unwrap().export().to_vec(),
        "authenticated" => Authenticated::import(bytes).unwrap().export().to_vec(),
        "answer" => Answer::from_bytes(bytes).unwrap().to_bytes(),
        "envelope" => Envelope::from_bytes(bytes).unwrap().to_bytes(),
        other => panic!("{other}"),
    }
}

#[test]
fn every_export_of_every_version_is_read_as_it_was() {
    let all = all();
    for (version, stored) in &all {
        let parties = restored(stored);
        for (name, bytes) in stored {
            assert_eq!(again(name, bytes, &parties), *bytes, "{version}: {name}");
        }
    }
    // Whatever is stored has its line.
    let own = &all[env!("CARGO_PKG_VERSION")];
    assert!(own.keys().eq(made().keys()));
}

/// A ledger that an earlier version has filled.
struct Filled(BTreeMap<LedgerKey, (u64, Vec<u8>)>);

impl Ledger for Filled {
    type Error = Infallible;

    fn file(&mut self, record: &Record<'_>) -> Result<Filed, Infallible> {
        let entry = match (self.0.get(record.key), record.change) {
            (None, Change::Insert { state }) => (0, state.to_vec()),
            (Some((revision, _)), Change::Replace { current, state }) if *revision == current => {
                (current + 1, state.to_vec())
            }
            (Some((_, state)), _) => return Ok(Filed::Found(state.clone().into())),
            (None, _) => return Ok(Filed::Absent),
        };
        self.0.insert(record.key.clone(), entry);
        Ok(Filed::Done)
    }
}

#[test]
fn an_order_that_an_earlier_version_has_stored_goes_on() {
    for stored in all().values() {
        let Parties { holder, seller, manager, courier } = &restored(stored);
        let mut rng = Repeatable(7);
        let placed = holder.restore(&stored["placed"]).unwrap();
        let digest = placed.digest();
        let entry = |role: Role, owner| {
            let state = stored[&format!("{role} awaiting")].clone();
            (LedgerKey { owner, role, digest }, (0, state))
        };
        let mut ledger = Filled([entry(Role::SELLER, shop()), entry(Role::CARD_MANAGER, bank())].into());
        let CardManagerOrder::AwaitingDecision(deciding) = manager.find(digest).file(&mut ledger).unwrap() else {
            panic!("it is decided")
        };
        let approval = new(deciding.approve(manager, NOW).unwrap().file(&mut ledger).unwrap());
        assert_eq!(approval.settlement().amount_due().to_string(), "59.80 EUR");
        let authorization = approval.authorization(manager, &mut rng).unwrap();
        let SellerOrder::AwaitingAuthorization(awaiting) = seller.find(digest).file(&mut ledger).unwrap() else {
            panic!("it is answered")
        };
        let order = approved(new(awaiting.authorize(seller, &authorization, NOW).unwrap().file(&mut ledger).unwrap()));
        let to = &Role::DELIVERY_SERVICE;
        let order = new(order.dispatch(seller, to, b"gate 2", NOW).unwrap().file(&mut ledger).unwrap());
        let dispatch = order.dispatch_message(seller, to, NOW, &mut rng).unwrap();
        let delivery = new(courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut ledger).unwrap());
        assert_eq!(delivery.part().get("destination.name"), Some("Bob Example"));
        let receipt = order.receipt(seller, NOW, &mut rng).unwrap();
        assert_eq!(*placed.receive(holder, &receipt, NOW).unwrap().status(), Status::Approved);
        // The card holder has what it takes to seal its parts again.
        let sealed = placed.seal_again(holder, NOW, &mut rng).unwrap();
        assert_eq!(sealed.digest, digest);
    }
}

#[test]
fn handshakes_that_an_earlier_version_has_begun_come_to_their_end() {
    for stored in all().values() {
        let Parties { holder, seller, .. } = &restored(stored);
        let mut rng = Repeatable(7);
        for (kind, has_session) in [("plain", false), ("exchange", true)] {
            let of = |what: &str| stored[&format!("{what} {kind}")].as_slice();
            let initiator = Initiator::restore(holder, of("initiator")).unwrap();
            let answer = Answer::from_bytes(of("answer")).unwrap();
            let (mine, confirmation) = initiator.receive(holder, &answer, b"", NOW, &mut rng).unwrap();
            let responder = Responder::restore(seller, of("responder")).unwrap();
            let (theirs, _) = responder.receive(seller, &confirmation, NOW, &mut rng).unwrap();
            let kept = Authenticated::import(of("authenticated")).unwrap();
            assert_eq!(mine.authenticated.transcript(), theirs.authenticated.transcript());
            for one in [&mine.authenticated, &theirs.authenticated, &kept] {
                assert_eq!(one.has_session(), has_session, "{kind}");
            }
        }
    }
}

#[test]
fn an_authority_that_an_earlier_version_has_stored_issues_the_same_shares() {
    for stored in all().values() {
        let mut authority = Authority::import(&stored["authority of a seed"]).unwrap();
        for (role, identifier) in parties() {
            assert_eq!(*authority.issue(&identifier).unwrap().export(), stored[&format!("share {role}")]);
        }
        let [north, south] = ["north.example", "south.example"]
            .map(|name| Contribution::import(&stored[&format!("contribution {name}")]).unwrap());
        assert_eq!(*Share::combine(&[north, south]).unwrap().identifier(), holder());
        let share = Share::import(&stored["share card-holder"]).unwrap();
        let key = share.common_key(&shop(), share.domain()).unwrap();
        assert_eq!(*key.export(), stored["key"][..]);
    }
}

#[test]
#[ignore = "writes what this version stores, once"]
fn write() {
    let path = folder().join(env!("CARGO_PKG_VERSION"));
    assert!(!path.exists(), "{}: a version's file is not written again", path.display());
    fs::create_dir_all(folder()).unwrap();
    let mut lines = String::new();
    for (name, bytes) in made() {
        lines += &name;
        lines.push(' ');
        for byte in bytes {
            write!(lines, "{byte:02x}").unwrap();
        }
        lines.push('\n');
    }
    fs::write(path, lines).unwrap();
}
