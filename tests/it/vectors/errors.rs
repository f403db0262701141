//! How the library calls what a requirement refuses.

/// The labels of the errors with which a requirement may refuse. Whatever depends on a key is one opaque value.
const LABELS: &[(&[&str], &[&str])] = &[
    (&["A-1", "J-1"], &["ledger-absent", "no-such-recipient", "not-addressed"]),
    (&["Y-1", "Z-1"], &["ledger-absent", "not-addressed"]),
    (&["A-2", "C-3", "E-9", "J-2", "M-4", "R-9", "X-4", "Y-3", "Z-2"], &["expired"]),
    (
        &[
            "A-3", "A-5", "C-4", "C-5", "D-1", "D-2", "D-4", "E-2", "E-3", "E-4", "E-5", "H-3", "H-4", "H-5", "H-7",
            "H-11", "H-14", "J-3", "J-4", "J-6", "O-3", "O-6", "O-7", "P-1", "P-2", "P-3", "P-4", "P-5", "P-6", "P-7",
            "P-8", "P-9", "P-10", "P-11", "Q-1", "Q-2", "Q-4", "Q-5", "R-1", "R-2", "R-3", "R-5", "R-7", "Y-4", "Y-5",
            "Z-3",
        ],
        &["rejected"],
    ),
    (&["A-4", "J-5", "Q-3", "R-4", "Y-6"], &["not-yet", "rejected"]),
    (&["A-6"], &["revoked"]),
    (&["B-1"], &["not-deterministic", "trailing-bytes", "truncated", "unexpected-item"]),
    (
        &["B-2"],
        &[
            "bad-field-name",
            "bad-name",
            "bad-selector",
            "not-deterministic",
            "other-kind",
            "over-limit",
            "threshold",
            "unexpected-item",
        ],
    ),
    (&["B-3"], &["identifier-length", "over-limit"]),
    (&["C-1"], &["no-state"]),
    (&["C-2", "Y-2"], &["no-such-recipient"]),
    (&["E-7"], &["no-amount"]),
    (&["E-8"], &["missing-field", "other-form", "party-not-accepted"]),
    (&["F-1"], &["form-identifier", "form-role"]),
    (&["F-2"], &["form-seller"]),
    (&["F-3"], &["form-approval", "form-card-manager"]),
    (&["F-4"], &["conflicting-selectors", "optional-and-required"]),
    (&["F-5"], &["too-many-groups", "too-many-selectors"]),
    (&["F-6"], &["form-amount"]),
    (&["F-7"], &["Leak", "Release"]),
    (&["F-8"], &["SameParty"]),
    (&["G-1", "G-2"], &["unexpected-item"]),
    (&["G-3"], &["not-deterministic", "unexpected-item"]),
    (&["G-4", "S-2", "S-4"], &["over-limit", "unexpected-item"]),
    (&["H-1"], &["not-addressed", "unexpected-item"]),
    (&["H-6", "H-10", "H-13"], &["handshake-expired"]),
    (&["H-8"], &["no-exchange"]),
    (&["H-12"], &["unknown-session"]),
    (&["I-2"], &["identifier-length", "no-attribute", "repeated-attribute"]),
    (&["K-1"], &["unknown-domain", "unknown-peer"]),
    (&["K-2"], &["epoch"]),
    (&["K-3"], &["cohort", "services-domain"]),
    (&["K-4"], &["network"]),
    (&["K-6"], &["Present"]),
    (&["L-6"], &["ledger-below-floor"]),
    (&["M-2"], &["not-addressed"]),
    (&["M-3"], &["not-yet"]),
    (&["M-5"], &["too-long"]),
    (&["N-4"], &["other-epoch", "last-epoch", "other-domain"]),
    (&["N-5"], &["missing-contribution", "repeated-contribution", "unlike-contribution"]),
    (&["O-1"], &["oneself", "revoked"]),
    (&["O-4"], &["rejected", "unknown-session"]),
    (&["O-5"], &["evidence-of-other-party", "unknown-session"]),
    (&["R-8", "X-3"], &["other-seller"]),
    (
        &["S-1"],
        &[
            "OtherOwner",
            "corrupt",
            "evidence-of-other-party",
            "evidence-of-other-role",
            "other-kind",
            "other-owner",
            "other-party",
            "other-version",
            "over-limit",
            "trailing-bytes",
            "truncated",
            "unexpected-item",
        ],
    ),
    (&["S-3"], &["issuer", "unexpected-item"]),
    (&["S-5"], &["not-deterministic", "over-limit"]),
    (&["S-6"], &["corrupt", "other-owner"]),
    (&["S-7"], &["corrupt", "unexpected-item"]),
    (&["S-8"], &["corrupt", "not-deterministic", "other-owner", "over-limit"]),
    (&["S-9", "S-11", "S-12"], &["corrupt", "over-limit", "unexpected-item"]),
    (&["S-10"], &["corrupt"]),
    (&["V-1"], &["other-version"]),
    (
        &["W-1"],
        &["Amount", "Conflict", "Fields", "Missing", "Repeated", "Size", "Value", "bad-amount", "bad-field-name"],
    ),
];

pub(super) fn labels(must: &str) -> &'static [&'static str] {
    let row = LABELS.iter().find(|(musts, _)| musts.contains(&must));
    row.unwrap_or_else(|| panic!("{must}: the table of errors lacks it")).1
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
    polyseal::order::FormError,
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

named!(polyseal::order::OrderError, polyseal::policy::SplitError);

impl From<polyseal::key::KeyringError> for super::Refusal {
    fn from(error: polyseal::key::KeyringError) -> Self {
        Self::of(&error)
    }
}
