//! A person at a terminal of the program's own: sees what it shows, waits for it, types.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::ceremony::{OfflineMachine, text};
use crate::programs::programs;

/// The program at a terminal, and a person who sees and types.
#[derive(Debug)]
pub struct Person {
    program: Child,
    keyboard: ChildStdin,
    shown: Receiver<Vec<u8>>,
    seen: String,
}

impl Person {
    /// Starts the program on a terminal of its own, as `script` makes them.
    ///
    /// # Panics
    /// Where there is no `script`, a tool of util-linux.
    pub fn sits_at(machine: &OfflineMachine, arguments: &[&str]) -> Self {
        let words = [&[programs().offline.to_str().expect("it runs"), "--home", "home"], arguments].concat();
        Self::starts(machine.folder(), &words)
    }

    /// Starts any command, whose words hold no blanks, on a terminal of its own in a folder.
    ///
    /// # Panics
    /// Where there is no `script`, a tool of util-linux.
    pub fn starts(folder: &Path, words: &[&str]) -> Self {
        let mut program = Command::new("script")
            .args(["--quiet", "--return", "--command", &words.join(" "), "/dev/null"])
            .current_dir(folder)
            .env("NO_COLOR", "1")
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`script` of util-linux is there");
        let (send, shown) = channel();
        let mut screen = program.stdout.take().expect("it runs");
        thread::spawn(move || {
            let mut piece = [0u8; 4096];
            while let Ok(count @ 1..) = screen.read(&mut piece) {
                if send.send(piece[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { keyboard: program.stdin.take().expect("it runs"), program, shown, seen: String::new() }
    }

    /// Everything up to the end of the wanted text.
    ///
    /// # Panics
    /// As [`Person::waits_for_any`].
    #[track_caller]
    pub fn waits_for(&mut self, wanted: &str) -> String {
        self.waits_for_any(&[wanted])
    }

    /// Everything up to the end of whichever of the wanted texts comes first.
    ///
    /// # Panics
    /// When the screen is still for a minute, or shows other things for three.
    #[track_caller]
    pub fn waits_for_any(&mut self, wanted: &[&str]) -> String {
        let begun = Instant::now();
        loop {
            let found = wanted.iter().filter_map(|text| Some(self.seen.find(text)? + text.len())).min();
            if let Some(end) = found {
                let rest = self.seen.split_off(end);
                return std::mem::replace(&mut self.seen, rest);
            }
            match self.shown.recv_timeout(Duration::from_secs(60)) {
                Ok(more) if begun.elapsed() < Duration::from_secs(180) => self.seen.push_str(&text(&more)),
                Ok(_) | Err(_) => panic!("none of {wanted:?} comes; on the screen: {}", self.seen),
            }
        }
    }

    /// Types.
    ///
    /// # Panics
    /// When the program has ended.
    pub fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("it runs");
    }

    /// Waits for the end and gives the exit code.
    ///
    /// # Panics
    /// When a signal ended it.
    pub fn ends_with(mut self) -> i32 {
        let status = self.program.wait().expect("it runs");
        status.code().expect("it runs")
    }
}
