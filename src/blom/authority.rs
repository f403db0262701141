//! The authority: who issues shares, to whom, and to how many.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::master::{Master, triangle};
use super::share::Share;
use crate::domain::Domain;
use crate::export;
use crate::field::ELEMENT;
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Label;
use crate::point::Point;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

const KIND: &str = "authority";

/// How many parties may hold shares of one polynomial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity(Parties);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parties {
    Unconditional,
    AtMost(usize),
}

impl Capacity {
    /// t + 2 parties: whoever of them collude, a pair outside them leaves at most t shares, and
    /// those reveal nothing about the pair's key. No assumption about who colludes remains.
    pub const UNCONDITIONAL: Self = Self(Parties::Unconditional);

    /// At most this many parties, beyond t + 2 under an assumption that you make here: **no t + 1
    /// of them ever collude or are broken into**. If they do, every key of the polynomial is
    /// theirs.
    #[must_use]
    pub const fn assuming_no_coalition_above_threshold(parties: usize) -> Self {
        Self(Parties::AtMost(parties))
    }

    fn parties(self, threshold: usize) -> usize {
        match self.0 {
            Parties::Unconditional => threshold.saturating_add(2),
            Parties::AtMost(parties) => parties,
        }
    }
}

/// The identities to which an authority has issued shares.
///
/// Public data, but its loss is dangerous: an authority that forgot whom it served would issue past
/// its capacity. It only grows, so [`len`](Self::len) tells a newer register from an older one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register(BTreeSet<Identifier>);

impl Register {
    /// Of an authority that has issued nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many identities it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is that of an authority that has issued nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The identities, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = &Identifier> {
        self.0.iter()
    }
}

