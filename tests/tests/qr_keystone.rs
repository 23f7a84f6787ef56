//! Promise: XRP transactions cross as a Keystone has it. The request is `ur:bytes` with the transaction's JSON, its SigningPubKey
//! filled in; the answer is `ur:bytes` with the signed blob (qr.md 2.5). The other side speaks through the crate `ur`.

use airlock::account::Account;
use airlock::bundle::{Artefact, Bundle, Signed, SignedContents, SignedStep, verify};
use airlock::qr::{Kind, Payload, Profile, Reaction, Receiver, Sender};
use airlock::xrp::Transaction;
use airlock_offline::keys::{ExtendedKey, FamilySeed, Mnemonic, XrpKey};
use airlock_offline::secret::SecretText;
use airlock_offline::sign::xrp::sign_single;
use airlock_tests::treasury::{Treasury, requests};
use airlock_tests::vectors;
use bitcoin::hex::DisplayHex;
use bitcoin::secp256k1::Secp256k1;
use serde_json::{Value, json};

/// Bytes of a fragment as a Keystone shows them.
const FRAGMENT: usize = 200;
/// Keys of m/44'/144'/0'/0 among which a Keystone looks.
const KEYS: u32 = 200;

/// The bytes that the crate `ur` reads from our frames, once the CBOR head is off.
fn read_by_ur(sender: &Sender) -> Vec<u8> {
    let first = sender.frame(0).to_ascii_lowercase();
    assert!(first.starts_with("ur:bytes/"), "{first}");
    let cbor = if sender.source_frames() == 1 {
        ur::decode(&first).unwrap().1
    } else {
        let mut decoder = ur::Decoder::default();
        for shown in 0..sender.source_frames() {
            decoder.receive(&sender.frame(shown).to_ascii_lowercase()).unwrap();
        }
        decoder.message().unwrap().unwrap()
    };
    match cbor.as_slice() {
        [0x58, length, rest @ ..] if usize::from(*length) == rest.len() => rest.to_vec(),
        [0x59, high, low, rest @ ..] if usize::from(u16::from_be_bytes([*high, *low])) == rest.len() => {
            rest.to_vec()
        }
        _ => panic!("no byte string: {}", cbor.to_lower_hex_string()),
    }
}

/// The frames in which the crate `ur` shows these bytes: one more round than it takes.
fn shown_by_ur(bytes: &[u8]) -> Vec<String> {
    let length = u16::try_from(bytes.len()).unwrap();
    let head = match u8::try_from(length) {
        Ok(length) => vec![0x58, length],
        Err(_) => [&[0x59][..], &length.to_be_bytes()].concat(),
    };
    let cbor = [head, bytes.to_vec()].concat();
    if cbor.len() <= FRAGMENT {
        return vec![ur::encode(&cbor, &ur::Type::Bytes)];
    }
    let mut encoder = ur::Encoder::bytes(&cbor, FRAGMENT).unwrap();
    (0..2 * encoder.fragment_count()).map(|_| encoder.next_part().unwrap()).collect()
}

fn received(expected: Kind, frames: &[String]) -> Payload {
    let mut receiver = Receiver::new(&[expected]);
    for frame in frames {
        match receiver.accept(&frame.to_ascii_uppercase()) {
            Reaction::Accepted | Reaction::Repeat => {}
            Reaction::Done(payload) => return payload,
            other => panic!("{other:?}"),
        }
    }
    panic!("{} frames were not enough", frames.len());
}

fn for_keystone(kind: Kind, bytes: &[u8]) -> Sender {
    let payload = Payload { kind, bytes: bytes.to_vec() };
    Sender::new(&payload, &Profile::named("keystone").unwrap()).unwrap()
}

/// What signs: it reads a request, looks for the key, answers with the blob.
struct Device {
    master: ExtendedKey,
}

impl Device {
    /// Holds the words of the recordings.
    fn new() -> Self {
        let words = vectors("golden.json")["meta"]["mnemonic"].as_str().unwrap().to_owned();
        let seed = Mnemonic::parse(&words).unwrap().seed(&SecretText::new(String::new()));
        Self { master: ExtendedKey::master(&seed, bitcoin::Network::Bitcoin).unwrap() }
    }

    fn key(&self, index: u32) -> XrpKey {
        XrpKey::bip44(&Secp256k1::new(), &self.master, 0, index).unwrap()
    }

