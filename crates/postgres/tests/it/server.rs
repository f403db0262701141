//! The server of PostgreSQL that the tests share, and a database of its own for each.

use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use deadpool_postgres::Pool;
use polyseal_postgres::{PostgresLedger, migrate};
use polyseal_testing_postgres::{FORGETFUL, Server, is_installed, pool};

/// The server that tests share, or none where the tests are skipped. The last one that drops it ends it.
pub fn shared() -> Option<Arc<Server>> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Some(server);
    }
    let server = Arc::new(own()?);
    *shared = Arc::downgrade(&server);
    Some(server)
}

/// A server of a test's own, which it may let crash.
pub fn own() -> Option<Server> {
    is_installed().then(|| Server::start(FORGETFUL).unwrap())
}

/// A database of a test's own, without tables.
pub async fn database(server: &Arc<Server>) -> Database {
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let name = format!("test{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let client = pool(server.folder(), "postgres", 1).unwrap().get().await.unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    Database { server: Arc::clone(server), name }
}

#[derive(Clone)]
pub struct Database {
    pub server: Arc<Server>,
    name: String,
}

impl Database {
    /// Connections, as one process has them.
    pub fn pool(&self, most: usize) -> Pool {
        pool(self.server.folder(), &self.name, most).unwrap()
    }

    /// From the next connection on, a transaction is of this level unless it says otherwise.
    pub async fn defaults_to(&self, level: &str) {
        let set = format!("ALTER DATABASE {} SET default_transaction_isolation = '{level}'", self.name);
        self.pool(1).get().await.unwrap().batch_execute(&set).await.unwrap();
    }

    /// The ledger as one process has it.
    pub async fn ledger(&self, connections: usize) -> PostgresLedger {
        let pool = self.pool(connections);
        migrate(&mut pool.get().await.unwrap()).await.unwrap();
        PostgresLedger::open(pool).await.unwrap()
    }
}

/// Runs a test in a database of its own, on some threads; not at all where there is no PostgreSQL.
pub fn test<F: Future<Output = ()>>(body: impl FnOnce(Database) -> F) {
    let Some(server) = shared() else { return };
    let runtime = runtime();
    runtime.block_on(async { body(database(&server).await).await });
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
