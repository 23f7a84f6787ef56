use super::super::refusals::*;
use super::*;
use crate::amount::Quantity;
use crate::counterparty::asset::AssetId;
use crate::counterparty::carrier::{multisig, opreturn};
use crate::counterparty::message::{
    self, EnhancedSend, Issuance, Memo, Message, Mpma, MpmaSend, Other, Sweep,
};
use crate::request::{AssetPayee, RequestMemo};
use bitcoin::hashes::Hash as _;

fn rules() -> Rules {
    Rules::newest(Regtest)
}

pub(super) fn quantity(base_units: u64) -> Quantity {
    Quantity::new(base_units).unwrap()
}

pub(super) fn send(memo: Option<&[u8]>) -> Message {
    Message::EnhancedSend(EnhancedSend {
        asset: AssetId::XCP,
        quantity: quantity(150_000_000),
        destination: PAYEE.to_owned(),
        memo: memo.map(|memo| Memo::Unknown(memo.to_vec())),
    })
}

pub(super) fn asks(asset: &str, amount: &str, memo: Option<&str>) -> AssetPayee {
    AssetPayee {
        asset: asset.to_owned(),
        to: PAYEE.to_owned(),
        amount: amount.to_owned(),
        memo: memo.map(|memo| RequestMemo::Text(memo.to_owned())),
    }
}

/// The given outputs, made for the transaction's only input, between `before` and change to the source.
fn carrying(
    account: &BitcoinAccount,
    before: Vec<TxOut>,
    data: impl Fn(&bitcoin::Txid) -> Vec<TxOut>,
) -> Psbt {
    let previous = funding(account, 0, 100_000, 1);
    let mut outputs = before;
    outputs.extend(data(&previous.compute_txid()));
    outputs.push(output(account.script_pubkey(0, 0).unwrap(), 90_000));
    let mut psbt = unsigned(&[outpoint(&previous, 0)], outputs);
    prove(&mut psbt, 0, &previous, account, 0);
    psbt
}

pub(super) fn with_bytes(account: &BitcoinAccount, data: &[u8]) -> Psbt {
    carrying(account, vec![], |txid| vec![opreturn::encode(data, txid, 10_000).unwrap()])
}

pub(super) fn with_message(account: &BitcoinAccount, message: &Message) -> Psbt {
    with_bytes(account, &message::encode(message, &rules()).unwrap())
}

fn bundle(account: &BitcoinAccount, intent: Intent, psbt: Psbt) -> Contents {
    contents(vec![request("cold", intent)], vec![step(account, psbt)], vec![])
}

#[test]
fn shows_a_send_and_compares_it_with_the_request() {
    let cold = of(&accounts(), "cold");
    let psbt = with_message(&cold, &send(Some(b"order 7")));
    let asked = |payee| bundle(&cold, Intent::SendAsset { payee }, psbt.clone());
    let found = review(asked(asks("XCP", "1.5", Some("order 7")))).unwrap();
    assert_eq!(found.approval_text(), "1.5");
    let screen = found.screen().join("\n");
    assert!(screen.contains("sends 1.5 XCP (150000000 base units)"), "{screen}");
    assert!(screen.contains("| order 7") && screen.contains("memo in hex: 6f726465722037"), "{screen}");
    for wrong in
        [asks("XCP", "1.6", Some("order 7")), asks("XCP", "1.5", None), asks("XCP", "1.5", Some("order 8"))]
    {
        refused(review(asked(wrong)), &REQUEST_DIFFERS);
    }
}

#[test]
fn shows_hostile_memos_harmless_and_warns() {
    let cold = of(&accounts(), "cold");
    let found = bare(&with_message(&cold, &send(Some("pay\u{1b}[2K\nme\u{202e}".as_bytes())))).unwrap();
    assert!(codes(&found).contains(&"W-HOSTILE-TEXT"));
    assert!(found.screen().iter().all(|line| line.chars().all(|c| (' '..='~').contains(&c))));
    let raw = bare(&with_message(&cold, &send(Some(&[1, 2, 0xff])))).unwrap();
    assert!(!codes(&raw).contains(&"W-HOSTILE-TEXT"));
}

