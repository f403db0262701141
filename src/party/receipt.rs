//! Giving receipts, from what the ledger holds.

use rand_core::CryptoRng;

use super::error::GiveReceiptError;
use super::state::Stage;
use crate::envelope::{OrderDigest, Receipt, Report, Status};
use crate::key::{KeySource, Purpose};
use crate::ledger::{Ledger, LedgerError};
use crate::limits;
use crate::link::{Peer, Terminal};
use crate::name::Role;
use crate::seal::{Context, Sealed};

impl<K: KeySource> Terminal<K> {
    /// A receipt for the card holder, of how far an order has come.
    pub(super) fn receipt<L: Ledger + ?Sized>(
        &self,
        digest: OrderDigest,
        now: u64,
        ledger: &L,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Receipt, GiveReceiptError<L::Error>> {
        let state = ledger.load(&self.ledger_key(digest)).map_err(LedgerError::Storage)?.ok_or(LedgerError::Absent)?;
        let saved = self.restore_own(&state)?;
        let status = match &saved.stage {
            Stage::Approved { dispatched, .. } if !dispatched.is_empty() => Status::Dispatched,
            Stage::Approved { .. } | Stage::Decided { reason: None, .. } => Status::Approved,
            Stage::Declined { reason } | Stage::Decided { reason: Some(reason), .. } => {
                Status::Declined { reason: reason.clone() }
            }
            Stage::Awaiting | Stage::Received { .. } => Status::Received,
        };
        let report = Report { role: self.role.clone(), status, at: now.min(limits::TIME) };
        let peer = Peer { role: &Role::CARD_HOLDER, identifier: saved.part.sender() };
        let link = self.link_to(Purpose::Receipt, peer, saved.part.issued_at())?;
        let context = Context { step: 0, digest: &digest.0, role: &Role::CARD_HOLDER };
        let sealed = Sealed::seal(&link, context, None, &report, rng);
        Ok(Receipt { digest, from: self.role.clone(), sealed })
    }
}
