use std::fs;

use tempfile::TempDir;

use super::*;

/// A tree of files as a machine without network shows it, with changes.
fn measured(changes: &[(&str, &str)]) -> Facts {
    let root = TempDir::new().unwrap();
    let usual = [
        ("proc/self/net/dev", "Inter-| Receive\n face |bytes\n    lo: 1 2 3\n"),
        ("proc/self/net/route", "Iface\tDestination\tGateway\n"),
        ("proc/self/net/ipv6_route", "00000000000000000000000000000001 80 00 00 0 0 0 0 80200001       lo\n"),
        (
            "proc/self/limits",
            "Limit  Soft Limit\nMax core file size        0                    0          bytes\n",
        ),
        ("proc/self/status", "Name:\tairlock\nTracerPid:\t0\nVmLck:\t    4608 kB\n"),
        ("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n"),
        ("proc/sys/kernel/core_pattern", "core\n"),
        ("sys/class/net/lo/flags", "0x9\n"),
    ];
    for (path, text) in usual.iter().chain(changes) {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match *text {
            GONE => fs::remove_file(path).unwrap(),
            text => fs::write(path, text).unwrap(),
        }
    }
    // This test itself may be dumpable.
    Facts { is_dumpable: false, ..Facts::measure(root.path()) }
}

/// Stands for a file that is taken away.
const GONE: &str = "gone";

