//! Reading the outputs in order.

use bitcoin::hashes::{Hash as _, hash160};
use bitcoin::opcodes::all as op;
use bitcoin::script::{Instruction, Script};
use bitcoin::{Address, Transaction, WitnessProgram, WitnessVersion, base58};

use super::{Options, Reason};
use crate::counterparty::arc4;
use crate::counterparty::carrier::{Carrier, multisig, opreturn, pubkeyhash, taproot};
use crate::counterparty::message::framing::PREFIX;
use crate::counterparty::rules::{Change, Rules};
use crate::network::BitcoinNetwork;

/// What stands in the outputs.
#[derive(Default)]
pub(super) struct Outputs {
    pub(super) destinations: Vec<String>,
    pub(super) btc_amount: u64,
    pub(super) data: Vec<u8>,
    pub(super) carrier: Option<Carrier>,
    pub(super) is_reveal: bool,
    /// All payments that were read, the one behind the data included: address, satoshi.
    pub(super) payments: Vec<(String, u64)>,
}

impl Outputs {
    /// Payments that dispense without a message, where that was so.
    pub(super) fn open_dispensers(&self, options: &Options<'_>, rules: &Rules) -> Vec<(String, u64)> {
        if rules.is_active(Change::DisableVanillaBtcDispense) || !rules.is_active(Change::SweepSend) {
            return Vec::new();
        }
        self.payments
            .iter()
            .filter(|(address, _)| options.open_dispensers.contains(address))
            .cloned()
            .collect()
    }

    fn add_data(&mut self, data: &[u8], carrier: Carrier) {
        self.data.extend_from_slice(data);
        self.carrier = match self.carrier {
            None => Some(carrier),
            Some(same) if same == carrier => Some(same),
            Some(_) => Some(Carrier::Mixed),
        };
    }
}

/// One output.
enum Output {
    Destination { address: String, may_dispense: bool },
    Data(Vec<u8>, Carrier),
}

/// The address that no key opens; what is sent there is burned.
pub(super) fn burn_address(network: BitcoinNetwork) -> &'static str {
    match network {
        BitcoinNetwork::Mainnet => "1CounterpartyXXXXXXXXXXXXXXXUWLpVr",
        BitcoinNetwork::Testnet3
        | BitcoinNetwork::Testnet4
        | BitcoinNetwork::Signet
        | BitcoinNetwork::Regtest => "mvCounterpartyXXXXXXXXXXXXXXW24Hef",
    }
}

pub(super) fn read(tx: &Transaction, rules: &Rules) -> Result<Outputs, Reason> {
    let input = tx.input.first().ok_or(Reason::Coinbase)?;
    let key = arc4::key(&input.previous_output.txid);
    let burn = burn_address(rules.network());
    let mut found = Outputs::default();
    let mut is_envelope = true;
    for (index, output) in tx.output.iter().enumerate() {
        match classify(&output.script_pubkey, &key, rules).ok_or(Reason::UnreadableOutput(index))? {
            Output::Destination { address, may_dispense } => {
                if may_dispense {
                    found.payments.push((address.clone(), output.value.to_sat()));
                }
                if !found.data.is_empty() || found.destinations == [burn] {
                    break;
                }
                found.destinations.push(address);
                found.btc_amount = found.btc_amount.saturating_add(output.value.to_sat());
            }
            Output::Data(data, carrier) => {
                let script =
                    input.witness.nth(1).filter(|_| input.witness.len() == 3).map(Script::from_bytes);
                match script.filter(|_| data == PREFIX && rules.reads_taproot_envelope()) {
                    None => found.add_data(&data, carrier),
                    Some(script) => {
                        match taproot::decode(script, rules.is_active(Change::OrdinalsMetadataSupport)) {
                            Ok(data) if data.is_empty() => {}
                            Ok(data) => {
                                found.is_reveal = true;
                                found.add_data(&data, Carrier::Taproot);
                            }
                            // The reader goes on and gives up at the end, unless another output ends it first.
                            Err(_) => is_envelope = false,
                        }
                    }
                }
            }
        }
    }
    if is_envelope { Ok(found) } else { Err(Reason::NotAnEnvelope) }
}

