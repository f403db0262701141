//! What holds for any bytes whatever, one property for each target. The fuzzer looks for bytes for which one does not;
//! the tests check the properties on the corpus.
//!
//! A property stops with a panic where it does not hold. It is true where the bytes were accepted, which is how the
//! tests know that a corpus still reaches what it is there for.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "one file for the tests and the targets")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a property stops where it does not hold"
)]

mod acknowledging;
mod altered;
mod desk;
mod handshake;
mod handshaking;
pub mod honest;
mod meeting;
mod opening;
mod reading;
mod script;
pub mod seeds;
mod session;
mod told;
mod underway;

use minicbor::Decoder;
use polyseal::authority::{Contribution, RootSecret};
use polyseal::card_manager::CardManagerOrder;
use polyseal::handshake::{Acknowledgement, Answer, Authenticated, Confirmation, Hello};
use polyseal::message::{
    Authorization, DeliveryReport, Direct, Dispatch, Envelope, Receipt, Relay, Request, Response, Withdrawal,
};
use polyseal::seller::SellerOrder;
use polyseal::{Authority, Domain, Epoch, Identifier, Order, OrderForm, Share};

use acknowledging::opens_acknowledgement;
use handshaking::{initiator_again, opens_answer, opens_confirmation, opens_hello, responder_again};
use honest::Honest;
use opening::opens;
use polyseal_testing::forge::exported;
use reading::{reads_amount, reads_part};
use session::opens_under_session;

/// Names each target, with its property.
macro_rules! targets {
    ($($name:ident: $property:expr;)*) => {
        $(pub fn $name(bytes: &[u8]) -> bool {
            let property: fn(&[u8]) -> bool = $property;
            property(bytes)
        })*

        /// All targets.
        pub const TARGETS: &[(&str, fn(&[u8]) -> bool)] = &[$((stringify!($name), $name)),*];
    };
}

/// A message is read and written back.
macro_rules! message {
    ($type:ident) => {
        |bytes| comes_back(bytes, |bytes| Some($type::from_bytes(bytes).ok()?.to_bytes()))
    };
}

/// An export is read and exported again.
macro_rules! export {
    ($kind:expr, $type:ident) => {
        |bytes| body_or_whole($kind, bytes, |bytes| Some($type::import(bytes).ok()?.export().to_vec()))
    };
}

/// A value reads its own JSON, and writes it alike.
macro_rules! json {
    ($type:ident) => {
        |bytes| {
            let Ok(value) = serde_json::from_slice::<$type>(bytes) else { return false };
            let json = serde_json::to_vec(&value).unwrap();
            let again: $type = serde_json::from_slice(&json).unwrap();
            assert_eq!(serde_json::to_vec(&again).unwrap(), json);
            true
        }
    };
}

