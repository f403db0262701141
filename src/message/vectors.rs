//! `tests/vectors/headers.json`, as far as it makes headers, and what `tests/vectors/encoding.json` has of plaintexts.

use alloc::vec::Vec;

use serde_json::Value;

use super::*;
use crate::domain::KeyId;
use crate::hash::Prf;
use crate::identifier::Identifier;
use crate::key::DirectionalKey;
use crate::name::FieldName;
use crate::order::{Entry, Field, Plan, PlannedGroup, Selector};
use crate::seal::Link;
use crate::vectors::{Given, check_encodings, exact, tests_of, unhex};
use crate::wire::{self, Secret};

#[test]
fn plaintexts_are_read_as_the_vectors_say() {
    check_encodings("opening", |bytes| Opening::from_plaintext(Secret::from(bytes)).map(drop));
    check_encodings("statement", |bytes| wire::decode::<Statement>(bytes).map(drop));
    check_encodings("claim", |bytes| wire::decode::<Claim>(bytes).map(drop));
    check_encodings("verdict", |bytes| wire::decode::<Verdict>(bytes).map(drop));
    check_encodings("resolution", |bytes| wire::decode::<Answered>(bytes).map(drop));
    check_encodings("outcome", |bytes| wire::decode::<Delivered>(bytes).map(drop));
    check_encodings("notice", |bytes| wire::decode::<Notice>(bytes).map(drop));
    check_encodings("report", |bytes| wire::decode::<Report>(bytes).map(drop));
}

/// The names of a test's fields, which its plan borrows.
fn names(input: &Value) -> Vec<FieldName> {
    let groups = input["groups"].as_array().unwrap();
    let fields = groups.iter().flat_map(|group| group["fields"].as_array().unwrap());
    fields.map(|field| FieldName::new(field[0].as_str().unwrap()).unwrap()).collect()
}

fn plan<'o>(input: &'o Value, names: &'o [FieldName]) -> Plan<'o> {
    let mut names = names.iter();
    let group = |group: &'o Value| {
        let selectors = group["selectors"].as_array().unwrap().iter();
        let selectors = selectors.map(|selector| selector.as_str().unwrap().parse::<Selector>().unwrap()).collect();
        let fields = group["fields"].as_array().unwrap().iter().zip(names.by_ref());
        let fields = fields.map(|(field, name)| Field { name, value: field[1].as_str().unwrap() }).collect();
        PlannedGroup { selectors, fields }
    };
    let groups: Vec<_> = input["groups"].as_array().unwrap().iter().map(group).collect();
    let mut fields: Vec<_> = groups.iter().flat_map(|group| group.fields.iter().copied()).collect();
    fields.sort_by_key(|field| field.name);
    let entries =
        input["recipients"].as_array().unwrap().iter().map(|entry| wire::decode::<Entry>(&unhex(entry)).unwrap());
    Plan { sender: Identifier::new(unhex(&input["sender"])).unwrap(), entries: entries.collect(), groups, fields }
}

#[test]
fn headers_are_made_as_the_vectors_say() {
    let tests = tests_of("headers", "make");
    assert!(!tests.is_empty());
    for test in tests {
        let (input, output) = (&test["input"], &test["output"]);
        let names = names(input);
        let plan = plan(input, &names);
        let key = |key: &Value| DirectionalKey { prf: Prf::new(&exact::<32>(key).unwrap()) };
        let name = KeyId::from_bytes([0; 16]).into();
        let keys = input["directional_keys"].as_array().unwrap().iter();
        let links: Vec<_> = keys.map(|each| Link { name, key: key(each) }).collect();
        let times: Vec<_> = input["times"].as_array().unwrap().iter().map(|time| time.as_u64().unwrap()).collect();
        let [now, accept, deliver, settle] = times[..] else { panic!("four times") };
        let windows = Windows { accept: accept - now, deliver: deliver - now, settle: settle - now };
        // What is drawn after the header's secrets is for the salts of the parts.
        let mut rng = Given([unhex(&input["fresh"]), [0; 1000].to_vec()].concat());
        let (placed, _) = seal::seal(plan, &links, now, windows, &mut rng).unwrap();
        assert_eq!(placed.header, Header::from_bytes(&unhex(&output["header"])).unwrap());
        let salts: Vec<_> = placed.recipients.iter().map(|(_, salt)| salt.to_vec()).collect();
        let expected: Vec<_> = output["recipient_salts"].as_array().unwrap().iter().map(unhex).collect();
        assert_eq!(salts, expected);
        let body = wire::encode(&placed);
        for secret in output["group_salts"].as_array().unwrap().iter().chain([&output["token"]]) {
            assert!(body.windows(32).any(|found| found == unhex(secret)), "{secret} is kept");
        }
    }
}
