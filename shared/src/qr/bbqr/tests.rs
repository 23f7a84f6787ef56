//! Laws of BBQr: any order joins, nothing foreign joins, no text panics.

#![allow(clippy::arithmetic_side_effects, reason = "a panic in a test is a failed test")]
#![allow(clippy::indexing_slicing, reason = "a panic in a test is a failed test")]

use bitcoin::hashes::{Hash, sha256};
use proptest::prelude::*;

use super::*;
use crate::qr::TOO_LARGE;

const ENCODINGS: [Encoding; 3] = [Encoding::Hex, Encoding::Base32, Encoding::Deflate];

fn bytes(content: &[u8]) -> Payload {
    Payload { kind: Kind::Bytes, bytes: content.to_vec() }
}

/// Bytes that do not deflate.
fn noise(length: usize) -> Vec<u8> {
    (0u32..).flat_map(|n| sha256::Hash::hash(&n.to_be_bytes()).to_byte_array()).take(length).collect()
}

fn parts(sender: &Sender) -> Vec<Part> {
    (0..sender.parts()).map(|n| Part::parse(&sender.part(n)).expect("our own part reads")).collect()
}

fn joined(parts: impl IntoIterator<Item = Part>) -> Payload {
    let mut parts = parts.into_iter().peekable();
    let mut receiver = Receiver::new(parts.peek().unwrap()).unwrap();
    for part in parts {
        assert_eq!(receiver.add(part), Added::New);
    }
    assert!(receiver.is_complete());
    receiver.finish().unwrap()
}

/// The three parts of 60 bytes of noise in hex, 48, 48 and 24 characters.
fn three() -> Vec<String> {
    let sender = Sender::brimful(&bytes(&noise(60)), Encoding::Hex, 8 + 48).unwrap();
    (0..3).map(|n| sender.part(n)).collect()
}

fn part(frame: &str) -> Part {
    Part::parse(frame).unwrap()
}

fn encoding() -> impl Strategy<Value = Encoding> {
    prop::sample::select(&ENCODINGS)
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![Kind::Psbt, Kind::Transaction, Kind::Bytes])
}

/// Bytes with repetitions, so that some deflate.
fn content() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(any::<u8>(), 0..600), 1usize..4).prop_map(|(some, times)| some.repeat(times))
}

proptest! {
    #[test]
    fn what_is_cut_joins_in_any_order(
        kind in kind(), bytes in content(), encoding in encoding(), frame in 16usize..400, seed in any::<u64>(),
    ) {
        let payload = Payload { kind, bytes };
        let Ok(sender) = Sender::new(&payload, encoding, frame) else { return Ok(()) };
        let mut order = parts(&sender);
        order.sort_by_key(|part| sha256::Hash::hash(&[seed.to_be_bytes(), u64::from(part.number()).to_be_bytes()].concat()));
        prop_assert_eq!(joined(order), payload);
    }

    #[test]
    fn parts_are_equally_long_and_the_last_is_not_empty(
        bytes in content(), encoding in encoding(), frame in 16usize..400,
    ) {
        prop_assume!(!bytes.is_empty());
        let payload = Payload { kind: Kind::Bytes, bytes };
        let (Ok(equal), Ok(full)) =
            (Sender::new(&payload, encoding, frame), Sender::brimful(&payload, encoding, frame)) else { return Ok(()) };
        let lengths: Vec<_> = (0..equal.parts()).map(|n| equal.part(n).len() - 8).collect();
        let (last, others) = lengths.split_last().unwrap();
        let group = equal.encoding().group();
        prop_assert!(others.iter().all(|length| *length == others[0] && length % group == 0));
        prop_assert!(*last > 0 && others.first().is_none_or(|length| last <= length));
        prop_assert!(equal.parts() <= full.parts());
        prop_assert!(equal.longest() <= frame);
        prop_assert_eq!(equal.longest(), lengths.iter().max().unwrap() + 8);
    }

    #[test]
    fn no_text_panics(text in ".{0,60}", body in "[A-Z2-7]{0,40}", head in "B\\$[H2Z9][PTJUBCXRSEQ][0-9A-Za-z]{4}") {
        for frame in [&text, &format!("B${text}"), &format!("{head}{text}"), &format!("{head}{body}")] {
            if let Ok(part) = Part::parse(frame) && let Ok(mut receiver) = Receiver::new(&part) {
                receiver.add(part);
                let _ = receiver.finish();
            }
        }
    }

    #[test]
    fn a_part_that_reads_is_written_the_same_way(head in "B\\$[H2Z][PTJUB]010[0]", body in "[A-F2-7]{0,40}") {
        let frame = head + &body;
        if let Ok(part) = Part::parse(&frame) {
            prop_assert_eq!(header::write(&part.series, part.index) + &header::encode(part.encoding(), &part.bytes), frame);
        }
    }
}

