//! Split an order into parts, seal each part for the one party that needs it, and let the seller carry them all.
//!
//! The seller reads its own part and no other. The card manager's authorization of exactly that order gates delivery,
//! as long as neither it nor the card holder gives the approval token away.
//! Keys come from Blom's scheme: every pair of parties derives the same key, each from its own secret [`Share`] and the
//! other's public [`Identifier`], with no directory, certificate or round trip.
//!
//! The library does no I/O: you bring transport, clock, randomness and storage, and drive it step by step. It is `no_std`
//! with `alloc`. It is young and has not been audited. `SECURITY.md` says what is promised, against whom, and which test
//! shows it; `SPEC.md` is the protocol byte for byte.
//!
//! # The steps of an order
//!
//! A **party** is its keys and rules: [`CardHolder`], [`Seller`], [`CardManager`], [`Recipient`]. An **order under way** is
//! a value of its own, which owns what it has. A **step** is a function of (party, order, message, now, rng). What must
//! happen once comes back as a [`Pending`] step with a record for your storage; nothing has happened until that is filed.
//! A wrong order of steps does not compile.
//!
//! ```text
//! CardHolder    split ─ seal ─┬─ Envelope (arrow x) ──▶ Seller
//!                             ├─ Direct ──▶ a recipient whose release is direct
//!                             └─ AwaitingReceipt ◀── Receipts of seller, card manager and delivery service
//! Seller        receive ═▶ AwaitingAuthorization ── relay: Relay (arrow y) ──▶ CardManager, other recipients
//!                          └ authorize ═▶ Approved ─ dispatch ═▶ dispatch_message: Dispatch (arrow z) ──▶ Recipient
//!                                       ═▶ Declined
//! CardManager   receive, receive_direct ═▶ AwaitingDecision
//!                          └ approve ═▶ Approval: settlement, authorization: Authorization ──▶ Seller
//!                          └ decline ═▶ Decided:  authorization: Authorization ──▶ Seller
//! Recipient     receive_dispatch, receive_relay, receive_direct ═▶ Delivery
//! ```
//!
//! An order may go in several consignments, and goes on after them:
//!
//! ```text
//! Recipient     Delivery ─ delivered, failed ═▶ delivery_report: DeliveryReport ──▶ Seller: delivered ═▶
//! CardHolder    AwaitingReceipt ─ withdraw: Withdrawal ──▶ Seller: withdraw ═▶ nothing new is dispatched
//! Seller        Approved ─ refund ═▶ request: Request ──▶ CardManager
//!               AwaitingAuthorization, Approved ─ cancel ═▶ Cancelling ─ request: Request ──▶ CardManager
//! CardManager   receive_request ═▶ AwaitingResolution
//!                          └ grant  ═▶ Resolved: refund or reversal, response: Response ──▶ Seller: resolve ═▶
//!                          └ refuse ═▶ Resolved: response: Response ──▶ Seller: resolve ═▶
//!
//! ──▶ a message     ═▶ a record is filed first
//! ```
//!
//! With a synchronous [`Ledger`] at hand, a step is filed in one call:
//!
//! ```
//! # use polyseal::{*, card_manager::*, message::*};
//! # fn withdraw_once(_: &Settlement) -> std::io::Result<()> { Ok(()) }
//! # fn step(bank: &CardManager<Share>, relay: &Relay, now: u64, ledger: &mut MemoryLedger,
//! #     rng: &mut impl rand_core::CryptoRng) -> Result<Authorization, Box<dyn std::error::Error>> {
//! let pending = bank.receive(relay, now)?; // every check but "once"
//! let decided = match pending.file(ledger)?.into_inner() {
//!     CardManagerOrder::AwaitingDecision(order) => match order.approve(bank, now)?.file(ledger)? {
//!         Received::New(approval) => approval.into_decided(),
//!         Received::Again(decided) => decided,
//!     },
//!     CardManagerOrder::Decided(decided) => decided, // relayed again
//!     CardManagerOrder::Cancelled(_) => return Err("cancelled: its response is the answer".into()),
//! };
//! if let Some(settlement) = decided.settlement() {
//!     withdraw_once(settlement)?; // unless its digest is in your books already
//! }
//! # Ok(decided.authorization(bank, rng)?)
//! # }
//! ```
//!
//! A server with a database, in any runtime, files the record in a transaction of its own and books the withdrawal in it (the
//! package `polyseal-postgres` has this `file` over PostgreSQL):
//!
//! ```
//! # use polyseal::{*, card_manager::*, ledger::*, message::*};
//! # type Error = Box<dyn std::error::Error>;
//! # struct Transaction;
//! # impl Transaction { async fn commit(self) -> Result<(), Error> { Ok(()) } }
//! # struct Pool;
//! # impl Pool { async fn begin(&self) -> Result<Transaction, Error> { Ok(Transaction) } }
//! # async fn file(_: &mut Transaction, _: Record<'_>) -> Result<Filed, Error> { Ok(Filed::Done) }
//! # async fn book(_: &mut Transaction, _: &Settlement) -> Result<(), Error> { Ok(()) }
//! # async fn send(_: Authorization) -> Result<(), Error> { Ok(()) }
//! # async fn step<R: rand_core::CryptoRng>(bank: &CardManager<Share>, order: AwaitingDecision, pool: &Pool, now: u64,
//! #     mut rng: R) -> Result<(), Error> {
//! let pending = order.approve(bank, now)?;
//! let mut tx = pool.begin().await?;
//! let filed = file(&mut tx, pending.record()).await?; // INSERT …, or UPDATE … WHERE revision = …
//! match pending.complete(filed)? {
//!     Received::New(approval) => {
//!         book(&mut tx, approval.settlement()).await?;
//!         tx.commit().await?;
//!         send(approval.authorization(bank, &mut rng)?).await
//!     }
//!     // Booked by the transaction that decided.
//!     Received::Again(decided) => send(decided.authorization(bank, &mut rng)?).await,
//! }
//! # }
//! ```
//!
//! A step that only adds to a filed order, such as a further consignment that a courier receives, may come back with
//! [`LedgerError::FileAgain`]: what it adds goes into the order that was found. File that step, too:
//!
//! ```
//! # use polyseal::{*, ledger::*, message::*, recipient::*};
//! # type Error = Box<dyn std::error::Error>;
//! # async fn file(_: Record<'_>) -> Result<Filed, Error> { Ok(Filed::Done) }
//! # async fn step(courier: &Recipient<Share>, dispatch: &Dispatch, now: u64) -> Result<Delivery, Error> {
//! let mut pending = courier.receive_dispatch(dispatch, now)?;
//! let delivery = loop {
//!     let filed = file(pending.record()).await?;
//!     match pending.complete(filed) {
//!         Err(Refused { state, error: LedgerError::FileAgain }) => pending = state,
//!         completed => break completed?.into_inner(),
//!     }
//! };
//! # Ok(delivery)
//! # }
//! ```
//!
//! A step that refuses a message gives the state back with the error ([`Refused`]), so a forgery cannot block the genuine
//! message. A lost message is sent again: what is filed is content, and each sending seals it anew.
//!
//! # Modules
//!
//! In the order in which data flows: [`authority`] issues shares; [`key`] is where keys come from and which domain they
//! belong to; [`order`] has orders and forms, [`policy`] what a card holder discloses and what a seller takes;
//! [`message`] is what travels; [`ledger`] is the contract of storage; [`handshake`] authenticates a peer before an order
//! is sent; [`card_holder`], [`seller`], [`card_manager`] and [`recipient`] are the steps; [`error`] is why a step did not
//! happen; [`limits`] are the limits; [`hazmat`] is what you should not need.
//!
//! # Keys
//!
//! ```
//! use polyseal::{Authority, Capacity, Domain, Epoch, Identifier, KeySource, Label};
//!
//! let bank = Label::new("bank.example")?;
//! let year_2026 = Epoch::new(1, 1_767_225_600, 1_798_761_600)?;
//! let domain = Domain::new(bank.clone(), bank, year_2026);
//!
//! // The authority: a polynomial of degree 64, so 66 parties at most. The seed is the secret: 32 random bytes.
//! let seed = [7; 32];
//! let mut authority = Authority::from_seed(domain.clone(), 64, Capacity::UNCONDITIONAL, &seed, [].into())?;
//! let (alice, shop) = (Identifier::new("alice")?, Identifier::new("shop.example")?);
//! let (for_alice, for_shop) = (authority.issue(&alice)?, authority.issue(&shop)?);
//! let _backup = authority.export(); // seed and register: store it before a share leaves
//!
//! // Each side: its own share, the other's name.
//! let here = for_alice.common_key(&shop, &domain)?;
//! let there = for_shop.common_key(&alice, &domain)?;
//! assert_eq!(here.export(), there.export());
//! Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Features
//!
//! None is on by default.
//!
//! - `serde`: orders, forms, identifiers, names, domains and digests in serde's formats, and parts into structs of yours (`Part::to`).
//! - `forward-secrecy`: an exchange in the handshake, on request (X-Wing: X25519 with ML-KEM-768), which
//!   makes a session.
//! - `parallel`: batches of shares are issued on all cores. Needs std.
//! - `ledger-contract`: a test of the ledger's contract, to be run against your own ledger. Needs std.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "a test stops where its expectation fails"
    )
)]

