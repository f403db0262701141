//! Handshakes. The library draws what a side sends: what a test prescribes is drawn from a script.

use polyseal::handshake::{Acknowledgement, Answer, Authenticated, Confirmation, Hello, Initiator, Responder};
use polyseal::{Identifier, Role};
use polyseal_testing::cbor::{Value as Item, at};
use polyseal_testing::forge::{bound_on, bound_to_hello};
use polyseal_testing::{Given, Repeatable};
use serde_json::{Value, json};

use super::party::{Party, with_party};
use super::{Found, Input, Refusal, hex};

pub(super) fn handshakes(input: Input<'_>) -> Found {
    // The exchange alone is checked in src/vectors.rs.
    if input.text("op") == "x-wing" {
        return Err(Refusal::out_of_reach());
    }
    let party = Party::of(input.member("party").unwrap())?;
    let now = input.member("party").unwrap().int("now");
    with_party!(&party, party => match input.text("op") {
        "make hello" => start(party, input, now),
        "hello" => answer(party, input, now),
        "answer" => take_answer(party, input, now),
        "confirmation" => take_confirmation(party, input, now),
        _ => take_acknowledgement(party, input, now),
    })
}

fn start(party: &impl polyseal::Party, input: Input<'_>, now: u64) -> Found {
    let mut drawn = Given(input.bytes("challenge"));
    let (role, to) = (Role::new(input.text("to_role"))?, Identifier::new(input.bytes("to"))?);
    let (_, hello) = if input.get("secret").is_some() {
        drawn.0.extend(input.bytes("secret"));
        Initiator::start_with_exchange(party, role, to, now, &mut drawn)?
    } else {
        Initiator::start(party, role, to, now, &mut drawn)?
    };
    Ok(json!({"hello": hex(hello.to_bytes())}))
}

fn answer(party: &impl polyseal::Party, input: Input<'_>, now: u64) -> Found {
    let hello = Hello::from_bytes(&input.bytes("hello"))?;
    let (_, answer) = Responder::answer(party, &hello, b"", now, &mut Repeatable(1))?;
    Ok(json!({
        "from_role": hello.sender_role().as_str(),
        "from": hex(hello.sender().as_bytes()),
        "exchange": at(&answer.to_bytes(), &[3]) != Item::Null,
    }))
}

/// What a result says. Its key is in its export alone.
fn told(authenticated: &Authenticated, party: &impl polyseal::Party) -> Value {
    let export = authenticated.export();
    let body = at(&export, &[2]);
    let Item::Array(items) = Item::parse(body.as_bytes()) else { panic!("a proof") };
    let bytes_or_null = |item: &Item| match item {
        Item::Null => Value::Null,
        item => hex(item.as_bytes()).into(),
    };
    json!({
        "own_role": party.role().as_str(),
        "own": hex(party.identifier().as_bytes()),
        "peer_role": authenticated.role().as_str(),
        "peer": hex(authenticated.peer().as_bytes()),
        "at": authenticated.at(),
        "transcript": hex(authenticated.transcript()),
        "key_id": bytes_or_null(&items[6]),
        "session_key": bytes_or_null(&items[7]),
        "acknowledged": u64::from(authenticated.is_acknowledged()),
    })
}

/// The transcript depends on the confirmation, which the library makes itself. So it is told with the test's confirmation
/// in place of that, from what both are bound to.
fn take_answer(party: &impl polyseal::Party, input: Input<'_>, now: u64) -> Found {
    let initiator = Initiator::restore(party, &input.bytes("initiator"))?;
    let answer = Answer::from_bytes(&input.bytes("answer"))?;
    let (finished, confirmation) =
        initiator.receive(party, &answer, b"", now, &mut Repeatable(1)).map_err(|refused| refused.error)?;
    let mut told = told(&finished.authenticated, party);
    let begun = at(&input.bytes("initiator"), &[2]);
    let Item::Array(begun) = Item::parse(begun.as_bytes()) else { panic!("a state") };
    let (challenge, ciphertext) = (at(&input.bytes("answer"), &[2]), at(&input.bytes("answer"), &[3]));
    let bound =
        bound_on("answer", &bound_to_hello(begun[1].as_bytes(), &challenge, &ciphertext), &input.bytes("answer"));
    assert_eq!(told["transcript"], hex(bound_on("confirmation", &bound, &confirmation.to_bytes())));
    told["transcript"] = hex(bound_on("confirmation", &bound, &input.bytes("confirmation"))).into();
    let key = told["session_key"].clone();
    let payload = hex(&*finished.payload);
    Ok(json!({"payload": payload, "bound_3": hex(bound), "session_key": key, "authenticated": told}))
}

fn take_confirmation(party: &impl polyseal::Party, input: Input<'_>, now: u64) -> Found {
    let responder = Responder::restore(party, &input.bytes("responder"))?;
    let confirmation = Confirmation::from_bytes(&input.bytes("confirmation"))?;
    let (finished, acknowledgement) =
        responder.receive(party, &confirmation, now, &mut Repeatable(1)).map_err(|refused| refused.error)?;
    assert_eq!(acknowledgement.is_some(), finished.authenticated.has_session());
    Ok(json!({"payload": hex(&*finished.payload), "authenticated": told(&finished.authenticated, party)}))
}

fn take_acknowledgement(party: &impl polyseal::Party, input: Input<'_>, now: u64) -> Found {
    let authenticated = Authenticated::import(&input.bytes("authenticated"))?;
    let acknowledgement = Acknowledgement::from_bytes(&input.bytes("acknowledgement"))?;
    let authenticated = authenticated.acknowledge(party, &acknowledgement, now)?;
    Ok(json!({"authenticated": told(&authenticated, party)}))
}
