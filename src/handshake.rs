//! The handshake (patent claim 7): two parties authenticate each other, here and now, before an order is sent (`SPEC.md`,
//! section 17).
//!
//! Mutual authentication in three messages, and a fourth after an exchange, in the style of ISO/IEC 9798-4, under the
//! pairwise key. Each side contributes a fresh challenge, and seals an answer that is bound to everything said so far: both identifiers, both
//! roles, the domain, the direction and the number of the message. The second and the third message can carry a payload:
//! a seller answers with its order form, and the card holder has an authentic form in one round trip.
//!
//! ```text
//! Initiator::start     hello ──────────▶ Responder::answer
//!                      ◀────────── answer, with a payload
//! Initiator::receive   confirmation, with a payload ──────────▶ Responder::receive
//! Finished                                                      Finished
//!                      ◀────────── acknowledgement, after an exchange only
//! Authenticated::acknowledge
//! ```
//!
//! On request the first two messages make an exchange as well (`Initiator::start_with_exchange`): X-Wing, which neither a
//! thief of shares nor a quantum computer undoes. What is then sealed with the [`Authenticated`] as [`Evidence`] is sealed
//! under the key of that session, which both sides can wipe long before their shares. The initiator cannot know whether
//! its confirmation arrived, so it seals nothing under the session before the other side has acknowledged it.
//!
//! Each side waits for [`limits::HANDSHAKE`](crate::limits::HANDSHAKE) seconds. A message that was lost is sent again, and
//! a handshake that got stuck is begun anew.
//!
//! ```
//! # use polyseal::{*, handshake::*, message::*};
//! # fn step(holder: &CardHolder<Share>, shop: &Seller<Share>, form: &OrderForm, now: u64,
//! #     rng: &mut impl rand_core::CryptoRng) -> Result<(), Box<dyn std::error::Error>> {
//! let (initiator, hello) = Initiator::start(holder, Role::SELLER, Identifier::new("shop.example")?, now, rng)?;
//! let (responder, answer) = Responder::answer(shop, &hello, &form.to_bytes(), now, rng)?;
//! let (finished, confirmation) = initiator.receive(holder, &answer, b"", now, rng)?;
//! let form = OrderForm::from_bytes(&finished.payload)?;
//! let (finished_there, acknowledgement) = responder.receive(shop, &confirmation, now, rng)?;
//!
//! let mut authenticated = finished.authenticated;
//! if let Some(acknowledgement) = acknowledgement { // there was an exchange
//!     authenticated = authenticated.acknowledge(holder, &acknowledgement, now)?;
//! }
//! let holder = holder.with_evidence(&Evidence::new().with(&authenticated))?;
//! # Ok(())
//! # }
//! ```

mod acknowledgement;
mod exchange;
mod message;
mod sides;
mod speech;
mod state;

use alloc::vec::Vec;
use core::fmt;

pub use message::{Acknowledgement, Answer, Confirmation, Hello};
pub use sides::{Initiator, Responder};
use zeroize::Zeroizing;

pub use crate::evidence::{Authenticated, Evidence, EvidenceError};

/// What a side has of a finished handshake.
#[non_exhaustive]
#[must_use = "what the peer said, and the session with it, are in here alone"]
pub struct Finished {
    /// The proof that the peer answered, with the session if there was an exchange.
    pub authenticated: Authenticated,
    /// What the other side sent along: authentic, fresh, and secret between the two.
    pub payload: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finished").field("authenticated", &self.authenticated).finish_non_exhaustive()
    }
}
