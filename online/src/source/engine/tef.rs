//! Not any more: what each `tef` result means (xrpl.md 12.1).

use airlock::{Code, Exit};

use super::{Outlook, Row};

/// The first row stands for every other name of the class.
pub(super) static ROWS: &[Row] = &[
    Row {
        result: "",
        outlook: Outlook::LookUp,
        code: Code::new(
            "E-XRPL-300",
            Exit::Fixable,
            "The server says that the transaction cannot succeed in its present ledger, for a reason that \
             this version does not know by name. It was not applied now; whether it was applied before is \
             not said.",
            "Run `airlock-online status`: it looks the transaction up by its hash. Do not pay again \
             before it says final or failed.",
        ),
    },
    Row {
        result: "tefPAST_SEQ",
        outlook: Outlook::LookUp,
        code: Code::new(
            "E-XRPL-301",
            Exit::Fixable,
            "The sequence was used already: by this very transaction, which then succeeded or failed \
             before, or by another one. Nothing was applied now.",
            "Run `airlock-online status`: it looks the transaction up by its hash. Do not pay again \
             before it says final or failed.",
        ),
    },
    Row {
        result: "tefALREADY",
        outlook: Outlook::LookUp,
        code: Code::new(
            "E-XRPL-302",
            Exit::Fixable,
            "The server has this very transaction already: handing it over again changes nothing, and it \
             can still be in a ledger or come into one.",
            "Run `airlock-online status`: it looks the transaction up by its hash. Do not pay again \
             before it says final or failed.",
        ),
    },
    Row {
        result: "tefMAX_LEDGER",
        outlook: Outlook::LookUp,
        code: Code::new(
            "E-XRPL-303",
            Exit::Fixable,
            "The LastLedgerSequence has passed, so that no later ledger can take the transaction. An \
             earlier one may have taken it. Nothing was applied now.",
            "Run `airlock-online status`: when every ledger up to LastLedgerSequence was searched without \
             finding it, it failed, nothing moved, and you can plan it again.",
        ),
    },
    Row {
        result: "tefNO_TICKET",
        outlook: Outlook::LookUp,
        code: Code::new(
            "E-XRPL-304",
            Exit::Fixable,
            "The ticket does not exist any more, or never did: this very transaction may have used it, or \
             another one, or the account was deleted. Nothing was applied now.",
            "Run `airlock-online status`: it looks the transaction up by its hash. Do not pay again \
             before it says final or failed.",
        ),
    },
    Row {
        result: "tefBAD_AUTH",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-305",
            Exit::Refused,
            "The key that signed has no authority over the account: the regular key was changed, or it is \
             the key of another account. Nothing moved, no fee was taken, and the sequence or ticket is \
             not used by this transaction.",
            "Check keys and regular key of the account; sign again with the same sequence or ticket and \
             the right key.",
        ),
    },
    Row {
        result: "tefBAD_AUTH_MASTER",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-306",
            Exit::Refused,
            "The master key signed, and does not belong to the account in the way that this transaction \
             needs. Nothing moved, no fee was taken, and the sequence or ticket is not used by this \
             transaction.",
            "Sign again with the same sequence or ticket and the right key.",
        ),
    },
    Row {
        result: "tefMASTER_DISABLED",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-307",
            Exit::Refused,
            "The master key signed, but the account has disabled it. Nothing moved, no fee was taken, and \
             the sequence or ticket is not used by this transaction.",
            "Sign again with the same sequence or ticket, with the regular key or the signers.",
        ),
    },
    Row {
        result: "tefBAD_QUORUM",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-308",
            Exit::Refused,
            "The weights of the signers do not reach the quorum. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Collect more signatures over the same transaction and broadcast that.",
        ),
    },
    Row {
        result: "tefBAD_SIGNATURE",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-309",
            Exit::Refused,
            "One of the signers is not in the signer list, or its signature or key is not valid. Nothing \
             moved, no fee was taken, and the sequence or ticket is not used by this transaction.",
            "Check the signer list; sign again with the same sequence or ticket and the signers of the \
             list.",
        ),
    },
    Row {
        result: "tefNOT_MULTI_SIGNING",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-310",
            Exit::Refused,
            "Several signers signed, but the account has no signer list. Nothing moved, no fee was taken, \
             and the sequence or ticket is not used by this transaction.",
            "Sign again with the same sequence or ticket and the account's own key.",
        ),
    },
    Row {
        result: "tefWRONG_PRIOR",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-311",
            Exit::Refused,
            "The transaction demands that another one came directly before it, and that is not so. \
             Nothing moved, no fee was taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again with `--replaces ID`: it uses the same sequence or ticket, so that only one of the two can \
             ever succeed.",
        ),
    },
    Row {
        result: "tefBAD_ADD_AUTH",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-312",
            Exit::Refused,
            "The account may not add this authority. Nothing moved, no fee was taken, and the sequence or \
             ticket is not used by this transaction.",
            "Plan it again with `--replaces ID`: it uses the same sequence or ticket, so that only one of the two can \
             ever succeed.",
        ),
    },
    Row {
        result: "tefNO_AUTH_REQUIRED",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-313",
            Exit::Refused,
            "The issuer does not ask for authorization, so there is none to give. Nothing moved, no fee \
             was taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again with `--replaces ID`: it uses the same sequence or ticket, so that only one of the two can \
             ever succeed.",
        ),
    },
    Row {
        result: "tefTOO_BIG",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-314",
            Exit::Refused,
            "The account owns more than 1,000 objects and cannot be deleted in one step. Nothing moved, \
             no fee was taken, and the sequence or ticket is not used by this transaction.",
            "Remove objects first; then plan the deletion again.",
        ),
    },
    Row {
        result: "tefCREATED",
        outlook: Outlook::LookUp,
        code: Code::new(
            "E-XRPL-315",
            Exit::Fixable,
            "What the transaction would create exists already, perhaps by this very transaction. Nothing \
             was applied now.",
            "Run `airlock-online status`: it looks the transaction up by its hash. Do not pay again \
             before it says final or failed.",
        ),
    },
    Row {
        result: "tefFAILURE",
        outlook: Outlook::LookUp,
        code: Code::new(
            "E-XRPL-316",
            Exit::Fixable,
            "The server's engine failed on the transaction without saying why. Nothing was applied now.",
            "Run `airlock-online status`: it looks the transaction up by its hash. Do not pay again \
             before it says final or failed.",
        ),
    },
    Row {
        result: "tefBAD_LEDGER",
        outlook: Outlook::LookUp,
        code: Code::new(
            "E-XRPL-317",
            Exit::Fixable,
            "The server's ledger is in a state that it does not understand. Nothing was applied now.",
            "Check the server with `airlock-online doctor`, and use another one; the same signed \
             transaction is handed over.",
        ),
    },
    Row {
        result: "tefINTERNAL",
        outlook: Outlook::LookUp,
        code: Code::new(
            "E-XRPL-318",
            Exit::Fixable,
            "The server's engine found its own state inconsistent. Nothing was applied now.",
            "Use another server; the same signed transaction is handed over.",
        ),
    },
    Row {
        result: "tefEXCEPTION",
        outlook: Outlook::LookUp,
        code: Code::new(
            "E-XRPL-319",
            Exit::Fixable,
            "The server's engine broke off on the transaction. Nothing was applied now.",
            "Use another server; the same signed transaction is handed over.",
        ),
    },
    Row {
        result: "tefINVARIANT_FAILED",
        outlook: Outlook::LookUp,
        code: Code::new(
            "E-XRPL-320",
            Exit::Fixable,
            "The transaction would break a law of the ledger, even when only its fee is taken. Nothing \
             was applied now.",
            "Report it to the makers of the server. Do not plan it again before you know why.",
        ),
    },
];
