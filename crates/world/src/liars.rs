//! Liars.
use crate::world::World;
pub fn lie(_: &mut World, _: u64) {}
pub fn spoil(_: &mut World, _: u64) {}
pub fn break_cohort(_: &mut World, _: u64) {}
