//! Four terminals as four processes, over TCP.
//!
//! ```text
//! cargo run --release --example terminals -- [--json] [--decline] [--dir DIR]
//! ```
//!
//! This enrols a card holder, a seller, a card manager and a delivery service, starts a process for each, and tells
//! what happened. Or do it by hand, in four windows:
//!
//! ```text
//! terminals enrol            --dir DIR
//! terminals card-manager     --dir DIR
//! terminals delivery-service --dir DIR
//! terminals seller           --dir DIR
//! terminals card-holder      --dir DIR
//! terminals refund           --dir DIR "12.00 EUR"
//! terminals cancel           --dir DIR
//! terminals report           --dir DIR    # once the others are closed
//! ```
//!
//! Each has a folder of its own in DIR, with its share and, but for the card holder, its ledger and its journal. Kill
//! one or all of them at any moment and start them again: the purchase goes on, and there is one delivery in the end,
//! or none.
//!
//! `frame` puts messages on TCP, `server` takes calls and `call` makes them, each with bounds on everything that the
//! other side decides; every call begins with a handshake (patent claim 7). Then there is a module for each
//! role, whose work is done by the parties of the ledger example, and `clerk` tells the seller's to cancel or to refund. `enrol`, `supervisor` and `record` make, run and read
//! the whole.

mod call;
mod card_holder;
mod card_manager;
mod clerk;
mod delivery_service;
mod enrol;
mod folder;
mod frame;
mod record;
mod rests;
mod seller;
mod server;
mod supervisor;

use core::net::SocketAddr;
use core::time::Duration;
use std::io::Read;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::{Args, Parser, Subcommand};
use polyseal::Role;
use polyseal::message::{OrderDigest, Windows};
use polyseal::order::Amount;

use folder::{Folder, PhoneBook};
use polyseal_examples::lists::Lists;
use polyseal_examples::program::{self, Result};
use polyseal_examples::report;
use server::Service;

/// Buys something between four processes. Without a command: enrols them, runs them all, and tells what happened.
#[derive(Parser)]
#[command(name = "terminals", args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Run>,
    #[command(flatten)]
    all: All,
}

#[derive(Args)]
struct All {
    /// Where the terminals have their folders, which are kept. If they are there, this goes on with what they were
    /// enrolled with [default: a directory that is removed afterwards]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    supplies: Supplies,
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

/// What terminals are enrolled with.
#[derive(Args)]
struct Supplies {
    /// The order: a JSON object of objects, arrays and strings [default: examples/data/order.json]
    #[arg(long, value_name = "FILE")]
    order: Option<PathBuf>,
    /// The seller's form, for seller, card manager and delivery service [default: examples/data/form.json]
    #[arg(long, value_name = "FILE")]
    form: Option<PathBuf>,
    #[command(flatten)]
    lists: Lists,
    /// The degree t of the authority's polynomial, 2 to 4096: any t shares reveal nothing about other keys
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(2..=4096))]
    threshold: u16,
    /// Pay with a card that the card manager does not know
    #[arg(long)]
    decline: bool,
}

