//! JSON Web Encryption (RFC 7516), one message to each recipient: ECDH-ES with X25519, and A256GCM. OpenSSL computes.
//!
//! Nothing in it says who sent it. The ephemeral key and the nonce are random, by OpenSSL's generator.

use josekit::jwe::alg::ecdh_es::{EcdhEsJweDecrypter, EcdhEsJweEncrypter};
use josekit::jwe::{ECDH_ES, JweContext, JweHeader};
use josekit::jwk::alg::ecx::EcxCurve;

use super::symmetric;
use crate::measure::Operation;
use crate::ours::order::Load;

const NAME: &str = "JWE, ECDH-ES with X25519 and A256GCM, josekit";

pub(crate) fn sealing(load: &Load) -> Operation {
    let (jwe, recipients) = (Jwe::default(), [(); 3].map(|()| recipient().0));
    let plaintexts = symmetric::plaintexts(load);
    Operation::new(NAME, move || {
        recipients.iter().zip(&plaintexts).map(|(to, text)| jwe.seal(to, text)).collect::<Vec<_>>()
    })
}

pub(crate) fn opening(load: &Load) -> Operation {
    let ([plaintext, ..], (public, secret)) = (symmetric::plaintexts(load), recipient());
    let jwe = Jwe::default();
    let message = jwe.seal(&public, &plaintext);
    let open = move || jwe.open(&secret, &message);
    assert_eq!(open(), plaintext);
    Operation::new(NAME, open)
}

/// What its user keeps from one message to the next.
pub(super) struct Jwe {
    context: JweContext,
    header: JweHeader,
}

impl Default for Jwe {
    fn default() -> Self {
        let mut header = JweHeader::new();
        header.set_content_encryption("A256GCM");
        Self { context: JweContext::new(), header }
    }
}

impl Jwe {
    pub(super) fn seal(&self, to: &EcdhEsJweEncrypter, plaintext: &[u8]) -> String {
        self.context.serialize_compact(plaintext, &self.header, to).unwrap()
    }

    pub(super) fn open(&self, by: &EcdhEsJweDecrypter, message: &str) -> Vec<u8> {
        let (plaintext, _) = self.context.deserialize_compact(message, by).unwrap();
        plaintext
    }
}

pub(super) fn recipient() -> (EcdhEsJweEncrypter, EcdhEsJweDecrypter) {
    let pair = ECDH_ES.generate_ecx_key_pair(EcxCurve::X25519).unwrap();
    let encrypter = ECDH_ES.encrypter_from_der(pair.to_der_public_key()).unwrap();
    (encrypter, ECDH_ES.decrypter_from_der(pair.to_der_private_key()).unwrap())
}
