//! What a step cannot avoid, by SPEC.md: the blocks that SHA-256 compresses, the messages that the AEAD takes, the keys
//! that are derived. Counted from the messages themselves, and called with nothing around them.

use core::hint::black_box;
use std::collections::BTreeMap;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use minicbor::Decoder;
use polyseal::message::VERSION;
use polyseal::order::FormEntry;
use polyseal::{FieldName, Identifier, KeySource, OrderForm, Role, Share};
use sha2::block_api::compress256;

use super::world::{NAMES, NOW, Traffic, VALUE, fields};

/// More than any hash here has.
static BLOCKS: [[u8; 64]; 512] = [[7; 64]; 512];

/// What the key of a message, its commitment and its salt are bound to, with 32 bytes before it.
fn bound(purpose: &str, roles: [&Role; 2], token: bool) -> usize {
    let [from, to] = roles.map(|role| string(role.as_str().len()));
    DIGEST + string(purpose.len()) + 1 + DIGEST + from + to + if token { DIGEST } else { NULL }
}

/// The plaintext of a statement without instructions.
fn statement(token: bool) -> usize {
    labelled("statement", DIGEST + TIME + if token { DIGEST } else { NULL } + 1)
}

/// The plaintext of an approval.
fn verdict() -> usize {
    labelled("verdict", TIME + DIGEST + NULL)
}

/// The primitive calls of a step.
#[derive(Clone, Debug, Default)]
pub struct Bill {
    /// Blocks that one hash compresses in one go.
    hashes: Vec<usize>,
    /// Bytes that one message has.
    messages: Vec<usize>,
    /// How many keys are derived.
    keys: usize,
}

/// The bytes of items: the head of one with this argument, a byte or text string.
fn head(argument: usize) -> usize {
    match argument {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        _ => 5,
    }
}

fn string(length: usize) -> usize {
    head(length) + length
}

/// 32 bytes as a byte string.
const DIGEST: usize = 34;
const TIME: usize = 5;
const NULL: usize = 1;

/// A labelled input: `[version, label, …]`.
fn labelled(label: &str, items: usize) -> usize {
    1 + string(VERSION.len()) + string(label.len()) + items
}

impl Bill {
    fn hash(&mut self, bytes: usize) {
        self.hashes.push((bytes + 9).div_ceil(64));
    }

    /// HMAC with a key whose block is absorbed: the inner hash and the outer.
    fn mac(&mut self, bytes: usize) {
        self.hash(bytes);
        self.hashes.push(1);
    }

    /// The key block of an HMAC, for the inner hash and the outer.
    fn mac_key(&mut self) {
        self.hashes.extend([1, 1]);
    }

    /// A key of the two, from the source or from the cache, and the one for a direction from it.
    fn key(&mut self, from: usize, to: usize) {
        self.keys += 1;
        self.mac_key();
        self.mac(labelled("direction", string(NAMES[from].len()) + string(NAMES[to].len())) + 1);
        self.mac_key();
    }

    /// What sealing and opening have in common, of a ciphertext with its tag.
    fn message(&mut self, bound: usize, ciphertext: usize) {
        self.mac(labelled("key", bound));
        self.mac(labelled("commit", bound));
        self.messages.push(ciphertext - 16);
    }

    /// The salt of a message that is sealed, of so many bytes of content.
    fn salt(&mut self, bound: usize, content: usize) {
        self.mac(labelled("salt", bound + content));
    }

    /// The commitments to these recipients.
    fn recipients(&mut self, places: impl IntoIterator<Item = usize>, form: &OrderForm) {
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

    fn token(&mut self) {
        self.hash(labelled("token", DIGEST));
    }

    /// The check of an exported state.
    fn state(&mut self, state: &[u8]) {
        let body = items(state)[2].len();
        self.hash(labelled("check", string("state".len()) + body));
    }

    /// Without the derivations.
    pub fn cached(&self) -> Self {
        Self { keys: 0, ..self.clone() }
    }

    /// The bill of several.
    pub fn sum<'b>(bills: impl IntoIterator<Item = &'b Self>) -> Self {
        bills.into_iter().fold(Self::default(), |mut sum, bill| {
            sum.hashes.extend(&bill.hashes);
            sum.messages.extend(&bill.messages);
            sum.keys += bill.keys;
            sum
        })
    }

