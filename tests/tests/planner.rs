//! Planning: what is planned is what was asked, the signer accepts it, and bad input is refused by name.

use airlock::account::{Account, BitcoinAccount, Holds, Rail, Role, ScriptKind, XrpAccount};
use airlock::bundle::verify::FinalTransaction;
use airlock::bundle::{Artefact, Bundle, Step};
use airlock::counterparty::message::Message;
use airlock::counterparty::rules::Rules;
use airlock::counterparty::transaction::{self, Reading};
use airlock::network::BitcoinNetwork;
use airlock::request::{AssetPayee, BitcoinPayee, Encoding, Intent, Request, RequestMemo};
use airlock::review::refusals::NOT_READ;
use airlock::review::{Book, Review};
use airlock::snapshot::Snapshot;
use airlock::time::Moment;
use airlock::xrp::{PublicKey, XAddress};
use airlock_online::plan::{self, Options, Plan, Verdict, plan};
use airlock_tests::consensus::execute;
use airlock_tests::treasury::Treasury;
use airlock_tests::{vectors, workspace_root};
use bitcoin::bip32::{DerivationPath, Xpub};
use bitcoin::hex::FromHex as _;
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::{Address, Amount, NetworkKind, Psbt, Sequence, Transaction, Txid, Witness};

const KINDS: [(&str, ScriptKind, &str, Role, Holds); 4] = [
    ("cold", ScriptKind::Wpkh, "wpkh", Role::Cold, Holds::Assets),
    ("float", ScriptKind::Tr, "tr", Role::Hot, Holds::BitcoinOnly),
    ("legacy", ScriptKind::Pkh, "pkh", Role::Holding, Holds::Assets),
    ("nested", ScriptKind::ShWpkh, "shwpkh", Role::Warm, Holds::Assets),
];

fn accounts_on(network: BitcoinNetwork) -> Vec<Account> {
    let golden = vectors("golden.json");
    let mut accounts: Vec<Account> = KINDS
        .iter()
        .map(|(name, kind, key, role, holds)| {
            let mut xpub: Xpub = golden["meta"]["xpubs"][key].as_str().unwrap().parse().unwrap();
            if network == BitcoinNetwork::Mainnet {
                xpub.network = NetworkKind::Main;
            }
            let path: DerivationPath = golden["meta"]["accounts"][key].as_str().unwrap().parse().unwrap();
            let fingerprint = golden["meta"]["master_fingerprint"].as_str().unwrap().parse().unwrap();
            let side = BitcoinAccount::new(*kind, network, fingerprint, &path, xpub).unwrap();
            Account { name: name.parse().unwrap(), role: *role, holds: *holds, rail: Rail::Bitcoin(side) }
        })
        .collect();
    let key = "031D68BC1A142E6766B2BDFB006CCFE135EF2E0E2E94ABB5CF5C9AB6104776FBAE";
    let key = PublicKey::from_slice(&Vec::from_hex(key).unwrap()).unwrap();
    accounts.push(Account {
        name: "xrp-cold".parse().unwrap(),
        role: Role::Cold,
        holds: Holds::default(),
        rail: Rail::Xrp(XrpAccount::new(1, key)),
    });
    accounts
}

fn accounts() -> Vec<Account> {
    accounts_on(BitcoinNetwork::Regtest)
}

fn snapshot() -> Snapshot {
    let path = workspace_root().join("vectors/demo/snapshot.json");
    Snapshot::decode(&std::fs::read(path).unwrap()).unwrap()
}

/// The demo's snapshot as if all of it had happened on mainnet, at a height.
fn on_mainnet(height: u32) -> (Snapshot, Vec<Account>) {
    let mut snapshot = snapshot();
    let facts = snapshot.bitcoin.as_mut().unwrap();
    facts.network = BitcoinNetwork::Mainnet;
    facts.height = height;
    let ledger = snapshot.counterparty.as_mut().unwrap();
    ledger.height = height;
    for row in &mut ledger.balances {
        row.address = mainnet(&row.address);
    }
    for row in &mut ledger.addresses {
        row.address = mainnet(&row.address);
    }
    for asset in &mut ledger.assets {
        asset.owner = asset.owner.as_deref().map(mainnet);
    }
    (snapshot, accounts_on(BitcoinNetwork::Mainnet))
}

fn mainnet(address: &str) -> String {
    let script = address.parse::<Address<_>>().unwrap().assume_checked().script_pubkey();
    Address::from_script(&script, bitcoin::Network::Bitcoin).unwrap().to_string()
}

fn request(from: &str, intent: Intent) -> Request {
    Request {
        from: from.parse().unwrap(),
        reference: None,
        intent,
        fee_rate: None,
        fee_drops: None,
        encoding: None,
    }
}

fn with_encoding(mut request: Request, encoding: Encoding) -> Request {
    request.encoding = Some(encoding);
    request
}

fn payee(asset: &str, to: &str, amount: &str) -> AssetPayee {
    AssetPayee { asset: asset.into(), to: to.into(), amount: amount.into(), memo: None }
}

fn send(from: &str, asset: &str, to: &str, amount: &str) -> Request {
    request(from, Intent::SendAsset { payee: payee(asset, to, amount) })
}

fn pay(from: &str, to: &str, amount: &str) -> Request {
    let payees = vec![BitcoinPayee { to: to.into(), amount: amount.into() }];
    request(from, Intent::SendBitcoin { payees })
}

fn xrp(to: &str, tag: Option<u32>, amount: &str) -> Request {
    request("cold", Intent::SendXrp { to: to.into(), tag, amount: amount.into() })
}

/// Recipients that nobody has keys for, P2WPKH.
fn recipient(number: u8) -> String {
    let program = bitcoin::WitnessProgram::new(bitcoin::WitnessVersion::V0, &[number; 20]).unwrap();
    Address::from_witness_program(program, bitcoin::Network::Regtest).to_string()
}

fn p2tr() -> String {
    let program = bitcoin::WitnessProgram::new(bitcoin::WitnessVersion::V1, &[7; 32]).unwrap();
    Address::from_witness_program(program, bitcoin::Network::Regtest).to_string()
}

fn batch(from: &str, asset: &str, rows: u8) -> Request {
    let payees = (1..=rows).map(|row| payee(asset, &recipient(row), "1")).collect();
    request(from, Intent::SendMany { payees, memo: Some(RequestMemo::Text("monthly".into())) })
}

fn planned(requests: &[Request]) -> Plan {
    plan(requests, &snapshot(), &accounts(), &Options::default()).unwrap()
}

fn code(requests: &[Request], snapshot: &Snapshot) -> &'static str {
    match plan(requests, snapshot, &accounts(), &Options::default()) {
        Ok(_) => "planned",
        Err(error) => error.code().id,
    }
}

