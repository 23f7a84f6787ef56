//! What a camera makes of a QR code on a screen (qr.md 6.3), made of arithmetic and a seed: the same picture on every machine
//! that rounds alike.
//!
//! A [`Symbol`] is what is shown, a [`Scene`] how it is seen, [`Scene::take`] the picture. [`Chance`] draws scenes from ranges.

mod chance;
mod film;
mod hand;
mod plane;
mod scene;
mod symbol;

pub use chance::Chance;
pub use scene::{Glare, Scene};
pub use symbol::Symbol;
