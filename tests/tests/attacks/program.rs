//! Attacks on the whole program: its prompts, its vault, its files.

use airlock::bundle::{Artefact, Bundle, Signed};
use airlock::review::refusals::{APPROVAL, FOREIGN_INPUT, UNKNOWN_ACCOUNT};
use airlock_tests::ceremony::{
    BUNDLE, OfflineMachine, PASSPHRASE, SIGNED, bundle_of, done, text, xrp_and_pair,
};
use airlock_tests::person::Person;
use serde_json::json;

/// So many payments that the last pages could go by unread.
fn many_payments() -> Bundle {
    let payees: Vec<_> = (0..40)
        .map(|n| json!({"to": "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks", "amount": format!("0.0000{}", 1000 + n)}))
        .collect();
    bundle_of(&json!([{"from": "cold", "intent": {"send-bitcoin": {"payees": payees}}}]))
}

/// The approval, typed at every page: it counts only where the review has been seen to its end.
#[test]
fn yes_needs_the_last_page() {
    let machine = OfflineMachine::with_vault();
    machine.write(BUNDLE, &many_payments().encode());
    let approval = machine.approval(BUNDLE);
    let question = format!("Type {approval} to approve:");
    let mut person = Person::sits_at(&machine, &["sign", BUNDLE]);
    let first = person.waits_for("-- page 1 of ");
    assert!(!first.contains(&question), "{first}");
    let pages: usize = person.waits_for(" -- Enter").trim_end_matches(" -- Enter").parse().unwrap();
    assert!(pages > 3, "{pages} pages");
    for page in 2..pages {
        person.types(&format!("{approval}\n"));
        let shown = person.waits_for(&format!("-- page {page} of {pages} --"));
        assert!(!shown.contains(&question) && !shown.contains("Passphrase"), "{shown}");
    }
    assert_eq!(machine.read(SIGNED), None);
    person.types(&format!("{approval}\n"));
    let last = person.waits_for(&question);
    assert!(!last.contains("Passphrase"), "{last}");
    person.types(&format!("{approval}\n"));
    person.waits_for("Passphrase: ");
    assert_eq!(machine.read(SIGNED), None);
    person.types(&format!("{PASSPHRASE}\n"));
    person.waits_for("wrote ");
    assert_eq!(person.ends_with(), 0);
    assert!(machine.read(SIGNED).is_some());
}

/// Somebody who holds the keyboard answers every question before it is asked: of all that only the first line counts.
#[test]
fn what_is_typed_ahead_is_forgotten() {
    let machine = OfflineMachine::with_vault();
    machine.write(BUNDLE, &many_payments().encode());
    let approval = machine.approval(BUNDLE);
    let before = machine.files();
    let mut person = Person::sits_at(&machine, &["sign", BUNDLE]);
    person.waits_for("-- page 1 of ");
    let pages: usize = person.waits_for(" -- Enter").trim_end_matches(" -- Enter").parse().unwrap();
    person.types(&format!("{}{approval}\n{PASSPHRASE}\n", "\n".repeat(pages - 1)));
    person.waits_for(&format!("-- page 2 of {pages} -- Enter: next, q: stop "));
    person.types("q\n");
    person.waits_for("stopped at page 2");
    assert_eq!(person.ends_with(), 3);
    assert_eq!(machine.files(), before);
}

#[test]
fn whoever_stops_before_the_last_page_signs_nothing() {
    let machine = OfflineMachine::with_vault();
    machine.write(BUNDLE, &many_payments().encode());
    let before = machine.files();
    let mut person = Person::sits_at(&machine, &["sign", BUNDLE]);
    person.waits_for("-- page 1 of ");
    person.types("\n");
    person.waits_for("-- page 2 of ");
    person.types("q\n");
    person.waits_for("Nothing was signed.");
    assert_eq!(person.ends_with(), 3);
    assert_eq!(machine.files(), before);
}