fn psbt(step: &Step) -> &Psbt {
    match &step.artefact {
        Artefact::Psbt(psbt) => psbt,
        Artefact::TxJson(_) => panic!("an XRP step"),
    }
}

fn tx_json(step: &Step) -> &serde_json::Map<String, serde_json::Value> {
    match &step.artefact {
        Artefact::TxJson(tx_json) => tx_json,
        Artefact::Psbt(_) => panic!("a Bitcoin step"),
    }
}

fn review(bundle: &Bundle, accounts: &[Account]) -> airlock::Result<Review> {
    let book = Book { accounts, assets: &[], destinations: &[], authenticated: true };
    Review::of_bundle(bundle, &book, bundle.contents().created)
}

/// The transaction as it will be once signed, with signatures of zeros of the size that the signer gives.
fn as_signed(psbt: &Psbt) -> Transaction {
    let mut tx = psbt.unsigned_tx.clone();
    let ecdsa = [vec![0x30], vec![0; 70]].concat();
    for (input, fields) in tx.input.iter_mut().zip(&psbt.inputs) {
        let push = |bytes: &[u8]| PushBytesBuf::try_from(bytes.to_vec()).unwrap();
        let key = fields.bip32_derivation.keys().next().map(|key| key.serialize());
        if let Some((control, (leaf, _))) = fields.tap_scripts.iter().next() {
            input.witness = Witness::from_slice(&[vec![0; 64], leaf.to_bytes(), control.serialize()]);
        } else if fields.tap_internal_key.is_some() {
            input.witness = Witness::from_slice(&[[0; 64]]);
        } else if let Some(redeem) = fields.redeem_script.as_ref().filter(|script| !script.is_p2wpkh()) {
            input.script_sig =
                Builder::new().push_slice(push(&ecdsa)).push_slice(push(redeem.as_bytes())).into_script();
        } else if fields.witness_utxo.is_some() {
            input.witness = Witness::from_slice(&[ecdsa.clone(), key.unwrap().to_vec()]);
            if let Some(redeem) = &fields.redeem_script {
                input.script_sig = Builder::new().push_slice(push(redeem.as_bytes())).into_script();
            }
        } else {
            input.script_sig =
                Builder::new().push_slice(push(&ecdsa)).push_slice(push(&key.unwrap())).into_script();
        }
    }
    tx
}

/// What the ledger reads in the last of these steps. A template is filled in as the signer does.
fn read_by_ledger(steps: &[Step], rules: &Rules) -> transaction::Decoded {
    let mut signed: Vec<Option<Transaction>> = Vec::new();
    for step in steps {
        let filled = airlock::bundle::template::fill(psbt(step), &step.links, &signed).unwrap();
        signed.push(Some(as_signed(&filled)));
    }
    let last = signed.pop().flatten().unwrap();
    let coins = snapshot().bitcoin.unwrap().coins;
    let previous: Vec<Transaction> = signed
        .into_iter()
        .flatten()
        .chain(coins.iter().map(|coin| bitcoin::consensus::encode::deserialize_hex(&coin.prev_tx).unwrap()))
        .collect();
    let lookup = |txid: &Txid| previous.iter().find(|tx| tx.compute_txid() == *txid);
    let options = transaction::Options { assume_signed: true, ..transaction::Options::default() };
    match transaction::decode(&last, &lookup, rules, &options) {
        Reading::Seen(decoded) => *decoded,
        Reading::NotSeen(reason) => panic!("not seen: {}", reason.name()),
    }
}

fn fee_of(psbt: &Psbt) -> Amount {
    let spent: u64 = psbt
        .inputs
        .iter()
        .zip(&psbt.unsigned_tx.input)
        .map(|(input, txin)| match (&input.non_witness_utxo, &input.witness_utxo) {
            (Some(tx), _) => tx.output[txin.previous_output.vout as usize].value.to_sat(),
            (None, Some(output)) => output.value.to_sat(),
            (None, None) => panic!("no amount"),
        })
        .sum();
    let paid: u64 = psbt.unsigned_tx.output.iter().map(|output| output.value.to_sat()).sum();
    Amount::from_sat(spent - paid)
}

#[test]
fn the_demo_is_planned_and_the_signer_accepts_it() {
    let text = std::fs::read(workspace_root().join("vectors/demo/requests.json")).unwrap();
    let mut requests: Vec<Request> = airlock::json::parse_as(&text).unwrap();
    let list = std::fs::read(workspace_root().join("vectors/demo/payouts.csv")).unwrap();
    let rows = airlock_online::payouts::read(&list).unwrap();
    assert_eq!(rows.len(), 20);
    let payouts = airlock_online::payouts::requests(
        &"cold".parse().unwrap(),
        rows,
        Some("3.5".into()),
        Some(Encoding::Taproot),
    );
    requests.extend(payouts);
    let accounts = accounts();
    let plan = planned(&requests);
    assert_eq!(plan.bundle.steps().len(), 5);
    let review = review(&plan.bundle, &accounts).unwrap();
    assert!(review.headline().len() > 10);
    let again = planned(&requests);
    assert_eq!(again.bundle.encode(), plan.bundle.encode());
    assert_eq!(Bundle::decode(&plan.bundle.encode()).unwrap(), plan.bundle);
}

#[test]
fn the_order_of_coins_in_the_snapshot_does_not_matter() {
    let requests = [send("cold", "XCP", &recipient(1), "1"), pay("cold", &recipient(2), "0.0042")];
    let mut turned = snapshot();
    turned.bitcoin.as_mut().unwrap().coins.reverse();
    let plan = plan(&requests, &turned, &accounts(), &Options::default()).unwrap();
    assert_eq!(plan.bundle.encode(), planned(&requests).bundle.encode());
}

