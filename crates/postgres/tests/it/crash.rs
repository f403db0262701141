//! PostgreSQL crashes between the steps: what was answered is there afterwards, and the order goes on.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::thread;

use polyseal::card_manager::CardManagerOrder;
use polyseal::ledger::{Change, Filed};
use polyseal::rand_core::Rng;
use polyseal::seller::SellerOrder;
use polyseal_postgres::{PostgresError, PostgresLedger};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Repeatable, campaign, new};
use polyseal_testing_postgres::Server;

use crate::server::{database, own, runtime};
use crate::{key, record};

fn crashes(server: &Server) {
    server.crash().unwrap();
    server.run().unwrap();
}

/// Each step of a purchase is the last before a crash, and the next one begins with what the ledger has.
#[test]
fn a_purchase_goes_on_after_a_crash_between_any_two_steps() {
    let Some(server) = own().map(Arc::new) else { return };
    let runtime = runtime();
    runtime.block_on(async {
        let database = database(&server).await;
        let ledger = database.ledger(2).await;
        let mut story = Story::standard(3);
        let sealed = story.sealed();
        let (parties, rng) = (&story.parties, &mut story.rng);
        new(ledger.complete(parties.seller.receive(&sealed.envelope, NOW).unwrap()).await.unwrap());
        crashes(&server);
        let at_seller = async || {
            let search = parties.seller.find(sealed.digest);
            let found = loop {
                // The connections of before the crash are gone; the pool finds out one by one.
                match ledger.file(&search.record()).await {
                    Err(PostgresError::Database(error)) => {
                        assert!(error.is_closed() || error.code().is_some(), "{error}");
                    }
                    found => break found.unwrap(),
                }
            };
            search.complete(found).unwrap()
        };
        let SellerOrder::AwaitingAuthorization(awaiting) = at_seller().await else { panic!("it was filed") };
        let relay = awaiting.relay(&parties.seller, &polyseal::Role::CARD_MANAGER, NOW, rng).unwrap();
        let order = ledger.complete(parties.manager.receive(&relay, NOW).unwrap()).await.unwrap();
        let deciding = new(order);
        crashes(&server);
        at_seller().await;
        let _ = new(ledger.complete(deciding.approve(&parties.manager, NOW).unwrap()).await.unwrap());
        crashes(&server);
        at_seller().await;
        // The relay comes again: it is decided.
        let again = ledger.complete(parties.manager.receive(&relay, NOW).unwrap()).await.unwrap().into_inner();
        let CardManagerOrder::Decided(decided) = again else { panic!("the decision is lost") };
        let authorization = decided.authorization(&parties.manager, rng).unwrap();
        let authorized = awaiting.authorize(&parties.seller, &authorization, NOW).unwrap();
        new(ledger.complete(authorized).await.unwrap());
        crashes(&server);
        let SellerOrder::Approved(_) = at_seller().await else { panic!("the approval is lost") };
    });
}

/// Writers file as fast as they can when the server crashes. Of each key, what was answered last is there, or what was asked
/// for last and not answered.
#[test]
fn what_was_answered_survives_a_crash() {
    const WRITERS: u32 = 3;
    let Some(server) = own().map(Arc::new) else { return };
    let runtime = runtime();
    let database = runtime.block_on(database(&server));
    let mut rng = Repeatable(9);
    let mut answered = 0;
    for round in 0..campaign(4, 25) {
        let ledger = runtime.block_on(database.ledger(8));
        let is_over = AtomicBool::new(false);
        let last: Vec<_> = thread::scope(|scope| {
            let writer = |number: u32| {
                let (ledger, runtime, is_over) = (&ledger, &runtime, &is_over);
                scope.spawn(move || runtime.block_on(write(ledger, round * WRITERS + number, is_over)))
            };
            let writers: Vec<_> = (0..WRITERS).map(writer).collect();
            thread::sleep(Duration::from_millis(20 + u64::from(rng.next_u32() % 200)));
            server.crash().unwrap();
            is_over.store(true, Ordering::Relaxed);
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        server.run().unwrap();
        let ledger = runtime.block_on(database.ledger(1));
        for (number, done) in (round * WRITERS..).zip(last) {
            let found = runtime.block_on(ledger.file(&record(&key(number), Change::LookUp))).unwrap();
            let state = |revision: u64| Filed::Found(revision.to_be_bytes().to_vec().into());
            let expected = done.map_or([Filed::Absent, state(0)], |done| [state(done), state(done + 1)]);
            assert!(expected.contains(&found), "round {round}: what was answered is lost, or something else is there");
            answered += done.map_or(0, |done| done + 1);
        }
    }
    assert!(answered > 20, "the crashes fell before there was anything to lose");
}

/// Files one state after the other until the server is gone, and says which was answered last.
async fn write(ledger: &PostgresLedger, number: u32, is_over: &AtomicBool) -> Option<u64> {
    let key = key(number);
    for revision in 0_u64.. {
        let state = revision.to_be_bytes();
        let change = match revision {
            0 => Change::Insert { state: &state },
            _ => Change::Replace { current: revision - 1, state: &state },
        };
        match ledger.file(&record(&key, change)).await {
            Ok(Filed::Done) if !is_over.load(Ordering::Relaxed) => {}
            Ok(Filed::Done) => return Some(revision),
            Ok(other) => panic!("nobody else writes this: {other:?}"),
            Err(_) => return revision.checked_sub(1),
        }
    }
    None
}
