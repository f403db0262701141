//! The states that wait on the network, as they are exported and as the ledger holds them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::envelope::{Authentication, Cargo, Dispatch, Opening, Part, SealedPart, parts_digest};
use crate::export::{self, RestoreError};
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Role;
use crate::wire::{Decode, Encode, Reader, Secret, Sink, WireError, Writer};

const KIND: &str = "state";

/// An accepted order, and how far it has come.
pub(super) struct Saved {
    pub(super) role: Role,
    pub(super) part: Part,
    /// For the seller, all parts of the envelope, its own included; for others, none.
    pub(super) parts: Vec<SealedPart>,
    pub(super) stage: Stage,
    /// All of this as the ledger holds it, which compares bytes: written once.
    bytes: Secret,
}

/// How far an order has come.
pub(super) enum Stage {
    /// At the seller: awaiting the authentication; at the card manager: awaiting its decision.
    Awaiting,
    /// At the seller: approved, with the dispatches that have been sent.
    Approved { token: Zeroizing<[u8; 32]>, dispatched: Vec<Dispatch> },
    /// At the seller: declined.
    Declined { reason: Zeroizing<String> },
    /// At the card manager: approved, or declined for a reason, with the authentication that says so.
    Decided { reason: Option<Zeroizing<String>>, authentication: Box<Authentication> },
    /// At any other recipient: received.
    Received { instructions: Zeroizing<Vec<u8>> },
}

impl Saved {
    pub(super) fn new(role: Role, part: Part, parts: Vec<SealedPart>, stage: Stage) -> Box<Self> {
        let mut saved = Self { role, part, parts, stage, bytes: Secret::default() };
        saved.bytes = saved.export_at(&saved.stage);
        Box::new(saved)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// For the caller to keep.
    pub(super) fn export(&self) -> Zeroizing<Vec<u8>> {
        self.bytes.copy()
    }

    /// The export of this order at another stage.
    pub(super) fn export_at(&self, stage: &Stage) -> Secret {
        export::export_secret(KIND, &At { saved: self, stage })
    }

    /// The same order at that stage, of which these are the bytes.
    pub(super) fn move_on(&mut self, stage: Stage, bytes: Secret) {
        self.stage = stage;
        self.bytes = bytes;
    }

    /// Reads an export of this party, and holds the part against its header again.
    pub(super) fn import(bytes: &[u8], role: &Role, owner: &Identifier) -> Result<Box<Self>, RestoreError> {
        let raw: Raw = export::import(KIND, bytes, limits::STATE)?;
        if raw.role != *role || raw.owner != *owner {
            return Err(RestoreError::OtherOwner);
        }
        let Cargo { header, parts } = raw.cargo;
        let part = Part::verify(header, raw.opening, role, owner).map_err(|_| WireError::Corrupt)?;
        let saved = Box::new(Self { role: raw.role, part, parts, stage: raw.stage, bytes: Secret::from(bytes) });
        if saved.is_sound() { Ok(saved) } else { Err(WireError::Corrupt.into()) }
    }

    /// Whether the stage is one of the role's, and what it says fits the order.
    fn is_sound(&self) -> bool {
        let (seller, manager) = (self.role == Role::SELLER, self.role == Role::CARD_MANAGER);
        let others: Vec<_> = self.parts.iter().filter(|part| part.role != Role::SELLER).collect();
        let whole =
            if seller { self.part.opening.companions == Some(parts_digest(others)) } else { self.parts.is_empty() };
        whole
            && match &self.stage {
                Stage::Awaiting => seller || manager,
                Stage::Approved { token, dispatched } => {
                    seller
                        && self.part.is_approved_by(token)
                        && dispatched.iter().all(|sent| sent.digest() == self.part.digest())
                }
                Stage::Declined { .. } => seller,
                Stage::Decided { authentication, .. } => manager && authentication.digest() == self.part.digest(),
                Stage::Received { .. } => !seller && !manager,
            }
    }
}

/// What is written: `[role, owner, header, parts, opening, stage]`.
struct At<'a> {
    saved: &'a Saved,
    stage: &'a Stage,
}

/// What is read.
struct Raw {
    role: Role,
    owner: Identifier,
    cargo: Cargo,
    opening: Opening,
    stage: Stage,
}

impl Encode for At<'_> {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let Saved { role, part, parts, .. } = self.saved;
        w.array(6).item(role);
        match part.recipient(role) {
            Some(own) => w.item(&own.identifier),
            // A verified part has its reader's entry.
            None => w.null(),
        };
        w.bytes(part.header.as_bytes()).items(parts).item(&part.opening).item(self.stage);
    }
}

impl Decode for Raw {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a state", 6)?;
        Ok(Self {
            role: Role::decode(r)?,
            owner: Identifier::decode(r)?,
            cargo: Cargo::decode_saved(r)?,
            opening: Opening::decode(r)?,
            stage: Stage::decode(r)?,
        })
    }
}

impl Encode for Stage {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        match self {
            Self::Awaiting => w.array(1).text("awaiting"),
            Self::Approved { token, dispatched } => {
                w.array(3).text("approved").bytes(token.as_slice()).array(dispatched.len());
                for dispatch in dispatched {
                    w.wrapped(dispatch);
                }
                w
            }
            Self::Declined { reason } => w.array(2).text("declined").text(reason),
            Self::Decided { reason, authentication } => {
                w.array(3).text("decided");
                match reason {
                    Some(reason) => w.text(reason),
                    None => w.null(),
                };
                w.wrapped(&**authentication)
            }
            Self::Received { instructions } => w.array(2).text("received").bytes(instructions),
        };
    }
}

impl Decode for Stage {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let count = r.array("a stage", 1, 3)?;
        match (r.text("a stage", limits::NAME)?, count) {
            ("awaiting", 1) => Ok(Self::Awaiting),
            ("approved", 3) => {
                let token = Zeroizing::new(r.exact("a token")?);
                let count = r.array("dispatches", 0, limits::RECIPIENTS)?;
                let mut dispatch = || Dispatch::from_bytes(r.bytes("a dispatch", 1, limits::MESSAGE)?);
                Ok(Self::Approved { token, dispatched: (0..count).map(|_| dispatch()).collect::<Result<_, _>>()? })
            }
            ("declined", 2) => Ok(Self::Declined { reason: read_reason(r)? }),
            ("decided", 3) => {
                let reason = if r.is_null() { None } else { Some(read_reason(r)?) };
                let authentication = Authentication::from_bytes(r.bytes("an authentication", 1, limits::MESSAGE)?)?;
                Ok(Self::Decided { reason, authentication: Box::new(authentication) })
            }
            ("received", 2) => {
                let instructions = r.bytes("instructions", 0, limits::INSTRUCTIONS)?;
                Ok(Self::Received { instructions: Zeroizing::new(instructions.to_vec()) })
            }
            _ => Err(WireError::Expected("a stage")),
        }
    }
}

fn read_reason(r: &mut Reader<'_>) -> Result<Zeroizing<String>, WireError> {
    r.text("a reason", limits::REASON).map(|reason| Zeroizing::new(reason.into()))
}

impl fmt::Debug for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Saved").field("role", &self.role).field("part", &self.part).finish_non_exhaustive()
    }
}
