//! Every XRPL vector gives the bytes, JSON, keys or refusal that it says; the counts are held.

use std::collections::BTreeMap;

use airlock::xrp::{
    AccountId, Algorithm, Amount, Currency, Field, Permitted, Transaction, XAddress, fields, object,
    transaction_type, whitelist,
};
use airlock_offline::keys::{ExtendedKey, FamilySeed, Mnemonic, XrpKey, rfc1751, secret_numbers};
use airlock_offline::secret::{Secret, SecretText};
use airlock_offline::sign::xrp;
use airlock_tests::vectors;
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use serde_json::{Value, json};

/// How often each outcome was seen, by category.
type Outcomes = BTreeMap<(String, &'static str), usize>;

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no text '{name}' in {value}"))
}

fn upper(bytes: &[u8]) -> String {
    bytes.to_upper_hex_string()
}

/// What design.md 10.17 says about a transaction, read from its JSON: the code and the name in its message.
fn gate_by_the_document(tx: &Value) -> Option<(&'static str, String)> {
    const COMMON: &str = "Account TransactionType Fee Sequence TicketSequence Flags LastLedgerSequence \
                          SigningPubKey TxnSignature Signers SourceTag Memos NetworkID";
    let kind = text(tx, "TransactionType");
    let fields = match kind {
        "Payment" => "Destination Amount DestinationTag InvoiceID SendMax",
        "AccountSet" => "SetFlag ClearFlag Domain EmailHash MessageKey",
        "SetRegularKey" => "RegularKey",
        "SignerListSet" => "SignerQuorum SignerEntries",
        "TicketCreate" => "TicketCount",
        "AccountDelete" => "Destination DestinationTag",
        "TrustSet" => "LimitAmount",
        "DepositPreauth" => "Authorize Unauthorize",
        _ => return Some((whitelist::TYPE_REFUSED.id, kind.to_owned())),
    };
    let listed = |name: &str| COMMON.split(' ').chain(fields.split(' ')).any(|field| field == name);
    let outside: Vec<_> = tx.as_object().unwrap().keys().filter(|name| !listed(name)).collect();
    if !outside.is_empty() {
        // The gate names the first in the ledger's order; any of them is right here.
        return Some((
            whitelist::FIELD_REFUSED.id,
            outside.iter().map(|n| n.as_str()).collect::<Vec<_>>().join("|"),
        ));
    }
    if tx["SignerEntries"].to_string().contains("WalletLocator") {
        return Some((whitelist::FIELD_REFUSED.id, "WalletLocator".to_owned()));
    }
    let Some(flags) = tx["Flags"].as_u64() else {
        return Some((whitelist::FLAG_REFUSED.id, "Flags".to_owned()));
    };
    let bits = 0x8000_0000 | if kind == "TrustSet" { 0x0006_0000 } else { 0 };
    if flags & !bits != 0 {
        return Some((whitelist::FLAG_REFUSED.id, format!("{flags:08X}")));
    }
    let most_fee = if kind == "AccountDelete" { 2_000_000 } else { 1_000_000 };
    if text(tx, "Fee").parse::<u64>().unwrap() > most_fee {
        return Some((whitelist::FEE_REFUSED.id, "Fee".to_owned()));
    }
    if tx.get("LastLedgerSequence").is_none() {
        return Some((whitelist::NO_EXPIRY.id, "LastLedgerSequence".to_owned()));
    }
    for name in ["SetFlag", "ClearFlag"] {
        if tx.get(name).is_some_and(|flag| ![1, 3, 4, 9, 12, 13, 14, 15].contains(&flag.as_u64().unwrap())) {
            return Some((whitelist::FLAG_REFUSED.id, name.to_owned()));
        }
    }
    if tx["Amount"].get("mpt_issuance_id").is_some() {
        return Some((whitelist::VALUE_REFUSED.id, "Amount".to_owned()));
    }
    if tx.get("SendMax").is_some()
        && ["currency", "issuer"].iter().any(|part| tx["SendMax"][part] != tx["Amount"][part])
    {
        return Some((whitelist::VALUE_REFUSED.id, "SendMax".to_owned()));
    }
    None
}

