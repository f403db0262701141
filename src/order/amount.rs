//! Amounts: exact sums of money (`SPEC.md`, section 11).

use core::fmt;
use core::num::NonZeroU64;
use core::str::FromStr;

use zeroize::Zeroize;

use crate::value::ValueError;

/// A sum of money, as an order writes it: `59.80 EUR`.
///
/// At most 18 digits, of which up to four are decimals; then a space and the three capital letters of a currency. No sign
/// and no leading zero, so a sum has one text. The decimals count: `12.00 EUR` and `12 EUR` are not equal.
///
/// Wiped on drop, and printed by [`Display`](fmt::Display) alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Amount {
    minor_units: u64,
    decimals: u8,
    currency: [u8; 3],
}

/// Below this, a number has at most 18 digits.
const TOO_MANY: u64 = 1_000_000_000_000_000_000;
const DIGITS: usize = 18;
const DECIMALS: u8 = 4;
const TEN: NonZeroU64 = NonZeroU64::new(10).unwrap();

impl Amount {
    /// A sum of so many of the units that the last decimal counts, of a currency of three capital letters: 5980, 2, `EUR`
    /// is `59.80 EUR`.
    ///
    /// # Errors
    ///
    /// [`ValueError::Amount`] if it has more than 18 digits or more than four decimals, or for another currency.
    pub fn new(minor_units: u64, decimals: u8, currency: &str) -> Result<Self, ValueError> {
        let currency = currency.as_bytes().try_into().map_err(|_| ValueError::Amount)?;
        Self::of(minor_units, decimals, currency)
    }

    fn of(minor_units: u64, decimals: u8, currency: [u8; 3]) -> Result<Self, ValueError> {
        let is_good = minor_units < TOO_MANY && decimals <= DECIMALS && currency.iter().all(u8::is_ascii_uppercase);
        if is_good { Ok(Self { minor_units, decimals, currency }) } else { Err(ValueError::Amount) }
    }

    /// How many of the units that the last decimal counts: 5980 of `59.80 EUR`.
    #[must_use]
    pub fn minor_units(&self) -> u64 {
        self.minor_units
    }

    /// How many digits stand after the point: 2 of `59.80 EUR`.
    #[must_use]
    pub fn decimals(&self) -> u8 {
        self.decimals
    }

    /// The currency: `EUR` of `59.80 EUR`.
    #[must_use]
    pub fn currency(&self) -> &str {
        #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "it is three capital letters")]
        core::str::from_utf8(&self.currency).expect("another currency would be a wrong sum")
    }

    /// Whether two sums can be added up: they are of one currency, with equally many decimals.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        (self.decimals, self.currency) == (other.decimals, other.currency)
    }

    /// Nothing, of this currency and these decimals.
    #[must_use]
    pub fn zero(&self) -> Self {
        self.of_like(0)
    }

    fn of_like(&self, minor_units: u64) -> Self {
        Self { minor_units, decimals: self.decimals, currency: self.currency }
    }

    /// The sum of both; `None` if they are not [like](Self::is_like) each other, or too much.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let minor_units = self.minor_units.checked_add(other.minor_units).filter(|sum| *sum < TOO_MANY)?;
        self.is_like(other).then(|| self.of_like(minor_units))
    }

    /// What is left of this one without the other; `None` if they are not [like](Self::is_like) each other, or the other
    /// one is more.
    #[must_use]
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        let minor_units = self.minor_units.checked_sub(other.minor_units)?;
        self.is_like(other).then(|| self.of_like(minor_units))
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.minor_units == 0
    }
}

impl FromStr for Amount {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let Some(([number @ .., b' '], currency)) = text.as_bytes().split_last_chunk::<3>() else {
            return Err(ValueError::Amount);
        };
        let mut parts = number.splitn(2, |byte| *byte == b'.');
        let (whole, fraction) = (parts.next().unwrap_or_default(), parts.next());
        let leads_with_zero = whole.len() > 1 && whole.starts_with(b"0");
        let decimals = fraction.unwrap_or_default();
        let digits = whole.len().saturating_add(decimals.len());
        if whole.is_empty() || leads_with_zero || fraction.is_some_and(<[u8]>::is_empty) || digits > DIGITS {
            return Err(ValueError::Amount);
        }
        let mut minor_units = 0_u64;
        for byte in whole.iter().chain(decimals) {
            let digit = char::from(*byte).to_digit(10).ok_or(ValueError::Amount)?;
            // At most 18 digits: this does not overflow.
            minor_units = minor_units.saturating_mul(10).saturating_add(u64::from(digit));
        }
        Self::of(minor_units, u8::try_from(decimals.len()).unwrap_or(u8::MAX), *currency)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = usize::from(self.decimals);
        let unit = TEN.saturating_pow(self.decimals.into());
        let (whole, fraction) = (self.minor_units / unit, self.minor_units % unit);
        match width {
            0 => write!(f, "{whole} {}", self.currency()),
            _ => write!(f, "{whole}.{fraction:0width$} {}", self.currency()),
        }
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Amount(..)")
    }
}

