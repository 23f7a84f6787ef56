//! Reads codes until a file is whole.

use std::path::Path;
use std::time::Instant;

use airlock::bitcoin::psbt_v2::decode_any;
use airlock::qr::frame::is_secret;
use airlock::qr::receiver::{SEED, check_answer};
use airlock::qr::{Kind, Payload, Progress, Reaction, Receiver};
use airlock::{Error, Result};
use bitcoin::Psbt;
use zeroize::{Zeroize, Zeroizing};

use super::feed::Seen;
use super::watch::Watch;
use super::{BROKEN_OFF, Eye, Files, INCOMPLETE, Lent, shown};
use crate::source::Source;
use crate::tty::Tty;

/// What was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The file's bytes and kind.
    pub payload: Payload,
    /// Codes that were read.
    pub frames: u32,
    /// How long it took, in milliseconds.
    pub millis: u128,
    /// What else was among the codes, if anything was.
    pub beside: Option<String>,
}

/// The PSBT that was sent and waits for its answer.
///
/// # Errors
/// Those of the file and of its PSBT.
pub fn answer_to(psbt: Option<&Path>, files: &dyn Files) -> Result<Option<Psbt>> {
    let Some(path) = psbt else { return Ok(None) };
    let (psbt, _) = decode_any(&files.read(path)?).map_err(|error| error.at(shown(path)))?;
    Ok(Some(psbt))
}

/// Reads codes until a payload of one of the `expected` kinds is whole, any kind where none is named, and the answer
/// to `sent`, if that is given.
///
/// # Errors
/// Whatever ends a transfer (see [`Receiver`]); [`INCOMPLETE`] at the end of the source; [`BROKEN_OFF`]; those of the source.
pub fn scan(eye: Eye, expected: &[Kind], sent: Option<Psbt>, lent: &mut Lent<'_>) -> Result<Received> {
    let source = eye.source().clone();
    let terminal = match source {
        Source::Lines => None,
        Source::Camera(_) | Source::Pictures(_) | Source::Film | Source::Raw(..) => {
            lent.terminal.as_ref().and_then(|terminal| terminal.try_clone().ok())
        }
    };
    let keys = takes_keys(&source);
    let stage = terminal.map(|terminal| if keys { Tty::begin(terminal) } else { Ok(Tty::beside(terminal)) });
    let stage = stage.transpose()?;
    let mut watch = Watch::new(stage, lent.stderr, source.is_live());
    if let Some(greeting) = eye.greeting() {
        watch.tell(&greeting)?;
    }
    let mut feed = eye.feed(lent.stdin)?;
    let mut receiver = Receiver::new(expected);
    let since = Instant::now();
    let mut frames = 0_u32;
    let mut missed = Missed::default();
    loop {
        if watch.is_over()? {
            return Err(BROKEN_OFF.error(had(&receiver, "the scan was ended")));
        }
        let reaction = match feed.next(watch.silence())? {
            Seen::End => {
                let missed = Missed {
                    files: feed.passed_over(),
                    damaged: receiver.rejected().saturating_sub(missed.before),
                    ..missed
                };
                return Err(ended(&receiver, &source, &missed));
            }
            Seen::Again => {
                // Its first code was counted before.
                missed = Missed { before: receiver.rejected(), ..Missed::default() };
                continue;
            }
            Seen::Nothing => {
                missed.empty = missed.empty.saturating_add(1);
                watch.hint()?;
                continue;
            }
            Seen::Damaged => receiver.damaged(),
            Seen::Text(text) => {
                watch.was_read();
                frames = frames.saturating_add(1);
                receiver.accept(&text)
            }
        };
        match reaction {
            Reaction::Accepted | Reaction::Repeat | Reaction::Damaged(None) => {}
            Reaction::Damaged(Some(note)) => watch.tell(&note)?,
            Reaction::Foreign(note) => {
                missed.foreign = missed.foreign.saturating_add(1);
                if let Some(note) = note {
                    watch.tell(&note)?;
                }
            }
            Reaction::Restarted(note) => {
                watch.progress(None)?;
                watch.tell(&note)?;
            }
            Reaction::Stopped(error) => return Err(error),
            Reaction::Done(payload) => {
                let payload = checked(payload, sent.as_ref())?;
                let beside = receiver.beside().map(|other| {
                    format!("another file was among the codes: {}; show one at a time", reached(&other))
                });
                return Ok(Received { payload, frames, millis: since.elapsed().as_millis(), beside });
            }
        }
        watch.progress(receiver.progress().as_ref())?;
    }
}

/// Whether the terminal gives its keys to the scan, Ctrl-C too. A camera gives a picture or an end within seconds, after which
/// keys are looked at. A pipe can stay silent for ever and a file take long: there Ctrl-C has to end the program by itself.
fn takes_keys(source: &Source) -> bool {
    match source {
        Source::Camera(_) => true,
        Source::Pictures(_) | Source::Film | Source::Raw(..) | Source::Lines => false,
    }
}

