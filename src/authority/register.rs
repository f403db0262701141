//! Whom an authority has served.

use alloc::collections::BTreeSet;

use super::AuthorityError;
use crate::field::ELEMENT;
use crate::hazmat::Point;
use crate::identifier::Identifier;

/// The identities that have shares, and their points.
#[derive(Default)]
pub(super) struct Register {
    identities: BTreeSet<Identifier>,
    /// The points in each lane.
    points: [BTreeSet<[u8; ELEMENT]>; 2],
}

impl Register {
    pub(super) fn identities(&self) -> &BTreeSet<Identifier> {
        &self.identities
    }

    /// Enters those of these identities that are not in the register yet: either all of them, or none.
    ///
    /// Two identities never share a point in a lane. Otherwise the share of one would contain half of the other's.
    pub(super) fn enter(
        &mut self,
        identities: impl IntoIterator<Item = (Identifier, Point)>,
        capacity: usize,
    ) -> Result<(), AuthorityError> {
        let mut new = Self::default();
        for (identifier, point) in identities {
            if self.identities.contains(&identifier) || new.identities.contains(&identifier) {
                continue;
            }
            // N-2
            if self.identities.len().saturating_add(new.identities.len()) >= capacity {
                return Err(AuthorityError::Full { capacity });
            }
            // N-3
            for ((taken, new), lane) in self.points.iter().zip(&mut new.points).zip(point.to_bytes()) {
                if taken.contains(&lane) || !new.insert(lane) {
                    return Err(AuthorityError::PointTaken { identifier });
                }
            }
            new.identities.insert(identifier);
        }
        self.identities.extend(new.identities);
        for (taken, new) in self.points.iter_mut().zip(new.points) {
            taken.extend(new);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Element;

    fn entry(name: &str, lanes: [u8; 2]) -> (Identifier, Point) {
        let point = Point(lanes.map(|lane| Element::from_bytes([lane; ELEMENT]).unwrap()));
        (Identifier::new(name).unwrap(), point)
    }

    #[test]
    fn identities_whose_points_meet_are_refused() {
        // N-2, N-3
        for (meeting, free) in [([1, 9], [2, 9]), ([9, 1], [9, 2])] {
            let mut register = Register::default();
            register.enter([entry("alice", [1, 1])], 9).unwrap();
            let refused = Err(AuthorityError::PointTaken { identifier: Identifier::new("bob").unwrap() });
            assert_eq!(register.enter([entry("carol", [5, 5]), entry("bob", meeting)], 9), refused);
            assert_eq!(register.enter([entry("carol", free), entry("bob", free)], 9), refused);
            // Nobody was entered, so both places and points are free.
            assert_eq!(register.identities().len(), 1);
            register.enter([entry("carol", [5, 5]), entry("bob", free)], 3).unwrap();
            assert_eq!(register.enter([entry("dave", [7, 7])], 3), Err(AuthorityError::Full { capacity: 3 }));
            // A registered identity takes no place.
            assert_eq!(register.enter([entry("bob", free)], 3), Ok(()));
        }
    }
}
