//! A show on a scripted stage: a clock of its own, a window that can change, keys at given moments.

#![allow(clippy::arithmetic_side_effects, reason = "tests; an overflow is a failure")]

use std::cell::RefCell;
use std::rc::Rc;

use airlock::Code;
use airlock::qr::capacity::alphanumeric;
use airlock::qr::profile::Profile;
use airlock::qr::{Kind, Payload};

use super::*;
use crate::eye;
use crate::terminal::WINDOW;

/// What the person does, and when.
enum Act {
    Press(Key),
    Resize(usize, usize),
}

struct Script {
    now: Duration,
    window: Window,
    acts: Vec<(u64, Act)>,
    written: Vec<(Duration, String)>,
    gone_at: Option<usize>,
}

impl Script {
    /// A window, and acts at milliseconds from the start, in order.
    fn new(columns: usize, rows: usize, acts: impl IntoIterator<Item = (u64, Act)>) -> Self {
        let mut acts: Vec<(u64, Act)> = acts.into_iter().collect();
        acts.reverse();
        let window = Window { columns, rows };
        Self { now: Duration::ZERO, window, acts, written: Vec::new(), gone_at: None }
    }

    fn keys(acts: impl IntoIterator<Item = (u64, Key)>) -> Self {
        Self::new(200, 100, acts.into_iter().map(|(at, key)| (at, Act::Press(key))))
    }

    /// Moments at which a code was painted.
    fn painted(&self) -> Vec<u128> {
        let codes = self.written.iter().filter(|(_, text)| text.contains("\x1b[?2026h"));
        codes.map(|(at, _)| at.as_millis()).collect()
    }

    /// The lines of words, without escapes, as they changed.
    fn words(&self) -> Vec<String> {
        let lines = self.written.iter().filter(|(_, text)| text.contains("\x1b[K"));
        let mut words: Vec<String> = lines.map(|(_, text)| plain(text)).collect();
        words.dedup();
        words
    }
}

/// Text without escape sequences.
fn plain(text: &str) -> String {
    let mut shown = String::new();
    for (number, piece) in text.split('\x1b').enumerate() {
        let end = piece.find(|c: char| c.is_ascii_alphabetic()).map_or(piece.len(), |at| at + 1);
        shown.push_str(if number == 0 { piece } else { &piece[end..] });
    }
    shown
}

impl Stage for Script {
    fn write(&mut self, text: &str) -> Result<()> {
        if self.gone_at == Some(self.written.len()) {
            return Err(GONE.error("the terminal is gone"));
        }
        self.written.push((self.now, text.to_owned()));
        Ok(())
    }

    fn size(&mut self) -> Result<Window> {
        Ok(self.window)
    }

    fn key_within(&mut self, time: Duration) -> Result<Option<Key>> {
        let end = self.now + time;
        let Some((at, _)) = self.acts.last() else { panic!("the script ends without a quit") };
        let at = Duration::from_millis(*at);
        if at >= end {
            self.now = end;
            return Ok(None);
        }
        self.now = self.now.max(at);
        match self.acts.pop() {
            Some((_, Act::Press(key))) => Ok(Some(key)),
            Some((_, Act::Resize(columns, rows))) => {
                self.window = Window { columns, rows };
                self.now = end;
                Ok(None)
            }
            None => Ok(None),
        }
    }

    fn now(&mut self) -> Duration {
        self.now
    }
}

static GONE: Code = Code::new("E-TST-001", airlock::Exit::Environment, "Gone.", "Come back.");
static DENSE: Code = Code::new("E-TST-002", airlock::Exit::BadInput, "Too many.", "Use a stick.");

/// `bytes` characters cut into frames of the density asked for.
struct Cut {
    version: u8,
    source_frames: u32,
    asked: Rc<RefCell<Vec<u32>>>,
}

impl Series for Cut {
    fn frame(&self, n: u32) -> String {
        self.asked.borrow_mut().push(n);
        format!("UR:BYTES/{}-{}/AEAE", n + 1, self.source_frames)
    }

    fn source_frames(&self) -> u32 {
        self.source_frames
    }

