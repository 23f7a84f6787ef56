//! Pipes, links, devices and folders where files are expected: refused, without waiting.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use airlock_tests::ceremony::{BUNDLE, OfflineMachine, SIGNED, bundle_of, done, text, xrp_and_pair};
use airlock_tests::programs::programs;

/// The longest that a run may take, in seconds: a pipe that is waited for would take for ever.
const PATIENCE: &str = "60";

fn run(machine: &OfflineMachine, arguments: &[&str]) -> Output {
    Command::new("timeout")
        .args(["--signal=KILL", PATIENCE])
        .arg(&programs().offline)
        .args(["--home", "home"])
        .args(arguments)
        .current_dir(machine.folder())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What stands in the place of a file.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Fifo,
    LinkToTheFile,
    LinkToNothing,
    LinkToDevice,
    Device,
    Folder,
}

const KINDS: [Kind; 6] =
    [Kind::Fifo, Kind::LinkToTheFile, Kind::LinkToNothing, Kind::LinkToDevice, Kind::Device, Kind::Folder];

/// Puts something else in the place of a file; false where this system does not let us make one.
fn replace(path: &Path, kind: Kind) -> bool {
    let aside = path.with_extension("aside");
    fs::rename(path, &aside).unwrap();
    let make = |arguments: &[&str]| {
        let status =
            Command::new(arguments[0]).args(&arguments[1..]).arg(path).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    match kind {
        Kind::Fifo => assert!(make(&["mkfifo"])),
        Kind::LinkToTheFile => symlink(&aside, path).unwrap(),
        Kind::LinkToNothing => symlink("absent", path).unwrap(),
        Kind::LinkToDevice => symlink("/dev/zero", path).unwrap(),
        // The numbers follow the path: c 1 5 is /dev/zero.
        Kind::Device => {
            let status = Command::new("mknod").arg(path).args(["c", "1", "5"]).stderr(Stdio::null()).status();
            return status.is_ok_and(|status| status.success());
        }
        Kind::Folder => fs::create_dir(path).unwrap(),
    }
    true
}

#[test]
fn refuses_fifo_symlink_device() {
    let whole = OfflineMachine::with_bundle();
    let approval = whole.approval(BUNDLE);
    done(&whole.copy().sign(BUNDLE, &approval));
    let mut files = vec![BUNDLE.to_owned(), "passphrase.txt".to_owned()];
    files.extend(whole.files().into_iter().filter(|name| name.starts_with("home/")));
    assert!(files.len() >= 4, "{files:?}");
    let sign = ["sign", BUNDLE, "--approve", &approval, "--passphrase-file", "passphrase.txt"];
    let mut refused = 0;
    for file in &files {
        for kind in KINDS {
            let machine = whole.copy();
            if !replace(&machine.at(file), kind) {
                println!("this system does not let us make a device: not tried for {file}");
                continue;
            }
            let output = run(&machine, &sign);
            let error = text(&output.stderr);
            let code = output.status.code();
            assert!(code.is_some_and(|code| (1..=4).contains(&code)), "{file} as {kind:?}: {code:?} {error}");
            assert!(error.contains("E-"), "{file} as {kind:?}: {error}");
            assert_eq!(machine.read(SIGNED), None, "{file} as {kind:?}");
            refused += 1;
        }
    }
    println!("{refused} runs refused, for {}", files.join(", "));
    for device in ["/dev/zero", "/dev/full", "/dev/tty", "/dev", "."] {
        for arguments in [
            &["sign", device, "--approve", &approval, "--passphrase-file", "passphrase.txt"][..],
            &["sign", BUNDLE, "--approve", &approval, "--passphrase-file", device],
            &["review", device],
            &["inspect", device],
        ] {
            let output = run(&whole, arguments);
            let error = text(&output.stderr);
            assert!(
                output.status.code().is_some_and(|code| (1..=4).contains(&code)),
                "{arguments:?}: {error}"
            );
            assert!(error.contains("E-"), "{arguments:?}: {error}");
        }
    }
    assert_eq!(whole.read(SIGNED), None);
}

/// Everything that a stick can hold in place of bundles, and the one bundle among it.
#[test]
fn a_stick_full_of_tricks_is_not_followed() {
    let machine = OfflineMachine::with_vault();
    let stick = machine.at("stick");
    fs::create_dir(&stick).unwrap();
    fs::create_dir(stick.join("folder.bundle.json")).unwrap();
    fs::create_dir(stick.join("below")).unwrap();
    fs::write(stick.join("below/deep.bundle.json"), b"{}\n").unwrap();
    symlink("/dev/zero", stick.join("device.bundle.json")).unwrap();
    symlink("/etc/passwd", stick.join("link.bundle.json")).unwrap();
    symlink(".", stick.join("loop")).unwrap();
    assert!(Command::new("mkfifo").arg(stick.join("pipe.bundle.json")).status().unwrap().success());
    fs::write(stick.join("autorun.inf"), b"[autorun]\n").unwrap();
    let find = || run(&machine, &["sign", "--media", "stick", "--approve", "x", "--passphrase-file", "p"]);
    let none = find();
    assert_eq!(none.status.code(), Some(3), "{}", text(&none.stderr));
    assert!(text(&none.stderr).contains("no unsigned bundle"), "{}", text(&none.stderr));
    let hostile = "a\u{1b}[2J\u{202e}.bundle.json";
    for name in [hostile, "b.bundle.json"] {
        fs::write(stick.join(name), bundle_of(&xrp_and_pair()).encode()).unwrap();
    }
    let two = find();
    let error = text(&two.stderr);
    assert!(error.contains("2 new bundles") && error.contains("a\\u{1b}[2J\\u{202e}.bundle.json"), "{error}");
    assert!(!error.contains('\u{1b}') && !error.contains('\u{202e}'), "{error}");
    // More entries than are looked at: an end, not an hour.
    for number in 0..3_000 {
        fs::write(stick.join(format!("{number}.txt")), b"").unwrap();
    }
    assert_eq!(find().status.code(), Some(3));
    for (name, path) in [("b", "stick/b.bundle.json"), ("hostile", &format!("stick/{hostile}"))] {
        let approval = machine.approval(path);
        let output =
            run(&machine, &["sign", path, "--approve", &approval, "--passphrase-file", "passphrase.txt"]);
        assert!(output.status.success(), "{name}: {}", text(&output.stderr));
        let shown = text(&output.stdout) + &text(&output.stderr);
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
    }
}
