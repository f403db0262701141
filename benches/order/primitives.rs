//! What a purchase cannot avoid, step by step, by SPEC.md: counted from the messages themselves.

use std::collections::BTreeMap;

use polyseal::order::FormEntry;
use polyseal::{FieldName, OrderForm, Role};

use super::bill::{Bill, DIGEST, NULL, TIME, bound, ciphertext, head, items, labelled, string};
use super::world::{NAMES, NOW, Traffic, VALUE, fields};

/// The plaintext of a statement without instructions.
fn statement(token: bool) -> usize {
    labelled("statement", DIGEST + TIME + if token { DIGEST } else { NULL } + 1)
}

/// The plaintext of an approval.
fn verdict() -> usize {
    labelled("verdict", TIME + DIGEST + NULL)
}

/// The commitments of a form.
impl Bill {
    /// The commitments to these recipients.
    pub fn recipients(&mut self, places: impl IntoIterator<Item = usize>, form: &OrderForm) {
        for place in places {
            self.hash(labelled("recipient", DIGEST + entry_length(place, &form.recipients()[place], form)));
        }
    }

    /// The commitments to the groups that a recipient sees.
    fn groups(&mut self, form: &OrderForm, entry: &FormEntry) {
        for (readers, fields) in groups(form) {
            if readers.contains(&&entry.role) {
                self.hash(labelled("group", DIGEST + fields_length(&fields)));
            }
        }
    }
}

/// The fields of an order, by who sees them.
fn groups(form: &OrderForm) -> BTreeMap<Vec<&Role>, Vec<FieldName>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for field in fields(form) {
        let readers = form.recipients().iter().filter(|entry| entry.selectors.sees(&field));
        groups.entry(readers.map(|entry| &entry.role).collect()).or_default().push(field);
    }
    groups
}

/// `[[name, value], …]`
fn fields_length<'f>(fields: impl IntoIterator<Item = &'f FieldName, IntoIter: ExactSizeIterator>) -> usize {
    let fields = fields.into_iter();
    head(fields.len()) + fields.map(|name| 1 + string(name.as_str().len()) + string(VALUE.len())).sum::<usize>()
}

/// `[role, identifier, release, [place of a group, …]]`, of few groups.
fn entry_length(place: usize, entry: &FormEntry, form: &OrderForm) -> usize {
    let groups = groups(form).keys().filter(|readers| readers.contains(&&entry.role)).count();
    1 + string(entry.role.as_str().len()) + string(NAMES[place + 1].len()) + 1 + 1 + groups
}

/// What a purchase by the standard form cannot avoid, step by step.
#[derive(Debug)]
pub struct Bills {
    pub seal: Bill,
    pub seller: Bill,
    pub relay: Bill,
    pub manager: Bill,
    pub approve: Bill,
    pub authorize: Bill,
    pub dispatch: Bill,
    pub courier: Bill,
}

