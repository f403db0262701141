//! The bank: it decides each order once, and books what it withdraws and pays back in the transaction that decides.

use std::sync::Arc;

use polyseal::card_manager::{AwaitingDecision, AwaitingResolution, CardManagerOrder, CardManagerRequest, Decided};
use polyseal::message::{Relay, Request};
use polyseal::{CardManager, Keyring, Received, Share};
use polyseal_examples::program::os_rng;

use crate::http::{Answer, Refusal};
use crate::service::{Booking, Desk, Service, nothing, now, unknown};
use crate::{Result, keys};

/// How often a demand is looked at again whose order changes meanwhile.
const TRIES: usize = 10;

pub(crate) struct Bank;

type Party = CardManager<Keyring<Share>>;

impl Desk for Bank {
    type Party = Party;

    fn party(keys: Keyring<Share>) -> Result<Party> {
        Ok(CardManager::new(keys, keys::sellers()?))
    }

    async fn answer(service: Arc<Service<Self>>, path: String, body: Vec<u8>) -> Answer {
        match path.as_str() {
            "/relay" => service.relay(&body).await,
            "/request" => service.request(&body).await,
            _ => unknown(&path),
        }
    }
}

impl Service<Bank> {
    async fn relay(&self, relay: &[u8]) -> Answer {
        let (bank, at) = (self.party(), now()?);
        let relay = self.counted(|| Relay::from_bytes(relay))?;
        let pending = self.counted(|| bank.receive(&relay, at))?;
        let decided = match self.file(pending, nothing).await?.into_inner() {
            CardManagerOrder::AwaitingDecision(order) => self.decide(&bank, order).await?,
            CardManagerOrder::Decided(decided) => decided,
            CardManagerOrder::Cancelled(_) => return Err(Refusal::Never("cancelled".into())),
        };
        Ok(self.counted(|| decided.authorization(&bank, &mut os_rng()))?.to_bytes())
    }

    async fn decide(&self, bank: &Party, order: AwaitingDecision) -> core::result::Result<Decided, Refusal> {
        let at = now()?;
        if order.part().get("card.number") != Some(keys::CARD) {
            let pending = self.counted(|| order.decline(bank, "no such card", at))?;
            return Ok(self.file(pending, nothing).await?.into_inner());
        }
        let pending = self.counted(|| order.approve(bank, at))?;
        let book = |approval: &polyseal::card_manager::Approval| vec![Booking::withdrawal(approval.settlement())];
        Ok(match self.file(pending, book).await? {
            Received::New(approval) => approval.into_decided(),
            Received::Again(decided) => {
                self.lost();
                decided
            }
        })
    }

    async fn request(&self, request: &[u8]) -> Answer {
        let (bank, at) = (self.party(), now()?);
        let request = self.counted(|| Request::from_bytes(request))?;
        let pending = self.counted(|| bank.receive_request(&request, at))?;
        let mut answer = self.file(pending, nothing).await?.into_inner();
        for _ in 0..TRIES {
            answer = match answer {
                CardManagerRequest::AwaitingResolution(demand) => self.grant(&bank, demand).await?,
                CardManagerRequest::Resolved(resolved) => {
                    return Ok(self.counted(|| resolved.response(&bank, &mut os_rng()))?.to_bytes());
                }
            };
        }
        Err(Refusal::Later("the order changes all the time".into()))
    }

    async fn grant(
        &self,
        bank: &Party,
        demand: AwaitingResolution,
    ) -> core::result::Result<CardManagerRequest, Refusal> {
        let at = now()?;
        let pending = self.counted(|| demand.grant(bank, at))?;
        let book = |resolved: &polyseal::card_manager::Resolved| {
            let refund = resolved.refund().map(|refund| (refund.digest(), refund.sum()));
            let reversal = resolved.reversal().map(|reversal| (reversal.digest(), reversal.sum()));
            refund.or(reversal).map(|(digest, sum)| Booking::paid_back(digest, sum)).into_iter().collect::<Vec<_>>()
        };
        Ok(match self.file(pending, book).await? {
            Received::New(resolved) => resolved.into(),
            Received::Again(request) => {
                self.lost();
                request
            }
        })
    }
}
