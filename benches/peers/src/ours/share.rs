//! Shares of any threshold, and the derivation that is to be compared.

use std::collections::BTreeSet;

use minicbor::{Decoder, Encoder};
use polyseal::message::VERSION;
use polyseal::{Authority, Capacity, Domain, Epoch, Identifier, KeySource, Label, Share};
use sha2::{Digest, Sha256};

use crate::measure::Operation;

/// The highest threshold whose authority is made here: its polynomial takes 16 (t + 1) (t + 2) bytes.
const ISSUED: usize = 4096;

pub(crate) fn domain() -> Domain {
    let label = Label::new("bench").unwrap();
    Domain::new(label.clone(), label, Epoch::new(1, 0, 4_000_000_000).unwrap())
}

pub(crate) fn authority(threshold: usize) -> Authority {
    Authority::from_seed(domain(), threshold, Capacity::UNCONDITIONAL, &[7; 32], BTreeSet::new()).unwrap()
}

/// From a share and the other's identifier to the common key: all of it.
pub(crate) fn derivation(threshold: usize) -> Operation {
    let share = share(threshold);
    let peer = Identifier::new("card-holder 4711").unwrap();
    Operation::new("derive", move || share.common_key(&peer, share.domain()).unwrap())
}

pub(super) fn share(threshold: usize) -> Share {
    let owner = Identifier::new("seller.example").unwrap();
    let share = if threshold <= ISSUED {
        authority(threshold).issue(&owner).unwrap()
    } else {
        stretched(&authority(64).issue(&owner).unwrap(), threshold)
    };
    assert_eq!(share.threshold(), threshold);
    share
}

/// A share of a higher threshold than an authority can be made for here, its coefficients those of `share` over and
/// over.
///
/// It agrees with no other share on a key. The time to derive one depends on the number of coefficients only.
fn stretched(share: &Share, threshold: usize) -> Share {
    let export = share.export();
    let mut d = Decoder::new(&export);
    assert_eq!(d.array().unwrap(), Some(4));
    assert_eq!((d.str().unwrap(), d.str().unwrap()), (VERSION, KIND));
    let body = with_threshold(d.bytes().unwrap(), threshold);
    // `[version, kind, body, check]`, docs/exports.md.
    let export = array(4, |e| e.str(VERSION)?.str(KIND)?.bytes(&body)?.bytes(&check(&body))?.ok());
    Share::import(&export).unwrap()
}

const KIND: &str = "share";

/// `[domain, identifier, threshold, coefficients]`, with the first two as they are.
fn with_threshold(body: &[u8], threshold: usize) -> Vec<u8> {
    let mut d = Decoder::new(body);
    assert_eq!(d.array().unwrap(), Some(4));
    let start = d.position();
    d.skip().unwrap();
    d.skip().unwrap();
    let names = body.get(start..d.position()).unwrap().to_vec();
    d.u64().unwrap();
    let (coefficients, _) = d.bytes().unwrap().as_chunks::<16>();
    let count = 2 * (threshold + 1);
    let coefficients: Vec<u8> = coefficients.iter().cycle().take(count).flatten().copied().collect();
    array(4, |e| {
        e.writer_mut().extend_from_slice(&names);
        e.u64(threshold.try_into().unwrap())?.bytes(&coefficients)?.ok()
    })
}

/// `H("check", kind, body)`.
fn check(body: &[u8]) -> [u8; 32] {
    Sha256::digest(array(4, |e| e.str(VERSION)?.str("check")?.str(KIND)?.bytes(body)?.ok())).into()
}

type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

fn array(length: u64, items: impl FnOnce(&mut Encoder<Vec<u8>>) -> Written) -> Vec<u8> {
    let mut e = Encoder::new(Vec::new());
    e.array(length).unwrap();
    items(&mut e).unwrap();
    e.into_writer()
}
