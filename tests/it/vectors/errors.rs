//! How the library calls what a requirement refuses.

/// The labels of the errors that a requirement may be refused with. Whatever depends on a key is one opaque value.
pub(super) fn labels(must: &str) -> &'static [&'static str] {
    match must {
        "B-1" => &["truncated", "trailing-bytes", "not-deterministic", "unexpected-item"],
        "B-2" => &[
            "unexpected-item",
            "over-limit",
            "other-kind",
            "not-deterministic",
            "bad-name",
            "bad-field-name",
            "bad-selector",
            "threshold",
        ],
        "B-3" => &["over-limit", "unexpected-item", "Length"],
        "V-1" => &["other-version"],
        "I-2" => &["NoAttribute", "RepeatedAttribute", "Length"],
        "K-1" => &["unknown-domain", "unknown-peer"],
        "K-2" => &["epoch"],
        "K-3" => &["cohort", "services-domain"],
        "K-4" => &["network"],
        "K-6" => &["Present", "KeyId"],
        "N-4" => &["epoch", "last-epoch", "other-domain"],
        "N-5" => &["no-contribution", "unlike-contribution", "repeated-contribution", "missing-contribution"],
        "F-1" | "F-2" | "F-3" | "F-4" | "F-5" | "F-6" => &["unexpected-item", "over-limit"],
        "F-7" => &["Leak", "Release"],
        "F-8" => &["SameParty"],
        "W-1" => {
            &["Repeated", "Conflict", "Value", "Fields", "Size", "Missing", "Amount", "bad-amount", "bad-field-name"]
        }
        "G-1" | "G-2" => &["unexpected-item"],
        "G-3" => &["unexpected-item", "not-deterministic"],
        "G-4" => &["unexpected-item", "over-limit"],
        "O-1" => &["revoked", "oneself", "rejected"],
        "O-5" => &["unknown-session", "evidence-of-other-party"],
        "O-4" => &["rejected", "unknown-session"],
        "O-3" | "O-6" | "O-7" | "O-8" => &["rejected"],
        "P-1" | "P-2" | "P-3" | "P-4" | "P-5" | "P-6" | "P-7" | "P-8" | "P-9" | "P-10" | "P-11" => &["rejected"],
        "M-2" => &["not-addressed"],
        "M-3" => &["not-yet"],
        "M-4" | "E-9" | "R-9" | "X-4" | "A-2" | "C-3" => &["expired"],
        "M-5" => &["too-long"],
        "E-2" | "E-3" | "E-4" | "E-5" => &["rejected"],
        "E-7" => &["no-amount", "unseen-field"],
        "E-8" => &["other-form", "other-party", "missing-field"],
        "R-1" | "R-2" | "R-3" | "R-7" | "D-1" | "D-2" => &["rejected"],
        "R-4" | "A-4" => &["rejected", "not-yet"],
        "R-5" => &["ledger-absent", "rejected"],
        "R-8" | "X-3" => &["other-seller"],
        "A-1" => &["ledger-absent", "no-such-recipient"],
        "A-3" | "A-5" => &["rejected"],
        "A-6" => &["revoked"],
        "C-1" => &["no-state"],
        "C-2" => &["no-such-recipient"],
        "C-4" | "C-5" => &["rejected"],
        "H-1" => &["not-addressed", "oneself", "unexpected-item", "both-card-holders"],
        "H-3" | "H-4" | "H-5" | "H-7" | "H-11" | "H-14" => &["rejected"],
        "H-6" | "H-10" | "H-13" => &["handshake-expired"],
        "H-8" => &["no-exchange"],
        "H-12" => &["unknown-session"],
        "L-6" => &["ledger-below-floor"],
        "S-1" => &[
            "truncated",
            "trailing-bytes",
            "not-deterministic",
            "unexpected-item",
            "over-limit",
            "other-version",
            "other-kind",
            "corrupt",
            "other-owner",
            "other-party",
            "OtherOwner",
            "evidence-of-other-party",
            "evidence-of-other-role",
        ],
        "S-3" => &["issuer", "unexpected-item", "corrupt"],
        "S-6" => &["corrupt", "other-owner"],
        "S-8" => &["corrupt", "other-owner", "over-limit", "not-deterministic"],
        "S-5" => &["corrupt", "unexpected-item", "over-limit", "not-deterministic"],
        "S-2" | "S-4" | "S-7" | "S-9" | "S-10" | "S-11" => &["corrupt", "unexpected-item", "over-limit"],
        other => panic!("{other}: the table of errors lacks it"),
    }
}

macro_rules! labelled {
    ($($error:ty),*) => {$(
        impl From<$error> for super::Refusal {
            fn from(error: $error) -> Self {
                Self::new(error.label())
            }
        }
    )*};
}

labelled!(
    polyseal::ValueError,
    polyseal::message::WireError,
    polyseal::ReceiveError,
    polyseal::SendError,
    polyseal::LedgerError,
    polyseal::key::KeyError,
    polyseal::authority::AuthorityError,
    polyseal::handshake::EvidenceError
);

macro_rules! named {
    ($($error:ty),*) => {$(
        impl From<$error> for super::Refusal {
            fn from(error: $error) -> Self {
                Self::of(&error)
            }
        }
    )*};
}

named!(
    polyseal::IdentifierError,
    polyseal::order::FormError,
    polyseal::order::OrderError,
    polyseal::policy::SplitError
);

impl From<polyseal::key::KeyringError> for super::Refusal {
    fn from(error: polyseal::key::KeyringError) -> Self {
        Self::of(&error)
    }
}
