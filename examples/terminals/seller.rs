//! The seller's terminal: takes orders, and carries each to its end, whoever goes away meanwhile.
//!
//! The card holder waits on its connection while its order goes to the card manager and to the delivery service. Should
//! one of them not be there, the card holder calls again; and should the card holder not, the order is carried on all
//! the same: what is open is tried again every second, and after a restart found in the journal.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use polyseal::message::OrderDigest;
use polyseal::seller::SellerOrder;
use polyseal::{OrderForm, Peers, Role, Seller, SellerPolicy, Share};

use crate::call::Caller;
use crate::folder::Folder;
use crate::server::{self, Served, Service};
use polyseal_example_ledger::party::Shop;
use polyseal_examples::files::{self, Journal};
use polyseal_examples::message::{Kind, Message};
use polyseal_examples::party::handshake::{self, Handshakes, Heard};
use polyseal_examples::prices::Prices;
use polyseal_examples::program::{Result, now, os_rng};

/// How long a call may take once the other side has shown who it is.
const CALL: Duration = Duration::from_secs(3);
/// How long an order rests that could not be carried on.
const REST: Duration = Duration::from_secs(1);
/// What the seller tells the delivery service.
const INSTRUCTIONS: &str = "collect at gate 2";

/// A shop that is open.
pub(crate) struct Terminal {
    folder: Folder,
    caller: Caller,
    seller: Arc<Seller<Share>>,
    /// Sent along when the seller answers a card holder in a handshake.
    form: Vec<u8>,
    desk: Mutex<Desk>,
}

/// What one thread at a time works with, for one step, and never while it waits for another party.
struct Desk {
    shop: Shop,
    journal: Journal,
    /// Accepted, and not finished.
    open: BTreeSet<OrderDigest>,
    /// Those among them that some thread carries right now.
    carried: BTreeSet<OrderDigest>,
}

impl Terminal {
    pub(crate) fn open(folder: Folder) -> Result<Self> {
        let form: OrderForm = serde_json::from_slice(&folder.read("form.json")?)?;
        let caller = Caller::open(Role::SELLER, &folder)?;
        let managers: Peers = [caller.book().party(&Role::CARD_MANAGER)?.clone()].into_iter().collect();
        let policy = SellerPolicy::new(form.clone(), managers, [])?;
        let seller = Seller::new(folder.share()?, policy).with_rules(handshake::required());
        let seller = Arc::new(seller);
        let (ledger, journal) = folder.books()?;
        let list = serde_json::from_slice(&folder.read("prices.json")?)?;
        let prices = Prices::new(&folder.path("prices.json").display().to_string(), list);
        let shop = Shop { terminal: Arc::clone(&seller), ledger, prices, instructions: |_| INSTRUCTIONS.into() };
        let desk = Desk { open: open_orders(&journal), shop, journal, carried: BTreeSet::new() };
        Ok(Self { folder, caller, seller, form: form.to_bytes(), desk: Mutex::new(desk) })
    }

    /// How far an order has come.
    pub(crate) fn known(&self, digest: OrderDigest) -> Result<SellerOrder> {
        self.desk().shop.order(digest)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // What a thread left half done the next one finds in the ledger, as after a crash.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries an order to its end, unless another thread does. If the card manager was asked, gives its receipt.
    fn carry(&self, digest: OrderDigest) -> Result<Option<Vec<u8>>> {
        if !self.desk().begin(digest) {
            return Err("it is being carried".into());
        }
        let outcome = self.carry_on(digest);
        let mut desk = self.desk();
        desk.carried.remove(&digest);
        let (is_approved, receipt) = outcome?;
        desk.finish(digest, is_approved)?;
        Ok(receipt)
    }

    /// Whether it was approved, and so handed to the delivery service.
    fn carry_on(&self, digest: OrderDigest) -> Result<(bool, Option<Vec<u8>>)> {
        let (is_approved, receipt) = match self.known(digest)? {
            SellerOrder::AwaitingAuthorization(_) => {
                let (is_approved, receipt) = self.ask(digest)?;
                (is_approved, Some(receipt))
            }
            SellerOrder::Approved(_) => (true, None),
            SellerOrder::Declined(_) => (false, None),
        };
        if is_approved {
            self.dispatch(digest)?;
        }
        Ok((is_approved, receipt))
    }

    /// Arrow y. Whether the card manager approves, and its receipt for the card holder.
    ///
    /// The relay is kept, as nobody can make one of a declined order: so a card holder that lost the receipt gets another.
    fn ask(&self, digest: OrderDigest) -> Result<(bool, Vec<u8>)> {
        let mut call = self.caller.call(&*self.seller, Role::CARD_MANAGER, CALL)?;
        let kept = self.folder.path(&format!("{digest}.relay"));
        let relay = files::once(&kept, || self.desk().shop.relay(digest, &call.evidence(), now()?))?;
        call.send(Kind::Relay, &relay)?;
        let answer = call.expect(Kind::Authorization)?;
        let receipt = call.expect(Kind::Receipt)?;
        Ok((self.desk().shop.take_answer(&answer, now()?)?, receipt))
    }

    /// Arrow z.
    fn dispatch(&self, digest: OrderDigest) -> Result<()> {
        let mut call = self.caller.call(&*self.seller, Role::DELIVERY_SERVICE, CALL)?;
        let dispatch = {
            let Desk { shop, journal, .. } = &mut *self.desk();
            shop.dispatch(digest, &call.evidence(), now()?, journal)?
        };
        call.send(Kind::Dispatch, &dispatch)?;
        // Until the delivery service itself says that it has the order, it is sent again.
        call.greet(&*self.seller)?;
        if call.payload() == digest.as_bytes() { Ok(()) } else { Err("the delivery service has not taken it".into()) }
    }
}

impl Desk {
    /// Whether this thread is the one to carry an order.
    fn begin(&mut self, digest: OrderDigest) -> bool {
        self.open.contains(&digest) && self.carried.insert(digest)
    }

