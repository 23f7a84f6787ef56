//! The same coin twice, and a journal that somebody made shorter.

use airlock::bundle::{Bundle, JournalHead, Signed, Spoken};
use airlock_tests::ceremony::{BUNDLE, OfflineMachine, SIGNED, bundle_of, done, text, xrp_and_pair};
use serde_json::{Value, json};

const JOURNAL: &str = "home/journal.jsonl";

/// Another plan out of the same snapshot: the same sequence of the XRP account.
fn second_plan() -> Value {
    json!([{"from": "xrp-cold", "intent": {"send-xrp":
        {"to": "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "tag": 1, "amount": "7"}}}])
}

/// Bitcoin of another account: nothing in common with the others.
fn other_plan() -> Value {
    json!([{"from": "cold", "intent": {"send-bitcoin":
        {"payees": [{"to": "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks", "amount": "0.0003"}]}}}])
}

fn head(bytes: &[u8]) -> JournalHead {
    Signed::decode(bytes).unwrap().contents().journal_head.expect("the head is in every signed file")
}

#[test]
fn warns_of_second_plan_for_same_coin() {
    let machine = OfflineMachine::with_bundle();
    let first = Bundle::decode(&machine.read(BUNDLE).unwrap()).unwrap();
    let words = first.id().words().join(" ");
    let approval = machine.approval(BUNDLE);
    done(&machine.sign(BUNDLE, &approval));
    let signed = machine.read(SIGNED).unwrap();
    // The same bundle again: the same bytes, one record.
    let journal = machine.read(JOURNAL).unwrap();
    std::fs::remove_file(machine.at(SIGNED)).unwrap();
    done(&machine.sign(BUNDLE, &approval));
    assert_eq!(machine.read(SIGNED).unwrap(), signed);
    assert_eq!(machine.read(JOURNAL).unwrap(), journal);
    // Another for the same sequence, and another for the same coin of the pair.
    let same_coin = json!([xrp_and_pair()[1].clone()]);
    for (name, plan, what) in [("B", second_plan(), "sequence r"), ("C", same_coin, "coin ")] {
        let (file, answer) = (format!("{name}.bundle.json"), format!("{name}.signed.json"));
        machine.write(&file, &bundle_of(&plan).encode());
        let approval = machine.approval(&file);
        let sentence = format!("sign in place of {words}");
        let journal = machine.read(JOURNAL).unwrap();
        let refused = machine.sign(&file, &approval);
        let error = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(3), "{error}");
        assert!(error.contains("E-USE-001") && error.contains(what) && error.contains(&words), "{error}");
        assert!(error.contains(&sentence), "{error}");
        for wrong in ["yes", "y", &format!("{sentence} "), &sentence.to_uppercase()] {
            let arguments = ["sign", &file, "--approve", &approval, "--passphrase-file", "passphrase.txt"];
            let refused = machine.run(&[&arguments[..], &["--yes-to", wrong]].concat());
            assert_eq!(refused.status.code(), Some(3), "{wrong}: {}", text(&refused.stderr));
        }
        assert_eq!((machine.read(&answer), machine.read(JOURNAL).unwrap()), (None, journal));
    }
    let approval = machine.approval("B.bundle.json");
    let sentence = format!("sign in place of {words}");
    done(&machine.run(&[
        "sign",
        "B.bundle.json",
        "--approve",
        &approval,
        "--passphrase-file",
        "passphrase.txt",
        "--yes-to",
        &sentence,
    ]));
    assert!(text(&machine.read(JOURNAL).unwrap()).contains(&sentence), "the sentence is in the journal");
}

/// Lines taken away, doubled, swapped or edited are refused by the chain and the seals; a clean cut at the end is what
/// only the head that comes back can show.
#[test]
fn detects_truncated_log() {
    let machine = OfflineMachine::with_bundle();
    done(&machine.sign(BUNDLE, &machine.approval(BUNDLE)));
    let before = machine.read(JOURNAL).unwrap();
    machine.write("B.bundle.json", &bundle_of(&other_plan()).encode());
    done(&machine.sign("B.bundle.json", &machine.approval("B.bundle.json")));
    let whole = machine.read(JOURNAL).unwrap();
    assert!(whole.starts_with(&before) && whole.len() > before.len());
    let last = head(&machine.read("B.signed.json").unwrap());
    // The online half sends back the head that it saw last.
    let mut contents = bundle_of(&json!([{"from": "cold", "intent": {"send-bitcoin":
        {"payees": [{"to": "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks", "amount": "0.0002"}]}}}]))
    .contents()
    .clone();
    machine.write("D.bundle.json", &Bundle::seal(contents.clone()).unwrap().encode());
    contents.journal_head = Some(last);
    machine.write("C.bundle.json", &Bundle::seal(contents).unwrap().encode());
    let approval = machine.approval("C.bundle.json");
    let words = bundle_words(&machine, "B.bundle.json");
    let go_on = format!("sign in place of {words}");
    let sign = |bundle: &str, sentences: &[&str]| {
        let mut all = vec!["sign", bundle, "--approve", &approval, "--passphrase-file", "passphrase.txt"];
        for sentence in sentences {
            all.extend(["--yes-to", sentence]);
        }
        machine.run(&all)
    };
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    assert!(lines.len() >= 4, "{} records", lines.len());
    let without = |index: usize| [&lines[..index], &lines[index + 1..]].concat().concat();
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    let doubled = [&whole[..], lines[lines.len() - 1]].concat();
    let mut torn = whole.clone();
    torn.truncate(whole.len() - 20);
    let edited = text(&whole).replacen("\"number\":2", "\"number\":3", 1).into_bytes();
    assert_ne!(edited, whole);
    // No later record holds the hash of the last one: only its seal can tell.
    let last_line = whole.len() - lines[lines.len() - 1].len();
    let place = text(&whole).rfind("\"txids\":[\"").unwrap() + 10;
    assert!(place > last_line);
    let mut altered = whole.clone();
    altered[place] = if altered[place] == b'0' { b'1' } else { b'0' };
    let mut tried = 0;
    for (what, bytes) in [
        ("the founding taken away", without(0)),
        ("a record taken from the middle", without(1)),
        ("a signing taken from the middle", without(2)),
        ("two records swapped", swapped.concat()),
        ("a record doubled", doubled),
        ("the last line torn", torn),
        ("a number edited", edited),
        ("the last record edited", altered),
        ("emptied", Vec::new()),
    ] {
        machine.write(JOURNAL, &bytes);
        let refused = sign("D.bundle.json", &[&go_on]);
        let error = text(&refused.stderr);
        assert!(!refused.status.success() && error.contains("E-JRNL-"), "{what}: {error}");
        assert_eq!((machine.read("D.signed.json"), machine.read(JOURNAL)), (None, Some(bytes)), "{what}");
        tried += 1;
    }
    std::fs::remove_file(machine.at(JOURNAL)).unwrap();
    let refused = sign("D.bundle.json", &[&go_on]);
    assert!(
        !refused.status.success() && text(&refused.stderr).contains("E-JRNL-"),
        "{}",
        text(&refused.stderr)
    );
    assert_eq!(tried, 9);
    // Rolled back: whole, sealed, and shorter than what the online half has seen.
    machine.write(JOURNAL, &before);
    let refused = sign("C.bundle.json", &[]);
    let error = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(4), "{error}");
    assert!(error.contains("E-JRNL-") && error.contains(&last.short()), "{error}");
    assert_eq!(machine.read("C.signed.json"), None);
    assert_eq!(machine.read(JOURNAL).unwrap(), before);
    // A typed sentence goes on, and stays in the journal.
    let sentence = format!("sign although the journal lost {}", last.short());
    done(&sign("C.bundle.json", &[&sentence]));
    assert!(text(&machine.read(JOURNAL).unwrap()).contains(&sentence));
}

fn bundle_words(machine: &OfflineMachine, file: &str) -> String {
    Bundle::decode(&machine.read(file).unwrap()).unwrap().id().words().join(" ")
}
