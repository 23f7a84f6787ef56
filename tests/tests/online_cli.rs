//! The online half from its command line: what it writes, what it says, how it ends.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use airlock::bundle::{Bundle, JournalHead, Signed, Spoken};
use airlock::review::warnings::Kind;
use airlock::snapshot::Snapshot;
use airlock::time::Moment;
use airlock::watch::Watch;
use airlock_online::Streams;
use airlock_online::plan::{Options, plan};
use airlock_online::store::Store;
use airlock_tests::treasury::{Treasury, requests, snapshot};
use serde_json::Value;

/// A folder with a home, a snapshot taken just now and the treasury's watch file.
struct Desk {
    folder: tempfile::TempDir,
    treasury: Treasury,
}

struct Ended {
    code: u8,
    stdout: String,
    stderr: String,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let treasury = Treasury::open();
        let mut facts = snapshot();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        facts.taken_at = Moment::from_unix(now);
        facts.xrpl.as_mut().unwrap().close_time = facts.taken_at.minus(4);
        fs::write(folder.path().join("now.json"), facts.encode()).unwrap();
        let watch = Watch { accounts: treasury.accounts.clone() };
        fs::write(folder.path().join("watch.json"), watch.encode()).unwrap();
        Self { folder, treasury }
    }

    fn with_accounts() -> Self {
        let desk = Self::new();
        assert_eq!(desk.run(&["accounts", "import", &desk.path("watch.json")], "").code, 0);
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str], stdin: &str) -> Ended {
        let mut all: Vec<OsString> = vec!["airlock-online".into()];
        all.extend(arguments.iter().map(Into::into));
        all.extend(["--home".into(), self.folder.path().join("home").into_os_string()]);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut streams = Streams {
            stdin: &mut stdin.as_bytes(),
            stdout: &mut stdout,
            stderr: &mut stderr,
            is_terminal: false,
        };
        let code = airlock_online::run(all, &mut streams);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { code, stdout: text(stdout), stderr: text(stderr) }
    }

    /// Sends XRP with some options more.
    fn send(&self, more: &[&str]) -> Ended {
        let (snapshot, out) = (self.path("now.json"), self.path(""));
        let base =
            ["send", "xrp", "--from", "cold", "--to", "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "--tag", "1"];
        self.run(&[&base[..], &["--snapshot", &snapshot, "--out", &out], more].concat(), "")
    }

    fn files(&self, ending: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.to_str().unwrap().ends_with(ending)).collect()
    }
}

#[test]
fn carries_a_payment_from_request_to_transactions_ready_to_broadcast() {
    let desk = Desk::with_accounts();
    let sent = desk.send(&["--amount", "80000"]);
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    let [path] = &desk.files("-send-xrp.bundle.json")[..] else { panic!("{}", sent.stdout) };
    let bundle = Bundle::decode(&fs::read(path).unwrap()).unwrap();
    for part in
        [&bundle.id().short(), bundle.id().words()[0], "1 transaction", "valid until", " UTC", "wrote "]
    {
        assert!(sent.stdout.contains(part), "'{part}' is not in {}", sent.stdout);
    }
    assert!(path.file_name().unwrap().to_str().unwrap().starts_with(&bundle.id().short()));

    // The same again: equal bytes, so nothing is in the way.
    assert_eq!(desk.send(&["--amount", "80000"]).code, 0);

    let signed = desk.path("answer.signed.json");
    fs::write(&signed, desk.treasury.sign(&bundle).encode()).unwrap();
    // Found by its id in the home folder, even when the bundle itself is gone.
    fs::remove_file(path).unwrap();
    let verified = desk.run(&["verify", &signed, "--json"], "");
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    let document: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!(document["bundle"], bundle.id().to_string());
    let [broadcast] = &desk.files(".broadcast.json")[..] else { panic!("nothing was written") };
    let written: Value = serde_json::from_slice(&fs::read(broadcast).unwrap()).unwrap();
    assert_eq!(written["transactions"], document["transactions"]);
    assert!(written["transactions"][0]["tx_blob"].as_str().unwrap().starts_with("1200"));
}

