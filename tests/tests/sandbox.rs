//! The sandbox of the offline program, proved on processes that are killed by it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use airlock::bundle::{Artefact, Bundle, Topic};
use airlock::qr::{Kind, Payload, Profile, Sender};
use airlock::time::Moment;
use airlock_offline::sandbox::calls::{CAMERA, GROUPS, Must, document};
use airlock_qr::apng;
use airlock_qr::look::Look;
use airlock_qr::reel::Reel;
use airlock_tests::forge;
use airlock_tests::person::Person;
use airlock_tests::programs::{built, run};
use airlock_tests::strace;
use airlock_tests::workspace_root;
use tempfile::TempDir;

const SIGSYS: i32 = 31;
const ENOSYS: i32 = 38;

/// `uretprobe` and `uprobe` of x86-64: the ways back from probes of the kernel, for which it asks no filter. From
/// elsewhere they do nothing or end the process.
#[cfg(target_arch = "x86_64")]
const PROBES: &[i64] = &[335, 336];
#[cfg(not(target_arch = "x86_64"))]
const PROBES: &[i64] = &[];

/// Runs the probe, confined to `folder`, or free where it is `-`.
fn probe(folder: &Path, action: &[&str]) -> Output {
    let mut probe = Command::new(env!("CARGO_BIN_EXE_confined"));
    probe.arg(folder).args(action).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().last().unwrap_or_default().to_owned()
}

#[track_caller]
fn killed(action: &[&str]) {
    let folder = TempDir::new().unwrap();
    let output = probe(folder.path(), action);
    assert_eq!(output.status.signal(), Some(SIGSYS), "{action:?}: {output:?}");
}

#[track_caller]
fn free(action: &[&str], answer: &str) {
    let output = probe(Path::new("-"), action);
    assert!(output.status.success() && said(&output) == answer, "{action:?}: {output:?}");
}

#[test]
fn this_kernel_confines_in_full_and_the_probe_lives() {
    let folder = TempDir::new().unwrap();
    let output = probe(folder.path(), &["nothing"]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("Confinement { calls: Full, files: Full }"),
        "{output:?}"
    );
}

#[test]
fn a_socket_of_any_kind_kills_the_process() {
    for kind in ["tcp", "udp", "unix"] {
        free(&[kind], "true");
        killed(&[kind]);
    }
    killed(&["thread", "connect", "-"]);
}

#[test]
fn a_new_process_or_program_kills_the_process() {
    free(&["spawn"], "true");
    killed(&["spawn"]);
    killed(&["exec"]);
}

/// Every number up to 1,000 that is not listed, and the same of the x32 interface.
#[test]
fn every_system_call_that_is_not_listed_kills_the_process() {
    let listed: BTreeSet<i64> = GROUPS.iter().flat_map(|group| group.calls).map(|call| call.number).collect();
    let unlisted = (0..1_000).filter(|number| !listed.contains(number) && !PROBES.contains(number));
    let mut count = 0;
    let folder = TempDir::new().unwrap();
    for number in unlisted.chain([0x4000_0000, 0x4000_0029]) {
        let output = probe(folder.path(), &["call", &number.to_string()]);
        assert_eq!(output.status.signal(), Some(SIGSYS), "{number}: {output:?}");
        count += 1;
    }
    println!("{count} system calls killed, {} listed", listed.len());
    assert!(count > 900);
    let forbidden = [
        libc::SYS_socket,
        libc::SYS_connect,
        libc::SYS_ptrace,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_keyctl,
        libc::SYS_bpf,
        libc::SYS_mount,
        libc::SYS_io_uring_setup,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_pidfd_open,
        libc::SYS_memfd_create,
        libc::SYS_seccomp,
        libc::SYS_userfaultfd,
        libc::SYS_perf_event_open,
    ];
    assert!(forbidden.iter().all(|number| !listed.contains(number)));
}

