//! Writing: every item in its one deterministic form.

use super::{ARRAY, BYTES, Encode, NULL, Sink, TEXT, UINT};

/// Writes items in their deterministic form.
#[derive(Debug)]
pub(crate) struct Writer<'a, S>(&'a mut S);

impl<'a, S: Sink> Writer<'a, S> {
    pub(crate) fn new(sink: &'a mut S) -> Self {
        Self(sink)
    }

    #[inline]
    fn head(&mut self, major: u8, value: u64) {
        match u8::try_from(value) {
            Ok(value @ 0..24) => self.0.put(&[(major << 5) | value]),
            Ok(value) => self.0.put(&[(major << 5) | 0x18, value]),
            Err(_) => self.long_head(major << 5, value),
        }
    }

    fn long_head(&mut self, major: u8, value: u64) {
        let [.., b4, b5, b6, b7] = value.to_be_bytes();
        match value {
            0..0x1_0000 => self.0.put(&[major | 0x19, b6, b7]),
            0x1_0000..0x1_0000_0000 => self.0.put(&[major | 0x1a, b4, b5, b6, b7]),
            _ => {
                self.0.put(&[major | 0x1b]);
                self.0.put(&value.to_be_bytes());
            }
        }
    }

    fn length(&mut self, major: u8, length: usize) {
        // usize has at most 64 bits on every target that Rust supports.
        self.head(major, u64::try_from(length).unwrap_or(u64::MAX));
    }

    #[inline]
    pub(crate) fn uint(&mut self, value: u64) -> &mut Self {
        self.head(UINT, value);
        self
    }

    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.length(BYTES, bytes.len());
        self.0.put(bytes);
        self
    }

    /// The head of a byte string: that many bytes follow.
    pub(crate) fn bytes_of(&mut self, length: usize) -> &mut Self {
        self.length(BYTES, length);
        self
    }

    /// Bytes that are no item, of their own form.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.0.put(bytes);
    }

    #[inline]
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.length(TEXT, text.len());
        self.0.put(text.as_bytes());
        self
    }

    /// The head of an array: `count` items follow.
    #[inline]
    pub(crate) fn array(&mut self, count: usize) -> &mut Self {
        self.length(ARRAY, count);
        self
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.0.put(&[NULL]);
        self
    }

    pub(crate) fn bytes_or_null(&mut self, bytes: Option<&[u8]>) -> &mut Self {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => self.null(),
        }
    }

    pub(crate) fn text_or_null(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    pub(crate) fn item_or_null(&mut self, item: Option<&impl Encode>) -> &mut Self {
        match item {
            Some(item) => self.item(item),
            None => self.null(),
        }
    }

    pub(crate) fn uint_or_null(&mut self, value: Option<u64>) -> &mut Self {
        match value {
            Some(value) => self.uint(value),
            None => self.null(),
        }
    }

    #[inline]
    pub(crate) fn item(&mut self, item: &impl Encode) -> &mut Self {
        item.encode(self);
        self
    }

    pub(crate) fn items<'i, T: Encode + 'i>(
        &mut self,
        items: impl IntoIterator<Item = &'i T, IntoIter: ExactSizeIterator>,
    ) -> &mut Self {
        let items = items.into_iter();
        self.array(items.len());
        for item in items {
            item.encode(self);
        }
        self
    }
}
