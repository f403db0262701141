//! An order as its card holder keeps it: what opens the header, and with it the parts once more.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::envelope::{Cargo, Direct, Envelope, SealedPart, parts_digest};
use super::header::{Header, commit_group, token_hash};
use super::opening::{BorrowedOpening, Fields, Salt};
use super::part::{fits, is_sound, opens_recipients};
use crate::limits;
use crate::name::{FieldName, Role};
use crate::order::{Amount, Entry, Release};
use crate::seal::{Context, Link, Purpose, SaltContent, Sealed};
use crate::wire::{Decode, Encode, Reader, Secret, Secret32, Sink, WireError, Writer};

pub(crate) struct Placed {
    pub(crate) header: Header,
    /// All recipients, with the salts of their commitments.
    pub(crate) recipients: Vec<(Entry, Salt)>,
    /// `None` once they are forgotten: then the parts cannot be sealed again.
    pub(crate) contents: Option<Contents>,
}

/// What the parts of an order say.
pub(crate) struct Contents {
    /// As the header has them.
    pub(super) groups: Vec<PlacedGroup>,
    /// Boxed, because moving a value leaves its bytes behind.
    pub(super) token: Box<Secret32>,
    /// How often the parts were sealed again.
    pub(crate) revision: u64,
}

/// A group with its fields, encoded as they are committed to.
pub(super) struct PlacedGroup {
    pub(super) salt: Salt,
    pub(super) fields: Secret,
}

/// The parts of an order, each where it goes.
pub(crate) struct Parts {
    pub(crate) envelope: Envelope,
    pub(crate) directs: Vec<Direct>,
}

impl Placed {
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.recipients.iter().map(|(entry, _)| entry)
    }

    /// The sum to be paid; `None` once the contents are forgotten.
    pub(crate) fn amount(&self) -> Option<Amount> {
        let groups = &self.contents.as_ref()?.groups;
        groups.iter().find_map(|group| group.get(FieldName::AMOUNT_DUE.as_str())?.parse().ok())
    }

    /// Seals the parts, each for its recipient through the link of the same place. Every salt is new.
    pub(crate) fn seal(
        &self,
        contents: &Contents,
        revision: u64,
        links: &[Link],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Parts {
        let mut parts = Vec::with_capacity(links.len());
        let mut directs = Vec::new();
        // The relayer's part vouches for the other parts in the envelope, so it is sealed last. Links and salts stay
        // where they are: what is moved leaves its bytes behind.
        let places = || self.entries().zip(links);
        let relays = |entry: &Entry| entry.role == Role::SELLER;
        let others = places().filter(|(entry, _)| !relays(entry));
        for (entry, link) in others.chain(places().filter(|(entry, _)| relays(entry))) {
            let vouches = relays(entry).then(|| (parts_digest(&parts), revision));
            let opening = self.opening(contents, entry, vouches);
            let context = Context {
                purpose: Purpose::Part,
                step: 0,
                digest: &self.header.digest().0,
                sender: &Role::CARD_HOLDER,
                receiver: &entry.role,
                token: (entry.release == Release::OnApproval).then_some(&**contents.token),
            };
            let content = SaltContent::Part { companions: opening.companions.as_ref(), revision: opening.revision };
            let sealed = Sealed::seal(link, context, &opening, content, rng);
            let part = SealedPart { role: entry.role.clone(), sealed: Arc::new(sealed) };
            if entry.release == Release::Direct {
                directs.push(Direct { header: self.header.clone(), part });
            } else if relays(entry) {
                // The relayer's part is the first in the envelope, as its entry is in the header.
                parts.insert(0, part);
            } else {
                parts.push(part);
            }
        }
        Parts { envelope: Envelope(Cargo { header: self.header.clone(), parts }), directs }
    }

    /// What the recipient of `entry` may know. The relayer vouches for the other parts, of this revision.
    fn opening<'a>(
        &'a self,
        contents: &'a Contents,
        entry: &Entry,
        vouches: Option<([u8; 32], u64)>,
    ) -> BorrowedOpening<'a> {
        let (companions, revision) = vouches.unzip();
        let known = |other: &Entry| companions.is_some() || other.role == entry.role || other.role == Role::SELLER;
        let groups = contents.groups.iter().enumerate().filter(|(place, _)| entry.groups.contains(*place));
        BorrowedOpening {
            recipients: self.recipients.iter().filter(|(other, _)| known(other)).collect(),
            groups: groups.map(|(place, group)| (place, &group.salt, &*group.fields)).collect(),
            companions,
            revision,
            token: (entry.role == Role::CARD_MANAGER).then_some(&**contents.token),
        }
    }
}

impl Encode for Placed {
    /// `[header, [[recipient, salt], …], contents or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).bytes(self.header.as_bytes()).items(&self.recipients);
        match &self.contents {
            Some(contents) => w.item(contents),
            None => w.null(),
        };
    }
}

impl Encode for Contents {
    /// `[[[salt, [[name, value], …]], …], token, revision]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).items(&self.groups).bytes(self.token.as_slice()).uint(self.revision);
    }
}

impl PlacedGroup {
    /// The value of a field.
    fn get(&self, name: &str) -> Option<&str> {
        let mut r = Reader::new(&self.fields);
        for _ in 0..r.array("fields", 0, limits::FIELDS).ok()? {
            r.tuple("a field", 2).ok()?;
            let found = r.text("a field name", limits::FIELD_NAME).ok()?;
            let value = r.text("a value", limits::VALUE).ok()?;
            if found == name {
                return Some(value);
            }
        }
        None
    }
}

impl Encode for PlacedGroup {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).bytes(self.salt.as_slice()).raw(&self.fields);
    }
}

impl Decode for Placed {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a placed order", 3)?;
        let header = Cargo::decode_header(r)?;
        let recipients: Vec<(Entry, Salt)> = r.items("recipients", 1, limits::RECIPIENTS)?;
        // S-8
        let is_whole = recipients.len() == header.recipients.len()
            && opens_recipients(&header, &recipients)
            && is_sound(&header, &recipients);
        if !is_whole {
            return Err(WireError::Corrupt);
        }
        let contents = r.or_null(|r| Contents::read(r, &header))?;
        Ok(Self { header, recipients, contents })
    }
}

impl Contents {
    /// Reads what opens the groups of a header, and its token.
    fn read(r: &mut Reader<'_>, header: &Header) -> Result<Self, WireError> {
        r.tuple("the contents of an order", 3)?;
        let count = header.groups.len();
        r.array("groups", count, count)?;
        let mut groups = Vec::with_capacity(count);
        let mut fields = Fields::default();
        for committed in &header.groups {
            r.tuple("a group", 2)?;
            let salt = Salt::new(r.exact("a salt")?);
            let mut item = r.within();
            let own = fields.read_group(&mut item, false)?;
            let encoded = Secret::from(r.take_to(&item)?);
            let commitment = commit_group(&salt, |w| w.raw(&encoded));
            // P-6, P-7
            if !fits(committed, fields.names(own)) || commitment != committed.commitment {
                return Err(WireError::Corrupt);
            }
            groups.push(PlacedGroup { salt, fields: encoded });
        }
        let token = r.secret("a token")?;
        let revision = r.uint("a revision", u64::MAX)?;
        if token_hash(&token) == header.token_hash {
            Ok(Self { groups, token, revision })
        } else {
            Err(WireError::Corrupt)
        }
    }
}
