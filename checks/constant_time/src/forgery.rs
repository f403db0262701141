//! Forgeries, which are opened up to the verdict on them.

use crate::Checks;

/// Opens two forgeries of a message: `open` says whether it rejected what it was given.
///
/// A verdict is public, and the library branches on it: once for the commitment. Where that is right, the verdict on
/// the tag follows; it is handed on as a `Result`, and looked at once or twice. A comparison that stopped at the first
/// difference would be reported for each byte or word before the last, which is the one that is forged.
pub fn rejected(checks: &mut Checks, what: &str, message: &[u8], place: Place, open: &dyn Fn(&[u8]) -> bool) {
    rejected_by(checks, what, message, place, 0, || (), |(), message| open(message));
}

/// The same for a party that has a state. Reading the state is not counted in what is reported. Besides the verdicts
/// there are so many reports for what is `public`.
pub fn rejected_by<S>(
    checks: &mut Checks,
    what: &str,
    message: &[u8],
    place: Place,
    public: usize,
    state: impl Fn() -> S,
    open: impl Fn(S, &[u8]) -> bool,
) {
    let ends = ends(message, place);
    let forgeries = [("a forged commitment", &[1][..], ends.0), ("a forged tag", &[2, 3], ends.1)];
    for (forgery, reports, end) in forgeries {
        let mut message = message.to_vec();
        message[end] ^= 1;
        let state = state();
        let reports: Vec<_> = reports.iter().map(|verdict| public + verdict).collect();
        let rejected = checks.expect(&format!("{what}, {forgery}"), &reports, || open(state, &message));
        assert!(rejected, "a forgery is rejected as one");
    }
}

/// Which sealed message of a message.
#[derive(Clone, Copy)]
pub enum Place {
    First,
    Last,
}

/// Where the commitment and the tag of a sealed message end: `[domain, salt, commitment, ciphertext]`, the two in the
/// middle of 32 bytes and the last longer than 512.
fn ends(message: &[u8], place: Place) -> (usize, usize) {
    const HEAD: [u8; 2] = [0x58, 32];
    let mut found = (68..message.len() - 3).filter_map(|at| {
        let heads = message[at - 68..].starts_with(&HEAD) && message[at - 34..].starts_with(&HEAD);
        let length = usize::from(u16::from_be_bytes([message[at + 1], message[at + 2]]));
        let end = at + 3 + length;
        (heads && message[at] == 0x59 && length > 512 && end <= message.len()).then_some((at - 1, end - 1))
    });
    let found = match place {
        Place::First => found.next(),
        Place::Last => found.next_back(),
    };
    found.expect("a sealed message")
}
