//! From a plan to an order: its dates, token, salts, header and parts. How token and salts are made is this library's own
//! (`docs/choices.md`).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::header::{CommittedGroup, Content, Header, commit_group, commit_recipient, token_hash};
use super::opening::Salt;
use super::placed::{Contents, Parts, Placed, PlacedGroup};
use crate::hash::{self, prefix};
use crate::limits;
use crate::order::{Entry, Plan, encode_fields};
use crate::seal::Link;
use crate::value::ValueError;
use crate::wire::{Secret, Secret32};

/// How long an order may be received, dispatched, and settled, after it is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Seconds in which it may be received for the first time, and approved.
    pub accept: u64,
    /// Seconds in which it may be dispatched: not less than `accept`.
    pub deliver: u64,
    /// Seconds in which messages about it are taken: not less than `deliver`. The parties keep its records and keys until
    /// then.
    pub settle: u64,
}

impl Default for Windows {
    /// One hour to accept, thirty days to deliver, 180 days to settle.
    fn default() -> Self {
        const DAY: u64 = 24 * 3600;
        Self { accept: 3600, deliver: 30 * DAY, settle: 180 * DAY }
    }
}

impl Windows {
    fn dates(self, now: u64) -> Result<Dates, ValueError> {
        let end = |window: u64| now.saturating_add(window);
        let (accept_until, deliver_until, settle_until) = (end(self.accept), end(self.deliver), end(self.settle));
        if [accept_until, deliver_until, settle_until, limits::TIME].is_sorted() {
            Ok(Dates { issued_at: now, accept_until, deliver_until, settle_until })
        } else {
            Err(ValueError::Windows)
        }
    }
}

#[derive(Clone, Copy)]
struct Dates {
    issued_at: u64,
    accept_until: u64,
    deliver_until: u64,
    settle_until: u64,
}

/// Seals an order by its plan, each part for its recipient through the link of the same place.
pub(crate) fn seal(
    mut plan: Plan<'_>,
    links: &[Link],
    now: u64,
    windows: Windows,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(Placed, Parts), ValueError> {
    let dates = windows.dates(now)?;
    let Secrets { token, recipients, groups } = Secrets::draw(&mut plan, links, dates, rng);
    let recipient = |(entry, salt): &(Entry, Salt)| (entry.role.clone(), commit_recipient(salt, entry));
    let committed = plan.groups.into_iter().zip(&groups).map(|(group, PlacedGroup { salt, fields })| CommittedGroup {
        selectors: group.selectors,
        commitment: commit_group(salt, |w| w.raw(fields)),
    });
    let header = Header::new(Content {
        sender: plan.sender,
        issued_at: dates.issued_at,
        accept_until: dates.accept_until,
        deliver_until: dates.deliver_until,
        settle_until: dates.settle_until,
        token_hash: token_hash(&token),
        recipients: recipients.iter().map(recipient).collect(),
        groups: committed.collect(),
    });
    let contents = Contents { groups, token, revision: 0 };
    let placed = Placed { header, recipients, contents: None };
    let parts = placed.seal(&contents, contents.revision, links, rng);
    Ok((Placed { contents: Some(contents), ..placed }, parts))
}

/// Token and salts, from a keystream whose key mixes fresh randomness with MACs of the order under the directional keys.
///
/// So values that can be guessed stay hidden even where the generator is known: from outsiders and
/// from every recipient, as long as there is one key here that they do not have.
struct Secrets {
    token: Box<Secret32>,
    /// The entries, taken from the plan, each with its salt. A salt stays where it is put: what is moved leaves its bytes
    /// behind.
    recipients: Vec<(Entry, Salt)>,
    /// The plan's groups, likewise.
    groups: Vec<PlacedGroup>,
}

impl Secrets {
    fn draw(plan: &mut Plan<'_>, links: &[Link], dates: Dates, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let order = Secret32::new(hash::digest(prefix!("order", 8), |w| {
            w.item(&plan.sender).uint(dates.issued_at);
            w.uint(dates.accept_until).uint(dates.deliver_until).uint(dates.settle_until);
            w.items(&plan.entries).array(plan.groups.len());
            for group in &plan.groups {
                w.items(&group.selectors);
            }
            encode_fields(w, &plan.fields);
        }));
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(fresh.as_mut_slice());
        let seed = Secret32::new(hash::digest(prefix!("seed", 1), |w| {
            w.array(links.len());
            for link in links {
                let mac = link.key.prf.eval(prefix!("seed", 2), |w| {
                    w.bytes(fresh.as_slice()).bytes(order.as_slice());
                });
                w.bytes(mac.as_slice());
            }
        }));
        // All of it at once, which is faster. What is moved out of here is wiped here.
        let count = plan.entries.len().saturating_add(plan.groups.len()).saturating_add(1);
        let mut secrets = Secret::default();
        secrets.resize(count.saturating_mul(32));
        ChaCha20::new((&*seed).into(), &[0; 12].into()).apply_keystream(secrets.as_mut_slice());
        let (secrets, _) = secrets.as_chunks();
        let mut secrets = secrets.iter();
        #[expect(clippy::expect_used, reason = "a secret of zeros would be known to everybody")]
        let mut next = || Secret32::new(*secrets.next().expect("there is one for each that is asked for"));
        Self {
            token: Box::new(next()),
            recipients: mem::take(&mut plan.entries).into_iter().map(|entry| (entry, next())).collect(),
            groups: plan.groups.iter().map(|group| PlacedGroup { salt: next(), fields: group.encoded() }).collect(),
        }
    }
}
