//! What an order becomes on the wire: a header in clear, sealed parts, and the messages around them.

mod header;
mod message;
mod part;
mod receipt;
mod seal;

pub use header::OrderDigest;
pub use message::{Authentication, Direct, Dispatch, Envelope, Relay};
pub use part::Part;
pub use receipt::{Receipt, Report, Status};
pub use seal::{Windows, WindowsError};

pub(crate) use header::Header;
pub(crate) use message::{Cargo, Forward, SealedPart, Statement, Verdict, parts_digest};
pub(crate) use part::{Opening, Salt, opens_recipients};
pub(crate) use seal::{Placed, seal};
