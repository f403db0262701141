//! Headers and openings. No message is one alone: they are wrapped into messages.

use polyseal::message::{Direct, Dispatch, Envelope, OrderDigest, Part, Relay};
use polyseal::order::{FormEntry, Selector, Selectors};
use polyseal::{
    CardManager, FieldName, Identifier, MemoryLedger, OrderForm, Peers, Recipient, Release, Role, Seller, SellerPolicy,
};
use polyseal_testing::cbor::Value as Item;
use polyseal_testing::forge::{Letter, hash, labelled};
use polyseal_testing::keys::Pair;
use polyseal_testing::{NOW, shop};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::messages::fields;
use super::{Found, Input, Refusal, hex};

/// Reads a header, as that of an envelope with a part for one of its recipients.
pub(super) fn header(bytes: &[u8]) -> Result<OrderDigest, Refusal> {
    let first = match Item::parse(bytes) {
        Item::Array(items) => items.get(8).cloned(),
        _ => None,
    };
    let role = match first {
        Some(Item::Array(recipients)) => match recipients.first() {
            Some(Item::Array(recipient)) => recipient.first().cloned(),
            _ => None,
        },
        _ => None,
    };
    let sealed = [vec![0; 16], vec![0; 32], vec![0; 32], vec![0; 528]].map(Item::bytes);
    let part = Item::Array(vec![role.unwrap_or(Item::text("seller")), Item::Array(sealed.to_vec())]);
    let envelope = labelled("envelope", [Item::bytes(bytes), Item::Array(vec![part])]);
    Ok(Envelope::from_bytes(&envelope.to_bytes())?.digest())
}

pub(super) fn headers(input: Input<'_>) -> Found {
    // How they are made is checked in src/vectors.rs.
    if input.text("op") == "make" {
        return Err(Refusal::out_of_reach());
    }
    Ok(json!({"digest": hex(header(&input.bytes("header"))?.as_bytes())}))
}

const KEY: [u8; 32] = [7; 32];

/// An opening on its way to its reader, all ends of which have one key.
struct Wrapped<'a> {
    input: Input<'a>,
    header: Vec<u8>,
    digest: [u8; 32],
    sender: Identifier,
    reader: Identifier,
}

impl<'a> Wrapped<'a> {
    fn new(input: Input<'a>) -> Self {
        let header = input.bytes("header");
        let Item::Array(items) = Item::parse(&header) else { panic!("a header") };
        let sender = Identifier::new(items[2].as_bytes()).unwrap();
        let reader = Identifier::new(input.bytes("identifier")).unwrap();
        Self { input, digest: Sha256::digest(&header).into(), header, sender, reader }
    }

    fn role(&self) -> &'a str {
        self.input.text("role")
    }

    fn letter<'l>(
        &'l self,
        purpose: &'l str,
        by: &'l str,
        from: &'l Identifier,
        token: Option<&'l [u8]>,
    ) -> Letter<'l> {
        Letter { purpose, step: 0, by, from, to: &self.reader, digest: &self.digest, role: self.role(), token }
    }

    fn part(&self) -> Item {
        let token = self.input.bytes("order_token");
        let token = (self.input.text("way") == "dispatch").then_some(token.as_slice());
        let letter = self.letter("part", "card-holder", &self.sender, token);
        Item::Array(vec![Item::text(self.role()), seal(&letter, &self.input.bytes("opening"))])
    }

    /// The seller's envelope: the part among those of the others, in the header's order.
    fn envelope(&self) -> Vec<u8> {
        let Item::Array(header) = Item::parse(&self.header) else { panic!("a header") };
        let Item::Array(recipients) = &header[8] else { panic!("recipients") };
        let Item::Array(mut parts) = Item::parse(&self.input.bytes("others")) else { panic!("parts") };
        parts.push(self.part());
        let place = |part: &Item| {
            let Item::Array(part) = part else { panic!("a part") };
            recipients.iter().position(|recipient| matches!(recipient, Item::Array(found) if found[0] == part[0]))
        };
        parts.sort_by_key(place);
        labelled("envelope", [Item::bytes(&self.header), Item::Array(parts)]).to_bytes()
    }

    fn direct(&self) -> Vec<u8> {
        labelled("direct", [Item::bytes(&self.header), self.part()]).to_bytes()
    }

    /// A relay or a dispatch, by the seller of the opening.
    fn forwarded(&self, kind: &str) -> Vec<u8> {
        let parts = Item::Array(vec![self.part()]);
        let digest = hash("parts", [parts.clone()]);
        let token = self.input.bytes("order_token");
        let token = if kind == "dispatch" { Item::bytes(token) } else { Item::Null };
        let whole = Item::Array(vec![Item::Uint(1), Item::Uint(1), Item::bytes([])]);
        let consignment = if kind == "dispatch" { whole } else { Item::Null };
        let statement = labelled("statement", [Item::bytes(digest), Item::Uint(NOW), token, consignment]);
        let shop = shop();
        let sealed = seal(&self.letter(kind, "seller", &shop, None), &statement.to_bytes());
        labelled(kind, [Item::bytes(&self.header), parts, Item::bytes(shop.as_bytes()), sealed]).to_bytes()
    }
}

