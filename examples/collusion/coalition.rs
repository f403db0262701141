//! What holders of shares can do with them together.

use core::error::Error;

use num_bigint::BigUint;
use polyseal::{Authority, Domain, Identifier, KeySource, Share};

use crate::algebra::{bent, to_bytes, weighted, weights};
use crate::export::{IDENTIFIER, SECRET, altered, byte_string, lanes};

type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// The public points of identities, for each lane.
pub fn points<'i>(identities: impl IntoIterator<Item = &'i Identifier>, domain: &Domain) -> [Vec<BigUint>; 2] {
    let points: (Vec<_>, Vec<_>) = identities
        .into_iter()
        .map(|identity| {
            let [first, second] = identity.point(domain).to_bytes().map(|lane| BigUint::from_bytes_le(&lane));
            (first, second)
        })
        .unzip();
    points.into()
}

/// An authority that would have given the colluders the shares that they have, and two others the key of any `target`.
///
/// That there is one for each target is why t shares say nothing about that key.
pub fn other_world(
    authority: &Authority,
    colluders: &[Identifier],
    victims: [&Identifier; 2],
    target: &[BigUint; 2],
) -> Result<Authority> {
    let export = other_export(&authority.export(), authority.domain(), colluders, victims, target)?;
    Ok(Authority::import(&export)?)
}

/// The same on the export of an authority with a random master, sole or joint. The target is the raw values of both
/// lanes, before the key is extracted from them.
pub fn other_export(
    export: &[u8],
    domain: &Domain,
    colluders: &[Identifier],
    victims: [&Identifier; 2],
    target: &[BigUint; 2],
) -> Result<Vec<u8>> {
    let (colluders, victims) = (points(colluders, domain), points(victims, domain));
    let mut master = Vec::new();
    for (((triangle, colluders), victims), target) in lanes(export)?.iter().zip(&colluders).zip(victims).zip(target) {
        let victims = victims.try_into().map_err(|_| "a pair is two")?;
        master.extend(bent(triangle, colluders, &victims, target));
    }
    altered(export, SECRET, byte_string(&to_bytes(&master))?)
}

/// The share of anybody, by interpolation from t + 1 shares: coefficient by coefficient, since for each the values of
/// all shares lie on one polynomial. Fewer shares give something, and it is wrong.
pub fn share_of(victim: &Identifier, shares: &[Share]) -> Result<Vec<u8>> {
    let first = shares.first().ok_or("a coalition has a share")?;
    let exports: Vec<_> = shares.iter().map(Share::export).collect();
    let rows = exports.iter().map(|export| lanes(export)).collect::<Result<Vec<_>>>()?;
    let points_of = points(shares.iter().map(KeySource::identifier), first.domain());
    let at = points([victim], first.domain());
    let rows: (Vec<_>, Vec<_>) = rows.into_iter().map(|[first, second]| (first, second)).unzip();
    let mut secret = Vec::new();
    for ((rows, points), at) in <[_; 2]>::from(rows).iter().zip(&points_of).zip(at.iter().flatten()) {
        secret.extend(weighted(rows, &weights(points, at)));
    }
    let first = first.export();
    let named = altered(&first, IDENTIFIER, byte_string(victim.as_bytes())?)?;
    altered(&named, SECRET, byte_string(&to_bytes(&secret))?)
}
