//! A buffer for what is secret.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Deref;

use zeroize::{Zeroize, Zeroizing};

use super::Sink;

/// Secret bytes in one place: they never outgrow their allocation, and all of it is wiped on drop. At once, where
/// `Zeroizing` wipes a vector byte by byte.
#[derive(Default)]
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.0
    }

    pub(crate) fn resize(&mut self, length: usize) {
        self.make_room(length);
        self.0.resize(length, 0);
    }

    /// Gives up the protection: the bytes have been encrypted, and are no secret any more.
    pub(crate) fn disclose(mut self) -> Vec<u8> {
        core::mem::take(&mut self.0)
    }

    /// Hands the secret over to code outside of this crate.
    pub(crate) fn release(mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(core::mem::take(&mut self.0))
    }

    /// Makes a copy for code outside of this crate.
    pub(crate) fn copy(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.clone())
    }

    /// Grows by hand, because a reallocation by `Vec` would leave the old buffer unwiped. Where the size is known
    /// beforehand this does nothing.
    #[inline]
    fn make_room(&mut self, length: usize) {
        if length > self.0.capacity() {
            self.grow(length);
        }
    }

    #[cold]
    fn grow(&mut self, length: usize) {
        let mut grown = Self::with_capacity(length.max(self.0.capacity().saturating_mul(2)));
        grown.0.extend_from_slice(&self.0);
        *self = grown;
    }
}

/// 32 secret bytes: a MAC, a salt, a token. Wiped at once, as above.
#[derive(Clone)]
pub(crate) struct Secret32([u8; 32]);

impl Secret32 {
    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A copy that can be moved, and leaves nothing behind when it is.
    pub(crate) fn boxed(bytes: &[u8]) -> Box<Self> {
        let mut secret = Box::new(Self([0; 32]));
        secret.0.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        secret
    }
}

impl Deref for Secret32 {
    type Target = [u8; 32];

    fn deref(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for Secret32 {
    #[inline]
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl Deref for Secret {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Sink for Secret {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.make_room(self.0.len().saturating_add(bytes.len()));
        self.0.extend_from_slice(bytes);
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
        self.0.spare_capacity_mut().zeroize();
    }
}
