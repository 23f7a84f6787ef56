//! What holds between the fields of each type (xrpl.md 9.1 to 9.11).

use crate::error::Result;
use crate::xrp::amount::Amount;
use crate::xrp::fields::Field;
use crate::xrp::object::Object;
use crate::xrp::transaction::form::{INCOMPLETE, rule};
use crate::xrp::transaction_type::TransactionType;

const TF_NO_RIPPLE_DIRECT: u32 = 0x0001_0000;
const TF_PARTIAL_PAYMENT: u32 = 0x0002_0000;
const TF_LIMIT_QUALITY: u32 = 0x0004_0000;
/// The account settings of AccountSet (xrpl.md 8).
const ACCOUNT_FLAGS: [u32; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17];
const ASF_AUTHORIZED_MINTER: u32 = 10;
/// Flags of AccountSet that contradict each other.
const CONTRADICTIONS: [u32; 3] = [0x0003_0000, 0x000C_0000, 0x0030_0000];
/// The four modes of a Batch, of which there is exactly one.
const BATCH_MODES: u32 = 0x000F_0000;
const MAX_DOMAIN: usize = 256;

pub(super) fn check(transaction: &Object, kind: TransactionType) -> Result<()> {
    let tx = transaction;
    match kind {
        TransactionType::Payment => payment(tx),
        TransactionType::AccountSet => account_set(tx),
        TransactionType::SetRegularKey => not_self(tx, Field::RegularKey),
        TransactionType::SignerListSet => signer_list_set(tx),
        TransactionType::TicketCreate => within(tx, Field::TicketCount, 1, 250),
        TransactionType::AccountDelete => not_self(tx, Field::Destination),
        TransactionType::TrustSet => trust_set(tx),
        TransactionType::DepositPreauth => {
            one_of(
                tx,
                &[
                    Field::Authorize,
                    Field::Unauthorize,
                    Field::AuthorizeCredentials,
                    Field::UnauthorizeCredentials,
                ],
            )?;
            not_self(tx, Field::Authorize)?;
            not_self(tx, Field::Unauthorize)
        }
        TransactionType::CheckCreate => {
            not_self(tx, Field::Destination)?;
            positive(tx, Field::SendMax)
        }
        TransactionType::CheckCash => {
            one_of(tx, &[Field::Amount, Field::DeliverMin])?;
            positive(tx, Field::Amount)?;
            positive(tx, Field::DeliverMin)
        }
        TransactionType::EscrowCreate => escrow_create(tx),
        TransactionType::EscrowFinish => rule(tx.has(Field::Condition) == tx.has(Field::Fulfillment), || {
            "Condition and Fulfillment go together".to_owned()
        }),
        TransactionType::PaymentChannelCreate => {
            not_self(tx, Field::Destination)?;
            positive(tx, Field::Amount)?;
            is_xrp(tx, Field::Amount)?;
            rule(tx.blob(Field::PublicKey).is_some_and(is_key), || "PublicKey is not a key".to_owned())
        }
        TransactionType::PaymentChannelFund | TransactionType::PaymentChannelClaim => {
            Err(INCOMPLETE
                .error("the field that names the channel (5.22) is not one that this version knows"))
        }
        TransactionType::OfferCreate => {
            positive(tx, Field::TakerPays)?;
            positive(tx, Field::TakerGets)?;
            let both = [Field::TakerPays, Field::TakerGets].iter().all(|field| is_xrp(tx, *field).is_ok());
            rule(!both, || "XRP against XRP".to_owned())
        }
        TransactionType::Clawback => {
            positive(tx, Field::Amount)?;
            rule(is_xrp(tx, Field::Amount).is_err(), || "XRP cannot be clawed back".to_owned())
        }
        TransactionType::DelegateSet => not_self(tx, Field::Authorize),
        TransactionType::Batch => {
            let modes = tx.number(Field::Flags).unwrap_or(0) & BATCH_MODES;
            rule(modes.count_ones() == 1, || "Flags must hold exactly one mode of a Batch".to_owned())
        }
        TransactionType::CheckCancel
        | TransactionType::EscrowCancel
        | TransactionType::OfferCancel
        | TransactionType::MPTokenAuthorize
        | TransactionType::CredentialAccept => Ok(()),
    }
}

fn payment(tx: &Object) -> Result<()> {
    positive(tx, Field::Amount)?;
    positive(tx, Field::SendMax)?;
    positive(tx, Field::DeliverMin)?;
    let flags = tx.number(Field::Flags).unwrap_or(0);
    let sends_xrp = tx.amount(Field::SendMax).is_none_or(|max| max.drops().is_some());
    if is_xrp(tx, Field::Amount).is_ok() && sends_xrp {
        for field in [Field::SendMax, Field::Paths] {
            rule(!tx.has(field), || format!("{} in a payment of XRP with XRP", field.name()))?;
        }
        let indirect = TF_NO_RIPPLE_DIRECT | TF_PARTIAL_PAYMENT | TF_LIMIT_QUALITY;
        rule(flags & indirect == 0, || {
            format!(
                "Flags {flags:08X} in a payment of XRP with XRP: partial, limit-quality and no-direct are wrong"
            )
        })?;
    }
    rule(!tx.has(Field::DeliverMin) || flags & TF_PARTIAL_PAYMENT != 0, || {
        "DeliverMin without tfPartialPayment".to_owned()
    })?;
    if tx.has(Field::SendMax) || tx.has(Field::Paths) { Ok(()) } else { not_self(tx, Field::Destination) }
}

