//! Who takes part: the authority gives each party its share, then messages go between them.

use std::collections::VecDeque;

use polyseal::{Accepted, Authority, Confinement, Order, Role, SellerPolicy};

use crate::cast::{Cast, STANDARD};
use crate::message::Message;
use crate::party::card_holder::Holder;
use crate::party::card_manager::Bank;
use crate::party::delivery_service::Courier;
use crate::party::other::Office;
use crate::party::seller::Shop;
use crate::party::{Party, Result};

/// The parties, none of which has anything of another.
pub(crate) struct Network {
    pub(crate) holder: Holder,
    pub(crate) seller: Shop,
    pub(crate) card_manager: Bank,
    pub(crate) delivery_service: Option<Courier>,
    others: Vec<Office>,
}

impl Network {
    /// Issues each party its share. Afterwards the authority is gone, and nobody misses it.
    pub(crate) fn enrol(
        cast: &Cast,
        mut authority: Authority,
        confinement: Confinement,
        policy: SellerPolicy,
        cards: Vec<Order>,
    ) -> Result<Self> {
        let seller = cast.require(&Role::SELLER)?;
        let sellers: Accepted = [seller.clone()].into_iter().collect();
        let holder = Holder::new(authority.issue(cast.holder())?, confinement);
        let shop = Shop::new(authority.issue(seller)?, policy);
        let bank = Bank::new(authority.issue(cast.require(&Role::CARD_MANAGER)?)?, sellers.clone(), cards);
        let courier = match cast.find(&Role::DELIVERY_SERVICE) {
            Some(identifier) => Some(Courier::new(authority.issue(identifier)?, sellers.clone())),
            None => None,
        };
        let mut others = Vec::new();
        for (role, identifier) in cast.recipients().filter(|(role, _)| !STANDARD.contains(role)) {
            others.push(Office::new(role.clone(), authority.issue(identifier)?, sellers.clone())?);
        }
        Ok(Self { holder, seller: shop, card_manager: bank, delivery_service: courier, others })
    }

    pub(crate) fn party(&mut self, role: &Role) -> Option<&mut dyn Party> {
        if *role == Role::SELLER {
            Some(&mut self.seller)
        } else if *role == Role::CARD_MANAGER {
            Some(&mut self.card_manager)
        } else if *role == Role::DELIVERY_SERVICE {
            self.delivery_service.as_mut().map(|party| -> &mut dyn Party { party })
        } else {
            let office = self.others.iter_mut().find(|office| office.role() == role);
            office.map(|party| -> &mut dyn Party { party })
        }
    }

    /// Delivers one message.
    pub(crate) fn deliver(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let Some(party) = self.party(&message.to) else { return Err(format!("there is no {}", message.to).into()) };
        party.receive(message, now)
    }

    /// Delivers messages, and those that follow from them, until all is quiet. Gives them in the
    /// order in which they went.
    pub(crate) fn carry(&mut self, messages: Vec<Message>, now: u64) -> Result<Vec<Message>> {
        let mut waiting = VecDeque::from(messages);
        let mut wire = Vec::new();
        while let Some(message) = waiting.pop_front() {
            waiting.extend(self.deliver(&message, now)?);
            wire.push(message);
        }
        Ok(wire)
    }
}
