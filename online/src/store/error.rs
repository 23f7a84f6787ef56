//! What can go wrong with the store.

use airlock::text::Printable;
use airlock::{Code, Error, Exit};
use rusqlite::ErrorCode;

/// A file that cannot be opened.
pub static CANNOT_OPEN: Code = Code::new(
    "E-STORE-001",
    Exit::Environment,
    "The program keeps what it knows in store.sqlite in its home folder. The file cannot be opened for reading and \
     writing.",
    "Check the home folder, who owns it and whether the disk is there; the file must lie on a disk of this machine, not on \
     a network share.",
);
/// A file of a later version.
pub static NEWER: Code = Code::new(
    "E-STORE-002",
    Exit::Fixable,
    "store.sqlite was brought to a newer form by a newer version of this program. This one does not touch it, because it \
     could lose what it does not understand.",
    "Use the newer version of airlock-online.",
);
/// A file that is not in order.
pub static DAMAGED: Code = Code::new(
    "E-STORE-003",
    Exit::BadInput,
    "store.sqlite is damaged, or is no store of this program. It says what was signed and submitted, so the program does \
     not go on without it: a payment could be planned twice.",
    "Keep the file and its -wal companion; restore both from a copy of the home folder made while no command ran. Without \
     a copy begin anew with `--home DIR`, and look up on the chains what became of the bundles in bundles/ before you plan \
     a payment again.",
);
/// Another process that writes for too long.
pub static BUSY: Code = Code::new(
    "E-STORE-004",
    Exit::Environment,
    "Another process has held the store for more than 10 seconds. Nothing of this command was written to it.",
    "Run the command again; if it stays so, look for an airlock-online that hangs.",
);
/// A change that could not be written.
pub static CANNOT_WRITE: Code = Code::new(
    "E-STORE-005",
    Exit::Environment,
    "A change of the store could not be written to the disk, and was undone as a whole. Whatever is submitted is written \
     down before, so nothing went out that the store does not know.",
    "Check the free space and the permissions of the home folder, then run the same command again.",
);
/// A bundle that is not in the store.
pub static UNKNOWN_BUNDLE: Code = Code::new(
    "E-STORE-006",
    Exit::Fixable,
    "The store knows the bundles that were planned with this home folder, by their id or by the first characters that \
     people use.",
    "Check the id with `airlock-online status`, or name the home folder in which the bundle was planned with `--home`.",
);
/// A short id that several bundles have.
pub static AMBIGUOUS: Code = Code::new(
    "E-STORE-007",
    Exit::Fixable,
    "Short ids have 20 bits, so that two bundles can have the same.",
    "Give the full id.",
);
/// Another signed file for a bundle.
pub static OTHER_SIGNED: Code = Code::new(
    "E-STORE-008",
    Exit::Refused,
    "The store already holds the signed transactions of this bundle, and these have other ids. If both sets went out, a \
     payment could be made twice.",
    "Use the signed file that was taken first. If it is lost, the store still has its transactions: broadcast the bundle by \
     its id.",
);
/// A step that cannot follow.
pub static FORBIDDEN: Code = Code::new(
    "E-STORE-009",
    Exit::Internal,
    "A transaction or credit was about to be set to a state that cannot follow its present one. Nothing was changed.",
    "This is a defect of the program: report it with the message. The transactions themselves are safe in the store.",
);
/// A second, different receipt.
pub static OTHER_RECEIPT: Code = Code::new(
    "E-STORE-010",
    Exit::Internal,
    "A receipt is written once, when everything of a bundle has ended, and never changed.",
    "This is a defect of the program: report it with the message. The receipt that was written first stays.",
);
/// What the program did wrong.
pub static MISUSED: Code = Code::new(
    "E-STORE-011",
    Exit::Internal,
    "The store refused a change that contradicts its own rules. Nothing was changed.",
    "This is a defect of the program: report it with the message.",
);

/// A bundle that was given up.
pub static DROPPED: Code = Code::new(
    "E-STORE-012",
    Exit::Refused,
    "A person dropped the bundle before any signed file of it was known here: what it uses may be used by another plan since, and \
     the same payment may have been planned again. It does not come back.",
    "Destroy its signed file, if there is one, and plan the payment again from facts of now: it is another bundle then.",
);

/// The codes of these modules.
pub static CODES: &[&Code] = &[
    &CANNOT_OPEN,
    &NEWER,
    &DAMAGED,
    &BUSY,
    &CANNOT_WRITE,
    &UNKNOWN_BUNDLE,
    &AMBIGUOUS,
    &OTHER_SIGNED,
    &FORBIDDEN,
    &OTHER_RECEIPT,
    &MISUSED,
    &DROPPED,
];

/// What an error of SQLite means for a person.
pub(super) fn failed(error: rusqlite::Error) -> Error {
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => &BUSY,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => &DAMAGED,
        Some(
            ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::OutOfMemory,
        ) => &CANNOT_WRITE,
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::NoLargeFileSupport,
        ) => &CANNOT_OPEN,
        Some(_) => &MISUSED,
        // Not SQLite but a value in the file that has another type or range than this program writes.
        None => &DAMAGED,
    };
    code.error(Printable::new(error.to_string().trim_end_matches('.')).to_string())
}

/// A value in the file that this program would not have written.
pub(super) fn damaged(what: impl core::fmt::Display) -> Error {
    DAMAGED.error(Printable::new(&what.to_string()).to_string())
}
