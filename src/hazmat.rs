//! Low-level values that most programs never need.
//!
//! They are public so that other implementations can be compared with this one. Nothing in here is secret.

use core::fmt;

use crate::domain::Domain;
use crate::field::{ELEMENT, Element};
use crate::hash;
use crate::identifier::Identifier;
use crate::wire::{self, Writer};

/// The domain separation tag of `hash_to_field`: the suite, in the style of RFC 9380 §3.1.
const POINT_DST: &str = "POLYSEAL-V01-with-M127x2_XMD:SHA-256_";

/// The public point of an identity in a domain: one element of GF(2^127 - 1) for each of the two lanes.
#[derive(Clone, Copy)]
pub struct Point(pub(crate) [Element; 2]);

impl Point {
    /// Both lanes, each as 16 little-endian bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [[u8; ELEMENT]; 2] {
        self.0.map(Element::to_bytes)
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Point").field(&self.to_bytes()).finish()
    }
}

impl Identifier {
    /// The point at which the polynomials of a domain are evaluated for this identity (`SPEC.md`, section 6).
    ///
    /// This is `hash_to_field` of RFC 9380 with `expand_message_xmd`, SHA-256, count 2 and L = 32. The message is
    /// `[version, "point", label, epoch, identifier]`. It contains neither the cohort nor the issuers, so that the
    /// contributions of several issuers can be added.
    #[must_use]
    pub fn point(&self, domain: &Domain) -> Point {
        let lanes = hash::expand_message(POINT_DST, |sha| {
            let mut w = Writer::new(sha);
            wire::begin_message(&mut w, "point", 3);
            w.item(domain.label()).item(domain.epoch()).item(self);
        });
        Point(lanes.map(|lane| Element::from_wide_bytes(&lane)))
    }
}
