//! Whole streams through the one receiver of the flow: no text, no order and no damage makes it panic, loop or give back
//! another payload than the one that was sent.

use std::sync::LazyLock;

use airlock::qr::ur::Order;
use airlock::qr::{Frame, Kind, PLAIN_BYTES, Payload, Profile, Reaction, Receiver, Sender};
use airlock_tests::vectors;
use bitcoin::absolute::LockTime;
use bitcoin::transaction::Version;
use bitcoin::{Amount, Psbt, Transaction, TxIn, TxOut};
use proptest::prelude::*;

const NAMES: [&str; 6] = ["airlock", "sparrow", "coldcard", "keystone", "seedsigner", "generic"];

fn payload(kind: Kind, noise: &[u8]) -> Payload {
    let bytes = match kind {
        Kind::Psbt => psbt(noise),
        Kind::Json => serde_json::to_vec(&serde_json::json!({ "noise": noise })).unwrap(),
        Kind::Transaction | Kind::Text | Kind::Bytes => [b"\xfd", noise].concat(),
    };
    Payload { kind, bytes }
}

/// A PSBT of one input and one output with this script.
fn psbt(script: &[u8]) -> Vec<u8> {
    let transaction = Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn::default()],
        output: vec![TxOut { value: Amount::from_sat(1), script_pubkey: script.to_vec().into() }],
    };
    Psbt::from_unsigned_tx(transaction).unwrap().serialize()
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Psbt), Just(Kind::Json), Just(Kind::Bytes)]
}

/// Frames of real transfers, to be mutated.
static CORPUS: LazyLock<Vec<String>> = LazyLock::new(corpus);

fn corpus() -> Vec<String> {
    let file = vectors("qr.json");
    let texts = |value: &serde_json::Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|frame| frame.as_str().unwrap().to_owned()).collect()
    };
    let mut frames: Vec<String> =
        file["negative"].as_array().unwrap().iter().flat_map(|stream| texts(&stream["frames"])).collect();
    for format in ["ur", "bbqr"] {
        frames.extend(file[format].as_array().unwrap().iter().flat_map(|transfer| texts(&transfer["parts"])));
    }
    frames.extend(["p1of3 cHNidP8BAHECAAAA", "p2of3 AAAA", "{\"a\":1}", "cHNidP8="].map(String::from));
    frames
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_joins_and_the_payload_is_the_one_that_was_sent(
        noise in proptest::collection::vec(any::<u8>(), 0..4_000),
        kind in kinds(),
        name in proptest::sample::select(NAMES.as_slice()),
        version in 7u8..=27,
        seed in any::<u64>(),
    ) {
        let sent = payload(kind, &noise);
        let profile = Profile::named(name).unwrap().with_version(version);
        let Ok(sender) = Sender::new(&sent, &profile) else { return Ok(()) };
        let mut receiver = Receiver::new(&[kind]);
        let mut state = seed;
        let series = sender.source_frames();
        for _ in 0..60 * series + 60 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let shown = (state >> 33) as u32 % (3 * series);
            match receiver.accept(&sender.frame(shown)) {
                Reaction::Accepted | Reaction::Repeat => (),
                Reaction::Done(received) => {
                    prop_assert_eq!(received, sent);
                    return Ok(());
                }
                bad => prop_assert!(false, "{:?}", bad),
            }
        }
        prop_assert!(false, "never complete: {:?}", receiver.progress());
    }

    #[test]
    fn mixed_bundles_are_refused(
        noise in proptest::collection::vec(any::<u8>(), 200..2_000),
        name in proptest::sample::select(NAMES.as_slice()),
        shuffle in proptest::collection::vec((any::<bool>(), 0u32..40), 100..200),
    ) {
        let other_noise: Vec<u8> = noise.iter().rev().map(|byte| byte ^ 0x55).collect();
        let sent = [payload(Kind::Json, &noise), payload(Kind::Json, &other_noise)];
        let profile = Profile::named(name).unwrap().with_version(8);
        let [first, second] = [&sent[0], &sent[1]].map(|payload| Sender::new(payload, &profile).unwrap());
        let mut receiver = Receiver::new(&[Kind::Json]);
        for (which, shown) in shuffle {
            let sender = if which { &first } else { &second };
            if let Reaction::Done(received) = receiver.accept(&sender.frame(shown)) {
                // BBQr has no checksum: there the strict reading of the JSON, and its own hash, say what it is.
                prop_assert!(name == "coldcard" || sent.contains(&received));
            }
        }
    }

    #[test]
    fn no_text_makes_the_receiver_panic(texts in proptest::collection::vec("\\PC{0,80}|(ur:|UR:BYTES/|B\\$2P|B\\$Z|p)[ -~]{0,80}", 1..20)) {
        let mut receiver = Receiver::new(&[Kind::Psbt]);
        for text in texts {
            receiver.accept(&text);
        }
    }

    #[test]
    fn no_mutation_of_a_stream_gives_a_payload_larger_than_the_limit_or_a_panic(
        picks in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..6, any::<prop::sample::Index>(), any::<u8>()), 1..60),
    ) {
        let mut receiver = Receiver::new(&[]);
        for (pick, how, place, byte) in picks {
            let frame = mutate(&CORPUS[pick.index(CORPUS.len())], how, place, byte);
            let _ = Frame::read(&frame);
            if let Reaction::Done(payload) = receiver.accept(&frame) {
                prop_assert!(payload.bytes.len() <= PLAIN_BYTES);
            }
        }
    }
}

/// Changes, drops, doubles or cuts; one in three stays as it is, so that transfers go on.
fn mutate(frame: &str, how: u8, place: prop::sample::Index, byte: u8) -> String {
    let mut bytes = frame.as_bytes().to_vec();
    let place = place.index(bytes.len());
    match how {
        0 => bytes[place] = b' ' + byte % 95,
        1 => drop(bytes.remove(place)),
        2 => bytes.insert(place, b"/-0123456789ABZ$"[usize::from(byte % 16)]),
        3 => bytes.truncate(place),
        _ => (),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn our_own_transfer_joined_late_takes_at_most_eight_frames_more() {
    let noise: Vec<u8> = (0..30_000u32)
        .map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8 ^ (index >> 7) as u8)
        .collect();
    let sent = payload(Kind::Psbt, &noise);
    let profile = Profile::named("airlock").unwrap();
    assert_eq!(profile.order, Order::Dense);
    let sender = Sender::new(&sent, &profile).unwrap();
    let series = sender.source_frames();
    assert!(series > 10);
    let mut receiver = Receiver::new(&[Kind::Psbt]);
    let done = (3 * series..4 * series + 8).find_map(|shown| match receiver.accept(&sender.frame(shown)) {
        Reaction::Done(received) => Some(received),
        _ => None,
    });
    assert_eq!(done, Some(sent));
}
