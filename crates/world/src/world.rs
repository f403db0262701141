//! One world: its processes, their storage, the network between them, and the oracle that is told everything.

use core::hash::Hash;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::cast::{ALL, BANK, BANKS, COURIER, GATEWAY, SELLER, STRANGER, is_holder};
use crate::clock::{Clock, EPOCH, START};
use crate::network::{Kind, Message, Network};
use crate::oracle::{Oracle, Violation};
use crate::orders::FORMS;
use crate::people::PlacedOrder;
use crate::plans::{Agenda, Plan};
use crate::process::Process;
use crate::random::{Random, mix};
use crate::report::Counts;
use crate::sessions::Sessions;
use crate::storage::Storage;
use crate::trace::{At, Digest, Fact, Fingerprint, Nature, Until, Who, fingerprint};

/// What the processes of a party share: what is on its disk, what it has revoked, and its sessions.
#[derive(Default)]
pub struct Identity {
    pub storage: Storage,
    /// States as they once were, which a process may come back from.
    pub exports: BTreeMap<Digest, Vec<u8>>,
    /// What is booked.
    pub books: BTreeSet<Digest>,
    /// What a card holder has sent.
    pub placed: Vec<PlacedOrder>,
    pub revoked: BTreeSet<Who>,
    /// The forms that a seller takes, the one that it gives out first.
    pub forms: Vec<usize>,
    pub dishonest: bool,
    pub sessions: Sessions,
}

/// Why a step did not get to its end.
#[derive(Debug)]
pub enum Stop {
    /// The process died.
    Died,
    /// The message was refused, for the reason of this label.
    Refused(&'static str),
}

pub struct World {
    pub seed: u64,
    /// In how many networks the parties meet.
    pub networks: usize,
    pub clock: Clock,
    pub network: Network,
    pub processes: Vec<Process>,
    /// The processes of each party.
    pub of: Vec<Vec<usize>>,
    pub identities: Vec<Identity>,
    /// What is to come of each order, and what is still to be done for it.
    pub plans: BTreeMap<Digest, Plan>,
    pub agenda: Agenda,
    pub oracle: Oracle,
    pub counts: Counts,
    pub trace: Fingerprint,
    pub step: u64,
    /// Counts events and deliveries, whichever comes.
    pub moment: u64,
    pub is_calm: bool,
    /// Orders of which somebody refused something in the calm because its time had not come.
    pub early: BTreeSet<Digest>,
    /// Whether a state was another one after a message was refused, until that is told.
    pub is_used_up: bool,
    violation: Option<Violation>,
    /// Where the words of facts go, if somebody wants to read them.
    tell: Option<fn(u64, &Fact)>,
}

/// How many processes a party has.
fn processes_of(who: Who) -> usize {
    match who {
        SELLER..BANK => 2,
        BANK..COURIER => 3,
        COURIER..STRANGER => 2,
        _ => 1,
    }
}

impl World {
    pub fn new(seed: u64, tell: Option<fn(u64, &Fact)>) -> Self {
        let mut random = Random::new(mix(seed, 2));
        let networks = if random.once_in(3) { 2 } else { 1 };
        let (mut processes, mut of) = (Vec::new(), Vec::new());
        let mut identities: Vec<Identity> = (0..ALL).map(|_| Identity::default()).collect();
        for who in 0..ALL {
            let first = processes.len();
            of.push((first..first + processes_of(who)).collect());
            for place in 0..processes_of(who) {
                let generator = mix(seed, 1000 + 10 * u64::from(who) + u64::try_from(place).unwrap());
                processes.push(Process::new(who, networks, generator));
            }
        }
        for seller in SELLER..BANK {
            identities[usize::from(seller)].forms = vec![random.index(FORMS)];
        }
        let now = START + EPOCH - random.below(EPOCH / 2);
        let clock = Clock::new(now, processes.len());
        let mut world = Self {
            seed,
            networks,
            clock,
            network: Network::default(),
            processes,
            of,
            identities,
            plans: BTreeMap::new(),
            agenda: Agenda::default(),
            oracle: Oracle::default(),
            counts: Counts::default(),
            trace: Fingerprint::new(),
            step: 0,
            moment: 0,
            is_calm: false,
            early: BTreeSet::new(),
            is_used_up: false,
            violation: None,
            tell,
        };
        world.choose_liars(&mut random);
        world
    }

    /// Some are not honest from the beginning. Strangers never are.
    fn choose_liars(&mut self, random: &mut Random) {
        let mut liars: Vec<Who> = (STRANGER..ALL).collect();
        if random.below(4) != 0 {
            liars.extend([0, 1, 2]);
            let services = [SELLER, BANK + BANKS - 1, COURIER, GATEWAY];
            liars.extend((0..random.below(3)).map(|_| *random.pick(&services)));
        }
        for who in liars {
            if !core::mem::replace(&mut self.identities[usize::from(who)].dishonest, true) {
                self.fact(Fact::Dishonest { who });
            }
        }
    }

