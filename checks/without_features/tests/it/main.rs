//! The tests of the library that need none of its features, and one that needs their absence.

mod declined_exchange;

#[path = "../../../../tests/it/cohorts.rs"]
mod cohorts;
#[path = "../../../../tests/it/flow.rs"]
mod flow;
#[path = "../../../../tests/it/handshake.rs"]
mod handshake;
#[path = "../../../../tests/it/handshakes.rs"]
mod handshakes;
#[path = "../../../../tests/it/hostile_services.rs"]
mod hostile_services;
#[path = "../../../../tests/it/joint.rs"]
mod joint;
#[path = "../../../../tests/it/laws.rs"]
mod laws;
#[path = "../../../../tests/it/ledgers.rs"]
mod ledgers;
#[path = "../../../../tests/it/misuse.rs"]
mod misuse;
#[path = "../../../../tests/it/once.rs"]
mod once;
#[path = "../../../../tests/it/receipts.rs"]
mod receipts;
#[path = "../../../../tests/it/required_handshakes.rs"]
mod required_handshakes;
#[path = "../../../../tests/it/steps.rs"]
mod steps;
