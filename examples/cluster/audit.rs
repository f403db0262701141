//! The books against the orders. The books have no unique keys: what was done twice is there twice.

use std::collections::BTreeMap;

use polyseal_testing_postgres::Server;

use crate::buyers::{End, Placed, money};
use crate::{Arguments, Result, keys};

const BOOKS: [&str; 3] = ["withdrawals", "refunds", "deliveries"];

/// What the books and the ledgers say at the end.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Lines of each book.
    pub(crate) lines: [usize; 3],
    /// What is wrong, a line each.
    pub(crate) wrong: Vec<String>,
    /// Open orders of the ledgers, by role and stage.
    pub(crate) open: Vec<(String, String, u64)>,
}

/// Makes the ledger's tables and the books.
pub(crate) async fn prepare(server: &Server) -> Result<()> {
    let pool = polyseal_testing_postgres::pool(server.folder(), "postgres", 1)?;
    let mut client = pool.get().await?;
    polyseal_postgres::migrate(&mut client).await?;
    for book in BOOKS {
        client.batch_execute(&format!("CREATE TABLE {book} (digest bytea NOT NULL, sum text NOT NULL)")).await?;
    }
    Ok(())
}

type Book = BTreeMap<Vec<u8>, Vec<String>>;

/// Looks at every order and at every line of the books.
pub(crate) async fn audit(server: &Server, orders: &[Placed], arguments: &Arguments) -> Result<Found> {
    let pool = polyseal_testing_postgres::pool(server.folder(), "postgres", 1)?;
    let client = pool.get().await?;
    let (mut found, mut books) = (Found::default(), Vec::new());
    for (book, lines) in BOOKS.iter().zip(&mut found.lines) {
        let mut entries = Book::new();
        for row in client.query(&format!("SELECT digest, sum FROM {book}"), &[]).await? {
            *lines = lines.saturating_add(1);
            entries.entry(row.try_get(0)?).or_default().push(row.try_get(1)?);
        }
        books.push(entries);
    }
    drop(client);
    for order in orders {
        let entries: Vec<Vec<String>> =
            books.iter_mut().map(|book| book.remove(&order.digest.as_bytes()[..]).unwrap_or_default()).collect();
        if let Some(wrong) = wrong(order, &entries, arguments.refund) {
            found.wrong.push(format!("{}: {wrong}", order.digest));
        }
    }
    for (book, left) in BOOKS.iter().zip(books) {
        found.wrong.extend(left.keys().map(|_| format!("{book} has an order that nobody placed")));
    }
    let ledger = polyseal_postgres::PostgresLedger::open(pool).await?;
    found.open =
        ledger.stages().await?.into_iter().map(|open| (open.role.to_string(), open.stage, open.orders)).collect();
    Ok(found)
}

fn wrong(order: &Placed, entries: &[Vec<String>], refund: u32) -> Option<String> {
    let (due, is_damaged) = (money(order.due), keys::is_damaged(order.digest, refund));
    let paid = vec![due];
    let back = if is_damaged { vec!["1.00 EUR".to_owned()] } else { Vec::new() };
    let expected = match &order.end {
        End::Delivered if order.is_payable => [paid, back, vec![String::new()]],
        End::Declined if !order.is_payable => [Vec::new(), Vec::new(), Vec::new()],
        // It may have come as far as it likes, step by step, and no step twice.
        End::Revoked if order.is_revoked => {
            let [none, refund, delivery] = [Vec::new(), back, vec![String::new()]];
            let ways = [
                [none.clone(), none.clone(), none.clone()],
                [paid.clone(), none.clone(), none.clone()],
                [paid.clone(), none, delivery.clone()],
                [paid, refund, delivery],
            ];
            return (!ways.iter().any(|way| entries == way))
                .then(|| format!("revoked, and the books have {entries:?}"));
        }
        end @ (End::Delivered | End::Declined | End::Revoked) => return Some(format!("{end:?} is not its end")),
        End::Open(reason) => return Some(format!("it has not ended: {reason}")),
    };
    (entries != expected).then(|| format!("{:?}, and the books have {entries:?}", order.end))
}
