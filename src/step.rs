//! What steps give: something new or something known, or the state back with the reason.

use core::fmt;

/// The result of a step that happens once.
#[derive(Debug)]
pub enum Received<N, A = N> {
    /// It is new, and now filed.
    New(N),
    /// It was filed before, and this is how far the order has come. The answer may have been lost, or a process may have
    /// ended before it acted: repeat the answer, and act only on what your own books do not have under the order's
    /// digest.
    Again(A),
}

impl<N: Into<A>, A> Received<N, A> {
    /// The order, whether it is new or known, for a caller that goes on alike.
    pub fn into_inner(self) -> A {
        match self {
            Self::New(order) => order.into(),
            Self::Again(order) => order,
        }
    }
}

/// A step that did not happen, with the state in which it can be tried again.
///
/// `?` turns it into the error alone where a function returns that, and into a `Box<dyn Error>` elsewhere.
pub struct Refused<S, E> {
    /// The state, unchanged.
    pub state: S,
    /// The reason why the step did not happen.
    pub error: E,
}

impl<S, E> Refused<S, E> {
    /// The error alone, where the state is not needed further: the ledger has it, too.
    #[must_use]
    pub fn into_error(self) -> E {
        self.error
    }
}

/// The error alone: states are shown by their own `Debug`.
impl<S, E: fmt::Debug> fmt::Debug for Refused<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<S, E: fmt::Display> fmt::Display for Refused<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<S, E: core::error::Error> core::error::Error for Refused<S, E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.error.source()
    }
}

/// The state back with the error, or what the step made of it.
pub(crate) fn give_back<S, T, E>(state: S, step: impl FnOnce(&S) -> Result<T, E>) -> Result<(S, T), Refused<S, E>> {
    match step(&state) {
        Ok(made) => Ok((state, made)),
        Err(error) => Err(Refused { state, error }),
    }
}
