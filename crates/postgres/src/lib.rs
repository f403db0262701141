//! A ledger for polyseal over PostgreSQL, for any number of processes: one row an order.
//!
//! In a transaction of yours, a step and your own books are one:
//!
//! ```no_run
//! use polyseal::card_manager::{AwaitingDecision, CardManager, Settlement};
//! use polyseal::message::Authorization;
//! use polyseal::rand_core::CryptoRng;
//! use polyseal::{Received, Share};
//! use polyseal_postgres::{Transaction, file};
//!
//! type Error = Box<dyn std::error::Error + Send + Sync>;
//!
//! async fn book(tx: &Transaction<'_>, settlement: &Settlement) -> Result<(), Error> {
//!     let (digest, due) = (settlement.digest(), settlement.amount_due().to_string());
//!     tx.execute("INSERT INTO withdrawals (digest, due) VALUES ($1, $2)", &[&&digest.as_bytes()[..], &due]).await?;
//!     Ok(())
//! }
//!
//! async fn approve(
//!     bank: &CardManager<Share>,
//!     order: AwaitingDecision,
//!     client: &mut polyseal_postgres::Client,
//!     now: u64,
//!     rng: &mut impl CryptoRng,
//! ) -> Result<Authorization, Error> {
//!     let pending = order.approve(bank, now)?;
//!     let tx = client.transaction().await?;
//!     let filed = file(&tx, &pending.record()).await?;
//!     Ok(match pending.complete(filed)? {
//!         Received::New(approval) => {
//!             book(&tx, approval.settlement()).await?;
//!             tx.commit().await?; // nothing leaves before this
//!             approval.authorization(bank, rng)?
//!         }
//!         Received::Again(decided) => decided.authorization(bank, rng)?, // booked by the transaction that decided
//!     })
//! }
//! ```
//!
//! A step that only adds to a filed order may come back with
//! [`LedgerError::FileAgain`](polyseal::LedgerError::FileAgain): file the step that comes with it in the same transaction.
//!
//! Without books to share, a [`PostgresLedger`] files a step in a transaction of its own, does that, and tries again where
//! PostgreSQL lets one of two transactions fail: `ledger.complete(pending).await?`.
//!
//! # Isolation
//!
//! [`file()`] is right at every level, because no answer rests on a snapshot alone:
//!
//! - An insert is one statement, `INSERT … ON CONFLICT DO NOTHING`: of two at once, the unique index lets the second wait
//!   for the first. It also locks the row of floor and mark (`FOR SHARE`) to the end of the transaction. Inserts do not wait
//!   for each other; whoever raises the floor waits for them, and they for it. So no order is purged and accepted again.
//! - A replacement is one statement, `UPDATE … WHERE revision = …`, which looks at the revision again after it has waited
//!   for another one.
//! - At `READ COMMITTED`, PostgreSQL's default, whoever comes second is then answered with what the first has stored.
//! - At `REPEATABLE READ` and `SERIALIZABLE` the snapshot does not show that, and PostgreSQL fails the statement, or the
//!   commit: [`PostgresError::can_retry`] is true. Roll back, and take the whole step again, as for a deadlock. This can
//!   also happen at `COMMIT`: until that has succeeded, nothing may leave.
//!
//! A transaction that files several orders can deadlock with another one that files them in another order: PostgreSQL ends
//! one of them. File them in the order of their digests.
//!
//! # Durability
//!
//! With `synchronous_commit = off` PostgreSQL would forget, in a crash, what it has confirmed. A transaction that files a
//! change is therefore committed with `on` where the server says `off`; its other settings stay. `fsync = off` is the
//! server's alone, and not for a ledger. Read and file on the primary, never on a replica; after a failover to a replica that
//! may lag, and after each restoring of a copy, [there is something to do](polyseal::ledger#after-a-loss).
//!
//! # Security
//!
//! The states are secret: let nobody read the table who may not read the orders, nor its copies. A state is a parameter of a
//! statement, never in its text: where PostgreSQL logs statements, set `log_parameter_max_length = 0`. The connection is the
//! caller's to encrypt; on one machine, a socket needs none. Unlike the library, the client of PostgreSQL does not wipe what
//! it has buffered.
//!
//! To file, a role needs `SELECT`, `INSERT` and `UPDATE` on `polyseal_orders`, `SELECT` and `UPDATE` on `polyseal_times`; to
//! purge, `DELETE` on `polyseal_orders`; to open a ledger, `SELECT` on `polyseal_migrations`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod filing;
mod ledger;
mod migrations;
mod operating;

pub use deadpool_postgres::Pool;
pub use tokio_postgres::{Client, Transaction};

pub use error::PostgresError;
pub use filing::file;
pub use ledger::PostgresLedger;
pub use migrations::{MIGRATIONS, migrate};
pub use operating::{OpenOrder, OpenStage};

type Result<T> = core::result::Result<T, PostgresError>;

/// The README's listing is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
