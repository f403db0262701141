//! How many parties a polynomial serves.

/// How many parties may hold shares of one polynomial of degree t.
///
/// # Security
///
/// [`CLOSED`](Self::CLOSED) and [`UNCONDITIONAL`](Self::UNCONDITIONAL) assume nothing about who colludes. Use `CLOSED`
/// where a party accepts messages from senders that it does not know from its own records. What is said of keys below is
/// said of raw keys, of a polynomial that is random: see [`authority`](super).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity(pub(super) Parties);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parties {
    Closed,
    Unconditional,
    AtMost(usize),
}

impl Capacity {
    /// t + 2 parties. A coalition that leaves out two of them has at most t shares, which reveal nothing about the key
    /// of these two.
    ///
    /// This protects pairs of *registered* parties. If t + 1 parties collude, one party is left. They can derive its key
    /// with an identity that nobody registered, and speak to it in that name.
    pub const UNCONDITIONAL: Self = Self(Parties::Unconditional);

    /// t + 1 parties. A coalition that leaves out one of them has at most t shares, which reveal nothing about any key
    /// of that party, with registered identities or others.
    pub const CLOSED: Self = Self(Parties::Closed);

    /// At most `parties` parties, which may be more than t + 2.
    ///
    /// # Security
    ///
    /// You assume that **no t + 1 of them ever collude or are broken into**. If they do, they have every key of the
    /// polynomial.
    #[must_use]
    pub const fn assuming_no_coalition_above_threshold(parties: usize) -> Self {
        Self(Parties::AtMost(parties))
    }

    pub(super) fn parties(self, threshold: usize) -> usize {
        match self.0 {
            Parties::Closed => threshold.saturating_add(1),
            Parties::Unconditional => threshold.saturating_add(2),
            Parties::AtMost(parties) => parties,
        }
    }
}
