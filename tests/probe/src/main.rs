//! The offline program, held still for the residue test: the same library and the same run, but it leaves itself readable
//! and waits where the program would end.
//!
//! ```text
//! airlock-probe [--tty] [--keep WHAT HOME PASSPHRASE_FILE | --keep-bytes FILE] [--panic] -- ARGUMENTS...
//! ```
//! - `--tty`: stdin becomes the controlling terminal, so that `/dev/tty` is the test's.
//! - `--keep`: one secret is forgotten on purpose before the run, so that the scanner can show that it would see it.
//! - `--panic`: panics in another thread instead of running, while the streams are locked as they are in a run.
//!
//! After the run it prints `probe: exit CODE` and waits for ever.

mod keep;

use std::ffi::OsString;
use std::io::Write;

use airlock_offline::process;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

fn main() {
    process::begin();
    set_dumpable_behavior(DumpableBehavior::Dumpable).expect("a process can make itself dumpable");
    let mut arguments = std::env::args_os().skip(1);
    while let Some(option) = arguments.next() {
        let mut next = || arguments.next().expect("an option's value");
        match option.to_str() {
            Some("--tty") => take_terminal(),
            Some("--keep") => {
                let (what, home, passphrase) = (next(), next(), next());
                keep::secret(what.to_str().expect("a name"), home.as_ref(), passphrase.as_ref());
            }
            Some("--keep-bytes") => keep::bytes(next().as_ref()),
            Some("--panic") => panic_elsewhere(),
            _ => break,
        }
    }
    let code = process::run(std::iter::once(OsString::from("airlock-offline")).chain(arguments));
    writeln!(std::io::stdout(), "probe: exit {code}").expect("the test reads this");
    loop {
        std::thread::park();
    }
}

fn take_terminal() {
    rustix::process::setsid().expect("the test did not make this a group of its own");
    rustix::process::ioctl_tiocsctty(rustix::stdio::stdin()).expect("stdin is a terminal");
}

fn panic_elsewhere() {
    let _streams = (std::io::stdout().lock(), std::io::stderr().lock());
    let broken = std::thread::spawn(|| {
        let words = String::from("the-value-at-the-place");
        assert!(words.is_empty(), "found {words}");
    });
    let _ = broken.join();
}
