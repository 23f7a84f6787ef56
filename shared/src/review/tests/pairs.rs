use super::super::refusals::*;
use super::counterparty::{asks, send};
use super::*;
use crate::bundle::template;
use crate::counterparty::carrier::{p2sh, taproot};
use crate::counterparty::message;
use crate::request::Encoding;
use bitcoin::hashes::Hash as _;
use bitcoin::taproot::{ControlBlock, LeafVersion};

/// Commit and reveal of a send, from 0/0 of an account.
fn pair(account: &BitcoinAccount, key_offset: u32) -> Vec<Step> {
    let data = message::encode(&send(Some(b"order 7")), &Rules::newest(Regtest)).unwrap();
    let previous = funding(account, 0, 100_000, 1);
    let spent = outpoint(&previous, 0);
    let index = BitcoinAccount::reveal_index(spent).wrapping_add(key_offset) & 0x7fff_ffff;
    let key = account.public_key(9, index).unwrap().inner.x_only_public_key().0;
    let envelope = taproot::encode(&data, &key.serialize()).unwrap();
    let mut commit = unsigned(
        &[spent],
        vec![
            output(envelope.commit_script.clone(), 1_000),
            output(account.script_pubkey(0, 0).unwrap(), 98_000),
        ],
    );
    prove(&mut commit, 0, &previous, account, 0);
    let mut reveal =
        unsigned(&[OutPoint { txid: template::txid_of(&commit), vout: 0 }], envelope.reveal_outputs.clone());
    let input = &mut reveal.inputs[0];
    input.witness_utxo = Some(output(envelope.commit_script.clone(), 1_000));
    input.tap_internal_key = Some(key);
    let control = ControlBlock::decode(&envelope.control_block).unwrap();
    input.tap_scripts.insert(control, (envelope.script.clone(), LeafVersion::TapScript));
    let link = Link { input: 0, step: 0, vout: 0 };
    vec![step(account, commit), Step { after: vec![0], links: vec![link], ..step(account, reveal) }]
}

fn bundle(from: &str, steps: Vec<Step>) -> Contents {
    let payee = asks("XCP", "1.5", Some("order 7"));
    contents(vec![request(from, Intent::SendAsset { payee })], steps, vec![])
}

fn psbt(step: &mut Step) -> &mut Psbt {
    let Artefact::Psbt(psbt) = &mut step.artefact else { panic!("no PSBT") };
    psbt
}

#[test]
fn reviews_a_taproot_pair_of_every_account_kind() {
    let accounts = accounts();
    for name in ["cold", "old", "tap", "nested"] {
        let account = of(&accounts, name);
        let found = review(bundle(name, pair(&account, 0))).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!(found.approval_text(), "1.5", "{name}");
        let screen = found.screen().join("\n");
        assert!(screen.contains(&account.address(0, 0).unwrap().to_string()), "{screen}");
        assert!(screen.contains("transactions 1 and 2: 0.00002 BTC (2000 sat)"), "{screen}");
        assert!(screen.contains("if only transaction 1 confirms"), "{screen}");
        assert_eq!(screen.contains("txid known once it is signed"), name == "old");
    }
}

#[test]
fn refuses_a_commit_to_another_key_or_another_leaf() {
    let cold = of(&accounts(), "cold");
    refused(review(bundle("cold", pair(&cold, 1))), &DATA_KEY);
    let mut lie = pair(&cold, 0);
    psbt(&mut lie[0]).unsigned_tx.output[0].script_pubkey =
        of(&accounts(), "tap").script_pubkey(0, 0).unwrap();
    let txid = template::txid_of(psbt(&mut lie[0]));
    psbt(&mut lie[1]).unsigned_tx.input[0].previous_output.txid = txid;
    psbt(&mut lie[1]).inputs[0].witness_utxo = None;
    refused(review(bundle("cold", lie)), &DATA_KEY);
}

#[test]
fn refuses_a_commit_without_its_reveal_and_a_reveal_of_another_commit() {
    let cold = of(&accounts(), "cold");
    let mut alone = pair(&cold, 0);
    alone.truncate(1);
    refused(review(bundle("cold", alone)), &REQUEST_DIFFERS);
    let mut unlinked = pair(&cold, 0);
    unlinked[1].links.clear();
    refused(review(bundle("cold", unlinked)), &LINKS);
    let mut other = pair(&cold, 0);
    psbt(&mut other[1]).unsigned_tx.input[0].previous_output.txid = bitcoin::Txid::all_zeros();
    refused(review(bundle("cold", other)), &LINKS);
}

