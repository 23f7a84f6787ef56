//! The recipe as pages to copy by hand: everything that was mixed, and what came out.

use super::{Recipe, hex};
use crate::screen::SECRET_ROWS;
use crate::secret::SecretText;

/// Rows of a page below its title and an empty row.
const ROWS: usize = SECRET_ROWS - 2;
const PAGE_BYTES: usize = 400;

impl Recipe {
    /// The pages of the transcript.
    pub fn transcript(&self) -> Vec<SecretText> {
        let digest = self.digest();
        let entropy = hex(digest.expose().get(..self.length.entropy_bytes()).unwrap_or_default());
        let dice = format!("dice, {} in rows of 30:", self.dice.count());
        let second = format!("second person, {} in all:", self.second.expose().len());
        [
            pages("device, 64 digits:", self.device.expose(), Groups { of: 8, on_a_row: 4 }),
            pages(&dice, self.dice.expose(), Groups { of: 5, on_a_row: 6 }),
            pages(&second, self.second.expose(), Groups { of: 30, on_a_row: 1 }),
            pages("the entropy of the words:", entropy.expose(), Groups { of: 8, on_a_row: 4 }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// How a contribution is cut for the eye.
struct Groups {
    of: usize,
    on_a_row: usize,
}

/// Pages of one ASCII text; none where it is empty. Each row stands between bars, so that spaces at its ends are seen.
fn pages(title: &str, text: &str, groups: Groups) -> Vec<SecretText> {
    let row_bytes = groups.of.saturating_mul(groups.on_a_row).max(1);
    let per_page = row_bytes.saturating_mul(ROWS);
    let mut pages = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (here, more) = rest.split_at_checked(per_page).unwrap_or((rest, ""));
        rest = more;
        // Reserved at once: a text that grows leaves copies behind.
        let mut page = String::with_capacity(PAGE_BYTES);
        page.push_str("Transcript: ");
        page.push_str(title);
        page.push('\n');
        for (place, character) in here.chars().enumerate() {
            if place.is_multiple_of(row_bytes) {
                page.push_str(if place == 0 { "\n|" } else { "|\n|" });
            } else if place.is_multiple_of(groups.of) {
                page.push(' ');
            }
            page.push(character);
        }
        page.push('|');
        pages.push(SecretText::new(page));
    }
    pages
}
