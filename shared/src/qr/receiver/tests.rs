#![allow(clippy::arithmetic_side_effects, reason = "small numbers")]

use bitcoin::consensus;

use super::*;
use crate::qr::ur::{Sender, UrType};
use crate::qr::{bbqr, bytewords, envelope};

/// A PSBT of one input and one output, with this script: 73 bytes more, 75 of a script from 253 bytes on.
pub(in crate::qr) fn psbt_of(script: Vec<u8>) -> Vec<u8> {
    let transaction = bitcoin::Transaction {
        version: bitcoin::transaction::Version::TWO,
        lock_time: bitcoin::absolute::LockTime::ZERO,
        input: vec![bitcoin::TxIn::default()],
        output: vec![bitcoin::TxOut { value: bitcoin::Amount::from_sat(1), script_pubkey: script.into() }],
    };
    bitcoin::Psbt::from_unsigned_tx(transaction).unwrap().serialize()
}

/// Distinct PSBTs of 405 bytes.
fn psbt(seed: u8) -> Vec<u8> {
    let script = (0..330u32).map(|index| seed.wrapping_mul(31) ^ (index * index % 251).to_le_bytes()[0]);
    psbt_of(script.collect())
}

fn sender(seed: u8) -> Sender {
    Sender::new(UrType::CryptoPsbt, &psbt(seed), 30).unwrap()
}

fn bbqr(seed: u8) -> bbqr::Sender {
    let payload = Payload { kind: Kind::Psbt, bytes: psbt(seed) };
    bbqr::Sender::new(&payload, bbqr::Encoding::Base32, 200).unwrap()
}

fn have(receiver: &Receiver) -> (u32, u32) {
    receiver.progress().map_or((0, 0), |progress| (progress.have, progress.of))
}

fn stopped(reaction: Reaction) -> String {
    let Reaction::Stopped(error) = reaction else { panic!("{reaction:?}") };
    format!("{} {}", error.code().id, error.what())
}

/// Why a whole was begun again.
fn mixed(reaction: Reaction) -> String {
    let Reaction::Restarted(text) = reaction else { panic!("{reaction:?}") };
    let why = text.strip_prefix("all parts read but the file is damaged; parts of two files may be mixed: ");
    why.expect(&text).to_owned()
}

fn begun(parts: u32) -> Receiver {
    let mut receiver = Receiver::new(&[Kind::Psbt]);
    for shown in 0..parts {
        assert_eq!(receiver.accept(&sender(1).frame(shown)), Reaction::Accepted);
    }
    assert_eq!(have(&receiver), (parts, 14));
    receiver
}

#[test]
fn a_repeat_is_counted() {
    let mut receiver = begun(3);
    assert_eq!(receiver.accept(&sender(1).frame(1).to_ascii_lowercase()), Reaction::Repeat);
    let progress = receiver.progress().unwrap();
    assert_eq!(progress.to_string(), "UR crypto-psbt 3/14 (21 %)  read 4, repeats 1, rejected 0");
}

#[test]
fn damaged_frames_are_counted_and_told_after_ten() {
    let mut receiver = begun(1);
    let damaged = sender(1).frame(2).replacen('A', "E", 1);
    for _ in 0..9 {
        assert_eq!(receiver.accept(&damaged), Reaction::Damaged(None));
    }
    let text = "10 damaged frames; clean the lens or lower the density";
    assert_eq!(receiver.accept("B$9P0100AAAAAAAA"), Reaction::Damaged(Some(text.into())));
    assert_eq!(receiver.accept(&damaged), Reaction::Damaged(None));
    assert_eq!(receiver.progress().unwrap().rejected, 11);
    assert_eq!(have(&receiver), (1, 14));
}

