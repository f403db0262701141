//! What is stored is restored by its owner alone, whole, and by the version that stored it. Some of these states somebody
//! put together: their parts fit one another, and no order has them.

use polyseal::message::{VERSION, WireError};
use polyseal::{Share, Zeroizing};
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{changed, hash};
use polyseal_testing::story::Story;
use polyseal_testing::{bank, courier, holder, id, shares, shop};

use crate::cuts::processes::{COURSES, Course, Running, Source};
use crate::cuts::steps::{STEPS, run};
use crate::cuts::store::{Four, Stored};

/// Every state that is stored in any course of a purchase, with the party whose it is.
fn states() -> Vec<(Course, &'static str, Zeroizing<Vec<u8>>)> {
    let mut found = Vec::new();
    for course in COURSES {
        for end in 1..=STEPS.len() {
            let mut running = Running::start(course, Source::Exports, Stored::default());
            run(&mut running, 0..end);
            // The ledger has those that still wait, and those that do not any more.
            let Four { seller, manager, courier, gateway } = running.table.states();
            let placed = running.stop().placed;
            for (owner, state) in OWNERS.into_iter().zip([placed, seller, manager, courier, gateway]) {
                found.extend(state.map(|state| (course, owner, state)));
            }
        }
    }
    found.sort_by(|(_, a, x), (_, b, y)| (a, x.as_slice()).cmp(&(b, y.as_slice())));
    found.dedup_by(|(_, a, x), (_, b, y)| a == b && x == y);
    found
}

const OWNERS: [&str; 5] = ["card holder", "seller", "card manager", "delivery service", "gateway"];

/// What each party says to a state, if all of them have this share or, without one, their own.
fn restore(course: Course, share: Option<&Share>, owner: &str, state: &[u8]) -> Result<(), WireError> {
    let (parties, gate) = match share {
        None => course.enrolled(),
        Some(share) => course.parties([(); 5].map(|()| Share::import(&share.export()).unwrap())),
    };
    match owner {
        "card holder" => parties.holder.restore(state).map(drop),
        "seller" => parties.seller.restore(state).map(drop),
        "card manager" => parties.manager.restore(state).map(drop),
        "delivery service" => parties.courier.restore(state).map(drop),
        _ => gate.restore(state).map(drop),
    }
}

#[test]
fn a_state_of_another_version_or_owner_or_a_damaged_one_is_refused() {
    let [stranger] = shares([id("stranger.example")]);
    let states = states();
    for (course, owner, state) in &states {
        let own = |state: &[u8]| restore(*course, None, owner, state);
        assert_eq!(own(state), Ok(()), "{owner}");

        // The label comes first in an export, after the heads of the array and of the text.
        let mut other = state.to_vec();
        let label = 2..2 + VERSION.len();
        assert_eq!(&other[label.clone()], VERSION.as_bytes());
        other[label].copy_from_slice(b"polyseal/2");
        assert_eq!(own(&other), Err(WireError::Version), "{owner}");

        assert_eq!(restore(*course, Some(&stranger), owner, state), Err(WireError::OtherOwner), "{owner}");
        // Nor does one party continue from what another has stored: neither in its own name nor, in
        // another role, in the same.
        let kind = |expected| Err(WireError::Kind { expected });
        let names = [holder(), shop(), bank(), courier(), id("gateway.example")];
        let (_, name) = OWNERS.iter().zip(names).find(|(other, _)| *other == owner).unwrap();
        let [namesake] = shares([name]);
        for other in OWNERS.into_iter().filter(|other| other != owner) {
            let refused = match (*owner, other) {
                ("card holder", _) => kind("state"),
                (_, "card holder") => kind("placed order"),
                _ => Err(WireError::OtherOwner),
            };
            assert_eq!(restore(*course, None, other, state), refused, "the {other}, one of the {owner}");
            assert_eq!(restore(*course, Some(&namesake), other, state), refused, "the {other}, one of the {owner}");
        }

        let mut damaged = state.to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(own(&damaged), Err(WireError::Corrupt), "{owner}");
        let (_, short) = state.split_last().unwrap();
        assert_eq!(own(short), Err(WireError::Truncated), "{owner}");
        assert_eq!(own(&[state.as_slice(), &[0]].concat()), Err(WireError::Trailing), "{owner}");
    }
    // What was tried: of the card holder, one in each course; of the seller, awaiting, approved, dispatched, and
    // declined; of the card manager, awaiting and decided. Until its end the declined one is as the approved one.
    let count = |owner| states.iter().filter(|(_, other, _)| *other == owner).count();
    assert_eq!(OWNERS.map(count), [3, 3 + 1 + 3 + 3, 2 + 1 + 2 + 2, 3, 1]);
}

