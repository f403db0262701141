//! What whoever looks after the ledger wants to know.

use polyseal::ledger::{CLOSED_STAGES, LedgerKey};
use polyseal::message::OrderDigest;
use polyseal::{Identifier, Role};
use redb::{ReadableDatabase, ReadableTable};

use crate::tables::{ENTRIES, Key};
use crate::{RedbError, RedbLedger, Result};

/// An order that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenOrder {
    /// Whose order it is, and which.
    pub key: LedgerKey,
    /// The stage, as [`Record::stage`](polyseal::ledger::Record::stage) names it.
    pub stage: String,
    /// When it was issued, in seconds since 1970.
    pub issued_at: u64,
    /// The last second through which it is kept.
    pub expires: u64,
}

/// For whoever looks after the ledger.
impl RedbLedger {
    /// The orders that were issued before the second `issued_before` and are open, the oldest first: those at none of the
    /// [closed stages](polyseal::ledger::CLOSED_STAGES), where it also says which orders stay open until they are forgotten.
    ///
    /// All entries are looked at, and nothing is filed meanwhile.
    ///
    /// # Errors
    ///
    /// [`RedbError`] if the file cannot be read, or has something that is no order.
    pub fn open_orders(&self, issued_before: u64) -> Result<Vec<OpenOrder>> {
        self.with(|database| {
            let entries = database.begin_read()?.open_table(ENTRIES)?;
            let mut open = Vec::new();
            for entry in entries.iter()? {
                let (key, entry) = entry?;
                let (_, issued_at, expires, stage, _) = entry.value();
                if issued_at < issued_before && !CLOSED_STAGES.contains(&stage) {
                    open.push(OpenOrder { key: key_of(key.value())?, stage: stage.into(), issued_at, expires });
                }
            }
            open.sort_by(|a, b| (a.issued_at, &a.key).cmp(&(b.issued_at, &b.key)));
            Ok(open)
        })
    }
}

fn key_of((owner, role, digest): Key<'_>) -> Result<LedgerKey> {
    let no_order = || RedbError::Damaged("it has an entry that is no order".into());
    let (owner, role) = (Identifier::new(owner).map_err(|_| no_order())?, Role::new(role).map_err(|_| no_order())?);
    Ok(LedgerKey { owner, role, digest: OrderDigest::from_bytes(*digest) })
}
