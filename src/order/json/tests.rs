use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, MapDeserializer};
use serde_json::{Value, json};

use super::*;
use crate::limits;

fn read(json: &Value) -> Result<Order, serde_json::Error> {
    serde_json::from_str(&json.to_string())
}

fn fields(order: &Order) -> Vec<(&str, &str)> {
    order.fields().map(|(name, value)| (name.as_str(), value)).collect()
}

#[test]
fn nested_objects_are_names_and_come_back() {
    let json = json!({
        "amount": {"due": "12.00 EUR"},
        "items": [{"sku": "K-17", "note": "ü\n"}, {"sku": "T-4"}],
        "note": "",
    });
    let order = read(&json).unwrap();
    let expected = [
        ("amount.due", "12.00 EUR"),
        ("items.0.note", "ü\n"),
        ("items.0.sku", "K-17"),
        ("items.1.sku", "T-4"),
        ("note", ""),
    ];
    assert_eq!(fields(&order), expected);
    assert_eq!(serde_json::to_value(&order).unwrap(), json);

    let flat: Order = serde_json::from_value(serde_json::to_value(BTreeMap::from(expected)).unwrap()).unwrap();
    assert_eq!(fields(&flat), expected);
    let mixed = read(&json!({"items.0": {"sku": "a"}, "items": {"1.sku": "b"}})).unwrap();
    assert_eq!(serde_json::to_value(&mixed).unwrap(), json!({"items": [{"sku": "a"}, {"sku": "b"}]}));
    assert_eq!(fields(&read(&json!({})).unwrap()), []);
}

#[test]
fn only_places_without_a_gap_are_an_array() {
    for json in [
        json!({"a": {"1": "x"}}),
        json!({"a": {"0": "x", "2": "y"}}),
        json!({"a": {"00": "x"}}),
        json!({"a": {"0": "x", "01": "y"}}),
        json!({"a": {"0": "x", "b": "y"}}),
        json!({"a": {"-0": "x"}}),
        json!({"0": "x", "1": "y"}),
        json!({"a": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]}),
        json!({"a": [["x"], ["y", {"b-c": "z", "b": ["w"]}]]}),
    ] {
        assert_eq!(serde_json::to_value(read(&json).unwrap()).unwrap(), json);
    }
    let array = read(&json!({"a": {"0": "x", "1": "y"}})).unwrap();
    assert_eq!(serde_json::to_value(array).unwrap(), json!({"a": ["x", "y"]}));
}

