use airlock::Result;
use airlock::account::AccountName;
use airlock::request::{AssetPayee, BitcoinPayee, Encoding, Intent, Request, RequestMemo};
use clap::{Args, Subcommand};

use crate::cli::{Global, parsed};
use crate::commands::Done;
use crate::commands::build::{Build, build, kind_of};

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
    /// Address of the account's network
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
    /// Address of the account's network
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
    /// Classic address, or X-address with its tag inside
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
        let (request, common) = match &self.what {
            What::Btc(btc) => (btc.request()?, &btc.common),
            What::Xcp(xcp) => (xcp.request(), &xcp.common),
            What::Xrp(xrp) => (xrp.request(), &xrp.common),
        };
        let kind = kind_of(&request.intent);
        build(&[request], &kind, &common.build, global)
    }
}

impl Btc {
    fn request(&self) -> Result<Request> {
        if self.to.len() != self.amount.len() {
            let (to, amounts) = (self.to.len(), self.amount.len());
            return Err(crate::error::USAGE
                .error(format!("{to} addresses and {amounts} amounts"))
                .with_next("Give one `--amount` for each `--to`."));
        }
        let pair = |(to, amount): (&String, &String)| BitcoinPayee { to: to.clone(), amount: amount.clone() };
        let payees = self.to.iter().zip(&self.amount).map(pair).collect();
        let intent = Intent::SendBitcoin { payees };
        Ok(Request { fee_rate: self.fee_rate.clone(), ..self.common.request(intent) })
    }
}

impl Xcp {
    fn request(&self) -> Request {
        let text = self.memo.clone().map(RequestMemo::Text);
        let memo = text.or_else(|| self.memo_hex.clone().map(RequestMemo::Hex));
        let payee =
            AssetPayee { asset: self.asset.clone(), to: self.to.clone(), amount: self.amount.clone(), memo };
        Request {
            fee_rate: self.fee_rate.clone(),
            encoding: (self.encoding != Encoding::Auto).then_some(self.encoding),
            ..self.common.request(Intent::SendAsset { payee })
        }
    }
}

impl Xrp {
    fn request(&self) -> Request {
        let intent = Intent::SendXrp { to: self.to.clone(), tag: self.tag, amount: self.amount.clone() };
        Request { fee_drops: self.fee_drops.clone(), ..self.common.request(intent) }
    }
}

impl Common {
    fn request(&self, intent: Intent) -> Request {
        let (from, reference) = (self.from.clone(), self.reference.clone());
        Request { from, reference, intent, fee_rate: None, fee_drops: None, encoding: None }
    }
}

/// Reads a destination tag: digits alone.
fn parse_tag(text: &str) -> Result<u32, String> {
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
