//! States that somebody put together: their parts fit one another, and no order has them.

use polyseal::SendError;
use polyseal::error::TimeError;
use polyseal::message::WireError;
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{exported, hash};
use polyseal_testing::story::Story;

/// A state with a change in its body.
fn changed(kind: &str, state: &[u8], change: impl FnOnce(&mut Vec<Value>)) -> Vec<u8> {
    let mut body = Value::parse(at(state, &[2]).as_bytes());
    change(body.items());
    exported(kind, &body.to_bytes())
}

#[test]
fn a_seller_has_all_parts_that_it_passes_on() {
    let mut story = Story::standard(1);
    let state = story.at_seller().export();
    let seller = &story.parties.seller;
    assert!(seller.restore(&changed("state", &state, |_| {})).is_ok());
    let shorter = changed("state", &state, |body| {
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
        changed("placed order", &state, |body| {
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

#[test]
fn no_receipt_is_given_after_the_time_to_settle() {
    // W-3
    let mut story = Story::standard(3);
    let awaiting = story.at_seller();
    let (seller, until) = (&story.parties.seller, awaiting.part().settle_until());
    assert!(awaiting.receipt(seller, until, &mut story.rng).is_ok());
    let late = awaiting.receipt(seller, until + 1, &mut story.rng);
    assert!(matches!(late, Err(SendError::Time(TimeError::Expired))));
}
