//! The signer's gate (design.md 10.17): a closed list of types, of fields by type and of flag bits by type.
//! What passes comes out typed; what does not is refused by the name of the type, field or flag.

mod facts;
mod gate;

pub use facts::{AccountFlag, Common, Memo, Permitted, SignerEntry, Signing, Turn};

use crate::error::{Code, Exit};

/// A type outside the list.
pub static TYPE_REFUSED: Code = Code::new(
    "E-XRP-030",
    Exit::Refused,
    "Transactions of this type are never signed. The list: Payment, AccountSet, SetRegularKey, SignerListSet, \
     TicketCreate, AccountDelete, TrustSet, DepositPreauth.",
    "Build one of the types of the list.",
);
/// A field outside the list of its type.
pub static FIELD_REFUSED: Code = Code::new(
    "E-XRP-031",
    Exit::Refused,
    "A field of this transaction is known but never signed in a transaction of this type.",
    "Build the transaction without that field.",
);
/// A flag bit outside the list of its type, or no flags at all.
pub static FLAG_REFUSED: Code = Code::new(
    "E-XRP-032",
    Exit::Refused,
    "A bit of Flags is never signed in a transaction of this type, or Flags is missing; or SetFlag or ClearFlag \
     names an account setting outside the list.",
    "Build the transaction without that flag; write Flags even when it is 0.",
);
/// A value outside what is signed.
pub static VALUE_REFUSED: Code = Code::new(
    "E-XRP-033",
    Exit::Refused,
    "A value of the transaction is valid on the ledger but never signed, because it can only be a mistake or an \
     attack.",
    "Correct the value that the message names.",
);
/// A fee over the limit that nothing can lift.
pub static FEE_REFUSED: Code = Code::new(
    "E-XRP-034",
    Exit::Refused,
    "The fee is burned exactly as signed. More than 1 XRP (2 XRP for AccountDelete) is never signed.",
    "Check that the fee is in drops: 5000 is usual, 1000000 is one XRP.",
);
/// No LastLedgerSequence.
pub static NO_EXPIRY: Code = Code::new(
    "E-XRP-035",
    Exit::Refused,
    "Without LastLedgerSequence the signed transaction stays spendable for an unlimited time.",
    "Build the transaction with LastLedgerSequence.",
);
/// NetworkID missing, superfluous or of another network.
pub static NETWORK_REFUSED: Code = Code::new(
    "E-XRP-036",
    Exit::Refused,
    "Networks above 1024 need their NetworkID in every transaction, all others must not have it.",
    "Build the transaction for the network of the account.",
);
/// An account that nobody controls.
pub static BLACK_HOLE: Code = Code::new(
    "E-XRP-037",
    Exit::Refused,
    "The account is a valid encoding that nobody has a key for: what goes there is lost, what it may do nobody \
     can do.",
    "Check the address; it is one of the ledger's special accounts.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &TYPE_REFUSED,
    &FIELD_REFUSED,
    &FLAG_REFUSED,
    &VALUE_REFUSED,
    &FEE_REFUSED,
    &NO_EXPIRY,
    &NETWORK_REFUSED,
    &BLACK_HOLE,
];

/// The highest fee of any transaction: 1 XRP, in drops.
pub const MAX_FEE: u64 = 1_000_000;
/// The highest fee of AccountDelete: 2 XRP, in drops.
pub const MAX_FEE_OF_ACCOUNT_DELETE: u64 = 2_000_000;
/// The highest network id that must not stand in a transaction.
pub const LAST_NETWORK_WITHOUT_ID: u32 = 1024;

#[cfg(test)]
mod tests;
