//! Two of a kind beside each other: servers that disagree, and processes that plan at the same moment.

use std::fs;
use std::process::{Command, Stdio};

use airlock_tests::ceremony::text;
use airlock_tests::online::{OnlineMachine, PAYEE, XRP_PAYEE};
use airlock_tests::programs::programs;
use serde_json::json;

/// Another balance of XCP than the first server tells.
const OTHER: u64 = 7;

#[test]
fn of_two_counterparty_servers_each_is_named_with_what_it_says() {
    let machine = OnlineMachine::funded();
    let cold = machine.address("cold");
    let address = cold.clone();
    let second = machine.world.another_ledger(move |received, honest| {
        if !received.target.contains("addresses/balances") {
            return honest;
        }
        honest.edited(|body| {
            for row in body["result"].as_array_mut().into_iter().flatten().filter(|row| row["asset"] == "XCP")
            {
                let parts = row["addresses"].as_array_mut().into_iter().flatten();
                for part in parts.filter(|part| part["address"] == address.as_str()) {
                    part["quantity"] = json!(OTHER);
                }
                let left =
                    row["addresses"].as_array().into_iter().flatten().filter_map(|p| p["quantity"].as_u64());
                row["total"] = json!(left.sum::<u64>());
            }
        })
    });
    let path = machine.home().join("airlock.toml");
    let honest = fs::read_to_string(&path).unwrap();
    let (first, second) = (machine.world.ledger.url(), second.url());
    let send = ["send", "xcp", "--from", "cold", "--to", PAYEE, "--amount", "12.5"];
    let server = |url: &str| format!("[[counterparty.server]]\nurl = \"{url}\"\n");
    for (one, other, told) in
        [(&first, &second, (25_000_000_000, OTHER)), (&second, &first, (OTHER, 25_000_000_000))]
    {
        let both = honest.replace(&server(&first), &(server(one) + &server(other)));
        fs::write(&path, both).unwrap();
        let (code, said) = machine.refused(&send);
        assert!(code == 1 && said.contains("E-LIVE-009"), "{said}");
        let host = |url: &str| url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let (ours, theirs) = said
            .split_once(" base units of XCP at ")
            .and_then(|(before, behind)| {
                let (ours, theirs) = behind.split_once(" and ")?;
                Some((format!("{before} at {ours}"), theirs.to_owned()))
            })
            .unwrap_or_else(|| panic!("{said}"));
        assert!(
            ours.contains(&format!("{cold} holds {} at ", told.0)) && ours.contains(&host(one)),
            "{said}"
        );
        assert!(theirs.starts_with(&format!("{} at ", told.1)) && theirs.contains(&host(other)), "{said}");
        assert!(machine.files(".bundle.json").is_empty());
    }
}

#[test]
fn of_two_processes_that_plan_one_withdrawal_one_does() {
    let machine = OnlineMachine::funded();
    for round in 0..5 {
        machine.world.close();
        let before = machine.files(".bundle.json").len();
        let reference = format!("withdrawal {round}");
        // Other amounts make them other bundles, with one reference.
        let begun = ["5", "6", "7", "8"].map(|amount| {
            Command::new(&programs().online)
                .args(["--home", "home", "send", "xrp", "--from", "xrp-cold", "--to", XRP_PAYEE])
                .args(["--tag", "7", "--amount", amount, "--reference", &reference])
                .current_dir(machine.folder())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        });
        let ended = begun.map(|child| child.wait_with_output().unwrap());
        let said: Vec<String> = ended.iter().map(|output| text(&output.stderr)).collect();
        let planned = ended.iter().filter(|output| output.status.success()).count();
        let refused = said.iter().filter(|said| said.contains("E-TWICE-001")).count();
        assert_eq!((planned, refused), (1, 3), "{said:?}");
        assert_eq!(machine.files(".bundle.json").len(), before + 1);
    }
}
