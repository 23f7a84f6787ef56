//! What people stumbled over: each is told what is wrong where they stand, and what to type.

use std::ffi::OsString;
use std::fs;

use airlock::bundle::{Bundle, Spoken};
use airlock_online::Streams;
use airlock_tests::ceremony::{BUNDLE, OfflineMachine, done, text};
use airlock_tests::online::{OnlineMachine, PAYEE, XRP_PAYEE};
use airlock_tests::person::Person;
use bitcoin::hashes::{Hash, hash160};
use bitcoin::{Address, Network, WPubkeyHash};

const SEND_BTC: [&str; 8] = ["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", "0.1"];

#[test]
fn a_name_of_another_chain_is_told_with_what_stands_behind_it() {
    let machine = OnlineMachine::funded();
    done(&machine.run(&["book", "add", "kraken", XRP_PAYEE, "--tag", "1234567"]));
    done(&machine.run(&["book", "add", "partner", PAYEE]));
    let of_xrp =
        ["E-BOOK-006", "the only entry 'kraken' is for XRP", XRP_PAYEE, "tag 1234567", "book add kraken-2"];
    let of_bitcoin = ["E-BOOK-006", "the only entry 'partner' is for Bitcoin and Counterparty", PAYEE];
    for (send, parts) in [
        (&["xcp", "--from", "cold", "--to", "kraken", "--amount", "1"], &of_xrp[..]),
        (&["btc", "--from", "cold", "--to", "kraken", "--amount", "1"], &of_xrp),
        (&["xrp", "--from", "cold", "--to", "partner", "--amount", "1"], &of_bitcoin),
    ] {
        let (code, said) = machine.refused(&[&["send"], &send[..]].concat());
        assert_eq!(code, 3, "{said}");
        for part in parts {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    machine.plan(&["send", "btc", "--from", "cold", "--to", "partner", "--amount", "0.1"]);
}

/// Bitcoin addresses of nobody, one for each number.
fn nobody(number: u32) -> String {
    let hash = WPubkeyHash::from_raw_hash(hash160::Hash::hash(&number.to_be_bytes()));
    let script = bitcoin::ScriptBuf::new_p2wpkh(&hash);
    Address::from_script(&script, Network::Regtest).unwrap().to_string()
}

#[test]
fn a_payout_to_oneself_is_named_by_its_row_its_payee_and_its_amount() {
    let machine = OnlineMachine::funded();
    let (cold, legacy) = (machine.address("cold"), machine.address("legacy"));
    let list =
        format!("asset,destination,amount\nXCP,{},1\nXCP,{cold},0.25\nXCP,{},1\n", nobody(1), nobody(2));
    fs::write(machine.at("few.csv"), list).unwrap();
    let (code, said) = machine.refused(&["payouts", "few.csv", "--from", "cold"]);
    let told = format!("E-PLAN-020 row 2: 0.25 XCP to {cold}, which is the paying address itself");
    assert!(code == 2 && said.contains(&told), "{said}");
    // In the second batch of a long list the row is still that of the list.
    let rows = (1..=1_001).map(|row| {
        let to = if row == 700 { legacy.clone() } else { nobody(row) };
        format!("XCP,{to},0.001\n")
    });
    let list = format!("asset,destination,amount\n{}", rows.collect::<String>());
    fs::write(machine.at("many.csv"), list).unwrap();
    let (_, said) = machine.refused(&["payouts", "many.csv", "--from", "legacy"]);
    assert!(said.contains(&format!("E-PLAN-020 row 700: 0.001 XCP to {legacy}")), "{said}");
    let own = ["send", "btc", "--from", "cold", "--to", &cold, "--amount", "0.0004"];
    let (_, said) = machine.refused(&own);
    assert!(
        said.contains(&format!(
            "0.0004 BTC (40000 sat) to {cold}, which belongs to the paying account 'cold'"
        )),
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_list_of_requests_is_answered_with_an_example() {
    let machine = OnlineMachine::funded();
    let good = format!(
        "{{\"from\":\"cold\",\"intent\":{{\"send-xrp\":{{\"to\":\"{XRP_PAYEE}\",\"tag\":1,\"amount\":\"5\"}}}}}}"
    );
    for (content, told) in [
        ("{}".to_owned(), "r.json holds a JSON object, not a list of them"),
        (good.clone(), "r.json holds a JSON object, not a list of them"),
        ("[]".to_owned(), "r.json holds an empty list"),
        ("7".to_owned(), "r.json holds no list"),
        (format!("[{good},{{}}]"), "request 2: missing field `from`"),
        (format!("[{}]", good.replace("send-xrp", "send-doge")), "request 1: unknown variant `send-doge`"),
    ] {
        fs::write(machine.at("r.json"), &content).unwrap();
        for command in [&["snapshot", "--for", "r.json", "--out", "s.json"][..], &["plan", "r.json"]] {
            let (code, said) = machine.refused(command);
            assert!(code == 2 && said.contains("E-ONARG-004") && said.contains(told), "{content}: {said}");
            assert!(said.contains("[{\"from\":\"cold\",\"intent\":{\"send-xrp\":"), "an example: {said}");
        }
    }
    fs::write(machine.at("r.json"), format!("[{good}]")).unwrap();
    done(&machine.run(&["snapshot", "--for", "r.json", "--out", "s.json"]));
}

#[test]
fn an_airlock_toml_that_is_there_is_told_without_options_that_init_lacks() {
    let machine = OnlineMachine::funded();
    let before = fs::read(machine.home().join("airlock.toml")).unwrap();
    let (code, said) = machine.refused(&["init"]);
    assert!(code == 3 && said.contains("E-ONFILE-003") && said.contains("init --show"), "{said}");
    assert!(!said.contains("--out"), "{said}");
    assert_eq!(fs::read(machine.home().join("airlock.toml")).unwrap(), before);
}

#[test]
fn what_comes_after_signing_is_what_the_readme_says() {
    let signer = OfflineMachine::with_bundle();
    let bundle = Bundle::decode(&signer.read(BUNDLE).unwrap()).unwrap();
    let approval = signer.approval(BUNDLE);
    let said = done(&signer.sign(BUNDLE, &approval));
    let next = format!("Next, on the online machine: airlock-online broadcast {}\n", bundle.id().short());
    assert!(said.contains(&next), "{said}");
    let readme = fs::read_to_string(airlock_tests::workspace_root().join("README.md")).unwrap();
    assert!(readme.contains("online  $ airlock-online broadcast PD2A"), "the same there");

    // As codes it comes out of no stick.
    let quoted = format!("'{approval}'");
    let sign = ["sign", BUNDLE, "--approve", &quoted, "--passphrase-file", "passphrase.txt", "--qr"];
    let mut person = Person::sits_at(&signer, &sign);
    person.waits_for("Next, on the online machine: airlock-online broadcast --from-qr");
    person.waits_for("hold all");
    person.types("q");
    assert_eq!(person.ends_with(), 0);
}

#[test]
fn what_comes_after_an_export_is_where_it_went() {
    let signer = OfflineMachine::with_vault();
    let export = ["accounts", "export", "--passphrase-file", "passphrase.txt"];
    let mut person = Person::sits_at(&signer, &[&export[..], &["--qr"]].concat());
    person.waits_for("Next, on the online machine: airlock-online accounts import --from-qr");
    person.waits_for("hold all");
    person.types("q");
    assert_eq!(person.ends_with(), 0);
    let said = done(&signer.run(&export));
    assert!(said.contains("airlock-online accounts import watch.json\n"), "{said}");
}

/// Runs in this process, where a person sits at the terminal and types.
fn typed(machine: &OnlineMachine, arguments: &[&str], line: &str) -> (u8, String) {
    let all = ["airlock-online", "--home"].map(OsString::from).into_iter();
    let all = all.chain([machine.home().into_os_string()]).chain(arguments.iter().map(OsString::from));
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut stdin = line.as_bytes();
    let mut streams =
        Streams { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr, is_terminal: true };
    let code = airlock_online::run(all, &mut streams);
    (code, text(&stdout) + &text(&stderr))
}

fn state(machine: &OnlineMachine, id: &str) -> String {
    let told = machine.json(&["status", id]);
    told["bundles"][0]["state"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned()
}

#[test]
fn a_plan_that_was_never_signed_is_dropped_by_a_person_who_says_so() {
    let machine = OnlineMachine::funded();
    let (bundle, path) = machine.plan(&SEND_BTC);
    let (id, short) = (bundle.id().to_string(), bundle.id().short());
    // The same again is refused, and the way out is named.
    machine.world.mine();
    let (code, said) = machine.refused(&SEND_BTC);
    assert!(code == 1 && said.contains("E-TWICE-001") && said.contains(&format!("drop {short}")), "{said}");

    let (code, said) = machine.refused(&["drop", &short]);
    assert!(code == 3 && said.contains("E-DROP-002") && said.contains("The bundle is as it was."), "{said}");
    for answer in ["", "\n", "yes\n", "XXXX\n"] {
        let (code, said) = typed(&machine, &["drop", &short], answer);
        assert!(code == 3 && said.contains("Was it never signed") && said.contains("E-DROP-002"), "{said}");
    }
    assert_eq!(state(&machine, &id), "planned");
    let (code, said) = machine.refused(&["drop", &short, "--yes", "--because", " "]);
    assert!(code == 2 && said.contains("E-BCST-010"), "{said}");

    let (code, said) =
        typed(&machine, &["drop", &short, "--because", "a slip"], &format!("{}\n", short.to_lowercase()));
    assert_eq!(code, 0, "{said}");
    for part in [&format!("{short} is dropped."), "Pay 0.1 BTC", "free again: coin ", "Delete its file"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(state(&machine, &id), "superseded");
    let said = done(&machine.run(&["status"]));
    assert!(said.contains("dropped: a slip") && !said.contains("sign it by"), "{said}");
    assert!(done(&machine.run(&["drop", &id, "--yes"])).contains("was dropped already"));

    // What it used is free, and the same payment can be planned.
    let planned = done(&machine.run(&SEND_BTC));
    assert!(!planned.contains("only one of the two can confirm"), "{planned}");

    // A signed file of it that turns up is not handed over, nor made ready for anybody.
    let (_, file) = machine.sign(&bundle, &path);
    for command in ["broadcast", "verify"] {
        let (code, said) = machine.refused(&[command, file.to_str().unwrap()]);
        assert!(
            code == 1 && said.contains("E-STORE-012") && said.contains("dropped: a slip"),
            "{command}: {said}"
        );
        assert!(said.contains("Destroy its signed file"), "{said}");
    }
    assert_eq!(machine.world.with(|truth| truth.blocks.mempool.len()), 0);
    assert_eq!(machine.files(".broadcast.json"), Vec::<std::path::PathBuf>::new());
    assert_eq!(state(&machine, &id), "superseded");
    // The same bundle does not come back by its snapshot.
    let kept = machine.home().join("bundles").join(format!("{id}.snapshot.json"));
    let again = [&SEND_BTC[..], &["--snapshot", kept.to_str().unwrap(), "--again", "--out", "home"]].concat();
    let (code, said) = machine.refused(&again);
    assert!(code == 1 && said.contains("E-STORE-012"), "{said}");
    assert!(!machine.home().join(path.file_name().unwrap()).exists());
}

#[test]
fn what_was_signed_is_not_dropped_wherever_its_signature_lies() {
    let machine = OnlineMachine::funded();
    let refused = |short: &str, part: &str| {
        let (code, said) = machine.refused(&["drop", short, "--yes"]);
        assert!(code == 1 && said.contains("E-DROP-001") && said.contains(part), "{part}: {said}");
        assert!(said.contains("The bundle is as it was."), "{said}");
    };
    let (bundle, path) = machine.plan(&SEND_BTC);
    let (id, short) = (bundle.id().to_string(), bundle.id().short());
    // On a stick that was named, and in the current folder.
    let (_, file) = machine.sign(&bundle, &path);
    refused(&short, &format!("there is a signed file of {short}: "));
    fs::create_dir(machine.at("stick")).unwrap();
    fs::rename(&file, machine.at("stick/x.signed.json")).unwrap();
    let (code, said) = machine.refused(&["drop", &short, "--yes", "--media", "stick"]);
    assert!(code == 1 && said.contains("stick/x.signed.json") && said.contains("--replaces"), "{said}");
    assert_eq!(state(&machine, &id), "planned");

    machine.json(&["broadcast", "stick/x.signed.json", "--wait", "seen"]);
    fs::remove_file(machine.at("stick/x.signed.json")).unwrap();
    refused(&short, &format!("bundle {short} is seen"));
    machine.world.mine();
    done(&machine.run(&["status"]));
    refused(&short, &format!("bundle {short} is final"));
    let (code, said) = machine.refused(&["drop", "ZZZZ", "--yes"]);
    assert!(code == 3 && said.contains("E-STORE-006"), "{said}");
}
