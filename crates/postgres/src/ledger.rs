//! The ledger as a value: each step in a transaction of its own.

use core::time::Duration;

use deadpool_postgres::{Object, Pool};
use polyseal::ledger::{Filed, Record};
use polyseal::{LedgerError, Pending, Received, Refused};
use tokio_postgres::types::Type;

use crate::filing::{durably, file_by, number, one};
use crate::{Result, migrations};

/// How often something is tried that PostgreSQL refuses in favour of another transaction.
const TRIES: u32 = 10;
/// How many orders are forgotten in one transaction.
const BATCH: i64 = 1_000;

const RAISE_FLOOR: &str = concat!("UPDATE polyseal_times SET floor = greatest(floor, $1) RETURNING ", durably!());
const RAISE_MARK: &str = concat!("UPDATE polyseal_times SET mark = greatest(mark, $1) RETURNING ", durably!());
const PURGE: &str = "WITH gone AS (\
         DELETE FROM polyseal_orders WHERE ctid = ANY (ARRAY(\
             SELECT ctid FROM polyseal_orders WHERE expires < (SELECT floor FROM polyseal_times) \
             ORDER BY expires LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1) \
     SELECT count(*) FROM gone";

/// A ledger over PostgreSQL, for programs that have no books to share a transaction with. Cheap to clone.
///
/// Any number of processes may have one, and others may call [`file`](crate::file) at the same time.
#[derive(Clone, Debug)]
pub struct PostgresLedger {
    pool: Pool,
}

impl PostgresLedger {
    /// The ledger whose tables [`migrate`](crate::migrate) has made, where the pool's connections see them.
    ///
    /// # Errors
    ///
    /// [`PostgresError::Version`](crate::PostgresError::Version) if there are no tables, or older or newer ones; another
    /// [`PostgresError`](crate::PostgresError) if the database cannot be asked.
    pub async fn open(pool: Pool) -> Result<Self> {
        migrations::check(&*pool.get().await?).await?;
        Ok(Self { pool })
    }

    pub(crate) async fn client(&self) -> Result<Object> {
        Ok(self.pool.get().await?)
    }

    /// Files a record, durably. What PostgreSQL refuses in favour of another transaction is tried again, a bounded number of
    /// times.
    ///
    /// # Errors
    ///
    /// [`PostgresError`](crate::PostgresError). Whether the change was stored may then be unknown: filing it again is safe.
    pub async fn file(&self, record: &Record<'_>) -> Result<Filed> {
        let mut pause = Duration::from_millis(1);
        for _ in 1..TRIES {
            match file_by(&**self.client().await?, record).await {
                Err(error) if error.can_retry() => {}
                filed => return filed,
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2);
        }
        file_by(&**self.client().await?, record).await
    }

    /// Files the record of a step and completes it, as [`Pending::file`] does with a synchronous ledger.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the step does not happen, with the step, which can be filed again.
    pub async fn complete<N, A>(
        &self,
        pending: Pending<N, A>,
    ) -> core::result::Result<Received<N, A>, Refused<Pending<N, A>, LedgerError>> {
        match self.complete_once(pending).await {
            Err(Refused { state, error: LedgerError::FileAgain }) => self.complete_once(state).await,
            completed => completed,
        }
    }

    async fn complete_once<N, A>(
        &self,
        pending: Pending<N, A>,
    ) -> core::result::Result<Received<N, A>, Refused<Pending<N, A>, LedgerError>> {
        let filed = self.file(&pending.record()).await;
        match filed {
            Ok(filed) => pending.complete(filed),
            Err(error) => Err(Refused { state: pending, error: LedgerError::Storage(error.into()) }),
        }
    }

    /// From now on refuses new orders that expire before the second `floor`. The floor never sinks.
    ///
    /// It deletes nothing: the old orders stay, and are found, until [`purge`](Self::purge) forgets them. (The other ledgers'
    /// `raise_floor` does both, which here would take long.) It waits for transactions that file new orders.
    ///
    /// # Errors
    ///
    /// [`PostgresError`](crate::PostgresError); whether the floor was raised may then be unknown.
    pub async fn raise_floor(&self, floor: u64) -> Result<()> {
        self.raise(RAISE_FLOOR, floor).await
    }

    /// From now on refuses new orders that were issued before the second `mark`: for a database that was
    /// [restored or made anew](polyseal::ledger#after-a-loss). The mark never sinks.
    ///
    /// # Errors
    ///
    /// [`PostgresError`](crate::PostgresError); whether the mark was set may then be unknown.
    pub async fn refuse_issued_before(&self, mark: u64) -> Result<()> {
        self.raise(RAISE_MARK, mark).await
    }

    async fn raise(&self, sql: &str, time: u64) -> Result<()> {
        one(self.client().await?.query_typed(sql, &[(&number(time), Type::INT8)]).await?)?;
        Ok(())
    }

    /// Forgets all orders that expired before the floor, some at a time, and says how many they were. Steps go on meanwhile.
    /// An order that a transaction has in hand stays for the next time.
    ///
    /// # Errors
    ///
    /// [`PostgresError`](crate::PostgresError). What is forgotten by then stays so.
    pub async fn purge(&self) -> Result<u64> {
        let client = self.client().await?;
        let mut all = 0_u64;
        loop {
            let gone: i64 = one(client.query_typed(PURGE, &[(&BATCH, Type::INT8)]).await?)?.try_get(0)?;
            all = all.saturating_add(gone.unsigned_abs());
            if gone < BATCH {
                return Ok(all);
            }
        }
    }
}
