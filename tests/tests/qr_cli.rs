//! Promise: whatever crosses the gap as a file crosses as QR codes as well, from one half to the other and back, and a file
//! that arrives is the file that was sent or none.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use airlock::account::ScriptKind;
use airlock::bitcoin::psbt_v2::{self, PsbtVersion};
use airlock::bundle::{Bundle, Spoken};
use airlock::network::BitcoinNetwork;
use airlock::qr::{Kind, Payload, Profile, Sender};
use airlock_qr::command::{Files, Lent, Written, show_also};
use airlock_tests::ceremony::{OfflineMachine, bundle_of, done, text, xrp_and_pair};
use airlock_tests::forge::{self, Vault};
use airlock_tests::person::Person;
use airlock_tests::programs::programs;
use airlock_tests::treasury::{Treasury, requests};
use bitcoin::base64::Engine;
use bitcoin::base64::engine::general_purpose::STANDARD;
use bitcoin::consensus;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Runs a program in a folder with these bytes on stdin.
fn fed(program: &Path, folder: &Path, arguments: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new("setsid")
        .arg(program)
        .args(["--home", "home"])
        .args(arguments)
        .current_dir(folder)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    // Whoever stops early leaves a broken pipe behind.
    let writer = std::thread::spawn(move || drop(pipe.write_all(&stdin)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn offline(folder: &Path, arguments: &[&str], stdin: &[u8]) -> Output {
    fed(&programs().offline, folder, arguments, stdin)
}

fn online(folder: &Path, arguments: &[&str], stdin: &[u8]) -> Output {
    fed(&programs().online, folder, arguments, stdin)
}

#[track_caller]
fn refused(output: &Output, exit: i32, code: &str) -> String {
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(exit) && said.contains(code), "{code}: {output:?}");
    said
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// A bundle of three steps, the same in every run.
fn three_steps(xrp: u32) -> Vec<u8> {
    let mut set = xrp_and_pair();
    set[0]["intent"]["send-xrp"]["amount"] = xrp.to_string().into();
    Treasury::open().plan(&requests(set)).encode()
}

fn psbt() -> Vec<u8> {
    let vault = Vault::new();
    let to = forge::stranger(ScriptKind::Wpkh, BitcoinNetwork::Regtest);
    vault.spending("cold", vec![forge::output(to, 90_000)]).serialize()
}

fn xrp_json() -> Vec<u8> {
    let account = Vault::new().ripple().to_owned();
    json!({
        "TransactionType": "Payment", "Account": account, "Destination": "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe",
        "DestinationTag": 1, "Amount": "80000000000", "Fee": "5000", "Sequence": 7, "Flags": 0,
    })
    .to_string()
    .into_bytes()
}

/// A file of every kind: its name, its bytes, the bytes that arrive and the name that they get, up to its end.
fn files() -> Vec<(&'static str, Vec<u8>, Vec<u8>, &'static str)> {
    let vault = Vault::new();
    let contents = vault.xrp();
    let bundle = Bundle::seal(contents.clone()).unwrap().encode();
    let signed = vault.sign(&contents).unwrap().encode();
    let watch = airlock::watch::Watch { accounts: sorted(vault.accounts.clone()) }.encode();
    let psbt = psbt();
    let (unsigned, _) = psbt_v2::decode_any(&psbt).unwrap();
    let version_2 = psbt_v2::encode(&unsigned, PsbtVersion::Two).unwrap();
    let base64 = format!("{}\n", STANDARD.encode(&psbt)).into_bytes();
    let transaction = consensus::serialize(&forge::coin(vault.account("cold"), 0, 5, 1));
    let hex = format!("{}\n", bitcoin::hex::DisplayHex::to_lower_hex_string(&transaction[..])).into_bytes();
    let json: Value = serde_json::from_slice(&xrp_json()).unwrap();
    let blob = airlock::xrp::Transaction::from_json(&json).unwrap().to_blob();
    let same = |name, bytes: Vec<u8>, ending| (name, bytes.clone(), bytes, ending);
    vec![
        same("bundle", bundle, ".bundle.json"),
        same("signed", signed, ".signed.json"),
        same("watch", watch, "watch.json"),
        same("psbt", psbt.clone(), ".psbt"),
        same("psbt2", version_2, ".psbt"),
        ("base64", base64, psbt, ".psbt"),
        same("tx", transaction.clone(), ".tx"),
        ("txhex", hex, transaction, ".tx"),
        same("xrp", xrp_json(), ".json"),
        same("blob", blob, ".blob"),
    ]
}

fn sorted(mut accounts: Vec<airlock::account::Account>) -> Vec<airlock::account::Account> {
    accounts.sort_by(|a, b| a.name.cmp(&b.name));
    accounts
}

#[test]
fn a_file_of_every_kind_crosses_as_lines_in_both_directions_and_for_every_reader() {
    let folder = TempDir::new().unwrap();
    let mut crossed = 0;
    for (name, sent, arrives, ending) in files() {
        fs::write(folder.path().join(name), &sent).unwrap();
        for profile in ["airlock", "generic", "coldcard", "text"] {
            let show = ["qr", "show", name, "--for", profile, "--text"];
            let [there, back] = [offline(folder.path(), &show, b""), online(folder.path(), &show, b"")];
            assert_eq!(there.stdout, back.stdout, "{name} for {profile}: both halves show the same");
            if profile == "text" && !there.status.success() {
                // One code does not hold everything, and says so.
                refused(&there, 2, "E-QR-001");
                assert!(sent.len() > 2000, "{name}");
                continue;
            }
            for (direction, lines) in [("there", done(&there)), ("back", done(&back))] {
                let to = format!("{name}-{profile}-{direction}");
                fs::create_dir(folder.path().join(&to)).unwrap();
                let scan = ["qr", "scan", "--text", "--out", &to, "--json"];
                let half = if direction == "there" { online } else { offline };
                let answer = done(&half(folder.path(), &scan, lines.as_bytes()));
                let answer: Value = serde_json::from_str(&answer).expect("one document");
                let [only] = &names(&folder.path().join(&to))[..] else { panic!("{to}: one file") };
                assert!(only.ends_with(ending), "{to}: {only}");
                assert_eq!(answer["file"], format!("{to}/{only}"), "{to}");
                assert_eq!(fs::read(folder.path().join(&to).join(only)).unwrap(), arrives, "{to}");
                crossed += 1;
            }
        }
    }
    println!("{crossed} files crossed");
    assert!(crossed >= 70);
}

#[test]
fn pictures_are_written_in_every_form_and_read_again() {
    let folder = TempDir::new().unwrap();
    let (at, here) = (|name: &str| folder.path().join(name), folder.path());
    let bundle = three_steps(5);
    fs::write(at("a"), &bundle).unwrap();
    fs::write(at("p"), psbt()).unwrap();
    for (to, half) in [("codes/", offline as fn(&Path, &[&str], &[u8]) -> Output), ("codes.apng", online)] {
        let told = done(&half(here, &["qr", "show", "a", "--density", "normal", "--to", to], b""));
        assert!(told.contains(&format!("wrote {to}")), "{told}");
    }
    let pictures = names(&at("codes"));
    assert!(pictures.len() > 6 && pictures[0] == "0001.png", "{pictures:?}");
    // One picture is lost.
    fs::remove_file(at("codes/0003.png")).unwrap();
    fs::write(at("codes/notes.txt"), "no picture").unwrap();
    for (source, half) in [("codes", online as fn(&Path, &[&str], &[u8]) -> Output), ("codes.apng", offline)]
    {
        done(&half(here, &["qr", "scan", "--frames", source, "--out", &format!("{source}.out")], b""));
        assert_eq!(fs::read(at(&format!("{source}.out"))).unwrap(), bundle, "{source}");
    }
    for to in ["one.png", "one.svg", "one.html"] {
        done(&online(here, &["qr", "show", "p", "--to", to], b""));
    }
    done(&offline(here, &["qr", "scan", "--frames", "one.png", "--out", "one.psbt"], b""));
    assert_eq!(fs::read(at("one.psbt")).unwrap(), psbt());
    let page = fs::read_to_string(at("one.html")).unwrap();
    assert!(
        page.starts_with("<!") && !page.contains("http:") && !page.contains("https:"),
        "it plays by itself"
    );
    for (target, why) in
        [("a.png", "do not go into one PNG"), ("codes/", "is not empty"), ("a.jpg", "is neither")]
    {
        let said = refused(&online(here, &["qr", "show", "a", "--to", target], b""), 3, "E-QR-054");
        assert!(said.contains(why), "{said}");
        refused(&offline(here, &["qr", "show", "a", "--to", target], b""), 3, "E-QR-054");
    }
    refused(&online(here, &["qr", "show", "a", "--to", "p"], b""), 3, "E-QR-054");
    let frames = gray(&psbt());
    let size = ["qr", "scan", "--frames", "-", "--size", &frames.0, "--out", "raw.psbt"];
    done(&offline(here, &size, &frames.1));
    assert_eq!(fs::read(at("raw.psbt")).unwrap(), psbt());
}

/// Raw gray frames that show a PSBT, and their size.
fn gray(psbt: &[u8]) -> (String, Vec<u8>) {
    let payload = Payload { kind: Kind::Psbt, bytes: psbt.to_vec() };
    let sender = Sender::new(&payload, &Profile::named("sparrow").unwrap()).unwrap();
    let mut bytes = Vec::new();
    let mut side = 0;
    for number in 0..sender.loop_frames() {
        let symbol = airlock_qr::symbol::Symbol::new(&sender.frame(number), sender.version()).unwrap();
        side = symbol.outer_size() * 4;
        for y in 0..side {
            bytes.extend((0..side).map(|x| if symbol.is_dark_outer(x / 4, y / 4) { 20 } else { 230 }));
        }
    }
    (format!("{side}x{side}"), bytes)
}

#[test]
fn what_is_too_large_or_nothing_known_is_not_shown_and_says_its_name_and_size() {
    let folder = TempDir::new().unwrap();
    let most = airlock::qr::PLAIN_BYTES;
    fs::write(folder.path().join("large"), vec![b' '; most + 1]).unwrap();
    fs::write(folder.path().join("words"), format!("{}about\n", "abandon ".repeat(11))).unwrap();
    fs::write(folder.path().join("policy.toml"), "version = 1\n").unwrap();
    for half in [offline, online] {
        for how in [&["--text"][..], &["--to", "x.html"], &["--to", "x.apng", "--force"]] {
            let said =
                refused(&half(folder.path(), &[&["qr", "show", "large"], how].concat(), b""), 2, "E-QR-001");
            assert!(said.contains("large: 4194305 bytes") && said.contains("on a stick"), "{said}");
            for unknown in ["words", "policy.toml"] {
                let said = refused(
                    &half(folder.path(), &[&["qr", "show", unknown], how].concat(), b""),
                    2,
                    "E-QR-050",
                );
                assert!(said.contains(unknown) && !said.contains("abandon"), "{said}");
                assert!(
                    !said.contains("stick") && said.contains("never leave the offline machine"),
                    "{said}"
                );
                assert_eq!(said.contains("look like a secret"), unknown == "words", "{said}");
            }
        }
        refused(&half(folder.path(), &["qr", "show", "words"], b""), 3, "E-QR-053");
    }
    assert_eq!(names(folder.path()), ["large", "policy.toml", "words"]);
}

#[test]
fn what_takes_longer_than_ten_minutes_is_shown_only_when_it_is_forced() {
    let folder = TempDir::new().unwrap();
    // Bytes that no codec makes smaller.
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{:016x}", state ^ state >> 29)
    };
    let long: String = (0..60_000).map(|_| noise()).collect();
    let document = json!({ "format": "airlock-broadcast", "version": 1, "transactions": [], "bundle": long });
    fs::write(folder.path().join("slow.json"), document.to_string()).unwrap();
    let show = [
        "qr",
        "show",
        "slow.json",
        "--for",
        "generic",
        "--density",
        "normal",
        "--period",
        "2000",
        "--to",
        "s.apng",
    ];
    let said = refused(&online(folder.path(), &show, b""), 3, "E-QR-021");
    assert!(said.contains("codes take about"), "{said}");
}

/// The lines of a file that is shown.
fn lines(folder: &Path, file: &str, more: &[&str]) -> Vec<String> {
    let output = done(&online(folder, &[&["qr", "show", file, "--text"], more].concat(), b""));
    output.lines().map(str::to_owned).collect()
}

fn scanned(folder: &Path, lines: &[impl AsRef<str>], out: &str) -> Output {
    let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
    offline(folder, &["qr", "scan", "--text", "--out", out], format!("{}\n", lines.join("\n")).as_bytes())
}

#[test]
fn any_order_joins() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let bundle = three_steps(5);
    fs::write(here.join("a"), &bundle).unwrap();
    for profile in ["airlock", "sparrow", "coldcard"] {
        let frames = lines(here, "a", &["--for", profile, "--density", "low"]);
        let count = frames.len();
        assert!(count > 4, "{profile}: {count}");
        for (number, step) in (1..count).filter(|step| gcd(*step, count) == 1).enumerate().take(8) {
            let order: Vec<&String> =
                (0..count).map(|place| &frames[(place * step + number) % count]).collect();
            let out = format!("{profile}-{step}");
            done(&scanned(here, &order, &out));
            assert_eq!(fs::read(here.join(out)).unwrap(), bundle, "{profile} in steps of {step}");
        }
        if profile == "coldcard" {
            let said = refused(&scanned(here, &frames[1..], "missing"), 3, "E-QR-051");
            assert!(said.contains("missing 1"), "{said}");
        }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[test]
fn mixed_bundles_refused() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let both: [Vec<u8>; 2] = [5, 6].map(three_steps);
    for (name, bytes) in ["a", "b"].iter().zip(&both) {
        fs::write(here.join(name), bytes).unwrap();
    }
    let (mut whole, mut none) = (0, 0);
    for profile in ["airlock", "sparrow", "coldcard"] {
        let [a, b] = ["a", "b"].map(|file| lines(here, file, &["--for", profile, "--density", "low"]));
        let woven = |from: usize| -> Vec<&String> {
            a.iter()
                .zip(&b)
                .enumerate()
                .map(|(n, (a, b))| if (n + from).is_multiple_of(2) { a } else { b })
                .collect()
        };
        let half = a.len() / 2;
        let streams = [
            ("woven", woven(0)),
            ("woven twice", [woven(0), woven(1)].concat()),
            ("half and half", a[..half].iter().chain(&b[half..]).collect()),
            ("one after the other", a[..half].iter().chain(&b).collect()),
        ];
        for (name, stream) in streams {
            let out = format!("{profile} {name}");
            let output = scanned(here, &stream, &out);
            match fs::read(here.join(&out)) {
                Ok(found) => {
                    assert!(output.status.success() && both.contains(&found), "{out}: no mixture");
                    whole += 1;
                }
                Err(_) => {
                    let said = text(&output.stderr);
                    assert!(matches!(output.status.code(), Some(2 | 3)), "{out}: {said}");
                    none += 1;
                }
            }
        }
        let restarted = scanned(here, &a[..half].iter().chain(&b).chain(&b).collect::<Vec<_>>(), "restarted");
        assert!(done(&restarted).contains("wrote restarted"));
        assert_eq!(fs::read(here.join("restarted")).unwrap(), both[1]);
        fs::remove_file(here.join("restarted")).unwrap();
    }
    println!("{whole} streams gave one of the two files, {none} gave none");
    assert!(whole > 0 && none > 0);
}

#[test]
fn two_files_among_one_another_are_told_with_what_came_of_each() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    for (name, bytes) in [("a", three_steps(5)), ("b", three_steps(6)), ("p", psbt())] {
        fs::write(here.join(name), bytes).unwrap();
    }
    for profile in ["airlock", "sparrow", "coldcard"] {
        let [a, b] = ["a", "b"].map(|file| lines(here, file, &["--for", profile, "--density", "low"]));
        let woven: Vec<&String> = a.iter().zip(&b).take(3).flat_map(|(a, b)| [a, b]).collect();
        let said = refused(&scanned(here, &woven, "none"), 3, "E-QR-051");
        let format = if profile == "coldcard" { "BBQr JSON (J) " } else { "UR bytes 3/" };
        assert!(said.contains("two transfers are mixed, "), "{said}");
        assert_eq!(said.matches(format).count(), 2, "{profile}: {said}");
        assert!(said.contains("one after the other") && !here.join("none").exists(), "{said}");

        // A file in one code, among the frames of another.
        let one = lines(here, "p", &["--for", profile, "--density", "max"]);
        let among = [&a[..2], &one[..1], &a[2..]].concat();
        let output = scanned(here, &among, &format!("{profile}.json"));
        let told = done(&output);
        let whole = if profile == "coldcard" { "BBQr PSBT (P) 1/" } else { "UR crypto-psbt 1/" };
        assert!(told.contains(&format!("warning: another file was among the codes: {whole}")), "{told}");
        assert_eq!(fs::read(here.join(format!("{profile}.json"))).unwrap(), three_steps(5));
    }
}

#[test]
fn a_wallet_that_cannot_read_a_file_is_named_before_it_is_shown() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    fs::write(here.join("bundle"), three_steps(5)).unwrap();
    fs::write(here.join("xrp"), xrp_json()).unwrap();
    fs::write(here.join("psbt"), psbt()).unwrap();
    let not_read = [
        ("sparrow", "bundle", "Sparrow reads PSBTs and Bitcoin transactions"),
        ("sparrow", "xrp", "Sparrow reads PSBTs and Bitcoin transactions"),
        ("coldcard", "bundle", "Coldcard reads PSBTs"),
        ("seedsigner", "xrp", "SeedSigner reads PSBTs"),
        ("keystone", "bundle", "Keystone reads PSBTs and XRP transactions as JSON"),
    ];
    for half in [offline, online] {
        for (profile, file, says) in not_read {
            let output = half(here, &["qr", "show", file, "--for", profile, "--text", "--json"], b"");
            let answer: Value = serde_json::from_str(&done(&output)).unwrap();
            let said = text(&output.stderr);
            assert!(said.contains(says) && said.contains("--for airlock"), "{profile} {file}: {said}");
            assert_eq!(format!("{}\n", answer["warning"].as_str().unwrap()), said);
        }
        for (profile, file) in [
            ("sparrow", "psbt"),
            ("coldcard", "psbt"),
            ("seedsigner", "psbt"),
            ("keystone", "psbt"),
            ("keystone", "xrp"),
            ("airlock", "bundle"),
            ("generic", "bundle"),
        ] {
            let output = half(here, &["qr", "show", file, "--for", profile, "--text", "--json"], b"");
            let answer: Value = serde_json::from_str(&done(&output)).unwrap();
            assert!(output.stderr.is_empty() && answer.get("warning").is_none(), "{profile} {file}");
        }
    }
}

