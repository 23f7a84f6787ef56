use std::path::{Path, PathBuf};

use airlock::account::{Account, AccountName};
use airlock::amount::{BITCOIN_DECIMALS, Quantity, grouped_units, parse_units};
use airlock::{Error, Result};
use airlock_qr::look::Look;
use airlock_qr::symbol::Symbol;
use airlock_qr::{png, terminal};
use bitcoin::hex::DisplayHex as _;
use clap::Args;
use serde_json::{Value, json};

use super::{account, settings};
use crate::answer::{Answer, put, table};
use crate::cli::{Global, parsed};
use crate::commands::live::Live;
use crate::deposits::Customer;
use crate::deposits::hand_out::{self, HandedOut, MEMO_ADDRESS, Terms, Wish};
use crate::home::Home;
use crate::store::{Invoice, Store};
use crate::{clock, files};

/// The customer of a command.
#[derive(Debug, Args)]
pub(super) struct Whose {
    /// The account that receives
    #[arg(long, value_name = "NAME", value_parser = parsed::<AccountName>)]
    account: AccountName,
    /// The customer's id in your own books
    #[arg(long, value_name = "ID", value_parser = parsed::<Customer>)]
    customer: Customer,
}

/// Hand out the customer's own address of a deposit account
///
/// The next address of branch 0 that nobody has; a customer who has one gets the same again. The keys are in the vault,
/// no node knows them. Refused beyond the gap limit of unused addresses, because a wallet restored from the seed alone
/// would not look that far.
#[derive(Debug, Args)]
pub(super) struct Address {
    #[command(flatten)]
    whose: Whose,
    /// Hand it out though as many unused ones as the gap limit stand before it
    #[arg(long)]
    beyond_gap: bool,
    /// No index below this: after an older copy of the home folder was restored
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    at_least: u32,
    /// Show it as a QR code too
    #[arg(long)]
    qr: bool,
}

impl Address {
    pub(super) fn run(&self, home: &Home, global: &Global) -> Result<Answer> {
        let account = account(home, &self.whose.account)?;
        let (_, gap_limit) = settings(home)?;
        let (tip, why) = match tip(&account, global) {
            Ok(tip) => (tip, None),
            Err(why) => (None, Some(why)),
        };
        let terms = Terms { gap_limit, beyond_gap: self.beyond_gap, at_least: self.at_least, tip };
        let HandedOut { what, new } =
            hand_out::address(&Store::open(home)?, &account, &self.whose.customer, terms, clock::now())?;
        let headline = match new {
            true => format!("{}: new, for {} alone.", what.address, what.customer),
            false => format!(
                "{}: {} has had this one since {}.",
                what.address,
                what.customer,
                clock::show(what.at)
            ),
        };
        let mut lines = vec![format!("account {}, branch 0, index {}", what.account, what.index)];
        lines.push(match what.counts_from {
            Some(from) => format!(
                "what comes in block {from} or later is the customer's; earlier payments wait in suspense"
            ),
            None => "no block is known yet: every payment to it is the customer's".to_owned(),
        });
        lines.extend(why.filter(|_| new).map(|why| format!("the tip could not be asked for: {why}")));
        if self.qr {
            lines.extend(code("address", &what.address)?);
        }
        let json = json!({
            "new": new, "customer": what.customer, "account": what.account.as_str(),
            "address": what.address, "branch": 0, "index": what.index, "at": what.at, "counts_from": what.counts_from,
        });
        Ok(Answer { headline: Some(headline), lines, json })
    }
}

/// The last block of the account's chain; none where no server of it is configured.
fn tip(account: &Account, global: &Global) -> Result<Option<u32>> {
    let Some(live) = Live::open_if_configured(global)? else { return Ok(None) };
    let network = account.bitcoin().map(|bitcoin| bitcoin.network());
    if live.sources.bitcoin.is_empty() || network != Some(live.sources.network) {
        return Ok(None);
    }
    // The lowest: a server that claims blocks that are not there would keep the customer's money in suspense.
    let servers = live.sources.all_bitcoin()?;
    Ok(servers.iter().map(|(_, status)| status.height).min())
}