fn classify(script: &Script, key: &[u8; 32], rules: &Rules) -> Option<Output> {
    if script.is_op_return() {
        let push = opreturn::push_of(script)?;
        if push == PREFIX && rules.is_active(Change::TaprootSupport) {
            return Some(Output::Data(push.to_vec(), Carrier::OpReturn));
        }
        return opreturn::decode(script, key).map(|data| Output::Data(data, Carrier::OpReturn));
    }
    match script.instructions().last() {
        Some(Ok(Instruction::Op(op::OP_CHECKSIG))) => return checksig(script, key, rules),
        Some(Ok(Instruction::Op(op::OP_CHECKMULTISIG))) => {
            return Some(match multisig::decode(script, key).ok()? {
                multisig::Multisig::Data(data) => Output::Data(data, Carrier::Multisig),
                multisig::Multisig::Destination(required, keys) => Output::Destination {
                    address: multisig_address(required, &keys, rules.network()),
                    may_dispense: true,
                },
            });
        }
        _ => {}
    }
    if let Some(hash) = script_hash(script) {
        let address = base58::encode_check(&[&[script_version(rules.network())], hash].concat());
        let may_dispense = rules.is_active(Change::P2shDispensersSupport);
        return Some(Output::Destination { address, may_dispense });
    }
    let address = witness_address(script, rules)?;
    Some(Output::Destination { address, may_dispense: rules.is_active(Change::CorrectSegwitTxids) })
}

/// Data or a destination in a script that ends in OP_CHECKSIG: its third instruction, whatever the shape.
fn checksig(script: &Script, key: &[u8; 32], rules: &Rules) -> Option<Output> {
    let third = script.instructions().nth(2)?.ok()?;
    let bytes = pubkeyhash::third(&third);
    if let Some(data) = pubkeyhash::decode_block(&bytes, key) {
        return Some(Output::Data(data, Carrier::PubkeyHash));
    }
    Some(Output::Destination { address: hash_address(&bytes, rules.network()), may_dispense: true })
}

/// The text of a P2PKH address with whatever bytes stand for the hash.
pub(super) fn hash_address(hash: &[u8], network: BitcoinNetwork) -> String {
    let version = if network == BitcoinNetwork::Mainnet { 0x00 } else { 0x6f };
    base58::encode_check(&[&[version], hash].concat())
}

pub(super) fn script_version(network: BitcoinNetwork) -> u8 {
    if network == BitcoinNetwork::Mainnet { 0x05 } else { 0xc4 }
}

/// `m_a_b_n` with the P2PKH addresses of the keys, sorted.
pub(super) fn multisig_address(required: u8, keys: &[Vec<u8>], network: BitcoinNetwork) -> String {
    let mut addresses: Vec<String> =
        keys.iter().map(|key| hash_address(hash160::Hash::hash(key).as_byte_array(), network)).collect();
    addresses.sort();
    format!("{required}_{}_{}", addresses.join("_"), keys.len())
}

fn script_hash(script: &Script) -> Option<&[u8]> {
    let mut instructions = script.instructions();
    match (instructions.next(), instructions.next(), instructions.next(), instructions.next()) {
        (
            Some(Ok(Instruction::Op(op::OP_HASH160))),
            Some(Ok(Instruction::PushBytes(hash))),
            Some(Ok(Instruction::Op(op::OP_EQUAL))),
            None,
        ) => Some(hash.as_bytes()),
        _ => None,
    }
}

/// The address of a witness output: version 0 since segwit_support, versions 1 and 10 to 16 since Taproot.
pub(super) fn witness_address(script: &Script, rules: &Rules) -> Option<String> {
    let first = script.instructions().next()?.ok()?;
    let is_v0 = first.push_bytes().is_some_and(|push| push.is_empty());
    if rules.is_active(Change::TaprootSupport) {
        let is_newer = matches!(first, Instruction::Op(code) if matches!(code.to_u8(), 0x51 | 0x5a..=0x60));
        if !is_v0 && !is_newer {
            return None;
        }
        return Address::from_script(script, rules.network().to_bitcoin())
            .ok()
            .map(|address| address.to_string());
    }
    if !is_v0 || !rules.is_active(Change::SegwitSupport) || !script.is_witness_program() {
        return None;
    }
    // The reader of that time cut every program to 20 bytes.
    let program = WitnessProgram::new(WitnessVersion::V0, script.as_bytes().get(2..22)?).ok()?;
    Some(Address::from_witness_program(program, rules.network().to_bitcoin()).to_string())
}
