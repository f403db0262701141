//! A message that was changed, or is not for this party or this order, is refused and leaves nothing behind: the honest
//! one is still new afterwards.

use crate::desk::{
    ACKNOWLEDGEMENT, Actors, Desk, HANDSHAKES, MESSAGES, Messages, RECEIPTS, TO_SELLER, WINDOWS, WITH_PARTS, messages,
};
use polyseal::Rules;
use polyseal::key::Cohort;
use polyseal_testing::cbor::{Value, at, edited, with};
use polyseal_testing::forge::key_id;
use polyseal_testing::{GATEWAY, NOW, bank, courier, domain, domains, gateway_form, id, shop};

const BETWEEN_SERVICES: [&str; 9] =
    ["relay", "relay-all", "gateway", "approval", "refusal", "dispatch", "request", "response", "delivery"];

#[test]
fn every_changed_byte_and_every_other_length_is_refused() {
    // B-0, M-1, H-9: what is refused leaves nothing behind, and the genuine message is taken after it.
    let actors = Actors::honest();
    let messages = messages(&actors, "Kettle", WINDOWS);
    for (name, _) in MESSAGES {
        let message = &messages[name];
        let mut desk = Desk::new(&actors, name, &messages);
        let before = desk.traces();
        let mut refuses = |bytes: &[u8], what: &str, place: usize| {
            assert!(desk.receive(bytes).is_err(), "{name}: {what} at {place} of {}", message.len());
            assert_eq!(desk.ledger.len(), before.0);
        };
        let mut altered = message.clone();
        for place in 0..message.len() {
            for flip in [0x01, 0x80] {
                altered[place] ^= flip;
                refuses(&altered, "a flip", place);
                altered[place] ^= flip;
            }
            refuses(&message[..place], "an end", place);
        }
        for more in [0x00, 0xf6, 0xff] {
            refuses(&[message.as_slice(), &[more]].concat(), "a further byte", message.len());
        }
        assert_eq!(desk.traces(), before);
        assert_eq!(desk.receive(message), Ok(true), "{name}");
    }
}

/// Something that must not be received, and how it is refused: a prefix of the error.
struct Case {
    what: String,
    to: &'static str,
    message: Vec<u8>,
    refusal: &'static str,
}

impl Case {
    fn new(what: &str, to: &'static str, refusal: &'static str, message: Vec<u8>) -> Self {
        Self { what: what.to_string(), to, message, refusal }
    }
}

/// The one loop over cases: each is refused as expected, by a receiver to which the honest message
/// is new before and after.
fn are_refused(actors: &Actors, honest: &Messages, cases: Vec<Case>) {
    for Case { what, to, message, refusal } in cases {
        let mut desk = Desk::new(actors, to, honest);
        let before = desk.traces();
        let found = desk.receive(&message);
        assert!(found.as_ref().is_err_and(|error| error.starts_with(refusal)), "{to}, {what}: {found:?}");
        assert_eq!(desk.traces(), before, "{to}, {what}");
        assert_eq!(desk.receive(&honest[to]), Ok(true), "{to}, {what}");
    }
}

#[test]
fn a_message_holds_in_its_own_domain_alone() {
    let actors = Actors::honest();
    let messages = messages(&actors, "Kettle", WINDOWS);
    let mut cases = Vec::new();
    for (to, path) in MESSAGES {
        let service = usize::from(BETWEEN_SERVICES.contains(&to));
        // The domain of a handshake is that of its hello, whatever an answer says.
        let is_answer = to == ACKNOWLEDGEMENT || HANDSHAKES.iter().any(|[_, after @ ..]| after.contains(&to));
        let unheld = domain().with_cohort(Cohort::new(0, 3).unwrap());
        let others = domains().into_iter().skip(1).chain([(unheld, ["Key(UnknownDomain)"; 2])]);
        cases.extend(others.map(|(domain, refusals)| Case {
            what: format!("{domain:?}"),
            to,
            message: with(&messages[to], path, key_id(&domain)),
            refusal: if is_answer { "Rejected" } else { refusals[service] },
        }));
    }
    are_refused(&actors, &messages, cases);
}

/// Swaps what is at one path of two messages: the first with the second's.
fn spliced(one: &[u8], two: &[u8], path: &[usize]) -> Vec<u8> {
    with(one, path, at(two, path))
}

