//! Planning: how a population is cut into cohorts.

use core::fmt;

use polyseal::limits;

/// How many cohorts a population needs, and what they cost.
///
/// Card holders are put into cohorts by a hash, so the loads differ. The mean load is planned at least five standard
/// deviations below the room of a cohort, and low enough that the probability of an overflow is below [`Self::RISK`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CohortPlan {
    /// The degree t of every polynomial: how many shares of a cohort may be pooled without effect.
    pub threshold: usize,
    /// How many cohorts the card holders are cut into.
    pub cohorts: u32,
    /// How many card holders a cohort can take: t + 2 parties less the services. An authority keeps no room for
    /// services, so it has to issue to them first.
    pub room: u32,
    /// How many card holders a cohort has on average.
    pub mean_load: f64,
    /// The highest load to expect, at most the room. It is at least the mean and five standard deviations, and some
    /// cohort exceeds it with a probability below [`Self::RISK`].
    pub worst_load: u32,
    /// An upper bound of the probability that some cohort has more card holders than room. It is below [`Self::RISK`].
    /// It is about chance: anyone who may choose identifiers can fill a cohort on purpose.
    pub overflow: f64,
    /// Bytes of a card holder's secret: the coefficients of one share.
    pub holder_bytes: u64,
    /// Bytes of a service's secrets: a share of every cohort, and of the services' own if there is more than one.
    pub service_bytes: u64,
    /// Products of 64-bit words that one key takes for the coefficients, whatever the population: four for each, both
    /// lanes together, by Winograd's inner product. The powers of the point take some hundred more at most thresholds.
    pub derivation_products: u64,
}

impl CohortPlan {
    /// The highest probability of an overflow anywhere in a network: one in a million, 2^-20.
    pub const RISK: f64 = 1.0 / 1_048_576.0;

    /// Plans for so many card holders and services, so that a coalition of up to `threshold` of them learns nothing.
    ///
    /// The capacity of each polynomial is `Capacity::UNCONDITIONAL`.
    pub fn new(card_holders: u32, services: u32, threshold: usize) -> Result<Self, PlanError> {
        let capacity = u32::try_from(threshold.saturating_add(2)).map_err(|_| PlanError::Threshold)?;
        if !(1..=limits::THRESHOLD).contains(&threshold) {
            return Err(PlanError::Threshold);
        }
        let room = capacity.checked_sub(services).filter(|room| *room > 0).ok_or(PlanError::Services)?;
        let cohorts = if card_holders <= room { 1 } else { fewest(card_holders, room)? };
        let coefficients = u64::from(capacity).saturating_sub(1);
        let share = coefficients.saturating_mul(32);
        let polynomials = if cohorts > 1 { u64::from(cohorts).saturating_add(1) } else { 1 };
        Ok(Self {
            threshold,
            cohorts,
            room,
            mean_load: f64::from(card_holders) / f64::from(cohorts),
            worst_load: if cohorts > 1 { worst(card_holders, cohorts, room) } else { card_holders },
            overflow: if cohorts > 1 { overflow(card_holders, cohorts, room) } else { 0.0 },
            holder_bytes: share,
            service_bytes: share.saturating_mul(polynomials),
            derivation_products: coefficients.saturating_mul(4),
        })
    }
}

/// The mean load, rounded up, and five standard deviations: at most the root of the mean each.
///
/// That is as good as for a normal distribution, and not enough where the mean is small or the cohorts are many.
fn five_deviations(card_holders: u32, cohorts: u32) -> u32 {
    let mean = card_holders.div_ceil(cohorts);
    let root = mean.isqrt();
    let deviation = if root.saturating_mul(root) < mean { root.saturating_add(1) } else { root };
    mean.saturating_add(deviation.saturating_mul(5))
}

/// Whether so many cohorts of this room do for a population.
fn fits(card_holders: u32, cohorts: u32, room: u32) -> bool {
    five_deviations(card_holders, cohorts) <= room && overflow(card_holders, cohorts, room) < CohortPlan::RISK
}

