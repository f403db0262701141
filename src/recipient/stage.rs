//! The one stage of an order at its recipient, as it is stored.

use alloc::vec::Vec;

use crate::limits;
use crate::message::{Consigned, Part, Status, fit_instructions, progress_of};
use crate::name::Role;
use crate::order::Release;
use crate::saved::{Named, Stage};
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// Whether these can be the consignments of one order to one recipient: numbers ascend, the last one has the highest, and
/// the instructions are not too long in all.
pub(super) fn follow(consignments: &[Consigned]) -> bool {
    let last = consignments.iter().position(|consigned| consigned.consignment().is_last());
    consignments.is_sorted_by(|a, b| a.number() < b.number())
        && last.is_none_or(|place| place.saturating_add(1) == consignments.len())
        && fit_instructions(consignments)
}

/// The one stage of a recipient's order.
pub(super) struct Instructed {
    /// When the seller filed that it took the order, if the part came on receipt.
    pub(super) at: Option<u64>,
    /// Ascending by number; none unless the part waited for the approval.
    pub(super) consignments: Vec<Consigned>,
}

impl Stage for Instructed {
    fn is_of(&self, role: &Role, part: &Part) -> bool {
        // S-11
        let are_timely = || {
            self.consignments.iter().all(|consigned| {
                part.was_deliverable_at(consigned.at)
                    && consigned.outcome.as_ref().is_none_or(|outcome| part.was_unsettled_at(outcome.at))
            })
        };
        ![Role::SELLER, Role::CARD_MANAGER].contains(role)
            && match (part.own().release, self.at, &*self.consignments) {
                (Release::Direct, None, []) => true,
                (Release::OnReceipt, Some(at), []) => part.was_open_at(at),
                (Release::OnApproval, None, [_, ..]) => are_timely() && follow(&self.consignments),
                _ => false,
            }
    }
}

impl Named for Instructed {
    fn name(&self, _: &Part) -> &'static str {
        progress_of(&self.consignments).unwrap_or(Status::Received.name())
    }
}

impl Encode for Instructed {
    /// `[at or null, [consigned, …]]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).uint_or_null(self.at).items(&self.consignments);
    }
}

impl Decode for Instructed {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a stage", 2)?;
        let at = r.or_null(|r| r.uint("a time", limits::TIME))?;
        Ok(Self { at, consignments: r.items("consignments", 0, limits::CONSIGNMENTS)? })
    }
}
