//! What happened, from the folders of those who took part, once their terminals are closed.

use std::path::Path;

use polyseal::card_manager::CardManagerOrder;
use polyseal::message::Envelope;
use polyseal::seller::SellerOrder;
use polyseal::{Order, OrderForm, Role};

use crate::call::Wire;
use crate::folder::Folder;
use crate::{card_manager, delivery_service, seller};
use polyseal_examples::cast::Cast;
use polyseal_examples::outcome::{self, Delivered, Outcome, Purchase};
use polyseal_examples::party::names;
use polyseal_examples::program::Result;

/// The purchase of the card holder under `root`.
pub(crate) fn read(root: &Path) -> Result<Purchase> {
    let folder = |role| Folder::of(root, &role);
    let holder = folder(Role::CARD_HOLDER);
    holder.phone_book()?;
    if !holder.path("envelope").try_exists()? {
        return Err(format!("{}: no order was placed yet: run \"card-holder\"", root.display()).into());
    }
    let digest = Envelope::from_bytes(&holder.read("envelope")?)?.digest();
    let seller = seller::Terminal::open(folder(Role::SELLER))?;
    let manager = card_manager::Terminal::open(&folder(Role::CARD_MANAGER))?;
    let service = delivery_service::Terminal::open(&folder(Role::DELIVERY_SERVICE))?;

    let at_seller = seller.known(digest)?;
    let (seller_part, declined) = match &at_seller {
        SellerOrder::AwaitingAuthorization(_) => return Err("the card manager has not answered".into()),
        SellerOrder::Approved(approved) => (approved.part(), None),
        SellerOrder::Declined(declined) => (declined.part(), Some(declined.reason())),
    };
    let CardManagerOrder::Decided(decided) = manager.known(digest)? else {
        return Err("the card manager has not decided".into());
    };
    let delivery = service.known(digest)?;
    let mut readable = vec![(Role::SELLER, names(seller_part)), (Role::CARD_MANAGER, names(decided.part()))];
    let delivered = delivery.as_ref().map(|delivery| names(delivery.part())).unwrap_or_default();
    readable.push((Role::DELIVERY_SERVICE, delivered));

    let outcome = match declined {
        // Nobody here tries to have the parts opened all the same, as in the purchase example.
        Some(reason) => Outcome::Declined { reason: reason.into(), refusals: Vec::new() },
        None => Outcome::Delivered {
            settled: decided.settlement().map(outcome::settled).into_iter().collect(),
            delivery: delivery.as_ref().map(Delivered::of),
        },
    };
    let mut wire = [Wire::read(&holder)?, Wire::read(&folder(Role::SELLER))?].concat();
    wire.sort_by_key(|(time, _)| *time);
    let form: OrderForm = serde_json::from_slice(&folder(Role::SELLER).read("form.json")?)?;
    let order: Order = serde_json::from_slice(&holder.read("order.json")?)?;
    Ok(Purchase {
        cast: Cast::by(&form)?,
        threshold: holder.share()?.threshold().try_into()?,
        digest,
        wire: wire.into_iter().map(|(_, sent)| sent).collect(),
        fields: order.names().cloned().collect(),
        form,
        readable,
        outcome,
        receipts: Vec::new(),
    })
}