fn seal(letter: &Letter<'_>, plaintext: &[u8]) -> Item {
    letter.seal(&Pair::new(letter.from.clone(), letter.to.clone(), KEY), plaintext)
}

pub(super) fn parts(input: Input<'_>) -> Found {
    let wrapped = Wrapped::new(input);
    match (input.text("role"), input.text("way")) {
        ("seller", "envelope") => at_seller(&wrapped),
        ("card-manager", "relay" | "direct") => at_manager(&wrapped),
        ("card-manager", _) => Err(Refusal::out_of_reach()),
        _ => at_recipient(&wrapped),
    }
}

fn told(part: &Part) -> Value {
    json!({"fields": fields(part)})
}

fn at_seller(wrapped: &Wrapped<'_>) -> Found {
    let input = wrapped.input;
    let form = match input.get("form") {
        Some(_) => OrderForm::from_bytes(&input.bytes("form"))?,
        // Any will do: that of the order itself.
        None => own_form(wrapped).unwrap_or_else(OrderForm::standard),
    };
    let keys = Pair::new(wrapped.reader.clone(), wrapped.sender.clone(), KEY);
    let seller = Seller::new(keys, SellerPolicy::new(form, Peers::Anyone, []).unwrap());
    let envelope = Envelope::from_bytes(&wrapped.envelope())?;
    let order = seller.receive(&envelope, NOW)?.file(&mut MemoryLedger::new(1)).map_err(|refused| refused.error)?;
    Ok(told(polyseal_testing::new(order).part()))
}

/// The form by which the opening's order is: its entries, with the selectors of their groups, all optional that may be.
fn own_form(wrapped: &Wrapped<'_>) -> Option<OrderForm> {
    let Item::Array(header) = Item::parse(&wrapped.header) else { return None };
    let Item::Array(opening) = Item::parse(&wrapped.input.bytes("opening")) else { return None };
    let (Item::Array(groups), Item::Array(entries)) = (&header[9], &opening[2]) else { return None };
    let mut form = Vec::new();
    for entry in entries {
        let Item::Array(entry) = entry else { return None };
        let Item::Array(entry) = &entry[0] else { return None };
        let [Item::Text(role), identifier, Item::Uint(release), Item::Array(places)] = entry.as_slice() else {
            return None;
        };
        let mut selectors = Selectors::new();
        for place in places {
            let Item::Uint(place) = place else { return None };
            let Item::Array(group) = groups.get(usize::try_from(*place).ok()?)? else { return None };
            let Item::Array(texts) = &group[0] else { return None };
            for text in texts {
                let Item::Text(text) = text else { return None };
                let selector: Selector = text.parse().ok()?;
                match FieldName::new(selector.as_str()) {
                    Ok(name) if name != FieldName::AMOUNT_DUE => selectors.insert_optional(name),
                    _ => selectors.insert(selector),
                }
            }
        }
        form.push(FormEntry {
            role: Role::new(role).ok()?,
            identifier: Identifier::new(identifier.as_bytes()).ok(),
            release: *[Release::Direct, Release::OnReceipt, Release::OnApproval]
                .get(usize::try_from(*release).ok()?)?,
            selectors,
        });
    }
    OrderForm::new(form).ok()
}

fn at_manager(wrapped: &Wrapped<'_>) -> Found {
    let keys = Pair::new(wrapped.reader.clone(), wrapped.sender.clone(), KEY);
    let manager = CardManager::new(keys, Peers::Anyone);
    let pending = if wrapped.input.text("way") == "direct" {
        manager.receive_direct(&Direct::from_bytes(&wrapped.direct())?, NOW)?
    } else {
        manager.receive(&Relay::from_bytes(&wrapped.forwarded("relay"))?, NOW)?
    };
    let order = pending.file(&mut MemoryLedger::new(1)).map_err(|refused| refused.error)?;
    Ok(told(polyseal_testing::new(order).part()))
}

fn at_recipient(wrapped: &Wrapped<'_>) -> Found {
    let keys = Pair::new(wrapped.reader.clone(), wrapped.sender.clone(), KEY);
    let recipient = Recipient::new(Role::new(wrapped.role())?, keys, Peers::Anyone)?;
    let pending = match wrapped.input.text("way") {
        "direct" => recipient.receive_direct(&Direct::from_bytes(&wrapped.direct())?, NOW)?,
        "relay" => recipient.receive_relay(&Relay::from_bytes(&wrapped.forwarded("relay"))?, NOW)?,
        _ => recipient.receive_dispatch(&Dispatch::from_bytes(&wrapped.forwarded("dispatch"))?, NOW)?,
    };
    let order = pending.file(&mut MemoryLedger::new(1)).map_err(|refused| refused.error)?;
    Ok(told(polyseal_testing::new(order).part()))
}
