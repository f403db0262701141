//! One order, from the shares to the delivery: to be read first.
//!
//! ```text
//! cargo run --release --example simple
//! ```
//!
//! All parties are in this one program, so messages go from one to the next as values. Between programs they go as bytes,
//! as the envelope does here. What seller and card manager check of an order is one line each: yours have lists.

use std::io::Write;
use std::time::SystemTime;

use getrandom::SysRng;
use polyseal::message::{Envelope, Windows};
use polyseal::policy::Peers;
use polyseal::rand_core::UnwrapErr;
use polyseal::seller::Authorized;
use polyseal::{
    Authority, Capacity, CardHolder, CardManager, DisclosurePolicy, Domain, Epoch, Identifier, Label, MemoryLedger,
    Order, OrderForm, Received, Recipient, Role, Seller, SellerPolicy,
};

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let now = SystemTime::UNIX_EPOCH.elapsed()?.as_secs();
    let (rng, mut out) = (&mut UnwrapErr(SysRng), std::io::stdout());

    // An authority issues a share to each party. After that it is not needed.
    let epoch = Epoch::new(1, now, now.saturating_add(365 * 24 * 3600))?;
    let domain = Domain::new(Label::new("cards.example")?, Label::new("authority.example")?, epoch);
    let mut authority = Authority::random(domain, 64, Capacity::UNCONDITIONAL, rng)?;
    let (alice, shop) = (Identifier::new("alice")?, Identifier::new("shop.example")?);
    let (bank, courier) = (Identifier::new("bank.example")?, Identifier::new("courier.example")?);

    // Each party has its share and a policy. Those that receive have a ledger, so that nothing is done twice.
    let form = OrderForm::standard();
    let disclosure = DisclosurePolicy::standard(shop.clone())
        .choose(Role::CARD_MANAGER, bank.clone())
        .choose(Role::DELIVERY_SERVICE, courier.clone());
    let card_managers: Peers = [bank.clone()].into_iter().collect();
    let sellers: Peers = [shop.clone()].into_iter().collect();
    let holder = CardHolder::new(authority.issue(&alice)?, disclosure);
    let seller = Seller::new(authority.issue(&shop)?, SellerPolicy::new(form.clone(), card_managers, [])?);
    let manager = CardManager::new(authority.issue(&bank)?, sellers.clone());
    let service = Recipient::delivery_service(authority.issue(&courier)?, sellers);
    let [seller_ledger, manager_ledger, service_ledger] = &mut [(); 3].map(|()| MemoryLedger::new(100));

    // The card holder splits its order by the seller's form, and seals each part for the party that needs it.
    let order: Order = serde_json::from_str(include_str!("data/order.json"))?;
    let sealed = holder.split(&order, &form)?.seal(&holder, now, Windows::default(), rng)?;
    let bytes = sealed.envelope.to_bytes();
    writeln!(out, "The card holder sends the seller an envelope of {} bytes: order\n{}.", bytes.len(), sealed.digest)?;

    // The seller takes the order, and relays the part of the card manager, which it cannot read.
    let pending = seller.receive(&Envelope::from_bytes(&bytes)?, now)?; // not a step yet: it has to be filed
    let Received::New(at_seller) = pending.file(seller_ledger)? else { return Err("the order is known".into()) };
    at_seller.part().get("amount.due").filter(|due| *due == "59.80 EUR").ok_or("two kettles are 59.80 EUR")?;
    let relay = at_seller.relay(&seller, &Role::CARD_MANAGER, now, rng)?;
    writeln!(out, "The seller reads {} fields, and relays another part.", at_seller.part().fields().count())?;

    // The card manager approves exactly this order, and may withdraw the sum.
    let pending = manager.receive(&relay, now)?;
    let Received::New(at_manager) = pending.file(manager_ledger)? else { return Err("the order is known".into()) };
    writeln!(out, "The card manager reads {} fields.", at_manager.part().fields().count())?;
    at_manager.part().amount().filter(|due| !due.is_zero()).ok_or("there is nothing to pay")?;
    let pending = at_manager.approve(&manager, now)?;
    let Received::New(approval) = pending.file(manager_ledger)? else { return Err("it is decided".into()) };
    let authorization = approval.authorization(&manager, rng)?;
    writeln!(out, "The card manager approves the order, and withdraws {}.", approval.settlement().amount_due())?;

    // The authorization makes the seller's order an approved one, and only that has a step to dispatch it.
    let authorized = at_seller.authorize(&seller, &authorization, now)?.file(seller_ledger)?.into_inner();
    let Authorized::Approved(approved) = authorized else { return Err("the order is declined".into()) };
    let to = &Role::DELIVERY_SERVICE;
    let dispatched = approved.dispatch(&seller, to, b"collect at gate 2", now)?.file(seller_ledger)?.into_inner();
    let dispatch = dispatched.dispatch_message(&seller, to, now, rng)?;

    // The dispatch has what opens the part of the delivery service.
    let delivery = service.receive_dispatch(&dispatch, now)?.file(service_ledger)?.into_inner();
    writeln!(out, "The delivery service reads {} fields, and delivers.", delivery.part().fields().count())?;
    Ok(())
}