/// The only bundle in the folder of the desk, taken away.
fn take_bundle(desk: &Desk) -> Bundle {
    let [path] = &desk.files(".bundle.json")[..] else { panic!("one bundle") };
    let bundle = Bundle::decode(&fs::read(path).unwrap()).unwrap();
    fs::remove_file(path).unwrap();
    bundle
}

/// The store of the desk's home folder.
fn store(desk: &Desk) -> Store {
    Store::open_at(Path::new(&desk.path("home/store.sqlite"))).unwrap()
}

/// A signed file with the head of an offline journal, verified.
fn verify_with_head(desk: &Desk, bundle: &Bundle, head: JournalHead) -> Ended {
    let mut contents = desk.treasury.sign(bundle).contents().clone();
    contents.journal_head = Some(head);
    let signed = desk.path("headed.signed.json");
    fs::write(&signed, Signed::seal(contents).unwrap().encode()).unwrap();
    let verified = desk.run(&["verify", &signed], "");
    let broadcast = desk.path(&format!("{}.broadcast.json", bundle.id().short()));
    let _ = fs::remove_file(broadcast);
    verified
}

#[test]
fn sends_the_journal_head_back_in_the_next_bundle_of_the_same_accounts() {
    let desk = Desk::with_accounts();
    let send = |amount: &str| {
        assert_eq!(desk.send(&["--amount", amount]).code, 0);
        take_bundle(&desk)
    };
    let (one, two) = (JournalHead::of(b"one"), JournalHead::of(b"two"));
    let first = send("1");
    assert_eq!(first.contents().journal_head, None);
    let verified = verify_with_head(&desk, &first, one);
    assert!(verified.stdout.contains(&format!("journal head {}", one.short())), "{}", verified.stdout);
    let second = send("2");
    assert_eq!(second.contents().journal_head, Some(one));
    assert_eq!(verify_with_head(&desk, &second, two).code, 0);
    // An old signed file that is verified again takes nothing back.
    assert_eq!(verify_with_head(&desk, &first, one).code, 0);
    assert_eq!(send("3").contents().journal_head, Some(two));

    // Accounts that no signed file has come back for may lie in another vault.
    let to = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";
    let from = ["send", "btc", "--from", "float", "--to", to, "--amount", "0.0004"];
    let sent =
        desk.run(&[&from[..], &["--snapshot", &desk.path("now.json"), "--out", &desk.path("")]].concat(), "");
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    assert_eq!(take_bundle(&desk).contents().journal_head, None);
}

#[test]
fn keeps_the_journal_head_of_an_answer_that_comes_too_late() {
    let desk = Desk::with_accounts();
    let head = JournalHead::of(b"late");
    let late = late_bundle(&desk);
    fs::write(desk.path("late.bundle.json"), late.encode()).unwrap();
    let refused = verify_with_head(&desk, &late, head);
    assert_eq!((refused.code, &refused.stderr[..13]), (1, "E-ONVRFY-001 "), "{}", refused.stderr);
    assert_eq!(store(&desk).heads().unwrap().newest(late.steps()), Some(head));
}

#[test]
fn shows_before_the_walk_what_will_be_signed() {
    let desk = Desk::with_accounts();
    let sent = desk.send(&["--amount", "80000"]);
    let headline = "Pay 80,000 XRP (80000000000 drops) from xrp-cold to rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s, tag 1. \
                    Fee 0.005 XRP (5000 drops).";
    assert!(sent.stdout.contains(headline), "{}", sent.stdout);
    let as_json = desk.send(&["--amount", "80000", "--json"]);
    let document: Value = serde_json::from_str(&as_json.stdout).unwrap();
    assert!(document["headline"].as_str().unwrap().starts_with(headline), "{document}");
    let taken = "'cold' is the name of a Bitcoin account; 'xrp-cold' pays, which has the role 'cold'";
    assert_eq!(document["warnings"], serde_json::json!([{"code": null, "text": taken}]));
}

