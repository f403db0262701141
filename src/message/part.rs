//! Parts: what one recipient may know of an order, and the checks that it is of that order.

use alloc::collections::BTreeSet;
use core::fmt;
use core::iter;

use super::header::{Header, OrderDigest, all_differ, commit_field, commit_recipient, token_hash};
use super::opening::{Decoded, Opening, Salt};
use crate::identifier::Identifier;
use crate::name::{FieldName, Role};
use crate::order::{Entry, Release};
use crate::seal::Rejected;

/// Whether every entry opens the commitment of its role, in the header's order, and all parties are different.
pub(crate) fn opens_recipients(header: &Header, recipients: &[(Entry, Salt)]) -> bool {
    let mut committed = header.recipients.iter();
    let identifiers = recipients.iter().map(|(entry, _)| &entry.identifier);
    all_differ(iter::once(&header.sender).chain(identifiers))
        && recipients.iter().all(|(entry, salt)| {
            // Searching on from the last match holds the entries to the header's order.
            committed.any(|(role, commitment)| *role == entry.role && *commitment == commit_recipient(salt, entry))
        })
}

/// An opened part: the order as one recipient may know it, every value checked against the order's
/// digest.
///
/// The values are secret: wiped on drop, never printed. Not `Clone`, so that they stay in one place.
pub struct Part {
    pub(crate) header: Header,
    pub(crate) opening: Opening,
    /// The places of the reader's and of the seller's entry among the recipients.
    own: usize,
    seller: usize,
}

impl Part {
    /// Checks an opening against the header: that everything in it opens a commitment, that the reader of this `role` is
    /// `reader`, and that it sees what a reader of that role sees. Of what a state has forgotten the commitments were
    /// checked before the order was filed.
    pub(crate) fn verify(header: Header, opening: Opening, role: &Role, reader: &Identifier) -> Result<Self, Rejected> {
        let place = |role: &Role| opening.recipients.iter().position(|(entry, _)| entry.role == *role);
        let (Some(own), Some(seller)) = (place(role), place(&Role::SELLER)) else { return Err(Rejected) };
        let part = Self { header, opening, own, seller };
        if opens_recipients(&part.header, &part.opening.recipients) && part.opens_fields() && part.is_of(role, reader) {
            Ok(part)
        } else {
            Err(Rejected)
        }
    }

    fn opens_fields(&self) -> bool {
        let mut committed = self.header.fields.iter();
        self.opening.fields().all(|(name, salt, value)| {
            // Both ascend.
            let commitment = committed.find(|(field, _)| field == name).map(|(_, commitment)| commitment);
            commitment == Some(&commit_field(salt, name, value))
        })
    }

    /// Whether the entries are those that a reader of this role gets, its own is the reader's, and the fields opened are
    /// the fields listed there.
    fn is_of(&self, role: &Role, reader: &Identifier) -> bool {
        let Decoded { recipients, companions, token, .. } = &*self.opening;
        let own = self.own();
        let relays = *role == Role::SELLER;
        let count = if relays { self.header.recipients.len() } else { 2 };
        let manages = *role == Role::CARD_MANAGER;
        own.identifier == *reader
            && self.seller().release == Release::OnReceipt
            && recipients.len() == count
            && own.fields.iter().eq(self.opening.names().map(|(name, _)| name))
            && companions.is_some() == relays
            && token.is_some() == manages
            && token.as_ref().is_none_or(|token| self.is_approved_by(token))
            && (!relays || self.seller_sees_a_sound_order())
    }

    fn entry(&self, place: usize) -> &Entry {
        let entry = self.opening.recipients.get(place).map(|(entry, _)| entry);
        #[expect(clippy::expect_used, reason = "the places were found among these recipients")]
        entry.expect("a part has its reader's and its seller's entry")
    }

    /// The reader's own entry.
    pub(crate) fn own(&self) -> &Entry {
        self.entry(self.own)
    }

    /// The seller of the order, who relays its parts.
    #[must_use]
    pub fn seller(&self) -> &Entry {
        self.entry(self.seller)
    }

