//! Who takes part, and in which role.

use crate::identifier::Identifier;
use crate::name::Role;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// A party in its role, by reference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer<'a> {
    pub(crate) role: &'a Role,
    pub(crate) identifier: &'a Identifier,
}

/// A party in its role, by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Actor {
    pub(crate) role: Role,
    pub(crate) identifier: Identifier,
}

impl Actor {
    pub(crate) fn as_peer(&self) -> Peer<'_> {
        Peer { role: &self.role, identifier: &self.identifier }
    }

    /// Whether two parties have a key with one another: they are two, and not both card holders.
    pub(crate) fn may_meet(&self, other: &Self) -> bool {
        self.identifier != other.identifier && (self.role != Role::CARD_HOLDER || other.role != Role::CARD_HOLDER)
    }
}

impl Peer<'_> {
    pub(crate) fn to_actor(self) -> Actor {
        Actor { role: self.role.clone(), identifier: self.identifier.clone() }
    }
}

/// Two items of the message that names the party.
impl Encode for Actor {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.item(&self.role).item(&self.identifier);
    }
}

impl Decode for Actor {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self { role: Role::decode(r)?, identifier: Identifier::decode(r)? })
    }
}
