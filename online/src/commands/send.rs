use airlock::Result;
use airlock::account::AccountName;
use airlock::request::{AssetPayee, BitcoinPayee, Encoding, Intent, Request, RequestMemo};
use clap::{Args, Subcommand};

use crate::answer::put;
use crate::book::{self, Rail, shown};
use crate::cli::{Global, parsed};
use crate::commands::Done;
use crate::commands::build::{Build, build, kind_of};
use crate::home::Home;
use crate::store::BookEntry;

/// Build a bundle of one payment: bitcoin, a Counterparty asset, or XRP
///
///     airlock-online send xrp --from cold --to rHb9… --tag 1 --amount 80000
///     airlock-online send xcp --from holding --to bc1q… --amount 12.5 --memo "invoice 42"
///     airlock-online send xcp --asset PEPECASH --from holding --to 1Dk… --amount 1000
///     airlock-online send btc --from cold --to bc1q… --amount 0.5 --fee-rate 12
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Send {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Pay bitcoin
    Btc(Btc),
    /// Send XCP, or any Counterparty asset with --asset
    Xcp(Xcp),
    /// Pay XRP
    Xrp(Xrp),
}

#[derive(Debug, Args)]
struct Common {
    /// The paying account: its name, or its role where only one account of the chain has it
    #[arg(long, value_name = "ACCOUNT", value_parser = parsed::<AccountName>)]
    from: AccountName,
    /// The withdrawal's own number in your books
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    #[command(flatten)]
    build: Build,
}

