//! Padding: what a ciphertext gives away of its plaintext's length (`SPEC.md`, section 9).

use super::{Purpose, Rejected, TAG};
use crate::wire::{self, Encode, Secret, Sink, Writer};

/// The lengths to which short plaintexts are padded. Statements, verdicts and reports without long texts have the first,
/// so approval and refusal look alike.
const BUCKETS: [usize; 4] = [SHORTEST, 1024, 2048, 4096];

pub(super) const SHORTEST: usize = 512;

/// The least padded length for a purpose. An order's parts are of several sizes, and few fall below this.
fn floor(purpose: Purpose) -> usize {
    if purpose == Purpose::Part { 1024 } else { SHORTEST }
}

/// The padded length of a plaintext of `length` bytes: of that and one byte of marker, the next of the [`BUCKETS`], and
/// above them Padmé (Nikitin et al., Proceedings on Privacy Enhancing Technologies 2019), which gives away at most
/// O(log log length) bits.
pub(super) fn padded(purpose: Purpose, length: usize) -> usize {
    let length = length.saturating_add(1).max(floor(purpose));
    BUCKETS.into_iter().find(|bucket| length <= *bucket).unwrap_or_else(|| padme(length))
}

fn padme(length: usize) -> usize {
    let exponent = length.max(2).ilog2();
    let significant = exponent.ilog2().saturating_add(1);
    let mask = 1_usize.checked_shl(exponent.saturating_sub(significant)).map_or(0, |unit| unit.saturating_sub(1));
    length.saturating_add(mask) & !mask
}

/// A plaintext with 0x80 and zeros (ISO/IEC 7816-4) after it, up to [`padded`], and room for the tag: it is written
/// where it will be encrypted. The plaintext's own length comes with it.
pub(super) fn pad(purpose: Purpose, plaintext: &impl Encode) -> (Secret, usize) {
    let length = wire::length(plaintext);
    let padded = padded(purpose, length);
    let mut buffer = Secret::with_capacity(padded.saturating_add(TAG));
    plaintext.encode(&mut Writer::new(&mut buffer));
    buffer.put(&[0x80]);
    buffer.resize(padded);
    (buffer, length)
}

/// Removes what [`pad`] appended, and refuses any other padding.
pub(super) fn unpad(purpose: Purpose, mut buffer: Secret) -> Result<Secret, Rejected> {
    // Sixteen zeros at a time, as far as there are so many.
    let (_, blocks) = buffer.as_rchunks::<16>();
    let zeros = blocks.iter().rev().take_while(|block| u128::from_ne_bytes(**block) == 0);
    let end = buffer.len().saturating_sub(zeros.count().saturating_mul(16));
    let marker = buffer.iter().take(end).rposition(|byte| *byte != 0).ok_or(Rejected)?;
    // O-8
    if buffer.get(marker) != Some(&0x80) || padded(purpose, marker) != buffer.len() {
        return Err(Rejected);
    }
    buffer.resize(marker);
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    const OTHERS: [Purpose; 5] =
        [Purpose::Relay, Purpose::Dispatch, Purpose::Authorization, Purpose::Receipt, Purpose::Handshake];

    #[test]
    fn every_edge_of_a_bucket_is_where_it_is_written() {
        // The length with its marker, and the bucket.
        for (marked, bucket) in [
            (1, 512),
            (512, 512),
            (513, 1024),
            (1024, 1024),
            (1025, 2048),
            (2048, 2048),
            (2049, 4096),
            (4096, 4096),
            // From here on Padmé, at first in steps of 256.
            (4097, 4352),
            (4352, 4352),
            (4353, 4608),
            (8192, 8192),
            (8193, 8704),
        ] {
            for purpose in OTHERS {
                assert_eq!(padded(purpose, marked - 1), bucket, "{purpose:?}, {marked}");
            }
            assert_eq!(padded(Purpose::Part, marked - 1), bucket.max(1024), "{marked}");
        }
        assert_eq!(padded(Purpose::Part, crate::limits::CIPHERTEXT - TAG - 1), crate::limits::CIPHERTEXT - TAG);
    }

    proptest! {
        #[test]
        fn above_the_buckets_it_is_padme(length in 4096_usize..300_000) {
            let padded = padded(Purpose::Part, length);
            prop_assert!(padded > length);
            // Padmé costs at most 12 percent, and its lengths have few significant bits.
            prop_assert!((padded - length - 1) * 100 <= 12 * (length + 1));
            let e = padded.ilog2();
            prop_assert_eq!(padded % (1 << (e - (e.ilog2() + 1)).min(e)), 0);
        }
    }

    #[test]
    fn only_its_own_padding_is_accepted() {
        let refused = |purpose, buffer: Vec<u8>| unpad(purpose, Secret::from(&*buffer)).is_err();
        let good = |purpose, length: usize| {
            let mut buffer = alloc::vec![0x61; length];
            buffer.push(0x80);
            buffer.resize(padded(purpose, length), 0);
            buffer
        };
        for purpose in OTHERS.into_iter().chain([Purpose::Part]) {
            for length in [0, 5, 511, 512, 1023, 1024, 4095, 4096] {
                let found = unpad(purpose, Secret::from(&*good(purpose, length)));
                assert_eq!(found.map(|found| found.to_vec()).unwrap(), alloc::vec![0x61; length]);
            }
            assert!(refused(purpose, alloc::vec![0; 1024]));
            assert!(refused(purpose, alloc::vec![0x61; 1024]));
            assert!(refused(purpose, Vec::new()));
            let mut longer = good(purpose, 5);
            longer.resize(2048, 0);
            assert!(refused(purpose, longer));
        }
        // What is right for one purpose is not for another.
        assert!(refused(Purpose::Part, good(Purpose::Relay, 5)));
        assert!(refused(Purpose::Relay, good(Purpose::Part, 5)));
    }
}
