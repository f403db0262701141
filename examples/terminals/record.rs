//! What happened, from the folders of those who took part, once their terminals are closed.

use std::path::Path;

use polyseal::Role;
use polyseal::card_manager::CardManagerOrder;
use polyseal::seller::SellerOrder;

use crate::call::Wire;
use crate::folder::Folder;
use crate::{card_holder, card_manager, delivery_service, seller};
use polyseal_examples::cast::Cast;
use polyseal_examples::outcome::{self, Delivered, Outcome, Purchase, Record, Told};
use polyseal_examples::party::names;
use polyseal_examples::program::Result;

/// The purchase of the card holder under `root`.
pub(crate) fn read(root: &Path) -> Result<Purchase> {
    let folder = |role| Folder::lock(root, &role);
    let holder = folder(Role::CARD_HOLDER)?;
    let shop = folder(Role::SELLER)?;
    let (bank, courier) = (folder(Role::CARD_MANAGER)?, folder(Role::DELIVERY_SERVICE)?);
    let terminal = card_holder::Terminal::open(holder.clone())?;
    let placed = terminal.placed()?;
    let missing = || format!("{}: no order was placed yet: run \"card-holder\"", root.display());
    let digest = placed.ok_or_else(missing)?.digest();
    let mut wire = [Wire::read(&holder)?, Wire::read(&shop)?].concat();
    let form = shop.source("form.json").form()?;
    let seller = seller::Terminal::open(shop)?;
    let manager = card_manager::Terminal::open(&bank)?;
    let service = delivery_service::Terminal::open(&courier, None)?;

    let (at_seller, at_manager, delivery) = (seller.known(digest)?, manager.known(digest)?, service.known(digest)?);
    let readable = vec![
        (Role::SELLER, names(at_seller.part())),
        (Role::CARD_MANAGER, at_manager.as_ref().map(|order| names(order.part())).unwrap_or_default()),
        (Role::DELIVERY_SERVICE, delivery.as_ref().map(|delivery| names(delivery.part())).unwrap_or_default()),
    ];
    let receipts = [Some(seller.receipt(digest)?), manager.receipt(digest)?, service.receipt(digest)?];
    let reports = receipts.iter().flatten().map(|receipt| terminal.hear(receipt)).collect::<Result<Vec<_>>>()?;
    let books = manager.books(digest)?;
    let end = reports.first().map_or("open", outcome::end);
    let settlement = match &at_manager {
        Some(CardManagerOrder::Decided(order)) => order.settlement(),
        _ => None,
    };
    let outcome = if let SellerOrder::Declined(order) = &at_seller {
        // Nobody here tries to have the parts opened all the same, as in the purchase example.
        Outcome::Declined { reason: order.reason().into(), refusals: Vec::new() }
    } else {
        let settled = settlement.map(outcome::settled).into_iter().collect();
        Outcome::Delivered { settled, delivery: delivery.as_ref().map(Delivered::of) }
    };
    // A plain purchase has no more to tell.
    let is_plain = books.paid_back.is_empty() && ["delivered", "declined"].contains(&end);
    let story = (!is_plain).then(|| Told { scenes: Vec::new(), books, end });
    wire.sort_by_key(|(time, _)| *time);
    let order = holder.source("order.json").order()?;
    Ok(Purchase {
        cast: Cast::by(&form)?,
        threshold: holder.share()?.threshold().try_into()?,
        digest,
        wire: wire.into_iter().map(|(_, sent)| sent).collect(),
        fields: order.names().cloned().collect(),
        form,
        readable,
        outcome,
        receipts: reports.iter().map(Record::of).collect(),
        story,
    })
}
