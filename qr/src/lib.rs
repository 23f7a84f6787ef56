//! QR codes as pictures: painted for screens and files, read from cameras and files. The text in them is [`airlock::qr`].

#![forbid(unsafe_code)]

pub mod apng;
#[cfg(test)]
mod eye;
pub mod html;
pub mod look;
pub mod player;
pub mod png;
pub mod reel;
pub mod svg;
pub mod symbol;
pub mod terminal;
