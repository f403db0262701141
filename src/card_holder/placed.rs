//! An order that was sent: what is needed to read its receipts, and to seal it again.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{CardHolder, SealedOrder};
use crate::endpoint::Topic;
use crate::error::{ReceiveError, SendError};
use crate::export;
use crate::identifier::Identifier;
use crate::key::KeySource;
use crate::limits;
use crate::message::{Notice, OrderDigest, Parts, Placed, Receipt, Report, Withdrawal};
use crate::name::Role;
use crate::order::{Entry, Release};
use crate::saved::check_until;
use crate::seal::Purpose;
use crate::step::{Refused, give_back};
use crate::wire::WireError;

const KIND: &str = "placed order";

/// An order that the card holder has sent: what is needed to read its receipts, and to seal its parts again.
pub struct AwaitingReceipt(Box<Placed>);

impl AwaitingReceipt {
    pub(super) fn new(placed: Placed) -> Self {
        Self(Box::new(placed))
    }

    pub(super) fn import(state: &[u8], owner: &Identifier) -> Result<Self, WireError> {
        let placed: Placed = export::import(KIND, state, limits::STATE)?;
        // S-8
        if placed.header.sender == *owner { Ok(Self::new(placed)) } else { Err(WireError::OtherOwner) }
    }

    /// The name of the order.
    #[must_use]
    pub fn digest(&self) -> OrderDigest {
        *self.0.header.digest()
    }

    /// The recipients that got a part of it, in sending order.
    pub fn recipients(&self) -> impl Iterator<Item = &Entry> {
        self.0.entries()
    }

    /// Reads a receipt of the seller, the card manager or the delivery service, at the time `now`, in seconds since 1970.
    /// There may be several. Each is checked by itself, and an older one may arrive after a newer one: see
    /// [`Report::revision`].
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. A forged receipt changes nothing. The recipients of other roles give no receipts. The card
    /// manager does not say that an order was dispatched, and the delivery service says no more than that it received it.
    /// No more is refunded than was due, unless the amount is [forgotten](Self::forget): then compare it yourself.
    pub fn receive<K: KeySource>(
        &self,
        holder: &CardHolder<K>,
        receipt: &Receipt,
        now: u64,
    ) -> Result<Report, ReceiveError> {
        let header = &self.0.header;
        if header.sender != *holder.endpoint.identifier() {
            return Err(ReceiveError::OtherParty);
        }
        // C-1
        if receipt.digest != self.digest() {
            return Err(ReceiveError::OtherOrder);
        }
        // C-2
        let giver = self.recipients().find(|entry| entry.role == receipt.from && Report::is_given_by(&entry.role));
        let giver = giver.ok_or_else(|| ReceiveError::NoSuchRecipient { role: receipt.from.clone() })?;
        // C-3
        check_until(header.settle_until, now)?;
        let (purpose, peer, digest) = (Purpose::Receipt, giver.as_peer(), &receipt.digest.0);
        let topic = Topic { purpose, peer, digest, date: header.issued_at };
        let report: Report = holder.endpoint.hear(topic, &receipt.sealed)?;
        let waiting = self.recipients().filter(|entry| entry.release == Release::OnApproval);
        // C-4, C-5
        if report.role == receipt.from
            && report.is_sayable_by(&receipt.from)
            && report.is_about(waiting.map(|entry| entry.role.clone()))
            && report.is_within(self.0.amount().as_ref())
        {
            Ok(report)
        } else {
            Err(ReceiveError::Rejected)
        }
    }

    /// Withdraws the order at the time `now`, in seconds since 1970: asks the seller to dispatch nothing more. Each call
    /// seals anew: send one until a receipt of the seller says that it took it ([`Report::withdrawn_at`]).
    ///
    /// # Security
    ///
    /// What is dispatched already may still arrive, and a seller can overlook a withdrawal: what follows from that is
    /// outside of the protocol.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the time to settle is over, or there is no key for the seller.
    pub fn withdraw<K: KeySource>(
        &self,
        holder: &CardHolder<K>,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Withdrawal, SendError> {
        let header = &self.0.header;
        if header.sender != *holder.endpoint.identifier() {
            return Err(SendError::OtherParty);
        }
        // W-3
        check_until(header.settle_until, now)?;
        let seller = self.recipients().find(|entry| entry.role == Role::SELLER);
        let peer = seller.ok_or(SendError::NoSuchRecipient { role: Role::SELLER })?.as_peer();
        let (purpose, date, digest) = (Purpose::Withdrawal, header.issued_at, self.digest());
        let link = holder.endpoint.link_to(peer, date).map_err(SendError::key(&Role::SELLER))?;
        let sealed = holder.endpoint.say(Topic { purpose, peer, digest: &digest.0, date }, &link, &Notice, rng);
        Ok(Withdrawal { digest, sealed })
    }

    /// Seals the parts of the order again at the time `now`, in seconds since 1970, until the end of delivery. It stays the
    /// same order, with the same digest and the same values. This is for a part that its recipient cannot open, because
    /// the keys that it was sealed under are gone: a session, for example. What was lost on its way is sent again as it
    /// was.
    ///
    /// The seller takes the new envelope in place of the one that it has. Store the new state before you send it: the
    /// seller ignores an envelope that was sealed again no more often than the one that it has.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state, as for [`Split::seal`](super::Split::seal); or if it is too late, or the order's
    /// contents were [forgotten](Self::forget).
    pub fn seal_again<K: KeySource>(
        self,
        holder: &CardHolder<K>,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<SealedOrder, Refused<Self, SendError>> {
        let (mut awaiting, (revision, parts)) = give_back(self, |Self(placed)| {
            let header = &placed.header;
            if header.sender != *holder.endpoint.identifier() {
                return Err(SendError::OtherParty);
            }
            // W-3
            check_until(header.deliver_until, now)?;
            let contents = placed.contents.as_ref().ok_or(SendError::Forgotten)?;
            // E-6. The seller takes a higher revision only.
            let revision = contents.revision.checked_add(1).ok_or(SendError::LastRevision)?;
            let links = holder.links(placed.entries(), header.issued_at, now)?;
            Ok((revision, placed.seal(contents, revision, &links, rng)))
        })?;
        if let Some(contents) = &mut awaiting.0.contents {
            contents.revision = revision;
        }
        let Parts { envelope, directs } = parts;
        Ok(SealedOrder { digest: envelope.digest(), awaiting, envelope, directs })
    }

    /// Forgets the values of the order, its salts and its token: it can be sealed again no more. Its receipts are read as
    /// before, but that what is refunded is no longer compared with the amount.
    pub fn forget(&mut self) {
        self.0.contents = None;
    }

    /// The state as bytes: secret, with all values of the order, unless they are [forgotten](Self::forget). Even then
    /// it tells which fields each recipient got.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, &*self.0)
    }
}

impl fmt::Debug for AwaitingReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingReceipt").field("digest", self.0.header.digest()).finish_non_exhaustive()
    }
}
