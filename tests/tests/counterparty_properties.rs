//! Laws of the Counterparty codec: what is written reads back, through every carrier, and no bytes make a
//! decoder panic. `AIRLOCK_MUTATIONS` sets the number of mutations per decoder, `AIRLOCK_SEED` their seed.

use std::collections::BTreeMap;

use airlock::amount::Quantity;
use airlock::counterparty::address;
use airlock::counterparty::arc4;
use airlock::counterparty::asset::{AssetId, subasset};
use airlock::counterparty::carrier::{multisig, opreturn, p2sh, taproot};
use airlock::counterparty::cbor::{self, Double};
use airlock::counterparty::message::{
    self, Broadcast, EnhancedSend, Issuance, Memo, Message, Mpma, MpmaSend, Number, Other, Sweep,
};
use airlock::counterparty::rules::Rules;
use airlock::counterparty::transaction::{self, Options};
use airlock::network::BitcoinNetwork;
use airlock_tests::vectors;
use bitcoin::consensus::deserialize;
use bitcoin::hashes::Hash as _;
use bitcoin::hex::FromHex as _;
use bitcoin::script::Script;
use bitcoin::{Address, Amount, PubkeyHash, ScriptHash, Transaction, Txid, WitnessProgram, WitnessVersion};
use proptest::prelude::*;
use serde_json::Value;

const KEY: &str = "039a808c46203585280137e93571298ace6355e3b2c558f0d191408b4f881b11db";

fn networks() -> impl Strategy<Value = Rules> {
    let network = prop::sample::select(BitcoinNetwork::ALL.to_vec());
    (network, any::<bool>()).prop_map(|(network, newest)| {
        // Before and after CBOR, where a network has both.
        let height = match network {
            BitcoinNetwork::Mainnet => 901_999,
            BitcoinNetwork::Testnet3 => 4_409_999,
            BitcoinNetwork::Testnet4 => 84_999,
            BitcoinNetwork::Signet | BitcoinNetwork::Regtest => 0,
        };
        if newest { Rules::newest(network) } else { Rules::at(network, height) }
    })
}

fn assets() -> impl Strategy<Value = AssetId> {
    prop_oneof![
        Just(AssetId::XCP),
        (17_576u64..95_428_956_661_682_176).prop_map(|id| AssetId::new(id).unwrap()),
        (95_428_956_661_682_177u64..).prop_map(|id| AssetId::new(id).unwrap()),
    ]
}

fn quantities() -> impl Strategy<Value = Quantity> {
    prop_oneof![1u64..1000, 1u64..=i64::MAX as u64].prop_map(|units| Quantity::new(units).unwrap())
}

/// A packable address of a network; `kinds` 3 gives those that an MPMA table holds.
fn address_of(network: BitcoinNetwork, kind: u8, program: [u8; 32]) -> String {
    let network = network.to_bitcoin();
    let hash = &program[..20];
    let witness = |version, program: &[u8]| WitnessProgram::new(version, program).unwrap();
    match kind {
        0 => Address::p2pkh(PubkeyHash::from_slice(hash).unwrap(), network),
        1 => Address::p2sh_from_hash(ScriptHash::from_slice(hash).unwrap(), network),
        2 => Address::from_witness_program(witness(WitnessVersion::V0, hash), network),
        3 => Address::from_witness_program(witness(WitnessVersion::V0, &program), network),
        _ => Address::from_witness_program(witness(WitnessVersion::V1, &program), network),
    }
    .to_string()
}

/// Asset, kind of address, its program, quantity, memo.
type Row = (AssetId, u8, [u8; 32], Quantity, Option<Memo>);

