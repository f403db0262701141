//! The card holder's terminal: places one order, and asks until it knows what came of it.
//!
//! The order is sealed once, and stored before it is sent: to seal again would be to make another order. So a card
//! holder that was cut off sends the same envelope again, as one does whose seller was. What came of it is what the
//! receipts of seller and card manager say, and nothing that somebody on the way could say. A withdrawal can be sealed
//! as often as it takes.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use polyseal::card_holder::{AwaitingReceipt, SealedOrder};
use polyseal::message::{Receipt, Report, Status, Windows};
use polyseal::{CardHolder, DisclosurePolicy, Order, OrderForm, Role, Share};

use crate::call::{Call, Caller};
use crate::folder::Folder;
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
        Ok(Self { folder, caller, holder })
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

    /// Calls the seller. An inner error may be gone the next time.
    fn attempt(&self, errand: Errand) -> Result<core::result::Result<String, String>> {
        let mut call = match self.caller.call(&self.holder, Role::SELLER, CALL) {
            Ok(call) => call,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let (kind, message) = match errand {
            Errand::Buy(windows) => (Kind::Envelope, self.envelope(&call, windows)?),
            Errand::Withdraw => {
                let withdrawal = self.placed()?.withdraw(&self.holder, now()?, &mut os_rng())?;
                (Kind::Withdrawal, withdrawal.to_bytes())
            }
        };
        Ok(self.send(&mut call, kind, &message).map_err(|error| error.to_string()))
    }

    /// The order that it has sealed.
    fn placed(&self) -> Result<AwaitingReceipt> {
        Ok(self.holder.restore(&self.folder.read("placed")?)?)
    }

    /// What a receipt says.
    pub(crate) fn hear(&self, receipt: &Receipt) -> Result<Report> {
        Ok(self.placed()?.receive(&self.holder, receipt, now()?)?)
    }

    /// The sealed order: of the first time, if there was one.
    fn envelope(&self, call: &Call<'_>, windows: Windows) -> Result<Vec<u8>> {
        files::once(&self.folder.path("envelope"), || {
            let order: Order = serde_json::from_slice(&self.folder.read("order.json")?)?;
            let form = OrderForm::from_bytes(call.payload())?;
            let holder = self.holder.with_evidence(&call.evidence())?;
            let split = holder.split(&order, &form)?;
            let sealed = split.seal(&holder, now()?, windows, &mut os_rng())?;
            let SealedOrder { awaiting, envelope, .. } = sealed;
            // This comes first, so that whoever finds an envelope finds what belongs to it.
            files::store(&self.folder.path("placed"), &awaiting.export())?;
            Ok(envelope.to_bytes())
        })
    }

    /// Sends it, and reads the receipts: the seller's, and the card manager's that it passes on.
    fn send(&self, call: &mut Call<'_>, kind: Kind, message: &[u8]) -> Result<String> {
        call.send(kind, message)?;
        let mut report = |giver: Role| {
            let report = self.hear(&Receipt::from_bytes(&call.expect(Kind::Receipt)?)?)?;
            if *report.role() == giver { Ok(report) } else { Err(format!("no receipt of the {giver}").into()) }
        };
        let (seller, manager): (Result<_>, Result<_>) = (report(Role::SELLER), report(Role::CARD_MANAGER));
        let (end, manager, digest) = (outcome::end(&seller?), manager?, self.placed()?.digest());
        match (end, manager.status()) {
            ("delivered" | "failed", Status::Approved) | ("cancelled", Status::Cancelled) => {
                Ok(format!("{digest} {end}"))
            }
            ("declined", Status::Declined { reason }) => Ok(format!("{digest} declined: {}", **reason)),
            (end, manager) => Err(format!("by the seller the order is {end}, by the card manager {manager:?}").into()),
        }
    }
}
