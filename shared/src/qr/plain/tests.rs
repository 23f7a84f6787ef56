//! Laws of static text: what is written is read; what could be a seed is not.

use bitcoin::hex::DisplayHex;
use proptest::prelude::*;

use super::*;

fn psbt(tail: &[u8]) -> Payload {
    Payload { kind: Kind::Psbt, bytes: [PSBT_MAGIC, tail].concat() }
}

proptest! {
    #[test]
    fn a_psbt_survives_in_every_form(tail in prop::collection::vec(any::<u8>(), 0..300)) {
        for form in [Form::Base64, Form::Hex, Form::Base43] {
            let text = write(&psbt(&tail), form).unwrap();
            prop_assert_eq!(read(&text), Some(psbt(&tail)));
        }
        let lower = psbt(&tail).bytes.to_lower_hex_string();
        prop_assert_eq!(read(&lower), Some(psbt(&tail)));
    }

    #[test]
    fn no_text_panics(text in ".{0,80}") {
        let _ = read(&text);
    }
}

#[test]
fn json_is_taken_as_it_stands() {
    let json = Payload { kind: Kind::Json, bytes: br#"{"TransactionType":"Payment"}"#.to_vec() };
    let text = write(&json, Form::Text).unwrap();
    assert_eq!(read(&text), Some(json));
    assert_eq!(read(r#"{"a":1,"a":2}"#), None, "two meanings");
    assert_eq!(read("{"), None);
}

#[test]
fn hex_is_taken_when_it_is_a_transaction() {
    let bitcoin = "0100000001000000000000000000000000000000000000000000000000000000000000000000000000000000000001000000000000000000\
                   00000000";
    assert_eq!(read(bitcoin).map(|read| read.kind), Some(Kind::Transaction));
    let xrp = "120000228000000024000000016140000000000F424068400000000000000A7300811400000000000000000000000000000000000000018314\
               0000000000000000000000000000000000000002";
    let read = read(xrp).unwrap();
    assert_eq!(read.kind, Kind::Bytes);
    assert_eq!(write(&read, Form::Hex).unwrap(), xrp);
}

#[test]
fn what_could_be_a_seed_or_a_key_is_none_of_these() {
    let seed = "000102030405060708090a0b0c0d0e0f";
    for text in [
        seed,
        &seed.repeat(2),
        &seed.repeat(4),
        "000000000000000000000000000000000000000000000000",
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
        "L1aW4aubDFB7yfras2S1mN3bqg9nwySY8nkoLmJebSLD5BWv3ENZ",
        "https://example.com/",
        "bitcoin:BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4?amount=0.01",
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_form_belongs_to_its_kinds() {
    let id = |kind, form| write(&Payload { kind, bytes: vec![7] }, form).err().map(|e| e.code().id);
    for (kind, form) in [
        (Kind::Json, Form::Base64),
        (Kind::Json, Form::Hex),
        (Kind::Text, Form::Base43),
        (Kind::Psbt, Form::Text),
        (Kind::Transaction, Form::Base64),
        (Kind::Bytes, Form::Text),
    ] {
        assert_eq!(id(kind, form), Some(NO_TEXT.id), "{kind:?} {form:?}");
    }
    assert_eq!(
        write(&Payload { kind: Kind::Text, bytes: vec![0xff] }, Form::Text).unwrap_err().code(),
        &NO_TEXT
    );
}

#[test]
fn one_code_holds_what_its_mode_allows() {
    for (form, most) in [(Form::Base64, 2214), (Form::Hex, 2148), (Form::Base43, base43::BYTES)] {
        let fitting = psbt(&vec![0xff; most - PSBT_MAGIC.len()]);
        assert!(write(&fitting, form).is_ok(), "{form:?}");
        let larger = psbt(&vec![0xff; most + 1 - PSBT_MAGIC.len()]);
        assert_eq!(write(&larger, form).unwrap_err().code(), &TOO_LARGE, "{form:?}");
    }
}