#[test]
fn every_source_kind_sends_with_every_carrier_what_was_asked() {
    let accounts = accounts();
    let rules = Rules::at(BitcoinNetwork::Regtest, 285);
    let mut with_tr = snapshot();
    // The Taproot account holds assets here: balances of the nested account, moved to it.
    let tr = accounts[1].bitcoin().unwrap().address(0, 4).unwrap().to_string();
    for row in &mut with_tr.counterparty.as_mut().unwrap().balances {
        if row.address.starts_with('2') {
            row.address.clone_from(&tr);
        }
    }
    for (from, ..) in KINDS {
        let snapshot = if from == "float" { with_tr.clone() } else { snapshot() };
        for encoding in [Encoding::OpReturn, Encoding::Multisig, Encoding::Taproot] {
            let mut single = send(from, "XCP", &p2tr(), "1.25");
            if let Intent::SendAsset { payee } = &mut single.intent {
                payee.memo = Some(RequestMemo::Hex("00ff".into()));
            }
            let rows = if encoding == Encoding::OpReturn { 2 } else { 12 };
            for request in [single, batch(from, "CARDSIND", rows)] {
                if encoding == Encoding::OpReturn && matches!(request.intent, Intent::SendMany { .. }) {
                    continue;
                }
                let request = with_encoding(request, encoding);
                let plan = plan(&[request], &snapshot, &accounts, &Options::default())
                    .unwrap_or_else(|e| panic!("{from} {encoding:?}: {e:?}"));
                let steps = plan.bundle.steps();
                assert_eq!(steps.len(), if encoding == Encoding::Taproot { 2 } else { 1 });
                let read = read_by_ledger(steps, &rules);
                assert!(read.executed, "{from} {encoding:?}");
                let source = psbt(&steps[0]).inputs[0].clone();
                let spent = psbt(&steps[0]).unsigned_tx.input[0].previous_output.vout as usize;
                let script = source
                    .witness_utxo
                    .or(source.non_witness_utxo.map(|tx| tx.output[spent].clone()))
                    .unwrap()
                    .script_pubkey;
                let address = Address::from_script(&script, bitcoin::Network::Regtest).unwrap();
                assert_eq!(read.source, Some(address.to_string()));
                match read.message.unwrap() {
                    Message::EnhancedSend(send) => {
                        assert_eq!(send.quantity.to_base_units(), 125_000_000);
                        assert_eq!(send.destination, p2tr());
                        assert_eq!(send.memo.unwrap().as_bytes(), [0x00, 0xff]);
                    }
                    Message::Mpma(batch) => {
                        assert_eq!(batch.sends.len(), usize::from(rows));
                        assert!(batch.sends.iter().all(|send| send.quantity.to_base_units() == 1));
                        assert_eq!(batch.memo.unwrap().as_text(), Some("monthly"));
                    }
                    other => panic!("{}", other.type_name()),
                }
                review(&plan.bundle, &accounts).unwrap_or_else(|e| panic!("{from} {encoding:?}: {e:?}"));
            }
        }
    }
}

#[test]
fn a_p2sh_pair_is_planned_where_it_counts_and_refused_elsewhere() {
    let rows = |network: &dyn Fn(&str) -> String| {
        let payees = (1..=30).map(|row| payee("CARDSIND", &network(&recipient(row)), "1")).collect();
        Intent::SendMany { payees, memo: None }
    };
    let (snapshot, accounts) = on_mainnet(800_000);
    for (from, is_seen) in [("legacy", true), ("cold", true), ("nested", false)] {
        let request = with_encoding(request(from, rows(&mainnet)), Encoding::P2sh);
        let outcome = plan(&[request], &snapshot, &accounts, &Options::default());
        if !is_seen {
            assert_eq!(outcome.unwrap_err().code(), &plan::NOT_READ, "{from}");
            continue;
        }
        let plan = outcome.unwrap();
        let [first, second] = plan.bundle.steps() else { panic!("{from}: no pair") };
        assert!(second.links.len() > 1);
        let read = read_by_ledger(plan.bundle.steps(), &Rules::at(BitcoinNetwork::Mainnet, 800_000));
        assert!(matches!(read.message, Some(Message::Mpma(batch)) if batch.sends.len() == 30));
        let index = usize::from(from == "legacy") * 2;
        let source = accounts[index].bitcoin().unwrap().address(0, 0).unwrap();
        assert_eq!(read.source, Some(source.to_string()));
        assert_eq!(psbt(first).unsigned_tx.input[0].sequence, Sequence::MAX);
        // The height is only claimed: the signer knows that this window of mainnet is over.
        assert_eq!(review(&plan.bundle, &accounts).unwrap_err().code(), &NOT_READ, "{from}");
    }
    for height in [901_000, 902_000] {
        let (snapshot, accounts) = on_mainnet(height);
        let request = with_encoding(request("legacy", rows(&mainnet)), Encoding::P2sh);
        let error = plan(&[request], &snapshot, &accounts, &Options::default()).unwrap_err();
        assert_eq!(error.code(), &plan::NOT_READ);
        assert!(error.what().contains("585538 to 901999"), "{error}");
        assert!(error.next().contains("taproot"), "{error:?}");
    }
    let request = with_encoding(request("legacy", rows(&str::to_owned)), Encoding::P2sh);
    assert_eq!(code(&[request], &self::snapshot()), plan::NOT_READ.id);
}

#[test]
fn auto_takes_the_cheapest_carrier_and_lists_the_price_of_each() {
    let short = planned(&[send("cold", "XCP", &recipient(1), "1")]);
    let long = planned(&[batch("cold", "CARDSIND", 40)]);
    for (plan, chosen) in [(&short, Encoding::OpReturn), (&long, Encoding::Taproot)] {
        assert_eq!(plan.prices.len(), 4);
        let cost = |price: &plan::Price| match &price.verdict {
            Verdict::Counts { fee, tied_up, .. } => Some(*fee + *tied_up),
            Verdict::Not { .. } => None,
        };
        let taken = plan.prices.iter().find(|price| price.chosen).unwrap();
        assert_eq!(taken.encoding, chosen);
        assert_eq!(cost(taken), plan.prices.iter().filter_map(cost).min());
    }
    let p2sh = &long.prices[3].verdict;
    assert!(matches!(p2sh, Verdict::Not { why } if why.contains("never reads P2SH pairs on regtest")));
    assert!(matches!(&long.prices[0].verdict, Verdict::Not { why } if why.contains("at most 80 fit")));
}

#[test]
fn fees_are_the_rate_times_the_signed_size_rounded_up() {
    let accounts = accounts();
    for (from, ..) in KINDS {
        for amount in ["0.0004", "0.00060000"] {
            let mut request = pay(from, &recipient(3), amount);
            request.fee_rate = Some("3.333".into());
            let plan = plan(&[request], &snapshot(), &accounts, &Options::default()).unwrap();
            let psbt = psbt(&plan.bundle.steps()[0]);
            let vsize = as_signed(psbt).vsize() as u64;
            assert_eq!(psbt.outputs.len(), 2, "{from} has change");
            assert_eq!(fee_of(psbt).to_sat(), (3_333 * vsize).div_ceil(1_000), "{from}");
        }
        for encoding in [Encoding::Taproot, Encoding::Multisig] {
            let Ok(plan) = plan(
                &[with_encoding(batch(from, "CARDSIND", 12), encoding)],
                &snapshot(),
                &accounts,
                &Options::default(),
            ) else {
                assert_eq!(from, "float", "the account without assets");
                continue;
            };
            for step in plan.bundle.steps() {
                let tx = as_signed(psbt(step));
                let sigops: u64 =
                    tx.output.iter().map(|o| o.script_pubkey.count_sigops_legacy() as u64 * 4).sum();
                let witness_sigops = u64::from(from != "legacy") * tx.input.len() as u64;
                let vsize = (tx.vsize() as u64).max(((sigops + witness_sigops) * 20).div_ceil(4));
                assert_eq!(fee_of(psbt(step)).to_sat(), 2 * vsize, "{from} {encoding:?}");
            }
        }
    }
}