#[test]
fn refuses_trailing_bytes_and_other_spellings() {
    let cold = of(&accounts(), "cold");
    let data = message::encode(&send(None), &rules()).unwrap();
    assert!(bare(&with_bytes(&cold, &data)).is_ok());
    refused(bare(&with_bytes(&cold, &[&data[..], &[0]].concat())), &MESSAGE_FORM);
    let long_id = [&[0, 0, 0, 2], &data[1..]].concat();
    refused(bare(&with_bytes(&cold, &long_id)), &MESSAGE_FORM);
}

#[test]
fn refuses_unknown_messages_by_name() {
    let cold = of(&accounts(), "cold");
    for (id, name) in
        [(0, "send"), (10, "order"), (13, "dispense"), (50, "dividend"), (110, "destroy"), (99, "unknown")]
    {
        let data = message::encode(&Message::Other(Other { type_id: Some(id), body: vec![0; 40] }), &rules())
            .unwrap();
        assert!(refused(bare(&with_bytes(&cold, &data)), &MESSAGE_REFUSED).contains(name), "{id}");
    }
}

#[test]
fn refuses_a_second_op_return_and_foreign_data() {
    let cold = of(&accounts(), "cold");
    let data = message::encode(&send(None), &rules()).unwrap();
    let two = carrying(&cold, vec![], |txid| vec![opreturn::encode(&data, txid, 80).unwrap(); 2]);
    refused(bare(&two), &FOREIGN_DATA);
    let marker = carrying(&cold, vec![], |_| vec![opreturn::marker()]);
    refused(bare(&marker), &MESSAGE_REFUSED);
    let foreign =
        carrying(&cold, vec![], |_| vec![output(ScriptBuf::new_op_return(b"hello, this is no message"), 0)]);
    refused(bare(&foreign), &FOREIGN_DATA);
    let other_key =
        carrying(&cold, vec![], |_| vec![opreturn::encode(&data, &bitcoin::Txid::all_zeros(), 80).unwrap()]);
    refused(bare(&other_key), &FOREIGN_DATA);
    let burning = carrying(&cold, vec![], |txid| {
        vec![TxOut { value: Amount::from_sat(500), ..opreturn::encode(&data, txid, 80).unwrap() }]
    });
    refused(bare(&burning), &FOREIGN_DATA);
    let mut behind = with_message(&cold, &send(None));
    behind.unsigned_tx.output.swap(0, 1);
    refused(bare(&behind), &FOREIGN_DATA);
}

#[test]
fn refuses_a_payment_beside_a_message() {
    let cold = of(&accounts(), "cold");
    let data = message::encode(&send(None), &rules()).unwrap();
    let encode = |txid: &bitcoin::Txid| vec![opreturn::encode(&data, txid, 80).unwrap()];
    refused(bare(&carrying(&cold, vec![output(script(PAYEE), 1_000)], encode)), &FOREIGN_DATA);
    let mut behind = carrying(&cold, vec![], encode);
    behind.unsigned_tx.output[1].script_pubkey = script(PAYEE);
    refused(bare(&behind), &FOREIGN_DATA);
}

#[test]
fn multisig_data_must_hold_the_sources_own_key() {
    let accounts = accounts();
    let cold = of(&accounts, "cold");
    let data = message::encode(&send(Some(b"order 7")), &rules()).unwrap();
    let with_key = |key: Vec<u8>| -> Psbt {
        carrying(&cold, vec![], |txid| multisig::encode(&data, txid, &key, multisig::DUST).unwrap())
    };
    let found = bare(&with_key(cold.public_key(0, 0).unwrap().to_bytes())).unwrap();
    assert!(found.screen().join("\n").contains("1 output of data: 0.00001 BTC (1000 sat)"));
    let mut rich = with_key(cold.public_key(0, 0).unwrap().to_bytes());
    rich.unsigned_tx.output[0].value = Amount::from_sat(10_001);
    rich.unsigned_tx.output[1].value = Amount::from_sat(80_000);
    refused(bare(&rich), &FOREIGN_DATA);
    refused(bare(&with_key(cold.public_key(0, 1).unwrap().to_bytes())), &DATA_KEY);
}

