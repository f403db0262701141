//! Devices broken into at random: how many links break with them.
//!
//! A link is a device's connection to a service. It breaks with the device, and with any t + 1 devices of its cohort.

use polyseal::key::Cohort;
use polyseal::{Identifier, Label};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// A population cut into cohorts.
pub(crate) struct Population {
    threshold: u32,
    pub(crate) cohorts: u32,
    /// Each device's cohort.
    devices: Vec<usize>,
}

impl Population {
    pub(crate) fn new(threshold: u16, cohorts: u32, label: &Label, devices: &[Identifier]) -> Self {
        let cohort = |device| Cohort::of(device, label, cohorts).index().and_then(|index| index.try_into().ok());
        Self { threshold: threshold.into(), cohorts, devices: devices.iter().filter_map(cohort).collect() }
    }

    /// The share of links that are broken with so many devices, as the mean of some trials.
    pub(crate) fn simulate(&self, compromised: &[u32], trials: u32, rng: &mut StdRng) -> Vec<f64> {
        let mut sums = vec![0.0; compromised.len()];
        for _ in 0..trials {
            let broken = self.trial(rng);
            for (sum, count) in sums.iter_mut().zip(compromised) {
                let broken = usize::try_from(*count).ok().and_then(|count| broken.get(count));
                *sum += broken.copied().map_or(0.0, f64::from);
            }
        }
        let all = f64::from(trials) * f64::from(u32::try_from(self.devices.len()).unwrap_or(u32::MAX));
        sums.into_iter().map(|sum| sum / all).collect()
    }

    /// Breaks into one device after the other. How many links are broken after none, after one, and so on.
    fn trial(&self, rng: &mut StdRng) -> Vec<u32> {
        let mut loads = vec![0_u32; usize::try_from(self.cohorts).unwrap_or(usize::MAX)];
        for cohort in &self.devices {
            if let Some(load) = loads.get_mut(*cohort) {
                *load = load.saturating_add(1);
            }
        }
        let mut order = self.devices.clone();
        order.shuffle(rng);
        let mut taken = vec![0_u32; loads.len()];
        let mut broken = 0_u32;
        let mut history = vec![0];
        for cohort in order {
            if let (Some(load), Some(taken)) = (loads.get(cohort), taken.get_mut(cohort)) {
                *taken = taken.saturating_add(1);
                broken = broken.saturating_add(match (*taken).cmp(&self.threshold.saturating_add(1)) {
                    core::cmp::Ordering::Less => 1,
                    // This was the missing one: its own link is broken, and so are those of all that are left.
                    core::cmp::Ordering::Equal => load.saturating_sub(self.threshold),
                    core::cmp::Ordering::Greater => 0,
                });
            }
            history.push(broken);
        }
        history
    }

    /// The same in closed form.
    ///
    /// With k of N devices broken into, a device is one of them with probability k/N. If it is not, each of the k is in
    /// its cohort with probability 1/c, whatever the others are: the chance that there are more than t is the tail
    /// of a binomial distribution.
    pub(crate) fn expected(&self, compromised: u32) -> f64 {
        let own = f64::from(compromised) / f64::from(u32::try_from(self.devices.len()).unwrap_or(u32::MAX));
        own + (1.0 - own) * tail(compromised, self.cohorts, self.threshold)
    }
}

/// The probability that more than `most` of `n` fall into one of so many cohorts.
///
/// The terms of the distribution are built from 1 at its mean, each from the one beside it, and divided by their sum.
fn tail(n: u32, cohorts: u32, most: u32) -> f64 {
    if cohorts == 1 {
        return f64::from(u8::from(n > most));
    }
    let odds = 1.0 / (f64::from(cohorts) - 1.0);
    let mean = n.checked_div(cohorts).unwrap_or(0);
    let up = (mean..n).scan(1.0, |term, k| {
        *term *= odds * f64::from(n.saturating_sub(k)) / (f64::from(k) + 1.0);
        Some((k.saturating_add(1), *term))
    });
    let down = (1..=mean).rev().scan(1.0, |term, k| {
        *term *= f64::from(k) / (odds * (f64::from(n.saturating_sub(k)) + 1.0));
        Some((k.saturating_sub(1), *term))
    });
    let (mut all, mut above) = (0.0, 0.0);
    for (k, term) in up.chain(down).chain([(mean, 1.0)]) {
        all += term;
        if k > most {
            above += term;
        }
    }
    above / all
}
