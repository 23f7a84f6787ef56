//! Secrets that come in: from the terminal, or from a file that an option names. Never from arguments or the
//! environment, never through a buffer that is not wiped.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use airlock::{Error, Result};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::error::{BAD_LINE, BAD_PASSPHRASE, CANNOT_READ, TOO_LARGE};
use crate::files;
use crate::hygiene::scrubbed;
use crate::screen::{ANSWER_BYTES, Screen, tries};
use crate::secret::SecretText;
use crate::vault::WRONG_PASSPHRASE;

/// Fewest characters of a new passphrase of a vault with real money.
const SHORTEST: usize = 12;

/// The secret in a file, or what the person types.
///
/// # Errors
/// As [`read_file`] and [`Screen::ask_secret`].
pub fn read(file: Option<&Path>, screen: &mut dyn Screen, question: &str) -> Result<SecretText> {
    match file {
        Some(path) => read_file(path),
        None => screen.ask_secret(question),
    }
}

/// What a passphrase opens, and the passphrase. Where a person types it, a wrong one is asked for again, so that a slip
/// does not cost the review that was read before.
///
/// # Errors
/// As [`read`] and `open`; [`WRONG_PASSPHRASE`] also where the person gives up after a wrong one.
pub fn opening<T>(
    file: Option<&Path>,
    screen: &mut dyn Screen,
    question: &str,
    open: impl Fn(&SecretText) -> Result<T>,
) -> Result<(T, SecretText)> {
    if let Some(path) = file {
        let passphrase = read_file(path)?;
        return Ok((open(&passphrase)?, passphrase));
    }
    tries(screen, &WRONG_PASSPHRASE, |screen| {
        let passphrase = screen.ask_secret(question)?;
        Ok((open(&passphrase)?, passphrase))
    })
}

/// A secret that is typed twice the same, unseen.
///
/// # Errors
/// As `is_taken`, which looks at it before it is typed again, and `differ` where the two differ.
pub fn twice(
    screen: &mut dyn Screen,
    question: &str,
    differ: &dyn Fn() -> Error,
    is_taken: &dyn Fn(&SecretText) -> Result<()>,
) -> Result<SecretText> {
    tries(screen, differ().code(), |screen| {
        let text = screen.ask_secret(question)?;
        is_taken(&text)?;
        match screen.ask_secret("The same again: ")?.matches(text.expose()) {
            true => Ok(text),
            false => Err(differ()),
        }
    })
}

/// A new passphrase, typed twice where it is typed.
///
/// # Errors
/// [`BAD_PASSPHRASE`] where the two differ or it is too short.
pub fn choose(file: Option<&Path>, screen: &mut dyn Screen, is_test: bool) -> Result<SecretText> {
    let fewest = if is_test { 1 } else { SHORTEST };
    let is_taken = |passphrase: &SecretText| match passphrase.expose().chars().count() {
        count if count < fewest => {
            Err(BAD_PASSPHRASE.error(format!("{count} characters are fewer than {fewest}")))
        }
        _ => Ok(()),
    };
    match file {
        Some(path) => read_file(path).and_then(|passphrase| is_taken(&passphrase).map(|()| passphrase)),
        None => {
            let question = match is_test {
                true => "New passphrase for the vault: ".to_owned(),
                false => format!("New passphrase for the vault, at least {SHORTEST} characters: "),
            };
            twice(screen, &question, &|| BAD_PASSPHRASE.error("the two passphrases differ"), &is_taken)
        }
    }
}

/// A new BIP-39 passphrase, typed twice, in the person's own letters.
///
/// # Errors
/// [`BAD_PASSPHRASE`] where the two differ or it is empty.
pub fn choose_bip39(screen: &mut dyn Screen) -> Result<SecretText> {
    let question = "New BIP-39 passphrase, a part of the words (not shown): ";
    let differ = || BAD_PASSPHRASE.error("the two BIP-39 passphrases differ");
    twice(screen, question, &differ, &|passphrase| match passphrase.expose().is_empty() {
        true => Err(BAD_PASSPHRASE.error("the BIP-39 passphrase is empty")),
        false => Ok(()),
    })
}