#[test]
fn what_brought_no_file_is_counted() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    fs::create_dir(here.join("pictures")).unwrap();
    fs::write(here.join("p"), psbt()).unwrap();
    fs::write(here.join("pictures/notes.txt"), "no picture").unwrap();
    let film = |frames: usize| {
        let frame = [&b"FRAME\n"[..], &[255; 64 * 64]].concat();
        fs::write(
            here.join("film.y4m"),
            [&b"YUV4MPEG2 W64 H64 F1:1 Cmono\n"[..], &frame.repeat(frames)].concat(),
        )
        .unwrap();
    };
    let frames = |from: &str| offline(here, &["qr", "scan", "--frames", from], b"");
    film(1);
    let said = refused(&frames("film.y4m"), 3, "E-QR-051");
    assert!(said.contains("no code was found in 1 picture.") && !said.contains("more of them"), "{said}");
    film(2);
    let said = refused(&frames("film.y4m"), 3, "E-QR-051");
    assert!(said.contains("no code was found in 2 pictures."), "{said}");
    let said = refused(&frames("pictures"), 3, "E-QR-051");
    assert!(said.contains("1 file is no picture."), "{said}");
    let part = lines(here, "p", &["--for", "sparrow", "--density", "low"]).remove(0);
    let damaged = [part.replacen('E', "A", 1), part[..part.len() - 2].to_owned(), "hello".to_owned()];
    let said = refused(&scanned(here, &damaged, "none"), 3, "E-QR-051");
    assert!(said.contains("1 line of something else, 2 lines are damaged."), "{said}");
    assert!(said.contains("as a whole, on a line of its own"), "{said}");
}

