//! What can go wrong with deposits.

use airlock::{Code, Exit};

/// An account that cannot take such deposits.
pub static WRONG_ACCOUNT: Code = Code::new(
    "E-DEP-001",
    Exit::Fixable,
    "Addresses are handed out of Bitcoin accounts with the role deposit, invoices are for one address of a Bitcoin account \
     that may hold assets, tags belong to XRP accounts.",
    "`airlock-online accounts list` shows the accounts; name one that fits.",
);
/// A customer's id that cannot be kept.
pub static BAD_CUSTOMER: Code = Code::new(
    "E-DEP-002",
    Exit::BadInput,
    "A customer is named by the id in the exchange's own books: 1 to 64 letters, digits and . _ @ : + - / #, beginning \
     with a letter or digit. It goes into files that spreadsheets open, so it has no blanks, commas and quotes.",
    "Use an id of these characters, not a name.",
);
/// Too many unused addresses.
pub static BEYOND_GAP: Code = Code::new(
    "E-DEP-003",
    Exit::Refused,
    "As many addresses as the gap limit were handed out behind the last one that received something. A wallet that is \
     restored from the seed alone stops looking after that many unused addresses, and would not find a later deposit; this \
     program itself looks as far as it has handed out.",
    "Wait until one of them is used, raise gap_limit in airlock.toml, or hand it out with `--beyond-gap`; then keep a copy \
     of the home folder, which says how far to look.",
);
/// An account that is used in another way.
pub static OTHER_USE: Code = Code::new(
    "E-DEP-004",
    Exit::Refused,
    "An account takes deposits either on one address for each customer or with memos on its first address. If one address \
     served both, a payment without memo would be credited to whoever has the address.",
    "Use another account.",
);
/// No address is left.
pub static NO_ADDRESS: Code = Code::new(
    "E-DEP-005",
    Exit::Fixable,
    "An account of a single key has one address; one of an extended key has 2^31.",
    "Use an account with an extended key.",
);
/// An asset that is not dealt in.
pub static NOT_LISTED: Code = Code::new(
    "E-DEP-006",
    Exit::Fixable,
    "What is credited stands under [deposits] assets in airlock.toml; payments in anything else are kept in quarantine. \
     Without that list it is XCP, XRP, and BTC on accounts that hold no assets.",
    "Add the asset to the list, or check its spelling; subassets have a name that begins with A and a number.",
);
/// A payment that has no memo.
pub static NO_MEMO: Code = Code::new(
    "E-DEP-007",
    Exit::BadInput,
    "Memos belong to Counterparty sends. Payments of bitcoin have none, and XRP uses destination tags.",
    "For bitcoin use `airlock-online deposits address`, for XRP `airlock-online deposits tag`.",
);
/// A credit that is not there.
pub static UNKNOWN_CREDIT: Code = Code::new(
    "E-DEP-008",
    Exit::Fixable,
    "A credit is named by its number or by its idempotency key.",
    "Look it up with `airlock-online deposits list --state suspense`.",
);
/// A credit that nobody may assign.
pub static NOT_ASSIGNABLE: Code = Code::new(
    "E-DEP-009",
    Exit::Refused,
    "A person assigns what waits in suspense or quarantine and has an amount. What is pending is not deep enough, what is \
     credited belongs to somebody, what was reversed is not there, and tokens are no integers.",
    "`airlock-online deposits list` shows the state of each credit.",
);
/// A customer who is not known.
pub static UNKNOWN_CUSTOMER: Code = Code::new(
    "E-DEP-010",
    Exit::Fixable,
    "Nothing was ever handed out to this customer; the id may be a slip, and the credit could not be taken back.",
    "Check the id; if it is right, add `--new-customer`.",
);
/// Two servers that are not at one block.
pub static OUT_OF_STEP: Code = Code::new(
    "E-DEP-011",
    Exit::Environment,
    "Confirmations are counted in blocks of the Bitcoin node, and assets move as the Counterparty server has parsed them: \
     both must stand at the same block. Nothing was credited from this look; what was known is unchanged.",
    "Wait until the server has caught up (`airlock-online doctor` shows both heights), then run the same command again.",
);
/// A chain that moved during a look.
pub static MOVED: Code = Code::new(
    "E-DEP-012",
    Exit::Environment,
    "The chain was reorganized while it was looked through. Nothing of this look was kept.",
    "Run the command again; it begins where the last whole look ended.",
);
/// Ledgers that the server does not have.
pub static GAP: Code = Code::new(
    "E-DEP-013",
    Exit::Environment,
    "A payment could lie in a ledger that the server does not hold, so ledgers are looked through without gaps or not at \
     all. Nothing was credited and the place where the next look begins is unchanged.",
    "Ask a server that holds these ledgers (a full history server, put first in airlock.toml), or wait until this one has \
     fetched them. At the first look, which begins a little before the first tag was handed out: if nobody can have paid \
     before a ledger that it holds, begin there with `deposits watch --from-ledger INDEX`.",
);
/// An answer that does not belong to the question.
pub static STRANGE_ANSWER: Code = Code::new(
    "E-DEP-014",
    Exit::Environment,
    "The server told of payments outside the blocks or addresses that it was asked for, or of the same one twice. Nothing \
     of this look was kept.",
    "Run the command again; if it comes back, use another server and tell who runs this one.",
);
/// Something that a person must look at.
pub static ALARM: Code = Code::new(
    "E-DEP-015",
    Exit::Refused,
    "The look was finished and everything that it found is kept, but money that was credited is no longer in the chain, a \
     server contradicts what it said before, or an account's balance does not follow from its payments.",
    "Read the lines that begin with ALARM, stop withdrawals of the customers they name, and compare with a second server.",
);
/// Another process.
pub static OVERTAKEN: Code = Code::new(
    "E-DEP-016",
    Exit::Environment,
    "Another process wrote its own look at the same chain each time that this one was about to. Nothing was written twice.",
    "Let one process watch.",
);
/// Nothing was handed out.
pub static NOTHING_TO_WATCH: Code = Code::new(
    "E-DEP-017",
    Exit::Fixable,
    "Addresses, invoices and tags are watched that were handed out to customers.",
    "Hand one out: `airlock-online deposits address|invoice|tag --help`.",
);
/// A moment that cannot be read.
pub static BAD_SINCE: Code = Code::new(
    "E-DEP-018",
    Exit::BadInput,
    "A moment is a day (2026-11-21), a day and time in UTC (2026-11-21T15:40:00Z), or how long ago it was (36h, 7d).",
    "Write 2026-11-21, 2026-11-21T15:40:00Z, 36h (that long ago) or 7d.",
);
/// No randomness.
pub static NO_CHANCE: Code = Code::new(
    "E-DEP-019",
    Exit::Environment,
    "Invoices and tags are drawn at random, from the operating system.",
    "Check that /dev/urandom is there.",
);
/// An account that has handed out everything.
pub static NO_TAG: Code = Code::new(
    "E-DEP-020",
    Exit::Internal,
    "Tags and invoices are drawn until one is free; it was not after a hundred attempts, which does not happen by chance.",
    "Report this with the number of customers of the account.",
);

