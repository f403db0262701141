//! Peers of a terminal that choose their own words: frames as they stand on the wire, and a share that is used for other
//! things than the example does.

use core::net::SocketAddr;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use polyseal::handshake::{Answer, Hello, Initiator};
use polyseal::{CardHolder, DisclosurePolicy, Identifier, Role, Share};
use polyseal_testing::Repeatable;

use super::PATIENCE;

/// The longest message that a frame may have.
pub const MOST: u32 = 256 * 1024;

pub fn address(dir: &Path, role: &str) -> Option<SocketAddr> {
    std::fs::read_to_string(dir.join("phone-book").join(role)).ok()?.parse().ok()
}

pub fn frame(length: u32, kind: u32, message: &[u8]) -> Vec<u8> {
    [&length.to_be_bytes(), &[u8::try_from(kind).unwrap()][..], message].concat()
}

/// A party whose share somebody uses for other things than the example does.
pub struct Insider {
    terminal: CardHolder<Share>,
    parties: BTreeMap<String, Identifier>,
}

impl Insider {
    pub fn new(dir: &Path, role: &str) -> Self {
        let parties = std::fs::read(dir.join("phone-book/parties.json")).unwrap();
        let parties: BTreeMap<String, Identifier> = serde_json::from_slice(&parties).unwrap();
        let share = Share::import(&std::fs::read(dir.join(role).join("share")).unwrap()).unwrap();
        // Whatever it calls itself, its hello is well formed.
        let terminal = CardHolder::new(share, DisclosurePolicy::standard(parties["seller"].clone()));
        Self { terminal, parties }
    }

    pub fn hello(&self, to: &str) -> (Initiator, Hello) {
        let role = Role::new(to).unwrap();
        Initiator::start(&self.terminal, role, self.parties[to].clone(), now(), &mut Repeatable(1)).unwrap()
    }

    /// A connection to the seller, on which the handshake has been made.
    pub fn meets(&self, seller: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(seller).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (initiator, hello) = self.hello("seller");
        let hello = hello.to_bytes();
        stream.write_all(&frame(length(&hello), 0, &hello)).unwrap();
        let mut head = [0; 5];
        stream.read_exact(&mut head).unwrap();
        let mut answer = vec![0; usize::try_from(u32::from_be_bytes(head[..4].try_into().unwrap())).unwrap()];
        stream.read_exact(&mut answer).unwrap();
        let answer = Answer::from_bytes(&answer).unwrap();
        let (_, confirmation) = initiator.receive(&self.terminal, &answer, &[], now(), &mut Repeatable(2)).unwrap();
        let confirmation = confirmation.to_bytes();
        stream.write_all(&frame(length(&confirmation), 2, &confirmation)).unwrap();
        stream
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub fn length(message: &[u8]) -> u32 {
    u32::try_from(message.len()).unwrap()
}
