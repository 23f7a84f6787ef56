//! `[[destination]]`: who may receive what, with which tag or memo, and how much.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use bitcoin::hex::FromHex as _;

use super::file;
use super::kind::Kind;
use super::limit::Limit;
use super::read::{limit, words};
use super::refusals::ENTRY;
use super::registry::Registry;
use crate::bundle::limits::MPMA_MEMO_BYTES;
use crate::error::{Error, Result};
use crate::review::Money;
use crate::text::Printable;
use crate::xrp::{AccountId, XAddress};

/// The longest name.
const NAME_BYTES: usize = 64;

/// One listed destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    pub(super) name: String,
    /// In its usual spelling.
    pub(super) address: String,
    /// Payments of these are allowed.
    pub(super) assets: BTreeSet<Money>,
    /// Destination tags of the XRP Ledger.
    pub(super) tags: Marks<u32>,
    /// Memos of Counterparty messages.
    pub(super) memos: Marks<Vec<u8>>,
    /// Kinds beyond payments.
    pub(super) also: BTreeSet<Kind>,
    pub(super) limits: BTreeMap<Money, Limit>,
}

/// Which tags or memos a payment must carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Marks<T> {
    /// With or without.
    Any,
    /// Without.
    None,
    /// With one of these.
    These(BTreeSet<T>),
}

impl<T: Ord> Marks<T> {
    pub(super) fn allow(&self, found: Option<&T>) -> bool {
        match (self, found) {
            (Self::Any, _) | (Self::None, None) => true,
            (Self::These(these), Some(found)) => these.contains(found),
            (Self::None, Some(_)) | (Self::These(_), None) => false,
        }
    }
}

/// What an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// In its usual spelling.
    address: String,
    is_xrp: bool,
    /// The tag of an X-address, or that it has none; none for other addresses.
    tag: Option<Option<u32>>,
}

/// An address in its usual spelling, whatever spelling was given; none for what is no address.
fn place(text: &str) -> Option<Place> {
    if let Ok(account) = text.parse::<AccountId>() {
        return Some(Place { address: account.to_string(), is_xrp: true, tag: None });
    }
    if let Ok(x) = text.parse::<XAddress>() {
        return Some(Place { address: x.account.to_string(), is_xrp: true, tag: Some(x.tag) });
    }
    let address = text.parse::<Address<NetworkUnchecked>>().ok()?.assume_checked();
    Some(Place { address: address.to_string(), is_xrp: false, tag: None })
}

/// The usual spelling of an address; what is no address stays as it is.
pub(super) fn usual(text: &str) -> String {
    place(text).map_or_else(|| text.to_owned(), |place| place.address)
}

/// Reads all entries: no name and no address twice.
pub(super) fn all(entries: &[file::Destination], registry: &Registry) -> Result<Vec<Destination>> {
    let mut destinations: Vec<Destination> = Vec::with_capacity(entries.len());
    let (mut names, mut addresses) = (BTreeSet::new(), BTreeMap::new());
    for entry in entries {
        let at = |e: Error| e.at(format!("[[destination]] \"{}\"", Printable::new(&entry.name)));
        let found = read(entry, registry).map_err(at)?;
        if !names.insert(found.name.to_ascii_lowercase()) {
            return Err(at(ENTRY.error("there are two destinations of this name")));
        }
        if let Some(other) = addresses.insert(found.address.clone(), found.name.clone()) {
            let address = &found.address;
            return Err(at(ENTRY.error(format!("{address} is already listed as \"{other}\""))));
        }
        destinations.push(found);
    }
    destinations.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(destinations)
}

fn read(entry: &file::Destination, registry: &Registry) -> Result<Destination> {
    check_name(&entry.name)?;
    // What was typed is not repeated: it could be a secret in the wrong place.
    let place = place(&entry.address)
        .ok_or_else(|| ENTRY.error("its address is neither one of Bitcoin nor one of the XRP Ledger"))?;
    if place.is_xrp && place.address.parse::<AccountId>().is_ok_and(AccountId::is_black_hole) {
        return Err(ENTRY.error(format!("nobody has the key of {}", place.address)));
    }
    let mut assets = BTreeSet::new();
    for name in &entry.assets {
        let (money, _) = registry.money(name).map_err(|e| e.at("assets"))?;
        if is_on_xrpl(money) != place.is_xrp {
            return Err(ENTRY.error(format!("{money} cannot be paid to {}", place.address)));
        }
        if !assets.insert(money) {
            return Err(ENTRY.error(format!("assets: {money} is there twice")));
        }
    }
    let also = also(entry, &place)?;
    if assets.is_empty() && also.is_empty() {
        return Err(ENTRY.error("it needs assets, or also"));
    }
    let needs_tags = place.is_xrp && (!assets.is_empty() || also.contains(&Kind::AccountDelete));
    let sends = assets.iter().any(|money| matches!(money, Money::Asset(_)));
    let needs_memos = !place.is_xrp && (sends || also.contains(&Kind::Sweep));
    Ok(Destination {
        name: entry.name.clone(),
        tags: tags(entry, &place, needs_tags)?,
        memos: memos(entry, &place, needs_memos)?,
        limits: limits(entry, &assets, registry)?,
        address: place.address,
        assets,
        also,
    })
}