#[test]
fn what_a_command_refuses_after_it_arrived_is_written_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    fs::write(here.join("a"), three_steps(5)).unwrap();
    let stream = lines(here, "a", &[]).join("\n");
    let output = online(here, &["verify", "--from-qr=-"], stream.as_bytes());
    let said = text(&output.stderr);
    assert!(!output.status.success() && said.contains("wrote "), "{said}");
    assert!(said.contains("Nothing else was written") && !said.contains("Nothing was written"), "{said}");
    fs::write(here.join("x.html"), "").unwrap();
    for half in [offline, online] {
        let said = text(&half(here, &["qr", "show", "a", "--to", "x.html"], b"").stderr);
        assert!(said.contains("`--to`") && !said.contains("--out"), "{said}");
    }
}

/// The lines of bytes that no half of ours would show.
fn forged(kind: Kind, bytes: &[u8], profile: &str) -> Vec<String> {
    let payload = Payload { kind, bytes: bytes.to_vec() };
    let sender = Sender::new(&payload, &Profile::named(profile).unwrap()).unwrap();
    (0..sender.source_frames()).map(|shown| sender.frame(shown)).collect()
}

#[test]
fn a_damaged_file_of_ours_is_scanned_again_and_given_up_at_the_third_time() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let bundle = three_steps(5);
    let changed = text(&bundle).replacen("\"id\":\"", "\"id\":\"0", 1).into_bytes();
    assert_ne!(changed, bundle);
    for profile in ["airlock", "generic", "coldcard"] {
        let [damaged, whole] = [&changed, &bundle].map(|bytes| forged(Kind::Json, bytes, profile));
        let twice = [&damaged[..], &damaged].concat();
        let scan = scanned(here, &[&twice[..], &whole].concat(), profile);
        done(&scan);
        assert_eq!(fs::read(here.join(profile)).unwrap(), bundle, "{profile}");
        let said = text(&scan.stderr);
        assert_eq!(said.matches("parts of two files may be mixed: E-").count(), 2, "{profile}: {said}");
        let given_up = scanned(here, &[&twice[..], &damaged].concat(), "none");
        assert!(refused(&given_up, 2, "E-QR-025").contains("the file is damaged: E-"), "{profile}");
        assert!(!here.join("none").exists());
    }
}

