//! Answers and errors on their way to a window: broken at spaces, where the terminal would break inside a word.

use std::io::{self, Write};

/// What the rest of a line begins with, behind its indent.
const DEEPER: usize = 2;

/// A stream whose lines are broken at spaces to fit so many columns; without columns they go through as they are.
pub struct Folded<W: Write> {
    stream: W,
    columns: Option<usize>,
    line: Vec<u8>,
}

impl<W: Write> Folded<W> {
    /// For a window of so many columns.
    pub fn new(stream: W, columns: Option<usize>) -> Self {
        Self { stream, columns, line: Vec::new() }
    }

    fn end_line(&mut self, columns: usize) -> io::Result<()> {
        let line = core::mem::take(&mut self.line);
        self.stream.write_all(fold(&String::from_utf8_lossy(&line), columns).as_bytes())
    }
}

impl<W: Write> Write for Folded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(columns) = self.columns else { return self.stream.write(bytes) };
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.end_line(columns)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let line = core::mem::take(&mut self.line);
        self.stream.write_all(&line)?;
        self.stream.flush()
    }
}

impl<W: Write> Drop for Folded<W> {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

/// The line in rows; a word that is longer than a row stays whole, so that it can be copied.
fn fold(line: &str, columns: usize) -> String {
    let indent = line.chars().take_while(|c| *c == ' ').count();
    let deeper = indent.saturating_add(DEEPER).min(columns / 2);
    let mut rows = String::new();
    let mut used = 0usize;
    for word in line.split_inclusive(' ') {
        let (whole, seen) = (word.chars().count(), word.trim_end().chars().count());
        if used > deeper.max(indent) && seen > 0 && used.saturating_add(seen) > columns {
            rows.truncate(rows.trim_end_matches(' ').len());
            rows.push('\n');
            rows.extend(core::iter::repeat_n(' ', deeper));
            used = deeper;
        }
        rows.push_str(word);
        used = used.saturating_add(whole);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str, columns: Option<usize>) -> String {
        let mut stream = Vec::new();
        let mut to = Folded::new(&mut stream, columns);
        for piece in text.split_inclusive(|c| "ae".contains(c)) {
            write!(to, "{piece}").unwrap();
        }
        drop(to);
        String::from_utf8(stream).unwrap()
    }

    #[test]
    fn lines_break_at_spaces_and_words_stay_whole() {
        let text = "  signed and verified  xrp-cold at last\nshort\n";
        assert_eq!(folded(text, Some(30)), "  signed and verified\n    xrp-cold at last\nshort\n");
        assert_eq!(folded(text, None), text);
        let long = format!("wrote {} and read it back\n", "x".repeat(50));
        assert_eq!(folded(&long, Some(30)), format!("wrote\n  {}\n  and read it back\n", "x".repeat(50)));
        assert_eq!(folded("no end", Some(30)), "no end");
    }

    #[test]
    fn nothing_but_spaces_is_lost() {
        let text = "a list of numbers, 1 to 40:   then an indent, and   columns ".repeat(9) + "\n";
        for columns in [1, 20, 39, 80, 1000] {
            let rows = folded(&text, Some(columns));
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(letters(&rows), letters(&text));
            assert!(columns < 20 || rows.lines().all(|row| row.trim_end().chars().count() <= columns));
        }
    }
}