#[test]
fn a_listed_call_with_other_arguments_kills_the_process() {
    const TIOCSTI: &str = "21522";
    const PR_SET_DUMPABLE: &str = "4";
    let number = |number: i64| number.to_string();
    let writable_and_executable = "7";
    for (call, arguments) in [
        (libc::SYS_ioctl, vec!["0", TIOCSTI]),
        (libc::SYS_ioctl, vec!["0", "35090"]),
        (libc::SYS_prctl, vec![PR_SET_DUMPABLE, "1"]),
        (libc::SYS_mmap, vec!["0", "4096", writable_and_executable, "34", "-1", "0"]),
        (libc::SYS_mprotect, vec!["4096", "4096", "5"]),
        (libc::SYS_clone, vec!["17"]),
        (libc::SYS_clone, vec!["1073741824"]),
        (libc::SYS_fcntl, vec!["0", "8", "pid"]),
        (libc::SYS_prlimit64, vec!["0", "4", "4096", "0"]),
        (libc::SYS_prlimit64, vec!["parent", "4", "0", "0"]),
        (libc::SYS_kill, vec!["parent", "0"]),
        (libc::SYS_tgkill, vec!["parent", "parent", "0"]),
    ] {
        killed(&[&["call", &number(call)], &*arguments].concat());
    }
    let folder = TempDir::new().unwrap();
    let answer = |call: i64, arguments: &[&str]| {
        said(&probe(folder.path(), &[&["call", &number(call)], arguments].concat()))
    };
    assert_eq!(answer(libc::SYS_clone3, &[]), format!("answered -1, errno {ENOSYS}"));
    assert!(answer(libc::SYS_mmap, &["0", "4096", "3", "34", "-1", "0"]).starts_with("answered 1"));
    assert!(answer(libc::SYS_kill, &["pid", "0"]).starts_with("answered 0"));
}

/// The requests of a camera are granted with the camera, and to nobody else; other requests to it never.
#[test]
fn only_a_run_with_a_camera_may_make_its_requests() {
    const VIDIOC_S_FMT: &str = "3234878981";
    let folder = TempDir::new().unwrap();
    let ioctl = libc::SYS_ioctl.to_string();
    let mut requests = 0;
    for when in CAMERA.calls[0].only {
        let [(1, Must::Be(number))] = when.arguments else { panic!("{when:?}") };
        let number = number.to_string();
        let with = |camera: &[&str]| {
            let mut words = camera.to_vec();
            words.extend(["call", &ioctl, "0", &number]);
            probe(folder.path(), &words)
        };
        assert_eq!(with(&[]).status.signal(), Some(SIGSYS), "{}", when.words);
        // Standard input is no camera.
        assert_eq!(said(&with(&["camera"])), "answered -1, errno 25", "{}", when.words);
        requests += 1;
    }
    assert_eq!(requests, 3);
    let formats = probe(folder.path(), &["camera", "call", &ioctl, "0", VIDIOC_S_FMT]);
    assert_eq!(formats.status.signal(), Some(SIGSYS));
}

#[test]
fn only_the_given_folders_can_be_opened() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let given = folder.path().join("given");
    fs::create_dir_all(given.join("below")).unwrap();
    for name in ["given/in", "given/below/in", "one", "other"] {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    std::os::unix::fs::symlink(at("other"), at("given/link")).unwrap();
    let confined = |action: &[&str]| said(&probe(&given, action));
    const DENIED: &str = "Err(PermissionDenied)";
    for (action, path) in [("read", "given/in"), ("read", "given/below/in"), ("read", "one")] {
        assert_eq!(confined(&[action, &at(path)]), "Ok(1)", "{path}");
    }
    assert_eq!(confined(&["list", &at("given")]), "Ok(3)");
    assert_eq!(confined(&["write", &at("given/new")]), "Ok(())");
    for (action, path) in [
        ("read", "other"),
        ("read", "given/link"),
        ("list", ""),
        ("write", "other"),
        ("write", "new"),
        ("write", "one"),
        ("remove", "one"),
        ("make-folder", "given/folder"),
    ] {
        assert_eq!(confined(&[action, &at(path)]), DENIED, "{action} {path}");
    }
    for path in
        ["/etc/passwd", "/proc/1/status", "/proc/self/mem", "/proc/self/maps", "/dev/null", "/dev/tty"]
    {
        assert_eq!(confined(&["read", path]), DENIED, "{path}");
    }
    assert_eq!(confined(&["thread", "read", &at("other")]), "false");
    assert_eq!(confined(&["thread", "read", &at("given/in")]), "true");
    free(&["read", &at("other")], "Ok(1)");
}