fn account_set(tx: &Object) -> Result<()> {
    let (set, clear) = (tx.number(Field::SetFlag), tx.number(Field::ClearFlag));
    for (name, flag) in [("SetFlag", set), ("ClearFlag", clear)] {
        rule(flag.is_none_or(|flag| ACCOUNT_FLAGS.contains(&flag)), || {
            format!("{name} {} is not an account setting", flag.unwrap_or(0))
        })?;
    }
    rule(set.is_none() || set != clear, || "SetFlag and ClearFlag are the same setting".to_owned())?;
    let flags = tx.number(Field::Flags).unwrap_or(0);
    rule(!CONTRADICTIONS.iter().any(|pair| flags & pair == *pair), || {
        format!("Flags {flags:08X} sets and clears the same setting")
    })?;
    let domain = tx.blob(Field::Domain).map_or(0, <[u8]>::len);
    rule(domain <= MAX_DOMAIN, || format!("Domain has {domain} bytes, allowed are {MAX_DOMAIN}"))?;
    rule(tx.blob(Field::MessageKey).is_none_or(|key| key.is_empty() || is_key(key)), || {
        "MessageKey is neither empty nor a key of 33 bytes".to_owned()
    })?;
    if tx.number(Field::TransferRate) != Some(0) {
        within(tx, Field::TransferRate, 1_000_000_000, 2_000_000_000)?;
    }
    if tx.number(Field::TickSize) != Some(0) {
        within(tx, Field::TickSize, 3, 15)?;
    }
    rule(tx.has(Field::NFTokenMinter) == (set == Some(ASF_AUTHORIZED_MINTER)), || {
        "NFTokenMinter and SetFlag 10 go together".to_owned()
    })
}

fn signer_list_set(tx: &Object) -> Result<()> {
    let quorum = tx.number(Field::SignerQuorum).unwrap_or(0);
    let Some(entries) = tx.array(Field::SignerEntries) else {
        return rule(quorum == 0, || format!("SignerQuorum {quorum} without SignerEntries"));
    };
    let weights: u32 = entries
        .iter()
        .filter_map(|(_, entry)| entry.number(Field::SignerWeight))
        .fold(0, u32::saturating_add);
    rule((1..=weights).contains(&quorum), || {
        format!("SignerQuorum is {quorum}; with these weights it lies between 1 and {weights}")
    })
}

fn trust_set(tx: &Object) -> Result<()> {
    let own = tx.account(Field::Account);
    match tx.amount(Field::LimitAmount) {
        Some(Amount::Issued { value, issuer, .. }) => {
            rule(!value.is_negative(), || "LimitAmount is negative".to_owned())?;
            rule(Some(*issuer) != own, || "the issuer in LimitAmount is the account itself".to_owned())
        }
        Some(Amount::Xrp(_) | Amount::Mpt { .. }) | None => {
            rule(false, || "LimitAmount must be an issued token".to_owned())
        }
    }
}

fn escrow_create(tx: &Object) -> Result<()> {
    positive(tx, Field::Amount)?;
    let (finish, cancel) = (tx.number(Field::FinishAfter), tx.number(Field::CancelAfter));
    rule(finish.is_some() || cancel.is_some(), || "neither FinishAfter nor CancelAfter".to_owned())?;
    rule(finish.is_some() || tx.has(Field::Condition), || "neither FinishAfter nor Condition".to_owned())?;
    rule(finish.zip(cancel).is_none_or(|(finish, cancel)| cancel > finish), || {
        "CancelAfter is not after FinishAfter".to_owned()
    })
}

fn not_self(tx: &Object, field: Field) -> Result<()> {
    let other = tx.account(field);
    rule(other.is_none() || other != tx.account(Field::Account), || {
        format!("{} is the account itself", field.name())
    })
}

fn positive(tx: &Object, field: Field) -> Result<()> {
    rule(tx.amount(field).is_none_or(Amount::is_positive), || format!("{} is not above zero", field.name()))
}

fn is_xrp(tx: &Object, field: Field) -> Result<()> {
    rule(tx.amount(field).is_some_and(|amount| amount.drops().is_some()), || {
        format!("{} is not XRP", field.name())
    })
}

fn within(tx: &Object, field: Field, least: u32, most: u32) -> Result<()> {
    let number = tx.number(field);
    rule(number.is_none_or(|number| (least..=most).contains(&number)), || {
        format!("{} is {}, allowed are {least} to {most}", field.name(), number.unwrap_or(0))
    })
}

fn one_of(tx: &Object, fields: &[Field]) -> Result<()> {
    let present = fields.iter().filter(|field| tx.has(**field)).count();
    rule(present == 1, || {
        let names: Vec<_> = fields.iter().map(|field| field.name()).collect();
        format!("{present} of {}, wanted is exactly one", names.join(", "))
    })
}

/// 33 bytes with the prefix of a key; whether it lies on the curve only its owner need know.
fn is_key(bytes: &[u8]) -> bool {
    bytes.len() == 33 && bytes.first().is_some_and(|prefix| [0x02, 0x03, 0xED].contains(prefix))
}
