//! Two processes of a bank at one database: every order comes to both at once, and is withdrawn once or not at all.

use std::sync::Arc;

use deadpool_postgres::Pool;
use polyseal::card_manager::{CardManagerOrder, Decided};
use polyseal::message::{OrderDigest, Relay};
use polyseal::{CardManager, LedgerError, Received, Role, Share};
use polyseal_postgres::{PostgresError, file};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, authority, bank, campaign, shop};
use tokio::runtime::Runtime;

use crate::server::{database, runtime, shared};

/// A process: its keys, its connections and its threads.
struct Process {
    bank: Arc<CardManager<Share>>,
    pool: Pool,
    runtime: Runtime,
    level: &'static str,
    /// Whether it would approve the orders.
    approves: bool,
}

/// Why a step was not filed: PostgreSQL, or the ledger's answer.
enum Failed {
    Database(PostgresError),
    Ledger(LedgerError),
}

impl<E: Into<PostgresError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

/// What the process makes of a relay, and whether it was the one to decide.
async fn answered(
    bank: &CardManager<Share>,
    pool: &Pool,
    level: &str,
    relay: &Relay,
    approves: bool,
) -> Result<(Decided, bool), Failed> {
    let mut client = pool.get().await?;
    let tx = client.transaction().await?;
    tx.batch_execute(&format!("SET TRANSACTION ISOLATION LEVEL {level}")).await?;
    let pending = bank.receive(relay, NOW).unwrap();
    let filed = file(&tx, &pending.record()).await?;
    let order = match pending.complete(filed).map_err(|refused| Failed::Ledger(refused.error))?.into_inner() {
        CardManagerOrder::AwaitingDecision(order) => order,
        CardManagerOrder::Decided(decided) => return Ok((decided, false)),
        CardManagerOrder::Cancelled(_) => panic!("nobody cancels it"),
    };
    let decided = if approves {
        let pending = order.approve(bank, NOW).unwrap();
        let filed = file(&tx, &pending.record()).await?;
        match pending.complete(filed).map_err(|refused| Failed::Ledger(refused.error))? {
            Received::New(approval) => {
                let (digest, due) = (approval.settlement().digest(), approval.settlement().amount_due().to_string());
                // Without a unique key, so that a second withdrawal would show.
                let sql = "INSERT INTO withdrawals (digest, due) VALUES ($1, $2)";
                tx.execute(sql, &[&&digest.as_bytes()[..], &due]).await?;
                Received::New(approval.into_decided())
            }
            Received::Again(decided) => Received::Again(decided),
        }
    } else {
        let pending = order.decline(bank, "not today", NOW).unwrap();
        let filed = file(&tx, &pending.record()).await?;
        pending.complete(filed).map_err(|refused| Failed::Ledger(refused.error))?
    };
    let is_first = matches!(decided, Received::New(_));
    tx.commit().await?;
    Ok((decided.into_inner(), is_first))
}

impl Process {
    /// Handles a relay, and says whether the order is approved, and whether this process decided it.
    fn handles(&self, relay: &Relay) -> (bool, bool) {
        self.runtime.block_on(async {
            for _ in 0..100 {
                match answered(&self.bank, &self.pool, self.level, relay, self.approves).await {
                    Ok((decided, is_first)) => return (decided.settlement().is_some(), is_first),
                    Err(Failed::Database(error)) => assert!(error.can_retry(), "{error}"),
                    Err(Failed::Ledger(error)) => assert!(error.can_retry(), "{error}"),
                }
            }
            panic!("it never comes to an end");
        })
    }
}

#[test]
fn whichever_process_decides_first_decides() {
    let Some(server) = shared() else { return };
    let own = runtime();
    let database = own.block_on(database(&server));
    drop(own.block_on(database.ledger(1)));
    let books = own.block_on(database.pool(1).get()).unwrap();
    own.block_on(books.batch_execute("CREATE TABLE withdrawals (digest bytea NOT NULL, due text NOT NULL)")).unwrap();
    let mut story = Story::standard(1);
    let rounds: usize = campaign(60, 1_000);
    for level in ["READ COMMITTED", "SERIALIZABLE"] {
        let processes = [true, false].map(|approves| {
            let share = authority().issue(&bank()).unwrap();
            let bank = Arc::new(CardManager::new(share, [shop()].into_iter().collect()));
            Process { bank, pool: database.pool(2), runtime: runtime(), level, approves }
        });
        let mut approved = 0;
        for round in 0..rounds {
            // The ledger of the story is the seller's, and bounded.
            story.ledger = polyseal::MemoryLedger::new(100);
            let awaiting = story.at_seller();
            let seller = &story.parties.seller;
            let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
            let digest: OrderDigest = relay.digest();
            let answers = std::thread::scope(|scope| {
                let [first, second] = [&processes[round % 2], &processes[1 - round % 2]];
                let other = scope.spawn(|| second.handles(&relay));
                [first.handles(&relay), other.join().unwrap()]
            });
            assert_eq!(answers[0].0, answers[1].0, "an order is decided in two ways");
            assert!(answers[0].1 != answers[1].1, "an order is decided twice, or not at all");
            let count = "SELECT count(*) FROM withdrawals WHERE digest = $1";
            let withdrawn = own.block_on(books.query_one(count, &[&&digest.as_bytes()[..]])).unwrap();
            assert_eq!(
                withdrawn.get::<_, i64>(0),
                i64::from(answers[0].0),
                "it is withdrawn if and only if it is approved"
            );
            approved += u32::from(answers[0].0);
        }
        println!("{level}: {rounds} rounds, {approved} approved");
    }
}
