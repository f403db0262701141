//! The planner of cohorts, and how the authority example writes days and identifiers.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "to be read, and of no use elsewhere"
)]

pub mod cohort_plan;
pub mod dates;
pub mod names;
