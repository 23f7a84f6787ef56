//! Counterparty messages that say more, or something else, than is shown.

use airlock::account::ScriptKind;
use airlock::amount::Quantity;
use airlock::bundle::{Contents, Topic};
use airlock::counterparty::arc4;
use airlock::counterparty::asset::AssetId;
use airlock::counterparty::carrier::opreturn;
use airlock::counterparty::message::framing::PREFIX;
use airlock::counterparty::message::{self, Issuance, Message, Mpma, MpmaSend};
use airlock::counterparty::rules::Rules;
use airlock::counterparty::transaction::{self, Options, Reading};
use airlock::network::BitcoinNetwork::{Mainnet, Regtest};
use airlock::request::{AssetPayee, Encoding, Intent};
use airlock::review::Effect;
use airlock::review::refusals::{
    DATA_KEY, FOREIGN_DATA, MESSAGE_FORM, MESSAGE_REFUSED, OUTPUT_KIND, REQUEST_DIFFERS,
};
use airlock_tests::forge::{
    add_output, address, back, claim, coin, output, pays, psbt, refused, stranger, stranger_key,
};
use bitcoin::hashes::Hash as _;
use bitcoin::{Amount, PubkeyHash, ScriptBuf};
use proptest::prelude::*;

use crate::{VAULT, attack, attack_any, screen};

/// Puts other message bytes into the OP_RETURN.
fn put(contents: &mut Contents, data: &[u8]) {
    contents.steps[0] = VAULT.step("store", VAULT.carrying("store", data));
}

#[test]
fn refuses_unknown_message() {
    let honest = VAULT.send("store", "order 7");
    // Order, bet, dispenser, destroy, attach, detach, dispense, cancel; ids that nobody knows; legacy send.
    for id in [10, 12, 13, 20, 30, 40, 50, 60, 70, 80, 90, 91, 100, 101, 102, 110, 120, 121, 199, 200, 255] {
        let honest = honest.clone();
        VAULT.sign(&honest).unwrap();
        let mut forged = honest;
        put(&mut forged, &[vec![id], vec![0; 24]].concat());
        let code = VAULT.sign(&forged).unwrap_err().code().id;
        assert!([MESSAGE_REFUSED.id, MESSAGE_FORM.id].contains(&code), "{id}: {code}");
    }
    attack(&honest, &MESSAGE_REFUSED, |contents| put(contents, &[&[10][..], &[0; 42]].concat()));
}

#[test]
fn refuses_trailing_bytes() {
    let honest = VAULT.send("store", "order 7");
    let data = VAULT.send_bytes("store", "order 7");
    for tail in [&[0][..], &[0; 4], &[0xff; 20]] {
        let mut forged = honest.clone();
        put(&mut forged, &[&data[..], tail].concat());
        let code = VAULT.sign(&forged).unwrap_err().code().id;
        assert!([MESSAGE_REFUSED.id, MESSAGE_FORM.id].contains(&code), "{tail:?}: {code}");
    }
    // The type id in four bytes: the ledger reads the same, but it is not the usual form.
    attack(&honest, &MESSAGE_FORM, |contents| put(contents, &[&[0, 0, 0][..], &data].concat()));
    for length in 1..data.len() {
        let mut forged = honest.clone();
        put(&mut forged, &data[..length]);
        assert!(VAULT.sign(&forged).is_err(), "cut to {length} bytes");
    }
}

/// Every bit of the message that is flipped shows in the effects or refuses: nothing is signed as asked for.
#[test]
fn refuses_every_single_bit_of_the_message_changed() {
    let honest = VAULT.send("store", "order 7");
    VAULT.sign(&honest).unwrap();
    let data = VAULT.send_bytes("store", "order 7");
    for bit in 0..data.len() * 8 {
        let mut flipped = data.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let mut forged = honest.clone();
        put(&mut forged, &flipped);
        assert!(VAULT.review(&forged).is_err(), "bit {bit}");
    }
}

#[test]
fn refuses_a_message_for_another_first_input() {
    let first = coin(VAULT.account("store"), 3, 7_777, 8).compute_txid();
    attack(&VAULT.send("store", "order 7"), &FOREIGN_DATA, |contents| {
        let data = VAULT.send_bytes("store", "order 7");
        psbt(contents, 0).unsigned_tx.output[0] = opreturn::encode(&data, &first, 80).unwrap();
    });
}

