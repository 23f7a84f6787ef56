//! The system calls that the signer needs, and why. Everything else kills the process.
//!
//! `docs/SANDBOX.md` is this table; a test compares the two.

use std::fmt::Write as _;

/// System calls that are needed for one reason.
#[derive(Debug)]
pub struct Group {
    /// What they are for.
    pub reason: &'static str,
    /// The calls.
    pub calls: &'static [Call],
}

/// One system call and its number on this architecture.
#[derive(Debug)]
pub struct Call {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub number: i64,
    /// What its arguments must be: one of these; anything where there are none.
    pub only: &'static [When],
}

/// Conditions that hold together.
#[derive(Debug)]
pub struct When {
    /// The condition in words.
    pub words: &'static str,
    /// Each argument by its place, and what it must be.
    pub arguments: &'static [(u8, Must)],
}

/// What an argument must be.
#[derive(Clone, Copy, Debug)]
pub enum Must {
    /// This number, in its low 32 bits.
    Be(u64),
    /// Zero in all 64 bits.
    BeZero,
    /// Without these bits.
    Lack(u64),
    /// The number of this process.
    BeThisProcess,
}

const fn call(name: &'static str, number: i64) -> Call {
    Call { name, number, only: &[] }
}

const fn only(name: &'static str, number: i64, only: &'static [When]) -> Call {
    Call { name, number, only }
}

const PROT_EXEC: u64 = 4;
const NOT_EXECUTABLE: &[When] =
    &[When { words: "memory that cannot be executed", arguments: &[(2, Must::Lack(PROT_EXEC))] }];
const TO_THIS_PROCESS: &[When] = &[When { words: "to this process", arguments: &[(0, Must::BeThisProcess)] }];

/// The flags with which the C libraries start a thread: glibc, and musl with one more bit.
const A_THREAD: &[When] = &[
    When { words: "a thread of this process", arguments: &[(0, Must::Be(0x003d_0f00))] },
    When { words: "a thread (musl)", arguments: &[(0, Must::Be(0x007d_0f00))] },
];

const TERMINAL_REQUESTS: &[When] = &[
    When { words: "TCGETS", arguments: &[(1, Must::Be(0x5401))] },
    When { words: "TCSETS", arguments: &[(1, Must::Be(0x5402))] },
    When { words: "TCSETSW", arguments: &[(1, Must::Be(0x5403))] },
    When { words: "TCSETSF", arguments: &[(1, Must::Be(0x5404))] },
    When { words: "TCGETS2", arguments: &[(1, Must::Be(0x802c_542a))] },
    When { words: "TCSETS2", arguments: &[(1, Must::Be(0x402c_542b))] },
    When { words: "TCSETSW2", arguments: &[(1, Must::Be(0x402c_542c))] },
    When { words: "TCSETSF2", arguments: &[(1, Must::Be(0x402c_542d))] },
    When { words: "TCFLSH", arguments: &[(1, Must::Be(0x540b))] },
    When { words: "TIOCGWINSZ", arguments: &[(1, Must::Be(0x5413))] },
];

const CAMERA_REQUESTS: &[When] = &[
    When { words: "VIDIOC_QBUF", arguments: &[(1, Must::Be(0xc058_560f))] },
    When { words: "VIDIOC_DQBUF", arguments: &[(1, Must::Be(0xc058_5611))] },
    When { words: "VIDIOC_STREAMOFF", arguments: &[(1, Must::Be(0x4004_5613))] },
];

const DESCRIPTOR_COMMANDS: &[When] = &[
    When { words: "F_GETFD", arguments: &[(1, Must::Be(1))] },
    When { words: "F_SETFD", arguments: &[(1, Must::Be(2))] },
    When { words: "F_GETFL", arguments: &[(1, Must::Be(3))] },
    When { words: "F_DUPFD_CLOEXEC", arguments: &[(1, Must::Be(1030))] },
];

