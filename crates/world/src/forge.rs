//! What a liar can seal: the wire as the tests' forger writes it. All that depends on the form of messages is here.

mod handshakes;
mod statements;

use polyseal::FieldName;
use polyseal::key::Domain;
use polyseal_testing::cbor::Value;
pub use polyseal_testing::forge::labelled;
use polyseal_testing::forge::{Letter, hash};
use polyseal_testing::keys::in_session;
use sha2::{Digest as _, Sha256};

pub use handshakes::*;
pub use statements::*;

use crate::cast::{CAST, Keys};
use crate::orders::name_of;
use crate::random::Random;
use crate::trace::{Dates, Digest, Role, Who};

/// Places in a message.
pub const HEADER: usize = 2;
pub const PARTS: usize = 3;
pub const RELAYER: usize = 4;
/// Places in a header.
const SENDER: usize = 2;
const ISSUED: usize = 3;
const GROUPS: usize = 9;
/// The groups in an opening.
const OPENED: usize = 3;
/// Places in an opening, from its end.
const TOKEN: usize = 1;
const COMPANIONS: usize = 3;
/// The place of the revision in an opening: the card holder may choose it.
pub const REVISION: usize = 5;

/// Who speaks to whom, about what.
#[derive(Clone)]
pub struct Between<'a> {
    pub purpose: &'a str,
    /// In whose name.
    pub from: Who,
    pub to: Who,
    pub digest: &'a [u8],
    /// In which role the sender speaks.
    pub by: &'a str,
    /// In which role the receiver is addressed.
    pub role: &'a str,
    pub token: Option<&'a [u8]>,
    /// Whose key with the receiver (or with the sender, to open) it is, and of which domain.
    pub keys: &'a Keys,
}

/// The session of a finished handshake.
pub struct Session {
    pub transcript: Digest,
    pub key: [u8; 32],
}

impl Between<'_> {
    fn letter(&self) -> Letter<'_> {
        Letter {
            purpose: self.purpose,
            step: 0,
            by: self.by,
            from: CAST.id(self.from),
            to: CAST.id(self.to),
            digest: self.digest,
            role: self.role,
            token: self.token,
        }
    }

    /// Under the key of `keys`' owner with the receiver, in the name of `from`.
    pub fn seal(&self, plaintext: &Value, random: &mut Random) -> Value {
        let fresh = u8::try_from(random.below(256)).unwrap();
        let own = Letter { from: CAST.id(self.keys.me), ..self.letter() };
        let letter = if self.keys.me == self.from { self.letter() } else { own };
        letter.seal_fresh(self.keys, &plaintext.to_bytes(), fresh)
    }

    /// The same under the key of a session, whoever made it.
    pub fn seal_under(&self, session: &Session, plaintext: &Value, random: &mut Random) -> Value {
        let fresh = u8::try_from(random.below(256)).unwrap();
        let keys = in_session(self.keys, session.key);
        let mut sealed = self.letter().seal_fresh(&keys, &plaintext.to_bytes(), fresh);
        sealed.items().push(Value::bytes(session.transcript));
        sealed
    }

    pub fn open(&self, sealed: &Value) -> Option<Value> {
        Some(Value::parse(&self.letter().opened(self.keys, sealed)?.1))
    }
}