#[test]
fn change_goes_to_the_next_change_address_or_back_to_the_source() {
    let accounts = accounts();
    let account = accounts[0].bitcoin().unwrap();
    let payments = planned(&[pay("cold", &recipient(1), "0.0003"), pay("cold", &recipient(2), "0.0003")]);
    let mut spent = std::collections::BTreeSet::new();
    for (index, step) in (0u32..).zip(payments.bundle.steps()) {
        let change = psbt(step).unsigned_tx.output.last().unwrap();
        assert_eq!(change.script_pubkey, account.script_pubkey(1, index).unwrap());
        for input in &psbt(step).unsigned_tx.input {
            assert!(spent.insert(input.previous_output), "a coin is spent twice");
            assert_eq!(input.sequence, Sequence::ENABLE_RBF_NO_LOCKTIME);
        }
    }
    let message = planned(&[send("cold", "XCP", &recipient(1), "1")]);
    let change = psbt(&message.bundle.steps()[0]).unsigned_tx.output.last().unwrap();
    assert_eq!(change.script_pubkey, account.script_pubkey(0, 0).unwrap());
}

#[test]
fn a_used_change_address_is_not_used_again() {
    let accounts = accounts();
    let account = accounts[0].bitcoin().unwrap();
    let mut snapshot = snapshot();
    let facts = snapshot.bitcoin.as_mut().unwrap();
    // A coin on change address 3, paid by a transaction made for it.
    let mut paid =
        psbt(&planned(&[pay("cold", &recipient(1), "0.0003")]).bundle.steps()[0]).unsigned_tx.clone();
    paid.output[0].script_pubkey = account.script_pubkey(1, 3).unwrap();
    let mut coin = facts.coins[0].clone();
    coin.outpoint = bitcoin::OutPoint { txid: paid.compute_txid(), vout: 0 };
    (coin.branch, coin.index) = (1, 3);
    coin.prev_tx = bitcoin::consensus::encode::serialize_hex(&paid);
    facts.coins.push(coin);
    let plan =
        plan(&[pay("cold", &recipient(2), "0.0002")], &snapshot, &accounts, &Options::default()).unwrap();
    let change = psbt(&plan.bundle.steps()[0]).unsigned_tx.output.last().unwrap().clone();
    assert_eq!(change.script_pubkey, account.script_pubkey(1, 4).unwrap());
}

#[test]
fn psbts_carry_previous_transactions_and_origins() {
    for (from, kind, ..) in KINDS {
        let plan = planned(&[pay(from, &recipient(1), "0.0004")]);
        let psbt = psbt(&plan.bundle.steps()[0]);
        for input in &psbt.inputs {
            assert_eq!(input.non_witness_utxo.is_some(), kind != ScriptKind::Tr, "{from}");
            assert_eq!(input.witness_utxo.is_some(), kind != ScriptKind::Pkh, "{from}");
            assert_eq!(input.redeem_script.is_some(), kind == ScriptKind::ShWpkh, "{from}");
            let origins = input.bip32_derivation.len() + input.tap_key_origins.len();
            assert_eq!(origins, 1, "{from}");
        }
        let change = psbt.outputs.last().unwrap();
        assert_eq!(change.bip32_derivation.len() + change.tap_key_origins.len(), 1, "{from}");
        assert_eq!(psbt.unsigned_tx.version, bitcoin::transaction::Version::TWO);
    }
}

#[test]
fn coins_with_attached_assets_or_without_confirmation_are_never_chosen() {
    let mut snapshot = snapshot();
    let facts = snapshot.bitcoin.as_mut().unwrap();
    for (index, coin) in facts.coins.iter_mut().filter(|coin| coin.account.as_str() == "cold").enumerate() {
        if index % 2 == 0 {
            coin.height = None;
        } else {
            coin.attached = vec![airlock::snapshot::Attached { asset: "XCP".into(), quantity: "1".into() }];
        }
    }
    let request = pay("cold", &recipient(1), "0.0003");
    let error = plan(&[request], &snapshot, &accounts(), &Options::default()).unwrap_err();
    assert_eq!(error.code(), &plan::SHORT_OF_BITCOIN);
    assert!(error.what().contains("unconfirmed") && error.what().contains("assets attached"), "{error}");
    assert!(error.what().contains("has 0 BTC (0 sat)"), "{error}");
}

#[test]
fn sweeps_memo_requirements_and_transfers_are_planned() {
    let accounts = accounts();
    let requests = [
        request("cold", Intent::RequireMemo { require: true }),
        request("cold", Intent::TransferOwnership { asset: "TOKENDIV.sub.Item_1".into(), to: recipient(4) }),
        request(
            "legacy",
            Intent::Sweep {
                to: recipient(5),
                balances: true,
                ownerships: true,
                memo: Some(RequestMemo::Hex("beef".into())),
            },
        ),
    ];
    let plan = planned(&requests);
    review(&plan.bundle, &accounts).unwrap();
    let rules = Rules::at(BitcoinNetwork::Regtest, 285);
    let read: Vec<_> =
        plan.bundle.steps().iter().map(|step| read_by_ledger(std::slice::from_ref(step), &rules)).collect();
    assert!(matches!(&read[0].message, Some(Message::Broadcast(b)) if b.text == "OPTIONS 1"
        && b.timestamp == plan.bundle.contents().created.to_unix()));
    assert!(matches!(&read[1].message, Some(Message::Issuance(i)) if i.divisible && i.description.is_none()));
    assert_eq!(read[1].destination, Some(recipient(4)));
    assert!(
        matches!(&read[2].message, Some(Message::Sweep(s)) if s.flags == 7 && s.destination == recipient(5))
    );
    assert!(
        plan.warnings.iter().any(|warning| warning.contains("burns about 0.01 XCP")),
        "{:?}",
        plan.warnings
    );
    let after = [requests[2].clone(), send("legacy", "XCP", &recipient(1), "1")];
    assert_eq!(code(&after, &snapshot()), plan::SHORT_OF_ASSET.id);
}