#[test]
fn nothing_goes_from_one_order_or_place_to_another() {
    let actors = Actors::honest();
    let [one, two] = ["Kettle", "Teapot"].map(|item| messages(&actors, item, WINDOWS));
    let mut cases = Vec::new();
    let mut case = |what, to, refusal, message| cases.push(Case::new(what, to, refusal, message));
    // Pieces of one order in another's message, and other names in the clear. Header: sender 2,
    // dates 3 to 6, token's hash 7, recipients 8, groups 9.
    for (to, _) in MESSAGES {
        let last = at(&one[to], &[]).items().len();
        for piece in 2..last {
            let named = TO_SELLER.contains(&to) || RECEIPTS.contains(&to);
            let refusal = match to {
                _ if named && piece == 2 => "OtherOrder",
                ACKNOWLEDGEMENT => "Key(UnknownSession)",
                _ => "Rejected",
            };
            if at(&one[to], &[piece]) != at(&two[to], &[piece]) {
                case("a piece of another order", to, refusal, spliced(&one[to], &two[to], &[piece]));
            }
        }
    }
    for to in WITH_PARTS {
        let message = &one[to];
        case("another sender", to, "Rejected", with(message, &[2, 2], Value::bytes("other.example")));
        case("another card holder's cohort", to, "Rejected", with(message, &[2, 2], Value::bytes("x")));
        case("an earlier date", to, "Rejected", with(message, &[2, 3], Value::Uint(NOW - 1)));
        case("a longer acceptance", to, "Rejected", with(message, &[2, 4], Value::Uint(NOW + 3601)));
        case("a longer delivery", to, "Rejected", with(message, &[2, 5], Value::Uint(NOW + 7201)));
        case("a longer settlement", to, "Rejected", with(message, &[2, 6], Value::Uint(NOW + 10_801)));
        for date in [5, 6] {
            case("dates out of order", to, "Expected", with(message, &[2, date], Value::Uint(NOW)));
        }
        for piece in [7, 8, 9] {
            case("another order's header", to, "Rejected", spliced(message, &two[to], &[2, piece]));
        }
        let swap = |places: [usize; 2]| move |value: &mut Value| value.items().swap(places[0], places[1]);
        case("recipients reordered", to, "", edited(message, &[2, 8], swap([1, 2])));
        case("groups reordered", to, "Expected", edited(message, &[2, 9], swap([1, 2])));
        case("selectors reordered", to, "NotDeterministic", edited(message, &[2, 9, 0, 0], swap([0, 1])));
        for selector in ["items.0", "payment.type", "payment.type.*", "payment.type.x"] {
            let more = |value: &mut Value| value.items().push(Value::text(selector));
            case("conflicting selectors", to, "Expected", edited(message, &[2, 9, 4, 0], more));
        }
    }
    for to in ["relay", "relay-all", "gateway", "dispatch", "request"] {
        let relayer = |name: &str| with(&one[to], &[4], Value::bytes(name));
        case("another relayer", to, "Rejected", relayer("other.example"));
        case("the card holder as relayer", to, "Rejected", relayer("holder.example/4711"));
    }
    // Parts of an envelope that are missing, swapped, repeated or another's.
    for to in ["envelope", "relay-all"] {
        for place in 0..4 {
            let parts = |change: &dyn Fn(&mut Vec<Value>)| edited(&one[to], &[3], |value| change(value.items()));
            let missing = if (to, place) == ("envelope", 0) || (to, place) == ("relay-all", 1) {
                "NotAddressed"
            } else {
                "Rejected"
            };
            case("a part missing", to, missing, parts(&|parts| drop(parts.remove(place))));
            case("a part twice", to, "Expected", parts(&|parts| parts.insert(place, parts[place].clone())));
            case("parts reordered", to, "Expected", parts(&|parts| parts.rotate_left(place.max(1))));
            case("a part of another", to, "Rejected", spliced(&one[to], &two[to], &[3, place]));
            let other = at(&one[to], &[3, (place + 1) % 4, 1]);
            case("another recipient's part", to, "Rejected", with(&one[to], &[3, place, 1], other));
        }
        case("no part", to, "Limit", with(&one[to], &[3], Value::Array(Vec::new())));
    }
    // Roles, kinds and directions.
    case("another role", "direct", "NotAddressed", with(&one["direct"], &[3, 0], Value::text(GATEWAY)));
    case("no role of the order", "direct", "Expected", with(&one["direct"], &[3, 0], Value::text("spy")));
    case("another's relay", "relay", "NotAddressed", one["gateway"].clone());
    case("another's relay", "gateway", "NotAddressed", one["relay"].clone());
    case("another's dispatch", "dispatch", "NotAddressed", with(&one["relay"], &[1], Value::text("dispatch")));
    case("the relay's role changed", "gateway", "Rejected", with(&one["relay"], &[3, 0, 0], Value::text(GATEWAY)));
    case("everybody's parts", "gateway", "Rejected", with(&one["gateway"], &[3], at(&one["relay-all"], &[3])));
    case("less than was relayed", "relay-all", "Rejected", with(&one["relay-all"], &[3], at(&one["relay"], &[3])));
    case("everybody's parts", "request", "Limit", with(&one["request"], &[3], at(&one["relay-all"], &[3])));
    case("no part", "request", "Rejected", with(&one["request"], &[3], Value::Array(Vec::new())));
    for (to, _) in MESSAGES {
        for (other, _) in MESSAGES {
            let [kind, named] = [to, other].map(|name| at(&one[name], &[1]));
            if kind != named {
                case("another kind", to, "Kind", one[other].clone());
                // As this kind, it has another shape or another meaning.
                case("another kind renamed", to, "", with(&one[other], &[1], kind));
            }
        }
    }
    let parcel = with(&one["dispatch"], &[1], Value::text("relay"));
    case("a dispatch as a relay", "gateway", "NotAddressed", parcel);
    // A session where the message is sealed under none. Each seal has its domain first.
    for (to, path) in MESSAGES.into_iter().filter(|(to, _)| *to != ACKNOWLEDGEMENT) {
        let [sealed @ .., 0] = path else { continue };
        let is_answer = HANDSHAKES.as_flattened().contains(&to);
        let named = edited(&one[to], sealed, |sealed| sealed.items().push(Value::bytes([7; 32])));
        case("a session", to, if is_answer { "Rejected" } else { "Key(UnknownSession)" }, named);
    }
    are_refused(&actors, &one, cases);
}