fn batch(rows: u8) -> (Contents, Vec<MpmaSend>) {
    let sends: Vec<MpmaSend> = (0..rows)
        .map(|row| MpmaSend {
            asset: if row % 3 == 0 { AssetId::XCP } else { AssetId::from_name("PEPECASH").unwrap() },
            destination: address(&ScriptBuf::new_p2pkh(&PubkeyHash::from_byte_array([row; 20])), Regtest),
            quantity: Quantity::new(u64::from(row) + 1).unwrap(),
            memo: None,
        })
        .collect();
    let payees = sends
        .iter()
        .map(|send| AssetPayee {
            asset: send.asset.name(),
            to: send.destination.clone(),
            amount: match send.asset == AssetId::XCP {
                true => format!("0.{:08}", send.quantity.to_base_units()),
                false => send.quantity.to_base_units().to_string(),
            },
            memo: None,
        })
        .collect();
    let psbt = VAULT.carrying("store", &mpma(&sends));
    let mut contents =
        VAULT.bundle("store", Intent::SendMany { payees, memo: None }, vec![VAULT.step("store", psbt)]);
    contents
        .assumptions
        .push(Topic::Asset { name: "PEPECASH".to_owned(), longname: None, divisible: false }.into());
    (contents, sends)
}

fn mpma(sends: &[MpmaSend]) -> Vec<u8> {
    let message = Message::Mpma(Mpma { sends: sends.to_vec(), memo: None });
    message::encode(&message, &Rules::newest(Regtest)).unwrap()
}

#[test]
fn shows_every_mpma_recipient() {
    let (honest, sends) = batch(20);
    let shown = screen(&honest);
    for send in &sends {
        assert!(shown.contains(&format!("to {}", send.destination)), "{}", send.destination);
    }
    assert!(shown.contains("20 of 20"));
    // A hidden recipient, a hidden asset, a row less, another quantity, two swapped.
    let mut more = sends.clone();
    more.push(MpmaSend {
        destination: address(&stranger(ScriptKind::Pkh, Regtest), Regtest),
        ..sends[1].clone()
    });
    let mut less = sends.clone();
    less.pop();
    let mut other = sends.clone();
    other[4].quantity = Quantity::new(6).unwrap();
    let mut swapped = sends.clone();
    swapped[0].destination = sends[1].destination.clone();
    swapped[1].destination = sends[0].destination.clone();
    let mut asset = sends.clone();
    asset[1].asset = AssetId::from_name("RAREPEPE").unwrap();
    for forged in [more, less, other, swapped, asset] {
        attack(&honest, &REQUEST_DIFFERS, |contents| put(contents, &mpma(&forged)));
    }
    // Bits that no row uses, and every bit of the table and the rows.
    let data = mpma(&sends);
    let mut forged = honest.clone();
    put(&mut forged, &[&data[..], &[0]].concat());
    assert!(VAULT.review(&forged).is_err());
    for bit in 0..data.len() * 8 {
        let mut flipped = data.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        put(&mut forged, &flipped);
        assert!(VAULT.review(&forged).is_err(), "bit {bit}");
    }
}

#[test]
fn shows_raw_units_without_proof() {
    let (mut honest, _) = batch(2);
    let shown = screen(&honest);
    assert!(shown.contains("2 base units of PEPECASH") && shown.contains("W-CLAIMED-UNITS"), "{shown}");
    // The same bytes with a lie about divisibility: the request no longer says the same, or the base units stay.
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        contents.assumptions.pop();
        let name = "PEPECASH".to_owned();
        contents.assumptions.push(Topic::Asset { name, longname: None, divisible: true }.into());
    });
    let Intent::SendMany { payees, .. } = &mut honest.requests[0].intent else { panic!("a batch") };
    payees[1].amount = "0.00000002".to_owned();
    honest.assumptions.pop();
    let name = "PEPECASH".to_owned();
    honest.assumptions.push(Topic::Asset { name, longname: None, divisible: true }.into());
    assert!(screen(&honest).contains("2 base units of PEPECASH"));
}

/// Another asset whose claimed long name is the name of the asset that is asked for.
#[test]
fn a_claimed_longname_cannot_take_the_place_of_a_name() {
    for longname in ["XCP", "PEPECASH"] {
        let (honest, mut sends) = batch(2);
        attack(&honest, &REQUEST_DIFFERS, |contents| {
            let index = usize::from(longname == "PEPECASH");
            sends[index].asset = AssetId::from_name("A95428956661682177").unwrap();
            put(contents, &mpma(&sends));
            let name = "A95428956661682177".to_owned();
            let longname = Some(longname.to_owned());
            contents.assumptions.push(Topic::Asset { name, longname, divisible: index == 0 }.into());
        });
    }
}