#[test]
fn base32_agrees_with_the_examples_of_rfc_4648() {
    for (plain, text) in [
        ("", ""),
        ("f", "MY"),
        ("fo", "MZXQ"),
        ("foo", "MZXW6"),
        ("foob", "MZXW6YQ"),
        ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI"),
    ] {
        assert_eq!(base32::encode(plain.as_bytes()), text);
        assert_eq!(base32::decode(text), Some(plain.as_bytes().to_vec()));
    }
}

#[test]
fn refuses_base32_with_set_padding_bits_or_an_impossible_length() {
    for text in ["MZ", "M", "MZX", "MZXW6Y", "MZXR", "my", "M1", "MY======"] {
        assert_eq!(base32::decode(text), None, "{text}");
    }
}

#[test]
fn refuses_frames_that_no_sound_sender_makes() {
    let long = format!("B$HB0100{}", "0".repeat(4290));
    for (frame, fault) in [
        ("", Fault::NotBbqr),
        ("b$HB01002A", Fault::NotBbqr),
        ("UR:BYTES/AA", Fault::NotBbqr),
        ("B$HB010", Fault::Length),
        (&long, Fault::Length),
        ("B$9B01002A", Fault::Encoding),
        ("B$hB01002A", Fault::Encoding),
        ("B$HQ01002A", Fault::FileType),
        ("B$Hp01002A", Fault::FileType),
        ("B$HB00002A", Fault::Count),
        ("B$HB0\u{661}002A", Fault::Count),
        ("B$HB0z002A", Fault::Count),
        ("B$HB01012A", Fault::Index),
        ("B$HB05ZZ2A", Fault::Index),
        ("B$HB01002", Fault::Body),
        ("B$HB01002a", Fault::Body),
        ("B$HB0100GG", Fault::Body),
        ("B$HB0200", Fault::Body),
        ("B$2B0200AAAAAAA", Fault::Body),
        ("B$2B0100AB", Fault::Body),
    ] {
        assert_eq!(Part::parse(frame), Err(fault), "{frame}");
    }
}

#[test]
fn counts_to_the_base_36() {
    let sender = Sender::brimful(&bytes(&noise(1295)), Encoding::Hex, 10).unwrap();
    assert_eq!((sender.parts(), &sender.part(0)[..8]), (1295, "B$HBZZ00"));
    assert_eq!(&sender.part(35)[..8], "B$HBZZ0Z");
    assert_eq!(&sender.part(36)[..8], "B$HBZZ10");
    assert_eq!(&sender.part(1294)[..8], "B$HBZZZY");
    assert_eq!(sender.part(1295), sender.part(0), "the series begins again");
    assert_eq!(joined(parts(&sender)), bytes(&noise(1295)));
}

#[test]
fn refuses_to_send_more_than_fits() {
    let code = |sent: crate::Result<Sender>| sent.err().map(|e| e.code().id);
    assert_eq!(code(Sender::brimful(&bytes(&noise(1296)), Encoding::Hex, 10)), Some(TOO_LARGE.id));
    assert_eq!(code(Sender::new(&bytes(&noise(1296)), Encoding::Hex, 10)), Some(TOO_LARGE.id));
    assert_eq!(code(Sender::new(&bytes(&[0; 10]), Encoding::Hex, 9)), Some(TOO_LARGE.id));
    assert_eq!(
        code(Sender::new(&bytes(&vec![0; (4 << 20) + 1]), Encoding::Deflate, 4296)),
        Some(TOO_LARGE.id)
    );
}

#[test]
fn an_empty_payload_is_one_empty_part() {
    for encoding in ENCODINGS {
        let sender = Sender::new(&bytes(&[]), encoding, 100).unwrap();
        assert_eq!(joined(parts(&sender)), bytes(&[]));
    }
}

#[test]
fn falls_back_to_base32_where_deflating_does_not_help() {
    let sent = |content: &[u8]| Sender::new(&bytes(content), Encoding::Deflate, 200).unwrap().encoding();
    assert_eq!(sent(&noise(300)), Encoding::Base32);
    assert_eq!(sent(&[7; 300]), Encoding::Deflate);
}

