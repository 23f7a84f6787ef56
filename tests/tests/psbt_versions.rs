//! PSBTs of both versions: BIP-370 is read as version 0 and answered in version 2 (design.md section 4).

use airlock::bitcoin::psbt_maps::NOT_PSBT;
use airlock::bitcoin::psbt_v2::{AMBIGUOUS, PsbtVersion, decode_any, encode};
use airlock::bundle::file::OVER_LIMIT;
use airlock_tests::vectors;
use bitcoin::Psbt;
use bitcoin::base64::Engine;
use bitcoin::base64::engine::general_purpose::STANDARD;
use bitcoin::hex::DisplayHex;

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;
/// The height and the time that an input demands.
type Demand = (Option<u32>, Option<u32>);

const TIME: u32 = 1_700_000_000;

/// A PSBT as its maps, so that every rule can be broken alone.
#[derive(Clone)]
struct Maps {
    global: Pairs,
    inputs: Vec<Pairs>,
    outputs: Vec<Pairs>,
}

impl Maps {
    /// A version 2 with inputs that demand these heights and times, and one output.
    fn version_2(lock_times: &[Demand], fallback: Option<u32>) -> Self {
        let mut global = vec![
            pair(0x02, 2u32.to_le_bytes()),
            pair(0x04, [u8::try_from(lock_times.len()).unwrap()]),
            pair(0x05, [1]),
            pair(0xfb, 2u32.to_le_bytes()),
        ];
        global.extend(fallback.map(|fallback| pair(0x03, fallback.to_le_bytes())));
        let inputs = lock_times.iter().zip(0u32..).map(|((height, time), index)| {
            let mut input = vec![pair(0x0e, [0x11; 32]), pair(0x0f, index.to_le_bytes())];
            input.extend(time.map(|time| pair(0x11, time.to_le_bytes())));
            input.extend(height.map(|height| pair(0x12, height.to_le_bytes())));
            input
        });
        let output = vec![pair(0x03, 5_000u64.to_le_bytes()), pair(0x04, [0x6a])];
        Self { global, inputs: inputs.collect(), outputs: vec![output] }
    }

    fn simple() -> Self {
        Self::version_2(&[(None, None), (None, None)], None)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"psbt\xff".to_vec();
        for map in [&self.global].into_iter().chain(&self.inputs).chain(&self.outputs) {
            for (key, value) in map {
                for part in [key, value] {
                    bytes.push(u8::try_from(part.len()).unwrap());
                    bytes.extend(part);
                }
            }
            bytes.push(0);
        }
        bytes
    }
}

fn pair(kind: u8, value: impl AsRef<[u8]>) -> (Vec<u8>, Vec<u8>) {
    (vec![kind], value.as_ref().to_vec())
}

fn refusal(bytes: &[u8]) -> &'static airlock::Code {
    decode_any(bytes).expect_err("must be refused").code()
}

#[test]
fn converts_every_recorded_psbt_to_its_recorded_version_0_and_back() {
    let file = vectors("golden.json");
    let transactions = file["transactions"].as_array().unwrap();
    for entry in transactions {
        let label = &entry["label"];
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        let (psbt, version) = decode_any(text("psbt").as_bytes()).unwrap();
        assert_eq!(version, PsbtVersion::Two, "{label}");
        let (expected, zero) = decode_any(text("psbt_v0").as_bytes()).unwrap();
        assert_eq!(zero, PsbtVersion::Zero);
        assert_eq!(psbt, expected, "{label}");
        assert_eq!(expected, text("psbt_v0").parse::<Psbt>().unwrap());
        assert_eq!(
            bitcoin::consensus::encode::serialize_hex(&psbt.unsigned_tx),
            text("unsigned_tx_hex"),
            "{label}"
        );
        assert_eq!(STANDARD.encode(encode(&psbt, version).unwrap()), text("psbt"), "{label}");
    }
    println!("{} PSBTs converted both ways", transactions.len());
}

#[test]
fn reads_bytes_base64_and_hex_of_both_versions_alike() {
    let bytes = Maps::simple().bytes();
    let expected = decode_any(&bytes).unwrap();
    let base64 = format!("{}\n", STANDARD.encode(&bytes));
    assert_eq!(decode_any(base64.as_bytes()).unwrap(), expected);
    assert_eq!(decode_any(bytes.to_lower_hex_string().as_bytes()).unwrap(), expected);
    assert_eq!(decode_any(bytes.to_upper_hex_string().as_bytes()).unwrap(), expected);
    let zero = expected.0.serialize();
    assert_eq!(decode_any(&zero).unwrap(), (expected.0.clone(), PsbtVersion::Zero));
    assert_eq!(encode(&expected.0, PsbtVersion::Zero).unwrap(), zero);
}

