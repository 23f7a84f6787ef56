//! What the program keeps: `accounts.json`, `heads.json` and `bundles/`, readable for their owner only (design.md 10.12).

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use airlock::Result;
use airlock::account::Account;
use airlock::bundle::{Bundle, BundleId, JournalHead};
use airlock::watch::Watch;

use crate::environment;
use crate::error::{ACCOUNT_CONFLICT, CANNOT_WRITE, NO_ACCOUNTS, NO_HOME};
use crate::files;
use crate::heads::Heads;

/// Most kept bundles that are looked through.
const MOST_KEPT: usize = 1_000;

/// The folder of the program's own files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    folder: PathBuf,
}

impl Home {
    /// `--home`, else `AIRLOCK_ONLINE_HOME`, else `$XDG_DATA_HOME/airlock-online`, else
    /// `~/.local/share/airlock-online`. Nothing is created yet.
    ///
    /// # Errors
    /// [`NO_HOME`] where none of them is known.
    pub fn find(option: Option<&Path>) -> Result<Self> {
        let folder = option
            .map(Path::to_path_buf)
            .or_else(|| environment("AIRLOCK_ONLINE_HOME").map(PathBuf::from))
            .or_else(|| environment("XDG_DATA_HOME").map(|data| Path::new(&data).join("airlock-online")))
            .or_else(|| environment("HOME").map(|home| Path::new(&home).join(".local/share/airlock-online")))
            .ok_or_else(|| NO_HOME.error("no home folder is known"))?;
        Ok(Self { folder })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The accounts, sorted by name; none before the first import.
    ///
    /// # Errors
    /// When accounts.json cannot be read or is damaged.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        let path = self.accounts_path();
        if !path.exists() {
            return Ok(Vec::new());
        }
        Ok(Watch::decode(&files::read(&path)?).map_err(|e| e.at(files::shown(&path)))?.accounts)
    }

    /// The accounts for planning.
    ///
    /// # Errors
    /// [`NO_ACCOUNTS`] where none were imported.
    pub fn accounts_for_planning(&self) -> Result<Vec<Account>> {
        let accounts = self.accounts()?;
        if accounts.is_empty() {
            return Err(NO_ACCOUNTS.error(format!("no accounts in {}", files::shown(&self.folder))));
        }
        Ok(accounts)
    }

    /// Adds accounts to those known and gives the new ones.
    ///
    /// # Errors
    /// [`ACCOUNT_CONFLICT`] where one contradicts what is known; then nothing changes.
    pub fn import(&self, imported: &Watch) -> Result<Vec<Account>> {
        let known = self.accounts()?;
        let mut new = Vec::new();
        for account in &imported.accounts {
            match known.iter().find(|k| k.name == account.name || k.reference() == account.reference()) {
                Some(same) if same == account => {}
                Some(other) => {
                    return Err(ACCOUNT_CONFLICT.error(format!(
                        "account '{}' ({}) is known as '{}' ({}) with other keys or properties",
                        account.name,
                        account.reference(),
                        other.name,
                        other.reference()
                    )));
                }
                None => new.push(account.clone()),
            }
        }
        let mut accounts = [known, new.clone()].concat();
        accounts.sort_by(|a, b| a.name.cmp(&b.name));
        let merged = Watch { accounts }.encode();
        Watch::decode(&merged)?;
        self.create_folder(&self.folder)?;
        files::replace(&self.accounts_path(), &merged)?;
        Ok(new)
    }

    /// Keeps a bundle under its full id.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, bundle: &Bundle) -> Result<()> {
        self.create_folder(&self.bundles())?;
        files::write_new(&self.bundle_path(&bundle.id().to_string()), &bundle.encode())
    }

    /// The kept bundle with this id, if there is one.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn bundle(&self, id: &str) -> Result<Option<Bundle>> {
        let hex = id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit());
        let path = self.bundle_path(id);
        if !hex || !path.exists() {
            return Ok(None);
        }
        let bundle = Bundle::decode(&files::read(&path)?).map_err(|e| e.at(files::shown(&path)))?;
        Ok(Some(bundle).filter(|bundle: &Bundle| is(bundle.id(), id)))
    }

    /// The kept bundles, of the first 1,000 that are found; what cannot be read is left out.
    pub fn kept(&self) -> Vec<Bundle> {
        let entries = fs::read_dir(self.bundles()).into_iter().flatten().flatten().take(MOST_KEPT);
        entries.filter_map(|entry| Bundle::decode(&files::read(&entry.path()).ok()?).ok()).collect()
    }

    /// The heads of offline journals that came back so far.
    ///
    /// # Errors
    /// When heads.json cannot be read or is damaged.
    pub fn heads(&self) -> Result<Heads> {
        let path = self.heads_path();
        if fs::symlink_metadata(&path).is_err() {
            return Ok(Heads::default());
        }
        Heads::decode(&files::read(&path)?).map_err(|e| e.at(files::shown(&path)))
    }

    /// Keeps the head that the signed file of a bundle brought.
    ///
    /// # Errors
    /// As [`Home::heads`], and when it cannot be written.
    pub fn saw_head(&self, bundle: &Bundle, head: JournalHead) -> Result<()> {
        let mut heads = self.heads()?;
        if heads.saw(bundle, head) {
            self.create_folder(&self.folder)?;
            files::replace(&self.heads_path(), &heads.encode())?;
        }
        Ok(())
    }

    fn heads_path(&self) -> PathBuf {
        self.folder.join("heads.json")
    }

    fn accounts_path(&self) -> PathBuf {
        self.folder.join("accounts.json")
    }

    fn bundles(&self) -> PathBuf {
        self.folder.join("bundles")
    }

    fn bundle_path(&self, id: &str) -> PathBuf {
        self.bundles().join(format!("{id}.bundle.json"))
    }

    fn create_folder(&self, folder: &Path) -> Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|e| CANNOT_WRITE.error(format!("cannot create {}: {e}", files::shown(folder))))
    }
}

/// True where `id` is this id in hex.
pub fn is(bundle: BundleId, id: &str) -> bool {
    bundle.to_string() == id
}
