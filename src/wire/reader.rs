//! Reading: what [`Writer`](super::Writer) would have written, and nothing else.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{ARRAY, BYTES, Decode, NULL, Secret32, TEXT, UINT, Unit, WireError};
use crate::limits;

/// Reads deterministic items, and nothing else.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(super) rest: &'a [u8],
    /// How many bytes there were in all.
    length: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, length: bytes.len() }
    }

    /// How many bytes have been read.
    pub(crate) fn position(&self) -> usize {
        self.length.saturating_sub(self.rest.len())
    }

    /// A reader of the same bytes from here on, with positions of its own.
    pub(crate) fn within(&self) -> Self {
        Self::new(self.rest)
    }

    /// The bytes that a reader from [`within`](Self::within) has read.
    pub(crate) fn take_to(&mut self, other: &Self) -> Result<&'a [u8], WireError> {
        self.take(other.position())
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The argument of a head of this major type, refused unless in its shortest form.
    fn head(&mut self, major: u8, expected: &'static str) -> Result<u64, WireError> {
        let [initial] = self.take_array()?;
        if initial >> 5 != major {
            return Err(WireError::Expected(expected));
        }
        let (value, least) = match initial & 0x1f {
            direct @ 0..24 => (u64::from(direct), 0),
            24 => (u64::from(u8::from_be_bytes(self.take_array()?)), 24),
            25 => (u64::from(u16::from_be_bytes(self.take_array()?)), 0x100),
            26 => (u64::from(u32::from_be_bytes(self.take_array()?)), 0x1_0000),
            27 => (u64::from_be_bytes(self.take_array()?), 0x1_0000_0000),
            _ => return Err(WireError::NotDeterministic),
        };
        // B-1
        if value < least { Err(WireError::NotDeterministic) } else { Ok(value) }
    }

    fn length(&mut self, major: u8, what: &'static str, least: usize, most: usize) -> Result<usize, WireError> {
        let length = self.head(major, what)?;
        // B-3
        match usize::try_from(length) {
            Ok(length) if (least..=most).contains(&length) => Ok(length),
            length => {
                let unit = if major == ARRAY { Unit::Items } else { Unit::Bytes };
                Err(WireError::limit(what, unit, length.unwrap_or(usize::MAX), least..=most))
            }
        }
    }

    pub(crate) fn uint(&mut self, what: &'static str, most: u64) -> Result<u64, WireError> {
        self.number(what, 0, most)
    }

    pub(crate) fn number(&mut self, what: &'static str, least: u64, most: u64) -> Result<u64, WireError> {
        let found = self.head(UINT, what)?;
        if (least..=most).contains(&found) {
            Ok(found)
        } else {
            Err(WireError::Limit { what, unit: Unit::Number, found, least, most })
        }
    }

    pub(crate) fn bytes(&mut self, what: &'static str, least: usize, most: usize) -> Result<&'a [u8], WireError> {
        let length = self.length(BYTES, what, least, most)?;
        self.take(length)
    }

    /// A byte string of exactly `N` bytes.
    pub(crate) fn exact<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], WireError> {
        self.length(BYTES, what, N, N)?;
        self.take_array()
    }

    /// 32 secret bytes, which stay in one place.
    pub(crate) fn secret(&mut self, what: &'static str) -> Result<Box<Secret32>, WireError> {
        self.bytes(what, 32, 32).map(Secret32::boxed)
    }

    pub(crate) fn text(&mut self, what: &'static str, most: usize) -> Result<&'a str, WireError> {
        core::str::from_utf8(self.text_bytes(what, most)?).map_err(|_| WireError::Expected("valid UTF-8"))
    }

    /// A text string whose characters are checked by the caller.
    pub(crate) fn text_bytes(&mut self, what: &'static str, most: usize) -> Result<&'a [u8], WireError> {
        let length = self.length(TEXT, what, 0, most)?;
        self.take(length)
    }

    /// The head of an array, with its count of items.
    pub(crate) fn array(&mut self, what: &'static str, least: usize, most: usize) -> Result<usize, WireError> {
        self.length(ARRAY, what, least, most)
    }

    /// The head of an array of exactly `count` items.
    pub(crate) fn tuple(&mut self, what: &'static str, count: usize) -> Result<(), WireError> {
        self.array(what, count, count).map(drop)
    }

    pub(crate) fn items<T: Decode>(
        &mut self,
        what: &'static str,
        least: usize,
        most: usize,
    ) -> Result<Vec<T>, WireError> {
        let count = self.array(what, least, most)?;
        // All at once, so that nothing secret is left behind by growing; and not more than the bytes that
        // are there could be.
        let mut items = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            items.push(T::decode(self)?);
        }
        Ok(items)
    }

    /// The degree of a polynomial.
    pub(crate) fn threshold(&mut self) -> Result<usize, WireError> {
        let most = u64::try_from(limits::THRESHOLD).unwrap_or(u64::MAX);
        self.number("a threshold", 1, most).map(|threshold| usize::try_from(threshold).unwrap_or(usize::MAX))
    }

    /// An array of items in strictly ascending order, so that a set has one encoding.
    pub(crate) fn ascending<T: Decode + Ord>(
        &mut self,
        what: &'static str,
        least: usize,
        most: usize,
    ) -> Result<Vec<T>, WireError> {
        let items: Vec<T> = self.items(what, least, most)?;
        if items.is_sorted_by(|a, b| a < b) { Ok(items) } else { Err(WireError::NotDeterministic) }
    }

    /// Whether the next item is null, which is then read.
    pub(crate) fn is_null(&mut self) -> bool {
        match self.rest.split_first() {
            Some((&NULL, rest)) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn exact_or_null<const N: usize>(&mut self, what: &'static str) -> Result<Option<[u8; N]>, WireError> {
        self.or_null(|r| r.exact(what))
    }

    /// What `read` reads, or null.
    pub(crate) fn or_null<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<Option<T>, WireError> {
        if self.is_null() { Ok(None) } else { read(self).map(Some) }
    }

    pub(crate) fn finish(self) -> Result<(), WireError> {
        // B-1
        if self.rest.is_empty() { Ok(()) } else { Err(WireError::Trailing) }
    }
}
