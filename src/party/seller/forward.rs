//! What the seller sends on: parts that others sealed, and a statement of its own that it does so.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::Seller;
use crate::confirm::Evidence;
use crate::envelope::{Cargo, Forward, Relay, Statement, parts_digest};
use crate::key::{KeyError, KeySource, Purpose};
use crate::link::Peer;
use crate::name::Role;
use crate::order::Release;
use crate::party::error::{RelayError, TimeError};
use crate::party::state::Saved;
use crate::seal::{Context, Sealed};
use crate::wire::Secret32;

/// Which of the parts at hand go along.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// The addressee's.
    OwnPart,
    /// All of them: the patent's other choice.
    AllParts,
}

/// What is sent on, to whom, and what the seller says with it.
pub(super) struct Consignment<'a> {
    pub(super) purpose: Purpose,
    pub(super) to: Peer<'a>,
    pub(super) load: Load,
    pub(super) token: Option<&'a Secret32>,
    pub(super) instructions: &'a [u8],
}

impl<K: KeySource> Seller<K> {
    /// The part of a recipient that is served on receipt. Before the approval and after it: a recipient of its own right
    /// does not depend on whose answer comes first.
    pub(super) fn relay(
        &self,
        saved: &Saved,
        evidence: &Evidence,
        role: &Role,
        load: Load,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Relay, RelayError> {
        let part = &saved.part;
        let entry = part.recipient(role).ok_or_else(|| RelayError::NoSuchRecipient { role: role.clone() })?;
        if *role == Role::SELLER || entry.release != Release::OnReceipt {
            return Err(RelayError::NotOnReceipt { role: role.clone() });
        }
        if now > part.deliver_until() {
            return Err(RelayError::Time(TimeError::Expired));
        }
        let to = entry.as_peer();
        if !evidence.suffices(&self.terminal, to, true, now) {
            return Err(RelayError::Unconfirmed { role: role.clone() });
        }
        let consignment = Consignment { purpose: Purpose::Relay, to, load, token: None, instructions: &[] };
        Ok(Relay(self.forward(saved, evidence, consignment, rng)?))
    }

    /// Passes parts on to a recipient through its link, with a statement that says so.
    pub(super) fn forward(
        &self,
        saved: &Saved,
        evidence: &Evidence,
        Consignment { purpose, to, load, token, instructions }: Consignment<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Forward, KeyError> {
        let header = saved.part.header.clone();
        let parts = saved.parts.iter().filter(|part| load == Load::AllParts || part.role == *to.role);
        let parts: Vec<_> = parts.cloned().collect();
        let link = evidence.link(&self.terminal, purpose, to, saved.part.issued_at())?;
        let statement = Statement {
            parts: parts_digest(&parts),
            token: token.cloned(),
            instructions: Zeroizing::new(instructions.to_vec()),
        };
        let context = Context { step: 0, digest: &header.digest().0, role: to.role };
        let statement = Sealed::seal(&link, context, None, &statement, rng);
        Ok(Forward { cargo: Cargo { header, parts }, relayer: self.terminal.identifier().clone(), statement })
    }
}