#[track_caller]
fn forbids(name: &str, saying: &str, changes: &[(&str, &str)]) {
    let findings = measured(changes).findings();
    let found = findings.iter().find(|finding| finding.name == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {findings:?}"));
    assert!(
        found.grade == Grade::Forbids && found.what.contains(saying) && !found.next.is_empty(),
        "{found:?}"
    );
    assert!(refusal(&findings).is_some_and(|error| error.code() == &NOT_FIT));
}

#[test]
fn a_machine_without_network_is_fit() {
    let facts = measured(&[]);
    assert_eq!(facts.findings(), []);
    assert_eq!(refusal(&facts.findings()), None);
    assert_eq!(refusal(&Recorded::fit().facts().findings()), None);
    let interfaces = &facts.checks()[0];
    assert_eq!((interfaces.name, &*interfaces.what), ("interfaces", "none but loopback"));
    assert_eq!(facts.locked_kib, 4608);
}

#[test]
fn an_interface_that_is_up_forbids_and_one_that_is_down_does_not() {
    let down = [("sys/class/net/eth0/flags", "0x1002\n"), ("sys/class/net/eth0/operstate", "down\n")];
    assert_eq!(measured(&down).findings(), []);
    assert_eq!(measured(&down).checks()[0].what, "1 beside loopback, all down");
    forbids("interfaces", "eth0 (virtual, no carrier)", &[("sys/class/net/eth0/flags", "0x1003\n")]);
    let state = ("sys/class/net/eth0/operstate", "up\n");
    forbids("interfaces", "eth0 (wired, no carrier)", &[down[0], state, ("sys/class/net/eth0/device", "")]);
    let carrier = ("sys/class/net/wlan0/carrier", "1\n");
    let wireless = ("sys/class/net/wlan0/phy80211", "");
    forbids(
        "interfaces",
        "wlan0 (wireless, carrier)",
        &[carrier, wireless, ("sys/class/net/wlan0/flags", "0x0")],
    );
}

#[test]
fn an_interface_that_only_one_of_the_two_lists_names_counts_as_up() {
    forbids("interfaces", "eth7", &[("proc/self/net/dev", "a\nb\n  eth7: 0 0\n")]);
    forbids("interfaces", "eth0", &[("proc/self/net/dev", "a\nb\n"), ("sys/class/net/eth0/flags", "0x1\n")]);
    let loopback_of_another_name = [("sys/class/net/loop7/flags", "0x9\n")];
    assert_eq!(measured(&loopback_of_another_name).findings(), []);
}

#[test]
fn routes_radios_swap_core_dumps_and_debuggers_forbid() {
    forbids("routes", "eth0", &[("proc/self/net/route", "Iface\tDestination\neth0\t00000000\n")]);
    forbids("routes", "tun9", &[("proc/self/net/ipv6_route", "00 00 00 00 00 00 0 0 0     tun9\n")]);
    let radio = |soft| {
        [
            ("sys/class/rfkill/rfkill0/name", "phy0"),
            ("sys/class/rfkill/rfkill0/type", "wlan"),
            ("sys/class/rfkill/rfkill0/soft", soft),
            ("sys/class/ieee80211/phy0/index", "0"),
        ]
    };
    forbids("radios", "phy0 (wlan)", &radio("0"));
    assert_eq!(measured(&radio("1\n")).findings(), []);
    forbids("radios", "hci0 (bluetooth)", &[("sys/class/bluetooth/hci0/uevent", "")]);
    forbids(
        "swap",
        "/dev/zram0 of 4096 KiB",
        &[("proc/swaps", "Filename\n/dev/zram0  partition  4096 0 -2\n")],
    );
    forbids(
        "core-dumps",
        "everything",
        &[("proc/self/limits", "Max core file size   unlimited   unlimited  bytes\n")],
    );
    let pattern = ("proc/sys/kernel/core_pattern", "|/usr/bin/crash\n");
    forbids(
        "core-dumps",
        "4096 bytes of memory to '|/usr/bin/crash'",
        &[pattern, ("proc/self/limits", "Max core file size   4096  4096  bytes\n")],
    );
    forbids("debugger", "process 77", &[("proc/self/status", "TracerPid:\t77\nVmLck:\t1 kB\n")]);
}

#[test]
fn a_process_whose_memory_others_can_read_forbids() {
    let facts = Facts { is_dumpable: true, ..Recorded::fit().facts() };
    assert_eq!(sentence(&facts.findings()), "sign despite dumpable");
}

#[test]
fn a_home_that_others_can_change_forbids_and_one_that_others_can_read_warns() {
    use std::os::unix::fs::PermissionsExt;
    let root = TempDir::new().unwrap();
    let home = Home::find(Some(&root.path().join("home"))).unwrap();
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let grade = || permissions(&home).grade;
    assert_eq!(grade(), Grade::Good, "there is none yet");
    home.create().unwrap();
    fs::write(home.vault(), "x").unwrap();
    set(&home.vault(), 0o600);
    assert_eq!(grade(), Grade::Good);
    for (path, mode, expected) in [
        (home.folder().to_path_buf(), 0o750, Grade::Warns),
        (home.vault(), 0o604, Grade::Warns),
        (home.folder().to_path_buf(), 0o720, Grade::Forbids),
        (home.vault(), 0o666, Grade::Forbids),
    ] {
        let before = fs::metadata(&path).unwrap().permissions();
        set(&path, mode);
        let found = permissions(&home);
        assert!(found.grade == expected && found.what.contains(&format!("mode {mode:o}")), "{found:?}");
        let all = findings(&Recorded::fit(), &home);
        assert!(all.iter().any(|finding| finding.name == "home"), "{all:?}");
        fs::set_permissions(&path, before).unwrap();
    }
    std::os::unix::fs::symlink(home.vault(), home.journal()).unwrap();
    assert!(permissions(&home).what.contains("journal.jsonl is a link"));
}

#[test]
fn finds_unfinished_files_and_nothing_else() {
    let root = TempDir::new().unwrap();
    let at = |name: &str| root.path().join(name);
    for name in [".airlock-unfinished-1", "journal.jsonl", "x.airlock-unfinished-2"] {
        fs::write(at(name), "x").unwrap();
    }
    fs::create_dir(at(".airlock-unfinished-folder")).unwrap();
    std::os::unix::fs::symlink(at("journal.jsonl"), at(".airlock-unfinished-link")).unwrap();
    assert_eq!(leftovers([root.path()]), [at(".airlock-unfinished-1")]);
}

#[test]
fn what_cannot_be_measured_forbids() {
    forbids("unmeasured", "/proc/self/limits", &[("proc/self/limits", GONE)]);
    forbids("unmeasured", "/proc/self/status", &[("proc/self/status", GONE)]);
    let nowhere = TempDir::new().unwrap();
    let findings = Facts::measure(nowhere.path()).findings();
    assert!(findings.iter().any(|finding| finding.what.contains("/sys/class/net")), "{findings:?}");
    // Where only /proc is there nobody knows of radios.
    fs::create_dir_all(nowhere.path().join("proc/self/net")).unwrap();
    for (file, text) in [
        ("limits", "Max core file size 0 0 bytes\n"),
        ("status", "TracerPid:\t0\nVmLck:\t4 kB\n"),
        ("net/dev", "a\nb\n  lo: 0\n"),
    ] {
        fs::write(nowhere.path().join("proc/self").join(file), text).unwrap();
    }
    let findings = Facts::measure(nowhere.path()).findings();
    assert!(
        findings.iter().any(|finding| finding.name == "unmeasured" && finding.grade == Grade::Forbids),
        "{findings:?}"
    );
}

#[test]
fn memory_that_is_not_locked_only_warns() {
    let findings = measured(&[("proc/self/status", "TracerPid:\t0\nVmLck:\t0 kB\n")]).findings();
    assert!(matches!(&*findings, [Finding { name: "memory-lock", grade: Grade::Warns, .. }]), "{findings:?}");
    assert_eq!(refusal(&findings), None);
}

#[test]
fn hostile_names_are_escaped_and_the_sentence_names_what_forbids() {
    let changes =
        [("sys/class/net/e\u{1b}[2J/flags", "0x1\n"), ("proc/swaps", "Filename\n/swap  file 8 0 -2\n")];
    let findings = measured(&changes).findings();
    assert!(findings[0].what.contains("e\\u{1b}[2J"), "{findings:?}");
    assert_eq!(sentence(&findings), "sign despite interfaces, swap");
    assert!(refusal(&findings).unwrap().what().ends_with("; and 1 other finding"));
}
