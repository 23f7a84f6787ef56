//! Not by this server: what each `tel` result means (xrpl.md 12.1).

use airlock::{Code, Exit};

use super::{Outlook, Row};

/// The first row stands for every other name of the class.
pub(super) static ROWS: &[Row] = &[
    Row {
        result: "",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-500",
            Exit::Environment,
            "This one server does not take the transaction, for a reason that this version does not know \
             by name. This server did not take it: nothing moved and no fee was taken here. Another \
             server may take the same transaction.",
            "Broadcast again, to another server if one is configured; the same signed transaction is \
             handed over.",
        ),
    },
    Row {
        result: "telLOCAL_ERROR",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-501",
            Exit::Environment,
            "The server has a problem of its own. This server did not take it: nothing moved and no fee \
             was taken here. Another server may take the same transaction.",
            "Broadcast again, to another server if one is configured; the same signed transaction is \
             handed over.",
        ),
    },
    Row {
        result: "telFAILED_PROCESSING",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-502",
            Exit::Environment,
            "The server could not work on the transaction. This server did not take it: nothing moved and \
             no fee was taken here. Another server may take the same transaction.",
            "Broadcast again, to another server if one is configured; the same signed transaction is \
             handed over.",
        ),
    },
    Row {
        result: "telINSUF_FEE_P",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-503",
            Exit::Environment,
            "The fee is below what this server asks for at its present load. This server did not take it: \
             nothing moved and no fee was taken here. Another server may take the same transaction.",
            "Wait and broadcast again, or to another server. If the load stays, let it expire, or plan \
             it with a higher fee and `--replaces ID`: it uses the same sequence or ticket.",
        ),
    },
    Row {
        result: "telCAN_NOT_QUEUE",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-504",
            Exit::Environment,
            "The open ledger is busy, and the server does not queue this transaction. This server did not \
             take it: nothing moved and no fee was taken here. Another server may take the same \
             transaction.",
            "Wait and broadcast again. If it does not get through, plan it with a higher fee and \
             `--replaces ID`: it uses the same sequence or ticket.",
        ),
    },
    Row {
        result: "telCAN_NOT_QUEUE_BALANCE",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-505",
            Exit::Environment,
            "The fees of the account's queued transactions together could take more than it holds. This \
             server did not take it: nothing moved and no fee was taken here. Another server may take the \
             same transaction.",
            "Wait until the account's other transactions are validated, then broadcast again.",
        ),
    },
    Row {
        result: "telCAN_NOT_QUEUE_BLOCKS",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-506",
            Exit::Environment,
            "The transaction changes who may sign, and cannot be queued behind others of the account. \
             This server did not take it: nothing moved and no fee was taken here. Another server may \
             take the same transaction.",
            "Wait until the account's other transactions are validated, then broadcast again.",
        ),
    },
    Row {
        result: "telCAN_NOT_QUEUE_BLOCKED",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-507",
            Exit::Environment,
            "A queued transaction of the account changes who may sign, and nothing is queued behind it. \
             This server did not take it: nothing moved and no fee was taken here. Another server may \
             take the same transaction.",
            "Wait until that one is validated, then broadcast again.",
        ),
    },
    Row {
        result: "telCAN_NOT_QUEUE_FEE",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-508",
            Exit::Environment,
            "A transaction with the same sequence or ticket is queued, and this one's fee is not enough \
             to take its place: 125 % are needed. This server did not take it: nothing moved and no fee \
             was taken here. Another server may take the same transaction.",
            "Run `airlock-online status` on both: only one of them can succeed.",
        ),
    },
    Row {
        result: "telCAN_NOT_QUEUE_FULL",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-509",
            Exit::Environment,
            "The server's queue is full. This server did not take it: nothing moved and no fee was taken \
             here. Another server may take the same transaction.",
            "Wait and broadcast again, or to another server.",
        ),
    },
    Row {
        result: "telBAD_DOMAIN",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-510",
            Exit::Environment,
            "The domain in the transaction is too long. This server did not take it: nothing moved and no \
             fee was taken here. Another server may take the same transaction.",
            "Broadcast again, to another server if one is configured; the same signed transaction is \
             handed over.",
        ),
    },
    Row {
        result: "telBAD_PATH_COUNT",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-511",
            Exit::Environment,
            "The payment has more paths than the server takes. This server did not take it: nothing moved \
             and no fee was taken here. Another server may take the same transaction.",
            "Broadcast again, to another server if one is configured; the same signed transaction is \
             handed over.",
        ),
    },
    Row {
        result: "telBAD_PUBLIC_KEY",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-512",
            Exit::Environment,
            "A public key in the transaction is malformed for this server. This server did not take it: \
             nothing moved and no fee was taken here. Another server may take the same transaction.",
            "Broadcast again, to another server if one is configured; the same signed transaction is \
             handed over.",
        ),
    },
    Row {
        result: "telNO_DST_PARTIAL",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-513",
            Exit::Environment,
            "A partial payment cannot create an account. This server did not take it: nothing moved and \
             no fee was taken here. Another server may take the same transaction.",
            "Broadcast again, to another server if one is configured; the same signed transaction is \
             handed over.",
        ),
    },
    Row {
        result: "telWRONG_NETWORK",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-514",
            Exit::Environment,
            "The transaction is for another network than that of this server. This server did not take \
             it: nothing moved and no fee was taken here. Another server may take the same transaction.",
            "Check the servers with `airlock-online doctor`: broadcast to one of the right network.",
        ),
    },
    Row {
        result: "telREQUIRES_NETWORK_ID",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-515",
            Exit::Environment,
            "This server's network needs its id in each transaction, and this one has none: it is for \
             another network. This server did not take it: nothing moved and no fee was taken here. \
             Another server may take the same transaction.",
            "Check the servers with `airlock-online doctor`: broadcast to one of the right network.",
        ),
    },
    Row {
        result: "telNETWORK_ID_MAKES_TX_NON_CANONICAL",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-516",
            Exit::Environment,
            "The transaction names a network id, and this server's network is one where that must be left \
             out. This server did not take it: nothing moved and no fee was taken here. Another server \
             may take the same transaction.",
            "Check the servers with `airlock-online doctor`: broadcast to one of the right network.",
        ),
    },
    Row {
        result: "telENV_RPC_FAILED",
        outlook: Outlook::Elsewhere,
        code: Code::new(
            "E-XRPL-517",
            Exit::Environment,
            "The server reports a failed call of its test environment. This server did not take it: \
             nothing moved and no fee was taken here. Another server may take the same transaction.",
            "Broadcast again, to another server if one is configured; the same signed transaction is \
             handed over.",
        ),
    },
];
