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

-- What a person has to look at, until somebody says that it was.
CREATE TABLE alarms (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    stream       TEXT NOT NULL,
    what         TEXT NOT NULL,
    acknowledged INTEGER
) STRICT;
CREATE UNIQUE INDEX alarms_open ON alarms (stream, what) WHERE acknowledged IS NULL;
CREATE TRIGGER alarms_are_kept BEFORE DELETE ON alarms BEGIN SELECT RAISE(ABORT, 'alarms are kept'); END;
CREATE TRIGGER alarms_stay BEFORE UPDATE ON alarms
    WHEN OLD.acknowledged IS NOT NULL OR NEW.what IS NOT OLD.what OR NEW.stream IS NOT OLD.stream OR NEW.at IS NOT OLD.at
    BEGIN SELECT RAISE(ABORT, 'an alarm is acknowledged once and never changed'); END;
