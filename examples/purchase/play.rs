//! Plays a story: has each party do what it is told to.

use std::path::Path;

use polyseal::SendError;
use polyseal::message::OrderDigest;

use polyseal_examples::cast::Cast;
use polyseal_examples::message::Message;
use polyseal_examples::network::Network;
use polyseal_examples::outcome::Scene;
use polyseal_examples::party::Deed;
use polyseal_examples::program::Result;
use polyseal_examples::source::Source;
use polyseal_examples::story::{self, Step, What};

/// The steps of a story, and the file that has them.
pub(crate) struct Story {
    file: Source,
    steps: Vec<Step>,
}

impl Story {
    pub(crate) fn read(path: &Path) -> core::result::Result<Self, String> {
        let file = Source::at(path);
        Ok(Self { steps: file.story()?, file })
    }

    /// Takes each step, and puts its messages on the wire. What the library refuses, the scene has.
    pub(crate) fn play(
        &self,
        network: &mut Network,
        cast: &Cast,
        digest: OrderDigest,
        (wire, now): (&mut Vec<Message>, u64),
    ) -> Result<Vec<Scene>> {
        let mut scenes = Vec::new();
        for (place, Step { text, what }) in (1..).zip(&self.steps) {
            let begins = wire.len();
            let blame = |complaint: String| self.file.blame(story::at(place, text, &complaint));
            let mut taken = take(network, digest, what, now).map_err(|error| blame(impossible(&*error)))?;
            if let Err(SendError::NotAuthenticated { role }) = &taken {
                let hello = network.seller.greet((role, cast.require(role)?), now)?;
                wire.extend(network.carry(vec![hello], now)?);
                taken = take(network, digest, what, now)?;
            }
            let refused = match taken {
                Ok(messages) => {
                    wire.extend(network.carry(messages, now)?);
                    None
                }
                Err(SendError::NotDispatched { .. }) => {
                    return Err(blame("this consignment is not dispatched: dispatch it in a step before".into()).into());
                }
                Err(error) => Some(error.to_string()),
            };
            scenes.push(Scene { step: text.clone(), begins, ends: wire.len(), refused });
        }
        Ok(scenes)
    }
}

fn impossible(error: &dyn core::error::Error) -> String {
    format!("{error}: leave this step out, or move it to a place where it is possible")
}

/// A step by whoever takes it.
fn take(network: &mut Network, digest: OrderDigest, what: &What, now: u64) -> Deed {
    match what {
        What::Dispatch(consignment) => network.seller.dispatch(digest, *consignment, now),
        What::Report { number, failure } => {
            let service = network.delivery_service().ok_or("the form has no delivery-service")?;
            service.report(digest, *number, failure.as_deref(), now)
        }
        What::Withdraw => network.holder.withdraw(now),
        What::Demand { sum, refusal } => {
            network.card_manager.refuse(refusal.clone());
            match sum {
                None => network.seller.cancel(digest, now),
                Some(sum) => network.seller.refund(digest, sum, now),
            }
        }
    }
}
