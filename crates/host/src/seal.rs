//! Values that travel through the browser and come back: sealed, so that only what this server
//! made for this action opens.
//!
//! ```text
//! envelope = base64url( version 1 · key id 4 · nonce 12 · AES-256-GCM ciphertext and tag )
//! ```
//!
//! The associated data is the purpose and the action's id, so a value of one action can't be handed
//! to another. Keys are derived from the user's secrets by HMAC-SHA-256; the first secret seals, all
//! of them open, and the key id says which.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{rejection::Rejection, settings::BadOption};

const VERSION: u8 = 1;
const HEAD: usize = 1 + 4;
const NONCE: usize = 12;

/// The keys of a server: the first seals, all open.
pub struct KeyRing(Vec<Key>);

struct Key {
    id: [u8; 4],
    cipher: Aes256Gcm,
    digest: [u8; 32],
}

impl KeyRing {
    /// Derives one key from each secret.
    ///
    /// # Errors
    ///
    /// There is no secret, or one is shorter than 16 bytes.
    pub fn new<S: AsRef<[u8]>>(secrets: &[S]) -> Result<Self, BadOption> {
        const SHORTEST: usize = 16;
        let bad = |problem: &str| BadOption { option: "secret", problem: problem.to_owned() };
        if secrets.is_empty() {
            return Err(bad("at least one is needed"));
        }
        if secrets.iter().any(|secret| secret.as_ref().len() < SHORTEST) {
            return Err(bad(
                "must have at least 16 bytes; make one with `openssl rand -base64 32`",
            ));
        }
        Ok(Self(secrets.iter().map(|secret| Key::derive(secret.as_ref())).collect()))
    }

    /// Seals `plain` for the action `id`.
    ///
    /// # Errors
    ///
    /// The system has no randomness to give.
    pub fn seal(&self, id: &str, plain: &[u8]) -> Result<String, BadOption> {
        let mut nonce = [0; NONCE];
        fill_random(&mut nonce)?;
        let key = &self.0[0]; // `new` refuses an empty ring
        let payload = Payload { msg: plain, aad: &associated(id) };
        let ciphertext = key.cipher.encrypt(&nonce.into(), payload).map_err(|_| BadOption {
            option: "captured values",
            problem: "are too large to be sealed".to_owned(),
        })?;
        let mut envelope = Vec::with_capacity(HEAD + NONCE + ciphertext.len());
        envelope.push(VERSION);
        envelope.extend_from_slice(&key.id);
        envelope.extend_from_slice(&nonce);
        envelope.extend_from_slice(&ciphertext);
        Ok(URL_SAFE_NO_PAD.encode(envelope))
    }

    /// Opens what [`seal`](Self::seal) made for the same `id`.
    ///
    /// # Errors
    ///
    /// [`Rejection::SealBroken`] for anything else; it doesn't say what was wrong.
    pub fn open(&self, id: &str, sealed: &str) -> Result<Vec<u8>, Rejection> {
        let envelope = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Rejection::SealBroken)?;
        let (head, rest) = envelope.split_at_checked(HEAD).ok_or(Rejection::SealBroken)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(Rejection::SealBroken)?;
        let key = self.0.iter().find(|key| head == key.head()).ok_or(Rejection::SealBroken)?;
        let payload = Payload { msg: ciphertext, aad: &associated(id) };
        key.cipher.decrypt(&(*nonce).into(), payload).map_err(|_| Rejection::SealBroken)
    }

    /// A short name for an error, the same for the same text, that tells nothing about it: 16
    /// hexadecimal digits of a keyed hash.
    pub fn digest(&self, text: &str) -> String {
        let hash = mac(&self.0[0].digest, text.as_bytes());
        hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Key {
    fn derive(secret: &[u8]) -> Self {
        let [a, b, c, d, ..] = mac(secret, b"errand key id");
        Self {
            id: [a, b, c, d],
            cipher: Aes256Gcm::new(&mac(secret, b"errand seal").into()),
            digest: mac(secret, b"errand digest"),
        }
    }

    fn head(&self) -> [u8; HEAD] {
        let [a, b, c, d] = self.id;
        [VERSION, a, b, c, d]
    }
}

fn associated(id: &str) -> Vec<u8> {
    [b"errand captured values\0", id.as_bytes()].concat()
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn fill_random(bytes: &mut [u8]) -> Result<(), BadOption> {
    getrandom::fill(bytes).map_err(|error| BadOption {
        option: "secret",
        problem: format!("the system gave no random bytes: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "a secret of sufficient length";
    const B: &str = "another secret of that length";

    #[test]
    fn what_was_sealed_opens_for_the_same_action_only() {
        let ring = KeyRing::new(&[A]).unwrap();
        let sealed = ring.seal("id", b"[42]").unwrap();
        assert_eq!(ring.open("id", &sealed).unwrap(), b"[42]");
        assert!(ring.open("other", &sealed).is_err());
        assert_ne!(sealed, ring.seal("id", b"[42]").unwrap(), "each seal has its own nonce");
        assert!(!sealed.contains("42"));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let ring = KeyRing::new(&[A]).unwrap();
        let sealed = URL_SAFE_NO_PAD.decode(ring.seal("id", b"[42]").unwrap()).unwrap();
        for at in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[at] ^= 1;
            assert!(ring.open("id", &URL_SAFE_NO_PAD.encode(&forged)).is_err(), "byte {at}");
            assert!(ring.open("id", &URL_SAFE_NO_PAD.encode(&sealed[..at])).is_err(), "cut {at}");
        }
        for junk in ["", "x", "not base64!", "AQ"] {
            assert!(ring.open("id", junk).is_err(), "{junk}");
        }
    }

    #[test]
    fn the_first_secret_seals_and_all_open() {
        let old = KeyRing::new(&[A]).unwrap();
        let both = KeyRing::new(&[B, A]).unwrap();
        let new = KeyRing::new(&[B]).unwrap();
        let sealed = old.seal("id", b"x").unwrap();
        assert!(both.open("id", &sealed).is_ok());
        assert!(new.open("id", &sealed).is_err());
        assert!(new.open("id", &both.seal("id", b"x").unwrap()).is_ok());
    }

    #[test]
    fn a_secret_of_15_bytes_is_refused_and_one_of_16_is_taken() {
        assert!(KeyRing::new(&["x".repeat(15)]).is_err());
        assert!(KeyRing::new(&["x".repeat(16)]).is_ok());
        assert!(KeyRing::new::<&str>(&[]).is_err());
    }
}