const PROCESS_OPTIONS: &[When] = &[
    When { words: "PR_GET_DUMPABLE", arguments: &[(0, Must::Be(3))] },
    When { words: "PR_SET_NAME", arguments: &[(0, Must::Be(15))] },
    When { words: "PR_SET_VMA (glibc names its arenas)", arguments: &[(0, Must::Be(0x5356_4d41))] },
];

const READING_OWN_LIMITS: &[When] =
    &[When { words: "reading limits of this process", arguments: &[(0, Must::Be(0)), (2, Must::BeZero)] }];

/// Every call that is allowed.
pub static GROUPS: &[Group] = &[
    Group {
        reason: "Reading input, writing signed files, the journal and the vault. Which files: Landlock decides.",
        calls: &[
            call("openat", libc::SYS_openat),
            call("read", libc::SYS_read),
            call("readv", libc::SYS_readv),
            call("pread64", libc::SYS_pread64),
            call("write", libc::SYS_write),
            call("writev", libc::SYS_writev),
            call("lseek", libc::SYS_lseek),
            call("close", libc::SYS_close),
            call("fstat", libc::SYS_fstat),
            call("newfstatat", libc::SYS_newfstatat),
            call("statx", libc::SYS_statx),
            call("getdents64", libc::SYS_getdents64),
            call("readlinkat", libc::SYS_readlinkat),
            call("faccessat", libc::SYS_faccessat),
            call("faccessat2", libc::SYS_faccessat2),
            call("getcwd", libc::SYS_getcwd),
            call("dup", libc::SYS_dup),
            only("fcntl", libc::SYS_fcntl, DESCRIPTOR_COMMANDS),
        ],
    },
    Group {
        reason: "Files that are whole or not there: made under another name, synced, then named.",
        calls: &[
            call("fsync", libc::SYS_fsync),
            call("fdatasync", libc::SYS_fdatasync),
            call("ftruncate", libc::SYS_ftruncate),
            call("flock", libc::SYS_flock),
            call("nanosleep", libc::SYS_nanosleep),
            call("clock_nanosleep", libc::SYS_clock_nanosleep),
            call("renameat", libc::SYS_renameat),
            call("renameat2", libc::SYS_renameat2),
            call("linkat", libc::SYS_linkat),
            call("unlinkat", libc::SYS_unlinkat),
            call("mkdirat", libc::SYS_mkdirat),
        ],
    },
    #[cfg(target_arch = "x86_64")]
    Group {
        reason: "The older names of the same on x86-64.",
        calls: &[
            call("open", libc::SYS_open),
            call("stat", libc::SYS_stat),
            call("lstat", libc::SYS_lstat),
            call("access", libc::SYS_access),
            call("readlink", libc::SYS_readlink),
            call("rename", libc::SYS_rename),
            call("link", libc::SYS_link),
            call("unlink", libc::SYS_unlink),
            call("mkdir", libc::SYS_mkdir),
        ],
    },
    Group {
        reason: "The terminal that is open already: its modes and its size. Not TIOCSTI, which types for the person.",
        calls: &[only("ioctl", libc::SYS_ioctl, TERMINAL_REQUESTS)],
    },
    Group {
        reason: "Memory: Argon2id takes 64 MiB. Never executable.",
        calls: &[
            call("brk", libc::SYS_brk),
            only("mmap", libc::SYS_mmap, NOT_EXECUTABLE),
            only("mprotect", libc::SYS_mprotect, NOT_EXECUTABLE),
            call("munmap", libc::SYS_munmap),
            call("mremap", libc::SYS_mremap),
            call("madvise", libc::SYS_madvise),
            call("mlock", libc::SYS_mlock),
            call("mlock2", libc::SYS_mlock2),
            call("mlockall", libc::SYS_mlockall),
            call("munlock", libc::SYS_munlock),
        ],
    },
    Group {
        reason: "Threads that sign side by side. No new process: clone makes threads only, clone3 (whose flags cannot be \
                 looked at) answers ENOSYS, so that the C library takes clone.",
        calls: &[
            only("clone", libc::SYS_clone, A_THREAD),
            call("clone3", libc::SYS_clone3),
            call("futex", libc::SYS_futex),
            call("set_robust_list", libc::SYS_set_robust_list),
            call("rseq", libc::SYS_rseq),
            call("set_tid_address", libc::SYS_set_tid_address),
            call("sched_getaffinity", libc::SYS_sched_getaffinity),
            call("sched_yield", libc::SYS_sched_yield),
            call("gettid", libc::SYS_gettid),
        ],
    },
    Group {
        reason: "Randomness for salts, nonces of the seal, new keys, and the blinding of the curve.",
        calls: &[call("getrandom", libc::SYS_getrandom)],
    },
    Group {
        reason: "The clock: expiry of bundles, days of the policy, times of the journal.",
        calls: &[
            call("clock_gettime", libc::SYS_clock_gettime),
            call("gettimeofday", libc::SYS_gettimeofday),
        ],
    },
    Group {
        reason: "Who owns the home folder; how this process is set up.",
        calls: &[
            call("getpid", libc::SYS_getpid),
            call("getuid", libc::SYS_getuid),
            call("geteuid", libc::SYS_geteuid),
            only("prlimit64", libc::SYS_prlimit64, READING_OWN_LIMITS),
            only("prctl", libc::SYS_prctl, PROCESS_OPTIONS),
        ],
    },
    Group {
        reason: "Ends and signals of this process itself.",
        calls: &[
            call("exit", libc::SYS_exit),
            call("exit_group", libc::SYS_exit_group),
            call("rt_sigaction", libc::SYS_rt_sigaction),
            call("rt_sigprocmask", libc::SYS_rt_sigprocmask),
            call("rt_sigreturn", libc::SYS_rt_sigreturn),
            call("sigaltstack", libc::SYS_sigaltstack),
            call("restart_syscall", libc::SYS_restart_syscall),
            only("kill", libc::SYS_kill, TO_THIS_PROCESS),
            only("tgkill", libc::SYS_tgkill, TO_THIS_PROCESS),
        ],
    },
];