#[test]
fn another_transfer_is_taken_for_the_new_one_after_three_frames_in_a_row() {
    let mut receiver = begun(5);
    assert_eq!(receiver.accept(&sender(2).frame(0)), Reaction::Foreign(None));
    assert_eq!(receiver.accept(&sender(2).frame(1)), Reaction::Foreign(None));
    assert_eq!(receiver.accept(&sender(1).frame(5)), Reaction::Accepted);
    assert_eq!(receiver.accept(&sender(2).frame(2)), Reaction::Foreign(None));
    assert_eq!(receiver.accept(&sender(3).frame(0)), Reaction::Foreign(None));
    assert_eq!(receiver.accept(&sender(2).frame(3)), Reaction::Foreign(None));
    assert_eq!(receiver.accept(&sender(2).frame(4)), Reaction::Foreign(None));
    assert_eq!(have(&receiver), (6, 14));
    let text = "another transfer started; restarting (had 6 of 14)";
    assert_eq!(receiver.accept(&sender(2).frame(5)), Reaction::Restarted(text.into()));
    assert_eq!(have(&receiver), (3, 14));
    for shown in 6..16 {
        assert_eq!(receiver.accept(&sender(2).frame(shown % 14)), Reaction::Accepted);
    }
    let last = receiver.accept(&sender(2).frame(2));
    assert_eq!(last, Reaction::Done(Payload { kind: Kind::Psbt, bytes: psbt(2) }));
}

#[test]
fn another_format_is_another_transfer() {
    let mut receiver = begun(2);
    for shown in 0..2 {
        assert_eq!(receiver.accept(&bbqr(1).part(shown)), Reaction::Foreign(None));
    }
    let text = "another transfer started; restarting (had 2 of 14)";
    assert_eq!(receiver.accept(&bbqr(1).part(2)), Reaction::Restarted(text.into()));
    let progress = receiver.progress().unwrap().to_string();
    assert_eq!(progress, "BBQr PSBT (P) 3/4 (75 %)  read 3, repeats 0, rejected 0, missing 4");
    assert!(matches!(receiver.accept(&bbqr(1).part(3)), Reaction::Done(_)));
}

#[test]
fn a_part_of_a_bbqr_that_changed_begins_the_transfer_again() {
    let mut receiver = Receiver::new(&[Kind::Psbt]);
    for shown in 0..3 {
        assert_eq!(receiver.accept(&bbqr(1).part(shown)), Reaction::Accepted);
    }
    let text = "part 3 changed: two files are being shown";
    assert_eq!(receiver.accept(&bbqr(2).part(2)), Reaction::Restarted(text.into()));
    assert_eq!(have(&receiver), (1, 4));
}

#[test]
fn a_type_that_is_not_expected_stops_at_once_when_nothing_has_begun() {
    let account = Sender::new(UrType::parse("crypto-account").unwrap(), &[1, 2, 3], 30).unwrap().frame(0);
    let mut receiver = Receiver::new(&[Kind::Psbt]);
    assert_eq!(stopped(receiver.accept(&account)), "E-QR-022 expected crypto-psbt, got crypto-account");
    let mut receiver = Receiver::new(&[Kind::Json, Kind::Bytes]);
    assert_eq!(stopped(receiver.accept(&sender(1).frame(0))), "E-QR-022 expected bytes, got crypto-psbt");
    assert_eq!(stopped(Receiver::new(&[]).accept(&account)), "E-QR-022 expected a file, got crypto-account");

    let mut receiver = begun(1);
    assert_eq!(receiver.accept(&account), Reaction::Foreign(None));
    assert_eq!(receiver.accept(&account), Reaction::Foreign(None));
    assert_eq!(stopped(receiver.accept(&account)), "E-QR-022 expected crypto-psbt, got crypto-account");
}