#[test]
fn shows_every_mpma_recipient() {
    let cold = of(&accounts(), "cold");
    let sends: Vec<MpmaSend> = (0..5u32)
        .flat_map(|index| {
            let destination = of(&accounts(), "old").address(0, index).unwrap().to_string();
            let send = |asset, quantity_of| MpmaSend {
                asset,
                destination: destination.clone(),
                quantity: quantity(quantity_of),
                memo: (index == 2).then(|| Memo::Text("two".to_owned())),
            };
            [send(AssetId::XCP, 100 + u64::from(index)), send(AssetId::from_name("PEPECASH").unwrap(), 7)]
        })
        .collect();
    let batch = Message::Mpma(
        Mpma { sends: sends.clone(), memo: Some(Memo::Hex(vec![0xab])) }
            .in_reference_order(|send| send.asset.name()),
    );
    let payees: Vec<AssetPayee> = sends
        .iter()
        .map(|send| AssetPayee {
            asset: send.asset.name(),
            to: send.destination.clone(),
            amount: crate::amount::plain_units(
                send.quantity.to_base_units(),
                if send.asset == AssetId::XCP { 8 } else { 0 },
            ),
            memo: send.memo.as_ref().map(|_| RequestMemo::Text("two".to_owned())),
        })
        .collect();
    let intent = |payees| Intent::SendMany { payees, memo: Some(RequestMemo::Hex("AB".to_owned())) };
    let topics = || vec![Topic::Asset { name: "PEPECASH".to_owned(), longname: None, divisible: false }];
    let psbt = with_message(&cold, &batch);
    let with = |payees| {
        review(contents(vec![request("cold", intent(payees))], vec![step(&cold, psbt.clone())], topics()))
    };
    let found = with(payees.clone()).unwrap();
    let screen = found.screen().join("\n");
    for (index, send) in sends.iter().enumerate() {
        assert!(screen.contains(&format!("{} of 10", index + 1)) && screen.contains(&send.destination));
    }
    assert!(screen.contains("7 base units of PEPECASH (claimed indivisible: 7)"), "{screen}");
    assert!(screen.contains("35 base units of PEPECASH (claimed indivisible: 35) in 5 payments"));
    assert!(codes(&found).contains(&"W-CLAIMED-UNITS"));
    assert_eq!(found.approval_text().split(' ').next(), Some("10"));
    refused(with(payees.iter().skip(1).cloned().collect()), &REQUEST_DIFFERS);
    let mut other = payees;
    other[4].memo = None;
    refused(with(other), &REQUEST_DIFFERS);
}

#[test]
fn a_registered_asset_is_shown_in_units() {
    let cold = of(&accounts(), "cold");
    let asset = AssetId::from_name("PEPECASH").unwrap();
    let message = Message::EnhancedSend(EnhancedSend {
        asset,
        quantity: quantity(250_000_000),
        destination: PAYEE.to_owned(),
        memo: None,
    });
    let psbt = with_message(&cold, &message);
    let unproved = bare(&psbt).unwrap();
    assert_eq!(unproved.approval_text(), "250000000");
    assert!(unproved.headline().contains("250000000 base units of PEPECASH (divisibility unknown)"));
    let registry = [KnownAsset { name: "PEPECASH".to_owned(), longname: None, divisible: true }];
    let accounts = accounts();
    let book = Book { accounts: &accounts, assets: &registry, destinations: &[], authenticated: false };
    let proved = Review::of_psbt(&psbt, Regtest, &book).unwrap();
    assert_eq!(proved.approval_text(), "2.5");
    assert_eq!(codes(&proved), ["W-NOT-AUTHENTICATED"]);
}

