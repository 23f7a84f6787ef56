//! Nothing is promised twice: what bundles under way send is not free, until the ledger has taken it off; and bitcoin is not
//! taken from where assets need it.

use airlock::bundle::Spoken;
use airlock_tests::online::{OnlineMachine, PAYEE, XRP_PAYEE};
use serde_json::Value;

const PARTS: [&str; 3] = ["free", "in flight", "total"];
const OTHER: &str = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";

/// `legacy` has 75 XCP and three coins, all on one address.
fn xcp<'a>(to: &'a str, amount: &'a str) -> [&'a str; 8] {
    ["send", "xcp", "--from", "legacy", "--to", to, "--amount", amount]
}

fn xrp(amount: &str) -> [&str; 10] {
    ["send", "xrp", "--from", "xrp-cold", "--to", XRP_PAYEE, "--amount", amount, "--tag", "7"]
}

fn btc(amount: &str) -> [&str; 8] {
    ["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", amount]
}

/// Plans, signs and hands over; the short id.
fn sent(machine: &OnlineMachine, command: &[&str]) -> String {
    let (bundle, path) = machine.plan(command);
    let (_, file) = machine.sign(&bundle, &path);
    machine.json(&["broadcast", file.to_str().unwrap(), "--wait", "seen"]);
    bundle.id().short()
}

#[track_caller]
fn refused(machine: &OnlineMachine, command: &[&str], parts: &[&str]) {
    let before = machine.files(".bundle.json");
    let (code, said) = machine.refused(command);
    assert_eq!(code, 1, "{said}");
    for part in parts {
        assert!(said.contains(part), "'{part}' is not in: {said}");
    }
    assert_eq!(machine.files(".bundle.json"), before);
}

/// What `balances` says of the parts of an asset in all tiers, in units.
fn parts<const N: usize>(machine: &OnlineMachine, asset: &str, parts: [&str; N]) -> [Option<String>; N] {
    let told = machine.json(&["balances"]);
    let rows = told["totals"].as_array().unwrap();
    let row = |part: &str| rows.iter().find(|row| row["asset"] == asset && row["part"] == part);
    parts.map(|part| row(part).map(|row| row["amount"].as_str().unwrap().to_owned()))
}

fn xcp_parts(machine: &OnlineMachine) -> [Option<String>; 3] {
    // Else the XRP Ledger would grow old on a busy machine.
    machine.world.close();
    parts(machine, "XCP", PARTS)
}

fn amounts(amounts: [&str; 3]) -> [Option<String>; 3] {
    amounts.map(|amount| Some(amount.to_owned()).filter(|amount| !amount.is_empty()))
}

#[test]
fn assets_under_way_are_not_sent_again_until_the_ledger_has_taken_them_off() {
    let machine = OnlineMachine::funded();
    assert_eq!(xcp_parts(&machine), amounts(["", "", "325"]), "one part alone is not told apart");
    let first = sent(&machine, &xcp(PAYEE, "50"));
    let held = format!("50 XCP with bundle {first}");
    refused(&machine, &xcp(OTHER, "25.00000001"), &["E-TWICE-003", "holds 75 XCP", &held, "25 XCP are free"]);
    assert_eq!(xcp_parts(&machine), amounts(["275", "50", "325"]));
    // The rest is free, and its bundle is the same from its own snapshot.
    let planned = machine.json(&xcp(OTHER, "25"));
    assert_eq!(planned["facts"]["under_way"][0]["bundle"], first.as_str());
    let file = planned["file"].as_str().unwrap();
    let bytes = std::fs::read(machine.at(file)).unwrap();
    std::fs::remove_file(machine.at(file)).unwrap();
    let snapshot = planned["snapshot"].as_str().unwrap();
    let again = machine.json(&[&xcp(OTHER, "25")[..], &["--snapshot", snapshot]].concat());
    assert_eq!((&again["id"], again["new"].as_bool()), (&planned["id"], Some(false)));
    assert_eq!(std::fs::read(machine.at(file)).unwrap(), bytes);

    // A block comes. Nobody has looked at the bundle since, and the ledger has taken it off.
    machine.world.mine();
    assert_eq!(xcp_parts(&machine), amounts(["", "", "275"]));
    let (code, said) = machine.refused(&xcp(OTHER, "25.00000001"));
    assert!(code == 3 && said.contains("E-PLAN-030") && said.contains("25 XCP at"), "{code} {said}");
    // The block goes again: what it sends is promised as before, also when it was final.
    machine.json(&["status"]);
    machine.world.with(|truth| truth.blocks.reorganize(1));
    refused(&machine, &xcp(OTHER, "30"), &["E-TWICE-003", "holds 75 XCP", &held, "25 XCP are free"]);
}

#[test]
fn xrp_under_way_is_not_sent_again_until_a_validated_ledger_holds_it() {
    let machine = OnlineMachine::funded();
    let first = sent(&machine, &xrp("80000"));
    let held = format!("80,000.005 XRP with bundle {first}");
    refused(&machine, &xrp("20000"), &["E-TWICE-003", "holds 90,000 XRP", &held, "reserve"]);
    let told = parts(&machine, "XRP", ["reserve", "free", "in flight", "total"]);
    let reserve: u64 = told[0].as_ref().unwrap().parse().unwrap();
    let free = format!("{}.995", 9_999 - reserve);
    assert_eq!(told[1..], amounts([&free, "80000.005", "90000"]));
    machine.world.close();
    assert_eq!(parts(&machine, "XRP", PARTS), amounts([&free, "", "9999.995"]));
}

#[test]
fn bitcoin_in_flight_is_shown_though_the_node_lists_its_coin_no_more() {
    let machine = OnlineMachine::funded();
    let [before] = parts(&machine, "BTC", ["total"]);
    sent(&machine, &btc("0.1"));
    machine.world.close();
    let [_, in_flight, total] = parts(&machine, "BTC", PARTS);
    assert_eq!((in_flight.as_deref(), total), (Some("0.5"), before));
    machine.world.mine();
    machine.world.close();
    assert_eq!(parts(&machine, "BTC", ["in flight"]), [None], "the change is there as a coin");
}

#[test]
fn bitcoin_for_the_next_send_of_an_asset_stays_where_the_asset_is() {
    let machine = OnlineMachine::funded();
    let last = "last of its bitcoin";
    // 0.5 BTC stand beside the assets, 0.01 and 0.003 elsewhere.
    let planned = machine.json(&btc("0.005"));
    let warned = |planned: &Value| planned["warnings"].to_string().contains(last);
    assert!(!warned(&planned), "{planned}");
    sent(&machine, &btc("0.006"));
    sent(&machine, &["send", "xcp", "--from", "cold", "--to", PAYEE, "--amount", "1"]);
    machine.world.mine();
    // Nothing else suffices.
    let needed = machine.json(&btc("0.2"));
    assert!(warned(&needed) && needed["warnings"].to_string().contains(&machine.address("cold")), "{needed}");
}
