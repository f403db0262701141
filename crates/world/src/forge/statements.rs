//! What is sealed in messages.

use polyseal_testing::cbor::Value;
use polyseal_testing::forge::{hash, labelled};

/// The place of the token in a statement.
pub const TOKEN_IN_STATEMENT: usize = 4;

/// What a seller says of the parts that it passes on.
pub fn statement(parts: &Value, at: u64, token: Value, consignment: Value) -> Value {
    let parts = Value::bytes(hash("parts", [parts.clone()]));
    labelled("statement", [parts, Value::Uint(at), token, consignment])
}

/// A consignment: its number, whether it is the last, and instructions.
pub fn consignment(number: u64, is_last: bool, instructions: &[u8]) -> Value {
    Value::Array(vec![Value::Uint(number), Value::Uint(is_last.into()), Value::bytes(instructions)])
}

/// What a seller asks of a card manager, with these parts.
pub fn claim(parts: &Value, at: u64, demand: Value) -> Value {
    labelled("claim", [Value::bytes(hash("parts", [parts.clone()])), Value::Uint(at), demand])
}

/// A demand: to refund a sum, or to cancel.
pub fn demand(number: u64, sum: Option<&str>) -> Value {
    let (kind, sum) = (Value::Uint(sum.is_some().into()), sum.map_or(Value::Null, Value::text));
    Value::Array(vec![Value::Uint(number), kind, sum])
}

/// A card manager's answer to a demand.
pub fn resolution(demand: Value, at: u64, refusal: Option<&str>, refunded: &str) -> Value {
    let refusal = refusal.map_or(Value::Null, Value::text);
    labelled("resolution", [demand, Value::Array(vec![Value::Uint(at), refusal, Value::text(refunded)])])
}

/// What became of a consignment.
pub fn outcome(number: u64, at: u64, failure: Option<&str>) -> Value {
    let failure = failure.map_or(Value::Null, Value::text);
    labelled("outcome", [Value::Uint(number), Value::Array(vec![Value::Uint(at), failure])])
}

/// A withdrawal.
pub fn notice() -> Value {
    labelled("notice", [])
}

/// The place of the time in a verdict; behind it is the token, if it is an approval.
pub const DECIDED_AT: usize = 2;

/// A card manager's verdict with a token.
pub fn approval(at: u64, token: Value) -> Value {
    labelled("verdict", [Value::Uint(at), token, Value::Null])
}

/// A card manager's refusal.
pub fn refusal(at: u64, reason: &str) -> Value {
    labelled("verdict", [Value::Uint(at), Value::Null, Value::text(reason)])
}

/// A report to a card holder, with a status by its number, and a reason if it has one.
pub fn report(role: &str, (status, reason): (u64, Option<&str>), at: u64) -> Value {
    let refunded = if role == "delivery-service" { Value::Null } else { Value::text("0.00 EUR") };
    let (role, status, none) = (Value::text(role), Value::Uint(status), Value::Array(vec![]));
    let reason = reason.map_or(Value::Null, Value::text);
    labelled("report", [role, Value::Uint(0), Value::Uint(at), status, reason, Value::Null, refunded, none])
}

pub const AUTHORIZATION: &str = "authorization";
