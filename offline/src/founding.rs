//! The one place that makes a new home: everything beside the vault first, the vault last. A home with a vault is
//! whole; one without has never held a key.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use airlock::policy::Policy;
use airlock::time::Moment;
use airlock::{Code, Exit, Result};

use crate::derive::Source;
use crate::error::{CANNOT_READ, EXISTS};
use crate::home::Home;
use crate::register::Register;
use crate::rules::PolicyHash;
use crate::vault::Vault;
use crate::{files, journal};

/// A place at which something lies already.
pub static NOT_FREE: Code = Code::new(
    "E-FOUND-001",
    Exit::Fixable,
    "A new vault is made in a folder that holds neither a vault nor files of one: nothing that could be somebody's keys \
     or journal is overwritten. Files without a vault beside them are what an interrupted founding leaves, or what is \
     left where a vault was taken away.",
    "Choose another place with `--home DIR`; where the files are of no use any more, move them away by hand.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_FREE];

/// Refuses a home where something lies already, before anybody is asked for anything.
///
/// # Errors
/// [`NOT_FREE`].
pub fn check_free(home: &Home) -> Result<()> {
    for path in [home.vault(), home.accounts(), home.journal(), home.policy(), home.accepted_policy()] {
        match fs::symlink_metadata(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(CANNOT_READ.error(format!("cannot read {}: {e}", files::shown(&path)))),
            Ok(_) => return Err(NOT_FREE.error(format!("{} is there already", files::shown(&path)))),
        }
    }
    Ok(())
}

/// Makes the home of a new vault: folder, starter policy with its copy, journal with the founding and the acceptance of
/// that policy, accounts and, last, the vault. Where one of them cannot be written, those written before it are taken
/// away again.
///
/// # Errors
/// [`NOT_FREE`], and what writing can meet.
pub fn found(home: &Home, vault: &mut Vault, register: &Register, now: Moment) -> Result<()> {
    check_free(home)?;
    let policy = Policy::starter(&register.accounts());
    let fingerprints = vault.secrets().iter().map(|secret| Source::new(&secret.kept).fingerprint());
    let journal = journal::first_lines(
        vault,
        fingerprints.collect::<Result<_>>()?,
        PolicyHash::of(&policy).to_hex(),
        now,
    )?;
    let sealed = vault.seal()?;
    home.create()?;
    write_all(&[
        (home.policy(), policy.clone().into_bytes()),
        (home.accepted_policy(), policy.into_bytes()),
        (home.journal(), journal),
        (home.accounts(), register.encode(vault)),
        (home.vault(), sealed),
    ])
}

/// Writes new files in their order, or leaves none of them.
fn write_all(contents: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    for (before, (path, bytes)) in contents.iter().enumerate() {
        if let Err(error) = files::write_new(path, bytes) {
            // A file that could not be synced has its name already; one that somebody else wrote stays.
            let ours = if error.code() == &EXISTS { before } else { before.saturating_add(1) };
            for (written, _) in contents.iter().take(ours) {
                let _ = fs::remove_file(written);
            }
            return Err(error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_takes_the_earlier_ones_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("second"), b"somebody's").unwrap();
        let failed = write_all(&[(at("first"), b"1".to_vec()), (at("second"), b"2".to_vec())]);
        assert_eq!(failed.unwrap_err().code(), &EXISTS);
        assert!(!at("first").exists());
        assert_eq!(fs::read(at("second")).unwrap(), b"somebody's");
    }

    #[test]
    fn a_home_with_a_vault_or_its_remains_is_not_free() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::find(Some(folder.path())).unwrap();
        check_free(&home).unwrap();
        for path in [home.vault(), home.accounts()] {
            fs::write(&path, b"x").unwrap();
            assert_eq!(check_free(&home).unwrap_err().code(), &NOT_FREE);
            fs::remove_file(&path).unwrap();
        }
    }
}
