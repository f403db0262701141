//! The one file that holds the terms and the secret. It is replaced as a whole, so they always fit each other.

use std::path::{Path, PathBuf};

use polyseal::Zeroizing;
use sha2::{Digest, Sha256};

use crate::secret::Secret;
use crate::terms::Terms;
use crate::{Result, blame};
use polyseal_example_authority::names::{hex, unhex};
use polyseal_examples::files;

const TITLE: &str = "polyseal authority 1: secret";

/// Bytes of the longest.
const MOST: u64 = 1 << 20;

pub(crate) struct State {
    pub(crate) terms: Terms,
    pub(crate) secret: Secret,
}

impl State {
    pub(crate) fn path(dir: &Path) -> PathBuf {
        dir.join("state")
    }

    /// Four lines: what it is, the terms, the secret, and a hash of these that finds damage.
    pub(crate) fn store(&self, dir: &Path) -> Result<()> {
        let terms = serde_json::to_string(&self.terms)?;
        let secret = Zeroizing::new(hex(&self.secret.export()));
        let mut text = Zeroizing::new(String::with_capacity(terms.len().saturating_add(1024)));
        for part in [TITLE, "\n", &terms, "\n", &secret, "\n"] {
            text.push_str(part);
        }
        let check = hex(&Sha256::digest(text.as_bytes()));
        text.push_str(&check);
        text.push('\n');
        Ok(files::store(&Self::path(dir), text.as_bytes())?)
    }

    pub(crate) fn load(dir: &Path) -> Result<Self> {
        let path = Self::path(dir);
        let bytes = Zeroizing::new(files::require(&path, MOST)?);
        let state = core::str::from_utf8(&bytes).ok().and_then(Self::parse);
        state.ok_or_else(|| blame(&path, "it is damaged: restore it from a backup").into())
    }

    fn parse(text: &str) -> Option<Self> {
        let (body, check) = text.strip_suffix('\n')?.rsplit_once('\n')?;
        let mut whole = Sha256::new_with_prefix(body);
        whole.update("\n");
        let mut lines = body.lines();
        let (title, terms, secret) = (lines.next()?, lines.next()?, lines.next()?);
        if check != hex(&whole.finalize()) || title != TITLE {
            return None;
        }
        let terms: Terms = serde_json::from_str(terms).ok()?;
        let secret = Secret::import(&terms, &Zeroizing::new(unhex(secret)?))?;
        Some(Self { terms, secret })
    }
}