#[test]
fn refuses_another_carrier_than_the_one_asked_for() {
    let cold = of(&accounts(), "cold");
    for (encoding, is_fine) in
        [(Encoding::Taproot, true), (Encoding::Auto, true), (Encoding::Multisig, false)]
    {
        let mut contents = bundle("cold", pair(&cold, 0));
        contents.requests[0].encoding = Some(encoding);
        match is_fine {
            true => assert!(review(contents).is_ok()),
            false => drop(refused(review(contents), &REQUEST_DIFFERS)),
        }
    }
}

/// Signs as far as a txid is concerned: a scriptSig on every input.
fn signed(psbt: &Psbt) -> Transaction {
    let mut tx = psbt.unsigned_tx.clone();
    for input in &mut tx.input {
        input.script_sig = bitcoin::script::Builder::new().push_slice([9u8; 71]).into_script();
    }
    tx
}

#[test]
fn completes_the_reveal_of_a_legacy_source() {
    let old = of(&accounts(), "old");
    let steps = pair(&old, 0);
    let found = review(bundle("old", steps.clone())).unwrap();
    let granted = permission(&found);
    let approved = found.approve("1.5", granted).unwrap();
    let mut steps = steps;
    let parent = signed(psbt(&mut steps[0]));
    let job = approved.complete(1, &[Some(parent.clone()), None]).unwrap();
    assert_eq!(job.psbt.unsigned_tx.input[0].previous_output.txid, parent.compute_txid());
    refused(approved.complete(1, &[None, None]), &template::NO_PARENT);
    for tamper in [0, 1] {
        let mut other = parent.clone();
        other.output[tamper].value = Amount::from_sat(999);
        assert!(approved.complete(1, &[Some(other), None]).is_err());
    }
}

#[test]
fn the_txid_of_nested_segwit_is_known_before_signing() {
    let nested = of(&accounts(), "nested");
    let mut steps = pair(&nested, 0);
    assert!(template::is_final(psbt(&mut steps[0])) && !template::is_template(&steps, 1));
    let found = review(bundle("nested", steps.clone())).unwrap();
    let granted = permission(&found);
    let approved = found.approve("1.5", granted).unwrap();
    let mut tx = psbt(&mut steps[0]).unsigned_tx.clone();
    let redeem = psbt(&mut steps[0]).inputs[0].redeem_script.clone().unwrap();
    tx.input[0].script_sig = bitcoin::script::Builder::new()
        .push_slice(bitcoin::script::PushBytesBuf::try_from(redeem.to_bytes()).unwrap())
        .into_script();
    tx.input[0].witness = Witness::from_slice(&[[1u8; 71]]);
    assert_eq!(tx.compute_txid(), template::txid_of(psbt(&mut steps[0])));
    let job = approved.complete(1, &[Some(tx), None]).unwrap();
    assert_eq!(&job.psbt, psbt(&mut steps[1]));
}

/// The historical pair: a first transaction with one data output, and the template that spends it.
fn p2sh_pair(account: &BitcoinAccount, key: &bitcoin::PublicKey, data: &[u8]) -> Vec<Step> {
    let redeem = p2sh::redeem_scripts(data, &key.to_bytes(), 0).unwrap();
    let previous = funding(account, 0, 100_000, 1);
    let mut outputs = p2sh::first_outputs(&redeem, Amount::from_sat(1_200));
    outputs.push(output(account.script_pubkey(0, 0).unwrap(), 98_000));
    let mut first = unsigned(&[outpoint(&previous, 0)], outputs);
    prove(&mut first, 0, &previous, account, 0);
    let parent = first.unsigned_tx.clone();
    let spent = OutPoint { txid: template::txid_of(&first), vout: 0 };
    let mut second = unsigned(&[spent], p2sh::second_outputs_template());
    prove(&mut second, 0, &parent, account, 0);
    second.inputs[0].non_witness_utxo = (account.kind() != ScriptKind::ShWpkh).then_some(parent);
    second.inputs[0].redeem_script = Some(redeem[0].clone());
    let link = Link { input: 0, step: 0, vout: 0 };
    vec![step(account, first), Step { after: vec![0], links: vec![link], ..step(account, second) }]
}