    /// Notes that an order is accepted.
    fn accept(&mut self, digest: OrderDigest) -> Result<()> {
        let line = line(digest, OPEN);
        if !self.journal.has(&line) {
            self.journal.add(line)?;
            self.open.insert(digest);
        }
        Ok(())
    }

    /// Notes that it is at its end.
    fn finish(&mut self, digest: OrderDigest, is_approved: bool) -> Result<()> {
        self.journal.add(line(digest, if is_approved { DELIVERED } else { DECLINED }))?;
        self.open.remove(&digest);
        Ok(())
    }
}

const OPEN: &str = "open";
const DELIVERED: &str = "finished delivered";
const DECLINED: &str = "finished declined";

fn line(digest: OrderDigest, deed: &str) -> String {
    format!("{digest} {deed}")
}

/// The orders that the journal leaves open.
fn open_orders(journal: &Journal) -> BTreeSet<OrderDigest> {
    let mut open = BTreeSet::new();
    for (digest, deed) in journal.lines().filter_map(|line| line.split_once(' ')) {
        let Ok(digest) = digest.parse() else { continue };
        match deed {
            OPEN => drop(open.insert(digest)),
            DELIVERED | DECLINED => drop(open.remove(&digest)),
            _ => {}
        }
    }
    open
}

impl Service for Terminal {
    const ROLE: Role = Role::SELLER;
    const SERVES: Role = Role::CARD_HOLDER;
    const SEATS_EACH: usize = 4;

    fn greeting(&self) -> &[u8] {
        &self.form
    }

    fn greet(&self, handshake: &mut Handshakes, message: &Message, payload: &[u8]) -> Result<Heard> {
        handshake.receive(&*self.seller, message, payload, now()?)
    }

    /// Carries on what rests, again and again.
    fn errands(&self) {
        loop {
            let open = self.desk().open.clone();
            for digest in open {
                if let Err(error) = self.carry(digest) {
                    server::say(&format!("seller: order {digest} rests: {error}"));
                }
            }
            thread::sleep(REST);
        }
    }

    /// Arrow x, and what came of it, by the receipts of both who are answerable for that.
    fn serve(&self, kind: Kind, message: &[u8]) -> Result<Served> {
        let Kind::Envelope = kind else { return Err(format!("the seller has no use for \"{kind}\"").into()) };
        let digest = {
            let desk = &mut *self.desk();
            let digest = desk.shop.take_order(message, now()?, &mut desk.journal)?;
            desk.accept(digest)?;
            digest
        };
        let is_open = self.desk().open.contains(&digest);
        let receipt = if is_open { self.carry(digest)? } else { None };
        let managers = match receipt {
            Some(receipt) => receipt,
            None => self.ask(digest)?.1,
        };
        let own = self.known(digest)?.receipt(&*self.seller, now()?, &mut os_rng())?;
        Ok(Served::Answers(vec![(Kind::Receipt, own.to_bytes()), (Kind::Receipt, managers)]))
    }
}
