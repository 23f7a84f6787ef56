//! Every BBQr of `vectors/qr.json`, made by npm `bbqr`, is read and written as it does; the crate `bbqr` reads what we
//! write and we read what it writes.

use airlock::qr::bbqr::{Added, Encoding, FileType, Part, Receiver, Sender};
use airlock::qr::{Kind, Payload};
use airlock_tests::vectors;
use bbqr::continuous_join::{ContinuousJoinResult, ContinuousJoiner};
use bbqr::qr::Version;
use bbqr::split::{Split, SplitOptions};
use bitcoin::hex::FromHex as _;
use serde_json::Value;

const ENCODINGS: [Encoding; 3] = [Encoding::Hex, Encoding::Base32, Encoding::Deflate];

fn files() -> Vec<Value> {
    let files = vectors("qr.json")["bbqr"].as_array().unwrap().clone();
    assert_eq!(files.len(), 15);
    files
}

fn letter(value: &Value) -> char {
    value.as_str().unwrap().chars().next().unwrap()
}

fn payload(file: &Value) -> Payload {
    let kind = FileType::of_letter(letter(&file["file_type"])).unwrap().kind().unwrap();
    Payload { kind, bytes: Vec::from_hex(file["payload_hex"].as_str().unwrap()).unwrap() }
}

fn parts(file: &Value) -> Vec<String> {
    file["parts"].as_array().unwrap().iter().map(|part| part.as_str().unwrap().to_owned()).collect()
}

fn asked(file: &Value) -> Encoding {
    Encoding::of_letter(letter(&file["requested"]["encoding"])).unwrap()
}

/// Alphanumeric characters of a code at level L (qr.md 4).
fn characters(file: &Value) -> usize {
    match file["version"].as_u64().unwrap() {
        5 => 154,
        7 => 224,
        10 => 395,
        15 => 758,
        20 => 1249,
        other => panic!("version {other}"),
    }
}

fn written(sender: &Sender) -> Vec<String> {
    (0..sender.parts()).map(|part| sender.part(part)).collect()
}

fn joined(parts: &[String]) -> Payload {
    let parts: Vec<_> = parts.iter().map(|part| Part::parse(part).unwrap()).collect();
    let mut receiver = Receiver::new(&parts[0]).unwrap();
    for part in parts {
        assert_eq!(receiver.add(part), Added::New);
    }
    receiver.finish().unwrap()
}

fn joined_by_the_crate(parts: &[String]) -> Vec<u8> {
    let mut joiner = ContinuousJoiner::new();
    for part in parts {
        if let ContinuousJoinResult::Complete(joined) = joiner.add_part(part.clone()).unwrap() {
            return joined.data;
        }
    }
    panic!("not complete after {} parts", parts.len());
}

#[test]
fn we_read_every_file_forwards_and_backwards() {
    for file in files() {
        let mut parts = parts(&file);
        assert_eq!(joined(&parts), payload(&file), "{}", file["name"]);
        parts.reverse();
        assert_eq!(joined(&parts), payload(&file), "{}", file["name"]);
    }
}

#[test]
fn we_write_hex_and_base32_exactly_and_deflate_in_as_many_parts() {
    let mut exact = 0;
    for file in files() {
        let sender = Sender::brimful(&payload(&file), asked(&file), characters(&file)).unwrap();
        assert_eq!(sender.encoding().letter(), letter(&file["encoding"]), "{}", file["name"]);
        if sender.encoding() == Encoding::Deflate {
            assert_eq!(sender.parts() as usize, parts(&file).len(), "{}", file["name"]);
        } else {
            assert_eq!(written(&sender), parts(&file), "{}", file["name"]);
            exact += 1;
        }
        assert_eq!(joined(&written(&sender)), payload(&file));
    }
    assert_eq!(exact, 10);
}

#[test]
fn equal_parts_are_not_more() {
    for file in files() {
        let sender = Sender::new(&payload(&file), asked(&file), characters(&file)).unwrap();
        assert_eq!(sender.parts() as usize, parts(&file).len(), "{}", file["name"]);
        assert_eq!(joined(&written(&sender)), payload(&file));
    }
}

/// The crate knows no type B and checks no content: all payloads travel as PSBT.
#[test]
fn the_crate_reads_what_we_write() {
    for file in files() {
        let payload = Payload { kind: Kind::Psbt, ..payload(&file) };
        for encoding in ENCODINGS {
            for frame in [154, 395, 1249, 4296] {
                let sender = Sender::new(&payload, encoding, frame).unwrap();
                let parts = written(&sender);
                assert_eq!(
                    joined_by_the_crate(&parts),
                    payload.bytes,
                    "{} {encoding:?} {frame}",
                    file["name"]
                );
            }
        }
    }
}

#[test]
fn we_read_what_the_crate_writes() {
    use bbqr::encode::Encoding::{Base32, Hex, Zlib};
    for file in files() {
        let bytes = payload(&file).bytes;
        for encoding in [Hex, Base32, Zlib] {
            for version in [Version::V05, Version::V15, Version::V40] {
                let options = SplitOptions {
                    encoding,
                    min_version: version,
                    max_version: version,
                    ..SplitOptions::default()
                };
                let split = Split::try_from_data(&bytes, bbqr::file_type::FileType::Psbt, options).unwrap();
                assert_eq!(joined(&split.parts).bytes, bytes, "{} {encoding:?}", file["name"]);
            }
        }
    }
}

#[test]
fn every_bbqr_that_must_be_refused_is_refused() {
    let reaction = |frames: &[&str]| {
        let mut receiver: Option<Receiver> = None;
        let mut last = "taken";
        for frame in frames {
            let Ok(part) = Part::parse(frame) else { return "reject-frame" };
            let receiver = receiver.get_or_insert_with(|| Receiver::new(&part).unwrap());
            last = match receiver.add(part) {
                Added::New | Added::Repeat => "taken",
                Added::Conflict => "conflict-restart",
                Added::Foreign => "reject-second-as-foreign-transfer",
            };
        }
        last
    };
    let streams = vectors("qr.json")["negative"].as_array().unwrap().clone();
    let mut compared = 0;
    for stream in streams.iter().filter(|stream| stream["name"].as_str().unwrap().starts_with("bbqr")) {
        let frames: Vec<_> =
            stream["frames"].as_array().unwrap().iter().map(|frame| frame.as_str().unwrap()).collect();
        let expected = match stream["expect"].as_str().unwrap() {
            "reject-second-or-conflict" => "conflict-restart",
            other => other,
        };
        assert_eq!(reaction(&frames), expected, "{}", stream["name"]);
        compared += 1;
    }
    assert_eq!(compared, 7);
}