#[test]
fn reviews_sweeps_options_and_transfers() {
    let cold = of(&accounts(), "cold");
    let sweep = |to: &str| Message::Sweep(Sweep { destination: to.to_owned(), flags: 3, memo: None });
    let found = bare(&with_message(&cold, &sweep(PAYEE))).unwrap();
    assert!(codes(&found).contains(&"W-IRREVERSIBLE"));
    assert_eq!(found.approval_text(), &PAYEE[PAYEE.len() - 6..]);
    let own = cold.address(0, 0).unwrap().to_string();
    refused(bare(&with_message(&cold, &sweep(&own))), &MESSAGE_REFUSED);

    let broadcast = |text: &str, fee_fraction: u64| {
        Message::Broadcast(message::Broadcast {
            timestamp: 1_795_000_000,
            value: message::Number::Integer(0),
            fee_fraction,
            text: text.to_owned(),
            mime_type: String::new(),
        })
    };
    assert!(bare(&with_message(&cold, &broadcast("OPTIONS 1", 0))).is_ok());
    for (text, fee) in [("OPTIONS 1", 5), ("options 1", 0), ("OPTIONS 01", 0), ("lock", 0), ("hello", 0)] {
        refused(bare(&with_message(&cold, &broadcast(text, fee))), &MESSAGE_REFUSED);
    }
}

#[test]
fn a_transfer_goes_to_exactly_one_output_before_the_data() {
    let cold = of(&accounts(), "cold");
    let issuance = |quantity_of: u64, lock: bool, description: Option<&str>| {
        let message = Message::Issuance(Issuance {
            asset: AssetId::from_name("PEPECASH").unwrap(),
            quantity: quantity(quantity_of),
            divisible: true,
            lock,
            reset: false,
            description: description.map(ToOwned::to_owned),
            mime_type: String::new(),
            longname: None,
        });
        message::encode(&message, &rules()).unwrap()
    };
    let paying = |data: Vec<u8>, owners: usize| {
        let before = vec![output(script(PAYEE), 546); owners];
        carrying(&cold, before, move |txid| vec![opreturn::encode(&data, txid, 80).unwrap()])
    };
    let good = paying(issuance(0, false, None), 1);
    let intent = Intent::TransferOwnership { asset: "PEPECASH".to_owned(), to: PAYEE.to_owned() };
    let found = review(bundle(&cold, intent, good)).unwrap();
    assert!(found.screen().join("\n").contains("gives the issuer right of PEPECASH away"));
    let mut rich = paying(issuance(0, false, None), 1);
    rich.unsigned_tx.output[0].value = Amount::from_sat(10_001);
    rich.unsigned_tx.output[2].value = Amount::from_sat(80_000);
    refused(bare(&rich), &FOREIGN_DATA);
    refused(bare(&paying(issuance(0, false, None), 0)), &MESSAGE_REFUSED);
    assert!(bare(&paying(issuance(0, false, None), 2)).is_err());
    for (quantity_of, lock, description) in [(1, false, None), (0, true, None), (0, false, Some(""))] {
        refused(bare(&paying(issuance(quantity_of, lock, description), 1)), &MESSAGE_REFUSED);
    }
}

#[test]
fn says_when_a_required_memo_is_missing() {
    let cold = of(&accounts(), "cold");
    let topics = vec![Topic::MemoRequired { address: PAYEE.to_owned(), required: true }];
    let payee = asks("XCP", "1.5", None);
    let psbt = with_message(&cold, &send(None));
    let found =
        review(contents(vec![request("cold", Intent::SendAsset { payee })], vec![step(&cold, psbt)], topics))
            .unwrap();
    assert!(codes(&found).contains(&"W-MISSING-MEMO"));
}

#[test]
fn refuses_the_old_layout_where_the_new_one_is_in_force() {
    let cold = of(&accounts(), "cold");
    let legacy = [&[2u8][..], &1u64.to_be_bytes(), &150_000_000u64.to_be_bytes(), &[0x80], &[7; 20]].concat();
    refused(bare(&with_bytes(&cold, &legacy)), &MESSAGE_FORM);
}
