//! What the program keeps: `store.sqlite` and copies of the bundles in `bundles/`, readable for their owner only
//! (design.md 10.12).

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use airlock::Result;
use airlock::account::Account;
use airlock::bundle::{Bundle, BundleId, JournalHead};
use airlock::snapshot::Snapshot;
use airlock::watch::Watch;

use crate::environment;
use crate::error::{CANNOT_WRITE, NO_ACCOUNTS, NO_HOME};
use crate::files;
use crate::heads::Heads;
use crate::store::Store;

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
    /// When the store cannot be read.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        Store::open_existing(self)?.map_or(Ok(Vec::new()), |store| store.accounts())
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
    /// `ACCOUNT_CONFLICT` where one contradicts what is known; then nothing changes.
    pub fn import(&self, imported: &Watch) -> Result<Vec<Account>> {
        Store::open(self)?.import(imported)
    }

    /// Keeps a bundle under its full id.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, bundle: &Bundle) -> Result<()> {
        self.create_folder(&self.bundles())?;
        files::write_new(&self.bundle_path(&bundle.id().to_string()), &bundle.encode())
    }

    /// Keeps the snapshot that a bundle was planned from beside it, and gives its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_snapshot(&self, bundle: BundleId, snapshot: &[u8]) -> Result<PathBuf> {
        self.create_folder(&self.bundles())?;
        let path = self.bundles().join(format!("{bundle}.snapshot.json"));
        files::write_new(&path, snapshot)?;
        Ok(path)
    }

    /// The snapshot that is kept beside a bundle, if there is one.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn snapshot(&self, bundle: BundleId) -> Result<Option<Snapshot>> {
        let path = self.bundles().join(format!("{bundle}.snapshot.json"));
        if !path.exists() {
            return Ok(None);
        }
        Snapshot::decode(&files::read(&path)?).map(Some).map_err(|e| e.at(files::shown(&path)))
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

    /// Keeps a receipt as `receipts/SHORT.receipt.json`, under its full id where another bundle has the same short one, and
    /// gives its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_receipt(&self, short: &str, id: &str, bytes: &[u8]) -> Result<PathBuf> {
        let folder = self.folder.join("receipts");
        self.create_folder(&folder)?;
        let short = folder.join(format!("{short}.receipt.json"));
        let path = match files::check_absent_or_same(&short, bytes) {
            Ok(_) => short,
            Err(_) => folder.join(format!("{id}.receipt.json")),
        };
        files::write_new(&path, bytes)?;
        Ok(path)
    }

    /// The heads of offline journals that came back so far.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn heads(&self) -> Result<Heads> {
        Store::open_existing(self)?.map_or(Ok(Heads::default()), |store| store.heads())
    }

    /// Keeps the head that the signed file of a bundle brought.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn saw_head(&self, bundle: &Bundle, head: JournalHead) -> Result<()> {
        Store::open(self)?.saw_head(bundle, head).map(|_| ())
    }

    /// Makes the folder, readable for its owner only, where it is missing.
    ///
    /// # Errors
    /// [`CANNOT_WRITE`].
    pub fn create(&self) -> Result<()> {
        self.create_folder(&self.folder)
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
