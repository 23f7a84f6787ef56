use airlock::account::AccountName;
use airlock::review::Chain;
use airlock::text::Printable;
use airlock::{Error, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::Streams;
use crate::answer::{Answer, table};
use crate::cli::{Global, parsed};
use crate::clock;
use crate::config::{Config, Purpose};
use crate::deposits::Customer;
use crate::deposits::books::{COLUMNS, Question, Row, parse_since, read};
use crate::deposits::error::{NO_ALARM, NOT_ASSIGNABLE, UNKNOWN_CREDIT, UNKNOWN_CUSTOMER};
use crate::deposits::ours;
use crate::deposits::settle::money;
use crate::home::Home;
use crate::store::{Alarm, Credit, CreditChange, CreditFilter, CreditState, Store};

/// Which credits.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Of this account only
    #[arg(long, value_name = "NAME", value_parser = parsed::<AccountName>)]
    account: Option<AccountName>,
    /// In this state only: pending, credited, suspense, quarantine, reversed
    #[arg(long, value_name = "STATE")]
    state: Option<CreditState>,
    /// That changed since then: 2026-11-21, 2026-11-21T15:40:00Z, or how long ago: 36h, 7d
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
}

/// What the books hold.
#[derive(Default)]
struct Found {
    rows: Vec<Row>,
    last_entry: u64,
    alarms: Vec<Alarm>,
}

impl Which {
    fn read(&self, home: &Home, after: Option<u64>) -> Result<Found> {
        let since = self.since.as_deref().map(|text| parse_since(text, clock::now())).transpose()?;
        let filter =
            CreditFilter { account: self.account.clone(), state: self.state, ..CreditFilter::default() };
        let Some(store) = Store::open_existing(home)? else { return Ok(Found::default()) };
        let (rows, last_entry) = read(&store, &Question { filter, since, after })?;
        Ok(Found { rows, last_entry, alarms: store.open_alarms()? })
    }
}

/// An alarm as JSON.
pub(super) fn alarm_json(alarm: &Alarm) -> Value {
    json!({
        "number": alarm.number, "time": alarm.at.to_string(), "stream": alarm.stream,
        "what": Printable::new(&alarm.what).to_string(),
    })
}

/// An alarm as a line.
pub(super) fn alarm_line(alarm: &Alarm) -> String {
    let Alarm { number, at, stream, what } = alarm;
    format!("ALARM {number} since {at}, {}: {}", Printable::new(stream), Printable::new(what))
}

/// Say that an alarm was looked at; it is not shown any more
#[derive(Debug, Args)]
pub(super) struct Acknowledge {
    /// Its number, as `deposits list` and `deposits watch` show it
    number: u64,
}

impl Acknowledge {
    pub(super) fn run(&self, home: &Home) -> Result<Answer> {
        let number = self.number;
        let unknown = || NO_ALARM.error(format!("there is no open alarm {number}"));
        let store = Store::open_existing(home)?.ok_or_else(unknown)?;
        match store.acknowledge(number, clock::now())? {
            false => Err(unknown()),
            true => Ok(Answer {
                headline: Some(format!("Alarm {number} was looked at.")),
                lines: Vec::new(),
                json: json!({ "number": number, "acknowledged": true }),
            }),
        }
    }
}

/// List what came in
///
/// Depth counts the block that holds the payment as 1, at the last look. What vanished before it was credited is left out
/// unless `--state reversed` asks for it.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    which: Which,
}

impl List {
    pub(super) fn run(&self, home: &Home) -> Result<Answer> {
        let asked = self.which.state.is_some();
        let vanished =
            |row: &Row| row.credit.what.state == CreditState::Reversed && row.credit.credited.is_none();
        let Found { mut rows, alarms, .. } = self.which.read(home, None)?;
        rows.retain(|row| asked || !vanished(row));
        let json = json!({
            "credits": rows.iter().map(Row::to_json).collect::<Vec<_>>(),
            "alarms": alarms.iter().map(alarm_json).collect::<Vec<_>>(),
        });
        let mut lines: Vec<String> = alarms.iter().map(alarm_line).collect();
        if rows.is_empty() {
            lines.push("Nothing.".to_owned());
            return Ok(Answer { headline: None, lines, json });
        }
        let head =
            ["NUMBER", "STATE", "CUSTOMER", "WHAT", "DEPTH", "KIND", "TRANSACTION", "WHY"].map(str::to_owned);
        let rows: Vec<Vec<String>> =
            core::iter::once(head.to_vec()).chain(rows.iter().map(|row| shown(row).to_vec())).collect();
        lines.extend(table(&rows));
        Ok(Answer { headline: None, lines, json })
    }
}

fn shown(row: &Row) -> [String; 8] {
    let what = &row.credit.what;
    [
        row.credit.number.to_string(),
        what.state.to_string(),
        Printable::new(what.customer.as_deref().unwrap_or("-")).to_string(),
        money(what),
        depth_word(row),
        Printable::new(&what.kind).to_string(),
        Printable::new(&what.txid).to_string(),
        what.detail.clone().unwrap_or_default(),
    ]
}

/// The depth at the last look. A validated ledger is final; what is in no block has no depth, nor has what no look has seen.
fn depth_word(row: &Row) -> String {
    match (row.depth, row.credit.what.chain, row.credit.what.state) {
        (Some(depth), ..) => depth.to_string(),
        (None, Chain::Xrpl(_), state) if state != CreditState::Reversed => "final".to_owned(),
        (None, Chain::Bitcoin(_) | Chain::Xrpl(_), _) => "-".to_owned(),
    }
}