    fn answer(&self, request: &[u8]) -> Vec<u8> {
        let json: Value = serde_json::from_slice(request).unwrap();
        let transaction = Transaction::from_json(&json).unwrap();
        let asked = transaction.signing_pub_key().expect("SigningPubKey is filled in");
        let key = (0..KEYS).map(|index| self.key(index)).find(|key| key.public_key() == asked);
        let signed = sign_single(&Secp256k1::new(), &key.expect("the key is ours"), &transaction).unwrap();
        signed.to_signed_blob().unwrap().0
    }
}

/// A payment of the treasury, and the request that a Keystone gets for it.
fn planned(treasury: &Treasury) -> (Bundle, Vec<u8>) {
    let asked = json!([{ "from": "xrp-cold", "reference": "keystone",
        "intent": { "send-xrp": { "to": "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "tag": 1, "amount": "80000" } } }]);
    let bundle = treasury.plan(&requests(asked));
    let Artefact::TxJson(planned) = &bundle.steps()[0].artefact else { panic!("an XRP transaction") };
    let account = treasury.accounts.iter().find_map(Account::xrp).unwrap();
    let mut request = planned.clone();
    request.insert("SigningPubKey".into(), account.public_key.to_string().into());
    (bundle, serde_json::to_vec(&request).unwrap())
}

/// The signed file that the blob makes of the bundle.
fn signed(bundle: &Bundle, blob: &[u8]) -> Signed {
    let hash = Transaction::from_blob(blob).unwrap().hash().unwrap();
    let step = SignedStep::Xrpl { tx_blob: blob.to_upper_hex_string(), hash: hash.to_upper_hex_string() };
    Signed::seal(SignedContents { bundle: bundle.id().to_string(), steps: vec![step], journal_head: None })
        .unwrap()
}

#[test]
fn as_the_wallet_we_show_the_json_and_take_the_blob_of_the_device() {
    let (bundle, request) = planned(&Treasury::open());
    let seen = read_by_ur(&for_keystone(Kind::Json, &request));
    assert_eq!(seen, request, "the device gets the JSON and nothing else");

    let blob = Device::new().answer(&seen);
    let answer = received(Kind::Bytes, &shown_by_ur(&blob));
    assert_eq!(answer, Payload { kind: Kind::Bytes, bytes: blob });
    let accepted = verify(&bundle, &signed(&bundle, &answer.bytes)).unwrap();
    assert_eq!(accepted.len(), 1);
}

#[test]
fn a_blob_that_signs_another_payment_is_not_taken_for_the_answer() {
    let (bundle, request) = planned(&Treasury::open());
    let other = String::from_utf8(request.clone()).unwrap().replace("80000000000", "80000000001");
    assert_ne!(other.as_bytes(), request);
    let blob = Device::new().answer(other.as_bytes());
    let answer = received(Kind::Bytes, &shown_by_ur(&blob));
    assert!(verify(&bundle, &signed(&bundle, &answer.bytes)).is_err());
}

#[test]
fn as_the_device_we_take_the_json_and_show_the_blob() {
    let vectors = vectors("xrpl.json");
    let vector =
        vectors["vectors"].as_array().unwrap().iter().find(|v| v["id"] == "sign_single-001").unwrap();
    let (input, expected) = (&vector["input"], &vector["expected"]);
    let mut request = input["tx_json"].clone();
    request["SigningPubKey"] = expected["signing_pub_key"].clone();
    let request = serde_json::to_vec(&request).unwrap();
    assert!(request.len() > FRAGMENT, "more than one frame");

    let asked = received(Kind::Json, &shown_by_ur(&request));
    assert_eq!(asked, Payload { kind: Kind::Json, bytes: request });
    let transaction = Transaction::from_json(&serde_json::from_slice(&asked.bytes).unwrap()).unwrap();
    let seed = FamilySeed::parse(input["seed"].as_str().unwrap()).unwrap();
    let secp = Secp256k1::new();
    let signed = sign_single(&secp, &seed.key(&secp).unwrap(), &transaction).unwrap();
    let (blob, hash) = signed.to_signed_blob().unwrap();
    let answer = read_by_ur(&for_keystone(Kind::Bytes, &blob));
    assert_eq!(answer.to_upper_hex_string(), expected["tx_blob"], "the blob of xrpl.js");
    assert_eq!(hash.to_upper_hex_string(), expected["hash"]);
}

#[test]
fn the_account_that_a_device_shows_arrives_as_json() {
    let key = Device::new().key(0);
    let shown = json!({ "address": key.account_id().to_string(), "pubkey": key.public_key().to_string() });
    let bytes = shown.to_string().into_bytes();
    assert_eq!(received(Kind::Json, &shown_by_ur(&bytes)), Payload { kind: Kind::Json, bytes });
}
