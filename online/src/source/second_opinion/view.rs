//! What stands in the transactions that bring a message.

use airlock::amount::Quantity;
use airlock::counterparty::carrier::Carrier;
use airlock::counterparty::message::Message;
use airlock::counterparty::rules::Rules;
use airlock::counterparty::transaction::{self, Options, Reading};
use bitcoin::hex::DisplayHex as _;
use bitcoin::{Address, Amount, OutPoint, Script, Transaction, TxOut, Txid};

use super::Sequence;

/// One payment of a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) asset: String,
    pub(super) destination: String,
    pub(super) quantity: Quantity,
    pub(super) memo: Option<Vec<u8>>,
}

/// What stands there.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) carrier: Option<Carrier>,
    pub(super) source: Option<String>,
    pub(super) kind: &'static str,
    /// The payments in the order of the message; none for other messages.
    pub(super) rows: Option<Vec<Row>>,
    /// Type id and body.
    pub(super) data: Vec<u8>,
    /// The coins of the first transaction.
    pub(super) inputs: Vec<OutPoint>,
    /// Outputs to others: where, and satoshi.
    pub(super) payments: Vec<(String, u64)>,
    /// Outputs to the source itself.
    pub(super) change: Vec<(String, u64)>,
    /// Satoshi on outputs that carry data; of a pair those are the price of the reveal.
    pub(super) on_data: u64,
    /// What the first transaction pays; none where a coin is not known.
    pub(super) fee: Option<u64>,
    pub(super) is_pair: bool,
}

impl View {
    /// Reads the transactions as the ledger does; none where it sees no message.
    pub(super) fn of(sequence: &Sequence, rules: &Rules) -> Option<Self> {
        let (first, last) = (sequence.transactions.first()?, sequence.transactions.last()?);
        let is_pair = sequence.transactions.len() > 1;
        let lookup = |txid: &Txid| sequence.previous.get(txid);
        let options = Options { assume_signed: true, open_dispensers: &[] };
        let Reading::Seen(decoded) = transaction::decode(last, &lookup, rules, &options) else { return None };
        let message = decoded.message.as_ref()?;
        let spent = |input: &OutPoint| -> Option<&TxOut> {
            lookup(&input.txid)?.output.get(usize::try_from(input.vout).ok()?)
        };
        let inputs: Vec<OutPoint> = first.input.iter().map(|input| input.previous_output).collect();
        let own = inputs.first().and_then(spent).map(|output| output.script_pubkey.as_script());
        let mut view = Self {
            carrier: decoded.carrier,
            source: decoded.source.clone(),
            kind: message.type_name(),
            rows: rows(message),
            data: decoded.data.clone(),
            fee: fee(first, &inputs, spent),
            inputs,
            payments: Vec::new(),
            change: Vec::new(),
            on_data: 0,
            is_pair,
        };
        for (index, output) in first.output.iter().enumerate() {
            let sats = output.value.to_sat();
            if carries_data(index, output, last, is_pair) {
                view.on_data = view.on_data.saturating_add(sats);
                continue;
            }
            let place = (shown(&output.script_pubkey, rules), sats);
            match own == Some(output.script_pubkey.as_script()) {
                true => view.change.push(place),
                false => view.payments.push(place),
            }
        }
        Some(view)
    }
}

/// True for outputs that hold data, and for the one that the reveal spends.
fn carries_data(index: usize, output: &TxOut, last: &Transaction, is_pair: bool) -> bool {
    let reveal = last.input.first().map(|input| input.previous_output.vout);
    let is_commit = is_pair && u32::try_from(index).ok() == reveal;
    is_commit || output.script_pubkey.is_op_return() || output.script_pubkey.is_multisig()
}

fn fee<'a>(
    transaction: &Transaction,
    inputs: &[OutPoint],
    spent: impl Fn(&OutPoint) -> Option<&'a TxOut>,
) -> Option<u64> {
    let paid = inputs.iter().try_fold(Amount::ZERO, |sum, input| sum.checked_add(spent(input)?.value))?;
    let out =
        transaction.output.iter().try_fold(Amount::ZERO, |sum, output| sum.checked_add(output.value))?;
    paid.checked_sub(out).map(Amount::to_sat)
}

/// The payments of a send or a batch.
fn rows(message: &Message) -> Option<Vec<Row>> {
    match message {
        Message::EnhancedSend(send) => Some(vec![Row {
            asset: send.asset.name(),
            destination: send.destination.clone(),
            quantity: send.quantity,
            memo: send.memo.as_ref().map(|memo| memo.as_bytes().to_vec()),
        }]),
        Message::Mpma(batch) => Some(
            batch
                .sends
                .iter()
                .map(|send| Row {
                    asset: send.asset.name(),
                    destination: send.destination.clone(),
                    quantity: send.quantity,
                    memo: batch.memo_of(send).map(|memo| memo.as_bytes().to_vec()),
                })
                .collect(),
        ),
        Message::Sweep(_)
        | Message::Broadcast(_)
        | Message::Issuance(_)
        | Message::Other(_)
        | Message::Unsound(_) => None,
    }
}

/// The address of a script, else its hex.
fn shown(script: &Script, rules: &Rules) -> String {
    Address::from_script(script, rules.network().to_bitcoin())
        .map_or_else(|_| script.as_bytes().to_lower_hex_string(), |address| address.to_string())
}
