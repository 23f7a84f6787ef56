-- Moments are seconds since 1970 UTC. Amounts are decimal text of base units. Ids and hashes are hex as the chain writes them.

CREATE TABLE accounts (
    name      TEXT PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    watch     BLOB NOT NULL            -- a watch file with this account alone
) STRICT;

-- Heads of offline journals, in the order in which they were first seen.
CREATE TABLE heads (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    head   TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE head_accounts (
    head      INTEGER NOT NULL REFERENCES heads (number),
    reference TEXT NOT NULL,
    PRIMARY KEY (reference, head)
) STRICT, WITHOUT ROWID;

CREATE TABLE book (
    name     TEXT PRIMARY KEY,
    address  TEXT NOT NULL,
    tag      INTEGER CHECK (tag BETWEEN 0 AND 4294967295),
    memo     TEXT,
    memo_hex TEXT CHECK (memo IS NULL OR memo_hex IS NULL),
    note     TEXT,
    added    INTEGER NOT NULL
) STRICT;

CREATE TABLE bundles (
    id        TEXT PRIMARY KEY,
    short     TEXT NOT NULL,
    kind      TEXT NOT NULL,
    headline  TEXT NOT NULL,
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    planned   INTEGER NOT NULL,
    file      BLOB NOT NULL,           -- the bundle file
    signed_id TEXT,
    signed    BLOB                     -- the signed file
) STRICT;
CREATE INDEX bundles_short ON bundles (short);

CREATE TABLE steps (
    bundle               TEXT NOT NULL REFERENCES bundles (id),
    number               INTEGER NOT NULL, -- counted from 0
    chain                TEXT NOT NULL,
    account              TEXT NOT NULL,
    one_of               INTEGER,
    state                TEXT NOT NULL,
    txid                 TEXT,
    raw                  TEXT,
    height               INTEGER,          -- of its block or ledger
    block_hash           TEXT,
    first_submitted      INTEGER,
    since_height         INTEGER,          -- the tip when it was first submitted
    last_ledger_sequence INTEGER,
    sequence             INTEGER,
    next_sequence        INTEGER,          -- the account's sequence after it
    ticket               INTEGER,
    detail               TEXT,
    PRIMARY KEY (bundle, number),
    CHECK ((txid IS NULL) = (raw IS NULL)),
    CHECK (raw IS NOT NULL OR state IN ('planned', 'superseded'))
) STRICT, WITHOUT ROWID;
CREATE INDEX steps_state ON steps (state);
CREATE INDEX steps_txid ON steps (txid);

-- What can be used once: coin TXID:VOUT, sequence rADDRESS N, ticket rADDRESS N.
CREATE TABLE uses (
    bundle TEXT NOT NULL,
    number INTEGER NOT NULL,
    what   TEXT NOT NULL,
    PRIMARY KEY (what, bundle, number),
    FOREIGN KEY (bundle, number) REFERENCES steps (bundle, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
    entry      INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    bundle     TEXT NOT NULL,
    number     INTEGER NOT NULL,
    was        TEXT,                    -- nothing for the first entry
    state      TEXT NOT NULL,
    incident   INTEGER NOT NULL CHECK (incident IN (0, 1)),
    height     INTEGER,
    block_hash TEXT,
    detail     TEXT,
    FOREIGN KEY (bundle, number) REFERENCES steps (bundle, number)
) STRICT;
CREATE INDEX history_step ON history (bundle, number);

CREATE TABLE receipts (
    bundle  TEXT PRIMARY KEY REFERENCES bundles (id),
    written INTEGER NOT NULL,
    file    BLOB NOT NULL
) STRICT;

CREATE TABLE allocations (
    account  TEXT NOT NULL,
    position INTEGER NOT NULL,          -- index on branch 0
    customer TEXT NOT NULL,
    address  TEXT NOT NULL UNIQUE,
    at       INTEGER NOT NULL,
    PRIMARY KEY (account, position),
    UNIQUE (account, customer)
) STRICT;

CREATE TABLE invoices (
    account  TEXT NOT NULL,
    memo     BLOB NOT NULL,
    customer TEXT NOT NULL,
    asset    TEXT NOT NULL,
    amount   TEXT,
    created  INTEGER NOT NULL,
    expires  INTEGER,
    PRIMARY KEY (account, memo)
) STRICT;

CREATE TABLE tags (
    account  TEXT NOT NULL,
    tag      INTEGER NOT NULL CHECK (tag BETWEEN 0 AND 4294967295),
    customer TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (account, tag),
    UNIQUE (account, customer)
) STRICT;

CREATE TABLE credits (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT NOT NULL UNIQUE,    -- chain:txid:position:address:asset
    chain      TEXT NOT NULL,
    txid       TEXT NOT NULL,
    position   INTEGER NOT NULL,
    address    TEXT NOT NULL,
    asset      TEXT NOT NULL,
    account    TEXT NOT NULL,
    customer   TEXT,
    amount     TEXT,
    decimals   INTEGER NOT NULL,
    height     INTEGER NOT NULL,
    block_hash TEXT NOT NULL,
    block_time INTEGER,
    kind       TEXT NOT NULL,
    source     TEXT,
    memo       BLOB,
    tag        INTEGER CHECK (tag BETWEEN 0 AND 4294967295),
    state      TEXT NOT NULL,
    detail     TEXT,
    found      INTEGER NOT NULL,
    credited   INTEGER
) STRICT;
CREATE INDEX credits_state ON credits (state);
CREATE INDEX credits_place ON credits (account, height);

CREATE TABLE credit_history (
    entry      INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    credit     INTEGER NOT NULL REFERENCES credits (number),
    was        TEXT,
    state      TEXT NOT NULL,
    customer   TEXT,
    height     INTEGER NOT NULL,
    block_hash TEXT NOT NULL,
    detail     TEXT
) STRICT;
CREATE INDEX credit_history_credit ON credit_history (credit);

CREATE TABLE cursors (
    key    TEXT PRIMARY KEY,
    height INTEGER NOT NULL,
    hash   TEXT NOT NULL
) STRICT;

-- What happened is not taken back.
CREATE TRIGGER history_stays BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TRIGGER history_is_kept BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TRIGGER receipts_stay BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts are written once'); END;
CREATE TRIGGER receipts_are_kept BEFORE DELETE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts are written once'); END;
CREATE TRIGGER credit_history_stays BEFORE UPDATE ON credit_history
    BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TRIGGER credit_history_is_kept BEFORE DELETE ON credit_history
    BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TRIGGER credits_are_kept BEFORE DELETE ON credits BEGIN SELECT RAISE(ABORT, 'credits are kept'); END;
CREATE TRIGGER raw_transactions_stay BEFORE UPDATE OF raw, txid ON steps
    WHEN OLD.raw IS NOT NULL AND (NEW.raw IS NOT OLD.raw OR NEW.txid IS NOT OLD.txid)
    BEGIN SELECT RAISE(ABORT, 'a signed transaction is never replaced'); END;
