//! The purchase: from files to what came of it.

use std::time::{SystemTime, UNIX_EPOCH};

use polyseal::{
    Accepted, Confinement, FieldName, Identifier, Order, OrderDigest, OrderError, OrderForm, Release, Role,
    SellerPolicy, SplitError,
};

use crate::Args;
use crate::files::Source;
use crate::forgery;
use crate::message::{Kind, Message};
use crate::network::{Cast, Network, STANDARD, authority};
use crate::party::card_manager::COMPARED;
use crate::party::{Result, card_holder};

/// A purchase that has happened.
pub(crate) struct Purchase {
    pub(crate) cast: Cast,
    pub(crate) threshold: u16,
    pub(crate) digest: OrderDigest,
    pub(crate) wire: Vec<Message>,
    /// The order's fields, shown to somebody or not.
    pub(crate) fields: Vec<FieldName>,
    pub(crate) form: OrderForm,
    /// What each recipient could read, in the form's order.
    pub(crate) readable: Vec<(Role, Vec<FieldName>)>,
    pub(crate) outcome: Outcome,
}

/// How it ended.
pub(crate) enum Outcome {
    Delivered {
        /// What the card manager has booked: the sum, and how it is paid.
        settled: Vec<String>,
        /// As the delivery service saw it, if there is one.
        delivery: Option<Delivered>,
    },
    Declined {
        reason: String,
        refusals: Vec<Refusal>,
    },
}

/// What the delivery service has in its hands.
pub(crate) struct Delivered {
    pub(crate) destination: Vec<(FieldName, String)>,
    pub(crate) instructions: String,
}

/// An attempt to have a part opened that was not approved, and why it failed.
pub(crate) struct Refusal {
    pub(crate) role: Role,
    pub(crate) attempt: &'static str,
    pub(crate) error: String,
}

/// Reads the files and makes the purchase.
pub(crate) fn make(args: &Args) -> Result<Purchase> {
    let order_file = Source::new(args.order.as_deref(), "examples/data/order.json");
    let form_file = Source::new(args.form.as_deref(), "examples/data/form.json");
    let cards = Source::new(None, "examples/data/cards.json").cards(&COMPARED)?;
    let form = form_file.form()?;
    let mut order = order_file.order()?;
    if args.decline {
        order = with_unknown_card(&order, &cards).map_err(|error| order_file.blame(error))?;
    }

    let cast = Cast::by(&form)?;
    let manager = cast.require(&Role::CARD_MANAGER).map_err(|error| form_file.blame(error))?;
    let managers: Accepted = [manager.clone()].into_iter().collect();
    let policy = SellerPolicy::new(form.clone(), managers, []).map_err(|error| form_file.blame(error))?;

    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let authority = authority(args.threshold, cast.parties().count(), now)?;
    let rules = confinement(&cast, &form, &args.allow)?;
    let mut network = Network::enrol(&cast, authority, rules, policy, cards)?;

    let split = network.holder.split(&order, &form).map_err(|error| match error {
        SplitError::Missing { .. } => order_file.blame(error),
        _ => form_file.blame(advise(&error)),
    })?;
    let (digest, messages) = card_holder::seal(split, now)?;
    let wire = network.carry(messages, now)?;

    let outcome = match network.seller.declined(digest)? {
        None => delivered(&network),
        Some(reason) => {
            let refusals = insist(&mut network, &form, &wire, cast.require(&Role::SELLER)?, now)?;
            Outcome::Declined { reason, refusals }
        }
    };
    let readable = cast.recipients().filter_map(|(role, _)| Some((role.clone(), network.party(role)?.readable())));
    let readable = readable.collect();
    let fields = order.names().cloned().collect();
    Ok(Purchase { cast, threshold: args.threshold, digest, wire, fields, form, readable, outcome })
}

/// The card holder's own rules: the standard split among the parties it chose, and what `--allow`
/// adds to that.
fn confinement(cast: &Cast, form: &OrderForm, allow: &[(FieldName, Role)]) -> Result<Confinement> {
    let mut rules = Confinement::standard(cast.require(&Role::SELLER)?.clone());
    for (role, identifier) in cast.recipients() {
        rules = rules.choose(role.clone(), identifier.clone());
    }
    for (field, role) in allow {
        rules = rules.allow(field.clone(), role.clone());
        // How the standard roles are served stays as it is: a delivery service served on receipt
        // would read its part whatever the card manager says.
        let own = form.recipients().iter().filter(|entry| entry.role == *role && !STANDARD.contains(role));
        for entry in own {
            rules = rules.allow_release(role.clone(), entry.release);
        }
    }
    Ok(rules)
}

/// A complaint of the card holder's rules, with the flag that widens them.
fn advise(error: &SplitError) -> String {
    match error {
        SplitError::Leak { field, role } => format!("{error} (--allow {field}:{role})"),
        SplitError::Release { role, .. } if !STANDARD.contains(role) => format!("{error} (--allow FIELD:{role})"),
        SplitError::Release { role, .. } => {
            format!("{error} (this example has no flag for \"{role}\": change it in the form)")
        }
        _ => error.to_string(),
    }
}

/// The same order, paid with a card that is not on record.
fn with_unknown_card(order: &Order, cards: &[Order]) -> core::result::Result<Order, OrderError> {
    let known = |number: &String| cards.iter().any(|card| card.get(&FieldName::CARD_NUMBER) == Some(number));
    // Of one number more than there are cards, one is free.
    let number = (0..=cards.len()).map(|n| format!("{n:016}")).find(|number| !known(number)).unwrap_or_default();
    let mut changed = Order::new();
    for name in order.names() {
        let value = if *name == FieldName::CARD_NUMBER { Some(&*number) } else { order.get(name) };
        changed.insert(name.clone(), value.unwrap_or_default())?;
    }
    Ok(changed)
}

fn delivered(network: &Network) -> Outcome {
    let settled = network.card_manager.settled().iter().map(|settlement| {
        let payment = settlement.payment_type().map(|how| format!(", {how}")).unwrap_or_default();
        format!("{}{payment}", settlement.amount_due())
    });
    let delivery = network.delivery_service.as_ref().and_then(|courier| courier.deliveries().first());
    let delivery = delivery.map(|delivery| Delivered {
        destination: delivery
            .part()
            .fields()
            .filter(|(name, _)| name.as_str().starts_with("destination."))
            .map(|(name, value)| (name.clone(), value.to_owned()))
            .collect(),
        instructions: String::from_utf8_lossy(delivery.instructions()).into_owned(),
    });
    Outcome::Delivered { settled: settled.collect(), delivery }
}

/// After a refusal, the seller does its worst to have the parts opened that waited for approval.
fn insist(
    network: &mut Network,
    form: &OrderForm,
    wire: &[Message],
    seller: &Identifier,
    now: u64,
) -> Result<Vec<Refusal>> {
    let mut refusals = Vec::new();
    for entry in form.recipients().iter().filter(|entry| entry.release == Release::OnApproval) {
        for (attempt, bytes) in forgery::attempts(wire, seller, &entry.role)? {
            let (from, to, kind) = (Role::SELLER, entry.role.clone(), Kind::Dispatch);
            match network.deliver(&Message { from, to, kind, bytes }, now) {
                Ok(_) => return Err(format!("the {} took {attempt} without an approval", entry.role).into()),
                Err(error) => {
                    refusals.push(Refusal { role: entry.role.clone(), attempt, error: error.to_string() });
                }
            }
        }
    }
    Ok(refusals)
}
