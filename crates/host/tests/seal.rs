//! Random values, keys and times: an envelope opens where its key is, for its action, until its expiry, and as it was made.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use host::{
    Rejection,
    seal::{KeyRing, Purpose},
};
use proptest::{collection::vec, option, prelude::*};

const A: &str = "a secret of sufficient length";
const B: &str = "another secret of that length";
const C: &str = "the third of these long ones";

fn code<T>(result: &Result<T, Rejection>) -> &'static str {
    result.as_ref().err().map_or("none", Rejection::code)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_bit_a_cut_and_more_are_noticed(
        plain in vec(any::<u8>(), 0..40),
        id in ".{0,8}",
        expiry in option::of(1..u64::MAX),
    ) {
        let ring = KeyRing::new(&[A]).unwrap();
        let sealed = ring.seal(Purpose::Captured, &id, &plain, expiry).unwrap();
        let open = |bytes: &[u8]| {
            ring.open(Purpose::Captured, &id, &URL_SAFE_NO_PAD.encode(bytes), 0)
        };
        let envelope = URL_SAFE_NO_PAD.decode(sealed).unwrap();
        prop_assert_eq!(open(&envelope).unwrap(), plain);
        for bit in 0..8 * envelope.len() {
            let mut forged = envelope.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(code(&open(&forged)), "errand::seal-broken", "bit {}", bit);
        }
        for end in 0..envelope.len() {
            prop_assert_eq!(code(&open(&envelope[..end])), "errand::seal-broken", "cut {}", end);
        }
        prop_assert_eq!(code(&open(&[&envelope[..], &[0]].concat())), "errand::seal-broken");
    }

    #[test]
    fn it_opens_where_its_key_is_for_its_action_until_its_expiry(
        plain in vec(any::<u8>(), 0..200),
        ids in (".{0,3}", ".{0,3}", any::<bool>()),
        rings in (0..4_usize, 0..4_usize),
        expiry in option::of(0..2_000_u64),
        now in 0..2_000_u64,
    ) {
        const RINGS: [&[&str]; 4] = [&[A], &[B, A], &[C, B], &[C]];
        let (sealer, opener) = (RINGS[rings.0], RINGS[rings.1]);
        let id = if ids.2 { &ids.0 } else { &ids.1 };
        let sealed =
            KeyRing::new(sealer).unwrap().seal(Purpose::Captured, &ids.0, &plain, expiry).unwrap();
        let ring = KeyRing::new(opener).unwrap();

        let opened = ring.open(Purpose::Captured, id, &sealed, now);

        let has_key = opener.contains(&sealer[0]);
        prop_assert_eq!(ring.may_open(&sealed), has_key);
        if !has_key || *id != ids.0 {
            prop_assert_eq!(code(&opened), "errand::seal-broken");
        } else if expiry.is_some_and(|expiry| now >= expiry) {
            prop_assert_eq!(code(&opened), "errand::seal-expired");
        } else {
            prop_assert_eq!(opened.unwrap(), plain);
        }
    }
}
