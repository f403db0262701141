//! The planner's figures, shown before anything is made.

use crate::Result;
use crate::terms::{Parties, Terms};
use polyseal_example_authority::cohort_plan::{CohortPlan, PlanError};

/// How large a network is to be.
#[derive(Clone, Copy)]
pub(crate) enum Size {
    Cohorts(u32),
    CardHolders(u32),
}

/// What a network of these terms holds and costs.
pub(crate) struct Figures {
    card_holders: u32,
    services: u32,
    /// Cohorts and loads, by what a polynomial takes; its sizes are those of another threshold where parties are
    /// assumed.
    plan: CohortPlan,
    sizes: CohortPlan,
}

impl Figures {
    /// Plans for a size. The number of cohorts that comes out belongs in the terms.
    pub(crate) fn new(terms: &Terms, services: u32, size: Size) -> Result<Self> {
        let plan = |card_holders| plan(terms, card_holders, services);
        let card_holders = match size {
            Size::CardHolders(card_holders) => card_holders,
            Size::Cohorts(cohorts) => most(cohorts, plan)?,
        };
        let figures =
            Self { card_holders, services, plan: plan(card_holders)?, sizes: CohortPlan::new(1, 0, terms.threshold)? };
        match size {
            Size::Cohorts(cohorts) if cohorts != figures.cohorts() => Err(format!(
                "{cohorts} cohorts of this threshold hold no more than {}: raise the threshold, or take fewer cohorts",
                figures.cohorts()
            )
            .into()),
            _ => Ok(figures),
        }
    }

    pub(crate) fn cohorts(&self) -> u32 {
        self.plan.cohorts
    }

    pub(crate) fn lines(&self) -> Vec<(&'static str, String)> {
        let Self { card_holders, services, plan, sizes } = self;
        let share = sizes.holder_bytes;
        let polynomials = if plan.cohorts > 1 { u64::from(plan.cohorts).saturating_add(1) } else { 1 };
        let overflow = match plan.cohorts {
            1 => "none: there is one cohort".into(),
            _ => format!("in some cohort more than it can take, with a probability below {:.1e}", plan.overflow),
        };
        vec![
            ("card holders", format!("{card_holders}, room for {} in a cohort besides {services} services", plan.room)),
            ("load of a cohort", format!("{:.1} on average, {} at worst", plan.mean_load, plan.worst_load)),
            ("overflow", overflow),
            ("a card holder's secret", format!("{share} bytes")),
            ("a service's secrets", format!("{} bytes", share.saturating_mul(polynomials))),
            ("a key", format!("about {} products of 64-bit words", sizes.derivation_products)),
        ]
    }
}

/// The planner knows a polynomial that serves t + 2 parties. Where it serves another number, that makes another room
/// for card holders: one service more, or another t, has the same.
fn plan(terms: &Terms, card_holders: u32, services: u32) -> core::result::Result<CohortPlan, PlanError> {
    match terms.parties {
        Parties::Unconditional => CohortPlan::new(card_holders, services, terms.threshold),
        Parties::Closed => CohortPlan::new(card_holders, services.saturating_add(1), terms.threshold),
        Parties::Assumed(parties) => CohortPlan::new(card_holders, services, parties.saturating_sub(2)),
    }
}

/// The most card holders that are planned for in so many cohorts.
fn most(
    cohorts: u32,
    plan: impl Fn(u32) -> core::result::Result<CohortPlan, PlanError>,
) -> core::result::Result<u32, PlanError> {
    let (mut low, mut high) = (plan(1)?.room, u32::MAX);
    while low < high {
        // The middle, rounded up.
        let middle = high.saturating_sub(high.saturating_sub(low) / 2);
        let fits = plan(middle).is_ok_and(|plan| plan.cohorts <= cohorts);
        if fits { low = middle } else { high = middle.saturating_sub(1) }
    }
    Ok(low)
}
