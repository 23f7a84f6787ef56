//! The request is only compared: what the bytes do must be exactly what was asked (security.md 1).

use bitcoin::{Amount, ScriptBuf};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::assets::Assets;
use super::effect::{Effect, EffectMemo};
use super::refusals::REQUEST_DIFFERS;
use super::steps::{StepKind, StepReview};
use crate::account::{Account, AccountName, Rail};
use crate::amount::{BITCOIN_DECIMALS, Drops, parse_units};
use crate::counterparty::address;
use crate::counterparty::carrier::Carrier;
use crate::counterparty::message::Memo;
use crate::error::Result;
use crate::network::BitcoinNetwork;
use crate::request::{AssetPayee, Encoding, Intent, Request, RequestMemo};
use crate::text::Printable;
use crate::xrp::{AccountId, Field, Transaction, XAddress};

/// What requests are read against.
pub(super) struct Reading<'a> {
    pub(super) assets: &'a Assets,
    pub(super) bitcoin: Option<BitcoinNetwork>,
    pub(super) xrpl: Option<u32>,
}

/// Demands that the effects of a request's steps are exactly what it asks for, in any order of recipients.
pub(super) fn check(request: &Request, found: &[&Effect], reading: &Reading<'_>) -> Result<()> {
    let Some(mut expected) = expected(&request.intent, reading)? else { return Ok(()) };
    for effect in found {
        let script = effect
            .destination()
            .and_then(|to| address::parse(&to, reading.bitcoin?).ok())
            .map(|address| address.script_pubkey());
        let place = expected.iter().position(|wanted| wanted.is(effect, script.as_ref()));
        match place {
            Some(place) => drop(expected.swap_remove(place)),
            None => return Err(REQUEST_DIFFERS.error(format!("not asked for: {}", describe(effect)))),
        }
    }
    match expected.first() {
        None => Ok(()),
        Some(missing) => {
            Err(REQUEST_DIFFERS.error(format!("asked for and not there: {}", missing.describe())))
        }
    }
}

/// The paying account is the one that the request names: by name, or by role where it is the only one.
pub(super) fn check_account(from: &AccountName, paying: &AccountName, accounts: &[Account]) -> Result<()> {
    if from == paying {
        return Ok(());
    }
    let rail = |account: &Account| matches!(account.rail, Rail::Xrp(_));
    let payer = accounts.iter().find(|account| account.name == *paying);
    let by_role = payer.is_some_and(|payer| {
        payer.role.name() == from.as_str()
            && !accounts.iter().any(|other| other.name == *from && rail(other) == rail(payer))
            && accounts.iter().filter(|other| other.role == payer.role && rail(other) == rail(payer)).count()
                == 1
    });
    if by_role {
        return Ok(());
    }
    Err(REQUEST_DIFFERS.error(format!("asked to pay from '{from}', the transaction pays from '{paying}'")))
}

/// How it travels and what it costs, where the request says so.
pub(super) fn check_terms(request: &Request, step: &StepReview) -> Result<()> {
    check_serves(request, step)?;
    match &step.kind {
        StepKind::Xrp(found) => match &request.fee_drops {
            Some(asked) if *asked != found.fee.to_drops().to_string() => Err(REQUEST_DIFFERS.error(format!(
                "asked for a fee of {} drops, the transaction pays {}",
                Printable::new(asked),
                found.fee.to_drops()
            ))),
            Some(_) | None => Ok(()),
        },
        StepKind::Bitcoin(found) => {
            let wanted = match request.encoding {
                None | Some(Encoding::Auto) => return Ok(()),
                Some(Encoding::OpReturn) => Carrier::OpReturn,
                Some(Encoding::Multisig) => Carrier::Multisig,
                Some(Encoding::Taproot) => Carrier::Taproot,
                Some(Encoding::P2sh) => Carrier::P2sh,
            };
            match found.data.as_ref().map(|data| data.carrier).filter(|carrier| *carrier != wanted) {
                Some(other) => Err(REQUEST_DIFFERS.error(format!(
                    "asked for the carrier {}, found {}",
                    wanted.name(),
                    other.name()
                ))),
                None => Ok(()),
            }
        }
    }
}