#[test]
fn writes_no_bundle_that_the_offline_half_would_refuse() {
    let desk = Desk::with_accounts();
    let (snapshot, out) = (desk.path("now.json"), desk.path(""));
    let to = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";
    let ended = desk.run(
        &["send", "btc", "--from", "float", "--to", to, "--amount", "0.00001", "--fee-rate", "50"]
            .into_iter()
            .chain(["--snapshot", &snapshot, "--out", &out])
            .collect::<Vec<_>>(),
        "",
    );
    assert_eq!((ended.code, &ended.stderr[..9]), (1, "E-REV-019"), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("No bundle was written."), "{}", ended.stderr);
    let mut facts = Snapshot::decode(&fs::read(&snapshot).unwrap()).unwrap();
    facts.xrpl.as_mut().unwrap().close_time = Moment::from_unix(facts.taken_at.to_unix() - 30 * 3_600);
    fs::write(&snapshot, facts.encode()).unwrap();
    let ended = desk.send(&["--amount", "1"]);
    assert_eq!((ended.code, &ended.stderr[..9]), (1, "E-REV-024"), "{}{}", ended.stdout, ended.stderr);
    assert!(desk.files(".bundle.json").is_empty());
    assert!(!Path::new(&desk.path("home/bundles")).exists());
}

#[test]
fn says_what_a_tag_is() {
    let desk = Desk::with_accounts();
    for tag in ["abc", "4294967296", "-1", "+1", "1.0"] {
        let to = ["send", "xrp", "--from", "cold", "--to", "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s"];
        let tag = format!("--tag={tag}");
        let ended = desk.run(&[&to[..], &["--amount", "1", &tag]].concat(), "");
        assert_eq!(ended.code, 2);
        assert!(ended.stderr.contains("a tag is a number from 0 to 4294967295"), "{}", ended.stderr);
    }
}

#[test]
fn warns_of_what_an_earlier_bundle_uses_too() {
    let desk = Desk::with_accounts();
    let (snapshot, out) = (desk.path("now.json"), desk.path(""));
    let to =
        ["--from", "float", "--to", "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks", "--snapshot", &snapshot];
    let pay = |amount: &str| {
        let ended = desk.run(&[&["send", "btc", "--amount", amount], &to[..], &["--out", &out]].concat(), "");
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        ended.stdout
    };
    let used = |stdout: &str| {
        let line = stdout.lines().find(|line| line.contains("only one of the two can confirm"));
        line.map(str::to_owned)
    };
    assert_eq!(used(&pay("0.0003")), None);
    assert_eq!(used(&pay("0.0003")), None, "the same bundle again");
    let first = Bundle::decode(&fs::read(&desk.files(".bundle.json")[0]).unwrap()).unwrap();
    let warned = used(&pay("0.0004")).unwrap();
    assert!(warned.contains("the coin ") && warned.contains(&first.id().short()), "{warned}");
    assert_eq!(used(&desk.send(&["--amount", "1"]).stdout), None);
    let warned = used(&desk.send(&["--amount", "2"]).stdout).unwrap();
    assert!(
        warned.contains("the sequence 8100007 of rHsMGQEkVNJmpGWs8XUBoTBiAAbwxZN5v3 is already"),
        "{warned}"
    );
}

/// A bundle that expired an hour ago.
fn late_bundle(desk: &Desk) -> Bundle {
    let mut facts = snapshot();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    facts.taken_at = Moment::from_unix(now - 5 * 3_600);
    facts.xrpl.as_mut().unwrap().close_time = facts.taken_at;
    let to = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
    let pay =
        serde_json::json!([{"from": "cold", "intent": {"send-xrp": {"to": to, "tag": 1, "amount": "1"}}}]);
    plan(&requests(pay), &facts, &desk.treasury.accounts, &Options::default()).unwrap().bundle
}

