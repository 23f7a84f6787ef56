//! Codes as one HTML page that plays them: it needs no network, no other file and no other program.

use airlock::text::Printable;

use crate::look::Look;
use crate::reel::Reel;

/// The page without its codes.
static PAGE: &str = include_str!("html/page.html");

/// The HTML file of a reel, under a title of outside text. The page plays at the reel's period, large enough for the
/// window, in whole pixels of the screen; its keys are named on it.
pub fn page(reel: &Reel, look: Look, title: &str) -> String {
    let frames: Vec<String> =
        reel.symbols().iter().map(|symbol| format!("\"{}\"", hex(symbol.packed()))).collect();
    // The frames last: what was put in is not looked through for names again, except the title, which holds no '@'.
    PAGE.replace("@TITLE@", &escaped(title))
        .replace("@SIZE@", &reel.first().size().to_string())
        .replace("@PERIOD@", &reel.period().as_millis().to_string())
        .replace("@LIGHT@", &look.light().to_string())
        .replace("@FRAMES@", &frames.join(",\n"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn escaped(title: &str) -> String {
    let mut shown = String::new();
    for character in Printable::new(title).to_string().chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '@' => shown.push_str("&#64;"),
            other => shown.push(other),
        }
    }
    shown
}

#[cfg(test)]
mod tests;
