//! The ledger keeps the contract of `polyseal::ledger`, in both forms and at every level of isolation.

use std::sync::Arc;

use deadpool_postgres::Pool;
use polyseal::ledger::contract::{self, Subject};
use polyseal::ledger::{Filed, Ledger, LedgerKey, Record};
use polyseal_postgres::{PostgresError, PostgresLedger, file};
use tokio::runtime::{Handle, Runtime};

use crate::isolation::LEVELS;
use crate::server::{self, Database};

/// How a record is filed.
#[derive(Clone, Copy)]
enum Form {
    /// In a transaction of its own, where the database's default is this level.
    Own(&'static str),
    /// In a transaction of the caller's, at this level.
    Callers(&'static str),
}

struct Handled {
    form: Form,
    ledger: PostgresLedger,
    pool: Pool,
    runtime: Handle,
}

impl Handled {
    async fn file_within(&self, level: &str, record: &Record<'_>) -> Result<Filed, PostgresError> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        tx.batch_execute(&format!("SET TRANSACTION ISOLATION LEVEL {level}")).await?;
        let filed = file(&tx, record).await?;
        tx.commit().await?;
        Ok(filed)
    }
}

impl Ledger for Handled {
    type Error = PostgresError;

    fn file(&mut self, record: &Record<'_>) -> Result<Filed, PostgresError> {
        self.runtime.block_on(async {
            let Form::Callers(level) = self.form else { return self.ledger.file(record).await };
            for _ in 0..100 {
                match self.file_within(level, record).await {
                    Err(error) if error.can_retry() => {}
                    filed => return filed,
                }
            }
            panic!("it never comes to an end");
        })
    }
}

struct Tested {
    form: Form,
    database: Database,
    runtime: Runtime,
}

impl Subject for Tested {
    type Ledger = Handled;

    fn open(&mut self) -> Handled {
        let pool = self.database.pool(1);
        let ledger = self.runtime.block_on(PostgresLedger::open(pool.clone())).unwrap();
        Handled { form: self.form, ledger, pool, runtime: self.runtime.handle().clone() }
    }

    fn crash(&mut self) {
        self.database.server.crash().unwrap();
        self.database.server.run().unwrap();
    }

    fn raise_floor(&mut self, floor: u64) -> bool {
        let ledger = self.open().ledger;
        self.runtime.block_on(async {
            ledger.raise_floor(floor).await.unwrap();
            ledger.purge().await.unwrap();
        });
        true
    }

    fn refuse_issued_before(&mut self, mark: u64) -> bool {
        let ledger = self.open().ledger;
        self.runtime.block_on(ledger.refuse_issued_before(mark)).unwrap();
        true
    }

    fn stage(&mut self, key: &LedgerKey) -> Option<String> {
        let pool = self.database.pool(1);
        let (owner, role, digest) = (key.owner.as_bytes(), key.role.as_str(), &key.digest.as_bytes()[..]);
        let asked = "SELECT stage FROM polyseal_orders WHERE owner = $1 AND role = $2 AND digest = $3";
        let row = self
            .runtime
            .block_on(async { pool.get().await.unwrap().query_one(asked, &[&owner, &role, &digest]).await.unwrap() });
        row.get(0)
    }
}

fn keeps_the_contract(forms: &[Form]) {
    // It crashes, so it is of this test alone.
    let Some(server) = server::own().map(Arc::new) else { return };
    for form in forms {
        let runtime = server::runtime();
        let database = runtime.block_on(server::database(&server));
        let (Form::Own(level) | Form::Callers(level)) = *form;
        runtime.block_on(async {
            database.defaults_to(level).await;
            drop(database.ledger(1).await);
        });
        contract::check(&mut Tested { form: *form, database, runtime }).unwrap();
    }
}

#[test]
fn in_transactions_of_its_own_it_keeps_the_contract() {
    // Above the default of most servers, it has to try again by itself.
    keeps_the_contract(&LEVELS.map(Form::Own));
}

#[test]
fn in_transactions_of_the_caller_it_keeps_the_contract() {
    keeps_the_contract(&LEVELS.map(Form::Callers));
}