    /// The part without the values of these fields.
    pub(crate) fn forget(&mut self, forgotten: &BTreeSet<FieldName>) {
        if self.fields().any(|(name, _)| forgotten.contains(name)) {
            self.opening = self.opening.without(forgotten);
        }
    }

    /// Whether this is the token that approves the order.
    pub(crate) fn is_approved_by(&self, token: &[u8; 32]) -> bool {
        token_hash(token) == self.header.token_hash
    }

    /// What only the relayer can check, because it alone sees all entries: that the seller is the
    /// first whose part is not direct, that every field is somebody's, and that approval is
    /// possible where it is needed.
    fn seller_sees_a_sound_order(&self) -> bool {
        let entries = || self.opening.recipients.iter().map(|(entry, _)| entry);
        let first = entries().find(|entry| entry.release != Release::Direct);
        let manager = entries().find(|entry| entry.role == Role::CARD_MANAGER).map(|entry| entry.release);
        first.is_some_and(|entry| entry.role == Role::SELLER)
            && self.every_field_is_somebodys()
            && manager != Some(Release::OnApproval)
            && (manager.is_some() || entries().all(|entry| entry.release != Release::OnApproval))
    }

    /// Whether what the entries list is what the header has, and all of it.
    fn every_field_is_somebodys(&self) -> bool {
        let mut shown = alloc::vec![false; self.header.fields.len()];
        let are_there = self.recipients().all(|entry| {
            let mut fields = self.header.fields.iter().zip(&mut shown);
            // Both ascend.
            entry.fields.iter().all(|name| {
                let found = fields.find(|((field, _), _)| field == name);
                found.map(|(_, shown)| *shown = true).is_some()
            })
        });
        are_there && shown.into_iter().all(|shown| shown)
    }

    /// The name of the order.
    #[must_use]
    pub fn digest(&self) -> OrderDigest {
        *self.header.digest()
    }

    /// The card holder.
    #[must_use]
    pub fn sender(&self) -> &Identifier {
        &self.header.sender
    }

    /// When the order was sealed, in seconds since 1970.
    #[must_use]
    pub fn issued_at(&self) -> u64 {
        self.header.issued_at
    }

    /// The last second in which it may be received for the first time, and approved.
    #[must_use]
    pub fn accept_until(&self) -> u64 {
        self.header.accept_until
    }

    /// The last second in which it may be dispatched.
    #[must_use]
    pub fn deliver_until(&self) -> u64 {
        self.header.deliver_until
    }

    /// The value of a field, by its [`FieldName`] or as text: `part.get("order.note")`. `None` if this recipient does not
    /// see it, or has forgotten it.
    #[must_use]
    pub fn get(&self, name: impl AsRef<str>) -> Option<&str> {
        self.fields().find(|(field, _)| field.as_str() == name.as_ref()).map(|(_, value)| value)
    }

    /// The fields that this recipient sees and whose values the party has forgotten, ascending.
    pub fn forgotten(&self) -> impl Iterator<Item = &FieldName> {
        self.opening.names().filter(|(_, is_forgotten)| *is_forgotten).map(|(name, _)| name)
    }

    /// The fields that this recipient sees and their values, ascending by name, without those that are forgotten.
    pub fn fields(&self) -> impl Iterator<Item = (&FieldName, &str)> {
        self.opening.fields().map(|(name, _, value)| (name, value))
    }

    /// The recipients that this one knows of, in sending order: the seller knows all, others
    /// themselves and the seller.
    pub fn recipients(&self) -> impl Iterator<Item = &Entry> {
        self.opening.recipients.iter().map(|(entry, _)| entry)
    }

    /// The recipient of a role, if this one knows of it.
    #[must_use]
    pub fn recipient(&self, role: &Role) -> Option<&Entry> {
        self.recipients().find(|entry| entry.role == *role)
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("digest", self.header.digest())
            .field("sender", &self.header.sender)
            .finish_non_exhaustive()
    }
}