impl Bills {
    pub fn of(form: &OrderForm, traffic: &Traffic) -> Self {
        let Traffic { envelope, relay, authorization, dispatch, seller, manager, courier } = traffic;
        let (header, parts) = (items(envelope)[2], items(items(envelope)[3]));
        let [_, part_m, part_c] = [0, 1, 2].map(|place| parts[place]);
        let sealed = |place: usize| items(parts[place])[1];
        let roles = [0, 1, 2].map(|place| &form.recipients()[place]);
        let relayed = |message| ciphertext(items(message)[5]);
        let answer = ciphertext(items(authorization)[3]);

        let bill = |steps: &dyn Fn(&mut Bill)| {
            let mut bill = Bill::default();
            steps(&mut bill);
            bill
        };
        let passed_on = |purpose, place: usize| bound(purpose, [&Role::SELLER, &roles[place].role], false);
        let passes_on = |bill: &mut Bill, purpose, place: usize, part: &[u8], ciphertext| {
            bill.key(1, place + 1);
            bill.parts(part.len());
            bill.message(passed_on(purpose, place), ciphertext);
        };
        let answered = bound("authorization", [&Role::CARD_MANAGER, &Role::SELLER], false);
        Self {
            seal: bill(&|bill| {
                seal(bill, form, header, [0, 1, 2].map(|place| ciphertext(sealed(place))), &[part_m, part_c]);
            }),
            seller: bill(&|bill| {
                opens(bill, form, 0, header, sealed(0), &seller[0]);
                bill.recipients(0..3, form);
                bill.parts(part_m.len() + part_c.len());
            }),
            relay: bill(&|bill| {
                passes_on(bill, "relay", 1, part_m, relayed(relay));
                bill.salt(passed_on("relay", 1), string(statement(false)));
            }),
            manager: bill(&|bill| {
                passes_on(bill, "relay", 1, part_m, relayed(relay));
                opens(bill, form, 1, header, sealed(1), &manager[0]);
                bill.recipients([0, 1], form);
                bill.token();
            }),
            approve: bill(&|bill| {
                bill.key(2, 1);
                bill.message(answered, answer);
                bill.salt(answered, string(verdict()));
                bill.state(&manager[1]);
            }),
            authorize: bill(&|bill| {
                bill.key(2, 1);
                bill.message(answered, answer);
                bill.token();
                bill.state(&seller[1]);
            }),
            dispatch: bill(&|bill| {
                passes_on(bill, "dispatch", 2, part_c, relayed(dispatch));
                bill.salt(passed_on("dispatch", 2), string(statement(true)));
                bill.state(&seller[2]);
            }),
            courier: bill(&|bill| {
                passes_on(bill, "dispatch", 2, part_c, relayed(dispatch));
                opens(bill, form, 2, header, sealed(2), &courier[0]);
                bill.recipients([0, 2], form);
                bill.token();
            }),
        }
    }

    /// The bill of all steps.
    pub fn purchase(&self) -> Bill {
        let Self { seal, seller, relay, manager, approve, authorize, dispatch, courier } = self;
        Bill::sum([seal, seller, relay, manager, approve, authorize, dispatch, courier])
    }
}

/// Opens the part of the recipient at a place, checks it against the header, and keeps the order.
pub fn opens(bill: &mut Bill, form: &OrderForm, place: usize, header: &[u8], sealed: &[u8], state: &[u8]) {
    let entry = &form.recipients()[place];
    bill.key(0, place + 1);
    bill.hash(header.len());
    let token = entry.role == Role::DELIVERY_SERVICE;
    bill.message(bound("part", [&Role::CARD_HOLDER, &entry.role], token), ciphertext(sealed));
    bill.groups(form, entry);
    bill.state(state);
}

fn seal(bill: &mut Bill, form: &OrderForm, header: &[u8], ciphertexts: [usize; 3], others: &[&[u8]; 2]) {
    let groups = groups(form);
    let recipients = || form.recipients().iter().enumerate();

    // The seed: a hash of the order, a MAC of that under each key, a hash of these.
    let entries: usize = recipients().map(|(place, entry)| entry_length(place, entry, form)).sum();
    let all = fields(form);
    let selectors = 1 + groups.len() + all.iter().map(|name| string(name.as_str().len())).sum::<usize>();
    let order = string(NAMES[0].len()) + 4 * TIME + 1 + entries + selectors + fields_length(&all);
    bill.hash(labelled("order", order));
    const { assert!(NOW >> 32 == 0, "a time has five bytes") }
    for place in 1..=3 {
        bill.key(0, place);
        bill.mac(labelled("seed", 2 * DIGEST));
    }
    bill.hash(labelled("seed", 1 + 3 * DIGEST));

    // What is committed to, and the header. A few blocks of keystream are not counted.
    bill.token();
    bill.recipients(0..3, form);
    for fields in groups.values() {
        bill.hash(labelled("group", DIGEST + fields_length(fields)));
    }
    bill.hash(header.len());

    // The parts.
    for ((_, entry), ciphertext) in recipients().zip(ciphertexts) {
        let bound = bound("part", [&Role::CARD_HOLDER, &entry.role], entry.role == Role::DELIVERY_SERVICE);
        bill.message(bound, ciphertext);
        // Companions and revision, in the seller's part.
        bill.salt(bound, if entry.role == Role::SELLER { DIGEST + 1 } else { 2 * NULL });
    }
    bill.parts(others.concat().len());
}