/// One line from a regular file of at most 4 KiB, or from stdin where the path is `-`; the line end is taken off.
///
/// # Errors
/// [`CANNOT_READ`], [`TOO_LARGE`], [`BAD_LINE`], and as [`files::read_bounded`].
pub fn read_file(path: &Path) -> Result<SecretText> {
    let file;
    let source = if path == Path::new("-") {
        rustix::stdio::stdin()
    } else {
        file = files::open_regular(path, ANSWER_BYTES)?.0;
        file.as_fd()
    };
    scrubbed(|| one_line(source)).map_err(|e| e.at(files::shown(path)))
}

/// From the descriptor itself: the buffer of [`std::io::stdin`] is never wiped.
fn one_line(source: BorrowedFd<'_>) -> Result<SecretText> {
    let mut buffer = Zeroizing::new([0u8; ANSWER_BYTES]);
    let mut used = 0usize;
    loop {
        let free = buffer.get_mut(used..).unwrap_or_default();
        if free.is_empty() {
            return Err(TOO_LARGE.error(format!("{ANSWER_BYTES} bytes or more")));
        }
        match rustix::io::read(source, free) {
            Ok(0) => break,
            Ok(count) => used = used.saturating_add(count),
            Err(Errno::INTR) => {}
            Err(e) => return Err(CANNOT_READ.error(std::io::Error::from(e).to_string())),
        }
    }
    let bytes = buffer.get(..used).unwrap_or_default();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    match core::str::from_utf8(bytes) {
        Ok(line) if !line.contains(['\n', '\r', '\0']) => Ok(SecretText::new(line.to_owned())),
        Ok(_) => Err(BAD_LINE.error("more than one line")),
        Err(_) => Err(BAD_LINE.error("not UTF-8 text")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;
    use crate::error::BROKEN_OFF;
    use crate::screen::Recorded;

    #[test]
    fn reads_one_line_and_nothing_else() {
        let one_line = |text: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text).unwrap();
            file.rewind().unwrap();
            one_line(file.as_fd())
        };
        for text in ["six words", "six words\n", "six words\r\n"] {
            assert_eq!(one_line(text.as_bytes()).unwrap().expose(), "six words");
        }
        assert_eq!(one_line(b" a \n").unwrap().expose(), " a ");
        for (bad, code) in
            [(&b"a\nb\n"[..], &BAD_LINE), (b"\xff", &BAD_LINE), (&[b'x'; ANSWER_BYTES], &TOO_LARGE)]
        {
            assert_eq!(one_line(bad).err().unwrap().code(), code);
        }
    }

    #[test]
    fn a_new_passphrase_is_typed_twice_and_not_short() {
        let chosen = |answers: &[&str], is_test| choose(None, &mut Recorded::answering(answers), is_test);
        assert!(chosen(&["a long passphrase", "a long passphrase"], false).is_ok());
        assert!(chosen(&["short", "short"], true).is_ok());
        for answers in [["short", "short"], ["a long passphrase", "a long passphrasE"]] {
            assert_eq!(chosen(&answers, false).err().unwrap().code(), &BAD_PASSPHRASE);
        }
        assert_eq!(chosen(&["", ""], true).err().unwrap().code(), &BAD_PASSPHRASE);
    }

    #[test]
    fn what_is_typed_wrongly_is_asked_for_again_and_the_third_time_ends_it() {
        let good = "a long passphrase";
        let mut person = Recorded::answering(&["short", good, "a slip", good, good]);
        assert_eq!(choose(None, &mut person, false).unwrap().expose(), good);
        assert_eq!(person.unused_answers(), 0);
        let open = |passphrase: &SecretText| match passphrase.matches(good) {
            true => Ok(()),
            false => Err(WRONG_PASSPHRASE.error("wrong")),
        };
        let opened = |answers: &[&str]| {
            let mut person = Recorded::answering(answers);
            let outcome = opening(None, &mut person, "Passphrase: ", open);
            (outcome.map(|(_, typed)| typed.expose().to_owned()), person.unused_answers())
        };
        assert_eq!(opened(&["a slip", "again", good]), (Ok(good.to_owned()), 0));
        for (answers, unused) in [(&["a slip", "again", "and again", good][..], 1), (&["a slip"], 0)] {
            let (outcome, left) = opened(answers);
            assert_eq!((outcome.unwrap_err().code(), left), (&WRONG_PASSPHRASE, unused));
        }
        assert_eq!(opened(&[]).0.unwrap_err().code(), &BROKEN_OFF);
    }
}
