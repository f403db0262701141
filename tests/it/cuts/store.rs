//! What outlives the processes: bytes.

use core::convert::Infallible;
use std::collections::BTreeMap;

use polyseal::ledger::{Change, Filed, LedgerKey, Record};
use polyseal::{Ledger, Role, Zeroizing};
use polyseal_testing::{GATEWAY, role};

pub type Bytes = Vec<u8>;

/// A table of a database: one for all parties.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table(BTreeMap<LedgerKey, Row>);

#[derive(Clone, Debug, PartialEq)]
struct Row {
    revision: u64,
    expires: u64,
    state: Zeroizing<Bytes>,
}

impl Table {
    /// The state of the one order at a party, if it has come there.
    fn state(&self, role: &Role) -> Option<Zeroizing<Bytes>> {
        self.0.iter().find(|(key, _)| key.role == *role).map(|(_, row)| row.state.clone())
    }

    pub fn states(&self) -> Four<Option<Zeroizing<Bytes>>> {
        let [seller, manager, courier, gateway] =
            [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE, role(GATEWAY)].map(|role| self.state(&role));
        Four { seller, manager, courier, gateway }
    }
}

impl Ledger for Table {
    type Error = Infallible;

    fn file(&mut self, &Record { key, expires, change, .. }: &Record<'_>) -> Result<Filed, Infallible> {
        let row = |revision, state: &[u8]| Row { revision, expires, state: state.to_vec().into() };
        let row = match (self.0.get(key), change) {
            (None, Change::Insert { state }) => row(0, state),
            (Some(Row { revision, .. }), Change::Replace { current, state }) if *revision == current => {
                row(current + 1, state)
            }
            (Some(Row { state, .. }), _) => return Ok(Filed::Found(state.clone())),
            (None, _) => return Ok(Filed::Absent),
        };
        self.0.insert(key.clone(), row);
        Ok(Filed::Done)
    }
}

/// One of each for seller, card manager, delivery service and gateway.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Four<T> {
    pub seller: T,
    pub manager: T,
    pub courier: T,
    pub gateway: T,
}

/// What outlives the processes: nothing but bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    pub table: Table,
    /// The exported state of every order that waits.
    pub states: Four<Option<Zeroizing<Bytes>>>,
    pub placed: Option<Zeroizing<Bytes>>,
    /// Messages, by what they are.
    pub wire: BTreeMap<&'static str, Bytes>,
    /// What people were told.
    pub told: Vec<String>,
}