#[test]
fn a_file_type_that_is_not_expected_stops() {
    let json =
        bbqr::Sender::new(&Payload { kind: Kind::Json, bytes: b"{}".to_vec() }, bbqr::Encoding::Hex, 200);
    let mut receiver = Receiver::new(&[Kind::Psbt]);
    let reaction = receiver.accept(&json.unwrap().part(0));
    assert_eq!(stopped(reaction), "E-QR-022 expected PSBT (P), got JSON (J)");
    let reaction = receiver.accept("B$HC0100A0");
    assert_eq!(stopped(reaction), "E-QR-022 expected PSBT (P), got CBOR (C)");
    assert_eq!(stopped(receiver.accept("{\"a\":1}")), "E-QR-022 expected PSBT, got JSON");
}

#[test]
fn ur_1_stops() {
    let reaction = begun(1).accept("ur:bytes/1of2/qqqqqqqq/qqqqqqqq");
    assert_eq!(stopped(reaction), "E-QR-023 this is the obsolete UR 1 format; update the sender");
}

#[test]
fn codes_that_are_no_transfers_are_told_once_of_each_sort() {
    let mut receiver = begun(2);
    let uri = "bitcoin:BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4";
    assert_eq!(receiver.accept(uri), Reaction::Foreign(Some("not a transfer code: bitcoin URI".into())));
    assert_eq!(receiver.accept(uri), Reaction::Foreign(None));
    let web = Reaction::Foreign(Some("not a transfer code: web address".into()));
    assert_eq!(receiver.accept("https://example.com/"), web);
    assert_eq!(have(&receiver), (2, 14));
}

#[test]
fn a_seed_stops_and_nothing_is_kept() {
    let mut receiver = begun(2);
    let seed = "0123".repeat(12);
    let reaction = receiver.accept(&seed);
    assert_eq!(stopped(reaction), "E-QR-024 this looks like a seed; nothing was kept");
    assert_eq!(receiver.progress(), None);
    assert!(!format!("{receiver:?}").contains("0123"));
}

#[test]
fn a_size_over_the_limit_stops() {
    let mut body = vec![0x85, 1];
    for value in [4_500_000u32, 900_000_000, 0x1234_5678] {
        body.push(0x1a);
        body.extend(value.to_be_bytes());
    }
    body.extend([0x58, 200]);
    body.extend([0; 200]);
    let reaction = begun(1).accept(&format!("ur:bytes/1-4500000/{}", bytewords::encode(&body)));
    assert_eq!(stopped(reaction), "E-QR-001 declared size 900 MB; limit 4 MB");
}

#[test]
fn a_whole_that_is_damaged_begins_again_and_is_given_up_at_the_third_time() {
    let mut damaged = envelope::seal(&Payload { kind: Kind::Json, bytes: b"{\"a\":1}".to_vec() }).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    let frame = Sender::new(UrType::Bytes, &damaged, 1000).unwrap().frame(0);
    let mut receiver = Receiver::new(&[Kind::Json]);
    let why = "the payload has another hash than its envelope declares";
    for _ in 0..2 {
        assert_eq!(mixed(receiver.accept(&frame)), why);
        assert_eq!(receiver.progress(), None);
    }
    assert_eq!(stopped(receiver.accept(&frame)), format!("E-QR-025 the file is damaged: {why}"));

    let no_psbt = Sender::new(UrType::CryptoPsbt, &[0x01, 0x02], 1000).unwrap().frame(0);
    assert!(mixed(Receiver::new(&[]).accept(&no_psbt)).contains("does not begin as a PSBT"));
}

