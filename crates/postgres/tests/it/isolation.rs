//! What two transactions at once can and cannot do to each other, step by step.

use core::time::Duration;

use deadpool_postgres::{Object, Pool, Transaction};
use polyseal::ledger::{Change, Filed};
use polyseal_postgres::{PostgresError, PostgresLedger, file};
use tokio::time::timeout;

use crate::server::test;
use crate::{key, record};

pub const LEVELS: [&str; 3] = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];
/// Whoever has not got an answer by now waits for somebody.
const A_WHILE: Duration = Duration::from_millis(300);

/// A transaction whose snapshot, if it has one, is of now.
async fn begin<'c>(client: &'c mut Object, level: &str) -> Transaction<'c> {
    let tx = client.build_transaction().start().await.unwrap();
    tx.batch_execute(&format!("SET TRANSACTION ISOLATION LEVEL {level}; SELECT 1 FROM polyseal_times")).await.unwrap();
    tx
}

async fn two_clients(pool: &Pool) -> [Object; 2] {
    [pool.get().await.unwrap(), pool.get().await.unwrap()]
}

/// The answer, unless PostgreSQL has let somebody else go first: then what a new transaction is answered.
async fn answer(
    filed: Result<Filed, PostgresError>,
    ledger: &PostgresLedger,
    record: &polyseal::ledger::Record<'_>,
) -> Filed {
    match filed {
        Err(error) if error.can_retry() => ledger.file(record).await.unwrap(),
        filed => filed.unwrap(),
    }
}

/// An order that came, expired and was purged while a transaction was open is not taken once more by it, whatever its
/// snapshot shows.
#[test]
fn what_was_purged_meanwhile_is_not_new() {
    test(|database| async move {
        let (ledger, pool) = (database.ledger(3).await, database.pool(3));
        for (number, level) in (0..).zip(LEVELS) {
            let (key, expires) = (key(number), 2_000 + u64::from(number));
            let mut insert = record(&key, Change::Insert { state: b"a" });
            insert.expires = expires;
            let mut client = pool.get().await.unwrap();
            let open = begin(&mut client, level).await;
            assert_eq!(ledger.file(&insert).await.unwrap(), Filed::Done, "{level}");
            ledger.raise_floor(expires + 1).await.unwrap();
            assert_eq!(ledger.purge().await.unwrap(), 1, "{level}");
            let filed = file(&open, &insert).await;
            assert!(!matches!(filed, Ok(Filed::Done)), "{level}: accepted twice");
            drop(open);
            assert_eq!(answer(filed, &ledger, &insert).await, Filed::BelowFloor, "{level}");
        }
    });
}

/// The floor waits for whoever files a new order, who then has filed it above the floor; inserts do not wait for each other.
#[test]
fn the_floor_waits_for_new_orders_and_they_do_not_wait_for_each_other() {
    test(|database| async move {
        let (ledger, pool) = (database.ledger(3).await, database.pool(3));
        for (number, level) in (0..).step_by(2).zip(LEVELS) {
            let [mut first, mut second] = two_clients(&pool).await;
            let [first, second] = [begin(&mut first, level).await, begin(&mut second, level).await];
            let keys = [key(number), key(number + 1)];
            let inserts = [0, 1].map(|place| record(&keys[place], Change::Insert { state: b"a" }));
            assert_eq!(file(&first, &inserts[0]).await.unwrap(), Filed::Done);
            assert_eq!(file(&second, &inserts[1]).await.unwrap(), Filed::Done);
            let raising = tokio::spawn({
                let ledger = ledger.clone();
                async move { ledger.raise_floor(100 + u64::from(number)).await }
            });
            second.commit().await.unwrap();
            tokio::time::sleep(A_WHILE).await;
            assert!(!raising.is_finished(), "{level}: the floor rose under an order that is being filed");
            first.commit().await.unwrap();
            raising.await.unwrap().unwrap();
        }
    });
}

