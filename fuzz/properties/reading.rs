//! A part that a caller reads: by name, as JSON, and into a struct.

use polyseal::message::Windows;
use polyseal::order::Amount;
use polyseal::{FieldName, MemoryLedger, Order};
use serde_json::Value;

use super::honest::Honest;
use polyseal_testing::{NOW, Repeatable, new, order};

/// An order as JSON, of which the lines go through the seals: the seller reads them as they were.
pub fn reads_part(bytes: &[u8]) -> bool {
    let Ok(given) = serde_json::from_slice::<Order>(bytes) else { return false };
    let mut whole = order();
    for name in given.names().filter(|name| name.as_str().starts_with("items.")) {
        // Within the limits of an order, together with the fields that are there.
        if whole.insert(name.clone(), given.get(name).unwrap()).is_err() {
            return false;
        }
    }
    let world = &Honest::get().world;
    let split = world.parties.holder.split(&whole, &world.form).unwrap();
    let sealed = split.seal(&world.parties.holder, NOW, Windows::default(), &mut Repeatable(2)).unwrap();
    let pending = world.parties.seller.receive(&sealed.envelope, NOW).unwrap();
    let state = new(pending.file(&mut MemoryLedger::new(1)).unwrap());
    let part = state.part();

    let mut seen = Order::new();
    for (name, value) in part.fields() {
        assert_eq!(whole.get(name), Some(value));
        seen.insert(name.clone(), value).unwrap();
    }
    assert!(whole.names().filter(|name| name.as_str().starts_with("items.")).all(|name| part.get(name).is_some()));
    assert_eq!(part.to::<Value>().unwrap(), serde_json::to_value(&seen).unwrap());
    assert_eq!(part.amount().map(|due| due.to_string()).as_deref(), part.get(FieldName::AMOUNT_DUE));
    true
}

/// A text that is an amount has no other amount's text.
pub fn reads_amount(bytes: &[u8]) -> bool {
    let Some(amount) = core::str::from_utf8(bytes).ok().and_then(|text| text.parse::<Amount>().ok()) else {
        return false;
    };
    assert_eq!(amount.to_string().as_bytes(), bytes);
    let again = Amount::new(amount.minor_units(), amount.decimals(), amount.currency()).unwrap();
    assert_eq!(again, amount);
    assert_eq!(amount.is_zero(), amount.minor_units() == 0);
    true
}