#[test]
fn what_is_refused_is_named_and_never_repeated() {
    let long = "a".repeat(limits::FIELD_NAME);
    let deep = |depth: usize| format!("{}\"x\"{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    assert!(serde_json::from_str::<Order>(&deep(limits::FIELD_NAME / 2)).is_ok());
    for (bad, says) in [
        (r#"{"a":"1","a":"2"}"#, "\"a\" appears twice"),
        (r#"{"a":{"b":"1"},"a":{"c":"2"}}"#, "\"a\" appears twice"),
        (r#"{"x":{"a":["1"],"b":"3","a":{"c":"2"}}}"#, "\"x.a\" appears twice"),
        (r#"{"a.b":"1","a":{"b":"2"}}"#, "\"a.b\" appears twice"),
        (r#"{"a":"1","a.b":"2"}"#, "fields \"a.b\" and \"a\" conflict"),
        (r#"{"card.number":4711}"#, "field \"card.number\" is not a string"),
        (r#"{"card":{"number":4711}}"#, "field \"card.number\" is not a string"),
        (r#"{"items":[{"sku":"a"},{"sku":4711}]}"#, "field \"items.1.sku\" is not a string"),
        (r#"{"items":["a",true]}"#, "field \"items.1\" is not a string"),
        (r#"{"a":{"b":null}}"#, "field \"a.b\" is not a string: write its value as one, or leave it out"),
        (r#"{"a":{"b":47.11}}"#, "field \"a.b\" is not"),
        (r#"{"a":{"b":-4711}}"#, "field \"a.b\" is not"),
        (r#"{"a":{}}"#, "field \"a\" has nothing in it: leave it out"),
        (r#"{"a":{"b":[]}}"#, "field \"a.b\" has nothing in it"),
        (r#"{"a":[[]]}"#, "field \"a.0\" has nothing in it"),
        (r#"{"Card":"4711"}"#, "field \"Card\": a field name has no capitals: write \"card\""),
        (r#"{"items":[{"SKU":"4711"}]}"#, "field \"items.0.SKU\": a field name has no capitals: write \"sku\""),
        (r#"{"a":{"b.C":"4711"}}"#, "field \"a.b.C\": a field name has no capitals: write \"b.c\""),
        (r#"{"a":{"":"4711"}}"#, "field \"a.\": a field name has segments"),
        (r#"{"":"4711"}"#, "field \"\": a field name has segments"),
        (r#"{".":"4711"}"#, "field \".\""),
        (r#"{"a":{"b.":"4711"}}"#, "field \"a.b.\""),
        (r#"{"a":{"0000 4711":"x"}}"#, "field \"a.…\""),
        (&format!("{{\"{long}\":{{\"b\":\"4711\"}}}}"), "at most 128 characters"),
        (&deep(limits::FIELD_NAME / 2 + 1), "at most 128 characters"),
        ("[]", "an order is an object"),
        (r#"["4711"]"#, "an order is an object"),
        (r#""4711""#, "an order is an object"),
        ("4711", "an order is an object"),
        ("null", "an order is an object"),
    ] {
        let error = serde_json::from_str::<Order>(bad).unwrap_err().to_string();
        assert!(error.contains(says), "{bad}: {error}");
        assert!(!error.contains("4711") && !error.contains("true"), "a value is repeated: {error}");
    }
}

/// Formats other than JSON have further kinds of values: none is repeated in an error.
#[test]
fn no_kind_of_value_is_repeated() {
    fn refused<'de, V: IntoDeserializer<'de, Error> + Clone>(value: V, is_scalar: bool) {
        let inside = Order::deserialize(MapDeserializer::new([("card.number", value.clone())].into_iter()));
        let outside = Order::deserialize(value.into_deserializer());
        let mut errors = alloc::vec![(outside.unwrap_err(), "an order is an object")];
        if is_scalar {
            errors.push((inside.unwrap_err(), "field \"card.number\" is not a string"));
        }
        for (error, says) in errors {
            let error = error.to_string();
            assert!(error.contains(says) && !error.contains("47"), "{error}");
        }
    }

    refused(47_u8, true);
    refused(47_i8, true);
    refused(47_u64, true);
    refused(-47_i64, true);
    refused(47_u128, true);
    refused(-47_i128, true);
    refused(47.0_f32, true);
    refused(47.0_f64, true);
    refused(&b"47"[..], true);
    refused((), true);
    refused("47", false);
}

/// What an order can be written as: objects whose keys are no array's, arrays and text.
fn tree() -> impl Strategy<Value = Value> {
    let key = "[a-z0-9_-]{1,3}".prop_filter("a key of an array", |key| key != "0");
    let leaf = "\\PC{0,8}".prop_map(Value::from);
    let inner = leaf.prop_recursive(5, 40, 12, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..13).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 1..5).prop_map(|map| map.into_iter().collect()),
        ]
    });
    prop::collection::btree_map("[a-z0-9_-]{1,3}", inner, 0..5).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn trees_become_orders_and_come_back(json in tree()) {
        let order = read(&json).unwrap();
        prop_assert_eq!(serde_json::to_value(&order).unwrap(), json);
        // As flat as can be, it is the same order.
        let flat: BTreeMap<String, String> =
            order.fields().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let read: Order = serde_json::from_value(serde_json::to_value(flat).unwrap()).unwrap();
        prop_assert_eq!(fields(&read), fields(&order));
    }
}
