//! Values that travel through the browser and come back: sealed, so that only what this server
//! made for this action opens.
//!
//! ```text
//! envelope   = base64url( head · salt 12 · nonce 12 · AES-256-GCM ciphertext and tag )
//! head       = 1 · key id 4                     never expires
//!            | 2 · key id 4 · expiry 8          seconds since 1970, big endian
//! associated = purpose · 0 · id                 and, in version 2, 0 · head
//! ```
//!
//! The purpose and the action's id are associated, so a value of one action can't be handed to
//! another, nor used for something else. Keys are derived from the user's secrets by HMAC-SHA-256;
//! the first secret seals, all of them open, and the key id says which. Each envelope has a key of
//! its own, derived with its salt: random nonces under one key are safe for 2³² envelopes only
//! (NIST SP 800-38D, 8.3), which a busy server reaches; as in XAES-256-GCM, 24 random bytes are not.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{rejection::Rejection, settings::BadOption};

const FOR_EVER: u8 = 1;
const EXPIRING: u8 = 2;
const KEY_ID: usize = 4;
const SALT: usize = 12;
const NONCE: usize = 12;

/// What a sealed value is for; one of another purpose doesn't open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Variables that an inline action captured.
    Captured,
}

impl Purpose {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Captured => b"errand captured values",
        }
    }
}

/// The keys of a server: the first seals, all open.
pub struct KeyRing(Vec<Key>);

struct Key {
    id: [u8; KEY_ID],
    seal: [u8; 32],
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

    /// Seals `plain` for the action `id`, until `expiry` (seconds since 1970) if that is given.
    ///
    /// # Errors
    ///
    /// The system has no randomness to give.
    pub fn seal(
        &self,
        purpose: Purpose,
        id: &str,
        plain: &[u8],
        expiry: Option<u64>,
    ) -> Result<String, BadOption> {
        let (mut salt, mut nonce) = ([0; SALT], [0; NONCE]);
        fill_random(&mut salt)?;
        fill_random(&mut nonce)?;
        let key = &self.0[0]; // `new` refuses an empty ring
        let head = key.head(expiry);
        let payload = Payload { msg: plain, aad: &associated(purpose, id, &head) };
        let ciphertext =
            key.cipher(&salt).encrypt(&nonce.into(), payload).map_err(|_| BadOption {
                option: "captured values",
                problem: "are too large to be sealed".to_owned(),
            })?;
        let envelope = [head.as_slice(), &salt, &nonce, &ciphertext].concat();
        Ok(URL_SAFE_NO_PAD.encode(envelope))
    }

    /// Opens what [`seal`](Self::seal) made for the same `purpose` and `id`; `now` is in seconds
    /// since 1970.
    ///
    /// # Errors
    ///
    /// [`Rejection::SealExpired`]; [`Rejection::SealBroken`] for anything else, which doesn't say
    /// what was wrong.
    pub fn open(
        &self,
        purpose: Purpose,
        id: &str,
        sealed: &str,
        now: u64,
    ) -> Result<Vec<u8>, Rejection> {
        let envelope = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Rejection::SealBroken)?;
        let (head, rest) = split_head(&envelope).ok_or(Rejection::SealBroken)?;
        let (salt, rest) = rest.split_first_chunk::<SALT>().ok_or(Rejection::SealBroken)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(Rejection::SealBroken)?;
        let key = self.key_of(head).ok_or(Rejection::SealBroken)?;
        let payload = Payload { msg: ciphertext, aad: &associated(purpose, id, head) };
        let plain = key
            .cipher(salt)
            .decrypt(&(*nonce).into(), payload)
            .map_err(|_| Rejection::SealBroken)?;
        // Only now is the expiry known to be ours.
        match head[1 + KEY_ID..].try_into().map(u64::from_be_bytes) {
            Ok(expiry) if expiry <= now => Err(Rejection::SealExpired),
            _ => Ok(plain),
        }
    }

    /// Whether one of the keys may have sealed this; `false` says that a ring is out of date, or the
    /// value forged.
    pub fn may_open(&self, sealed: &str) -> bool {
        let envelope = URL_SAFE_NO_PAD.decode(sealed).unwrap_or_default();
        split_head(&envelope).is_some_and(|(head, _)| self.key_of(head).is_some())
    }

    fn key_of(&self, head: &[u8]) -> Option<&Key> {
        self.0.iter().find(|key| head[1..].starts_with(&key.id))
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
            seal: mac(secret, b"errand seal"),
            digest: mac(secret, b"errand digest"),
        }
    }

    /// The key of one envelope.
    fn cipher(&self, salt: &[u8; SALT]) -> Aes256Gcm {
        Aes256Gcm::new(&mac(&self.seal, salt).into())
    }

    fn head(&self, expiry: Option<u64>) -> Vec<u8> {
        let mut head = vec![if expiry.is_some() { EXPIRING } else { FOR_EVER }];
        head.extend_from_slice(&self.id);
        head.extend(expiry.iter().flat_map(|expiry| expiry.to_be_bytes()));
        head
    }
}