#[test]
fn wrong_streams_end_with_their_code_and_leave_no_file() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    fs::write(here.join("p"), psbt()).unwrap();
    let frames = lines(here, "p", &["--for", "coldcard"]).join("\n");
    let words = format!("{}about", "abandon ".repeat(11));
    let scan: &[&str] = &["qr", "scan", "--text"];
    let cases: [(&[&str], &str, i32, &str, &str); 9] = [
        (scan, &words, 1, "E-QR-024", "nothing was kept"),
        (scan, "B$2U0100NFSWK5BAMF2C4IDHNRXWC3RAN5TCA4TFOMXA====", 3, "E-QR-051", "1 line is damaged"),
        (scan, "ur:bytes/1of2/qqqqqq/qqqqqqqqqqqqq", 2, "E-QR-023", "UR 1"),
        (scan, "bitcoin:bc1qxyz\nhttps://example.org", 3, "E-QR-051", "not a transfer code: bitcoin URI"),
        (scan, "", 3, "E-QR-051", "the lines ended before a file began"),
        (scan, &frames[..frames.len() / 2], 3, "E-QR-051", "the lines ended"),
        (&["review", "--from-qr=-"], &words, 1, "E-QR-024", "nothing was kept"),
        (
            &["inspect", "--from-qr=nothing-there"],
            "",
            4,
            "E-QR-033",
            "nothing-there: the file of pictures could not be read",
        ),
        (&["inspect", "--from-qr=/dev/null"], "", 4, "E-QR-035", "/dev/null: the camera"),
    ];
    for (arguments, stream, exit, code, says) in cases {
        for (half, output) in [
            ("offline", offline(here, arguments, stream.as_bytes())),
            ("online", online(here, arguments, stream.as_bytes())),
        ] {
            if half == "online" && arguments[0] == "review" {
                continue;
            }
            let said = refused(&output, exit, code);
            assert!(said.contains(says) && !said.contains("abandon"), "{said}");
        }
    }
    let said =
        refused(&online(here, &["accounts", "import", "--from-qr=-"], frames.as_bytes()), 2, "E-QR-022");
    assert!(said.contains("expected JSON (J), got PSBT (P)"), "{said}");
    let said = refused(&offline(here, &["import", "--from-qr"], b""), 1, "E-OFARG-004");
    assert!(said.contains("Type it on this machine"), "{said}");
    assert_eq!(names(here), ["p"]);
}