#[test]
fn a_placed_order_is_restored_whole_or_not_at_all() {
    let mut story = Story::standard(20);
    let state = story.sealed().awaiting.export();
    let holder = &story.parties.holder;
    let restored = |change: &dyn Fn(&mut Value)| holder.restore(&changed(&state, change));
    assert_eq!(*restored(&|_| {}).unwrap().export(), *state);
    let flip = |value: &mut Value| match value {
        Value::Bytes(bytes) => bytes[0] ^= 1,
        other => panic!("{other:?}"),
    };
    let corrupt = |what: &str, path: &[usize], change: &dyn Fn(&mut Value)| {
        let refused = restored(&|body| body.edit(path, change)).err();
        assert_eq!(refused, Some(WireError::Corrupt), "{what}");
    };
    let shorten = |all: &mut Value| drop(all.items().pop());
    let rename = |text: &mut Value| *text = Value::text("other");
    // Recipients, groups with their salts, fields and values, token.
    corrupt("a recipient's salt", &[1, 0, 1], &flip);
    corrupt("a recipient missing", &[1], &shorten);
    corrupt("a group's salt", &[2, 0, 0, 0], &flip);
    corrupt("a value", &[2, 0, 0, 1, 0, 1], &rename);
    corrupt("a name", &[2, 0, 0, 1, 0, 0], &rename);
    corrupt("a field missing", &[2, 0, 0, 1], &shorten);
    corrupt("the token", &[2, 1], &flip);
    let group_missing = |body: &mut Value| body.edit(&[2, 0], |groups| drop(groups.items().pop()));
    assert!(restored(&group_missing).is_err());
    let forgotten = |body: &mut Value| body.edit(&[2], |contents| *contents = Value::Null);
    assert!(restored(&forgotten).is_ok());
}

#[test]
fn a_seller_has_all_parts_that_it_passes_on() {
    let mut story = Story::standard(1);
    let state = story.at_seller().export();
    let seller = &story.parties.seller;
    assert!(seller.restore(&changed(&state, |_| {})).is_ok());
    let shorter = changed(&state, |body| {
        let body = body.items();
        drop(body[7].items().pop());
        // The rest is what the opening vouches for.
        body[8].items()[4] = Value::bytes(hash("parts", [body[7].clone()]));
    });
    assert_eq!(seller.restore(&shorter).map(drop), Err(WireError::Corrupt));
}

#[test]
fn a_placed_order_has_the_names_that_its_groups_select() {
    let mut story = Story::standard(2);
    let state = story.sealed().awaiting.export();
    let renamed = |name: &str| {
        changed(&state, |body| {
            let body = body.items();
            let group = &mut body[2].items()[0].items()[0];
            group.items()[1].items()[0].items()[0] = Value::text(name);
            let commitment = hash("group", group.items().clone());
            // The header commits to it.
            let mut header = Value::parse(body[0].as_bytes());
            header.items()[9].items()[0].items()[1] = Value::bytes(commitment);
            body[0] = Value::bytes(header.to_bytes());
        })
    };
    let name = at(&state, &[2, 2, 0, 0, 1, 0, 0]);
    let Value::Text(name) = name else { panic!("a name") };
    let holder = &story.parties.holder;
    assert!(holder.restore(&renamed(&name)).is_ok());
    assert_eq!(holder.restore(&renamed("aaa.other")).map(drop), Err(WireError::Corrupt));
}
