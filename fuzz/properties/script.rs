//! The fuzzer's input as a script: what to change in a tree.

use polyseal_testing::cbor::Value;

/// A file of the corpus: its target, its name, and what is in it.
pub type Seed = (&'static str, String, Vec<u8>);

/// More would make messages too long to be quick.
pub const EDITS: usize = 6;

/// What the fuzzer wants to have changed.
pub struct Script<'d>(pub &'d [u8]);

impl<'d> Script<'d> {
    fn take(&mut self, count: usize) -> &'d [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    fn number(&mut self, bytes: usize) -> u64 {
        self.take(bytes).iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn string(&mut self) -> &'d [u8] {
        let length = self.byte();
        self.take(length.into())
    }

    /// Some item of a tree.
    fn item<'v>(&mut self, tree: &'v mut Value) -> &'v mut Value {
        let mut left = usize::MAX;
        assert!(nth(tree, &mut left).is_none());
        let count = usize::MAX - left;
        let mut left = usize::try_from(self.number(2)).unwrap() % count;
        nth(tree, &mut left).unwrap()
    }

    /// Changes some item of a tree.
    pub fn edit(&mut self, tree: &mut Value) {
        let copied = self.item(tree).clone();
        let item = self.item(tree);
        match (self.byte() % 9, &mut *item) {
            (0, _) => *item = copied,
            (1, _) => *item = Value::Uint(self.number(1)),
            (2, _) => *item = Value::Uint(self.number(8)),
            (3, _) => *item = Value::bytes(self.string()),
            (4, _) => *item = Value::text(&String::from_utf8_lossy(self.string())),
            (5, Value::Array(items)) => drop(items.pop()),
            (6, Value::Array(items)) => items.push(copied),
            (7, Value::Array(items)) => items.reverse(),
            (8, Value::Bytes(bytes)) if !bytes.is_empty() => {
                let place = usize::from(self.byte()) % bytes.len();
                bytes[place] ^= self.byte();
            }
            _ => *item = Value::Null,
        }
    }
}

/// The item that is `left` items further on, counted in the order in which they are written.
fn nth<'v>(value: &'v mut Value, left: &mut usize) -> Option<&'v mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, left)),
        _ => None,
    }
}

pub fn get(value: &Value, place: usize) -> Option<&Value> {
    match value {
        Value::Array(items) => items.get(place),
        _ => None,
    }
}