fn sends(max: usize) -> impl Strategy<Value = Vec<Row>> {
    let memo = prop_oneof![
        Just(None),
        "[a-z é✓]{0,15}".prop_map(|text| Some(Memo::Text(text))),
        prop::collection::vec(any::<u8>(), 1..64).prop_map(|bytes| Some(Memo::Hex(bytes))),
    ];
    prop::collection::vec((assets(), 0u8..3, any::<[u8; 32]>(), quantities(), memo), 2..max)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_send_reads_back(
        rules in networks(), asset in assets(), quantity in quantities(), kind in 0u8..5,
        program: [u8; 32], memo in prop::collection::vec(any::<u8>(), 0..35),
    ) {
        let new = address::Form::of(&rules) == address::Form::New;
        let destination = address_of(rules.network(), if new { kind } else { kind % 3 }, program);
        let memo = (!memo.is_empty()).then_some(Memo::Unknown(memo));
        let message = Message::EnhancedSend(EnhancedSend { asset, quantity, destination, memo });
        let data = message::encode(&message, &rules).unwrap();
        prop_assert_eq!(message::decode(&data, &rules).unwrap(), message);
        prop_assert!(message::is_canonical(&data, &rules));
    }

    #[test]
    fn a_batch_reads_back(rules in networks(), rows in sends(40), text in "[ -~]{0,63}") {
        let mut seen = std::collections::BTreeSet::new();
        let sends: Vec<MpmaSend> = rows
            .into_iter()
            .map(|(asset, kind, program, quantity, memo)| {
                MpmaSend { asset, destination: address_of(rules.network(), kind, program), quantity, memo }
            })
            .filter(|send| seen.insert((send.asset, send.destination.clone())))
            .collect();
        prop_assume!(sends.len() > 1);
        let batch = Mpma { sends, memo: Some(Memo::Text(text)) }.in_reference_order(|send| send.asset.name());
        let message = Message::Mpma(batch);
        let data = message::encode(&message, &rules).unwrap();
        prop_assert_eq!(message::decode(&data, &rules).unwrap(), message);
        prop_assert!(message::is_canonical(&data, &rules));
    }

    #[test]
    fn a_sweep_reads_back(rules in networks(), program: [u8; 32], kind in 0u8..3, text in "[ -~]{0,34}") {
        let destination = address_of(rules.network(), kind, program);
        let memo = (!text.is_empty()).then_some(Memo::Text(text));
        let message = Message::Sweep(Sweep { destination, flags: 3, memo });
        let data = message::encode(&message, &rules).unwrap();
        prop_assert_eq!(message::decode(&data, &rules).unwrap(), message);
        prop_assert!(message::is_canonical(&data, &rules));
    }

    #[test]
    fn a_broadcast_reads_back(
        rules in networks(), timestamp: u32, value in any::<f64>().prop_filter("finite", |v| v.is_finite()),
        fee in 0u64..100_000_000, text in ".{0,300}",
    ) {
        prop_assume!(!text.to_lowercase().starts_with("options"));
        let message = Message::Broadcast(Broadcast {
            timestamp: timestamp.into(),
            value: Number::Double(Double::new(value)),
            fee_fraction: fee,
            text,
            mime_type: String::new(),
        });
        let data = message::encode(&message, &rules).unwrap();
        prop_assert_eq!(message::decode(&data, &rules).unwrap(), message);
        prop_assert!(message::is_canonical(&data, &rules));
    }

    #[test]
    fn an_issuance_reads_back(
        rules in networks(), asset in assets(), quantity in quantities(), flags: [bool; 3],
        description in prop::option::of(".{0,100}"), child in prop::option::of("[a-zA-Z0-9_@!-]{1,60}"),
    ) {
        prop_assume!(asset != AssetId::XCP);
        let longname = child.filter(|_| asset.is_numeric()).map(|child| format!("PIZZA.{child}"));
        let [divisible, lock, reset] = flags;
        let mime_type = String::new();
        let message =
            Message::Issuance(Issuance { asset, quantity, divisible, lock, reset, description, mime_type, longname });
        let data = message::encode(&message, &rules).unwrap();
        prop_assert_eq!(message::decode(&data, &rules).unwrap(), message);
        prop_assert!(message::is_canonical(&data, &rules));
    }

    #[test]
    fn any_other_type_reads_back(body in prop::collection::vec(any::<u8>(), 1..200), id in 40u32..1 << 24) {
        // Ids from 2^24 would begin with a byte that reads as a short id.
        let rules = Rules::newest(BitcoinNetwork::Mainnet);
        let message = Message::Other(Other { type_id: Some(id), body });
        let data = message::encode(&message, &rules).unwrap();
        prop_assert_eq!(message::decode(&data, &rules).unwrap(), message);
    }

    #[test]
    fn every_carrier_gives_the_message_back(data in prop::collection::vec(any::<u8>(), 1..3000), txid: [u8; 32]) {
        let txid = Txid::from_byte_array(txid);
        let key = arc4::key(&txid);
        let pubkey = Vec::from_hex(KEY).unwrap();

        let output = opreturn::encode(&data, &txid, usize::MAX).unwrap();
        prop_assert_eq!(opreturn::decode(&output.script_pubkey, &key).unwrap(), &data[..]);
        prop_assert_eq!(opreturn::encode(&data, &txid, opreturn::MAX_PUSH).is_ok(), data.len() <= 72);

        let outputs = multisig::encode(&data, &txid, &pubkey, multisig::DUST).unwrap();
        prop_assert_eq!(outputs.len(), multisig::output_count(data.len()));
        let mut joined = Vec::new();
        for output in &outputs {
            match multisig::decode(&output.script_pubkey, &key).unwrap() {
                multisig::Multisig::Data(chunk) => joined.extend(chunk),
                multisig::Multisig::Destination(..) => prop_assert!(false, "a destination"),
            }
        }
        prop_assert_eq!(&joined, &data);

        let envelope = taproot::encode(&data, &pubkey[1..]).unwrap();
        prop_assert_eq!(envelope.script.len(), taproot::script_length(data.len()));
        prop_assert_eq!(taproot::decode(&envelope.script, true).unwrap(), &data[..]);

        let scripts = p2sh::redeem_scripts(&data, &pubkey, 0).unwrap();
        prop_assert_eq!(scripts.len(), p2sh::first_outputs(&scripts, Amount::ZERO).len());
        let mut joined = Vec::new();
        for script in &scripts {
            let redeemed = p2sh::decode_redeem(script.as_bytes()).unwrap().unwrap();
            prop_assert_eq!(redeemed.pubkey.as_deref(), Some(&pubkey[..]));
            joined.extend(redeemed.data);
        }
        prop_assert_eq!(&joined, &data);
    }
}

