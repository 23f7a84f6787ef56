//! Failed, and charged for it: what each `tec` result means (xrpl.md 12.1).

use airlock::{Code, Exit};

use super::{Outlook, Row};

/// How the advice begins while a result is provisional.
pub(super) const WAIT: &str = "Wait until `airlock-online status` calls it final; then ";

/// The first row stands for every other name of the class.
pub(super) static ROWS: &[Row] = &[
    Row {
        result: "",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-100",
            Exit::Refused,
            "The ledger took the transaction, but it failed for a reason that this version does not know \
             by name. Once a validated ledger holds this it is final: nothing was delivered, the fee is \
             burned, the sequence or ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then look at the server's words, remove \
             the cause and plan it again.",
        ),
    },
    Row {
        result: "tecCLAIM",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-101",
            Exit::Refused,
            "The transaction failed and only its fee was claimed. Once a validated ledger holds this it \
             is final: nothing was delivered, the fee is burned, the sequence or ticket is used. Until \
             then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then look at the server's words and plan \
             it again.",
        ),
    },
    Row {
        result: "tecUNFUNDED_PAYMENT",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-102",
            Exit::Refused,
            "The account holds less than the amount, its reserve and the fee together. Once a validated \
             ledger holds this it is final: nothing was delivered, the fee is burned, the sequence or \
             ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then bring XRP to the account or plan a \
             smaller amount: the reserve cannot be sent.",
        ),
    },
    Row {
        result: "tecNO_DST_INSUF_XRP",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-103",
            Exit::Refused,
            "The destination does not exist, and the amount is below the base reserve that creates it. \
             Once a validated ledger holds this it is final: nothing was delivered, the fee is burned, \
             the sequence or ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then check the address; a new account \
             needs at least the base reserve in its first payment.",
        ),
    },
    Row {
        result: "tecNO_DST",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-104",
            Exit::Refused,
            "The destination does not exist. Once a validated ledger holds this it is final: nothing was \
             delivered, the fee is burned, the sequence or ticket is used. Until then it can still end as \
             a success.",
            "Wait until `airlock-online status` calls it final; then check the address; this kind of \
             transaction, or this asset, cannot create it.",
        ),
    },
    Row {
        result: "tecDST_TAG_NEEDED",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-105",
            Exit::Refused,
            "The destination requires a destination tag, and the transaction has none. Once a validated \
             ledger holds this it is final: nothing was delivered, the fee is burned, the sequence or \
             ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then ask the receiver for the tag and \
             plan it again with the tag.",
        ),
    },
    Row {
        result: "tecNO_PERMISSION",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-106",
            Exit::Refused,
            "The destination takes payments only from senders that it has authorized, or can take none at \
             all, as the account of a pool or vault. Once a validated ledger holds this it is final: \
             nothing was delivered, the fee is burned, the sequence or ticket is used. Until then it can \
             still end as a success.",
            "Wait until `airlock-online status` calls it final; then ask the receiver to authorize the \
             sender, or for another address.",
        ),
    },
    Row {
        result: "tecPATH_DRY",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-107",
            Exit::Refused,
            "No path delivers the token: the destination has no trust line for it, or the sender holds \
             none. Once a validated ledger holds this it is final: nothing was delivered, the fee is \
             burned, the sequence or ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then check currency, issuer and the \
             receiver's trust line, then plan it again.",
        ),
    },
    Row {
        result: "tecPATH_PARTIAL",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-108",
            Exit::Refused,
            "The whole amount cannot be delivered: the receiver's limit, the sender's balance or the \
             issuer's transfer fee is in the way. Once a validated ledger holds this it is final: nothing \
             was delivered, the fee is burned, the sequence or ticket is used. Until then it can still \
             end as a success.",
            "Wait until `airlock-online status` calls it final; then plan a smaller amount, or allow for \
             the issuer's transfer fee.",
        ),
    },
    Row {
        result: "tecFROZEN",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-109",
            Exit::Refused,
            "The issuer has frozen the token, for everybody or for this trust line. Once a validated \
             ledger holds this it is final: nothing was delivered, the fee is burned, the sequence or \
             ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then ask the issuer; a frozen token \
             cannot be sent until the freeze is lifted.",
        ),
    },
    Row {
        result: "tecLOCKED",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-110",
            Exit::Refused,
            "The token is locked by its issuer. Once a validated ledger holds this it is final: nothing \
             was delivered, the fee is burned, the sequence or ticket is used. Until then it can still \
             end as a success.",
            "Wait until `airlock-online status` calls it final; then ask the issuer.",
        ),
    },
    Row {
        result: "tecNO_AUTH",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-111",
            Exit::Refused,
            "The issuer has to authorize the holder of the token, and has not. Once a validated ledger \
             holds this it is final: nothing was delivered, the fee is burned, the sequence or ticket is \
             used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then ask the issuer to authorize the \
             trust line.",
        ),
    },
    Row {
        result: "tecNO_LINE",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-112",
            Exit::Refused,
            "There is no trust line for this token. Once a validated ledger holds this it is final: \
             nothing was delivered, the fee is burned, the sequence or ticket is used. Until then it can \
             still end as a success.",
            "Wait until `airlock-online status` calls it final; then set the trust line first.",
        ),
    },
    Row {
        result: "tecNO_LINE_REDUNDANT",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-113",
            Exit::Refused,
            "The trust line is already at its default, so there is nothing to set. Once a validated \
             ledger holds this it is final: nothing was delivered, the fee is burned, the sequence or \
             ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then do nothing: what was asked for holds \
             already.",
        ),
    },
    Row {
        result: "tecNO_LINE_INSUF_RESERVE",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-114",
            Exit::Refused,
            "The account holds too little XRP to reserve for one more trust line. Once a validated ledger \
             holds this it is final: nothing was delivered, the fee is burned, the sequence or ticket is \
             used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then bring XRP to the account: one owner \
             reserve for each trust line.",
        ),
    },
    Row {
        result: "tecINSUF_RESERVE_LINE",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-115",
            Exit::Refused,
            "The other side would have to reserve XRP for the trust line, and holds too little. Once a \
             validated ledger holds this it is final: nothing was delivered, the fee is burned, the \
             sequence or ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then ask the other side to hold more XRP.",
        ),
    },
    Row {
        result: "tecNO_ISSUER",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-116",
            Exit::Refused,
            "The issuer of the token does not exist. Once a validated ledger holds this it is final: \
             nothing was delivered, the fee is burned, the sequence or ticket is used. Until then it can \
             still end as a success.",
            "Wait until `airlock-online status` calls it final; then check the issuer's address.",
        ),
    },
    Row {
        result: "tecINSUFFICIENT_RESERVE",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-117",
            Exit::Refused,
            "The account holds too little XRP to reserve for one more object, such as a ticket or a \
             signer list. Once a validated ledger holds this it is final: nothing was delivered, the fee \
             is burned, the sequence or ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then bring XRP to the account: one owner \
             reserve for each object.",
        ),
    },
    Row {
        result: "tecINSUFF_FEE",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-118",
            Exit::Refused,
            "The account could not pay the whole fee; what it had went to the fee. Once a validated \
             ledger holds this it is final: nothing was delivered, the fee is burned, the sequence or \
             ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then bring XRP to the account.",
        ),
    },
    Row {
        result: "tecUNFUNDED",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-119",
            Exit::Refused,
            "The account holds too little of what it offers. Once a validated ledger holds this it is \
             final: nothing was delivered, the fee is burned, the sequence or ticket is used. Until then \
             it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then bring the funds to the account.",
        ),
    },
    Row {
        result: "tecNEED_MASTER_KEY",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-120",
            Exit::Refused,
            "Only the account's master key may do this, and another key signed. Once a validated ledger \
             holds this it is final: nothing was delivered, the fee is burned, the sequence or ticket is \
             used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then plan it again and sign with the \
             master key.",
        ),
    },
    Row {
        result: "tecNO_ALTERNATIVE_KEY",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-121",
            Exit::Refused,
            "This would leave the account without any key that can sign. Once a validated ledger holds \
             this it is final: nothing was delivered, the fee is burned, the sequence or ticket is used. \
             Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then set a regular key or a signer list, \
             prove it with a transaction, then plan this again.",
        ),
    },
    Row {
        result: "tecNO_REGULAR_KEY",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-122",
            Exit::Refused,
            "The account has no regular key. Once a validated ledger holds this it is final: nothing was \
             delivered, the fee is burned, the sequence or ticket is used. Until then it can still end as \
             a success.",
            "Wait until `airlock-online status` calls it final; then set a regular key first.",
        ),
    },
    Row {
        result: "tecDIR_FULL",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-123",
            Exit::Refused,
            "The account would own more tickets or objects than it may; 250 tickets are the most. Once a \
             validated ledger holds this it is final: nothing was delivered, the fee is burned, the \
             sequence or ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then use or free what it owns first.",
        ),
    },
    Row {
        result: "tecTOO_SOON",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-124",
            Exit::Refused,
            "The account is too young to be deleted: its sequence plus 255 must be below the ledger \
             index. The fee of a deletion is a whole owner reserve. Once a validated ledger holds this it \
             is final: nothing was delivered, the fee is burned, the sequence or ticket is used. Until \
             then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then wait until enough ledgers have \
             passed and plan it again.",
        ),
    },
    Row {
        result: "tecHAS_OBLIGATIONS",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-125",
            Exit::Refused,
            "The account owns objects that forbid its deletion, as trust lines, checks, escrows or \
             channels. The fee of a deletion is a whole owner reserve. Once a validated ledger holds this \
             it is final: nothing was delivered, the fee is burned, the sequence or ticket is used. Until \
             then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then remove those objects first.",
        ),
    },
    Row {
        result: "tecNO_TARGET",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-126",
            Exit::Refused,
            "The account that was to be authorized does not exist. Once a validated ledger holds this it \
             is final: nothing was delivered, the fee is burned, the sequence or ticket is used. Until \
             then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then check its address.",
        ),
    },
    Row {
        result: "tecNO_ENTRY",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-127",
            Exit::Refused,
            "The object that was named does not exist in the ledger. Once a validated ledger holds this \
             it is final: nothing was delivered, the fee is burned, the sequence or ticket is used. Until \
             then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then check whether it was used or removed \
             already.",
        ),
    },
    Row {
        result: "tecNO_SUITABLE_NFTOKEN_PAGE",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-128",
            Exit::Refused,
            "The account's token pages are full. Once a validated ledger holds this it is final: nothing \
             was delivered, the fee is burned, the sequence or ticket is used. Until then it can still \
             end as a success.",
            "Wait until `airlock-online status` calls it final; then contact whoever runs the account; \
             Airlock does not send such tokens.",
        ),
    },
    Row {
        result: "tecDUPLICATE",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-129",
            Exit::Refused,
            "The same object exists in the ledger already. Once a validated ledger holds this it is \
             final: nothing was delivered, the fee is burned, the sequence or ticket is used. Until then \
             it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then do nothing: what was asked for holds \
             already.",
        ),
    },
    Row {
        result: "tecEXPIRED",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-130",
            Exit::Refused,
            "A time limit inside the transaction, or of what it uses, has passed. Once a validated ledger \
             holds this it is final: nothing was delivered, the fee is burned, the sequence or ticket is \
             used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then plan it again.",
        ),
    },
    Row {
        result: "tecINTERNAL",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-131",
            Exit::Refused,
            "The server's engine met a state that it does not expect. Once a validated ledger holds this \
             it is final: nothing was delivered, the fee is burned, the sequence or ticket is used. Until \
             then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then look the transaction up on another \
             server before planning it again.",
        ),
    },
    Row {
        result: "tecINVARIANT_FAILED",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-132",
            Exit::Refused,
            "The transaction would have broken a law of the ledger, so that its effects were undone. Once \
             a validated ledger holds this it is final: nothing was delivered, the fee is burned, the \
             sequence or ticket is used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then report it to the makers of the \
             server before planning it again.",
        ),
    },
    Row {
        result: "tecOVERSIZE",
        outlook: Outlook::Claimed,
        code: Code::new(
            "E-XRPL-133",
            Exit::Refused,
            "The transaction touches more of the ledger than one transaction may. Once a validated ledger \
             holds this it is final: nothing was delivered, the fee is burned, the sequence or ticket is \
             used. Until then it can still end as a success.",
            "Wait until `airlock-online status` calls it final; then plan several smaller ones.",
        ),
    },
];
