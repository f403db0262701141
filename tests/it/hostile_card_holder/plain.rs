//! An envelope in the hands of its card holder, who opens it, changes what it likes, and seals it again.

use polyseal::message::Direct;
use polyseal::{Identifier, Share};
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{Letter, hash, labelled};
use polyseal_testing::{bank, courier, holder, id, shop};
use sha2::{Digest, Sha256};

fn named(role: &str) -> Identifier {
    match role {
        "seller" => shop(),
        "card-manager" => bank(),
        "delivery-service" => courier(),
        _ => id("gateway.example"),
    }
}

/// An envelope as its card holder can open it. Header: sender 2, dates 3 to 6, token's hash 7, recipients 8, groups 9.
/// Opening: recipients 2, groups 3 (place, salt, fields), companions 4, revision 5, token 6.
pub struct Plain {
    pub header: Value,
    pub openings: Vec<(String, Value)>,
}

impl Plain {
    pub fn of(share: &Share, envelope: &[u8]) -> Self {
        let header = at(envelope, &[2]);
        let digest = Sha256::digest(header.as_bytes());
        let mut openings: Vec<(String, Value)> = Vec::new();
        for part in at(envelope, &[3]).items() {
            let [Value::Text(role), sealed] = part.items().as_slice() else { panic!("a part") };
            let to = named(role);
            let token = (role == "delivery-service").then(|| Self::token_in(&openings));
            let from = holder();
            let token = token.as_ref().map(Value::as_bytes);
            let letter = Letter { token, ..Letter::part(&from, &to, role, &digest) };
            openings.push((role.clone(), Value::parse(&letter.open(share, sealed))));
        }
        Self { header: Value::parse(header.as_bytes()), openings }
    }

    pub fn token_in(openings: &[(String, Value)]) -> Value {
        let (_, manager) = openings.iter().find(|(role, _)| role == "card-manager").unwrap();
        manager.clone().items()[6].clone()
    }

    pub fn opening(&mut self, role: &str) -> &mut Value {
        &mut self.openings.iter_mut().find(|(name, _)| name == role).unwrap().1
    }

    /// Changes a recipient's entry wherever it is, and the commitment to it.
    pub fn entry(&mut self, role: &str, change: impl Fn(&mut Value)) {
        let is_it = |entry: &Value| entry.clone().items()[0] == Value::text(role);
        for (_, opening) in &mut self.openings {
            for pair in opening.items()[2].items() {
                if !is_it(&pair.items()[0]) {
                    continue;
                }
                change(&mut pair.items()[0]);
                let [entry, salt] = pair.items().as_slice() else { panic!("an entry and its salt") };
                let commitment = hash("recipient", [salt.clone(), entry.clone()]);
                let place = self.header.items()[8].items().iter_mut().find(|place| is_it(place)).unwrap();
                place.items()[1] = Value::bytes(commitment);
            }
        }
    }

    /// Changes the fields of a group wherever they are opened, and the commitment to them.
    pub fn group(&mut self, place: usize, change: impl Fn(&mut Vec<Value>)) {
        let index = Value::Uint(place.try_into().unwrap());
        for (_, opening) in &mut self.openings {
            for group in opening.items()[3].items().iter_mut() {
                if group.items()[0] != index {
                    continue;
                }
                change(group.items()[2].items());
                let [_, salt, fields] = group.items().as_slice() else { panic!("place, salt and fields") };
                let commitment = hash("group", [salt.clone(), fields.clone()]);
                self.header.items()[9].items()[place].items()[1] = Value::bytes(commitment);
            }
        }
    }

    /// The place of the group that has a selector.
    pub fn place_of(&mut self, selector: &str) -> usize {
        let has = |group: &mut Value| group.items()[0].items().contains(&Value::text(selector));
        self.header.items()[9].items().iter_mut().position(has).unwrap()
    }

    /// The envelope as a card holder seals it, padded by `pad`.
    pub fn seal_with(mut self, pad: impl Fn(&Letter<'_>, &[u8]) -> Value) -> Vec<u8> {
        let header = self.header.to_bytes();
        let digest = Sha256::digest(&header);
        let token =
            self.openings.iter().any(|(role, _)| role == "card-manager").then(|| Self::token_in(&self.openings));
        let (mut parts, mut own) = (Vec::new(), None);
        self.openings.sort_by_key(|(role, _)| role == "seller");
        for (role, mut opening) in self.openings {
            let to = named(&role);
            let waits = role == "delivery-service";
            let token = token.as_ref().filter(|_| waits).map(|token| match token {
                Value::Bytes(bytes) => bytes.as_slice(),
                _ => &[0; 32],
            });
            let from = holder();
            let letter = Letter { token, ..Letter::part(&from, &to, &role, &digest) };
            let companions = &mut opening.items()[4];
            if role == "seller" && *companions != Value::Null && *companions != Value::Bytes(vec![0; 32]) {
                *companions = Value::bytes(hash("parts", [Value::Array(parts.clone())]));
            }
            let part = Value::Array(vec![Value::text(&role), pad(&letter, &opening.to_bytes())]);
            if role == "seller" { own = Some(part) } else { parts.push(part) }
        }
        // In the place that the header gives it.
        let roles = self.header.items()[8].items().iter_mut().map(|pair| pair.items()[0].clone());
        let place = roles.take_while(|role| *role != Value::text("seller")).count();
        parts.splice(place..place, own);
        labelled("envelope", [Value::bytes(header), Value::Array(parts)]).to_bytes()
    }

    pub fn seal(self, share: &Share) -> Vec<u8> {
        let seal = |letter: &Letter<'_>, opening: &[u8]| letter.seal(share, opening);
        self.seal_with(seal)
    }

    /// The part for a recipient alone, which it has from the card holder itself.
    pub fn seal_directly(mut self, share: &Share, role: &str) -> Direct {
        self.entry(role, |entry| entry.items()[2] = Value::Uint(0));
        let sealed = self.seal(share);
        let [header, mut parts] = [2, 3].map(|item| at(&sealed, &[item]));
        let part = parts.items().iter_mut().map(Value::items).find(|part| part[0] == Value::text(role)).unwrap();
        Direct::from_bytes(&labelled("direct", [header, Value::Array(part.clone())]).to_bytes()).unwrap()
    }
}