#[test]
fn a_seed_in_json_of_others_is_refused_and_a_memo_of_twelve_words_in_a_bundle_is_not() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let seeds = [format!("{}about", "abandon ".repeat(11)), "sn259rEFXrQrWyx3Q7XneWcwV6dfL".to_owned()];
    for seed in seeds {
        for filler in [1, 5_000] {
            let wallet = json!({ "wallet": { "label": "x".repeat(filler), "backup": [seed] } }).to_string();
            for profile in ["airlock", "generic", "coldcard"] {
                for half in [offline, online] {
                    let lines = forged(Kind::Json, wallet.as_bytes(), profile).join("\n");
                    let said =
                        refused(&half(here, &["qr", "scan", "--text"], lines.as_bytes()), 1, "E-QR-024");
                    assert!(said.contains("nothing was kept") && !said.contains(&seed), "{said}");
                }
            }
            fs::write(here.join("wallet.json"), &wallet).unwrap();
            refused(&online(here, &["qr", "show", "wallet.json", "--text"], b""), 2, "E-QR-050");
            fs::remove_file(here.join("wallet.json")).unwrap();
        }
        let text = json!({ "seed": seed }).to_string();
        refused(&offline(here, &["qr", "scan", "--text"], text.as_bytes()), 1, "E-QR-024");
    }
    assert!(names(here).is_empty());
    let bundle = Bundle::seal(Vault::new().send("cold", "a b c d e f g h i j k l")).unwrap().encode();
    assert!(text(&bundle).contains("\"a b c d e f g h i j k l\""));
    fs::write(here.join("bundle"), &bundle).unwrap();
    done(&scanned(here, &lines(here, "bundle", &["--for", "coldcard"]), "came"));
    assert_eq!(fs::read(here.join("came")).unwrap(), bundle);
}

