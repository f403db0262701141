//! The tables are made once, whoever else makes them, and are told from others.

use polyseal::ledger::{Change, Filed};
use polyseal_postgres::{MIGRATIONS, PostgresError, PostgresLedger, migrate};

use crate::server::test;
use crate::{key, record};

#[test]
fn the_tables_are_made_once() {
    test(|database| async move {
        let pool = database.pool(4);
        let error = PostgresLedger::open(pool.clone()).await.unwrap_err();
        assert!(matches!(error, PostgresError::Version(0)), "{error}");
        let at_once = [(); 4].map(|()| {
            let pool = pool.clone();
            tokio::spawn(async move { migrate(&mut pool.get().await.unwrap()).await.unwrap() })
        });
        let mut made = 0;
        for migrating in at_once {
            made += u32::from(migrating.await.unwrap());
        }
        assert_eq!(made, 1);
        let ledger = PostgresLedger::open(pool.clone()).await.unwrap();
        let key = key(0);
        assert_eq!(ledger.file(&record(&key, Change::Insert { state: b"a" })).await.unwrap(), Filed::Done);
        assert!(!migrate(&mut pool.get().await.unwrap()).await.unwrap());
        assert_eq!(ledger.file(&record(&key, Change::LookUp)).await.unwrap(), Filed::Found(b"a".to_vec().into()));
    });
}

/// Whatever tool runs the SQL, it leaves what `migrate` leaves, and each migration says how far that is.
#[test]
fn the_sql_alone_makes_a_ledger() {
    test(|database| async move {
        let pool = database.pool(1);
        for (version, sql) in (1_i32..).zip(MIGRATIONS) {
            let client = pool.get().await.unwrap();
            client.batch_execute(sql).await.unwrap();
            let noted = client.query_one("SELECT max(version), count(*) FROM polyseal_migrations", &[]).await.unwrap();
            assert_eq!((noted.get(0), noted.get(1)), (version, i64::from(version)));
        }
        let ledger = PostgresLedger::open(pool.clone()).await.unwrap();
        assert_eq!(ledger.file(&record(&key(0), Change::Insert { state: b"a" })).await.unwrap(), Filed::Done);
        assert!(!migrate(&mut pool.get().await.unwrap()).await.unwrap());
    });
}

#[test]
fn tables_of_another_version_are_refused() {
    test(|database| async move {
        let pool = database.pool(2);
        migrate(&mut pool.get().await.unwrap()).await.unwrap();
        let later = i32::try_from(MIGRATIONS.len()).unwrap() + 1;
        let note = format!("INSERT INTO polyseal_migrations (version) VALUES ({later})");
        pool.get().await.unwrap().batch_execute(&note).await.unwrap();
        for error in [
            migrate(&mut pool.get().await.unwrap()).await.unwrap_err(),
            PostgresLedger::open(pool.clone()).await.unwrap_err(),
        ] {
            assert!(matches!(error, PostgresError::Version(version) if version == later), "{error}");
        }
    });
}

/// Without floor and mark nothing can be told to be new.
#[test]
fn a_ledger_without_its_times_files_nothing_new() {
    test(|database| async move {
        let ledger = database.ledger(1).await;
        let (old, new) = (key(0), key(1));
        assert_eq!(ledger.file(&record(&old, Change::Insert { state: b"a" })).await.unwrap(), Filed::Done);
        let client = database.pool(1).get().await.unwrap();
        client.batch_execute("DELETE FROM polyseal_times").await.unwrap();
        let error = ledger.file(&record(&new, Change::Insert { state: b"a" })).await.unwrap_err();
        assert!(matches!(error, PostgresError::NoTimes), "{error}");
        assert!(matches!(ledger.raise_floor(1).await.unwrap_err(), PostgresError::NoTimes));
        assert_eq!(ledger.file(&record(&new, Change::LookUp)).await.unwrap(), Filed::Absent);
        assert_eq!(ledger.purge().await.unwrap(), 0);
    });
}
