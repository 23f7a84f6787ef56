//! Where the vault and what belongs to it lie, readable for their owner only (design.md 10.12).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use airlock::Result;

use crate::error::NO_HOME;
use crate::files;

/// The folder of the program's own files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    folder: PathBuf,
}

impl Home {
    /// `--home`, else `AIRLOCK_OFFLINE_HOME`, else `$XDG_DATA_HOME/airlock-offline`, else
    /// `~/.local/share/airlock-offline`. Nothing is created yet.
    ///
    /// # Errors
    /// [`NO_HOME`] where none of them is known.
    pub fn find(option: Option<&Path>) -> Result<Self> {
        let folder = option
            .map(Path::to_path_buf)
            .or_else(|| environment("AIRLOCK_OFFLINE_HOME").map(PathBuf::from))
            .or_else(|| environment("XDG_DATA_HOME").map(|data| Path::new(&data).join("airlock-offline")))
            .or_else(|| environment("HOME").map(|home| Path::new(&home).join(".local/share/airlock-offline")))
            .ok_or_else(|| NO_HOME.error("no home folder is known"))?;
        Ok(Self { folder })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The sealed secrets.
    pub fn vault(&self) -> PathBuf {
        self.folder.join("vault.airlock")
    }

    /// The readable accounts.
    pub fn accounts(&self) -> PathBuf {
        self.folder.join("accounts.json")
    }

    /// The policy as a person edits it.
    pub fn policy(&self) -> PathBuf {
        self.folder.join("policy.toml")
    }

    /// The text of the policy that was accepted last; what it is worth is told by the journal.
    pub fn accepted_policy(&self) -> PathBuf {
        self.folder.join("policy.accepted.toml")
    }

    /// The record of what was signed.
    pub fn journal(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    /// Makes the folder, if it is not there, for the owner only.
    ///
    /// # Errors
    /// [`CANNOT_WRITE`](crate::error::CANNOT_WRITE).
    pub fn create(&self) -> Result<()> {
        files::create_folder(&self.folder)
    }
}

/// The environment variable of a name, when it is set and not empty.
fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
