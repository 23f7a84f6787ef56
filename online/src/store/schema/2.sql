-- Receipts of bundles that were reopened behind their first receipt, which stays. Each names the one before.

CREATE TABLE later_receipts (
    bundle  TEXT NOT NULL REFERENCES receipts (bundle),
    number  INTEGER NOT NULL CHECK (number > 1),
    written INTEGER NOT NULL,
    file    BLOB NOT NULL,
    PRIMARY KEY (bundle, number)
) STRICT;

CREATE TRIGGER later_receipts_stay BEFORE UPDATE ON later_receipts
    BEGIN SELECT RAISE(ABORT, 'receipts are written once'); END;
CREATE TRIGGER later_receipts_are_kept BEFORE DELETE ON later_receipts
    BEGIN SELECT RAISE(ABORT, 'receipts are written once'); END;
