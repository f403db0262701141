//! What whoever looks after the ledger wants to know.

use polyseal::ledger::LedgerKey;
use polyseal::message::OrderDigest;
use polyseal::{Identifier, Role};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::filing::number;
use crate::{PostgresError, PostgresLedger, Result};

/// As the index has it, so that the index is used. The stages are [`CLOSED_STAGES`](polyseal::ledger::CLOSED_STAGES).
macro_rules! is_open {
    () => {
        "stage NOT IN ('delivered', 'declined', 'cancelled')"
    };
}

const STAGES: &str = concat!(
    "SELECT role, stage, count(*), min(issued_at) FROM polyseal_orders WHERE ",
    is_open!(),
    " GROUP BY role, stage ORDER BY role, stage"
);
const OPEN_ORDERS: &str = concat!(
    "SELECT owner, role, digest, stage, issued_at, expires FROM polyseal_orders WHERE ",
    is_open!(),
    " AND role = $1 AND stage = $2 AND issued_at < $3 ORDER BY issued_at LIMIT $4"
);

/// The open orders of a role at a stage: how many they are, and how old.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenStage {
    /// The role whose orders they are.
    pub role: Role,
    /// The stage, as [`Record::stage`](polyseal::ledger::Record::stage) names it.
    pub stage: String,
    /// How many orders there are.
    pub orders: u64,
    /// When the oldest of them was issued, in seconds since 1970.
    pub oldest: u64,
}

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

/// For whoever looks after the ledger. Open is what is at none of the
/// [closed stages](polyseal::ledger::CLOSED_STAGES), where it also says which orders stay open until they are purged.
impl PostgresLedger {
    /// How many open orders there are, by role and stage, and how old the oldest are.
    ///
    /// # Errors
    ///
    /// [`PostgresError`] if the database cannot be asked, or has something that is no order.
    pub async fn stages(&self) -> Result<Vec<OpenStage>> {
        let rows = self.client().await?.query_typed(STAGES, &[]).await?;
        rows.iter()
            .map(|row| {
                let (orders, oldest) = (count(row, 2)?, count(row, 3)?);
                Ok(OpenStage { role: role(row, 0)?, stage: row.try_get(1)?, orders, oldest })
            })
            .collect()
    }

    /// The open orders of a role at a stage that were issued before the second `issued_before`: the oldest first, and at
    /// most `most`.
    ///
    /// # Errors
    ///
    /// [`PostgresError`] if the database cannot be asked, or has something that is no order.
    pub async fn open_orders(&self, of: &Role, stage: &str, issued_before: u64, most: u32) -> Result<Vec<OpenOrder>> {
        let (of, before, most) = (of.as_str(), number(issued_before), i64::from(most));
        let asked: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 4] =
            [(&of, Type::TEXT), (&stage, Type::TEXT), (&before, Type::INT8), (&most, Type::INT8)];
        let rows = self.client().await?.query_typed(OPEN_ORDERS, &asked).await?;
        rows.iter()
            .map(|row| {
                let owner = Identifier::new(row.try_get::<_, &[u8]>(0)?).map_err(|_| PostgresError::NoOrder)?;
                let digest = row.try_get::<_, &[u8]>(2)?.try_into().map_err(|_| PostgresError::NoOrder)?;
                let key = LedgerKey { owner, role: role(row, 1)?, digest: OrderDigest::from_bytes(digest) };
                Ok(OpenOrder { key, stage: row.try_get(3)?, issued_at: count(row, 4)?, expires: count(row, 5)? })
            })
            .collect()
    }
}

fn role(row: &Row, place: usize) -> Result<Role> {
    Role::new(row.try_get(place)?).map_err(|_| PostgresError::NoOrder)
}

fn count(row: &Row, place: usize) -> Result<u64> {
    Ok(row.try_get::<_, i64>(place)?.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use polyseal::ledger::CLOSED_STAGES;

    use super::{OPEN_ORDERS, STAGES};
    use crate::MIGRATIONS;

    /// SQL cannot use the constant.
    #[test]
    fn the_sql_has_the_closed_stages() {
        let closed: Vec<_> = CLOSED_STAGES.iter().map(|stage| format!("'{stage}'")).collect();
        let is_open = format!("stage NOT IN ({})", closed.join(", "));
        for text in [STAGES, OPEN_ORDERS, &*MIGRATIONS.concat(), include_str!("../README.md")] {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(text.matches("stage NOT IN").count(), 1, "{text}");
            assert!(text.contains(&is_open), "{text}");
        }
    }
}