#[test]
fn refuses_a_payment_beside_a_message() {
    let honest = VAULT.send("store", "order 7");
    let to = stranger(ScriptKind::Wpkh, Regtest);
    attack_any(&honest, &[&FOREIGN_DATA, &MESSAGE_REFUSED], |contents| {
        psbt(contents, 0).unsigned_tx.output[1].value = Amount::from_sat(50_000);
        add_output(psbt(contents, 0), output(to.clone(), 49_000));
    });
    attack_any(&honest, &[&FOREIGN_DATA, &MESSAGE_REFUSED], |contents| {
        psbt(contents, 0).unsigned_tx.output[1].value = Amount::from_sat(50_000);
        add_output(psbt(contents, 0), output(to.clone(), 49_000));
        psbt(contents, 0).unsigned_tx.output.swap(0, 2);
    });
    // Change in front of the data becomes the destination of some messages.
    attack_any(&honest, &[&FOREIGN_DATA, &MESSAGE_REFUSED], |contents| {
        psbt(contents, 0).unsigned_tx.output.swap(0, 1);
    });
}

#[test]
fn multisig_data_must_hold_our_own_key() {
    let own = VAULT.account("store").public_key(0, 0).unwrap().to_bytes();
    let honest = VAULT.multisig_send("store", "order 7", &own);
    let foreign = stranger_key().to_bytes();
    attack(&honest, &DATA_KEY, |contents| {
        *contents = VAULT.multisig_send("store", "order 7", &foreign);
    });
    attack(&honest, &DATA_KEY, |contents| {
        let other = VAULT.account("store").public_key(0, 1).unwrap().to_bytes();
        *contents = VAULT.multisig_send("store", "order 7", &other);
    });
    // A stranger's multisig beside ours, and more bitcoin on the data than it needs.
    let script = VAULT.multisig_send("store", "order 8", &foreign);
    let script = psbt(&mut script.clone(), 0).unsigned_tx.output[0].clone();
    let mut forged = honest.clone();
    add_output(psbt(&mut forged, 0), script);
    let code = VAULT.sign(&forged).unwrap_err().code().id;
    assert!([FOREIGN_DATA.id, OUTPUT_KIND.id, MESSAGE_FORM.id].contains(&code), "{code}");
    attack(&honest, &FOREIGN_DATA, |contents| {
        psbt(contents, 0).unsigned_tx.output[0].value = Amount::from_sat(60_000);
        let last = psbt(contents, 0).unsigned_tx.output.last_mut().unwrap();
        last.value = Amount::from_sat(30_000);
    });
}

#[test]
fn refuses_another_carrier_than_the_one_asked_for() {
    let mut honest = VAULT.send("store", "order 7");
    honest.requests[0].encoding = Some(Encoding::OpReturn);
    let own = VAULT.account("store").public_key(0, 0).unwrap().to_bytes();
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        contents.steps = VAULT.multisig_send("store", "order 7", &own).steps;
    });
}

/// Ownership moves to the output before the data; bitcoin on it is a gift that no amount on the screen counts.
#[test]
fn a_transfer_of_ownership_carries_no_bitcoin_of_weight() {
    let issuance = Issuance {
        asset: AssetId::from_name("PEPECASH").unwrap(),
        quantity: Quantity::new(0).unwrap(),
        divisible: false,
        lock: false,
        reset: false,
        description: None,
        mime_type: String::new(),
        longname: None,
    };
    let data = message::encode(&Message::Issuance(issuance), &Rules::newest(Regtest)).unwrap();
    let owner = stranger(ScriptKind::Wpkh, Regtest);
    let intent = Intent::TransferOwnership { asset: "PEPECASH".to_owned(), to: address(&owner, Regtest) };
    let mut psbt_of = VAULT.carrying("store", &data);
    psbt_of.unsigned_tx.output[1] = back(VAULT.account("store"), 98_000);
    psbt_of.unsigned_tx.output.insert(0, output(owner, 546));
    psbt_of.outputs.push(bitcoin::psbt::Output::default());
    let honest = VAULT.bundle("store", intent, vec![VAULT.step("store", psbt_of)]);
    attack(&honest, &FOREIGN_DATA, |contents| {
        psbt(contents, 0).unsigned_tx.output[0].value = Amount::from_sat(60_000);
        psbt(contents, 0).unsigned_tx.output[2].value = Amount::from_sat(38_000);
    });
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        psbt(contents, 0).unsigned_tx.output[0].script_pubkey = stranger(ScriptKind::Pkh, Regtest);
    });
}

