//! Who takes part: the authority gives each party its share, then messages go between them.

use std::collections::VecDeque;

use polyseal::message::OrderDigest;
use polyseal::policy::Peers;
use polyseal::recipient::Delivery;
use polyseal::{DisclosurePolicy, Identifier, Order, OrderForm, Role, SellerPolicy, Share};

use crate::cast::Cast;
use crate::message::{Kind, Message};
use crate::party::card_holder::Holder;
use crate::party::card_manager::Bank;
use crate::party::handshake::Demand;
use crate::party::recipient::Office;
use crate::party::seller::Shop;
use crate::party::{Pace, Participant};
use crate::prices::Prices;
use crate::program::Result;

/// The parties, none of which has anything of another.
pub struct Network {
    pub holder: Holder,
    pub seller: Shop,
    pub card_manager: Bank,
    /// The delivery service, if there is one, and the roles of the form's own.
    others: Vec<Office>,
    /// Where messages arrive and nobody takes them.
    absent: Option<Role>,
}

/// How the parties are set up.
pub struct Setup {
    pub disclosure: DisclosurePolicy,
    pub form: OrderForm,
    pub policy: SellerPolicy,
    pub cards: Vec<Order>,
    pub prices: Prices,
    /// What they demand before they send.
    pub demand: Demand,
    pub pace: Pace,
    pub absent: Option<Role>,
}

impl Network {
    /// Has each party issued its share. Afterwards the authority is gone, and nobody misses it.
    pub fn enrol(
        cast: &Cast,
        setup: Setup,
        mut issue: impl FnMut(&Role, &Identifier) -> Result<Share>,
    ) -> Result<Self> {
        let Setup { disclosure, form, policy, cards, prices, demand, pace, absent } = setup;
        let mut share = |role: Role, identifier| issue(&role, identifier);
        let seller = cast.require(&Role::SELLER)?;
        let sellers: Peers = [seller.clone()].into_iter().collect();
        let holder = Holder::new(share(Role::CARD_HOLDER, cast.holder())?, disclosure, &demand);
        let shop = Shop::new(share(Role::SELLER, seller)?, &form, policy, prices, (&demand, pace));
        let manager = share(Role::CARD_MANAGER, cast.require(&Role::CARD_MANAGER)?)?;
        let bank = Bank::new(manager, sellers.clone(), cards, &demand);
        let mut others = Vec::new();
        for (role, identifier) in
            cast.recipients().filter(|(role, _)| ![Role::SELLER, Role::CARD_MANAGER].contains(role))
        {
            let share = share(role.clone(), identifier)?;
            // In a story the delivery service alone is told what to do.
            let pace = if *role == Role::DELIVERY_SERVICE { pace } else { Pace::AtOnce };
            others.push(Office::new(role.clone(), share, sellers.clone(), (&demand, pace))?);
        }
        Ok(Self { holder, seller: shop, card_manager: bank, others, absent })
    }

    pub fn party(&mut self, role: &Role) -> Option<&mut dyn Participant> {
        if *role == Role::CARD_HOLDER {
            Some(&mut self.holder)
        } else if *role == Role::SELLER {
            Some(&mut self.seller)
        } else if *role == Role::CARD_MANAGER {
            Some(&mut self.card_manager)
        } else {
            let office = self.others.iter_mut().find(|office| office.role() == role);
            office.map(|party| -> &mut dyn Participant { party })
        }
    }

    /// The delivery service, if there is one.
    pub fn delivery_service(&mut self) -> Option<&mut Office> {
        self.others.iter_mut().find(|office| *office.role() == Role::DELIVERY_SERVICE)
    }

    /// What the delivery service has to deliver, if there is one.
    pub fn delivery(&mut self) -> Option<&Delivery> {
        self.delivery_service()?.deliveries().first()
    }

    /// The receipts of an order for the card holder, of all who give one. In life the seller passes on those of others.
    pub fn receipts(&mut self, cast: &Cast, digest: OrderDigest, now: u64) -> Result<Vec<Message>> {
        let mut receipts = Vec::new();
        for (role, _) in cast.recipients() {
            let receipt = self.party(role).map(|party| party.receipt(digest, now)).transpose()?.flatten();
            let of = |bytes| Message { from: role.clone(), to: Role::CARD_HOLDER, kind: Kind::Receipt, bytes };
            receipts.extend(receipt.map(|receipt| of(receipt.to_bytes())));
        }
        Ok(receipts)
    }

    /// Delivers one message.
    pub fn deliver(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let Some(party) = self.party(&message.to) else { return Err(format!("there is no {}", message.to).into()) };
        party.receive(message, now)
    }

    /// Delivers messages, and those that follow from them, until all is quiet. Gives them in the
    /// order in which they went.
    pub fn carry(&mut self, messages: Vec<Message>, now: u64) -> Result<Vec<Message>> {
        let mut waiting = VecDeque::from(messages);
        let mut wire = Vec::new();
        while let Some(message) = waiting.pop_front() {
            if self.absent.as_ref() != Some(&message.to) {
                waiting.extend(self.deliver(&message, now)?);
            }
            wire.push(message);
        }
        Ok(wire)
    }
}
