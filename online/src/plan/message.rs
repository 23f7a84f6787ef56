//! From what was asked to a Counterparty message: every row checked before anything is encoded.

use std::collections::BTreeMap;

use airlock::amount::Quantity;
use airlock::bundle::limits;
use airlock::counterparty::address::{self, Form};
use airlock::counterparty::cbor::Double;
use airlock::counterparty::message::{
    self, Broadcast, EnhancedSend, Issuance, Memo, Message, Mpma, MpmaSend, Number, Sweep, sweep,
};
use airlock::counterparty::rules::Rules;
use airlock::request::{AssetPayee, Intent, RequestMemo};
use airlock::snapshot::{AssetFacts, CounterpartyFacts};
use airlock::text::Printable;
use airlock::time::Moment;
use airlock::{Code, Exit, Result, amount};
use bitcoin::{Address, TxOut};

use super::assets::Assets;
use super::claims::Claims;
use super::destination;
use super::fee::dust;
use super::holdings::{Holder, Needs};

/// A memo without content.
pub static EMPTY_MEMO: Code = Code::new(
    "E-PLAN-040",
    Exit::BadInput,
    "An empty memo is either a mistake or has a meaning that differs from message to message.",
    "Leave the memo out, or give its text.",
);

/// A message and what it needs around it.
pub(super) struct Composed {
    pub(super) message: Message,
    pub(super) holder: Holder,
    /// The output to the new owner that an issuance transfer needs before its data.
    pub(super) payee: Option<TxOut>,
    /// Destinations, as the ledger spells them, and what goes to each; none of them may be the source.
    pub(super) destinations: BTreeMap<String, String>,
    pub(super) claims: Claims,
}

/// Facts that messages are composed from.
pub(super) struct Desk<'a> {
    pub(super) assets: &'a Assets,
    pub(super) facts: &'a CounterpartyFacts,
    pub(super) rules: Rules,
    pub(super) taken_at: Moment,
}