/// A small generator, so that a seed means the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Flips, cuts, repeats, inserts or overwrites somewhere.
fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(6) {
            _ if bytes.is_empty() => bytes.push(random.next() as u8),
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, random.next() as u8),
            3 => bytes[at] = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x4c, 0x4d, 0x9f, 0x5b][random.below(9)],
            4 => {
                let piece = bytes[at..].to_vec();
                bytes.extend(piece.into_iter().take(64));
            }
            _ => drop(bytes.remove(at)),
        }
    }
    bytes
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Byte strings of the vectors, by what decodes them.
fn corpus() -> BTreeMap<&'static str, Vec<(Rules, Vec<u8>)>> {
    let file = vectors("counterparty.json");
    let mut found: BTreeMap<&'static str, Vec<(Rules, Vec<u8>)>> = BTreeMap::new();
    for vector in file["vectors"].as_array().unwrap() {
        let (input, expected) = (&vector["input"], &vector["expected"]);
        let network: BitcoinNetwork = vector["network"].as_str().unwrap().parse().unwrap();
        let height = input["block_index"].as_u64().map_or(u32::MAX - 1, |height| height as u32);
        let rules = Rules::at(network, height);
        let mut add = |decoder: &'static str, value: &Value| {
            if let Some(bytes) = value.as_str().and_then(|digits| Vec::from_hex(digits).ok()) {
                found.entry(decoder).or_default().push((rules, bytes));
            }
        };
        match vector["category"].as_str().unwrap() {
            "enhanced_send" | "mpma" | "sweep" | "broadcast_options" | "issuance_transfer"
            | "misc_messages" => {
                add("message", &expected["data"]);
                add("cbor", &input["message"]);
            }
            "address_pack" => add("address", expected.get("hex").unwrap_or(&input["hex"])),
            "asset_id" => add("longname", expected.get("hex").unwrap_or(&input["hex"])),
            "taproot_envelope" => {
                add("envelope", expected.get("envelope_script").unwrap_or(&input["witness_script"]));
            }
            "p2sh_redeem" => add("redeem", expected.get("redeem_script").unwrap_or(&input["redeem_script"])),
            "multisig" => add("script", &expected["outputs"][0]["script"]),
            "opreturn" => add("script", &expected["script"]),
            "decode_tx" => add("transaction", &input["rawtransaction"]),
            _ => {}
        }
    }
    found
}

