//! A network whose authorities serve far more devices than they should.

use polyseal::key::Cohort;
use polyseal::{Authority, Capacity, Domain, Epoch, Identifier, Label, ValueError};
use rand::rngs::StdRng;

use polyseal_examples::program::Result;

pub(crate) struct Network {
    pub(crate) label: Label,
    pub(crate) threshold: usize,
    pub(crate) cohorts: u32,
    pub(crate) devices: Vec<Identifier>,
}

impl Network {
    pub(crate) fn new(threshold: u16, cohorts: u32, devices: u32) -> Result<Self> {
        Ok(Self {
            label: label()?,
            threshold: threshold.into(),
            cohorts,
            devices: (0..devices).map(device).collect::<Result<_>>()?,
        })
    }

    /// The devices whose identifiers belong to a cohort.
    pub(crate) fn members(&self, cohort: Cohort) -> impl Iterator<Item = &Identifier> {
        self.devices.iter().filter(move |device| Cohort::of(device, &self.label, self.cohorts) == cohort)
    }

    /// The authority of a cohort, which does not refuse whoever comes after t + 2 others. Its polynomial is random, and
    /// not expanded from a seed: then what t shares say of other keys is nothing at all.
    pub(crate) fn authority(&self, cohort: Cohort, rng: &mut StdRng) -> Result<Authority> {
        let domain = Domain::new(self.label.clone(), self.label.clone(), Epoch::new(1, 0, 1)?).with_cohort(cohort);
        let capacity = Capacity::assuming_no_coalition_above_threshold(usize::MAX);
        Ok(Authority::random(domain, self.threshold, capacity, rng)?)
    }
}

pub(crate) fn label() -> core::result::Result<Label, ValueError> {
    Label::new("cards.example")
}

fn device(number: u32) -> Result<Identifier> {
    Ok(Identifier::new(format!("device-{number}"))?)
}
