//! The signed file that is meant, and the bundle that it answers.

use std::fs;
use std::path::{Path, PathBuf};

use airlock::Result;
use airlock::bundle::{Bundle, Signed, Spoken};
use airlock::text::Printable;

use super::{NO_SIGNED, NOT_SIGNED, SEVERAL_SIGNED};
use crate::error::{IS_A_PSBT, NO_BUNDLE};
use crate::files;
use crate::home::{Home, is};
use crate::store::Store;

/// Most entries of a folder that are looked at.
const MOST_ENTRIES: usize = 1_000;
/// Below these a desktop shows the sticks of each person.
const PARENTS: [&str; 2] = ["/media", "/run/media"];

/// A signed file with its bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The plan.
    pub bundle: Bundle,
    /// Its answer.
    pub signed: Signed,
    /// Where the answer lies; none where it is in the store alone.
    pub path: Option<PathBuf>,
}

/// Reads a signed file.
///
/// # Errors
/// [`IS_A_PSBT`], [`NOT_SIGNED`], and those of files and of [`Signed::decode`].
pub fn read_signed(path: &Path) -> Result<Signed> {
    let bytes = files::read(path)?;
    if is_psbt(&bytes) {
        return Err(IS_A_PSBT.error(format!("{} is a PSBT, not a signed file", files::shown(path))));
    }
    let shown = files::shown(path);
    if let Ok(plan) = Bundle::decode(&bytes) {
        let (file, short) = (files::shown(path.file_name().map_or(path, Path::new)), plan.id().short());
        return Err(NOT_SIGNED.error(format!("{shown} is the unsigned bundle {short}")).with_next(format!(
            "Sign it first: carry it to the offline machine, `airlock-offline sign {file}` there, and bring the signed file \
             back. Then `airlock-online broadcast {short}`."
        )));
    }
    Signed::decode(&bytes).map_err(|e| e.at(shown))
}

/// True for a PSBT in bytes, in base64 or in hex (BIP-174).
fn is_psbt(bytes: &[u8]) -> bool {
    [&b"psbt\xff"[..], b"cHNidP", b"70736274ff"].iter().any(|start| bytes.starts_with(start))
}

/// The bundle of this id: in the home folder, else among the bundles beside the signed file.
///
/// # Errors
/// [`NO_BUNDLE`], or where the kept one is damaged.
pub fn find_bundle(signed: &Path, id: &str, home: Option<&Home>) -> Result<Bundle> {
    if let Some(home) = home
        && let Some(bundle) = home.bundle(id)?
    {
        return Ok(bundle);
    }
    let folder = signed.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    with_ending(folder, ".bundle.json")
        .filter_map(|path| Bundle::decode(&files::read(&path).ok()?).ok())
        .find(|bundle| is(bundle.id(), id))
        .ok_or_else(|| {
            NO_BUNDLE
                .error(format!("bundle {} is neither kept nor beside the signed file", Printable::new(id)))
        })
}

/// The signed file at a path, with its bundle.
///
/// # Errors
/// As [`read_signed`] and [`find_bundle`].
pub fn at(path: &Path, home: &Home) -> Result<Located> {
    let signed = read_signed(path)?;
    let bundle = find_bundle(path, &signed.contents().bundle, Some(home))?;
    Ok(Located { bundle, signed, path: Some(path.to_path_buf()) })
}

/// The signed file that answers the bundle with this full or short id: the store's own, else the one in the current
/// folder, beside the kept bundle, or on a stick.
///
/// # Errors
/// [`NO_SIGNED`], [`SEVERAL_SIGNED`], and those of the store.
pub fn by_id(id: &str, media: &[PathBuf], home: &Home, store: &Store) -> Result<Located> {
    let record = store.bundle(id)?;
    if let Some(record) = &record
        && let Some(signed) = &record.signed
    {
        return Ok(Located { bundle: record.bundle.clone(), signed: signed.clone(), path: None });
    }
    let wanted = |signed: &Signed| {
        let answers = &signed.contents().bundle;
        match &record {
            Some(record) => *answers == record.id.to_string(),
            None => {
                *answers == id
                    || airlock::bundle::BundleId::short_of(answers).is_some_and(|s| s == id.to_uppercase())
            }
        }
    };
    let mut folders = vec![PathBuf::from("."), home.folder().join("bundles")];
    folders.extend(if media.is_empty() { sticks() } else { media.to_vec() });
    let mut found: Vec<(PathBuf, Signed)> = Vec::new();
    for path in folders.iter().flat_map(|folder| with_ending(folder, ".signed.json")) {
        let Ok(signed) = read_signed(&path) else { continue };
        if wanted(&signed) && !found.iter().any(|(_, known)| known.id() == signed.id()) {
            found.push((path, signed));
        }
    }
    let shown = Printable::new(id);
    match found.as_slice() {
        [] => {
            let places: Vec<String> = folders.iter().map(|folder| files::shown(folder)).collect();
            Err(NO_SIGNED.error(format!("no signed file of {shown} in the store, {}", places.join(", "))))
        }
        [(path, signed)] => {
            let bundle = match record {
                Some(record) => record.bundle,
                None => find_bundle(path, &signed.contents().bundle, Some(home))?,
            };
            Ok(Located { bundle, signed: signed.clone(), path: Some(path.clone()) })
        }
        several => {
            let names: Vec<String> = several.iter().map(|(path, _)| files::shown(path)).collect();
            Err(SEVERAL_SIGNED.error(format!(
                "{} signed files of {shown}: {}",
                several.len(),
                names.join(", ")
            )))
        }
    }
}