/// Puts a transaction before the signer's gate and compares with the document.
fn gate(tx: &Transaction, id: &str) -> &'static str {
    let verdict = Permitted::of(tx, tx.network_id().unwrap_or(0));
    match (verdict, gate_by_the_document(&tx.to_json())) {
        (Ok(_), None) => "permitted",
        (Err(error), Some((code, names))) => {
            assert_eq!(error.code().id, code, "{id}: {error}");
            assert!(
                names.split('|').any(|name| error.what().contains(name)),
                "{id}: {error} names none of {names}"
            );
            match code {
                code if code == whitelist::TYPE_REFUSED.id => "type not signed",
                code if code == whitelist::FIELD_REFUSED.id => "field not signed",
                code if code == whitelist::FLAG_REFUSED.id => "flag not signed",
                code if code == whitelist::NO_EXPIRY.id => "no expiry, not signed",
                _ => "value not signed",
            }
        }
        (verdict, wanted) => panic!("{id}: {verdict:?}, the document says {wanted:?}"),
    }
}

/// True when the error names a type or field that the table does not hold and that the transaction has.
fn names_the_unknown(error: &airlock::Error, tx: &Value) -> bool {
    let unknown_field = |tx: &Value| {
        tx.as_object().unwrap().keys().any(|name| Field::named(name).is_err() && error.what().contains(name))
    };
    (error.code() == &fields::UNKNOWN_FIELD && unknown_field(tx))
        || (error.code() == &transaction_type::UNKNOWN_TYPE
            && error.what().contains(text(tx, "TransactionType")))
}

fn tx_encode(input: &Value, expected: &Value, id: &str) -> (&'static str, Option<&'static str>) {
    let tx = match Transaction::from_json(&input["tx_json"]) {
        Ok(tx) => tx,
        Err(error) => {
            assert!(names_the_unknown(&error, &input["tx_json"]), "{id}: {error}");
            return ("outside the table, named", None);
        }
    };
    assert_eq!(upper(&tx.to_blob()), text(expected, "blob"), "{id}");
    assert_eq!(upper(&tx.signing_data()), text(expected, "signing_hex"), "{id}");
    if let Some(signer) = input["multisign_account"].as_str() {
        let data = tx.multi_signing_data(&signer.parse().unwrap());
        assert_eq!(upper(&data), text(expected, "multisign_signing_hex"), "{id}");
        let half = airlock::xrp::hash::sha512_half(&[&tx.signing_data()]);
        assert_eq!(upper(&half), text(expected, "signing_hash_sha512half"), "{id}");
    }
    assert_eq!(Transaction::from_blob(&tx.to_blob()).unwrap(), tx, "{id}");
    assert_eq!(Transaction::from_json(&tx.to_json()).unwrap(), tx, "{id}");
    ("equal bytes", Some(gate(&tx, id)))
}

/// The numbers of an unknown field, as the error must name them.
const UNKNOWN_IN_BLOBS: &[(&str, &str)] = &[
    ("decode-024", "type code 8, field code 24"),
    ("decode-026", "type code 6, field code 29"),
    ("decode-027", "type code 3, field code 20"),
    ("decode-028", "type code 3, field code 20"),
    ("decode-029", "type code 6, field code 25"),
    ("decode-030", "type code 6, field code 25"),
    ("decode-031", "type code 6, field code 26"),
    ("decode-032", "type code 6, field code 26"),
    ("decode-033", "type code 6, field code 12"),
    ("decode-034", "type code 7, field code 5"),
    ("decode-036", "type code 24, field code 3"),
    ("decode-037", "type code 7, field code 27"),
    ("decode-038", "type code 9, field code 3"),
    ("decode-040", "transaction type 86"),
];