#[test]
fn nothing_is_said_of_another_order_or_in_anothers_name() {
    let actors = Actors::honest();
    let [one, two] = ["Kettle", "Teapot"].map(|item| messages(&actors, item, WINDOWS));
    let mut cases = Vec::new();
    let mut case = |what, to, refusal, message| cases.push(Case::new(what, to, refusal, message));
    for to in TO_SELLER.into_iter().chain(RECEIPTS) {
        case("another order's", to, "OtherOrder", two[to].clone());
    }
    case("in another's name", "delivery", "NoSuchRecipient", with(&one["delivery"], &[3], Value::text(GATEWAY)));
    for (to, giver, other) in
        [("sellers-receipt", "seller", "managers-receipt"), ("managers-receipt", "card-manager", "sellers-receipt")]
    {
        case("in another's name", to, "Rejected", with(&one[other], &[3], Value::text(giver)));
        case("the courier's", to, "Rejected", with(&one[to], &[3], Value::text("delivery-service")));
        case("nobody's", to, "NoSuchRecipient", with(&one[to], &[3], Value::text("nobody")));
    }
    are_refused(&actors, &one, cases);
}

#[test]
fn nothing_goes_from_one_handshake_to_another() {
    let actors = Actors::honest();
    let [one, two] = ["Kettle", "Teapot"].map(|item| messages(&actors, item, WINDOWS));
    let mut cases = Vec::new();
    let mut case = |what, to, refusal, message| cases.push(Case::new(what, to, refusal, message));
    for (handshake, others) in HANDSHAKES.into_iter().zip(HANDSHAKES.into_iter().rev()) {
        for (to, kind) in handshake.into_iter().zip(others) {
            case("another handshake's", to, "Rejected", two[to].clone());
            case("one of the other sort", to, "Rejected", one[kind].clone());
        }
    }
    for [to, ..] in HANDSHAKES {
        let hello = |place: usize, value: Value| with(&one[to], &[place], value);
        case("in another role", to, "Rejected", hello(3, Value::text("card-manager")));
        case("from another", to, "Rejected", hello(4, Value::bytes("other.example")));
        case("from the one it is for", to, "Expected", hello(4, Value::bytes(shop().as_bytes())));
        case("to another role", to, "NotAddressed", hello(5, Value::text("card-manager")));
        case("to another", to, "NotAddressed", hello(6, Value::bytes("other.example")));
    }
    // In a hello, and in an answer.
    let [plain, exchange] = HANDSHAKES;
    for (place, item) in [(0, 8), (1, 3)] {
        let exchanged = at(&one[exchange[place]], &[item]);
        case("an exchange added", plain[place], "Rejected", with(&one[plain[place]], &[item], exchanged));
        let left_out = with(&one[exchange[place]], &[item], Value::Null);
        case("the exchange left out", exchange[place], "Rejected", left_out);
    }
    are_refused(&actors, &one, cases);
}

#[test]
fn only_who_was_meant_can_receive() {
    let actors = Actors::honest();
    let honest = messages(&actors, "Kettle", WINDOWS);
    // Each as another party with valid shares.
    let others = ["shop", "bank", "courier", "gateway"].map(|name| id(&format!("other-{name}.example")));
    let others = Actors::new(others, gateway_form(), &Rules::default());
    // Each receiver as the seller itself, for what comes back to where it was sent from.
    let senders = Actors::new([shop(), shop(), shop(), shop()], gateway_form(), &Rules::default());
    for name in WITH_PARTS.into_iter().chain(HANDSHAKES.map(|[hello, ..]| hello)) {
        let refusal = if WITH_PARTS.contains(&name) { "Rejected" } else { "NotAddressed" };
        let found = Desk::new(&others, name, &honest).receive(&honest[name]);
        assert!(found.as_ref().is_err_and(|error| error.starts_with(refusal)), "{name}: {found:?}");
        let receiver = match name {
            "relay" | "relay-all" | "request" => bank(),
            "gateway" => id("gateway.example"),
            "dispatch" => courier(),
            _ => continue,
        };
        let back = with(&honest[name], &[4], Value::bytes(receiver.as_bytes()));
        assert_eq!(Desk::new(&senders, name, &honest).receive(&back), Err("Rejected".into()), "{name}");
    }
}
