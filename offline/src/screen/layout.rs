//! Lines in a window: wrapped to its columns and cut into pages of its rows, so that the terminal itself neither wraps
//! nor scrolls a line away unread.

use airlock::Result;

use crate::error::TOO_SMALL;

/// What every line of outside text begins with.
const OUTSIDE: &str = "      | ";
/// What the rest of one of our own lines begins with, behind its indent. No line begins so, so words from outside that
/// stand in it cannot pass for a line of their own.
const GOES_ON: &str = "> ";
/// Rows below a page for the question and what is typed.
const QUESTION_ROWS: usize = 3;

/// The size of a window in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// Rows.
    pub(super) rows: usize,
    /// Columns.
    pub(super) columns: usize,
}

/// The size of a terminal that does not tell it.
pub(super) const USUAL: Size = Size { rows: 24, columns: 80 };
/// The smallest window in which a review can be read.
const SMALLEST: Size = Size { rows: 12, columns: 40 };

impl Size {
    /// # Errors
    /// [`TOO_SMALL`].
    pub(super) fn checked(self) -> Result<Self> {
        if self.rows < SMALLEST.rows || self.columns < SMALLEST.columns {
            return Err(TOO_SMALL.error(format!(
                "the window has {} columns and {} rows, fewer than {} and {}",
                self.columns, self.rows, SMALLEST.columns, SMALLEST.rows
            )));
        }
        Ok(self)
    }
}

/// The lines in pages that fit. A page ends before a line that begins something new, where its second half has one;
/// not behind a heading.
pub(super) fn pages(lines: &[String], size: Size) -> Vec<Vec<String>> {
    let room = size.rows.saturating_sub(QUESTION_ROWS).max(1);
    let mut rows: Vec<(bool, String)> = Vec::new();
    let mut is_below_heading = false;
    for line in lines {
        let is_empty = line.trim().is_empty();
        let begins = !is_below_heading && (is_empty || indent(line) <= 2);
        is_below_heading = !is_empty && indent(line) == 0;
        let wrapped = wrap(line, size.columns);
        rows.extend(wrapped.into_iter().enumerate().map(|(index, row)| (begins && index == 0, row)));
    }
    let mut pages = Vec::new();
    while !rows.is_empty() {
        let good = |end: &usize| rows.get(*end).is_some_and(|(begins, _)| *begins);
        let end = match rows.len() <= room {
            true => rows.len(),
            false => (room / 2..=room).rev().find(good).filter(|end| *end > 0).unwrap_or(room),
        };
        let rest = rows.split_off(end);
        pages.push(rows.into_iter().map(|(_, row)| row).collect());
        rows = rest;
    }
    pages
}

fn indent(line: &str) -> usize {
    line.chars().take_while(|c| *c == ' ').count()
}

/// One line in as many rows as it needs, broken at spaces; no character but spaces is lost.
fn wrap(line: &str, columns: usize) -> Vec<String> {
    let goes_on = match line.starts_with(OUTSIDE.trim_end()) {
        true => OUTSIDE.to_owned(),
        false => format!("{}{GOES_ON}", " ".repeat(indent(line).min(columns / 2))),
    };
    let mut rows = Vec::new();
    let mut prefix = "";
    let mut left: Vec<char> = line.chars().collect();
    loop {
        let room = columns.saturating_sub(prefix.chars().count()).max(1);
        if left.len() <= room {
            rows.push(format!("{prefix}{}", left.into_iter().collect::<String>()));
            return rows;
        }
        let head = left.get(..room).unwrap_or_default();
        let cut = head.iter().rposition(|c| *c == ' ').filter(|cut| *cut > room / 2).unwrap_or(room);
        let tail = left.split_off(cut);
        rows.push(format!("{prefix}{}", left.into_iter().collect::<String>()).trim_end().to_owned());
        left = tail.into_iter().skip_while(|c| *c == ' ').collect();
        prefix = &goes_on;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review() -> Vec<String> {
        let mut lines = vec!["Pays 41 people. ".repeat(12), String::new(), "What it does".to_owned()];
        for number in 1..=41 {
            lines.push(format!("  {number} of 41  pays 0.10000000 BTC (10000000 sat)"));
            lines.push(format!("    to bc1p{}", "q".repeat(58)));
            lines.push(format!("      {}", "qqqq ".repeat(15)));
            lines.push(format!("{OUTSIDE}{}", "invoice ".repeat(11)));
        }
        lines
    }

    #[test]
    fn no_page_is_larger_than_the_window_and_nothing_is_lost() {
        for size in [SMALLEST, USUAL, Size { rows: 24, columns: 60 }, Size { rows: 50, columns: 120 }] {
            let pages = pages(&review(), size);
            for page in &pages {
                assert!(page.len() < size.rows, "{} rows of {}", page.len(), size.rows);
                assert!(page.iter().all(|row| row.chars().count() <= size.columns), "{page:#?}");
            }
            let letters = |text: &str| text.chars().filter(|c| !" |>".contains(*c)).collect::<String>();
            assert_eq!(letters(&pages.concat().concat()), letters(&review().concat()));
        }
    }

    #[test]
    fn the_rest_of_outside_text_stays_marked_and_that_of_our_lines_too() {
        let outside = wrap(&format!("{OUTSIDE}{} Fee 0 sat", "x".repeat(70)), 60);
        assert!(outside.len() > 1 && outside.iter().all(|row| row.starts_with(OUTSIDE)), "{outside:#?}");
        let ours = wrap(&format!("    labelled {} Fee 0 sat", "y".repeat(45)), 60);
        assert_eq!(ours.len(), 2);
        assert_eq!(ours.last().unwrap(), "    > Fee 0 sat");
    }

    #[test]
    fn a_row_and_its_address_stay_on_one_page() {
        for page in pages(&review(), USUAL).iter().skip(1) {
            assert!(page.first().is_some_and(|row| row.contains(" of 41  ")), "{page:#?}");
        }
    }

    #[test]
    fn a_window_that_is_too_small_is_refused() {
        assert!(SMALLEST.checked().is_ok());
        for (rows, columns) in [(11, 40), (12, 39)] {
            assert_eq!(Size { rows, columns }.checked().unwrap_err().code(), &TOO_SMALL);
        }
    }
}
