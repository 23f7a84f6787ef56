//! The transfers of npm `@ngraveio/bc-ur`, and the crate `ur` beside them.

use airlock::qr::ur::{Added, Mixing, Order, Part, Receiver, Sender, UrType, max_fragment};
use airlock_tests::vectors;
use bitcoin::hex::FromHex as _;
use serde_json::Value;

/// Parts in the file.
const PARTS: usize = 336;

fn transfers() -> Vec<Value> {
    let transfers = vectors("qr.json")["ur"].as_array().unwrap().clone();
    assert_eq!(transfers.len(), 14);
    transfers
}

fn sender(transfer: &Value) -> Sender {
    let ur_type = UrType::parse(transfer["type"].as_str().unwrap()).unwrap();
    Sender::new(ur_type, &payload(transfer), number(&transfer["max_fragment_len"]) as usize).unwrap()
}

fn payload(transfer: &Value) -> Vec<u8> {
    Vec::from_hex(transfer["payload_hex"].as_str().unwrap()).unwrap()
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

fn parts(transfer: &Value) -> Vec<String> {
    transfer["parts"].as_array().unwrap().iter().map(|part| part.as_str().unwrap().to_owned()).collect()
}

#[test]
fn we_write_the_same_parts() {
    let mut compared = 0;
    for transfer in transfers() {
        let sender = sender(&transfer);
        let header = sender.header();
        assert_eq!(header.parts, number(&transfer["seq_len"]));
        assert_eq!(header.fragment_bytes, number(&transfer["fragment_len"]));
        assert_eq!(header.message_bytes, number(&transfer["cbor_len"]));
        assert_eq!(format!("{:08x}", header.checksum), transfer["cbor_crc32"].as_str().unwrap());
        for (sequence, part) in (1..).zip(parts(&transfer)) {
            assert_eq!(sender.part(sequence), part.to_ascii_uppercase(), "{}", transfer["name"]);
            compared += 1;
        }
    }
    assert_eq!(compared, PARTS);
}

#[test]
fn the_mixed_parts_hold_the_same_fragments() {
    let mut compared = 0;
    for transfer in transfers() {
        let header = sender(&transfer).header().clone();
        let mixing = Mixing::new(header.parts, header.checksum);
        let sets = transfer["mixed_indexes"].as_array().unwrap();
        for (sequence, set) in (header.parts + 1..).zip(sets) {
            let mut fragments = mixing.fragments(sequence);
            fragments.sort_unstable();
            let expected: Vec<u32> = set.as_array().unwrap().iter().map(number).collect();
            assert_eq!(fragments, expected, "{} {sequence}", transfer["name"]);
            compared += 1;
        }
    }
    assert!(compared >= 150, "{compared}");
}

#[test]
fn we_read_their_parts_from_the_first_from_the_last_and_with_holes() {
    for transfer in transfers() {
        let parts = parts(&transfer);
        let backwards = parts.iter().rev().cloned().collect();
        let without_every_third = parts
            .iter()
            .enumerate()
            .filter(|(index, _)| index % 3 != 1)
            .map(|(_, part)| part.clone())
            .collect();
        for parts in [parts.clone(), backwards, without_every_third] {
            let read = receive(&parts);
            // With holes and without enough mixed parts it may well stay open, and then it says so.
            let complete = parts.len() >= 2 * number(&transfer["seq_len"]) as usize;
            assert!(read.is_some() || !complete, "{}", transfer["name"]);
            assert!(read.is_none_or(|read| read == payload(&transfer)), "{}", transfer["name"]);
        }
        assert_eq!(receive(&parts), Some(payload(&transfer)));
    }
}

fn receive(parts: &[String]) -> Option<Vec<u8>> {
    let mut receiver = Receiver::new(&Part::parse(&parts[0]).unwrap());
    for part in parts {
        assert!(matches!(receiver.add(&Part::parse(part).unwrap()), Added::New | Added::Repeat));
    }
    receiver.is_complete().then(|| receiver.finish().unwrap())
}

#[test]
fn the_crate_ur_reads_what_we_write_in_every_order() {
    for (bytes, characters) in [(700, 395), (5_000, 758), (40_000, 1249), (100_000, 1249)] {
        let payload: Vec<u8> = (0..bytes).map(|index: u32| (index * 31 / 7) as u8).collect();
        for order in [Order::Ascending, Order::Alternating, Order::Dense] {
            let max = max_fragment(&UrType::Bytes, payload.len(), characters, order);
            let sender = Sender::new(UrType::Bytes, &payload, max).unwrap().in_order(order);
            let mut decoder = ::ur::Decoder::default();
            // Late, so that mixed parts count; a receiver that only peels needs some fragments of the dense order.
            let missed = if order == Order::Dense { 2 } else { sender.source_parts() };
            for shown in missed.. {
                decoder.receive(&sender.frame(shown).to_ascii_lowercase()).unwrap();
                if decoder.complete() {
                    break;
                }
            }
            let message = decoder.message().unwrap().unwrap();
            assert!(message.ends_with(&payload) && message.len() <= payload.len() + 5);
        }
    }
}

#[test]
fn the_sets_are_those_of_the_crate_ur_for_every_number_of_fragments() {
    for parts in (1..=300).chain([343, 500, 777, 878, 1024, 2048, 3140, 4096]) {
        let message = vec![7; parts];
        let mut encoder = ::ur::fountain::Encoder::new(&message, 1).unwrap();
        let mixing = Mixing::new(parts as u32, crc32(&message));
        for sequence in 1..parts as u32 + 10 {
            let theirs: Vec<u32> =
                encoder.next_part().indexes().into_iter().map(|index| index as u32).collect();
            if sequence + 2 > parts as u32 {
                assert_eq!(sorted(mixing.fragments(sequence)), sorted(theirs), "{parts} {sequence}");
            }
        }
    }
}

fn sorted(mut fragments: Vec<u32>) -> Vec<u32> {
    fragments.sort_unstable();
    fragments
}

fn crc32(data: &[u8]) -> u32 {
    let byte = |crc: u32, byte: &u8| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    };
    !data.iter().fold(u32::MAX, byte)
}
