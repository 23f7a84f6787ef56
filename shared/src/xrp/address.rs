//! Account ids, classic addresses and X-addresses (xrpl.md 1 and 3).

use core::fmt;
use core::str::FromStr;
use std::sync::LazyLock;

use crate::error::{Code, Error, Exit, Result};
use crate::text::Printable;
use crate::xrp::base58;

/// Text that is not a classic address.
pub static ADDRESS: Code = Code::new(
    "E-XRP-001",
    Exit::BadInput,
    "A classic address of the XRP Ledger begins with r, has 25 to 35 characters of its own alphabet, and \
     carries a check that catches typing errors.",
    "Copy the address again from where it came; a single wrong character makes it invalid.",
);
/// Text that is not an X-address.
pub static X_ADDRESS: Code = Code::new(
    "E-XRP-002",
    Exit::BadInput,
    "An X-address has 47 characters, begins with X (main network) or T (test networks) and holds an account \
     and perhaps a destination tag of 32 bits.",
    "Copy the X-address again, or use the classic address with its tag.",
);

/// The 20 bytes that name an account: RIPEMD160(SHA256(public key)).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; 20]);

/// Valid encodings that nobody controls (xrpl.md 1).
const BLACK_HOLES: [&str; 4] = [
    "rrrrrrrrrrrrrrrrrrrrrhoLvTp",
    "rrrrrrrrrrrrrrrrrrrrBZbvji",
    "rrrrrrrrrrrrrrrrrNAMEtxvNvQ",
    "rrrrrrrrrrrrrrrrrrrn5RM1rHd",
];

impl AccountId {
    /// The account of 20 zero bytes, which stands for "none" in the ledger.
    pub const ZERO: AccountId = AccountId([0; 20]);

    /// Takes the bytes as they are.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn to_bytes(self) -> [u8; 20] {
        self.0
    }

    /// True for the accounts that nobody controls: what is sent there is lost.
    pub fn is_black_hole(self) -> bool {
        static ACCOUNTS: LazyLock<[AccountId; 4]> = LazyLock::new(|| {
            BLACK_HOLES.map(|text| text.parse().expect("they are valid addresses (tested)"))
        });
        ACCOUNTS.contains(&self)
    }
}

/// The classic address.
impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut payload = [0u8; 21];
        payload[1..].copy_from_slice(&self.0);
        f.write_str(&base58::encode_check(&payload).ok_or(fmt::Error)?)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads a classic address; nothing is trimmed.
impl FromStr for AccountId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match base58::decode_check::<21>(text) {
            Some([0, account @ ..]) => Ok(Self(account)),
            // A seed pasted into the wrong place must not end in a message or a log.
            Some(_) | None if text.starts_with('s') => {
                Err(ADDRESS.error("a text that begins with s, as secret seeds do, is not a classic address"))
            }
            Some(_) | None => {
                Err(ADDRESS.error(format!("'{}' is not a classic address", Printable::new(text))))
            }
        }
    }
}

/// An account with a destination (or source) tag and the kind of network, in one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct XAddress {
    /// The account.
    pub account: AccountId,
    /// The tag; 0 is a tag, different from none.
    pub tag: Option<u32>,
    /// True for test networks (`T…`), false for the main network (`X…`).
    pub test: bool,
}

const MAIN_PREFIX: [u8; 2] = [0x05, 0x44];
const TEST_PREFIX: [u8; 2] = [0x04, 0x93];

impl fmt::Display for XAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.test { TEST_PREFIX } else { MAIN_PREFIX };
        let (flag, tag) = match self.tag {
            Some(tag) => (1, tag),
            None => (0, 0),
        };
        let mut payload = [0u8; 31];
        payload[..2].copy_from_slice(&prefix);
        payload[2..22].copy_from_slice(&self.account.0);
        payload[22] = flag;
        payload[23..27].copy_from_slice(&tag.to_le_bytes());
        f.write_str(&base58::encode_check(&payload).ok_or(fmt::Error)?)
    }
}

/// Reads an X-address; stricter than the reference libraries: exact length, tag bytes zero where unused.
impl FromStr for XAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad =
            |why: &str| X_ADDRESS.error(format!("'{}' is not an X-address: {why}", Printable::new(text)));
        let payload = base58::decode_check::<31>(text).ok_or_else(|| bad("wrong length or check"))?;
        let [p0, p1, rest @ ..] = payload;
        let test = match [p0, p1] {
            MAIN_PREFIX => false,
            TEST_PREFIX => true,
            _ => return Err(bad("wrong prefix")),
        };
        let mut account = [0u8; 20];
        account.copy_from_slice(&rest[..20]);
        let [flag, t0, t1, t2, t3, high @ ..] =
            [rest[20], rest[21], rest[22], rest[23], rest[24], rest[25], rest[26], rest[27], rest[28]];
        let number = u32::from_le_bytes([t0, t1, t2, t3]);
        let tag = match (flag, number, high) {
            (0, 0, [0, 0, 0, 0]) => None,
            (0, ..) => return Err(bad("tag bytes without a tag")),
            (1, number, [0, 0, 0, 0]) => Some(number),
            (1, ..) => return Err(bad("tag of more than 32 bits")),
            _ => return Err(bad("unknown kind of tag")),
        };
        Ok(Self { account: AccountId(account), tag, test })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_accounts_that_nobody_controls() {
        assert!(AccountId::ZERO.is_black_hole());
        for text in BLACK_HOLES {
            assert!(text.parse::<AccountId>().unwrap().is_black_hole(), "{text}");
        }
        assert!(!"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh".parse::<AccountId>().unwrap().is_black_hole());
    }

    #[test]
    fn never_repeats_what_looks_like_a_seed() {
        let error = "sEdTM1uX8pu2do5XvTnutH6HsouMaM2".parse::<AccountId>().unwrap_err();
        assert!(error.code() == &ADDRESS && !error.what().contains("sEdTM"), "{error}");
    }

    #[test]
    fn refuses_text_around_an_address() {
        for bad in ["", "r", " rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh\n"] {
            assert_eq!(bad.parse::<AccountId>().unwrap_err().code(), &ADDRESS);
            assert_eq!(bad.parse::<XAddress>().unwrap_err().code(), &X_ADDRESS);
        }
    }

    proptest::proptest! {
        #[test]
        fn addresses_read_back(bytes: [u8; 20], tag: Option<u32>, test: bool) {
            let account = AccountId::from_bytes(bytes);
            proptest::prop_assert_eq!(account.to_string().parse::<AccountId>().unwrap(), account);
            let x = XAddress { account, tag, test };
            let text = x.to_string();
            let first = if test { "T" } else { "X" };
            proptest::prop_assert_eq!((text.len(), &text[..1]), (47, first));
            proptest::prop_assert_eq!(text.parse::<XAddress>().unwrap(), x);
        }
    }
}
