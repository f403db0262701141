//! Whom a handshake shows.

use crate::facts::*;
use world::trace::{At, Fact};

const HOLDER: u16 = 1;

fn at(clock: u64, moment: u64) -> At {
    At { clock, moment }
}

fn spoke(who: u16, to: u16, word: u64, moment: u64) -> Fact {
    Fact::Spoke { who, to, word, at: at(100, moment) }
}

fn met(who: u16, peer: u16, word: u64, drew: At, now: At) -> Fact {
    let began = who == HOLDER;
    Fact::Met { who, peer: Some(peer), word, session: DIGEST, began, drew, at: now }
}

/// Begun at moment 3, answered at 4, confirmed at 5, acknowledged.
fn handshake() -> Vec<Fact> {
    vec![
        spoke(SELLER, HOLDER, 1, 4),
        spoke(HOLDER, SELLER, 2, 5),
        met(HOLDER, SELLER, 1, at(90, 3), at(690, 5)),
        met(SELLER, HOLDER, 2, at(100, 4), at(100, 6)),
        Fact::Acknowledged { who: HOLDER, peer: Some(SELLER), session: DIGEST },
    ]
}

#[test]
fn a_handshake_shows_a_live_peer() {
    assert_eq!(verdict(&handshake()), Ok(()));
    let instead = |place: usize, fact| {
        let mut facts = handshake();
        facts[place] = fact;
        facts
    };
    let without = |place: usize| {
        let mut facts = handshake();
        facts.remove(place);
        facts
    };
    let stranger = Fact::Met { who: SELLER, peer: None, word: 2, session: DIGEST, began: false, drew: NOW, at: NOW };
    for (what, facts, says) in [
        ("too late", instead(2, met(HOLDER, SELLER, 1, at(89, 3), at(690, 5))), "too late"),
        ("not said", without(0), "it has not said"),
        ("said by another", instead(0, spoke(BANK, HOLDER, 1, 4)), "it has not said"),
        ("said to another", instead(0, spoke(SELLER, 2, 1, 4)), "it has not said"),
        ("said before", instead(0, spoke(SELLER, HOLDER, 1, 2)), "had said before"),
        ("by one side", without(2), "its peer has not"),
        ("acknowledged by nobody", without(3), "its peer has not"),
        ("nobody", instead(3, stranger), "not there"),
    ] {
        let verdict = verdict(&facts);
        assert!(verdict.as_ref().is_err_and(|error| error.contains(says)), "{what}: {verdict:?}");
    }
    // A challenge may be drawn again where a generator repeats itself, and a liar says what it likes.
    let before = || instead(0, spoke(SELLER, HOLDER, 1, 2));
    for excuse in [Fact::Repeats { who: HOLDER }, DISHONEST] {
        let mut facts = before();
        facts.insert(0, excuse);
        assert_eq!(verdict(&facts), Ok(()));
    }
    let mut facts = before();
    facts.insert(0, Fact::Repeats { who: SELLER });
    assert!(verdict(&facts).is_err());
}
