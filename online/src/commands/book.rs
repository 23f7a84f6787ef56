use airlock::Result;
use airlock::request::RequestMemo;
use airlock::text::Printable;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::answer::{Answer, put, table};
use crate::book::{self, NAME_TAKEN, UNKNOWN_NAME, show_memo, shown};
use crate::cli::Global;
use crate::clock;
use crate::commands::send::parse_tag;
use crate::home::Home;
use crate::store::{BookEntry, Store};

/// Names for destinations: what `--to` of `send` takes in place of an address
///
/// A payment to an entry carries its tag or memo by itself; one that is typed and differs is refused.
/// The bundle, the review on the offline machine and the journal name the address, never the entry.
///
///     airlock-online book add kraken rLHzPsX6oXkzU2qL12kHCH8G8cnZv1rBJh --tag 1234567
///     airlock-online book add partner bc1q… --memo "account 42" --note "told by phone, 3 May"
///     airlock-online send xrp --from cold --to kraken --amount 80000 --snapshot now.json
///     airlock-online book list
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Book {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add an entry; one with the same name and another content is refused
    Add(Add),
    /// List the entries
    List,
    /// Remove an entry
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// 1 to 32 characters a-z 0-9 - _, beginning with a letter
    name: String,
    /// Bitcoin address, XRP address or X-address
    address: String,
    /// Destination tag that payments to it carry
    #[arg(long, value_parser = parse_tag)]
    tag: Option<u32>,
    /// Memo as text that Counterparty sends to it carry
    #[arg(long, value_name = "TEXT", conflicts_with = "memo_hex")]
    memo: Option<String>,
    /// The same as bytes in hex
    #[arg(long, value_name = "HEX")]
    memo_hex: Option<String>,
    /// Anything worth remembering, such as who confirmed the address and how
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl Book {
    pub(crate) fn run(&self, global: &Global) -> Result<Answer> {
        let home = Home::find(global.home.as_deref())?;
        match &self.action {
            Action::Add(add) => add.run(&home),
            Action::List => {
                let store = Store::open_existing(&home)?;
                Ok(list(&store.map_or(Ok(Vec::new()), |store| store.book())?))
            }
            Action::Remove { name } => {
                let store = Store::open_existing(&home)?;
                let removed = store.map_or(Ok(None), |store| store.remove_from_book(name))?;
                let unknown = || UNKNOWN_NAME.error(format!("no entry '{}'", Printable::new(name)));
                let entry = removed.ok_or_else(unknown)?;
                let headline = format!("Removed '{}': {}.", entry.name, shown(&entry));
                Ok(Answer {
                    headline: Some(headline),
                    lines: Vec::new(),
                    json: json!({ "removed": to_json(&entry) }),
                })
            }
        }
    }
}

impl Add {
    fn run(&self, home: &Home) -> Result<Answer> {
        let text = self.memo.clone().map(RequestMemo::Text);
        let memo = text.or_else(|| self.memo_hex.clone().map(RequestMemo::Hex));
        let (tag, note, accounts) = (self.tag, self.note.clone(), home.accounts()?);
        let entry = book::entry(&self.name, &self.address, tag, memo, note, &accounts, clock::now())?;
        let store = Store::open(home)?;
        let headline = if store.add_to_book(&entry)? {
            format!("Added '{}': {}.", entry.name, shown(&entry))
        } else {
            let known = store.book_entry(&entry.name)?;
            let same = known.filter(|known| BookEntry { added: known.added, ..entry.clone() } == *known);
            let taken = || NAME_TAKEN.error(format!("'{}' is in the address book already", entry.name));
            same.map(|same| format!("'{}' was there: {}.", same.name, shown(&same))).ok_or_else(taken)?
        };
        Ok(Answer { headline: Some(headline), lines: Vec::new(), json: json!({ "entry": to_json(&entry) }) })
    }
}

fn list(entries: &[BookEntry]) -> Answer {
    let json = json!({ "entries": entries.iter().map(to_json).collect::<Vec<_>>() });
    if entries.is_empty() {
        let lines = vec!["No entries yet: `airlock-online book add NAME ADDRESS`.".to_owned()];
        return Answer { headline: None, lines, json };
    }
    let head = ["NAME", "ADDRESS", "TAG OR MEMO", "NOTE"].map(str::to_owned).to_vec();
    let row = |entry: &BookEntry| {
        let tag = entry.tag.map(|tag| tag.to_string());
        let extra = tag.or_else(|| entry.memo.as_ref().map(show_memo)).unwrap_or_default();
        let note = Printable::new(entry.note.as_deref().unwrap_or_default()).to_string();
        vec![entry.name.clone(), Printable::new(&entry.address).to_string(), extra, note]
    };
    let rows: Vec<Vec<String>> = core::iter::once(head).chain(entries.iter().map(row)).collect();
    Answer { headline: None, lines: table(&rows), json }
}

fn to_json(entry: &BookEntry) -> Value {
    let mut json = json!({ "name": entry.name, "address": entry.address, "added": entry.added });
    if let Some(tag) = entry.tag {
        put(&mut json, "tag", tag);
    }
    match &entry.memo {
        Some(RequestMemo::Text(text)) => put(&mut json, "memo", text.as_str()),
        Some(RequestMemo::Hex(digits)) => put(&mut json, "memo_hex", digits.as_str()),
        None => {}
    }
    if let Some(note) = &entry.note {
        put(&mut json, "note", note.as_str());
    }
    json
}