#[test]
fn keeps_what_it_does_not_know_and_what_was_added_on_the_way_back() {
    let mut maps = Maps::simple();
    maps.global.push((vec![0x70, 1, 2], vec![3]));
    maps.inputs[1].push((vec![0xfc, 1, b'x', 0], vec![9]));
    maps.outputs[0].push((vec![0x71], vec![4]));
    let (mut psbt, version) = decode_any(&maps.bytes()).unwrap();
    assert!(psbt.unknown.len() == 1 && psbt.inputs[1].proprietary.len() == 1);
    psbt.inputs[0].final_script_sig = Some(bitcoin::ScriptBuf::from_bytes(vec![0x51]));
    let (again, _) = decode_any(&encode(&psbt, version).unwrap()).unwrap();
    assert_eq!(again, psbt);
}

#[test]
fn finds_the_lock_time_as_bip_370_says() {
    let none = (None, None);
    let height = |height| (Some(height), None);
    let time = |time| (None, Some(time));
    let cases: [(&[Demand], Option<u32>, Option<u32>); 12] = [
        (&[none, none], None, Some(0)),
        (&[none, none], Some(77), Some(77)),
        (&[height(10_000), none], Some(77), Some(10_000)),
        (&[height(10_000), height(9_000)], None, Some(10_000)),
        (&[height(10_000), (Some(9_000), Some(TIME))], None, Some(10_000)),
        (&[(Some(10_000), Some(TIME)), (Some(9_000), Some(TIME + 1))], None, Some(10_000)),
        (&[(Some(10_000), Some(TIME)), time(TIME + 5)], None, Some(TIME + 5)),
        (&[time(TIME), (Some(10_000), Some(TIME - 1))], None, Some(TIME)),
        (&[none, time(TIME)], None, Some(TIME)),
        (&[(Some(10_000), Some(TIME)), none], None, Some(10_000)),
        (&[height(10_000), time(TIME)], None, None),
        (&[time(TIME), height(10_000), (Some(1), Some(TIME))], None, None),
    ];
    for (inputs, fallback, expected) in cases {
        let bytes = Maps::version_2(inputs, fallback).bytes();
        match expected {
            Some(expected) => {
                let (psbt, _) = decode_any(&bytes).unwrap();
                assert_eq!(psbt.unsigned_tx.lock_time.to_consensus_u32(), expected, "{inputs:?}");
            }
            None => assert_eq!(refusal(&bytes), &AMBIGUOUS, "{inputs:?}"),
        }
    }
    for wrong in [height(0), height(500_000_000), time(499_999_999)] {
        assert_eq!(refusal(&Maps::version_2(&[wrong], None).bytes()), &NOT_PSBT, "{wrong:?}");
    }
}

#[test]
fn refuses_a_transaction_that_may_still_be_changed() {
    for flags in 0..8 {
        let mut maps = Maps::simple();
        maps.global.push(pair(0x06, [flags]));
        match flags {
            0 => assert!(decode_any(&maps.bytes()).is_ok()),
            _ => assert_eq!(refusal(&maps.bytes()), &AMBIGUOUS, "{flags}"),
        }
    }
}

