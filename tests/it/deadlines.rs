//! Each message has its time: before and after it, it is refused.

use crate::desk::{ACKNOWLEDGEMENT, Actors, Desk, HANDSHAKES, TO_SELLER, WINDOWS, WITH_PARTS, messages};
use polyseal::message::Windows;
use polyseal::{Rules, limits};
use polyseal_testing::{NOW, bank, courier, domain, gateway_form, id, shop};

#[test]
fn a_message_has_its_time() {
    let actors = Actors::honest();
    let honest = messages(&actors, "Kettle", WINDOWS);
    let skew = Rules::default().skew();
    let at_time = |name, now| Desk { now, ..Desk::new(&actors, name, &honest) }.receive(&honest[name]);
    for name in WITH_PARTS.into_iter().chain(TO_SELLER) {
        let with_parts = WITH_PARTS.contains(&name);
        let late = NOW
            + match name {
                "dispatch" => WINDOWS.deliver,
                _ if with_parts && name != "request" => WINDOWS.accept,
                _ => WINDOWS.settle,
            };
        if with_parts {
            assert_eq!(at_time(name, NOW - skew - 1), Err("Time(NotYet)".into()), "{name}");
        }
        assert_eq!(at_time(name, NOW - skew), Ok(true), "{name}");
        assert_eq!(at_time(name, late), Ok(true), "{name}");
        // An order that is too late to be accepted may be one that the ledger knows, so that is asked.
        let is_for_acceptance = with_parts && !["dispatch", "request"].contains(&name);
        let expired = if is_for_acceptance { "Ledger(Time(Expired))" } else { "Time(Expired)" };
        assert_eq!(at_time(name, late + 1), Err(expired.into()), "{name}");
    }
    // A handshake has that of its epoch, but for the skew, and each of its sides waits for ten minutes.
    let (epoch, ten_minutes) = (*domain().epoch(), NOW + limits::HANDSHAKE);
    let [outside, expired] = ["Key(Domain(Epoch))", "HandshakeExpired"].map(|error| Err(error.to_string()));
    for name in HANDSHAKES.as_flattened().iter().chain([&ACKNOWLEDGEMENT]) {
        for (now, expected) in [
            (epoch.start() - skew - 1, &outside),
            (epoch.start() - skew, &Ok(true)),
            (epoch.start(), &Ok(true)),
            (ten_minutes, &Ok(true)),
            (ten_minutes + 1, &expired),
            (epoch.until(), &expired),
        ] {
            assert_eq!(at_time(name, now), *expected, "{name}");
        }
    }
    for [hello, ..] in HANDSHAKES {
        // It is answered, too late for the party that began.
        assert_eq!(at_time(hello, epoch.until() - 1 + skew), expired, "{hello}");
        assert_eq!(at_time(hello, epoch.until() + skew), outside, "{hello}");
    }
    // A repetition is answered until the end of delivery, a request until the order is settled, and not after it.
    for name in WITH_PARTS {
        let mut desk = Desk::new(&actors, name, &honest);
        assert_eq!(desk.receive(&honest[name]), Ok(true));
        desk.now = NOW + if name == "request" { WINDOWS.settle } else { WINDOWS.deliver };
        assert_eq!(desk.receive(&honest[name]), Ok(false));
        desk.now += 1;
        assert_eq!(desk.receive(&honest[name]), Err("Time(Expired)".into()));
    }
}

#[test]
fn windows_longer_than_the_rules_are_refused() {
    let names = || [shop(), bank(), courier(), id("gateway.example")];
    let mut rules = Rules::default();
    let (accept, deliver) = (rules.longest_accept(), rules.longest_deliver());
    let settle = deliver + 1;
    let strict = Actors::honest();
    rules = rules.with_longest_accept(u64::MAX).with_longest_deliver(u64::MAX);
    let lenient = Actors::new(names(), gateway_form(), &rules);
    for (windows, expected) in [
        (Windows { accept, deliver, settle }, Ok(true)),
        (Windows { accept: accept + 1, deliver, settle }, Err("Time(TooLong)".to_string())),
        (Windows { accept, deliver: deliver + 1, settle }, Err("Time(TooLong)".to_string())),
    ] {
        let long = messages(&lenient, "Kettle", windows);
        for name in WITH_PARTS {
            assert_eq!(Desk::new(&strict, name, &long).receive(&long[name]), expected, "{name}, {windows:?}");
        }
    }
}
