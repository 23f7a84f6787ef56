//! The held offline program: built in the profile that is asked for, run to its end, and read while it stands still.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::memscan::{Scan, Scanner};
use crate::programs::built;

/// Longer than any run takes, on a busy machine and in an unoptimized build.
const PATIENCE: Duration = Duration::from_secs(120);

/// The profiles in which the residue is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Unoptimized: every move is a copy.
    Debug,
    /// The one that is shipped.
    Release,
}

impl Profile {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Debug, Self::Release];

    /// The probe in this profile, built at the first call.
    ///
    /// # Panics
    /// When the build fails.
    pub fn probe(self) -> PathBuf {
        match self {
            Self::Debug => built("airlock-probe", "dev"),
            Self::Release => built("airlock-probe", "release"),
        }
    }
}

/// How a run goes in.
#[derive(Debug, Default)]
pub struct Run<'a> {
    /// Options of the probe itself.
    pub probe: Vec<String>,
    /// The command line of the offline program.
    pub arguments: Vec<String>,
    /// What is piped into stdin.
    pub stdin: Option<&'a str>,
    /// What a person types: each answer after its question was shown. With answers, the run has a terminal.
    pub typed: &'a [(&'a str, &'a str)],
}

/// A run that came to its end and waits.
#[derive(Debug)]
pub struct Held {
    child: Child,
    /// The exit code that the program would have given.
    pub exit: u8,
    /// What it wrote to stdout and stderr.
    pub output: String,
    /// The other end of its terminal: a closed one would end it.
    _keyboard: Option<File>,
}

impl Held {
    /// Runs a command line to its end.
    ///
    /// # Panics
    /// When the program ends or does not come to its end.
    pub fn run(probe: &Path, run: &Run<'_>) -> Self {
        let mut command = Command::new(probe);
        command.env_clear().env("TZ", "UTC").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut keyboard = None;
        if run.typed.is_empty() {
            command.stdin(if run.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        } else {
            let (other, tty) = terminal();
            keyboard = Some(other);
            command.arg("--tty").stdin(Stdio::from(tty));
        }
        let output = Arc::new(Mutex::new(String::new()));
        let mut child = command
            .args(&run.probe)
            .arg("--")
            .args(&run.arguments)
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}", probe.display()));
        // The command holds an end of the terminal for further children.
        drop(command);
        if let (Some(text), Some(mut stdin)) = (run.stdin, child.stdin.take()) {
            stdin.write_all(text.as_bytes()).expect("it reads its stdin");
        }
        if let Some(keyboard) = &keyboard {
            answer(keyboard.try_clone().expect("a descriptor"), run.typed, &output);
        }
        collect(child.stderr.take().expect("stderr"), &output);
        let done = until_done(child.stdout.take().expect("stdout"), &output);
        let Ok(exit) = done.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            let ended = child.wait();
            panic!("the probe did not come to its end: {ended:?}\n{}", output.lock().expect("a lock"));
        };
        let output = output.lock().expect("a lock").clone();
        Self { child, exit, output, _keyboard: keyboard }
    }

    /// Stops the process and reads its memory.
    ///
    /// # Panics
    /// When it does not stop, or cannot be read.
    pub fn scan(&self, scanner: &Scanner) -> Scan {
        let pid = self.child.id();
        let process = Pid::from_child(&self.child);
        kill_process(process, Signal::STOP).expect("it is ours");
        let is_stopped = || {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
            stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T'))
        };
        while !is_stopped() {
            thread::sleep(Duration::from_millis(2));
        }
        scanner.scan_process(pid).expect("it leaves itself readable")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A terminal large enough for every review on one page: this end, and the program's.
fn terminal() -> (File, OwnedFd) {
    let keyboard =
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
    grantpt(&keyboard).and_then(|()| unlockpt(&keyboard)).expect("a terminal");
    let name = ptsname(&keyboard, Vec::new()).expect("its name");
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let tty = rustix::fs::open(name, flags, rustix::fs::Mode::empty()).expect("its other end");
    tcsetwinsize(&tty, Winsize { ws_row: 2000, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 }).expect("a size");
    (File::from(keyboard), tty)
}

/// Types each answer once its question stands on the screen.
fn answer(mut keyboard: File, typed: &[(&str, &str)], output: &Arc<Mutex<String>>) {
    let output = Arc::clone(output);
    let mut answers: Vec<(String, String)> =
        typed.iter().rev().map(|(question, text)| ((*question).to_owned(), (*text).to_owned())).collect();
    thread::spawn(move || {
        let (mut shown, mut piece) = (Vec::new(), [0u8; 4096]);
        while let Ok(count @ 1..) = keyboard.read(&mut piece) {
            shown.extend_from_slice(&piece[..count]);
            output.lock().expect("a lock").push_str(&String::from_utf8_lossy(&piece[..count]));
            let text = String::from_utf8_lossy(&shown).into_owned();
            if answers.last().is_some_and(|(question, _)| text.contains(question.as_str())) {
                let (_, answer) = answers.pop().expect("it was the last");
                shown.clear();
                // What is typed before the program asks is forgotten; the question is the last that it writes before.
                thread::sleep(Duration::from_millis(200));
                if keyboard.write_all(format!("{answer}\n").as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
}

/// Takes what comes, to be shown when a test fails.
fn collect(mut from: impl Read + Send + 'static, output: &Arc<Mutex<String>>) {
    let output = Arc::clone(output);
    thread::spawn(move || {
        let mut piece = [0u8; 4096];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            output.lock().expect("a lock").push_str(&String::from_utf8_lossy(&piece[..count]));
        }
    });
}

/// Waits for the line with which the probe tells that the run is over.
fn until_done(from: impl Read + Send + 'static, output: &Arc<Mutex<String>>) -> Receiver<u8> {
    let output = Arc::clone(output);
    let (send, done) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if let Some(exit) = line.strip_prefix("probe: exit ") {
                let _ = send.send(exit.parse().expect("an exit code"));
            }
            output.lock().expect("a lock").push_str(&format!("{line}\n"));
        }
    });
    done
}
