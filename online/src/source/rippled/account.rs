//! An account in the last validated ledger: `account_info`, and `account_objects` for its tickets.

use std::collections::BTreeSet;

use airlock::Result;
use airlock::snapshot::XrplAccountFacts;
use airlock::xrp::AccountId;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::answer::{Asker, NOT_SYNCED, Refusal, Said, bad, foreign, members_of};
use super::figure::{self, Index};

const INFO: &str = "account_info";
const OBJECTS: &str = "account_objects";
/// The most tickets that an account can own (xrpl.md 9.5).
const MAX_TICKETS: u32 = 250;
/// Objects asked for on one page.
const PAGE: u32 = 400;
/// The most pages: servers walk through all objects of the account and give pages without a ticket, too.
const MAX_PAGES: u32 = 1_000;

#[derive(Deserialize)]
struct AccountInfo {
    account_data: AccountRoot,
    signer_lists: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    validated: bool,
    ledger_index: Index,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountRoot {
    account: String,
    balance: String,
    flags: u32,
    owner_count: u32,
    sequence: u32,
    ticket_count: Option<u32>,
    regular_key: Option<String>,
    /// Its place in version 1.
    #[serde(rename = "signer_lists")]
    signer_lists: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
struct Objects {
    account: String,
    account_objects: Vec<Ticket>,
    #[serde(default)]
    validated: bool,
    ledger_index: Option<Index>,
    marker: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ticket {
    ledger_entry_type: String,
    account: String,
    ticket_sequence: u32,
}

/// The account in the last validated ledger, or in the one that is named, with its tickets in the same ledger.
pub(super) fn read(asker: &Asker<'_>, address: &str, wanted: Option<u32>) -> Result<XrplAccountFacts> {
    let account: AccountId = address.parse()?;
    let ledger = wanted.map_or_else(|| json!("validated"), |ledger| json!(ledger));
    let question = json!({ "account": address, "ledger_index": ledger, "signer_lists": true });
    let members = match asker.ask(INFO, question)? {
        Said::Result(members) => members,
        Said::Refused(refusal) if refusal.name == "actNotFound" => return absent(address, &refusal),
        Said::Refused(refusal) if refusal.name == "lgrNotFound" => {
            let which =
                wanted.map_or_else(|| "validated ledger".to_owned(), |ledger| format!("ledger {ledger}"));
            return Err(NOT_SYNCED.error(format!("the server has no {which}")));
        }
        Said::Refused(refusal) => return Err(refusal.error(INFO)),
    };
    let AccountInfo { account_data: root, signer_lists, validated, ledger_index } =
        members_of(INFO, members)?;
    if !validated {
        return Err(foreign(INFO, "is not from a validated ledger"));
    }
    if let Some(wanted) = wanted.filter(|wanted| *wanted != ledger_index.0) {
        return Err(foreign(INFO, &format!("is from ledger {}, not {wanted}", ledger_index.0)));
    }
    if figure::address(&root.account) != Some(account) {
        return Err(foreign(INFO, "is about another account"));
    }
    let lists = match (signer_lists, root.signer_lists) {
        (Some(lists), None) | (None, Some(lists)) => lists.len(),
        (Some(_), Some(_)) => return Err(bad(INFO, "signer_lists stands in two places")),
        (None, None) => return Err(bad(INFO, "it has no signer_lists")),
    };
    if lists > 1 {
        return Err(bad(INFO, "it has more than one signer list"));
    }
    let balance =
        figure::drops(&root.balance).ok_or_else(|| bad(INFO, "the balance is no amount of drops"))?;
    let regular_key = match root.regular_key {
        None => None,
        Some(key) => Some(figure::address(&key).ok_or_else(|| bad(INFO, "the regular key is no address"))?),
    };
    let tickets = match root.ticket_count {
        None | Some(0) => Vec::new(),
        Some(count) if count > MAX_TICKETS || count > root.owner_count => {
            return Err(bad(INFO, &format!("{count} tickets are more than an account can own")));
        }
        Some(count) => tickets(asker, account, ledger_index.0, count, root.sequence)?,
    };
    Ok(XrplAccountFacts {
        address: address.to_owned(),
        exists: true,
        balance: balance.to_drops().to_string(),
        sequence: root.sequence,
        owner_count: root.owner_count,
        flags: root.flags,
        regular_key: regular_key.map(|key| key.to_string()),
        signer_list: lists == 1,
        tickets,
    })
}

/// The answer that there is no such account.
fn absent(address: &str, refusal: &Refusal) -> Result<XrplAccountFacts> {
    let text =
        |members: &Map<String, Value>| members.get("account").and_then(Value::as_str).map(str::to_owned);
    let asked = refusal.members.get("request").and_then(Value::as_object).and_then(text);
    let named = [text(&refusal.members), asked];
    if named.iter().flatten().any(|named| named != address) {
        return Err(foreign(INFO, "is about another account"));
    }
    if refusal.members.get("validated").is_some_and(|validated| validated != &Value::Bool(true)) {
        return Err(foreign(INFO, "is not from a validated ledger"));
    }
    Ok(XrplAccountFacts::absent(address))
}

/// All tickets in a ledger, ascending: as many as the account itself says.
fn tickets(
    asker: &Asker<'_>,
    account: AccountId,
    ledger: u32,
    count: u32,
    sequence: u32,
) -> Result<Vec<u32>> {
    let mut tickets = BTreeSet::new();
    let mut marker: Option<Value> = None;
    for _ in 0..MAX_PAGES {
        let mut question = json!({
            "account": account.to_string(), "type": "ticket", "ledger_index": ledger, "limit": PAGE,
        });
        if let (Some(marker), Value::Object(members)) = (&marker, &mut question) {
            members.insert("marker".to_owned(), marker.clone());
        }
        let page: Objects = asker.read(OBJECTS, question)?;
        if figure::address(&page.account) != Some(account) {
            return Err(foreign(OBJECTS, "is about another account"));
        }
        if !page.validated || page.ledger_index.is_some_and(|index| index.0 != ledger) {
            return Err(foreign(OBJECTS, "is from another ledger"));
        }
        for ticket in page.account_objects {
            if ticket.ledger_entry_type != "Ticket" || figure::address(&ticket.account) != Some(account) {
                return Err(foreign(OBJECTS, "holds something else than tickets of the account"));
            }
            if ticket.ticket_sequence >= sequence || !tickets.insert(ticket.ticket_sequence) {
                return Err(bad(OBJECTS, "a ticket comes twice or is not below the account's sequence"));
            }
        }
        match page.marker {
            None | Some(Value::Null) if u32::try_from(tickets.len()) == Ok(count) => {
                return Ok(tickets.into_iter().collect());
            }
            None | Some(Value::Null) => {
                let found = tickets.len();
                return Err(bad(
                    OBJECTS,
                    &format!("the account owns {count} tickets and {found} are listed"),
                ));
            }
            next if next == marker => return Err(bad(OBJECTS, "the marker does not move on")),
            next => marker = next,
        }
    }
    Err(bad(OBJECTS, &format!("it goes on for more than {MAX_PAGES} pages")))
}
