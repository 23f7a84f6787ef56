use airlock::counterparty::asset::AssetId;
use airlock::counterparty::carrier::{multisig, opreturn};
use airlock::counterparty::message::{self, EnhancedSend, Memo, Message, Mpma, MpmaSend};
use airlock::network::BitcoinNetwork;
use airlock::snapshot::{AddressFacts, AssetFacts};
use airlock::{Error, Result};
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::{Amount, ScriptBuf, TxOut};
use serde_json::Value;

use super::*;
use crate::source::counterparty::{
    AttachedAsset, Balance, CounterpartyStatus, Credit, Judgement, LedgerBlock,
};
use crate::source::counterparty_server::CANNOT_COMPOSE;

/// A transaction that counterparty-server composed, and the request for it.
struct Golden {
    label: String,
    encoding: String,
    parameters: Value,
    theirs: Vec<Transaction>,
    previous: BTreeMap<Txid, Transaction>,
    multisig_key: Option<String>,
}

fn golden() -> Vec<Golden> {
    let path = format!("{}/../vectors/golden.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let previous: BTreeMap<Txid, Transaction> = file["previous_transactions"]
        .as_object()
        .unwrap()
        .values()
        .map(|hex| deserialize_hex::<Transaction>(hex.as_str().unwrap()).unwrap())
        .map(|transaction| (transaction.compute_txid(), transaction))
        .collect();
    let all = file["transactions"].as_array().unwrap().iter();
    all.filter(|transaction| {
        let path = transaction["request"]["path"].as_str().unwrap_or_default();
        path.ends_with("/compose/send") || path.ends_with("/compose/mpma")
    })
    .map(|transaction| {
        let unsigned: Transaction =
            deserialize_hex(transaction["unsigned_tx_hex"].as_str().unwrap()).unwrap();
        let reveal = transaction["signed_reveal_tx_hex"].as_str();
        let reveal = reveal.map(|hex| deserialize_hex::<Transaction>(hex).unwrap());
        let mut previous = previous.clone();
        previous.insert(unsigned.compute_txid(), unsigned.clone());
        let mut theirs = vec![unsigned];
        theirs.extend(reveal);
        Golden {
            label: transaction["label"].as_str().unwrap().to_owned(),
            encoding: transaction["encoding"].as_str().unwrap().to_owned(),
            parameters: transaction["request"]["params"].clone(),
            multisig_key: multisig_key(&theirs[0]),
            theirs,
            previous,
        }
    })
    .collect()
}

fn rules() -> Rules {
    Rules::newest(BitcoinNetwork::Regtest)
}

impl Golden {
    fn text(&self, name: &str) -> Option<String> {
        match &self.parameters[name] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The message that the request asks for, written by our own codec.
    fn message(&self) -> Option<Message> {
        let asset = |name: &str| AssetId::from_name(name).ok();
        let quantity = |text: &str| Quantity::new(text.parse().unwrap()).unwrap();
        let memo = |name: &str, is_hex: &str| match (self.text(name), self.text(is_hex).as_deref()) {
            (Some(memo), Some("true")) => Some(Memo::from_hex(&memo).unwrap()),
            (Some(memo), _) if !memo.is_empty() => Some(Memo::Text(memo)),
            _ => None,
        };
        let Some(assets) = self.text("assets") else {
            if self.text("use_enhanced_send").as_deref() == Some("false") {
                return None;
            }
            return Some(Message::EnhancedSend(EnhancedSend {
                asset: asset(&self.text("asset")?)?,
                quantity: quantity(&self.text("quantity")?),
                destination: self.text("destination")?,
                memo: memo("memo", "memo_is_hex"),
            }));
        };
        if !self.parameters["memos"].is_null() {
            return None;
        }
        let (destinations, quantities) = (self.text("destinations")?, self.text("quantities")?);
        let rows = assets.split(',').zip(destinations.split(',')).zip(quantities.split(','));
        let sends = rows
            .map(|((name, destination), units)| {
                Some(MpmaSend {
                    asset: asset(name)?,
                    destination: destination.to_owned(),
                    quantity: quantity(units),
                    memo: None,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        let batch = Mpma { sends, memo: memo("memo", "memo_is_hex") };
        Some(Message::Mpma(batch.in_reference_order(|send| send.asset.name())))
    }

    /// Our own composition of the same request with the same coins and fee.
    fn ours(&self) -> Option<Sequence> {
        let data = message::encode(&self.message()?, &rules()).ok()?;
        let server = self.theirs.first()?;
        let mut transaction = server.clone();
        let first = transaction.input[0].previous_output.txid;
        let outputs = match &self.multisig_key {
            None => vec![opreturn::encode(&data, &first, opreturn::MAX_PUSH).ok()?],
            Some(key) => {
                let key = <Vec<u8> as bitcoin::hex::FromHex>::from_hex(key).unwrap();
                multisig::encode(&data, &first, &key, multisig::DUST).ok()?
            }
        };
        let change = server.output.last().unwrap().clone();
        transaction.output = outputs.into_iter().chain([change]).collect();
        Some(Sequence { transactions: vec![transaction], previous: self.previous.clone() })
    }
}

/// Our plan of the golden transaction of a label.
fn plan_of(label: &str) -> (Sequence, Vec<Transaction>) {
    let golden = golden().into_iter().find(|golden| golden.label == label).expect("the label is there");
    (golden.ours().expect("we compose it as well"), golden.theirs)
}

#[test]
fn what_we_compose_agrees_with_what_the_server_composed() {
    let (mut compared, mut pairs) = (0, 0);
    for golden in golden() {
        let same = Sequence { transactions: golden.theirs.clone(), previous: golden.previous.clone() };
        if View::of(&same, &rules()).is_some() {
            assert_eq!(
                differences(&same, golden.theirs.clone(), &rules()),
                Vec::<String>::new(),
                "{}",
                golden.label
            );
            pairs += usize::from(golden.theirs.len() == 2);
        }
        if golden.theirs.len() == 2 || golden.encoding == "taproot" {
            continue;
        }
        let Some(ours) = golden.ours() else { continue };
        assert_eq!(differences(&ours, golden.theirs, &rules()), Vec::<String>::new(), "{}", golden.label);
        compared += 1;
    }
    assert!(compared >= 40 && pairs >= 6, "{compared} transactions, {pairs} pairs");
}

const SEND: &str = "wpkh: enhanced send XCP, no memo, opreturn";
const STRANGER: &str = "bcrt1qxdyjf6h5d6qxap4n2dap97q4j5ps6ua8jkxz0z";

/// The server's transaction with another message in its OP_RETURN.
fn with_message(theirs: &[Transaction], change: impl Fn(&mut EnhancedSend)) -> Vec<Transaction> {
    let mut transaction = theirs[0].clone();
    let first = transaction.input[0].previous_output.txid;
    let key = airlock::counterparty::arc4::key(&first);
    let data = opreturn::decode(&transaction.output[0].script_pubkey, &key).unwrap();
    let Message::EnhancedSend(mut send) = message::decode(&data, &rules()).unwrap() else { panic!() };
    change(&mut send);
    let data = message::encode(&Message::EnhancedSend(send), &rules()).unwrap();
    transaction.output[0] = opreturn::encode(&data, &first, opreturn::MAX_PUSH).unwrap();
    vec![transaction]
}

#[test]
fn each_field_that_differs_is_one_sentence() {
    let (ours, theirs) = plan_of(SEND);
    let to = "bcrt1qd7spv5q28348xl4myc8zmh983w5jx32cs707jh";
    let told = |server: Vec<Transaction>| differences(&ours, server, &rules());
    assert_eq!(told(theirs.clone()), Vec::<String>::new());
    assert_eq!(
        told(with_message(&theirs, |send| send.quantity = Quantity::new(12_345_678_900).unwrap())),
        [format!("quantity of XCP to {to}: 123456789 in the plan, 12345678900 by the server")]
    );
    assert_eq!(
        told(with_message(&theirs, |send| send.memo = Some(Memo::Text("hi".to_owned())))),
        [format!("memo of XCP to {to}: none in the plan, hex 6869 by the server")]
    );
    assert_eq!(
        told(with_message(&theirs, |send| STRANGER.clone_into(&mut send.destination))),
        [
            format!("XCP to {to}: 123456789 base units in the plan, nothing by the server"),
            format!("XCP to {STRANGER}: nothing in the plan, 123456789 base units by the server"),
        ]
    );
    let other = AssetId::from_name("TOKENDIV").unwrap();
    assert_eq!(told(with_message(&theirs, |send| send.asset = other)).len(), 2);

    let change = |change: &dyn Fn(&mut Transaction)| {
        let mut server = theirs.clone();
        change(&mut server[0]);
        told(server)
    };
    let source = "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk";
    assert_eq!(
        change(&|tx| tx.output[1].value = Amount::from_sat(97_000)),
        [
            "fee: 2000 sat in the plan, 3000 sat by the server".to_owned(),
            format!("change: 98000 sat to {source} in the plan, 97000 sat to {source} by the server"),
        ]
    );
    let elsewhere: bitcoin::Address<bitcoin::address::NetworkUnchecked> = STRANGER.parse().unwrap();
    let script: ScriptBuf = elsewhere.assume_checked().script_pubkey();
    let diverted = change(&|tx| tx.output[1].script_pubkey = script.clone());
    assert_eq!(
        diverted,
        [
            format!("bitcoin payments: none in the plan, 98000 sat to {STRANGER} by the server"),
            format!("change: 98000 sat to {source} in the plan, none by the server"),
        ]
    );
    // A payment before the data is a destination of the message as well.
    let paid = change(&|tx| {
        tx.output.insert(0, TxOut { value: Amount::from_sat(546), script_pubkey: script.clone() });
    });
    assert!(paid.iter().any(|line| line.starts_with("bitcoin payments: none")), "{paid:?}");
    let coin = "6698b3ca739f63b0ff72815a01162f538a90e87d81afe5cc013a6ec105625e22:1";
    let more = change(&|tx| {
        let mut input = tx.input[0].clone();
        input.previous_output = coin.parse().unwrap();
        tx.input.push(input);
    });
    assert!(
        more[0].starts_with("coins: ") && more[0].ends_with(&format!(", {coin} by the server")),
        "{more:?}"
    );
    let silent = change(&|tx| {
        tx.output.remove(0);
    });
    assert_eq!(silent, ["the ledger would see no message in the server's transaction"]);
    assert_eq!(told(Vec::new()), silent);
}

#[test]
fn another_source_and_another_carrier_are_named() {
    let (ours, _) = plan_of(SEND);
    let multisig = golden().into_iter().find(|golden| golden.encoding == "multisig").unwrap();
    let told =
        differences(&Sequence { previous: multisig.previous.clone(), ..ours }, multisig.theirs, &rules());
    assert!(
        told.iter().any(|line| line == "carrier: opreturn in the plan, multisig by the server"),
        "{told:?}"
    );
    let foreign = golden()
        .into_iter()
        .find(|golden| golden.label.starts_with("pkh") && golden.encoding == "opreturn")
        .unwrap();
    let (ours, _) = plan_of(SEND);
    let told =
        differences(&Sequence { previous: foreign.previous.clone(), ..ours }, foreign.theirs, &rules());
    assert!(told.iter().any(|line| line.starts_with("source: bcrt1q6rz28mc")), "{told:?}");
}

#[test]
fn a_pair_is_compared_by_its_message_and_not_by_the_servers_key() {
    let mut pairs = golden().into_iter().filter(|golden| golden.theirs.len() == 2);
    let (one, other) = (pairs.next().unwrap(), pairs.next().unwrap());
    let ours = Sequence { transactions: one.theirs.clone(), previous: one.previous.clone() };
    let told = differences(&ours, other.theirs, &rules());
    assert!(!told.is_empty());
    // Another price of the reveal is the server's own business, another payment is not.
    let mut dearer = one.theirs.clone();
    dearer[0].output[0].value = Amount::from_sat(1_000);
    let rest = dearer[0].output[1].value - Amount::from_sat(670);
    dearer[0].output[1].value = rest;
    dearer[1].input[0].previous_output.txid = dearer[0].compute_txid();
    assert_eq!(differences(&ours, dearer, &rules()), Vec::<String>::new());
}

/// A source that composes what it is told to, or nothing.
struct Composer(Result<Vec<Transaction>, fn() -> Error>);

impl CounterpartySource for Composer {
    fn name(&self) -> String {
        "composer".to_owned()
    }
    fn status(&self) -> Result<CounterpartyStatus> {
        unreachable!("only compositions are asked for")
    }
    fn block(&self, _: u32) -> Result<LedgerBlock> {
        unreachable!("only compositions are asked for")
    }
    fn balances(&self, _: &[String]) -> Result<Vec<Balance>> {
        unreachable!("only compositions are asked for")
    }
    fn attached(&self, _: &[OutPoint]) -> Result<Vec<AttachedAsset>> {
        unreachable!("only compositions are asked for")
    }
    fn asset(&self, _: &str) -> Result<Option<AssetFacts>> {
        unreachable!("only compositions are asked for")
    }
    fn address(&self, _: &str) -> Result<AddressFacts> {
        unreachable!("only compositions are asked for")
    }
    fn judgement(&self, _: Txid) -> Result<Judgement> {
        unreachable!("only compositions are asked for")
    }
    fn credits(&self, _: &str, _: u32, _: u32) -> Result<Vec<Credit>> {
        unreachable!("only compositions are asked for")
    }
    fn compose(&self, wish: &Composition<'_>) -> Result<Vec<Transaction>> {
        assert_eq!((wish.source, wish.fee), ("bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk", 2000));
        assert_eq!((wish.sends.len(), wish.inputs.len(), wish.encoding), (1, 1, "opreturn"));
        self.0.clone().map_err(|error| error())
    }
}

#[test]
fn a_server_that_composes_nothing_is_no_opinion_and_no_error() {
    let (ours, theirs) = plan_of(SEND);
    let view = View::of(&ours, &rules()).unwrap();
    let told = |source: &Composer| ask(source, &ours, &view, &rules());
    assert_eq!(told(&Composer(Ok(theirs.clone()))), Outcome::Agrees);
    let wrong = with_message(&theirs, |send| send.quantity = Quantity::new(1).unwrap());
    assert!(matches!(told(&Composer(Ok(wrong))), Outcome::Differs(lines) if lines.len() == 1));
    let down = Composer(Err(|| CANNOT_COMPOSE.error("insufficient funds")));
    assert_eq!(told(&down), Outcome::None("E-SRCCP-013 insufficient funds".to_owned()));
}
