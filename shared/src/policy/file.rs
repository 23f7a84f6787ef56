//! `policy.toml` as it is written: members and their forms, nothing of their meaning.

use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use super::refusals::FILE;
use crate::bundle::limits::POLICY_BYTES;
use crate::error::Result;
use crate::text::Printable;

/// The only version.
const VERSION: u32 = 1;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    version: u32,
    #[serde(default)]
    pub(super) own_accounts: bool,
    #[serde(default)]
    pub(super) transactions: Transactions,
    #[serde(default)]
    pub(super) networks: Networks,
    #[serde(default)]
    pub(super) fees: Fees,
    #[serde(default)]
    pub(super) expiry: Expiry,
    #[serde(default)]
    pub(super) asset: Vec<Asset>,
    #[serde(default)]
    pub(super) destination: Vec<Destination>,
    #[serde(default)]
    pub(super) limit: Vec<Limit>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Transactions {
    #[serde(default)]
    pub(super) allow: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Networks {
    #[serde(default)]
    pub(super) xrpl_test: Vec<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fees {
    pub(super) bitcoin_max: Option<Number>,
    pub(super) bitcoin_max_rate: Option<Number>,
    pub(super) bitcoin_max_percent: Option<u64>,
    pub(super) xrp_max: Option<Number>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expiry {
    pub(super) max_bundle: Option<String>,
    pub(super) xrpl_max_ledgers: Option<u32>,
    #[serde(default)]
    pub(super) break_glass: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asset {
    pub(super) name: String,
    pub(super) id: Option<Number>,
    pub(super) longname: Option<String>,
    pub(super) divisible: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Destination {
    pub(super) name: String,
    pub(super) address: String,
    #[serde(default)]
    pub(super) assets: Vec<String>,
    pub(super) tags: Option<Tags>,
    pub(super) memos: Option<Memos>,
    #[serde(default)]
    pub(super) also: Vec<String>,
    #[serde(default)]
    pub(super) limit: Vec<Limit>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "tags must be a list such as [1, 2], or \"any\", or \"none\"")]
pub(super) enum Tags {
    Word(String),
    List(Vec<u32>),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "memos must be a list such as [\"12345\"], or \"any\", or \"none\"")]
pub(super) enum Memos {
    Word(String),
    List(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limit {
    pub(super) asset: String,
    pub(super) per_event: Option<Number>,
    pub(super) per_day: Option<Number>,
}

/// A number as people write it: a text in quotes or whole digits; a bare fraction would be a floating-point number.
pub(super) struct Number(pub(super) String);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number in quotes, such as \"0.25\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
        Ok(Number(text.to_owned()))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Number, E> {
        match u64::try_from(number) {
            Ok(number) => Ok(Number(number.to_string())),
            Err(_) => Err(E::custom(format!("{number} is below zero"))),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Number, E> {
        Ok(Number(number.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Number, E> {
        Err(E::custom("a number with a point must stand in quotes, such as \"0.25\""))
    }
}

/// Reads the members of a file.
pub(super) fn read(text: &str) -> Result<File> {
    if text.len() > POLICY_BYTES {
        return Err(FILE.error(format!("the policy has {} bytes; at most {POLICY_BYTES}", text.len())));
    }
    let file: File = toml::from_str(text).map_err(|e| FILE.error(told(text, &e)))?;
    if file.version != VERSION {
        return Err(
            FILE.error(format!("the policy is of version {}; this program reads {VERSION}", file.version))
        );
    }
    Ok(file)
}

/// What TOML says, with the line.
fn told(text: &str, error: &toml::de::Error) -> String {
    let what = Printable::new(error.message().trim_end());
    match error.span().and_then(|span| text.get(..span.start)) {
        Some(before) => format!("line {}: {what}", before.matches('\n').count().saturating_add(1)),
        None => what.to_string(),
    }
}
