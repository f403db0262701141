//! What is secret is wiped when it is dropped: no block of memory is given back with a copy in it.
//!
//! The allocator looks for the bytes of a secret in every block that is freed. So it also finds what a value leaves
//! behind when it is moved: a map that closes up, a vector that grows. Registers and the stack it does not see. What is
//! left depends on how the code is compiled, so this is run with optimizations and without.
#![allow(
    missing_docs,
    unsafe_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails; an allocator is unsafe to be"
)]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

use polyseal::authority::{BorrowedShare, RootSecret};
use polyseal::card_holder::SealedOrder;
use polyseal::handshake::{Authenticated, Evidence, Initiator, Responder};
use polyseal::key::{CommonKey, PresharedKeys};
use polyseal::message::{Envelope, Windows};
use polyseal::order::FormEntry;
use polyseal::{Authority, Capacity, KeySource, Keyring, Label, MemoryLedger, Order, OrderForm, Release, Role, Share};
use polyseal_testing::cbor::at;
use polyseal_testing::forge::Letter;
use polyseal_testing::keys::in_session;
use polyseal_testing::{
    FIELDS, NOW, Parties, Repeatable, approved, authority, bank, courier, disclosure, domain, field, form, holder, id,
    new, order, role, shares, shop,
};
use sha2::block_api::compress256;

/// Counts the freed blocks of a thread in which its secret was found.
struct Spy;