#[test]
fn the_machine_is_measured_the_same_inside_the_sandbox() {
    let folder = TempDir::new().unwrap();
    let (inside, outside) = (probe(folder.path(), &["facts"]), probe(Path::new("-"), &["facts"]));
    let text = |output: &Output, skipped: usize| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().skip(skipped).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(text(&inside, 1), text(&outside, 0));
    assert!(text(&outside, 0)[0].starts_with("unmeasured []"), "{outside:?}");
}

/// In a network namespace of its own, with `/sys` mounted for it, no interface is left.
#[test]
fn a_machine_without_interfaces_is_seen_as_one() {
    let script = "mount -t sysfs sysfs /sys && exec \"$0\" - facts";
    let output =
        Command::new("unshare").args(["-rnm", "sh", "-c", script, env!("CARGO_BIN_EXE_confined")]).output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else {
        println!("not run: this system gives no network namespace");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(["interfaces: Good", "routes: Good"].iter().all(|line| text.contains(line)), "{text}");
}

#[test]
fn the_document_of_the_sandbox_is_current() {
    let path = workspace_root().join("docs/SANDBOX.md");
    if std::env::var_os("AIRLOCK_BLESS").is_some() {
        fs::write(&path, document()).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), document(), "AIRLOCK_BLESS=1 cargo test --test sandbox");
}

/// The program as it is shipped.
fn binary() -> PathBuf {
    built("airlock-offline", "release")
}

#[test]
fn the_program_imports_nothing_of_the_network() {
    const NONE: [&str; 22] = [
        "socket",
        "socketpair",
        "connect",
        "bind",
        "listen",
        "accept",
        "accept4",
        "send",
        "sendto",
        "sendmsg",
        "recv",
        "recvfrom",
        "recvmsg",
        "getaddrinfo",
        "gethostbyname",
        "getsockopt",
        "setsockopt",
        "execve",
        "execvp",
        "posix_spawn",
        "posix_spawnp",
        "ptrace",
    ];
    let imports = |program: &Path| -> BTreeSet<String> {
        let output =
            Command::new("nm").args(["-D", "--undefined-only"]).arg(program).output().expect("nm runs");
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let names = text.lines().filter_map(|line| line.split_whitespace().last());
        names.map(|name| name.split('@').next().unwrap_or(name).to_owned()).collect()
    };
    let ours = imports(&binary());
    assert!(ours.contains("read") && ours.len() > 50, "{ours:?}");
    let found: Vec<_> = NONE.iter().filter(|name| ours.contains(**name)).collect();
    assert!(found.is_empty(), "{found:?}");
    let control = imports(Path::new(env!("CARGO_BIN_EXE_confined")));
    assert!(["socket", "bind", "execvp"].iter().all(|name| control.contains(*name)), "{control:?}");
}

