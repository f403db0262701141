//! Messages over TCP: a frame is the length of a message in four bytes, its kind in one, and the message.
//!
//! Whoever is at the other end gets a bounded share of this process: no frame is longer than [`MOST`], memory is taken
//! as bytes arrive and not as they are announced, and a connection ends at a time that no trickle of bytes puts off.

use core::time::Duration;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Instant;

use polyseal_examples::message::Kind;
use polyseal_examples::text::complaint;

/// Bytes of the longest message. An order whose parts come to more is too much for these terminals, which say so.
const MOST: usize = 256 * 1024;

/// In place of a kind: why there is no message, for people.
const EXCUSE: u8 = 255;
/// Bytes of the longest.
const LONGEST_EXCUSE: usize = 1024;

/// The kinds, each by its place.
pub(crate) const KINDS: [Kind; 12] = [
    Kind::Hello,
    Kind::Answer,
    Kind::Confirmation,
    Kind::Envelope,
    Kind::Relay,
    Kind::Authorization,
    Kind::Dispatch,
    Kind::Delivery,
    Kind::Withdrawal,
    Kind::Request,
    Kind::Response,
    Kind::Receipt,
];

/// A connection, until it is over or out of time.
pub(crate) struct Connection {
    stream: TcpStream,
    end: Instant,
}

impl Connection {
    /// A connection that ends after this time, whatever happens on it.
    pub(crate) fn new(stream: TcpStream, time: Duration) -> Result<Self> {
        // A frame is written at once, and is not to wait for another.
        stream.set_nodelay(true)?;
        let mut connection = Self { stream, end: Instant::now() };
        connection.extend(time);
        Ok(connection)
    }

    /// Gives it this time from now on.
    pub(crate) fn extend(&mut self, time: Duration) {
        let now = Instant::now();
        self.end = now.checked_add(time).unwrap_or(now);
    }

    /// Sends a message.
    pub(crate) fn send(&mut self, kind: Kind, message: &[u8]) -> Result<()> {
        let place = KINDS.iter().position(|known| *known == kind).and_then(|place| u8::try_from(place).ok());
        self.send_frame(place, message)
    }

    /// Says why there is no message. Whoever is on the way can say anything, so this is for people alone.
    pub(crate) fn excuse(&mut self, why: &str) -> Result<()> {
        self.send_frame(Some(EXCUSE), why.as_bytes().get(..LONGEST_EXCUSE).unwrap_or(why.as_bytes()))
    }

    fn send_frame(&mut self, place: Option<u8>, message: &[u8]) -> Result<()> {
        let length = u32::try_from(message.len()).ok().filter(|_| message.len() <= MOST);
        let (Some(place), Some(length)) = (place, length) else {
            return Err(Error::new(ErrorKind::InvalidInput, "this is no message that a frame has room for"));
        };
        let mut frame = Vec::with_capacity(message.len().saturating_add(5));
        frame.extend(length.to_be_bytes());
        frame.push(place);
        frame.extend(message);
        self.write_all(&frame)
    }

    /// Waits for a message.
    pub(crate) fn receive(&mut self) -> Result<(Kind, Vec<u8>)> {
        let mut head = [0; 5];
        self.read_exact(&mut head).map_err(hung_up)?;
        let [a, b, c, d, place] = head;
        let length = u32::from_be_bytes([a, b, c, d]);
        let kind = KINDS.get(usize::from(place)).copied();
        if place == EXCUSE && usize::try_from(length).is_ok_and(|length| length <= LONGEST_EXCUSE) {
            let why = self.read_message(length)?;
            return Err(Error::other(format!("it says: {}", complaint(&String::from_utf8_lossy(&why)))));
        }
        let (Some(kind), true) = (kind, usize::try_from(length).is_ok_and(|length| length <= MOST)) else {
            return Err(Error::new(ErrorKind::InvalidData, "this is no frame"));
        };
        Ok((kind, self.read_message(length)?))
    }

    fn read_message(&mut self, length: u32) -> Result<Vec<u8>> {
        let mut message = Vec::new();
        Read::by_ref(self).take(length.into()).read_to_end(&mut message)?;
        let is_whole = u32::try_from(message.len()) == Ok(length);
        if is_whole { Ok(message) } else { Err(hung_up(ErrorKind::UnexpectedEof.into())) }
    }

    /// The time that is left.
    fn left(&self) -> Result<Duration> {
        match self.end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(Error::new(ErrorKind::TimedOut, "the other side is too slow")),
            left => Ok(left),
        }
    }
}

/// An error that says what it means that the bytes end.
fn hung_up(error: Error) -> Error {
    let kind = error.kind();
    if kind == ErrorKind::UnexpectedEof { Error::new(kind, "the other side has hung up") } else { error }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.flush()
    }
}