/// Of two inserts of one order the second waits for the first, and finds its state if that is committed.
#[test]
fn of_two_inserts_one_is_first() {
    test(|database| async move {
        let (ledger, pool) = (database.ledger(3).await, database.pool(3));
        for (number, level) in (0..).step_by(2).zip(LEVELS) {
            for commits in [true, false] {
                let [mut one, mut two] = two_clients(&pool).await;
                let key = key(number + u32::from(commits));
                let (insert, later) = (Change::Insert { state: b"one" }, Change::Insert { state: b"two" });
                let [one, two] = [begin(&mut one, level).await, begin(&mut two, level).await];
                assert_eq!(file(&one, &record(&key, insert)).await.unwrap(), Filed::Done);
                let second = record(&key, later);
                let expected = if commits { Filed::Found(b"one".to_vec().into()) } else { Filed::Done };
                let filed = {
                    let mut filing = core::pin::pin!(file(&two, &second));
                    assert!(timeout(A_WHILE, &mut filing).await.is_err(), "{level}: it does not wait");
                    if commits {
                        one.commit().await.unwrap();
                    } else {
                        one.rollback().await.unwrap();
                    }
                    filing.await
                };
                assert!(
                    level == LEVELS[0] || !commits || filed.is_err(),
                    "{level}: it sees what its snapshot does not"
                );
                drop(two);
                assert_eq!(answer(filed, &ledger, &second).await, expected, "{level}");
            }
        }
    });
}

/// In its own transaction the ledger takes the step again by itself.
#[test]
fn what_another_transaction_went_before_is_tried_again() {
    test(|database| async move {
        database.defaults_to("SERIALIZABLE").await;
        let (ledger, pool) = (database.ledger(3).await, database.pool(1));
        let (key, mut client) = (key(0), pool.get().await.unwrap());
        for (first, second, expected) in [
            (Change::Insert { state: b"one" }, Change::Insert { state: b"two" }, b"one"),
            (Change::Replace { current: 0, state: b"new" }, Change::Replace { current: 0, state: b"two" }, b"new"),
        ] {
            let one = begin(&mut client, "SERIALIZABLE").await;
            assert_eq!(file(&one, &record(&key, first)).await.unwrap(), Filed::Done);
            let second = record(&key, second);
            let mut filing = core::pin::pin!(ledger.file(&second));
            assert!(timeout(A_WHILE, &mut filing).await.is_err(), "it does not wait");
            one.commit().await.unwrap();
            assert_eq!(filing.await.unwrap(), Filed::Found(expected.to_vec().into()));
        }
    });
}

/// Of two replacements of one revision the second waits for the first, and does not overwrite what that has stored.
#[test]
fn of_two_replacements_one_is_first() {
    test(|database| async move {
        let (ledger, pool) = (database.ledger(3).await, database.pool(3));
        for (number, level) in (0..).zip(LEVELS) {
            let key = key(number);
            assert_eq!(ledger.file(&record(&key, Change::Insert { state: b"a" })).await.unwrap(), Filed::Done);
            let [mut one, mut two] = two_clients(&pool).await;
            let [one, two] = [begin(&mut one, level).await, begin(&mut two, level).await];
            let replace = Change::Replace { current: 0, state: b"one" };
            assert_eq!(file(&one, &record(&key, replace)).await.unwrap(), Filed::Done);
            let second = record(&key, Change::Replace { current: 0, state: b"two" });
            let filed = {
                let mut filing = core::pin::pin!(file(&two, &second));
                assert!(timeout(A_WHILE, &mut filing).await.is_err(), "{level}: it does not wait");
                one.commit().await.unwrap();
                filing.await
            };
            drop(two);
            assert_eq!(answer(filed, &ledger, &second).await, Filed::Found(b"one".to_vec().into()), "{level}");
        }
    });
}

