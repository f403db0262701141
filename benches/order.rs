//! An order of the standard form, from its fields to bytes and back, keys derived at threshold 256.
//!
//! `order/split`: the form held against the confinement. `order/seal`: three parts sealed, to the envelope's bytes.
//! `order/open`: the seller's part, from bytes to the accepted order. `order/decide`: the card manager's part opened and
//! approved, to the authentication's bytes. `order/purchase`: all steps of all four parties.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a bench stops where it fails")]

use core::convert::Infallible;
use core::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use polyseal::rand_core::{TryCryptoRng, TryRng};
use polyseal::{
    Accepted, Authenticated, Authentication, Authority, Capacity, CardHolder, CardManager, Confinement,
    DeliveryService, Dispatch, Domain, Envelope, Epoch, Identifier, Label, MemoryLedger, Order, OrderForm, Received,
    Register, Relay, Role, Seller, SellerPolicy, Share, Windows,
};

const NOW: u64 = 1_800_000_000;

/// Free of charge, so that the generator is not what is measured. Sealing does not rely on it.
struct Counter(u64);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(7)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(7)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        self.0 = self.0.wrapping_add(1);
        for (byte, count) in dst.iter_mut().zip(self.0.to_le_bytes()) {
            *byte = count;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter {}

struct World {
    order: Order,
    form: OrderForm,
    holder: CardHolder<Share>,
    seller: Seller<Share>,
    manager: CardManager<Share>,
    courier: DeliveryService<Share>,
}

fn world() -> World {
    let label = Label::new("bench").unwrap();
    let domain = Domain::new(label.clone(), label, Epoch::new(1, 0, 2 * NOW).unwrap());
    let mut authority = Authority::from_seed(domain, 256, Capacity::UNCONDITIONAL, &[7; 32], Register::new()).unwrap();
    let names = ["holder 4711", "shop.example", "bank.example", "courier.example"];
    let [_, shop, bank, courier] = names.map(|name| Identifier::new(name).unwrap());
    let [for_holder, for_shop, for_bank, for_courier] =
        names.map(|name| authority.issue(&Identifier::new(name).unwrap()).unwrap());
    let mut order = Order::new();
    let form = OrderForm::standard();
    for field in form.recipients().iter().flat_map(|entry| &entry.fields) {
        if order.get(field).is_none() {
            order.insert(field.clone(), "a value of usual length").unwrap();
        }
    }
    let confinement =
        Confinement::standard(shop).choose(Role::CARD_MANAGER, bank).choose(Role::DELIVERY_SERVICE, courier);
    let policy = SellerPolicy::new(form.clone(), Accepted::Anyone, []).unwrap();
    World {
        order,
        form,
        holder: CardHolder::new(for_holder, confinement),
        seller: Seller::new(for_shop, policy),
        manager: CardManager::new(for_bank, Accepted::Anyone),
        courier: DeliveryService::new(for_courier, Accepted::Anyone),
    }
}

impl World {
    fn seal(&self, rng: &mut Counter) -> Vec<u8> {
        let split = self.holder.split(&self.order, &self.form).unwrap();
        split.seal(NOW, Windows::default(), rng).unwrap().envelope.to_bytes()
    }

    fn relay(&self, envelope: &[u8], ledger: &mut MemoryLedger, rng: &mut Counter) -> Vec<u8> {
        let envelope = Envelope::from_bytes(envelope).unwrap();
        let Ok(Received::New(awaiting)) = self.seller.receive(&envelope, NOW, ledger) else { panic!("it is new") };
        awaiting.relay(&Role::CARD_MANAGER, NOW, rng).unwrap().to_bytes()
    }

    fn decide(&self, relay: &[u8], ledger: &mut MemoryLedger, rng: &mut Counter) -> Vec<u8> {
        let relay = Relay::from_bytes(relay).unwrap();
        let Ok(Received::New(deciding)) = self.manager.receive(&relay, NOW, ledger) else { panic!("it is new") };
        deciding.approve(NOW, ledger, rng).unwrap().authentication.to_bytes()
    }

    fn purchase(&self, rng: &mut Counter) -> Vec<u8> {
        let [mut at_seller, mut at_manager, mut at_courier] = [1, 1, 1].map(MemoryLedger::new);
        let envelope = Envelope::from_bytes(&self.seal(rng)).unwrap();
        let Ok(Received::New(awaiting)) = self.seller.receive(&envelope, NOW, &mut at_seller) else { panic!("new") };
        let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, rng).unwrap().to_bytes();
        let answer = Authentication::from_bytes(&self.decide(&relay, &mut at_manager, rng)).unwrap();
        let Ok(Authenticated::Approved(mut approved)) = awaiting.authenticate(&answer, NOW, &mut at_seller) else {
            panic!("it was approved");
        };
        let dispatch = approved.dispatch(&Role::DELIVERY_SERVICE, b"", NOW, &mut at_seller, rng).unwrap().to_bytes();
        let dispatch = Dispatch::from_bytes(&dispatch).unwrap();
        let Ok(Received::New(delivery)) = self.courier.receive(&dispatch, NOW, &mut at_courier) else { panic!("new") };
        delivery.export().to_vec()
    }
}

fn order(c: &mut Criterion) {
    let world = world();
    let mut rng = Counter(0);
    let mut group = c.benchmark_group("order");
    group.bench_function("split", |b| b.iter(|| world.holder.split(black_box(&world.order), &world.form).unwrap()));
    group.bench_function("seal", |b| b.iter(|| world.seal(&mut rng)));
    let envelope = world.seal(&mut rng);
    let ledger = || MemoryLedger::new(1);
    group.bench_function("open", |b| {
        let open = |mut ledger: MemoryLedger| {
            let envelope = Envelope::from_bytes(black_box(&envelope)).unwrap();
            world.seller.receive(&envelope, NOW, &mut ledger).is_ok()
        };
        b.iter_batched(ledger, open, BatchSize::SmallInput);
    });
    let relay = world.relay(&envelope, &mut ledger(), &mut rng);
    group.bench_function("decide", |b| {
        b.iter_batched(
            ledger,
            |mut ledger| world.decide(black_box(&relay), &mut ledger, &mut rng),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("purchase", |b| b.iter(|| world.purchase(&mut rng)));
    group.finish();
}

criterion_group!(benches, order);
criterion_main!(benches);
