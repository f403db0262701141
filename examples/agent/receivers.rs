//! Those that the agent meets: each has a share and a ledger of its own.

use core::fmt;

use polyseal::message::{Direct, Envelope, OrderDigest};
use polyseal::policy::Peers;
use polyseal::seller::SellerOrder;
use polyseal::{Authority, CardManager, Identifier, MemoryLedger, OrderForm, Role, Seller, SellerPolicy, Share};

use polyseal_examples::cast::Cast;
use polyseal_examples::prices::Prices;
use polyseal_examples::program::{Result, os_rng};

/// What came of handing something over.
#[derive(Clone, Copy)]
pub(crate) enum Received {
    Accepted,
    Known,
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::Known => "known already, and not accepted again",
        })
    }
}

impl<N, A> From<polyseal::Received<N, A>> for Received {
    fn from(received: polyseal::Received<N, A>) -> Self {
        match received {
            polyseal::Received::New(_) => Self::Accepted,
            polyseal::Received::Again(_) => Self::Known,
        }
    }
}

/// A seller, of whatever name.
struct Shop {
    seller: Seller<Share>,
    ledger: MemoryLedger,
    prices: Prices,
}

impl Shop {
    fn receive(&mut self, envelope: &[u8], now: u64) -> Result<Received> {
        let received = self.seller.receive(&Envelope::from_bytes(envelope)?, now)?.file(&mut self.ledger)?;
        if let polyseal::Received::New(awaiting) = &received {
            self.prices.admit(awaiting.part())?;
        }
        Ok(received.into())
    }
}

/// The parties that are there, and the agent itself as far as it poses as one.
pub(crate) struct Receivers {
    seller: Shop,
    other: Shop,
    agent: Shop,
    bank: (CardManager<Share>, MemoryLedger),
}

impl Receivers {
    pub(crate) fn enrol(authority: &mut Authority, cast: &Cast, form: &OrderForm, prices: &Prices) -> Result<Self> {
        // They take orders through any card manager: it is the key that keeps them out.
        let mut shop = |identifier: &Identifier| -> Result<Shop> {
            let policy = SellerPolicy::new(form.clone(), Peers::Anyone, [])?;
            let seller = Seller::new(authority.issue(identifier)?, policy);
            Ok(Shop { seller, ledger: MemoryLedger::new(9), prices: prices.clone() })
        };
        let seller = shop(cast.require(&Role::SELLER)?)?;
        let [other, agent] = [shop(&"other-shop.example".parse()?)?, shop(&"agent.example".parse()?)?];
        let bank = CardManager::new(authority.issue(cast.require(&Role::CARD_MANAGER)?)?, Peers::Anyone);
        Ok(Self { seller, other, agent, bank: (bank, MemoryLedger::new(9)) })
    }

    /// The seller that the order is for.
    pub(crate) fn seller(&mut self, envelope: &[u8], now: u64) -> Result<Received> {
        self.seller.receive(envelope, now)
    }

    /// Another seller of the same network.
    pub(crate) fn other(&mut self, envelope: &[u8], now: u64) -> Result<Received> {
        self.other.receive(envelope, now)
    }

    /// The agent, as if it were the seller.
    pub(crate) fn agent(&mut self, envelope: &[u8], now: u64) -> Result<Received> {
        self.agent.receive(envelope, now)
    }

    /// The card manager, as if the card holder had sent it its part itself.
    pub(crate) fn card_manager(&mut self, direct: &[u8], now: u64) -> Result<Received> {
        let (bank, ledger) = &mut self.bank;
        Ok(bank.receive_direct(&Direct::from_bytes(direct)?, now)?.file(ledger)?.into())
    }

    /// The errand ends here: the seller cancels the order, with the card manager, which has never seen it.
    pub(crate) fn cancel(&mut self, digest: OrderDigest, now: u64) -> Result<()> {
        let (Shop { seller, ledger, .. }, (bank, books)) = (&mut self.seller, &mut self.bank);
        let SellerOrder::AwaitingAuthorization(order) = seller.find(digest).file(ledger)? else {
            return Err("the seller has not got the order".into());
        };
        let SellerOrder::Cancelling(order) = order.cancel(seller, now)?.file(ledger)?.into_inner() else {
            return Err("the seller does not ask to cancel it".into());
        };
        let (number, order) = (order.number(), SellerOrder::from(order));
        let request = order.request(seller, number, now, &mut os_rng())?;
        let polyseal::Received::New(demand) = bank.receive_request(&request, now)?.file(books)? else {
            return Err("the card manager knows the order".into());
        };
        let polyseal::Received::New(resolved) = demand.grant(bank, now)?.file(books)? else {
            return Err("the card manager has answered before".into());
        };
        let response = resolved.response(bank, &mut os_rng())?;
        match order.resolve(seller, &response, now)?.file(ledger)?.into_inner() {
            SellerOrder::Cancelled(_) => Ok(()),
            _ => Err("the order stays open".into()),
        }
    }

    /// Whether nobody has an order in its ledger.
    pub(crate) fn are_untouched(&self) -> bool {
        let shops = [&self.seller, &self.other, &self.agent];
        shops.iter().all(|shop| shop.ledger.is_empty()) && self.bank.1.is_empty()
    }
}
