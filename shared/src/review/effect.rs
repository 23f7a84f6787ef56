//! What a transaction does to the outside: one closed vocabulary for all chains.

use bitcoin::Amount;

use super::ground::Place;
use super::outgoing::Money;
use crate::amount::{Drops, Quantity};
use crate::counterparty::asset::AssetId;
use crate::xrp::whitelist::{AccountFlag, SignerEntry};
use crate::xrp::{AccountId, Currency, TokenValue};

/// A memo of a Counterparty message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EffectMemo {
    /// The bytes on the wire.
    pub bytes: Vec<u8>,
    /// Whether the wire says that it is text (true) or bytes (false); none where it does not say.
    pub is_text: Option<bool>,
}

/// One consequence. Change is no effect: it is listed beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Bitcoin to an address that is not proven to be change.
    PaysBitcoin {
        /// The address found in the script.
        to: String,
        /// How much.
        amount: Amount,
        /// Set when derivation proves that it is an address of another account or branch of ours.
        own: Option<Place>,
    },
    /// Counterparty: one asset to one address.
    SendsAsset {
        /// What.
        asset: AssetId,
        /// How much.
        quantity: Quantity,
        /// To whom.
        to: String,
        /// With which memo.
        memo: Option<EffectMemo>,
    },
    /// Counterparty: everything of the source.
    Sweeps {
        /// To whom.
        to: String,
        /// All balances.
        balances: bool,
        /// All ownerships.
        ownerships: bool,
        /// With which memo.
        memo: Option<EffectMemo>,
    },
    /// Counterparty: whether sends to the source need a memo.
    RequiresMemo {
        /// True sets the requirement.
        require: bool,
    },
    /// Counterparty: the issuer right of an asset.
    TransfersOwnership {
        /// Of which asset.
        asset: AssetId,
        /// To whom.
        to: String,
        /// The bitcoin on the output that names the new owner.
        dust: Amount,
    },
    /// XRP to an account.
    PaysXrp {
        /// To whom.
        to: AccountId,
        /// 0 is a tag.
        tag: Option<u32>,
        /// How much.
        amount: Drops,
        /// InvoiceID.
        invoice_id: Option<[u8; 32]>,
    },
    /// An issued token to an account of the XRP Ledger.
    PaysToken {
        /// To whom.
        to: AccountId,
        /// 0 is a tag.
        tag: Option<u32>,
        /// How much.
        value: TokenValue,
        /// Which token.
        currency: Currency,
        /// Whose.
        issuer: AccountId,
        /// At most this leaves the account.
        send_max: Option<TokenValue>,
        /// InvoiceID.
        invoice_id: Option<[u8; 32]>,
    },
    /// Settings of an XRP account.
    SetsAccount {
        /// Set.
        set: Option<AccountFlag>,
        /// Cleared.
        clear: Option<AccountFlag>,
        /// Domain; empty removes it.
        domain: Option<Vec<u8>>,
        /// EmailHash.
        email_hash: Option<[u8; 16]>,
        /// MessageKey.
        message_key: Option<Vec<u8>>,
    },
    /// The second key of an XRP account.
    SetsRegularKey {
        /// None removes it.
        key: Option<AccountId>,
    },
    /// The signers of an XRP account.
    SetsSigners {
        /// 0 removes the list.
        quorum: u32,
        /// Who signs with which weight.
        entries: Vec<SignerEntry>,
    },
    /// Tickets of an XRP account.
    CreatesTickets {
        /// How many.
        count: u32,
    },
    /// The end of an XRP account.
    DeletesAccount {
        /// Who gets all its XRP.
        to: AccountId,
        /// 0 is a tag.
        tag: Option<u32>,
    },
    /// A trust line.
    SetsTrust {
        /// At most this much.
        limit: TokenValue,
        /// Of which token.
        currency: Currency,
        /// Whose.
        issuer: AccountId,
        /// Sets or clears NoRipple.
        no_ripple: Option<bool>,
    },
    /// A sender that may pay in although DepositAuth is set.
    Preauthorizes {
        /// Who.
        sender: AccountId,
        /// False takes it back.
        authorize: bool,
    },
}

/// An output that comes back to the paying account, proved by derivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The address.
    pub to: String,
    /// How much.
    pub amount: Amount,
    /// Branch and index, when it is not an address that an input came from.
    pub place: Option<Place>,
}