    pub fn liars(&self) -> Vec<Who> {
        (0..ALL).filter(|who| self.identities[usize::from(*who)].dishonest).collect()
    }

    /// What storage has to tell comes first, as it may be the reason for the fact.
    pub fn fact(&mut self, fact: Fact) {
        for who in 0..ALL {
            for digest in self.identities[usize::from(who)].storage.take_torn() {
                self.observe(Fact::Torn { who, digest });
            }
        }
        self.observe(fact);
    }

    fn observe(&mut self, fact: Fact) {
        if let Some(tell) = self.tell {
            tell(self.step, &fact);
        }
        fact.hash(&mut self.trace);
        if let Err(violation) = self.oracle.observe(&fact) {
            self.violation.get_or_insert(violation);
        }
    }

    pub fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    pub fn at(&self, process: usize) -> At {
        At { clock: self.clock.at(process), moment: self.moment }
    }

    pub fn who(&self, process: usize) -> Who {
        self.processes[process].who
    }

    pub fn identity(&mut self, process: usize) -> &mut Identity {
        let who = usize::from(self.processes[process].who);
        &mut self.identities[who]
    }

    pub fn send(&mut self, from: Who, to: Who, kind: Kind, bytes: Vec<u8>, nature: Nature) {
        let print = fingerprint(&bytes);
        self.trace.word(print);
        self.network.send(Message { kind, from, to, bytes: Rc::from(bytes), nature, is_astray: false, print });
    }

    /// A process may die between any two calls.
    pub fn breath(&mut self, process: usize) -> Result<(), Stop> {
        if self.processes[process].breathes() {
            return Ok(());
        }
        self.counts.label("died");
        Err(Stop::Died)
    }

    /// One delivery, and what becomes of it.
    pub fn deliver(&mut self, message: &Message) {
        let processes = &self.of[usize::from(message.to)];
        let choice = mix(mix(self.seed, 3), self.step);
        let process = processes[Random::new(choice).index(processes.len())];
        let before = self.identity(process).storage.changes();
        if let Err(Stop::Refused(label)) = self.take(process, message) {
            self.refuse(process, message, (label, self.clock.at(process)), before);
            if label == "unknown-session" && message.nature == Nature::Genuine {
                self.hear_of_lost_session(message);
            }
        }
    }

    /// What is said of a message that was not taken, and by which clock. If its step has to be taken again, it is, once.
    pub fn refuse(&mut self, process: usize, message: &Message, why: (&'static str, u64), before: u64) {
        self.tell_refusal(process, message, why, before);
        if why.0 == "ledger-take-again"
            && let Err(Stop::Refused(label)) = self.take(process, message)
        {
            self.tell_refusal(process, message, (label, self.clock.at(process)), before);
        }
    }

    fn tell_refusal(&mut self, process: usize, message: &Message, (label, clock): (&'static str, u64), before: u64) {
        let who = self.who(process);
        let wrote = core::mem::take(&mut self.is_used_up) || self.identity(process).storage.changes() != before;
        let digest = digest_of(message);
        self.counts.label(label);
        if let Some(digest) = &digest {
            self.note_if_early(digest, label);
        }
        let (from, until) = ((!message.is_astray).then_some(message.from), until(message.kind));
        self.fact(Fact::Refused { who, from, nature: message.nature, digest, label, until, clock, wrote });
    }

    /// What came before its time in the calm comes again.
    pub fn note_if_early(&mut self, digest: &Digest, label: &str) {
        if self.is_calm && label == "not-yet" {
            self.early.insert(*digest);
        }
    }

    fn take(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        let who = self.who(process);
        match message.kind {
            Kind::Hello | Kind::Answer | Kind::Confirmation | Kind::Acknowledgement => {
                self.take_handshake(process, message)
            }
            Kind::Receipt if is_holder(who) => self.take_receipt(process, message),
            Kind::Envelope | Kind::Authorization | Kind::Response | Kind::Delivery | Kind::Withdrawal
                if (SELLER..BANK).contains(&who) =>
            {
                self.take_at_seller(process, message)
            }
            Kind::Relay | Kind::Direct | Kind::Request if (BANK..COURIER).contains(&who) => {
                self.take_at_bank(process, message)
            }
            Kind::Relay | Kind::Direct | Kind::Dispatch if (COURIER..STRANGER).contains(&who) => {
                self.take_at_recipient(process, message)
            }
            _ => Err(Stop::Refused("no-such-endpoint")),
        }
    }
}

/// Until when a message may be new to its receiver.
fn until(kind: Kind) -> Until {
    match kind {
        Kind::Envelope | Kind::Relay | Kind::Direct => Until::Accept,
        Kind::Dispatch => Until::Deliver,
        _ => Until::Settle,
    }
}

/// The order that a message says it is about.
pub fn digest_of(message: &Message) -> Option<Digest> {
    crate::services::digest(message.kind, &message.bytes)
}
