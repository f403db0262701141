//! Padding: what a ciphertext gives away of its plaintext's length.

use super::{Rejected, TAG};
use crate::wire::{self, Encode, Secret, Sink, Writer};

/// The length to which short plaintexts are padded. Authentications never exceed it, so approval
/// and refusal look alike.
pub(super) const SHORT: usize = 512;

/// The padded length of a plaintext of `length` bytes: one byte of marker, then the larger of 512
/// and Padmé (Nikitin et al., Proceedings on Privacy Enhancing Technologies 2019), which gives away at most O(log log
/// length) bits.
pub(super) fn padded(length: usize) -> usize {
    let length = length.saturating_add(1);
    let exponent = length.max(2).ilog2();
    let significant = exponent.ilog2().saturating_add(1);
    let mask = 1_usize.checked_shl(exponent.saturating_sub(significant)).map_or(0, |unit| unit.saturating_sub(1));
    (length.saturating_add(mask) & !mask).max(SHORT)
}

/// A plaintext with 0x80 and zeros (ISO/IEC 7816-4) after it, up to [`padded`], and room for the tag: it is written
/// where it will be encrypted.
pub(super) fn pad(plaintext: &impl Encode) -> Secret {
    let length = padded(wire::length(plaintext));
    let mut buffer = Secret::with_capacity(length.saturating_add(TAG));
    plaintext.encode(&mut Writer::new(&mut buffer));
    buffer.put(&[0x80]);
    buffer.resize(length);
    buffer
}

/// Removes what [`pad`] appended, and refuses any other padding.
pub(super) fn unpad(mut buffer: Secret) -> Result<Secret, Rejected> {
    let marker = buffer.iter().rposition(|byte| *byte != 0).ok_or(Rejected)?;
    if buffer.get(marker) != Some(&0x80) || padded(marker) != buffer.len() {
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

    proptest! {
        #[test]
        fn padding_is_the_larger_of_512_and_padme(length in 0_usize..300_000) {
            let padded = padded(length);
            prop_assert!(padded > length && padded >= SHORT);
            // Padmé costs at most 12 percent, and its lengths have few significant bits.
            prop_assert!(padded == SHORT || (padded - length - 1) * 100 <= 12 * (length + 1));
            let e = padded.ilog2();
            prop_assert_eq!(padded % (1 << (e - (e.ilog2() + 1)).min(e)), 0);
        }
    }

    #[test]
    fn only_its_own_padding_is_accepted() {
        let refused = |buffer: Vec<u8>| unpad(Secret::from(&*buffer)).is_err();
        let good = |length: usize| {
            let mut buffer = alloc::vec![0x61; length];
            buffer.push(0x80);
            buffer.resize(padded(length), 0);
            buffer
        };
        assert_eq!(unpad(Secret::from(&*good(5))).map(|found| found.to_vec()).unwrap(), [0x61; 5]);
        assert!(refused(alloc::vec![0; 512]));
        assert!(refused(alloc::vec![0x61; 512]));
        assert!(refused(Vec::new()));
        let mut longer = good(5);
        longer.resize(1024, 0);
        assert!(refused(longer));
    }
}
