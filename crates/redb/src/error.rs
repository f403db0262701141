//! How the storage fails.

use core::fmt;
use core::panic::AssertUnwindSafe;
use std::io::ErrorKind;
use std::panic::catch_unwind;

use crate::tables::VERSION;

/// How the storage fails. Its text is one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum RedbError {
    /// The file is damaged, shortened, or no ledger. The text says what was wrong with it.
    Damaged(String),
    /// The file is of this version, which this package does not read: use the one that wrote it, or a later one.
    Version(u64),
    /// The file cannot be made, opened, read or written. After such an error of a step, open the file anew: it may have kept
    /// the change or not, and the protocol takes both.
    Storage(Box<dyn core::error::Error + Send + Sync>),
}

impl RedbError {
    pub(crate) fn closed() -> Self {
        Self::Damaged("that showed in an earlier step".into())
    }
}

/// What comes of it, also if that is a panic.
pub(crate) fn caught<T>(act: impl FnOnce() -> Result<T, RedbError>) -> Result<T, RedbError> {
    // A database that was in use when it panicked is closed, and never asked again.
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it cannot be read");
        Err(RedbError::Damaged(text.lines().next().unwrap_or_default().into()))
    })
}

impl<E: Into<redb::Error>> From<E> for RedbError {
    fn from(error: E) -> Self {
        use redb::Error::{
            Corrupted, Io, TableDoesNotExist, TableIsMultimap, TableTypeMismatch, TypeDefinitionChanged,
            UpgradeRequired,
        };
        match error.into() {
            Corrupted(what) => Self::Damaged(what),
            Io(error) if [ErrorKind::UnexpectedEof, ErrorKind::InvalidData].contains(&error.kind()) => {
                Self::Damaged(error.to_string())
            }
            error @ (TableDoesNotExist(_)
            | TableIsMultimap(_)
            | TableTypeMismatch { .. }
            | TypeDefinitionChanged { .. }
            | UpgradeRequired(_)) => Self::Damaged(error.to_string()),
            error => Self::Storage(Box::new(error)),
        }
    }
}

impl fmt::Display for RedbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(what) => {
                f.write_str("the file is damaged or no ledger: ")?;
                what.lines().next().unwrap_or_default().fmt(f)
            }
            Self::Version(found) => {
                write!(f, "the ledger's file is of version {found}, this package reads version {VERSION}")
            }
            Self::Storage(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for RedbError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Damaged(_) | Self::Version(_) => None,
            Self::Storage(error) => Some(&**error),
        }
    }
}