#[test]
fn json_of_two_files_without_checksum_is_not_taken_for_one() {
    let list = |digit: char| {
        let id = digit.to_string().repeat(200);
        format!("{{\"format\":\"airlock-watch\",\"note\":\"{id}\",\"version\":1}}\n").into_bytes()
    };
    let other = |digit: char| format!("{{\"a\":\"{}\",", digit.to_string().repeat(250)).into_bytes();
    for (one, two) in [(list('1'), list('2')), (other('1'), other('2'))] {
        let parts = |bytes: Vec<u8>| {
            bbqr::Sender::new(&Payload { kind: Kind::Json, bytes }, bbqr::Encoding::Hex, 308).unwrap()
        };
        let (one, two) = (parts(one), parts(two));
        assert_eq!((one.parts(), two.parts()), (2, 2));
        let mut receiver = Receiver::new(&[]);
        assert_eq!(receiver.accept(&one.part(0)), Reaction::Accepted);
        let why = mixed(receiver.accept(&two.part(1)));
        assert!(why.starts_with("E-"), "{why}");
        assert_eq!(receiver.progress(), None);
    }
    let foreign = Payload { kind: Kind::Json, bytes: b"{\"format\":\"x\",\"rate\":1.5}".to_vec() };
    let sender = bbqr::Sender::new(&foreign, bbqr::Encoding::Hex, 308).unwrap();
    assert_eq!(Receiver::new(&[]).accept(&sender.part(0)), Reaction::Done(foreign));
}

