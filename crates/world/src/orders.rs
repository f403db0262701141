//! Orders and forms: what a card holder of this world buys, and who sees what of it.

use core::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use polyseal::key::KeySource;
use polyseal::order::{Amount, FormEntry, Selector, Selectors};
use polyseal::{CardHolder, DisclosurePolicy, FieldName, Order, OrderForm, Peers, Release, Role, SellerPolicy};

use crate::cast::{BANK, BANKS, CAST, COURIER, Cast, GATEWAY as FIRST_GATEWAY, Keys, SELLER};
use crate::trace::{self, PartIn, Seen, Way, Who, fingerprint};

/// The names of all fields of all orders; facts tell a field by its place here.
pub const FIELDS: [&str; 20] = [
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
    "items.0.count",
    "items.0.gift.note",
    "items.0.sku",
    "items.1.count",
    "items.1.sku",
    "items.2.count",
    "items.2.sku",
    "order.note",
    "payment.type",
    "private",
];
const AMOUNT: usize = 0;
const TELEPHONE: &str = "holder.telephone";

/// Selectors; a field that an order need not have has a question mark.
const FOR_SELLER: &[&str] = &[
    "amount.due",
    "payment.type",
    "holder.name",
    "holder.address",
    "holder.telephone",
    "holder.fax?",
    "item.name?",
    "items.*",
];
const FOR_BANK: &[&str] = &[
    "amount.due",
    "payment.type",
    "card.number",
    "card.expiry",
    "holder.name",
    "holder.address",
    "holder.telephone",
    "holder.fax?",
    "item.name?",
    "items.*",
];
const FOR_COURIER: &[&str] =
    &["destination.name", "destination.address", "holder.name", "holder.address", "holder.telephone", "holder.fax?"];
const FOR_GATEWAY: &[&str] = &["amount.due", "payment.type"];
const FOR_GATEWAY_WITH_NOTE: &[&str] = &["amount.due", "order.*", "payment.type"];

pub const GATEWAY: Role = Role::from_static("gateway");

/// A recipient of a form: its role, its way, and what it sees.
type Shape = (trace::Role, Way, &'static [&'static str]);

/// The recipients of a form, by its number; a seller changes from one to another.
pub fn shape(form: usize) -> &'static [Shape] {
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

fn place_of(name: &str) -> Option<usize> {
    FIELDS.iter().position(|field| *field == name)
}