/// Pay bitcoin to one address, or to several: the n-th --amount goes to the n-th --to
#[derive(Debug, Args)]
struct Btc {
    /// Address of the account's network, or a name in the address book
    #[arg(long, value_name = "ADDRESS", required = true)]
    to: Vec<String>,
    /// Amount in BTC, up to 8 decimals
    #[arg(long, value_name = "BTC", required = true, allow_hyphen_values = true)]
    amount: Vec<String>,
    /// Fee rate in sat/vB, up to 3 decimals [default: the snapshot's estimate]
    #[arg(long, value_name = "RATE")]
    fee_rate: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Send a Counterparty asset to one address
#[derive(Debug, Args)]
struct Xcp {
    /// The asset: XCP, a name, A…, or a subasset
    #[arg(long, default_value = "XCP")]
    asset: String,
    /// Address of the account's network, or a name in the address book
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// Units of the asset: up to 8 decimals when it is divisible, none otherwise
    #[arg(long, value_name = "UNITS", allow_hyphen_values = true)]
    amount: String,
    /// Memo as text, up to 34 bytes
    #[arg(long, value_name = "TEXT", conflicts_with = "memo_hex")]
    memo: Option<String>,
    /// Memo as bytes in hex, up to 34 bytes
    #[arg(long, value_name = "HEX")]
    memo_hex: Option<String>,
    /// How the message travels: auto (the cheapest that counts), opreturn, multisig, taproot, p2sh
    #[arg(long, default_value = "auto", value_parser = parse_encoding)]
    encoding: Encoding,
    /// Fee rate in sat/vB, up to 3 decimals [default: the snapshot's estimate]
    #[arg(long, value_name = "RATE")]
    fee_rate: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Pay XRP to one account
#[derive(Debug, Args)]
struct Xrp {
    /// Classic address, X-address with its tag inside, or a name in the address book
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// Destination tag; 0 is a tag, leaving it out means none
    #[arg(long, value_parser = parse_tag)]
    tag: Option<u32>,
    /// Amount in XRP, up to 6 decimals
    #[arg(long, value_name = "XRP", allow_hyphen_values = true)]
    amount: String,
    /// Fee in drops [default: 5000, or the open-ledger fee if that is higher]
    #[arg(long, value_name = "DROPS")]
    fee_drops: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Send {
    pub(crate) fn run(&self, global: &Global) -> Result<Done> {
        let home = Home::find(global.home.as_deref())?;
        let mut named = Vec::new();
        let (request, common) = match &self.what {
            What::Btc(btc) => (btc.request(&home, &mut named)?, &btc.common),
            What::Xcp(xcp) => (xcp.request(&home, &mut named)?, &xcp.common),
            What::Xrp(xrp) => (xrp.request(&home, &mut named)?, &xrp.common),
        };
        let kind = kind_of(&request.intent);
        let mut done = build(&[request], &kind, &common.build, global)?;
        for entry in &named {
            done.answer
                .lines
                .insert(1.min(done.answer.lines.len()), format!("{:<12} {}", entry.name, shown(entry)));
        }
        if !named.is_empty() {
            let names: Vec<&str> = named.iter().map(|entry| entry.name.as_str()).collect();
            put(&mut done.answer.json, "book", names);
        }
        Ok(done)
    }
}

impl Btc {
    fn request(&self, home: &Home, named: &mut Vec<BookEntry>) -> Result<Request> {
        if self.to.len() != self.amount.len() {
            let (to, amounts) = (self.to.len(), self.amount.len());
            return Err(crate::error::USAGE
                .error(format!("{to} addresses and {amounts} amounts"))
                .with_next("Give one `--amount` for each `--to`."));
        }
        let mut payees = Vec::with_capacity(self.to.len());
        for (to, amount) in self.to.iter().zip(&self.amount) {
            let to = match book::find(home, to, Rail::Bitcoin)? {
                Some(entry) => {
                    book::check_no_memo(&entry)?;
                    take(entry, named)
                }
                None => to.clone(),
            };
            payees.push(BitcoinPayee { to, amount: amount.clone() });
        }
        let intent = Intent::SendBitcoin { payees };
        Ok(Request { fee_rate: self.fee_rate.clone(), ..self.common.request(intent) })
    }
}

impl Xcp {
    fn request(&self, home: &Home, named: &mut Vec<BookEntry>) -> Result<Request> {
        let text = self.memo.clone().map(RequestMemo::Text);
        let typed = text.or_else(|| self.memo_hex.clone().map(RequestMemo::Hex));
        let (to, memo) = match book::find(home, &self.to, Rail::Bitcoin)? {
            Some(entry) => {
                let memo = book::memo(&entry, typed)?;
                (take(entry, named), memo)
            }
            None => (self.to.clone(), typed),
        };
        let payee = AssetPayee { asset: self.asset.clone(), to, amount: self.amount.clone(), memo };
        Ok(Request {
            fee_rate: self.fee_rate.clone(),
            encoding: (self.encoding != Encoding::Auto).then_some(self.encoding),
            ..self.common.request(Intent::SendAsset { payee })
        })
    }
}

impl Xrp {
    fn request(&self, home: &Home, named: &mut Vec<BookEntry>) -> Result<Request> {
        let (to, tag) = match book::find(home, &self.to, Rail::Xrp)? {
            Some(entry) => {
                let tag = book::tag(&entry, self.tag)?;
                (take(entry, named), tag)
            }
            None => (self.to.clone(), self.tag),
        };
        let intent = Intent::SendXrp { to, tag, amount: self.amount.clone() };
        Ok(Request { fee_drops: self.fee_drops.clone(), ..self.common.request(intent) })
    }
}

impl Common {
    fn request(&self, intent: Intent) -> Request {
        let (from, reference) = (self.from.clone(), self.reference.clone());
        Request { from, reference, intent, fee_rate: None, fee_drops: None, encoding: None }
    }
}

/// The address of an entry, which is noted for the answer.
fn take(entry: BookEntry, named: &mut Vec<BookEntry>) -> String {
    let address = entry.address.clone();
    named.push(entry);
    address
}

/// Reads a destination tag: digits alone.
pub(super) fn parse_tag(text: &str) -> Result<u32, String> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let tag = text.parse().ok().filter(|_| digits);
    tag.ok_or_else(|| format!("a tag is a number from 0 to {}", u32::MAX))
}

/// Reads the name of a carrier.
pub(crate) fn parse_encoding(text: &str) -> Result<Encoding, String> {
    match text {
        "auto" => Ok(Encoding::Auto),
        "opreturn" => Ok(Encoding::OpReturn),
        "multisig" => Ok(Encoding::Multisig),
        "taproot" => Ok(Encoding::Taproot),
        "p2sh" => Ok(Encoding::P2sh),
        _ => Err("one of auto, opreturn, multisig, taproot, p2sh".to_owned()),
    }
}
