//! The states of a filed order as bytes (`docs/exports.md`).

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{Accepted, Saved, Stage};
use crate::domain::KeyId;
use crate::endpoint::Shown;
use crate::export;
use crate::identifier::Identifier;
use crate::limits;
use crate::message::{Cargo, Opening, Part, parts_digest};
use crate::name::{FieldName, Role};
use crate::order::{Entry, Release};
use crate::wire::{Decode, Encode, Reader, Secret, Sink, WireError, Writer};

const KIND: &str = "state";

impl<S: Encode> Saved<S> {
    pub(crate) fn export(&self) -> Zeroizing<Vec<u8>> {
        self.encoded().release()
    }

    pub(crate) fn export_without(&self, forgotten: &BTreeSet<FieldName>) -> Zeroizing<Vec<u8>> {
        self.encoded_without(forgotten).release()
    }

    pub(super) fn encoded(&self) -> Secret {
        self.encoded_with(&self.part().opening)
    }

    pub(super) fn encoded_without(&self, forgotten: &BTreeSet<FieldName>) -> Secret {
        if forgotten.is_empty() { self.encoded() } else { self.encoded_with(&self.part().opening.without(forgotten)) }
    }

    fn encoded_with(&self, opening: &Opening) -> Secret {
        export::export_secret(KIND, &Stored { saved: self, opening })
    }
}

impl<S: Stage> Saved<S> {
    pub(crate) fn import(bytes: &[u8], role: &Role, owner: &Identifier) -> Result<Self, WireError> {
        let mut r = Reader::new(export::body(KIND, bytes, limits::STATE)?);
        r.tuple("a state", 10)?;
        // S-1. Before the rest is read: another role has other stages.
        if Role::decode(&mut r)? != *role || Identifier::decode(&mut r)? != *owner {
            return Err(WireError::OtherOwner);
        }
        let (revision, filed_at) = (r.uint("a revision", u64::MAX)?, r.uint("a time", limits::TIME)?);
        let shown_by_holder = shown(&mut r)?;
        let shown_by_seller = r.or_null(shown)?;
        let Cargo { header, parts } = Cargo::decode_saved(&mut r)?;
        let (opening, stage) = (Opening::decode(&mut r)?, S::decode(&mut r)?);
        r.finish()?;
        // S-9
        let part = Part::verify(header, opening, role, owner).map_err(|_| WireError::Corrupt)?;
        let role = role.clone();
        let order = Accepted { role, revision, filed_at, part, parts, shown_by_holder, shown_by_seller };
        let saved = Self { order: Box::new(order), stage };
        if saved.is_sound() { Ok(saved) } else { Err(WireError::Corrupt) }
    }

    fn is_sound(&self) -> bool {
        let Accepted { role, filed_at, part, parts, shown_by_seller, .. } = &*self.order;
        let (is_seller, release) = (*role == Role::SELLER, part.own().release);
        // S-10
        let is_whole = if is_seller {
            let others =
                part.recipients().filter(|entry| entry.release != Release::Direct && entry.role != Role::SELLER);
            others.map(Entry::role).eq(parts.iter().map(|part| &part.role))
                && part.opening.companions == Some(parts_digest(parts))
        } else {
            parts.is_empty()
        };
        let is_asked_for = match (role, release) {
            _ if is_seller => shown_by_seller.is_none(),
            (_, Release::Direct) => shown_by_seller.is_none() || *role == Role::CARD_MANAGER,
            _ => shown_by_seller.is_some(),
        };
        // S-9: E-7, whose value the seller may have forgotten since. The card manager's facts have it.
        let is_known =
            |part: &Part| part.amount().is_some() || part.forgotten().any(|name| *name == FieldName::AMOUNT_DUE);
        let has_amount = !is_seller || (part.has_one_amount() && is_known(part));
        // S-11
        let was_accepted = match release {
            // By a request, a card manager may see an order for the first time after that.
            Release::OnReceipt if *role == Role::CARD_MANAGER => part.was_unsettled_at(*filed_at),
            Release::OnApproval => part.was_deliverable_at(*filed_at),
            Release::Direct | Release::OnReceipt => part.was_open_at(*filed_at),
        };
        has_amount && is_whole && is_asked_for && was_accepted && self.stage.is_of(role, part)
    }
}

struct Stored<'a, S> {
    saved: &'a Saved<S>,
    opening: &'a Opening,
}

impl<S: Encode> Encode for Stored<'_, S> {
    /// `[role, owner, revision, filed at, key-id, key-id or null, header, parts, opening, stage]`
    fn encode<W: Sink>(&self, w: &mut Writer<'_, W>) {
        let Saved { order, stage } = self.saved;
        let Accepted { role, revision, filed_at, part, parts, shown_by_holder, shown_by_seller } = &**order;
        w.array(10).item(role).item(&part.own().identifier).uint(*revision).uint(*filed_at);
        w.item(shown_by_holder.id());
        match shown_by_seller {
            Some(shown) => w.item(shown.id()),
            None => w.null(),
        };
        w.bytes(part.header.as_bytes()).items(parts).item(self.opening).item(stage);
    }
}

fn shown(r: &mut Reader<'_>) -> Result<Shown, WireError> {
    KeyId::decode(r).map(Shown::Before)
}
