//! The screens that people read before they say yes, held as text files in `vectors/screens`.
//!
//! `AIRLOCK_BLESS=1` writes them again; what changed is then read in the difference.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use airlock::review::Review;
use airlock_tests::workspace_root;

#[path = "screens/bitcoin_cases.rs"]
mod bitcoin_cases;
#[path = "screens/counterparty_cases.rs"]
mod counterparty_cases;
#[path = "screens/desk.rs"]
mod desk;
#[path = "screens/policy_cases.rs"]
mod policy_cases;
#[path = "screens/scene.rs"]
mod scene;
#[path = "screens/xrp_cases.rs"]
mod xrp_cases;

/// A file's name without its ending, and what it shows.
type Case = (&'static str, fn() -> Review);

fn folder() -> PathBuf {
    workspace_root().join("vectors/screens")
}

static SCREENS: LazyLock<BTreeMap<&str, Review>> = LazyLock::new(|| {
    let mut screens = BTreeMap::new();
    let cases = [bitcoin_cases::CASES, counterparty_cases::CASES, policy_cases::CASES, xrp_cases::CASES];
    for (name, review) in cases.concat() {
        assert!(screens.insert(name, review()).is_none(), "two screens are called {name}");
    }
    screens
});

#[test]
fn every_screen_is_what_its_file_holds_and_no_file_is_left_over() {
    let bless = std::env::var_os("AIRLOCK_BLESS").is_some();
    let mut different = Vec::new();
    for (name, review) in SCREENS.iter() {
        let text = review.screen().join("\n") + "\n";
        let path = folder().join(format!("{name}.txt"));
        if bless {
            std::fs::write(&path, &text).unwrap();
        } else if std::fs::read_to_string(&path).unwrap_or_default() != text {
            different.push(*name);
        }
    }
    assert!(
        different.is_empty(),
        "these differ, look at them with AIRLOCK_BLESS=1 and git diff: {different:?}"
    );
    let files: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let read: BTreeSet<String> = SCREENS.keys().map(|name| format!("{name}.txt")).collect();
    assert_eq!(files, read, "files and screens");
}

#[test]
fn screens_are_plain_and_fit_the_width() {
    for (name, review) in SCREENS.iter() {
        let lines = review.screen();
        assert!(lines[0].starts_with(review.headline().split(' ').next().unwrap()), "{name}");
        for line in &lines {
            assert!(line.len() <= 100 && line.bytes().all(|b| (b' '..=b'~').contains(&b)), "{name}: {line}");
        }
        let approval = format!(": {}", review.approval_text());
        assert!(lines.last().unwrap().ends_with(&approval), "{name}");
    }
}

#[test]
fn each_kind_of_warning_is_on_a_screen() {
    let source = std::fs::read_to_string(workspace_root().join("shared/src/review/warnings.rs")).unwrap();
    let codes: BTreeSet<&str> =
        source.split('"').skip(1).step_by(2).filter(|text| text.starts_with("W-")).collect();
    assert!(codes.len() >= 16, "{codes:?}");
    let shown: BTreeSet<&str> = SCREENS
        .values()
        .flat_map(|review| review.warnings().iter().map(|warning| warning.kind.code()))
        .collect();
    assert_eq!(codes, shown);
}
