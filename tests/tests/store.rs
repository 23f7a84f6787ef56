//! What the online half remembers between its commands.

use std::ffi::OsString;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use airlock::bundle::Bundle;
use airlock::request::Intent;
use airlock::time::Moment;
use airlock::watch::Watch;
use airlock_online::Streams;
use airlock_tests::treasury::{Treasury, snapshot};
use serde_json::Value;

const XRP: &str = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
const BITCOIN: &str = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";

/// A folder with a home that knows the treasury's accounts.
struct Desk {
    folder: tempfile::TempDir,
}

struct Ended {
    code: u8,
    json: Value,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        let mut facts = snapshot();
        facts.taken_at = Moment::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs());
        facts.xrpl.as_mut().unwrap().close_time = facts.taken_at.minus(4);
        fs::write(desk.path("now.json"), facts.encode()).unwrap();
        let watch = Watch { accounts: Treasury::open().accounts };
        fs::write(desk.path("watch.json"), watch.encode()).unwrap();
        assert_eq!(desk.run(&["accounts", "import", &desk.path("watch.json")]).code, 0);
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut all: Vec<OsString> = vec!["airlock-online".into()];
        all.extend(arguments.iter().map(Into::into));
        all.extend(["--json".into(), "--home".into(), self.path("home").into()]);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut streams =
            Streams { stdin: &mut &b""[..], stdout: &mut stdout, stderr: &mut stderr, is_terminal: false };
        let code = airlock_online::run(all, &mut streams);
        Ended { code, json: serde_json::from_slice(&stdout).unwrap() }
    }

    fn send(&self, what: &str, more: &[&str]) -> Ended {
        let (snapshot, out) = (self.path("now.json"), self.path(""));
        let from = if what == "btc" { "float" } else { "cold" };
        self.run(&[&["send", what, "--from", from, "--snapshot", &snapshot, "--out", &out], more].concat())
    }
}

fn intent(ended: &Ended) -> Intent {
    assert_eq!(ended.code, 0, "{}", ended.json);
    let bundle = Bundle::decode(&fs::read(ended.json["file"].as_str().unwrap()).unwrap()).unwrap();
    bundle.contents().requests[0].intent.clone()
}

fn code(ended: &Ended) -> (u8, &str) {
    (ended.code, ended.json["code"].as_str().or_else(|| ended.json["error"]["code"].as_str()).unwrap())
}

#[test]
fn a_payment_to_a_name_is_one_to_the_address_with_its_tag_or_memo() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["book", "add", "kraken", XRP, "--tag", "7", "--note", "by phone"]).code, 0);
    assert_eq!(desk.run(&["book", "add", "partner", BITCOIN, "--memo", "account 42"]).code, 0);
    let by_name = desk.send("xrp", &["--to", "kraken", "--amount", "1"]);
    let Intent::SendXrp { to, tag, .. } = intent(&by_name) else { panic!("XRP is sent") };
    assert_eq!((to.as_str(), tag), (XRP, Some(7)));
    assert_eq!(by_name.json["book"], serde_json::json!(["kraken"]));
    let by_address = desk.send("xrp", &["--to", XRP, "--tag", "7", "--amount", "1"]);
    assert_eq!(by_address.json["id"], by_name.json["id"], "the bundle knows nothing of names");

    let sent = desk.send("xcp", &["--to", "partner", "--amount", "1"]);
    let Intent::SendAsset { payee } = intent(&sent) else { panic!("an asset is sent") };
    assert_eq!(payee.to, BITCOIN);
    assert_eq!(serde_json::to_value(payee.memo).unwrap(), serde_json::json!({ "text": "account 42" }));

    let contradicts = (1, "E-BOOK-005");
    assert_eq!(code(&desk.send("xrp", &["--to", "kraken", "--tag", "8", "--amount", "1"])), contradicts);
    assert_eq!(code(&desk.send("xcp", &["--to", "partner", "--memo", "x", "--amount", "1"])), contradicts);
    assert_eq!(code(&desk.send("btc", &["--to", "partner", "--amount", "0.0004"])), contradicts);
    assert_eq!(code(&desk.send("xrp", &["--to", "nobody", "--amount", "1"])), (3, "E-BOOK-002"));
}

#[test]
fn the_book_is_listed_and_never_overwritten() {
    let desk = Desk::new();
    let add = |name: &str, tag: &str| desk.run(&["book", "add", name, XRP, "--tag", tag]);
    assert_eq!(add("kraken", "7").code, 0);
    assert_eq!(add("kraken", "7").code, 0, "the same again");
    assert_eq!(code(&add("kraken", "8")), (3, "E-BOOK-003"));
    assert_eq!(code(&add("xrp-cold", "8")), (2, "E-BOOK-001"), "a name of the vault's accounts");
    let listed = desk.run(&["book", "list"]).json;
    assert_eq!((&listed["entries"][0]["address"], &listed["entries"][0]["tag"]), (&XRP.into(), &7.into()));
    assert_eq!(listed["entries"].as_array().unwrap().len(), 1);
    assert_eq!(desk.run(&["book", "remove", "kraken"]).code, 0);
    assert_eq!(code(&desk.run(&["book", "remove", "kraken"])), (3, "E-BOOK-002"));
    assert_eq!(add("kraken", "8").code, 0);
}

#[test]
fn a_second_bundle_for_the_same_sequence_is_told_of_the_first() {
    let desk = Desk::new();
    let first = desk.send("xrp", &["--to", XRP, "--tag", "1", "--amount", "1"]).json;
    // The copies of the files are no longer needed to know it.
    fs::remove_dir_all(desk.path("home/bundles")).unwrap();
    let second = desk.send("xrp", &["--to", XRP, "--tag", "1", "--amount", "2"]).json;
    let warned = second["warnings"].to_string();
    let short = first["short_id"].as_str().unwrap();
    assert!(warned.contains(&format!("already used by {short}, valid until")), "{warned}");
}
