//! An order that was sent: what is needed to read its receipts.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::CardHolder;
use crate::endpoint::Subject;
use crate::error::ReceiveError;
use crate::export;
use crate::identifier::Identifier;
use crate::key::KeySource;
use crate::limits;
use crate::message::{Cargo, Header, OrderDigest, Receipt, Report, Salt, opens_recipients};
use crate::order::Entry;
use crate::seal::Purpose;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

const KIND: &str = "placed order";

/// An order that the card holder has sent: what is needed to read its receipts.
pub struct AwaitingReceipt(Box<PlacedOrder>);

/// Without the values, which are not needed any more.
pub(super) struct PlacedOrder {
    header: Header,
    recipients: Vec<(Entry, Salt)>,
}

impl PlacedOrder {
    pub(super) fn new(header: Header, recipients: Vec<(Entry, Salt)>) -> Self {
        Self { header, recipients }
    }

    pub(super) fn import(state: &[u8], owner: &Identifier) -> Result<Self, WireError> {
        let placed: Self = export::import(KIND, state, limits::STATE)?;
        if placed.header.sender == *owner { Ok(placed) } else { Err(WireError::OtherOwner) }
    }
}

impl AwaitingReceipt {
    pub(super) fn new(placed: PlacedOrder) -> Self {
        Self(Box::new(placed))
    }

    /// The name of the order.
    #[must_use]
    pub fn digest(&self) -> OrderDigest {
        *self.0.header.digest()
    }

    /// Who got a part of it, in sending order.
    pub fn recipients(&self) -> impl Iterator<Item = &Entry> {
        self.0.recipients.iter().map(|(entry, _)| entry)
    }

    /// Reads a receipt of the seller or the card manager. There may be several. Each is checked by itself, and an older
    /// one may arrive after a newer one: see [`Report::at`].
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. A forged receipt changes nothing. The recipients of other roles give no receipts, and the card
    /// manager does not say that an order was dispatched.
    pub fn receive<K: KeySource>(&self, holder: &CardHolder<K>, receipt: &Receipt) -> Result<Report, ReceiveError> {
        let header = &self.0.header;
        if header.sender != *holder.endpoint.identifier() {
            return Err(ReceiveError::OtherParty);
        }
        if receipt.digest != self.digest() {
            return Err(ReceiveError::OtherOrder);
        }
        let giver = self.recipients().find(|entry| entry.role == receipt.from && Report::is_given_by(&entry.role));
        let giver = giver.ok_or_else(|| ReceiveError::NoSuchRecipient { role: receipt.from.clone() })?;
        let (purpose, peer, digest) = (Purpose::Receipt, giver.as_peer(), &receipt.digest.0);
        let subject = Subject { purpose, peer, digest, date: header.issued_at };
        let report: Report = holder.endpoint.hear(subject, &receipt.sealed)?;
        if report.role == receipt.from && report.is_sayable_by(&receipt.from) {
            Ok(report)
        } else {
            Err(ReceiveError::Rejected)
        }
    }

    /// The state as bytes: it tells who got which fields of the order, not their values.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, &*self.0)
    }
}

impl Encode for PlacedOrder {
    /// `[header, recipients]`, with the salts of their commitments.
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).bytes(self.header.as_bytes()).items(&self.recipients);
    }
}

impl Decode for PlacedOrder {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a placed order", 2)?;
        let header = Cargo::decode_header(r)?;
        let recipients: Vec<(Entry, Salt)> = r.items("recipients", 1, limits::RECIPIENTS)?;
        if recipients.len() == header.recipients.len() && opens_recipients(&header, &recipients) {
            Ok(Self { header, recipients })
        } else {
            Err(WireError::Corrupt)
        }
    }
}

impl fmt::Debug for AwaitingReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingReceipt").field("digest", self.0.header.digest()).finish_non_exhaustive()
    }
}
