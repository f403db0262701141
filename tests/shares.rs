//! Shares in every form derive the same keys, at no allocation; and a batch is issued as its members one by one.
#![allow(
    missing_docs,
    unsafe_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails; an allocator is unsafe to be"
)]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;
use std::collections::BTreeSet;

use polyseal::authority::{AuthorityError, BorrowedShare};
use polyseal::key::KeyError;
use polyseal::message::WireError;
use polyseal::{Authority, Capacity, Domain, Epoch, Identifier, KeySource, Keyring, Label, Share, limits};

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: it hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

fn id(n: usize) -> Identifier {
    Identifier::new(format!("party {n}")).unwrap()
}

fn domain(name: &str) -> Domain {
    let label = Label::new(name).unwrap();
    Domain::new(label.clone(), label, Epoch::new(1, 0, 10).unwrap())
}

fn authority(threshold: usize) -> Authority {
    Authority::from_seed(domain("bank"), threshold, Capacity::UNCONDITIONAL, &[7; 32], BTreeSet::new()).unwrap()
}

#[test]
fn all_forms_of_a_share_derive_the_same_keys_and_allocate_nothing() {
    assert!(allocations(|| drop(vec![1])) == 1, "the counter counts");
    for threshold in [1, 15, 16, 64, 255, 256, 1024, 2047] {
        let mut authority = authority(threshold);
        let (share, peer) = (authority.issue(&id(0)).unwrap(), authority.issue(&id(1)).unwrap());
        let bytes = share.export();
        let borrowed = BorrowedShare::new(&bytes).unwrap();
        assert_eq!(
            (borrowed.identifier(), borrowed.domain(), borrowed.threshold()),
            (&id(0), share.domain(), threshold)
        );
        let imported = Share::import(&bytes).unwrap();
        let expected = peer.common_key(&id(0), peer.domain()).unwrap().export();

        let (peer, domain) = (id(1), domain("bank"));
        let count = allocations(|| {
            let sources: [&dyn KeySource; 3] = [&share, &imported, &borrowed];
            for source in sources {
                assert!(*source.common_key(&peer, &domain).unwrap().export() == *expected);
            }
        });
        assert_eq!(count, 0, "at t = {threshold}");
    }
}

#[test]
fn a_share_serves_in_its_own_domain_and_for_another_party_alone() {
    let share = authority(8).issue(&id(0)).unwrap();
    assert_eq!(share.common_key(&id(1), &domain("other")).err(), Some(KeyError::UnknownDomain));
    assert_eq!(share.common_key(&id(0), &domain("bank")).err(), Some(KeyError::Oneself));

    let domain = domain("bank");
    let expected = share.common_key(&id(1), &domain).unwrap().export();
    let keyring = Keyring::new(id(0), [share]).unwrap();
    let key = |ring: &Keyring<Share>| ring.common_key(&id(1), &domain).map(|key| *key.export());
    assert_eq!(key(&keyring), Ok(*expected));
    let revoking = keyring.revoking(id(1));
    assert_eq!(key(&revoking), Err(KeyError::Revoked));
    let reinstating = revoking.reinstating(&id(1));
    assert_eq!(key(&reinstating), Ok(*expected));
    let without = reinstating.without(&domain);
    assert_eq!(key(&without), Err(KeyError::Retired));
    // A change makes a new ring, and leaves the others as they were.
    assert_eq!([&keyring, &revoking, &reinstating].map(key), [Ok(*expected), Err(KeyError::Revoked), Ok(*expected)]);
}

#[test]
fn a_borrowed_share_is_refused_where_an_imported_one_is() {
    let bytes = authority(20).issue(&id(0)).unwrap().export();
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x80;
        let error = BorrowedShare::new(&damaged).err();
        assert!(error.is_some(), "a flip at {place}");
        assert_eq!(error, Share::import(&damaged).err());
    }
    assert_eq!(BorrowedShare::new(&bytes[..bytes.len() - 1]).err(), Some(WireError::Truncated));
}

#[test]
fn a_batch_is_issued_as_its_members_one_by_one() {
    for (threshold, count) in [(70, 72), (40, 2), (300, 40)] {
        let ids: Vec<_> = (0..count).map(id).collect();
        let mut batch = authority(threshold);
        let shares = batch.issue_all(&ids).unwrap();
        let mut one_by_one = authority(threshold);
        for (id, share) in ids.iter().zip(&shares) {
            assert_eq!(*share.export(), *one_by_one.issue(id).unwrap().export());
        }
        assert_eq!(*batch.export(), *one_by_one.export());
        assert!(batch.issue_all(&[]).unwrap().is_empty());
    }
}

#[test]
fn a_batch_is_registered_whole_or_not_at_all() {
    // N-2
    let mut authority = authority(8);
    drop(authority.issue(&id(3)).unwrap());
    let before = authority.export();
    // Nine places are left; one of the ten is registered, and one is named twice.
    let mut ids: Vec<_> = (0..11).map(id).collect();
    assert_eq!(authority.issue_all(&ids).err(), Some(AuthorityError::Full { capacity: 10 }));
    assert_eq!(*authority.export(), *before);
    ids.truncate(10);
    ids.push(id(3));
    let shares = authority.issue_all(&ids).unwrap();
    assert_eq!(*shares[3].export(), *shares[10].export());
    assert_eq!(authority.register().len(), 10);
}

#[test]
fn contributions_come_in_batches_too() {
    let issuers = ["north", "south"].map(|name| Label::new(name).unwrap());
    let domain = Domain::joint(Label::new("net").unwrap(), issuers.clone(), Epoch::new(1, 0, 10).unwrap()).unwrap();
    let ids: Vec<_> = (0..12).map(id).collect();
    let mut offices = issuers.map(|issuer| {
        let seed = [u8::try_from(issuer.as_str().len()).unwrap(); 32];
        Authority::joint_from_seed(domain.clone(), issuer, 20, Capacity::UNCONDITIONAL, &seed, BTreeSet::new()).unwrap()
    });
    let [north, south] = offices.each_mut().map(|office| office.contribute_all(&ids).unwrap());
    let pairs = north.into_iter().zip(south);
    let shares: Vec<_> = pairs.map(|(north, south)| Share::combine(&[north, south]).unwrap()).collect();
    for (n, share) in shares.iter().enumerate().skip(1) {
        let (here, there) = (share.common_key(&id(0), &domain), shares[0].common_key(&id(n), &domain));
        assert_eq!(*here.unwrap().export(), *there.unwrap().export());
    }
}

#[test]
fn a_large_seeded_authority_streams_its_polynomial() {
    let threshold = limits::EXPANDED + 1;
    let mut authority = authority(threshold);
    let shares = authority.issue_all(&[id(0), id(1)]).unwrap();
    let here = shares[0].common_key(&id(1), shares[0].domain()).unwrap();
    let there = shares[1].common_key(&id(0), shares[1].domain()).unwrap();
    assert_eq!(*here.export(), *there.export());
    assert_eq!(shares[0].threshold(), threshold);
    let mut again = Authority::import(&authority.export()).unwrap();
    assert_eq!(*again.issue(&id(0)).unwrap().export(), *shares[0].export());
}
