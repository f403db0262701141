//! Labels of errors: what logs and metrics count by. A label that changes breaks somebody's alarm.

use polyseal::authority::AuthorityError;
use polyseal::error::TimeError;
use polyseal::handshake::EvidenceError;
use polyseal::key::{DomainError, KeyError};
use polyseal::message::{Unit, WireError};
use polyseal::order::{FormError, OrderError};
use polyseal::policy::{PolicyError, SplitError};
use polyseal::{FieldName, Label, LedgerError, ReceiveError, Release, Role, SendError};
use polyseal_testing::id;

/// Each error has the label beside it.
macro_rules! labelled {
    ($($error:expr => $label:literal),+ $(,)?) => {
        $(assert_eq!($error.label(), $label, "{:?}", $error);)+
    };
}

fn role() -> Role {
    Role::SELLER
}

fn field() -> FieldName {
    FieldName::AMOUNT_DUE
}

#[test]
fn keys_times_and_evidence() {
    labelled! {
        KeyError::UnknownDomain => "unknown-domain",
        KeyError::NoDomain => "no-domain",
        KeyError::UnknownPeer => "unknown-peer",
        KeyError::Retired => "retired-domain",
        KeyError::Revoked => "revoked",
        KeyError::UnknownSession => "unknown-session",
        KeyError::NoSession => "no-session",
        KeyError::OtherRole => "peer-in-other-role",
        KeyError::Oneself => "oneself",
        KeyError::Network => "network",
        KeyError::Domain(DomainError::Epoch) => "epoch",
        KeyError::Unavailable => "key-unavailable",
        DomainError::Epoch => "epoch",
        DomainError::Cohort => "cohort",
        DomainError::Services => "services-domain",
        TimeError::NotYet => "not-yet",
        TimeError::Expired => "expired",
        TimeError::TooLong => "too-long",
        EvidenceError::OtherParty => "evidence-of-other-party",
        EvidenceError::OtherRole { role: role() } => "evidence-of-other-role",
    }
}

#[test]
fn steps() {
    let what = "a text";
    labelled! {
        ReceiveError::NotAddressed { role: role() } => "not-addressed",
        ReceiveError::OtherOrder => "other-order",
        ReceiveError::OtherParty => "other-party",
        ReceiveError::NoSuchRecipient { role: role() } => "no-such-recipient",
        ReceiveError::Key(KeyError::Revoked) => "revoked",
        ReceiveError::Time(TimeError::NotYet) => "not-yet",
        ReceiveError::Policy(PolicyError::Seller) => "other-seller",
        ReceiveError::NoExchange => "no-exchange",
        ReceiveError::HandshakeExpired => "handshake-expired",
        ReceiveError::Payload => "too-long-text",
        ReceiveError::Rejected => "rejected",
        ReceiveError::Ledger(LedgerError::Full) => "ledger-full",
        SendError::OtherParty => "other-party",
        SendError::NoSuchRecipient { role: role() } => "no-such-recipient",
        SendError::NotOnReceipt { role: role() } => "not-on-receipt",
        SendError::NotOnApproval { role: role() } => "not-on-approval",
        SendError::NotDispatched { role: role() } => "not-dispatched",
        SendError::AllDispatched { role: role() } => "all-dispatched",
        SendError::NotNext { next: 2 } => "not-next",
        SendError::TooMany { what } => "too-many-in-order",
        SendError::Withdrawn => "withdrawn",
        SendError::NoOutcome => "no-outcome",
        SendError::NotDemanded => "not-demanded",
        SendError::NotApproved => "not-approved",
        SendError::OtherCurrency => "other-currency",
        SendError::NoSum => "no-sum",
        SendError::TooMuch => "too-much",
        SendError::GivesNoReceipts { role: role() } => "gives-no-receipts",
        SendError::NotAuthenticated { role: role() } => "not-authenticated",
        SendError::BothCardHolders => "both-card-holders",
        SendError::Key { role: role(), error: KeyError::Network } => "network",
        SendError::Time(TimeError::Expired) => "expired",
        SendError::TooLong { what, most: 1 } => "too-long-text",
        SendError::Forgotten => "forgotten",
        SendError::LastRevision => "last-revision",
        SendError::Windows => "bad-windows",
        SendError::Ledger(LedgerError::Absent) => "ledger-absent",
    }
}

