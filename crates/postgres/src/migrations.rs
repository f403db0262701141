//! The tables, and how they come to be.

use tokio_postgres::{Client, GenericClient};

use crate::{PostgresError, Result};

/// The versions of the tables, as SQL: the first makes them, each other one goes on from the one before. For tools of your
/// own; [`migrate`] does the same, and notes in the table `polyseal_migrations` how far it is.
pub const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_ledger.sql")];

/// Whoever migrates holds this lock meanwhile.
const LOCK: &str = "SELECT pg_advisory_xact_lock(8101713208915263593)";

/// Makes the tables, or brings them up to date, in one transaction: in the first schema of the connection's search path.
/// Returns whether the ledger was made anew.
///
/// Call it when a new version is deployed, not at each start: where a database was lost, it would make an empty ledger, and
/// that accepts every order once more, unless [its mark says otherwise](polyseal::ledger#after-a-loss).
///
/// # Errors
///
/// [`PostgresError::Version`] if the tables are newer than this package; otherwise [`PostgresError::Database`].
pub async fn migrate(client: &mut Client) -> Result<bool> {
    let tx = client.transaction().await?;
    tx.batch_execute(LOCK).await?;
    let before = version(&tx).await?;
    if before > newest() {
        return Err(PostgresError::Version(before));
    }
    if before == 0 {
        tx.batch_execute(
            "CREATE TABLE polyseal_migrations \
             (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
        )
        .await?;
    }
    for (version, sql) in (1_i32..).zip(MIGRATIONS).filter(|(version, _)| *version > before) {
        tx.batch_execute(sql).await?;
        tx.execute("INSERT INTO polyseal_migrations (version) VALUES ($1)", &[&version]).await?;
    }
    tx.commit().await?;
    Ok(before == 0)
}

/// Whether the tables are those of this package.
pub(crate) async fn check(client: &Client) -> Result<()> {
    match version(client).await? {
        found if found == newest() => Ok(()),
        found => Err(PostgresError::Version(found)),
    }
}

/// The version of the tables; 0 if there are none.
async fn version(client: &impl GenericClient) -> Result<i32> {
    let is_there = client.query_one("SELECT to_regclass('polyseal_migrations') IS NOT NULL", &[]).await?;
    if !is_there.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let version = client.query_one("SELECT coalesce(max(version), 0) FROM polyseal_migrations", &[]).await?;
    Ok(version.try_get(0)?)
}

pub(crate) fn newest() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}
