//! The courier: it books each consignment that it takes, delivers it at once, and reports that.

use std::sync::Arc;

use polyseal::message::Dispatch;
use polyseal::recipient::Delivery;
use polyseal::{Keyring, Recipient, Share};
use polyseal_examples::program::os_rng;

use crate::http::{Answer, Refusal};
use crate::service::{Booking, Desk, Service, nothing, now, unknown};
use crate::{Result, keys};

pub(crate) struct Courier;

impl Desk for Courier {
    type Party = Recipient<Keyring<Share>>;

    fn party(keys: Keyring<Share>) -> Result<Self::Party> {
        Ok(Recipient::delivery_service(keys, keys::sellers()?))
    }

    async fn answer(service: Arc<Service<Self>>, path: String, body: Vec<u8>) -> Answer {
        match path.as_str() {
            "/dispatch" => service.deliver(&body).await,
            _ => unknown(&path),
        }
    }
}

impl Service<Courier> {
    async fn deliver(&self, dispatch: &[u8]) -> Answer {
        let (courier, at) = (self.party(), now()?);
        let dispatch = self.counted(|| Dispatch::from_bytes(dispatch))?;
        let pending = self.counted(|| courier.receive_dispatch(&dispatch, at))?;
        let book = |delivery: &Delivery| vec![Booking::delivery(delivery.part().digest())];
        let delivery = self.file(pending, book).await?.into_inner();
        let number = delivery.consignment().map(|consigned| consigned.consignment().number());
        let number = number.ok_or_else(|| Refusal::Never("there is no consignment".into()))?;
        let pending = self.counted(|| delivery.delivered(&courier, number, at))?;
        let delivery = self.file(pending, nothing).await?.into_inner();
        Ok(self.counted(|| delivery.delivery_report(&courier, number, &mut os_rng()))?.to_bytes())
    }
}
