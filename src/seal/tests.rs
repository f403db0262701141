//! What a sealed message is bound to, and what is left when the generator fails.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::padding::padded;
use super::*;
use crate::domain::Epoch;
use crate::identifier::Identifier;
use crate::key::CommonKey;
use crate::name::Label;

const CONTEXT: Context<'_> = Context {
    purpose: Purpose::Part,
    step: 0,
    digest: &[1; 32],
    sender: &Role::CARD_HOLDER,
    receiver: &Role::SELLER,
    token: None,
};

fn link(from: &str, to: &str) -> Link {
    let label = Label::new("bank").unwrap();
    let domain = Domain::new(label.clone(), label, Epoch::new(1, 0, 10).unwrap());
    let [from, to] = [from, to].map(|id| Identifier::new(id).unwrap());
    Link { name: (&domain).into(), key: CommonKey::import(&[3; 32]).directional(&from, &to) }
}

/// A generator that is stuck: the worst that a sealer can be given.
struct Stuck;

impl rand_core::TryRng for Stuck {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(7)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(7)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        dst.fill(7);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Stuck {}

/// From `a` to `b`.
fn seal(context: Context<'_>, plaintext: &[u8]) -> Sealed {
    Sealed::seal(&link("a", "b"), context, &Payload(plaintext), SaltContent::Whole, &mut Stuck)
}

fn seal_part(companions: Option<&[u8; 32]>, revision: Option<u64>) -> Sealed {
    let content = SaltContent::Part { companions, revision };
    Sealed::seal(&link("a", "b"), CONTEXT, &Payload(b"what the digest determines"), content, &mut Stuck)
}

/// The key of the message, and the key of its commitment stands beside it in clear.
fn key(sealed: &Sealed, context: Context<'_>) -> [u8; 32] {
    *context.eval(&link("a", "b").key, prefix!("key", 7), &sealed.salt, |_| {})
}

proptest! {
    #[test]
    fn opens_to_what_was_sealed_and_hides_the_length(plaintext in prop::collection::vec(any::<u8>(), 0..6000)) {
        for purpose in [Purpose::Part, Purpose::Relay] {
            let context = Context { purpose, ..CONTEXT };
            let sealed = seal(context, &plaintext);
            prop_assert_eq!(sealed.ciphertext.len(), padded(purpose, plaintext.len()) + TAG);
            let opened = sealed.open(&link("a", "b").key, context);
            prop_assert_eq!(opened.map(|plaintext| plaintext.to_vec()), Ok(plaintext.clone()));
        }
    }
}

#[test]
fn every_item_of_the_context_counts() {
    let context = Context { token: Some(&[9; 32]), ..CONTEXT };
    let others = [
        // The padding is the same, so that it is the key that refuses it.
        Context { purpose: Purpose::Dispatch, ..context },
        Context { step: 1, ..context },
        Context { digest: &[2; 32], ..context },
        Context { sender: &Role::SELLER, ..context },
        Context { receiver: &Role::CARD_MANAGER, ..context },
        Context { sender: context.receiver, receiver: context.sender, ..context },
        Context { token: Some(&[8; 32]), ..context },
        Context { token: None, ..context },
    ];
    let text = [0x61; 600];
    let (there, sealed) = (link("a", "b").key, seal(context, &text));
    assert!(sealed.open(&there, context).is_ok());
    for other in others {
        assert_eq!(sealed.open(&there, other).err(), Some(Rejected), "{other:?}");
        assert!(seal(other, &text).open(&there, other).is_ok());
        assert_eq!(seal(other, &text).open(&there, context).err(), Some(Rejected), "{other:?}");
    }
    for (from, to) in [("b", "a"), ("a", "c"), ("c", "b")] {
        assert_eq!(sealed.open(&link(from, to).key, context).err(), Some(Rejected), "{from}, {to}");
    }
}

#[test]
fn a_stuck_generator_repeats_no_key_for_different_messages() {
    // T-1
    let sealed = [
        (seal(CONTEXT, b"one"), CONTEXT),
        (seal(CONTEXT, b"two"), CONTEXT),
        (seal(CONTEXT, b"one\x80"), CONTEXT),
        (seal(Context { step: 1, ..CONTEXT }, b"one"), Context { step: 1, ..CONTEXT }),
    ];
    assert_eq!(sealed.iter().map(|(sealed, _)| sealed.salt).collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(sealed.iter().map(|(sealed, _)| sealed.commitment).collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(sealed.iter().map(|(sealed, context)| key(sealed, *context)).collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(seal(CONTEXT, b"one"), sealed[0].0);
}

#[test]
fn parts_of_one_digest_differ_by_companions_and_revision_alone() {
    let parts = [
        seal_part(None, None),
        seal_part(Some(&[1; 32]), Some(0)),
        seal_part(Some(&[2; 32]), Some(0)),
        seal_part(Some(&[1; 32]), Some(1)),
    ];
    let keys: BTreeSet<_> = parts.iter().map(|part| key(part, CONTEXT)).collect();
    let salts: BTreeSet<_> = parts.iter().map(|part| part.salt).collect();
    assert_eq!((keys.len(), salts.len()), (4, 4));
    assert_eq!(seal_part(Some(&[1; 32]), Some(0)), parts[1]);
}

#[test]
fn a_sealed_message_has_the_lengths_that_the_wire_allows() {
    let sealed = |length: usize| {
        let name = KeyName::from(KeyId::from_bytes([5; 16]));
        let (salt, commitment, ciphertext) = ([6; 32], [7; 32], alloc::vec![8; length]);
        crate::wire::encode(&Sealed { name, salt, commitment, ciphertext })
    };
    let read = |length| crate::wire::decode::<Sealed>(&sealed(length)).map(|_| ());
    assert_eq!((read(SHORTEST + TAG), read(limits::CIPHERTEXT)), (Ok(()), Ok(())));
    for length in [0, SHORTEST + TAG - 1, limits::CIPHERTEXT + 1] {
        assert!(matches!(read(length), Err(WireError::Limit { what: "a ciphertext", .. })), "{length}");
    }
}

#[test]
fn the_cipher_is_that_of_rfc_8439() {
    // RFC 8439 §2.8.2, with the RFC's nonce and associated data: the library we call.
    let key: Vec<u8> = (0x80..0xa0).collect();
    let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
    let data = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
    let mut text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
        future, sunscreen would be it."
        .to_vec();
    let key: [u8; 32] = key.try_into().unwrap();
    let cipher = ChaCha20Poly1305::new(&key.into());
    let tag = cipher.encrypt_inout_detached(&nonce.into(), &data, text.as_mut_slice().into()).unwrap();
    assert_eq!(text[..8], [0xd3, 0x1a, 0x8d, 0x34, 0x64, 0x8e, 0x60, 0xdb]);
    let expected = [0x1a, 0xe1, 0x0b, 0x59, 0x4f, 0x09, 0xe2, 0x6a, 0x7e, 0x90, 0x2e, 0xcb, 0xd0, 0x60, 0x06, 0x91];
    assert_eq!(tag.as_slice(), expected);
}
