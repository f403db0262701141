//! What the seller sends on: a part that the card holder sealed, and a statement of its own that it does so.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::Seller;
use super::stage::{Life, Verdict};
use crate::endpoint::Topic;
use crate::error::SendError;
use crate::key::KeySource;
use crate::message::{
    Asked, Cargo, Claim, Consigned, Dispatch, Forward, Load, Relay, Request, SealedPart, Statement, parts_digest,
};
use crate::name::Role;
use crate::order::{Entry, Release};
use crate::saved::{Saved, check_until};
use crate::seal::Purpose;
use crate::wire::Secret32;

/// What a statement says besides the parts: filed content, the same at each sending.
pub(super) struct Says<'a> {
    pub(super) at: u64,
    pub(super) token: Option<&'a Secret32>,
    pub(super) load: Option<&'a Load>,
}

impl<K: KeySource> Seller<K> {
    /// The part of a recipient that is served on receipt. Before the approval and after it: such a recipient does not
    /// depend on whose answer comes first.
    pub(super) fn relay<S>(
        &self,
        saved: &Saved<S>,
        role: &Role,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Relay, SendError> {
        saved.check_sender(&self.endpoint)?;
        let entry = recipient(saved, role)?;
        if *role == Role::SELLER || entry.release != Release::OnReceipt {
            return Err(SendError::NotOnReceipt { role: role.clone() });
        }
        self.check_ready(saved, entry, now)?;
        let says = Says { at: saved.order.filed_at, token: None, load: None };
        self.forward(saved, Purpose::Relay, entry, says, rng).map(Relay)
    }

    /// Whether something can be sent to a recipient now. It is asked at each sending, however long ago the step was filed.
    pub(super) fn check_ready<S>(&self, saved: &Saved<S>, to: &Entry, now: u64) -> Result<(), SendError> {
        // W-3
        check_until(saved.part().deliver_until(), now)?;
        // W-4
        let holder = saved.part().sender();
        self.endpoint.check_not_revoked(holder).map_err(SendError::key(&Role::CARD_HOLDER))?;
        if self.endpoint.is_authenticated(to.as_peer(), true, now) {
            Ok(())
        } else {
            Err(SendError::NotAuthenticated { role: to.role.clone() })
        }
    }

    /// Passes the recipient's part on with a statement that says so. Each call seals the statement anew.
    pub(super) fn forward<S>(
        &self,
        saved: &Saved<S>,
        purpose: Purpose,
        to: &Entry,
        Says { at, token, load }: Says<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Forward, SendError> {
        let (part, peer) = (saved.part(), to.as_peer());
        let link = self.endpoint.link_to(peer, part.issued_at()).map_err(SendError::key(&to.role))?;
        let (header, parts) = (part.header.clone(), parts_of(saved, &to.role));
        let statement = Statement { parts: parts_digest(&parts), at, token: token.cloned(), load: load.cloned() };
        let topic = Topic { purpose, peer, digest: &header.digest().0, date: part.issued_at() };
        let statement = self.endpoint.say(topic, &link, &statement, rng);
        let relayer = self.endpoint.identifier().clone();
        Ok(Forward { cargo: Cargo { header, parts }, relayer, statement })
    }

    /// What is filed to be asked of the card manager, with its part. Each call seals anew.
    pub(super) fn request<V>(
        &self,
        saved: &Saved<Life<V>>,
        number: u16,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Request, SendError> {
        saved.check_sender(&self.endpoint)?;
        let asked = saved.stage.demands.iter().find(|asked| asked.demand.number() == number);
        let Asked { at, demand, .. } = asked.ok_or(SendError::NotDemanded)?;
        // W-3
        check_until(saved.part().settle_until(), now)?;
        let entry = recipient(saved, &Role::CARD_MANAGER)?;
        let (peer, date) = (entry.as_peer(), saved.part().issued_at());
        let link = self.endpoint.link_to(peer, date).map_err(SendError::key(&entry.role))?;
        let (header, parts) = (saved.part().header.clone(), parts_of(saved, &entry.role));
        let claim = Claim { parts: parts_digest(&parts), at: *at, demand: demand.clone() };
        let topic = Topic { purpose: Purpose::Request, peer, digest: &header.digest().0, date };
        let claim = self.endpoint.say(topic, &link, &claim, rng);
        Ok(Request { cargo: Cargo { header, parts }, seller: self.endpoint.identifier().clone(), claim })
    }

    /// The message of a dispatch that is filed.
    pub(super) fn dispatch_message<V: Verdict>(
        &self,
        saved: &Saved<Life<V>>,
        (role, number): (&Role, u16),
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Dispatch, SendError> {
        saved.check_sender(&self.endpoint)?;
        let entry = waiting(saved, role)?;
        let filed = saved.stage.verdict.approval().and_then(|approval| {
            let consigned = approval.to(role).find(|consigned| consigned.number() == number)?;
            Some((consigned, &*approval.token))
        });
        let (Consigned { at, load, .. }, token) =
            filed.ok_or_else(|| SendError::NotDispatched { role: role.clone() })?;
        self.check_ready(saved, entry, now)?;
        let says = Says { at: *at, token: Some(token), load: Some(load) };
        self.forward(saved, Purpose::Dispatch, entry, says, rng).map(Dispatch)
    }
}

fn parts_of<S>(saved: &Saved<S>, role: &Role) -> Vec<SealedPart> {
    saved.order.parts.iter().filter(|part| part.role == *role).cloned().collect()
}

pub(super) fn waiting<'s, S>(saved: &'s Saved<S>, role: &Role) -> Result<&'s Entry, SendError> {
    let entry = recipient(saved, role)?;
    if entry.release == Release::OnApproval { Ok(entry) } else { Err(SendError::NotOnApproval { role: role.clone() }) }
}

pub(super) fn recipient<'s, S>(saved: &'s Saved<S>, role: &Role) -> Result<&'s Entry, SendError> {
    saved.part().recipient(role).ok_or_else(|| SendError::NoSuchRecipient { role: role.clone() })
}