/// Make an invoice: a memo for one payment of a Counterparty asset to the account's first address
///
/// The memo is ten bytes: eight at random, two to catch slips. It goes out as a payment slip that says
/// 'hex memo', because a wallet that sends the digits as text sends other bytes; such a payment waits
/// in suspense, or is credited where airlock.toml says accept_text_memos = true.
///
/// The address should require memos (`OPTIONS 1`): then sends without one are rejected by the ledger.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct NewInvoice {
    #[command(flatten)]
    whose: Whose,
    /// XCP, or the name of another asset that airlock.toml lists
    #[arg(long, value_name = "ASSET")]
    asset: String,
    /// How much is agreed, in units; what comes is credited, and a difference noted
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    /// How long it is good, such as 2h or 30d; what comes later waits in suspense [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    valid_for: Option<u64>,
    /// Show address and memo as QR codes too
    #[arg(long)]
    qr: bool,
    /// Write the two codes into this folder, as MEMO.address.png and MEMO.memo.png
    #[arg(long, value_name = "DIR")]
    png: Option<PathBuf>,
}

impl NewInvoice {
    pub(super) fn run(&self, home: &Home, global: &Global) -> Result<Answer> {
        let account = account(home, &self.whose.account)?;
        let (settings, _) = settings(home)?;
        let amount = self.amount.as_deref().map(|text| self.quantity(global, text)).transpose()?;
        if let Some(folder) = &self.png {
            files::check_folder(folder)?;
        }
        let wish = Wish {
            asset: &self.asset,
            amount: amount.map(|(quantity, _)| quantity),
            valid_for: self.valid_for,
            settings: &settings,
        };
        let store = Store::open(home)?;
        let (invoice, address) =
            hand_out::invoice(&store, &account, &self.whose.customer, &wish, clock::now())?;
        let memo = invoice.memo.to_lower_hex_string();
        let mut lines = slip(&invoice, &address, &memo, amount.map(|(_, decimals)| decimals));
        if self.qr {
            lines.extend(code("address", &address)?);
            lines.extend(code("hex memo", &memo)?);
        }
        let mut json = to_json(&invoice);
        put(&mut json, "address", address.as_str());
        if let Some(folder) = &self.png {
            let written = [("address", &address), ("memo", &memo)]
                .map(|(what, text)| picture(folder, &memo, what, text));
            for path in written {
                lines.push(format!("wrote {}", files::shown(&path?)));
            }
        }
        let headline = format!("Invoice for {}: hex memo {memo}", invoice.customer);
        Ok(Answer { headline: Some(headline), lines, json })
    }

    /// The amount with the decimals of its asset: XCP's by rule, others' from the Counterparty server.
    fn quantity(&self, global: &Global, text: &str) -> Result<(Quantity, u8)> {
        let decimals = match self.asset.as_str() {
            "XCP" => BITCOIN_DECIMALS,
            asset => {
                let live = Live::open(global)?;
                let (ledger, _) = live.sources.read_counterparty()?;
                let facts = ledger.asset(asset)?;
                let unknown = || -> Error {
                    crate::deposits::error::NOT_LISTED.error(format!("the ledger has no asset {asset}"))
                };
                if facts.ok_or_else(unknown)?.divisible { BITCOIN_DECIMALS } else { 0 }
            }
        };
        Ok((Quantity::new(parse_units(text, decimals)?)?, decimals))
    }
}

/// What the customer is told.
fn slip(invoice: &Invoice, address: &str, memo: &str, decimals: Option<u8>) -> Vec<String> {
    let amount = invoice
        .amount
        .zip(decimals)
        .map(|(amount, decimals)| grouped_units(amount.to_base_units(), decimals));
    let mut lines = vec![
        String::new(),
        format!("  send       {} {}", amount.as_deref().unwrap_or("any amount of"), invoice.asset),
        format!("  to         {address}"),
        format!("  hex memo   {memo}"),
        "             Choose 'hex' for the memo in your wallet. As text, or without it, the payment has to be".to_owned(),
        "             looked for by hand.".to_owned(),
    ];
    if let Some(expires) = invoice.expires {
        lines.push(format!("  until      {}", clock::show(expires)));
    }
    lines.push(String::new());
    lines
}

/// Hand out the customer's destination tag of an XRP account, and the X-address that holds both
///
/// Tags are drawn at random from 100000000 to 2147483647, so that a slip of a digit meets nobody else's; never 0, never
/// twice. A customer who has one gets the same again. The account should require tags (asfRequireDest).
#[derive(Debug, Args)]
pub(super) struct Tag {
    #[command(flatten)]
    whose: Whose,
    /// Show the X-address as a QR code too
    #[arg(long)]
    qr: bool,
}

