//! The stages of an order at the seller, as they are stored.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::limits;
use crate::message::Part;
use crate::name::Role;
use crate::order::Release;
use crate::saved::Stage;
use crate::wire::{Decode, Encode, Reader, Secret32, Sink, WireError, Writer};

pub(super) struct Waiting;

pub(super) struct HasApproval {
    /// When the card manager filed that.
    pub(super) at: u64,
    /// Boxed, because moving a state would leave copies behind.
    pub(super) token: Box<Secret32>,
    pub(super) dispatches: Vec<Dispatched>,
}

/// The order was dispatched to this role, with these instructions. The content is filed, not the sealed message.
pub(super) struct Dispatched {
    pub(super) role: Role,
    /// When that was filed.
    pub(super) at: u64,
    pub(super) instructions: Zeroizing<Vec<u8>>,
}

pub(super) struct IsDeclined {
    /// When the card manager filed that.
    pub(super) at: u64,
    pub(super) reason: Zeroizing<String>,
}

pub(super) enum SellerStage {
    Waiting(Waiting),
    Approved(HasApproval),
    Declined(IsDeclined),
}

impl Stage for SellerStage {
    fn is_of(&self, role: &Role, part: &Part) -> bool {
        let waits = |role: &Role| part.recipient(role).is_some_and(|entry| entry.release == Release::OnApproval);
        *role == Role::SELLER
            && match self {
                // S-11
                Self::Waiting(_) => true,
                Self::Declined(IsDeclined { at, .. }) => part.was_open_at(*at),
                Self::Approved(HasApproval { at, token, dispatches }) => {
                    let roles: BTreeSet<_> = dispatches.iter().map(|dispatched| &dispatched.role).collect();
                    part.was_open_at(*at)
                        && part.is_approved_by(token)
                        && roles.len() == dispatches.len()
                        && roles.into_iter().all(waits)
                        && dispatches.iter().all(|dispatched| part.was_deliverable_at(dispatched.at))
                }
            }
    }
}

/// An order is dispatched to each role once, so the limit on all its instructions holds by itself.
const _: () = assert!(limits::RECIPIENTS * limits::INSTRUCTIONS <= limits::ORDER_INSTRUCTIONS);

const WAITING: &str = "awaiting";
const APPROVED: &str = "approved";
const DECLINED: &str = "declined";

impl Encode for Waiting {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(1).text(WAITING);
    }
}

impl Encode for HasApproval {
    /// `["approved", at, token, [[role, at, instructions], …]]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(4).text(APPROVED).uint(self.at).bytes(self.token.as_slice()).items(&self.dispatches);
    }
}

impl Encode for IsDeclined {
    /// `["declined", at, reason]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).text(DECLINED).uint(self.at).text(&self.reason);
    }
}

impl Encode for Dispatched {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).item(&self.role).uint(self.at).bytes(&self.instructions);
    }
}

impl Decode for Dispatched {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a dispatch", 3)?;
        let (role, at) = (Role::decode(r)?, r.uint("a time", limits::TIME)?);
        let instructions = Zeroizing::new(r.bytes("instructions", 0, limits::INSTRUCTIONS)?.to_vec());
        Ok(Self { role, at, instructions })
    }
}

impl Decode for SellerStage {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let count = r.array("a stage", 1, 4)?;
        match (r.text("a stage", limits::NAME)?, count) {
            (WAITING, 1) => Ok(Self::Waiting(Waiting)),
            (APPROVED, 4) => {
                let at = r.uint("a time", limits::TIME)?;
                let token = r.secret("a token")?;
                let dispatches = r.items("dispatches", 0, limits::RECIPIENTS)?;
                Ok(Self::Approved(HasApproval { at, token, dispatches }))
            }
            (DECLINED, 3) => {
                let at = r.uint("a time", limits::TIME)?;
                let reason = Zeroizing::new(r.text("a reason", limits::REASON)?.into());
                Ok(Self::Declined(IsDeclined { at, reason }))
            }
            _ => Err(WireError::Expected("a stage of a seller")),
        }
    }
}