/// No step but the first of a pair is without effect, and an XRP payment holds nothing beside what it pays: other
/// fields, or another account that our key may sign for, are asked for field by field only.
fn check_serves(request: &Request, step: &StepReview) -> Result<()> {
    match &step.kind {
        StepKind::Bitcoin(found) if found.effects.is_empty() && found.commits.is_empty() => {
            Err(REQUEST_DIFFERS.error(format!("{} does nothing but pay a fee", step.place())))
        }
        StepKind::Xrp(found) => {
            let given =
                if let Intent::XrpTransaction { tx_json } = &request.intent { Some(tx_json) } else { None };
            let by_fields = given.is_some();
            let names_account = given.is_some_and(|fields| fields.contains_key("Account"));
            let beside = [
                ("memos", !by_fields && !found.memos.is_empty()),
                ("a source tag", !by_fields && found.source_tag.is_some()),
                ("another paying account", !names_account && !found.is_master),
            ];
            match beside.iter().find(|(_, there)| *there) {
                Some((what, _)) => Err(REQUEST_DIFFERS.error(format!("not asked for: {what}"))),
                None => Ok(()),
            }
        }
        StepKind::Bitcoin(_) => Ok(()),
    }
}

/// One effect that a request asks for.
enum Wanted {
    Bitcoin { to: ScriptBuf, text: String, amount: Amount },
    Asset { wanted: Effect, to: ScriptBuf, memo: Option<RequestMemo> },
    Exactly(Effect),
}

impl Wanted {
    fn is(&self, found: &Effect, script: Option<&ScriptBuf>) -> bool {
        match (self, found) {
            (Self::Bitcoin { to, amount, .. }, Effect::PaysBitcoin { amount: found, .. }) => {
                amount == found && script == Some(to)
            }
            (Self::Asset { wanted, to, memo }, found) => {
                script == Some(to) && is_same_asset(wanted, found, memo.as_ref())
            }
            (Self::Exactly(wanted), found) => wanted == found,
            (Self::Bitcoin { .. }, _) => false,
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Bitcoin { text, amount, .. } => {
                format!("{} sat to {}", amount.to_sat(), Printable::new(text))
            }
            Self::Asset { wanted, .. } | Self::Exactly(wanted) => describe(wanted),
        }
    }
}

/// Compares all but the destination; memos by their bytes, and by their kind where the wire says it.
fn is_same_asset(wanted: &Effect, found: &Effect, memo: Option<&RequestMemo>) -> bool {
    match (wanted, found) {
        (
            Effect::SendsAsset { asset, quantity, .. },
            Effect::SendsAsset { asset: found_asset, quantity: found_quantity, memo: found_memo, .. },
        ) => asset == found_asset && quantity == found_quantity && same_memo(memo, found_memo.as_ref()),
        (
            Effect::Sweeps { balances, ownerships, .. },
            Effect::Sweeps { balances: b, ownerships: o, memo: found_memo, .. },
        ) => balances == b && ownerships == o && same_memo(memo, found_memo.as_ref()),
        (Effect::TransfersOwnership { asset, .. }, Effect::TransfersOwnership { asset: found_asset, .. }) => {
            asset == found_asset
        }
        _ => false,
    }
}

fn same_memo(wanted: Option<&RequestMemo>, found: Option<&EffectMemo>) -> bool {
    let wanted = wanted.and_then(|memo| match memo {
        RequestMemo::Text(text) => Some((text.as_bytes().to_vec(), true)),
        RequestMemo::Hex(digits) => Some((Memo::from_hex(digits).ok()?.as_bytes().to_vec(), false)),
    });
    match (wanted, found) {
        (None, None) => true,
        // An empty memo is none in sends and sweeps.
        (Some((bytes, _)), None) => bytes.is_empty(),
        (Some((bytes, is_text)), Some(found)) => {
            bytes == found.bytes && found.is_text.is_none_or(|found| found == is_text)
        }
        (None, Some(found)) => found.bytes.is_empty(),
    }
}

