//! The tables, and how they come to be.

use tokio_postgres::{Client, GenericClient, IsolationLevel};

use crate::{PostgresError, Result};

/// The versions of the tables, as SQL: the first makes them, each other one goes on from the one before.
///
/// For tools of your own: run in their order, each once and in a transaction, they leave what [`migrate`] leaves. Each ends
/// by noting its number, from 1, in the table `polyseal_migrations`. One that was released never changes.
pub const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_ledger.sql")];

/// Whoever migrates holds this lock meanwhile.
const LOCK: &str = "SELECT pg_advisory_xact_lock(8101713208915263593)";

/// Makes the tables in the first schema of the connection's search path, or brings up to date those that are found in any of
/// its schemas, in one transaction. Returns whether the ledger was made anew.
///
/// Call it when a new version is deployed, not at each start: where a database was lost, it would make an empty ledger, and
/// that accepts every order once more, unless [its mark says otherwise](polyseal::ledger#after-a-loss).
///
/// # Errors
///
/// [`PostgresError::Version`] if the tables are newer than this package; otherwise [`PostgresError::Database`].
pub async fn migrate(client: &mut Client) -> Result<bool> {
    migrate_by(client, MIGRATIONS).await
}

async fn migrate_by(client: &mut Client, migrations: &[&str]) -> Result<bool> {
    // What another one has done while this one waits for the lock is seen at this level alone.
    let tx = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await?;
    tx.batch_execute(LOCK).await?;
    let before = version(&tx).await?;
    if before > newest(migrations) {
        return Err(PostgresError::Version(before));
    }
    for (_, sql) in (1..).zip(migrations).filter(|(version, _)| *version > before) {
        tx.batch_execute(sql).await?;
    }
    tx.commit().await?;
    Ok(before == 0)
}

/// Whether the tables are those of this package.
pub(crate) async fn check(client: &Client) -> Result<()> {
    match version(client).await? {
        found if found == newest(MIGRATIONS) => Ok(()),
        found => Err(PostgresError::Version(found)),
    }
}

/// The version of the tables; 0 if there are none.
async fn version(client: &impl GenericClient) -> Result<i32> {
    // Not `to_regclass`: it goes by what this connection has cached, so a table that was made a moment ago may be none.
    let visible = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class \
         WHERE relname = 'polyseal_migrations' AND pg_catalog.pg_table_is_visible(oid))";
    let is_there = client.query_one(visible, &[]).await?;
    if !is_there.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let version = client.query_one("SELECT coalesce(max(version), 0) FROM polyseal_migrations", &[]).await?;
    Ok(version.try_get(0)?)
}

pub(crate) fn newest(migrations: &[&str]) -> i32 {
    i32::try_from(migrations.len()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use polyseal::ledger::{Change, Filed, LedgerKey, Record};
    use polyseal::message::OrderDigest;
    use polyseal::{Identifier, Role};
    use polyseal_testing_postgres::{FORGETFUL, Server, is_installed, pool};
    use tokio::runtime::Runtime;

    use super::{LOCK, MIGRATIONS, migrate, migrate_by, newest, version};
    use crate::{PostgresError, PostgresLedger};

    /// Whoever has waited for another one sees what that has done, at any level, also if it has just seen that there is
    /// nothing.
    #[test]
    fn who_waits_for_another_migration_finds_it_done() {
        if !is_installed() {
            return;
        }
        let server = Server::start(FORGETFUL).unwrap();
        Runtime::new().unwrap().block_on(async {
            let pool = pool(server.folder(), "postgres", 2).unwrap();
            for level in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
                let (mut first, mut second) = (pool.get().await.unwrap(), pool.get().await.unwrap());
                second.batch_execute(&format!("SET default_transaction_isolation = '{level}'")).await.unwrap();
                assert_eq!(version(&**second).await.unwrap(), 0);
                let tx = first.transaction().await.unwrap();
                tx.batch_execute(LOCK).await.unwrap();
                let waiting = tokio::spawn(async move { migrate(&mut second).await });
                tokio::time::sleep(Duration::from_millis(300)).await;
                tx.batch_execute(&MIGRATIONS.concat()).await.unwrap();
                assert!(!waiting.is_finished(), "{level}");
                tx.commit().await.unwrap();
                assert!(!waiting.await.unwrap().unwrap(), "{level}: made anew");
                let gone = "DROP TABLE polyseal_orders, polyseal_times, polyseal_migrations";
                first.batch_execute(gone).await.unwrap();
            }
        });
    }

    /// What the next version may look like.
    const NEXT: &str = "ALTER TABLE polyseal_orders ADD COLUMN seen bigint NOT NULL DEFAULT 7; \
         INSERT INTO polyseal_migrations (version) SELECT max(version) + 1 FROM polyseal_migrations";

    /// A ledger of this version is brought to a later one with all its orders, in one transaction or not at all, and then
    /// this version refuses it.
    #[test]
    fn a_later_migration_goes_on_from_this_version() {
        if !is_installed() {
            return;
        }
        let server = Server::start(FORGETFUL).unwrap();
        Runtime::new().unwrap().block_on(async {
            let pool = pool(server.folder(), "postgres", 1).unwrap();
            assert!(migrate(&mut pool.get().await.unwrap()).await.unwrap());
            let owner = Identifier::new("shop.example").unwrap();
            let key = LedgerKey { owner, role: Role::SELLER, digest: OrderDigest::from_bytes([7; 32]) };
            let change = Change::Insert { state: b"a" };
            let record = Record { key: &key, issued_at: 1, expires: 2, stage: "received", change };
            let ledger = PostgresLedger::open(pool.clone()).await.unwrap();
            assert_eq!(ledger.file(&record).await.unwrap(), Filed::Done);

            let client = &mut pool.get().await.unwrap();
            let both = |next| [MIGRATIONS, &[next]].concat();
            let broken = format!("{NEXT}; SELECT no_such_column FROM polyseal_orders");
            migrate_by(client, &both(&*broken)).await.unwrap_err();
            assert_eq!(version(&***client).await.unwrap(), newest(MIGRATIONS), "half a migration");
            let later = newest(MIGRATIONS).saturating_add(1);
            for _ in 0..2 {
                assert!(!migrate_by(client, &both(NEXT)).await.unwrap(), "made anew");
                assert_eq!(version(&***client).await.unwrap(), later);
            }
            let seen = client.query_one("SELECT seen, state FROM polyseal_orders", &[]).await.unwrap();
            assert_eq!((seen.get(0), seen.get(1)), (7_i64, &b"a"[..]));
            let error = migrate(client).await.unwrap_err();
            assert!(matches!(error, PostgresError::Version(found) if found == later), "{error}");
        });
    }
}