/// The arguments with which each command is traced, and how it ends.
fn commands() -> BTreeMap<&'static str, (Vec<&'static str>, i32)> {
    const OPEN: [&str; 2] = ["--passphrase-file", "passphrase.txt"];
    let opened = |arguments: &[&'static str]| ([arguments, &OPEN].concat(), 0);
    let plain = |arguments: &[&'static str]| (arguments.to_vec(), 0);
    let words = ["--secret-file", "words.txt"];
    let import = ["--test-only", "--network", "regtest", "--network-id", "1"];
    BTreeMap::from([
        ("import", opened(&[&import[..], &words].concat())),
        ("init", plain(&["--test-only", "--words", "12", "--no-accounts"])),
        ("accounts add", opened(&["new", "tr", "--network", "regtest"])),
        ("accounts list", plain(&[])),
        ("accounts export", opened(&[])),
        ("backup verify", opened(&["home/vault.airlock"])),
        ("completions", plain(&["bash"])),
        // The air gap of the machine that tests run on is what it is.
        ("doctor", (vec![], if has_network() { 4 } else { 0 })),
        ("drill restore", opened(&words)),
        ("drill sign", opened(&[])),
        ("explain", plain(&["E-AMT-002"])),
        ("inspect", plain(&["one.bundle.json"])),
        ("journal export", opened(&["journal.jsonl"])),
        ("journal repair", opened(&[])),
        ("journal show", plain(&[])),
        ("journal verify", opened(&[])),
        ("man", plain(&[])),
        ("passphrase", opened(&["--new-passphrase-file", "new.txt"])),
        ("policy accept", opened(&[])),
        ("policy check", plain(&[])),
        ("policy show", plain(&[])),
        ("policy test", plain(&["one.bundle.json"])),
        ("qr scan", plain(&["--frames", "codes.apng"])),
        ("qr show", plain(&["one.bundle.json", "--to", "codes/"])),
        ("review", plain(&["one.bundle.json"])),
        ("self-test", plain(&[])),
        ("sign", opened(&["one.bundle.json", "--approve", "160000"])),
        ("words show", plain(&[])),
    ])
}

fn has_network() -> bool {
    airlock_offline::machine::Facts::measure(Path::new("/"))
        .interfaces
        .iter()
        .any(|interface| interface.is_up)
}

/// The names of all commands, `import` first: it makes the vault for the others; `passphrase` last.
fn names() -> Vec<String> {
    fn below(command: &clap::Command, before: &str, names: &mut Vec<String>) {
        for command in command.get_subcommands() {
            let name = format!("{before} {}", command.get_name()).trim().to_owned();
            match command.has_subcommands() {
                true => below(command, &name, names),
                false => names.push(name),
            }
        }
    }
    let mut names = Vec::new();
    below(&airlock_offline::cli::command(), "", &mut names);
    names.sort_by_key(|name| (name != "import", name == "passphrase"));
    names
}

/// A folder with words, passphrase and a bundle of two payments made now.
fn desk() -> TempDir {
    let folder = TempDir::new().unwrap();
    let words = format!("{}about\n", "abandon ".repeat(11));
    fs::write(folder.path().join("words.txt"), words).unwrap();
    fs::write(folder.path().join("passphrase.txt"), "six words are quite enough here\n").unwrap();
    fs::write(folder.path().join("new.txt"), "six other words would do as well\n").unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut contents = forge::Vault::new().xrp();
    contents.created = Moment::from_unix(now - 60);
    contents.expires = Moment::from_unix(now + 3_600);
    let ledger = Topic::XrpLedger { index: forge::LEDGER, close_time: contents.created };
    contents.assumptions = vec![ledger.into()];
    contents.requests[0].from = "xrp".parse().unwrap();
    contents.requests.push(contents.requests[0].clone());
    let mut second = contents.steps[0].clone();
    second.request = 1;
    let Artefact::TxJson(members) = &mut second.artefact else { panic!("an XRP step") };
    members.insert("Sequence".to_owned(), 8.into());
    contents.steps.push(second);
    let bundle = Bundle::seal(contents).unwrap();
    fs::write(folder.path().join("one.bundle.json"), bundle.encode()).unwrap();
    fs::write(folder.path().join("codes.apng"), codes(&bundle.encode())).unwrap();
    folder
}

/// A bundle as QR codes in a moving picture.
fn codes(bundle: &[u8]) -> Vec<u8> {
    let payload = Payload { kind: Kind::Json, bytes: bundle.to_vec() };
    let sender = Sender::new(&payload, &Profile::named("airlock").unwrap()).unwrap();
    let frames = (0..sender.loop_frames()).map(|number| sender.frame(number));
    let reel = Reel::new(frames, sender.version(), sender.period()).unwrap();
    apng::encode(&reel, Look::default()).unwrap()
}

/// What a person types at the terminal that a command demands.
fn typing(name: &str) -> Option<fn(&mut Person)> {
    const PASSPHRASE: &str = "six words are quite enough here\n";
    match name {
        "init" => Some(|person| {
            for question in ["New passphrase for the vault: ", "The same again: "] {
                person.waits_for(question);
                person.types(PASSPHRASE);
            }
            person.waits_for("Enter shows them: ");
            person.types("\n");
            let paper = paper(&person.waits_for("-- Enter: go on"));
            person.types("\n");
            person.waits_for("see them again: ");
            person.types("\n");
            for half in paper.chunks(6) {
                person.waits_for("will do.\r\n\r\n> ");
                person.types(&format!("{}\n", half.join(" ")));
            }
        }),
        "words show" => Some(|person| {
            person.waits_for("Passphrase: ");
            person.types(PASSPHRASE);
            person.waits_for("type: show the words");
            person.types("show the words\n");
            assert_eq!(paper(&person.waits_for("-- Enter: go on")).len(), 12);
            person.types("\n");
        }),
        _ => None,
    }
}

/// The words on a page, by their numbers.
fn paper(page: &str) -> Vec<String> {
    let pieces: Vec<&str> = page.split_whitespace().collect();
    let pairs = pieces.windows(2).filter_map(|pair| Some((pair[0].parse().ok()?, pair[1].to_owned())));
    let words: BTreeMap<usize, String> =
        pairs.filter(|(_, word)| word.len() > 2 && word.chars().all(char::is_alphabetic)).collect();
    words.into_values().collect()
}

#[test]
fn every_command_works_inside_the_sandbox_and_makes_no_forbidden_call() {
    let desk = desk();
    let mut commands = commands();
    let has_strace = strace::is_there();
    let mut traced = 0;
    for name in names() {
        let (arguments, exit) =
            commands.remove(&*name).unwrap_or_else(|| panic!("no arguments are prepared for '{name}'"));
        let home = if name == "init" { "fresh" } else { "home" };
        let program = binary();
        let mut words = vec![program.to_str().unwrap(), "--home", home];
        words.extend(name.split(' ').chain(arguments));
        if has_strace {
            const TRACE: [&str; 7] =
                ["strace", "-f", "-qq", "-o", "trace.txt", "-e", "trace=network,execve,execveat,ptrace"];
            words.splice(0..0, TRACE);
        }
        match typing(&name) {
            Some(types) => {
                let mut person = Person::starts(desk.path(), &words);
                types(&mut person);
                assert_eq!(person.ends_with(), exit, "{name}");
            }
            None => {
                let output = run(Path::new(words[0]), desk.path(), &words[1..]);
                assert_eq!(output.status.code(), Some(exit), "{name}: {output:?}");
            }
        }
        if !has_strace {
            continue;
        }
        let trace = fs::read_to_string(desk.path().join("trace.txt")).unwrap();
        let calls: Vec<&str> = trace.lines().filter(|line| line.contains('(')).collect();
        assert!(calls.len() == 1 && calls[0].contains("execve("), "{name}: {trace}");
        traced += 1;
    }
    assert!(commands.is_empty(), "{commands:?} are no commands");
    assert!(desk.path().join("one.signed.json").exists());
    println!("{traced} commands traced: no call but their own start");
}
