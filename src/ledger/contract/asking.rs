//! What the test asks of a ledger, and how it looks at the answers.

use alloc::format;

use super::{EXPIRES, ISSUED_AT, Violation};
use crate::identifier::Identifier;
use crate::ledger::{Change, Filed, Ledger, LedgerKey, Record};
use crate::message::{OrderDigest, PARTLY_DELIVERED, Status};
use crate::name::Role;

/// A key whose digest begins and ends with these bytes.
pub(super) fn key(first: u8, last: u8) -> LedgerKey {
    let mut digest = [9; 32];
    let [start, .., end] = &mut digest;
    (*start, *end) = (first, last);
    #[expect(clippy::expect_used, reason = "a constant")]
    let owner = Identifier::new("contract.example").expect("it has 1 to 512 bytes");
    LedgerKey { owner, role: Role::SELLER, digest: OrderDigest::from_bytes(digest) }
}

pub(super) fn record<'a>(key: &'a LedgerKey, (issued_at, expires): (u64, u64), change: Change<'a>) -> Record<'a> {
    Record { key, issued_at, expires, stage: stage_of(change), change }
}

/// As short as a step's stages are, and as long: what is replaced needs more room than what was inserted.
fn stage_of(change: Change<'_>) -> &'static str {
    match change {
        Change::Insert { .. } => Status::Received.name(),
        Change::Replace { .. } => PARTLY_DELIVERED,
        Change::LookUp => "",
    }
}

pub(super) fn found(state: &[u8]) -> Filed {
    Filed::Found(state.to_vec().into())
}

/// For records that are well above the floor and the mark.
pub(super) fn expect<L: Ledger>(
    ledger: &mut L,
    key: &LedgerKey,
    change: Change<'_>,
    expected: &Filed,
) -> Result<(), Violation> {
    expect_record(ledger, &record(key, (ISSUED_AT, EXPIRES), change), expected)
}

pub(super) fn expect_record<L: Ledger>(ledger: &mut L, record: &Record<'_>, expected: &Filed) -> Result<(), Violation> {
    match ledger.file(record) {
        Ok(answer) if answer == *expected => Ok(()),
        answer => Err(violation(record, &format!("{expected:?}"), &answer)),
    }
}

pub(super) fn violation<E>(record: &Record<'_>, expected: &str, answer: &Result<Filed, E>) -> Violation {
    let answer = match answer {
        Ok(Filed::Found(_)) if expected.starts_with("Found") => "another state".into(),
        Ok(answer) => format!("{answer:?}"),
        Err(_) => "an error".into(),
    };
    Violation(format!("{:?} of {:?}: expected {expected}, was answered {answer}", record.change, record.key))
}
