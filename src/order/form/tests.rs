use super::*;
use crate::identifier::Identifier;
use crate::order::Group;

fn changed(change: impl FnOnce(&mut Vec<FormEntry>)) -> Result<OrderForm, FormError> {
    let mut recipients = OrderForm::standard().into_recipients();
    change(&mut recipients);
    OrderForm::new(recipients)
}

#[test]
fn what_cannot_work_is_refused() {
    assert!(changed(|_| {}).is_ok());
    assert!(changed(|r| r[1].release = Release::Direct).is_ok());
    assert!(changed(|r| drop(r.pop())).is_ok());
    assert_eq!(changed(|r| r[0].release = Release::Direct), Err(FormError::Seller));
    assert_eq!(changed(|r| r[0].release = Release::OnApproval), Err(FormError::Seller));
    assert_eq!(changed(|r| r.swap(0, 1)), Err(FormError::Seller));
    assert_eq!(changed(Vec::clear), Err(FormError::Seller));
    assert_eq!(changed(|r| r[1].release = Release::OnApproval), Err(FormError::CardManager));
    let role = Role::DELIVERY_SERVICE;
    assert_eq!(changed(|r| drop(r.remove(1))), Err(FormError::Approval { role: role.clone() }));
    assert_eq!(changed(|r| r[2].selectors.clear()), Err(FormError::NoSelector { role }));
    assert_eq!(changed(|r| r[2].role = Role::SELLER), Err(FormError::Role { role: Role::SELLER }));
    assert_eq!(changed(|r| r[2].role = Role::CARD_HOLDER), Err(FormError::Role { role: Role::CARD_HOLDER }));
    let same = Some(Identifier::new("same").unwrap());
    let error = changed(|r| {
        r[0].identifier = same.clone();
        r[1].identifier = same;
    });
    assert_eq!(error, Err(FormError::Identifier { role: Role::CARD_MANAGER }));
    let many = changed(|r| {
        for i in 0..limits::RECIPIENTS {
            let role = Role::new(&alloc::format!("gateway-{i}")).unwrap();
            r.push(FormEntry { role, ..r[1].clone() });
        }
    });
    assert_eq!(many, Err(FormError::Recipients));
}

fn selector(text: &str) -> Selector {
    Selector::new(text).unwrap()
}

#[test]
fn selectors_are_held_against_all_others() {
    for good in ["holder.fax-2", "card", "items-2", "item.color", "destinations.*"] {
        assert!(changed(|r| r[0].selectors.insert(selector(good))).is_ok() == (good != "card"), "{good}");
    }
    // The conflicts are between selectors of one recipient and of two, whatever sorts between.
    for (at, bad, there) in [
        (0, "items", "items.*"),
        (2, "items", "items.*"),
        (2, "items.0.sku", "items.*"),
        (2, "items.0.*", "items.*"),
        (0, "card.*", "card.expiry"),
        (0, "holder", "holder.address"),
        (1, "destination.name.*", "destination.name"),
    ] {
        let error = changed(|r| r[at].selectors.insert(selector(bad))).unwrap_err();
        let FormError::Conflict { selector: first, other } = &error else { panic!("{error:?}") };
        let mut pair = [first, other];
        pair.sort();
        let mut expected = [selector(bad), selector(there)];
        expected.sort();
        assert_eq!(pair, [&expected[0], &expected[1]], "{bad}");
        let text = alloc::string::ToString::to_string(&error);
        assert!(text.contains(bad) && text.contains(there), "{text}");
    }
    let error = changed(|r| r[1].selectors.insert(FieldName::HOLDER_FAX));
    assert_eq!(error, Err(FormError::Optional { selector: FieldName::HOLDER_FAX.into() }));
    assert!(changed(|r| r[0].selectors.insert_optional(FieldName::CARD_CODE)).is_ok());
}

#[test]
fn seller_and_card_manager_see_the_amount_by_its_name() {
    for (at, role) in [(0, Role::SELLER), (1, Role::CARD_MANAGER)] {
        let amount = FieldName::AMOUNT_DUE;
        let unseen = Err(FormError::Amount { role });
        assert_eq!(changed(|r| assert!(r[at].selectors.remove(&amount))), unseen);
        let without = |r: &mut [FormEntry]| r[..2].iter_mut().all(|entry| entry.selectors.remove(&amount));
        let above = |r: &mut Vec<FormEntry>| {
            assert!(without(r));
            r[at].selectors.insert(selector("amount.*"));
        };
        assert!(matches!(changed(above), Err(FormError::Amount { .. })));
    }
    let optional = changed(|r| {
        for entry in r.iter_mut().filter(|entry| entry.selectors.contains(FieldName::AMOUNT_DUE)) {
            entry.selectors.insert_optional(FieldName::AMOUNT_DUE);
        }
    });
    assert_eq!(optional, Err(FormError::Amount { role: Role::SELLER }));
}

