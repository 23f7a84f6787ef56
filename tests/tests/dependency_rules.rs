//! The direction rules: offline → shared ← online, no network crate offline, no I/O in shared.

use std::collections::BTreeSet;
use std::process::Command;

use airlock_tests::sources::product;
use airlock_tests::workspace_root;

/// The names of all crates that a member's normal dependencies bring, itself left out.
fn tree(member: &str) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "tree",
            "--locked",
            "--offline",
            "-p",
            member,
            "-e",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{lib}",
        ])
        .current_dir(workspace_root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let own = member.replace('-', "_");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).filter(|name| *name != own).collect()
}

#[test]
fn shared_depends_on_no_member() {
    let crates = tree("airlock");
    assert!(
        crates.contains("bitcoin") && !crates.iter().any(|name| name.starts_with("airlock")),
        "{crates:?}"
    );
}

#[test]
fn the_halves_depend_on_shared_and_not_on_each_other() {
    for (member, other) in [("airlock-offline", "airlock_online"), ("airlock-online", "airlock_offline")] {
        let crates = tree(member);
        assert!(
            crates.contains("airlock") && !crates.contains(other) && !crates.contains("airlock_tests"),
            "{member}"
        );
    }
}

#[test]
fn the_offline_half_and_shared_contain_no_network_crate() {
    const NETWORK: [&str; 18] = [
        "tokio",
        "reqwest",
        "ureq",
        "hyper",
        "socket2",
        "rustls",
        "mio",
        "curl",
        "openssl",
        "async_std",
        "smol",
        "quinn",
        "h2",
        "native_tls",
        "trust_dns_resolver",
        "hickory_resolver",
        "tungstenite",
        "isahc",
    ];
    for member in ["airlock", "airlock-offline"] {
        let crates = tree(member);
        let found: Vec<_> = NETWORK.iter().filter(|name| crates.contains(**name)).collect();
        assert!(found.is_empty(), "{member} contains {found:?}");
    }
}

#[test]
fn no_test_oracle_is_in_a_product() {
    for member in ["airlock", "airlock-offline", "airlock-online"] {
        let crates = tree(member);
        for oracle in ["ripple_keypairs", "xrpl", "bitcoinconsensus", "bitcoinkernel", "proptest"] {
            assert!(!crates.contains(oracle), "{member} contains {oracle}");
        }
    }
}

/// Every Rust source file of the product members.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &std::path::Path, into: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(workspace_root()).unwrap().display().to_string();
                into.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    for member in ["shared", "qr", "offline", "online"] {
        walk(&workspace_root().join(member).join("src"), &mut found);
    }
    found
}

/// Lines of code: no blank lines, no comments, nothing of the tests that stand at the end of a file.
fn code_lines(text: &str) -> usize {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

#[test]
fn files_stay_small_enough_to_be_held_in_the_head() {
    let mut counts: Vec<(usize, String)> = sources()
        .into_iter()
        .filter(|(name, _)| !name.ends_with("tests.rs") && !name.ends_with("words.rs"))
        .map(|(name, text)| (code_lines(&text), name))
        .collect();
    counts.sort();
    let at = |share: usize| counts[(counts.len() - 1) * share / 100].0;
    let (largest, name) = counts.last().unwrap();
    println!(
        "code lines per file: {} files, median {}, p90 {}, max {largest} ({name})",
        counts.len(),
        at(50),
        at(90)
    );
    assert!(
        at(50) <= 150 && at(90) <= 400 && *largest <= 600,
        "median {}, p90 {}, max {largest} in {name}",
        at(50),
        at(90)
    );
}

#[test]
fn main_files_are_thin() {
    for (name, text) in sources() {
        if name.ends_with("src/main.rs") {
            assert!(text.lines().count() < 60, "{name} has {} lines", text.lines().count());
        }
    }
}

#[test]
fn product_code_reads_no_vectors() {
    for (name, text) in ["shared", "qr", "offline", "online"].into_iter().flat_map(product) {
        let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        assert!(!code.any(|line| line.contains("vectors/")), "{name} names a vector file");
    }
}
