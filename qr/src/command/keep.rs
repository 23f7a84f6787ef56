//! What arrived becomes a file: under a name by what it is, and never over another file.

use std::fs;
use std::path::{Path, PathBuf};

use airlock::Result;
use serde_json::json;

use super::{Content, Files, Outcome, Received, shown};

/// Most names that are tried for one file.
const NAMES: u32 = 99;

/// Writes what arrived: into the folder `out`, as the file `out`, or into the current folder. Gives its path.
///
/// # Errors
/// Those of the half's files: a file of this name that says something else stays as it is.
pub fn keep(received: Received, out: Option<&Path>, files: &dyn Files) -> Result<(PathBuf, Outcome)> {
    let Received { payload, frames, millis, beside } = received;
    let content = Content::of(payload);
    let path = match out {
        Some(path) if !is_folder(path) => path.to_path_buf(),
        Some(folder) => free(&folder.join(&content.name), &content.bytes, files),
        None => free(Path::new(&content.name), &content.bytes, files),
    };
    files.write_new(&path, &content.bytes)?;
    let (file, bytes) = (shown(&path), content.bytes.len());
    let codes = if frames == 1 { "1 code".to_owned() } else { format!("{frames} codes") };
    let mut lines = vec![format!("wrote {file}   {}", content.what), format!("{bytes} bytes from {codes}")];
    let mut json = json!({ "file": file, "what": content.what, "bytes": bytes, "codes": frames, "milliseconds": u64::try_from(millis).unwrap_or(u64::MAX) });
    if let (Some(beside), Some(members)) = (beside, json.as_object_mut()) {
        members.insert("warning".to_owned(), beside.as_str().into());
        lines.push(format!("warning: {beside}"));
    }
    Ok((path, Outcome { lines, json }))
}

/// True for an existing folder, and for a path that is written as one.
pub(super) fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// The first of `a.psbt`, `a-2.psbt`, … that is not there or holds the same bytes.
fn free(path: &Path, bytes: &[u8], files: &dyn Files) -> PathBuf {
    let is_free = |path: &Path| {
        fs::symlink_metadata(path).is_err() || files.read(path).is_ok_and(|found| found == bytes)
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (stem, endings) = name.split_once('.').unwrap_or((&name, ""));
    let numbered = (2..=NAMES).map(|number| path.with_file_name(format!("{stem}-{number}.{endings}")));
    let mut names = core::iter::once(path.to_path_buf()).chain(numbered);
    names.find(|path| is_free(path)).unwrap_or_else(|| path.to_path_buf())
}