#[test]
fn refuses_an_expired_answer_and_writes_nothing() {
    let desk = Desk::with_accounts();
    let late = late_bundle(&desk);
    fs::write(desk.path("late.bundle.json"), late.encode()).unwrap();
    fs::write(desk.path("late.signed.json"), desk.treasury.sign(&late).encode()).unwrap();
    let ended = desk.run(&["verify", &desk.path("late.signed.json")], "");
    assert_eq!((ended.code, &ended.stderr[..12]), (1, "E-ONVRFY-001"), "{}{}", ended.stdout, ended.stderr);
    let expired = airlock_online::clock::show(late.contents().expires);
    for part in [format!("expired {expired}"), "do not broadcast".into(), "Plan the payment again".into()] {
        assert!(ended.stderr.contains(&part), "'{part}' is not in {}", ended.stderr);
    }
    assert!(desk.files(".broadcast.json").is_empty());
}

#[test]
fn tells_a_psbt_a_missing_folder_and_a_full_place_apart() {
    let desk = Desk::with_accounts();
    fs::write(desk.path("other.psbt"), b"psbt\xff\x01").unwrap();
    let ended = desk.run(&["verify", &desk.path("other.psbt")], "");
    assert_eq!((ended.code, &ended.stderr[..12]), (2, "E-ONVRFY-002"), "{}", ended.stderr);
    assert!(ended.stderr.contains("Give it back to the software that made it"), "{}", ended.stderr);

    let absent = desk.path("absent");
    let (from, snapshot) = (["send", "xrp", "--from", "cold", "--amount", "1"], desk.path("now.json"));
    let to = ["--to", "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "--tag", "1"];
    let ended = desk.run(&[&from[..], &to, &["--snapshot", &snapshot, "--out", &absent]].concat(), "");
    assert!(
        ended.stderr.starts_with(&format!("E-ONFILE-005 folder {absent} does not exist.")),
        "{}",
        ended.stderr
    );
    assert!(!Path::new(&desk.path("home/bundles")).exists());

    assert_eq!(desk.send(&["--amount", "1"]).code, 0);
    let bundle = Bundle::decode(&fs::read(&desk.files(".bundle.json")[0]).unwrap()).unwrap();
    let signed = desk.path("x.signed.json");
    fs::write(&signed, desk.treasury.sign(&bundle).encode()).unwrap();
    let taken = format!("{}.broadcast.json", bundle.id().short());
    fs::write(desk.path(&taken), "something else").unwrap();
    let ended = desk.run(&["verify", &signed], "");
    assert_eq!((ended.code, &ended.stderr[..12]), (3, "E-ONFILE-003"), "{}", ended.stderr);
    assert!(ended.stderr.contains("verifies, but nothing was saved"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("do not broadcast"), "{}", ended.stderr);
}

#[test]
fn refuses_an_altered_signed_file_and_writes_nothing() {
    let desk = Desk::with_accounts();
    assert_eq!(desk.send(&["--amount", "1"]).code, 0);
    let bundle = Bundle::decode(&fs::read(&desk.files(".bundle.json")[0]).unwrap()).unwrap();
    let mut contents = desk.treasury.sign(&bundle).contents().clone();
    contents.steps.push(contents.steps[0].clone());
    let signed = desk.path("x.signed.json");
    fs::write(&signed, Signed::seal(contents).unwrap().encode()).unwrap();
    let ended = desk.run(&["verify", &signed], "");
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.starts_with("E-VRFY-002 1 transaction is too many"), "{}", ended.stderr);
    assert!(ended.stderr.contains("do not broadcast"), "{}", ended.stderr);
    assert!(desk.files(".broadcast.json").is_empty());
}

#[test]
fn every_bad_input_ends_in_a_code_and_no_bundle() {
    let desk = Desk::with_accounts();
    for (arguments, exit, code) in [
        (&["--amount", "1.0000001"][..], 2, "E-AMT-002"),
        (&["--amount", "-1"], 2, "E-AMT-001"),
        (&["--amount", "1e3"], 2, "E-AMT-001"),
        (&["--amount", "1,000"], 2, "E-AMT-001"),
        (&["--amount", "1", "--valid-for", "soon"], 2, "E-ONARG-001"),
        (&["--amount", "1", "--nonsense"], 2, "E-ONARG-001"),
        (&[], 2, "E-ONARG-001"),
    ] {
        let ended = desk.send(arguments);
        assert_eq!(ended.code, exit, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.starts_with(code), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stdout.is_empty(), "{}", ended.stdout);
        let as_json = desk.send(&[arguments, &["--json"]].concat());
        let document: Value = serde_json::from_str(&as_json.stdout).unwrap();
        assert_eq!(document["error"]["code"], code);
        assert_eq!(document["error"]["exit"], exit);
    }
    assert!(desk.files(".bundle.json").is_empty());
    assert!(!Path::new(&desk.path("home/bundles")).exists());
}

#[test]
fn says_what_is_missing_before_it_can_plan() {
    let desk = Desk::new();
    let to = ["send", "xrp", "--from", "cold", "--to", "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "--amount", "1"];
    let ended = desk.run(&to, "");
    assert_eq!((ended.code, &ended.stderr[..12]), (3, "E-ONSNAP-001"), "{}", ended.stderr);
    let ended = desk.send(&["--amount", "1"]);
    assert_eq!((ended.code, &ended.stderr[..12]), (3, "E-ONHOME-002"), "{}", ended.stderr);
    assert_eq!(desk.run(&["accounts", "import", &desk.path("watch.json")], "").code, 0);
    let mut facts = snapshot();
    facts.taken_at = Moment::from_unix(1_000_000_000);
    fs::write(desk.path("now.json"), facts.encode()).unwrap();
    let ended = desk.send(&["--amount", "1"]);
    assert_eq!((ended.code, &ended.stderr[..12]), (3, "E-ONSNAP-002"), "{}", ended.stderr);
    facts.taken_at = Moment::from_unix(100_000_000_000);
    fs::write(desk.path("now.json"), facts.encode()).unwrap();
    let ended = desk.send(&["--amount", "1"]);
    assert_eq!((ended.code, &ended.stderr[..12]), (4, "E-ONSNAP-003"), "{}", ended.stderr);
}

#[test]
fn imports_accounts_once_and_refuses_contradictions() {
    let desk = Desk::with_accounts();
    let again = desk.run(&["accounts", "import", &desk.path("watch.json"), "--json"], "");
    let document: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((&document["imported"], &document["known"]), (&0.into(), &5.into()));
    let before = store(&desk).accounts().unwrap();
    let mut accounts = desk.treasury.accounts.clone();
    let swapped = accounts[1].name.clone();
    accounts[1].name = accounts[0].name.clone();
    accounts[0].name = swapped;
    accounts.sort_by(|a, b| a.name.cmp(&b.name));
    let ended =
        desk.run(&["accounts", "import", "-"], std::str::from_utf8(&Watch { accounts }.encode()).unwrap());
    assert_eq!((ended.code, &ended.stderr[..12]), (3, "E-ONHOME-003"), "{}", ended.stderr);
    assert_eq!(store(&desk).accounts().unwrap(), before);
    use std::os::unix::fs::PermissionsExt;
    let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("home"), mode("home/store.sqlite")), (0o700, 0o600));
    let list = desk.run(&["accounts", "list"], "").stdout;
    assert_eq!(list.lines().count(), 6, "{list}");
    assert!(list.contains("sh(wpkh)") && list.contains("rHsMGQEkVNJmpGWs8XUBoTBiAAbwxZN5v3"), "{list}");
}