#[test]
fn what_the_same_recipients_see_is_a_group() {
    let form = OrderForm::standard();
    let texts =
        |group: &Group| group.selectors.iter().map(|s| s.as_str().into()).collect::<Vec<alloc::string::String>>();
    let groups: Vec<_> =
        form.groups().all.iter().map(|group| (group.readers.iter().collect::<Vec<_>>(), texts(group))).collect();
    let expected: [(Vec<usize>, &[&str]); 4] = [
        ([0, 1].into(), &["amount.due", "item.name", "item.number", "item.quantity", "items.*", "payment.type"]),
        ([1].into(), &["card.expiry", "card.number"]),
        ([2].into(), &["destination.address", "destination.name"]),
        ([0, 1, 2].into(), &["holder.address", "holder.fax", "holder.name", "holder.telephone"]),
    ];
    assert_eq!(groups.len(), 4);
    for ((readers, selectors), (expected_readers, expected_selectors)) in groups.iter().zip(&expected) {
        assert_eq!(readers, expected_readers);
        assert_eq!(selectors, expected_selectors);
    }
}

#[test]
fn selectors_and_groups_have_limits() {
    let field = |n: usize| selector(&alloc::format!("f{n}"));
    let there = OrderForm::standard().groups().all.iter().map(|group| group.selectors.len()).sum::<usize>();
    let with = |more: usize| changed(|r| r[0].selectors.extend((0..more).map(field)));
    assert!(with(limits::SELECTORS - there).is_ok());
    assert_eq!(with(limits::SELECTORS - there + 1), Err(FormError::Selectors));

    // A field for each set of these recipients.
    let audiences = |count: usize| {
        changed(|r| {
            let roles = (0..7).map(|n| Role::new(&alloc::format!("r{n}")).unwrap());
            r.extend(roles.enumerate().map(|(n, role)| FormEntry {
                role,
                identifier: None,
                release: Release::OnReceipt,
                selectors: (1..=count).filter(|set| set >> n & 1 == 1).map(field).collect(),
            }));
            r.retain(|entry| !entry.selectors.is_empty());
        })
    };
    assert_eq!(audiences(limits::GROUPS - 4).unwrap().groups().all.len(), limits::GROUPS);
    assert_eq!(audiences(limits::GROUPS - 3), Err(FormError::Groups));
}

#[test]
fn forms_become_bytes_and_come_back() {
    let form = changed(|r| r[2].identifier = Some(Identifier::new("courier").unwrap())).unwrap();
    let bytes = form.to_bytes();
    assert_eq!(OrderForm::from_bytes(&bytes).unwrap(), form);
    let altered = |from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        let altered = [&bytes[..at], to, &bytes[at + from.len()..]].concat();
        OrderForm::from_bytes(&altered)
    };
    assert!(altered(b"holder.fax?", b"holder.fax?").is_ok());
    for (from, to) in [
        (&b"holder.fax?"[..], &b"holder.zax?"[..]),
        (b"holder.fax?", b"holder.Fax?"),
        (b"amount.due", b"amount.du?"),
        (b"items.*", b"items.?"),
        (b"items.*", b"item-.*"),
        (b"card.expiry", b"card.zxpiry"),
    ] {
        assert!(altered(from, to).is_err(), "{}", alloc::string::String::from_utf8_lossy(to));
    }
}

#[cfg(feature = "serde")]
#[test]
fn json_is_read_strictly_and_written_back() {
    let json = serde_json::to_string(&OrderForm::standard()).unwrap();
    assert_eq!(serde_json::from_str::<OrderForm>(&json).unwrap(), OrderForm::standard());
    assert!(json.contains("\"holder.fax?\"") && json.contains("\"items.*\""));
    for (from, to) in [
        ("on-receipt", "on-recipt"),
        ("\"identifier\":null,", ""),
        ("\"role\":\"seller\"", "\"role\":\"seller\",\"role\":\"seller\""),
        ("\"role\":\"seller\"", "\"role\":\"seller\",\"extra\":1"),
        ("\"role\":\"seller\"", "\"role\":\"Seller\""),
        ("\"amount.due\"", "\"amount.due\",\"amount.due\""),
        ("\"amount.due\"", "\"amount.due?\""),
        ("\"amount.due\"", "\"amount.due?\",\"amount.due\""),
        ("\"items.*\"", "\"items.*?\""),
        ("\"items.*\"", "\"*\""),
        ("\"items.*\"", "\"Items.*\""),
        ("\"selectors\"", "\"fields\""),
        ("{\"recipients\"", "{\"x\":1,\"recipients\""),
    ] {
        let bad = json.replacen(from, to, 1);
        assert_ne!(bad, json);
        assert!(serde_json::from_str::<OrderForm>(&bad).is_err(), "{bad}");
    }
}
