//! The world: what each process is about to do, what the ledgers have, and what has left.

use polyseal::Rules;
use polyseal_testing::NOW;

use super::library::Library;
use super::setting::{Action, Careless, Cast, Finding, Scope, Setting};
use super::table::{Before, Entry, Fault, Table};
use super::terms::{Answer, Asked, Filing, Id, Order, Outcome, Owner, Stage, Step, place};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Duty {
    Approves,
    Declines,
    Dispatches,
}

impl Duty {
    fn owner(self) -> Owner {
        if self == Self::Dispatches { Owner::Seller } else { Owner::Manager }
    }
}

/// Each life of a process that dispatches has instructions of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    duty: Duty,
    at: At,
    lives: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Start,
    /// It has looked, and is about to write: only where a ledger is not atomic.
    Looked {
        step: Step,
        seen: Option<Entry>,
    },
    /// The ledger has answered, and the step is not completed.
    Filed {
        step: Step,
        answer: Answer,
    },
    Holds(Order),
    /// It has withdrawn, and not sent the approval.
    Withdrew(Order),
    /// It has relayed, and waits for the answer.
    Waits(Order),
    Done,
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Copied {
    Not,
    Kept { scope: Scope, entries: [Option<Entry>; 2] },
    Restored { scope: Scope },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct World {
    processes: [Process; 3],
    tables: [Table; 2],
    copied: Copied,
    crashes: u8,
    forgot: bool,
    left: Left,
}

/// What is outside of the processes and the ledgers, and is not taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Left {
    relay: Option<Id>,
    approval: Option<Id>,
    refusal: Option<Id>,
    /// How often each party took the order for new.
    accepted: [u8; 2],
    /// Whether a ledger once took it for new that has a later mark.
    accepted_old: bool,
    /// How often a settlement was given as new, and how often the books have it.
    settled: u8,
    withdrawn: u8,
    /// What the dispatches say, a bit for each content.
    contents: u16,
}

impl World {
    pub fn new(cast: Cast) -> Self {
        let second = match cast {
            Cast::TwoDeciders => Duty::Declines,
            Cast::TwoDispatchers => Duty::Dispatches,
        };
        let duties = [Duty::Approves, second, Duty::Dispatches];
        Self {
            processes: duties.map(|duty| Process { duty, at: At::Start, lives: 0 }),
            tables: Default::default(),
            copied: Copied::Not,
            crashes: 0,
            forgot: false,
            left: Left::default(),
        }
    }

    /// What the processes can do.
    pub fn moves(&self) -> impl Iterator<Item = Action> {
        self.processes.iter().enumerate().flat_map(|(process, Process { duty, at, .. })| {
            let answers = match at {
                At::Done | At::Refused => [None; 2],
                At::Waits(_) => [self.left.approval, self.left.refusal].map(|answer| answer.map(Some)),
                At::Start if duty.owner() == Owner::Manager && self.left.relay.is_none() => [None; 2],
                _ => [Some(None), None],
            };
            answers.into_iter().flatten().map(move |answer| Action::Go { process, answer })
        })
    }

    /// What befalls them.
    pub fn mishaps(&self, setting: Setting) -> Vec<Action> {
        let running = |process: &usize| self.processes[*process].at != At::Start;
        let crashes = (0..3).filter(running).filter(|_| self.crashes < setting.crashes);
        let mut mishaps: Vec<_> = crashes.map(|process| Action::Crash { process }).collect();
        if setting.restoring.is_some() {
            match self.copied {
                Copied::Not => {
                    let scopes = [Scope::One(Owner::Manager), Scope::One(Owner::Seller), Scope::Both];
                    mishaps.extend(scopes.map(Action::Copy));
                }
                Copied::Kept { .. } => mishaps.push(Action::Restore),
                Copied::Restored { .. } => {}
            }
        }
        if setting.fault == Fault::ForgetsEarly && !self.forgot {
            mishaps.extend([Owner::Manager, Owner::Seller].map(Action::Forget));
        }
        mishaps
    }

    pub fn after(mut self, action: Action, setting: Setting, library: &mut Library) -> Result<Self, Finding> {
        match action {
            Action::Go { process, answer } => {
                let Process { duty, at, lives } = self.processes[process];
                let content = u8::try_from(4 * process).unwrap() + lives;
                let at = self.go((duty, at), answer, content, setting, library);
                self.processes[process].at = at;
            }
            Action::Crash { process } => {
                self.crashes += 1;
                self.end(process);
                for table in &mut self.tables {
                    table.entry = table.before.take().map_or(table.entry, |Before(entry)| entry);
                }
            }
            Action::Copy(scope) => {
                self.copied = Copied::Kept { scope, entries: self.tables.map(|table| table.entry) };
            }
            Action::Restore => self.restore(setting),
            Action::Forget(owner) => {
                self.forgot = true;
                self.tables[place(owner)].entry = None;
            }
        }
        match self.finding() {
            Some(finding) => Err(finding),
            None => Ok(self),
        }
    }

    /// What is about to act in this state.
    pub fn actor(&self, action: &Action) -> String {
        match action {
            Action::Go { process, .. } | Action::Crash { process } => format!("{:?}", self.processes[*process]),
            Action::Copy(_) | Action::Restore | Action::Forget(_) => format!("{:?}", self.tables),
        }
    }

    fn end(&mut self, process: usize) {
        let Process { duty, at, lives } = &mut self.processes[process];
        *at = At::Start;
        *lives += u8::from(*duty == Duty::Dispatches);
    }

