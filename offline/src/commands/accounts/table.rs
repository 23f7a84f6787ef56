//! The accounts as a table.

use super::kind;
use crate::register::Entry;
use crate::unlocked::first_address;

const HEADINGS: [&str; 3] = ["ACCOUNT", "ROLE", "SECRET"];
const LAST_HEADING: &str = "KIND AND FIRST ADDRESS";

/// Two rows for each account below the headings: addresses and descriptors are long. Nothing where there is none.
pub(in crate::commands) fn table(entries: &[Entry]) -> Vec<String> {
    let columns = |entry: &Entry| {
        [entry.account.name.to_string(), entry.account.role.name().to_owned(), entry.secret.to_string()]
    };
    let mut widths = HEADINGS.map(str::len);
    for entry in entries {
        for (width, text) in widths.iter_mut().zip(columns(entry)) {
            *width = text.len().max(*width);
        }
    }
    let row = |columns: [String; 3], last: &str| {
        let columns = columns.iter().zip(widths).map(|(text, width)| format!("{text:<width$}  "));
        format!("{}{last}", columns.collect::<String>())
    };
    let mut lines = Vec::new();
    if !entries.is_empty() {
        lines.push(row(HEADINGS.map(str::to_owned), LAST_HEADING));
    }
    for entry in entries {
        lines.push(row(columns(entry), &kind(&entry.account)));
        lines.push(row([const { String::new() }; 3], &first_address(&entry.account)));
    }
    lines
}
