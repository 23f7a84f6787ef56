//! QR codes as pictures: painted for screens and files, read from cameras and files. The text in them is [`airlock::qr`].

#![forbid(unsafe_code)]

use airlock::Code;

pub mod apng;
pub mod cli;
pub mod command;
#[cfg(test)]
mod eye;
pub mod gray;
pub mod html;
pub mod look;
pub mod player;
pub mod png;
pub mod reader;
pub mod reel;
pub mod source;
pub mod svg;
pub mod symbol;
pub mod terminal;
pub mod tty;

/// All error codes of this crate, in their order.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let areas = [
        gray::CODES,
        source::CODES,
        symbol::CODES,
        look::CODES,
        reel::CODES,
        png::CODES,
        terminal::CODES,
        tty::CODES,
        command::CODES,
    ];
    areas.into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_well_formed_and_stands_in_order() {
        let ids: Vec<&str> = codes().map(|code| code.id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        for code in codes() {
            assert!(airlock::codes::is_well_formed(code.id), "{}", code.id);
            assert!(code.meaning.ends_with('.') && code.next.ends_with('.'), "{}", code.id);
        }
    }
}