/// Printable ASCII that is no address: names stand beside addresses and must never be taken for one.
fn check_name(name: &str) -> Result<()> {
    let legal = |c: char| matches!(c, ' '..='~') && !matches!(c, '\\' | '"');
    if name.is_empty() || name.len() > NAME_BYTES || !name.chars().all(legal) {
        return Err(ENTRY
            .error(format!("a name has 1 to {NAME_BYTES} characters of printable ASCII without \" and \\")));
    }
    if name.trim() != name || name.contains("  ") {
        return Err(ENTRY.error("a name has no blank at its ends and no two blanks in a row"));
    }
    match name.split(' ').any(|word| place(word).is_some()) {
        true => Err(ENTRY.error("a name holds no address")),
        false => Ok(()),
    }
}

fn is_on_xrpl(money: Money) -> bool {
    match money {
        Money::Bitcoin | Money::Asset(_) => false,
        Money::Xrp | Money::Token(..) => true,
    }
}

fn also(entry: &file::Destination, place: &Place) -> Result<BTreeSet<Kind>> {
    let also: BTreeSet<Kind> = words(&entry.also).map_err(|e| e.at("also"))?;
    for kind in &also {
        if !kind.needs_also() {
            return Err(ENTRY.error(format!("also: {kind} does not belong to a destination")));
        }
        let is_counterparty = matches!(kind, Kind::Sweep | Kind::TransferOwnership);
        if is_counterparty == place.is_xrp {
            return Err(ENTRY.error(format!("also: {kind} cannot go to {}", place.address)));
        }
    }
    Ok(also)
}

fn tags(entry: &file::Destination, place: &Place, needed: bool) -> Result<Marks<u32>> {
    let of_address = place.tag.map(|tag| match tag {
        Some(tag) => Marks::These(BTreeSet::from([tag])),
        None => Marks::None,
    });
    let written = match &entry.tags {
        Some(_) if !place.is_xrp => return Err(ENTRY.error("tags: addresses of Bitcoin have no tags")),
        Some(file::Tags::Word(word)) => Some(word_of(word, "tags")?),
        Some(file::Tags::List(list)) => Some(these(list.clone(), "tags")?),
        None => None,
    };
    match (of_address, written) {
        (Some(of_address), Some(written)) if of_address != written => {
            Err(ENTRY.error("tags: they are not the tag of the X-address"))
        }
        (Some(tags), _) | (None, Some(tags)) => Ok(tags),
        (None, None) if needed => {
            Err(ENTRY.error("tags is missing: a list such as [1, 2], \"none\" or \"any\"; 0 is a tag"))
        }
        (None, None) => Ok(Marks::None),
    }
}

fn memos(entry: &file::Destination, place: &Place, needed: bool) -> Result<Marks<Vec<u8>>> {
    match &entry.memos {
        Some(_) if place.is_xrp => Err(ENTRY.error("memos: on the XRP Ledger the tag tells who is meant")),
        Some(file::Memos::Word(word)) => word_of(word, "memos"),
        Some(file::Memos::List(list)) => {
            let bytes = list.iter().map(|memo| memo_bytes(memo)).collect::<Result<Vec<_>>>()?;
            these(bytes, "memos")
        }
        None if needed => {
            Err(ENTRY.error("memos is missing: a list such as [\"12345\"], \"none\" or \"any\""))
        }
        None => Ok(Marks::None),
    }
}

/// Text as UTF-8, or bytes behind `hex:`.
fn memo_bytes(memo: &str) -> Result<Vec<u8>> {
    let bytes = match memo.strip_prefix("hex:") {
        Some(hex) => {
            Vec::<u8>::from_hex(hex).map_err(|_| ENTRY.error("memos: behind hex: stand hex digits"))?
        }
        None => memo.as_bytes().to_vec(),
    };
    if bytes.len() > MPMA_MEMO_BYTES {
        let size = bytes.len();
        return Err(ENTRY.error(format!("memos: a memo of {size} bytes; at most {MPMA_MEMO_BYTES} are sent")));
    }
    if bytes.is_empty() {
        return Err(ENTRY.error("memos: an empty memo is none; write memos = \"none\""));
    }
    Ok(bytes)
}

fn word_of<T>(word: &str, member: &str) -> Result<Marks<T>> {
    match word {
        "any" => Ok(Marks::Any),
        "none" => Ok(Marks::None),
        _ => Err(ENTRY.error(format!(
            "{member}: '{}' is neither a list nor \"any\" nor \"none\"",
            Printable::new(word)
        ))),
    }
}

fn these<T: Ord>(list: Vec<T>, member: &str) -> Result<Marks<T>> {
    if list.is_empty() {
        return Err(ENTRY.error(format!("{member}: the list is empty; write \"none\" or \"any\"")));
    }
    Ok(Marks::These(list.into_iter().collect()))
}

fn limits(
    entry: &file::Destination,
    assets: &BTreeSet<Money>,
    registry: &Registry,
) -> Result<BTreeMap<Money, Limit>> {
    let mut limits = BTreeMap::new();
    for entry in &entry.limit {
        let at = |e: Error| e.at(format!("[[destination.limit]] {}", Printable::new(&entry.asset)));
        let (money, limit) = limit(entry, registry).map_err(at)?;
        if !assets.contains(&money) {
            return Err(at(ENTRY.error("it is not among the destination's assets")));
        }
        if limits.insert(money, limit).is_some() {
            return Err(at(ENTRY.error("there are two limits for it")));
        }
    }
    Ok(limits)
}
