#![doc = include_str!("../README.md")]
#![no_std]
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
#[cfg(test)]
extern crate std;

// In the order in which data flows: a module uses only those above it.
pub mod limits;
mod step;
mod field;
mod wire;
mod hash;
mod export;
mod name;
mod identifier;
mod domain;
mod point;
mod rules;
mod key;
mod link;
mod blom;
mod seal;
mod confirm;
mod order;
mod envelope;
mod ledger;
mod party;

pub use rand_core;
pub use zeroize::Zeroizing;

pub use blom::{
    Authority, AuthorityError, BorrowedShare, Capacity, CohortPlan, CombineError, Contribution, IssueError,
    JointAuthority, PlanError, Register, Root, RootError, Share,
};
#[cfg(feature = "forward-secrecy")]
pub use confirm::Sessions;
pub use confirm::{Answer, ConfirmError, Confirmation, Confirmed, Hello, Initiator, Meeting, Responder};
pub use domain::{Cohort, CohortError, Domain, DomainError, Epoch, EpochError, IssuersError};
pub use envelope::{
    Authentication, Direct, Dispatch, Envelope, OrderDigest, Part, Receipt, Relay, Report, Status, Windows,
    WindowsError,
};
pub use export::RestoreError;
pub use identifier::{Identifier, IdentifierError};
pub use key::{CommonKey, KeyError, KeySource, Keyring, KeyringError, PresharedKeys};
pub use ledger::{Insert, Ledger, LedgerError, LedgerKey, MemoryLedger, Replace};
pub use name::{FieldName, Label, NameError, Role};
pub use order::{Confinement, Entry, FormEntry, FormError, Order, OrderError, OrderForm, Release, SplitError};
pub use party::{
    Accepted, Approval, Approved, AuthenticateError, Authenticated, AwaitingAuthentication, AwaitingDecision,
    AwaitingReceipt, CardHolder, CardManager, CardManagerOrder, DecideError, Decided, Declined, Delivery,
    DeliveryService, DispatchError, GiveReceiptError, PolicyError, ReceiptError, ReceiveError, ReceivedByCardManager,
    ReceivedBySeller, Recipient, RelayError, ReservedRoleError, SealError, SealedOrder, Seller, SellerOrder,
    SellerPolicy, Settlement, Split, TimeError,
};
pub use point::{PeerPoint, Point};
pub use rules::Rules;
pub use step::{Received, Refused};
pub use wire::{VERSION, WireError};
