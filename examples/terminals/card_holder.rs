//! The card holder's terminal: places one order, and asks until it knows what came of it.
//!
//! The order is sealed once, and stored before it is sent: to seal again would be to make another order. So a card
//! holder that was cut off sends the same envelope again, as one does whose seller was. What came of it is what the
//! receipts of seller and card manager say, and nothing that somebody on the way could say.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use polyseal::card_holder::SealedOrder;
use polyseal::message::{Envelope, Receipt, Status, Windows};
use polyseal::{CardHolder, DisclosurePolicy, Order, OrderForm, Role, Share};

use crate::call::{Call, Caller};
use crate::folder::Folder;
use crate::server::say;
use polyseal_examples::cast::bank;
use polyseal_examples::files;
use polyseal_examples::message::Kind;
use polyseal_examples::party::handshake;
use polyseal_examples::program::{Result, now, os_rng};

/// How long the seller may take to carry an order to its end.
const CALL: Duration = Duration::from_secs(10);
/// How long to wait before a second call; then twice as long each time.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

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

    /// Buys what is on the order, once, and says what came of it. Gives up after this time.
    pub(crate) fn buy(&self, patience: Duration) -> Result<()> {
        let begin = Instant::now();
        let mut pause = PAUSE;
        loop {
            match self.attempt()? {
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

    /// Calls the seller with the order. An inner error may be gone the next time.
    fn attempt(&self) -> Result<core::result::Result<String, String>> {
        let mut call = match self.caller.call(&self.holder, Role::SELLER, CALL) {
            Ok(call) => call,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let envelope = self.envelope(&call)?;
        Ok(self.place(&mut call, &envelope).map_err(|error| error.to_string()))
    }

    /// The sealed order: of the first time, if there was one.
    fn envelope(&self, call: &Call<'_>) -> Result<Vec<u8>> {
        files::once(&self.folder.path("envelope"), || {
            let order: Order = serde_json::from_slice(&self.folder.read("order.json")?)?;
            let form = OrderForm::from_bytes(call.payload())?;
            let holder = self.holder.with_evidence(&call.evidence())?;
            let split = holder.split(&order, &form)?;
            let sealed = split.seal(&holder, now()?, Windows::default(), &mut os_rng())?;
            let SealedOrder { awaiting, envelope, .. } = sealed;
            // This comes first, so that whoever finds an envelope finds what belongs to it.
            files::store(&self.folder.path("placed"), &awaiting.export())?;
            Ok(envelope.to_bytes())
        })
    }

    /// Sends it, and reads the receipts: the seller's, and the card manager's that it passes on.
    fn place(&self, call: &mut Call<'_>, envelope: &[u8]) -> Result<String> {
        call.send(Kind::Envelope, envelope)?;
        let placed = self.holder.restore(&self.folder.read("placed")?)?;
        let mut status = |giver: Role| {
            let report = placed.receive(&self.holder, &Receipt::from_bytes(&call.expect(Kind::Receipt)?)?, now()?)?;
            if *report.role() == giver { Ok(report) } else { Err(format!("no receipt of the {giver}").into()) }
        };
        let (seller, manager): (Result<_>, Result<_>) = (status(Role::SELLER), status(Role::CARD_MANAGER));
        let digest = Envelope::from_bytes(envelope)?.digest();
        match (seller?.status(), manager?.status()) {
            (Status::Dispatched, Status::Approved) => Ok(format!("{digest} delivered")),
            (Status::Declined { .. }, Status::Declined { reason }) => Ok(format!("{digest} declined: {}", **reason)),
            (seller, manager) => Err(format!("the seller says {seller:?}, the card manager {manager:?}").into()),
        }
    }
}
