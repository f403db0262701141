//! The authority, which issues the shares.

use polyseal::{Authority, Capacity, Domain, Epoch, Label};

use crate::program::{Result, os_rng};

const DAY: u64 = 24 * 3600;

/// The authority of this example's domain, good for a year.
pub fn authority(threshold: u16, parties: usize, now: u64) -> Result<Authority> {
    let epoch = Epoch::new(1, now.saturating_sub(DAY), now.saturating_add(365 * DAY))?;
    let domain = Domain::new(Label::new("cards.example")?, Label::new("authority.example")?, epoch);
    let authority = Authority::random(domain, threshold.into(), Capacity::UNCONDITIONAL, &mut os_rng())?;
    if authority.capacity() < parties {
        let (capacity, enough) = (authority.capacity(), parties.saturating_sub(2));
        return Err(format!(
            "--threshold {threshold}: such a polynomial serves {capacity} parties, and this form has {parties} with \
             the card holder: use --threshold {enough} or more"
        )
        .into());
    }
    Ok(authority)
}
