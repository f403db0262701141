//! The card manager's records, and how it checks an order against them.

use std::collections::BTreeSet;

use polyseal::message::Part;
use polyseal::order::OrderError;
use polyseal::{FieldName, Order};

/// The fields that the card manager compares with its records, as the patent says.
const COMPARED: [FieldName; 4] =
    [FieldName::HOLDER_NAME, FieldName::HOLDER_TELEPHONE, FieldName::CARD_NUMBER, FieldName::CARD_EXPIRY];

/// Whether each record, a small order of names and secret values, has the fields that are compared and no other.
pub fn check(cards: &[Order]) -> Result<(), String> {
    let [a, b, c, d] = &COMPARED;
    let expected: BTreeSet<_> = COMPARED.iter().collect();
    match (1..).zip(cards).find(|(_, card)| !card.names().eq(expected.iter().copied())) {
        Some((place, _)) => Err(format!("card {place}: give it the fields {a}, {b}, {c}, {d} and no other")),
        None => Ok(()),
    }
}

/// Why there is nothing to pay for an order, if there is not.
fn unpayable(part: &Part) -> Option<&'static str> {
    // Every amount is one to the library, and 0 EUR too.
    let is_positive = part.amount().is_some_and(|amount| !amount.is_zero());
    (!is_positive).then_some("there is nothing to pay: \"amount.due\" is not above zero")
}

/// Why an order does not go ahead, if it does not. The seller reads this, so it does not tell
/// which of the card's data are wrong.
pub fn objection(cards: &[Order], part: &Part) -> Option<&'static str> {
    let agrees = |card: &Order| COMPARED.iter().all(|field| card.get(field) == part.get(field));
    if let Some(reason) = unpayable(part) {
        Some(reason)
    } else if COMPARED.iter().any(|field| part.get(field).is_none()) {
        Some("the form does not show the card manager the name, telephone, card number and expiry")
    } else if cards.iter().any(agrees) {
        None
    } else {
        Some("no card is known with this name, telephone, number and expiry")
    }
}

/// The same order, paid with a card that is not on record.
pub fn paid_with_unknown(order: &Order, cards: &[Order]) -> Result<Order, OrderError> {
    let known = |number: &String| cards.iter().any(|card| card.get(FieldName::CARD_NUMBER) == Some(number));
    // Among one number more than there are cards, at least one is free.
    let number = (0..=cards.len()).map(|n| format!("{n:016}")).find(|number| !known(number)).unwrap_or_default();
    let mut changed = Order::new();
    for name in order.names() {
        let value = if *name == FieldName::CARD_NUMBER { Some(&*number) } else { order.get(name) };
        changed.insert(name.clone(), value.unwrap_or_default())?;
    }
    Ok(changed)
}
