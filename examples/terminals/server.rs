//! A terminal that listens. Strangers can connect, be silent, trickle, flood and send garbage; what they get is
//! bounded.
//!
//! There are [`SEATS`] connections, and a thread for each, however many come. Whoever has not yet shown that it holds a
//! share is a stranger, has [`STRANGER`] to show it, and loses its seat to a newcomer when all are taken: the one that
//! has sat longest first. So a flood of strangers delays an honest peer, which needs a moment to show who it is, and
//! does not lock it out. What waits to be accepted waits in the operating system's queue, which is bounded too.
//!
//! A party that has shown who it is keeps its seat for [`GUEST`] at most, and has [`Service::SEATS_EACH`] at a time.
//! This does not keep out many holders of shares who act together.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use polyseal::{Identifier, Role};

use crate::frame::Connection;
use polyseal_examples::message::{Kind, Message};
use polyseal_examples::party::handshake::{Handshakes, Heard};
use polyseal_examples::program::Result;
use polyseal_examples::text::one_line;

/// Connections at a time.
pub(crate) const SEATS: usize = 32;
/// How long a connection may take to show who it is of.
const STRANGER: Duration = Duration::from_secs(2);
/// How long it may take from then on.
const GUEST: Duration = Duration::from_secs(10);
/// Messages that one connection can bring.
const MESSAGES: usize = 16;
/// How long a newcomer waits for a seat that is being vacated.
const VACATING: Duration = Duration::from_millis(100);

/// What a terminal does for whoever calls.
pub(crate) trait Service: Sync {
    /// Its role.
    const ROLE: Role;
    /// The role of those it serves.
    const SERVES: Role;
    /// How many connections one of these may have.
    const SEATS_EACH: usize;

    /// What it sends along when it answers in a handshake.
    fn greeting(&self) -> &[u8] {
        &[]
    }

    /// Takes a message of a handshake. This payload goes with an answer.
    fn greet(&self, handshake: &mut Handshakes, message: &Message, payload: &[u8]) -> Result<Heard>;

    /// Takes the message for which the other side came, and answers.
    fn serve(&self, kind: Kind, message: &[u8]) -> Result<Vec<(Kind, Vec<u8>)>>;

    /// What it does besides, for as long as it listens.
    fn errands(&self) {}
}

/// Why a terminal does not do what a known party wants, in words that this may hear. What else goes wrong, files and disks
/// for example, is nobody's business.
#[derive(Debug)]
pub(crate) struct Excuse {
    pub(crate) why: String,
    /// What the terminal's own people hear besides.
    pub(crate) cause: String,
}

impl fmt::Display for Excuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { why, cause } = self;
        if cause.is_empty() { f.write_str(why) } else { write!(f, "{why}: {cause}") }
    }
}

impl core::error::Error for Excuse {}

/// Serves whoever comes. This does not end.
pub(crate) fn run(listener: &TcpListener, service: &impl Service) {
    let seats = Seats::default();
    thread::scope(|scope| {
        scope.spawn(|| service.errands());
        loop {
            // Without a connection there is nobody to tell what is wrong, such as that no descriptor is left.
            let Ok((stream, _)) = listener.accept() else {
                thread::sleep(VACATING);
                continue;
            };
            let Some(seat) = seats.take(&stream) else { continue };
            let guest = thread::Builder::new().stack_size(1 << 20);
            // If there is no thread to be had, the connection ends here.
            let _ = guest.spawn_scoped(scope, move || drop(converse(service, stream, &seat)));
        }
    });
}

/// One connection. Whatever goes wrong, the other side sees it end.
fn converse<S: Service>(service: &S, stream: TcpStream, seat: &Seat<'_>) -> Result<()> {
    let mut connection = Connection::new(stream, STRANGER)?;
    let mut handshake = Handshakes::default();
    for _ in 0..MESSAGES {
        let (kind, bytes) = connection.receive()?;
        let is_stranger = handshake.peers().next().is_none();
        if kind.is_handshake() {
            let message = Message { from: S::SERVES, to: S::ROLE, kind, bytes };
            for reply in service.greet(&mut handshake, &message, service.greeting())?.replies {
                connection.send(reply.kind, &reply.bytes)?;
            }
            if let (true, Some(peer)) = (is_stranger, handshake.peers().next()) {
                if *peer.role() != S::SERVES || !seat.keep(peer.peer(), S::SEATS_EACH) {
                    return Err("a party in another role, or once too often".into());
                }
                connection.extend(GUEST);
            }
        } else if is_stranger {
            return Err("a handshake comes first".into());
        } else {
            // Said only of those who are known, so that strangers cannot fill somebody's disk or screen.
            let say = |what: &str| say(&format!("{}: {kind} from the {}: {what}", S::ROLE, S::SERVES));
            let answers = service.serve(kind, &bytes).inspect_err(|error| say(&error.to_string()));
            let answers = match answers {
                Ok(answers) => answers,
                Err(error) => {
                    let why = error.downcast_ref::<Excuse>().map_or("it cannot be done now", |excuse| &excuse.why);
                    connection.excuse(why)?;
                    return Err(error);
                }
            };
            for (kind, message) in &answers {
                connection.send(*kind, message)?;
            }
            say("answered");
        }
    }
    Ok(())
}

/// Writes a line for whoever watches the terminal. If nobody does, that is no reason to end.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{}", one_line(line));
}

/// Where connections sit.
#[derive(Default)]
struct Seats {
    taken: Mutex<Taken>,
    vacated: Condvar,
}

#[derive(Default)]
struct Taken {
    /// By the order in which they came: the connection, and whose it is, unless a stranger's.
    seats: BTreeMap<u64, (TcpStream, Option<Identifier>)>,
    came: u64,
}

impl Seats {
    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Nothing in here is left half done.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat for a newcomer, if there is one, or a stranger has to give up its own.
    fn take(&self, stream: &TcpStream) -> Option<Seat<'_>> {
        let mut taken = self.lock();
        if taken.seats.len() >= SEATS {
            let (stranger, _) = taken.seats.values().find(|(_, guest)| guest.is_none())?;
            // Its thread sees the end of the connection, and leaves.
            let _ = stranger.shutdown(Shutdown::Both);
            let is_full = |taken: &mut Taken| taken.seats.len() >= SEATS;
            let waited = self.vacated.wait_timeout_while(taken, VACATING, is_full);
            taken = waited.unwrap_or_else(PoisonError::into_inner).0;
            if is_full(&mut taken) {
                return None;
            }
        }
        let number = taken.came;
        taken.seats.insert(number, (stream.try_clone().ok()?, None));
        taken.came = number.saturating_add(1);
        Some(Seat { seats: self, number })
    }
}

/// The seat of one connection, vacated when it is over.
struct Seat<'a> {
    seats: &'a Seats,
    number: u64,
}

impl Seat<'_> {
    /// Not a stranger's any more, unless this guest has as many seats as it may.
    fn keep(&self, guest: &Identifier, most: usize) -> bool {
        let seats = &mut self.seats.lock().seats;
        let has = seats.values().filter(|(_, other)| other.as_ref() == Some(guest)).count();
        match seats.get_mut(&self.number) {
            Some((_, of)) if has < most => *of = Some(guest.clone()),
            _ => return false,
        }
        true
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.seats.lock().seats.remove(&self.number);
        self.seats.vacated.notify_one();
    }
}
