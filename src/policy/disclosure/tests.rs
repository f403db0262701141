use super::*;

fn id(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn order() -> Order {
    let mut order = Order::new();
    for field in OrderForm::standard().groups().all.iter().flat_map(|group| &group.selectors) {
        let value = if field.as_str() == "amount.due" { "1 EUR" } else { "value" };
        // `items.*` is no name of a field, so the order has no items.
        let _ = FieldName::new(field.as_str()).map(|name| order.insert(name, value).unwrap());
    }
    order
}

fn rules() -> DisclosurePolicy {
    DisclosurePolicy::standard(id("shop"))
        .choose(Role::CARD_MANAGER, id("bank"))
        .choose(Role::DELIVERY_SERVICE, id("courier"))
}

fn split(rules: &DisclosurePolicy, change: impl FnOnce(&mut Vec<FormEntry>)) -> Result<(), SplitError> {
    let mut recipients = OrderForm::standard().into_recipients();
    change(&mut recipients);
    rules.plan(&id("holder"), &order(), &OrderForm::new(recipients).unwrap()).map(drop)
}

#[test]
fn a_hostile_form_gets_nothing() {
    assert_eq!(split(&rules(), |_| {}), Ok(()));
    for (field, at) in [
        (FieldName::CARD_NUMBER, 0),
        (FieldName::CARD_EXPIRY, 2),
        (FieldName::DESTINATION_ADDRESS, 1),
        (FieldName::DESTINATION_NAME, 0),
        (FieldName::new("gift.note").unwrap(), 2),
    ] {
        let role = OrderForm::standard().recipients()[at].role.clone();
        let leak = SplitError::Leak { selector: field.clone().into(), role: role.clone() };
        assert_eq!(split(&rules(), |r| r[at].selectors.insert(field.clone())), Err(leak));
        let widened = split(&rules().allow(field.clone(), role), |r| r[at].selectors.insert(field.clone()));
        assert!(!matches!(widened, Err(SplitError::Leak { .. })));
    }
    for (at, role) in [(0, Role::SELLER), (1, Role::CARD_MANAGER), (2, Role::DELIVERY_SERVICE)] {
        let other = SplitError::OtherParty { role };
        assert_eq!(split(&rules(), |r| r[at].identifier = Some(id("mallory"))), Err(other));
    }
    let early = SplitError::Release { role: Role::DELIVERY_SERVICE, release: Release::OnReceipt };
    assert_eq!(split(&rules(), |r| r[2].release = Release::OnReceipt), Err(early));
    let allowed = rules().allow_release(Role::DELIVERY_SERVICE, Release::OnReceipt);
    assert_eq!(split(&allowed, |r| r[2].release = Release::OnReceipt), Ok(()));
    let spy = |r: &mut Vec<FormEntry>| {
        r.push(FormEntry { role: Role::new("spy").unwrap(), identifier: Some(id("spy")), ..r[1].clone() });
    };
    assert!(matches!(split(&rules(), spy), Err(SplitError::Release { .. })));
}

#[test]
fn a_selector_passes_if_the_same_is_allowed_or_one_above_it() {
    let with = |text: &str| {
        let selector = Selector::new(text).unwrap();
        move |r: &mut Vec<FormEntry>| r[2].selectors.insert(selector)
    };
    let allowed = |text: &str| rules().allow(Selector::new(text).unwrap(), Role::DELIVERY_SERVICE);
    for (above, good) in [("gift.*", "gift.*"), ("gift.*", "gift.card.*"), ("gift.note", "gift.note")] {
        assert_eq!(split(&allowed(above), with(good)).err().filter(|e| matches!(e, SplitError::Leak { .. })), None);
    }
    for (above, bad) in [("gift.note", "gift.*"), ("gift.*", "gift"), ("gift.a.*", "gift.*"), ("gift.*", "gifts.*")] {
        let error = split(&allowed(above), with(bad));
        let leak = SplitError::Leak { selector: Selector::new(bad).unwrap(), role: Role::DELIVERY_SERVICE };
        assert_eq!(error, Err(leak), "{above} {bad}");
    }
    // The seller may ask for less of the items than it might.
    let less = |r: &mut Vec<FormEntry>| {
        for entry in r.iter_mut().take(2) {
            entry.selectors.remove(Selector::ITEMS);
            entry.selectors.insert(Selector::new("items.0.*").unwrap());
        }
    };
    assert_eq!(split(&rules(), less), Ok(()));
}

#[test]
fn an_order_has_what_the_form_requires() {
    let plan = |order: &Order| rules().plan(&id("holder"), order, &OrderForm::standard()).map(drop);
    let but = |left_out: &FieldName, amount: &str| {
        let mut few = Order::new();
        for (name, value) in order().fields().filter(|(name, _)| *name != left_out) {
            few.insert(name.clone(), if *name == FieldName::AMOUNT_DUE { amount } else { value }).unwrap();
        }
        few
    };
    for optional in [FieldName::HOLDER_FAX, FieldName::HOLDER_TELEPHONE, FieldName::ITEM_NAME] {
        assert_eq!(plan(&but(&optional, "0.00 EUR")), Ok(()));
    }
    for (field, role) in [
        (FieldName::AMOUNT_DUE, Role::SELLER),
        (FieldName::CARD_NUMBER, Role::CARD_MANAGER),
        (FieldName::DESTINATION_NAME, Role::DELIVERY_SERVICE),
    ] {
        let missing = SplitError::Missing { selector: field.clone().into(), role };
        assert_eq!(plan(&but(&field, "1 EUR")), Err(missing));
    }
    let error = plan(&but(&FieldName::HOLDER_FAX, "47.11")).unwrap_err();
    assert_eq!(error, SplitError::Amount);
    let text = alloc::string::ToString::to_string(&error);
    assert!(text.contains("\"amount.due\"") && !text.contains("47"), "{text}");
}

#[test]
fn parties_are_settled_and_differ() {
    let open = DisclosurePolicy::standard(id("shop"));
    let named = |r: &mut Vec<FormEntry>| {
        r[1].identifier = Some(id("bank"));
        r[2].identifier = Some(id("courier"));
    };
    assert_eq!(split(&open, named), Err(SplitError::NoParty { role: Role::CARD_MANAGER }));
    let open = open.choose(Role::CARD_MANAGER, id("bank"));
    assert_eq!(split(&open, named), Ok(()));
    assert_eq!(split(&open, |_| {}), Err(SplitError::NoParty { role: Role::DELIVERY_SERVICE }));
    for twice in ["shop", "bank", "holder"] {
        let same = SplitError::SameParty { role: Role::DELIVERY_SERVICE };
        assert_eq!(split(&open, |r| r[2].identifier = Some(id(twice))), Err(same));
    }
    let mut short = Order::new();
    short.insert(FieldName::HOLDER_NAME, "x").unwrap();
    let error = rules().plan(&id("holder"), &short, &OrderForm::standard()).err();
    assert!(matches!(error, Some(SplitError::Missing { role, .. }) if role == Role::SELLER));
}
