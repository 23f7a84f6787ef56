//! Payout lists: a strict CSV file of Counterparty rows becomes the requests of MPMA batches.
//!
//! RFC 4180 and no more: a header, commas, quotes only around a whole field, LF or CRLF. A byte-order mark, which
//! spreadsheets write, is skipped; what else they might change on their own (semicolons, blanks around a field) is
//! refused with row and line.

use airlock::account::AccountName;
use airlock::bundle::limits;
use airlock::request::{AssetPayee, Encoding, Intent, Request, RequestMemo};
use airlock::text::Printable;
use airlock::{Code, Error, Exit, Result};

/// A file that is not a payout list.
pub static BAD_LIST: Code = Code::new(
    "E-CSV-001",
    Exit::BadInput,
    "A payout list is UTF-8 text whose first line names the columns asset, destination, amount and, if wanted, memo and \
     memo_hex, each once, with commas between them.",
    "Save the list again as CSV (UTF-8, comma separated) with this first line: asset,destination,amount,memo",
);
/// A row that cannot be read.
pub static BAD_ROW: Code = Code::new(
    "E-CSV-002",
    Exit::BadInput,
    "Every row has as many fields as the first line; quotes stand around a whole field and are doubled inside it; no \
     field has blanks at its ends, and asset, destination and amount are never empty.",
    "Correct the rows that the message names; rows are counted without the first line, lines with it.",
);
/// No rows, or too many.
pub static ROW_COUNT: Code = Code::new(
    "E-CSV-003",
    Exit::BadInput,
    "A payout list has at least one row and no more than a bundle can hold.",
    "Add rows, or split the list.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&BAD_LIST, &BAD_ROW, &ROW_COUNT];

/// The most rows of a list: as many batches as a bundle has requests would be more than its bytes hold.
pub const MAX_ROWS: usize = 100_000;

/// Most bad rows that an error names.
const MOST_NAMED: usize = 10;

const COLUMNS: [&str; 5] = ["asset", "destination", "amount", "memo", "memo_hex"];

/// Reads a payout list with the columns `asset,destination,amount` and, if wanted, `memo` and `memo_hex`, in any order.
///
/// An empty memo is none. Amounts and addresses stay text; the planner reads them.
///
/// # Errors
/// One of [`CODES`], with the row.
pub fn read(csv: &[u8]) -> Result<Vec<AssetPayee>> {
    if csv.len() > limits::FILE_BYTES {
        return Err(BAD_LIST.error(format!("{} bytes are more than {}", csv.len(), limits::FILE_BYTES)));
    }
    let text = core::str::from_utf8(csv)
        .map_err(|e| BAD_LIST.error(format!("not UTF-8 at byte {}", e.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = Records { rest: text, line: 1 };
    let header = records.next().transpose()?.ok_or_else(|| BAD_LIST.error("the file is empty"))?;
    let columns = read_header(&header)?;
    let mut payees = Vec::new();
    let mut bad = Vec::new();
    for number in 1usize.. {
        let line = records.line;
        let Some(record) = records.next() else { break };
        if number > MAX_ROWS {
            return Err(ROW_COUNT.error(format!("more than {MAX_ROWS} rows")));
        }
        match record.and_then(|fields| read_row(&columns, fields)) {
            Ok(payee) => payees.push(payee),
            Err(error) => bad.push(format!("row {number} (line {line}): {}", error.what())),
        }
    }
    if !bad.is_empty() {
        let more = bad.len().saturating_sub(MOST_NAMED);
        bad.truncate(MOST_NAMED);
        let more = if more == 0 { String::new() } else { format!("; and {more} more") };
        return Err(BAD_ROW.error(format!("{}{more}", bad.join("; "))));
    }
    if payees.is_empty() {
        return Err(ROW_COUNT.error("no rows behind the header").with_next("Add rows."));
    }
    Ok(payees)
}

/// The requests that pay the rows in order: one batch for each 1,000 rows, an ordinary send for a single row.
///
/// Each batch needs coins of its own. The rows are spread so that no batch is left with a single one.
pub fn requests(
    from: &AccountName,
    payees: Vec<AssetPayee>,
    fee_rate: Option<String>,
    encoding: Option<Encoding>,
) -> Vec<Request> {
    payees
        .chunks(batch_size(payees.len()))
        .map(|rows| {
            let intent = match rows {
                [payee] => Intent::SendAsset { payee: payee.clone() },
                rows => Intent::SendMany { payees: rows.to_vec(), memo: None },
            };
            Request {
                from: from.clone(),
                reference: None,
                intent,
                fee_rate: fee_rate.clone(),
                fee_drops: None,
                encoding,
            }
        })
        .collect()
}

/// How many rows of a list of `rows` travel in each batch; the last one may have fewer.
fn batch_size(rows: usize) -> usize {
    let batches = rows.div_ceil(limits::MPMA_ROWS).max(1);
    rows.div_ceil(batches).max(1)
}

/// An error of planning a list of `rows`, with the row of the list in place of the batch's: `request 2: row 3` of a list of
/// 1,001 rows is its row 504.
pub fn in_the_list(error: Error, rows: usize) -> Error {
    let place = || -> Option<(usize, &str)> {
        let (batch, rest) = error.what().strip_prefix("request ")?.split_once(": row ")?;
        let (row, rest) = rest.split_once(": ")?;
        let before = batch.parse::<usize>().ok()?.checked_sub(1)?.checked_mul(batch_size(rows))?;
        Some((before.checked_add(row.parse().ok()?)?, rest))
    };
    match place() {
        Some((row, rest)) => {
            error.code().error(format!("row {row}: {rest}")).with_next(error.next().to_owned())
        }
        None => error,
    }
}

fn read_header(fields: &[String]) -> Result<Vec<&'static str>> {
    if let [field] = fields
        && let Some(separator) = [";", "\t"].into_iter().find(|separator| field.contains(separator))
    {
        let separator = if separator == ";" { ";" } else { "tabs" };
        return Err(BAD_LIST.error(format!("fields are separated by {separator}, use commas")));
    }
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let column = COLUMNS.into_iter().find(|column| column == field);
        match column.filter(|column| !columns.contains(column)) {
            Some(column) => columns.push(column),
            None => {
                let what = format!("'{}' is no column, or stands there twice", Printable::new(field));
                return Err(BAD_LIST.error(what));
            }
        }
    }
    for needed in COLUMNS.into_iter().take(3) {
        if !columns.contains(&needed) {
            return Err(BAD_LIST.error(format!("the column '{needed}' is missing")));
        }
    }
    Ok(columns)
}

fn read_row(columns: &[&str], fields: Vec<String>) -> Result<AssetPayee> {
    if fields.len() != columns.len() {
        return Err(BAD_ROW.error(format!("{} fields, the first line has {}", fields.len(), columns.len())));
    }
    let field = |name: &str| -> Result<String> {
        let position = columns.iter().position(|column| *column == name);
        let text = position.and_then(|position| fields.get(position)).cloned().unwrap_or_default();
        if text.trim() != text {
            return Err(BAD_ROW.error(format!("{name} '{}' has blanks at its ends", Printable::new(&text))));
        }
        Ok(text)
    };
    let needed = |name: &str| -> Result<String> {
        Some(field(name)?)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| BAD_ROW.error(format!("{name} is empty")))
    };
    let memo = match (field("memo")?, field("memo_hex")?) {
        (text, hex) if text.is_empty() && hex.is_empty() => None,
        (text, hex) if hex.is_empty() => Some(RequestMemo::Text(text)),
        (text, hex) if text.is_empty() => Some(RequestMemo::Hex(hex)),
        _ => return Err(BAD_ROW.error("both memo and memo_hex are given")),
    };
    Ok(AssetPayee { asset: needed("asset")?, to: needed("destination")?, amount: needed("amount")?, memo })
}

/// The records of a file, one after the other.
struct Records<'a> {
    rest: &'a str,
    /// The line on which the next record begins, counted from 1.
    line: usize,
}