/// A place to begin that is not there yet.
pub static ABOVE_TIP: Code = Code::new(
    "E-DEP-021",
    Exit::Fixable,
    "A look begins at a block or ledger that the server has, or before. Nothing was looked at.",
    "Leave `--from` and `--from-ledger` away, or give a lower number: they only ever make a look begin earlier.",
);
/// An alarm that is not there.
pub static NO_ALARM: Code = Code::new(
    "E-DEP-022",
    Exit::Fixable,
    "An alarm is acknowledged once, by its number.",
    "`airlock-online deposits list` shows the alarms that are open.",
);
/// Another XRP Ledger.
pub static OTHER_LEDGER: Code = Code::new(
    "E-DEP-023",
    Exit::Refused,
    "A validated ledger never changes, and the server has another one than the last look remembers. It is on another \
     network, or lies. Nothing was credited.",
    "Ask another server; on a test network that was begun anew, begin with a new home folder.",
);

/// The codes of these modules.
pub static CODES: &[&Code] = &[
    &WRONG_ACCOUNT,
    &BAD_CUSTOMER,
    &BEYOND_GAP,
    &OTHER_USE,
    &NO_ADDRESS,
    &NOT_LISTED,
    &NO_MEMO,
    &UNKNOWN_CREDIT,
    &NOT_ASSIGNABLE,
    &UNKNOWN_CUSTOMER,
    &OUT_OF_STEP,
    &MOVED,
    &GAP,
    &STRANGE_ANSWER,
    &ALARM,
    &OVERTAKEN,
    &NOTHING_TO_WATCH,
    &BAD_SINCE,
    &NO_CHANCE,
    &NO_TAG,
    &ABOVE_TIP,
    &NO_ALARM,
    &OTHER_LEDGER,
];