/// The effects that an intent asks for; none for transactions that are compared field by field.
fn expected(intent: &Intent, reading: &Reading<'_>) -> Result<Option<Vec<Wanted>>> {
    let network = reading.bitcoin.unwrap_or_default();
    let script = |to: &str| Ok::<_, crate::Error>(address::parse(to, network)?.script_pubkey());
    let row = |index: usize| format!("row {}", index.saturating_add(1));
    Ok(Some(match intent {
        Intent::SendBitcoin { payees } => {
            let mut wanted = Vec::with_capacity(payees.len());
            for (index, payee) in payees.iter().enumerate() {
                let sat = parse_units(&payee.amount, BITCOIN_DECIMALS).map_err(|e| e.at(row(index)))?;
                let (to, amount) = (script(&payee.to)?, Amount::from_sat(sat));
                wanted.push(Wanted::Bitcoin { to, text: payee.to.clone(), amount });
            }
            wanted
        }
        Intent::SendAsset { payee } => vec![sends(payee, payee.memo.as_ref(), reading)?],
        Intent::SendMany { payees, memo } => {
            let mut wanted = Vec::with_capacity(payees.len());
            for (index, payee) in payees.iter().enumerate() {
                let memo = payee.memo.as_ref().or(memo.as_ref());
                wanted.push(sends(payee, memo, reading).map_err(|e| e.at(row(index)))?);
            }
            wanted
        }
        Intent::Sweep { to, balances, ownerships, memo } => vec![Wanted::Asset {
            wanted: Effect::Sweeps {
                to: to.clone(),
                balances: *balances,
                ownerships: *ownerships,
                memo: None,
            },
            to: script(to)?,
            memo: memo.clone(),
        }],
        Intent::RequireMemo { require } => {
            vec![Wanted::Exactly(Effect::RequiresMemo { require: *require })]
        }
        Intent::TransferOwnership { asset, to } => vec![Wanted::Asset {
            wanted: Effect::TransfersOwnership {
                asset: reading.assets.resolve(asset)?,
                to: to.clone(),
                dust: Amount::ZERO,
            },
            to: script(to)?,
            memo: None,
        }],
        Intent::SendXrp { to, tag, amount } => {
            let (to, tag) = xrp_destination(to, *tag, reading)?;
            let amount = Drops::parse_xrp(amount)?;
            vec![Wanted::Exactly(Effect::PaysXrp { to, tag, amount, invoice_id: None })]
        }
        Intent::XrpTransaction { .. } => return Ok(None),
    }))
}

fn sends(payee: &AssetPayee, memo: Option<&RequestMemo>, reading: &Reading<'_>) -> Result<Wanted> {
    let asset = reading.assets.resolve(&payee.asset)?;
    let quantity = reading.assets.parse(asset, &payee.amount)?;
    let to = address::parse(&payee.to, reading.bitcoin.unwrap_or_default())?;
    Ok(Wanted::Asset {
        wanted: Effect::SendsAsset { asset, quantity, to: to.to_string(), memo: None },
        to: to.script_pubkey(),
        memo: memo.cloned(),
    })
}

/// A classic address with its tag, or an X-address of the bundle's kind of network.
fn xrp_destination(to: &str, tag: Option<u32>, reading: &Reading<'_>) -> Result<(AccountId, Option<u32>)> {
    if let Ok(account) = to.parse::<AccountId>() {
        return Ok((account, tag));
    }
    let x: XAddress = to.parse()?;
    if x.test != (reading.xrpl != Some(0)) {
        return Err(
            REQUEST_DIFFERS.error(format!("the X-address {} is for another network", Printable::new(to)))
        );
    }
    match (x.tag, tag) {
        (Some(inside), Some(beside)) if inside != beside => {
            Err(REQUEST_DIFFERS.error(format!("the X-address holds tag {inside}, the request says {beside}")))
        }
        (inside, beside) => Ok((x.account, inside.or(beside))),
    }
}

