//! Parts: what one recipient may know of an order, and the checks that it is of that order (`SPEC.md`, section 14).

use alloc::collections::BTreeSet;
use core::fmt;
use core::iter;

use super::header::{CommittedGroup, Header, OrderDigest, all_differ, commit_group, commit_recipient, token_hash};
use super::opening::{Decoded, OpenedGroup, Opening, Salt};
use crate::identifier::Identifier;
use crate::name::{FieldName, Role};
use crate::order::{Amount, Entry, Group, Places, Release, Selector, Walk, conflicting_names};
use crate::seal::Rejected;

/// Whether every entry opens the commitment of its role, in the header's order, all parties are different, and they see
/// groups that there are.
pub(crate) fn opens_recipients(header: &Header, recipients: &[(Entry, Salt)]) -> bool {
    let mut committed = header.recipients.iter();
    let identifiers = recipients.iter().map(|(entry, _)| &entry.identifier);
    // P-3, P-2; P-4, with the indices of each entry, which ascend where they are read
    all_differ(iter::once(&header.sender).chain(identifiers))
        && recipients.iter().all(|(entry, salt)| {
            // Searching on from the last match holds the entries to the header's order.
            committed.any(|(role, commitment)| *role == entry.role && *commitment == commit_recipient(salt, entry))
                && entry.groups.are_below(header.groups.len())
        })
}

/// Whether these are names of one group: ascending, each selected in it, and without conflict.
pub(super) fn fits<'n>(group: &CommittedGroup, names: impl Iterator<Item = &'n FieldName> + Clone) -> bool {
    let mut selectors = Walk::new(group.selectors.iter().map(|selector| (selector, ())));
    // P-6. Names of different groups cannot conflict, because their selectors do not (G-4).
    names.clone().is_sorted_by(|a, b| a < b)
        && names.clone().all(|name| selectors.find(name).is_some())
        && conflicting_names(names).is_none()
}

/// What only the relayer can check besides the card holder, because they see all entries: that the seller is the first
/// whose part is not direct, that every group has readers of its own, and that approval is possible where it is needed.
pub(super) fn is_sound(header: &Header, recipients: &[(Entry, Salt)]) -> bool {
    let entries = || recipients.iter().map(|(entry, _)| entry);
    let first = entries().find(|entry| entry.release != Release::Direct);
    let manager = entries().find(|entry| entry.role == Role::CARD_MANAGER).map(|entry| entry.release);
    // E-2, E-3
    first.is_some_and(|entry| entry.role == Role::SELLER && entry.release == Release::OnReceipt)
        && every_group_has_an_audience(header, recipients)
        && manager != Some(Release::OnApproval)
        && (manager.is_some() || entries().all(|entry| entry.release != Release::OnApproval))
}

