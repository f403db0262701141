//! A record is filed.

use polyseal::Zeroizing;
use polyseal::ledger::{Change, Filed, LedgerKey, Record};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{GenericClient, Row, Transaction};

use crate::{PostgresError, Result};

/// As an expression of each statement that changes something: its transaction is committed durably.
macro_rules! durably {
    () => {
        "CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END"
    };
}

pub(crate) use durably;

const INSERT: &str = concat!(
    "WITH times AS MATERIALIZED (SELECT floor, mark FROM polyseal_times FOR SHARE), \
     filed AS (\
         INSERT INTO polyseal_orders (digest, owner, role, revision, issued_at, expires, stage, state) \
         SELECT $1, $2, $3, 0, $4, $5, $6, $7 FROM times WHERE $5 >= floor AND $4 >= mark \
         ON CONFLICT DO NOTHING RETURNING 1) \
     SELECT EXISTS (SELECT FROM filed), (SELECT $5 >= floor AND $4 >= mark FROM times), ",
    durably!()
);
const REPLACE: &str = concat!(
    "WITH filed AS (\
         UPDATE polyseal_orders SET revision = revision + 1, expires = $5, stage = $6, state = $7 \
         WHERE digest = $1 AND owner = $2 AND role = $3 AND revision = $4 RETURNING 1) \
     SELECT EXISTS (SELECT FROM filed), ",
    durably!()
);
const LOOK_UP: &str = "SELECT state FROM polyseal_orders WHERE digest = $1 AND owner = $2 AND role = $3";

/// Files a record in a transaction of yours, at any level of isolation.
///
/// [`Filed::Done`] is as good as your commit. Complete the step with the answer, add to the transaction what has to happen
/// together with it, commit, and let nothing leave before.
///
/// # Errors
///
/// [`PostgresError`]; the transaction is then of no more use. If it [can be retried](PostgresError::can_retry), take the
/// whole step again in a new transaction.
pub async fn file(tx: &Transaction<'_>, record: &Record<'_>) -> Result<Filed> {
    file_by(tx, record).await
}

/// Files a record, with statements that are each whole: between two of them nothing can happen that would make the answer
/// wrong, whether or not they are in one transaction.
pub(crate) async fn file_by(client: &impl GenericClient, record: &Record<'_>) -> Result<Filed> {
    let &Record { key, issued_at, expires, stage, change } = record;
    let LedgerKey { owner, role, digest } = key;
    let (digest, owner, role) = (&digest.as_bytes()[..], owner.as_bytes(), role.as_str());
    let (issued_at, expires) = (number(issued_at), number(expires));
    let of_key: [Parameter<'_>; 3] = [(&digest, Type::BYTEA), (&owner, Type::BYTEA), (&role, Type::TEXT)];
    match change {
        Change::Insert { state } => {
            let all = parameters(&of_key, (&issued_at, &expires), &stage, &state);
            let answer = one(client.query_typed(INSERT, &all).await?)?;
            let (is_filed, is_above): (bool, Option<bool>) = (answer.try_get(0)?, answer.try_get(1)?);
            if is_filed {
                return Ok(Filed::Done);
            }
            let is_above = is_above.ok_or(PostgresError::NoTimes)?;
            match look_up(client, &of_key).await? {
                Some(state) => Ok(Filed::Found(state)),
                None if is_above => Err(PostgresError::Unseen),
                None => Ok(Filed::BelowFloor),
            }
        }
        Change::Replace { current, state } => {
            let current = number(current);
            let all = parameters(&of_key, (&current, &expires), &stage, &state);
            if one(client.query_typed(REPLACE, &all).await?)?.try_get(0)? {
                return Ok(Filed::Done);
            }
            Ok(look_up(client, &of_key).await?.map_or(Filed::Absent, Filed::Found))
        }
        Change::LookUp => Ok(look_up(client, &of_key).await?.map_or(Filed::Absent, Filed::Found)),
    }
}

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Of a row: its key, two numbers, stage and state.
fn parameters<'a>(
    [digest, owner, role]: &[Parameter<'a>; 3],
    (fourth, fifth): (&'a i64, &'a i64),
    stage: &'a &'static str,
    state: &'a &'a [u8],
) -> [Parameter<'a>; 7] {
    let [digest, owner, role] = [digest, owner, role].map(Clone::clone);
    [digest, owner, role, (fourth, Type::INT8), (fifth, Type::INT8), (stage, Type::TEXT), (state, Type::BYTEA)]
}

async fn look_up(client: &impl GenericClient, key: &[Parameter<'_>]) -> Result<Option<Zeroizing<Vec<u8>>>> {
    match client.query_typed(LOOK_UP, key).await?.first() {
        Some(row) => Ok(Some(Zeroizing::new(row.try_get(0)?))),
        None => Ok(None),
    }
}

/// The one row of a statement that always has one.
pub(crate) fn one(rows: Vec<Row>) -> Result<Row> {
    rows.into_iter().next().ok_or(PostgresError::NoTimes)
}

/// Times and revisions are far below what PostgreSQL can hold; what is not, stays as far above as can be.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