#[test]
fn names_the_missing_parts_and_counts_each_once() {
    let frames = three();
    let mut receiver = Receiver::new(&part(&frames[1])).unwrap();
    assert_eq!(receiver.missing().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(receiver.add(part(&frames[1])), Added::New);
    assert_eq!(receiver.add(part(&frames[1])), Added::Repeat);
    assert_eq!((receiver.have(), receiver.of(), receiver.is_complete()), (1, 3, false));
    assert_eq!(receiver.missing().collect::<Vec<_>>(), [1, 3]);
    assert_eq!(receiver.finish().unwrap_err().code(), &DAMAGED);
}

#[test]
fn the_same_number_with_another_content_is_a_conflict() {
    let frames = three();
    let mut receiver = Receiver::new(&part(&frames[0])).unwrap();
    receiver.add(part(&frames[0]));
    let other = frames[0].replace("B$HB0300", "B$HB0300FF")[..frames[0].len()].to_owned();
    assert_ne!(other, frames[0]);
    assert_eq!(receiver.add(part(&other)), Added::Conflict);
    assert_eq!(receiver.have(), 1);
}

#[test]
fn parts_of_unequal_length_are_a_conflict_whichever_comes_first() {
    let frames = three();
    let long_last = format!("B$HB0302{}", "00".repeat(25));
    let short_middle = frames[1][..frames[1].len() - 2].to_owned();
    let shorter_than_last = frames[1][..8 + 10].to_owned();
    for (first, second) in [
        (&frames[0], &short_middle),
        (&short_middle, &frames[0]),
        (&frames[0], &long_last),
        (&long_last, &frames[0]),
        (&frames[2], &shorter_than_last),
    ] {
        let mut receiver = Receiver::new(&part(first)).unwrap();
        assert_eq!(receiver.add(part(first)), Added::New);
        assert_eq!(receiver.add(part(second)), Added::Conflict, "{first} {second}");
    }
}

#[test]
fn another_header_is_foreign() {
    let with = |header: &str| part(&(header.to_owned() + &"A".repeat(48)));
    let receiver = Receiver::new(&with("B$HB0300")).unwrap();
    for header in ["B$HP0300", "B$2B0300", "B$HB0400"] {
        assert!(!receiver.matches(&with(header)));
        assert_eq!(receiver.clone().add(with(header)), Added::Foreign, "{header}");
    }
    assert!(receiver.matches(&with("B$HB0301")));
}

#[test]
fn types_that_are_not_for_wallets_are_named_and_refused() {
    for (letter, name) in
        [('C', "CBOR (C)"), ('X', "executable (X)"), ('R', "key teleport (R)"), ('E', "key teleport (E)")]
    {
        let part = part(&format!("B$H{letter}01002A"));
        assert_eq!(part.file_type().kind(), None);
        let error = Receiver::new(&part).unwrap_err();
        assert_eq!(
            (error.code(), error.what()),
            (&UNSUPPORTED, format!("the code carries the file type {name}").as_str())
        );
    }
}

#[test]
fn a_whole_that_is_not_what_it_claims_is_damaged() {
    for (frame, what) in [
        ("B$ZB0100AAAAAAAA", "all parts were read, but the file is damaged: it does not inflate"),
        ("B$HJ0100FFFE", "all parts were read, but the file is not the JSON (J) that it claims to be"),
        ("B$HU0100FFFE", "all parts were read, but the file is not the text (U) that it claims to be"),
    ] {
        let part = part(frame);
        let mut receiver = Receiver::new(&part).unwrap();
        receiver.add(part);
        let error = receiver.finish().unwrap_err();
        assert_eq!((error.code(), error.what()), (&DAMAGED, what), "{frame}");
    }
}

#[test]
fn every_letter_means_one_thing() {
    let kinds: Vec<_> =
        "PTJUB".chars().map(|letter| FileType::of_letter(letter).unwrap().kind().unwrap()).collect();
    assert_eq!(kinds, [Kind::Psbt, Kind::Transaction, Kind::Json, Kind::Text, Kind::Bytes]);
    for letter in ('\0'..='\u{ff}').filter(|letter| FileType::of_letter(*letter).is_some()) {
        assert_eq!(FileType::of_letter(letter).unwrap().letter(), letter);
        assert!("PTJUBCXRSE".contains(letter));
    }
    for kind in kinds {
        assert_eq!(FileType::of_kind(kind).kind(), Some(kind));
    }
}