impl Drop for Amount {
    fn drop(&mut self) {
        self.minor_units.zeroize();
        self.decimals.zeroize();
        self.currency.zeroize();
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <alloc::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_has_one_text() {
        for (text, minor_units, decimals) in [
            ("59.80 EUR", 5980, 2),
            ("0 JPY", 0, 0),
            ("0.00 EUR", 0, 2),
            ("0.05 EUR", 5, 2),
            ("10 JPY", 10, 0),
            ("1.2345 XXX", 12345, 4),
            ("999999999999999999 EUR", 999_999_999_999_999_999, 0),
            ("99999999999999.9999 EUR", 999_999_999_999_999_999, 4),
            ("0.0001 EUR", 1, 4),
        ] {
            let amount: Amount = text.parse().unwrap();
            assert_eq!((amount.minor_units(), amount.decimals()), (minor_units, decimals), "{text}");
            assert_eq!(amount.to_string(), text);
            assert_eq!(amount.is_zero(), minor_units == 0);
            assert_eq!(Amount::new(minor_units, decimals, amount.currency()), Ok(amount));
        }
        let [twelve, exact]: [Amount; 2] = ["12 EUR", "12.00 EUR"].map(|text| text.parse().unwrap());
        assert_ne!(twelve, exact);
        assert_eq!(alloc::format!("{exact:?}"), "Amount(..)");
    }

    #[test]
    fn sums_are_amounts_and_of_one_kind() {
        let [most, but_one, one, cent, dollar]: [Amount; 5] =
            ["999999999999999999 EUR", "999999999999999998 EUR", "1 EUR", "0.01 EUR", "1 USD"]
                .map(|text| text.parse().unwrap());
        assert_eq!(but_one.checked_add(&one).as_ref(), Some(&most));
        assert_eq!(most.checked_sub(&one).as_ref(), Some(&but_one));
        assert_eq!(one.checked_sub(&one), Some(one.zero()));
        assert_eq!((most.checked_add(&one), most.checked_add(&most), but_one.checked_sub(&most)), (None, None, None));
        for other in [cent, dollar] {
            assert_eq!((but_one.checked_add(&other), but_one.checked_sub(&other)), (None, None));
        }
    }

    #[test]
    fn nothing_else_is_an_amount() {
        for text in [
            "",
            " ",
            "EUR",
            " EUR",
            "12",
            "12EUR",
            "12  EUR",
            "12 EUR ",
            " 12 EUR",
            "12 eur",
            "12 EU",
            "12 EURO",
            "12 E1R",
            "-1 EUR",
            "+1 EUR",
            "01 EUR",
            "00 EUR",
            "00.5 EUR",
            ".5 EUR",
            "5. EUR",
            ". EUR",
            "1.2.3 EUR",
            "1,00 EUR",
            "1e3 EUR",
            "1.23456 EUR",
            "1000000000000000000 EUR",
            "999999999999999.9999 EUR",
            "0.0000000000000000001 EUR",
            "1\tEUR",
            "1 000 EUR",
            "EUR 12",
            "€12",
            "١٢ EUR",
            "12\u{a0}EUR",
            "0x1 EUR",
        ] {
            assert_eq!(text.parse::<Amount>(), Err(ValueError::Amount), "{text:?}");
        }
        for (minor_units, decimals, currency) in [(TOO_MANY, 0, "EUR"), (1, 5, "EUR"), (1, 2, "eur"), (1, 2, "EURO")] {
            assert_eq!(Amount::new(minor_units, decimals, currency), Err(ValueError::Amount));
        }
    }

    proptest! {
        #[test]
        fn numbers_become_text_and_come_back(minor_units in 0..TOO_MANY, decimals in 0..=DECIMALS, currency in "[A-Z]{3}") {
            let amount = Amount::new(minor_units, decimals, &currency).unwrap();
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }

        #[test]
        fn what_is_read_is_what_is_written(text in "(0|[1-9])?[0-9]{0,17}\\.?[0-9]{0,5} ?[A-Z]{2,4}") {
            if let Ok(amount) = text.parse::<Amount>() {
                prop_assert_eq!(amount.to_string(), text);
            }
        }
    }
}