/// Give a credit to a customer, out of suspense or quarantine
///
/// A person decides, so a reason is kept with it. What was assigned is not taken back by this program.
#[derive(Debug, Args)]
pub(super) struct Assign {
    /// Its number in `deposits list`, or its key
    credit: String,
    /// Whose it is
    #[arg(long, value_name = "ID", value_parser = parsed::<Customer>)]
    customer: Customer,
    /// Why; stands beside the credit from then on
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The customer is one to whom nothing was ever handed out
    #[arg(long)]
    new_customer: bool,
}

impl Assign {
    pub(super) fn run(&self, home: &Home) -> Result<Answer> {
        let unknown = || -> Error {
            UNKNOWN_CREDIT.error(format!("there is no credit {}", Printable::new(&self.credit)))
        };
        let store = Store::open_existing(home)?.ok_or_else(unknown)?;
        let credit = find(&store, &self.credit)?.ok_or_else(unknown)?;
        let customer = self.customer.to_string();
        let detail = format!("assigned: {}", Printable::new(self.reason.trim()));
        if credit.what.state == CreditState::Credited && credit.what.customer.as_ref() == Some(&customer) {
            let headline = format!("{} was {customer}'s already.", money(&credit.what));
            return Ok(told(headline, &credit));
        }
        if !self.new_customer && !ours::customers(&store, &home.accounts()?)?.contains(&customer) {
            return Err(UNKNOWN_CUSTOMER.error(format!("nothing was ever handed out to {customer}")));
        }
        let refused = |why: &str| NOT_ASSIGNABLE.error(format!("credit {} {why}", credit.number));
        if self.reason.trim().is_empty() {
            return Err(refused("is not assigned without a reason"));
        }
        match credit.what.state {
            CreditState::Suspense | CreditState::Quarantine => {}
            state @ (CreditState::Pending | CreditState::Credited | CreditState::Reversed) => {
                return Err(refused(&format!("is {state}")));
            }
        }
        if credit.what.amount.is_none_or(|amount| amount == 0) {
            return Err(refused("has no amount in base units"));
        }
        check_depth(home, &store, &credit).map_err(|why| refused(&why))?;
        let change = CreditChange {
            key: credit.key.clone(),
            from: credit.what.state,
            to: CreditState::Credited,
            customer: Some(customer.clone()),
            block: None,
            detail: Some(detail),
        };
        if !store.set_credit_state(&change, clock::now())? {
            return Err(refused("changed in the meantime"));
        }
        let now_is = store.credit_by_key(&credit.key)?.ok_or_else(unknown)?;
        Ok(told(format!("{} is {customer}'s.", money(&now_is.what)), &now_is))
    }
}

/// What is not deep enough is not assigned either; the inner text says how deep it is.
fn check_depth(home: &Home, store: &Store, credit: &Credit) -> core::result::Result<(), String> {
    let what = &credit.what;
    if matches!(what.chain, Chain::Xrpl(_)) {
        return Ok(());
    }
    let told = |error: Error| error.to_string();
    let config = Config::load_if_there(home).map_err(told)?.map_or_else(|| Config::decode(""), Ok);
    let amount = what.amount.unwrap_or_default();
    let needs = config.map_err(told)?.depths.of(Purpose::Deposit, &what.asset, amount, what.decimals);
    let (rows, _) = read(store, &Question::default()).map_err(told)?;
    let row = rows.into_iter().find(|row| row.credit.number == credit.number);
    match row.and_then(|row| row.depth).unwrap_or_default() {
        depth if depth >= needs => Ok(()),
        depth => Err(format!("has a depth of {depth} at the last look and needs {needs}")),
    }
}

fn find(store: &Store, text: &str) -> Result<Option<Credit>> {
    match text.parse::<u64>() {
        Ok(number) => {
            let all = store.credits(&CreditFilter::default())?;
            Ok(all.into_iter().find(|credit| credit.number == number))
        }
        Err(_) => store.credit_by_key(text),
    }
}

fn told(headline: String, credit: &Credit) -> Answer {
    let json = json!({
        "number": credit.number, "key": credit.key, "customer": credit.what.customer,
        "state": credit.what.state.name(), "detail": credit.what.detail,
    });
    Answer { headline: Some(headline), lines: vec![format!("key {}", credit.key)], json }
}

/// Write the credits for the exchange's books, as CSV (the default) or JSON (`--json`)
///
/// Book a row once by its `key`, and only while its state is `credited`. `base_units` is the amount (satoshi, drops, base
/// units of the asset), `units` the same for people. A row whose state became `reversed` with a time in `credited` was
/// booked, and its block left the chain: a person decides. `--since` counts the last change of a row, by the clock. The form
/// that never misses a change is `--after`: give it the number that the last export ended with (on standard error, and as
/// last_entry in JSON; 0 the first time), and do not narrow it by `--state`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// As CSV, with a line of headings
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// What changed behind this entry of the history, whatever the clock said
    #[arg(long, value_name = "ENTRY", conflicts_with = "since")]
    after: Option<u64>,
    #[command(flatten)]
    which: Which,
}

impl Export {
    pub(super) fn run(&self, home: &Home, global: &Global, streams: &mut Streams<'_>) -> Result<Answer> {
        let Found { rows, last_entry, alarms } = self.which.read(home, self.after)?;
        if !global.json {
            writeln!(streams.stderr, "last entry {last_entry}").map_err(|e| crate::cli::stream_error(&e))?;
        }
        let lines = core::iter::once(COLUMNS.join(",")).chain(rows.iter().map(Row::to_csv)).collect();
        let json = json!({
            "credits": rows.iter().map(Row::to_json).collect::<Vec<_>>(),
            "last_entry": last_entry,
            "alarms": alarms.iter().map(alarm_json).collect::<Vec<_>>(),
        });
        Ok(Answer { headline: None, lines, json })
    }
}
