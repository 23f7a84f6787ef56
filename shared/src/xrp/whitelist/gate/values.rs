//! The values of listed fields, and the typed result.

use crate::error::{Error, Result};
use crate::xrp::address::AccountId;
use crate::xrp::amount::Amount;
use crate::xrp::fields::Field;
use crate::xrp::object::{FieldValue, Object};
use crate::xrp::token_value::TokenValue;
use crate::xrp::transaction::{INCOMPLETE, Transaction};
use crate::xrp::whitelist::facts::{AccountFlag, Common, Memo, Permitted, SignerEntry, Signing, Turn};
use crate::xrp::whitelist::gate::{Listed, TF_CLEAR_NO_RIPPLE, TF_SET_NO_RIPPLE};
use crate::xrp::whitelist::{
    BLACK_HOLE, FEE_REFUSED, FLAG_REFUSED, LAST_NETWORK_WITHOUT_ID, MAX_FEE, MAX_FEE_OF_ACCOUNT_DELETE,
    NETWORK_REFUSED, NO_EXPIRY, VALUE_REFUSED,
};

pub(super) fn permitted(transaction: &Transaction, listed: Listed, network_id: u32) -> Result<Permitted> {
    let common = common(transaction, listed, network_id)?;
    let object = transaction.object();
    Ok(match listed {
        Listed::Payment => {
            let (destination, amount, send_max) = payment(object, common.account)?;
            Permitted::Payment {
                common,
                destination,
                destination_tag: object.number(Field::DestinationTag),
                amount,
                send_max,
                invoice_id: match object.get(Field::InvoiceID) {
                    Some(FieldValue::Hash256(id)) => Some(*id),
                    _ => None,
                },
            }
        }
        Listed::AccountSet => Permitted::AccountSet {
            common,
            set: account_flag(object, Field::SetFlag)?,
            clear: account_flag(object, Field::ClearFlag)?,
            domain: object.blob(Field::Domain).map(<[u8]>::to_vec),
            email_hash: match object.get(Field::EmailHash) {
                Some(FieldValue::Hash128(hash)) => Some(*hash),
                _ => None,
            },
            message_key: object.blob(Field::MessageKey).map(<[u8]>::to_vec),
        },
        Listed::SetRegularKey => Permitted::SetRegularKey {
            common,
            regular_key: object
                .account(Field::RegularKey)
                .map(|a| owned(Field::RegularKey, a))
                .transpose()?,
        },
        Listed::SignerListSet => Permitted::SignerListSet {
            common,
            quorum: object.number(Field::SignerQuorum).ok_or_else(missing)?,
            entries: signer_entries(object)?,
        },
        Listed::TicketCreate => {
            Permitted::TicketCreate { common, count: object.number(Field::TicketCount).ok_or_else(missing)? }
        }
        Listed::AccountDelete => Permitted::AccountDelete {
            common,
            destination: party(object, Field::Destination)?,
            destination_tag: object.number(Field::DestinationTag),
        },
        Listed::TrustSet => trust_set(transaction, common)?,
        Listed::DepositPreauth => {
            let authorize = object.has(Field::Authorize);
            let field = if authorize { Field::Authorize } else { Field::Unauthorize };
            Permitted::DepositPreauth { common, sender: party(object, field)?, authorize }
        }
    })
}

fn common(transaction: &Transaction, listed: Listed, network_id: u32) -> Result<Common> {
    let object = transaction.object();
    let fee = transaction.fee();
    let most = if listed == Listed::AccountDelete { MAX_FEE_OF_ACCOUNT_DELETE } else { MAX_FEE };
    if fee.to_drops() > most {
        return Err(FEE_REFUSED.error(format!("Fee is {} drops, allowed are {most}", fee.to_drops())));
    }
    let last_ledger_sequence =
        transaction.last_ledger_sequence().ok_or_else(|| NO_EXPIRY.error("LastLedgerSequence is missing"))?;
    let wanted = (network_id > LAST_NETWORK_WITHOUT_ID).then_some(network_id);
    if transaction.network_id() != wanted {
        let shown = |id: Option<u32>| id.map_or("no NetworkID".to_owned(), |id| format!("NetworkID {id}"));
        return Err(NETWORK_REFUSED.error(format!(
            "{} in a transaction for network {network_id}, wanted is {}",
            shown(transaction.network_id()),
            shown(wanted)
        )));
    }
    let turn = match transaction.ticket_sequence() {
        Some(ticket) => Turn::Ticket(ticket),
        None => Turn::Sequence(transaction.sequence()),
    };
    let signing = match (transaction.signing_pub_key(), object.has(Field::SigningPubKey)) {
        (Some(key), _) => Signing::Single(key),
        (None, true) => Signing::Multi,
        (None, false) => Signing::Open,
    };
    let memo = |memo: &Object| {
        let bytes = |field: Field| memo.blob(field).map(<[u8]>::to_vec);
        Memo { kind: bytes(Field::MemoType), format: bytes(Field::MemoFormat), data: bytes(Field::MemoData) }
    };
    let memos = object.array(Field::Memos).unwrap_or_default();
    Ok(Common {
        account: transaction.account(),
        fee,
        turn,
        last_ledger_sequence,
        network_id: transaction.network_id(),
        source_tag: object.number(Field::SourceTag),
        memos: memos.iter().map(|(_, object)| memo(object)).collect(),
        signing,
        is_signed: transaction.is_signed(),
    })
}