fn split_head(envelope: &[u8]) -> Option<(&[u8], &[u8])> {
    match *envelope.first()? {
        FOR_EVER => envelope.split_at_checked(1 + KEY_ID),
        EXPIRING => envelope.split_at_checked(1 + KEY_ID + size_of::<u64>()),
        _ => None,
    }
}

fn associated(purpose: Purpose, id: &str, head: &[u8]) -> Vec<u8> {
    let head = if head[0] == EXPIRING { [b"\0", head].concat() } else { Vec::new() };
    [purpose.name(), b"\0", id.as_bytes(), &head].concat()
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), BadOption> {
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
    const P: Purpose = Purpose::Captured;

    fn seal(ring: &KeyRing, expiry: Option<u64>) -> String {
        ring.seal(P, "id", b"[42]", expiry).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_for_the_same_action_only() {
        let ring = KeyRing::new(&[A]).unwrap();
        let sealed = seal(&ring, None);
        assert_eq!(ring.open(P, "id", &sealed, 0).unwrap(), b"[42]");
        assert!(ring.open(P, "other", &sealed, 0).is_err());
        assert_ne!(sealed, seal(&ring, None), "each seal has its own nonce");
        assert!(!sealed.contains("42"));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let ring = KeyRing::new(&[A]).unwrap();
        for (expiry, at, sealed) in [None, Some(9)].into_iter().flat_map(|expiry| {
            let sealed = URL_SAFE_NO_PAD.decode(seal(&ring, expiry)).unwrap();
            (0..sealed.len()).map(move |at| (expiry, at, sealed.clone()))
        }) {
            let mut forged = sealed.clone();
            forged[at] ^= 1;
            assert!(
                ring.open(P, "id", &URL_SAFE_NO_PAD.encode(&forged), 0).is_err(),
                "byte {at} {expiry:?}"
            );
            assert!(
                ring.open(P, "id", &URL_SAFE_NO_PAD.encode(&sealed[..at]), 0).is_err(),
                "cut {at}"
            );
        }
        for junk in ["", "x", "not base64!", "AQ"] {
            assert!(ring.open(P, "id", junk, 0).is_err(), "{junk}");
        }
    }

    #[test]
    fn the_first_secret_seals_and_all_open() {
        let old = KeyRing::new(&[A]).unwrap();
        let both = KeyRing::new(&[B, A]).unwrap();
        let new = KeyRing::new(&[B]).unwrap();
        let sealed = seal(&old, None);
        assert!(both.open(P, "id", &sealed, 0).is_ok());
        assert!(new.open(P, "id", &sealed, 0).is_err());
        assert!(new.open(P, "id", &seal(&both, None), 0).is_ok());
    }

    #[test]
    fn a_secret_of_15_bytes_is_refused_and_one_of_16_is_taken() {
        assert!(KeyRing::new(&["x".repeat(15)]).is_err());
        assert!(KeyRing::new(&["x".repeat(16)]).is_ok());
        assert!(KeyRing::new::<&str>(&[]).is_err());
    }

    #[test]
    fn an_expiry_is_sealed_in_and_counts_to_the_second() {
        let ring = KeyRing::new(&[A]).unwrap();
        let sealed = seal(&ring, Some(1_000));
        assert_eq!(ring.open(P, "id", &sealed, 999).unwrap(), b"[42]");
        assert!(matches!(ring.open(P, "id", &sealed, 1_000), Err(Rejection::SealExpired)));
        assert!(ring.open(P, "id", &seal(&ring, None), u64::MAX).is_ok());
    }

    #[test]
    fn what_an_unknown_key_sealed_can_be_told_apart() {
        let (old, new) = (KeyRing::new(&[A]).unwrap(), KeyRing::new(&[B]).unwrap());
        for expiry in [None, Some(9)] {
            let sealed = seal(&new, expiry);
            assert!(new.may_open(&sealed) && !old.may_open(&sealed));
        }
        assert!(!old.may_open("") && !old.may_open("x"));
    }
}
