//! Lines of the screen: no wider than it, and outside text can neither begin nor end one (security.md 30).

use crate::text::Printable;

/// Most columns of a line.
pub const WIDTH: usize = 100;
/// Fewest columns of a line: the smallest window in which a review is shown.
const NARROWEST: usize = 40;
/// What every line of outside text begins with.
const OUTSIDE: &str = "      | ";

/// A screen under construction.
pub(super) struct Lines {
    rows: Vec<String>,
    width: usize,
}

impl Default for Lines {
    fn default() -> Self {
        Self::within(WIDTH)
    }
}

impl Lines {
    /// For a window of so many columns; more than [`WIDTH`] are not used.
    pub(super) fn within(columns: usize) -> Self {
        Self { rows: Vec::new(), width: columns.clamp(NARROWEST, WIDTH) }
    }

    /// A heading, with an empty line in front of it.
    pub(super) fn heading(&mut self, text: &str) {
        self.rows.push(String::new());
        self.wrapped("", "", text);
    }

    /// A line of our own, indented by so many columns; what is too long goes on two columns deeper.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        let first = " ".repeat(indent);
        let rest = " ".repeat(indent.saturating_add(2));
        self.wrapped(&first, &rest, text);
    }

    /// Outside text under a label of ours, which is indented by so many columns.
    pub(super) fn outside(&mut self, indent: usize, label: &str, text: &Printable) {
        self.line(indent, label);
        self.wrapped(OUTSIDE, OUTSIDE, text.as_str());
    }

    /// An address: in full, and again in groups of four.
    pub(super) fn address(&mut self, indent: usize, label: &str, address: &str) {
        let safe = Printable::new(address);
        self.line(indent, &format!("{label} {safe}"));
        let characters: Vec<char> = safe.as_str().chars().collect();
        let groups: Vec<String> = characters.chunks(4).map(|group| group.iter().collect()).collect();
        self.line(indent.saturating_add(2), &groups.join(" "));
    }

    pub(super) fn finish(self) -> Vec<String> {
        self.rows
    }

    fn wrapped(&mut self, first: &str, rest: &str, text: &str) {
        let mut prefix = first;
        let mut left: Vec<char> = text.chars().collect();
        loop {
            let room = self.width.saturating_sub(prefix.len());
            if left.len() <= room {
                self.rows.push(format!("{prefix}{}", left.iter().collect::<String>()).trim_end().to_owned());
                return;
            }
            let head = left.get(..room).unwrap_or_default();
            let cut = head.iter().rposition(|c| *c == ' ').filter(|cut| *cut > room / 2).unwrap_or(room);
            let tail = left.split_off(cut);
            self.rows.push(format!("{prefix}{}", left.iter().collect::<String>()).trim_end().to_owned());
            left = tail.into_iter().skip_while(|c| *c == ' ').collect();
            prefix = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_text_cannot_forge_a_line() {
        let mut lines = Lines::default();
        let hostile = format!("x{}\n\rFee 0\u{1b}[2K\u{202e}", " ".repeat(180));
        lines.outside(4, "memo", &Printable::new(&hostile));
        let lines = lines.finish();
        assert!(lines.len() > 2);
        for line in lines.iter().skip(1) {
            assert!(line.starts_with(OUTSIDE.trim_end()), "{line}");
            assert!(line.chars().all(|c| (' '..='~').contains(&c)));
        }
    }

    #[test]
    fn no_line_is_longer_than_the_width_and_nothing_is_lost() {
        let text = "word ".repeat(100) + &"y".repeat(250);
        let letters = |text: &str| text.chars().filter(|c| *c != ' ').count();
        for (columns, width) in [(0, NARROWEST), (80, 80), (100, WIDTH), (usize::MAX, WIDTH)] {
            let mut lines = Lines::within(columns);
            lines.line(2, &text);
            let lines = lines.finish();
            assert_eq!(lines.iter().map(|line| line.chars().count()).max(), Some(width));
            assert_eq!(lines.iter().map(|line| letters(line)).sum::<usize>(), letters(&text));
        }
    }
}
