//! A customer's id in the exchange's own books.

use core::fmt;
use core::str::FromStr;

use airlock::text::Printable;
use airlock::{Error, Result};

use super::error::BAD_CUSTOMER;

/// The id of a customer: 1 to 64 characters of `A-Za-z0-9._@:+-/#`, the first a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Customer(String);

impl Customer {
    /// The longest id, in characters.
    const LONGEST: usize = 64;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Customer {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._@:+-/#".contains(&byte);
        let begins_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
        match begins_well && text.len() <= Self::LONGEST && text.bytes().all(legal) {
            true => Ok(Self(text.to_owned())),
            false => Err(BAD_CUSTOMER.error(format!("'{}' is no customer id", Printable::new(text)))),
        }
    }
}

impl fmt::Display for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_ids_and_refuses_what_a_spreadsheet_runs() {
        for good in ["4711", "alice", "u:12/3", "a@b.example", &"x".repeat(64)] {
            assert_eq!(good.parse::<Customer>().unwrap().as_str(), good);
        }
        for bad in ["", "=1", "+1", "-1", "@x", "a b", "a,b", "a\"b", "(memo)", "ä", "a\n", &"x".repeat(65)]
        {
            assert_eq!(bad.parse::<Customer>().unwrap_err().code(), &BAD_CUSTOMER, "{bad}");
        }
    }
}
