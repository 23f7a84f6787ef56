//! The credits for the exchange's books: one row for each, with the key by which they are booked once.

use airlock::Result;
use airlock::amount::plain_units;
use airlock::review::Chain;
use airlock::text::Printable;
use airlock::time::Moment;
use bitcoin::hex::DisplayHex as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::bitcoin::ASSET as BITCOIN;
use super::error::BAD_SINCE;
use super::settle::depth;
use crate::answer::put;
use crate::clock;
use crate::store::{Credit, CreditFilter, CreditState, Store};

/// The columns of the file, in its order.
pub const COLUMNS: [&str; 21] = [
    "key",
    "customer",
    "asset",
    "units",
    "base_units",
    "txid",
    "position",
    "height",
    "depth",
    "time",
    "kind",
    "state",
    "account",
    "address",
    "source",
    "memo_hex",
    "tag",
    "found",
    "credited",
    "changed",
    "detail",
];

/// A credit and what the last look says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The credit.
    pub credit: Credit,
    /// Its confirmations at the last look, its own block counted; none on the XRP Ledger, where validated is final.
    pub depth: Option<u32>,
    /// When it changed last.
    pub changed: Moment,
}

/// What a reader of the books asks for.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Which credits.
    pub filter: CreditFilter,
    /// Those that changed at this moment or later.
    pub since: Option<Moment>,
    /// Those with a later entry in the history.
    pub after: Option<u64>,
}

/// Rows in the order in which they were found, and the last entry of the history: what changes later has a larger one.
///
/// # Errors
/// When the store cannot be read.
pub fn read(store: &Store, question: &Question) -> Result<(Vec<Row>, u64)> {
    let books = store.books(&question.filter)?;
    let mut rows = Vec::new();
    for credit in books.credits {
        let (entry, changed) = books.changes.get(&credit.number).copied().unwrap_or((0, credit.found));
        let is_old = question.since.is_some_and(|since| changed < since);
        if is_old || question.after.is_some_and(|after| entry <= after) {
            continue;
        }
        let depth = match credit.what.chain {
            Chain::Xrpl(_) => None,
            Chain::Bitcoin(network) => {
                let side = if credit.what.asset == BITCOIN { "bitcoin" } else { "counterparty" };
                let tip = books.heights.get(&format!("{side} {network}")).copied();
                tip.filter(|_| credit.what.state != CreditState::Reversed)
                    .map(|tip| depth(credit.what.height, tip))
            }
        };
        rows.push(Row { credit, depth, changed });
    }
    Ok((rows, books.last_entry))
}

impl Row {
    fn cells(&self) -> [Option<String>; 21] {
        let (credit, what) = (&self.credit, &self.credit.what);
        let number = |number: u32| number.to_string();
        [
            Some(credit.key.clone()),
            what.customer.clone(),
            Some(what.asset.clone()),
            what.amount.map(|units| plain_units(units, what.decimals)),
            what.amount.map(|units| units.to_string()),
            Some(what.txid.clone()),
            Some(number(what.position)),
            Some(number(what.height)),
            self.depth.map(number),
            Some(written(what.block_time.unwrap_or(credit.found))),
            Some(what.kind.clone()),
            Some(what.state.name().to_owned()),
            Some(what.account.to_string()),
            Some(what.address.clone()),
            what.source.clone(),
            what.memo.as_ref().map(|memo| memo.to_lower_hex_string()),
            what.tag.map(number),
            Some(written(credit.found)),
            credit.credited.map(written),
            Some(written(self.changed)),
            what.detail.clone(),
        ]
    }

    /// A row as JSON: the members are the columns, absent where there is nothing; all of them text, so that no reader
    /// rounds an amount.
    pub fn to_json(&self) -> Value {
        let mut json = json!({ "number": self.credit.number });
        for (column, cell) in COLUMNS.into_iter().zip(self.cells()) {
            if let Some(cell) = cell {
                put(&mut json, column, cell);
            }
        }
        json
    }

    /// A line of the CSV file.
    pub fn to_csv(&self) -> String {
        let cells = self.cells().map(|cell| quoted(&cell.unwrap_or_default()));
        cells.join(",")
    }
}

/// A cell as RFC 4180 writes it, always in quotes. What begins like a formula, or like a separator that makes the rest one,
/// gets an apostrophe: spreadsheets run such cells.
fn quoted(cell: &str) -> String {
    let plain = Printable::new(cell);
    let begins = |text: &str| text.starts_with(['=', '+', '-', '@', '|', ';', '\t']);
    let guard = if begins(cell) || begins(plain.as_str()) { "'" } else { "" };
    format!("\"{guard}{}\"", plain.as_str().replace('"', "\"\""))
}

/// `2026-11-21T15:40:00Z`.
fn written(moment: Moment) -> String {
    let seconds = i64::try_from(moment.to_unix()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| moment.to_string(), |instant| instant.to_string())
}

/// Reads a moment: a day, a day and time in UTC, or how long ago it was.
///
/// # Errors
/// [`BAD_SINCE`].
pub fn parse_since(text: &str, now: Moment) -> Result<Moment> {
    if let Ok(seconds) = clock::parse_duration(text) {
        return Ok(now.minus(seconds));
    }
    let day = format!("{text}T00:00:00Z");
    let instant = text.parse::<Timestamp>().or_else(|_| day.parse::<Timestamp>());
    let seconds = instant.ok().and_then(|instant| u64::try_from(instant.as_second()).ok());
    let moment = seconds.and_then(|seconds| Moment::try_from(seconds).ok());
    moment.ok_or_else(|| BAD_SINCE.error(format!("'{}' is no moment", Printable::new(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_run() {
        assert_eq!(quoted("plain"), "\"plain\"");
        assert_eq!(quoted(""), "\"\"");
        for begin in ["=", "+", "-", "@", "|", ";", "\t"] {
            assert!(quoted(&format!("{begin}1")).starts_with("\"'"), "{begin:?}");
        }
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(quoted("two\nlines"), "\"two\\u{a}lines\"");
    }

    #[test]
    fn moments_are_read_in_three_ways() {
        let now = Moment::from_unix(1_795_269_600);
        assert_eq!(written(now), "2026-11-21T14:00:00Z");
        assert_eq!(parse_since("2026-11-21T14:00:00Z", now).unwrap(), now);
        assert_eq!(parse_since("2026-11-21", now).unwrap(), now.minus(14 * 3_600));
        assert_eq!(parse_since("36h", now).unwrap(), now.minus(36 * 3_600));
        for bad in ["", "yesterday", "2026-13-01", "21.11.2026"] {
            assert_eq!(parse_since(bad, now).unwrap_err().code(), &BAD_SINCE, "{bad}");
        }
    }
}
