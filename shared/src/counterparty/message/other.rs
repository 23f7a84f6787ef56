//! All other types: a readable name and the body, decoded further where that is cheap (counterparty.md 1.2, 4.6).

use bitcoin::hex::DisplayHex as _;

use super::legacy::Fields;
use super::{BAD_TYPE, broadcast, enhanced_send, issuance, mpma, sweep};
use crate::counterparty::address;
use crate::counterparty::asset::AssetId;
use crate::counterparty::rules::{Change, Rules};
use crate::error::Result;
use crate::text::Printable;

/// A message of a type that has no form of its own here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// The type id; none when the data is too short to hold one.
    pub type_id: Option<u32>,
    /// All that follows the id.
    pub body: Vec<u8>,
}

const NAMES: [(u32, &str); 24] = [
    (0, "send"),
    (10, "order"),
    (11, "btcpay"),
    (12, "dispenser"),
    (13, "dispense"),
    (40, "bet"),
    (50, "dividend"),
    (60, "burn"),
    (70, "cancel"),
    (80, "rps"),
    (81, "rpsresolve"),
    (90, "fairminter"),
    (91, "fairmint"),
    (100, "utxo"),
    (101, "attach"),
    (102, "detach"),
    (110, "destroy"),
    (120, "pool_deposit"),
    (121, "pool_withdraw"),
    // Types with a form of their own.
    (enhanced_send::ID, "enhanced_send"),
    (mpma::ID, "mpma"),
    (sweep::ID, "sweep"),
    (broadcast::ID, "broadcast"),
    (issuance::LAST_ID, "issuance"),
];

/// The readable name of a type id; `unknown` for ids that the protocol does not have.
pub fn name_of(type_id: u32) -> &'static str {
    if (issuance::FIRST_ID..=issuance::LAST_ID).contains(&type_id) {
        return "issuance";
    }
    NAMES.iter().find(|(id, _)| *id == type_id).map_or("unknown", |(_, name)| name)
}

/// True when the ledger still acts on messages of the type under these rules.
pub fn is_executed(type_id: u32, rules: &Rules) -> bool {
    match type_id {
        enhanced_send::ID => rules.is_active(Change::EnhancedSends),
        mpma::ID => rules.is_active(Change::MpmaSends),
        sweep::ID | 12 => rules.is_active(Change::SweepSend),
        13 | 90 | 91 => rules.is_active(Change::DisableVanillaBtcDispense),
        22 | 23 => rules.is_active(Change::IssuanceBackwardsCompatibility),
        100 => rules.is_active(Change::UtxoSupport) && !rules.is_active(Change::SpendUtxoToDetach),
        101 | 102 => rules.is_active(Change::SpendUtxoToDetach),
        110 => rules.is_active(Change::SegwitSupport),
        120 | 121 => rules.is_active(Change::AmmPools),
        60 | 80 | 81 => false,
        known => name_of(known) != "unknown",
    }
}

impl Other {
    /// The readable name.
    pub fn name(&self) -> &'static str {
        self.type_id.map_or("unknown", name_of)
    }

    pub(super) fn encode(&self) -> Result<(u32, Vec<u8>)> {
        let type_id = self.type_id.ok_or_else(|| BAD_TYPE.error("there is no type id"))?;
        let has_form = matches!(type_id, enhanced_send::ID | mpma::ID | sweep::ID | broadcast::ID)
            || (issuance::FIRST_ID..=issuance::LAST_ID).contains(&type_id);
        if has_form {
            return Err(BAD_TYPE.error(format!("type {type_id} is written as {} only", name_of(type_id))));
        }
        if self.body.is_empty() {
            return Err(BAD_TYPE.error(format!("a message of type {type_id} without a body is none")));
        }
        Ok((type_id, self.body.clone()))
    }

    /// The fields of the small types of counterparty.md 4.6, named as the reference names them; none for
    /// other types and for bodies that do not fit.
    pub fn fields(&self, rules: &Rules) -> Option<Vec<(&'static str, String)>> {
        let mut body = Fields::new(&self.body);
        let mut asset = || body.u64().and_then(|id| AssetId::new(id).ok()).map(AssetId::name);
        Some(match self.type_id? {
            0 => {
                let asset = asset()?;
                vec![("asset", asset), ("quantity", exhausted(body.u64()?, &body_rest(body))?.to_string())]
            }
            110 => {
                let asset = asset()?;
                let quantity = body.u64()?;
                vec![
                    ("asset", asset),
                    ("quantity", quantity.to_string()),
                    ("tag", body.rest().to_lower_hex_string()),
                ]
            }
            70 if self.body.len() == 32 => vec![("offer_hash", self.body.to_lower_hex_string())],
            11 if self.body.len() == 64 => {
                let (tx0, tx1) = self.body.split_at_checked(32)?;
                vec![("tx0_hash", tx0.to_lower_hex_string()), ("tx1_hash", tx1.to_lower_hex_string())]
            }
            12 => {
                let asset = asset()?;
                let (give, escrow, rate) = (body.u64()?, body.u64()?, body.u64()?);
                let status = body.u8()?;
                let mut fields = vec![
                    ("asset", asset),
                    ("give_quantity", give.to_string()),
                    ("escrow_quantity", escrow.to_string()),
                    ("mainchainrate", rate.to_string()),
                    ("dispenser_status", status.to_string()),
                ];
                for (name, packed) in
                    ["action_address", "oracle_address"].into_iter().zip(body.rest().chunks(21))
                {
                    fields.push((name, address::unpack_legacy(packed, rules).ok()?));
                }
                fields
            }
            13 => vec![("data", self.body.to_lower_hex_string())],
            101 => {
                let text = core::str::from_utf8(&self.body).ok()?;
                let mut parts = text.split('|');
                let (asset, quantity, vout) = (parts.next()?, parts.next()?, parts.next()?);
                let fields = [("asset", asset), ("quantity", quantity), ("destination_vout", vout)];
                fields.map(|(name, text)| (name, Printable::new(text).to_string())).into()
            }
            // A lone zero stands for no destination.
            102 if self.body == b"0" => Vec::new(),
            102 => vec![("destination", Printable::new(core::str::from_utf8(&self.body).ok()?).to_string())],
            _ => return None,
        })
    }
}

fn body_rest(body: Fields<'_>) -> Vec<u8> {
    body.rest().to_vec()
}

fn exhausted(value: u64, rest: &[u8]) -> Option<u64> {
    rest.is_empty().then_some(value)
}
