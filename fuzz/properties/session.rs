//! Under sessions: a party takes what its peer sealed under a session of just these two, or under their common key, and
//! named it as it was sealed. A session that the receiver has with another party speaks for nobody else.
//!
//! A script plays a dishonest party that has the genuine share and every session, and says what it likes.

use std::sync::OnceLock;

use polyseal::card_holder::SealedOrder;
use polyseal::handshake::{Authenticated, Evidence, Initiator, Responder};
use polyseal::message::{Authorization, Dispatch, Envelope, Receipt, Relay, Windows};
use polyseal::seller::SellerOrder;
use polyseal::{Identifier, MemoryLedger, Party, Role, Share};
use sha2::{Digest, Sha256};

use super::handshaking::is_message;
use super::honest::Named;
use super::script::{EDITS, Script};
use polyseal_testing::cbor::{Value, at, with};
use polyseal_testing::forge::{Letter, World, session_of, speaker};
use polyseal_testing::keys::in_session;
use polyseal_testing::{NOW, Parties, Repeatable, approved, bank, courier, holder, new, order, shop};

/// A message, and what of it is sealed under a session.
struct Kind {
    name: &'static str,
    path: &'static [usize],
    purpose: &'static str,
    /// Who seals, for whom, in which role.
    from: fn(&World) -> &Share,
    to: fn() -> Identifier,
    role: &'static str,
    /// The session of the two, and one that the receiver has with somebody else.
    sessions: [usize; 2],
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "envelope",
        path: &[3, 0, 1],
        purpose: "part",
        from: |world| &world.holder,
        to: shop,
        role: "seller",
        sessions: [0, 2],
    },
    Kind {
        name: "relay",
        path: &[5],
        purpose: "relay",
        from: |world| &world.shop,
        to: bank,
        role: "card-manager",
        sessions: [2, 1],
    },
    Kind {
        name: "approval",
        path: &[3],
        purpose: "authorization",
        from: |world| &world.bank,
        to: shop,
        role: "seller",
        sessions: [2, 0],
    },
    Kind {
        name: "dispatch",
        path: &[5],
        purpose: "dispatch",
        from: |world| &world.shop,
        to: courier,
        role: "delivery-service",
        sessions: [3, 4],
    },
    Kind {
        name: "receipt",
        path: &[4],
        purpose: "receipt",
        from: |world| &world.shop,
        to: holder,
        role: "card-holder",
        sessions: [0, 1],
    },
];

/// A purchase of which every message is under a session.
struct Meeting {
    world: World,
    messages: Named,
    proofs: Vec<Authenticated>,
    /// Of card holder, seller, card manager and delivery service.
    known: [Evidence; 4],
    placed: Vec<u8>,
    awaiting: Vec<u8>,
}

fn meet(from: &impl Party, to: &impl Party, rng: &mut Repeatable) -> [Authenticated; 2] {
    let (role, identifier) = (to.role().clone(), to.identifier().clone());
    let (initiator, hello) = Initiator::start_with_exchange(from, role, identifier, NOW, rng).unwrap();
    let (responder, answer) = Responder::answer(to, &hello, b"", NOW, rng).unwrap();
    let (mine, confirmation) = initiator.receive(from, &answer, b"", NOW, rng).unwrap();
    let (theirs, acknowledgement) = responder.receive(to, &confirmation, NOW, rng).unwrap();
    [mine.authenticated.acknowledge(from, &acknowledgement.unwrap(), NOW).unwrap(), theirs.authenticated]
}

