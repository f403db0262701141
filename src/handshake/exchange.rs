//! The ephemeral exchange: X25519 (RFC 7748 §5), from x25519-dalek.
//!
//! Without the feature nobody asks for one, and who is asked answers without; the other side then says that it wanted
//! more.

#[cfg(not(feature = "forward-secrecy"))]
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::seal::Rejected;

/// The secret of one side, until the other side's public key is there.
pub(super) type EphemeralSecret = Zeroizing<[u8; 32]>;

/// The answering side's public key, and what the two share.
pub(super) type Exchanged = ([u8; 32], Zeroizing<[u8; 32]>);

#[cfg(feature = "forward-secrecy")]
mod x25519 {
    use rand_core::CryptoRng;
    use x25519_dalek::{PublicKey, StaticSecret};
    use zeroize::Zeroizing;

    use super::{EphemeralSecret, Exchanged, Rejected};

    /// A fresh secret, and its public key.
    pub(in crate::handshake) fn begin(rng: &mut (impl CryptoRng + ?Sized)) -> (EphemeralSecret, [u8; 32]) {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill_bytes(secret.as_mut_slice());
        let public = PublicKey::from(&StaticSecret::from(*secret)).to_bytes();
        (secret, public)
    }

    /// What the owner of `secret` shares with that of `theirs`.
    ///
    /// Refuses the points of small order (RFC 7748 §6.1), with which nothing would be shared.
    pub(in crate::handshake) fn agree(
        secret: &EphemeralSecret,
        theirs: &[u8; 32],
    ) -> Result<Zeroizing<[u8; 32]>, Rejected> {
        let shared = StaticSecret::from(**secret).diffie_hellman(&PublicKey::from(*theirs));
        if shared.was_contributory() { Ok(Zeroizing::new(shared.to_bytes())) } else { Err(Rejected) }
    }

    /// The answer to the other side's public key.
    pub(in crate::handshake) fn answer(
        theirs: &[u8; 32],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Option<Exchanged>, Rejected> {
        let (secret, public) = begin(rng);
        Ok(Some((public, agree(&secret, theirs)?)))
    }
}

#[cfg(feature = "forward-secrecy")]
pub(super) use x25519::{agree, answer, begin};

/// Nothing is shared: this build makes no exchange.
#[cfg(not(feature = "forward-secrecy"))]
pub(super) fn agree(_: &EphemeralSecret, _: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, Rejected> {
    Err(Rejected)
}

/// None: this build makes no exchange.
#[cfg(not(feature = "forward-secrecy"))]
#[expect(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
pub(super) fn answer(_: &[u8; 32], _: &mut (impl CryptoRng + ?Sized)) -> Result<Option<Exchanged>, Rejected> {
    Ok(None)
}
