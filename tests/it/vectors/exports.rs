//! What parties keep: it is read, and written the same.

use polyseal::authority::{Contribution, RootSecret};
use polyseal::handshake::{Authenticated, Evidence, Initiator, Responder};
use polyseal::seller::SellerOrder;
use polyseal::{Authority, Identifier, Keyring, Refused, Role, Share, Zeroizing};
use polyseal_testing::cbor::{Value as Item, at};
use polyseal_testing::is_like;

use super::party::{Party, with_party};
use super::{Found, Input, Refusal, hex, nothing, tests_of};

type Read = Result<Zeroizing<Vec<u8>>, Refusal>;

pub(super) fn exports(input: Input<'_>) -> Found {
    let bytes = input.bytes("export");
    let owner = input.member("owner").map(|owner| (owner.text("role"), owner.bytes("identifier")));
    let read = match input.text("kind") {
        "share" => share(&bytes, owner),
        "contribution" => contribution(&bytes, owner),
        // One type reads both kinds: which kind one expects is compared.
        kind @ ("authority" | "joint authority") => authority(&bytes, kind),
        "root" => RootSecret::import(&bytes).map(|root| root.export()).map_err(Refusal::from),
        "placed order" => placed(&bytes, owner),
        "initiator" => side(
            &bytes,
            owner,
            [3, 4],
            |party, bytes| with_party!(party, party => Ok(Initiator::restore(party, bytes)?.export())),
        ),
        "responder" => side(
            &bytes,
            owner,
            [5, 6],
            |party, bytes| with_party!(party, party => Ok(Responder::restore(party, bytes)?.export())),
        ),
        "authenticated" => authenticated(&bytes, owner),
        _ => state(&bytes, owner),
    };
    read.map(|written| {
        assert_eq!(hex(&*written), hex(&bytes), "what is read is written the same");
        nothing()
    })
}

type Owner<'a> = Option<(&'a str, Vec<u8>)>;

fn share(bytes: &[u8], owner: Owner<'_>) -> Read {
    let share = Share::import(bytes)?;
    let written = share.export();
    if let Some((_, identifier)) = owner {
        Keyring::new(Identifier::new(identifier)?, [share])?;
    }
    Ok(written)
}

fn contribution(bytes: &[u8], owner: Owner<'_>) -> Read {
    let contribution = Contribution::import(bytes)?;
    match owner {
        Some((_, identifier)) if contribution.identifier().as_bytes() != identifier => Err(Refusal::new("other-owner")),
        _ => Ok(contribution.export()),
    }
}

fn authority(bytes: &[u8], kind: &str) -> Read {
    let authority = Authority::import(bytes)?;
    let written = authority.export();
    if at(bytes, &[1]) == Item::text(kind) { Ok(written) } else { Err(Refusal::new("other-kind")) }
}

/// An item of an export's body, if it is there.
fn item(bytes: &[u8], path: &[usize]) -> Option<Item> {
    let found = std::panic::catch_unwind(|| {
        let mut item = Item::parse(at(bytes, &[2]).as_bytes());
        for place in path {
            let Item::Array(items) = item else { return None };
            item = match items.get(*place)? {
                // What an export wraps once more.
                Item::Bytes(bytes) if bytes.len() > 100 && *place != path[path.len() - 1] => Item::parse(bytes),
                item => item.clone(),
            };
        }
        Some(item)
    });
    found.ok().flatten()
}

/// The party whose export it is, as the reader or else the export itself has it.
fn party(bytes: &[u8], owner: Owner<'_>, [role, identifier]: [&[usize]; 2]) -> Party {
    let of_export = || {
        let role = match item(bytes, role) {
            Some(Item::Text(role)) => Role::new(&role).ok()?,
            _ => Role::CARD_HOLDER,
        };
        match item(bytes, identifier)? {
            Item::Bytes(bytes) if !bytes.is_empty() && bytes.len() <= 512 => Some((role, bytes)),
            _ => None,
        }
    };
    let owner = owner.map(|(role, identifier)| (Role::new(role).unwrap(), identifier));
    let (role, identifier) = owner.or_else(of_export).unwrap_or((Role::SELLER, b"anybody".to_vec()));
    Party::keyless(&role, &identifier)
}

fn placed(bytes: &[u8], owner: Owner<'_>) -> Read {
    match party(bytes, owner, [&[9, 9], &[0, 2]]) {
        Party::Holder(holder) => Ok(holder.restore(bytes)?.export()),
        // No other party has such a step.
        _ => Err(Refusal::new("other-owner")),
    }
}

fn side(bytes: &[u8], owner: Owner<'_>, [role, identifier]: [usize; 2], read: fn(&Party, &[u8]) -> Read) -> Read {
    read(&party(bytes, owner, [&[1, role], &[1, identifier]]), bytes)
}

fn authenticated(bytes: &[u8], owner: Owner<'_>) -> Read {
    let proof = Authenticated::import(bytes)?;
    let evidence = Evidence::new().with(&proof);
    with_party!(&party(bytes, owner, [&[0], &[1]]), party => party.with_evidence(&evidence).map(drop))?;
    Ok(proof.export())
}

fn state(bytes: &[u8], owner: Owner<'_>) -> Read {
    Ok(match party(bytes, owner, [&[0], &[1]]) {
        Party::Holder(_) => return Err(Refusal::new("other-owner")),
        Party::Seller(seller) => seller.restore(bytes)?.export(),
        Party::Manager(manager) => manager.restore(bytes)?.export(),
        Party::Other(recipient) => recipient.restore(bytes)?.export(),
    })
}

#[test]
fn nothing_is_demanded_of_an_order_whose_amount_is_forgotten() {
    let forgotten = |test: &serde_json::Value| test["comment"] == "state: the amount forgotten by the seller";
    let tests: Vec<_> = tests_of("exports").into_iter().filter(forgotten).collect();
    let [test] = tests.as_slice() else { panic!("there is one such state") };
    let bytes = Input(&test["input"]).bytes("export");
    let Party::Seller(seller) = party(&bytes, None, [&[0], &[1]]) else { panic!("it is a seller's") };
    let demanded = match seller.restore(&bytes).unwrap() {
        SellerOrder::AwaitingAuthorization(order) => order.cancel(&seller, 0).map_err(Refused::into_error),
        SellerOrder::Approved(order) => order.cancel(&seller, 0).map_err(Refused::into_error),
        other => panic!("{other:?}"),
    };
    is_like(demanded, "Forgotten", "amount due");
}