#[test]
fn ledgers() {
    labelled! {
        LedgerError::Storage("the disk".into()) => "ledger-storage",
        LedgerError::Full => "ledger-full",
        LedgerError::BelowFloor => "ledger-below-floor",
        LedgerError::FileAgain => "ledger-file-again",
        LedgerError::TakeAgain => "ledger-take-again",
        LedgerError::Absent => "ledger-absent",
        LedgerError::Time(TimeError::TooLong) => "too-long",
        LedgerError::Policy(PolicyError::Amount) => "no-amount",
        LedgerError::Key(KeyError::Oneself) => "oneself",
        LedgerError::Rejected => "rejected",
        LedgerError::Damaged => "ledger-damaged",
    }
}

#[test]
fn orders_and_forms() {
    let (selector, other) = (|| field().into(), || FieldName::CARD_NUMBER.into());
    labelled! {
        OrderError::Repeated { field: field() } => "repeated-field",
        OrderError::Conflict { field: field(), other: FieldName::CARD_NUMBER } => "conflicting-fields",
        OrderError::Value { field: field() } => "long-value",
        OrderError::Fields { field: field() } => "too-many-fields",
        OrderError::Size { field: field() } => "long-order",
        FormError::Recipients => "too-many-recipients",
        FormError::Selectors => "too-many-selectors",
        FormError::Groups => "too-many-groups",
        FormError::Role { role: role() } => "form-role",
        FormError::Identifier { role: role() } => "form-identifier",
        FormError::NoSelector { role: role() } => "no-selector",
        FormError::Conflict { selector: selector(), other: other() } => "conflicting-selectors",
        FormError::Optional { selector: selector() } => "optional-and-required",
        FormError::Amount { role: role() } => "form-amount",
        FormError::Seller => "form-seller",
        FormError::CardManager => "form-card-manager",
        FormError::Approval { role: role() } => "form-approval",
        FormError::Wire(WireError::Trailing) => "trailing-bytes",
        PolicyError::Form { role: role(), selector: None } => "other-form",
        PolicyError::Party { role: role() } => "party-not-accepted",
        PolicyError::Seller => "other-seller",
        PolicyError::Unseen { selector: selector() } => "unseen-field",
        PolicyError::Missing { selector: selector() } => "missing-field",
        PolicyError::Amount => "no-amount",
        SplitError::Leak { selector: selector(), role: role() } => "leak",
        SplitError::Missing { selector: selector(), role: role() } => "field-not-there",
        SplitError::Amount => "no-amount-due",
        SplitError::OtherParty { role: role() } => "party-not-chosen",
        SplitError::NoParty { role: role() } => "no-party",
        SplitError::SameParty { role: role() } => "same-party",
        SplitError::Release { role: role(), release: Release::OnReceipt } => "release-not-allowed",
    }
}

#[test]
fn bytes_and_authorities() {
    let issuer = || Label::new("issuer").unwrap();
    labelled! {
        WireError::Truncated => "truncated",
        WireError::Trailing => "trailing-bytes",
        WireError::NotDeterministic => "not-deterministic",
        WireError::Expected("a text") => "unexpected-item",
        WireError::Limit { what: "a text", unit: Unit::Items, found: 3, least: 1, most: 2 } => "over-limit",
        WireError::Version => "other-version",
        WireError::Kind { expected: "order" } => "other-kind",
        WireError::Corrupt => "corrupt",
        WireError::OtherOwner => "other-owner",
        AuthorityError::Threshold => "threshold",
        AuthorityError::Memory => "memory",
        AuthorityError::Issuer => "issuer",
        AuthorityError::SeveralIssuers => "several-issuers",
        AuthorityError::Generator => "generator",
        AuthorityError::Full { capacity: 1 } => "full",
        AuthorityError::PointTaken { identifier: id("shop") } => "point-taken",
        AuthorityError::NoContribution => "no-contribution",
        AuthorityError::UnlikeContribution { issuer: issuer() } => "unlike-contribution",
        AuthorityError::RepeatedContribution { issuer: issuer() } => "repeated-contribution",
        AuthorityError::MissingContribution { issuer: issuer() } => "missing-contribution",
        AuthorityError::Epoch { expected: 2 } => "other-epoch",
        AuthorityError::LastEpoch => "last-epoch",
    }
}