impl FromIterator<Identifier> for Register {
    fn from_iter<I: IntoIterator<Item = Identifier>>(identities: I) -> Self {
        Self(identities.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Register {
    type Item = &'a Identifier;
    type IntoIter = alloc::collections::btree_set::Iter<'a, Identifier>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// Key predistribution authority: the patent's central organisation.
///
/// It makes the polynomial of one domain and gives each party its share, once it has convinced
/// itself that the party is who the identifier says. How the share reaches its owner in secret is
/// the caller's to arrange.
///
/// Secret: it knows every key of its domain. Wiped on drop, never printed, not `Clone`.
pub struct Authority {
    domain: Domain,
    threshold: usize,
    capacity: Capacity,
    source: Source,
    master: Master,
    register: Register,
    /// Each lane's points of the registered identities.
    taken: [BTreeSet<[u8; ELEMENT]>; 2],
}

/// What [`Authority::export`] keeps of the master.
enum Source {
    Random,
    Seed(Zeroizing<[u8; 32]>),
}

impl Authority {
    /// An authority with a master polynomial drawn from `rng`: within capacity its keys are secure
    /// against any computing power.
    ///
    /// `threshold` is the polynomial's degree t, 1 to 32768: any t shares reveal nothing about other
    /// keys, t + 1 reveal all.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] for a threshold out of range, a domain of several issuers, or a generator
    /// that is stuck.
    pub fn random(
        domain: Domain,
        threshold: usize,
        capacity: Capacity,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, AuthorityError> {
        check(&domain, threshold)?;
        let master = Master::random(threshold, rng).ok_or(AuthorityError::Generator)?;
        Self::assemble(domain, threshold, capacity, Source::Random, master, Register::new())
    }

    /// An authority whose master polynomial is expanded from a seed: its keys are secure at the
    /// 256-bit level of `ChaCha20` and HKDF, and the seed is all that has to be kept besides the
    /// register.
    ///
    /// There is no form without a register, because an authority restored from its seed alone
    /// would not know whom it has served. A new one passes [`Register::new`].
    ///
    /// # Security
    ///
    /// Two authorities of different domains may share a seed; two with the same domain and seed are
    /// the same authority.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] for a threshold out of range, a domain of several issuers, or a register
    /// that does not fit.
    pub fn from_seed(
        domain: Domain,
        threshold: usize,
        capacity: Capacity,
        seed: &[u8; 32],
        register: Register,
    ) -> Result<Self, AuthorityError> {
        let issuer = check(&domain, threshold)?;
        let master = Master::from_seed(seed, &domain, &issuer, threshold);
        Self::assemble(domain, threshold, capacity, Source::Seed(Zeroizing::new(*seed)), master, register)
    }

    fn assemble(
        domain: Domain,
        threshold: usize,
        capacity: Capacity,
        source: Source,
        master: Master,
        register: Register,
    ) -> Result<Self, AuthorityError> {
        if register.len() > capacity.parties(threshold) {
            return Err(AuthorityError::Register);
        }
        let taken = Default::default();
        let mut authority = Self { domain, threshold, capacity, source, master, register: Register::new(), taken };
        for identifier in register {
            let point = identifier.point(&authority.domain);
            authority.enter(identifier, &point).map_err(|_| AuthorityError::Register)?;
        }
        Ok(authority)
    }

    /// The share of `identifier`, entering it in the register. To a registered identity its share is
    /// issued again.
    ///
    /// Export and store the authority before the share leaves, or a crash forgets the entry.
    ///
    /// # Errors
    ///
    /// [`IssueError`] when the capacity is reached, or in the (never seen) case of an identity
    /// whose point in some lane is already taken.
    pub fn issue(&mut self, identifier: &Identifier) -> Result<Share, IssueError> {
        let point = identifier.point(&self.domain);
        if !self.register.0.contains(identifier) {
            if self.register.len() >= self.capacity() {
                return Err(IssueError::Full { capacity: self.capacity() });
            }
            self.enter(identifier.clone(), &point)?;
        }
        Ok(Share::new(identifier.clone(), self.domain.clone(), self.master.row(&point)))
    }

    fn enter(&mut self, identifier: Identifier, point: &Point) -> Result<(), IssueError> {
        let lanes = point.to_bytes();
        if self.taken.iter().zip(&lanes).any(|(taken, lane)| taken.contains(lane)) {
            return Err(IssueError::PointTaken);
        }
        for (taken, lane) in self.taken.iter_mut().zip(lanes) {
            taken.insert(lane);
        }
        self.register.0.insert(identifier);
        Ok(())
    }

    /// The domain of its shares.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The degree t of its polynomial.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// How many identities it may serve.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity.parties(self.threshold)
    }

    /// The identities it has served.
    #[must_use]
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// The whole authority as bytes, register included: secret, for its own storage.
    ///
    /// With a random master that is 16 (t + 1)(t + 2) bytes and the register; with a seed, the
    /// register and little more.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, self)
    }

    /// Takes the bytes that [`export`](Self::export) gave.
    ///
    /// # Security
    ///
    /// The bytes of an earlier export are as valid as the newest and have forgotten whom the
    /// authority served since: compare the [`register`](Self::register)'s length with a count that
    /// you keep elsewhere.
    ///
    /// # Errors
    ///
    /// [`WireError`] if they are not an authority of this version, or are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, WireError> {
        export::import(KIND, bytes, bytes.len())
    }
}

/// The sole issuer of a domain, if the parameters are in range.
fn check(domain: &Domain, threshold: usize) -> Result<Label, AuthorityError> {
    if !(1..=limits::THRESHOLD).contains(&threshold) {
        return Err(AuthorityError::Threshold);
    }
    let mut issuers = domain.issuers().iter();
    match (issuers.next(), issuers.next()) {
        (Some(issuer), None) => Ok(issuer.clone()),
        _ => Err(AuthorityError::SeveralIssuers),
    }
}

impl IntoIterator for Register {
    type Item = Identifier;
    type IntoIter = alloc::collections::btree_set::IntoIter<Identifier>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Encode for Authority {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        w.array(5).item(&self.domain).uint(count(self.threshold));
        match self.capacity.0 {
            Parties::Unconditional => w.null(),
            Parties::AtMost(parties) => w.uint(count(parties)),
        };
        match &self.source {
            Source::Random => w.item(&self.master),
            Source::Seed(seed) => w.bytes(seed.as_slice()),
        };
        w.items(&self.register.0);
    }
}

impl Decode for Authority {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("an authority", 5)?;
        let domain = Domain::decode(r)?;
        let threshold = r.threshold()?;
        let capacity = if r.is_null() {
            Capacity::UNCONDITIONAL
        } else {
            let parties = r.uint("the capacity", u64::from(u32::MAX))?;
            Capacity(Parties::AtMost(usize::try_from(parties).unwrap_or(usize::MAX)))
        };
        let issuer = check(&domain, threshold).map_err(|_| WireError::Expected("a domain of one issuer"))?;
        // A seed has 32 bytes, and the smallest triangles, of threshold 1, have 96.
        let whole = triangle(threshold).saturating_mul(2 * ELEMENT);
        let secret = r.bytes("the master", 32, whole)?;
        let (source, master) = if let Ok(seed) = secret.try_into() {
            let seed = Zeroizing::new(seed);
            let master = Master::from_seed(&seed, &domain, &issuer, threshold);
            (Source::Seed(seed), master)
        } else {
            let master = Master::from_bytes(threshold, secret);
            (Source::Random, master.ok_or(WireError::Expected("canonical field elements"))?)
        };
        let register = r.ascending("the register", 0, capacity.parties(threshold))?;
        let register = register.into_iter().collect();
        Self::assemble(domain, threshold, capacity, source, master, register)
            .map_err(|_| WireError::Limit("the register"))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("domain", &self.domain)
            .field("threshold", &self.threshold)
            .field("capacity", &self.capacity())
            .field("issued", &self.register.len())
            .finish_non_exhaustive()
    }
}

/// Why an authority cannot be made with these parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The threshold is not in 1 to 32768.
    Threshold,
    /// The domain names several issuers, and this is the constructor of a sole one.
    SeveralIssuers,
    /// The register holds more identities than the capacity, or two that share a point.
    Register,
    /// The random generator returns the same refused value again and again: it is broken.
    Generator,
}

impl fmt::Display for AuthorityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold => write!(f, "the threshold is not in 1 to {}", limits::THRESHOLD),
            Self::SeveralIssuers => f.write_str("the domain names several issuers: a sole authority cannot serve it"),
            Self::Register => f.write_str("the register does not fit: it has more identities than the capacity"),
            Self::Generator => f.write_str("the random generator is stuck"),
        }
    }
}

impl core::error::Error for AuthorityError {}

/// Why a share is not issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssueError {
    /// As many identities are registered as the polynomial may serve. Open another cohort or a new
    /// epoch; a larger capacity is a decision about collusion, see [`Capacity`].
    Full {
        /// How many that is.
        capacity: usize,
    },
    /// A registered identity has the same point in a lane: its share would be partly known.
    PointTaken,
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { capacity } => {
                write!(f, "the polynomial serves {capacity} identities and no more: open another cohort or epoch")
            }
            Self::PointTaken => {
                f.write_str("another registered identity has the same point: choose another identifier")
            }
        }
    }
}

impl core::error::Error for IssueError {}
