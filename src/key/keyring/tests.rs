use super::*;
use crate::key::PresharedKeys;

fn id(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn keys(owner: &str, domain: Domain) -> PresharedKeys {
    let mut keys = PresharedKeys::new(id(owner), domain);
    keys.insert(id("peer"), &[3; 32]);
    keys
}

#[test]
fn it_picks_by_domain_and_prefers_the_newest_epoch() {
    let sources = [("bank", 1), ("bank", 3), ("shops", 2), ("bank", 2)];
    let ring =
        Keyring::new(id("me"), sources.map(|(label, number)| keys("me", Domain::sample(label, number)))).unwrap();
    let epochs: Vec<u64> = ring.domains().iter().map(|domain| domain.epoch().number()).collect();
    assert_eq!(epochs, [3, 2, 2, 1]);
    for domain in ring.domains().iter() {
        let expected = keys("me", domain.clone()).common_key(&id("peer"), domain).unwrap().export();
        assert_eq!(ring.common_key(&id("peer"), domain).unwrap().export(), expected);
    }
}

#[test]
fn what_it_refuses_it_names() {
    let ring = Keyring::new(id("me"), [keys("me", Domain::sample("bank", 1))]).unwrap();
    assert_eq!(ring.with(keys("me", Domain::sample("bank", 1))).err(), Some(KeyringError::Present));
    assert_eq!(ring.with(keys("you", Domain::sample("bank", 2))).err(), Some(KeyringError::OtherOwner));
    let before = ring.clone();
    let ring = ring.with(keys("me", Domain::sample("bank", 2))).unwrap();

    let refusal = |ring: &Keyring<_>, number| ring.common_key(&id("peer"), &Domain::sample("bank", number)).err();
    assert_eq!(refusal(&ring, 9), Some(KeyError::UnknownDomain));
    assert_eq!(refusal(&ring, 1), None);
    let ring = ring.without(&Domain::sample("bank", 1));
    assert_eq!(refusal(&ring, 1), Some(KeyError::Retired));
    assert_eq!(refusal(&ring, 2), None);
    assert_eq!(ring.with(keys("me", Domain::sample("bank", 1))).err(), Some(KeyringError::Retired));
    let ring = ring.revoking(id("peer"));
    assert_eq!(refusal(&ring, 2), Some(KeyError::Revoked));
    assert!(ring.is_revoked(&id("peer")) && Arc::new(ring.clone()).is_revoked(&id("peer")));
    assert_eq!(refusal(&ring.reinstating(&id("peer")), 2), None);
    // A ring that a step holds already does not change.
    assert_eq!((refusal(&before, 1), refusal(&before, 2)), (None, Some(KeyError::UnknownDomain)));
}

#[test]
fn what_a_source_has_revoked_is_revoked_in_the_ring() {
    // W-4
    let (peer, domain) = (id("peer"), Domain::sample("bank", 1));
    let plain = Keyring::new(id("me"), [keys("me", domain.clone())]).unwrap();
    let ring = Keyring::new(id("me"), [plain.revoking(peer.clone())]).unwrap();
    assert!(ring.is_revoked(&peer) && !ring.is_revoked(&id("another")));
    assert!(ring.reinstating(&peer).is_revoked(&peer));
    assert!(!ring.without(&domain).is_revoked(&peer));
    let outer = Keyring::new(id("me"), [alloc::boxed::Box::new(ring) as alloc::boxed::Box<dyn KeySource>]).unwrap();
    assert!(outer.is_revoked(&peer) && outer.can_revoke());
    assert!(!plain.can_revoke() && !plain.is_revoked(&peer));
}

#[test]
fn each_refusal_has_its_label() {
    use KeyringError::{Domains, KeyId, OtherOwner, Present, Retired};
    let labels = [OtherOwner, Domains, Present, KeyId, Retired].map(|error| error.label());
    assert_eq!(labels, ["other-owner", "not-one-domain", "domain-present", "key-id-present", "retired-domain"]);
}

#[test]
fn a_key_id_stands_for_one_domain() {
    let [one, other] = [1, 2].map(|number| Domain::sample("bank", number));
    let alike = other.clone().with_key_id(one.key_id());
    let ring = Keyring::new(id("me"), [keys("me", one.clone())]).unwrap();
    assert_eq!(ring.with(keys("me", alike.clone())).err(), Some(KeyringError::KeyId));
    assert_eq!(
        Keyring::new(id("me"), [&alike, &one].map(|domain| keys("me", domain.clone()))).err(),
        Some(KeyringError::KeyId)
    );
    // It has keys of the one domain, and none of the other.
    assert_eq!(ring.domain(&alike.key_id()), Ok(&one));
    assert_eq!(ring.common_key(&id("peer"), &alike).err(), Some(KeyError::UnknownDomain));

    assert_eq!(ring.domain(&other.key_id()).err(), Some(KeyError::UnknownDomain));
    let retired = ring.without(&one);
    assert_eq!(retired.domain(&one.key_id()).err(), Some(KeyError::Retired));
    assert_eq!(retired.with(keys("me", alike)).err(), Some(KeyringError::Retired));
    assert_eq!(retired.with(keys("me", other.clone())).unwrap().domain(&other.key_id()), Ok(&other));
}

#[test]
fn sources_of_several_kinds_share_a_ring() {
    let boxed: alloc::boxed::Box<dyn KeySource> = alloc::boxed::Box::new(keys("me", Domain::sample("bank", 1)));
    let ring = Keyring::new(id("me"), [boxed]).unwrap();
    assert!(ring.common_key(&id("peer"), &Domain::sample("bank", 1)).is_ok());
}

/// A source that says when it is dropped.
struct Watched(PresharedKeys, alloc::rc::Rc<core::cell::Cell<bool>>);

impl KeySource for Watched {
    fn identifier(&self) -> &Identifier {
        self.0.identifier()
    }

    fn domains(&self) -> &Domains {
        self.0.domains()
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        self.0.common_key(peer, domain)
    }

    fn is_revoked(&self, peer: &Identifier) -> bool {
        self.0.is_revoked(peer)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.1.set(true);
    }
}

#[test]
fn a_retired_source_is_dropped_with_the_last_ring_that_has_it() {
    let dropped = alloc::rc::Rc::default();
    let source = Watched(keys("me", Domain::sample("bank", 1)), alloc::rc::Rc::clone(&dropped));
    let before = Keyring::new(id("me"), [source]).unwrap();
    let ring = before.without(&Domain::sample("bank", 1));
    assert!(!dropped.get());
    drop(before);
    assert!(dropped.get() && ring.domains().is_empty());
}