impl Desk<'_> {
    /// Composes the message of a Counterparty request; none for other rails.
    ///
    /// # Errors
    /// The codes of assets, amounts, addresses, memos and messages, with the row.
    pub(super) fn compose(&self, intent: &Intent) -> Result<Option<Composed>> {
        Ok(Some(match intent {
            Intent::SendAsset { payee } => self.send(payee)?,
            Intent::SendMany { payees, memo } => self.send_many(payees, memo.as_ref())?,
            Intent::Sweep { to, balances, ownerships, memo } => {
                self.sweep(to, *balances, *ownerships, memo.as_ref())?
            }
            Intent::RequireMemo { require } => self.require_memo(*require),
            Intent::TransferOwnership { asset, to } => self.transfer(asset, to)?,
            Intent::SendBitcoin { .. } | Intent::SendXrp { .. } | Intent::XrpTransaction { .. } => {
                return Ok(None);
            }
        }))
    }

    fn send(&self, payee: &AssetPayee) -> Result<Composed> {
        let mut claims = Claims::default();
        let memo = read_memo(payee.memo.as_ref(), limits::SEND_MEMO_BYTES)?;
        let row = self.row(payee, memo.is_some(), &mut claims)?;
        let send = EnhancedSend {
            asset: row.asset.0,
            quantity: row.quantity,
            destination: row.to.to_string(),
            memo,
        };
        Ok(Composed {
            message: Message::EnhancedSend(send),
            holder: Holder::Of(Needs::from([(row.asset.1.name.clone(), row.quantity)])),
            payee: None,
            destinations: BTreeMap::from([(row.to.to_string(), row.told(payee))]),
            claims,
        })
    }

    fn send_many(&self, payees: &[AssetPayee], memo: Option<&RequestMemo>) -> Result<Composed> {
        if payees.len() > limits::MPMA_ROWS {
            return Err(message::TOO_MANY_SENDS.error(format!(
                "{} rows, at most {} fit one batch",
                payees.len(),
                limits::MPMA_ROWS
            )));
        }
        let memo = read_memo(memo, limits::MPMA_MEMO_BYTES)?;
        let mut claims = Claims::default();
        let mut needs = Needs::new();
        let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut spelled = BTreeMap::new();
        let mut sends = Vec::with_capacity(payees.len());
        let mut destinations = BTreeMap::new();
        for (number, payee) in (1usize..).zip(payees) {
            let place = |e: airlock::Error| e.at(format!("row {number}"));
            let own = read_memo(payee.memo.as_ref(), limits::MPMA_MEMO_BYTES).map_err(place)?;
            let row = self.row(payee, own.is_some() || memo.is_some(), &mut claims).map_err(place)?;
            let (_, to) = address::pack_exactly(&payee.to, Form::Legacy, &self.rules).map_err(place)?;
            if let Some(earlier) = seen.insert((row.asset.1.name.clone(), to.clone()), number) {
                return Err(place(
                    message::DUPLICATE_SEND
                        .error(format!("{} to {to} stands in row {earlier} already", row.asset.1.name)),
                ));
            }
            let need = needs.entry(row.asset.1.name.clone()).or_default();
            *need = need.checked_add(row.quantity).ok_or_else(|| {
                place(amount::OUT_OF_RANGE.error(format!("the sum of {} passes 2^63-1", row.asset.1.name)))
            })?;
            spelled.insert(row.asset.0.to_u64(), payee.asset.clone());
            destinations.entry(to.clone()).or_insert_with(|| format!("row {number}: {}", row.told(payee)));
            sends.push(MpmaSend { asset: row.asset.0, destination: to, quantity: row.quantity, memo: own });
        }
        let batch = Mpma { sends, memo }
            .in_reference_order(|send| spelled.get(&send.asset.to_u64()).cloned().unwrap_or_default());
        Ok(Composed {
            message: Message::Mpma(batch),
            holder: Holder::Of(needs),
            payee: None,
            destinations,
            claims,
        })
    }

    fn sweep(
        &self,
        to: &str,
        balances: bool,
        ownerships: bool,
        memo: Option<&RequestMemo>,
    ) -> Result<Composed> {
        let to = destination::read(to, self.rules.network())?;
        let memo = read_memo(memo, limits::SEND_MEMO_BYTES)?;
        let flag = |set: bool, flag: u64| if set { flag } else { 0 };
        let binary = matches!(memo, Some(Memo::Hex(_)));
        let flags = flag(balances, sweep::FLAG_BALANCES)
            | flag(ownerships, sweep::FLAG_OWNERSHIP)
            | flag(binary, sweep::FLAG_BINARY_MEMO);
        Ok(Composed {
            message: Message::Sweep(Sweep { destination: to.to_string(), flags, memo }),
            holder: Holder::Only,
            payee: None,
            destinations: BTreeMap::from([(to.to_string(), format!("the sweep to {to}"))]),
            claims: Claims::default(),
        })
    }

    /// The timestamp is the snapshot's: it only has to grow from broadcast to broadcast of one address.
    fn require_memo(&self, require: bool) -> Composed {
        let broadcast = Broadcast {
            timestamp: self.taken_at.to_unix(),
            value: Number::Double(Double::from_bits(0)),
            fee_fraction: 0,
            text: format!("OPTIONS {}", u8::from(require)),
            mime_type: String::new(),
        };
        Composed {
            message: Message::Broadcast(broadcast),
            holder: Holder::Only,
            payee: None,
            destinations: BTreeMap::new(),
            claims: Claims::default(),
        }
    }

    fn transfer(&self, asset: &str, to: &str) -> Result<Composed> {
        let to = destination::read(to, self.rules.network())?;
        let (id, facts) = self.assets.find(asset)?;
        let owner = facts.owner.clone().ok_or_else(|| {
            super::holdings::NOT_THE_OWNER.error(format!("the snapshot names no owner of {}", facts.name))
        })?;
        let script_pubkey = to.script_pubkey();
        destination::check_kind(&script_pubkey, &to, &owner)?;
        let mut claims = Claims::default();
        claims.asset(facts);
        let issuance = Issuance {
            asset: id,
            quantity: Quantity::default(),
            divisible: facts.divisible,
            lock: false,
            reset: false,
            description: None,
            mime_type: String::new(),
            longname: None,
        };
        Ok(Composed {
            message: Message::Issuance(issuance),
            holder: Holder::Named(owner),
            payee: Some(TxOut { value: dust(&script_pubkey), script_pubkey }),
            destinations: BTreeMap::from([(
                to.to_string(),
                format!("the ownership of {} to {to}", facts.name),
            )]),
            claims,
        })
    }

    fn row(&self, payee: &AssetPayee, has_memo: bool, claims: &mut Claims) -> Result<Row<'_>> {
        let (id, facts) = self.assets.find(&payee.asset)?;
        let to = destination::read(&payee.to, self.rules.network())?;
        let quantity = Quantity::parse(&payee.amount, facts.divisible)?;
        if quantity.to_base_units() == 0 {
            return Err(amount::ZERO.error(format!("0 {}", facts.name)));
        }
        destination::check_memo(&to, has_memo, self.facts)?;
        claims.asset(facts);
        let spelled = to.to_string();
        match destination::requires_memo(&spelled, self.facts) {
            Some(required) => claims.memo_required(&spelled, required),
            None if !has_memo => claims.memo_unknown(&spelled),
            None => {}
        }
        Ok(Row { asset: (id, facts), to, quantity })
    }
}

struct Row<'a> {
    asset: (airlock::counterparty::asset::AssetId, &'a AssetFacts),
    to: Address,
    quantity: Quantity,
}

impl Row<'_> {
    /// `12.5 XCP to bc1q…`.
    fn told(&self, payee: &AssetPayee) -> String {
        format!("{} {} to {}", Printable::new(&payee.amount), self.asset.1.name, self.to)
    }
}

fn read_memo(memo: Option<&RequestMemo>, limit: usize) -> Result<Option<Memo>> {
    let memo = match memo {
        None => return Ok(None),
        Some(RequestMemo::Text(text)) => Memo::Text(text.clone()),
        Some(RequestMemo::Hex(digits)) => Memo::from_hex(digits)?,
    };
    if memo.as_bytes().is_empty() {
        return Err(EMPTY_MEMO.error("the memo is empty"));
    }
    memo.check_length(limit)?;
    Ok(Some(memo))
}
