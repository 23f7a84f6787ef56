//! Never: what each `tem` result means (xrpl.md 12.1).

use airlock::{Code, Exit};

use super::{Outlook, Row};

/// The first row stands for every other name of the class.
pub(super) static ROWS: &[Row] = &[
    Row {
        result: "",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-400",
            Exit::Refused,
            "The transaction is malformed for a reason that this version does not know by name. Nothing \
             moved, no fee was taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temMALFORMED",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-401",
            Exit::Refused,
            "The transaction is malformed. Nothing moved, no fee was taken, and the sequence or ticket is \
             not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temINVALID",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-402",
            Exit::Refused,
            "The transaction is malformed, as one that names a ticket and a prior transaction both. \
             Nothing moved, no fee was taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temDISABLED",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-403",
            Exit::Refused,
            "The ledger does not know this kind of transaction, or a field of it, because an amendment is \
             not enabled there. Nothing moved, no fee was taken, and the sequence or ticket is not used \
             by this transaction.",
            "Check the network with `airlock-online doctor`; plan it again without what the network does \
             not have.",
        ),
    },
    Row {
        result: "temBAD_AMOUNT",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-404",
            Exit::Refused,
            "The amount is not one that can be sent, as zero or a negative one. Nothing moved, no fee was \
             taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_CURRENCY",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-405",
            Exit::Refused,
            "The currency is not one that can be issued, or is XRP where a token must stand. Nothing \
             moved, no fee was taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_ISSUER",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-406",
            Exit::Refused,
            "The issuer of the token is not an account. Nothing moved, no fee was taken, and the sequence \
             or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_FEE",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-407",
            Exit::Refused,
            "The fee is not an amount of XRP, or is negative. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temINVALID_FLAG",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-408",
            Exit::Refused,
            "The flags hold a bit, or a pair of settings, that this kind of transaction does not have. \
             Nothing moved, no fee was taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temREDUNDANT",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-409",
            Exit::Refused,
            "The transaction would do nothing, as a payment of XRP to its own sender. Nothing moved, no \
             fee was taken, and the sequence or ticket is not used by this transaction.",
            "Correct the destination and plan it again.",
        ),
    },
    Row {
        result: "temDST_IS_SRC",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-410",
            Exit::Refused,
            "The destination is the sending account itself. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Correct the destination and plan it again.",
        ),
    },
    Row {
        result: "temDST_NEEDED",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-411",
            Exit::Refused,
            "The destination is missing. Nothing moved, no fee was taken, and the sequence or ticket is \
             not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temSEQ_AND_TICKET",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-412",
            Exit::Refused,
            "The transaction has both a sequence and a ticket. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_SEQUENCE",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-413",
            Exit::Refused,
            "The sequence, or one that the transaction refers to, cannot be right. Nothing moved, no fee \
             was taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_SRC_ACCOUNT",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-414",
            Exit::Refused,
            "The sending account is malformed. Nothing moved, no fee was taken, and the sequence or \
             ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temINVALID_ACCOUNT_ID",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-415",
            Exit::Refused,
            "An account in the transaction is none that can be. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_SIGNATURE",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-416",
            Exit::Refused,
            "The signature does not verify, or is missing. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Check that the file came back whole: run `airlock-online verify` on it, and sign again if it \
             fails.",
        ),
    },
    Row {
        result: "temBAD_SIGNER",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-417",
            Exit::Refused,
            "The signers name an account twice, or the sending account itself. Nothing moved, no fee was \
             taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_WEIGHT",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-418",
            Exit::Refused,
            "A signer has the weight 0. Nothing moved, no fee was taken, and the sequence or ticket is \
             not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_QUORUM",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-419",
            Exit::Refused,
            "The quorum is 0 or more than all weights together. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Choose a quorum that the signers can reach and plan it again.",
        ),
    },
    Row {
        result: "temBAD_REGKEY",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-420",
            Exit::Refused,
            "The regular key is the account's own master key. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Choose another key and plan it again.",
        ),
    },
    Row {
        result: "temBAD_LIMIT",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-421",
            Exit::Refused,
            "The limit of the trust line is in XRP or negative. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_SEND_XRP_LIMIT",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-422",
            Exit::Refused,
            "A payment from XRP to XRP carries the flag for limited quality. Nothing moved, no fee was \
             taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_SEND_XRP_MAX",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-423",
            Exit::Refused,
            "A payment from XRP to XRP carries a maximum to send. Nothing moved, no fee was taken, and \
             the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_SEND_XRP_NO_DIRECT",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-424",
            Exit::Refused,
            "A payment from XRP to XRP carries the flag against direct delivery. Nothing moved, no fee \
             was taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_SEND_XRP_PARTIAL",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-425",
            Exit::Refused,
            "A payment from XRP to XRP carries the flag for partial payment. Nothing moved, no fee was \
             taken, and the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_SEND_XRP_PATHS",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-426",
            Exit::Refused,
            "A payment from XRP to XRP carries paths. Nothing moved, no fee was taken, and the sequence \
             or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_PATH",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-427",
            Exit::Refused,
            "The paths of the payment are malformed. Nothing moved, no fee was taken, and the sequence or \
             ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_PATH_LOOP",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-428",
            Exit::Refused,
            "The paths of the payment come back to where they were. Nothing moved, no fee was taken, and \
             the sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temRIPPLE_EMPTY",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-429",
            Exit::Refused,
            "The payment has no path by which it could go. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temINVALID_COUNT",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-430",
            Exit::Refused,
            "The number of tickets is not between 1 and 250. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Ask for 1 to 250 tickets and plan it again.",
        ),
    },
    Row {
        result: "temCANNOT_PREAUTH_SELF",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-431",
            Exit::Refused,
            "The account would authorize itself. Nothing moved, no fee was taken, and the sequence or \
             ticket is not used by this transaction.",
            "Name another account and plan it again.",
        ),
    },
    Row {
        result: "temBAD_TICK_SIZE",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-432",
            Exit::Refused,
            "The tick size is neither 0 nor between 3 and 15. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_TRANSFER_RATE",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-433",
            Exit::Refused,
            "The transfer fee is out of its range. Nothing moved, no fee was taken, and the sequence or \
             ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temBAD_EXPIRATION",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-434",
            Exit::Refused,
            "An expiry inside the transaction is malformed. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Plan it again; if the same comes back, report it with the bundle: Airlock should not have \
             built this.",
        ),
    },
    Row {
        result: "temUNKNOWN",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-435",
            Exit::Refused,
            "The server does not know this kind of transaction. Nothing moved, no fee was taken, and the \
             sequence or ticket is not used by this transaction.",
            "Check network and version of the server with `airlock-online doctor`.",
        ),
    },
    Row {
        result: "temUNCERTAIN",
        outlook: Outlook::Dead,
        code: Code::new(
            "E-XRPL-436",
            Exit::Refused,
            "The server could not decide whether the transaction is well formed. Nothing moved, no fee \
             was taken, and the sequence or ticket is not used by this transaction.",
            "Broadcast it to another server; the same signed transaction is handed over.",
        ),
    },
];
