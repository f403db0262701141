//! A shop, a bank and a courier as services, each of two processes, over one PostgreSQL; buyers in numbers; and whoever
//! pulls the plug.
//!
//! ```text
//! cargo run --release -p cluster -- --orders 2000 --kill-every 50 --crash-database 3 --roll-epoch --revoke --refund 10
//! ```
//!
//! Each order goes to both processes of the shop, twice. The books, withdrawals, refunds and deliveries, have no unique
//! keys: what is done twice would be there twice. At the end they are held against what the buyers were told.
//!
//! Data flows like this: `buyers` send orders over `http` to `shop`, which asks `bank` and `courier`; all three are a
//! `service`, which files their steps and their books in one transaction. `cluster` starts, kills and restarts the
//! processes; `trouble` says when; `figures` watches; `audit` holds the books against the orders; `report` and `picture`
//! tell. `keys` makes the shares.

mod audit;
mod bank;
mod buyers;
mod cluster;
mod courier;
mod figures;
mod http;
mod keys;
mod picture;
mod report;
mod service;
mod shop;
mod trouble;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use polyseal_examples::program;

/// An error that may cross threads.
pub(crate) type Error = Box<dyn core::error::Error + Send + Sync>;
pub(crate) type Result<T> = core::result::Result<T, Error>;

/// Two shops, two banks and two couriers over one PostgreSQL, under load, while processes are killed.
#[derive(Clone, Debug, Parser)]
#[command(name = "cluster")]
pub(crate) struct Arguments {
    /// How many orders are placed.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    orders: u32,
    /// How many orders are under way at once.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=500))]
    concurrency: u32,
    /// Kills a process each time so many orders have ended; 0 for never.
    #[arg(long, default_value_t = 50, value_name = "ORDERS")]
    kill_every: u32,
    /// How often the database is stopped as by a crash.
    #[arg(long, default_value_t = 1, value_name = "TIMES")]
    crash_database: u32,
    /// From the middle on, buyers use the keys of the next epoch.
    #[arg(long)]
    roll_epoch: bool,
    /// In the middle a customer is revoked, who goes on ordering.
    #[arg(long)]
    revoke: bool,
    /// Of a hundred orders that are delivered, so many are refunded in part.
    #[arg(long, default_value_t = 5, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..=100))]
    refund: u32,
    /// Draws latency and throughput into this SVG file, which must not exist.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Prints the report as JSON, and no line of figures (which only a terminal gets).
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Clone, Debug, Subcommand)]
enum Role {
    /// One process of a service, as this program starts it.
    #[command(hide = true)]
    Serve(service::Setting),
}

fn main() -> ExitCode {
    program::main(run)
}

fn run(arguments: &Arguments) -> program::Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = match &arguments.role {
        Some(Role::Serve(setting)) => runtime.block_on(service::serve(setting)).map(|()| String::new()),
        None => runtime.block_on(cluster::run(arguments)),
    };
    outcome.map_err(|error| -> Box<dyn core::error::Error> {
        if arguments.role.is_none() && cluster::shows_figures(arguments) {
            // What went wrong stands below the line of figures.
            program::say_aside("\n");
        }
        error
    })
}
