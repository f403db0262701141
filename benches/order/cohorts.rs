//! A card manager with keys of many cohorts, and a card holder that says hello to it.

use polyseal::handshake::{Hello, Initiator};
use polyseal::key::{Cohort, Domain, Epoch, KeySource, Keyring, PresharedKeys};
use polyseal::{CardHolder, CardManager, DisclosurePolicy, Identifier, Label, Peers, Role};
use polyseal_testing::{NOW, Repeatable};

pub(crate) fn id(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

pub(crate) fn sources(count: u32) -> Vec<PresharedKeys> {
    let label = Label::new("cards.example").unwrap();
    let domain = Domain::new(label.clone(), label, Epoch::new(1, NOW - 1000, NOW + 1000).unwrap());
    let keys = |cohort| {
        let mut keys = PresharedKeys::new(id("bank.example"), domain.clone().with_cohort(cohort));
        keys.insert(id("holder.example"), &[7; 32]);
        keys
    };
    Cohort::every(count).map(keys).collect()
}

/// The bank with all its keys, and a hello of a card holder.
pub(crate) fn met(count: u32) -> (CardManager<Keyring<PresharedKeys>>, Hello) {
    let ring = Keyring::new(id("bank.example"), sources(count)).unwrap();
    let own = ring
        .domains()
        .iter()
        .find(|domain| domain.cohort() == Cohort::of(&id("holder.example"), domain.label(), domain.cohort().count()));
    let mut keys = PresharedKeys::new(id("holder.example"), own.unwrap().clone());
    keys.insert(id("bank.example"), &[7; 32]);
    let holder = CardHolder::new(keys, DisclosurePolicy::standard(id("shop.example")));
    let begun = Initiator::start(&holder, Role::CARD_MANAGER, id("bank.example"), NOW, &mut Repeatable(1));
    (CardManager::new(ring, Peers::Anyone), begun.unwrap().1)
}
