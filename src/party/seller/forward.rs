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

impl<K: KeySource> Seller<K> {
    /// The part of a recipient that is served on receipt, or, if it says so beside the role, all parts. Before the
    /// approval and after it: a recipient of its own right does not depend on whose answer comes first.
    pub(super) fn relay(
        &self,
        saved: &Saved,
        evidence: &Evidence,
        (role, all): (&Role, bool),
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Relay, RelayError> {
        let part = &saved.part;
        let entry = part.recipient(role).ok_or_else(|| RelayError::NoSuchRecipient { role: role.clone() })?;
        if *role == Role::SELLER || entry.release != Release::OnReceipt {
            return Err(RelayError::NotOnReceipt { role: role.clone() });
        }
        if now > part.deliver_until() {
            return Err(TimeError::Expired.into());
        }
        let peer = entry.as_peer();
        if !evidence.suffices(&self.terminal, peer, true, now) {
            return Err(RelayError::Unconfirmed { role: role.clone() });
        }
        Ok(Relay(self.forward(saved, evidence, (Purpose::Relay, peer, all), (None, &[]), rng)?))
    }

    /// Passes parts on to a recipient through its link, with a statement that says so.
    pub(super) fn forward(
        &self,
        saved: &Saved,
        evidence: &Evidence,
        (purpose, peer, all): (Purpose, Peer<'_>, bool),
        (token, instructions): (Option<&Secret32>, &[u8]),
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Forward, KeyError> {
        let header = saved.part.header.clone();
        let parts: Vec<_> = saved.parts.iter().filter(|part| all || part.role == *peer.role).cloned().collect();
        let link = evidence.link(&self.terminal, purpose, peer, saved.part.issued_at())?;
        let statement = Statement {
            parts: parts_digest(&parts),
            token: token.cloned(),
            instructions: Zeroizing::new(instructions.to_vec()),
        };
        let context = Context { step: 0, digest: &header.digest().0, role: peer.role };
        let statement = Sealed::seal(&link, context, None, &statement, rng);
        Ok(Forward { cargo: Cargo { header, parts }, relayer: self.terminal.identifier().clone(), statement })
    }
}
