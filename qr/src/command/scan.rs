//! Reads codes until a file is whole.

use std::path::Path;
use std::time::Instant;

use airlock::Result;
use airlock::bitcoin::psbt_v2::decode_any;
use airlock::qr::frame::is_secret;
use airlock::qr::receiver::{SEED, check_answer};
use airlock::qr::{Kind, Payload, Reaction, Receiver};
use bitcoin::Txid;
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
}

/// The transaction of a PSBT that was sent and waits for its answer.
///
/// # Errors
/// Those of the file and of its PSBT.
pub fn answer_to(psbt: Option<&Path>, files: &dyn Files) -> Result<Option<Txid>> {
    let Some(path) = psbt else { return Ok(None) };
    let (psbt, _) = decode_any(&files.read(path)?).map_err(|error| error.at(shown(path)))?;
    Ok(Some(psbt.unsigned_tx.compute_txid()))
}

/// Reads codes until a payload of one of the `expected` kinds is whole, any kind where none is named, and of the transaction
/// `sent`, if one is given.
///
/// # Errors
/// Whatever ends a transfer (see [`Receiver`]); [`INCOMPLETE`] at the end of the source; [`BROKEN_OFF`]; those of the source.
pub fn scan(eye: Eye, expected: &[Kind], sent: Option<Txid>, lent: &mut Lent<'_>) -> Result<Received> {
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
    loop {
        if watch.is_over()? {
            return Err(BROKEN_OFF.error(had(&receiver, "the scan was ended")));
        }
        let reaction = match feed.next(watch.silence())? {
            Seen::End => return Err(INCOMPLETE.error(had(&receiver, ended(&source)))),
            Seen::Nothing => {
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
            Reaction::Accepted | Reaction::Repeat | Reaction::Damaged(None) | Reaction::Foreign(None) => {}
            Reaction::Damaged(Some(note)) | Reaction::Foreign(Some(note)) => watch.tell(&note)?,
            Reaction::Restarted(note) => {
                watch.progress(None)?;
                watch.tell(&note)?;
            }
            Reaction::Stopped(error) => return Err(error),
            Reaction::Done(payload) => {
                let payload = checked(payload, sent)?;
                return Ok(Received { payload, frames, millis: since.elapsed().as_millis() });
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
fn checked(mut payload: Payload, sent: Option<Txid>) -> Result<Payload> {
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

fn ended(source: &Source) -> &'static str {
    match source {
        Source::Lines => "the lines ended",
        Source::Camera(_) | Source::Pictures(_) | Source::Film | Source::Raw(..) => "the pictures ended",
    }
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