/// Whether a selector is one of a field, in the world's own words.
fn sees(selector: &str, name: &str) -> bool {
    match selector.strip_suffix(".*") {
        Some(stem) => name.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.')),
        None => selector.strip_suffix('?').unwrap_or(selector) == name,
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

fn selectors(texts: &[&str], is_lax: bool) -> Selectors {
    let mut selectors = Selectors::new();
    for text in texts {
        match text.strip_suffix('?').or((is_lax && *text == TELEPHONE).then_some(TELEPHONE)) {
            Some(name) => selectors.insert_optional(FieldName::new(name).unwrap()),
            None => selectors.insert(Selector::new(text).unwrap()),
        }
    }
    selectors
}

/// The forms as the library has them, and the same without [`TELEPHONE`] among what they require. They leave all parties to
/// the card holder.
static ALL_FORMS: LazyLock<[[OrderForm; FORMS]; 2]> =
    LazyLock::new(|| [false, true].map(|is_lax| core::array::from_fn(|number| form(number, is_lax))));

fn form(number: usize, is_lax: bool) -> OrderForm {
    let entries = shape(number).iter().map(|(role, way, texts)| FormEntry {
        role: name_of(*role),
        identifier: None,
        release: release(*way),
        selectors: selectors(texts, is_lax),
    });
    OrderForm::new(entries.collect()).unwrap()
}

/// What a seller takes that issues these forms.
pub fn seller_policy(forms: &[usize]) -> SellerPolicy {
    let banks: Peers = (BANK..BANK + BANKS).map(|bank| CAST.id(bank).clone()).collect();
    let policies = forms.iter().map(|number| {
        SellerPolicy::new(ALL_FORMS[0][*number].clone(), banks.clone(), [Selector::from(FieldName::PAYMENT_TYPE)])
    });
    policies.map(Result::unwrap).reduce(|policy, other| policy.or(&other)).unwrap()
}

/// Who has which role in an order.
pub type Chosen = [(trace::Role, Who); 4];

/// For what is the same whoever was chosen.
pub const ANY: Chosen = {
    use trace::Role::{Bank, Courier, Gateway, Seller};
    [(Seller, SELLER), (Bank, BANK), (Courier, COURIER), (Gateway, FIRST_GATEWAY)]
};

thread_local! {
    /// Card holders by what they let out: to make a policy takes longer than to seal an order.
    static CARD_HOLDERS: RefCell<BTreeMap<Chosen, CardHolder<Keys>>> = const { RefCell::new(BTreeMap::new()) };
}

/// A card holder with these keys, which lets out to these parties what they may see.
pub fn card_holder<K: KeySource>(chosen: &Chosen, keys: K) -> CardHolder<K> {
    let nobodys = || Keys::only(0, Cast::network(0));
    CARD_HOLDERS.with_borrow_mut(|known| {
        let known = known.entry(*chosen).or_insert_with(|| CardHolder::new(nobodys(), disclosure(chosen)));
        known.with_keys(keys)
    })
}

fn disclosure(chosen: &Chosen) -> DisclosurePolicy {
    let [(_, seller), others @ ..] = chosen;
    let mut policy = DisclosurePolicy::standard(CAST.id(*seller).clone());
    for (role, who) in others {
        policy = policy.choose(name_of(*role), CAST.id(*who).clone());
    }
    for text in FOR_GATEWAY_WITH_NOTE {
        policy = policy.allow(Selector::new(text).unwrap(), GATEWAY);
    }
    let ways = [Release::Direct, Release::OnReceipt, Release::OnApproval];
    ways.into_iter().fold(policy, |policy, way| policy.allow_release(GATEWAY, way))
}

/// An order like no other: what it says, by the places of its fields.
#[derive(Debug)]
pub struct Goods([Option<String>; FIELDS.len()]);

impl Goods {
    pub fn new(number: u64, salt: u64) -> Self {
        let lines = salt % 4;
        Self(core::array::from_fn(|place| {
            let name = FIELDS[place];
            let is_there = match name {
                "holder.fax" | "item.name" => salt & (1 << (place + 8)) == 0,
                _ if name.starts_with("items.0") => lines > 0,
                _ if name.starts_with("items.1") => lines > 1,
                _ if name.starts_with("items.2") => lines > 2,
                _ => true,
            };
            is_there.then(|| match place {
                AMOUNT => format!("{}.{:02} EUR", 1 + salt % 900, salt / 900 % 100),
                _ if name == "order.note" => "no note".into(),
                _ if name == "payment.type" => "single".into(),
                _ => format!("{name} {number}/{:08x}", salt & 0xffff_ffff),
            })
        }))
    }

    /// Less than any form requires.
    #[must_use]
    pub fn without_telephone(mut self) -> Self {
        self.0[place_of(TELEPHONE).unwrap()] = None;
        self
    }

    /// The form by which it is cut: the seller's, or one that asks for no more than is there.
    pub fn form(&self, number: usize) -> &'static OrderForm {
        let is_lax = self.0[place_of(TELEPHONE).unwrap()].is_none();
        &ALL_FORMS[usize::from(is_lax)][number]
    }

    /// What is to be paid, in the smallest unit.
    pub fn due(&self) -> u64 {
        let digits = self.0[AMOUNT].iter().flat_map(|text| text.bytes()).filter(u8::is_ascii_digit);
        digits.fold(0, |sum, digit| 10 * sum + u64::from(digit - b'0'))
    }

    pub fn order(&self) -> Order {
        let mut order = Order::new();
        for (name, value) in FIELDS.iter().zip(&self.0) {
            if let Some(value) = value {
                order.insert(FieldName::new(name).unwrap(), value).unwrap();
            }
        }
        order
    }

    /// What each party is to see of it.
    pub fn parts(&self, form: usize, chosen: &Chosen) -> Vec<PartIn> {
        let fields = |texts: &[&str]| -> Seen {
            let named = (0..).zip(FIELDS.iter().zip(&self.0));
            let seen = named.filter(|(_, (name, _))| texts.iter().any(|text| sees(text, name)));
            seen.filter_map(|(place, (_, value))| Some((place, fingerprint(value.as_ref()?)))).collect()
        };
        let who = |role: trace::Role| chosen.iter().find(|(own, _)| *own == role).unwrap().1;
        let parts = shape(form).iter().map(|(role, way, texts)| PartIn {
            role: *role,
            who: who(*role),
            way: *way,
            fields: fields(texts),
        });
        parts.collect()
    }
}

/// A sum, as facts tell it.
pub fn cents(amount: &Amount) -> u64 {
    let is_ours = amount.currency() == "EUR" && amount.decimals() == 2;
    if is_ours { amount.minor_units() } else { u64::MAX }
}

/// What came out, as facts tell it. A name that no order of this world has is 255.
pub fn seen<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Seen {
    let place = |name| place_of(name).and_then(|place| u8::try_from(place).ok());
    fields.map(|(name, value)| (place(name).unwrap_or(u8::MAX), fingerprint(value))).collect()
}
