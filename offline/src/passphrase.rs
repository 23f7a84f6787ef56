//! Secrets that come in: from the terminal, or from a file that an option names. Never from arguments or the
//! environment, never through a buffer that is not wiped.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use airlock::Result;
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::error::{BAD_LINE, BAD_PASSPHRASE, CANNOT_READ, TOO_LARGE};
use crate::files;
use crate::hygiene::scrubbed;
use crate::screen::{ANSWER_BYTES, Screen};
use crate::secret::SecretText;

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

/// A new passphrase, typed twice where it is typed.
///
/// # Errors
/// [`BAD_PASSPHRASE`] where the two differ or it is too short.
pub fn choose(file: Option<&Path>, screen: &mut dyn Screen, is_test: bool) -> Result<SecretText> {
    let passphrase = read(file, screen, "New passphrase for the vault: ")?;
    if file.is_none() && !screen.ask_secret("The same again: ")?.matches(passphrase.expose()) {
        return Err(BAD_PASSPHRASE.error("the two passphrases differ"));
    }
    let (count, fewest) = (passphrase.expose().chars().count(), if is_test { 1 } else { SHORTEST });
    if count < fewest {
        return Err(BAD_PASSPHRASE.error(format!("{count} characters are fewer than {fewest}")));
    }
    Ok(passphrase)
}

/// A new BIP-39 passphrase, typed twice, in the person's own letters.
///
/// # Errors
/// [`BAD_PASSPHRASE`] where the two differ or it is empty.
pub fn choose_bip39(screen: &mut dyn Screen) -> Result<SecretText> {
    let passphrase = screen.ask_secret("New BIP-39 passphrase, a part of the words (not shown): ")?;
    if !screen.ask_secret("The same again: ")?.matches(passphrase.expose()) {
        return Err(BAD_PASSPHRASE.error("the two BIP-39 passphrases differ"));
    }
    if passphrase.expose().is_empty() {
        return Err(BAD_PASSPHRASE.error("the BIP-39 passphrase is empty"));
    }
    Ok(passphrase)
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
}
