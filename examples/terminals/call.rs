//! Calling another terminal: every call begins with a handshake, and is written down.

use core::time::Duration;
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use polyseal::handshake::Evidence;
use polyseal::{Party, Role, Zeroizing};

use crate::folder::{Folder, MOST, PhoneBook};
use crate::frame::{Connection, KINDS};
use polyseal_examples::files;
use polyseal_examples::message::{Kind, Message};
use polyseal_examples::outcome::Sent;
use polyseal_examples::party::handshake::{Handshakes, Heard};
use polyseal_examples::program::{Result, now};

/// How long it may take until the other side is there and has shown who it is.
const GREETING: Duration = Duration::from_secs(2);

/// A terminal's side of its calls.
pub(crate) struct Caller {
    role: Role,
    book: PhoneBook,
    wire: Wire,
}

impl Caller {
    pub(crate) fn open(role: Role, folder: &Folder) -> Result<Self> {
        Ok(Self { role, book: folder.phone_book()?, wire: Wire::open(folder)? })
    }

    pub(crate) fn book(&self) -> &PhoneBook {
        &self.book
    }

    /// Calls the party that has a role, and has it show who it is. From then on the call takes at most `time`.
    pub(crate) fn call(&self, party: &impl Party, to: Role, time: Duration) -> Result<Call<'_>> {
        let connection = Connection::new(self.book.connect(&to, GREETING)?, GREETING)?;
        let mut call =
            Call { caller: self, to, connection, handshake: Handshakes::default(), payload: Zeroizing::default() };
        call.greet(party)?;
        call.connection.extend(time);
        Ok(call)
    }
}

/// A call to a party that has shown who it is.
pub(crate) struct Call<'a> {
    caller: &'a Caller,
    to: Role,
    connection: Connection,
    handshake: Handshakes,
    payload: Zeroizing<Vec<u8>>,
}

impl Call<'_> {
    /// Has the other side show that it is there, now. What it sends along is the payload.
    fn greet(&mut self, party: &impl Party) -> Result<()> {
        let (own, identifier) = (&self.caller.role, self.caller.book.party(&self.to)?);
        let hello = self.handshake.begin(party, (&self.to, identifier), now()?)?;
        self.send(Kind::Hello, &hello.bytes)?;
        let bytes = self.expect(Kind::Answer)?;
        let answer = Message { from: self.to.clone(), to: own.clone(), kind: Kind::Answer, bytes };
        let Heard { replies, payload } = self.handshake.receive(party, &answer, &[], now()?)?;
        self.payload = payload.ok_or_else(|| format!("somebody else answers in place of the {}", self.to))?;
        replies.iter().try_for_each(|reply| self.send(reply.kind, &reply.bytes))
    }

    /// The proof that the other side is there.
    pub(crate) fn evidence(&self) -> Evidence {
        self.handshake.evidence()
    }

    /// What the other side sent along.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub(crate) fn send(&mut self, kind: Kind, message: &[u8]) -> Result<()> {
        // Before it arrives: what follows from it is written down by others, and comes after it.
        let time = SystemTime::now();
        self.connection.send(kind, message)?;
        self.caller.wire.went(time, (&self.caller.role, &self.to), kind, message)
    }

    /// Waits for a message of this kind.
    pub(crate) fn expect(&mut self, expected: Kind) -> Result<Vec<u8>> {
        let (kind, message) = self.connection.receive().map_err(|error| format!("the {}: {error}", self.to))?;
        if kind != expected {
            return Err(format!("the {} sent \"{kind}\" in place of \"{expected}\"", self.to).into());
        }
        self.caller.wire.went(SystemTime::now(), (&self.to, &self.caller.role), kind, &message)?;
        Ok(message)
    }
}

/// What went over the wire in a terminal's calls, a line for each message, for the report. Unlike the journal nothing
/// depends on it.
pub(crate) struct Wire(Mutex<File>);

impl Wire {
    const NAME: &str = "wire";

    fn open(folder: &Folder) -> Result<Self> {
        let path = folder.path(Self::NAME);
        Ok(Self(Mutex::new(files::private().append(true).create(true).open(&path).map_err(files::blame(&path))?)))
    }

    /// What a terminal has written, and when, without lines that a crash has cut.
    pub(crate) fn read(folder: &Folder) -> Result<Vec<(u128, Sent)>> {
        let lines =
            String::from_utf8_lossy(&files::read(&folder.path(Self::NAME), MOST)?.unwrap_or_default()).into_owned();
        Ok(lines.lines().filter_map(sent).collect())
    }

    fn went(&self, time: SystemTime, (from, to): (&Role, &Role), kind: Kind, message: &[u8]) -> Result<()> {
        let time = time.duration_since(UNIX_EPOCH)?.as_nanos();
        let line = format!("{time} {from} {to} {kind} {}\n", message.len());
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes())?)
    }
}

/// A line of the file.
fn sent(line: &str) -> Option<(u128, Sent)> {
    let words: Vec<_> = line.split(' ').collect();
    let [time, from, to, kind, bytes] = *words else { return None };
    // The handshakes of these terminals make no exchange.
    let kind = KINDS.into_iter().find(|known| known.to_string() == kind)?;
    let (from, to, bytes) = (from.parse().ok()?, to.parse().ok()?, bytes.parse().ok()?);
    Some((time.parse().ok()?, Sent { from, to, kind, bytes, session: false }))
}