fn decode(input: &Value, expected: &Value, id: &str) -> (&'static str, Option<&'static str>) {
    let blob = Vec::from_hex(text(input, "blob")).unwrap();
    match Transaction::from_blob(&blob) {
        Ok(tx) => {
            assert_eq!(tx.to_json(), expected["tx_json"], "{id}");
            assert_eq!(tx.to_blob(), blob, "{id}");
            let gate = gate(&tx, id);
            match tx.check_signatures() {
                Ok(()) => ("equal JSON", Some(gate)),
                Err(error) => {
                    // An old one has a high S, a fixture a made-up signature: read, never taken for signed.
                    assert_eq!(error.code(), &airlock::xrp::public_key::SIGNATURE, "{id}: {error}");
                    refused(Transaction::from_json(&expected["tx_json"]), id);
                    ("equal JSON, signature refused", Some(gate))
                }
            }
        }
        Err(error) => {
            let named = UNKNOWN_IN_BLOBS.iter().find(|(vector, _)| *vector == id).map(|(_, named)| *named);
            let named = named.unwrap_or_else(|| panic!("{id}: {error}"));
            assert!(error.what().contains(named), "{id}: {error}, wanted {named}");
            ("outside the table, named", None)
        }
    }
}

fn amount_json(input: &Value, expected: &Value, id: &str) {
    let amount = Amount::from_json(&input["amount"]).unwrap_or_else(|e| panic!("{id}: {e}"));
    assert_eq!(upper(&amount.to_bytes()), text(expected, "hex"), "{id}");
    assert_eq!(amount.to_json(), expected["canonical"], "{id}");
    let bytes = amount.to_bytes();
    let (read, rest) = Amount::split_from(&bytes).unwrap();
    assert_eq!((read, rest.len()), (amount, 0), "{id}");
}

fn field_id(input: &Value, expected: &Value, id: &str) -> &'static str {
    let name = text(input, "field");
    let code = |part: &str| u8::try_from(expected[part].as_u64().unwrap()).unwrap();
    let Ok(field) = Field::named(name) else {
        assert_eq!(name, "Asset", "{id}: a field of xrpl.md 5.4 is missing");
        let error = Field::coded(code("type_code"), code("field_code")).unwrap_err();
        assert!(error.what().contains("24.3"), "{id}: {error}");
        return "outside the table, named";
    };
    assert_eq!(upper(&field.header()), text(expected, "header_hex"), "{id}");
    assert_eq!(field.kind().code(), code("type_code"), "{id}");
    assert_eq!(field.code(), code("field_code"), "{id}");
    assert_eq!(field.is_signed(), expected["signing"].as_bool().unwrap(), "{id}");
    "equal"
}

fn x_address(input: &Value, expected: &Value, id: &str) {
    let account: AccountId = text(input, "classic_address").parse().unwrap();
    let tag = input["tag"].as_u64().map(|tag| u32::try_from(tag).unwrap());
    let x = XAddress { account, tag, test: input["testnet"].as_bool().unwrap() };
    assert_eq!(x.to_string(), text(expected, "x_address"), "{id}");
    assert_eq!(text(expected, "x_address").parse::<XAddress>().unwrap(), x, "{id}");
    assert_eq!(upper(&account.to_bytes()), text(expected, "account_id"), "{id}");
}

/// A currency of a payment path: the only place where XRP has a code.
fn currency(input: &Value, expected: &Value, id: &str) {
    let code = Currency::parse_in_path(text(input, "currency")).unwrap();
    assert_eq!(upper(&code.to_bytes()), text(expected, "hex"), "{id}");
    assert_eq!(Currency::in_path(code.to_bytes()).unwrap().to_string(), text(expected, "decoded"), "{id}");
}

