//! The card holder's terminal: places one order, and asks until it knows what came of it.
//!
//! The order is sealed once, and stored before it is sent: to seal again would be to make another order. So a card
//! holder that was cut off sends the same envelope again, as one does whose seller was. What came of it is what the
//! receipts of seller and card manager say, and nothing that somebody on the way could say. A withdrawal can be sealed
//! as often as it takes.
//!
//! An order that has come to an end, or that nobody can accept any more, makes room for another where that is asked for.

use core::time::Duration;
use std::io::ErrorKind;
use std::thread;
use std::time::Instant;

use polyseal::card_holder::{AwaitingReceipt, SealedOrder};
use polyseal::message::{Envelope, Receipt, Report, Status, Windows};
use polyseal::{CardHolder, DisclosurePolicy, Order, OrderForm, Role, Share, Zeroizing};

use crate::call::{Call, Caller};
use crate::folder::{Folder, MOST};
use crate::server::say;
use polyseal_examples::cast::bank;
use polyseal_examples::files;
use polyseal_examples::message::Kind;
use polyseal_examples::outcome;
use polyseal_examples::party::handshake;
use polyseal_examples::program::{Result, now, os_rng};

/// How long the seller may take to carry an order to its end.
const CALL: Duration = Duration::from_secs(10);
/// How long to wait before a second call; then twice as long each time.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The order under way: what it is to be asked for with, and what is sent.
const PLACED: &str = "placed";
const ENVELOPE: &str = "envelope";
/// The second after which nobody accepts it, and how it has ended, by its receipts.
const ACCEPT_UNTIL: &str = "accept-until";
const ENDED: &str = "ended";
/// Bytes of each of the last two.
const NOTE: u64 = 1024;

/// What the card holder is about.
#[derive(Clone, Copy)]
pub(crate) enum Errand {
    /// To buy what is on the order, once.
    Buy(Windows),
    /// To have the seller dispatch nothing more of it.
    Withdraw,
}

/// Somebody with a card.
pub(crate) struct Terminal {
    folder: Folder,
    caller: Caller,
    holder: CardHolder<Share>,
}

impl Terminal {
    pub(crate) fn open(folder: Folder) -> Result<Self> {
        let caller = Caller::open(Role::CARD_HOLDER, &folder)?;
        let book = caller.book();
        let policy = DisclosurePolicy::standard(book.party(&Role::SELLER)?.clone())
            .choose(Role::CARD_MANAGER, bank()?)
            .choose(Role::DELIVERY_SERVICE, book.party(&Role::DELIVERY_SERVICE)?.clone());
        let holder = CardHolder::new(folder.share()?, policy).with_rules(handshake::required());
        let terminal = Self { folder, caller, holder };
        // What is damaged is said before anybody is called.
        terminal.order()?;
        terminal.placed()?;
        Ok(terminal)
    }

    /// Does it, and says what came of the order. Gives up after this time.
    pub(crate) fn run(&self, errand: Errand, patience: Duration) -> Result<()> {
        let begin = Instant::now();
        let mut pause = PAUSE;
        loop {
            match self.attempt(errand)? {
                Ok(outcome) => {
                    say(&format!("card-holder: {outcome}"));
                    return Ok(());
                }
                Err(error) if begin.elapsed() > patience => return Err(error.into()),
                Err(error) => say(&format!("card-holder: again in {pause:?}: {error}")),
            }
            thread::sleep(pause);
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }

    /// Puts the order that was placed away, so that another can be: one that has come to its end, or that nobody can accept
    /// any more.
    pub(crate) fn put_away(&self) -> Result<()> {
        let Some(digest) = self.placed()?.map(|placed| placed.digest()) else { return Ok(()) };
        if self.note(ENDED)?.is_none() {
            if !self.is_too_late()? {
                let wait = "wait for its end, or withdraw it, before you place another";
                return Err(format!("order {digest} is under way: {wait}").into());
            }
            say(&format!("card-holder: {digest} is put away, though no receipt says how it ended"));
        }
        // The order itself comes last: as long as it is there the rest can be found out, or made, again.
        for name in [ENDED, ACCEPT_UNTIL, ENVELOPE, PLACED] {
            let path = self.folder.path(name);
            match std::fs::rename(&path, self.folder.path(&format!("{digest}.{name}"))) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(files::blame(&path)(error).into()),
                _ => files::sync_names(&path)?,
            }
        }
        Ok(())
    }

    /// Whether the time is over in which the order could be accepted.
    fn is_too_late(&self) -> Result<bool> {
        let until = self.note(ACCEPT_UNTIL)?.and_then(|until| until.parse::<u64>().ok());
        let now = now()?;
        Ok(until.is_some_and(|until| until < now))
    }

    fn note(&self, name: &str) -> Result<Option<String>> {
        let text = files::read(&self.folder.path(name), NOTE)?;
        Ok(text.map(|text| String::from_utf8_lossy(&text).into_owned()))
    }

