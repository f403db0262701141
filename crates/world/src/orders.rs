//! Orders and forms: what a card holder of this world buys, and who sees what of it.

use polyseal::order::FormEntry;
use polyseal::{DisclosurePolicy, FieldName, Order, OrderForm, Peers, Release, Role, SellerPolicy};

use crate::cast::{BANK, BANKS, CAST};
use crate::trace::{self, PartIn, Seen, Way, Who, fingerprint};

/// The names of all fields of all orders; facts tell a field by its place here.
pub const FIELDS: [&str; 14] = [
    "amount.due",
    "card.expiry",
    "card.number",
    "destination.address",
    "destination.name",
    "holder.address",
    "holder.fax",
    "holder.name",
    "holder.telephone",
    "item.name",
    "item.number",
    "item.quantity",
    "order.note",
    "payment.type",
];
const AMOUNT: usize = 0;

/// By places in `FIELDS`.
const FOR_SELLER: &[u8] = &[0, 5, 6, 7, 8, 9, 10, 11, 13];
const FOR_BANK: &[u8] = &[0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 13];
const FOR_COURIER: &[u8] = &[3, 4, 5, 6, 7, 8];
const FOR_GATEWAY: &[u8] = &[0, 13];
const FOR_GATEWAY_WITH_NOTE: &[u8] = &[0, 12, 13];

pub const GATEWAY: Role = Role::from_static("gateway");

/// Roles and ways of a form, by its number; a seller changes from one to another.
pub fn shape(form: usize) -> &'static [(trace::Role, Way, &'static [u8])] {
    use Way::{Direct, OnApproval, OnReceipt};
    use trace::Role::{Bank, Courier, Gateway, Seller};
    match form {
        0 => &[(Seller, OnReceipt, FOR_SELLER), (Bank, OnReceipt, FOR_BANK), (Courier, OnApproval, FOR_COURIER)],
        1 => &[
            (Seller, OnReceipt, FOR_SELLER),
            (Bank, OnReceipt, FOR_BANK),
            (Courier, OnApproval, FOR_COURIER),
            (Gateway, OnReceipt, FOR_GATEWAY),
        ],
        2 => &[
            (Seller, OnReceipt, FOR_SELLER),
            (Bank, Direct, FOR_BANK),
            (Courier, OnApproval, FOR_COURIER),
            (Gateway, Direct, FOR_GATEWAY_WITH_NOTE),
        ],
        3 => &[
            (Seller, OnReceipt, FOR_SELLER),
            (Bank, OnReceipt, FOR_BANK),
            (Courier, OnApproval, FOR_COURIER),
            (Gateway, OnApproval, FOR_GATEWAY_WITH_NOTE),
        ],
        4 => &[(Seller, OnReceipt, FOR_SELLER), (Bank, OnReceipt, FOR_BANK)],
        _ => &[(Seller, OnReceipt, FOR_SELLER), (Gateway, OnReceipt, FOR_GATEWAY)],
    }
}

pub const FORMS: usize = 6;

pub fn name_of(role: trace::Role) -> Role {
    match role {
        trace::Role::Seller => Role::SELLER,
        trace::Role::Bank => Role::CARD_MANAGER,
        trace::Role::Courier => Role::DELIVERY_SERVICE,
        trace::Role::Gateway => GATEWAY,
    }
}

pub fn role_of(name: &Role) -> Option<trace::Role> {
    [trace::Role::Seller, trace::Role::Bank, trace::Role::Courier, trace::Role::Gateway]
        .into_iter()
        .find(|role| name_of(*role) == *name)
}

fn release(way: Way) -> Release {
    match way {
        Way::Direct => Release::Direct,
        Way::OnReceipt => Release::OnReceipt,
        Way::OnApproval => Release::OnApproval,
    }
}

fn field(place: u8) -> FieldName {
    FieldName::new(FIELDS[usize::from(place)]).unwrap()
}

/// The form as the library has it. It leaves all parties to the card holder.
pub fn form(number: usize) -> OrderForm {
    let entries = shape(number).iter().map(|(role, way, fields)| FormEntry {
        role: name_of(*role),
        identifier: None,
        release: release(*way),
        fields: fields.iter().map(|place| field(*place)).collect(),
    });
    OrderForm::new(entries.collect()).unwrap()
}

/// What a seller takes that issues these forms.
pub fn seller_policy(forms: &[usize]) -> SellerPolicy {
    let banks: Peers = (BANK..BANK + BANKS).map(|bank| CAST.id(bank).clone()).collect();
    let policies =
        forms.iter().map(|number| SellerPolicy::new(form(*number), banks.clone(), [FieldName::PAYMENT_TYPE]));
    policies.map(Result::unwrap).reduce(|policy, other| policy.or(&other)).unwrap()
}

/// Who has which role in an order.
pub type Chosen = [(trace::Role, Who); 4];

/// What a card holder lets out to these parties.
pub fn disclosure(chosen: &Chosen) -> DisclosurePolicy {
    let [(_, seller), others @ ..] = chosen;
    let mut policy = DisclosurePolicy::standard(CAST.id(*seller).clone());
    for (role, who) in others {
        policy = policy.choose(name_of(*role), CAST.id(*who).clone());
    }
    for place in FOR_GATEWAY_WITH_NOTE {
        policy = policy.allow(field(*place), GATEWAY);
    }
    let ways = [Release::Direct, Release::OnReceipt, Release::OnApproval];
    ways.into_iter().fold(policy, |policy, way| policy.allow_release(GATEWAY, way))
}

/// An order like no other: what it says, by the places of its fields.
#[derive(Debug)]
pub struct Goods(pub [String; FIELDS.len()]);

impl Goods {
    pub fn new(number: u64, salt: u64) -> Self {
        Self(core::array::from_fn(|place| match place {
            AMOUNT => format!("{}.{:02} EUR", 1 + salt % 900, salt / 900 % 100),
            12 => "no note".into(),
            13 => "single".into(),
            _ => format!("{} {number}/{:08x}", FIELDS[place], salt & 0xffff_ffff),
        }))
    }

    pub fn order(&self) -> Order {
        let mut order = Order::new();
        for (name, value) in FIELDS.iter().zip(&self.0) {
            order.insert(FieldName::new(name).unwrap(), value).unwrap();
        }
        order
    }

    /// What each party is to see of it.
    pub fn parts(&self, form: usize, chosen: &Chosen) -> Vec<PartIn> {
        let fields = |places: &[u8]| -> Seen {
            places.iter().map(|place| (*place, fingerprint(&self.0[usize::from(*place)]))).collect()
        };
        let who = |role: trace::Role| chosen.iter().find(|(own, _)| *own == role).unwrap().1;
        let parts = shape(form).iter().map(|(role, way, places)| PartIn {
            role: *role,
            who: who(*role),
            way: *way,
            fields: fields(places),
        });
        parts.collect()
    }
}

/// What came out, as facts tell it. A name that no order of this world has is 255.
pub fn seen<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Seen {
    let place = |name: &str| FIELDS.iter().position(|field| *field == name).and_then(|place| u8::try_from(place).ok());
    fields.map(|(name, value)| (place(name).unwrap_or(u8::MAX), fingerprint(value))).collect()
}
