//! An authority as bytes.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::capacity::Parties;
use super::master::{Master, triangle};
use super::register::Register;
use super::{Authority, AuthorityError, Capacity, check, count, sole};
use crate::domain::Domain;
use crate::export;
use crate::field::ELEMENT;
use crate::identifier::Identifier;
use crate::name::Label;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// The kind of export where the domain has one issuer.
const SOLE: &str = "authority";
/// The kind of export where it has several.
const JOINT: &str = "joint authority";

impl Authority {
    /// The whole authority as secret bytes, including the register.
    ///
    /// With a random polynomial these are 16 (t + 1)(t + 2) bytes and the register. With a seed they are the register
    /// and little more.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(self.kind(), self)
    }

    /// Reads the bytes that [`export`](Self::export) wrote.
    ///
    /// # Security
    ///
    /// An earlier export is as valid as the newest, but lacks whom the authority has served since. Compare the length
    /// of the [`register`](Self::register) with a count that you keep elsewhere.
    ///
    /// # Errors
    ///
    /// [`WireError`] if the bytes are not an authority of this version, or are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, WireError> {
        let (kind, issuers) = match export::body(JOINT, bytes, bytes.len()) {
            Err(WireError::Kind { .. }) => (SOLE, "a domain of one issuer"),
            _ => (JOINT, "a domain of several issuers"),
        };
        let authority: Self = export::import(kind, bytes, bytes.len())?;
        // S-3
        if authority.kind() == kind { Ok(authority) } else { Err(WireError::Expected(issuers)) }
    }

    fn kind(&self) -> &'static str {
        if sole(&self.domain).is_ok() { SOLE } else { JOINT }
    }
}

impl Encode for Authority {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(6).item(&self.domain).uint(count(self.threshold()));
        match self.capacity.0 {
            Parties::Unconditional => w.null(),
            Parties::Closed | Parties::AtMost(_) => w.uint(count(self.capacity())),
        };
        w.item(&self.master).items(self.register()).item(&self.issuer);
    }
}

impl Decode for Authority {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("an authority", 6)?;
        let domain = Domain::decode(r)?;
        let threshold = r.threshold()?;
        let capacity = if r.is_null() {
            Capacity::UNCONDITIONAL
        } else {
            // Where pointers are short, no register reaches the largest capacities.
            let parties = r.uint("the capacity", u64::MAX)?;
            Capacity(Parties::AtMost(usize::try_from(parties).unwrap_or(usize::MAX)))
        };
        // A seed has 32 bytes, and the smallest matrices, of threshold 1, have 96.
        let secret = r.bytes("the master", 32, triangle(threshold).saturating_mul(2 * ELEMENT))?;
        // S-5, with the points, which are compared with one another where the identities are entered.
        let register: Vec<Identifier> = r.ascending("the register", 0, capacity.parties(threshold))?;
        let issuer = Label::decode(r)?;
        check(&domain, &issuer, threshold).map_err(|error| refusal(&error))?;
        let master = match secret.try_into().map(Zeroizing::new) {
            Ok(seed) => Master::from_seed(&seed, &domain, &issuer, threshold).map_err(|error| refusal(&error))?,
            Err(_) => Master::from_bytes(threshold, secret)?,
        };
        let mut authority = Self { domain, issuer, capacity, master, served: Register::default() };
        authority.enter(register).map_err(|error| refusal(&error))?;
        Ok(authority)
    }
}

/// What is wrong with the bytes if they give no authority.
fn refusal(error: &AuthorityError) -> WireError {
    match error {
        AuthorityError::Issuer => WireError::Expected("an issuer of the domain"),
        AuthorityError::Memory => WireError::Expected("a polynomial that fits in memory"),
        // The reader has held it to the capacity.
        _ => WireError::Expected("a register of different points"),
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;
    use crate::authority::{Contribution, RootSecret, Share};
    use crate::domain::Epoch;

    fn label(name: &str) -> Label {
        Label::new(name).unwrap()
    }

    fn domain(issuers: &[&str]) -> Domain {
        let epoch = Epoch::new(1, 0, 10).unwrap();
        Domain::joint(label("net"), issuers.iter().map(|name| label(name)), epoch).unwrap()
    }

    fn issuer(domain: Domain, name: &str) -> Result<Authority, AuthorityError> {
        Authority::joint_from_seed(domain, label(name), 1, Capacity::UNCONDITIONAL, &[1; 32], BTreeSet::new())
    }

    #[test]
    fn bytes_that_give_no_authority_are_told_by_what_is_wrong() {
        for (error, wanted) in [
            (AuthorityError::Issuer, "an issuer of the domain"),
            (AuthorityError::Memory, "a polynomial that fits in memory"),
            (AuthorityError::Full { capacity: 1 }, "a register of different points"),
        ] {
            assert_eq!(refusal(&error), WireError::Expected(wanted));
        }
    }

    #[test]
    fn one_issuer_issues_and_several_contribute() {
        let alice = Identifier::new("alice").unwrap();
        assert_eq!(issuer(domain(&["one", "two"]), "other").err(), Some(AuthorityError::Issuer));
        let alone =
            Authority::from_seed(domain(&["one", "two"]), 1, Capacity::UNCONDITIONAL, &[1; 32], BTreeSet::new());
        assert_eq!(alone.err(), Some(AuthorityError::SeveralIssuers));
        let mut joint = issuer(domain(&["one", "two"]), "one").unwrap();
        assert_eq!(joint.issue(&alice).err(), Some(AuthorityError::SeveralIssuers));
        assert_eq!(joint.issue_all(core::slice::from_ref(&alice)).err(), Some(AuthorityError::SeveralIssuers));
        assert!(joint.register().is_empty());
        // With one issuer, the only contribution is the share.
        let mut sole = issuer(domain(&["one"]), "one").unwrap();
        let share = Share::combine(&[sole.contribute(&alice).unwrap()]).unwrap();
        assert_eq!(share.export(), sole.issue(&alice).unwrap().export());
    }

    #[test]
    fn an_export_imports_under_its_own_kind_alone() {
        let [sole, joint] = [&["one"][..], &["one", "two"]].map(|issuers| issuer(domain(issuers), "one").unwrap());
        for (authority, own, other, expected) in
            [(&sole, SOLE, JOINT, "a domain of several issuers"), (&joint, JOINT, SOLE, "a domain of one issuer")]
        {
            let bytes = authority.export();
            assert_eq!(bytes, export::export(own, authority));
            assert_eq!(Authority::import(&bytes).unwrap().export(), bytes);
            let relabelled = export::export(other, authority);
            assert_eq!(Authority::import(&relabelled).err(), Some(WireError::Expected(expected)));
            let strange = export::export("root", authority);
            assert_eq!(Authority::import(&strange).err(), Some(WireError::Kind { expected: SOLE }));
            assert!(matches!(Contribution::import(&bytes).err(), Some(WireError::Kind { .. })));
            assert!(matches!(RootSecret::import(&bytes).err(), Some(WireError::Kind { .. })));
        }
    }

    #[test]
    fn an_export_of_an_issuer_that_the_domain_does_not_name_is_refused() {
        let mut authority = issuer(domain(&["one"]), "one").unwrap();
        authority.issuer = label("other");
        let bytes = authority.export();
        assert_eq!(Authority::import(&bytes).err(), Some(WireError::Expected("an issuer of the domain")));
    }
}