    /// Calls the seller. An inner error may be gone the next time.
    fn attempt(&self, errand: Errand) -> Result<core::result::Result<String, String>> {
        let mut call = match self.caller.call(&self.holder, Role::SELLER, CALL) {
            Ok(call) => call,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let (kind, message) = match errand {
            Errand::Buy(windows) => (Kind::Envelope, self.envelope(&call, windows)?),
            Errand::Withdraw => {
                let withdrawal = self.awaiting()?.withdraw(&self.holder, now()?, &mut os_rng())?;
                (Kind::Withdrawal, withdrawal.to_bytes())
            }
        };
        let sent = self.send(&mut call, kind, &message);
        if let (Err(error), true) = (&sent, self.is_too_late()?) {
            // To try on would be in vain, unless the seller has accepted it and cannot say so now.
            return Err(format!(
                "{error}. The time is over in which the order could be accepted: ask again later, or place another \
                 with --anew"
            )
            .into());
        }
        Ok(sent.map_err(|error| error.to_string()))
    }

    /// The order that it has sealed, if there is one.
    pub(crate) fn placed(&self) -> Result<Option<AwaitingReceipt>> {
        let Some(state) = files::read(&self.folder.path(PLACED), MOST)?.map(Zeroizing::new) else { return Ok(None) };
        Ok(Some(self.holder.restore(&state).map_err(|error| self.folder.damaged(PLACED, &error))?))
    }

    /// What it is to buy.
    fn order(&self) -> Result<Order> {
        Ok(self.folder.source("order.json").order()?)
    }

    fn awaiting(&self) -> Result<AwaitingReceipt> {
        Ok(self.placed()?.ok_or("no order was placed yet: run \"card-holder\" without --withdraw first")?)
    }

    /// What a receipt says.
    pub(crate) fn hear(&self, receipt: &Receipt) -> Result<Report> {
        Ok(self.awaiting()?.receive(&self.holder, receipt, now()?)?)
    }

    /// The sealed order: of the first time, if there was one.
    fn envelope(&self, call: &Call<'_>, windows: Windows) -> Result<Vec<u8>> {
        let path = self.folder.path(ENVELOPE);
        let holder = self.holder.with_evidence(&call.evidence())?;
        let sealed = match (self.placed()?, files::read(&path, MOST)?) {
            (Some(placed), Some(envelope)) => {
                let is_its_own =
                    Envelope::from_bytes(&envelope).is_ok_and(|envelope| envelope.digest() == placed.digest());
                let mend = "it is damaged: remove it, and it is made again";
                return if is_its_own { Ok(envelope) } else { Err(format!("{}: {mend}", path.display()).into()) };
            }
            // The envelope is lost, or was not stored yet: it is the same order that is sealed again.
            (Some(placed), None) => {
                placed.seal_again(&holder, now()?, &mut os_rng()).map_err(polyseal::Refused::into_error)?
            }
            (None, _) => {
                let order = self.order()?;
                let form = OrderForm::from_bytes(call.payload())?;
                let now = now()?;
                let until = now.saturating_add(windows.accept);
                self.store(ACCEPT_UNTIL, until.to_string().as_bytes())?;
                holder.split(&order, &form)?.seal(&holder, now, windows, &mut os_rng())?
            }
        };
        let SealedOrder { awaiting, envelope, .. } = sealed;
        // This comes first: without it, whoever finds an envelope does not send it.
        self.store(PLACED, &awaiting.export())?;
        let envelope = envelope.to_bytes();
        self.store(ENVELOPE, &envelope)?;
        Ok(envelope)
    }

    fn store(&self, name: &str, bytes: &[u8]) -> Result<()> {
        Ok(files::store(&self.folder.path(name), bytes)?)
    }

    /// Sends it, and reads the receipts: the seller's, and the card manager's that it passes on.
    fn send(&self, call: &mut Call<'_>, kind: Kind, message: &[u8]) -> Result<String> {
        call.send(kind, message)?;
        let mut report = |giver: Role| {
            let report = self.hear(&Receipt::from_bytes(&call.expect(Kind::Receipt)?)?)?;
            if *report.role() == giver { Ok(report) } else { Err(format!("no receipt of the {giver}").into()) }
        };
        let (seller, manager): (Result<_>, Result<_>) = (report(Role::SELLER), report(Role::CARD_MANAGER));
        let (end, manager, digest) = (outcome::end(&seller?), manager?, self.awaiting()?.digest());
        let end = match (end, manager.status()) {
            ("delivered" | "failed", Status::Approved) | ("cancelled", Status::Cancelled) => end.into(),
            ("declined", Status::Declined { reason }) => format!("declined: {}", **reason),
            (end, manager) => {
                return Err(format!("by the seller the order is {end}, by the card manager {manager:?}").into());
            }
        };
        self.store(ENDED, end.as_bytes())?;
        Ok(format!("{digest} {end}"))
    }
}
