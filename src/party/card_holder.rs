//! The card holder: splits an order, seals its parts, and reads what comes of it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::error::{ReceiptError, SealError};
use crate::confirm::{Confirmed, Evidence};
use crate::envelope::{
    self, Cargo, Direct, Envelope, Header, OrderDigest, Placed, Receipt, Report, Salt, Windows, opens_recipients,
};
use crate::export::{self, RestoreError};
use crate::key::{KeySource, Purpose};
use crate::limits;
use crate::link::Terminal;
use crate::name::Role;
use crate::order::{Confinement, Entry, Order, OrderForm, Plan, Release, SplitError};
use crate::seal::{Context, Rejected};
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

const KIND: &str = "placed order";

/// The card holder's terminal (patent claim 8): places orders.
pub struct CardHolder<K> {
    pub(super) terminal: Terminal<K>,
    confinement: Confinement,
}

/// A sealed order, ready to be sent.
#[non_exhaustive]
#[must_use = "this is the only copy of the order: send its envelope and keep what awaits the receipt"]
pub struct SealedOrder<'a, K> {
    /// The name of the order.
    pub digest: OrderDigest,
    /// What reads the receipts of this order, if any are wanted.
    pub awaiting: AwaitingReceipt<'a, K>,
    /// For the seller: the patent's arrow x.
    pub envelope: Envelope,
    /// For the recipients whose release is direct, each to be sent to it.
    pub directs: Vec<Direct>,
}

impl<K: KeySource> CardHolder<K> {
    /// A card holder with its keys, and its rules of what goes to whom.
    pub fn new(keys: K, confinement: Confinement) -> Self {
        Self { terminal: Terminal::new(keys, Role::CARD_HOLDER), confinement }
    }

    /// Splits an order by a form, if the confinement allows what the form asks for.
    ///
    /// # Errors
    ///
    /// [`SplitError`], naming the role and the field.
    pub fn split<'o>(&self, order: &'o Order, form: &OrderForm) -> Result<Split<'_, 'o, K>, SplitError> {
        let plan = self.confinement.plan(self.terminal.identifier(), order, form)?;
        Ok(Split { holder: self, plan, evidence: Evidence::default() })
    }

    /// Continues to await receipts from an exported state.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] if the state is damaged, or not this card holder's.
    pub fn restore(&self, state: &[u8]) -> Result<AwaitingReceipt<'_, K>, RestoreError> {
        let placed: PlacedOrder = export::import(KIND, state, limits::STATE)?;
        if placed.header.sender != *self.terminal.identifier() {
            return Err(RestoreError::OtherOwner);
        }
        Ok(AwaitingReceipt { holder: self, placed: Box::new(placed) })
    }
}

/// An order cut by a form that the card holder's rules allow.
///
/// ```compile_fail
/// # use polyseal::*;
/// // Only what was held against the rules can be sealed: an order alone has no such step.
/// fn step(order: Order, rng: &mut impl rand_core::CryptoRng) {
///     order.seal(0, Windows::default(), rng);
/// }
/// ```
///
/// ```
/// # use polyseal::*;
/// fn step<K: KeySource>(split: Split<'_, '_, K>, rng: &mut impl rand_core::CryptoRng) {
///     split.seal(0, Windows::default(), rng);
/// }
/// ```
pub struct Split<'a, 'o, K> {
    holder: &'a CardHolder<K>,
    plan: Plan<'o>,
    evidence: Evidence,
}