/// Keeps the journal head of a signed file for the next bundles, and says which it is. That it cannot be kept is said
/// too, and keeps nobody from broadcasting.
pub fn keep_head(bundle: &Bundle, signed: &Signed, home: Result<Home>) -> Vec<String> {
    let Some(head) = signed.contents().journal_head else { return Vec::new() };
    let mut lines = vec![format!("journal head {} \"{}\"", head.short(), head.words().join(" "))];
    let kept = home.and_then(|home| home.saw_head(bundle, head));
    lines.extend(kept.err().map(|error| format!("warning: the journal head was not kept: {error}")));
    lines
}

/// Folders in which a desktop shows sticks.
fn sticks() -> Vec<PathBuf> {
    let people = PARENTS.iter().flat_map(|parent| entries(Path::new(parent)));
    people.flat_map(|person| entries(&person).collect::<Vec<_>>()).collect()
}

fn with_ending<'a>(folder: &Path, ending: &'a str) -> impl Iterator<Item = PathBuf> + use<'a> {
    entries(folder).filter(move |path| path.to_string_lossy().ends_with(ending) && path.is_file())
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.take(MOST_ENTRIES).map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use airlock::time::Moment;

    use super::*;

    fn vector(name: &str) -> Vec<u8> {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/broadcast").join(name)).unwrap()
    }

    #[test]
    fn whoever_gives_the_plan_itself_is_told_to_sign_it_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ABCD-rent.bundle.json");
        fs::write(&path, vector("bitcoin.bundle.json")).unwrap();
        let error = read_signed(&path).unwrap_err();
        let short = Bundle::decode(&vector("bitcoin.bundle.json")).unwrap().id().short();
        assert!(error.code() == &NOT_SIGNED && error.what().contains(&short), "{error}");
        for command in
            ["`airlock-offline sign ABCD-rent.bundle.json`", &format!("`airlock-online broadcast {short}`")]
        {
            assert!(error.next().contains(command), "{}", error.next());
        }
        // What is neither keeps its own code.
        fs::write(&path, &vector("bitcoin.bundle.json")[1..]).unwrap();
        assert_ne!(read_signed(&path).unwrap_err().code(), &NOT_SIGNED);
    }

    #[test]
    fn a_signed_file_is_found_by_the_id_of_its_bundle_on_a_stick_and_then_in_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let (home, stick) = (folder.path().join("home"), folder.path().join("stick"));
        let home = Home::find(Some(&home)).unwrap();
        fs::create_dir(&stick).unwrap();
        let store = Store::open(&home).unwrap();
        let bundle = Bundle::decode(&vector("bitcoin.bundle.json")).unwrap();
        let media = [stick.clone()];
        let find = |id: &str| by_id(id, &media, &home, &store);
        let short = bundle.id().short();
        assert_eq!(find(&short).unwrap_err().code(), &NO_SIGNED);
        fs::write(stick.join("other.signed.json"), vector("send.signed.json")).unwrap();
        fs::write(stick.join("torn.signed.json"), &vector("bitcoin.signed.json")[..100]).unwrap();
        assert_eq!(find(&short).unwrap_err().code(), &NO_SIGNED);
        fs::write(stick.join("a.signed.json"), vector("bitcoin.signed.json")).unwrap();
        fs::write(stick.join("copy.signed.json"), vector("bitcoin.signed.json")).unwrap();
        assert_eq!(find(&short).unwrap_err().code(), &NO_BUNDLE, "without the plan it proves nothing");
        fs::write(stick.join("a.bundle.json"), vector("bitcoin.bundle.json")).unwrap();
        assert_eq!(find(&short.to_lowercase()).unwrap().bundle, bundle);
        let found = find(&bundle.id().to_string()).unwrap();
        let transactions = airlock::bundle::verify(&bundle, &found.signed).unwrap();
        let now = Moment::from_unix(1_795_270_000);
        store.plan(&bundle, "send-btc", "", now).unwrap();
        store.record_signed(&bundle, &found.signed, &transactions, now).unwrap();
        fs::remove_dir_all(&stick).unwrap();
        assert_eq!(find(&short).unwrap(), Located { path: None, ..found });
    }
}
