//! The keys of one share with many others.

use polyseal::{Identifier, KeySource};

use super::share::share;
use crate::measure::Operation;

/// How many others.
pub(crate) const COUNT: u8 = 64;

/// From the share and the identifiers to the common keys, one after the other.
pub(crate) fn derivation(threshold: usize) -> Operation {
    let share = share(threshold);
    let peers: Vec<_> = (0..COUNT).map(|n| Identifier::new(format!("card-holder {n}")).unwrap()).collect();
    Operation::new("derive, a key of a batch", move || {
        for peer in &peers {
            core::hint::black_box(share.common_key(peer, share.domain()).unwrap());
        }
    })
    .giving(COUNT)
}
