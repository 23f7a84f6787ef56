//! The product's own code: every source file of a member without what only tests compile.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace_root;

/// The files below a member's `src/`: their paths from the workspace's root and their text without tests.
///
/// # Panics
/// Where a file cannot be read.
pub fn product(member: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    list(&workspace_root().join(member).join("src"), &mut files);
    let read =
        |path: &PathBuf| fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let texts: Vec<(PathBuf, String)> = files.iter().map(|path| (path.clone(), read(path))).collect();
    let tests: BTreeSet<PathBuf> = texts.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    let is_test = |path: &Path| path.ancestors().any(|part| tests.contains(&part.with_extension("")));
    texts
        .into_iter()
        .filter(|(path, _)| !is_test(path))
        .map(|(path, text)| {
            let name = path.strip_prefix(workspace_root()).expect("it lies in the workspace");
            (name.display().to_string(), without_tests(&text))
        })
        .collect()
}

fn list(folder: &Path, into: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            list(&path, into);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            into.push(path);
        }
    }
}

/// Where the modules lie that a file declares for tests alone, without extension.
fn test_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    let stem = path.file_stem().unwrap_or_default();
    let folder = path.parent().expect("a file has a folder");
    let folder =
        if ["lib", "main"].iter().any(|root| stem == *root) { folder.to_owned() } else { folder.join(stem) };
    let lines: Vec<&str> = text.lines().collect();
    let declared =
        lines.windows(2).filter(|pair| pair[0].trim() == "#[cfg(test)]").map(|pair| pair[1].trim());
    declared
        .filter_map(|line| line.strip_suffix(';')?.split("mod ").nth(1))
        .map(|name| folder.join(name))
        .collect()
}

/// A file's text without the items behind `#[cfg(test)]`.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push_str(line);
            kept.push('\n');
            continue;
        }
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let end = format!("{indent}}}");
        let first = lines.next().unwrap_or_default();
        if !first.ends_with(';') && !first.ends_with('}') {
            lines.by_ref().take_while(|line| *line != end).for_each(drop);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_left_out_and_the_rest_stays() {
        let text = "a\n#[cfg(test)]\nmod own;\nb\n    #[cfg(test)]\n    fn one() {\n        x\n    }\nc\n#[cfg(test)]\nmod tests {\n    y\n}\n";
        assert_eq!(without_tests(text), "a\nb\nc\n");
        let modules =
            test_modules(Path::new("src/source.rs"), "#[cfg(test)]\npub(crate) mod memory;\nmod other;\n");
        assert_eq!(modules, [Path::new("src/source/memory")]);
        assert!(product("shared").iter().any(|(name, _)| name == "shared/src/lib.rs"));
        assert!(
            !product("online").iter().any(|(name, _)| name.contains("memory") || name.ends_with("/tests.rs"))
        );
    }
}