impl<'a, K: KeySource> Split<'a, '_, K> {
    /// The recipients, in sending order, and what each will see.
    #[must_use]
    pub fn recipients(&self) -> &[Entry] {
        &self.plan.entries
    }

    /// Takes note of an advance confirmation, for [`Rules::require_confirmed`](crate::Rules::require_confirmed).
    #[must_use]
    pub fn with_confirmed(mut self, confirmed: &Confirmed) -> Self {
        self.evidence.add(confirmed);
        self
    }

    /// Seals the order at the time `now`, in seconds since 1970.
    ///
    /// Sealing the same order again makes another order, with another digest; to repeat an order
    /// that may have been lost, send the same bytes.
    ///
    /// # Security
    ///
    /// With a generator that repeats itself, equal orders of the same second come out equal; nothing
    /// else is lost.
    ///
    /// # Errors
    ///
    /// [`SealError`] if there is no key for a recipient, or if the windows are impossible.
    pub fn seal(
        self,
        now: u64,
        windows: Windows,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<SealedOrder<'a, K>, SealError> {
        let Self { holder, plan, evidence } = self;
        let terminal = &holder.terminal;
        let mut links = Vec::with_capacity(plan.entries.len());
        for entry in &plan.entries {
            let peer = entry.as_peer();
            let is_sent_to = entry.role == Role::SELLER || entry.release == Release::Direct;
            if !evidence.suffices(terminal, peer, is_sent_to, now) {
                return Err(SealError::Unconfirmed { role: entry.role.clone() });
            }
            let link = evidence.link(terminal, Purpose::Part, peer, now);
            links.push(link.map_err(|error| SealError::Key { role: entry.role.clone(), error })?);
        }
        let placed = envelope::seal(&plan, &links, terminal.identifier(), now, windows, rng)?;
        let Placed { envelope, directs, recipients } = placed;
        let awaiting = AwaitingReceipt::new(holder, envelope.0.header.clone(), recipients);
        Ok(SealedOrder { digest: envelope.digest(), awaiting, envelope, directs })
    }
}

impl<K> fmt::Debug for Split<'_, '_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Split").field("recipients", &self.plan.entries).finish_non_exhaustive()
    }
}

/// An order that the card holder has sent: what is needed to read its receipts.
pub struct AwaitingReceipt<'a, K> {
    holder: &'a CardHolder<K>,
    placed: Box<PlacedOrder>,
}

/// Without the values: they are not needed any more.
struct PlacedOrder {
    header: Header,
    recipients: Vec<(Entry, Salt)>,
}

impl<'a, K: KeySource> AwaitingReceipt<'a, K> {
    fn new(holder: &'a CardHolder<K>, header: Header, recipients: Vec<(Entry, Salt)>) -> Self {
        Self { holder, placed: Box::new(PlacedOrder { header, recipients }) }
    }

    /// The name of the order.
    #[must_use]
    pub fn digest(&self) -> OrderDigest {
        *self.placed.header.digest()
    }

    /// Who got a part of it, in sending order.
    pub fn recipients(&self) -> impl Iterator<Item = &Entry> {
        self.placed.recipients.iter().map(|(entry, _)| entry)
    }

    /// Reads a receipt. There may be several, of the seller and of the card manager; each is checked by itself, and an
    /// older one may arrive after a newer one.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`]. A forged receipt changes nothing.
    pub fn receive(&self, receipt: &Receipt) -> Result<Report, ReceiptError> {
        if receipt.digest != self.digest() {
            return Err(ReceiptError::OtherOrder);
        }
        let giver = self.recipients().find(|entry| entry.role == receipt.from);
        let giver = giver.ok_or_else(|| ReceiptError::NoSuchRecipient { role: receipt.from.clone() })?;
        let peer = giver.as_peer();
        let terminal = &self.holder.terminal;
        let name = &receipt.sealed.name;
        let key = terminal.key_from(Purpose::Receipt, peer, name, self.placed.header.issued_at)?;
        let context = Context { step: 0, digest: &receipt.digest.0, role: &Role::CARD_HOLDER };
        let plaintext = receipt.sealed.open(&key, context, None)?;
        let report: Report = wire::decode(&plaintext).map_err(|_| Rejected)?;
        if report.role == receipt.from { Ok(report) } else { Err(ReceiptError::Rejected) }
    }

    /// The state as bytes: it tells who got what fields of the order, not their values.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, &*self.placed)
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

impl<K> fmt::Debug for SealedOrder<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedOrder").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl<K> fmt::Debug for AwaitingReceipt<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingReceipt").field("digest", self.placed.header.digest()).finish_non_exhaustive()
    }
}
