//! How the authority example writes days and identifiers: each in one way, and read back as the same.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

use std::collections::BTreeSet;

use polyseal::Identifier;
use polyseal_example_authority::dates::Date;
use polyseal_example_authority::names::{escape, file_name, unescape};
use proptest::prelude::*;

fn is_leap(year: u64) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

#[test]
fn every_day_of_the_calendar_has_its_name() {
    let mut day = Date::of(0);
    for year in 1970..=9999 {
        for month in 1..=12 {
            let length = match month {
                2 if is_leap(year) => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            for number in 1..=31 {
                let name = format!("{year:04}-{month:02}-{number:02}");
                // The end of each month, and all of some years; the whole calendar takes long.
                let is_looked_at = number >= length || number == 1 || [1970, 2000, 2026, 9999].contains(&year);
                if number > length {
                    assert!(name.parse::<Date>().is_err(), "{name}");
                } else if is_looked_at {
                    assert_eq!(name.parse(), Ok(day), "{name}");
                    assert_eq!(day.to_string(), name);
                }
                day = day.plus(u64::from(number <= length));
            }
        }
    }
    // As polyseal::limits::TIME has it.
    assert_eq!(day.start(), polyseal::limits::TIME + 1);
    assert_eq!(Date::of(86_399), Date::of(0));
    for bad in
        ["", "2026", "2026-1-1", "26-01-01", "2026-13-01", "2026-00-01", "2026-01-00", "1969-12-31", "10000-01-01"]
    {
        assert!(bad.parse::<Date>().is_err(), "{bad}");
    }
    for bad in ["+2026-01-01", "2026-+1-01", "2026-01-01-", "2026-01-01 ", "2026/01/01", "-2026-01-01"] {
        assert!(bad.parse::<Date>().is_err(), "{bad}");
    }
}

#[test]
fn names_of_files_stay_apart_and_inside_their_directory() {
    let awkward: [&[u8]; 14] = [
        b".",
        b"..",
        b"../x",
        b"/",
        b"a",
        b"A",
        b"%41",
        b"a b",
        b" a",
        b"\0",
        b"\n",
        b"~",
        "\u{e9}".as_bytes(),
        b"\xff",
    ];
    let long = [[b'a'; 200], [b'A'; 200], [b'/'; 200]];
    let longer = [[b'a'; 512], [b'b'; 512]];
    let all = awkward.into_iter().chain(long.iter().map(|id| &id[..])).chain(longer.iter().map(|id| &id[..]));
    let names: Vec<_> = all.map(|bytes| file_name(&Identifier::new(bytes).unwrap())).collect();
    for name in &names {
        assert!(name.len() <= 200 && !name.starts_with('.'), "{name}");
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.%~".contains(&b)), "{name}");
    }
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for bad in ["", "A", "%4", "%zz", "%61", "%4A", "a/", ".a", "~", "%"] {
        assert_eq!(unescape(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn an_escaped_identifier_is_read_back(bytes in proptest::collection::vec(any::<u8>(), 1..=512)) {
        let identifier = Identifier::new(bytes).unwrap();
        prop_assert_eq!(unescape(&escape(&identifier)), Some(identifier));
    }

    #[test]
    fn what_is_read_was_written_so(text in "[a-b%.0-9]{1,12}") {
        if let Some(identifier) = unescape(&text) {
            prop_assert_eq!(escape(&identifier), text);
        }
    }
}