    fn version(&self) -> u8 {
        self.version
    }
}

/// Plays `characters` on this stage; gives the result, the versions that were asked for, and the frames of the last series.
fn played(script: &mut Script, characters: usize, version: u8) -> (Result<Shown>, Vec<u8>, Vec<u32>) {
    let mut versions = Vec::new();
    let mut last = Rc::default();
    let mut build = |version: u8| -> Result<Box<dyn Series>> {
        versions.push(version);
        let room = alphanumeric(version);
        let source_frames = u32::try_from(characters.div_ceil(room)).unwrap();
        if source_frames > 1000 {
            return Err(DENSE.error(format!("{source_frames} frames are too many")));
        }
        last = Rc::default();
        Ok(Box::new(Cut { version, source_frames, asked: Rc::clone(&last) }))
    };
    let settings = Settings { version, period: Duration::from_millis(125), dim: false };
    let result = play(script, settings, &Title::default(), &mut build);
    let frames = last.borrow().clone();
    (result, versions, frames)
}

#[test]
fn frames_follow_one_another_at_the_period_until_the_person_quits() {
    let mut script = Script::keys([(990, Key::Quit)]);
    let (result, versions, frames) = played(&mut script, 10_000, 20);
    assert_eq!(frames, (0..8).collect::<Vec<u32>>());
    assert_eq!(versions, [20]);
    let shown = result.unwrap();
    assert_eq!(shown.frames, 8);
    assert_eq!(script.painted(), [0, 125, 250, 375, 500, 625, 750, 875]);
    let first = &script.words()[0];
    assert!(first.starts_with("frame 1 (9 hold all), 125 ms each, about 2 s, QR version 20"), "{first}");
    assert!(first.contains("+ - density"), "{first}");
}

#[test]
fn the_terminal_is_left_as_it_was_even_when_the_show_breaks() {
    let mut script = Script::keys([(300, Key::Quit)]);
    played(&mut script, 5000, 15).0.unwrap();
    assert_eq!(script.written.first().unwrap().1, ENTER);
    assert_eq!(script.written.last().unwrap().1, LEAVE);
    for (on, off) in [("?1049h", "?1049l"), ("?25l", "?25h"), ("?7l", "?7h")] {
        assert!(ENTER.contains(on) && LEAVE.contains(off), "{on}");
    }
    assert!(LEAVE.contains("\x1b[0m"));
    let mut script = Script::keys([(300, Key::Quit)]);
    script.gone_at = Some(3);
    let (result, ..) = played(&mut script, 5000, 15);
    assert_eq!(result.unwrap_err().code(), &GONE);
}

#[test]
fn nothing_ever_wraps_or_scrolls() {
    let acts = [
        (200, Act::Press(Key::Denser)),
        (700, Act::Press(Key::Sparser)),
        (900, Act::Resize(61, 40)),
        (1500, Act::Press(Key::Denser)),
        (2000, Act::Resize(45, 24)),
        (2600, Act::Press(Key::Quit)),
    ];
    let mut script = Script::new(120, 62, acts);
    played(&mut script, 20_000, 20).0.unwrap();
    let mut windows = vec![(120, 62), (61, 40), (45, 24)];
    for (at, text) in &script.written {
        assert!(!text.contains('\n') && !text.contains('\r'));
        if *at >= Duration::from_millis(1000) && windows.len() == 3
            || *at >= Duration::from_millis(2100) && windows.len() == 2
        {
            windows.remove(0);
        }
        let (columns, rows) = windows[0];
        for piece in text.split("\x1b[").filter(|piece| !piece.starts_with('?')) {
            if let Some((place, _)) = piece.split_once('H') {
                let row: usize = place.split_once(';').unwrap().0.parse().unwrap();
                assert!(row <= rows, "row {row} of {rows} at {at:?}");
            }
        }
        for line in text.split(";1H").skip(1) {
            let line = line.rsplit_once("\x1b[").map_or(line, |(line, _)| line);
            assert!(plain(line).chars().count() <= columns, "{columns} columns at {at:?}: {}", plain(line));
        }
    }
}

