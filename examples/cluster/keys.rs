//! Who there is, their shares in files, and what they have agreed on.

use std::path::{Path, PathBuf};

use polyseal::message::OrderDigest;
use polyseal::order::OrderForm;
use polyseal::{
    Authority, Capacity, DisclosurePolicy, Domain, Epoch, FieldName, Identifier, KeySource, Keyring, Label, Peers,
    Role, SellerPolicy, Share,
};
use polyseal_examples::program::os_rng;

use crate::Result;

pub(crate) const SHOP: &str = "shop.example";
pub(crate) const BANK: &str = "bank.example";
pub(crate) const COURIER: &str = "courier.example";

/// The one card that the bank knows.
pub(crate) const CARD: &str = "0000 1111 2222 3333";

/// How many customers there are, the one who is revoked aside.
pub(crate) const CUSTOMERS: u32 = 40;
/// The one who is revoked.
pub(crate) const REVOKED: &str = "customer-revoked";

/// The degree of the polynomials: services and customers are fewer.
const THRESHOLD: usize = 64;
/// Each epoch is a day long, and was begun an hour ago.
const HOUR: u64 = 3600;

/// What the shop asks of an order: any number of lines, which the courier does not see.
const FORM: &str = include_str!("../data/shop/form.json");

pub(crate) fn customer(number: u32) -> String {
    format!("customer-{:02}", number.checked_rem(CUSTOMERS).unwrap_or(0))
}

/// Issues everybody's shares of two epochs.
pub(crate) fn issue(folder: &Path, now: u64) -> Result<()> {
    std::fs::create_dir(folder.join("shares"))?;
    let names = [SHOP, BANK, COURIER, REVOKED].map(String::from).into_iter().chain((0..CUSTOMERS).map(customer));
    let names = names.map(|name| Ok(Identifier::new(&name)?)).collect::<Result<Vec<_>>>()?;
    for epoch in [1, 2] {
        let label = Label::new("cluster.example")?;
        let dates = Epoch::new(epoch, now.saturating_sub(HOUR), now.saturating_add(24 * HOUR))?;
        let domain = Domain::new(label.clone(), label, dates);
        let mut authority = Authority::random(domain, THRESHOLD, Capacity::UNCONDITIONAL, &mut os_rng())?;
        for share in authority.issue_all(&names)? {
            let name = String::from_utf8_lossy(share.identifier().as_bytes()).into_owned();
            std::fs::write(file(folder, &name, epoch), &*share.export())?;
        }
    }
    Ok(())
}

fn file(folder: &Path, name: &str, epoch: u64) -> PathBuf {
    folder.join("shares").join(format!("{name}.{epoch}"))
}

pub(crate) fn share(folder: &Path, name: &str, epoch: u64) -> Result<Share> {
    Ok(Share::import(&std::fs::read(file(folder, name, epoch))?)?)
}

/// The shares of the first epochs.
pub(crate) fn keyring(folder: &Path, name: &str, epochs: u64) -> Result<Keyring<Share>> {
    let shares = (1..=epochs).map(|epoch| share(folder, name, epoch)).collect::<Result<Vec<_>>>()?;
    Ok(Keyring::new(Identifier::new(name)?, shares)?)
}

/// The shop's form, with the one bank that it takes.
pub(crate) fn form() -> Result<OrderForm> {
    Ok(serde_json::from_str(FORM)?)
}

pub(crate) fn seller_policy() -> Result<SellerPolicy> {
    let banks: Peers = [Identifier::new(BANK)?].into_iter().collect();
    Ok(SellerPolicy::new(form()?, banks, [])?)
}

pub(crate) fn sellers() -> Result<Peers> {
    Ok([Identifier::new(SHOP)?].into_iter().collect())
}

pub(crate) fn disclosure() -> Result<DisclosurePolicy> {
    let policy = DisclosurePolicy::standard(Identifier::new(SHOP)?)
        .choose(Role::CARD_MANAGER, Identifier::new(BANK)?)
        .choose(Role::DELIVERY_SERVICE, Identifier::new(COURIER)?);
    Ok(policy.allow(FieldName::new("holder.address")?, Role::SELLER))
}

/// Whether the goods of an order arrived damaged, of so many in a hundred: all processes agree on it.
pub(crate) fn is_damaged(digest: OrderDigest, percent: u32) -> bool {
    let [first, second, ..] = digest.as_bytes();
    u32::from(u16::from_be_bytes([*first, *second])).checked_rem(100).is_some_and(|rest| rest < percent)
}
