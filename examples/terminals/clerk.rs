//! What a person tells the seller's terminal to do: to cancel an order, or to refund a sum.
//!
//! The command leaves a note in a file, which the terminal reads. A note comes to one demand, whenever the terminal is
//! killed: its journal says which, before that is filed. The answer is in the journal, too.

use core::time::Duration;
use std::collections::BTreeSet;
use std::thread;
use std::time::Instant;

use polyseal::message::OrderDigest;
use polyseal::order::Amount;

use crate::folder::Folder;
use polyseal_example_ledger::party::Shop;
use polyseal_examples::files;
use polyseal_examples::journal::Journal;
use polyseal_examples::program::{Result, now};

/// The file with the notes, a line each.
const NOTES: &str = "notes";
/// Between two looks at the seller's journal.
const REST: Duration = Duration::from_millis(20);

/// The notes for a seller, of which it has taken some.
pub(crate) struct Notes {
    folder: Folder,
    taken: usize,
}

/// Refund this sum, or cancel the order.
struct Note {
    digest: OrderDigest,
    sum: Option<Amount>,
}

impl Note {
    fn line(&self) -> String {
        let Self { digest, sum } = self;
        sum.as_ref().map_or_else(|| format!("{digest} cancel"), |sum| format!("{digest} refund {sum}"))
    }

    fn read(line: &str) -> Option<Self> {
        let (digest, deed) = line.split_once(' ')?;
        let sum = match deed.split_once(' ') {
            Some(("refund", sum)) => Some(sum.parse().ok()?),
            None if deed == "cancel" => None,
            _ => return None,
        };
        Some(Self { digest: digest.parse().ok()?, sum })
    }

    /// By its place from 1.
    fn answer(&self, place: usize) -> Answer {
        Answer { digest: self.digest, place }
    }
}

/// The lines that stand in a seller's journal for a note.
struct Answer {
    digest: OrderDigest,
    place: usize,
}

impl Answer {
    fn filed(&self) -> String {
        format!("{} note {} is demand ", self.digest, self.place)
    }

    fn refused(&self) -> String {
        format!("{} note {} is refused: ", self.digest, self.place)
    }

    /// What follows a beginning in the journal.
    fn after<'l>(mut lines: impl Iterator<Item = &'l str>, begin: &str) -> Option<&'l str> {
        lines.find_map(|line| line.strip_prefix(begin))
    }
}

impl Notes {
    pub(crate) fn open(folder: Folder, journal: &Journal) -> Result<Self> {
        let mut notes = Self { folder, taken: 0 };
        let is_taken = |(place, note): &(usize, Note)| {
            let answer = note.answer(*place);
            [answer.filed(), answer.refused()].iter().any(|begin| Answer::after(journal.lines(), begin).is_some())
        };
        let taken = (1..).zip(notes.lines()?).take_while(is_taken).count();
        // Of the last one it is not known whether the demand was filed, too.
        notes.taken = taken.saturating_sub(1);
        Ok(notes)
    }

    fn lines(&self) -> Result<Vec<Note>> {
        let path = self.folder.path(NOTES);
        let read = |line: &String| {
            Note::read(line).ok_or_else(|| format!("{}: \"{line}\" is no note: take it out", path.display()).into())
        };
        Journal::look(&path)?.iter().map(read).collect()
    }

    /// Files what the new notes demand. The orders that there is something to do for.
    pub(crate) fn take(&mut self, shop: &mut Shop, journal: &mut Journal) -> Result<Vec<OrderDigest>> {
        let mut orders = Vec::new();
        for (place, note) in (1..).zip(self.lines()?).skip(self.taken) {
            let Note { digest, sum } = &note;
            let answer = note.answer(place);
            let number = if let Some(number) = Answer::after(journal.lines(), &answer.filed()) {
                number.parse()?
            } else {
                let number = shop.next_demand(*digest)?;
                journal.add(format!("{}{number}", answer.filed()))?;
                number
            };
            match shop.demand(*digest, number, sum.as_ref(), now()?)? {
                Ok(()) => orders.push(*digest),
                Err(refusal) => journal.add(format!("{}{refusal}", answer.refused()))?,
            }
            self.taken = place;
        }
        Ok(orders)
    }
}

/// Leaves a note, and waits until the seller's terminal has an answer. Without a digest it is about its one order.
pub(crate) fn tell(
    folder: &Folder,
    digest: Option<OrderDigest>,
    sum: Option<Amount>,
    patience: Duration,
) -> Result<String> {
    let digest = one_of(&orders(folder)?, digest)?;
    let note = Note { digest, sum };
    let answer = {
        // Another clerk may write, too, and the seller reads.
        let _lock = files::lock_file(&folder.path(""), "notes.lock")?;
        let mut notes = Journal::open(&folder.path(NOTES))?;
        notes.add(note.line())?;
        note.answer(notes.lines().count())
    };
    let begin = Instant::now();
    while begin.elapsed() <= patience {
        let deeds = journal(folder)?;
        let lines = || deeds.iter().map(String::as_str);
        if let Some(refusal) = Answer::after(lines(), &answer.refused()) {
            return Err(format!("the seller does not ask for it: {refusal}").into());
        }
        let number = Answer::after(lines(), &answer.filed());
        let said = number.and_then(|number| Answer::after(lines(), &format!("{digest} demand {number} ")));
        if let Some(said) = said {
            return Ok(format!("{}: {said}\n", note.line()));
        }
        thread::sleep(REST);
    }
    Err("the seller has the note, and there is no answer yet: it comes once the seller and the card-manager listen"
        .into())
}

fn journal(folder: &Folder) -> Result<Vec<String>> {
    Ok(Journal::look(&Journal::path(&folder.path("")))?)
}

/// The orders that a seller has accepted.
fn orders(folder: &Folder) -> Result<BTreeSet<OrderDigest>> {
    let deeds = journal(folder)?;
    let digests = deeds.iter().filter_map(|line| line.strip_suffix(" accepted seller"));
    Ok(digests.filter_map(|digest| digest.parse().ok()).collect())
}

fn one_of(orders: &BTreeSet<OrderDigest>, digest: Option<OrderDigest>) -> Result<OrderDigest> {
    match (digest, orders.len()) {
        (Some(digest), _) if orders.contains(&digest) => Ok(digest),
        (Some(digest), _) => Err(format!("the seller has no order {digest}: correct --order").into()),
        (None, 1) => Ok(orders.iter().next().copied().ok_or("there is no order")?),
        (None, 0) => Err("the seller has no order: run \"card-holder\" first".into()),
        (None, count) => Err(format!("the seller has {count} orders: name one with --order").into()),
    }
}
