//! The shop: it takes an order to its end, whichever of its processes had it before, and however far.

use std::sync::Arc;

use polyseal::message::{Authorization, DeliveryReport, Envelope, Response};
use polyseal::order::Amount;
use polyseal::seller::{Approved, AwaitingAuthorization, SellerOrder};
use polyseal::{Keyring, Received, Role, Seller, Share};
use polyseal_examples::program::os_rng;

use crate::http::{Answer, Refusal};
use crate::service::{Desk, Service, nothing, now, unknown};
use crate::{Result, keys};

/// What is paid back of an order whose goods were damaged.
const DAMAGE: &str = "1.00 EUR";

pub(crate) struct Shop;

type Party = Seller<Keyring<Share>>;
type Next = core::result::Result<SellerOrder, Refusal>;

impl Desk for Shop {
    type Party = Party;

    fn party(keys: Keyring<Share>) -> Result<Party> {
        Ok(Seller::new(keys, keys::seller_policy()?))
    }

    async fn answer(service: Arc<Service<Self>>, path: String, body: Vec<u8>) -> Answer {
        match path.as_str() {
            "/order" => service.order(&body).await,
            _ => unknown(&path),
        }
    }
}

/// What an approved order lacks.
enum Due {
    Dispatch,
    /// The courier's report.
    Outcome,
    /// A demand to refund the damage.
    Demand,
    /// The bank's answer to it.
    Answer,
    Nothing,
}

impl Service<Shop> {
    /// Takes an order in, new or known, and as far as it goes. The answer is the receipt for the card holder.
    async fn order(&self, envelope: &[u8]) -> Answer {
        let (seller, at) = (self.party(), now()?);
        let envelope = self.counted(|| Envelope::from_bytes(envelope))?;
        let pending = self.counted(|| seller.receive(&envelope, at))?;
        let mut order: SellerOrder = self.file(pending, nothing).await?.into_inner();
        loop {
            let due = self.due(&order);
            order = match (order, due) {
                (SellerOrder::AwaitingAuthorization(order), _) => self.authorize(&seller, order).await?,
                (SellerOrder::Approved(order), Due::Dispatch) => self.dispatch(&seller, order).await?,
                (SellerOrder::Approved(order), Due::Outcome) => self.deliver(&seller, order).await?,
                (SellerOrder::Approved(order), Due::Demand) => self.demand(&seller, order).await?,
                (order @ SellerOrder::Approved(_), Due::Answer) => self.request(&seller, order).await?,
                (ended, _) => return self.receipt(&seller, &ended),
            };
        }
    }

    fn due(&self, order: &SellerOrder) -> Due {
        let Some((_, consigned)) = order.dispatches().next() else { return Due::Dispatch };
        if consigned.outcome().is_none() {
            return Due::Outcome;
        }
        match order.demands().next() {
            None if keys::is_damaged(order.part().digest(), self.setting.refund) => Due::Demand,
            Some((_, None)) => Due::Answer,
            None | Some((_, Some(_))) => Due::Nothing,
        }
    }

    async fn authorize(&self, seller: &Party, order: AwaitingAuthorization) -> Next {
        let at = now()?;
        let relay = self.counted(|| order.relay(seller, &Role::CARD_MANAGER, at, &mut os_rng()))?;
        let answer = self.ask(&self.setting.banks, "/relay", &relay.to_bytes()).await?;
        let answer = self.counted(|| Authorization::from_bytes(&answer))?;
        let pending = self.counted(|| order.authorize(seller, &answer, at))?;
        Ok(self.won(self.file(pending, nothing).await?).into())
    }

    async fn dispatch(&self, seller: &Party, order: Approved) -> Next {
        let at = now()?;
        let pending = self.counted(|| order.dispatch(seller, &Role::DELIVERY_SERVICE, b"ring twice", at))?;
        Ok(self.won(self.file(pending, nothing).await?).into())
    }

    /// Sends the dispatch, and takes the courier's report of it.
    async fn deliver(&self, seller: &Party, order: Approved) -> Next {
        let at = now()?;
        let dispatch = self.counted(|| order.dispatch_message(seller, &Role::DELIVERY_SERVICE, at, &mut os_rng()))?;
        let report = self.ask(&self.setting.couriers, "/dispatch", &dispatch.to_bytes()).await?;
        let report = self.counted(|| DeliveryReport::from_bytes(&report))?;
        let pending = self.counted(|| SellerOrder::from(order).delivered(seller, &report, at))?;
        Ok(self.won(self.file(pending, nothing).await?))
    }

    async fn demand(&self, seller: &Party, order: Approved) -> Next {
        let at = now()?;
        let damage: Amount = DAMAGE.parse().map_err(|_| Refusal::Never("the damage is no amount".into()))?;
        let pending = self.counted(|| order.refund(seller, 1, &damage, at))?;
        Ok(self.won(self.file(pending, nothing).await?))
    }

    async fn request(&self, seller: &Party, order: SellerOrder) -> Next {
        let at = now()?;
        let request = self.counted(|| order.request(seller, 1, at, &mut os_rng()))?;
        let response = self.ask(&self.setting.banks, "/request", &request.to_bytes()).await?;
        let response = self.counted(|| Response::from_bytes(&response))?;
        let pending = self.counted(|| order.resolve(seller, &response, at))?;
        Ok(self.won(self.file(pending, nothing).await?))
    }

    fn receipt(&self, seller: &Party, order: &SellerOrder) -> Answer {
        let at = now()?;
        Ok(self.counted(|| order.receipt(seller, at, &mut os_rng()))?.to_bytes())
    }

    /// The order after a step, whichever process took it.
    fn won<N: Into<A>, A>(&self, received: Received<N, A>) -> A {
        if matches!(received, Received::Again(_)) {
            self.lost();
        }
        received.into_inner()
    }
}