#[test]
fn xrp_payments_count_sequences_and_expire_with_the_bundle() {
    let hot = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
    let plan = planned(&[xrp(hot, Some(0), "80000"), xrp(hot, Some(7), "0.000001")]);
    let [first, second] = plan.bundle.steps() else { panic!("two steps") };
    let sequence = |step| tx_json(step)["Sequence"].as_u64().unwrap();
    assert_eq!((sequence(first), sequence(second)), (8_100_007, 8_100_008));
    assert_eq!(second.after, [0]);
    let json = tx_json(first);
    assert_eq!(json["Amount"], "80000000000");
    assert_eq!(json["DestinationTag"], 0);
    assert_eq!(json["Fee"], "5000");
    assert_eq!(json["Flags"], 0);
    assert_eq!(json.get("NetworkID"), None);
    // 4 hours and 4 seconds at 3 seconds a ledger.
    assert_eq!(json["LastLedgerSequence"], 8_214_512 + 14_404_u64.div_ceil(3));
    review(&plan.bundle, &accounts()).unwrap();
    let x = XAddress { account: hot.parse().unwrap(), tag: Some(9), test: true };
    let plan = planned(&[xrp(&x.to_string(), None, "1")]);
    let json = tx_json(&plan.bundle.steps()[0]);
    assert_eq!((json["Destination"].as_str(), json["DestinationTag"].as_u64()), (Some(hot), Some(9)));
}

