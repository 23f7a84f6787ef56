//! Not now, perhaps later: what each `ter` result means (xrpl.md 12.1).

use airlock::{Code, Exit};

use super::{Outlook, Row};

/// The first row stands for every other name of the class.
pub(super) static ROWS: &[Row] = &[
    Row {
        result: "",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-200",
            Exit::Fixable,
            "The server will not apply the transaction now, for a reason that this version does not know \
             by name. Nothing has moved and no fee was taken; the same signed transaction can still \
             succeed.",
            "Leave it: `airlock-online broadcast` hands over the same transaction again. Do not plan a \
             second payment for it.",
        ),
    },
    Row {
        result: "terQUEUED",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-201",
            Exit::Fixable,
            "The open ledger is busy and the fee is below its present price: the transaction waits in the \
             server's queue for one of the next ledgers. Nothing has moved and no fee was taken; the same \
             signed transaction can still succeed.",
            "Leave it: `airlock-online broadcast` hands over the same transaction again. Do not plan a \
             second payment for it.",
        ),
    },
    Row {
        result: "terPRE_SEQ",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-202",
            Exit::Fixable,
            "An earlier sequence of the account has not been used yet; this transaction waits for it. \
             Nothing has moved and no fee was taken; the same signed transaction can still succeed.",
            "Broadcast the bundle with the earlier sequence first; then this one goes through as it is.",
        ),
    },
    Row {
        result: "terPRE_TICKET",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-203",
            Exit::Fixable,
            "The ticket does not exist yet, but may still be created. Nothing has moved and no fee was \
             taken; the same signed transaction can still succeed.",
            "Broadcast the bundle that creates the tickets and wait until it is validated; then this one \
             goes through as it is.",
        ),
    },
    Row {
        result: "terINSUF_FEE_B",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-204",
            Exit::Fixable,
            "The account does not hold enough XRP for the fee. Nothing has moved and no fee was taken; \
             the same signed transaction can still succeed.",
            "Bring XRP to the account and broadcast again; the same signed transaction is handed over.",
        ),
    },
    Row {
        result: "terNO_ACCOUNT",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-205",
            Exit::Fixable,
            "The sending account does not exist in this ledger: it was never funded, or the server is on \
             another network. Nothing has moved and no fee was taken; the same signed transaction can \
             still succeed.",
            "Check the network with `airlock-online doctor`, fund the account, and broadcast again.",
        ),
    },
    Row {
        result: "terNO_AUTH",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-206",
            Exit::Fixable,
            "The issuer has not authorized the account to hold the token. Nothing has moved and no fee \
             was taken; the same signed transaction can still succeed.",
            "Ask the issuer to authorize the trust line and broadcast again.",
        ),
    },
    Row {
        result: "terNO_RIPPLE",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-207",
            Exit::Fixable,
            "The path goes through an account that does not let tokens pass. Nothing has moved and no fee \
             was taken; the same signed transaction can still succeed.",
            "Ask the issuer about its settings; else let it expire and plan it again.",
        ),
    },
    Row {
        result: "terNO_LINE",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-208",
            Exit::Fixable,
            "There is no trust line for the token yet. Nothing has moved and no fee was taken; the same \
             signed transaction can still succeed.",
            "Set the trust line and broadcast again.",
        ),
    },
    Row {
        result: "terOWNERS",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-209",
            Exit::Fixable,
            "The account owns objects that are in the way. Nothing has moved and no fee was taken; the \
             same signed transaction can still succeed.",
            "Remove them and broadcast again, or let it expire and plan it again.",
        ),
    },
    Row {
        result: "terLAST",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-210",
            Exit::Fixable,
            "The transaction is to be tried after the others of its ledger. Nothing has moved and no fee \
             was taken; the same signed transaction can still succeed.",
            "Leave it: `airlock-online broadcast` hands over the same transaction again. Do not plan a \
             second payment for it.",
        ),
    },
    Row {
        result: "terRETRY",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-211",
            Exit::Fixable,
            "The server asks to try again. Nothing has moved and no fee was taken; the same signed \
             transaction can still succeed.",
            "Leave it: `airlock-online broadcast` hands over the same transaction again. Do not plan a \
             second payment for it.",
        ),
    },
    Row {
        result: "terFUNDS_SPENT",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-212",
            Exit::Fixable,
            "The funds that this would use are already spent in the open ledger. Nothing has moved and no \
             fee was taken; the same signed transaction can still succeed.",
            "Run `airlock-online status`: another transaction of the account went first. Let this one \
             expire, or bring funds and broadcast again.",
        ),
    },
    Row {
        result: "terADDRESS_COLLISION",
        outlook: Outlook::MaySucceed,
        code: Code::new(
            "E-XRPL-213",
            Exit::Fixable,
            "An account that this would create exists already. Nothing has moved and no fee was taken; \
             the same signed transaction can still succeed.",
            "Leave it: `airlock-online broadcast` hands over the same transaction again. Do not plan a \
             second payment for it.",
        ),
    },
];