#[test]
fn an_answer_for_another_transaction_is_refused() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let vault = Vault::new();
    let to = forge::stranger(ScriptKind::Wpkh, BitcoinNetwork::Regtest);
    fs::write(here.join("sent"), psbt()).unwrap();
    fs::write(here.join("other"), vault.spending("cold", vec![forge::output(to, 80_000)]).serialize())
        .unwrap();
    let scan = ["qr", "scan", "--text", "--answer-to", "sent", "--out", "answer.psbt"];
    let said = refused(&online(here, &scan, lines(here, "other", &[]).join("\n").as_bytes()), 2, "E-QR-026");
    assert!(said.contains("for another transaction"), "{said}");
    let question = lines(here, "sent", &[]).join("\n");
    let said = refused(&offline(here, &scan, question.as_bytes()), 2, "E-QR-027");
    assert!(said.contains("this is the question, not the answer"), "{said}");
    assert!(!here.join("answer.psbt").exists());
    let (mut signed, _) = psbt_v2::decode_any(&psbt()).unwrap();
    signed.inputs[0].final_script_witness = Some(bitcoin::Witness::from_slice(&[[1; 64]]));
    fs::write(here.join("signed"), signed.serialize()).unwrap();
    done(&offline(here, &scan, lines(here, "signed", &[]).join("\n").as_bytes()));
    assert_eq!(fs::read(here.join("answer.psbt")).unwrap(), signed.serialize());
}

#[test]
fn a_file_that_arrives_never_takes_the_place_of_another() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    fs::write(here.join("p"), psbt()).unwrap();
    let stream = lines(here, "p", &[]).join("\n");
    let scan = |out: &[&str]| online(here, &[&["qr", "scan", "--text"], out].concat(), stream.as_bytes());
    let named = |output: &Output| text(&output.stdout).split_whitespace().nth(1).unwrap().to_owned();
    let first = scan(&[]);
    let name = named(&first);
    assert_eq!(named(&scan(&[])), name, "the same bytes are no other file");
    fs::write(here.join(&name), "something else").unwrap();
    let second = named(&scan(&[]));
    assert_eq!(second, name.replace(".psbt", "-2.psbt"));
    assert_eq!(fs::read(here.join(&second)).unwrap(), psbt());
    assert_eq!(fs::read(here.join(&name)).unwrap(), b"something else");
    refused(&scan(&["--out", &name]), 3, "E-ONFILE-003");
    refused(&scan(&["--out", "absent/"]), 3, "E-ONFILE-005");
    refused(&scan(&["--out", "absent/x"]), 3, "E-ONFILE-005");
}