#[test]
fn no_mutation_of_a_vector_makes_a_decoder_panic() {
    let (count, seed) = (number("AIRLOCK_MUTATIONS", 20_000), number("AIRLOCK_SEED", 1));
    println!("{count} mutations per decoder, seed {seed}");
    let corpus = corpus();
    for (decoder, samples) in &corpus {
        let mut random = Random(seed);
        let mut accepted = 0;
        for _ in 0..count {
            let (rules, sample) = &samples[random.below(samples.len())];
            let bytes = mutate(sample, &mut random);
            accepted += u64::from(decode(decoder, &bytes, rules));
        }
        println!("{decoder}: {} samples, {accepted} of {count} mutations read", samples.len());
        assert!(accepted > 0, "{decoder}: no mutation reads, the corpus is wrong");
    }
    assert_eq!(corpus.len(), 8);
}

/// True when the bytes read; what reads must also survive being written and read again.
fn decode(decoder: &str, bytes: &[u8], rules: &Rules) -> bool {
    match decoder {
        "message" => {
            let Ok(message) = message::decode(bytes, rules) else { return false };
            if let Ok(written) = message::encode(&message, rules) {
                assert_eq!(message::decode(&written, rules).unwrap().type_name(), message.type_name());
                assert!(message::is_canonical(&written, rules), "{message:?}");
            }
            if let Message::Other(other) = &message {
                let _ = other.fields(rules);
            }
            true
        }
        "cbor" => cbor::read(bytes).is_some_and(|value| cbor::read(&cbor::write(&value)) == Some(value)),
        "address" => address::unpack(bytes, rules).is_ok(),
        "longname" => subasset::expand(bytes).is_some(),
        "envelope" => taproot::decode(Script::from_bytes(bytes), true).is_ok(),
        "redeem" => p2sh::decode_redeem(bytes).is_ok_and(|redeemed| redeemed.is_some()),
        "script" => {
            let script = Script::from_bytes(bytes);
            opreturn::push_of(script).is_some() || multisig::decode(script, &[7; 32]).is_ok()
        }
        _ => deserialize::<Transaction>(bytes).is_ok_and(|tx| {
            let options = Options { assume_signed: true, open_dispensers: &[] };
            // The transaction stands for its own parents: scripts of all kinds become sources.
            let _ = transaction::decode(&tx, &|_| Some(&tx), rules, &options);
            let _ = transaction::decode(&tx, &|_| None, rules, &Options::default());
            true
        }),
    }
}

#[test]
fn hostile_sizes_read_in_linear_time() {
    let rules = Rules::newest(BitcoinNetwork::Mainnet);
    let started = std::time::Instant::now();
    // A batch of 100,000 assets to one address: 1, asset, quantity, no memo, bit by bit.
    let mut bits = String::from("0");
    for asset in 0..100_000u64 {
        bits.push_str(&format!("1{:064b}{:064b}0", 95_428_956_661_682_177 + asset, 1));
    }
    bits.push('0');
    bits.extend(std::iter::repeat_n('0', (8 - bits.len() % 8) % 8));
    let stream = bits
        .as_bytes()
        .chunks(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap());
    let table = [&[3, 0, 1, 0x05][..], &[7; 20]].concat();
    let data: Vec<u8> = table.into_iter().chain(stream).collect();
    let Ok(Message::Mpma(batch)) = message::decode(&data, &rules) else { panic!("no batch") };
    assert_eq!(batch.sends.len(), 100_000);
    assert!(!message::is_canonical(&data, &rules));
    // A map of a million keys where a list of four stands, and an address of a million bytes.
    let map: Vec<u8> = [2, 0xbf]
        .into_iter()
        .chain(
            (0..1_000_000u32).flat_map(|key| [vec![0x1a], key.to_be_bytes().to_vec(), vec![0xf6]].concat()),
        )
        .chain([0xff])
        .collect();
    assert!(message::decode(&map, &rules).is_err());
    let address = cbor::write(&cbor::Value::Bytes(vec![1; 1_000_000]));
    let send = [vec![2, 0x84, 1, 1], address, vec![0x40]].concat();
    let Ok(Message::EnhancedSend(send)) = message::decode(&send, &rules) else { panic!("no send") };
    assert_eq!(send.destination, "(1000000 bytes that are no address)");
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
