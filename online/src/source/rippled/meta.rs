//! What a transaction did, from its metadata: the result, what arrived, by how much an account's XRP changed.

use airlock::Result;
use airlock::amount::Drops;
use airlock::text::Printable;
use airlock::xrp::AccountId;
use bitcoin::hex::FromHex;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::answer::bad;
use super::figure;
use crate::source::engine::Class;
use crate::source::xrpl::Delivered;

/// The members of `meta` that count.
#[derive(Deserialize)]
pub(super) struct Meta {
    #[serde(rename = "TransactionResult")]
    transaction_result: String,
    #[serde(rename = "AffectedNodes")]
    affected_nodes: Vec<Node>,
    #[serde(rename = "TransactionIndex")]
    pub(super) transaction_index: Option<u32>,
    delivered_amount: Option<Value>,
}

/// One of the three is there.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Node {
    created_node: Option<Change>,
    modified_node: Option<Change>,
    deleted_node: Option<Change>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    ledger_entry_type: String,
    new_fields: Option<Map<String, Value>>,
    previous_fields: Option<Map<String, Value>>,
    final_fields: Option<Map<String, Value>>,
}

impl Meta {
    /// `tesSUCCESS` or a `tec` result: no other is in a validated ledger.
    pub(super) fn result(&self, method: &str) -> Result<String> {
        let result = &self.transaction_result;
        let is_success = result == "tesSUCCESS";
        let is_claimed = Class::of(result) == Class::Tec && figure::is_name(result);
        match is_success || is_claimed {
            true => Ok(result.clone()),
            false => Err(bad(
                method,
                &format!("'{}' is no result of a validated transaction", Printable::new(result)),
            )),
        }
    }

    /// What arrived. Never `Amount` or `DeliverMax` (xrpl.md 12.3). An amount of a kind that is not known here is one
    /// that the server does not know, too: somebody else's odd payment must not stop the reading.
    pub(super) fn delivered(&self, method: &str) -> Result<Option<Delivered>> {
        let text = |members: &Map<String, Value>, name: &str| {
            members.get(name).and_then(Value::as_str).map(|text| Printable::new(text).to_string())
        };
        match &self.delivered_amount {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text == "unavailable" => Ok(Some(Delivered::Unavailable)),
            Some(Value::String(text)) => match figure::drops(text) {
                Some(drops) => Ok(Some(Delivered::Xrp(drops))),
                None => Err(bad(
                    method,
                    &format!("delivered_amount '{}' is no amount of drops", Printable::new(text)),
                )),
            },
            Some(Value::Object(members)) => {
                let id = text(members, "mpt_issuance_id");
                let token = text(members, "currency").zip(text(members, "issuer"));
                let (currency, issuer) = match (token, id) {
                    (Some(token), None) => token,
                    (None, Some(id)) => match issuer_of(&id) {
                        Some(issuer) => (id, issuer.to_string()),
                        None => return Ok(Some(Delivered::Unavailable)),
                    },
                    (Some(_), Some(_)) | (None, None) => return Ok(Some(Delivered::Unavailable)),
                };
                Ok(Some(match text(members, "value") {
                    Some(value) => Delivered::Token { currency, issuer, value },
                    None => Delivered::Unavailable,
                }))
            }
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
                Err(bad(method, "delivered_amount is neither text nor an object"))
            }
        }
    }

    /// By how much the account's XRP changed, fees included.
    pub(super) fn balance_change(&self, method: &str, account: AccountId) -> Result<i64> {
        let mut found: Option<i64> = None;
        for node in &self.affected_nodes {
            let change = match (&node.created_node, &node.modified_node, &node.deleted_node) {
                (Some(node), None, None) => node.created(method, account)?,
                (None, Some(node), None) => node.modified(method, account)?,
                (None, None, Some(node)) => node.deleted(method, account)?,
                _ => return Err(bad(method, "an affected node is not one of created, modified, deleted")),
            };
            match (change, found) {
                (Some(_), Some(_)) => return Err(bad(method, "the account is affected twice")),
                (Some(change), None) => found = Some(change),
                (None, _) => {}
            }
        }
        Ok(found.unwrap_or(0))
    }
}

impl Change {
    /// True where these are the fields of the account's root.
    fn is_root_of(&self, fields: Option<&Map<String, Value>>, account: AccountId) -> bool {
        let named = fields.and_then(|fields| fields.get("Account")).and_then(Value::as_str);
        self.ledger_entry_type == "AccountRoot" && named.and_then(figure::address) == Some(account)
    }

    fn created(&self, method: &str, account: AccountId) -> Result<Option<i64>> {
        if !self.is_root_of(self.new_fields.as_ref(), account) {
            return Ok(None);
        }
        let balance = balance(method, self.new_fields.as_ref())?;
        Ok(Some(balance.ok_or_else(|| bad(method, "a created account has no balance"))?))
    }

    fn modified(&self, method: &str, account: AccountId) -> Result<Option<i64>> {
        if !self.is_root_of(self.final_fields.as_ref(), account) {
            return Ok(None);
        }
        let before = balance(method, self.previous_fields.as_ref())?;
        let after = balance(method, self.final_fields.as_ref())?;
        match (before, after) {
            (None, _) => Ok(Some(0)),
            // Both lie between 0 and 10^17.
            (Some(before), Some(after)) => Ok(Some(after.saturating_sub(before))),
            (Some(_), None) => Err(bad(method, "a changed account has no balance")),
        }
    }

    fn deleted(&self, method: &str, account: AccountId) -> Result<Option<i64>> {
        if !self.is_root_of(self.final_fields.as_ref(), account) {
            return Ok(None);
        }
        let before = match balance(method, self.previous_fields.as_ref())? {
            Some(before) => before,
            None => balance(method, self.final_fields.as_ref())?
                .ok_or_else(|| bad(method, "a deleted account has no balance"))?,
        };
        Ok(Some(before.saturating_neg()))
    }
}

/// `Balance` among fields, in drops.
fn balance(method: &str, fields: Option<&Map<String, Value>>) -> Result<Option<i64>> {
    let Some(value) = fields.and_then(|fields| fields.get("Balance")) else {
        return Ok(None);
    };
    let drops = value.as_str().and_then(figure::drops).map(Drops::to_drops);
    let drops = drops.and_then(|drops| i64::try_from(drops).ok());
    Ok(Some(drops.ok_or_else(|| bad(method, "a balance of an account is no amount of drops"))?))
}

/// The issuer in the id of a multi-purpose token: behind four bytes of sequence (xrpl.md 4.4).
fn issuer_of(id: &str) -> Option<AccountId> {
    let bytes = <[u8; 24]>::from_hex(id).ok()?;
    let issuer: [u8; 20] = bytes.get(4..)?.try_into().ok()?;
    Some(AccountId::from_bytes(issuer))
}
