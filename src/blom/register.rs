//! How many parties a polynomial serves, and which.

use alloc::collections::BTreeSet;

use crate::identifier::Identifier;

/// How many parties may hold shares of one polynomial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity(pub(super) Parties);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parties {
    Closed,
    Unconditional,
    AtMost(usize),
}

impl Capacity {
    /// t + 2 parties: whoever of them collude, a pair of registered parties outside them leaves at most
    /// t shares, and those reveal nothing about the pair's key. No assumption about who colludes remains.
    ///
    /// It protects pairs of *registered* parties. t + 1 colluders can derive the key between the one party
    /// left and an identity that nobody registered, and speak to that party in its name. A party that hears
    /// senders it does not know from books of its own wants [`CLOSED`](Self::CLOSED).
    pub const UNCONDITIONAL: Self = Self(Parties::Unconditional);

    /// t + 1 parties: a coalition that leaves out one of them has at most t shares, so that it learns
    /// nothing about any key of that party, with registered identities or others.
    pub const CLOSED: Self = Self(Parties::Closed);

    /// At most this many parties, beyond t + 2 under an assumption that you make here: **no t + 1
    /// of them ever collude or are broken into**. If they do, every key of the polynomial is
    /// theirs.
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

/// The identities to which an authority has issued shares.
///
/// Public data, but its loss is dangerous: an authority that forgot whom it served would issue past
/// its capacity. It only grows, so [`len`](Self::len) tells a newer register from an older one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register(pub(super) BTreeSet<Identifier>);

impl Register {
    /// Of an authority that has issued nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many identities it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is that of an authority that has issued nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The identities, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = &Identifier> {
        self.0.iter()
    }
}

impl FromIterator<Identifier> for Register {
    fn from_iter<I: IntoIterator<Item = Identifier>>(identities: I) -> Self {
        Self(identities.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Register {
    type Item = &'a Identifier;
    type IntoIter = alloc::collections::btree_set::Iter<'a, Identifier>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Register {
    type Item = Identifier;
    type IntoIter = alloc::collections::btree_set::IntoIter<Identifier>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
