//! The seller's terminal: takes orders, and carries each to its end, whoever goes away meanwhile.
//!
//! The card holder waits on its connection while its order goes to the card manager and to the delivery service. Should
//! one of them not be there, the card holder calls again; and should the card holder not, the order is carried on all
//! the same: what is open is tried again, after a second and then less and less often, and after a restart found in the
//! journal. An order that has expired is cancelled, and so is one that the card holder withdraws before it is dispatched.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use polyseal::error::ReceiveError;
use polyseal::message::{OrderDigest, Receipt, Relay};
use polyseal::seller::SellerOrder;
use polyseal::{LedgerError, Peers, Role, Seller, SellerPolicy, Share};

use crate::call::{Call, Caller};
use crate::clerk::Notes;
use crate::folder::{Folder, MOST};
use crate::rests::{REST, Rests};
use crate::server::{self, Excuse, Service};
use polyseal_example_ledger::party::{Next, Shop};
use polyseal_examples::files;
use polyseal_examples::journal::Journal;
use polyseal_examples::message::{Kind, Message};
use polyseal_examples::party::handshake::{self, Handshakes, Heard};
use polyseal_examples::program::{Result, now, os_rng};

/// How long a call may take once the other side has shown who it is.
const CALL: Duration = Duration::from_secs(3);
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
    notes: Notes,
    /// Accepted, and not finished.
    open: BTreeSet<OrderDigest>,
    /// Those among them that some thread carries right now.
    carried: BTreeSet<OrderDigest>,
}

impl Terminal {
    pub(crate) fn open(folder: Folder) -> Result<Self> {
        let form_file = folder.source("form.json");
        let form = form_file.form()?;
        let caller = Caller::open(Role::SELLER, &folder)?;
        let managers: Peers = [caller.book().party(&Role::CARD_MANAGER)?.clone()].into_iter().collect();
        let policy = SellerPolicy::new(form.clone(), managers, []).map_err(|error| form_file.blame(error))?;
        let seller = Seller::new(folder.share()?, policy).with_rules(handshake::required());
        let seller = Arc::new(seller);
        let (ledger, journal) = folder.books()?;
        let prices = folder.source("prices.json").prices()?;
        let shop = Shop { terminal: Arc::clone(&seller), ledger, prices, instructions: |_| INSTRUCTIONS.into() };
        let notes = Notes::open(folder.clone(), &journal)?;
        let desk = Desk { open: open_orders(&journal), shop, journal, notes, carried: BTreeSet::new() };
        Ok(Self { folder, caller, seller, form: form.to_bytes(), desk: Mutex::new(desk) })
    }

    /// How far an order has come.
    pub(crate) fn known(&self, digest: OrderDigest) -> Result<SellerOrder> {
        self.desk().shop.order(digest)
    }

    /// Its receipt for the card holder.
    pub(crate) fn receipt(&self, digest: OrderDigest) -> Result<Receipt> {
        Ok(self.known(digest)?.receipt(&*self.seller, now()?, &mut os_rng())?)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // What a thread left half done the next one finds in the ledger, as after a crash.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries an order to its end, unless another thread does. If the card manager was asked, gives its receipt.
    fn carry(&self, digest: OrderDigest) -> Result<Option<Vec<u8>>> {
        if !self.desk().begin(digest) {
            return Err(Excuse { why: "the order is under way: ask again".into(), cause: String::new() }.into());
        }
        let outcome = self.carry_on(digest);
        self.desk().carried.remove(&digest);
        outcome
    }

    fn carry_on(&self, digest: OrderDigest) -> Result<Option<Vec<u8>>> {
        let mut receipt = None;
        loop {
            let next = self.desk().next(digest)?;
            match next {
                Next::Relay => receipt = Some(self.relay(digest)?),
                Next::Dispatch => self.dispatch(digest)?,
                Next::Request => receipt = Some(self.request(digest)?),
                Next::Cancel => self.desk().cancel(digest)?,
                Next::Nothing(outcome) => {
                    server::say(&format!("seller: order {digest} {outcome}"));
                    return Ok(receipt);
                }
            }
        }
    }

    fn call(&self, role: &Role) -> Result<Call<'_>> {
        self.caller.call(&*self.seller, role.clone(), CALL).map_err(|error| {
            let why = format!("the {role} cannot be asked now, and is asked again later");
            Excuse { why, cause: error.to_string() }.into()
        })
    }

    /// Arrow y, and the card manager's receipt for the card holder.
    ///
    /// The relay is kept, as nobody can make one of a declined order: so a card holder that lost the receipt gets another.
    fn relay(&self, digest: OrderDigest) -> Result<Vec<u8>> {
        let mut call = self.call(&Role::CARD_MANAGER)?;
        let kept = self.folder.path(&format!("{digest}.relay"));
        let relay = files::once(&kept, MOST, || self.desk().shop.relay(digest, &call.evidence(), now()?))?;
        let is_its_own = Relay::from_bytes(&relay).is_ok_and(|relay| relay.digest() == digest);
        if !is_its_own {
            return Err(format!("{}: it is damaged: restore it from a backup", kept.display()).into());
        }
        call.send(Kind::Relay, &relay)?;
        let answer = call.expect(Kind::Authorization)?;
        let receipt = call.expect(Kind::Receipt)?;
        self.desk().shop.take_answer(&answer, now()?)?;
        Ok(receipt)
    }

