//! Handshakes: whoever is met is alive, and both sides have met one another.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Oracle, hold, short};
use crate::trace::{At, Digest, Who};

/// For how many seconds a side waits for the other one.
const PATIENCE: u64 = 600;

#[derive(Default)]
pub(super) struct Meetings {
    /// By what was said: by whom, to whom, and when.
    words: BTreeMap<u64, (Who, Who, u64)>,
    /// Which handshakes each has ended.
    ended: BTreeSet<(Who, Digest)>,
}

impl Meetings {
    pub(super) fn spoke(&mut self, who: Who, to: Who, word: u64, at: At) {
        self.words.insert(word, (who, to, at.moment));
    }
}

/// Who met whom, in which handshake.
pub(super) type Pair<'a> = (Who, Option<Who>, &'a Digest);

impl Oracle {
    pub(super) fn met(&mut self, pair: Pair<'_>, word: u64, began: bool, drew: At, at: At) -> Check {
        let (who, peer, session) = pair;
        hold(at.clock <= drew.clock + PATIENCE, || format!("party {who} ended a handshake too late"))?;
        self.meetings.ended.insert((who, *session));
        let peer = peer.ok_or_else(|| format!("party {who} has met somebody who is not there"))?;
        if !self.is_honest(peer) {
            return Ok(());
        }
        let said = self.meetings.words.get(&word).filter(|(by, to, _)| (*by, *to) == (peer, who));
        let (.., moment) = said.ok_or_else(|| format!("party {who} heard from {peer} what it has not said"))?;
        // Where a challenge may have been drawn before, so may the answer.
        let is_fresh = *moment >= drew.moment || self.is(who, |party| party.repeats);
        hold(is_fresh, || format!("party {who} took for {peer} what it had said before"))?;
        if began { Ok(()) } else { self.both_ended(pair) }
    }

    /// The peer, if it is honest, has ended the same handshake.
    pub(super) fn both_ended(&self, (who, peer, session): Pair<'_>) -> Check {
        let is_so = peer.is_some_and(|peer| !self.is_honest(peer) || self.meetings.ended.contains(&(peer, *session)));
        hold(is_so, || format!("party {who} has a handshake {} that its peer has not", short(session)))
    }
}
