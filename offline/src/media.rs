//! The one new bundle on the stick, looked for one level deep (design.md 10.12).

use std::fs;
use std::path::{Path, PathBuf};

use airlock::Result;

use crate::error::{CANNOT_READ, NO_BUNDLE};
use crate::files;
use crate::sandbox::Access;

/// Most entries of all folders together that are looked at.
pub const MOST_ENTRIES: usize = 1_000;

/// How the names of bundles end.
const ENDING: &str = ".bundle.json";

/// Below these a desktop shows the sticks of each person.
const PARENTS: [&str; 2] = ["/media", "/run/media"];

/// Folders in which the desktop shows sticks, and the current one.
fn usual_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for root in PARENTS {
        for person in entries(Path::new(root)) {
            folders.extend(entries(&person));
        }
    }
    folders.push(PathBuf::from("."));
    folders
}

/// What looking for the one new bundle and writing beside it needs.
pub fn places(folders: &[PathBuf]) -> Vec<(PathBuf, Access)> {
    if !folders.is_empty() {
        return folders.iter().map(|folder| (folder.clone(), Access::Write)).collect();
    }
    let parents = PARENTS.iter().map(|parent| (PathBuf::from(parent), Access::List));
    parents.chain(usual_folders().into_iter().map(|folder| (folder, Access::Write))).collect()
}

/// The one `*.bundle.json` that has no signed file beside it, in `folders` or else in the usual ones.
///
/// # Errors
/// [`NO_BUNDLE`] where there is none or several, which it lists; [`CANNOT_READ`] where a named folder cannot be read.
pub fn find(folders: &[PathBuf]) -> Result<PathBuf> {
    if let Some(absent) = folders.iter().find(|folder| !folder.is_dir()) {
        return Err(CANNOT_READ.error(format!("{} is not a folder", files::shown(absent))));
    }
    let folders = if folders.is_empty() { usual_folders() } else { folders.to_vec() };
    let all = folders.iter().flat_map(|folder| entries(folder)).take(MOST_ENTRIES);
    let (mut found, mut signed): (Vec<PathBuf>, Vec<PathBuf>) =
        all.filter(|path| is_bundle(path)).partition(|path| is_new(path));
    found.sort();
    signed.sort();
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => {
            let places: Vec<_> = folders.iter().map(|folder| place(folder)).collect();
            let signed = match signed.as_slice() {
                [] => String::new(),
                [only] => format!("; {} is signed already", files::shown(only)),
                several => format!("; {} bundles are signed already", several.len()),
            };
            Err(NO_BUNDLE.error(format!("no unsigned bundle in {}{signed}", places.join(", "))))
        }
        several => {
            let names: Vec<_> = several.iter().map(|path| files::shown(path)).collect();
            Err(NO_BUNDLE.error(format!("{} new bundles: {}", several.len(), names.join(", "))))
        }
    }
}

fn place(folder: &Path) -> String {
    if folder == Path::new(".") { "the current folder (.)".to_owned() } else { files::shown(folder) }
}

fn is_bundle(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ENDING))
        && fs::symlink_metadata(path).is_ok_and(|m| m.is_file())
}

fn is_new(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(ENDING).unwrap_or(&name);
    fs::symlink_metadata(files::folder(path).join(format!("{stem}.signed.json"))).is_err()
}

/// What lies in a folder; nothing where it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.take(MOST_ENTRIES).filter_map(|entry| Some(entry.ok()?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_one_new_bundle_and_lists_several() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let find_here = || find(&[folder.path().to_path_buf()]);
        assert_eq!(find_here().unwrap_err().code(), &NO_BUNDLE);
        for name in ["A.bundle.json", "A.signed.json", "B.bundle.json", "notes.txt"] {
            fs::write(at(name), "x").unwrap();
        }
        fs::create_dir(at("C.bundle.json")).unwrap();
        std::os::unix::fs::symlink(at("B.bundle.json"), at("D.bundle.json")).unwrap();
        assert_eq!(find_here().unwrap(), at("B.bundle.json"));
        fs::write(at("E.bundle.json"), "x").unwrap();
        let error = find_here().unwrap_err();
        assert!(error.what().contains("2 new bundles") && error.what().contains("E.bundle.json"), "{error}");
        assert_eq!(find(&[at("absent")]).unwrap_err().code(), &CANNOT_READ);
    }
}
