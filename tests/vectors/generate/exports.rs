//! What is kept: exports, each as a test of its own.

use polyseal::{Authority, Capacity, OrderForm, Role};
use polyseal_testing::cbor::{Value as Item, at};
use polyseal_testing::{Repeatable, domain};
use serde_json::{Value, json};

use crate::cast::{Cast, Member, authority, joint_domain, root};
use crate::file::{File, hex};

/// An export, which its owner reads.
pub(crate) fn kept(file: &mut File, comment: &str, kind: &str, owner: Option<&Member>, export: &[u8]) {
    let input = json!({"of": "exports", "kind": kind, "export": hex(export), "owner": owner.map(Member::owner)});
    file.valid(comment, "export", input, json!({}));
}

/// Bytes, a number, or null in the body of an export.
pub(crate) fn item(export: &[u8], path: &[usize]) -> Value {
    match at(at(export, &[2]).as_bytes(), path) {
        Item::Null => Value::Null,
        Item::Uint(number) => number.into(),
        item => hex(item.as_bytes()).into(),
    }
}

/// What authorities keep, and what they give away.
pub(crate) fn authorities(file: &mut File) {
    let member = Cast::of_one_issuer(OrderForm::standard());
    let holder = member.member(&Role::CARD_HOLDER);
    let mut seeded = authority(domain(), None);
    kept(file, "an authority that served nobody", "authority", None, &seeded.export());
    let share = seeded.issue(&holder.identifier).unwrap();
    kept(file, "a share", "share", Some(holder), &share.export());
    kept(file, "an authority from its seed", "authority", None, &seeded.export());
    let random = Authority::random(domain(), 2, Capacity::assuming_no_coalition_above_threshold(5), &mut Repeatable(3));
    kept(file, "an authority of a random matrix", "authority", None, &random.unwrap().export());
    let west = joint_domain().issuers().iter().last().unwrap().clone();
    let mut joint = authority(joint_domain(), Some(west));
    let contribution = joint.contribute(&holder.identifier).unwrap();
    kept(file, "one of two authorities", "joint authority", None, &joint.export());
    kept(file, "a contribution", "contribution", Some(holder), &contribution.export());
    kept(file, "a root", "root", None, &root().export());
}