pub fn sha256(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// When the order of a header was sealed, and its other dates.
pub fn dates(header: &Value) -> Dates {
    let mut header = Value::parse(header.as_bytes());
    let date = |item: &Value| if let Value::Uint(date) = item { *date } else { 0 };
    let [issued, accept, deliver, settle] = [0, 1, 2, 3].map(|after| date(&header.items()[ISSUED + after]));
    Dates { issued, accept, deliver, settle }
}

/// A header in the name of another card holder.
pub fn renamed(header: &Value, sender: Who) -> Value {
    let mut inner = Value::parse(header.as_bytes());
    inner.items()[SENDER] = Value::bytes(CAST.id(sender).as_bytes());
    Value::bytes(inner.to_bytes())
}

/// Where a liar goes wrong in the tree of a plaintext: at any leaf, but not in one place.
pub fn spoiled(tree: &Value, but: Option<usize>, random: &mut Random) -> Value {
    let mut paths = Vec::new();
    leaves(tree, &mut Vec::new(), &mut paths);
    paths.retain(|path| path.first().copied() != but);
    let mut tree = tree.clone();
    let path = random.pick(&paths).clone();
    let mut place = &mut tree;
    for index in path {
        place = &mut place.items()[index];
    }
    spoil(place, random);
    tree
}

pub fn spoil(place: &mut Value, random: &mut Random) {
    match place {
        Value::Uint(number) => *number ^= 1,
        Value::Bytes(bytes) if bytes.is_empty() => bytes.push(1),
        Value::Bytes(bytes) => {
            let at = random.index(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
        Value::Text(text) => text.push('x'),
        Value::Null => *place = Value::bytes([7; 32]),
        Value::Array(_) => {}
    }
}

/// The paths of all leaves behind the version and the label.
fn leaves(tree: &Value, path: &mut Vec<usize>, paths: &mut Vec<Vec<usize>>) {
    let Value::Array(items) = tree else { return paths.push(path.clone()) };
    for (index, item) in items.iter().enumerate() {
        if !(path.is_empty() && index < 2) {
            path.push(index);
            leaves(item, path, paths);
            path.pop();
        }
    }
}

/// An order as the card holder that sealed it can open it.
pub struct Plain {
    pub holder: Who,
    pub header: Value,
    /// Role and recipient, the opening, and whether the part waits for the token.
    parts: Vec<(Role, Who, Value, bool)>,
    /// Which parts go with the envelope, in its order; the others go directly.
    relayed: Vec<Role>,
    token: Option<Vec<u8>>,
}

/// An order in messages: what goes to the seller, and what goes directly to whom.
pub struct Sealed {
    pub digest: Digest,
    pub envelope: Vec<u8>,
    pub directs: Vec<(Who, Vec<u8>)>,
}

/// Who a part is for, by its role, and whether it waits.
pub type Readers<'a> = &'a dyn Fn(&str) -> Option<(Role, Who, bool)>;

impl Plain {
    /// `domain` is the one in which the card holder and somebody meet.
    pub fn of(
        holder: Who,
        envelope: &[u8],
        directs: &[&[u8]],
        readers: Readers<'_>,
        domain: &dyn Fn(Who) -> Domain,
    ) -> Option<Self> {
        let mut envelope = Value::parse(envelope);
        let header = envelope.items()[HEADER].clone();
        let digest = sha256(header.as_bytes());
        let mut sealed: Vec<Value> = envelope.items()[PARTS].items().clone();
        let count = sealed.len();
        sealed.extend(directs.iter().map(|direct| Value::parse(direct).items()[PARTS].clone()));
        let mut plain = Self { holder, header, parts: Vec::new(), relayed: Vec::new(), token: None };
        // The part with the token first, because others open with it.
        let mut order: Vec<usize> = (0..sealed.len()).collect();
        order.sort_by_key(|place| sealed[*place].clone().items()[0] != Value::text("card-manager"));
        let mut roles = vec![None; sealed.len()];
        for place in order {
            let [Value::Text(name), part] = sealed[place].items().as_slice() else { return None };
            let (role, who, waits) = readers(name)?;
            let keys = Keys::only(holder, domain(who));
            let token = plain.token.as_deref().filter(|_| waits);
            let between = Between {
                purpose: "part",
                by: "card-holder",
                from: holder,
                to: who,
                digest: &digest,
                role: name,
                token,
                keys: &keys,
            };
            let mut opening = between.open(part)?;
            if role == Role::Bank {
                let last = opening.items().len() - TOKEN;
                plain.token = Some(opening.items()[last].as_bytes().to_vec());
            }
            roles[place] = Some(role);
            plain.parts.push((role, who, opening, waits));
        }
        plain.relayed = roles[..count].iter().copied().collect::<Option<_>>()?;
        Some(plain)
    }

    pub fn token(&self) -> Option<&[u8]> {
        self.token.as_deref()
    }

    pub fn roles(&self) -> Vec<Role> {
        self.parts.iter().map(|(role, ..)| *role).collect()
    }

    pub fn opening(&mut self, of: Role) -> &mut Value {
        &mut self.parts.iter_mut().find(|(role, ..)| *role == of).unwrap().2
    }

    /// Another amount, wherever it is opened, and the commitment to it.
    pub fn put_amount(&mut self, amount: &str) {
        let name = Value::text(FieldName::AMOUNT_DUE.as_str());
        let mut header = Value::parse(self.header.as_bytes());
        let groups = header.items()[GROUPS].items();
        let Some(place) = groups.iter_mut().position(|group| group.items()[0].items().contains(&name)) else { return };
        for (.., opening, _) in &mut self.parts {
            for group in opening.items()[OPENED].items() {
                if group.items()[0] != Value::Uint(place.try_into().unwrap()) {
                    continue;
                }
                let [_, salt, fields] = group.items().as_mut_slice() else { return };
                for field in fields.items().iter_mut().filter(|field| (**field).clone().items()[0] == name) {
                    field.items()[1] = Value::text(amount);
                }
                groups[place].items()[1] = Value::bytes(hash("group", [salt.clone(), fields.clone()]));
            }
        }
        self.header = Value::bytes(header.to_bytes());
    }

    /// Seals it in the name of `holder`, with keys by `keys`: the digest, the envelope, and what goes directly to whom.
    /// `is_whole`: the seller's part says what the other parts are.
    pub fn seal(&self, keys: &dyn Fn(Who) -> Keys, is_whole: bool, random: &mut Random) -> Sealed {
        let digest = sha256(self.header.as_bytes());
        let mut part = |role: Role, companions: Option<&[Value]>| {
            let (_, to, opening, waits) = self.parts.iter().find(|(own, ..)| *own == role).unwrap();
            let mut opening = opening.clone();
            if let Some(companions) = companions {
                let place = opening.items().len() - COMPANIONS;
                opening.items()[place] = Value::bytes(hash("parts", [Value::Array(companions.to_vec())]));
            }
            let (name, own) = (name_of(role), keys(*to));
            let token = self.token.as_deref().filter(|_| *waits);
            let (role, to) = (name.as_str(), *to);
            let between = Between {
                purpose: "part",
                by: "card-holder",
                from: self.holder,
                to,
                digest: &digest,
                role,
                token,
                keys: &own,
            };
            (to, Value::Array(vec![Value::text(role), between.seal(&opening, random)]))
        };
        let others: Vec<Value> =
            self.relayed.iter().filter(|role| **role != Role::Seller).map(|role| part(*role, None).1).collect();
        let (_, own) = part(Role::Seller, is_whole.then_some(others.as_slice()));
        let parts = [own].into_iter().chain(others).collect();
        let envelope = labelled("envelope", [self.header.clone(), Value::Array(parts)]).to_bytes();
        let direct = self.roles().into_iter().filter(|role| !self.relayed.contains(role));
        let directs = direct.map(|role| {
            let (to, part) = part(role, None);
            (to, labelled("direct", [self.header.clone(), part]).to_bytes())
        });
        Sealed { digest, envelope, directs: directs.collect() }
    }
}
