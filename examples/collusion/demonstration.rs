//! What t shares and what t + 1 shares of a cohort are worth, tried with the library's own.

use core::fmt::Write;

use polyseal::key::Cohort;
use polyseal::message::OrderDigest;
use polyseal::rand_core::Rng;
use polyseal::{Authority, Identifier, KeySource, Share, Zeroizing};
use rand::rngs::StdRng;

use crate::network::Network;
use polyseal_example_collusion::algebra;
use polyseal_example_collusion::coalition::{other_world, share_of};
use polyseal_example_collusion::export::{DOMAIN, altered, item};

use polyseal_examples::program::Result;

/// How many devices' shares are tried to be made, in a cohort and outside.
const TRIED: usize = 10;

/// Tries both. What came out, in words.
pub(crate) fn run(network: &Network, rng: &mut StdRng) -> Result<String> {
    let broken = Cohort::new(0, network.cohorts)?;
    let members: Vec<_> = network.members(broken).cloned().collect();
    let size = network.threshold.saturating_add(1);
    let Some((colluders, others @ [device, ..])) = members.split_at_checked(size) else {
        let few = members.len();
        return Err(format!("cohort 0 has {few} devices, too few for this threshold: take a larger population").into());
    };
    let (bank, shop) = (Identifier::new("bank.example")?, Identifier::new("shop.example")?);
    let mut authority = network.authority(broken, rng)?;
    let mut text = open(&mut authority, colluders, device, &bank, rng)?;
    let shares = colluders.iter().map(|device| authority.issue(device)).collect::<core::result::Result<Vec<_>, _>>()?;
    writeln!(text, "\n{size} shares of the same polynomial:")?;

    let mut attempt = |place: &str, authority: &mut Authority, victims: &[&Identifier]| -> Result<()> {
        writeln!(text, "  {place:<24}{}", compare(&shares, authority, victims, &bank)?)?;
        Ok(())
    };
    attempt("cohort 0:", &mut authority, &others.iter().take(TRIED).collect::<Vec<_>>())?;
    for index in (1..network.cohorts).take(3) {
        let cohort = Cohort::new(index, network.cohorts)?;
        let devices: Vec<_> = network.members(cohort).take(TRIED).collect();
        attempt(&format!("cohort {index}:"), &mut network.authority(cohort, rng)?, &devices)?;
    }
    let mut own = network.authority(Cohort::services(network.cohorts), rng)?;
    attempt("the services' own:", &mut own, &[&shop])?;
    Ok(text)
}

fn key(share: &Share, peer: &Identifier) -> Result<[u8; 32]> {
    Ok(*share.common_key(peer, share.domain())?.export())
}

/// The first t of the colluders, and the key of two others.
fn open(
    authority: &mut Authority,
    colluders: &[Identifier],
    device: &Identifier,
    service: &Identifier,
    rng: &mut StdRng,
) -> Result<String> {
    let threshold = authority.threshold();
    let colluders = colluders.get(..threshold).unwrap_or(colluders);
    let index = authority.domain().cohort().index().unwrap_or(0);
    let mut text = format!(
        "{threshold} shares of cohort {index}, and the key of {device} with {service}, who are not among them:\n"
    );
    let actual = key(&authority.issue(device)?, service)?;
    writeln!(text, "  {}  as it is", hex(&actual))?;
    let held = issue_all(authority, colluders)?;
    for _ in 0..3 {
        // Any two numbers will do.
        let target = [(); 2].map(|()| {
            let mut bytes = [0; 16];
            rng.fill_bytes(&mut bytes);
            algebra::number(&bytes)
        });
        let mut other = other_world(authority, colluders, [device, service], &target)?;
        let same = issue_all(&mut other, colluders)?.iter().zip(&held).filter(|(there, here)| there == here).count();
        let wanted = key(&other.issue(device)?, service)?;
        writeln!(text, "  {}  under another polynomial, with {same} of the {threshold} shares the same", hex(&wanted))?;
    }
    Ok(text)
}

fn issue_all(authority: &mut Authority, devices: &[Identifier]) -> Result<Vec<Zeroizing<Vec<u8>>>> {
    devices.iter().map(|device| Ok(authority.issue(device)?.export())).collect()
}

/// Has the coalition make shares of others, and compares them with the real ones: their coefficients, and the key with
/// a service.
fn compare(
    coalition: &[Share],
    authority: &mut Authority,
    victims: &[&Identifier],
    service: &Identifier,
) -> Result<String> {
    let (mut tried, mut shares, mut keys) = (0_u32, 0_u32, 0_u32);
    for victim in victims {
        let real = authority.issue(victim)?;
        // The domain is public: it is put in, so that the keys could be equal.
        let made = altered(&share_of(victim, coalition)?, DOMAIN, item(&real.export(), DOMAIN)?)?;
        tried = tried.saturating_add(1);
        shares = shares.saturating_add(u32::from(made == **real.export()));
        keys = keys.saturating_add(u32::from(key(&Share::import(&made)?, service)? == key(&real, service)?));
    }
    Ok(format!("{shares:>2} of {tried:>2} shares come out right, and {keys:>2} keys with {service}"))
}

fn hex(bytes: &[u8]) -> String {
    OrderDigest::from_bytes(bytes.try_into().unwrap_or_default()).to_string()
}