/// The pair on testnet4, where the ledger reads it below height 85,000.
fn p2sh_review(kind: ScriptKind, height: u32, key_at: u32) -> (Result<Review>, Vec<Step>) {
    let regtest = account(kind, "cold", Holds::Assets);
    let regtest = regtest.bitcoin().unwrap();
    let (fingerprint, path) = regtest.origin();
    let ours =
        BitcoinAccount::new(kind, BitcoinNetwork::Testnet4, *fingerprint, path, *regtest.xpub().unwrap())
            .unwrap();
    let to = of(&accounts(), "old").address(0, 5).unwrap().to_string();
    let mut send = send(Some(b"order 7"));
    if let message::Message::EnhancedSend(send) = &mut send {
        send.destination = to.clone();
    }
    let data = message::encode(&send, &Rules::at(BitcoinNetwork::Testnet4, 84_000)).unwrap();
    let steps = p2sh_pair(&ours, &ours.public_key(0, key_at).unwrap(), &data);
    let mut contents = bundle("cold", steps.clone());
    contents.networks.bitcoin = Some(BitcoinNetwork::Testnet4);
    contents.assumptions.push(Topic::BitcoinHeight { height }.into());
    if let Intent::SendAsset { payee } = &mut contents.requests[0].intent {
        payee.to = to;
    }
    let accounts = [Account { rail: Rail::Bitcoin(ours), ..account(kind, "cold", Holds::Assets) }];
    let bundle = Bundle::seal(contents).unwrap();
    (Review::of_bundle(&bundle, &book(&accounts), Moment::from_unix(CREATED)), steps)
}

#[test]
fn refuses_a_p2sh_pair_where_the_ledger_ignores_it() {
    refused(p2sh_review(ScriptKind::Pkh, 84_999, 0).0, &NOT_READ);
    refused(p2sh_review(ScriptKind::Tr, 84_000, 0).0, &NOT_READ);
    refused(p2sh_review(ScriptKind::ShWpkh, 84_000, 0).0, &NOT_READ);
}

#[test]
fn reviews_and_completes_a_p2sh_pair_where_the_ledger_reads_it() {
    let (found, mut steps) = p2sh_review(ScriptKind::Pkh, 84_000, 0);
    let found = found.unwrap();
    assert!(found.screen().join("\n").contains("Counterparty message in the redeem scripts of a P2SH pair"));
    let granted = permission(&found);
    let approved = found.approve("1.5", granted).unwrap();
    let parent = signed(psbt(&mut steps[0]));
    let job = approved.complete(1, &[Some(parent.clone()), None]).unwrap();
    assert_eq!(job.psbt.unsigned_tx.output, p2sh::second_outputs(&parent.compute_txid()));
    assert!(p2sh_review(ScriptKind::Wpkh, 84_000, 0).0.is_ok());
}

#[test]
fn refuses_a_p2sh_pair_of_a_key_that_is_not_the_sources() {
    refused(p2sh_review(ScriptKind::Pkh, 84_000, 1).0, &DATA_KEY);
}

#[test]
fn fills_the_marker_of_a_p2sh_pair_under_the_final_txid() {
    let old = of(&accounts(), "old");
    let mut steps = p2sh_pair(&old, &old.public_key(0, 0).unwrap(), &[2; 40]);
    let parent = signed(psbt(&mut steps[0]));
    let links = steps[1].links.clone();
    assert!(!template::is_final(psbt(&mut steps[1])) && template::is_template(&steps, 1));
    let filled = template::fill(psbt(&mut steps[1]), &links, &[Some(parent.clone())]).unwrap();
    assert_eq!(filled.unsigned_tx.output, p2sh::second_outputs(&parent.compute_txid()));
    assert_eq!(filled.inputs[0].non_witness_utxo.as_ref(), Some(&parent));
    let mut other = parent;
    other.output[0].value = Amount::from_sat(1_201);
    refused(template::fill(psbt(&mut steps[1]), &links, &[Some(other)]), &template::OTHER_PARENT);
}