thread_local! {
    static SECRET: Cell<[u8; 32]> = const { Cell::new([0; 32]) };
    static FOUND: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: it hands everything on to the system's allocator, zeroed, so that every byte of a block may be read.
unsafe impl GlobalAlloc for Spy {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let secret = SECRET.get();
        if secret != [0; 32] {
            // SAFETY: the block is alive still, and all of it was written.
            let block = unsafe { core::slice::from_raw_parts(pointer, layout.size()) };
            FOUND.set(FOUND.get() + usize::from(block.windows(32).any(|window| window == secret)));
        }
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static SPY: Spy = Spy;

/// In how many freed blocks a secret is found while something is done.
fn found(secret: &[u8], work: impl FnOnce()) -> usize {
    FOUND.set(0);
    SECRET.set(*secret.first_chunk().unwrap());
    work();
    SECRET.set([0; 32]);
    FOUND.get()
}

#[test]
fn the_spy_sees_what_is_left() {
    let secret = [7; 32];
    assert_eq!(found(&secret, || drop(secret.to_vec())), 1);
    assert_eq!(found(&secret, || drop(polyseal::Zeroizing::new(secret.to_vec()))), 0);
}

/// What both ends have of a handshake with an exchange.
fn met(parties: &Parties<Share>, seed: u64, now: u64) -> [Authenticated; 2] {
    let mut rng = Repeatable(seed);
    let (initiator, hello) =
        Initiator::start_with_exchange(&parties.holder, Role::SELLER, shop(), now, &mut rng).unwrap();
    let initiator = Initiator::restore(&parties.holder, &initiator.export()).unwrap();
    let (responder, answer) = Responder::answer(&parties.seller, &hello, b"form", now, &mut rng).unwrap();
    let responder = Responder::restore(&parties.seller, &responder.export()).unwrap();
    let (mine, confirmation) = initiator.receive(&parties.holder, &answer, b"", now, &mut rng).unwrap();
    let (theirs, acknowledgement) = responder.receive(&parties.seller, &confirmation, now, &mut rng).unwrap();
    let mine = mine.authenticated.acknowledge(&parties.holder, &acknowledgement.unwrap(), now).unwrap();
    [mine, theirs.authenticated]
}

/// The key of the session that a handshake made.
fn session_key(authenticated: &Authenticated) -> [u8; 32] {
    *at(&authenticated.export(), &[2, 7]).as_bytes().first_chunk().unwrap()
}

/// The order, sealed with these handshakes at hand.
fn sealed(parties: &Parties<Share>, evidence: &Evidence) -> SealedOrder {
    let (sender, order) = (parties.holder.with_evidence(evidence).unwrap(), order());
    let split = sender.split(&order, &OrderForm::standard()).unwrap();
    split.seal(&sender, NOW, Windows::default(), &mut Repeatable(7)).unwrap()
}

/// The key of a session, and of an order's part for the seller under it what the library keeps of its directional key:
/// the inner state of HMAC.
fn session_secrets() -> [[u8; 32]; 2] {
    let parties = Parties::standard();
    let [mine, _] = met(&parties, 1, NOW);
    let key = session_key(&mine);
    let sealed = sealed(&parties, &Evidence::new().with(&mine));
    let [share] = shares([holder()]);
    let (from, to, digest) = (holder(), shop(), sealed.digest);
    let letter = Letter::part(&from, &to, "seller", digest.as_bytes());
    let part = at(&sealed.envelope.to_bytes(), &[3, 0, 1]);
    let (derived, _) = letter.opened(&in_session(&share, key), &part).unwrap();
    let mut block = [0x36; 64];
    block.iter_mut().zip(derived.dk).for_each(|(byte, key)| *byte ^= key);
    let mut state =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19_u32];
    compress256(&mut state, &[block]);
    [key, state.map(u32::to_ne_bytes).concat().try_into().unwrap()]
}

#[test]
fn sessions_and_what_is_sealed_under_them() {
    // U-4
    let [key, state] = session_secrets();
    assert_eq!(found(&key, || drop(met(&Parties::standard(), 1, NOW))), 0, "a handshake");
    let parties = Parties::standard();
    let (begun, _) =
        Initiator::start_with_exchange(&parties.holder, Role::SELLER, shop(), NOW, &mut Repeatable(1)).unwrap();
    let secret = at(&begun.export(), &[2, 2]).as_bytes().to_vec();
    assert!(found(&secret, || drop(begun.export().to_vec())) > 0, "that is not what is looked for");
    assert_eq!(found(&secret, || drop(met(&Parties::standard(), 1, NOW))), 0, "the secret of an exchange");
    let exports = || {
        let [mine, _] = met(&parties, 1, NOW);
        drop(Authenticated::import(&mine.export()).unwrap());
    };
    assert_eq!(found(&key, exports), 0, "exported and imported");
    let keeps = |forgets: bool| {
        let mut kept = Evidence::new();
        for seed in [2, 1, 3, 4] {
            let [_, theirs] = met(&parties, seed, NOW);
            let before = kept.clone();
            kept = kept.with(&theirs);
            if forgets && seed == 1 {
                kept = kept.without(theirs.transcript());
            }
            drop(parties.seller.with_evidence(&before).unwrap());
        }
        drop(kept.since(NOW));
    };
    assert_eq!(found(&key, || keeps(true)), 0, "kept and forgotten");
    assert_eq!(found(&key, || keeps(false)), 0, "kept to the end");
    // Of several sessions the newest counts.
    let among_others = || -> Evidence {
        let others = (2..8).map(|seed| met(&parties, seed, NOW - seed));
        others.chain([met(&parties, 1, NOW)]).map(|[mine, _]| mine).collect()
    };
    let alone = Evidence::new().with(&met(&parties, 1, NOW)[0]);
    let envelope = |evidence| sealed(&parties, evidence).envelope.to_bytes();
    assert_eq!(envelope(&among_others()), envelope(&alone), "that is not what it is sealed under");
    drop(alone);
    for secret in [key, state] {
        let seals = || drop(sealed(&parties, &among_others()));
        assert_eq!(found(&secret, seals), 0, "sealed under it");
    }
}

/// A form with more recipients than a vector has room for at first, and the card holder's rules for it.
fn long_form() -> OrderForm {
    form(|recipients| {
        for n in 0..8 {
            let (role, identifier) = (role(&format!("other-{n}")), Some(id(&format!("other-{n}.example"))));
            let selectors = [field("holder.name")].into_iter().collect();
            recipients.push(FormEntry { role, identifier, release: Release::OnReceipt, selectors });
        }
    })
}

const INSTRUCTIONS: &[u8] = b"instructions that are secret and longer than that";

const ADDRESS: &str = "The house with the green door, behind the mill, Testville";

/// A purchase from split to receipt, with every state exported and restored. The states of seller, card manager and
/// delivery service.
fn purchase() -> [Vec<u8>; 3] {
    let rules = (0..8).fold(disclosure(), |rules, n| {
        let role = role(&format!("other-{n}"));
        rules.allow(field("holder.name"), role.clone()).allow_release(role, Release::OnReceipt)
    });
    let parties = Parties::by_form(long_form(), rules);
    let mut rng = Repeatable(1);
    let [mut at_seller, mut at_bank, mut at_courier] = [1; 3].map(MemoryLedger::new);
    let mut order = Order::new();
    for (name, value) in FIELDS {
        order.insert(field(name), if name == "destination.address" { ADDRESS } else { value }).unwrap();
    }
    let sealed = parties
        .holder
        .split(&order, &long_form())
        .unwrap()
        .seal(&parties.holder, NOW, Windows::default(), &mut rng)
        .unwrap();
    let placed = parties.holder.restore(&sealed.awaiting.export()).unwrap();
    let again = placed.seal_again(&parties.holder, NOW, &mut rng).unwrap();
    let envelope = Envelope::from_bytes(&sealed.envelope.to_bytes()).unwrap();
    let awaiting = new(parties.seller.receive(&envelope, NOW).unwrap().file(&mut at_seller).unwrap());
    let relay = awaiting.relay(&parties.seller, &Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let deciding = new(parties.manager.receive(&relay, NOW).unwrap().file(&mut at_bank).unwrap());
    let states = [awaiting.export(), deciding.export()];
    let approval = new(deciding.approve(&parties.manager, NOW).unwrap().file(&mut at_bank).unwrap());
    let authorization = approval.authorization(&parties.manager, &mut rng).unwrap();
    parties.manager.restore(&approval.into_decided().export()).unwrap();
    let pending = awaiting.authorize(&parties.seller, &authorization, NOW).unwrap();
    let approved = approved(new(pending.file(&mut at_seller).unwrap()));
    let to = &Role::DELIVERY_SERVICE;
    let pending = approved.dispatch(&parties.seller, to, INSTRUCTIONS, NOW).unwrap();
    let approved = new(pending.file(&mut at_seller).unwrap());
    let dispatch = approved.dispatch_message(&parties.seller, to, NOW, &mut rng).unwrap();
    let delivery =
        new(parties.courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut at_courier).unwrap()).export();
    parties.seller.restore(&states[0]).unwrap();
    parties.seller.restore(&approved.export()).unwrap();
    parties.manager.restore(&states[1]).unwrap();
    parties.courier.restore(&delivery).unwrap();
    let found = parties.manager.find(sealed.digest).file(&mut at_bank).unwrap();
    let receipt = found.receipt(&parties.manager, NOW, &mut rng).unwrap();
    again.awaiting.receive(&parties.holder, &receipt, NOW).unwrap();
    let renewed = parties.seller.receive(&again.envelope, NOW).unwrap().file(&mut at_seller).unwrap();
    drop(renewed.into_inner().receipt(&parties.seller, NOW, &mut rng).unwrap());
    let [seller, manager] = states.map(|state| state.to_vec());
    [seller, manager, delivery.to_vec()]
}

#[test]
fn what_an_order_is_sealed_with_and_what_is_in_it() {
    let [seller, manager, _] = purchase();
    // The opening in a state: recipients and groups with their salts, and the token.
    let opening = |state: &[u8], path: &[usize]| at(state, &[&[2, 8], path].concat()).as_bytes().to_vec();
    let mut secrets = vec![("token", opening(&manager, &[6])), ("instructions", INSTRUCTIONS.to_vec())];
    secrets.push(("value", ADDRESS.as_bytes().to_vec()));
    secrets.extend((0..11).map(|n| ("salt of a recipient", opening(&seller, &[2, n, 1]))));
    let groups = at(&seller, &[2, 8, 3]).items().len();
    secrets.extend((0..groups).map(|n| ("salt of a group", opening(&seller, &[3, n, 1]))));
    for (what, secret) in &secrets {
        assert_eq!(found(secret, || drop(purchase().map(polyseal::Zeroizing::new))), 0, "{what}");
        assert!(found(secret, || drop(purchase())) > 0, "{what} is not in what is looked through");
    }
}

#[test]
fn shares_and_the_keys_from_them() {
    let share = authority().issue(&shop()).unwrap().export();
    // Both lanes of each of the polynomial's coefficients.
    let coefficients = at(&share, &[2, 3]).as_bytes().to_vec();
    for secret in coefficients.chunks_exact(32) {
        let issues = || {
            drop(authority().issue(&shop()).unwrap());
            drop(authority().issue_all(&[shop(), bank(), courier(), holder()]).unwrap());
        };
        assert_eq!(found(secret, issues), 0, "issued");
        let copies = || {
            let bytes = authority().issue(&shop()).unwrap().export();
            drop(Share::import(&bytes).unwrap());
            drop(BorrowedShare::new(&bytes).unwrap().common_key(&bank(), &domain()).unwrap());
            let ring = Keyring::new(shop(), [Share::import(&bytes).unwrap()]).unwrap();
            drop(ring.revoking(bank()));
            drop(ring.without(&domain()));
        };
        assert_eq!(found(secret, copies), 0, "exported, imported, borrowed, retired");
    }
    let [share] = shares([shop()]);
    let key = share.common_key(&bank(), &domain()).unwrap().export();
    let derives = || {
        drop(share.common_key(&bank(), &domain()).unwrap());
        drop(CommonKey::import(&share.common_key(&bank(), &domain()).unwrap().export()));
    };
    assert_eq!(found(&*key, derives), 0, "derived");
    let given = || {
        let mut keys = PresharedKeys::new(shop(), domain());
        for n in 0..40 {
            keys.insert(id(&format!("party {n}")), &key);
        }
        drop(keys.common_key(&id("party 3"), &domain()).unwrap());
    };
    assert_eq!(found(&*key, given), 0, "preshared");
}

#[test]
fn what_authorities_are_made_of() {
    let random = || Authority::random(domain(), 3, Capacity::UNCONDITIONAL, &mut Repeatable(1)).unwrap();
    let master = at(&random().export(), &[2, 3]).as_bytes().to_vec();
    let label = |name: &str| Label::new(name).unwrap();
    let root = || RootSecret::random(label("a"), label("b"), 7, &mut Repeatable(4));
    let of_root = at(&root().export(), &[2, 3]).as_bytes().to_vec();
    for secret in [[42; 32].as_slice(), &of_root].into_iter().chain(master.chunks_exact(32)) {
        let kept = || {
            drop(Authority::import(&authority().export()).unwrap());
            drop(Authority::import(&random().export()).unwrap());
            drop(RootSecret::import(&root().export()).unwrap().ratchet().unwrap());
            // It leaves nothing where it was.
            let moved = Box::new(root());
            drop(moved.ratchet().unwrap());
        };
        assert_eq!(found(secret, kept), 0);
    }
}
