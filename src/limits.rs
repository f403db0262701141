//! Limits on counts and lengths (`SPEC.md`, section 21). A decoder refuses what exceeds them before it allocates.

/// Bytes of any message.
pub const MESSAGE: usize = 6 * 1024 * 1024;
/// Bytes of one ciphertext with its tag: more than any part of an order within the other limits has.
pub const CIPHERTEXT: usize = 320 * 1024 + 16;
/// Bytes of the exported state of an order.
pub const STATE: usize = 16 * 1024 * 1024;
/// Bytes of an [`Identifier`](crate::Identifier).
pub const IDENTIFIER: usize = 512;
/// Characters of a role, a label or an issuer.
pub const NAME: usize = 64;
/// Characters of a field name, or of a selector.
pub const FIELD_NAME: usize = 128;
/// Issuers of a domain.
pub const ISSUERS: usize = 8;
/// Fields of an order.
pub const FIELDS: usize = 4096;
/// Bytes of a field's value.
pub const VALUE: usize = 16 * 1024;
/// Bytes of all names and values of an order together.
pub const ORDER: usize = 256 * 1024;
/// Recipients of an order.
pub const RECIPIENTS: usize = 16;
/// Different selectors of a form, or of an order.
pub const SELECTORS: usize = 256;
/// Groups of an order: as many as its fields have different audiences.
pub const GROUPS: usize = 64;
/// Bytes of a reason: for declining an order, for refusing a demand, for which a consignment was not delivered.
pub const REASON: usize = 256;
/// Bytes of the seller's instructions to the recipient of a dispatch.
pub const INSTRUCTIONS: usize = 4 * 1024;
/// Consignments of an order, and demands of its seller.
pub const CONSIGNMENTS: usize = 256;
/// Bytes of all instructions of an order together.
pub const ORDER_INSTRUCTIONS: usize = 64 * 1024;
/// The highest threshold of a domain's polynomial.
pub const THRESHOLD: usize = 32 * 1024;
/// The highest threshold at which an authority with a seed keeps its polynomial in memory, 256 MiB then. Above, it is
/// expanded anew for each batch of shares.
pub const EXPANDED: usize = 4 * 1024;
/// The most cohorts of a population.
pub const COHORTS: u32 = 1 << 20;
/// The latest point in time, in seconds since 1970 (the year 9999).
pub const TIME: u64 = 253_402_300_799;
/// Bytes of a payload in a handshake.
pub const PAYLOAD: usize = 64 * 1024;
/// Seconds after which a side takes no further message of a handshake: from when it began it, or answered.
pub const HANDSHAKE: u64 = 600;
