//! What must be caught: were these not reported, no silence would mean anything.

use core::hint::black_box;

/// Branches on a bit.
#[inline(never)]
pub fn branch(key: &[u8; 32]) -> u32 {
    // Calls, lest the compiler choose without a branch.
    if key[0] & 1 == 1 { one(7) } else { other(7) }
}

#[inline(never)]
fn one(value: u32) -> u32 {
    black_box(value) + 1
}

#[inline(never)]
fn other(value: u32) -> u32 {
    black_box(value) * 3
}

/// Reads a table where a byte says.
#[inline(never)]
pub fn index(key: &[u8; 32]) -> u8 {
    let table: [u8; 256] = core::array::from_fn(|place| place.to_le_bytes()[0]);
    black_box(&table)[usize::from(key[31])]
}

/// Compares byte by byte, up to the first that differs.
#[inline(never)]
pub fn compare(key: &[u8; 32], other: &[u8; 32]) -> bool {
    key.iter().zip(black_box(other)).all(|(a, b)| a == b)
}
