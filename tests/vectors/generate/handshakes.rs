//! What the two sides of a handshake send and keep.

use polyseal::Party;
use polyseal::handshake::{Authenticated, Initiator, Responder};
use polyseal_testing::cbor::at;
use polyseal_testing::forge::bound_on;
use polyseal_testing::{NOW, Repeatable};
use serde_json::{Value, json};

use crate::cast::{Cast, Member};
use crate::exports::{item, kept};
use crate::file::{File, hex, with};

/// A handshake, message by message.
pub(crate) fn meet(
    file: &mut File,
    cast: &Cast,
    (from, to): (&impl Party, &impl Party),
    exchange: bool,
) -> [Authenticated; 2] {
    let rng = &mut Repeatable(if exchange { 21 } else { 22 });
    let [ours, others] = [from.role(), to.role()].map(|role| cast.member(role));
    let comment = |what: &str| {
        let how = if exchange { "with an exchange" } else { "without an exchange" };
        format!("{} and {}, {how}: {what}", from.role(), to.role())
    };
    let (role, identifier) = (to.role().clone(), to.identifier().clone());
    let begin = if exchange { Initiator::start_with_exchange } else { Initiator::start };
    let (initiator, hello) = begin(from, role, identifier, NOW, rng).unwrap();
    let begun = initiator.export();
    kept(file, &comment("begun"), "initiator", Some(ours), &begun);
    let mut say = |what: &str, op: &str, party: &Member, input: Value, output: Value| {
        let input = with(&input, [("of", "handshakes".into()), ("op", op.into()), ("party", party.describe(NOW + 60))]);
        file.valid(&comment(what), "handshake", input, output);
    };
    let input = json!({"hello": hex(hello.to_bytes())});
    let told =
        json!({"from_role": from.role().as_str(), "from": hex(from.identifier().as_bytes()), "exchange": exchange});
    say("the hello", "hello", others, input, told);
    let (responder, answer) = Responder::answer(to, &hello, b"a form", NOW, rng).unwrap();
    let answered = responder.export();
    let (mine, confirmation) = initiator.receive(from, &answer, b"thanks", NOW, rng).unwrap();
    let (theirs, acknowledgement) = responder.receive(to, &confirmation, NOW, rng).unwrap();
    let input = json!({
        "initiator": hex(&*begun),
        "answer": hex(answer.to_bytes()),
        "confirmation": hex(confirmation.to_bytes()),
    });
    let bound = item(&answered, &[2]);
    let result = told_of(&mine.authenticated, from);
    assert_eq!(
        hex(mine.authenticated.transcript()),
        hex(bound_on("confirmation", at(at(&answered, &[2]).as_bytes(), &[2]).as_bytes(), &confirmation.to_bytes()))
    );
    let told = json!({
        "payload": hex(b"a form"),
        "bound_3": bound,
        "session_key": result["session_key"],
        "authenticated": result,
    });
    say("the answer", "answer", ours, input, told);
    let input = json!({"responder": hex(&*answered), "confirmation": hex(confirmation.to_bytes())});
    let told = json!({"payload": hex(b"thanks"), "authenticated": told_of(&theirs.authenticated, to)});
    say("the confirmation", "confirmation", others, input, told);
    let mut proof = mine.authenticated;
    if let Some(acknowledgement) = acknowledgement {
        let input = json!({
            "authenticated": hex(&*proof.export()),
            "acknowledgement": hex(acknowledgement.to_bytes()),
        });
        proof = proof.acknowledge(from, &acknowledgement, NOW).unwrap();
        say("the acknowledgement", "acknowledgement", ours, input, json!({"authenticated": told_of(&proof, from)}));
    }
    kept(file, &comment("answered"), "responder", Some(others), &answered);
    kept(file, &comment("the initiator's result"), "authenticated", Some(ours), &proof.export());
    let result = &theirs.authenticated;
    kept(file, &comment("the responder's result"), "authenticated", Some(others), &result.export());
    [proof, theirs.authenticated]
}

/// The result of a handshake, as a vector tells it.
fn told_of(proof: &Authenticated, own: &impl Party) -> Value {
    let export = proof.export();
    json!({
        "own_role": own.role().as_str(),
        "own": hex(own.identifier().as_bytes()),
        "peer_role": proof.role().as_str(),
        "peer": hex(proof.peer().as_bytes()),
        "at": proof.at(),
        "transcript": hex(proof.transcript()),
        "key_id": item(&export, &[6]),
        "session_key": item(&export, &[7]),
        "acknowledged": u64::from(proof.is_acknowledged()),
    })
}
