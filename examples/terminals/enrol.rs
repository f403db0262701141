//! Enrolment: an authority issues the shares, and each terminal gets what it starts with into its own folder.

use std::path::Path;

use polyseal::{Order, OrderForm, Role};

use crate::Supplies;
use crate::folder::{Folder, PhoneBook};
use polyseal_examples::authority::authority;
use polyseal_examples::cards;
use polyseal_examples::cast::{Cast, STANDARD, bank};
use polyseal_examples::files;
use polyseal_examples::program::{Result, now};
use polyseal_examples::source::Source;

/// Makes the folders of four terminals under `root`, unless they are there. In life each owner fetches its share
/// itself, and proves who it is.
///
/// Whether they were not.
pub(crate) fn run(root: &Path, supplies: &Supplies) -> Result<bool> {
    if PhoneBook::open(root).is_ok() {
        return Ok(false);
    }
    let (order, form, cards) = supplies.read()?;
    let cast = Cast::by(&form)?;
    let mut authority = authority(supplies.threshold, cast.parties().count(), now()?)?;
    for (role, identifier) in cast.parties() {
        let folder = Folder::make(root, role)?;
        files::store(&folder.path("share"), &authority.issue(identifier)?.export())?;
    }
    let keep = |role, name, json: &[u8]| files::store(&Folder::of(root, &role).path(name), json);
    keep(Role::CARD_HOLDER, "order.json", &serde_json::to_vec_pretty(&order)?)?;
    keep(Role::SELLER, "form.json", &serde_json::to_vec_pretty(&form)?)?;
    keep(Role::CARD_MANAGER, "cards.json", &serde_json::to_vec_pretty(&cards)?)?;
    // Last: who finds it finds everything.
    PhoneBook::make(root, cast.parties())?;
    Ok(true)
}

impl Supplies {
    /// The files, held against what these terminals can do.
    fn read(&self) -> Result<(Order, OrderForm, Vec<Order>)> {
        let order_file = Source::new(self.order.as_deref(), "examples/data/order.json");
        let form_file = Source::new(self.form.as_deref(), "examples/data/form.json");
        let (mut order, form) = (order_file.order()?, form_file.form()?);
        let cards = Source::new(None, "examples/data/cards.json").cards()?;
        let roles: Vec<_> = form.recipients().iter().map(|entry| &entry.role).collect();
        if roles != STANDARD.iter().collect::<Vec<_>>() {
            let complaint =
                "there are terminals for seller, card-manager and delivery-service: give it these, in this order";
            return Err(form_file.blame(complaint).into());
        }
        if Cast::by(&form)?.find(&Role::CARD_MANAGER) != Some(&bank()?) {
            let complaint = "the card holder's card is another bank's: leave the card-manager's \"identifier\" null";
            return Err(form_file.blame(complaint).into());
        }
        if self.decline {
            order = cards::paid_with_unknown(&order, &cards).map_err(|error| order_file.blame(error))?;
        }
        Ok((order, form, cards))
    }
}