#[derive(Subcommand)]
enum Run {
    /// Make the folders of four terminals, with a share in each
    Enrol {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        supplies: Supplies,
    },
    /// Place the order, and wait for what comes of it
    CardHolder {
        #[command(flatten)]
        place: Place,
        /// For how long to go on trying
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        patience: u64,
        /// For how long the order may be accepted, where it is sealed now
        #[arg(long, value_name = "SECONDS", default_value_t = Windows::default().accept)]
        accept: u64,
        /// Withdraw the order that was placed: the seller is to dispatch nothing more
        #[arg(long, conflicts_with = "anew")]
        withdraw: bool,
        /// Put an order away that was placed before and has ended, and place another
        #[arg(long)]
        anew: bool,
        #[command(flatten)]
        life: Life,
    },
    /// Take orders
    Seller(Listen),
    /// Decide orders
    CardManager(Listen),
    /// Deliver orders
    DeliveryService {
        #[command(flatten)]
        listen: Listen,
        /// Report that nothing can be delivered, and why
        #[arg(long, value_name = "REASON")]
        fail: Option<String>,
    },
    /// Make a directory, and remove it when standard input ends
    #[command(hide = true)]
    Keep {
        #[command(flatten)]
        place: Place,
    },
    /// Have the seller's terminal cancel an order
    Cancel {
        #[command(flatten)]
        errand: Errand,
    },
    /// Have the seller's terminal refund a sum of an order
    Refund {
        #[command(flatten)]
        errand: Errand,
        /// The sum, such as "12.00 EUR"
        sum: Amount,
    },
    /// Tell what happened, once the terminals are closed
    Report {
        #[command(flatten)]
        place: Place,
        /// Print one JSON object and nothing else
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Place {
    /// Where the terminals have their folders
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

#[derive(Args)]
struct Life {
    /// End when standard input ends: for whoever starts this and must not leave it behind
    #[arg(long)]
    until_input_ends: bool,
}

#[derive(Args)]
struct Errand {
    #[command(flatten)]
    place: Place,
    /// The order [default: the only one that the seller has]
    #[arg(long, value_name = "DIGEST")]
    order: Option<OrderDigest>,
    /// For how long to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    patience: u64,
}

#[derive(Args)]
struct Listen {
    #[command(flatten)]
    place: Place,
    /// Where to listen: 0 is any free port
    #[arg(long = "listen", value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    address: SocketAddr,
    #[command(flatten)]
    life: Life,
}

fn main() -> ExitCode {
    program::main(run)
}

/// Does it. What there is to say at the end.
fn run(arguments: &Arguments) -> Result<String> {
    let Some(command) = &arguments.command else {
        return supervisor::run(&arguments.all);
    };
    match command {
        Run::Enrol { place, supplies } => {
            let dir = place.dir.display();
            if !enrol::run(&place.dir, &enrol::lock(&place.dir)?, supplies)? {
                return Ok(format!("{dir}: enrolled before, and left as it is\n"));
            }
        }
        Run::CardHolder { place, patience, accept, withdraw, anew, life } => {
            life.begin();
            let folder = Folder::lock(&place.dir, &Role::CARD_HOLDER)?;
            let windows = Windows { accept: *accept, ..Windows::default() };
            let errand = if *withdraw { card_holder::Errand::Withdraw } else { card_holder::Errand::Buy(windows) };
            let terminal = card_holder::Terminal::open(folder)?;
            if *anew {
                terminal.put_away()?;
            }
            terminal.run(errand, Duration::from_secs(*patience))?;
        }
        Run::Seller(listen) => {
            listen.serve(&seller::Terminal::open(listen.folder(&Role::SELLER)?)?)?;
        }
        Run::CardManager(listen) => {
            let folder = listen.folder(&Role::CARD_MANAGER)?;
            listen.serve(&card_manager::Terminal::open(&folder)?)?;
        }
        Run::DeliveryService { listen, fail } => {
            let folder = listen.folder(&Role::DELIVERY_SERVICE)?;
            listen.serve(&delivery_service::Terminal::open(&folder, fail.clone())?)?;
        }
        Run::Keep { place } => return supervisor::keep(&place.dir),
        Run::Cancel { errand } => return errand.run(None),
        Run::Refund { errand, sum } => return errand.run(Some(sum.clone())),
        Run::Report { place, json } => {
            let purchase = record::read(&place.dir)?;
            return if *json { Ok(report::json(&purchase)) } else { report::text(&purchase) };
        }
    }
    Ok(String::new())
}

/// Waits until standard input ends.
fn until_input_ends() {
    let mut input = std::io::stdin().lock();
    loop {
        match input.read(&mut [0; 64]) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(read) if read > 0 => {}
            _ => return,
        }
    }
}

impl Errand {
    fn run(&self, sum: Option<Amount>) -> Result<String> {
        let folder = Folder::of(&self.place.dir, &Role::SELLER);
        folder.phone_book()?;
        clerk::tell(&folder, self.order, sum, Duration::from_secs(self.patience))
    }
}

impl Listen {
    fn folder(&self, role: &Role) -> Result<Folder> {
        Folder::lock(&self.place.dir, role)
    }

    /// Listens, says where in the phone book, and serves whoever comes.
    fn serve<S: Service>(&self, service: &S) -> Result<()> {
        self.life.begin();
        let listener = TcpListener::bind(self.address).map_err(|error| format!("{}: {error}", self.address))?;
        let address = listener.local_addr()?;
        PhoneBook::open(&self.place.dir)?.publish(&S::ROLE, address)?;
        server::say(&format!("{}: listening on {address}", S::ROLE));
        server::run(&listener, service);
        Ok(())
    }
}

impl Life {
    /// From now on the process ends when its standard input does, if it is to.
    fn begin(&self) {
        if self.until_input_ends {
            thread::spawn(|| {
                until_input_ends();
                std::process::exit(0);
            });
        }
    }
}