fn payment(object: &Object, own: AccountId) -> Result<(AccountId, Amount, Option<TokenValue>)> {
    let destination = party(object, Field::Destination)?;
    if destination == own {
        return Err(VALUE_REFUSED.error("Destination is the account itself"));
    }
    let amount = *object.amount(Field::Amount).ok_or_else(missing)?;
    let send_max = match (amount, object.amount(Field::SendMax)) {
        (Amount::Mpt { .. }, _) => {
            return Err(
                VALUE_REFUSED.error("Amount is a multi-purpose token; only XRP and issued tokens are signed")
            );
        }
        (Amount::Xrp(_) | Amount::Issued { .. }, None) => None,
        (
            Amount::Issued { currency, issuer, .. },
            Some(Amount::Issued { value, currency: max_currency, issuer: max_issuer }),
        ) if (currency, issuer) == (*max_currency, *max_issuer) => Some(*value),
        (Amount::Xrp(_) | Amount::Issued { .. }, Some(_)) => {
            return Err(VALUE_REFUSED.error("SendMax is not in the currency and issuer of Amount"));
        }
    };
    if let Amount::Issued { issuer, .. } = amount {
        owned(Field::Amount, issuer)?;
    }
    Ok((destination, amount, send_max))
}

fn account_flag(object: &Object, field: Field) -> Result<Option<AccountFlag>> {
    let Some(number) = object.number(field) else { return Ok(None) };
    let listed = AccountFlag::ALL.into_iter().find(|flag| flag.number() == number);
    match listed {
        Some(flag) => Ok(Some(flag)),
        None => Err(FLAG_REFUSED.error(format!("{} {number} is never signed", field.name()))),
    }
}

fn signer_entries(object: &Object) -> Result<Vec<SignerEntry>> {
    let entries = object.array(Field::SignerEntries).unwrap_or_default();
    let read = |entry: &Object| {
        let account = party(entry, Field::Account)?;
        let weight = entry.number(Field::SignerWeight).and_then(|weight| u16::try_from(weight).ok());
        Ok(SignerEntry { account, weight: weight.ok_or_else(missing)? })
    };
    entries.iter().map(|(_, entry)| read(entry)).collect()
}

fn trust_set(transaction: &Transaction, common: Common) -> Result<Permitted> {
    let Some(Amount::Issued { value, currency, issuer }) = transaction.object().amount(Field::LimitAmount)
    else {
        return Err(missing());
    };
    let flags = transaction.flags().unwrap_or(0);
    let no_ripple = match (flags & TF_SET_NO_RIPPLE != 0, flags & TF_CLEAR_NO_RIPPLE != 0) {
        (true, true) => {
            return Err(
                FLAG_REFUSED.error(format!("Flags {flags:08X} holds both tfSetNoRipple and tfClearNoRipple"))
            );
        }
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    let issuer = owned(Field::LimitAmount, *issuer)?;
    Ok(Permitted::TrustSet { common, limit: *value, currency: *currency, issuer, no_ripple })
}

/// The account in a field, which somebody must own.
fn party(object: &Object, field: Field) -> Result<AccountId> {
    owned(field, object.account(field).ok_or_else(missing)?)
}

fn owned(field: Field, account: AccountId) -> Result<AccountId> {
    if account.is_black_hole() {
        return Err(BLACK_HOLE.error(format!("{} holds {account}, which nobody controls", field.name())));
    }
    Ok(account)
}

/// For what the codec has already made sure of.
fn missing() -> Error {
    INCOMPLETE.error("a required field is missing")
}
