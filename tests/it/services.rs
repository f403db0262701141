//! Services: the steps on a real executor, over a pretend database with transactions. With keys that are fetched before
//! each step they are in `fetched_keys.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_channel::oneshot;
use futures_executor::{ThreadPool, block_on};
use futures_util::future::join_all;
use futures_util::lock::Mutex as AsyncMutex;
use polyseal::card_manager::{AwaitingDecision, CardManagerOrder, Settlement};
use polyseal::ledger::{Filed, Ledger, LedgerError, Record};
use polyseal::message::{Authorization, OrderDigest, Relay};
use polyseal::{CardManager, KeySource, MemoryLedger, ReceiveError, Received, Role, Seller, SendError, Share};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, Repeatable, approved, authority, bank, disclosure, form, new, policy, shop};

type Error = Box<dyn core::error::Error + Send + Sync>;

/// A pretend database: a ledger and books, changed by one transaction at a time.
#[derive(Clone)]
pub struct Pool(Arc<AsyncMutex<Database>>);

struct Database {
    ledger: MemoryLedger,
    /// What was withdrawn, without a unique key, so that a second withdrawal would show.
    withdrawals: Vec<(OrderDigest, String)>,
}

/// A transaction holds the database until it is committed; dropped before that, it changes nothing. (Its changes are made
/// when it commits, and nobody else comes in between.)
struct Transaction {
    database: futures_util::lock::OwnedMutexGuard<Database>,
    books: Vec<(OrderDigest, String)>,
}

impl Pool {
    pub fn new() -> Self {
        Self(Arc::new(AsyncMutex::new(Database { ledger: MemoryLedger::new(1000), withdrawals: Vec::new() })))
    }

    /// How often an amount was withdrawn.
    pub async fn withdrawals(&self) -> usize {
        self.0.lock().await.withdrawals.len()
    }

    async fn begin(&self) -> Transaction {
        Transaction { database: Arc::clone(&self.0).lock_owned().await, books: Vec::new() }
    }
}

impl Transaction {
    async fn file(&mut self, record: Record<'_>) -> Result<Filed, Error> {
        yield_once().await;
        Ok(self.database.ledger.file(&record)?)
    }

    async fn book(&mut self, settlement: &Settlement) {
        yield_once().await;
        self.books.push((settlement.digest(), settlement.amount_due().to_string()));
    }

    async fn commit(mut self) {
        yield_once().await;
        let books = core::mem::take(&mut self.books);
        self.database.withdrawals.extend(books);
    }
}