    fn restore(&mut self, setting: Setting) {
        let (Copied::Kept { scope, entries }, Some(restoring)) = (self.copied, setting.restoring) else {
            panic!("there is a copy");
        };
        let duties = self.processes.map(|process| process.duty);
        self.copied = Copied::Restored { scope };
        for owner in [Owner::Manager, Owner::Seller].into_iter().filter(|owner| scope.has(*owner)) {
            let (copy, table) = (entries[place(owner)], &mut self.tables[place(owner)]);
            let has_left = match owner {
                Owner::Manager => [self.left.approval, self.left.refusal] != [None; 2] || self.left.withdrawn > 0,
                Owner::Seller => self.left.contents != 0,
            };
            let is_kept = !restoring.by_the_books || !has_left || copy == table.entry;
            table.entry = copy.filter(|_| is_kept);
            if restoring.marks {
                table.mark = NOW + Rules::default().skew() + 1;
            }
            if restoring.floor {
                table.floor = NOW;
            }
            if owner == Owner::Manager && !has_left {
                // It was given to a process that ends here, and did nothing with it.
                self.left.settled = 0;
            }
        }
        if setting.careless != Careless::OutlivesRestoring {
            (0..3).filter(|process| scope.has(duties[*process].owner())).for_each(|process| self.end(process));
        }
    }

    fn go(
        &mut self,
        (duty, at): (Duty, At),
        answer: Option<Id>,
        content: u8,
        setting: Setting,
        library: &mut Library,
    ) -> At {
        let step = match at {
            At::Start if duty == Duty::Dispatches => Step::ReceiveEnvelope,
            At::Start => Step::ReceiveRelay { relay: self.left.relay.unwrap() },
            At::Waits(Order { state, .. }) => Step::Authorize { state, answer: answer.unwrap() },
            At::Looked { step, seen } => return self.file(step, seen, setting, library),
            At::Filed { step, answer } => return self.complete(step, answer, library),
            At::Withdrew(order) => {
                self.left.approval = Some(library.message(order));
                return At::Done;
            }
            At::Holds(order @ Order { state, stage }) => match stage {
                Stage::Undecided => Step::Decide { state, approves: duty == Duty::Approves },
                Stage::Decided { approved: true } => {
                    if self.left.withdrawn == 0 || setting.careless == Careless::Withdraws {
                        self.left.withdrawn += 1;
                    }
                    return At::Withdrew(order);
                }
                Stage::Decided { approved: false } => {
                    self.left.refusal = Some(library.message(order));
                    return At::Done;
                }
                Stage::Awaiting => {
                    self.left.relay = Some(library.message(order));
                    return At::Waits(order);
                }
                Stage::Approved { dispatched: false } => Step::Dispatch { state, content },
                Stage::Approved { dispatched: true } => {
                    let dispatch = library.message(order);
                    self.left.contents |= 1 << library.content(dispatch);
                    return At::Done;
                }
                Stage::Declined => return At::Done,
            },
            At::Done | At::Refused => panic!("it has ended"),
        };
        let seen = self.tables[place(duty.owner())].entry;
        match setting.fault {
            Fault::LooksThenWrites => At::Looked { step, seen },
            _ => self.file(step, seen, setting, library),
        }
    }

    fn file(&mut self, step: Step, seen: Option<Entry>, setting: Setting, library: &mut Library) -> At {
        let filing = library.filing(step);
        let table = &mut self.tables[place(filing.owner)];
        let before = *table;
        let answer = table.file(filing, seen, setting.fault);
        let is_new = matches!((filing.change, answer), (Asked::Insert(_), Answer::Done));
        self.left.accepted_old |= is_new && filing.issued_at < before.mark;
        if setting.fault == Fault::None {
            library.compare(before, filing, answer);
        }
        At::Filed { step, answer }
    }

    fn complete(&mut self, step: Step, answer: Answer, library: &mut Library) -> At {
        let outcome = library.outcome(step, answer);
        if let Outcome::New(_) = outcome {
            let Filing { owner, change, .. } = library.filing(step);
            self.left.accepted[place(owner)] += u8::from(matches!(change, Asked::Insert(_)));
            self.left.settled += u8::from(matches!(step, Step::Decide { approves: true, .. }));
        }
        match outcome {
            Outcome::New(order) | Outcome::Again(order) => At::Holds(order),
            Outcome::Refused => At::Refused,
            Outcome::TakeAgain => At::Start,
        }
    }

    fn finding(&self) -> Option<Finding> {
        let Left { approval, refusal, accepted, accepted_old, settled, withdrawn, contents, .. } = self.left;
        [
            (settled > 1, Finding::SettledTwice),
            (withdrawn > 1, Finding::WithdrawnTwice),
            (refusal.is_some() && (approval.is_some() || withdrawn > 0), Finding::ContraryDecisions),
            (contents.count_ones() > 1, Finding::DispatchedOtherwise),
            (accepted_old, Finding::AcceptedBehindTheMark),
            (accepted.into_iter().any(|times| times > 1), Finding::AcceptedTwice),
        ]
        .into_iter()
        .find_map(|(is_found, finding)| is_found.then_some(finding))
    }

    /// Whether nobody has anything to do, and that is well.
    pub fn has_ended_well(&self) -> bool {
        let was_restored = |owner| matches!(self.copied, Copied::Restored { scope } if scope.has(owner));
        self.processes.iter().all(|Process { duty, at, .. }| match at {
            At::Done => true,
            // Its card holder has to place another order.
            At::Refused => was_restored(duty.owner()) && self.tables[place(duty.owner())].entry.is_none(),
            // Nobody relayed it, or nobody answers: for the same reason.
            At::Start => duty.owner() == Owner::Manager && was_restored(Owner::Seller) && self.left.relay.is_none(),
            At::Waits(_) => was_restored(Owner::Manager) && self.moves().next().is_none(),
            _ => false,
        })
    }
}
