//! Why a value is not one that the protocol knows.

use core::fmt;

use crate::limits;

/// Why bytes, text or numbers do not make an identifier, a name, a selector, an amount, an epoch, a cohort, a set of issuers, windows, or a
/// digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// An identifier has 1 to 512 bytes.
    Identifier,
    /// There is no attribute to make an identifier of.
    NoAttribute,
    /// One attribute of an identifier has two values.
    RepeatedAttribute,
    /// A name has 1 to 64 characters, each of `a-z`, `0-9`, `_`, `.`, `-`.
    Name,
    /// A field name has segments of `a-z`, `0-9`, `_`, `-`, joined by dots: 1 to 128 characters in all.
    FieldName,
    /// A selector is a field name, or one with `.*` after it: 128 characters at most.
    Selector,
    /// An amount is a decimal number, a space, and the three capital letters of a currency.
    Amount,
    /// An epoch starts before it ends, and ends before the year 10000.
    Epoch,
    /// A cohort's index is below the count of cohorts, which is at most 2^20.
    Cohort,
    /// A domain has 1 to 8 issuers, each once.
    Issuers,
    /// The accept window is at most as long as the deliver window, and that as the settle window, and all end before the
    /// year 10000.
    Windows,
    /// A digest has 32 bytes, or 64 hexadecimal digits.
    Digest,
    /// The number of a consignment or a demand is 1 to 256.
    Number,
    /// The role has a type of its own: `CardHolder`, `Seller` or `CardManager`.
    ReservedRole,
}

impl ValueError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Identifier => "identifier-length",
            Self::NoAttribute => "no-attribute",
            Self::RepeatedAttribute => "repeated-attribute",
            Self::Name => "bad-name",
            Self::FieldName => "bad-field-name",
            Self::Selector => "bad-selector",
            Self::Amount => "bad-amount",
            Self::Epoch => "bad-epoch",
            Self::Cohort => "bad-cohort",
            Self::Issuers => "bad-issuers",
            Self::Windows => "bad-windows",
            Self::Digest => "bad-digest",
            Self::Number => "bad-number",
            Self::ReservedRole => "reserved-role",
        }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identifier => write!(f, "an identifier has 1 to {} bytes", limits::IDENTIFIER),
            Self::NoAttribute => f.write_str("an identifier needs at least one attribute"),
            Self::RepeatedAttribute => f.write_str("an attribute of an identifier appears twice"),
            Self::Name => write!(f, "a name has 1 to {} characters, each of a-z, 0-9, '_', '.', '-'", limits::NAME),
            Self::FieldName => write!(
                f,
                "a field name has segments of a-z, 0-9, '_', '-', joined by dots, and at most {} characters in all",
                limits::FIELD_NAME
            ),
            Self::Selector => write!(
                f,
                "a selector is a field name, or one with \".*\" after it, and has at most {} characters",
                limits::FIELD_NAME
            ),
            Self::Amount => f.write_str(
                "an amount is a number of at most 18 digits, 4 of them after a point, no sign and no leading zero, then a space and three capital letters, such as \"12.00 EUR\"",
            ),
            Self::Epoch => f.write_str("an epoch starts before it ends, and ends before the year 10000"),
            Self::Cohort => {
                write!(f, "a cohort's index is below the count of cohorts, which is at most {}", limits::COHORTS)
            }
            Self::Issuers => write!(f, "a domain has 1 to {} issuers, each named once", limits::ISSUERS),
            Self::Windows => f.write_str(
                "an order is accepted before it is delivered, and delivered before it is settled, and all windows end before the year 10000: correct the windows",
            ),
            Self::Digest => f.write_str("a digest has 32 bytes, or 64 hexadecimal digits"),
            Self::Number => write!(f, "consignments and demands are numbered from 1 to {}", limits::CONSIGNMENTS),
            Self::ReservedRole => f.write_str(
                "the roles card-holder, seller and card-manager have types of their own: use CardHolder, Seller or CardManager",
            ),
        }
    }
}

impl core::error::Error for ValueError {}

#[cfg(test)]
mod tests {
    use super::ValueError;

    #[test]
    fn each_refusal_has_its_label() {
        use ValueError::*;
        let all = [
            Identifier,
            NoAttribute,
            RepeatedAttribute,
            Name,
            FieldName,
            Selector,
            Amount,
            Epoch,
            Cohort,
            Issuers,
            Windows,
            Digest,
            Number,
            ReservedRole,
        ];
        let labels = all.map(|error| error.label());
        assert_eq!(labels[..3], ["identifier-length", "no-attribute", "repeated-attribute"]);
        assert_eq!(labels[3..8], ["bad-name", "bad-field-name", "bad-selector", "bad-amount", "bad-epoch"]);
        assert_eq!(
            labels[8..],
            ["bad-cohort", "bad-issuers", "bad-windows", "bad-digest", "bad-number", "reserved-role"]
        );
    }
}
