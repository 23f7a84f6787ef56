//! The shipped program keeps others of the same user out of its memory, leaves no core file, and ends a defect without
//! the values that it met.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use airlock_tests::probe::Profile;
use airlock_tests::programs::built;
use rustix::process::{Resource, Rlimit, getrlimit, getuid, setrlimit};
use tempfile::TempDir;

/// Somebody without rights: root reads every process, so the test must not look as root.
const NOBODY: u32 = 65_534;

/// A program that waits for its input under an ordinary user.
struct Waiting {
    child: Child,
    _folder: TempDir,
}

impl Waiting {
    fn start(program: &Path, arguments: &[&str]) -> Self {
        // A copy, because not everybody may enter the folder in which it was built; a vault is made beside it.
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let copy: PathBuf = folder.path().join("program");
        fs::copy(program, &copy).unwrap();
        let mut command = Command::new(&copy);
        command.args(arguments).env_clear().current_dir(folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = ordinary(&mut command).spawn().unwrap();
        let waiting = Self { child, _folder: folder };
        waiting.until_it_sleeps();
        waiting
    }

    fn until_it_sleeps(&self) {
        let mut asleep = 0;
        for _ in 0..1000 {
            sleep(Duration::from_millis(20));
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
            let state = stat.rsplit(')').next().unwrap().trim_start().chars().next().unwrap();
            asleep = if state == 'S' { asleep + 1 } else { 0 };
            assert_ne!(state, 'Z', "it ended before its input");
            if asleep == 5 {
                return;
            }
        }
        panic!("it does not wait for its input");
    }

    fn proc(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.child.id())
    }

    /// Whether another program of the same user reads this file of the process.
    fn gives(&self, name: &str) -> bool {
        let mut reader = Command::new("head");
        reader.args(["-c", "1", &self.proc(name)]).stdout(Stdio::null()).stderr(Stdio::null());
        ordinary(&mut reader).status().unwrap().success()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ordinary(command: &mut Command) -> &mut Command {
    if getuid().is_root() { command.uid(NOBODY).gid(NOBODY) } else { command }
}

#[test]
fn others_of_the_same_user_cannot_read_the_shipped_program() {
    let open = Waiting::start(Path::new("/bin/cat"), &[]);
    assert!(open.gives("maps") && open.gives("environ"), "the reader could see an ordinary process");

    let limit = getrlimit(Resource::Memlock);
    let _ = setrlimit(Resource::Memlock, Rlimit { current: limit.maximum, ..limit });
    let import = ["--home", "home", "import", "--test-only", "--secret-file", "-"];
    let program = Waiting::start(&built("airlock-offline", "release"), &import);
    for name in ["maps", "environ", "mem"] {
        assert!(!program.gives(name), "{name} of the program is readable");
    }

    let limits = fs::read_to_string(program.proc("limits")).unwrap();
    let core: Vec<&str> =
        limits.lines().find(|line| line.contains("core file")).unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{limits}");

    let is_room = getrlimit(Resource::Memlock).current.is_none_or(|bytes| bytes >= 64 << 20);
    let status = fs::read_to_string(program.proc("status")).unwrap();
    let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
    assert!(!is_room || !locked.contains(" 0 kB"), "no memory is locked: {status}");
}

#[test]
fn a_defect_in_any_thread_tells_its_place_and_no_value() {
    for profile in Profile::ALL {
        let output = Command::new(profile.probe()).args(["--panic", "--"]).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{profile:?}: {told}");
        assert!(told.starts_with("E-OFSYS-003 a defect at ") && told.contains("main.rs:"), "{told}");
        assert!(!told.contains("the-value-at-the-place") && !told.contains("found"), "{told}");
        assert!(output.stdout.is_empty());
    }
}