/// What a camera needs beside [`GROUPS`], granted to runs that read codes from one. It is open before the lock-down.
pub static CAMERA: Group = Group {
    reason: "Only in a run that reads QR codes from a camera, which was opened and started before: taking its pictures.",
    calls: &[only("ioctl", libc::SYS_ioctl, CAMERA_REQUESTS)],
};

/// The table as a document.
pub fn document() -> String {
    let count: usize = GROUPS.iter().map(|group| group.calls.len()).sum();
    let mut text = format!(
        "# The sandbox of airlock-offline\n\n\
         Generated from `offline/src/sandbox/calls.rs`. Before the first byte of input is read the process installs two \
         confinements, for good and for every thread that it starts:\n\n\
         - **seccomp**: the {count} system calls below (x86-64). Any other kills the process at once: sockets, new \
         processes and programs, tracing and reading other processes, keyrings, BPF, mounts, io_uring, changes of \
         permissions, owners and limits, and every call that a later kernel adds. Calls of another architecture kill it \
         too.\n\
         - **Landlock**: files and folders. A command opens what its arguments name, the home folder, and for measuring \
         the machine parts of `/sys` and its own entries of `/proc`, read-only. TCP is refused a second time.\n\n\
         Where the kernel lacks one of them, `doctor` and the review say so.\n"
    );
    for group in GROUPS.iter().chain([&CAMERA]) {
        let _ = write!(text, "\n## {}\n\n", group.reason);
        for call in group.calls {
            let only: Vec<&str> = call.only.iter().map(|when| when.words).collect();
            let _ = match only.as_slice() {
                [] => writeln!(text, "- `{}`", call.name),
                only => writeln!(text, "- `{}`: only {}", call.name, only.join(", ")),
            };
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requests_of_the_camera_are_those_that_its_reader_makes() {
        let granted = CAMERA_REQUESTS.iter().map(|when| match when.arguments {
            [(1, Must::Be(number))] => (when.words, *number),
            other => panic!("{other:?}"),
        });
        assert!(granted.eq(airlock_qr::source::camera::REQUESTS.iter().copied()));
    }
}
