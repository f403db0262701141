//! A buyer's order, cut into parts, each sealed for the one party that needs it. All of it travels through the seller,
//! who can read its own part and no other; the card manager's authorisation of exactly that order gates delivery. Keys
//! come from Blom's scheme: every pair of parties derives the same one, each from its own secret [`Share`] and the
//! other's public [`Identifier`], with no directory, certificate or round trip.
//!
//! The library has no I/O: you bring transport, clock, randomness and storage, and drive it step by step. It is
//! `no_std` with `alloc`. It is young and has not been audited: `SECURITY.md` says what is promised, against whom, and
//! which test shows it, `SPEC.md` is the protocol byte for byte, and `README.md` shows the programs that come with it.
//!
//! # The steps of an order
//!
//! Each role is a type, made from its keys and whom it deals with, and so is each state. A state that waits is named by
//! what it awaits, any other by what has been done; a wrong order of steps does not compile.
//!
//! ```text
//! CardHolder       split → seal ──────────────┬─ Envelope (arrow x) ─▶ Seller
//!                            │                └─ Direct ─▶ a recipient whose release is direct
//!                            └ AwaitingReceipt ◀─ Receipt, of the seller and of the card manager
//! Seller           receive → AwaitingAuthentication ── relay (arrow y) ─▶ CardManager, other recipients
//!                            └ authenticate → Approved ── dispatch (arrow z) ─▶ DeliveryService
//!                                           │        └─── relay, too, to who has had nothing yet
//!                                           → Declined
//! CardManager      receive, receive_direct → AwaitingDecision
//!                            │ └ approve → Approval: Authentication ─▶ Seller, and Settlement
//!                            │ └ decline → Authentication ─▶ Seller
//!                            └ after that → Decided: the same Authentication ─▶ Seller
//! DeliveryService  receive → Delivery
//! Recipient        receive, receive_direct, receive_dispatch → Delivery
//! ```
//!
//! A step that leaves a state consumes it. When a message does not hold, the step hands the state back with the error
//! ([`Refused`]), and the honest message still goes through. A step that must happen once takes the [`Ledger`]; what
//! was received before comes back as [`Received::Again`]. A state borrows its party: keep its `export` between two
//! messages.
//!
//! On the way to a purchase there are [`Order`], [`OrderForm`] and [`Confinement`] (what goes to whom, by the seller's
//! form and within the card holder's own rules), [`SellerPolicy`] and [`Rules`] (what a party takes, from whom and
//! when), and the advance confirmation: [`Hello`], [`Answer`], [`Confirmation`], and [`Confirmed`] at its end.
//!
//! # Keys
//!
//! An [`Authority`] issues the shares of a domain, alone or together with others. The module [`authority`] has what
//! belongs to it. A party takes its keys from a [`KeySource`]: a [`Share`], a [`BorrowedShare`](authority::BorrowedShare)
//! in flash, [`PresharedKeys`], a [`Keyring`] of several, or a type of yours.
//!
//! ```
//! use std::collections::BTreeSet;
//!
//! use polyseal::{Authority, Capacity, Domain, Epoch, Identifier, KeySource, Label};
//!
//! let bank = Label::new("bank.example")?;
//! let year_2026 = Epoch::new(1, 1_767_225_600, 1_798_761_600)?;
//! let domain = Domain::new(bank.clone(), bank, year_2026);
//!
//! // The authority: a polynomial of degree 64, so 66 parties at most. The seed is the secret: 32 random bytes.
//! let seed = [7; 32];
//! let mut authority = Authority::from_seed(domain.clone(), 64, Capacity::UNCONDITIONAL, &seed, BTreeSet::new())?;
//! let (alice, shop) = (Identifier::new("alice")?, Identifier::new("shop.example")?);
//! let (for_alice, for_shop) = (authority.issue(&alice)?, authority.issue(&shop)?);
//! let _backup = authority.export(); // seed and register: to be stored before a share leaves
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
//! None is on by default. `serde`: orders, forms and identifiers read and write JSON. `forward-secrecy`: an ephemeral
//! exchange in the advance confirmation, on request. `parallel`: batches of shares are issued on all cores.
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
mod field;
mod value;
mod wire;
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
pub use identifier::{Identifier, IdentifierError};
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

/// The README's listings are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