targets! {
    envelope: message!(Envelope);
    direct: message!(Direct);
    relay: message!(Relay);
    dispatch: message!(Dispatch);
    authorization: message!(Authorization);
    receipt: message!(Receipt);
    request: message!(Request);
    response: message!(Response);
    delivery_report: message!(DeliveryReport);
    withdrawal: message!(Withdrawal);
    form: message!(OrderForm);
    hello: message!(Hello);
    answer: message!(Answer);
    confirmation: message!(Confirmation);
    acknowledgement: message!(Acknowledgement);
    domain: |bytes| message!(Domain)(bytes) | message!(Epoch)(bytes);
    amount: reads_amount;
    share: export!("share", Share);
    contribution: export!("contribution", Contribution);
    authority: |bytes| is_small("authority", bytes) && export!("authority", Authority)(bytes);
    joint_authority: |bytes| is_small("joint authority", bytes) && export!("joint authority", Authority)(bytes);
    root: export!("root", RootSecret);
    seller_state: |bytes| body_or_whole("state", bytes, seller_again);
    card_manager_state: |bytes| body_or_whole("state", bytes, card_manager_again);
    recipient_state: |bytes| body_or_whole("state", bytes, recipient_again);
    card_holder_state: |bytes| body_or_whole("placed order", bytes, card_holder_again);
    initiator_state: |bytes| body_or_whole("initiator", bytes, initiator_again);
    responder_state: |bytes| body_or_whole("responder", bytes, responder_again);
    authenticated: export!("authenticated", Authenticated);
    order_json: json!(Order);
    form_json: json!(OrderForm);
    identifier_json: json!(Identifier);
    domain_json: |bytes| json!(Domain)(bytes) | json!(Epoch)(bytes);
    part_json: reads_part;
    open_envelope: |bytes| opens(&opening::ENVELOPE, bytes);
    open_direct: |bytes| opens(&opening::DIRECT, bytes);
    open_relay: |bytes| opens(&opening::RELAY, bytes);
    open_gateway: |bytes| opens(&opening::RELAY_TO_GATEWAY, bytes);
    open_dispatch: |bytes| opens(&opening::DISPATCH, bytes);
    open_authorization: |bytes| opens(&opening::AUTHORIZATION, bytes);
    open_receipt: |bytes| opens(&opening::RECEIPT, bytes);
    open_request: |bytes| opens(&underway::REQUEST, bytes);
    open_response: |bytes| opens(&underway::RESPONSE, bytes);
    open_delivery_report: |bytes| opens(&underway::DELIVERY_REPORT, bytes);
    open_withdrawal: |bytes| opens(&underway::WITHDRAWAL, bytes);
    open_hello: opens_hello;
    open_answer: opens_answer;
    open_confirmation: opens_confirmation;
    open_acknowledgement: opens_acknowledgement;
    open_under_session: opens_under_session;
}

/// Whether the bytes are read; if so, they have to be what is written.
fn comes_back(bytes: &[u8], again: impl Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
    again(bytes).is_some_and(|written| {
        assert_eq!(written, bytes);
        true
    })
}

/// The same of an export, or of the body of one: no fuzzer finds the check of a body that it has changed.
fn body_or_whole(kind: &str, bytes: &[u8], again: impl Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
    comes_back(bytes, &again) | comes_back(&exported(kind, bytes), &again)
}

/// Whether an exported authority, or the body of one, has a threshold of 64 at most, or none that can be read.
///
/// A seed of 32 bytes stands for the whole polynomial, 16 (t + 1)(t + 2) bytes: 17 GB at the highest threshold, as
/// whoever set up that authority meant it to be. The code is the same for all thresholds.
fn is_small(kind: &str, bytes: &[u8]) -> bool {
    let threshold = |body: &[u8]| {
        let mut items = Decoder::new(body);
        items.array().ok()?;
        items.skip().ok()?;
        items.u64().ok()
    };
    let body = |bytes| {
        let mut items = Decoder::new(bytes);
        items.array().ok()?;
        items.skip().ok()?;
        (items.str().ok()? == kind).then_some(items.bytes().ok()?)
    };
    threshold(body(bytes).unwrap_or(bytes)).is_none_or(|threshold| threshold <= 64)
}

/// What a state exports again.
fn seller_again(bytes: &[u8]) -> Option<Vec<u8>> {
    let order = Honest::get().world.parties.seller.restore(bytes).ok()?;
    if let SellerOrder::Declined(state) = &order {
        assert!(state.reason().len() <= polyseal::limits::REASON);
    }
    Some(order.export().to_vec())
}

fn card_manager_again(bytes: &[u8]) -> Option<Vec<u8>> {
    let order = Honest::get().world.parties.manager.restore(bytes).ok()?;
    if let CardManagerOrder::Decided(state) = &order {
        assert_ne!(state.reason().is_some(), state.settlement().is_some());
    }
    Some(order.export().to_vec())
}

/// Restores a state of the delivery service, or else of the gateway: the one has a role of its own, the other any.
fn recipient_again(bytes: &[u8]) -> Option<Vec<u8>> {
    let world = &Honest::get().world;
    let state = world.parties.courier.restore(bytes).or_else(|_| world.gateway.restore(bytes));
    Some(state.ok()?.export().to_vec())
}

fn card_holder_again(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Honest::get().world.parties.holder.restore(bytes).ok()?.export().to_vec())
}
