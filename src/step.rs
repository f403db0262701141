//! What steps give: something new or something known, or the state back with the reason.

use core::fmt;

/// What came of receiving an order.
#[derive(Debug)]
pub enum Received<N, A = N> {
    /// It is new, and now accepted.
    New(N),
    /// It was accepted before: this is how far it has come. The answer may have been lost, or this process
    /// may have ended before it acted: repeat the answer, and act only on what your own books do not have
    /// under the order's digest.
    Again(A),
}

/// A step that did not happen, with the state in which it can be tried again.
#[derive(Debug)]
pub struct Refused<S, E> {
    /// The state, unchanged.
    pub state: S,
    /// Why.
    pub error: E,
}

impl<S, E> Refused<S, E> {
    /// The error alone, where the state is not needed further: it is in the ledger too.
    #[must_use]
    pub fn into_error(self) -> E {
        self.error
    }
}

impl<S, E: fmt::Display> fmt::Display for Refused<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<S: fmt::Debug, E: core::error::Error> core::error::Error for Refused<S, E> {}