/// Whether every group has a reader, and no two have the same ones.
fn every_group_has_an_audience(header: &Header, recipients: &[(Entry, Salt)]) -> bool {
    let mut audiences = alloc::vec![Places::default(); header.groups.len()];
    for (reader, (entry, _)) in recipients.iter().enumerate() {
        for (place, audience) in audiences.iter_mut().enumerate() {
            if entry.groups.contains(place) {
                audience.insert(reader);
            }
        }
    }
    audiences.iter().all(|audience| !audience.is_empty()) && all_differ(audiences.iter())
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
    /// `reader`, and that it sees what a reader of that role sees. The commitments to values that a state has forgotten
    /// were checked before the order was filed.
    pub(crate) fn verify(header: Header, opening: Opening, role: &Role, reader: &Identifier) -> Result<Self, Rejected> {
        let place = |role: &Role| opening.recipients.iter().position(|(entry, _)| entry.role == *role);
        let (Some(own), Some(seller)) = (place(role), place(&Role::SELLER)) else { return Err(Rejected) };
        let part = Self { header, opening, own, seller };
        if opens_recipients(&part.header, &part.opening.recipients) && part.opens_groups() && part.is_of(role, reader) {
            Ok(part)
        } else {
            Err(Rejected)
        }
    }

    /// Whether the groups opened are exactly those of the reader's entry, and each is what the header commits to.
    fn opens_groups(&self) -> bool {
        let Decoded { groups, .. } = &*self.opening;
        // P-5
        self.own().groups.iter().eq(groups.iter().map(|group| group.place))
            && groups.iter().all(|group| self.opens_group(group))
    }

    fn opens_group(&self, group: &OpenedGroup) -> bool {
        let Some(committed) = self.header.groups.get(group.place) else { return false };
        fits(committed, self.opening.names_of(group))
            && self.opening.committed(group).is_none_or(|(salt, fields)| {
                // P-7
                let commitment = commit_group(salt, |w| w.raw(fields));
                commitment == committed.commitment
            })
    }

    /// Whether the entries are those that a reader of this role gets, and its own is the reader's.
    fn is_of(&self, role: &Role, reader: &Identifier) -> bool {
        let Decoded { recipients, companions, revision, .. } = &*self.opening;
        let token = self.opening.token();
        let own = self.own();
        let relays = *role == Role::SELLER;
        let count = if relays { self.header.recipients.len() } else { 2 };
        let manages = *role == Role::CARD_MANAGER;
        // P-5, P-9, P-10
        own.identifier == *reader
            && self.seller().release == Release::OnReceipt
            && recipients.len() == count
            && companions.is_some() == relays
            && revision.is_some() == relays
            && token.is_some() == manages
            && token.is_none_or(|token| self.is_approved_by(token))
            && (!relays || is_sound(&self.header, recipients))
    }

    fn entry(&self, place: usize) -> &Entry {
        let entry = self.opening.recipients.get(place).map(|(entry, _)| entry);
        #[expect(clippy::expect_used, reason = "the places were found among these recipients")]
        entry.expect("a part has its reader's and its seller's entry")
    }

    pub(crate) fn own(&self) -> &Entry {
        self.entry(self.own)
    }

    /// The seller of the order, who relays its parts.
    #[must_use]
    pub fn seller(&self) -> &Entry {
        self.entry(self.seller)
    }

    pub(crate) fn forget(&mut self, forgotten: &BTreeSet<FieldName>) {
        if self.opening.names(false).any(|name| forgotten.contains(name)) {
            self.opening = self.opening.without(forgotten);
        }
    }

    /// Whether something can have been accepted, or decided, at this time.
    pub(crate) fn was_open_at(&self, time: u64) -> bool {
        (self.header.issued_at..=self.header.accept_until).contains(&time)
    }

    /// Whether something can have been dispatched at this time.
    pub(crate) fn was_deliverable_at(&self, time: u64) -> bool {
        (self.header.issued_at..=self.header.deliver_until).contains(&time)
    }

    /// Whether something that follows an approval can have been filed at this time.
    pub(crate) fn was_unsettled_at(&self, time: u64) -> bool {
        (self.header.issued_at..=self.header.settle_until).contains(&time)
    }

    /// Whether the amount due is a field of its own, of a group that both the seller and the card manager are listed with,
    /// if there is a card manager. So what one of them reads is what the other one reads.
    pub(crate) fn has_one_amount(&self) -> bool {
        let names_amount = |selector: &Selector| selector.as_str() == FieldName::AMOUNT_DUE.as_str();
        let place = self.header.groups.iter().position(|group| group.selectors.iter().any(names_amount));
        let see = |place| {
            let manager = self.recipient(&Role::CARD_MANAGER);
            self.seller().groups.contains(place) && manager.is_none_or(|entry| entry.groups.contains(place))
        };
        place.is_some_and(see)
    }

    /// Whether this is the token that approves the order.
    pub(crate) fn is_approved_by(&self, token: &[u8; 32]) -> bool {
        token_hash(token) == self.header.token_hash
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

    /// The last second in which messages about it are taken: answers, receipts.
    #[must_use]
    pub fn settle_until(&self) -> u64 {
        self.header.settle_until
    }

    /// The value of a field, by its [`FieldName`] or as text: `part.get("items.3.sku")`. `None` if this recipient does not
    /// see it, or has forgotten it.
    #[must_use]
    pub fn get(&self, name: impl AsRef<str>) -> Option<&str> {
        let name = name.as_ref();
        let (found, value) = self.opening.from(|field| field < name).next()?;
        value.filter(|_| found.as_str() == name)
    }

    /// The sum to be paid, [`FieldName::AMOUNT_DUE`]. A seller and a card manager always have it: it was checked before the
    /// order was filed.
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        self.get(FieldName::AMOUNT_DUE)?.parse().ok()
    }

    /// The fields that this recipient sees and whose values the party has forgotten, ascending.
    pub fn forgotten(&self) -> impl Iterator<Item = &FieldName> {
        self.opening.names(true)
    }

    /// The fields that this recipient sees and their values, ascending by name, without those that are forgotten.
    pub fn fields(&self) -> impl Iterator<Item = (&FieldName, &str)> {
        self.opening.fields().filter_map(|(name, value)| Some((name, value?)))
    }

    /// Their names alone.
    pub(crate) fn names(&self) -> impl Iterator<Item = &FieldName> {
        self.opening.names(false)
    }

    /// Those below a name: `part.fields_under("items")` has `items.0.sku`. With the feature `serde` a struct of yours is read
    /// from all fields by `part.to()`.
    pub fn fields_under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a FieldName, &'a str)> {
        let below = || prefix.bytes().chain([b'.']);
        let is_below =
            move |name: &FieldName| name.as_str().strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'));
        let from = self.opening.from(move |name| name.bytes().lt(below()));
        from.take_while(move |(name, _)| is_below(name)).filter_map(|(name, value)| Some((name, value?)))
    }

    /// Which fields of the order a recipient sees, of whom this one knows: group by group, ascending in each.
    pub fn selectors(&self, recipient: &Entry) -> impl Iterator<Item = &Selector> {
        let groups = recipient.groups.iter().filter_map(|place| self.header.groups.get(place));
        groups.flat_map(|group| &group.selectors)
    }

    /// Whether the order's groups are those of a form: the same selectors in each.
    pub(crate) fn has_groups(&self, groups: &[Group]) -> bool {
        let own = self.header.groups.iter().map(|group| &group.selectors);
        own.eq(groups.iter().map(|group| &group.selectors))
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
