//! Real orders: how large their rows are, and what comes of rows that were mixed up.

use polyseal::{CardManager, LedgerError, Role, Share};
use polyseal_postgres::PostgresLedger;
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, new};

use crate::server::test;

/// A row of the standard order may take this, with its head.
const MOST: i64 = 8 * 1024;
const SIZE: &str = "SELECT role, stage, (24 + pg_column_size(digest) + pg_column_size(owner) + pg_column_size(role) \
     + pg_column_size(revision) + pg_column_size(issued_at) + pg_column_size(expires) + pg_column_size(stage) \
     + pg_column_size(state))::bigint FROM polyseal_orders ORDER BY role";

#[test]
fn a_row_of_the_standard_order_is_small() {
    test(|database| async move {
        let ledger = database.ledger(2).await;
        let client = database.pool(1).get().await.unwrap();
        let mut story = Story::standard(1);
        let sealed = story.sealed();
        let (parties, rng) = (&story.parties, &mut story.rng);
        let mut largest = 0;
        let mut measure = async |stages: &[(&str, &str)]| {
            let rows = client.query(SIZE, &[]).await.unwrap();
            let found: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
            let expected: Vec<_> = stages.iter().map(|(role, stage)| ((*role).into(), (*stage).into())).collect();
            assert_eq!(found, expected);
            for row in &rows {
                let size: i64 = row.get(2);
                assert!(size <= MOST, "{size} bytes for the {}", row.get::<_, &str>(0));
                largest = size.max(largest);
            }
        };
        let awaiting = new(ledger.complete(parties.seller.receive(&sealed.envelope, NOW).unwrap()).await.unwrap());
        measure(&[("seller", "received")]).await;
        let relay = awaiting.relay(&parties.seller, &Role::CARD_MANAGER, NOW, rng).unwrap();
        let deciding = new(ledger.complete(parties.manager.receive(&relay, NOW).unwrap()).await.unwrap());
        measure(&[("card-manager", "received"), ("seller", "received")]).await;
        let approval = new(ledger.complete(deciding.approve(&parties.manager, NOW).unwrap()).await.unwrap());
        let authorization = approval.authorization(&parties.manager, rng).unwrap();
        let authorized = awaiting.authorize(&parties.seller, &authorization, NOW).unwrap();
        let approved = polyseal_testing::approved(new(ledger.complete(authorized).await.unwrap()));
        measure(&[("card-manager", "approved"), ("seller", "approved")]).await;
        let (seller, to) = (&parties.seller, &Role::DELIVERY_SERVICE);
        let dispatching = approved.dispatch(seller, to, b"collect at gate 4", NOW).unwrap();
        let approved = new(ledger.complete(dispatching).await.unwrap());
        let dispatch = approved.dispatch_message(seller, to, NOW, rng).unwrap();
        let courier = &parties.courier;
        let delivery = new(ledger.complete(courier.receive_dispatch(&dispatch, NOW).unwrap()).await.unwrap());
        measure(&[("card-manager", "approved"), ("delivery-service", "dispatched"), ("seller", "dispatched")]).await;
        let delivery = new(ledger.complete(delivery.delivered(courier, 1, NOW).unwrap()).await.unwrap());
        let report = delivery.delivery_report(courier, 1, rng).unwrap();
        let search = seller.find(sealed.digest);
        let found = ledger.file(&search.record()).await.unwrap();
        let order = search.complete(found).unwrap();
        new(ledger.complete(order.delivered(seller, &report, NOW).unwrap()).await.unwrap());
        measure(&[("card-manager", "approved"), ("delivery-service", "delivered"), ("seller", "delivered")]).await;
        println!("the largest row has {largest} bytes");
        assert!(largest > 2_000, "is it the standard order that was measured?");
    });
}

/// The bank's order of this digest, as the ledger has it.
async fn found(
    ledger: &PostgresLedger,
    bank: &CardManager<Share>,
    digest: polyseal::message::OrderDigest,
) -> Result<polyseal::card_manager::CardManagerOrder, LedgerError> {
    let search = bank.find(digest);
    let filed = ledger.file(&search.record()).await.unwrap();
    search.complete(filed)
}

/// A state under another order's key, with a bit flipped or cut off is damaged; as it was filed it is not.
#[test]
fn a_state_under_another_key_is_damaged() {
    test(|database| async move {
        let ledger = database.ledger(2).await;
        let client = database.pool(1).get().await.unwrap();
        let mut story = Story::standard(2);
        let mut digests = Vec::new();
        for _ in 0..2 {
            let awaiting = story.at_seller();
            let relay = awaiting.relay(&story.parties.seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
            new(ledger.complete(story.parties.manager.receive(&relay, NOW).unwrap()).await.unwrap());
            digests.push(relay.digest());
        }
        let bank = &story.parties.manager;
        let swap = "UPDATE polyseal_orders SET state = \
             (SELECT state FROM polyseal_orders AS other WHERE other.digest <> polyseal_orders.digest)";
        for is_damaged in [true, false] {
            assert_eq!(client.execute(swap, &[]).await.unwrap(), 2);
            for digest in &digests {
                let found = found(&ledger, bank, *digest).await;
                assert_eq!(matches!(found, Err(LedgerError::Damaged)), is_damaged);
                assert_eq!(found.is_ok(), !is_damaged);
            }
        }
        let flip = "UPDATE polyseal_orders SET state = set_bit(state, 4000, 1 - get_bit(state, 4000))";
        client.execute(flip, &[]).await.unwrap();
        for digest in &digests {
            assert!(matches!(found(&ledger, bank, *digest).await, Err(LedgerError::Damaged)));
        }
        let cut = "UPDATE polyseal_orders SET state = substring(state FOR 100)";
        client.execute(cut, &[]).await.unwrap();
        assert!(matches!(found(&ledger, bank, digests[0]).await, Err(LedgerError::Damaged)));
    });
}
