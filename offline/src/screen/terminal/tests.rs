#![allow(clippy::arithmetic_side_effects, reason = "a panic here is a failed test")]

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::*;
use crate::error::TOO_SMALL;

/// Both ends of a terminal, and what it showed so far.
struct Pair {
    keyboard: File,
    shown: Receiver<Vec<u8>>,
    text: String,
}

impl Pair {
    fn open(rows: u16, columns: u16) -> (Self, Terminal) {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
        let tty = File::from(rustix::fs::open(name, flags, rustix::fs::Mode::empty()).unwrap());
        tcsetwinsize(&tty, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let keyboard = File::from(master);
        let mut output = keyboard.try_clone().unwrap();
        let (send, shown) = channel();
        thread::spawn(move || {
            let mut piece = [0u8; 4096];
            while let Ok(count @ 1..) = output.read(&mut piece) {
                if send.send(piece.get(..count).unwrap().to_vec()).is_err() {
                    break;
                }
            }
        });
        (Self { keyboard, shown, text: String::new() }, Terminal { tty, is_plain: true })
    }

    fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for a text on the screen and takes everything up to its end.
    fn wait_for(&mut self, wanted: &str) -> String {
        loop {
            if let Some(at) = self.text.find(wanted) {
                let rest = self.text.split_off(at + wanted.len());
                return core::mem::replace(&mut self.text, rest);
            }
            let more = self.shown.recv_timeout(Duration::from_secs(20)).expect(wanted);
            self.text.push_str(&String::from_utf8(more).unwrap());
        }
    }
}

/// Time for the terminal's other end to take in what was typed, or to be wrong.
fn a_moment() {
    thread::sleep(Duration::from_millis(150));
}

#[test]
fn what_was_typed_before_a_question_does_not_answer_it() {
    let (mut person, mut terminal) = Pair::open(24, 80);
    person.type_in("\n\n80000\n");
    a_moment();
    let run = thread::spawn(move || {
        let lines: Vec<String> = (0..40).map(|n| format!("line {n}")).collect();
        terminal.show(&lines).unwrap();
        let approval = terminal.ask("Type it: ").unwrap();
        (approval, terminal.ask_secret("Passphrase: ").unwrap().expose().to_owned())
    });
    person.wait_for("q: stop ");
    a_moment();
    assert!(!run.is_finished());
    a_moment();
    person.type_in("\n");
    person.wait_for("Type it: ");
    a_moment();
    person.type_in("5\n");
    person.wait_for("Passphrase: ");
    a_moment();
    person.type_in("six words\n");
    assert_eq!(run.join().unwrap(), ("5".to_owned(), "six words".to_owned()));
}

#[test]
fn ctrl_c_at_any_question_is_an_error_and_the_terminal_is_as_before() {
    for secret in [false, true] {
        let (mut person, mut terminal) = Pair::open(24, 80);
        let tty = terminal.tty.try_clone().unwrap();
        let modes = |tty: &File| tcgetattr(tty).unwrap().local_modes;
        let before = modes(&tty);
        let run = thread::spawn(move || match secret {
            true => terminal.ask_secret("Question: ").err(),
            false => terminal.ask("Question: ").err(),
        });
        person.wait_for("Question: ");
        a_moment();
        person.type_in("half an ans\u{3}");
        assert_eq!(run.join().unwrap().expect("broken off").code(), &BROKEN_OFF);
        assert_eq!(modes(&tty), before);
        assert!(before.contains(LocalModes::ECHO | LocalModes::ISIG));
    }
}

#[test]
fn a_window_that_is_too_small_shows_nothing() {
    for (rows, columns) in [(11, 80), (24, 39)] {
        let (_person, mut terminal) = Pair::open(rows, columns);
        assert_eq!(terminal.show(&["line".to_owned()]).unwrap_err().code(), &TOO_SMALL);
    }
}

#[test]
fn a_page_of_secrets_stands_on_the_other_screen_until_the_person_goes_on() {
    let (mut person, mut terminal) = Pair::open(12, 40);
    let tty = terminal.tty.try_clone().unwrap();
    let run = thread::spawn(move || terminal.show_secret(&SecretText::new("1 abandon\n2 about".to_owned())));
    let before = person.wait_for("\u{1b}[?1049h\u{1b}[H\u{1b}[J");
    assert!(!before.contains("abandon"));
    person.wait_for("1 abandon\r\n2 about");
    person.wait_for("q: stop ");
    a_moment();
    assert!(!tcgetattr(&tty).unwrap().local_modes.contains(LocalModes::ECHO), "typing moves nothing");
    person.type_in("\n");
    let after = person.wait_for("\u{1b}[H\u{1b}[J\u{1b}[3J\u{1b}[?1049l");
    assert!(!after.contains("abandon"));
    run.join().unwrap().unwrap();
}

#[test]
fn what_is_typed_in_sight_is_wiped_from_the_screen_even_when_broken_off() {
    for (keys, answer) in [("662413\n", Some("662413")), ("6624\u{3}", None)] {
        let (mut person, mut terminal) = Pair::open(12, 40);
        let run =
            thread::spawn(move || terminal.ask_seen("Rolls: ").ok().map(|text| text.expose().to_owned()));
        person.wait_for("\u{1b}[?1049h\u{1b}[H\u{1b}[JRolls: ");
        a_moment();
        person.type_in(keys);
        person.wait_for("6624");
        person.wait_for("\u{1b}[H\u{1b}[J\u{1b}[3J\u{1b}[?1049l");
        assert_eq!(run.join().unwrap().as_deref(), answer);
    }
}
