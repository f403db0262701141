//! One order, from the shares to the delivery: to be read first. All parties are in one program here, and the messages
//! are values. To send one, use its `to_bytes` and `from_bytes`, as the envelope does below.
//!
//! ```text
//! cargo run --release --example simple
//! ```

use std::collections::BTreeSet;
use std::time::SystemTime;

use getrandom::SysRng;
use polyseal::message::{Envelope, Windows};
use polyseal::rand_core::UnwrapErr;
use polyseal::seller::Authorized;
use polyseal::{
    Authority, Capacity, CardHolder, CardManager, DisclosurePolicy, Domain, Epoch, FieldName, Identifier, Label,
    MemoryLedger, Order, OrderForm, Received, Recipient, Role, Seller, SellerPolicy,
};

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let now = SystemTime::UNIX_EPOCH.elapsed()?.as_secs();
    let rng = &mut UnwrapErr(SysRng);

    // An authority issues a share to each party. It is not needed again.
    let [alice, shop, bank, courier] = ["alice", "shop.example", "bank.example", "courier.example"];
    let [alice, shop, bank, courier] = [alice, shop, bank, courier].map(Identifier::new);
    let (alice, shop, bank, courier) = (alice?, shop?, bank?, courier?);
    let epoch = Epoch::new(1, now, now.saturating_add(365 * 24 * 3600))?;
    let domain = Domain::new(Label::new("cards.example")?, Label::new("authority.example")?, epoch);
    let mut authority = Authority::random(domain, 64, Capacity::UNCONDITIONAL, rng)?;

    // Each party has its share, its policy, and a ledger, so that it does nothing twice.
    let disclosure = DisclosurePolicy::standard(shop.clone())
        .choose(Role::CARD_MANAGER, bank.clone())
        .choose(Role::DELIVERY_SERVICE, courier.clone());
    let policy = SellerPolicy::new(OrderForm::standard(), [bank.clone()].into_iter().collect(), [])?;
    let sellers: polyseal::policy::Peers = [shop.clone()].into_iter().collect();
    let holder = CardHolder::new(authority.issue(&alice)?, disclosure);
    let seller = Seller::new(authority.issue(&shop)?, policy);
    let manager = CardManager::new(authority.issue(&bank)?, sellers.clone());
    let service = Recipient::delivery_service(authority.issue(&courier)?, sellers);
    let [seller_ledger, manager_ledger, service_ledger] = &mut [(); 3].map(|()| MemoryLedger::new(100));

    // The card holder splits its order by the seller's form, and seals each part for the party that needs it.
    let form = OrderForm::standard();
    let mut order = Order::new();
    for name in form.recipients().iter().flat_map(|entry| &entry.fields).collect::<BTreeSet<_>>() {
        order.insert(name.clone(), if *name == FieldName::AMOUNT_DUE { "59.80 EUR" } else { "a value" })?;
    }
    let sealed = holder.split(&order, &form)?.seal(&holder, now, Windows::default(), rng)?;
    let envelope = sealed.envelope.to_bytes();
    println!("order {}\nthe card holder sends the seller an envelope of {} bytes", sealed.digest, envelope.len());

    // The seller takes the order, and relays what it cannot read. A step counts once it is filed.
    let pending = seller.receive(&Envelope::from_bytes(&envelope)?, now)?;
    let Received::New(at_seller) = pending.file(seller_ledger)? else { return Err("a known order".into()) };
    println!("the seller reads {} fields, and relays to the card manager", at_seller.part().fields().count());
    let relay = at_seller.relay(&seller, &Role::CARD_MANAGER, now, rng)?;

    // The card manager approves exactly this order, and may withdraw the sum.
    let pending = manager.receive(&relay, now)?;
    let Received::New(at_manager) = pending.file(manager_ledger)? else { return Err("a known order".into()) };
    println!("the card manager reads {} fields, and approves", at_manager.part().fields().count());
    let Received::New(approval) = at_manager.approve(&manager, now)?.file(manager_ledger)? else { return Ok(()) };
    println!("the card manager withdraws {}", approval.settlement().amount_due());
    let authorization = approval.authorization(&manager, rng)?;

    // With the authorization, the seller can dispatch the order. Before, there is no such step.
    let authorized = at_seller.authorize(&seller, &authorization, now)?.file(seller_ledger)?.into_inner();
    let Authorized::Approved(approved) = authorized else { return Err("the order was declined".into()) };
    let pending = approved.dispatch(&seller, &Role::DELIVERY_SERVICE, b"collect at gate 2", now)?;
    let dispatch =
        pending.file(seller_ledger)?.into_inner().dispatch_message(&seller, &Role::DELIVERY_SERVICE, now, rng)?;

    // The delivery service opens its part: it could not, without the approval.
    let delivery = service.receive_dispatch(&dispatch, now)?.file(service_ledger)?.into_inner();
    println!("the delivery service reads {} fields, and delivers", delivery.part().fields().count());
    Ok(())
}