    /// Arrow z, and what became of it.
    fn dispatch(&self, digest: OrderDigest) -> Result<()> {
        let mut call = self.call(&Role::DELIVERY_SERVICE)?;
        let dispatch = {
            let Desk { shop, journal, .. } = &mut *self.desk();
            shop.dispatch(digest, &call.evidence(), now()?, journal)?
        };
        call.send(Kind::Dispatch, &dispatch)?;
        let report = call.expect(Kind::Delivery)?;
        self.desk().shop.take_report(&report, now()?)
    }

    /// Has the card manager cancel or refund, and gives its receipt for the card holder.
    fn request(&self, digest: OrderDigest) -> Result<Vec<u8>> {
        let mut call = self.call(&Role::CARD_MANAGER)?;
        let request = self.desk().shop.request(digest, &call.evidence(), now()?)?;
        call.send(Kind::Request, &request)?;
        let response = call.expect(Kind::Response)?;
        let receipt = call.expect(Kind::Receipt)?;
        let Desk { shop, journal, .. } = &mut *self.desk();
        shop.take_response(&response, now()?, journal)?;
        Ok(receipt)
    }

    /// What came of an order, by the receipts of both who are answerable for that.
    fn receipts(&self, digest: OrderDigest) -> Result<Vec<(Kind, Vec<u8>)>> {
        let is_open = self.desk().open.contains(&digest);
        let receipt = if is_open { self.carry(digest)? } else { None };
        let managers = match receipt {
            Some(receipt) => receipt,
            // It answers the same again.
            None if self.known(digest)?.demands().next().is_some() => self.request(digest)?,
            None => self.relay(digest)?,
        };
        Ok(vec![(Kind::Receipt, self.receipt(digest)?.to_bytes()), (Kind::Receipt, managers)])
    }

    fn take_order(&self, envelope: &[u8]) -> Result<OrderDigest> {
        let desk = &mut *self.desk();
        let taken = desk.shop.take_order(envelope, now()?, &mut desk.journal);
        let (digest, admitted) = taken.map_err(|error| match error.downcast::<ReceiveError>() {
            // The library's words are meant for whoever sent it.
            Ok(refusal) => Excuse { why: refusal.to_string(), cause: String::new() }.into(),
            Err(error) => error,
        })?;
        desk.accept(digest)?;
        if let Err(objection) = admitted {
            server::say(&format!("seller: order {digest}: {objection}"));
        }
        Ok(digest)
    }

    /// Does what a clerk has noted.
    fn take_notes(&self) -> Result<()> {
        let desk = &mut *self.desk();
        for digest in desk.notes.take(&mut desk.shop, &mut desk.journal)? {
            desk.reopen(digest)?;
        }
        Ok(())
    }
}

impl Desk {
    /// Whether this thread is the one to carry an order.
    fn begin(&mut self, digest: OrderDigest) -> bool {
        self.open.contains(&digest) && self.carried.insert(digest)
    }

    /// Notes that an order is accepted.
    fn accept(&mut self, digest: OrderDigest) -> Result<()> {
        if self.journal.has(&line(digest, OPEN)) { Ok(()) } else { self.reopen(digest) }
    }

    /// Notes that there is something to do for an order.
    fn reopen(&mut self, digest: OrderDigest) -> Result<()> {
        self.journal.add(line(digest, OPEN))?;
        self.open.insert(digest);
        Ok(())
    }

    /// What there is to do for an order. If there is nothing, that is noted.
    fn next(&mut self, digest: OrderDigest) -> Result<Next> {
        let next = match self.shop.next(digest, now()?) {
            // It was to be settled long ago, and the ledger has forgotten it.
            Err(error) if is_forgotten(&*error) => Next::Nothing("forgotten"),
            next => next?,
        };
        if let Next::Nothing(outcome) = next {
            self.journal.add(line(digest, &format!("{FINISHED} {outcome}")))?;
            self.open.remove(&digest);
        }
        Ok(next)
    }

    fn cancel(&mut self, digest: OrderDigest) -> Result<()> {
        let number = self.shop.next_demand(digest)?;
        Ok(self.shop.demand(digest, number, None, now()?)??)
    }
}

fn is_forgotten(error: &(dyn core::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(LedgerError::Absent))
}

const OPEN: &str = "open";
const FINISHED: &str = "finished";

fn line(digest: OrderDigest, deed: &str) -> String {
    format!("{digest} {deed}")
}

/// The orders that the journal leaves open.
fn open_orders(journal: &Journal) -> BTreeSet<OrderDigest> {
    let mut open = BTreeSet::new();
    for (digest, deed) in journal.lines().filter_map(|line| line.split_once(' ')) {
        let Ok(digest) = digest.parse() else { continue };
        if deed == OPEN {
            open.insert(digest);
        } else if deed.starts_with(FINISHED) {
            open.remove(&digest);
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
        let (mut rests, mut said) = (Rests::default(), String::new());
        loop {
            let complaint = self.take_notes().map_or_else(|error| error.to_string(), |()| String::new());
            if !complaint.is_empty() && complaint != said {
                server::say(&format!("seller: the notes rest: {complaint}"));
            }
            said = complaint;
            let open = self.desk().open.clone();
            for digest in rests.due(&open) {
                rests.note(digest, self.carry(digest));
            }
            thread::sleep(REST);
        }
    }

    /// Arrow x, or a withdrawal, and what came of it.
    fn serve(&self, kind: Kind, message: &[u8]) -> Result<Vec<(Kind, Vec<u8>)>> {
        let digest = match kind {
            Kind::Envelope => self.take_order(message)?,
            Kind::Withdrawal => self.desk().shop.take_withdrawal(message, now()?)?,
            _ => return Err(format!("the seller has no use for \"{kind}\"").into()),
        };
        self.receipts(digest)
    }
}
