//! What a card manager forgets of an order, and what it never keeps.

use polyseal::card_manager::CardManagerOrder;
use polyseal::ledger::{Change, Filed, Ledger, LedgerKey, Record};
use polyseal::message::Part;
use polyseal::order::Order;
use polyseal::seller::SellerOrder;
use polyseal::{CardManager, FieldName, MemoryLedger, Peers, Role, Share};
use polyseal_testing::life::Life;
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, bank, disclosure, form, new, order, shop};

/// The standard order with a security code, and a form that shows it to the card manager.
fn coded() -> (Order, Story<Share>) {
    let code = || FieldName::CARD_CODE;
    let form = form(|recipients| recipients[1].selectors.insert(code()));
    let policy = disclosure().allow(code(), Role::CARD_MANAGER);
    let mut order = order();
    order.insert(code(), "321").unwrap();
    (order, Story::of(Parties::by_form(form.clone(), policy), form, 4))
}

fn has(bytes: &[u8], value: &str) -> bool {
    bytes.windows(value.len()).any(|window| window == value.as_bytes())
}

fn stored(ledger: &mut MemoryLedger, part: &Part) -> Vec<u8> {
    let key = LedgerKey { owner: bank(), role: Role::CARD_MANAGER, digest: part.digest() };
    match ledger.file(&Record { key: &key, issued_at: 0, expires: 0, stage: "", change: Change::LookUp }).unwrap() {
        Filed::Found(state) => state.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_card_manager_forgets_the_card_once_it_has_decided_and_the_code_at_once() {
    let (order, mut story) = coded();
    let number = order.get(FieldName::CARD_NUMBER).unwrap();
    let share = polyseal_testing::authority().issue(&bank()).unwrap();
    let manager = CardManager::new(share, [shop()].into_iter().collect());
    let manager = manager.never_keeping([FieldName::CARD_CODE, FieldName::HOLDER_FAX, FieldName::AMOUNT_DUE]);
    let holder = &story.parties.holder;
    let sealed = holder.split(&order, &story.form).unwrap().seal(holder, NOW, story.windows, &mut story.rng).unwrap();
    let seller = &story.parties.seller;
    let awaiting = new(seller.receive(&sealed.envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap());

    // This process can check the code; no bytes have it. The amount due is always kept.
    assert_eq!(deciding.part().get(FieldName::CARD_CODE), Some("321"));
    let fax = order.get(FieldName::HOLDER_FAX).unwrap();
    let state = stored(&mut story.ledger, deciding.part());
    for bytes in [&state, &*deciding.export()] {
        assert!(has(bytes, number) && !has(bytes, "321") && !has(bytes, fax));
        let CardManagerOrder::AwaitingDecision(restored) = manager.restore(bytes).unwrap() else { panic!("undecided") };
        assert_eq!(restored.part().get(FieldName::CARD_CODE), None);
        let forgotten: Vec<_> = restored.part().forgotten().collect();
        assert_eq!(forgotten, [&FieldName::CARD_CODE, &FieldName::HOLDER_FAX]);
        assert_eq!(restored.export().as_slice(), bytes.as_slice());
    }

    let approval = new(deciding.approve(&manager, NOW).unwrap().file(&mut story.ledger).unwrap());
    assert_eq!(approval.settlement().amount_due().to_string(), order.get(FieldName::AMOUNT_DUE).unwrap());
    let state = stored(&mut story.ledger, approval.part());
    assert!(
        [number, "321", fax].iter().all(|forgotten| !has(&state, forgotten))
            && has(&state, order.get("card.expiry").unwrap())
    );
    let CardManagerOrder::Decided(decided) = manager.restore(&state).unwrap() else { panic!("decided") };
    let forgotten: Vec<_> = decided.part().forgotten().collect();
    assert_eq!(forgotten, [&FieldName::CARD_CODE, &FieldName::CARD_NUMBER, &FieldName::HOLDER_FAX]);
    assert_eq!(decided.settlement().unwrap().amount_due(), approval.settlement().amount_due());

    // What is left of a state is still checked against the header.
    let at = state.windows(7).position(|window| window == b"2029-12").unwrap();
    let mut altered = state.clone();
    altered[at] = b'3';
    assert!(manager.restore(&altered).is_err());
    let keeping = manager.forgetting([]).never_keeping([]);
    let (order, mut story) = coded();
    let sealed = {
        let holder = &story.parties.holder;
        holder.split(&order, &story.form).unwrap().seal(holder, NOW, story.windows, &mut story.rng).unwrap()
    };
    let awaiting = new(story.parties.seller.receive(&sealed.envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    let relay = awaiting.relay(&story.parties.seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
    let deciding = new(keeping.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap());
    let approval = new(deciding.approve(&keeping, NOW).unwrap().file(&mut story.ledger).unwrap());
    assert!(has(&stored(&mut story.ledger, approval.part()), number) && approval.part().forgotten().count() == 0);
}

#[test]
fn a_code_that_is_never_kept_is_not_stored_with_the_answer_to_a_demand() {
    let (order, mut story) = coded();
    let share = polyseal_testing::authority().issue(&bank()).unwrap();
    let manager = CardManager::new(share, Peers::Anyone).never_keeping([FieldName::CARD_CODE]);
    let Story { parties: Parties { holder, seller, .. }, form, windows, ledger, rng, .. } = &mut story;
    let sealed = holder.split(&order, form).unwrap().seal(holder, NOW, *windows, rng).unwrap();
    let awaiting = new(seller.receive(&sealed.envelope, NOW).unwrap().file(ledger).unwrap());
    let cancelling = new(awaiting.cancel(seller, NOW).unwrap().file(ledger).unwrap());
    // The first that the card manager sees of the order.
    let request = cancelling.request(seller, 1, NOW, rng).unwrap();
    let demand = new(manager.receive_request(&request, NOW).unwrap().file(ledger).unwrap());
    let before = stored(ledger, demand.part());
    let resolved = new(demand.refuse(&manager, "not so", NOW).unwrap().file(ledger).unwrap());
    let after = stored(ledger, resolved.part());
    assert_ne!(before, after);
    for bytes in [&before, &after, &*resolved.export()] {
        assert!(has(bytes, order.get(FieldName::CARD_NUMBER).unwrap()) && !has(bytes, "321"));
    }
}

#[test]
fn a_card_manager_forgets_the_card_once_a_cancellation_is_granted() {
    for is_granted in [false, true] {
        let mut life = Life::begun();
        let SellerOrder::AwaitingAuthorization(awaiting) = life.at_seller() else { panic!("it is new") };
        drop(life.story.at_manager(&awaiting));
        let request = life.cancels();
        drop(if is_granted { life.grants(&request) } else { life.refuses(&request, "it is on its way") });
        let order = life.at_manager();
        assert_eq!(order.part().get("card.number").is_none(), is_granted);
    }
}
