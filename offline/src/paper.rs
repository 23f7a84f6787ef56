//! Words on their way to paper: pages to copy them from, and the check that they got there.

use airlock::{Code, Exit, Result};

use crate::keys::Mnemonic;
use crate::screen::Screen;
use crate::secret::SecretText;

/// Words on paper that are not those that were shown.
pub static NOT_ON_PAPER: Code = Code::new(
    "E-PAPER-001",
    Exit::Fixable,
    "Words are asked back from the paper before anything is sealed: a vault whose words were copied wrongly is money \
     that is lost with the machine. After three mistakes nothing is made; there is no way around the check.",
    "Destroy the paper and run `init` again: it makes other words.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_ON_PAPER];

/// Words on a page of two columns.
const PAGE_WORDS: usize = 12;
const PAGE_BYTES: usize = 400;
/// Words that are asked for at once.
const ASKED_WORDS: usize = 6;
const MOST_MISTAKES: usize = 3;
/// The first four letters tell the words of the English list apart (BIP-39).
const TELLING_LETTERS: usize = 4;

/// Shows the words, numbered.
///
/// # Errors
/// As [`Screen::show_secret`].
pub fn show(words: &Mnemonic, screen: &mut dyn Screen) -> Result<()> {
    pages(words).iter().try_for_each(|page| screen.show_secret(page))
}

/// Asks for all words, a few at a time, and shows them again after a mistake.
///
/// # Errors
/// [`NOT_ON_PAPER`] at the third mistake; as [`Screen::ask_seen`].
pub fn check(words: &Mnemonic, screen: &mut dyn Screen) -> Result<()> {
    let text = words.to_text();
    let list: Vec<&str> = text.expose().split(' ').collect();
    let mut mistakes = 0usize;
    for (index, asked) in list.chunks(ASKED_WORDS).enumerate() {
        let first = index.saturating_mul(ASKED_WORDS);
        let last = first.saturating_add(asked.len());
        let question = format!(
            "From the paper: words {} to {last}, in one line.\nThe first four letters of each will do.\n\n> ",
            first.saturating_add(1)
        );
        loop {
            let typed = screen.ask_seen(&question)?;
            let Some(wrong) = difference(asked, typed.expose(), first) else { break };
            mistakes = mistakes.saturating_add(1);
            if mistakes >= MOST_MISTAKES {
                return Err(NOT_ON_PAPER.error(format!("{wrong}, the third mistake")));
            }
            screen.ask(&format!("Not so: {wrong}. Enter shows the words again; correct the paper: "))?;
            show(words, screen)?;
        }
    }
    Ok(())
}

/// What is wrong with the typed words, without any of them.
fn difference(asked: &[&str], typed: &str, before: usize) -> Option<String> {
    let count = typed.split_whitespace().count();
    if count != asked.len() {
        return Some(format!("{count} words were typed where {} are asked", asked.len()));
    }
    let pairs = asked.iter().zip(typed.split_whitespace()).enumerate();
    let wrong: Vec<String> = pairs
        .filter(|(_, (word, typed))| !is_meant(word, typed))
        .map(|(index, _)| before.saturating_add(index).saturating_add(1).to_string())
        .collect();
    match wrong.as_slice() {
        [] => None,
        [one] => Some(format!("word {one} is another")),
        several => Some(format!("words {} are others", several.join(", "))),
    }
}

fn is_meant(word: &str, typed: &str) -> bool {
    let is_told_apart = typed.len() == TELLING_LETTERS && word.get(..TELLING_LETTERS).is_some();
    let meant = if is_told_apart { word.get(..TELLING_LETTERS) } else { Some(word) };
    meant.is_some_and(|meant| meant.eq_ignore_ascii_case(typed))
}

fn pages(words: &Mnemonic) -> Vec<SecretText> {
    let text = words.to_text();
    let list: Vec<&str> = text.expose().split(' ').collect();
    let all = list.len();
    let page = |(index, words): (usize, &[&str])| {
        let before = index.saturating_mul(PAGE_WORDS);
        let (left, right) = words.split_at_checked(PAGE_WORDS / 2).unwrap_or((words, &[]));
        // Reserved at once: a text that grows leaves copies behind.
        let mut page = String::with_capacity(PAGE_BYTES);
        let last = before.saturating_add(words.len());
        page.push_str(&format!("Words {} to {last} of {all}\n", before.saturating_add(1)));
        for row in 0..left.len() {
            page.push('\n');
            for (column, words) in [left, right].into_iter().enumerate() {
                let Some(word) = words.get(row) else { continue };
                let in_columns_before = column.saturating_mul(PAGE_WORDS / 2);
                let number = before.saturating_add(in_columns_before).saturating_add(row).saturating_add(1);
                page.push_str(&format!("  {number:>2}  "));
                page.push_str(word);
                if column == 0 {
                    page.extend(core::iter::repeat_n(' ', 10usize.saturating_sub(word.len())));
                }
            }
        }
        SecretText::new(page)
    };
    list.chunks(PAGE_WORDS).enumerate().map(page).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::BROKEN_OFF;
    use crate::screen::{Recorded, SECRET_COLUMNS, SECRET_ROWS};

    const TEXT: &str = "illness rebel tooth lonely layer neutral snow add very spread toss accuse \
                        cart license lucky proud fetch local champion position idea action pizza issue";
    const ASKED: [&str; 4] = [
        "illness rebel tooth lonely layer neutral",
        "SNOW add very spre toss accu",
        "  cart lice lucky prou fetch loca ",
        "cham posi idea acti pizz issu",
    ];

    fn words() -> Mnemonic {
        Mnemonic::parse(TEXT).unwrap()
    }

    #[test]
    fn pages_are_numbered_hold_every_word_and_fit_the_smallest_window() {
        for text in [TEXT.to_owned(), format!("{}about", "abandon ".repeat(11))] {
            let words = Mnemonic::parse(&text).unwrap();
            let mut numbered = Vec::new();
            for page in pages(&words) {
                assert!(page.expose().lines().count() <= SECRET_ROWS);
                assert!(page.expose().lines().all(|row| row.len() <= SECRET_COLUMNS), "{}", page.expose());
                let pieces: Vec<&str> =
                    page.expose().lines().skip(2).flat_map(str::split_whitespace).collect();
                for pair in pieces.chunks(2) {
                    numbered.push((pair[0].parse::<usize>().unwrap(), pair[1].to_owned()));
                }
            }
            numbered.sort();
            let expected: Vec<(usize, String)> = (1..).zip(text.split(' ').map(str::to_owned)).collect();
            assert_eq!(numbered, expected);
        }
    }

    #[test]
    fn all_words_are_asked_back_and_four_letters_are_enough() {
        let mut person = Recorded::answering(&ASKED);
        check(&words(), &mut person).unwrap();
        assert_eq!(person.unused_answers(), 0);
        assert!(person.pages.is_empty());
    }

    #[test]
    fn a_mistake_shows_the_words_again_and_the_third_ends_it() {
        let wrong = "snow add very spread toss accident";
        let mut person = Recorded::answering(&[ASKED[0], wrong, "", ASKED[1], ASKED[2], ASKED[3]]);
        check(&words(), &mut person).unwrap();
        assert_eq!(person.pages.len(), 2);
        assert!(person.seen[2].contains("word 12 is another") && !person.seen.concat().contains("acc"));

        let mut person = Recorded::answering(&[wrong, "", "snow add", "", wrong]);
        let error = check(&words(), &mut person).unwrap_err();
        assert_eq!(error.code(), &NOT_ON_PAPER);
        assert!(error.what().contains("words 1, 2, 3, 4, 5, 6 are others"), "{error}");
    }

    #[test]
    fn a_word_that_only_begins_alike_is_another() {
        for typed in ["actio", "act", "acts", "actionable", "actor", ""] {
            assert!(!is_meant("action", typed), "{typed}");
        }
        assert!(is_meant("act", "act") && is_meant("action", "acti") && is_meant("idea", "Idea"));
        assert!(!is_meant("act", "acti") && !is_meant("idea", "ide"));
    }

    #[test]
    fn breaking_off_is_no_passing() {
        let mut person = Recorded::answering(&ASKED[..3]);
        assert_eq!(check(&words(), &mut person).unwrap_err().code(), &BROKEN_OFF);
    }
}
