//! The limits of an opening.

use alloc::format;

use super::*;
use crate::identifier::Identifier;
use crate::name::Role;
use crate::order::{Places, Release};

/// Groups of so many fields, whose values have so many bytes each.
fn read(groups: &[(usize, usize)]) -> Result<Opening, WireError> {
    let mut bytes = Vec::new();
    let mut w = Writer::new(&mut bytes);
    wire::begin_message(&mut w, PART, ITEMS);
    let (role, identifier) = (Role::SELLER, Identifier::new("shop").unwrap());
    let mut seen = Places::default();
    seen.insert(0);
    let entry = Entry { role, identifier, release: Release::OnReceipt, groups: seen };
    w.array(1);
    w.item(&(entry, Salt::new([1; 32])));
    w.array(groups.len());
    for (place, (fields, length)) in groups.iter().enumerate() {
        w.array(3);
        encode_place(&mut w, place);
        w.bytes(&[2; 32]).array(*fields);
        for n in 0..*fields {
            w.array(2).text(&format!("{place}.{n:03x}")).text(&"x".repeat(*length));
        }
    }
    encode_end(&mut w, None, None, None);
    Opening::from_plaintext(Secret::from(&*bytes))
}

#[test]
fn the_limits_of_an_order_hold_for_all_groups_of_an_opening_together() {
    // A name has five bytes here.
    const LONGEST: usize = limits::VALUE - 5;
    for good in [&[(1, limits::VALUE)][..], &[(16, LONGEST)], &[(8, LONGEST), (8, LONGEST)], &[(4095, 0), (1, 0)]] {
        assert!(read(good).is_ok(), "{good:?}");
    }
    for (bad, what) in [
        (&[(1, limits::VALUE + 1)][..], "a value"),
        (&[(8, LONGEST), (7, LONGEST), (1, LONGEST + 1)], "names and values"),
        (&[(16, LONGEST), (1, 0)], "names and values"),
        (&[(4095, 0), (2, 0)], "fields"),
        (&[(4097, 0)], "fields"),
    ] {
        assert!(matches!(read(bad).err(), Some(WireError::Limit { what: found, .. }) if found == what), "{bad:?}");
    }
}