impl Tag {
    pub(super) fn run(&self, home: &Home) -> Result<Answer> {
        let account = account(home, &self.whose.account)?;
        let store = Store::open(home)?;
        let (given, address, x_address) =
            hand_out::tag(&store, &account, &self.whose.customer, clock::now())?;
        let HandedOut { what, new } = given;
        let headline = match new {
            true => format!("Tag {}: new, for {} alone.", what.tag, what.customer),
            false => format!(
                "Tag {}: {} has had this one since {}.",
                what.tag,
                what.customer,
                clock::show(what.at)
            ),
        };
        let mut lines = vec![
            format!("  to         {address}"),
            format!("  tag        {}", what.tag),
            format!("  X-address  {x_address}"),
        ];
        if self.qr {
            lines.extend(code("X-address", &x_address.to_string())?);
        }
        let json = json!({
            "new": new, "customer": what.customer, "account": what.account.as_str(),
            "address": address, "tag": what.tag, "x_address": x_address.to_string(), "at": what.at,
        });
        Ok(Answer { headline: Some(headline), lines, json })
    }
}

/// List what was handed out, to whom
#[derive(Debug, Args)]
pub(super) struct Customers {
    /// Of this customer only
    #[arg(long, value_name = "ID", value_parser = parsed::<Customer>)]
    customer: Option<Customer>,
}

impl Customers {
    pub(super) fn run(&self, home: &Home) -> Result<Answer> {
        let (mut rows, mut json) = (Vec::new(), Vec::new());
        let wanted = |customer: &str| self.customer.as_ref().is_none_or(|wanted| wanted.as_str() == customer);
        if let Some(store) = Store::open_existing(home)? {
            for account in home.accounts()? {
                let name = account.name.to_string();
                for given in store.allocations(&account.name)?.iter().filter(|given| wanted(&given.customer))
                {
                    let what = if given.customer == MEMO_ADDRESS { "memo address" } else { "address" };
                    rows.push([
                        given.customer.clone(),
                        name.clone(),
                        what.to_owned(),
                        given.address.clone(),
                        given.at.to_string(),
                    ]);
                    json.push(json!({
                        "customer": given.customer, "account": name, "what": what, "address": given.address,
                        "branch": 0, "index": given.index, "at": given.at,
                        "counts_from": given.counts_from,
                    }));
                }
                for invoice in
                    store.invoices(&account.name)?.iter().filter(|invoice| wanted(&invoice.customer))
                {
                    let memo = format!("{} for {}", invoice.memo.to_lower_hex_string(), invoice.asset);
                    rows.push([
                        invoice.customer.clone(),
                        name.clone(),
                        "hex memo".to_owned(),
                        memo,
                        invoice.created.to_string(),
                    ]);
                    json.push(to_json(invoice));
                }
                for given in store.tags(&account.name)?.iter().filter(|given| wanted(&given.customer)) {
                    rows.push([
                        given.customer.clone(),
                        name.clone(),
                        "tag".to_owned(),
                        given.tag.to_string(),
                        given.at.to_string(),
                    ]);
                    json.push(json!({
                        "customer": given.customer, "account": name, "what": "tag", "tag": given.tag, "at": given.at,
                    }));
                }
            }
        }
        let json = json!({ "handed_out": json });
        if rows.is_empty() {
            return Ok(Answer {
                headline: None,
                lines: vec!["Nothing was handed out yet.".to_owned()],
                json,
            });
        }
        let head = ["CUSTOMER", "ACCOUNT", "WHAT", "WHICH", "SINCE"].map(str::to_owned);
        let rows: Vec<Vec<String>> = core::iter::once(head).chain(rows).map(Vec::from).collect();
        Ok(Answer { headline: None, lines: table(&rows), json })
    }
}

fn to_json(invoice: &Invoice) -> Value {
    let mut json = json!({
        "customer": invoice.customer, "account": invoice.account.as_str(), "what": "invoice",
        "asset": invoice.asset, "memo_hex": invoice.memo.to_lower_hex_string(), "at": invoice.created,
    });
    if let Some(amount) = invoice.amount {
        put(&mut json, "base_units", amount.to_base_units().to_string());
    }
    if let Some(expires) = invoice.expires {
        put(&mut json, "expires", expires.to_unix());
    }
    json
}

/// A text as a code of the terminal under its name.
fn code(what: &str, text: &str) -> Result<Vec<String>> {
    let rows = terminal::rows(&Symbol::smallest(text)?, false);
    Ok(core::iter::once(format!("{what} {text}")).chain(rows).collect())
}

fn picture(folder: &Path, memo: &str, what: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(format!("{memo}.{what}.png"));
    files::write_new(&path, &png::encode(&Symbol::smallest(text)?, Look::default())?)?;
    Ok(path)
}

fn parse_duration(text: &str) -> Result<u64, String> {
    clock::parse_duration(text).map_err(|e| e.what().to_owned())
}
