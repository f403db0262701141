//! Advance confirmation (patent claim 7): two parties make sure of each other, here and now, before an order is sent.
//!
//! A mutual entity authentication in three messages, in the style of ISO/IEC 9798-4, under the pairwise key. Each side
//! contributes a fresh challenge, and seals an answer that is bound to everything said so far: both identifiers, both
//! roles, the domain, the direction and the number of the message. The second and the third message can carry a
//! payload: a seller answers with its order form, and the card holder has an authentic form in one round trip.
//!
//! ```text
//! Initiator        hello ──────────▶ Responder
//!                  ◀────────── answer, with a payload
//! Confirmed        confirmation, with a payload ──────────▶ Confirmed
//! ```
//!
//! On request the first two messages make an ephemeral exchange as well. What is then sealed under the `Confirmed` is
//! sealed with the key of that session, which both sides can wipe long before their shares.

mod confirmed;
mod error;
mod exchange;
mod handshake;
mod message;
#[cfg(feature = "forward-secrecy")]
mod sessions;
mod state;

pub(crate) use confirmed::Evidence;
pub use confirmed::{Confirmed, Meeting};
pub use error::ConfirmError;
pub use handshake::{Initiator, Responder};
pub use message::{Answer, Confirmation, Hello};
#[cfg(feature = "forward-secrecy")]
pub use sessions::Sessions;
