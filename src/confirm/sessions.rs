//! The keys of finished handshakes, beside those of another source.

use alloc::collections::BTreeMap;
use core::fmt;

use super::Confirmed;
use crate::domain::Domain;
use crate::identifier::Identifier;
use crate::key::{CommonKey, KeyError, KeySource};

/// A key source that also keeps the keys of sessions: what a recipient needs to open a part that was sealed under a
/// handshake with an exchange.
///
/// In memory alone, so they end with the process at the latest. What was sealed under a session stays readable for as
/// long as either side keeps its key: [`forget`](Self::forget) it when the part has been received. Not sooner: what was
/// sealed under a session that its receiver has lost cannot be opened any more; of a dispatch, that means an order that
/// is paid and not delivered. Who has to survive a restart in between keeps [`Confirmed::session`] in a [`KeySource`] of
/// its own.
pub struct Sessions<K> {
    keys: K,
    kept: BTreeMap<[u8; 32], Confirmed>,
}

impl<K> Sessions<K> {
    /// None yet, beside the keys of `keys`.
    #[must_use]
    pub fn new(keys: K) -> Self {
        Self { keys, kept: BTreeMap::new() }
    }

    /// Keeps the key of a finished handshake. One without an exchange has none, and nothing is kept.
    pub fn keep(&mut self, confirmed: &Confirmed) {
        if confirmed.session().is_some() {
            self.kept.insert(*confirmed.transcript(), confirmed.duplicate());
        }
    }

    /// Wipes the key of a handshake.
    pub fn forget(&mut self, transcript: &[u8; 32]) {
        self.kept.remove(transcript);
    }

    /// Wipes the keys of all handshakes that this side began or answered before a time, in seconds since 1970.
    pub fn forget_before(&mut self, time: u64) {
        self.kept.retain(|_, confirmed| confirmed.at() >= time);
    }

    /// The source beside it, to roll an epoch, say.
    pub fn keys_mut(&mut self) -> &mut K {
        &mut self.keys
    }
}

impl<K: KeySource> KeySource for Sessions<K> {
    fn identifier(&self) -> &Identifier {
        self.keys.identifier()
    }

    fn domains(&self) -> &[Domain] {
        self.keys.domains()
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        self.keys.common_key(peer, domain)
    }

    fn session_key(&self, peer: &Identifier, domain: &Domain, transcript: &[u8; 32]) -> Result<CommonKey, KeyError> {
        let confirmed = self.kept.get(transcript).filter(|confirmed| confirmed.peer() == peer);
        let session = confirmed.and_then(Confirmed::session).filter(|(of, _)| *of == domain);
        match session {
            Some((_, key)) => Ok(CommonKey::import(&key.export())),
            None => self.keys.session_key(peer, domain, transcript),
        }
    }
}

impl<K> fmt::Debug for Sessions<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("kept", &self.kept.len()).finish_non_exhaustive()
    }
}