/// The smallest room that would do, not above one that does.
fn worst(card_holders: u32, cohorts: u32, room: u32) -> u32 {
    (five_deviations(card_holders, cohorts)..room).find(|load| fits(card_holders, cohorts, *load)).unwrap_or(room)
}

/// The smallest number of cohorts that fits. A larger one does too: below the room, both the five deviations and the
/// overflow fall as they grow in number.
fn fewest(card_holders: u32, room: u32) -> Result<u32, PlanError> {
    let fits = |cohorts| fits(card_holders, cohorts, room);
    let (mut low, mut high) = (2, limits::COHORTS);
    if !fits(high) {
        return Err(PlanError::Population);
    }
    while low < high {
        let middle = low.midpoint(high);
        if fits(middle) { high = middle } else { low = middle.saturating_add(1) }
    }
    Ok(high)
}

/// `cohorts` times the probability that a binomial load of one exceeds the room.
///
/// Each term of the distribution comes from the last one, starting from 1 at the mean, and the tail is divided by the
/// whole at the end: nothing but products and quotients.
#[expect(clippy::arithmetic_side_effects, reason = "of floating-point numbers: there is no overflow to a wrong value")]
fn overflow(card_holders: u32, cohorts: u32, room: u32) -> f64 {
    let odds = 1.0 / (f64::from(cohorts) - 1.0);
    let mean = card_holders / cohorts;
    let (mut whole, mut tail) = (0.0, 0.0);
    let mut term = 1.0_f64;
    for load in mean..=card_holders {
        whole += term;
        if load > room {
            tail += term;
        }
        term *= odds * f64::from(card_holders - load) / (f64::from(load) + 1.0);
        if term < 1e-300 {
            break;
        }
    }
    term = 1.0;
    for load in (1..=mean).rev() {
        term *= f64::from(load) / (odds * (f64::from(card_holders - load) + 1.0));
        whole += term;
        if term < 1e-300 {
            break;
        }
    }
    (f64::from(cohorts) * tail / whole).min(1.0)
}

/// Why a population cannot be planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// The threshold is not in 1 to 32768.
    Threshold,
    /// The services alone are as many as a polynomial of this threshold serves.
    Services,
    /// There are more card holders than 2^20 cohorts of this threshold take at a small risk.
    Population,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold => write!(f, "the threshold is not in 1 to {}", limits::THRESHOLD),
            Self::Services => f.write_str("the services leave no room for card holders: raise the threshold"),
            Self::Population => {
                write!(f, "{} cohorts are too few to keep the risk small: raise the threshold", limits::COHORTS)
            }
        }
    }
}

impl core::error::Error for PlanError {}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a test stops where it fails"
)]
mod tests {
    use num_bigint::BigUint;
    use polyseal::key::Cohort;
    use polyseal::{Identifier, Label};

    use super::*;

    #[test]
    fn a_plan_holds_its_population() {
        for (card_holders, services, threshold) in
            [(10, 3, 64), (63, 3, 64), (64, 3, 64), (5_000, 3, 64), (1_000_000, 20, 1024), (4_000_000_000, 50, 8192)]
        {
            let plan = CohortPlan::new(card_holders, services, threshold).unwrap();
            assert!(plan.worst_load <= plan.room && plan.overflow < CohortPlan::RISK, "{plan:?}");
            assert_eq!(u64::from(plan.room), u64::try_from(threshold).unwrap() + 2 - u64::from(services));
            assert_eq!(plan.cohorts == 1, card_holders <= plan.room);
            // One cohort less would not do.
            assert!(plan.cohorts < 3 || !fits(card_holders, plan.cohorts - 1, plan.room));
        }
        assert_eq!(CohortPlan::new(10, 66, 64), Err(PlanError::Services));
        assert_eq!(CohortPlan::new(10, 3, 0), Err(PlanError::Threshold));
        assert_eq!(CohortPlan::new(u32::MAX, 3, 64), Err(PlanError::Population));
    }

