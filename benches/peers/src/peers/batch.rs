//! The keys of one party with many others: what is computed for each of them cannot be shared, so one after the other.

use super::x25519;
use crate::measure::Operation;
use crate::ours::batch::COUNT;

/// With as many public keys, by the fastest of those that are measured here.
pub(crate) fn derivation() -> Operation {
    let (here, peers) = (x25519::private(&[1; 32]), (0..COUNT).map(|n| x25519::public(&[n; 32])).collect::<Vec<_>>());
    Operation::new(x25519::FASTEST, move || {
        for peer in &peers {
            core::hint::black_box(x25519::agree(&here, peer));
        }
    })
    .giving(COUNT)
}