/// A message hidden in the hashes of P2PKH payees is read by the ledger at every height. The claimed height is a lie
/// that makes an output of our own unreadable, and with it, as it seems, the whole transaction.
#[test]
fn a_false_height_cannot_hide_a_message_in_payments() {
    let account = VAULT.account("main");
    let first = coin(account, 0, 100_000, 1).compute_txid();
    let data = VAULT.send_bytes_under(&Rules::newest(Mainnet), "");
    let payees: Vec<ScriptBuf> = data
        .chunks(11)
        .map(|chunk| {
            let mut block = vec![u8::try_from(PREFIX.len() + chunk.len()).unwrap()];
            block.extend_from_slice(PREFIX);
            block.extend_from_slice(chunk);
            block.resize(20, 0);
            let hash = arc4::crypt(&arc4::key(&first), &block);
            ScriptBuf::new_p2pkh(&PubkeyHash::from_slice(&hash).unwrap())
        })
        .collect();
    let own = VAULT.account("main-tap");
    let bundle = |payees: &[ScriptBuf], height| {
        let mut outputs: Vec<_> = payees.iter().map(|script| output(script.clone(), 10_000)).collect();
        outputs.push(output(own.script_pubkey(0, 0).unwrap(), 10_000));
        let mut psbt = VAULT.spending("main", outputs);
        claim(&mut psbt, payees.len(), own, 0, 0);
        add_output(&mut psbt, back(account, 89_000 - 10_000 * u64::try_from(payees.len()).unwrap()));
        let mut asked: Vec<(String, &str)> =
            payees.iter().map(|script| (address(script, Mainnet), "0.0001")).collect();
        asked.push((own.address(0, 0).unwrap().to_string(), "0.0001"));
        let mut contents = VAULT.bundle("main", pays(&asked), vec![VAULT.step("main", psbt)]);
        contents.assumptions = vec![Topic::BitcoinHeight { height }.into()];
        contents
    };
    let honest: Vec<ScriptBuf> = (0..payees.len())
        .map(|n| ScriptBuf::new_p2pkh(&PubkeyHash::from_byte_array([u8::try_from(n).unwrap(); 20])))
        .collect();
    VAULT.sign(&bundle(&honest, 950_000)).unwrap();
    let mut forged = bundle(&payees, 950_000);
    // The ledger reads the send: this is a theft when it is signed.
    let options = Options { assume_signed: true, open_dispensers: &[] };
    let tx = psbt(&mut forged, 0).unsigned_tx.clone();
    let read = transaction::decode(&tx, &|_| None, &Rules::newest(Mainnet), &options);
    let Reading::Seen(read) = read else { panic!("{read:?}") };
    assert!(matches!(read.message, Some(Message::EnhancedSend(_))), "{read:?}");
    refused(VAULT.sign(&forged), &FOREIGN_DATA);
    for height in [600_000, 800_000, 901_998] {
        refused(VAULT.sign(&bundle(&payees, height)), &FOREIGN_DATA);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 40, ..ProptestConfig::default() })]

    /// Every row that was encoded is an effect of the review, and nothing else is.
    #[test]
    fn decode_lists_what_encode_put(
        rows in prop::collection::vec((17_576u64..95_428_956_661_682_176, any::<[u8; 20]>(), 1u64..1 << 40), 2..30),
    ) {
        let mut seen = std::collections::BTreeSet::new();
        let sends: Vec<MpmaSend> = rows
            .into_iter()
            .map(|(asset, hash, units)| MpmaSend {
                asset: AssetId::new(asset).unwrap(),
                destination: address(&ScriptBuf::new_p2pkh(&PubkeyHash::from_byte_array(hash)), Regtest),
                quantity: Quantity::new(units).unwrap(),
                memo: None,
            })
            .filter(|send| seen.insert((send.asset, send.destination.clone())))
            .collect();
        prop_assume!(sends.len() > 1);
        let sends = Mpma { sends, memo: None }.in_reference_order(|send| send.asset.name()).sends;
        let payees = sends.iter().map(|send| AssetPayee {
            asset: send.asset.name(),
            to: send.destination.clone(),
            amount: send.quantity.to_base_units().to_string(),
            memo: None,
        });
        let intent = Intent::SendMany { payees: payees.collect(), memo: None };
        let step = VAULT.step("store", VAULT.carrying("store", &mpma(&sends)));
        let mut contents = VAULT.bundle("store", intent, vec![step]);
        for asset in sends.iter().map(|send| send.asset.name()).collect::<std::collections::BTreeSet<_>>() {
            contents.assumptions.push(Topic::Asset { name: asset, longname: None, divisible: false }.into());
        }
        let review = VAULT.review(&contents).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let listed: Vec<_> = review
            .effects()
            .into_iter()
            .map(|effect| match effect {
                Effect::SendsAsset { asset, quantity, to, memo: None } => (*asset, to.clone(), *quantity),
                other => panic!("{other:?}"),
            })
            .collect();
        let put: Vec<_> = sends.iter().map(|send| (send.asset, send.destination.clone(), send.quantity)).collect();
        prop_assert_eq!(listed, put);
    }
}
