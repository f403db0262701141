//! Keys that are in another process, and are fetched before each step.

use core::time::Duration;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use futures_channel::oneshot;
use futures_executor::block_on;
use polyseal::key::{CommonKey, Domains, KeyError};
use polyseal::message::KeyName;
use polyseal::{CardManager, Domain, Identifier, KeySource, Role, Share};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, approved, authority, bank, domain, new, shop};

use crate::services::{Pool, decide};

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

    fn is_revoked(&self, _: &Identifier) -> bool {
        false
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
            .args(["fetched_keys::the_process_with_the_keys", "--exact", "--nocapture", "--test-threads=1"])
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
        let mut fetched = Fetched { identifier: bank(), domains: domain().into(), keys: BTreeMap::new() };
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
    assert_eq!(block_on(pool.withdrawals()), 1);
}