#[test]
fn plans_a_payout_list_and_prints_the_price_of_each_carrier() {
    let desk = Desk::with_accounts();
    let list = airlock_tests::workspace_root().join("vectors/demo/payouts.csv");
    let (snapshot, out) = (desk.path("now.json"), desk.path(""));
    let ended = desk.run(
        &["payouts", list.to_str().unwrap(), "--from", "cold", "--snapshot", &snapshot, "--out", &out],
        "",
    );
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for part in ["CARRIER", "taproot", "multisig", "chosen", "2 transactions"] {
        assert!(ended.stdout.contains(part), "'{part}' is not in {}", ended.stdout);
    }
    assert_eq!(desk.files("-payouts.bundle.json").len(), 1);
}

#[test]
fn explains_warnings_and_names_the_program_of_other_codes() {
    let desk = Desk::new();
    for kind in Kind::ALL {
        let ended = desk.run(&["explain", kind.code()], "");
        assert!(ended.code == 0 && ended.stdout.contains(kind.meaning()), "{}", ended.stderr);
    }
    let own: BTreeSet<&str> = airlock_online::error::codes().map(|code| code.id).collect();
    let others = airlock_offline::error::codes().filter(|code| !own.contains(code.id));
    let mut found = 0;
    for code in others {
        let ended = desk.run(&["explain", code.id], "");
        let next = format!("airlock-offline explain {}", code.id);
        assert!(ended.code == 2 && ended.stderr.contains(&next), "{}", ended.stderr);
        found += 1;
    }
    assert!(found >= 30, "{found}");
}