/// Lets other tasks run, as every wait for a database does.
async fn yield_once() {
    let mut yielded = false;
    core::future::poll_fn(|context| {
        if core::mem::replace(&mut yielded, true) {
            return core::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        core::task::Poll::Pending
    })
    .await;
}

/// What the bank's handler of a request does with one relay.
pub async fn decide<K: KeySource>(
    bank: &CardManager<K>,
    relay: Relay,
    pool: &Pool,
    seed: u64,
) -> Result<Authorization, Error> {
    let mut rng = Repeatable(seed);
    let pending = bank.receive(&relay, NOW)?;
    let mut tx = pool.begin().await;
    let filed = tx.file(pending.record()).await?;
    let order = match pending.complete(filed)? {
        Received::New(order) | Received::Again(CardManagerOrder::AwaitingDecision(order)) => order,
        Received::Again(CardManagerOrder::Decided(decided)) => return Ok(decided.authorization(bank, &mut rng)?),
        Received::Again(CardManagerOrder::Cancelled(_)) => panic!("nobody cancels it"),
    };
    tx.commit().await;

    // Here a bank looks at the card, with the state held across awaits.
    yield_once().await;
    approve(bank, order, pool, &mut rng).await
}

async fn approve<K: KeySource>(
    bank: &CardManager<K>,
    order: AwaitingDecision,
    pool: &Pool,
    rng: &mut Repeatable,
) -> Result<Authorization, Error> {
    let pending = order.approve(bank, NOW)?;
    let mut tx = pool.begin().await;
    let filed = tx.file(pending.record()).await?;
    match pending.complete(filed)? {
        Received::New(approval) => {
            tx.book(approval.settlement()).await;
            tx.commit().await;
            Ok(approval.authorization(bank, rng)?)
        }
        Received::Again(decided) => Ok(decided.authorization(bank, rng)?),
    }
}

/// Every relay comes to two processes of the bank at once; each order is withdrawn once, and the seller is answered by
/// both.
#[test]
fn a_withdrawal_is_booked_in_the_transaction_of_the_decision() {
    let mut story = Story::standard(1);
    let (pool, executor) = (Pool::new(), ThreadPool::builder().pool_size(4).create().unwrap());
    let processes = [(); 2].map(|()| {
        let share = Arc::new(authority().issue(&bank()).unwrap());
        Arc::new(CardManager::new(share, [shop()].into_iter().collect()))
    });
    let mut orders = Vec::new();
    let mut answers = Vec::new();
    for seed in 0..20 {
        let awaiting = story.at_seller();
        let seller = &story.parties.seller;
        let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
        for process in &processes {
            let (process, relay, pool) = (Arc::clone(process), relay.clone(), pool.clone());
            let (done, answer) = oneshot::channel();
            executor.spawn_ok(async move {
                let _ = done.send(decide(&process, relay, &pool, seed).await);
            });
            answers.push(answer);
        }
        orders.push(awaiting);
    }
    let answers = block_on(join_all(answers));
    for (awaiting, answers) in orders.into_iter().zip(answers.chunks(2)) {
        let digest = awaiting.part().digest();
        let [first, second] = [0, 1].map(|process| answers[process].as_ref().unwrap().as_ref().unwrap());
        assert_eq!((first.digest(), second.digest()), (digest, digest));
        let pending = awaiting.authorize(&story.parties.seller, first, NOW).unwrap();
        approved(new(pending.file(&mut story.ledger).unwrap()));
    }
    let database = block_on(pool.0.lock());
    let mut booked: Vec<_> = database.withdrawals.iter().map(|(digest, _)| *digest).collect();
    booked.sort_unstable();
    booked.dedup();
    assert_eq!((booked.len(), database.withdrawals.len(), database.ledger.len()), (20, 20, 20));
}

/// A transaction that is not committed leaves nothing, and the step can be taken again.
#[test]
fn a_step_whose_transaction_failed_is_taken_again() {
    let mut story = Story::standard(2);
    let awaiting = story.at_seller();
    let relay = awaiting.relay(&story.parties.seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
    let manager = &story.parties.manager;
    // The ledger is down: the step comes back with the error, and is filed when it is up again.
    let pending = manager.receive(&relay, NOW).unwrap();
    let refused = pending.file(&mut Down).unwrap_err();
    assert!(refused.error.can_retry() && refused.error.label() == "ledger-storage");
    assert!(refused.state.file(&mut story.ledger).is_ok());
    let mut approve = || match manager.find(relay.digest()).file(&mut story.ledger) {
        Ok(CardManagerOrder::AwaitingDecision(order)) => order.approve(manager, NOW),
        _ => panic!("nothing was decided"),
    };
    // `?` makes a plain error of it, which leads to that of the storage.
    let mut boxed = || -> Result<(), Error> {
        approve()?.file(&mut Down)?;
        Ok(())
    };
    let boxed = boxed().unwrap_err();
    assert_eq!(boxed.to_string(), "the ledger's storage failed: down");
    assert_eq!(boxed.source().unwrap().to_string(), "down");
    let of_storage: [Error; 2] = [
        Box::new(SendError::Ledger(LedgerError::Storage("down".into()))),
        Box::new(ReceiveError::Ledger(LedgerError::Storage("down".into()))),
    ];
    assert!(of_storage.iter().all(|error| error.source().unwrap().to_string() == "down"));
    let others: [Error; 2] = [Box::new(SendError::Windows), Box::new(ReceiveError::Rejected)];
    assert!(others.iter().all(|error| error.source().is_none()));
    let mut any = || -> anyhow::Result<()> {
        approve()?.file(&mut Down)?;
        Ok(())
    };
    let any = any().unwrap_err();
    assert!(any.root_cause().is::<std::io::Error>(), "{any:?}");
    // A function of one's own may have the error alone.
    let mut alone = || -> Result<(), SendError> {
        approve()?.file(&mut Down)?;
        Ok(())
    };
    assert!(matches!(alone(), Err(SendError::Ledger(LedgerError::Storage(_)))));
    assert!(matches!(manager.find(relay.digest()).file(&mut story.ledger), Ok(CardManagerOrder::AwaitingDecision(_))));
}

struct Down;

impl Ledger for Down {
    type Error = std::io::Error;

    fn file(&mut self, _: &Record<'_>) -> Result<Filed, std::io::Error> {
        Err(std::io::Error::other("down"))
    }
}

/// Party, ledger and orders under way in one struct, without a reference count.
struct Terminal {
    seller: Seller<Share>,
    ledger: MemoryLedger,
    orders: BTreeMap<OrderDigest, polyseal::seller::AwaitingAuthorization>,
}

#[test]
fn a_small_terminal_keeps_everything_in_one_struct() {
    let mut terminal = Terminal {
        seller: Seller::new(authority().issue(&shop()).unwrap(), policy(form(|_| {}))),
        ledger: MemoryLedger::new(10),
        orders: BTreeMap::new(),
    };
    let mut story = Story::of(Parties::by_form(form(|_| {}), disclosure()), form(|_| {}), 5);
    for _ in 0..3 {
        let envelope = story.sealed().envelope;
        let order = new(terminal.seller.receive(&envelope, NOW).unwrap().file(&mut terminal.ledger).unwrap());
        terminal.orders.insert(envelope.digest(), order);
    }
    let relays =
        terminal.orders.values().map(|order| order.relay(&terminal.seller, &Role::CARD_MANAGER, NOW, &mut story.rng));
    let relays: Vec<_> = relays.collect();
    for relay in relays {
        let relay = relay.unwrap();
        let deciding = new(story.parties.manager.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap());
        let answer = story.approval(deciding).authorization(&story.parties.manager, &mut story.rng).unwrap();
        let order = terminal.orders.remove(&answer.digest()).unwrap();
        let pending = order.authorize(&terminal.seller, &answer, NOW).unwrap();
        approved(new(pending.file(&mut terminal.ledger).unwrap()));
    }
    assert!(terminal.orders.is_empty() && terminal.ledger.len() == 3);
}
