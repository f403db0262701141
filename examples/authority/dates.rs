//! Days of the calendar, for seconds since 1970.

use core::fmt;
use core::str::FromStr;
use std::time::SystemTime;

const DAY: u64 = 86_400;

/// A day, which begins at midnight UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(u64);

impl Date {
    /// The day on which this second falls.
    pub fn of(second: u64) -> Self {
        Self(second / DAY)
    }

    /// Its first second.
    pub fn start(self) -> u64 {
        self.0.saturating_mul(DAY)
    }

    pub fn plus(self, days: u64) -> Self {
        Self(self.0.saturating_add(days))
    }
}

/// The seconds since 1970.
pub fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs())
}

/// The days from 1970 to this day of the Gregorian calendar. Years begin in March, so that the leap day is the last.
#[expect(clippy::arithmetic_side_effects, reason = "of years up to 9999, from 1970")]
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before_1970 = 719_468;
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - before_1970
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let complaint = || "write a day of 1970 to 9999 as YYYY-MM-DD".to_owned();
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let mut numbers = text.split('-').map(str::parse);
        let (Some(Ok(year @ 1970..=9999)), Some(Ok(month @ 1..=12)), Some(Ok(day @ 1..=31)), None) =
            (numbers.next(), numbers.next(), numbers.next(), numbers.next())
        else {
            return Err(complaint());
        };
        let date = Self(days(year, month, day));
        // The 31st of a month of 30 days would be another day's name.
        if is_plain && date.to_string() == text { Ok(date) } else { Err(complaint()) }
    }
}

impl fmt::Display for Date {
    #[expect(clippy::arithmetic_side_effects, reason = "of days that began before")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A year has 365.2425 days, and so this is the year or the one after it.
        let guess = 1970 + self.0.saturating_mul(10_000) / 3_652_425 + 1;
        let last =
            |from: u64, begins: &dyn Fn(u64) -> u64| (1..=from).rev().find(|n| begins(*n) <= self.0).unwrap_or(1);
        let year = last(guess, &|year| if year < 1970 { 0 } else { days(year, 1, 1) });
        let month = last(12, &|month| days(year, month, 1));
        let day = self.0 - days(year, month, 1) + 1;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}
