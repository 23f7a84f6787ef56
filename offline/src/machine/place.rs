//! The folder of the program's own files: whose it is, who may look in, and what a crash left there.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Finding, Grade};
use crate::files::{self, UNFINISHED};
use crate::home::Home;

const GROUP_AND_OTHERS: u32 = 0o077;
const WRITING: u32 = 0o022;

/// Whether folder and files belong to the person who runs the program, and to nobody else.
pub fn permissions(home: &Home) -> Finding {
    let name = "home";
    let Ok(folder) = fs::symlink_metadata(home.folder()) else {
        let what = format!("{} does not exist yet", files::shown(home.folder()));
        return Finding { name, grade: Grade::Good, what, next: "" };
    };
    let own = rustix::process::geteuid().as_raw();
    let mut worst = Grade::Good;
    let mut faults = Vec::new();
    let places = [home.vault(), home.accounts(), home.policy(), home.accepted_policy(), home.journal()];
    let found = places.into_iter().filter_map(|path| Some((fs::symlink_metadata(&path).ok()?, path)));
    for (metadata, path) in [(folder, home.folder().to_path_buf())].into_iter().chain(found) {
        if let Some((grade, fault)) = fault(&metadata, own) {
            worst = worst.max(grade);
            faults.push(format!("{} {fault}", files::shown(&path)));
        }
    }
    match faults.is_empty() {
        true => {
            let what = format!("{}: nobody else may read or write it", files::shown(home.folder()));
            Finding { name, grade: worst, what, next: "" }
        }
        false => Finding {
            name,
            grade: worst,
            what: faults.join("; "),
            next: "Make them your own: `chown`, then `chmod 700` for the folder and `chmod 600` for its files.",
        },
    }
}

fn fault(metadata: &Metadata, own: u32) -> Option<(Grade, String)> {
    let mode = metadata.mode() & 0o777;
    if metadata.is_symlink() {
        Some((Grade::Forbids, "is a link".to_owned()))
    } else if metadata.uid() != own {
        Some((Grade::Forbids, format!("belongs to user {}, this is user {own}", metadata.uid())))
    } else if mode & WRITING != 0 {
        Some((Grade::Forbids, format!("can be changed by others (mode {mode:03o})")))
    } else if mode & GROUP_AND_OTHERS != 0 {
        Some((Grade::Warns, format!("can be read by others (mode {mode:03o})")))
    } else {
        None
    }
}

/// Files that were not whole when a run ended, in these folders, sorted: no run reads them.
pub fn leftovers<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Vec<PathBuf> {
    let entries = folders.into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()))
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}