/// The same words under another BIP-39 passphrase are a wallet too: valid, empty, and not the one of the bundle.
#[test]
fn wrong_passphrase_is_refused_by_fingerprint() {
    let fingerprints = |passphrase: &str| {
        let machine = OfflineMachine::bare();
        machine.write("hidden.txt", format!("{passphrase}\n").as_bytes());
        machine.import(&[
            "--bip39-passphrase-file",
            "hidden.txt",
            "--account",
            "cold=wpkh",
            "--account",
            "legacy=pkh",
            "--account",
            "xrp-cold=xrp",
        ]);
        let export = ["accounts", "export", "--passphrase-file", "passphrase.txt"];
        let greeting = done(&machine.run(&export));
        let fingerprint = greeting.split("fingerprint ").nth(1).unwrap()[..8].to_owned();
        machine.write(BUNDLE, &bundle_of(&xrp_and_pair()).encode());
        (machine, fingerprint)
    };
    let (right, ours) = fingerprints("");
    assert_eq!(ours, "73c5da0a");
    done(&right.sign(BUNDLE, &right.approval(BUNDLE)));
    for wrong in ["TREZOR", " "] {
        let (machine, other) = fingerprints(wrong);
        assert_ne!(ours, other);
        // Refused before the passphrase file is opened: it is not there.
        std::fs::remove_file(machine.at("passphrase.txt")).unwrap();
        for request in xrp_and_pair().as_array().unwrap() {
            machine.write(BUNDLE, &bundle_of(&json!([request])).encode());
            let refused = machine.sign(BUNDLE, "1");
            let error = text(&refused.stderr);
            assert_eq!(refused.status.code(), Some(1), "{error}");
            let is_unknown = [&UNKNOWN_ACCOUNT, &FOREIGN_INPUT].iter().any(|code| error.contains(code.id));
            assert!(is_unknown && !error.contains("passphrase.txt"), "{error}");
            assert_eq!(machine.read(SIGNED), None);
        }
    }
    // A wrong passphrase of the vault opens nothing at all.
    let refused = {
        right.write("passphrase.txt", b"six words are quite enough there\n");
        right.sign(BUNDLE, &right.approval(BUNDLE))
    };
    assert_eq!(refused.status.code(), Some(3), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("E-VAULT-002"));
}

/// The passphrase file does not exist: a run that came as far as the passphrase would say so.
#[test]
fn a_hostile_file_never_comes_to_the_passphrase() {
    let machine = OfflineMachine::with_vault();
    std::fs::remove_file(machine.at("passphrase.txt")).unwrap();
    let honest = bundle_of(&xrp_and_pair());
    machine.write(BUNDLE, &honest.encode());
    let asked = machine.sign(BUNDLE, &machine.approval(BUNDLE));
    assert!(text(&asked.stderr).contains("passphrase.txt"), "{}", text(&asked.stderr));
    let mut thief = honest.contents().clone();
    let Artefact::TxJson(payment) = &mut thief.steps[0].artefact else { panic!("an XRP payment") };
    payment.insert("Amount".to_owned(), json!("5000001"));
    let mut late = honest.contents().clone();
    (late.created, late.expires) = (late.created.minus(80_000), late.created.minus(1));
    let mut cut = honest.encode();
    cut.truncate(cut.len() / 2);
    for (what, bytes, exit) in [
        ("other bytes than the request", Bundle::seal(thief).unwrap().encode(), 1),
        ("expired", Bundle::seal(late).unwrap().encode(), 1),
        ("cut off", cut, 2),
        ("no bundle", b"{}\n".to_vec(), 2),
    ] {
        machine.write(BUNDLE, &bytes);
        for approval in ["5", "1", "y"] {
            let refused = machine.sign(BUNDLE, approval);
            let error = text(&refused.stderr);
            assert_eq!(refused.status.code(), Some(exit), "{what}: {error}");
            // It is the file that is refused, not the answer of the person.
            assert!(!error.contains(APPROVAL.id) && !error.contains("passphrase.txt"), "{what}: {error}");
        }
    }
    assert_eq!(machine.read(SIGNED), None);
}

/// Two machines that never met, each with a vault of its own for the same words.
#[test]
fn two_machines_give_equal_bytes() {
    let bundle = bundle_of(&xrp_and_pair()).encode();
    let sign = || {
        let machine = OfflineMachine::with_vault();
        machine.write(BUNDLE, &bundle);
        done(&machine.sign(BUNDLE, &machine.approval(BUNDLE)));
        let vault = machine.read("home/vault.airlock").unwrap();
        (vault, Signed::decode(&machine.read(SIGNED).unwrap()).unwrap().contents().steps.clone())
    };
    let ((one_vault, one), (other_vault, other)) = (sign(), sign());
    assert_ne!(one_vault, other_vault);
    assert_eq!(one.len(), 3);
    assert_eq!(one, other);
}