/// Two transactions that file two orders crosswise: PostgreSQL ends one of them, and says so in a way that can be retried.
#[test]
fn a_deadlock_is_to_be_tried_again() {
    test(|database| async move {
        let (ledger, pool) = (database.ledger(3).await, database.pool(3));
        let keys = [key(0), key(1)];
        for key in &keys {
            ledger.file(&record(key, Change::Insert { state: b"a" })).await.unwrap();
        }
        let [mut one, mut two] = two_clients(&pool).await;
        let [one, two] = [begin(&mut one, LEVELS[0]).await, begin(&mut two, LEVELS[0]).await];
        let replacements = [0, 1].map(|place| record(&keys[place], Change::Replace { current: 0, state: b"b" }));
        assert_eq!(file(&one, &replacements[0]).await.unwrap(), Filed::Done);
        assert_eq!(file(&two, &replacements[1]).await.unwrap(), Filed::Done);
        // Whichever is ended ends its transaction, so that the other one goes on.
        let crossing = async |tx: Transaction<'_>, place: usize| {
            let filed = file(&tx, &replacements[place]).await;
            if filed.is_ok() {
                tx.commit().await.unwrap();
            } else {
                tx.rollback().await.unwrap();
            }
            filed
        };
        let mut first = core::pin::pin!(crossing(one, 1));
        assert!(timeout(A_WHILE, &mut first).await.is_err(), "it does not wait");
        let second = crossing(two, 0).await;
        let first = first.await;
        let ended: Vec<_> = [first, second].into_iter().filter_map(Result::err).collect();
        assert_eq!(ended.len(), 1, "{ended:?}");
        assert!(ended[0].can_retry() && ended[0].to_string().contains("40P01"), "{}", ended[0]);
    });
}

/// A transaction that was rolled back has changed nothing, and one that files is committed durably.
#[test]
fn a_transaction_of_the_caller_is_its_own() {
    test(|database| async move {
        let (ledger, pool) = (database.ledger(3).await, database.pool(3));
        let key = key(0);
        let mut client = pool.get().await.unwrap();
        let durability = "SHOW synchronous_commit";
        let tx = client.transaction().await.unwrap();
        assert_eq!(tx.query_one(durability, &[]).await.unwrap().get::<_, &str>(0), "off", "the server of the tests");
        assert_eq!(file(&tx, &record(&key, Change::LookUp)).await.unwrap(), Filed::Absent);
        assert_eq!(file(&tx, &record(&key, Change::Insert { state: b"a" })).await.unwrap(), Filed::Done);
        assert_eq!(tx.query_one(durability, &[]).await.unwrap().get::<_, &str>(0), "on");
        assert_eq!(file(&tx, &record(&key, Change::Replace { current: 0, state: b"b" })).await.unwrap(), Filed::Done);
        tx.rollback().await.unwrap();
        assert_eq!(client.query_one(durability, &[]).await.unwrap().get::<_, &str>(0), "off");
        assert_eq!(ledger.file(&record(&key, Change::LookUp)).await.unwrap(), Filed::Absent);
        assert_eq!(ledger.file(&record(&key, Change::Insert { state: b"a" })).await.unwrap(), Filed::Done);
        // What the caller wants to be stronger stays so.
        let tx = client.transaction().await.unwrap();
        tx.batch_execute("SET LOCAL synchronous_commit = remote_apply").await.unwrap();
        assert_eq!(file(&tx, &record(&key, Change::Replace { current: 0, state: b"b" })).await.unwrap(), Filed::Done);
        assert_eq!(tx.query_one(durability, &[]).await.unwrap().get::<_, &str>(0), "remote_apply");
    });
}

/// A role that may file and no more.
#[test]
fn a_role_needs_few_privileges() {
    test(|database| async move {
        let pool = database.pool(2);
        drop(database.ledger(1).await);
        let mut client = pool.get().await.unwrap();
        let role = format!("filer_{}", std::process::id());
        let grants = format!(
            "CREATE ROLE {role}; GRANT SELECT, INSERT, UPDATE ON polyseal_orders TO {role}; \
             GRANT SELECT, UPDATE ON polyseal_times TO {role}"
        );
        client.batch_execute(&grants).await.unwrap();
        let tx = client.transaction().await.unwrap();
        tx.batch_execute(&format!("SET LOCAL ROLE {role}")).await.unwrap();
        let key = key(0);
        assert_eq!(file(&tx, &record(&key, Change::Insert { state: b"a" })).await.unwrap(), Filed::Done);
        assert_eq!(file(&tx, &record(&key, Change::Replace { current: 0, state: b"b" })).await.unwrap(), Filed::Done);
        let found = Filed::Found(b"b".to_vec().into());
        assert_eq!(file(&tx, &record(&key, Change::LookUp)).await.unwrap(), found);
        assert_eq!(file(&tx, &record(&key, Change::Insert { state: b"c" })).await.unwrap(), found);
        assert!(tx.batch_execute("DELETE FROM polyseal_orders").await.is_err(), "it may do more");
    });
}