    /// Calls the primitives, as often and with as much as the bill says.
    pub fn pay(&self, share: &Share, peer: &Identifier, buffer: &mut [u8]) {
        let mut state = [7; 8];
        for count in &self.hashes {
            compress256(&mut state, black_box(&BLOCKS[..*count]));
        }
        for length in &self.messages {
            let cipher = ChaCha20Poly1305::new(black_box(&[7; 32]).into());
            let text = &mut buffer[..*length];
            let _ = black_box(cipher.encrypt_inout_detached(&[0; 12].into(), &[], text.into()));
        }
        for _ in 0..self.keys {
            let _ = black_box(share.common_key(black_box(peer), share.domain()));
        }
        black_box(state);
    }
}

impl core::fmt::Display for Bill {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { hashes, messages, keys } = self;
        let [blocks, bytes] = [hashes, messages].map(|counts| counts.iter().sum::<usize>());
        let [hashes, messages] = [hashes, messages].map(Vec::len);
        write!(f, "{blocks:>4} blocks in {hashes:>3} hashes, {bytes:>5} bytes in {messages} messages, {keys} keys")
    }
}

/// The items of an array, each as its bytes. A byte or text string without its head.
fn items(message: &[u8]) -> Vec<&[u8]> {
    let mut decoder = Decoder::new(message);
    let count = decoder.array().unwrap().unwrap();
    let mut item = || {
        let start = decoder.position();
        if let Ok(bytes) = decoder.bytes() {
            return bytes;
        }
        decoder.set_position(start);
        decoder.skip().unwrap();
        &message[start..decoder.position()]
    };
    (0..count).map(|_| item()).collect()
}

/// The ciphertext of `[key-id, salt, commitment, ciphertext]`.
fn ciphertext(sealed: &[u8]) -> usize {
    items(sealed)[3].len()
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
        let parts =
            [0, 1, 2].map(|place| (&form.recipients()[place], ciphertext(items(parts[place])[1]), parts[place]));
        let [(_, for_seller, _), (_, for_manager, part_m), (_, for_courier, part_c)] = parts;
        let roles = [0, 1, 2].map(|place| &form.recipients()[place]);
        let relayed = |message| ciphertext(items(message)[5]);
        let answer = ciphertext(items(authorization)[3]);
        // One part, or two, in an array.
        let digest_of = |parts: usize| labelled("parts", 1 + parts);

        let bill = |steps: &dyn Fn(&mut Bill)| {
            let mut bill = Bill::default();
            steps(&mut bill);
            bill
        };
        let opens = |bill: &mut Bill, place: usize, token, ciphertext, state: &[u8]| {
            bill.key(0, place + 1);
            bill.hash(header.len());
            bill.message(bound("part", [&Role::CARD_HOLDER, &roles[place].role], token), ciphertext);
            bill.groups(form, roles[place]);
            bill.state(state);
        };
        let passed_on = |purpose, place: usize| bound(purpose, [&Role::SELLER, &roles[place].role], false);
        let passes_on = |bill: &mut Bill, purpose, place: usize, part: &[u8], ciphertext| {
            bill.key(1, place + 1);
            bill.hash(digest_of(part.len()));
            bill.message(passed_on(purpose, place), ciphertext);
        };
        let answered = bound("authorization", [&Role::CARD_MANAGER, &Role::SELLER], false);
        Self {
            seal: bill(&|bill| seal(bill, form, header, parts.map(|(_, length, _)| length), &[part_m, part_c])),
            seller: bill(&|bill| {
                opens(bill, 0, false, for_seller, &seller[0]);
                bill.recipients(0..3, form);
                bill.hash(digest_of(part_m.len() + part_c.len()));
            }),
            relay: bill(&|bill| {
                passes_on(bill, "relay", 1, part_m, relayed(relay));
                bill.salt(passed_on("relay", 1), string(statement(false)));
            }),
            manager: bill(&|bill| {
                passes_on(bill, "relay", 1, part_m, relayed(relay));
                opens(bill, 1, false, for_manager, &manager[0]);
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
                opens(bill, 2, true, for_courier, &courier[0]);
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
    bill.hash(labelled("parts", 1 + others.concat().len()));
}
