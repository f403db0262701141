//! Messages whose plaintexts are changed and sealed again with the genuine keys, so that the fuzzer gets past the
//! seals.
//!
//! The input is a script: a byte whose lowest bit says whether the header's commitments follow the changes, then edits.

use polyseal::{Identifier, KeySource, Share};
use sha2::{Digest, Sha256};

use super::desk::{Desk, role_of};
use super::honest::Honest;
use super::script::{EDITS, Script, get};
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{Letter, hash};

/// Where things are in a header, in a part and in a statement.
const TOKEN_HASH: usize = 7;
const COMMITTED_RECIPIENTS: usize = 8;
const COMMITTED_GROUPS: usize = 9;
const OPENED_RECIPIENTS: usize = 2;
const OPENED_GROUPS: usize = 3;
const TOKEN: usize = 6;
const PARTS: usize = 2;
const STATEMENT_TOKEN: usize = 4;

fn list(value: &Value, place: usize) -> &[Value] {
    match get(value, place) {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

fn set(value: &mut Value, place: usize, item: Value) {
    if let Value::Array(items) = value
        && let Some(place) = items.get_mut(place)
    {
        *place = item;
    }
}

/// Makes the header commit to what a part says, entries that it did not have included.
fn commit(header: &mut Value, part: &Value) {
    let mut recipients = list(header, COMMITTED_RECIPIENTS).to_vec();
    for opened in list(part, OPENED_RECIPIENTS) {
        // [entry, salt], the entry starting with the role.
        let (Some(entry), Some(salt)) = (get(opened, 0), get(opened, 1)) else { continue };
        let Some(role) = get(entry, 0) else { continue };
        let commitment = Value::bytes(hash("recipient", [salt.clone(), entry.clone()]));
        match recipients.iter_mut().find(|pair| get(pair, 0) == Some(role)) {
            Some(pair) => set(pair, 1, commitment),
            None => recipients.push(Value::Array(vec![role.clone(), commitment])),
        }
    }
    set(header, COMMITTED_RECIPIENTS, Value::Array(recipients));

    let mut groups = list(header, COMMITTED_GROUPS).to_vec();
    for opened in list(part, OPENED_GROUPS) {
        // [place, salt, fields]
        let (Some(Value::Uint(place)), Some(salt), Some(fields)) = (get(opened, 0), get(opened, 1), get(opened, 2))
        else {
            continue;
        };
        if let Some(group) = usize::try_from(*place).ok().and_then(|place| groups.get_mut(place)) {
            set(group, 1, Value::bytes(hash("group", [salt.clone(), fields.clone()])));
        }
    }
    set(header, COMMITTED_GROUPS, Value::Array(groups));
}

fn commit_token(header: &mut Value, token: Option<&Value>) {
    if let Some(token @ Value::Bytes(_)) = token {
        set(header, TOKEN_HASH, Value::bytes(hash("token", [token.clone()])));
    }
}

fn token_of(statement: &Value) -> Option<&[u8]> {
    match get(statement, STATEMENT_TOKEN) {
        Some(Value::Bytes(token)) => Some(token),
        _ => None,
    }
}

fn letter<'a>(
    desk: &Desk,
    to: &'a Identifier,
    purpose: &'a str,
    from: &'a Share,
    digest: &'a [u8],
    token: Option<&'a [u8]>,
) -> Letter<'a> {
    Letter { purpose, step: 0, by: role_of(purpose), from: from.identifier(), to, digest, role: desk.role, token }
}

/// The honest message of a desk with the changes of a script.
pub fn altered(desk: &Desk, honest: &Honest, script: &[u8]) -> Vec<u8> {
    let message = &honest.messages[desk.messages[0]];
    let (world, to) = (&honest.world, (desk.to)());
    let named = at(message, &[2]).as_bytes().to_vec();
    let digest = if desk.part.is_some() { Sha256::digest(&named).to_vec() } else { named.clone() };
    let mut header = if desk.part.is_some() { Value::parse(&named) } else { Value::Null };
    let mut statement = match desk.statement {
        Some((purpose, place, by)) => {
            let by = by(world);
            Value::parse(&letter(desk, &to, purpose, by, &digest, None).open(by, &at(message, &[place])))
        }
        None => Value::Null,
    };
    let mut part = match desk.part {
        Some(path) => {
            let exchange = letter(desk, &to, "part", &world.holder, &digest, token_of(&statement));
            Value::parse(&exchange.open(&world.holder, &at(message, path)))
        }
        None => Value::Null,
    };

    let same_parts = get(&statement, PARTS).cloned();
    let mut script = Script(script);
    let commits = script.byte() & 1 == 1;
    for _ in 0..EDITS {
        match script.byte() {
            _ if script.is_empty() => break,
            which if which % 3 == 0 => script.edit(&mut header),
            which if which % 3 == 1 => script.edit(&mut part),
            _ => script.edit(&mut statement),
        }
    }

    let mut out = Value::parse(message);
    let mut digest = digest;
    if let Some(path) = desk.part {
        if commits {
            commit(&mut header, &part);
            commit_token(&mut header, get(&part, TOKEN));
            commit_token(&mut header, get(&statement, STATEMENT_TOKEN));
        }
        let bytes = header.to_bytes();
        digest = Sha256::digest(&bytes).to_vec();
        set(&mut out, 2, Value::Bytes(bytes));
        let exchange = letter(desk, &to, "part", &world.holder, &digest, token_of(&statement));
        let sealed = exchange.seal(&world.holder, &part.to_bytes());
        out.edit(path, |place| *place = sealed);
        // The part is another, by its salt alone: a digest of the parts that was left as it was has to follow.
        if same_parts.is_some() && get(&statement, PARTS) == same_parts.as_ref() {
            let parts = get(&out, 3).cloned().unwrap_or(Value::Null);
            set(&mut statement, PARTS, Value::bytes(hash("parts", [parts])));
        }
    }
    if let Some((purpose, place, by)) = desk.statement {
        let by = by(world);
        set(&mut out, place, letter(desk, &to, purpose, by, &digest, None).seal(by, &statement.to_bytes()));
    }
    out.to_bytes()
}
