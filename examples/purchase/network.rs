//! Who takes part: the authority gives each party its share, then messages go between them.

use std::collections::VecDeque;

use polyseal::{
    Accepted, Authority, Capacity, Confinement, Domain, Epoch, FormEntry, Identifier, Label, Order, OrderForm, Role,
    SellerPolicy,
};

use crate::message::Message;
use crate::party::card_holder::Holder;
use crate::party::card_manager::Bank;
use crate::party::delivery_service::Courier;
use crate::party::other::Office;
use crate::party::seller::Shop;
use crate::party::{Party, Result, os_rng};

const DAY: u64 = 24 * 3600;

/// The roles that the standard form has.
pub(crate) const STANDARD: [Role; 3] = [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE];

/// Who has which role: public, as identifiers are.
pub(crate) struct Cast {
    pub(crate) holder: Identifier,
    /// In the form's order.
    recipients: Vec<(Role, Identifier)>,
}

impl Cast {
    /// Whom the form names, and where it leaves that open, whom this example takes.
    pub(crate) fn by(form: &OrderForm) -> Result<Self> {
        let recipients = form.recipients().iter().map(|FormEntry { role, identifier, .. }| {
            let identifier = match identifier {
                Some(named) => named.clone(),
                None if *role == Role::SELLER => "shop.example".parse()?,
                None if *role == Role::CARD_MANAGER => "bank.example".parse()?,
                None if *role == Role::DELIVERY_SERVICE => "courier.example".parse()?,
                None => format!("{role}.example").parse()?,
            };
            Ok((role.clone(), identifier))
        });
        Ok(Self { holder: "holder.example/4711".parse()?, recipients: recipients.collect::<Result<_>>()? })
    }

    /// Everybody, the card holder first.
    pub(crate) fn parties(&self) -> impl Iterator<Item = (&Role, &Identifier)> {
        [(&Role::CARD_HOLDER, &self.holder)].into_iter().chain(self.recipients())
    }

    pub(crate) fn recipients(&self) -> impl Iterator<Item = (&Role, &Identifier)> {
        self.recipients.iter().map(|(role, identifier)| (role, identifier))
    }

    fn find(&self, role: &Role) -> Option<&Identifier> {
        self.recipients().find(|(name, _)| *name == role).map(|(_, identifier)| identifier)
    }

    /// Who has a role that nothing goes without.
    pub(crate) fn require(&self, role: &Role) -> Result<&Identifier> {
        let missing = || format!("this example needs a \"{role}\": add one to \"recipients\"");
        Ok(self.find(role).ok_or_else(missing)?)
    }
}

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
        let holder = Holder::new(authority.issue(&cast.holder)?, confinement);
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

/// The authority of this example's domain, good for a year.
pub(crate) fn authority(threshold: u16, parties: usize, now: u64) -> Result<Authority> {
    let epoch = Epoch::new(1, now.saturating_sub(DAY), now.saturating_add(365 * DAY))?;
    let domain = Domain::new(Label::new("cards.example")?, Label::new("authority.example")?, epoch);
    let authority = Authority::random(domain, threshold.into(), Capacity::UNCONDITIONAL, &mut os_rng())?;
    if authority.capacity() < parties {
        let (capacity, enough) = (authority.capacity(), parties.saturating_sub(2));
        return Err(format!(
            "--threshold {threshold}: such a polynomial serves {capacity} parties, and this form has {parties} with \
             the card holder: use --threshold {enough} or more"
        )
        .into());
    }
    Ok(authority)
}
