//! `docs/LIMITS.md` says what the code holds.

use airlock::bundle::limits;
use airlock_tests::workspace_root;

#[test]
fn lists_every_limit_with_its_number() {
    let document = std::fs::read_to_string(workspace_root().join("docs/LIMITS.md")).unwrap();
    let source = std::fs::read_to_string(workspace_root().join("shared/src/bundle/limits.rs")).unwrap();
    let constants = [
        ("FILE_BYTES", limits::FILE_BYTES),
        ("STEPS", limits::STEPS),
        ("REQUESTS", limits::REQUESTS),
        ("ASSUMPTIONS", limits::ASSUMPTIONS),
        ("INPUTS", limits::INPUTS),
        ("OUTPUTS", limits::OUTPUTS),
        ("PREVIOUS_TRANSACTION_BYTES", limits::PREVIOUS_TRANSACTION_BYTES),
        ("PREVIOUS_TRANSACTIONS_BYTES", limits::PREVIOUS_TRANSACTIONS_BYTES),
        ("PSBT_PAIRS", limits::PSBT_PAIRS),
        ("PSBT_VALUE_BYTES", limits::PSBT_VALUE_BYTES),
        ("MPMA_ROWS", limits::MPMA_ROWS),
        ("SEND_MEMO_BYTES", limits::SEND_MEMO_BYTES),
        ("MPMA_MEMO_BYTES", limits::MPMA_MEMO_BYTES),
        ("XRPL_MEMO_BYTES", limits::XRPL_MEMO_BYTES),
        ("XRPL_TEXT_CHARACTERS", limits::XRPL_TEXT_CHARACTERS),
        ("TEXT_CHARACTERS", limits::TEXT_CHARACTERS),
        ("WATCH_ACCOUNTS", limits::WATCH_ACCOUNTS),
        ("JOURNAL_BYTES", limits::JOURNAL_BYTES),
        ("JOURNAL_RECORDS", limits::JOURNAL_RECORDS),
        ("POLICY_BYTES", limits::POLICY_BYTES),
        ("LIFE_SECONDS", limits::LIFE_SECONDS as usize),
        ("json::MAX_DEPTH", airlock::json::MAX_DEPTH),
        ("json::MAX_VALUES", airlock::json::MAX_VALUES),
        ("json::MAX_OBJECTS", airlock::json::MAX_OBJECTS),
    ];
    assert_eq!(
        source.matches("pub const ").count() + 3,
        constants.len(),
        "a limit is missing from this test"
    );
    for (name, value) in constants {
        let row = document.lines().find(|line| line.contains(&format!("`{name}`")));
        let row = row.unwrap_or_else(|| panic!("{name} is not in docs/LIMITS.md"));
        assert!(row.contains(&format!("| {value} ")), "docs/LIMITS.md does not say {value} for {name}");
    }
}

#[test]
fn lists_the_limits_of_qr_codes_with_their_numbers() {
    let document = std::fs::read_to_string(workspace_root().join("docs/LIMITS.md")).unwrap();
    let constants = [
        ("qr::PLAIN_BYTES", airlock::qr::PLAIN_BYTES),
        ("qr::FRAME_CHARACTERS", airlock::qr::FRAME_CHARACTERS),
        ("qr::UR_PARTS", airlock::qr::UR_PARTS as usize),
        ("qr::BBQR_PARTS", airlock::qr::BBQR_PARTS as usize),
        ("reel::FRAMES", airlock_qr::reel::FRAMES as usize),
        ("gray::PIXELS", airlock_qr::gray::PIXELS),
        ("source::picture::FILE_BYTES", airlock_qr::source::picture::FILE_BYTES),
        ("source::folder::FILES", airlock_qr::source::folder::FILES),
    ];
    for (name, value) in constants {
        let row = document.lines().find(|line| line.contains(&format!("`{name}`")));
        let row = row.unwrap_or_else(|| panic!("{name} is not in docs/LIMITS.md"));
        assert!(row.contains(&format!("| {value} ")), "docs/LIMITS.md does not say {value} for {name}");
    }
}
