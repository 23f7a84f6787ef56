//! What can go wrong in the online half outside planning: arguments, files, accounts, the snapshot.

use airlock::{Code, Exit};

/// Arguments that make no sense.
pub static USAGE: Code = Code::new(
    "E-ONARG-001",
    Exit::BadInput,
    "The command line has an unknown command or option, a missing one, or a value of the wrong form.",
    "Look at `airlock-online --help`, or at the command's own `--help` with its examples.",
);
/// A duration that is not understood.
pub static DURATION: Code = Code::new(
    "E-ONARG-002",
    Exit::BadInput,
    "A duration is a whole number followed by m (minutes), h (hours) or d (days), from 1m to 365d.",
    "Write it like 90m, 2h or 3d.",
);
/// A code that does not exist.
pub static UNKNOWN_CODE: Code = Code::new(
    "E-ONARG-003",
    Exit::BadInput,
    "Error codes look like E-AMT-002; docs/ERRORS.md lists all of them.",
    "Copy the code as the message printed it.",
);
/// A file that is no list of requests.
pub static NO_REQUESTS: Code = Code::new(
    "E-ONARG-004",
    Exit::BadInput,
    "What is to be planned is a JSON list, also where it is one request; each has `from`, the paying account, and `intent`. \
     docs/FORMAT.md describes all kinds of them.",
    "Write it like [{\"from\":\"cold\",\"intent\":{\"send-xrp\":{\"to\":\"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh\",\"tag\":1,\
     \"amount\":\"80000\"}}}]",
);
/// No live source and no snapshot.
pub static NO_SNAPSHOT: Code = Code::new(
    "E-ONSNAP-001",
    Exit::Fixable,
    "Planning needs to know coins, balances, sequences and fees: from the servers of airlock.toml, or from a snapshot \
     file.",
    "Write airlock.toml with `airlock-online init` and put your servers in, or give `--snapshot FILE`.",
);
/// The snapshot is so old that the bundle would be expired.
pub static OLD_SNAPSHOT: Code = Code::new(
    "E-ONSNAP-002",
    Exit::Fixable,
    "A bundle's life begins when its snapshot was taken; this one would be over before it could be signed.",
    "Take a new snapshot, or allow more time with `--valid-for`.",
);
/// The snapshot is from the future.
pub static EARLY_SNAPSHOT: Code = Code::new(
    "E-ONSNAP-003",
    Exit::Environment,
    "The snapshot was taken later than this machine's clock allows for: one of the two clocks is wrong.",
    "Set the clock, or take a new snapshot.",
);
/// A file that cannot be read.
pub static CANNOT_READ: Code = Code::new(
    "E-ONFILE-001",
    Exit::Environment,
    "The file does not exist, is not a regular file, or may not be read.",
    "Check the path and the permissions.",
);
/// A file that is too large.
pub static TOO_LARGE: Code = Code::new(
    "E-ONFILE-002",
    Exit::BadInput,
    "No file of Airlock is larger than 32 MiB.",
    "Check that this is the right file.",
);
/// A file that would have to be overwritten.
pub static EXISTS: Code = Code::new(
    "E-ONFILE-003",
    Exit::Fixable,
    "A file of this name is there already and says something else. Files are never overwritten.",
    "Move the file away, or have the new one written elsewhere: with `--out`, where the command has it.",
);
/// A file that cannot be written.
pub static CANNOT_WRITE: Code = Code::new(
    "E-ONFILE-004",
    Exit::Environment,
    "The folder does not exist or may not be written to, or the disk is full.",
    "Check the folder, the permissions and the free space.",
);
/// A folder that does not exist.
pub static NO_FOLDER: Code = Code::new(
    "E-ONFILE-005",
    Exit::Fixable,
    "Files are written into folders that exist; none is made on the way, because its name may be a slip.",
    "Make the folder, or name another one with `--out`.",
);
/// No place for the program's own files.
pub static NO_HOME: Code = Code::new(
    "E-ONHOME-001",
    Exit::Environment,
    "The program keeps accounts and bundles in `--home`, else AIRLOCK_ONLINE_HOME, else \
     XDG_DATA_HOME/airlock-online, else .local/share/airlock-online in the home folder.",
    "Say where with `--home DIR`.",
);
/// No accounts.
pub static NO_ACCOUNTS: Code = Code::new(
    "E-ONHOME-002",
    Exit::Fixable,
    "Planning needs the accounts of the vault, without their keys.",
    "Bring the watch file from the offline machine (`airlock-offline accounts export`) and import it with \
     `airlock-online accounts import FILE`.",
);
/// Accounts that contradict those known.
pub static ACCOUNT_CONFLICT: Code = Code::new(
    "E-ONHOME-003",
    Exit::Fixable,
    "An imported account has the name of a known account but other keys or properties, or the keys of a known account \
     but another name. A watch file from elsewhere could redirect change and deposits in this way.",
    "If the watch file is right, start afresh with `--home DIR`, and import it there.",
);
/// A bundle that is not found.
pub static NO_BUNDLE: Code = Code::new(
    "E-ONHOME-004",
    Exit::Fixable,
    "A signed file is checked against the bundle that it answers, looked for by its id among the bundles of \
     `--home` and beside the signed file.",
    "Name the bundle: `airlock-online verify SIGNED BUNDLE`.",
);
/// A signed file that came back too late.
pub static EXPIRED_ANSWER: Code = Code::new(
    "E-ONVRFY-001",
    Exit::Refused,
    "A bundle is planned for a limited time, because balances, sequences, fees and the state of destinations change. \
     What is broadcast later may pay twice, if somebody has planned the payment again since.",
    "Plan the payment again with a new snapshot, and sign that.",
);
/// A PSBT in place of a signed file.
pub static IS_A_PSBT: Code = Code::new(
    "E-ONVRFY-002",
    Exit::BadInput,
    "`verify` checks the signed file of a bundle that this program planned; a bare PSBT has no plan to be checked against.",
    "Give it back to the software that made it, which knows what it asked for.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &USAGE,
    &DURATION,
    &UNKNOWN_CODE,
    &NO_REQUESTS,
    &NO_SNAPSHOT,
    &OLD_SNAPSHOT,
    &EARLY_SNAPSHOT,
    &CANNOT_READ,
    &TOO_LARGE,
    &EXISTS,
    &CANNOT_WRITE,
    &NO_FOLDER,
    &NO_HOME,
    &NO_ACCOUNTS,
    &ACCOUNT_CONFLICT,
    &NO_BUNDLE,
    &EXPIRED_ANSWER,
    &IS_A_PSBT,
];

/// All codes that this program can print: those of the library and its own.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    airlock::codes::all()
        .chain(airlock_qr::codes())
        .chain(
            [
                CODES,
                crate::book::CODES,
                crate::broadcast::CODES,
                crate::codec::CODES,
                crate::commands::CODES,
                crate::config::CODES,
                crate::deposits::CODES,
                crate::gather::CODES,
                crate::http::CODES,
                crate::payouts::CODES,
                crate::plan::CODES,
                crate::promise::CODES,
                crate::repeat::CODES,
                crate::replacement::CODES,
                crate::source::counterparty_server::CODES,
                crate::source::open::CODES,
                crate::source::proof::CODES,
                crate::source::refusal::CODES,
                crate::source::rippled::CODES,
                crate::stop::CODES,
                crate::store::CODES,
            ]
            .into_iter()
            .flatten()
            .copied(),
        )
        .chain(crate::source::engine::codes())
}
