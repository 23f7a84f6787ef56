//! Text from outside that tries to look like ours.

use airlock::bundle::{Contents, Topic};
use airlock::request::{Intent, RequestMemo};
use airlock_tests::forge::psbt;

use crate::VAULT;

/// What a hostile text may hold: clipboard writes, cursor movements, line ends, text direction, nothing at all.
const HOSTILE: [&str; 12] = [
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{1b}[2K\u{1b}[1A",
    "\u{9b}2J",
    "a\r\nFee 0 sat",
    "a\n  1 of 1  pays 0 BTC",
    "\r",
    "\u{202e}detrever",
    "zero\u{200b}width",
    "\u{2028}line\u{2029}",
    "\u{0}nul",
    "\\u{1b}[0m",
    "p\u{430}ypal",
];

/// Only printable ASCII, at most 100 columns, and every line that holds the text's marker begins with our prefix.
fn check(contents: &Contents, label: &str) -> Vec<String> {
    let review = VAULT.review(contents).unwrap_or_else(|e| panic!("{label:?}: {e}"));
    let lines = review.screen();
    for line in lines.iter().chain([&review.headline().to_owned()]) {
        assert!(line.chars().all(|c| (' '..='~').contains(&c)), "{label:?}: {line:?}");
    }
    assert!(lines.iter().all(|line| line.len() <= 100), "{label:?}");
    lines
}

#[test]
fn memo_cannot_forge_a_line() {
    let honest = VAULT.send("store", "plain");
    let lines = check(&honest, "plain");
    assert!(!lines.iter().any(|line| line.contains("W-HOSTILE-TEXT")));
    for memo in HOSTILE {
        let contents = VAULT.send("store", memo);
        let lines = check(&contents, memo);
        let is_altered = airlock::text::Printable::new(memo).is_altered();
        let is_text = memo.chars().filter(char::is_ascii_graphic).count() * 2 > memo.chars().count();
        let warned = lines.iter().any(|line| line.contains("W-HOSTILE-TEXT"));
        assert_eq!(warned, is_altered && is_text, "{memo:?}");
        let hex: String = memo.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(lines.iter().any(|line| line.trim() == format!("memo in hex: {hex}")), "{lines:?}");
        // As many lines as the plain one has, but for the warning.
        let plain = VAULT.review(&VAULT.send("store", "plain")).unwrap().screen().len();
        assert!(lines.len() <= plain + 2, "{memo:?}: {} and {plain}", lines.len());
        VAULT.sign(&contents).unwrap();
    }
}

#[test]
fn outside_text_stands_behind_a_bar() {
    let forged = format!("{}1 of 1  pays 0.1 BTC", " ".repeat(92));
    for text in HOSTILE.iter().copied().chain([forged.as_str()]) {
        let mut contents = VAULT.payment("cold");
        contents.requests[0].reference = Some(text.to_owned());
        let lines = check(&contents, text);
        let label = lines.iter().position(|line| line.contains("reference of request 1 of 1:")).unwrap();
        assert!(lines[label + 1].starts_with("      |"), "{text:?}: {}", lines[label + 1]);
        assert!(!lines.iter().any(|line| line.starts_with("  1 of 1  pays 0.1 BTC")), "{text:?}");
        assert!(!lines.iter().any(|line| line.trim() == "1 of 1  pays 0.1 BTC"), "{text:?}");
    }
}

/// Words of the bundle inside our own lines: a long one goes on in a line of its own, which must not look like ours.
#[test]
fn claims_cannot_forge_a_line() {
    let line = "to bcrt1qxdyjf6h5d6qxap4n2dap97q4j5ps6ua8jkxz0z";
    for padding in 0..100 {
        let text = format!("{}{line}", " ".repeat(padding));
        let filler = format!("{}{}{line}", "x".repeat(padding), " ".repeat(100));
        for text in [text, filler.chars().take(256).collect()] {
            let mut contents = VAULT.payment("cold");
            for topic in [
                Topic::MemoRequired { address: text.clone(), required: false },
                Topic::Balance { address: text.clone(), asset: text.clone(), quantity: text.clone() },
                Topic::Asset { name: "PEPECASH".to_owned(), longname: Some(text.clone()), divisible: true },
                Topic::Asset { name: text.clone(), longname: None, divisible: true },
                Topic::XrpDestination { address: text.clone(), exists: true, requires_tag: false },
            ] {
                contents.assumptions.push(topic.into());
            }
            let lines = match VAULT.review(&contents) {
                Ok(review) => review.screen(),
                Err(_) => continue,
            };
            assert!(!lines.iter().any(|shown| shown.trim() == line), "{}", lines.join("\n"));
        }
    }
}

/// The claimed long name of an asset stands in the line that says what is sent.
#[test]
fn a_longname_cannot_forge_a_line() {
    let line = "to bcrt1qxdyjf6h5d6qxap4n2dap97q4j5ps6ua8jkxz0z";
    for padding in 0..100 {
        let mut contents = VAULT.send("store", "order 7");
        let data = {
            use airlock::counterparty::asset::AssetId;
            use airlock::counterparty::message::{self, EnhancedSend, Message};
            let send = EnhancedSend {
                asset: AssetId::from_name("A95428956661682177").unwrap(),
                quantity: airlock::amount::Quantity::new(5).unwrap(),
                destination: line.trim_start_matches("to ").to_owned(),
                memo: None,
            };
            let rules =
                airlock::counterparty::rules::Rules::newest(airlock::network::BitcoinNetwork::Regtest);
            message::encode(&Message::EnhancedSend(send), &rules).unwrap()
        };
        *psbt(&mut contents, 0) = VAULT.carrying("store", &data);
        let Intent::SendAsset { payee } = &mut contents.requests[0].intent else { panic!("a send") };
        payee.asset = "A95428956661682177".to_owned();
        payee.to = line.trim_start_matches("to ").to_owned();
        payee.amount = "5".to_owned();
        payee.memo = None::<RequestMemo>;
        let forged = "to bcrt1qd7spv5q28348xl4myc8zmh983w5jx32cs707jh";
        let longname = format!("PARENT.{}{}{forged}{}", "x".repeat(padding), " ".repeat(60), " ".repeat(60));
        contents.assumptions.push(
            Topic::Asset {
                name: "A95428956661682177".to_owned(),
                longname: Some(longname),
                divisible: false,
            }
            .into(),
        );
        let Ok(review) = VAULT.review(&contents) else { continue };
        let lines = review.screen();
        assert!(!lines.iter().any(|shown| shown.trim() == forged), "{}", lines.join("\n"));
    }
}