/// What the planner fills in where a request for an XRP transaction leaves it out.
const FILLED_IN: &[Field] = &[
    Field::Account,
    Field::Fee,
    Field::Sequence,
    Field::TicketSequence,
    Field::Flags,
    Field::LastLedgerSequence,
    Field::NetworkID,
    Field::SigningPubKey,
];

/// Every given field is as given, and no field is there that was neither given nor is filled in.
pub(super) fn check_fields(
    given: &Map<String, Value>,
    json: &Map<String, Value>,
    network_id: u32,
) -> Result<()> {
    let found = Transaction::from_json_on(&Value::Object(json.clone()), network_id)?;
    let mut merged = json.clone();
    for (field, _) in found.fields() {
        let name = field.name();
        if !given.contains_key(name) && !FILLED_IN.contains(&field) {
            merged.remove(name);
        }
    }
    merged.extend(given.clone());
    let differs = |why: String| REQUEST_DIFFERS.error(format!("the fields are not those asked for: {why}"));
    let asked = Transaction::from_json_on(&Value::Object(merged), network_id)
        .map_err(|e| differs(e.what().to_owned()))?;
    if asked != found {
        let name = found
            .fields()
            .find(|(field, value)| asked.get(*field) != Some(*value))
            .map_or("a field that is missing", |(field, _)| field.name());
        return Err(differs(name.to_owned()));
    }
    if !given.contains_key("Flags") && found.flags().is_some_and(|flags| flags & 0x7fff_ffff != 0) {
        return Err(differs("Flags".to_owned()));
    }
    Ok(())
}

/// A few words about an effect, for the message of a refusal.
fn describe(effect: &Effect) -> String {
    let to = effect.destination().unwrap_or_default();
    let to = Printable::new(&to);
    match effect {
        Effect::PaysBitcoin { amount, .. } => format!("{} sat to {to}", amount.to_sat()),
        Effect::SendsAsset { asset, quantity, memo, .. } => {
            let memo = memo.as_ref().map_or_else(String::new, |memo| {
                format!(" with memo {}", bitcoin::hex::DisplayHex::to_lower_hex_string(&memo.bytes[..]))
            });
            format!("{} base units of {asset} to {to}{memo}", quantity.to_base_units())
        }
        Effect::Sweeps { balances, ownerships, .. } => {
            format!("sweep to {to} (balances {balances}, ownerships {ownerships})")
        }
        Effect::RequiresMemo { require } => format!("memo requirement {require}"),
        Effect::TransfersOwnership { asset, .. } => format!("ownership of {asset} to {to}"),
        Effect::PaysXrp { amount, tag, .. } => match tag {
            Some(tag) => format!("{amount} to {to}, tag {tag}"),
            None => format!("{amount} to {to}, no tag"),
        },
        Effect::PaysToken { value, currency, .. } => format!("{value} {currency} to {to}"),
        Effect::SetsAccount { .. } => "account settings".to_owned(),
        Effect::SetsRegularKey { .. } => format!("regular key {to}"),
        Effect::SetsSigners { .. } => "a signer list".to_owned(),
        Effect::CreatesTickets { count } => format!("{count} tickets"),
        Effect::DeletesAccount { .. } => format!("deleting the account in favour of {to}"),
        Effect::SetsTrust { .. } => format!("a trust line to {to}"),
        Effect::Preauthorizes { .. } => format!("a preauthorization of {to}"),
    }
}

/// The effects of the steps that serve a request; of steps that exclude each other one set, which all must have.
pub(super) fn counted<'a>(steps: &[&'a StepReview]) -> Result<Vec<&'a Effect>> {
    let mut groups: BTreeMap<u32, &[Effect]> = BTreeMap::new();
    let mut effects = Vec::new();
    for step in steps {
        let Some(group) = step.one_of else {
            effects.extend(step.effects());
            continue;
        };
        match groups.insert(group, step.effects()) {
            None => effects.extend(step.effects()),
            Some(earlier) if earlier == step.effects() => {}
            Some(_) => {
                return Err(REQUEST_DIFFERS.error(format!("the steps of group {group} do different things")));
            }
        }
    }
    Ok(effects)
}