/// A payload that is no secret, and the answer to what was sent.
fn checked(mut payload: Payload, sent: Option<&Psbt>) -> Result<Payload> {
    let may_be_secret = matches!(payload.kind, Kind::Text | Kind::Bytes | Kind::Json);
    if may_be_secret {
        let text = Zeroizing::new(match core::str::from_utf8(&payload.bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => payload.bytes.iter().map(|byte| char::from(*byte)).collect(),
        });
        if is_secret(&text) {
            payload.bytes.zeroize();
            return Err(SEED.error("this looks like a seed; nothing was kept"));
        }
    }
    if let Some(sent) = sent {
        check_answer(&payload.bytes, sent)?;
    }
    Ok(payload)
}

/// What brought no file nearer.
#[derive(Clone, Copy, Debug, Default)]
struct Missed {
    /// Files of a folder that are no picture.
    files: usize,
    /// Pictures without a code, empty lines.
    empty: u32,
    /// Codes and lines that are damaged.
    damaged: u32,
    /// Of those, the ones that are counted twice.
    before: u32,
    /// Codes and lines of other things.
    foreign: u32,
}

/// The source ended before a file was whole.
fn ended(receiver: &Receiver, source: &Source, missed: &Missed) -> Error {
    let is_lines = *source == Source::Lines;
    let end = if is_lines { "the lines ended" } else { "the pictures ended" };
    let (line, lines) = if is_lines { ("line", "lines") } else { ("code", "codes") };
    let count = |count: u32, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {more}"),
    };
    if let (Some(one), Some(other)) = (receiver.progress(), receiver.beside()) {
        let (one, other) = (reached(&one), reached(&other));
        return INCOMPLETE
            .error(format!("{end}: two transfers are mixed, {one} and {other}"))
            .with_next("Give them one after the other, the codes of each file by themselves.");
    }
    if receiver.progress().is_some() {
        return INCOMPLETE.error(had(receiver, end));
    }
    let mut why = Vec::new();
    let mut next = None;
    if missed.foreign > 0 {
        why.push(format!("{} of something else", count(missed.foreign, line, lines)));
        next = Some("Give the codes of one file, all of them.");
    }
    if missed.empty > 0 && !is_lines {
        why.push(format!("no code was found in {}", count(missed.empty, "picture", "pictures")));
        next = Some("Give sharper or larger pictures, with the whole code and the light border around it.");
    }
    if missed.damaged > 0 {
        why.push(match missed.damaged {
            1 => format!("1 {line} is damaged"),
            more => format!("{more} {lines} are damaged"),
        });
        next = Some(match is_lines {
            true => "Copy the text of each code as a whole, on a line of its own.",
            false => "Give sharper pictures, or show the codes at a lower density.",
        });
    }
    if missed.files > 0 {
        why.push(match missed.files {
            1 => "1 file is no picture".to_owned(),
            more => format!("{more} files are no pictures"),
        });
    }
    match next {
        Some(next) => INCOMPLETE.error(format!("{end}: {}", why.join(", "))).with_next(next),
        None if why.is_empty() => INCOMPLETE.error(had(receiver, end)),
        None => INCOMPLETE.error(format!("{end}: {}", why.join(", "))),
    }
}

/// A transfer and how far it came, without what was read on the way.
fn reached(progress: &Progress) -> String {
    format!("{} {}/{}", progress.format, progress.have, progress.of)
}

/// What happened, and how far the transfer was.
fn had(receiver: &Receiver, what: &str) -> String {
    match receiver.progress() {
        Some(progress) => format!("{what} at {progress}"),
        None => format!("{what} before a file began"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_camera_takes_ctrl_c_from_the_terminal() {
        assert!(takes_keys(&Source::Camera("/dev/video0".into())));
        for source in [Source::Film, Source::Raw(640, 480), Source::Lines, Source::Pictures("x.png".into())] {
            assert!(!takes_keys(&source), "{source:?}");
        }
    }

    #[test]
    fn a_private_key_in_any_kind_of_file_is_not_kept() {
        let descriptor = format!("wpkh(xprv{}/0/*)\n", "A".repeat(107));
        let words = "1. abandon\n".repeat(12);
        let json = format!("{{\"note\":\"{}\",\"descriptor\":\"{}\"}}", "x".repeat(5000), descriptor.trim());
        for (kind, text) in
            [(Kind::Text, &descriptor), (Kind::Text, &words), (Kind::Json, &json), (Kind::Bytes, &json)]
        {
            let error = checked(Payload { kind, bytes: text.clone().into_bytes() }, None).unwrap_err();
            assert_eq!(error.code(), &SEED, "{text}");
            assert!(!error.to_string().contains("prv"));
        }
        let watch = Payload { kind: Kind::Json, bytes: json.replace("prv", "pub").into_bytes() };
        assert_eq!(checked(watch.clone(), None).unwrap(), watch);
    }
}