impl Effect {
    /// Who receives, where somebody does.
    pub fn destination(&self) -> Option<String> {
        match self {
            Self::PaysBitcoin { to, .. }
            | Self::SendsAsset { to, .. }
            | Self::Sweeps { to, .. }
            | Self::TransfersOwnership { to, .. } => Some(to.clone()),
            Self::PaysXrp { to, .. } | Self::PaysToken { to, .. } | Self::DeletesAccount { to, .. } => {
                Some(to.to_string())
            }
            Self::SetsRegularKey { key } => key.map(|key| key.to_string()),
            Self::SetsTrust { issuer, .. } => Some(issuer.to_string()),
            Self::Preauthorizes { sender, .. } => Some(sender.to_string()),
            Self::RequiresMemo { .. }
            | Self::SetsAccount { .. }
            | Self::SetsSigners { .. }
            | Self::CreatesTickets { .. } => None,
        }
    }

    /// What it pays, and how much in base units; none for the amount of a token, which has units of its own. What moves
    /// rights, or an amount that the ledger alone knows, pays nothing.
    pub fn money(&self) -> Option<(Money, Option<u64>)> {
        match self {
            Self::PaysBitcoin { amount, .. } => Some((Money::Bitcoin, Some(amount.to_sat()))),
            Self::SendsAsset { asset, quantity, .. } => {
                let money = if *asset == AssetId::BTC { Money::Bitcoin } else { Money::Asset(*asset) };
                Some((money, Some(quantity.to_base_units())))
            }
            Self::PaysXrp { amount, .. } => Some((Money::Xrp, Some(amount.to_drops()))),
            Self::PaysToken { currency, issuer, .. } => Some((Money::Token(*currency, *issuer), None)),
            Self::Sweeps { .. }
            | Self::RequiresMemo { .. }
            | Self::TransfersOwnership { .. }
            | Self::SetsAccount { .. }
            | Self::SetsRegularKey { .. }
            | Self::SetsSigners { .. }
            | Self::CreatesTickets { .. }
            | Self::DeletesAccount { .. }
            | Self::SetsTrust { .. }
            | Self::Preauthorizes { .. } => None,
        }
    }

    /// The memo of a Counterparty message, where there is one.
    pub fn memo(&self) -> Option<&EffectMemo> {
        if let Self::SendsAsset { memo, .. } | Self::Sweeps { memo, .. } = self {
            memo.as_ref()
        } else {
            None
        }
    }

    /// The destination tag of effects that can have one; the inner none is no tag.
    pub fn tag(&self) -> Option<Option<u32>> {
        if let Self::PaysXrp { tag, .. } | Self::PaysToken { tag, .. } | Self::DeletesAccount { tag, .. } =
            self
        {
            Some(*tag)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pays_an_amount_names_it_and_what_moves_rights_does_not() {
        let to: AccountId = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s".parse().unwrap();
        let quantity = Quantity::new(7).unwrap();
        let sends = |asset| Effect::SendsAsset { asset, quantity, to: "a".to_owned(), memo: None };
        let bitcoin = Effect::PaysBitcoin { to: "a".to_owned(), amount: Amount::from_sat(7), own: None };
        let xrp = Effect::PaysXrp { to, tag: None, amount: Drops::new(7).unwrap(), invoice_id: None };
        assert_eq!(bitcoin.money(), Some((Money::Bitcoin, Some(7))));
        assert_eq!(sends(AssetId::XCP).money(), Some((Money::Asset(AssetId::XCP), Some(7))));
        assert_eq!(sends(AssetId::BTC).money(), Some((Money::Bitcoin, Some(7))));
        assert_eq!(xrp.money(), Some((Money::Xrp, Some(7))));
        let (currency, value): (Currency, TokenValue) = ("USD".parse().unwrap(), "1.5".parse().unwrap());
        let (send_max, invoice_id) = (None, None);
        let token = Effect::PaysToken { to, tag: None, value, currency, issuer: to, send_max, invoice_id };
        assert_eq!(token.money(), Some((Money::Token(currency, to), None)));
        let rights =
            Effect::TransfersOwnership { asset: AssetId::XCP, to: "a".to_owned(), dust: Amount::from_sat(7) };
        let all = Effect::DeletesAccount { to, tag: None };
        assert_eq!((rights.money(), all.money()), (None, None));
    }
}