/// No prefix of ours stands before these payloads, and no decoder of ours takes them for a transaction.
fn not_a_transaction(expected: &Value, id: &str) {
    use airlock::xrp::hash::{MULTI_SIGNING, SINGLE_SIGNING, TRANSACTION_ID};
    let payload = Vec::from_hex(text(expected, "signing_hex")).unwrap();
    for prefix in [SINGLE_SIGNING, MULTI_SIGNING, TRANSACTION_ID] {
        assert!(!payload.starts_with(&prefix), "{id}");
    }
    assert!(Transaction::from_blob(&payload).is_err(), "{id}");
    assert!(Transaction::from_blob(&payload[4..]).is_err(), "{id}");
    assert!(Transaction::from_json(&json!(text(expected, "signing_hex"))).is_err(), "{id}");
}

fn refused_secret<T>(result: airlock::Result<T>, id: &str) {
    assert!(result.is_err(), "{id} was taken");
}

fn algorithm(name: &str) -> Algorithm {
    [Algorithm::Secp256k1, Algorithm::Ed25519].into_iter().find(|known| known.name() == name).unwrap()
}

/// The public key of a private key as xrpl.js writes it, by the curve libraries alone.
fn public_of(private_key_hex: &str) -> String {
    let bytes = <[u8; 33]>::from_hex(private_key_hex).unwrap();
    let secret = <[u8; 32]>::try_from(&bytes[1..]).unwrap();
    match bytes[0] {
        0xED => {
            format!("ED{}", upper(ed25519_dalek::SigningKey::from_bytes(&secret).verifying_key().as_bytes()))
        }
        _ => upper(&SecretKey::from_slice(&secret).unwrap().public_key(&Secp256k1::new()).serialize()),
    }
}

fn keypair(input: &Value, expected: &Value, id: &str) {
    let algorithm = algorithm(text(input, "algorithm"));
    let parse = || FamilySeed::parse(text(input, "seed")).unwrap_or_else(|e| panic!("{id}: {e}"));
    if input.get("note").is_none() {
        assert_eq!(parse().algorithm(), algorithm, "{id}");
        assert!(parse().to_text().matches(text(input, "seed")), "{id}");
    }
    let mut entropy = <[u8; 16]>::from_hex(text(expected, "entropy_hex")).unwrap();
    let from_entropy = FamilySeed::new(Secret::take(&mut entropy), algorithm);
    for seed in [parse().with_algorithm(algorithm), from_entropy] {
        let key = seed.key(&Secp256k1::new()).unwrap();
        assert_eq!(key.public_key().to_string(), text(expected, "public_key"), "{id}");
        assert_eq!(upper(&key.account_id().to_bytes()), text(expected, "account_id"), "{id}");
        assert_eq!(key.account_id().to_string(), text(expected, "address"), "{id}");
    }
    assert_eq!(public_of(text(expected, "private_key_hex")), text(expected, "public_key"), "{id}");
}

fn bip44(input: &Value, expected: &Value, id: &str) {
    let secp = Secp256k1::new();
    let words = Mnemonic::parse(text(input, "mnemonic")).unwrap_or_else(|e| panic!("{id}: {e}"));
    assert!(words.to_text().matches(text(input, "mnemonic")), "{id}");
    let seed = words.seed(&SecretText::new(text(input, "passphrase").to_owned()));
    let master = ExtendedKey::master(&seed, bitcoin::Network::Bitcoin).unwrap();
    let key = XrpKey::at(&secp, &master, &text(input, "path").parse().unwrap()).unwrap();
    if text(input, "path") == "m/44'/144'/0'/0/0" {
        assert_eq!(XrpKey::bip44(&secp, &master, 0, 0).unwrap().public_key(), key.public_key(), "{id}");
    }
    assert_eq!(key.public_key().to_string(), text(expected, "public_key"), "{id}");
    assert_eq!(key.account_id().to_string(), text(expected, "address"), "{id}");
    assert_eq!(public_of(text(expected, "private_key_hex")), text(expected, "public_key"), "{id}");
}

