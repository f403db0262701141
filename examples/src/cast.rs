//! Who takes part in a purchase.

use polyseal::order::FormEntry;
use polyseal::{DisclosurePolicy, Identifier, OrderForm, Role};

use crate::program::Result;

/// The roles that the standard form has.
pub const STANDARD: [Role; 3] = [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE];

/// The card manager that the card holder has its card from. The card holder chooses it itself, whatever a form says.
pub fn bank() -> Result<Identifier> {
    Ok("bank.example".parse()?)
}

/// The party in each role. All of this is public.
pub struct Cast {
    holder: Identifier,
    /// In the form's order.
    recipients: Vec<(Role, Identifier)>,
}

impl Cast {
    /// The parties that the form names. Where the form leaves one open, this example names it.
    pub fn by(form: &OrderForm) -> Result<Self> {
        let recipients = form.recipients().iter().map(|FormEntry { role, identifier, .. }| {
            let identifier = match identifier {
                Some(named) => named.clone(),
                None if *role == Role::SELLER => "shop.example".parse()?,
                None if *role == Role::CARD_MANAGER => bank()?,
                None if *role == Role::DELIVERY_SERVICE => "courier.example".parse()?,
                None => format!("{role}.example").parse()?,
            };
            Ok((role.clone(), identifier))
        });
        Ok(Self { holder: "holder.example/4711".parse()?, recipients: recipients.collect::<Result<_>>()? })
    }

    /// The same, for programs that have the parties of the standard form and no others.
    pub fn standard(form: &OrderForm) -> Result<Self> {
        if !form.recipients().iter().map(|entry| &entry.role).eq(&STANDARD) {
            return Err(
                "this program has seller, card-manager and delivery-service: give it these, in this order".into()
            );
        }
        let cast = Self::by(form)?;
        if cast.find(&Role::CARD_MANAGER) != Some(&bank()?) {
            return Err("the card holder's card is another bank's: leave the card-manager's \"identifier\" null".into());
        }
        Ok(cast)
    }

    /// The card holder's own policy: the standard split among these, and its own bank.
    pub fn disclosure(&self) -> Result<DisclosurePolicy> {
        let mut policy = DisclosurePolicy::standard(self.require(&Role::SELLER)?.clone());
        for (role, identifier) in self.recipients() {
            let chosen = if *role == Role::CARD_MANAGER { bank()? } else { identifier.clone() };
            policy = policy.choose(role.clone(), chosen);
        }
        Ok(policy)
    }

    pub fn holder(&self) -> &Identifier {
        &self.holder
    }

    /// Everybody, the card holder first.
    pub fn parties(&self) -> impl Iterator<Item = (&Role, &Identifier)> {
        [(&Role::CARD_HOLDER, &self.holder)].into_iter().chain(self.recipients())
    }

    pub fn recipients(&self) -> impl Iterator<Item = (&Role, &Identifier)> {
        self.recipients.iter().map(|(role, identifier)| (role, identifier))
    }

    pub fn find(&self, role: &Role) -> Option<&Identifier> {
        self.recipients().find(|(name, _)| *name == role).map(|(_, identifier)| identifier)
    }

    /// The party in a role that the example needs.
    pub fn require(&self, role: &Role) -> Result<&Identifier> {
        let missing = || format!("this example needs a \"{role}\": add one to \"recipients\"");
        Ok(self.find(role).ok_or_else(missing)?)
    }
}
