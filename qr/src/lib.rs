//! QR codes as pictures: painted for screens and files, read from cameras and files. The text in them is [`airlock::qr`].

#![forbid(unsafe_code)]

pub mod gray;
pub mod reader;
pub mod source;