fn entropy_of_both_algorithms(entropy: impl Fn() -> Secret<16>, expected: &Value, seed_name: &str, id: &str) {
    for algorithm in [Algorithm::Secp256k1, Algorithm::Ed25519] {
        let expected_of = &expected[algorithm.name()];
        let seed = FamilySeed::new(entropy(), algorithm);
        assert!(seed.to_text().matches(text(expected_of, seed_name)), "{id}");
        let mut bytes = <[u8; 16]>::from_hex(text(expected, "entropy_hex")).unwrap();
        let same = FamilySeed::new(Secret::take(&mut bytes), algorithm);
        assert!(same.to_text().matches(text(expected_of, seed_name)), "{id}");
        let key = seed.key(&Secp256k1::new()).unwrap();
        assert_eq!(key.account_id().to_string(), text(expected_of, "address"), "{id}");
    }
}

fn single(input: &Value, expected: &Value, id: &str) -> (&'static str, Option<&'static str>) {
    let unsigned = match Transaction::from_json(&input["tx_json"]) {
        Ok(unsigned) => unsigned,
        Err(error) => {
            assert!(names_the_unknown(&error, &input["tx_json"]), "{id}: {error}");
            return ("outside the table, named", None);
        }
    };
    let secp = Secp256k1::new();
    let seed = FamilySeed::parse(text(input, "seed")).unwrap();
    let key = seed.with_algorithm(algorithm(text(input, "algorithm"))).key(&secp).unwrap();
    let signed = xrp::sign_single(&secp, &key, &unsigned).unwrap_or_else(|e| panic!("{id}: {e}"));
    assert_eq!(unsigned.account().to_string(), text(expected, "account"), "{id}");
    assert_eq!(key.public_key().to_string(), text(expected, "signing_pub_key"), "{id}");
    assert_eq!(text(&signed.to_json(), "TxnSignature"), text(expected, "txn_signature"), "{id}");
    assert_eq!(upper(&signed.to_blob()), text(expected, "tx_blob"), "{id}");
    assert_eq!(upper(&signed.hash().unwrap()), text(expected, "hash"), "{id}");
    assert_eq!(Transaction::from_json(&signed.to_json()).unwrap(), signed, "{id}");
    assert!(xrp::sign_single(&secp, &key, &signed).is_err(), "{id}: signed twice");
    ("equal signature", Some(gate(&signed, id)))
}

