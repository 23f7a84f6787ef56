//! Sticks and disks that are full, cannot be written, or are gone.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use airlock::bundle::{Signed, SignedStep};
use airlock_tests::ceremony::{BUNDLE, OfflineMachine, PASSPHRASE, SIGNED, done, sign_arguments, text};
use airlock_tests::person::Person;
use airlock_tests::programs::programs;

fn steps(machine: &OfflineMachine, file: &str) -> Option<Vec<SignedStep>> {
    Some(Signed::decode(&machine.read(file)?).unwrap().contents().steps.clone())
}

/// The command line that signs, for a shell.
fn sign_line(bundle: &str, approval: &str, more: &str) -> String {
    let program = programs().offline.display().to_string();
    format!("'{program}' --home home {} {more}", sign_arguments(bundle, &format!("'{approval}'")).join(" "))
}

fn shell(machine: &OfflineMachine, script: &str) -> Output {
    Command::new("sh")
        .args(["-c", script])
        .current_dir(machine.folder())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// A shell that may mount, in a namespace of its own; none where this system forbids it.
fn mounting_shell(machine: &OfflineMachine, script: &str) -> Option<Output> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-e", "-c", script]);
        command.current_dir(machine.folder()).stdin(Stdio::null()).output()
    };
    let works = unshare("mount -t tmpfs -o size=16k tmpfs /mnt").is_ok_and(|output| output.status.success());
    if !works {
        println!("no file system can be mounted here: a limit of file sizes stands in");
    }
    works.then(|| unshare(script).unwrap())
}

fn reason(output: &Output) -> String {
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{error}");
    assert!(error.lines().any(|line| line.starts_with("E-")) && !error.contains("panicked"), "{error}");
    error
}

#[test]
fn a_full_disk_is_told_and_the_next_run_signs() {
    let whole = OfflineMachine::with_bundle();
    let approval = whole.approval(BUNDLE);
    let honest = whole.copy();
    done(&honest.sign(BUNDLE, &approval));
    // A limit of file sizes: every file of the run may have 512 bytes.
    let limited = whole.copy();
    let line = sign_line(BUNDLE, &approval, "");
    reason(&shell(&limited, &format!("trap '' XFSZ; ulimit -f 1; {line}")));
    assert_eq!(limited.read(SIGNED), None);
    done(&limited.sign(BUNDLE, &approval));
    assert_eq!(steps(&limited, SIGNED), steps(&honest, SIGNED));
    // A stick with no room, and a home with no room.
    for (place, out) in [("stick", "--out stick"), ("home", "")] {
        let machine = whole.copy();
        fs::create_dir_all(machine.at("stick")).unwrap();
        let line = sign_line(BUNDLE, &approval, out);
        let script = format!(
            "cp -a {place} kept; mount -t tmpfs -o size=64k,mode=700 tmpfs {place}; cp -a kept/. {place}/; \
             head -c 65536 /dev/zero > {place}/filler 2>/dev/null || true; \
             code=0; {line} 2> told || code=$?; echo $code > code; ls -A {place} > names; \
             rm {place}/filler; code=0; {line} 2> again || code=$?; echo $code > second; \
             cp stick/{SIGNED} {SIGNED} 2>/dev/null || true"
        );
        let Some(output) = mounting_shell(&machine, &script) else { continue };
        assert!(output.status.success(), "{place}: {}", text(&output.stderr));
        let read = |name: &str| text(&machine.read(name).unwrap());
        // A home where nothing has to be written need not be in the way.
        if place == "stick" || read("code").trim() != "0" {
            assert_eq!(read("code").trim(), "4", "{place}: {}", read("told"));
            assert!(read("told").contains("E-"), "{place}: {}", read("told"));
            assert!(
                !read("names").contains("unfinished") && !read("names").contains(".signed."),
                "{}",
                read("names")
            );
        }
        assert_eq!(read("second").trim(), "0", "{place}: {}", read("again"));
        assert_eq!(steps(&machine, SIGNED), steps(&honest, SIGNED), "{place}");
    }
}

#[test]
fn a_stick_that_cannot_be_written_or_was_pulled() {
    let whole = OfflineMachine::with_bundle();
    let approval = whole.approval(BUNDLE);
    let honest = whole.copy();
    done(&honest.sign(BUNDLE, &approval));
    // /sys takes no files, whoever asks.
    let machine = whole.copy();
    reason(&shell(&machine, &sign_line(BUNDLE, &approval, "--out /sys")));
    assert_eq!(machine.files(), whole.files().into_iter().chain(grown(&machine, &whole)).collect::<Vec<_>>());
    done(&machine.sign(BUNDLE, &approval));
    assert_eq!(steps(&machine, SIGNED), steps(&honest, SIGNED));
    // A stick that is mounted for reading.
    let machine = whole.copy();
    fs::create_dir(machine.at("stick")).unwrap();
    let line = sign_line(&format!("stick/{BUNDLE}"), &approval, "");
    let script = format!(
        "mount -t tmpfs -o size=1m tmpfs stick; cp {BUNDLE} stick/; mount -o remount,ro stick; \
         code=0; {line} 2> told || code=$?; echo $code > code; ls -A stick > names; \
         mount -o remount,rw stick; {line}; cp stick/{SIGNED} ."
    );
    if let Some(output) = mounting_shell(&machine, &script) {
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(
            text(&machine.read("code").unwrap()).trim(),
            "4",
            "{}",
            text(&machine.read("told").unwrap())
        );
        assert_eq!(text(&machine.read("names").unwrap()).trim(), BUNDLE);
        assert_eq!(steps(&machine, SIGNED), steps(&honest, SIGNED));
    }
    // Pulled while the person types the passphrase.
    let machine = whole.copy();
    fs::create_dir(machine.at("stick")).unwrap();
    fs::rename(machine.at(BUNDLE), machine.at("stick").join(BUNDLE)).unwrap();
    let path = format!("stick/{BUNDLE}");
    let mut person = Person::sits_at(&machine, &["sign", &path]);
    let question = format!("Type {approval} to approve:");
    while !person.waits_for_any(&[&question, " -- Enter"]).ends_with(&question) {
        person.types("\n");
    }
    person.types(&format!("{approval}\n"));
    person.waits_for("Passphrase: ");
    pull(&machine.at("stick"));
    person.types(&format!("{PASSPHRASE}\n"));
    person.waits_for("E-OFFILE-005");
    assert_eq!(person.ends_with(), 4);
    assert!(!machine.at("stick").exists());
    // Plugged in again.
    fs::create_dir(machine.at("stick")).unwrap();
    fs::write(machine.at("stick").join(BUNDLE), whole.read(BUNDLE).unwrap()).unwrap();
    done(&machine.sign(&path, &approval));
    assert_eq!(steps(&machine, &format!("stick/{SIGNED}")), steps(&honest, SIGNED));
}

/// Files of the home that a run may add to.
fn grown(machine: &OfflineMachine, before: &OfflineMachine) -> Vec<String> {
    machine
        .files()
        .into_iter()
        .filter(|file| file.starts_with("home/") && !before.files().contains(file))
        .collect()
}

fn pull(stick: &Path) {
    fs::remove_dir_all(stick).unwrap();
}