extern crate alloc;
#[cfg(any(test, feature = "ledger-contract"))]
extern crate std;

// In the order in which data flows: a module uses only those above it.
pub mod limits;
mod step;
mod fault;
mod field;
mod value;
mod wire;
#[cfg(test)]
mod vectors;
mod hash;
mod export;
mod name;
mod identifier;
mod peer;
mod domain;
pub mod hazmat;
pub mod key;
pub mod authority;
mod rules;
mod seal;
mod evidence;
mod endpoint;
pub mod order;
pub mod message;
pub mod policy;
pub mod ledger;
pub mod error;
mod pending;
pub mod handshake;
mod saved;
mod receive;
pub mod card_holder;
pub mod seller;
pub mod card_manager;
pub mod recipient;

pub use rand_core;
pub use zeroize::Zeroizing;

pub use authority::{Authority, Capacity, Share};
pub use card_holder::CardHolder;
pub use card_manager::CardManager;
pub use endpoint::Party;
pub use error::{ReceiveError, SendError};
pub use identifier::Identifier;
pub use key::{Domain, Epoch, KeySource, Keyring};
pub use ledger::{Ledger, LedgerError, MemoryLedger};
pub use name::{FieldName, Label, Role};
pub use order::{Order, OrderForm, Release};
pub use pending::{Lookup, Pending};
pub use policy::{DisclosurePolicy, Peers, SellerPolicy};
pub use recipient::Recipient;
pub use rules::Rules;
pub use seller::Seller;
pub use step::{Received, Refused};
pub use value::ValueError;