#[test]
fn the_whole_way_without_a_stick() {
    let signer = OfflineMachine::with_vault();
    let treasury = TempDir::new().unwrap();
    let (there, here) = (treasury.path(), signer.folder());
    let passphrase = ["--passphrase-file", "passphrase.txt"];
    done(&offline(here, &[&["accounts", "export"], &passphrase[..]].concat(), b""));
    let watch = done(&offline(here, &["qr", "show", "watch.json", "--text"], b""));
    let imported = done(&online(there, &["accounts", "import", "--from-qr=-"], watch.as_bytes()));
    assert!(imported.starts_with("Imported 3 accounts"), "{imported}");
    assert_eq!(fs::read(there.join("watch.json")).unwrap(), signer.read("watch.json").unwrap());
    fs::write(there.join("a.bundle.json"), bundle_of(&xrp_and_pair()).encode()).unwrap();
    let bundle = done(&online(there, &["qr", "show", "a.bundle.json", "--text"], b""));
    let inspected = done(&offline(here, &["inspect", "--from-qr=-"], bundle.as_bytes()));
    let name = inspected.split(':').next().unwrap().to_owned();
    assert!(name.ends_with(".bundle.json") && signer.read(&name).is_some(), "{inspected}");
    let reviewed = done(&offline(here, &["review", "--from-qr=-"], bundle.as_bytes()));
    assert!(reviewed.contains("5 XRP"), "{reviewed}");
    done(&offline(here, &["policy", "test", "--from-qr=-"], bundle.as_bytes()));
    let approval = signer.approval(&name);
    fs::remove_file(signer.at(&name)).unwrap();
    let sign = [&["sign", "--from-qr=-", "--approve", &approval, "--json"], &passphrase[..]].concat();
    let answer = offline(here, &sign, bundle.as_bytes());
    let answer: Value = serde_json::from_str(&done(&answer)).expect("one document");
    let signed = name.replace(".bundle.", ".signed.");
    assert_eq!(answer["signed"][0]["wrote"], format!("./{signed}"));
    let codes = done(&offline(here, &["qr", "show", &signed, "--text"], b""));
    let verified = done(&online(there, &["verify", "--from-qr=-"], codes.as_bytes()));
    assert!(verified.contains("every transaction is as planned"), "{verified}");
    let short = name.split('.').next().unwrap();
    assert!(there.join(format!("{short}.broadcast.json")).exists(), "{:?}", names(there));
}

/// A stick that gives another file back than the one that was written to it.
struct LyingStick;

impl Files for LyingStick {
    fn read(&self, _: &Path) -> airlock::Result<Vec<u8>> {
        Ok(xrp_json())
    }

    fn write_new(&self, _: &Path, _: &[u8]) -> airlock::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_shown_after_a_command_is_what_it_wrote_and_not_what_the_stick_gives_back() {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let terminal = fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
    let mut master = fs::File::from(master);
    let mut keyboard = master.try_clone().unwrap();
    // A person who waits for the first code and ends the show.
    let person = std::thread::spawn(move || {
        let mut seen = Vec::new();
        let mut piece = [0; 4096];
        while !text(&seen).contains("hold all") {
            let count = master.read(&mut piece).unwrap();
            seen.extend_from_slice(&piece[..count]);
        }
        keyboard.write_all(b"q").unwrap();
        // What else is shown is read, so that the terminal is never full.
        while matches!(master.read(&mut piece), Ok(1..)) {}
        text(&seen)
    });
    let bundle = three_steps(5);
    let (mut stdin, mut stderr) = (std::io::empty(), Vec::new());
    let mut lent =
        Lent { stdin: &mut stdin, stderr: &mut stderr, terminal: Some(terminal), files: &LyingStick };
    let written = Written { path: "a.bundle.json".into(), bytes: bundle.clone() };
    let outcome = show_also(&written, Profile::named("airlock").unwrap(), &mut lent).unwrap();
    drop(lent);
    assert_eq!(outcome.json["showed"], "a.bundle.json");
    assert_eq!(outcome.json["bytes"], bundle.len());
    let seen = person.join().unwrap();
    let sent = Sender::new(&Payload { kind: Kind::Json, bytes: bundle }, &Profile::named("airlock").unwrap());
    let first = sent.unwrap().with_version(5).unwrap().frame(0);
    let symbol = airlock_qr::symbol::Symbol::new(&first, 5).unwrap();
    for row in airlock_qr::terminal::rows(&symbol, false) {
        assert!(seen.contains(&row), "the first code of what was written");
    }
}

#[test]
fn codes_after_a_command_need_a_terminal_and_are_asked_for_before_anything_is_done() {
    let signer = OfflineMachine::with_bundle();
    let export = ["accounts", "export", "--passphrase-file", "passphrase.txt", "--qr"];
    refused(&offline(signer.folder(), &export, b""), 3, "E-QR-053");
    let approval = signer.approval("A.bundle.json");
    let sign =
        ["sign", "A.bundle.json", "--approve", &approval, "--passphrase-file", "passphrase.txt", "--qr"];
    refused(&offline(signer.folder(), &sign, b""), 3, "E-QR-053");
    let twice = ["sign", "--from-qr=-", "--approve", "1", "--passphrase-file", "-"];
    refused(&offline(signer.folder(), &twice, b""), 2, "E-OFARG-001");
    assert!(signer.read("watch.json").is_none() && signer.read("A.signed.json").is_none());
    let send =
        ["send", "xrp", "--from", "x", "--to", "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "--amount", "1", "--qr"];
    refused(&online(signer.folder(), &send, b""), 3, "E-QR-053");
}

#[test]
fn a_person_sees_the_codes_on_the_terminal_and_ends_them_with_a_key() {
    let signer = OfflineMachine::with_bundle();
    let export = ["accounts", "export", "--passphrase-file", "passphrase.txt", "--qr=generic"];
    let mut person = Person::sits_at(&signer, &export);
    person.waits_for("wrote ./watch.json");
    person.waits_for("▀");
    person.waits_for("hold all");
    person.types("<d q");
    assert_eq!(person.ends_with(), 0);
    assert!(signer.read("watch.json").is_some());
    // What would fit one code is shown as several where the window holds only small ones.
    signer.write("tx.json", &xrp_json());
    let mut person = Person::sits_at(&signer, &["qr", "show", "tx.json"]);
    person.waits_for("hold all)   at most version 5 fits");
    person.types("q");
    person.waits_for("showed tx.json");
    assert_eq!(person.ends_with(), 0);
    // Both screens name the bundle.
    let bundle = Bundle::decode(&signer.read("A.bundle.json").unwrap()).unwrap();
    let mut person = Person::sits_at(&signer, &["qr", "show", "A.bundle.json"]);
    person.waits_for(&bundle.id().short());
    for word in bundle.id().words() {
        person.waits_for(word);
    }
    person.types("q");
    assert_eq!(person.ends_with(), 0);
    let mut person = Person::sits_at(&signer, &["qr", "show", "A.bundle.json", "--json"]);
    person.waits_for("hold all");
    person.types("\u{3}");
    let last = person.waits_for("\"showed\":\"A.bundle.json\"");
    assert!(last.contains("\x1b[?1049l"), "the screen of before is back: {last}");
    assert_eq!(person.ends_with(), 0);
}

#[test]
fn a_signal_from_outside_ends_a_show_and_the_terminal_is_as_before() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("tx.json"), xrp_json()).unwrap();
    for (program, signal) in [
        (&programs().offline, "TERM"),
        (&programs().offline, "INT"),
        (&programs().offline, "HUP"),
        (&programs().online, "TERM"),
    ] {
        let show = format!("'echo pid:$$; exec {} qr show tx.json';", program.display());
        let mut person =
            Person::starts(folder.path(), &["sh", "-c", &show, "echo code:$?;", "stty", "-a;", "echo all:"]);
        person.waits_for("pid:");
        let pid = person.waits_for("\n").trim().to_owned();
        person.waits_for("hold all");
        assert!(Command::new("kill").args([format!("-{signal}"), pid]).status().unwrap().success());
        let last = person.waits_for("code:3");
        assert!(last.contains("\x1b[?25h\x1b[?1049l"), "the screen of before is back: {last}");
        assert!(last.contains("E-QR-052") && last.contains(&format!("SIG{signal}")), "{last}");
        let modes = person.waits_for("all:");
        for mode in ["icanon", "isig", "echo", "iexten", "ixon"] {
            assert!(modes.split_whitespace().any(|word| word == mode), "{signal}: {mode}: {modes}");
        }
        assert_eq!(person.ends_with(), 0);
    }
}

