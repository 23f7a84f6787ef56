//! Laws of the envelope: what is sealed opens, what was changed does not, limits come first.

#![allow(clippy::arithmetic_side_effects, reason = "a panic in a test is a failed test")]
#![allow(clippy::indexing_slicing, reason = "a panic in a test is a failed test")]

use bitcoin::hex::DisplayHex;
use proptest::prelude::*;

use super::*;

fn text(content: &str) -> Payload {
    Payload { kind: Kind::Text, bytes: content.as_bytes().to_vec() }
}

/// An envelope around anything.
fn envelope(codec: u8, kind: u8, length: u32, plain: &[u8], coded: &[u8]) -> Vec<u8> {
    let hash = sha256::Hash::hash(plain).to_byte_array();
    [&MAGIC[..], &[codec, kind], &length.to_be_bytes(), &hash, coded].concat()
}

fn refusal(envelope: &[u8]) -> (&'static str, String) {
    let error = open(envelope).unwrap_err();
    (error.code().id, error.what().to_owned())
}

fn payload() -> impl Strategy<Value = Payload> {
    let content = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        ("[a-f]{0,9}", 0usize..200).prop_map(|(some, times)| some.repeat(times).into_bytes()),
    ];
    (prop::sample::select(&KINDS), content).prop_map(|(kind, bytes)| Payload { kind, bytes })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_opens_and_is_never_larger_than_plain(payload in payload()) {
        let sealed = seal(&payload).unwrap();
        prop_assert!(is_envelope(&sealed));
        prop_assert!(sealed.len() <= HEADER_BYTES + payload.bytes.len());
        prop_assert_eq!(open(&sealed).unwrap(), payload);
    }

    #[test]
    fn one_changed_bit_never_gives_another_content(payload in payload(), place in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut sealed = seal(&payload).unwrap();
        let place = place.index(sealed.len());
        sealed[place] ^= 1 << bit;
        if let Ok(opened) = open(&sealed) {
            // The kind is a mark for people and programs; brotli's last padding bits mean nothing.
            prop_assert_eq!(opened.bytes, payload.bytes);
            prop_assert!(place == 5 || opened.kind == payload.kind);
        }
    }

    #[test]
    fn no_bytes_panic(tail in prop::collection::vec(any::<u8>(), 0..200), codec in 0u8..4, kind in 0u8..6, length in 0u32..70_000) {
        let _ = open(&tail);
        let _ = open(&envelope(codec, kind, length, &tail, &tail));
    }
}

#[test]
fn the_bytes_are_those_of_the_table() {
    let sealed = seal(&text("abc")).unwrap();
    let expected = "4147513100030000\
                    0003ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad616263";
    assert_eq!(sealed.to_lower_hex_string(), expected);
}

#[test]
fn takes_the_codec_that_makes_it_smallest() {
    let incompressible: Vec<u8> = (0u8..30).flat_map(|n| sha256::Hash::hash(&[n]).to_byte_array()).collect();
    let sealed = seal(&Payload { kind: Kind::Bytes, bytes: incompressible }).unwrap();
    assert_eq!(codec(&sealed), Some(Codec::None));
    let words = "the quick brown fox jumps over the lazy dog. ".repeat(50);
    assert_eq!(codec(&seal(&text(&words)).unwrap()), Some(Codec::Brotli));
}

#[test]
fn opens_every_codec() {
    let plain = [b'x'; 500];
    for (number, coded) in [(0, plain.to_vec()), (1, deflate::deflate(&plain)), (2, brotli::compress(&plain))]
    {
        let opened = open(&envelope(number, 4, 500, &plain, &coded)).unwrap();
        assert_eq!(opened, Payload { kind: Kind::Bytes, bytes: plain.to_vec() });
    }
}

#[test]
fn refuses_what_is_not_sound() {
    let plain = [b'x'; 500];
    let deflated = deflate::deflate(&plain);
    let damaged = |what: &str| ("E-QR-012", what.to_owned());
    let cases = [
        (b"AGQ2".to_vec(), damaged("this is no envelope of version 1")),
        (envelope(0, 4, 0, b"", b"")[..41].to_vec(), damaged("41 bytes are no whole envelope")),
        (envelope(3, 4, 500, &plain, &plain), damaged("the envelope names an unknown codec")),
        (envelope(0, 5, 500, &plain, &plain), damaged("the envelope names an unknown kind")),
        (envelope(0, 4, 501, &plain, &plain), damaged("the envelope declares 501 bytes and holds 500")),
        (envelope(1, 4, 501, &plain, &deflated), damaged("the envelope declares 501 bytes and holds 500")),
        (
            envelope(0, 4, 499, &plain, &plain),
            damaged("the payload cannot be taken out of its envelope: it inflates to more than 499 bytes"),
        ),
        (
            envelope(1, 4, 499, &plain, &deflated),
            damaged("the payload cannot be taken out of its envelope: it inflates to more than 499 bytes"),
        ),
        (
            envelope(0, 4, 500, b"other", &plain),
            damaged("the payload has another hash than its envelope declares"),
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(refusal(&bytes), expected);
    }
}

#[test]
fn refuses_a_declared_size_over_the_limit_before_anything_else() {
    let bytes = envelope(2, 4, 900_000_000, b"", b"");
    let what = "the envelope declares 900000000 bytes, and 4194304 are allowed";
    assert_eq!(refusal(&bytes), ("E-QR-001", what.to_owned()));
}
