//! What whoever looks after the ledger asks for: open orders by stage and age, floor and purge.

use core::error::Error as _;

use polyseal::Role;
use polyseal::ledger::{Change, Filed, Record};
use polyseal_postgres::{Client, PostgresError, PostgresLedger};

use crate::server::test;
use crate::{key, record};

async fn files(ledger: &PostgresLedger, number: u32, stage: &'static str, role: Role) {
    let mut key = key(number);
    key.role = role;
    let number = u64::from(number);
    let change = Change::Insert { state: b"a" };
    let record = Record { key: &key, issued_at: 1_000 + number, expires: 2_000 + number, stage, change };
    assert_eq!(ledger.file(&record).await.unwrap(), Filed::Done);
}

#[test]
fn open_orders_are_found_by_stage_and_age() {
    test(|database| async move {
        let ledger = database.ledger(1).await;
        for (number, stage) in (0..).zip(["received", "approved", "delivered", "declined", "cancelled", "received"]) {
            files(&ledger, number, stage, Role::SELLER).await;
        }
        files(&ledger, 6, "received", Role::CARD_MANAGER).await;
        let stages = ledger.stages().await.unwrap();
        let stages: Vec<_> =
            stages.iter().map(|one| (one.role.as_str(), &*one.stage, one.orders, one.oldest)).collect();
        let expected = [
            ("card-manager", "received", 1, 1_006),
            ("seller", "approved", 1, 1_001),
            ("seller", "received", 2, 1_000),
        ];
        assert_eq!(stages, expected);

        let open = async |stage, before, most| {
            let orders = ledger.open_orders(&Role::SELLER, stage, before, most).await.unwrap();
            orders.into_iter().map(|order| (order.key, order.issued_at, order.expires)).collect::<Vec<_>>()
        };
        assert_eq!(open("received", 1_005, 9).await, [(key(0), 1_000, 2_000)]);
        assert_eq!(open("received", 1_006, 9).await, [(key(0), 1_000, 2_000), (key(5), 1_005, 2_005)]);
        assert_eq!(open("received", u64::MAX, 1).await, [(key(0), 1_000, 2_000)]);
        assert_eq!(open("received", 1_000, 9).await, []);
        assert_eq!(open("delivered", u64::MAX, 9).await, [], "what is closed is not open");

        // A step moves the order on.
        let key = key(0);
        let mut next = record(&key, Change::Replace { current: 0, state: b"b" });
        next.stage = "dispatched";
        assert_eq!(ledger.file(&next).await.unwrap(), Filed::Done);
        assert_eq!(open("dispatched", u64::MAX, 9).await, [(key, 1_000, 2_000)]);
    });
}

/// Rows of the ledger's table that this connection has read since it began its transaction: one by one, and by an index.
async fn read(client: &Client) -> [i64; 2] {
    let counted = "SELECT seq_tup_read, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'polyseal_orders'";
    let row = client.query_one(counted, &[]).await.unwrap();
    [row.get(0), row.get(1)]
}

/// Among many closed orders the few that are open are found by their index, by the very statements of the package.
#[test]
fn open_orders_are_found_without_reading_all() {
    test(|database| async move {
        drop(database.ledger(1).await);
        let pool = database.pool(1);
        let fill = "INSERT INTO polyseal_orders SELECT sha256(n::text::bytea), 'shop', 'seller', 0, n, n + 1000, \
             CASE n % 100 WHEN 0 THEN 'received' ELSE 'delivered' END, decode(repeat('00', 1000), 'hex') \
             FROM generate_series(1, 20000) AS n";
        let client = pool.get().await.unwrap();
        client.batch_execute(fill).await.unwrap();
        client.batch_execute("ANALYZE polyseal_orders").await.unwrap();
        // The ledger gets the pool's one connection, and the transaction with it: PostgreSQL counts by transaction.
        client.batch_execute("BEGIN").await.unwrap();
        let before = read(&client).await;
        drop(client);
        let ledger = PostgresLedger::open(pool.clone()).await.unwrap();
        let asked = async |most| ledger.open_orders(&Role::SELLER, "received", 15_000, most).await.unwrap().len();
        assert_eq!(asked(10).await, 10);
        let client = pool.get().await.unwrap();
        let few = read(&client).await;
        drop(client);
        assert_eq!(ledger.stages().await.unwrap().iter().map(|one| one.orders).sum::<u64>(), 200);
        let all = read(&pool.get().await.unwrap()).await;
        assert_eq!([few[0] - before[0], all[0] - before[0]], [0, 0], "the table was read from end to end");
        assert!((1..=10).contains(&(few[1] - before[1])), "{before:?} {few:?}");
        assert!((1..=200).contains(&(all[1] - few[1])), "{few:?} {all:?}");
    });
}

#[test]
fn what_expired_is_forgotten_and_the_floor_stays() {
    test(|database| async move {
        let ledger = database.ledger(2).await;
        for number in 0..6 {
            files(&ledger, number, "delivered", Role::SELLER).await;
        }
        assert_eq!(ledger.purge().await.unwrap(), 0, "nothing is below the floor");
        ledger.raise_floor(2_002).await.unwrap();
        ledger.raise_floor(1_000).await.unwrap();
        // Not purged yet, and known all the same.
        let old = key(0);
        let mut again = record(&old, Change::Insert { state: b"b" });
        assert_eq!(ledger.file(&again).await.unwrap(), Filed::Found(b"a".to_vec().into()));
        assert_eq!(ledger.purge().await.unwrap(), 2);
        assert_eq!(ledger.file(&again).await.unwrap(), Filed::BelowFloor);
        again.expires = 2_002;
        assert_eq!(ledger.file(&again).await.unwrap(), Filed::Done);
        // In more than one batch.
        let client = database.pool(1).get().await.unwrap();
        let fill = "INSERT INTO polyseal_orders SELECT sha256(n::text::bytea), 'shop', 'seller', 0, 0, 5, 'declined', '' \
             FROM generate_series(1, 2500) AS n";
        client.batch_execute(fill).await.unwrap();
        assert_eq!(ledger.purge().await.unwrap(), 2_500);
        let left = client.query_one("SELECT count(*) FROM polyseal_orders", &[]).await.unwrap();
        assert_eq!(left.get::<_, i64>(0), 5);
    });
}

/// A detail of the server's may quote a row, and errors go into logs.
#[test]
fn an_error_prints_what_the_server_said_without_its_detail() {
    test(|database| async move {
        let client = database.pool(1).get().await.unwrap();
        let refused = "DO $$ BEGIN RAISE EXCEPTION 'no such thing' USING DETAIL = 'a row'; END $$";
        let error = client.batch_execute(refused).await.unwrap_err();
        assert!(format!("{error:?}").contains("a row"));
        let error = PostgresError::from(error);
        assert_eq!(error.to_string(), "PostgreSQL: no such thing (P0001)");
        assert_eq!(format!("{error:?}"), "PostgresError(PostgreSQL: no such thing (P0001))");
        assert!(error.source().is_none());
    });
}