#[test]
fn warns_of_a_destination_without_facts() {
    let desk = Desk::with_accounts();
    let (snapshot, out) = (desk.path("now.json"), desk.path(""));
    let (options, to) = (["--snapshot", &snapshot, "--out", &out], "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh");
    let pay = ["send", "xrp", "--from", "cold", "--to", to, "--amount", "1"];
    let ended = desk.run(&[&pay[..], &options].concat(), "");
    let warning =
        format!("nothing is known of {to}: whether it exists or needs a tag (W-UNKNOWN-DESTINATION)");
    assert!(ended.stdout.contains(&warning), "{}{}", ended.stdout, ended.stderr);
    let list = airlock_tests::workspace_root().join("vectors/demo/payouts.csv");
    let ended =
        desk.run(&[&["payouts", list.to_str().unwrap(), "--from", "cold"][..], &options].concat(), "");
    let known =
        ended.stdout.lines().filter(|line| line.contains("destinations: whether they require a memo"));
    assert_eq!(known.count(), 1, "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn inspects_explains_and_helps() {
    let desk = Desk::new();
    let seen = desk.run(&["inspect", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "--json"], "");
    let document: Value = serde_json::from_str(&seen.stdout).unwrap();
    assert_eq!(document["kind"], "xrp-address");
    assert_eq!(desk.run(&["inspect", &desk.path("absent.json")], "").code, 4);
    let explained = desk.run(&["explain", "E-AMT-002"], "").stdout;
    assert!(explained.contains("more decimals") && explained.contains("Exit code 2"), "{explained}");
    assert_eq!(desk.run(&["explain", "E-NO-999"], "").code, 2);
    let codec = desk.run(&["codec", "counterparty", "asset"], "{\"name\":\"XCP\"}\nnonsense\n");
    assert_eq!((codec.code, codec.stdout.lines().count()), (0, 2));
    let commands = [
        "plan",
        "send",
        "payouts",
        "accounts",
        "drop",
        "verify",
        "inspect",
        "codec",
        "explain",
        "completions",
        "man",
    ];
    for command in commands {
        let help = desk.run(&[command, "--help"], "");
        assert_eq!(help.code, 0);
        assert!(help.stdout.contains("airlock-online"), "{}", help.stdout);
        assert!(help.stdout.lines().all(|line| line.chars().count() <= 100), "{}", help.stdout);
    }
    assert!(desk.run(&["completions", "bash"], "").stdout.contains("complete -F"));
    assert!(desk.run(&["man", "verify"], "").stdout.contains(".TH"));
}
