//! How codes look in files: whole pixels for each module, black on white or on gray.

use airlock::{Code, Exit, Result};

use crate::symbol::Symbol;

/// About as many pixels a side have pictures of which nobody said the size.
pub const SIDE: usize = 600;
/// Most pixels of a module: version 40 is then 7,400 pixels wide.
pub const SCALE: usize = 40;
/// Brightness of light modules.
pub const WHITE: u8 = 255;
/// Brightness of light modules for cameras that white overexposes (qr.md 8.3).
pub const DIM: u8 = 190;

/// A size of module that is not painted.
pub static MODULE: Code = Code::new(
    "E-QR-041",
    Exit::BadInput,
    "A module of a QR code is painted in 1 to 40 pixels a side.",
    "Choose a size between 1 and 40.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&MODULE];

/// The size of modules and the brightness of what is light. Dark is always black.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    scale: Option<usize>,
    dim: bool,
}

impl Look {
    /// Modules of exactly `scale` pixels a side.
    ///
    /// # Errors
    /// [`MODULE`] when it is 0 or above [`SCALE`].
    pub fn with_scale(self, scale: usize) -> Result<Self> {
        if !(1..=SCALE).contains(&scale) {
            return Err(MODULE.error(format!("a module of {scale} pixels; allowed are 1 to {SCALE}")));
        }
        Ok(Self { scale: Some(scale), ..self })
    }

    /// White, or [`DIM`].
    #[must_use]
    pub fn with_dim(self, dim: bool) -> Self {
        Self { dim, ..self }
    }

    /// Brightness of light modules.
    pub fn light(self) -> u8 {
        if self.dim { DIM } else { WHITE }
    }

    /// Pixels of a module: as asked, otherwise so that the picture is about [`SIDE`] pixels wide.
    pub fn scale(self, symbol: &Symbol) -> usize {
        let modules = symbol.outer_size();
        let fitting = SIDE.saturating_add(modules / 2).checked_div(modules).unwrap_or(1);
        self.scale.unwrap_or(fitting).clamp(1, SCALE)
    }

    /// Pixels of a side of the picture, quiet zone included.
    pub fn side(self, symbol: &Symbol) -> usize {
        self.scale(symbol).saturating_mul(symbol.outer_size())
    }
}