impl Meeting {
    fn get() -> &'static Self {
        static MEETING: OnceLock<Meeting> = OnceLock::new();
        MEETING.get_or_init(Self::new)
    }

    fn new() -> Self {
        let world = World::new(polyseal_testing::gateway_form());
        let Parties { holder, seller, manager, courier } = &world.parties;
        let mut rng = Repeatable(12);
        let met = [
            (meet(holder, seller, &mut rng), [0, 1]),
            (meet(holder, manager, &mut rng), [0, 2]),
            (meet(seller, manager, &mut rng), [1, 2]),
            (meet(seller, courier, &mut rng), [1, 3]),
            (meet(holder, courier, &mut rng), [0, 3]),
        ];
        let mut known = [(); 4].map(|()| Evidence::new());
        for (proofs, parties) in &met {
            for (proof, party) in proofs.iter().zip(parties) {
                known[*party] = known[*party].clone().with(proof);
            }
        }
        let selling = seller.with_evidence(&known[1]).unwrap();
        let managing = manager.with_evidence(&known[2]).unwrap();
        let ordering = holder.with_evidence(&known[0]).unwrap();
        let (order, mut ledger) = (order(), MemoryLedger::new(9));
        let split = ordering.split(&order, &world.form).unwrap();
        let SealedOrder { awaiting: placed, envelope, .. } =
            split.seal(&ordering, NOW, Windows::default(), &mut rng).unwrap();
        let awaiting = new(selling.receive(&envelope, NOW).unwrap().file(&mut ledger).unwrap());
        let (placed, awaits) = (placed.export().to_vec(), awaiting.export().to_vec());
        let relay = awaiting.relay(&selling, &Role::CARD_MANAGER, NOW, &mut rng).unwrap();
        let receipt = awaiting.receipt(&selling, NOW, &mut rng).unwrap();
        let deciding = new(managing.receive(&relay, NOW).unwrap().file(&mut ledger).unwrap());
        let decided = deciding.approve(&managing, NOW).unwrap().file(&mut ledger).unwrap().into_inner();
        let approval = decided.authorization(&managing, &mut rng).unwrap();
        let pending = awaiting.authorize(&selling, &approval, NOW).unwrap();
        let order = approved(new(pending.file(&mut ledger).unwrap()));
        let pending = order.dispatch(&selling, &Role::DELIVERY_SERVICE, b"ring", NOW).unwrap();
        let order = pending.file(&mut ledger).unwrap().into_inner();
        let dispatch = order.dispatch_message(&selling, &Role::DELIVERY_SERVICE, NOW, &mut rng).unwrap();
        let messages = Named::from([
            ("envelope", envelope.to_bytes()),
            ("relay", relay.to_bytes()),
            ("approval", approval.to_bytes()),
            ("dispatch", dispatch.to_bytes()),
            ("receipt", receipt.to_bytes()),
        ]);
        let proofs = met.into_iter().map(|([mine, _], _)| mine).collect();
        Self { world, messages, proofs, known, placed, awaiting: awaits }
    }

    /// Whether the party that a message is for takes it. What is refused is not filed.
    fn takes(&self, kind: &Kind, bytes: &[u8]) -> bool {
        let Parties { holder, seller, manager, courier } = &self.world.parties;
        let [of_holder, of_seller, of_manager, of_courier] = &self.known;
        let ledger = &mut MemoryLedger::new(1);
        let taken = match kind.name {
            "envelope" => Envelope::from_bytes(bytes).is_ok_and(|message| {
                let seller = seller.with_evidence(of_seller).unwrap();
                seller.receive(&message, NOW).is_ok_and(|step| step.file(ledger).is_ok())
            }),
            "relay" => Relay::from_bytes(bytes).is_ok_and(|message| {
                let manager = manager.with_evidence(of_manager).unwrap();
                manager.receive(&message, NOW).is_ok_and(|step| step.file(ledger).is_ok())
            }),
            "dispatch" => Dispatch::from_bytes(bytes).is_ok_and(|message| {
                let courier = courier.with_evidence(of_courier).unwrap();
                courier.receive_dispatch(&message, NOW).is_ok_and(|step| step.file(ledger).is_ok())
            }),
            "approval" => Authorization::from_bytes(bytes).is_ok_and(|message| {
                let seller = seller.with_evidence(of_seller).unwrap();
                let Ok(SellerOrder::AwaitingAuthorization(state)) = seller.restore(&self.awaiting) else {
                    panic!("it awaits the answer");
                };
                match state.authorize(&seller, &message, NOW) {
                    Ok(_) => true,
                    Err(refused) => {
                        assert_eq!(*refused.state.export(), self.awaiting);
                        false
                    }
                }
            }),
            _ => Receipt::from_bytes(bytes).is_ok_and(|message| {
                let holder = holder.with_evidence(of_holder).unwrap();
                holder.restore(&self.placed).unwrap().receive(&holder, &message, NOW).is_ok()
            }),
        };
        assert!(taken || ledger.is_empty(), "a refused message left a trace");
        taken
    }
}