/// Orders under way can be kept, sent and shared between threads.
const _: () = {
    const fn is_a_value<T: Send + Sync + 'static>() {}
    is_a_value::<card_holder::AwaitingReceipt>();
    is_a_value::<seller::SellerOrder>();
    is_a_value::<card_manager::CardManagerOrder>();
    is_a_value::<card_manager::CardManagerRequest>();
    is_a_value::<card_manager::Resolved>();
    is_a_value::<card_manager::Approval>();
    is_a_value::<recipient::Delivery>();
    is_a_value::<handshake::Initiator>();
    is_a_value::<handshake::Responder>();
    is_a_value::<handshake::Evidence>();
    is_a_value::<Pending<seller::AwaitingAuthorization, seller::SellerOrder>>();
    is_a_value::<Pending<seller::Authorized>>();
    is_a_value::<Pending<seller::Approved>>();
    is_a_value::<Pending<card_manager::Approval, card_manager::Decided>>();
    is_a_value::<Pending<recipient::Delivery>>();
    is_a_value::<Pending<seller::SellerOrder>>();
    is_a_value::<Pending<card_manager::Resolved, card_manager::CardManagerRequest>>();
    is_a_value::<Lookup<seller::SellerOrder>>();
    is_a_value::<Seller<Keyring<Share>>>();
    is_a_value::<CardManager<Keyring<Share>>>();
    is_a_value::<CardHolder<Share>>();
    is_a_value::<Refused<seller::AwaitingAuthorization, ReceiveError>>();
    is_a_value::<LedgerError>();
    is_a_value::<SendError>();
};

/// The README's listings are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