/// Of a pipe, which can be silent for ever: the terminal keeps its modes, so Ctrl-C is the signal that it always is.
#[test]
fn a_person_ends_a_scan_of_a_pipe_with_ctrl_c() {
    let folder = TempDir::new().unwrap();
    for program in [&programs().offline, &programs().online] {
        let program = program.to_str().unwrap();
        let words = ["cat", "/dev/zero", "|", program, "qr", "scan", "--frames", "-", "--size", "640x480"];
        let mut person = Person::starts(folder.path(), &words);
        person.waits_for("nothing read: move the camera closer");
        person.waits_for("nothing read: lower the density on the sender");
        person.types("\u{3}");
        assert_eq!(person.ends_with(), 130);
    }
    assert!(names(folder.path()).is_empty());
}

/// `ur:bytes` with the JSON of the transaction there, `ur:bytes` with the signed blob back (qr.md 1).
#[test]
fn an_xrp_transaction_goes_to_a_keystone_as_json_and_comes_back_as_a_blob() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    fs::write(here.join("tx.json"), xrp_json()).unwrap();
    let shown = lines(here, "tx.json", &["--for", "keystone", "--density", "low"]);
    let mut wallet = ur::Decoder::default();
    for frame in shown.iter().filter(|_| shown.len() > 1) {
        wallet.receive(&frame.to_lowercase()).unwrap();
    }
    let message = match shown.as_slice() {
        [single] => ur::decode(&single.to_lowercase()).unwrap().1,
        _ => wallet.message().unwrap().expect("it is complete"),
    };
    assert_eq!(message, cbor(&xrp_json()), "as it is, without an envelope of ours");

    let mut signed = forge::Vault::new().xrp();
    let blob = forge::tx_json(&mut signed, 0).clone();
    let blob = airlock::xrp::Transaction::from_json(&Value::Object(blob)).unwrap().to_blob();
    let mut sender = ur::Encoder::bytes(&cbor(&blob), 60).unwrap();
    let reply: Vec<String> = (0..sender.fragment_count() * 2).map(|_| sender.next_part().unwrap()).collect();
    assert!(reply[0].starts_with("ur:bytes/1-"), "{}", reply[0]);
    let output = online(here, &["qr", "scan", "--text"], reply.join("\n").as_bytes());
    let told = done(&output);
    assert!(told.contains("XRPL transaction: Payment"), "{told}");
    let name = told.split_whitespace().nth(1).unwrap();
    assert!(name.starts_with("xrp-") && name.ends_with(".blob"), "{told}");
    assert_eq!(fs::read(here.join(name)).unwrap(), blob);
}

/// A byte string in CBOR.
fn cbor(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    let head = if length < 256 {
        vec![0x58, length.to_le_bytes()[0]]
    } else {
        [&[0x59], &length.to_be_bytes()[..]].concat()
    };
    [head, bytes.to_vec()].concat()
}