#[test]
fn refuses_fields_that_are_missing_doubled_of_another_version_or_of_wrong_length() {
    let simple = Maps::simple();
    let mut broken = Vec::new();
    for (map, required) in [(0, vec![0x02, 0x04, 0x05]), (1, vec![0x0e, 0x0f]), (2, vec![0x03, 0x04])] {
        for kind in required {
            let alter = |change: &dyn Fn(&mut Pairs)| {
                let mut maps = simple.clone();
                change(match map {
                    0 => &mut maps.global,
                    1 => &mut maps.inputs[1],
                    _ => &mut maps.outputs[0],
                });
                maps.bytes()
            };
            let name = format!("map {map}, type {kind:#04x}");
            broken.push((
                format!("{name} missing"),
                alter(&|pairs| pairs.retain(|(key, _)| key != &vec![kind])),
            ));
            let doubled = simple_value(&simple, map, kind);
            broken.push((format!("{name} doubled"), alter(&|pairs| pairs.push(pair(kind, &doubled)))));
            broken.push((
                format!("{name} with key data"),
                alter(&|pairs| {
                    pairs.iter_mut().filter(|(key, _)| key == &vec![kind]).for_each(|(key, _)| key.push(1));
                }),
            ));
            if (map, kind) != (2, 0x04) {
                broken.push((
                    format!("{name} too long"),
                    alter(&|pairs| {
                        pairs
                            .iter_mut()
                            .filter(|(key, _)| key == &vec![kind])
                            .for_each(|(_, value)| value.push(0));
                    }),
                ));
            }
        }
    }
    let unsigned = bitcoin::consensus::serialize(&decode_any(&simple.bytes()).unwrap().0.unsigned_tx);
    let mut both = simple.clone();
    both.global.push(pair(0x00, &unsigned));
    broken.push(("version 2 with an unsigned transaction".to_owned(), both.bytes()));
    for version in [1u32, 3, u32::MAX] {
        let mut maps = simple.clone();
        maps.global[3] = pair(0xfb, version.to_le_bytes());
        broken.push((format!("version {version}"), maps.bytes()));
    }
    for (map, kind, length) in [
        (0, 0x02, 4),
        (0, 0x03, 4),
        (0, 0x04, 1),
        (0, 0x05, 1),
        (0, 0x06, 1),
        (1, 0x0e, 32),
        (1, 0x0f, 4),
        (1, 0x10, 4),
    ]
    .into_iter()
    .chain([(1, 0x11, 4), (1, 0x12, 4), (2, 0x03, 8), (2, 0x04, 1)])
    {
        let mut maps = Maps {
            global: vec![pair(0x00, &unsigned)],
            inputs: vec![Vec::new(), Vec::new()],
            outputs: vec![Vec::new()],
        };
        assert!(decode_any(&maps.bytes()).is_ok());
        match map {
            0 => maps.global.push(pair(kind, vec![1; length])),
            1 => maps.inputs[0].push(pair(kind, vec![1; length])),
            _ => maps.outputs[0].push(pair(kind, vec![1; length])),
        }
        broken.push((format!("version 0 with type {kind:#04x} of version 2 in map {map}"), maps.bytes()));
    }
    for (name, bytes) in &broken {
        assert_eq!(refusal(bytes), &NOT_PSBT, "{name}");
    }
    println!("{} broken PSBTs refused", broken.len());
}

fn simple_value(maps: &Maps, map: usize, kind: u8) -> Vec<u8> {
    let pairs = match map {
        0 => &maps.global,
        1 => &maps.inputs[1],
        _ => &maps.outputs[0],
    };
    pairs.iter().find(|(key, _)| key == &vec![kind]).unwrap().1.clone()
}

#[test]
fn refuses_what_is_over_a_limit_before_reading_on() {
    let with_counts = |inputs: &[u8], outputs: &[u8]| {
        let mut maps = Maps::simple();
        maps.global[1] = pair(0x04, inputs);
        maps.global[2] = pair(0x05, outputs);
        maps.bytes()
    };
    assert_eq!(refusal(&with_counts(&[0xfd, 0xe9, 0x03], &[1])), &OVER_LIMIT);
    assert_eq!(refusal(&with_counts(&[2], &[0xfd, 0xb9, 0x0b])), &OVER_LIMIT);
    assert_eq!(refusal(&with_counts(&[0xff; 9], &[1])), &OVER_LIMIT);
    assert_eq!(refusal(&with_counts(&[0xfd, 0x02, 0x00], &[1])), &NOT_PSBT, "not the shortest size");
    // An unsigned transaction of version 0 that only says it has many inputs.
    let mut unsigned = 2u32.to_le_bytes().to_vec();
    unsigned.extend([0xfe, 0, 0, 0, 1]);
    let maps = Maps { global: vec![pair(0x00, &unsigned)], inputs: Vec::new(), outputs: Vec::new() };
    assert_eq!(refusal(&maps.bytes()), &OVER_LIMIT);
    let mut many = Maps::simple();
    many.global
        .extend((0..100_000u32).map(|n| ([vec![0x70], n.to_le_bytes().to_vec()].concat(), Vec::new())));
    assert_eq!(refusal(&many.bytes()), &OVER_LIMIT);
}

#[test]
fn damaged_psbts_are_refused_or_read_but_never_panic() {
    let bytes = Maps::version_2(&[(Some(9), Some(TIME)), (None, None)], Some(3)).bytes();
    for length in 0..bytes.len() {
        assert_eq!(refusal(&bytes[..length]), &NOT_PSBT, "cut at {length}");
    }
    assert_eq!(refusal(&[bytes.as_slice(), &[0]].concat()), &NOT_PSBT);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok((psbt, version)) = decode_any(&flipped) {
            assert_eq!(decode_any(&encode(&psbt, version).unwrap()).unwrap(), (psbt, version), "bit {bit}");
        }
    }
}
