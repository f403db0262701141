//! How many shares a network can lose: t of a polynomial and nothing happens, t + 1 and all of it is gone.
//!
//! ```text
//! cargo run --release --example collusion -- [--threshold T] [--cohorts N] [--population N] [--svg FILE]
//! ```
//!
//! First it is done, with the library's own shares. With t shares of a cohort, three more polynomials are found that
//! would have given the same t shares and another key to a pair outside: so the shares say nothing about it. With t +
//! 1, the shares of others in the cohort come out byte for byte, and none of any other cohort.
//!
//! Then devices are broken into at random, many times, where one polynomial serves everybody, where cohorts are fuller
//! than they should be, and where they are as the planner has them. The picture sets that beside the closed form.
//!
//! `coalition` is what colluders do, `algebra` how they compute, `export` how a share is read from its bytes. The tests
//! prove Blom's bound with the same modules.

mod demonstration;
mod network;
mod picture;
mod simulation;

use core::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use rand::SeedableRng;
use rand::rngs::StdRng;

use network::Network;
use picture::Curve;
use polyseal_example_authority::cohort_plan::CohortPlan;
use polyseal_examples::files::Output;
use polyseal_examples::program::{self, Result};
use simulation::Population;

/// How many services a cohort has besides its devices.
const SERVICES: u32 = 3;

/// Shows what t and t + 1 shares are worth, and how many links a network loses with its devices.
#[derive(Parser)]
#[command(name = "collusion")]
struct Args {
    /// The degree t of the polynomials
    #[arg(long, value_name = "T", default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threshold: u16,

    /// How many cohorts to cut the devices into: fewer than the planner would
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    cohorts: u32,

    /// How many devices there are
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    population: u32,

    /// How often the devices are broken into, each time in another order
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    trials: u32,

    /// From what all random choices come
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,

    /// Where the picture goes, which must not be there yet [default: no picture]
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

fn main() -> ExitCode {
    program::main(run)
}

fn run(args: &Args) -> Result<String> {
    let Args { threshold, cohorts, population, trials, seed, .. } = *args;
    let output = args.svg.as_deref().map(Output::new).transpose()?;
    // A generator that stretches a seed, so that it can be run again. Keys that are to last come from a better one.
    let mut rng = StdRng::seed_from_u64(seed);
    let plan = CohortPlan::new(population, SERVICES, threshold.into())?;
    let network = Network::new(threshold, cohorts, population)?;
    let mut text = demonstration::run(&network, &mut rng)?;

    let populations =
        [1, cohorts, plan.cohorts].map(|cohorts| Population::new(threshold, cohorts, &network.label, &network.devices));
    let every = |steps: u32| (0..=steps).map(move |step| part(population, step, steps)).collect::<Vec<_>>();
    let (simulated, drawn) = (every(50), every(1000));
    let curves: Vec<_> = populations
        .iter()
        .map(|cut| {
            let measured = cut.simulate(&simulated, trials, &mut rng);
            let share = |count: &u32| f64::from(*count) / f64::from(population);
            Curve {
                name: name(cut.cohorts, population, plan.cohorts),
                expected: drawn.iter().map(|count| (share(count), cut.expected(*count))).collect(),
                simulated: simulated.iter().map(share).zip(measured).collect(),
            }
        })
        .collect();
    table(&mut text, args, &populations, &curves)?;
    let (Some(path), Some(output)) = (&args.svg, output) else { return Ok(text) };
    // Whatever becomes of the picture, the table is there.
    program::print(&text)?;
    let title = format!("Links that break with devices: {population} devices, polynomials of degree {threshold}");
    output.finish(picture::draw(&title, &curves)?.as_bytes())?;
    Ok(format!("\nThe picture: {}\n", path.display()))
}

/// So many of so many steps of a whole.
fn part(whole: u32, step: u32, steps: u32) -> u32 {
    let part = u64::from(whole).saturating_mul(step.into()).checked_div(steps.into());
    part.and_then(|part| part.try_into().ok()).unwrap_or(whole)
}

fn name(cohorts: u32, population: u32, planned: u32) -> String {
    let load = f64::from(population) / f64::from(cohorts);
    match cohorts {
        1 => "one polynomial".into(),
        _ if cohorts == planned => format!("{cohorts} cohorts of {load:.0}, as planned"),
        _ => format!("{cohorts} cohorts of {load:.0}"),
    }
}

fn table(text: &mut String, args: &Args, populations: &[Population; 3], curves: &[Curve]) -> Result<()> {
    let trials = args.trials;
    writeln!(
        text,
        "\nLinks broken when devices are broken into at random: the mean of {trials} trials, and the closed form"
    )?;
    write!(text, "\n  {:>8}", "devices")?;
    for curve in curves {
        write!(text, "  {:>30}", curve.name)?;
    }
    writeln!(text)?;
    let rows = curves.first().map_or(0, |curve| curve.simulated.len());
    for row in (0..rows).filter(|row| row % 5 == 0 || curves.iter().any(|curve| curve.is_between(*row))) {
        let points = curves.iter().filter_map(|curve| curve.simulated.get(row));
        for (column, ((share, measured), cut)) in points.zip(populations).enumerate() {
            if column == 0 {
                write!(text, "  {:>6.0} %", share * 100.0)?;
            }
            let compromised = part(args.population, row.try_into()?, rows.saturating_sub(1).try_into()?);
            write!(text, "  {:>20.1} % {:>5.1} %", measured * 100.0, cut.expected(compromised) * 100.0)?;
        }
        writeln!(text)?;
    }
    Ok(())
}
