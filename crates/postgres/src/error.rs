//! How the storage fails.

use core::fmt;

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::migrations::{MIGRATIONS, newest};

/// How the storage fails.
///
/// What it prints, by `Debug` too, is what the server said without the detail, which could quote a row. Who wants that has
/// the error of tokio-postgres itself.
#[non_exhaustive]
pub enum PostgresError {
    /// PostgreSQL, or the connection to it. Whether a change was stored may be unknown, if it failed in a commit or in a
    /// transaction of its own: filing it again is safe.
    Database(tokio_postgres::Error),
    /// The pool gave no connection.
    Pool(Box<PoolError>),
    /// The tables are of this version, and not of the one that this package has: [`migrate`](crate::migrate) brings older
    /// ones up to date.
    Version(i32),
    /// The table of floor and mark does not have its one row. Nothing is filed.
    NoTimes,
    /// A row is not one that a ledger writes.
    NoOrder,
    /// An order came into being that this transaction cannot see.
    Unseen,
}

impl PostgresError {
    /// Whether to roll back and try again, at once: PostgreSQL has let another transaction go first.
    #[must_use]
    pub fn can_retry(&self) -> bool {
        match self {
            Self::Database(error) => {
                let again = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
                error.code().is_some_and(|code| again.contains(code))
            }
            Self::Unseen => true,
            Self::Pool(_) | Self::Version(_) | Self::NoTimes | Self::NoOrder => false,
        }
    }
}

impl From<tokio_postgres::Error> for PostgresError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<PoolError> for PostgresError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Database(error),
            error => Self::Pool(Box::new(error)),
        }
    }
}

impl fmt::Display for PostgresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // What the server said is more than "db error".
            Self::Database(error) => match error.as_db_error() {
                Some(said) => write!(f, "PostgreSQL: {} ({})", said.message(), said.code().code()),
                None => write!(f, "PostgreSQL: {error}"),
            },
            Self::Pool(error) => write!(f, "no connection to PostgreSQL: {error}"),
            Self::Version(found) => {
                let own = newest(MIGRATIONS);
                write!(f, "the ledger's tables are of version {found}, this package reads version {own}")
            }
            Self::NoTimes => f.write_str("the ledger's table polyseal_times does not have its one row"),
            Self::NoOrder => f.write_str("a row of the ledger's table polyseal_orders is no order"),
            Self::Unseen => f.write_str("another transaction has filed the order meanwhile: take the step again"),
        }
    }
}

impl fmt::Debug for PostgresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresError({self})")
    }
}

impl core::error::Error for PostgresError {
    /// What led to it, but never what the server said: a report that walks through the sources would print its detail.
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Database(error) if error.as_db_error().is_none() => error.source(),
            Self::Pool(error) => error.source(),
            _ => None,
        }
    }
}
