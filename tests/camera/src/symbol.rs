//! The code that is shown.

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

/// Dark and light modules.
#[derive(Clone, Debug)]
pub struct Symbol {
    size: usize,
    dark: Vec<bool>,
}

impl Symbol {
    /// The code of this text in this version at level L; alphanumeric when the text allows it.
    ///
    /// # Panics
    /// When the text does not fit.
    pub fn new(text: &str, version: i16) -> Self {
        let alphanumeric =
            |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() || b" $%*+-./:".contains(&byte);
        let mut bits = Bits::new(Version::Normal(version));
        if text.bytes().all(alphanumeric) {
            bits.push_alphanumeric_data(text.as_bytes()).expect("the text fits");
        } else {
            bits.push_byte_data(text.as_bytes()).expect("the text fits");
        }
        bits.push_terminator(EcLevel::L).expect("the text fits");
        let code = QrCode::with_bits(bits, EcLevel::L).expect("the text fits");
        let dark = code.to_colors().into_iter().map(|colour| colour == Color::Dark).collect();
        Self { size: code.width(), dark }
    }

    /// Modules along a side, without the quiet zone.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether the module is dark; all around the code none is.
    pub fn is_dark(&self, x: i32, y: i32) -> bool {
        let inside = |at: i32| usize::try_from(at).ok().filter(|at| *at < self.size);
        inside(x).zip(inside(y)).is_some_and(|(x, y)| self.dark[y * self.size + x])
    }
}

/// What the programs show.
impl From<&airlock_qr::symbol::Symbol> for Symbol {
    fn from(shown: &airlock_qr::symbol::Symbol) -> Self {
        let size = shown.size();
        let dark = (0..size * size).map(|module| shown.is_dark(module % size, module / size)).collect();
        Self { size, dark }
    }
}