/// One payload of JSON in a code of every format that carries it.
fn in_every_format(json: &str) -> [(&'static str, String); 4] {
    let payload = Payload { kind: Kind::Json, bytes: json.as_bytes().to_vec() };
    let sealed = envelope::seal(&payload).unwrap();
    let one = |bytes: &[u8]| Sender::new(UrType::Bytes, bytes, 2000).unwrap().frame(0);
    let bbqr = bbqr::Sender::new(&payload, bbqr::Encoding::Deflate, 2000).unwrap();
    [
        ("envelope", one(&sealed)),
        ("UR", one(&payload.bytes)),
        ("BBQr", bbqr.part(0)),
        ("text", json.to_owned()),
    ]
}

const WATCH: &str = r#"{"accounts":[],"format":"airlock-watch","version":1}"#;

#[test]
fn only_a_damaged_file_of_ours_is_damaged_in_every_format() {
    for changed in [WATCH.replace("[]", "[ ]"), WATCH.replace(":1", ":9")] {
        for (format, frame) in in_every_format(&changed) {
            let mut receiver = Receiver::new(&[]);
            let why = mixed(receiver.accept(&frame));
            assert!(why.starts_with("E-"), "{format}: {why}");
            assert_eq!(mixed(receiver.accept(&frame)), why, "{format}");
            let text = stopped(receiver.accept(&frame));
            assert_eq!(text, format!("E-QR-025 the file is damaged: {why}"), "{format}");
        }
    }
    for other in
        ["{}", r#"{"format":"elektrum","x":1.5}"#, r#"{"x":"airlock-watch"}"#, r#"{"format":"airlock-new"}"#]
    {
        for (format, frame) in in_every_format(other) {
            let whole = Payload { kind: Kind::Json, bytes: other.as_bytes().to_vec() };
            assert_eq!(Receiver::new(&[]).accept(&frame), Reaction::Done(whole), "{format}: {other}");
        }
    }
}

#[test]
fn a_file_of_ours_without_its_line_end_gets_it_back() {
    let whole = format!("{WATCH}\n");
    for (format, frame) in in_every_format(WATCH).into_iter().chain(in_every_format(&whole)) {
        let payload = Payload { kind: Kind::Json, bytes: whole.clone().into_bytes() };
        assert_eq!(Receiver::new(&[]).accept(&frame), Reaction::Done(payload), "{format}");
    }
    for (format, frame) in in_every_format("{}") {
        assert!(
            matches!(Receiver::new(&[]).accept(&frame), Reaction::Done(file) if file.bytes == b"{}"),
            "{format}"
        );
    }
}

/// Reads a series in which another one takes over at the last part.
fn read_mixed(one: &[String], two: &[String]) -> Reaction {
    assert_eq!(one.len(), two.len());
    let mut receiver = Receiver::new(&[]);
    let (last, first) = (one.len() - 1, &one[..one.len() - 1]);
    for frame in first {
        assert_eq!(receiver.accept(frame), Reaction::Accepted);
    }
    let reaction = receiver.accept(&two[last]);
    assert_eq!(receiver.progress(), None);
    reaction
}

#[test]
fn a_psbt_or_transaction_of_two_files_without_checksum_is_not_taken_for_one() {
    use bitcoin::base64::Engine;
    use bitcoin::base64::engine::general_purpose::STANDARD;
    let script = |bytes: u32| (0..bytes).map(|index| index.to_le_bytes()[0]).collect();
    let mut other = bitcoin::Psbt::deserialize(&psbt_of(script(290))).unwrap().unsigned_tx;
    other
        .output
        .push(bitcoin::TxOut { value: bitcoin::Amount::ZERO, script_pubkey: bitcoin::ScriptBuf::new() });
    let files = [bitcoin::Psbt::from_unsigned_tx(other).unwrap().serialize(), psbt_of(script(300))];
    assert_eq!(files[0].len(), files[1].len());
    let transactions = files.clone().map(|psbt| {
        let psbt = bitcoin::Psbt::deserialize(&psbt).unwrap();
        consensus::serialize(&psbt.unsigned_tx)
    });
    let as_bbqr = |kind, bytes: &Vec<u8>| -> Vec<String> {
        let payload = Payload { kind, bytes: bytes.clone() };
        let sender = bbqr::Sender::new(&payload, bbqr::Encoding::Hex, 508).unwrap();
        (0..sender.parts()).map(|shown| sender.part(shown)).collect()
    };
    let as_specter = |bytes: &Vec<u8>| -> Vec<String> {
        let text = STANDARD.encode(bytes);
        let (one, two) = text.split_at(256);
        vec![format!("p1of2 {one}"), format!("p2of2 {two}")]
    };
    for (kind, whole, [one, two]) in [
        (Kind::Psbt, &files, files.each_ref().map(|file| as_bbqr(Kind::Psbt, file))),
        (Kind::Bytes, &files, files.each_ref().map(|file| as_bbqr(Kind::Bytes, file))),
        (
            Kind::Transaction,
            &transactions,
            transactions.each_ref().map(|file| as_bbqr(Kind::Transaction, file)),
        ),
        (Kind::Psbt, &files, files.each_ref().map(as_specter)),
    ] {
        let why = mixed(read_mixed(&one, &two));
        assert!(!why.is_empty(), "{kind:?}");
        assert_eq!(read_mixed(&one, &one), Reaction::Done(Payload { kind, bytes: whole[0].clone() }));
    }
}

#[test]
fn a_psbt_with_another_previous_transaction_was_mixed_of_two() {
    let with_previous = |amount: u64| {
        let mut psbt = bitcoin::Psbt::deserialize(&psbt_of(vec![0; 400])).unwrap();
        let mut previous = bitcoin::Psbt::deserialize(&psbt_of(vec![1; 400])).unwrap().unsigned_tx;
        psbt.unsigned_tx.input[0].previous_output = bitcoin::OutPoint::new(previous.compute_txid(), 0);
        previous.output[0].value = bitcoin::Amount::from_sat(amount);
        psbt.inputs[0].non_witness_utxo = Some(previous);
        Payload { kind: Kind::Psbt, bytes: psbt.serialize() }
    };
    let read = |payload: &Payload| {
        let frame = bbqr::Sender::new(payload, bbqr::Encoding::Hex, 4_000).unwrap().part(0);
        Receiver::new(&[]).accept(&frame)
    };
    assert_eq!(read(&with_previous(1)), Reaction::Done(with_previous(1)));
    assert_eq!(mixed(read(&with_previous(2))), "input 1 has another previous transaction than it names");
}

/// What is still open in it is no damage: the command that reads it says so.
#[test]
fn a_psbt_that_may_still_be_changed_comes_whole() {
    let settled = bitcoin::Psbt::deserialize(&psbt(1)).unwrap();
    let mut bytes =
        crate::bitcoin::psbt_v2::encode(&settled, crate::bitcoin::psbt_v2::PsbtVersion::Two).unwrap();
    bytes.splice(5..5, [1, 6, 1, 1]);
    assert_eq!(decode_any(&bytes).unwrap_err().code(), &crate::bitcoin::psbt_v2::AMBIGUOUS);
    let payload = Payload { kind: Kind::Psbt, bytes };
    let frame = bbqr::Sender::new(&payload, bbqr::Encoding::Hex, 4_000).unwrap().part(0);
    assert_eq!(Receiver::new(&[]).accept(&frame), Reaction::Done(payload));
}

#[test]
fn an_answer_for_another_transaction_or_without_a_new_signature_is_refused() {
    let answer = |lock_time: u32| {
        let transaction = bitcoin::Transaction {
            version: bitcoin::transaction::Version::TWO,
            lock_time: bitcoin::absolute::LockTime::from_consensus(lock_time),
            input: vec![bitcoin::TxIn::default()],
            output: vec![bitcoin::TxOut {
                value: bitcoin::Amount::from_sat(1),
                script_pubkey: bitcoin::ScriptBuf::new(),
            }],
        };
        bitcoin::Psbt::from_unsigned_tx(transaction).unwrap()
    };
    let sent = answer(1);
    let mut signed = sent.clone();
    signed.inputs[0].final_script_witness = Some(bitcoin::Witness::from_slice(&[[1; 64]]));
    assert!(check_answer(&signed.serialize(), &sent).is_ok());
    for (came, asked) in [(&sent, &sent), (&signed, &signed), (&sent, &signed)] {
        let refused = check_answer(&came.serialize(), asked).unwrap_err();
        assert_eq!(refused.code().id, "E-QR-027");
        assert!(refused.what().starts_with("this is the question, not the answer"));
    }
    let refused = check_answer(&answer(2).serialize(), &sent).unwrap_err();
    assert_eq!(refused.code().id, "E-QR-026");
    assert!(refused.what().starts_with("signed PSBT is for another transaction"));
}

#[test]
fn bytes_are_what_they_show_to_be() {
    let receive = |bytes: &[u8], expected: &[Kind]| {
        let frame = Sender::new(UrType::Bytes, bytes, 2000).unwrap().frame(0);
        Receiver::new(expected).accept(&frame)
    };
    for (bytes, expected, kind) in [
        (psbt(1), &[Kind::Psbt, Kind::Json][..], Kind::Psbt),
        (b"{\"TransactionType\":\"Payment\"}".to_vec(), &[Kind::Json, Kind::Bytes], Kind::Json),
        (b"{\"TransactionType\":\"Payment\"}".to_vec(), &[Kind::Bytes], Kind::Bytes),
        (vec![0x12, 0x00], &[Kind::Bytes], Kind::Bytes),
        (b"a,b\n1,2\n".to_vec(), &[Kind::Text], Kind::Text),
    ] {
        assert_eq!(receive(&bytes, expected), Reaction::Done(Payload { kind, bytes: bytes.clone() }));
    }
    assert_eq!(stopped(receive(&[0x12, 0x00], &[Kind::Psbt])), "E-QR-022 expected PSBT, got bytes");
    let sealed = envelope::seal(&Payload { kind: Kind::Json, bytes: b"{\"a\":1}".to_vec() }).unwrap();
    assert_eq!(stopped(receive(&sealed, &[Kind::Psbt])), "E-QR-022 expected PSBT, got JSON");
}

#[test]
fn the_receiver_is_ready_for_the_next_transfer_when_one_is_done() {
    let mut receiver = Receiver::new(&[Kind::Psbt]);
    for seed in [1, 2] {
        for shown in 0..13 {
            assert_eq!(receiver.accept(&sender(seed).frame(shown)), Reaction::Accepted);
        }
        assert!(matches!(receiver.accept(&sender(seed).frame(13)), Reaction::Done(_)));
        assert_eq!(receiver.progress(), None);
    }
}
