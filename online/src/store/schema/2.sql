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
