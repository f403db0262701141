//! What a liar says in place of what it has heard.

use polyseal_testing::cbor::Value;

use crate::cast::{Keys, role};
use crate::forge::{self, AUTHORIZATION, Between, HEADER, PARTS, Session, sha256};
use crate::network::{Kind, Message};
use crate::orders::name_of;
use crate::random::Random;
use crate::trace::Who;
use crate::world::World;

/// What has a statement of its sender's.
pub(super) const STATED: [Kind; 8] = [
    Kind::Withdrawal,
    Kind::Relay,
    Kind::Dispatch,
    Kind::Authorization,
    Kind::Receipt,
    Kind::Request,
    Kind::Response,
    Kind::Delivery,
];

/// A message with a statement in place of the one that was heard: sealed under these keys, or this session, in the name
/// of `from`.
pub(super) fn with_statement(
    world: &World,
    heard: &Message,
    from: Who,
    (keys, session): (&Keys, Option<&Session>),
    random: &mut Random,
) -> Vec<u8> {
    let mut message = Value::parse(&heard.bytes);
    let to_name = role(heard.to).map_or_else(|| "card-holder".into(), |role| name_of(role).as_str().to_owned());
    let last = message.items().len() - 1;
    let now = world.clock.now();
    let noise = [u8::try_from(random.below(256)).unwrap(); 32];
    let mut by = "seller".to_owned();
    let (purpose, digest, plaintext) = match heard.kind {
        Kind::Relay | Kind::Dispatch => {
            let (digest, parts) = (sha256(message.items()[HEADER].as_bytes()), message.items()[PARTS].clone());
            let (is_dispatch, date) = (heard.kind == Kind::Dispatch, forge::dates(&message.items()[HEADER]).issued);
            let token = if is_dispatch { Value::bytes(noise) } else { Value::Null };
            let consignment = if is_dispatch { forge::consignment(1, true, b"") } else { Value::Null };
            let statement = forge::statement(&parts, date, token, consignment);
            (if is_dispatch { "dispatch" } else { "relay" }, digest, statement)
        }
        Kind::Request => {
            let (digest, parts) = (sha256(message.items()[HEADER].as_bytes()), message.items()[PARTS].clone());
            let date = forge::dates(&message.items()[HEADER]).issued;
            let sum = ["1.00 EUR", "900.00 EUR"][random.index(2)];
            let demand = forge::demand(1 + random.below(3), random.once_in(2).then_some(sum));
            ("request", digest, forge::claim(&parts, date, demand))
        }
        Kind::Response => {
            by = "card-manager".into();
            let demand = forge::demand(1 + random.below(2), random.once_in(2).then_some("1.00 EUR"));
            let refusal = random.once_in(2).then_some("lies");
            let digest = message.items()[2].as_bytes().try_into().unwrap();
            ("response", digest, forge::resolution(demand, now, refusal, "1.00 EUR"))
        }
        Kind::Withdrawal => {
            by = "card-holder".into();
            ("withdrawal", message.items()[2].as_bytes().try_into().unwrap(), forge::notice())
        }
        Kind::Delivery => {
            let Value::Text(giver) = message.items()[3].clone() else { return heard.bytes.to_vec() };
            by = giver;
            let failure = random.once_in(2).then_some("lies");
            let digest = message.items()[2].as_bytes().try_into().unwrap();
            ("delivery", digest, forge::outcome(1 + random.below(2), now, failure))
        }
        Kind::Authorization => {
            by = "card-manager".into();
            let verdict =
                if random.once_in(2) { forge::refusal(now, "lies") } else { forge::approval(now, Value::bytes(noise)) };
            (AUTHORIZATION, message.items()[2].as_bytes().try_into().unwrap(), verdict)
        }
        _ => {
            let digest = message.items()[2].as_bytes().try_into().unwrap();
            let giver = message.items()[3].clone();
            let Value::Text(giver) = giver else { return heard.bytes.to_vec() };
            by.clone_from(&giver);
            ("receipt", digest, forge::report(&giver, (random.below(4), None), now))
        }
    };
    let between = Between { purpose, by: &by, from, to: heard.to, digest: &digest, role: &to_name, token: None, keys };
    message.items()[last] = match session {
        Some(session) => between.seal_under(session, &plaintext, random),
        None => between.seal(&plaintext, random),
    };
    message.to_bytes()
}
