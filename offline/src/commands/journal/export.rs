//! `journal export`: the records as they are, or the payments as a table, into a new file.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use airlock::review::Outgoing;
use airlock::text::Printable;
use clap::Args;

use super::{head_json, put, records, unlock};
use crate::answer::Answer;
use crate::error::{EXISTS, Failure};
use crate::files;
use crate::home::Home;
use crate::journal::{Chain, Entry, Event};
use crate::screen::Screen;

/// Writes the journal to a new file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline journal export /media/stick/journal.jsonl
        the records as they are: whoever has the last head can check all of them with sha256sum
  airlock-offline journal export --csv /media/stick/payments.csv --passphrase-file passphrase.txt")]
pub struct ExportArgs {
    /// The new file
    pub(super) file: PathBuf,
    /// Payments and fees as comma-separated values instead
    #[arg(long)]
    csv: bool,
    /// Ask for the passphrase and check every seal first
    #[arg(long)]
    check: bool,
    /// Read the vault's passphrase from this file (- for stdin), and check every seal first
    #[arg(long, value_name = "FILE")]
    pub(super) passphrase_file: Option<PathBuf>,
}

/// The columns of the table.
const COLUMNS: &str = "number,unix_time,bundle,title,chain,money,amount_base_units,to\n";

/// Runs the command.
///
/// # Errors
/// As [`super::show::run`]; [`EXISTS`], and what writing can meet.
pub(super) fn run(args: &ExportArgs, home: &Home, screen: &mut dyn Screen) -> Result<Answer, Failure> {
    files::check_folder(files::folder(&args.file))?;
    match fs::symlink_metadata(&args.file) {
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Ok(_) | Err(_) => {
            return Err(EXISTS.error(format!("{} is there already", files::shown(&args.file))).into());
        }
    }
    let chain = Chain::read(home)?;
    if args.check || args.passphrase_file.is_some() {
        let unlocked = unlock(home, &args.passphrase_file, screen)?;
        written(&*chain.authenticate(&unlocked.vault)?, args, true)
    } else {
        written(&chain, args, false)
    }
}

fn written(chain: &Chain, args: &ExportArgs, is_authenticated: bool) -> Result<Answer, Failure> {
    files::write_new_by(&args.file, |to| if args.csv { write_table(chain, to) } else { chain.copy_to(to) })?;
    let path = files::shown(&args.file);
    let authenticated =
        if is_authenticated { "every seal checked" } else { "not authenticated without the passphrase" };
    let mut lines =
        vec![format!("wrote {path}   {}, {authenticated}", records(chain.count())), chain.head_line()];
    if let Err(torn) = chain.check_whole() {
        lines.push(format!("warning: {torn}"));
    }
    let mut json = head_json(chain);
    put(&mut json, "authenticated", is_authenticated);
    put(&mut json, "wrote", path);
    Ok(Answer { lines, json })
}

fn write_table(chain: &Chain, to: &mut File) -> io::Result<()> {
    let mut to = io::BufWriter::new(to);
    to.write_all(COLUMNS.as_bytes())?;
    for entry in chain.records(1) {
        let entry = entry.map_err(|error| io::Error::other(error.to_string()))?;
        for row in rows(&entry) {
            to.write_all(row.as_bytes())?;
        }
    }
    to.flush()
}

fn rows(entry: &Entry) -> Vec<String> {
    let Event::Signed(signing) = &entry.record.event else { return Vec::new() };
    let row = |outgoing: &Outgoing| {
        let cells = [
            entry.record.number.to_string(),
            entry.record.time.to_unix().to_string(),
            signing.bundle.clone(),
            signing.title.clone(),
            outgoing.chain.to_string(),
            outgoing.money.to_string(),
            outgoing.amount.to_string(),
            outgoing.to.clone().unwrap_or_default(),
        ];
        cells.map(|text| cell(&text)).join(",") + "\n"
    };
    signing.outgoings.iter().map(row).collect()
}

/// Quoted where a reader of tables would split it, and never what a spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let text = Printable::new(text).to_string();
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_is_neither_split_nor_a_formula() {
        assert_eq!(cell("R7K3 \"amber falcon\", twice"), "\"R7K3 \"\"amber falcon\"\", twice\"");
        assert_eq!(cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(cell("a\nb"), "a\\u{a}b");
        assert_eq!(cell("1000"), "1000");
    }
}