#[test]
fn other_xrp_transactions_are_completed() {
    let members = |json: serde_json::Value| json.as_object().unwrap().clone();
    let requests = [
        serde_json::json!({"TransactionType": "TicketCreate", "TicketCount": 3}),
        serde_json::json!({"TransactionType": "AccountSet", "SetFlag": 1}),
        serde_json::json!({"TransactionType": "SetRegularKey", "RegularKey": "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s"}),
    ]
    .map(|tx| request("xrp-cold", Intent::XrpTransaction { tx_json: members(tx) }));
    let plan = planned(&requests);
    let sequences: Vec<u64> =
        plan.bundle.steps().iter().map(|step| tx_json(step)["Sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, [8_100_007, 8_100_011, 8_100_012]);
    review(&plan.bundle, &accounts()).unwrap();
    let escrow = request(
        "xrp-cold",
        Intent::XrpTransaction {
            tx_json: members(serde_json::json!({"TransactionType": "EscrowCancel",
                "Owner": "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "OfferSequence": 1})),
        },
    );
    assert_eq!(code(&[escrow], &snapshot()), "E-XRP-030");
}

#[test]
fn bad_requests_are_refused_by_name() {
    let to = recipient(1);
    let memo = |mut request: Request, memo: RequestMemo| {
        if let Intent::SendAsset { payee } = &mut request.intent {
            payee.memo = Some(memo);
        }
        request
    };
    let rated = |rate: &str| Request { fee_rate: Some(rate.into()), ..pay("float", &to, "0.0004") };
    let own = "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk";
    let mainnet = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu";
    let wants_memo = "bcrt1qxdyjf6h5d6qxap4n2dap97q4j5ps6ua8jkxz0z";
    let dispenser = "mzpbWabUQm1w8ijuJnAof5eiSTep27deVH";
    let many = |rows: Vec<AssetPayee>| request("cold", Intent::SendMany { payees: rows, memo: None });
    let hot = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
    let mine = "rHsMGQEkVNJmpGWs8XUBoTBiAAbwxZN5v3";
    let x_main = XAddress { account: hot.parse().unwrap(), tag: Some(9), test: false }.to_string();
    let x_test = XAddress { account: hot.parse().unwrap(), tag: Some(9), test: true }.to_string();
    let tx = |text: &str| airlock::json::parse_as(text.as_bytes()).unwrap();
    let snapshot = snapshot();
    let cases: Vec<(&str, Request)> = vec![
        // Accounts.
        ("E-PLAN-001", pay("nobody", &to, "0.0004")),
        ("E-PLAN-001", pay("xrp-cold", &to, "0.0004")),
        // Amounts.
        ("E-AMT-001", pay("float", &to, "-1")),
        ("E-AMT-001", pay("float", &to, "1e-4")),
        ("E-AMT-001", send("cold", "XCP", &to, "1,000")),
        ("E-AMT-002", send("cold", "XCP", &to, "0.123456789")),
        ("E-AMT-002", send("cold", "CARDSIND", &to, "1.5")),
        ("E-AMT-003", send("cold", "CARDSIND", &to, "9223372036854775808")),
        ("E-AMT-003", pay("float", &to, "21000001")),
        ("E-AMT-004", send("cold", "XCP", &to, "0")),
        ("E-AMT-004", pay("float", &to, "0.0")),
        ("E-PLAN-024", pay("float", &to, "0.00000293")),
        // Addresses.
        ("E-CPADDR-001", pay("float", mainnet, "0.0004")),
        ("E-CPADDR-001", send("cold", "XCP", mainnet, "1")),
        ("E-CPADDR-001", send("cold", "XCP", "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppq", "1")),
        ("E-PLAN-020", send("cold", "XCP", own, "1")),
        ("E-PLAN-020", pay("cold", own, "0.0004")),
        ("E-PLAN-021", send("cold", "XCP", "mvCounterpartyXXXXXXXXXXXXXXW24Hef", "1")),
        ("E-PLAN-022", pay("cold", &p2tr(), "0.0004")),
        ("E-PLAN-022", pay("legacy", "2MyeHqZeFvVwKMU5VQGAUYc31SrbUBXcxCL", "0.0004")),
        ("planned", pay("float", &p2tr(), "0.0004")),
        ("E-PLAN-023", pay("float", dispenser, "0.0004")),
        // Memos.
        ("E-PLAN-025", send("cold", "XCP", wants_memo, "1")),
        ("planned", memo(send("cold", "XCP", wants_memo, "1"), RequestMemo::Text("7".into()))),
        ("E-CPMSG-004", memo(send("cold", "XCP", &to, "1"), RequestMemo::Text("é".repeat(18)))),
        ("E-CPMSG-005", memo(send("cold", "XCP", &to, "1"), RequestMemo::Hex("abc".into()))),
        ("E-CPMSG-005", memo(send("cold", "XCP", &to, "1"), RequestMemo::Hex("zz".into()))),
        ("E-PLAN-040", memo(send("cold", "XCP", &to, "1"), RequestMemo::Text(String::new()))),
        // Assets.
        ("E-PLAN-041", send("cold", "NOSUCHTOKEN", &to, "1")),
        ("E-CPMSG-003", send("cold", "BTC", &to, "1")),
        ("E-PLAN-030", send("cold", "XCP", &to, "670.76201565")),
        ("planned", send("cold", "XCP", &to, "670.76201564")),
        ("planned", send("cold", "TOKENDIV.sub.Item_1", &to, "66.99999999")),
        // Batches.
        ("E-CPMSG-006", many(vec![payee("XCP", &to, "1")])),
        ("E-CPMSG-008", many(vec![payee("XCP", &to, "1"), payee("XCP", &to, "2")])),
        ("E-CPADDR-002", many(vec![payee("XCP", &to, "1"), payee("XCP", &p2tr(), "2")])),
        ("E-CPMSG-007", many(vec![payee("XCP", &to, "1"); 1_001])),
        ("E-PLAN-030", many(vec![payee("XCP", &to, "400"), payee("XCP", &recipient(2), "400")])),
        // Ownership.
        ("E-PLAN-022", request("cold", Intent::TransferOwnership { asset: "TOKENDIV".into(), to: p2tr() })),
        ("E-PLAN-032", request("cold", Intent::TransferOwnership { asset: "XCP".into(), to: to.clone() })),
        (
            "E-PLAN-032",
            request("legacy", Intent::TransferOwnership { asset: "TOKENDIV".into(), to: to.clone() }),
        ),
        (
            "E-PLAN-051",
            with_encoding(
                request("cold", Intent::TransferOwnership { asset: "TOKENDIV".into(), to: to.clone() }),
                Encoding::Taproot,
            ),
        ),
        (
            "E-CPMSG-009",
            request("cold", Intent::Sweep { to: to.clone(), balances: false, ownerships: false, memo: None }),
        ),
        // Fees and funds.
        ("E-PLAN-002", rated("0")),
        ("E-PLAN-002", rated("10000.001")),
        ("E-AMT-002", rated("1.2345")),
        ("E-PLAN-012", pay("float", &to, "0.001")),
        ("E-CARRIER-001", with_encoding(batch("cold", "CARDSIND", 12), Encoding::OpReturn)),
        // XRP.
        ("E-XRP-001", xrp("rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2t", None, "1")),
        ("E-AMT-002", xrp(hot, Some(1), "0.0000001")),
        ("E-AMT-004", xrp(hot, Some(1), "0")),
        ("E-PLAN-060", xrp(&x_test, Some(9), "1")),
        ("E-PLAN-061", xrp(&x_main, None, "1")),
        ("E-PLAN-064", xrp(hot, Some(1), "249999")),
        ("planned", xrp(hot, Some(1), "249998.995")),
        ("E-PLAN-065", xrp(hot, None, "1")),
        ("E-XRP-016", xrp(mine, None, "1")),
        (
            "E-PLAN-071",
            Request {
                fee_drops: Some("12".into()),
                ..request(
                    "xrp-cold",
                    Intent::XrpTransaction { tx_json: tx(r#"{"TransactionType":"AccountSet","Fee":"12"}"#) },
                )
            },
        ),
        (
            "E-PLAN-071",
            request(
                "xrp-cold",
                Intent::XrpTransaction {
                    tx_json: tx(r#"{"TransactionType":"AccountSet","SigningPubKey":""}"#),
                },
            ),
        ),
        (
            "E-PLAN-069",
            request(
                "xrp-cold",
                Intent::XrpTransaction {
                    tx_json: tx(r#"{"TransactionType":"AccountSet","TicketSequence":5}"#),
                },
            ),
        ),
        ("E-XRP-034", Request { fee_drops: Some("1000001".into()), ..xrp(hot, Some(1), "1") }),
    ];
    for (expected, request) in cases {
        let shown = format!("{request:?}");
        assert_eq!(code(&[request], &snapshot), expected, "{}", &shown[..shown.len().min(300)]);
    }
    assert_eq!(code(&[], &snapshot), "E-PLAN-004");
}

#[test]
fn funds_are_counted_over_all_requests_of_a_plan() {
    let snapshot = snapshot();
    let to = recipient(1);
    let hot = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
    let half = send("legacy", "XCP", &to, "400");
    assert_eq!(code(std::slice::from_ref(&half), &snapshot), "planned");
    assert_eq!(code(&[half.clone(), half], &snapshot), plan::SHORT_OF_ASSET.id);
    let half = pay("float", &to, "0.0004");
    let error = plan(&[half.clone(), half], &snapshot, &accounts(), &Options::default()).unwrap_err();
    assert_eq!(error.code(), &plan::SHORT_OF_BITCOIN);
    assert!(
        error.what().starts_with("request 2: ") && error.what().contains("used by earlier requests"),
        "{error}"
    );
    let half = xrp(hot, Some(1), "125000");
    assert_eq!(code(&[half.clone(), half], &snapshot), plan::SHORT_OF_XRP.id);
}

#[test]
fn a_batch_names_the_row() {
    let rows = vec![payee("XCP", &recipient(1), "1"), payee("CARDSIND", &recipient(2), "1.5")];
    let request = request("cold", Intent::SendMany { payees: rows, memo: None });
    let error = plan(&[request], &snapshot(), &accounts(), &Options::default()).unwrap_err();
    assert!(error.what().starts_with("row 2: "), "{error}");
}

#[test]
fn a_snapshot_that_contradicts_itself_is_refused() {
    type Change = fn(&mut Snapshot);
    let cases: [(&str, Change); 12] = [
        ("E-PLAN-010", |s| s.bitcoin.as_mut().unwrap().coins[0].outpoint.vout = 99),
        ("E-PLAN-010", |s| s.bitcoin.as_mut().unwrap().coins[0].index = 1),
        ("E-PLAN-010", |s| s.bitcoin.as_mut().unwrap().coins[0].branch = 9),
        ("E-PLAN-010", |s| {
            let coins = &mut s.bitcoin.as_mut().unwrap().coins;
            coins[0].prev_tx = coins[1].prev_tx.clone();
        }),
        ("E-PLAN-010", |s| {
            let coins = &mut s.bitcoin.as_mut().unwrap().coins;
            coins.push(coins[0].clone());
        }),
        ("E-PLAN-011", |s| s.bitcoin.as_mut().unwrap().network = BitcoinNetwork::Signet),
        ("E-PLAN-011", |s| s.bitcoin = None),
        ("E-PLAN-003", |s| s.bitcoin.as_mut().unwrap().fee_rates.clear()),
        ("E-PLAN-054", |s| s.counterparty = None),
        ("E-PLAN-055", |s| s.counterparty.as_mut().unwrap().height = 283),
        ("E-PLAN-042", |s| s.counterparty.as_mut().unwrap().assets[0].divisible = false),
        ("E-PLAN-033", |s| s.counterparty.as_mut().unwrap().balances[0].quantity = "-1".into()),
    ];
    for (expected, change) in cases {
        let mut snapshot = snapshot();
        change(&mut snapshot);
        assert_eq!(code(&[send("cold", "XCP", &recipient(1), "1")], &snapshot), expected);
    }
    let mut without = snapshot();
    without.counterparty = None;
    assert_eq!(code(&[pay("cold", &recipient(1), "0.0004")], &without), plan::NO_FACTS.id);
    assert_eq!(code(&[pay("float", &recipient(1), "0.0004")], &without), "planned");
    let hot = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
    let cases: [(&str, Change); 8] = [
        ("E-PLAN-011", |s| s.xrpl = None),
        ("E-PLAN-011", |s| s.xrpl.as_mut().unwrap().network_id = 0),
        ("E-PLAN-062", |s| s.xrpl.as_mut().unwrap().reserve_base = "x".into()),
        ("E-PLAN-063", |s| s.xrpl.as_mut().unwrap().accounts[0].exists = false),
        ("E-PLAN-066", |s| s.xrpl.as_mut().unwrap().accounts[1].flags = 0x0100_0000),
        ("E-PLAN-067", |s| s.xrpl.as_mut().unwrap().accounts[1].exists = false),
        ("E-PLAN-068", |s| s.xrpl.as_mut().unwrap().accounts[0].flags = 0x0010_0000),
        ("planned", |s| s.xrpl.as_mut().unwrap().accounts.truncate(1)),
    ];
    for (expected, change) in cases {
        let mut snapshot = snapshot();
        change(&mut snapshot);
        assert_eq!(code(&[xrp(hot, Some(1), "0.5")], &snapshot), expected);
    }
}

#[test]
fn a_bitcoin_only_account_with_assets_after_all_is_held_to_the_safe_kinds() {
    let mut snapshot = snapshot();
    let tr = accounts()[1].bitcoin().unwrap().address(0, 4).unwrap().to_string();
    snapshot.counterparty.as_mut().unwrap().balances[0].address = tr;
    assert_eq!(code(&[pay("float", &p2tr(), "0.0004")], &snapshot), plan::UNSAFE_KIND.id);
    assert_eq!(code(&[pay("float", &recipient(1), "0.0004")], &snapshot), "planned");
}

#[test]
fn bundles_are_valid_as_long_as_the_design_says() {
    let hours = |requests: &[Request], options: &Options| {
        let contents = plan(requests, &snapshot(), &accounts(), options).unwrap().bundle.contents().clone();
        assert_eq!(contents.created, Moment::from_unix(1_795_269_600));
        contents.expires.since(contents.created)
    };
    let bitcoin = pay("float", &recipient(1), "0.0004");
    let xrp = xrp("rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", Some(1), "1");
    assert_eq!(hours(std::slice::from_ref(&bitcoin), &Options::default()), 24 * 3_600);
    assert_eq!(hours(&[bitcoin, xrp.clone()], &Options::default()), 4 * 3_600);
    let options = Options { valid_for: Some(7_200), ..Options::default() };
    assert_eq!(hours(&[xrp], &options), 7_200);
}

#[test]
fn large_amounts_do_not_disturb_the_choice_of_coins() {
    // A thousand bitcoin and a fee of a few hundred satoshi: beyond single precision.
    let accounts = accounts();
    let account = accounts[0].bitcoin().unwrap();
    let mut snapshot = snapshot();
    let facts = snapshot.bitcoin.as_mut().unwrap();
    let template = facts.coins[0].clone();
    facts.coins.clear();
    for number in 1..=60u64 {
        let mut tx: Transaction = bitcoin::consensus::encode::deserialize_hex(&template.prev_tx).unwrap();
        tx.output.truncate(1);
        tx.output[0].value = Amount::from_sat(100_000_000_000 + number * 777_777_777);
        tx.output[0].script_pubkey = account.script_pubkey(0, 0).unwrap();
        let mut coin = template.clone();
        coin.prev_tx = bitcoin::consensus::encode::serialize_hex(&tx);
        coin.outpoint = bitcoin::OutPoint { txid: tx.compute_txid(), vout: 0 };
        facts.coins.push(coin);
    }
    for amount in ["0.001", "999.99999999", "1000.07777777", "3511.12345678", "40000"] {
        let plan =
            plan(&[pay("cold", &recipient(1), amount)], &snapshot, &accounts, &Options::default()).unwrap();
        let psbt = psbt(&plan.bundle.steps()[0]);
        let vsize = as_signed(psbt).vsize() as u64;
        assert!(fee_of(psbt).to_sat() >= 2 * vsize, "{amount}");
        assert!(fee_of(psbt).to_sat() <= 2 * vsize + 1_000, "{amount}");
    }
}

#[test]
fn sources_that_could_be_several_are_not_guessed() {
    let accounts = accounts();
    let account = accounts[0].bitcoin().unwrap();
    let mut snapshot = snapshot();
    // Half of the coins lie on the second address, by transactions made for it.
    for coin in snapshot.bitcoin.as_mut().unwrap().coins.iter_mut().take(12) {
        let mut tx: Transaction = bitcoin::consensus::encode::deserialize_hex(&coin.prev_tx).unwrap();
        tx.output.iter_mut().for_each(|o| o.script_pubkey = account.script_pubkey(0, 1).unwrap());
        coin.prev_tx = bitcoin::consensus::encode::serialize_hex(&tx);
        coin.outpoint.txid = tx.compute_txid();
        coin.index = 1;
    }
    let options = request("cold", Intent::RequireMemo { require: true });
    assert_eq!(code(std::slice::from_ref(&options), &snapshot), "planned", "one of the two holds assets");
    let second = account.address(0, 1).unwrap().to_string();
    snapshot.counterparty.as_mut().unwrap().balances[0].address.clone_from(&second);
    assert_eq!(code(&[options], &snapshot), plan::AMBIGUOUS_SOURCE.id);
    // A message is paid by its own source alone.
    let plan = plan(&[send("cold", "XCP", &recipient(1), "1")], &snapshot, &accounts, &Options::default());
    let first = account.script_pubkey(0, 0).unwrap();
    for input in &psbt(&plan.unwrap().bundle.steps()[0]).inputs {
        assert_eq!(input.witness_utxo.as_ref().unwrap().script_pubkey, first);
    }
    // Assets on an address without bitcoin.
    snapshot.bitcoin.as_mut().unwrap().coins.retain(|coin| coin.index == 1);
    let request = send("cold", "XCP", &recipient(1), "1");
    let error = self::plan(&[request], &snapshot, &accounts, &Options::default()).unwrap_err();
    assert_eq!(error.code(), &plan::SHORT_OF_ASSET);
    assert!(error.what().contains("has no bitcoin to spend for the fee"), "{error}");
}

#[test]
fn what_the_ledgers_would_refuse_late_is_refused_early() {
    let to = recipient(1);
    let mut poor = snapshot();
    let ledger = poor.counterparty.as_mut().unwrap();
    ledger
        .balances
        .iter_mut()
        .filter(|row| row.asset == "XCP")
        .for_each(|row| row.quantity = "999999".into());
    let sweep = request("legacy", Intent::Sweep { to, balances: true, ownerships: false, memo: None });
    assert_eq!(code(&[sweep], &poor), plan::SHORT_OF_SWEEP_FEE.id);
    let delete = |destination: &str| {
        let text = format!(
            r#"{{"TransactionType":"AccountDelete","Destination":"{destination}","DestinationTag":1}}"#
        );
        let tx_json = airlock::json::parse_as(text.as_bytes()).unwrap();
        request("xrp-cold", Intent::XrpTransaction { tx_json })
    };
    let hot = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
    let planned = planned(&[delete(hot)]);
    assert_eq!(tx_json(&planned.bundle.steps()[0])["Fee"], "200000");
    let mut young = snapshot();
    young.xrpl.as_mut().unwrap().accounts[0].sequence = 8_214_512 - 254;
    assert_eq!(code(&[delete(hot)], &young), plan::NOT_DELETABLE.id);
    let foreign = r#"{"TransactionType":"AccountSet","Account":"rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s"}"#;
    let foreign = request(
        "xrp-cold",
        Intent::XrpTransaction { tx_json: airlock::json::parse_as(foreign.as_bytes()).unwrap() },
    );
    assert_eq!(code(std::slice::from_ref(&foreign), &snapshot()), plan::KEY_CANNOT_SIGN.id);
    let mut regular = snapshot();
    let facts = &mut regular.xrpl.as_mut().unwrap().accounts[1];
    facts.regular_key = Some("rHsMGQEkVNJmpGWs8XUBoTBiAAbwxZN5v3".into());
    let plan = plan(&[foreign], &regular, &accounts(), &Options::default()).unwrap();
    assert_eq!(tx_json(&plan.bundle.steps()[0])["Sequence"], 8_100_201);
    assert_eq!(plan.bundle.steps()[0].account, "rHsMGQEkVNJmpGWs8XUBoTBiAAbwxZN5v3");
}

#[test]
fn every_code_of_planning_stands_in_the_list_once() {
    let mut ids: Vec<&str> =
        plan::CODES.iter().chain(airlock_online::payouts::CODES).map(|code| code.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    // All declarations of the module's files are listed.
    let folder = workspace_root().join("online/src/plan");
    let mut declared = 1;
    for folder in [folder.clone(), folder.join("xrp")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                declared += std::fs::read_to_string(path).unwrap().matches(": Code = Code::new(").count();
            }
        }
    }
    assert_eq!(plan::CODES.len(), declared);
}

#[test]
fn a_batch_of_a_thousand_rows_is_planned_as_a_pair() {
    let payees = (0..1_000u32)
        .map(|row| {
            let program = [&row.to_be_bytes()[..], &[1; 16]].concat();
            let program = bitcoin::WitnessProgram::new(bitcoin::WitnessVersion::V0, &program).unwrap();
            let to = Address::from_witness_program(program, bitcoin::Network::Regtest).to_string();
            payee("CARDSIND", &to, "3")
        })
        .collect();
    let request = request("cold", Intent::SendMany { payees, memo: None });
    let plan = planned(&[request]);
    assert_eq!(plan.bundle.steps().len(), 2);
    assert!(plan.prices.iter().any(|price| price.chosen && price.encoding == Encoding::Taproot));
    review(&plan.bundle, &accounts()).unwrap();
}

#[test]
fn what_is_planned_signs_verifies_and_runs_in_the_script_engine_at_no_less_than_the_rate() {
    let treasury = Treasury::open();
    let memo = |mut request: Request| {
        if let Intent::SendAsset { payee } = &mut request.intent {
            payee.memo = Some(RequestMemo::Text("x".into()));
        }
        request
    };
    for from in ["cold", "legacy", "nested"] {
        for encoding in [Encoding::OpReturn, Encoding::Multisig, Encoding::Taproot] {
            let rows = if encoding == Encoding::OpReturn { 2 } else { 30 };
            let mut requests = vec![
                with_encoding(memo(send(from, "XCP", &recipient(9), "1")), encoding),
                pay(from, &recipient(8), "0.0002"),
            ];
            if encoding != Encoding::OpReturn {
                requests.push(with_encoding(batch(from, "CARDSIND", rows), encoding));
            }
            let bundle = treasury.plan(&requests);
            let signed = treasury.sign(&bundle);
            let finals = airlock::bundle::verify::verify(&bundle, &signed).unwrap();
            let mut outputs = std::collections::BTreeMap::new();
            for coin in snapshot().bitcoin.unwrap().coins {
                let tx: Transaction = bitcoin::consensus::encode::deserialize_hex(&coin.prev_tx).unwrap();
                outputs.insert(coin.outpoint, tx.output[coin.outpoint.vout as usize].clone());
            }
            for one in &finals {
                let FinalTransaction::Bitcoin { transaction, .. } = one else { panic!("an XRP step") };
                let prevouts: Vec<_> =
                    transaction.input.iter().map(|input| outputs[&input.previous_output].clone()).collect();
                execute(transaction, &prevouts).unwrap_or_else(|e| panic!("{from} {encoding:?}: {e}"));
                let spent: Amount = prevouts.iter().map(|output| output.value).sum();
                let paid: Amount = transaction.output.iter().map(|output| output.value).sum();
                assert!((spent - paid).to_sat() >= 2 * transaction.vsize() as u64, "{from} {encoding:?}");
                for (vout, output) in (0u32..).zip(&transaction.output) {
                    let outpoint = bitcoin::OutPoint { txid: transaction.compute_txid(), vout };
                    outputs.insert(outpoint, output.clone());
                }
            }
        }
    }
}

#[test]
fn refuses_fees_that_no_node_relays_and_warns_of_those_that_few_do() {
    let (snapshot, to) = (snapshot(), recipient(1));
    let at = |rate: &str| Request { fee_rate: Some(rate.into()), ..pay("float", &to, "0.0003") };
    assert_eq!(code(&[at("0.099")], &snapshot), "E-PLAN-002");
    let slow = planned(&[at("0.1")]);
    assert!(slow.warnings.iter().any(|warning| warning.starts_with("0.1 sat/vB")), "{:?}", slow.warnings);
    assert!(planned(&[at("1")]).warnings.is_empty());
    let drops = |fee: &str| {
        let request = xrp("rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", Some(1), "1");
        Request { fee_drops: Some(fee.into()), ..request }
    };
    assert_eq!(code(&[drops("9")], &snapshot), "E-PLAN-072");
    assert_eq!(code(&[drops("10")], &snapshot), "planned");
}
