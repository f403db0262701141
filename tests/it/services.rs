//! Services: the steps on a real executor, over a pretend database with transactions, and with keys that are in another
//! process and are fetched before each step.

use core::time::Duration;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use futures_channel::oneshot;
use futures_executor::{ThreadPool, block_on};
use futures_util::future::join_all;
use futures_util::lock::Mutex as AsyncMutex;
use polyseal::card_manager::{AwaitingDecision, CardManagerOrder, Settlement};
use polyseal::key::{CommonKey, Domains, KeyError};
use polyseal::ledger::{Filed, Ledger, LedgerError, Record};
use polyseal::message::{Authorization, KeyName, OrderDigest, Relay};
use polyseal::{
    CardManager, Domain, Identifier, KeySource, MemoryLedger, ReceiveError, Received, Role, Seller, SendError, Share,
};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, Repeatable, approved, authority, bank, disclosure, form, new, policy, shop};

type Error = Box<dyn core::error::Error + Send + Sync>;

/// A pretend database: a ledger and books, changed by one transaction at a time.
#[derive(Clone)]
struct Pool(Arc<AsyncMutex<Database>>);

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
    fn new() -> Self {
        Self(Arc::new(AsyncMutex::new(Database { ledger: MemoryLedger::new(1000), withdrawals: Vec::new() })))
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
async fn decide<K: KeySource>(
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

/// The keys that were fetched for one step, and nothing else: what a host has whose share is elsewhere.
struct Fetched {
    identifier: Identifier,
    domains: Domains,
    keys: BTreeMap<(Identifier, Domain), [u8; 32]>,
}

impl KeySource for Fetched {
    fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    fn domains(&self) -> &Domains {
        &self.domains
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        let key = self.keys.get(&(peer.clone(), domain.clone())).ok_or(KeyError::Unavailable)?;
        Ok(CommonKey::import(key))
    }
}

/// A process that has the bank's share, asked by its standard input and answering by its standard output.
struct KeyServer {
    child: Child,
    input: ChildStdin,
    waiting: Arc<Mutex<BTreeMap<u64, oneshot::Sender<[u8; 32]>>>>,
    next: u64,
}

const ASKED: &str = "POLYSEAL_TEST_KEY_SERVER";
const ANSWER: &str = "key ";

impl KeyServer {
    fn start() -> Self {
        let test = std::env::current_exe().unwrap();
        let mut child = Command::new(test)
            .args(["services::the_process_with_the_keys", "--exact", "--nocapture", "--test-threads=1"])
            .env(ASKED, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let waiting: Arc<Mutex<BTreeMap<u64, oneshot::Sender<[u8; 32]>>>> = Arc::default();
        let answers = Arc::clone(&waiting);
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let Some((_, answer)) = line.split_once(ANSWER) else { continue };
                let (number, key) = answer.split_once(' ').unwrap();
                let asked = answers.lock().unwrap().remove(&number.parse().unwrap()).unwrap();
                let _ = asked.send(unhex(key).try_into().unwrap());
            }
        });
        Self { child, input, waiting, next: 0 }
    }

    /// Asks for the key with a peer in a domain.
    async fn key(&mut self, peer: &Identifier, domain: &Domain) -> [u8; 32] {
        let (sender, receiver) = oneshot::channel();
        self.next += 1;
        self.waiting.lock().unwrap().insert(self.next, sender);
        writeln!(self.input, "{} {} {}", self.next, hex(peer.as_bytes()), hex(&domain.to_bytes())).unwrap();
        receiver.await.unwrap()
    }

    /// What a step needs, fetched first.
    async fn fetched<'m>(&mut self, keys: impl Iterator<Item = (&'m Identifier, &'m KeyName)>) -> Fetched {
        let mut fetched =
            Fetched { identifier: bank(), domains: polyseal_testing::domain().into(), keys: BTreeMap::new() };
        for (peer, name) in keys {
            let domain = fetched.domain(name.id()).unwrap().clone();
            let key = self.key(peer, &domain).await;
            fetched.keys.insert((peer.clone(), domain), key);
        }
        fetched
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// A test only when it is begun as the other process.
#[test]
fn the_process_with_the_keys() {
    if std::env::var_os(ASKED).is_none() {
        return;
    }
    let share: Share = authority().issue(&bank()).unwrap();
    for line in std::io::stdin().lines().map_while(Result::ok).take(1000) {
        let words: Vec<_> = line.split(' ').collect();
        let peer = Identifier::new(unhex(words[1])).unwrap();
        let domain = Domain::from_bytes(&unhex(words[2])).unwrap();
        thread::sleep(Duration::from_millis(1));
        println!("{ANSWER}{} {}", words[0], hex(share.common_key(&peer, &domain).unwrap().export().as_slice()));
    }
}

#[test]
fn keys_in_another_process_are_fetched_before_each_step() {
    let mut story = Story::standard(3);
    let awaiting = story.at_seller();
    let relay = awaiting.relay(&story.parties.seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
    let mut server = KeyServer::start();
    let pool = Pool::new();
    let answer = block_on(async {
        let nothing = server.fetched([].into_iter()).await;
        let bank = CardManager::new(nothing, [shop()].into_iter().collect());
        assert!(bank.receive(&relay, NOW).unwrap_err().can_retry(), "a key is missing, and can be fetched");
        let keys = server.fetched(relay.keys(&Role::CARD_MANAGER)).await;
        assert_eq!(keys.keys.len(), 2, "the seller's and the card holder's");
        decide(&bank.with_keys(keys), relay, &pool, 4).await.unwrap()
    });
    let pending = awaiting.authorize(&story.parties.seller, &answer, NOW).unwrap();
    approved(new(pending.file(&mut story.ledger).unwrap()));
    assert_eq!(block_on(pool.0.lock()).withdrawals.len(), 1);
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