fn multi(input: &Value, expected: &Value, id: &str) -> (&'static str, Option<&'static str>) {
    let unsigned = match Transaction::from_json(&input["tx_json"]) {
        Ok(unsigned) => unsigned,
        Err(error) => {
            assert!(names_the_unknown(&error, &input["tx_json"]), "{id}: {error}");
            return ("outside the table, named", None);
        }
    };
    let secp = Secp256k1::new();
    let mut signatures = Vec::new();
    for (index, seed) in input["seeds"].as_array().unwrap().iter().enumerate() {
        let key = FamilySeed::parse(seed.as_str().unwrap()).unwrap().key(&secp).unwrap();
        let account = match input["signer_accounts"].get(index) {
            Some(account) => account.as_str().unwrap().parse().unwrap(),
            None => key.account_id(),
        };
        let signature = xrp::sign_multi(&secp, &key, &account, &unsigned).unwrap();
        let of = &expected["signers"].as_array().unwrap();
        let of = of.iter().find(|signer| signer["Account"] == account.to_string()).unwrap();
        assert_eq!(signature.key.to_string(), text(of, "SigningPubKey"), "{id}");
        assert_eq!(upper(&signature.signature), text(of, "TxnSignature"), "{id}");
        let alone = unsigned.with_signers(std::slice::from_ref(&signature)).unwrap();
        assert_eq!(upper(&alone.to_blob()), text(of, "signer_blob"), "{id}");
        signatures.push(signature);
    }
    signatures.reverse();
    let signed = unsigned.with_signers(&signatures).unwrap_or_else(|e| panic!("{id}: {e}"));
    assert_eq!(upper(&signed.to_blob()), text(expected, "tx_blob"), "{id}");
    assert_eq!(upper(&signed.hash().unwrap()), text(expected, "hash"), "{id}");
    let order: Vec<_> = signed.to_json()["Signers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["Signer"]["Account"].clone())
        .collect();
    assert_eq!(Value::Array(order), expected["signer_order"], "{id}");
    ("equal signatures", Some(gate(&signed, id)))
}

fn refused<T: std::fmt::Debug, E>(result: Result<T, E>, id: &str) {
    if let Ok(value) = result {
        panic!("{id} was taken: {value:?}");
    }
}

fn run(vector: &Value) -> (&'static str, Option<&'static str>) {
    let (id, input, expected) = (text(vector, "id"), &vector["input"], &vector["expected"]);
    let outcome = match text(vector, "category") {
        "tx_encode" => return tx_encode(input, expected, id),
        "decode" => return decode(input, expected, id),
        "amounts" => {
            amount_json(input, expected, id);
            "equal"
        }
        "amounts_invalid" => {
            refused(Amount::from_json(&input["amount"]), id);
            "refused"
        }
        "currency" => {
            currency(input, expected, id);
            "equal"
        }
        "vl_prefix" => {
            let length = usize::try_from(input["length"].as_u64().unwrap()).unwrap();
            assert_eq!(upper(&object::length_prefix(length).unwrap()), text(expected, "prefix_hex"), "{id}");
            "equal"
        }
        "field_id" => field_id(input, expected, id),
        "x_address" => {
            x_address(input, expected, id);
            "equal"
        }
        "x_address_invalid" => {
            refused(text(input, "x_address").parse::<XAddress>(), id);
            "refused"
        }
        "classic_address" => {
            let account = AccountId::from_bytes(FromHex::from_hex(text(input, "account_id")).unwrap());
            assert_eq!(account.to_string(), text(expected, "classic_address"), "{id}");
            assert_eq!(text(expected, "classic_address").parse::<AccountId>().unwrap(), account, "{id}");
            "equal"
        }
        "classic_address_invalid" => {
            refused(text(input, "classic_address").parse::<AccountId>(), id);
            "refused"
        }
        "claim" | "batch_payload" => {
            not_a_transaction(expected, id);
            "cannot be signed"
        }
        "malformed_blob" => {
            let bytes = Vec::from_hex(text(input, "blob"));
            refused(bytes.map_err(|_| ()).and_then(|blob| Transaction::from_blob(&blob).map_err(|_| ())), id);
            "refused"
        }
        "malformed_tx" => {
            refused(Transaction::from_json(&input["tx_json"]), id);
            "refused"
        }
        "keypairs" => {
            keypair(input, expected, id);
            "equal"
        }
        "keypairs_invalid" => {
            refused_secret(FamilySeed::parse(text(input, "seed")), id);
            "refused"
        }
        "bip44" => {
            bip44(input, expected, id);
            "equal"
        }
        "bip44_invalid" => {
            refused_secret(Mnemonic::parse(text(input, "mnemonic")), id);
            "refused"
        }
        "secret_numbers" => {
            let entropy = || secret_numbers::parse(text(input, "secret_numbers")).unwrap();
            assert!(secret_numbers::to_text(&entropy()).matches(text(input, "secret_numbers")), "{id}");
            entropy_of_both_algorithms(entropy, expected, "family_seed", id);
            "equal"
        }
        "secret_numbers_invalid" => {
            refused_secret(secret_numbers::parse(text(input, "secret_numbers")), id);
            "refused"
        }
        "rfc1751" => {
            let entropy = || rfc1751::parse(text(input, "words")).unwrap();
            entropy_of_both_algorithms(entropy, expected, "seed", id);
            "equal"
        }
        "rfc1751_invalid" => {
            refused_secret(rfc1751::parse(text(input, "words")), id);
            "refused"
        }
        "sign_single" => return single(input, expected, id),
        "sign_multi" => return multi(input, expected, id),
        other => panic!("{id}: no test reads the category '{other}'"),
    };
    (outcome, None)
}

/// Runs all vectors of a file and gives the outcomes as lines: category, count, outcome.
fn outcomes(file: &str) -> String {
    let file = vectors(file);
    let vectors = file["vectors"].as_array().unwrap();
    let mut outcomes = Outcomes::new();
    for vector in vectors {
        let category = text(vector, "category");
        let (codec, gate) = run(vector);
        *outcomes.entry((category.to_owned(), codec)).or_default() += 1;
        if let Some(gate) = gate {
            *outcomes.entry((format!("{category}, signer's gate"), gate)).or_default() += 1;
        }
    }
    let mut per_category = BTreeMap::<&str, usize>::new();
    for vector in vectors {
        *per_category.entry(text(vector, "category")).or_default() += 1;
    }
    for (category, count) in per_category {
        let seen: usize = outcomes.iter().filter(|((of, _), _)| of == category).map(|(_, count)| count).sum();
        assert_eq!(seen, count, "{category}: not every vector of the file has an outcome");
    }
    outcomes.iter().map(|((category, outcome), count)| format!("{category}: {count} {outcome}\n")).collect()
}

#[test]
fn every_vector_ends_as_it_says() {
    let seen = outcomes("xrpl.json");
    print!("{seen}");
    assert_eq!(seen, EXPECTED);
}

#[test]
fn what_one_of_the_reference_libraries_takes_wrongly_is_refused() {
    let seen = outcomes("xrpl_strict.json");
    print!("{seen}");
    assert_eq!(seen, EXPECTED_STRICT);
}

const EXPECTED: &str = "\
amounts: 53 equal
amounts_invalid: 33 refused
batch_payload: 4 cannot be signed
bip44: 18 equal
bip44_invalid: 4 refused
claim: 4 cannot be signed
classic_address: 8 equal
classic_address_invalid: 8 refused
currency: 10 equal
decode: 23 equal JSON
decode: 2 equal JSON, signature refused
decode: 14 outside the table, named
decode, signer's gate: 2 field not signed
decode, signer's gate: 1 flag not signed
decode, signer's gate: 8 no expiry, not signed
decode, signer's gate: 8 permitted
decode, signer's gate: 5 type not signed
decode, signer's gate: 1 value not signed
field_id: 42 equal
field_id: 1 outside the table, named
keypairs: 50 equal
keypairs_invalid: 10 refused
malformed_blob: 37 refused
malformed_tx: 66 refused
rfc1751: 6 equal
rfc1751_invalid: 3 refused
secret_numbers: 14 equal
secret_numbers_invalid: 7 refused
sign_multi: 18 equal signatures
sign_multi: 2 outside the table, named
sign_multi, signer's gate: 1 field not signed
sign_multi, signer's gate: 4 no expiry, not signed
sign_multi, signer's gate: 9 permitted
sign_multi, signer's gate: 3 type not signed
sign_multi, signer's gate: 1 value not signed
sign_single: 105 equal signature
sign_single: 3 outside the table, named
sign_single, signer's gate: 12 field not signed
sign_single, signer's gate: 1 flag not signed
sign_single, signer's gate: 22 no expiry, not signed
sign_single, signer's gate: 48 permitted
sign_single, signer's gate: 18 type not signed
sign_single, signer's gate: 4 value not signed
tx_encode: 77 equal bytes
tx_encode: 3 outside the table, named
tx_encode, signer's gate: 11 field not signed
tx_encode, signer's gate: 13 flag not signed
tx_encode, signer's gate: 5 no expiry, not signed
tx_encode, signer's gate: 27 permitted
tx_encode, signer's gate: 18 type not signed
tx_encode, signer's gate: 3 value not signed
vl_prefix: 11 equal
x_address: 24 equal
x_address_invalid: 11 refused
";

const EXPECTED_STRICT: &str = "\
amounts_invalid: 11 refused
classic_address_invalid: 2 refused
malformed_blob: 13 refused
malformed_tx: 28 refused
secret_numbers_invalid: 2 refused
x_address_invalid: 2 refused
";
