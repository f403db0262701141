//! Issues the shares here, so that the small machine has only to derive: for each threshold a share, and the key that
//! the peer derives.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use polyseal::{Authority, Capacity, Domain, Epoch, Identifier, KeySource, Label};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let [own, peer] = [Identifier::new("holder 4711")?, Identifier::new("shop.example")?];
    let label = Label::new("cards.example")?;
    let domain = Domain::new(label.clone(), label, Epoch::new(1, 0, 10)?);
    for threshold in [64, 256, 1024] {
        let mut authority =
            Authority::from_seed(domain.clone(), threshold, Capacity::UNCONDITIONAL, &[7; 32], BTreeSet::new())?;
        fs::write(out.join(format!("{threshold}.share")), authority.issue(&own)?.export().as_slice())?;
        let key = authority.issue(&peer)?.common_key(&own, &domain)?;
        fs::write(out.join(format!("{threshold}.key")), key.export())?;
    }
    Ok(())
}