#[test]
fn a_small_window_gets_the_densest_series_that_it_holds() {
    let mut script = Script::new(80, 24, [(300, Act::Press(Key::Denser)), (400, Act::Press(Key::Quit))]);
    let (result, versions, frames) = played(&mut script, 5000, 20);
    assert_eq!(versions, [5], "and the key for more changes nothing");
    assert_eq!(result.unwrap().settings.version, 20, "the wish stays for a larger window");
    assert_eq!(frames, [0, 1, 2, 3]);
    let words = script.words();
    assert_eq!(words[0], "frame 1 (33 hold all)   at most version 5 fits   + - < > space d, q quit");
    assert!(words.iter().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_window_that_holds_nothing_is_refused_before_anything_is_written() {
    let mut script = Script::new(28, 24, []);
    let (result, versions, _) = played(&mut script, 5000, 20);
    assert_eq!(result.unwrap_err().code(), &WINDOW);
    assert!(versions.is_empty() && script.written.is_empty());
    // A window that holds only codes too small for any series.
    let mut script = Script::new(80, 24, []);
    let (result, versions, _) = played(&mut script, 400_000, 20);
    let error = result.unwrap_err();
    assert_eq!(error.code(), &WINDOW, "{error}");
    assert_eq!(versions, [5]);
    // Where the window is not the reason, the series says itself what is wrong.
    let mut script = Script::new(500, 300, []);
    assert_eq!(played(&mut script, 5_000_000, 20).0.unwrap_err().code(), &DENSE);
}

#[test]
fn density_keys_walk_through_the_densities_and_begin_anew() {
    let acts = [
        (300, Key::Denser),
        (600, Key::Denser),
        (700, Key::Sparser),
        (710, Key::Sparser),
        (720, Key::Sparser),
        (730, Key::Sparser),
        (740, Key::Sparser),
        (1000, Key::Quit),
    ];
    let mut script = Script::keys(acts);
    let (result, versions, frames) = played(&mut script, 20_000, 20);
    assert_eq!(versions, [20, 27, 20, 15, 10, 5]);
    assert_eq!(frames, [0, 1, 2], "the last series from its first frame on");
    assert_eq!(result.unwrap().settings.version, 5);
    let words = script.words();
    assert!(words.iter().any(|line| line.contains("version 5the lowest density   + - density")), "{words:?}");
    assert!(words.iter().any(|line| line.contains("QR version 27")), "{words:?}");
}

#[test]
fn a_density_that_cannot_carry_the_payload_leaves_the_show_as_it_is() {
    let mut script = Script::keys([(300, Key::Sparser), (490, Key::Quit)]);
    let (result, versions, frames) = played(&mut script, 500_000, 15);
    assert_eq!(versions, [15, 10]);
    assert_eq!(frames, [0, 1, 2, 3]);
    assert_eq!(result.unwrap().settings.version, 15);
    let words = script.words();
    assert!(words.iter().any(|line| line.contains("1266 frames are too many")), "{words:?}");
}

#[test]
fn speed_keys_walk_through_the_periods_without_losing_a_frame() {
    let acts = [(50, Key::Slower), (300, Key::Slower), (900, Key::Faster), (1490, Key::Quit)];
    let mut script = Script::keys(acts);
    let (result, _, frames) = played(&mut script, 20_000, 20);
    // 200 ms from the first frame on, the second one 400 ms, then 200 ms again: what was already shown counts.
    assert_eq!(script.painted(), [0, 200, 600, 900, 1100, 1300]);
    assert_eq!(frames, [0, 1, 2, 3, 4, 5]);
    assert_eq!(result.unwrap().settings.period, Duration::from_millis(200));
    let mut script = Script::keys([(10, Key::Faster), (20, Key::Faster), (30, Key::Quit)]);
    assert_eq!(played(&mut script, 20_000, 20).0.unwrap().settings.period, Duration::from_millis(100));
    assert!(script.words().iter().any(|line| line.contains("no other speed")));
}

#[test]
fn a_pause_holds_the_code_and_dim_paints_it_anew() {
    let acts = [(130, Key::Pause), (3000, Key::Dim), (4000, Key::Pause), (4100, Key::Quit)];
    let mut script = Script::keys(acts);
    let (result, _, frames) = played(&mut script, 20_000, 20);
    assert_eq!(script.painted(), [0, 125, 3000, 4000]);
    assert_eq!(frames, [0, 1, 1, 2]);
    assert!(result.unwrap().settings.dim);
    assert!(script.words().iter().any(|line| line.contains(", paused")));
    let light = |at: usize| {
        script.written.iter().filter(|(_, text)| text.contains("?2026h")).nth(at).unwrap().1.contains("5;231")
    };
    assert!(light(1) && !light(2));
}

#[test]
fn a_single_code_stands_still() {
    let mut script = Script::keys([(5000, Key::Quit)]);
    let (result, ..) = played(&mut script, 300, 20);
    assert_eq!(result.unwrap().frames, 1);
    assert_eq!(script.painted(), [0]);
    assert!(script.words()[0].starts_with("one code holds all, QR version 20"));
}

#[test]
fn a_window_that_shrinks_gets_a_sparser_series_and_one_too_small_waits() {
    let acts = [
        (200, Act::Resize(70, 40)),
        (600, Act::Resize(20, 5)),
        (3000, Act::Resize(120, 60)),
        (4000, Act::Press(Key::Quit)),
    ];
    let mut script = Script::new(120, 60, acts);
    let (result, versions, _) = played(&mut script, 20_000, 20);
    assert_eq!(versions, [20, 11, 20], "the widest of 70 columns, then the chosen one again");
    assert_eq!(result.unwrap().settings.version, 20);
    let small: Vec<&str> = script
        .written
        .iter()
        .map(|(_, text)| text.as_str())
        .filter(|text| text.contains("\x1b[2J\x1b[1;1H"))
        .collect();
    assert!(small.iter().any(|text| plain(text) == "QR version 20 needs "), "cut to 20 columns: {small:?}");
    assert!(script.painted().last().unwrap() > &3500, "the show goes on");
}

#[test]
fn the_chosen_density_comes_back_when_the_window_grows_again() {
    let acts = [
        (200, Act::Resize(80, 24)),
        (600, Act::Resize(84, 30)),
        (900, Act::Resize(100, 48)),
        (2000, Act::Resize(120, 60)),
        (3000, Act::Resize(120, 62)),
        (4000, Act::Press(Key::Quit)),
    ];
    let mut script = Script::new(120, 60, acts);
    let (result, versions, _) = played(&mut script, 20_000, 15);
    assert_eq!(versions, [15, 5, 8, 15], "and what is not held back is not made anew");
    assert_eq!(result.unwrap().settings.version, 15);
    // What is chosen in a small window is chosen.
    let acts = [
        (100, Act::Resize(80, 60)),
        (300, Act::Press(Key::Sparser)),
        (600, Act::Resize(120, 60)),
        (900, Act::Press(Key::Quit)),
    ];
    let (_, versions, _) = played(&mut Script::new(120, 60, acts), 20_000, 20);
    assert_eq!(versions, [20, 13, 10]);
}

#[test]
fn a_key_that_changes_nothing_says_so_and_the_keys_are_never_cut() {
    let title =
        Title { short: "R7K3".into(), words: ["one", "two", "three", "four"].map(str::to_owned).into() };
    for (columns, rows, source_frames) in
        [(80, 24, 33), (80, 24, 1), (80, 25, 33), (80, 30, 33), (60, 24, 1234)]
    {
        let mut build = |version: u8| -> Result<Box<dyn Series>> {
            Ok(Box::new(Cut { version: version.min(5), source_frames, asked: Rc::default() }))
        };
        let acts = [
            (100, Key::Sparser),
            (200, Key::Pause),
            (250, Key::Slower),
            (300, Key::Faster),
            (400, Key::Quit),
        ];
        let acts = acts.map(|(at, key)| (at, Act::Press(key)));
        let mut script = Script::new(columns, rows, acts);
        let settings = Settings { version: 10, period: Duration::from_millis(125), dim: false };
        play(&mut script, settings, &title, &mut build).unwrap();
        let words = script.words();
        assert!(words.iter().all(|line| line.contains("q quit")), "{columns} {rows}: {words:?}");
        assert!(words.iter().all(|line| line.contains("R7K3") && line.contains("four")), "{words:?}");
        assert!(words.iter().any(|line| line.contains("density   ")), "{words:?}");
    }
    let mut build = |_: u8| -> Result<Box<dyn Series>> {
        Ok(Box::new(Cut { version: 5, source_frames: 1, asked: Rc::default() }))
    };
    let mut script = Script::keys([(100, Key::Sparser), (200, Key::Quit)]);
    let settings = Settings { version: 20, period: Duration::from_millis(125), dim: false };
    play(&mut script, settings, &Title::default(), &mut build).unwrap();
    assert!(script.words().iter().any(|line| line.contains("still the same one code")));
}

#[test]
fn a_static_code_of_the_next_density_is_made_smaller_until_the_window_holds_it() {
    let mut versions = Vec::new();
    let mut build = |version: u8| -> Result<Box<dyn Series>> {
        versions.push(version);
        let version = if version > 12 { 15 } else { version };
        Ok(Box::new(Cut { version, source_frames: 1, asked: Rc::default() }))
    };
    // 80 columns hold version 13.
    let mut script = Script::new(80, 60, [(100, Act::Press(Key::Quit))]);
    let settings = Settings { version: 20, period: Duration::from_millis(200), dim: false };
    play(&mut script, settings, &Title::default(), &mut build).unwrap();
    assert_eq!(versions, [13, 12]);
    assert!(script.words()[0].contains("QR version 12"));
}

#[test]
fn every_key_has_its_byte() {
    let keys = [
        ("+=", Key::Denser),
        ("-_", Key::Sparser),
        (">.", Key::Faster),
        ("<,", Key::Slower),
        (" ", Key::Pause),
        ("d", Key::Dim),
        ("qQ\x03\x04", Key::Quit),
    ];
    let mut known = 0;
    for (bytes, key) in keys {
        for byte in bytes.bytes() {
            assert_eq!(Key::of(byte), Some(key));
            known += 1;
        }
    }
    assert_eq!((0..=255).filter(|&byte| Key::of(byte).is_some()).count(), known);
    for arrow in ["\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1bOA", "\x1b[1;5D"] {
        assert!(arrow.bytes().all(|byte| Key::of(byte).is_none()), "{arrow:?}");
    }
}

#[test]
fn what_a_sender_sends_is_what_a_camera_sees_on_the_terminal() {
    let payload =
        Payload { kind: Kind::Bytes, bytes: (0..2000).map(|n: usize| n.to_le_bytes()[0] ^ 0x5a).collect() };
    let sender = Sender::new(&payload, &Profile::named("generic").unwrap()).unwrap();
    let whole = sender.clone();
    // Cells of 8 x 17, 80 columns: version 13 is the most.
    let mut script = Script::new(80, 50, [(890, Act::Press(Key::Quit))]);
    let settings = Settings { version: 15, period: Duration::from_millis(100), dim: true };
    let mut build = |version| -> Result<Box<dyn Series>> { Ok(Box::new(whole.with_version(version)?)) };
    play(&mut script, settings, &Title::default(), &mut build).unwrap();
    let shown = whole.with_version(13).unwrap();
    let mut seen = Vec::new();
    for (_, text) in script.written.iter().filter(|(_, text)| text.contains("\x1b[?2026h")) {
        let text = text.split_once("\x1b[?2026h").unwrap().1.split_once("\x1b[?2026l").unwrap().0;
        let rows: Vec<&str> =
            text.split(";1H").skip(1).map(|row| row.split_once("\x1b[0m").unwrap().0).collect();
        let rows: Vec<String> = rows.iter().map(|row| format!("{row}\x1b[0m")).collect();
        seen.push(eye::draw(&rows, (8, 17, 0)).text().unwrap());
    }
    let sent: Vec<String> = (0..9).map(|n| shown.frame(n)).collect();
    assert_eq!(seen, sent);
    assert!(sent[0].starts_with("UR:BYTES/1-"), "{}", sent[0]);
}
