//! How the programs of others want to be shown codes (qr.md 8.1, 11).

use core::time::Duration;

use crate::qr::ur::Order;
use crate::{Code, Exit, Result};

/// A name or a density that is not known.
pub static UNKNOWN: Code = Code::new(
    "E-QR-020",
    Exit::BadInput,
    "Codes are shown for airlock, sparrow, coldcard, keystone, seedsigner, generic or as text, at the density low, normal, \
     high or max.",
    "Choose one of them; `generic` is read by most wallets.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&UNKNOWN];

/// The density of a series: the largest version of its codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Density {
    /// Version 10: old webcams, small terminals.
    Low,
    /// Version 15: phones and wallets.
    Normal,
    /// Version 20: webcams of 720 lines.
    High,
    /// Version 27: good cameras, static codes.
    Max,
}

impl Density {
    /// All of them, from the lowest.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Max];

    /// The density of a name.
    ///
    /// # Errors
    /// [`UNKNOWN`].
    pub fn named(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|density| density.name() == name);
        known.ok_or_else(|| UNKNOWN.error("the density is not low, normal, high or max"))
    }

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Max => "max",
        }
    }

    /// The largest QR version.
    pub fn version(self) -> u8 {
        match self {
            Self::Low => 10,
            Self::Normal => 15,
            Self::High => 20,
            Self::Max => 27,
        }
    }
}

/// What is written into the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For our own other half: a PSBT that fits one code as `crypto-psbt`, everything else in the envelope as UR `bytes`.
    Own,
    /// UR: a PSBT as `crypto-psbt`, everything else as `bytes` as it is.
    Ur,
    /// BBQr, deflated where that is shorter.
    Bbqr,
    /// One static code: a PSBT in base64, a transaction or bytes in hex, JSON and text as they are.
    Text,
}

/// Who reads the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name, as people type it.
    pub name: &'static str,
    /// What it reads.
    pub format: Format,
    /// The largest version of a moving series.
    pub version: u8,
    /// How long each code stays.
    pub period: Duration,
    /// Of a UR: the order of its parts.
    pub order: Order,
}

/// Every profile, our own first.
pub static PROFILES: [Profile; 7] = [
    profile("airlock", Format::Own, Density::High, 125, Order::Dense),
    profile("sparrow", Format::Ur, Density::Normal, 200, Order::Alternating),
    profile("coldcard", Format::Bbqr, Density::Max, 250, Order::Ascending),
    profile("keystone", Format::Ur, Density::Normal, 200, Order::Alternating),
    profile("seedsigner", Format::Ur, Density::Low, 200, Order::Alternating),
    profile("generic", Format::Ur, Density::Normal, 200, Order::Alternating),
    profile("text", Format::Text, Density::Max, 200, Order::Ascending),
];

const fn profile(name: &'static str, format: Format, density: Density, millis: u64, order: Order) -> Profile {
    let version = match density {
        Density::Low => 10,
        Density::Normal => 15,
        Density::High => 20,
        Density::Max => 27,
    };
    Profile { name, format, version, period: Duration::from_millis(millis), order }
}

impl Profile {
    /// The profile of a name.
    ///
    /// # Errors
    /// [`UNKNOWN`].
    pub fn named(name: &str) -> Result<Self> {
        let known = PROFILES.iter().find(|profile| profile.name == name).copied();
        known.ok_or_else(|| UNKNOWN.error("codes are not shown for a reader of this name"))
    }

    /// The same reader with another density.
    #[must_use]
    pub fn with_density(self, density: Density) -> Self {
        self.with_version(density.version())
    }

    /// The same reader with codes of at most this version.
    #[must_use]
    pub fn with_version(self, version: u8) -> Self {
        Self { version, ..self }
    }

    /// The largest version of one static code: the next density above that of a series (qr.md 8.1). Below the lowest density
    /// it is that of the series: a small window has asked for it.
    pub fn static_version(&self) -> u8 {
        if self.version < Density::Low.version() {
            return self.version;
        }
        let above = Density::ALL.into_iter().map(Density::version).find(|version| *version > self.version);
        above.unwrap_or(self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_and_density_is_found_by_its_name() {
        for profile in PROFILES {
            assert_eq!(Profile::named(profile.name).unwrap(), profile);
        }
        for density in Density::ALL {
            assert_eq!(Density::named(density.name()).unwrap(), density);
            let made = profile("x", Format::Ur, density, 1, Order::Dense);
            assert_eq!(made.version, density.version());
        }
        assert_eq!(Profile::named("Airlock").unwrap_err().code().id, "E-QR-020");
        assert_eq!(Density::named("").unwrap_err().code().id, "E-QR-020");
    }

    #[test]
    fn a_static_code_may_be_one_density_higher() {
        let own = Profile::named("airlock").unwrap();
        assert_eq!(own.static_version(), 27);
        assert_eq!(own.with_density(Density::Low).static_version(), 15);
        assert_eq!(own.with_version(9).static_version(), 9);
        assert_eq!(own.with_version(40).static_version(), 40);
    }
}
