//! Why an authority, a share or a contribution cannot be made.

use core::fmt;

use crate::fault::Fault;
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Label;

/// Why an authority cannot be made, does not issue a share, or contributions do not add up to one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The threshold is not between 1 and [`limits::THRESHOLD`].
    Threshold,
    /// The polynomial does not fit in memory.
    Memory,
    /// The domain does not name this issuer.
    Issuer,
    /// The domain has several issuers, so none of them makes a share alone.
    SeveralIssuers,
    /// The random generator returns refused values only. It is broken.
    Generator,
    /// The authority would serve more identities than its capacity. A larger capacity is a decision about collusion:
    /// see [`Capacity`](super::Capacity).
    Full {
        /// How many identities it may serve.
        capacity: usize,
    },
    /// Another registered identity has the same point in a lane. Points are hashes, so this practically never happens.
    PointTaken {
        /// The identity that cannot be registered.
        identifier: Identifier,
    },
    /// There is no contribution to combine.
    NoContribution,
    /// The contribution of this issuer has another domain, identifier or threshold than the first.
    UnlikeContribution {
        /// The issuer.
        issuer: Label,
    },
    /// There are two contributions of this issuer.
    RepeatedContribution {
        /// The issuer.
        issuer: Label,
    },
    /// There is no contribution of this issuer.
    MissingContribution {
        /// The issuer.
        issuer: Label,
    },
    /// The root secret is at another epoch.
    Epoch {
        /// The number of the root secret's epoch.
        expected: u64,
    },
    /// The root secret is that of the last epoch number, 2^64 - 1.
    LastEpoch,
}

impl AuthorityError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Threshold => "threshold",
            Self::Memory => "memory",
            Self::Issuer => "issuer",
            Self::SeveralIssuers => "several-issuers",
            Self::Generator => "generator",
            Self::Full { .. } => "full",
            Self::PointTaken { .. } => "point-taken",
            Self::NoContribution => "no-contribution",
            Self::UnlikeContribution { .. } => "unlike-contribution",
            Self::RepeatedContribution { .. } => "repeated-contribution",
            Self::MissingContribution { .. } => "missing-contribution",
            Self::Epoch { .. } => "other-epoch",
            Self::LastEpoch => "last-epoch",
        }
    }

    /// Whose fault it is: of the issuers, the sender is the one that sent a contribution.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Memory | Self::Generator | Self::Full { .. } | Self::PointTaken { .. } | Self::LastEpoch => {
                Fault::Operator
            }
            Self::UnlikeContribution { .. } => Fault::Sender,
            _ => Fault::Caller,
        }
    }

    /// Whether the same call may succeed later: when there is more memory.
    #[must_use]
    pub fn can_retry(&self) -> bool {
        *self == Self::Memory
    }
}

impl fmt::Display for AuthorityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold => write!(f, "the threshold must be between 1 and {}", limits::THRESHOLD),
            Self::Memory => f.write_str("the polynomial does not fit in memory: use a seed or a lower threshold"),
            Self::Issuer => f.write_str("the domain does not name this issuer: use the domain that all issuers use"),
            Self::SeveralIssuers => {
                f.write_str("the domain has several issuers: make a joint authority, and contribute to shares")
            }
            Self::Generator => f.write_str("the random generator is stuck: use another one"),
            Self::Full { capacity } => {
                write!(f, "the authority serves at most {capacity} identities: open another cohort or epoch")
            }
            Self::PointTaken { identifier } => {
                write!(f, "another registered identity has the point of {identifier}: choose another identifier")
            }
            Self::NoContribution => f.write_str("there is no contribution: pass one of each issuer"),
            Self::UnlikeContribution { issuer } => write!(
                f,
                "the contribution of \"{issuer}\" differs from the first in domain, identifier or threshold: \
                 ask for one that matches"
            ),
            Self::RepeatedContribution { issuer } => {
                write!(f, "there are two contributions of \"{issuer}\": pass one of each issuer")
            }
            Self::MissingContribution { issuer } => {
                write!(f, "the contribution of \"{issuer}\" is missing: pass one of each issuer")
            }
            Self::Epoch { expected } => {
                write!(f, "the root secret is at epoch {expected}: use that epoch, or ratchet to a later one")
            }
            Self::LastEpoch => f.write_str("no epoch number is left: begin with a root secret of another label"),
        }
    }
}

impl core::error::Error for AuthorityError {}
