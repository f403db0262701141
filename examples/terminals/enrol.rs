//! Enrolment: an authority issues the shares, and each terminal gets what it starts with into its own folder.

use std::path::Path;

use polyseal::{Order, OrderForm, Role};

use crate::Supplies;
use crate::folder::{Folder, PhoneBook};
use polyseal_examples::authority::authority;
use polyseal_examples::cards;
use polyseal_examples::cast::{Cast, STANDARD};
use polyseal_examples::files::{self, Lock};
use polyseal_examples::prices::Prices;
use polyseal_examples::program::{Result, now};
use polyseal_examples::source::Source;

/// What is there while an enrolment is under way. It is made first and removed last, so that one that was cut off can be told
/// from one whose phone book is lost.
const MARK: &str = "enrolling";

/// The directory of all terminals, for this process alone. It is made if it is missing.
pub(crate) fn lock(root: &Path) -> Result<Lock> {
    files::make_directory(root)?;
    Ok(files::lock(root)?)
}

/// Makes the folders of four terminals in a directory that is locked, unless they are there. In life each owner fetches
/// its share itself, and proves who it is.
///
/// Whether they were not.
pub(crate) fn run(root: &Path, _lock: &Lock, supplies: &Supplies) -> Result<bool> {
    let mark = root.join(MARK);
    if PhoneBook::is_made(root)? {
        PhoneBook::open(root)?;
        return Ok(false);
    }
    if !files::is_there(&mark)? {
        for role in STANDARD.iter().chain([&Role::CARD_HOLDER]) {
            let folder = Folder::of(root, role).path("");
            if files::is_there(&folder)? {
                return Err(format!(
                    "{}: it is there, and the phone book is lost: restore that from a backup, or name another directory",
                    folder.display()
                )
                .into());
            }
        }
    }
    let Brought { cast, order, form, cards, prices } = supplies.read()?;
    files::store(&mark, b"")?;
    let mut authority = authority(supplies.threshold, cast.parties().count(), now()?)?;
    for (role, identifier) in cast.parties() {
        let folder = Folder::make(root, role)?;
        files::store(&folder.path("share"), &authority.issue(identifier)?.export())?;
    }
    let keep = |role, name, json: &[u8]| files::store(&Folder::of(root, &role).path(name), json);
    keep(Role::CARD_HOLDER, "order.json", &serde_json::to_vec_pretty(&order)?)?;
    keep(Role::SELLER, "form.json", &serde_json::to_vec_pretty(&form)?)?;
    keep(Role::SELLER, "prices.json", &serde_json::to_vec_pretty(prices.list())?)?;
    keep(Role::CARD_MANAGER, "cards.json", &serde_json::to_vec_pretty(&cards)?)?;
    // This comes last, so that whoever finds it finds everything.
    PhoneBook::make(root, cast.parties())?;
    std::fs::remove_file(&mark).map_err(files::blame(&mark))?;
    Ok(true)
}

/// What the files say.
struct Brought {
    cast: Cast,
    order: Order,
    form: OrderForm,
    cards: Vec<Order>,
    prices: Prices,
}

impl Supplies {
    /// Reads the files, and checks that these terminals can do what they say.
    fn read(&self) -> Result<Brought> {
        let order_file = Source::new(self.order.as_deref(), "examples/data/order.json");
        let form_file = Source::new(self.form.as_deref(), "examples/data/form.json");
        let (mut order, form) = (order_file.order()?, form_file.form()?);
        let (cards, prices) = self.lists.read()?;
        let cast = Cast::standard(&form).map_err(|error| form_file.blame(error))?;
        // The seller does this too, and only logs it: here is somebody to be told.
        let seller = form.recipients().iter().find(|entry| entry.role == Role::SELLER);
        let seen = order.names().filter(|name| seller.is_some_and(|entry| entry.selectors.sees(name)));
        let checked = prices.check(seen.filter_map(|name| Some((name, order.get(name)?))));
        checked.map_err(|error| order_file.blame(error))?;
        if self.decline {
            order = cards::paid_with_unknown(&order, &cards).map_err(|error| order_file.blame(error))?;
        }
        Ok(Brought { cast, order, form, cards, prices })
    }
}