    #[test]
    fn the_overflow_is_that_of_the_exact_distribution() {
        for (n, cohorts, room) in [(50_u32, 5_u32, 14_u32), (200, 4, 70), (1000, 20, 85), (30, 2, 29)] {
            // Terms C(n, k) (cohorts - 1)^(n - k), over cohorts^n.
            let mut term = BigUint::from(cohorts - 1).pow(n);
            let mut tail = BigUint::ZERO;
            for k in 0..=n {
                if k > room {
                    tail += &term;
                }
                term = term * (n - k) / (k + 1) / (cohorts - 1);
            }
            // To a hundred binary places.
            let scaled: u128 =
                (tail * (BigUint::from(1_u8) << 100_u8) / BigUint::from(cohorts).pow(n)).try_into().unwrap();
            let exact = f64::from(cohorts) * (scaled as f64) / (2_f64.powi(100));
            let found = overflow(n, cohorts, room);
            assert!((found - exact.min(1.0)).abs() <= exact * 1e-9, "{found} {exact}");
        }
    }

    /// The same bound from logarithms of binomial coefficients.
    fn by_logarithms(card_holders: u32, cohorts: u32, room: u32) -> f64 {
        let (n, chance) = (f64::from(card_holders), 1.0 / f64::from(cohorts));
        let term = |load: u32| {
            let choices: f64 = (0..load).map(|i| ((n - f64::from(i)) / f64::from(load - i)).ln()).sum();
            (choices + f64::from(load) * chance.ln() + (n - f64::from(load)) * (-chance).ln_1p()).exp()
        };
        f64::from(cohorts) * (room + 1..=card_holders.min(room + 400)).map(term).sum::<f64>()
    }

    #[test]
    fn small_and_many_cohorts_do_not_overflow_either() {
        // Five standard deviations fit in these, and are not enough: room, cohorts that would do for them.
        for (card_holders, threshold, cohorts, risk) in
            [(5_000, 8, 5_000, 0.05), (1_000_000, 64, 30_304, 0.03), (1_000_000, 32, 90_910, 0.018)]
        {
            let room = u32::try_from(threshold).unwrap() - 1;
            assert!(five_deviations(card_holders, cohorts) <= room);
            let (found, expected) = (overflow(card_holders, cohorts, room), by_logarithms(card_holders, cohorts, room));
            assert!(found > risk && (found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
        }
        for (card_holders, threshold) in [(5_000, 8), (1_000_000, 16), (1_000_000, 32), (1_000_000, 64), (70, 64)] {
            let plan = CohortPlan::new(card_holders, 3, threshold).unwrap();
            let risk = |cohorts, load| by_logarithms(card_holders, cohorts, load);
            assert!(risk(plan.cohorts, plan.room) < CohortPlan::RISK, "{plan:?}");
            assert!(risk(plan.cohorts, plan.worst_load) < CohortPlan::RISK, "{plan:?}");
            assert!((plan.overflow / risk(plan.cohorts, plan.room) - 1.0).abs() < 1e-6, "{plan:?}");
        }
        // 2^20 cohorts of this room are too few.
        assert_eq!(CohortPlan::new(1_000_000, 3, 8), Err(PlanError::Population));
    }

    #[test]
    fn hashed_card_holders_fit_the_plan() {
        let plan = CohortPlan::new(20_000, 5, 256).unwrap();
        let label = Label::new("cards").unwrap();
        let mut loads = vec![0_u32; usize::try_from(plan.cohorts).unwrap()];
        for n in 0..20_000_u32 {
            let cohort = Cohort::of(&Identifier::new(n.to_be_bytes()).unwrap(), &label, plan.cohorts);
            loads[usize::try_from(cohort.index().unwrap()).unwrap()] += 1;
        }
        assert!(loads.iter().all(|load| *load <= plan.worst_load), "{plan:?} {loads:?}");
    }
}