impl Iterator for Records<'_> {
    type Item = Result<Vec<String>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let start = self.rest;
        let record = self.record();
        let taken = start.len().saturating_sub(self.rest.len());
        let breaks = start.bytes().take(taken).filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(breaks);
        if record.is_err() {
            self.rest = "";
        }
        Some(record)
    }
}

/// What follows a field.
enum End {
    Field,
    Record,
}

impl Records<'_> {
    fn record(&mut self) -> Result<Vec<String>> {
        let mut fields = Vec::new();
        loop {
            let (field, end) = self.field()?;
            fields.push(field);
            if matches!(end, End::Record) {
                return Ok(fields);
            }
        }
    }

    fn field(&mut self) -> Result<(String, End)> {
        match self.rest.strip_prefix('"') {
            Some(quoted) => self.quoted(quoted.len()),
            None => self.plain(),
        }
    }

    fn plain(&mut self) -> Result<(String, End)> {
        let length = self.rest.find([',', '\n', '\r', '"']).unwrap_or(self.rest.len());
        let (field, behind) = self.rest.split_at(length);
        let field = field.to_owned();
        self.rest = behind;
        Ok((field, self.end()?))
    }

    /// `remaining` is how many bytes stand behind the opening quote.
    fn quoted(&mut self, remaining: usize) -> Result<(String, End)> {
        let start = self.rest.len().saturating_sub(remaining);
        let mut inner = self.rest.get(start..).unwrap_or_default();
        let mut field = String::new();
        loop {
            let Some((part, behind)) = inner.split_once('"') else {
                return Err(BAD_ROW.error("a quote is never closed"));
            };
            field.push_str(part);
            match behind.strip_prefix('"') {
                Some(more) => {
                    field.push('"');
                    inner = more;
                }
                None => {
                    let kept = self.rest.len().saturating_sub(behind.len());
                    self.rest = self.rest.get(kept..).unwrap_or_default();
                    return Ok((field, self.end()?));
                }
            }
        }
    }

    /// Takes what ends a field: a comma, a line break, or the end of the file.
    fn end(&mut self) -> Result<End> {
        for (mark, end) in [(",", End::Field), ("\r\n", End::Record), ("\n", End::Record)] {
            if let Some(rest) = self.rest.strip_prefix(mark) {
                self.rest = rest;
                return Ok(end);
            }
        }
        if self.rest.is_empty() {
            return Ok(End::Record);
        }
        Err(BAD_ROW.error("a quote or a carriage return in the middle of a field"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payee(asset: &str, to: &str, amount: &str, memo: Option<RequestMemo>) -> AssetPayee {
        AssetPayee { asset: asset.into(), to: to.into(), amount: amount.into(), memo }
    }

    #[test]
    fn reads_columns_in_any_order_with_quotes_and_both_line_breaks() {
        let list = "amount,asset,destination,memo,memo_hex\r\n1.5,XCP,a,\"say \"\"hi\"\", twice\",\n2,B.c,b,,00ff\n3,D,c,,";
        assert_eq!(
            read(list.as_bytes()).unwrap(),
            [
                payee("XCP", "a", "1.5", Some(RequestMemo::Text("say \"hi\", twice".into()))),
                payee("B.c", "b", "2", Some(RequestMemo::Hex("00ff".into()))),
                payee("D", "c", "3", None),
            ]
        );
    }

    #[test]
    fn a_line_break_inside_quotes_belongs_to_the_field() {
        let rows = read(b"asset,destination,amount,memo\nXCP,a,1,\"two\nlines\"\n").unwrap();
        assert_eq!(rows[0].memo, Some(RequestMemo::Text("two\nlines".into())));
    }

    #[test]
    fn refuses_files_that_are_no_payout_list() {
        for (list, code) in [
            (&b""[..], &BAD_LIST),
            (b"asset;destination;amount\nXCP;a;1\n", &BAD_LIST),
            (b"asset,destination\nXCP,a\n", &BAD_LIST),
            (b"asset,destination,amount,asset\n", &BAD_LIST),
            (b"asset,destination,amount,note\n", &BAD_LIST),
            (b"asset,destination,amount\nXCP,\xff,1\n", &BAD_LIST),
            (b"asset,destination,amount\n", &ROW_COUNT),
            (b"asset,destination,amount\nXCP,a\n", &BAD_ROW),
            (b"asset,destination,amount\nXCP,a,1,2\n", &BAD_ROW),
            (b"asset,destination,amount\nXCP,a,\n", &BAD_ROW),
            (b"asset,destination,amount\nXCP, a,1\n", &BAD_ROW),
            (b"asset,destination,amount\n\nXCP,a,1\n", &BAD_ROW),
            (b"asset,destination,amount\nX\"CP\",a,1\n", &BAD_ROW),
            (b"asset,destination,amount\n\"XCP\"x,a,1\n", &BAD_ROW),
            (b"asset,destination,amount\n\"XCP,a,1\n", &BAD_ROW),
            (b"asset,destination,amount\rXCP,a,1\r", &BAD_ROW),
            (b"asset,destination,amount,memo,memo_hex\nXCP,a,1,x,00\n", &BAD_ROW),
        ] {
            let error = read(list).unwrap_err();
            assert_eq!(error.code(), code, "{}", String::from_utf8_lossy(list));
        }
    }

    #[test]
    fn names_bad_rows_with_their_lines() {
        let list = "asset,destination,amount,memo\nXCP,a,1,\"two\nlines\"\nXCP,b\nXCP,c,1,\nXCP,,1,\n";
        let error = read(list.as_bytes()).unwrap_err();
        assert_eq!(
            error.what(),
            "row 2 (line 4): 2 fields, the first line has 4; row 4 (line 6): destination is empty"
        );
        let many = format!("asset,destination,amount\n{}", "XCP\n".repeat(13));
        let error = read(many.as_bytes()).unwrap_err();
        assert!(
            error.what().contains("row 10 (line 11)") && error.what().ends_with("; and 3 more"),
            "{error}"
        );
        let error = read(b"asset,destination,amount\nXCP\nXCP,a,\"1\n").unwrap_err();
        assert!(error.what().ends_with("row 2 (line 3): a quote is never closed"), "{error}");
    }

    #[test]
    fn says_what_a_spreadsheet_did() {
        assert_eq!(read(b"\xef\xbb\xbfasset,destination,amount\nXCP,a,1\n").unwrap().len(), 1);
        let told = |list: &str| read(list.as_bytes()).unwrap_err();
        assert_eq!(told("asset;destination;amount\n").what(), "fields are separated by ;, use commas");
        assert_eq!(told("asset\tdestination\tamount\n").what(), "fields are separated by tabs, use commas");
        let empty = told("asset,destination,amount\n");
        assert_eq!((empty.what(), empty.next()), ("no rows behind the header", "Add rows."));
    }

    #[test]
    fn names_the_row_of_the_list_where_a_batch_fails() {
        let told = |what: &str, rows| in_the_list(BAD_ROW.error(what).with_next("Look."), rows);
        let error = told("request 2: row 3: row 1: x", 1_001);
        assert_eq!((error.what(), error.next(), error.code()), ("row 504: row 1: x", "Look.", &BAD_ROW));
        for (what, rows) in [("row 3: x", 20), ("request 2: x", 1_001), ("request 0: row 1: x", 1), ("x", 1)]
        {
            assert_eq!(told(what, rows).what(), what);
        }
    }

    #[test]
    fn spreads_rows_over_batches_and_sends_a_single_row_alone() {
        let from: AccountName = "cold".parse().unwrap();
        let rows = |count: usize| vec![payee("XCP", "a", "1", None); count];
        let sizes = |count: usize| -> Vec<usize> {
            requests(&from, rows(count), None, None)
                .iter()
                .map(
                    |request| {
                        if let Intent::SendMany { payees, .. } = &request.intent { payees.len() } else { 1 }
                    },
                )
                .collect()
        };
        assert_eq!(sizes(1), [1]);
        assert_eq!(sizes(1_000), [1_000]);
        assert_eq!(sizes(1_001), [501, 500]);
        assert_eq!(sizes(2_001), [667, 667, 667]);
        assert!(matches!(requests(&from, rows(1), None, None)[0].intent, Intent::SendAsset { .. }));
    }
}