/// A message that is under a session, or says so.
pub fn opens_under_session(bytes: &[u8]) -> bool {
    let meeting = Meeting::get();
    if is_message(bytes) {
        let taken = KINDS.iter().filter(|kind| meeting.takes(kind, bytes)).count();
        assert_eq!(taken > 0, meeting.messages.values().any(|honest| honest == bytes), "accepted, or honest?");
        return taken > 0;
    }
    let mut script = Script(bytes);
    let kind = &KINDS[usize::from(script.byte()) % KINDS.len()];
    let honest = &meeting.messages[kind.name];
    let [own, other] = kind.sessions.map(|place| &meeting.proofs[place]);
    let key = |proof: &Authenticated| session_of(proof).unwrap().try_into().unwrap();
    let share = (kind.from)(&meeting.world);

    let named = at(honest, &[2]).as_bytes().to_vec();
    let digest = if ["approval", "receipt"].contains(&kind.name) { named } else { Sha256::digest(&named).to_vec() };
    let (from, to) = (polyseal::KeySource::identifier(share), (kind.to)());
    let by = if kind.purpose == "receipt" { "seller" } else { speaker(kind.purpose) };
    let (purpose, role) = (kind.purpose, kind.role);
    let letter = Letter { purpose, step: 0, by, from, to: &to, digest: &digest, role, token: None };
    let plain = Value::parse(&letter.open(&in_session(share, key(own)), &at(honest, kind.path)));
    let mut said = plain.clone();

    let (under, name) = (script.byte() % 3, script.byte() % 4);
    for _ in 0..EDITS {
        if script.is_empty() {
            break;
        }
        script.edit(&mut said);
    }
    let mut sealed = match under {
        0 => letter.seal(&in_session(share, key(own)), &said.to_bytes()),
        1 => letter.seal(share, &said.to_bytes()),
        _ => letter.seal(&in_session(share, key(other)), &said.to_bytes()),
    };
    match name {
        0 => sealed.items().push(Value::bytes(own.transcript())),
        1 => {}
        2 => sealed.items().push(Value::bytes(other.transcript())),
        _ => sealed.items().push(Value::bytes([9; 32])),
    }
    let taken = meeting.takes(kind, &with(honest, kind.path, sealed));
    let is_named = (under, name) == (0, 0) || (under, name) == (1, 1);
    assert!(is_named || !taken, "{}: sealed under {under}, named {name}", kind.name);
    assert!(taken || !is_named || said != plain, "{}: the truth is refused", kind.name);
    assert!(taken || meeting.takes(kind, honest), "the honest message is refused");
    taken
}

/// The corpus: honest messages, and scripts.
pub fn seeds() -> Vec<super::script::Seed> {
    let meeting = Meeting::get();
    let mut seeds: Vec<super::script::Seed> = Vec::new();
    for (place, kind) in (0_u8..).zip(&KINDS) {
        let name = kind.name;
        seeds.push(("open_under_session", name.into(), meeting.messages[name].clone()));
        seeds.push(("open_under_session", format!("same-{name}"), vec![place, 0, 0]));
        seeds.push(("open_under_session", format!("common-{name}"), vec![place, 1, 1]));
        for (under, named) in [(2, 2), (2, 0), (0, 3)] {
            seeds.push(("open_under_session", format!("edit-{name}-{under}-{named}"), vec![place, under, named]));
        }
        seeds.push(("open_under_session", format!("edit-{name}"), vec![place, 0, 0, 0, 3, 1, 7]));
    }
    seeds
}
