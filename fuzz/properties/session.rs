//! Under sessions: a party takes what its peer sealed under a session of just these two, or under their common key, and
//! named it as it was sealed. A session that the receiver has with another party speaks for nobody else.
//!
//! A script plays a dishonest party that has the genuine share and every session, and says what it likes.

use polyseal::handshake::Authenticated;
use polyseal::{Identifier, Share};
use sha2::{Digest, Sha256};

use super::desk::role_of;
use super::handshaking::is_message;
use super::meeting::Meeting;
use super::script::{EDITS, Script, Seed};
use polyseal_testing::cbor::{Value, at, with};
use polyseal_testing::forge::{Letter, World, session_of};
use polyseal_testing::keys::in_session;
use polyseal_testing::{bank, courier, holder, shop};

/// A message, and what of it is sealed under a session.
struct Kind {
    name: &'static str,
    path: &'static [usize],
    purpose: &'static str,
    /// Who seals, for whom, in which role.
    from: fn(&World) -> &Share,
    to: fn() -> Identifier,
    role: &'static str,
    /// The session of the two, and one that the receiver has with somebody else.
    sessions: [usize; 2],
}

const KINDS: [Kind; 9] = [
    Kind {
        name: "envelope",
        path: &[3, 0, 1],
        purpose: "part",
        from: |world| &world.holder,
        to: shop,
        role: "seller",
        sessions: [0, 2],
    },
    Kind {
        name: "relay",
        path: &[5],
        purpose: "relay",
        from: |world| &world.shop,
        to: bank,
        role: "card-manager",
        sessions: [2, 1],
    },
    Kind {
        name: "approval",
        path: &[3],
        purpose: "authorization",
        from: |world| &world.bank,
        to: shop,
        role: "seller",
        sessions: [2, 0],
    },
    Kind {
        name: "dispatch",
        path: &[5],
        purpose: "dispatch",
        from: |world| &world.shop,
        to: courier,
        role: "delivery-service",
        sessions: [3, 4],
    },
    Kind {
        name: "receipt",
        path: &[4],
        purpose: "receipt",
        from: |world| &world.shop,
        to: holder,
        role: "card-holder",
        sessions: [0, 1],
    },
    Kind {
        name: "request",
        path: &[5],
        purpose: "request",
        from: |world| &world.shop,
        to: bank,
        role: "card-manager",
        sessions: [2, 1],
    },
    Kind {
        name: "response",
        path: &[3],
        purpose: "response",
        from: |world| &world.bank,
        to: shop,
        role: "seller",
        sessions: [2, 0],
    },
    Kind {
        name: "delivery",
        path: &[4],
        purpose: "delivery",
        from: |world| &world.courier,
        to: shop,
        role: "seller",
        sessions: [3, 2],
    },
    Kind {
        name: "withdrawal",
        path: &[3],
        purpose: "withdrawal",
        from: |world| &world.holder,
        to: shop,
        role: "seller",
        sessions: [0, 3],
    },
];

/// A message that is under a session, or says so.
pub fn opens_under_session(bytes: &[u8]) -> bool {
    let meeting = Meeting::get();
    if is_message(bytes) {
        let taken = KINDS.iter().filter(|kind| meeting.takes(kind.name, bytes)).count();
        assert_eq!(taken > 0, meeting.messages.values().any(|honest| honest == bytes), "accepted, or honest?");
        return taken > 0;
    }
    let mut script = Script(bytes);
    let kind = &KINDS[usize::from(script.byte()) % KINDS.len()];
    let honest = &meeting.messages[kind.name];
    let [own, other] = kind.sessions.map(|place| &meeting.proofs[place]);
    let key = |proof: &Authenticated| session_of(proof).unwrap().try_into().unwrap();
    let share = (kind.from)(&meeting.world);

    let named = at(honest, &[2]).as_bytes().to_vec();
    let is_header = ["envelope", "relay", "dispatch", "request"].contains(&kind.name);
    let digest = if is_header { Sha256::digest(&named).to_vec() } else { named };
    let (from, to) = (polyseal::KeySource::identifier(share), (kind.to)());
    let (purpose, role) = (kind.purpose, kind.role);
    let letter = Letter { purpose, step: 0, by: role_of(purpose), from, to: &to, digest: &digest, role, token: None };
    let plain = Value::parse(&letter.open(&in_session(share, key(own)), &at(honest, kind.path)));
    let mut said = plain.clone();

    let (under, name) = (script.byte() % 3, script.byte() % 4);
    for _ in 0..EDITS {
        if script.is_empty() {
            break;
        }
        script.edit(&mut said);
    }
    let mut sealed = match under {
        0 => letter.seal(&in_session(share, key(own)), &said.to_bytes()),
        1 => letter.seal(share, &said.to_bytes()),
        _ => letter.seal(&in_session(share, key(other)), &said.to_bytes()),
    };
    match name {
        0 => sealed.items().push(Value::bytes(own.transcript())),
        1 => {}
        2 => sealed.items().push(Value::bytes(other.transcript())),
        _ => sealed.items().push(Value::bytes([9; 32])),
    }
    let taken = meeting.takes(kind.name, &with(honest, kind.path, sealed));
    let is_named = (under, name) == (0, 0) || (under, name) == (1, 1);
    assert!(is_named || !taken, "{}: sealed under {under}, named {name}", kind.name);
    assert!(taken || !is_named || said != plain, "{}: the truth is refused", kind.name);
    assert!(taken || meeting.takes(kind.name, honest), "the honest message is refused");
    taken
}

/// The corpus: honest messages, and scripts.
pub fn seeds() -> Vec<Seed> {
    let meeting = Meeting::get();
    let mut seeds: Vec<Seed> = Vec::new();
    for (place, kind) in (0_u8..).zip(&KINDS) {
        let name = kind.name;
        seeds.push(("open_under_session", name.into(), meeting.messages[name].clone()));
        seeds.push(("open_under_session", format!("same-{name}"), vec![place, 0, 0]));
        seeds.push(("open_under_session", format!("common-{name}"), vec![place, 1, 1]));
        for (under, named) in [(2, 2), (2, 0), (0, 3)] {
            seeds.push(("open_under_session", format!("edit-{name}-{under}-{named}"), vec![place, under, named]));
        }
        seeds.push(("open_under_session", format!("edit-{name}"), vec![place, 0, 0, 0, 3, 1, 7]));
    }
    seeds
}
