//! `docs/ERRORS.md` is generated from the code: `AIRLOCK_BLESS=1 cargo test --test error_document` writes it again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use airlock::{Code, codes, report};
use airlock_tests::workspace_root;

/// Every code with the programs that can print it.
fn all() -> BTreeMap<&'static str, (&'static Code, [bool; 2])> {
    let mut codes = BTreeMap::new();
    for (half, list) in [
        (0, airlock_offline::error::codes().collect::<Vec<_>>()),
        (1, airlock_online::error::codes().collect()),
    ] {
        for code in list {
            let (known, halves) = codes.entry(code.id).or_insert((code, [false; 2]));
            assert_eq!(*known, code, "{} has two meanings", code.id);
            assert!(!halves[half], "{} is listed twice by one program", code.id);
            halves[half] = true;
        }
    }
    codes
}

fn document() -> String {
    let mut text = String::from(
        "# Error codes\n\n\
         Generated from the code; `explain CODE` of either program prints the same. A code never changes its meaning.\n\n\
         Exit codes: 0 done, 1 refused by a rule, 2 bad input, 3 fixable as the message says, 4 environment, 5 a defect.\n",
    );
    let mut area = "";
    for (id, (code, halves)) in all() {
        let (this_area, _) = id.rsplit_once('-').unwrap();
        if this_area != area {
            text.push_str(&format!("\n## {this_area}\n"));
            area = this_area;
        }
        let printed = match halves {
            [true, true] => "both programs",
            [true, false] => "airlock-offline",
            _ => "airlock-online",
        };
        let (exit, class) = (code.exit.code(), report::class(code.exit));
        text.push_str(&format!(
            "\n### {id}\n\n{}\n\nWhat to do: {}\n\nExit code {exit} ({class}); {printed}.\n",
            code.meaning, code.next
        ));
    }
    text
}

#[test]
fn the_document_of_error_codes_is_current() {
    let path = workspace_root().join("docs/ERRORS.md");
    let document = document();
    if std::env::var_os("AIRLOCK_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &document).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == document, "docs/ERRORS.md is not current: run this test with AIRLOCK_BLESS=1");
}

#[test]
fn every_code_in_the_sources_is_registered() {
    let registered: BTreeSet<&str> = all().into_keys().collect();
    let mut found = BTreeSet::new();
    for member in ["shared", "offline", "online"] {
        collect(&workspace_root().join(member).join("src"), &mut found);
    }
    assert!(found.len() > 50, "{}", found.len());
    for id in &found {
        assert!(registered.contains(id.as_str()), "{id} is in the sources and in no list of codes");
    }
}

/// The ids that are declared with `Code::new`.
fn collect(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        for declaration in text.split("Code::new(").skip(1) {
            let id = declaration.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            let id = id.filter(|id| codes::is_well_formed(id) && !id.starts_with("E-TEST-"));
            found.extend(id.map(str::to_owned));
        }
    }
}
