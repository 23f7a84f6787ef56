//! Payment paths: read and written by the codec, never signed (xrpl.md 5.3 and 9.1).

use serde_json::{Map, Value};

use crate::error::Result;
use crate::text::Printable;
use crate::xrp::address::AccountId;
use crate::xrp::currency::Currency;
use crate::xrp::object::{BLOB, JSON_VALUE};

/// One step of a path; at least one of the three is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Through this account.
    pub account: Option<AccountId>,
    /// Into this currency.
    pub currency: Option<Currency>,
    /// Of this issuer.
    pub issuer: Option<AccountId>,
}

/// The steps of one path.
pub type Path = Vec<Step>;

/// The most paths of a payment.
const MAX_PATHS: usize = 6;
/// The most steps of a path.
const MAX_STEPS: usize = 8;
const ACCOUNT: u8 = 0x01;
const CURRENCY: u8 = 0x10;
const ISSUER: u8 = 0x20;
const NEXT_PATH: u8 = 0xFF;
const END: u8 = 0x00;

/// Refuses what the ledger refuses: no path, an empty path, too many of either.
fn check(paths: &[Path]) -> Result<()> {
    let steps_fit = paths.iter().all(|path| (1..=MAX_STEPS).contains(&path.len()));
    if (1..=MAX_PATHS).contains(&paths.len()) && steps_fit {
        return Ok(());
    }
    Err(BLOB.error(format!("a payment has 1 to {MAX_PATHS} paths of 1 to {MAX_STEPS} steps")))
}

/// Reads a set of paths from the front of the bytes and gives the rest.
pub(crate) fn split_from(bytes: &[u8]) -> Result<(Vec<Path>, &[u8])> {
    let mut rest = bytes;
    let mut paths = vec![Path::new()];
    loop {
        let ([kind], after) = take::<1>(rest)?;
        rest = after;
        let path = paths.last_mut().expect("there is a first path and none is taken out");
        match kind {
            END => {
                check(&paths)?;
                return Ok((paths, rest));
            }
            NEXT_PATH => paths.push(Path::new()),
            kind if kind & !(ACCOUNT | CURRENCY | ISSUER) != 0 => {
                return Err(BLOB.error(format!("a path step of the unknown kind {kind:02X}")));
            }
            kind => {
                let mut value = |bit: u8| -> Result<Option<[u8; 20]>> {
                    if kind & bit == 0 {
                        return Ok(None);
                    }
                    let (value, after) = take::<20>(rest)?;
                    rest = after;
                    Ok(Some(value))
                };
                let account = value(ACCOUNT)?.map(AccountId::from_bytes);
                let currency = value(CURRENCY)?.map(Currency::in_path).transpose()?;
                let issuer = value(ISSUER)?.map(AccountId::from_bytes);
                path.push(Step { account, currency, issuer });
            }
        }
        if paths.len() > MAX_PATHS || paths.iter().any(|path| path.len() > MAX_STEPS) {
            check(&paths)?;
        }
    }
}

/// Writes a set of paths.
pub(crate) fn write(out: &mut Vec<u8>, paths: &[Path]) {
    for (index, path) in paths.iter().enumerate() {
        if index > 0 {
            out.push(NEXT_PATH);
        }
        for step in path {
            let bit = |present: bool, bit: u8| if present { bit } else { 0 };
            out.push(
                bit(step.account.is_some(), ACCOUNT)
                    | bit(step.currency.is_some(), CURRENCY)
                    | bit(step.issuer.is_some(), ISSUER),
            );
            out.extend(step.account.iter().flat_map(|account| account.to_bytes()));
            out.extend(step.currency.iter().flat_map(|currency| currency.to_bytes()));
            out.extend(step.issuer.iter().flat_map(|issuer| issuer.to_bytes()));
        }
    }
    out.push(END);
}

/// Reads the JSON form: arrays of arrays of steps.
pub(crate) fn from_json(json: &Value) -> Result<Vec<Path>> {
    let bad =
        || JSON_VALUE.error("paths are arrays of arrays of steps with account, currency or issuer as text");
    let mut paths = Vec::new();
    for path in json.as_array().ok_or_else(bad)? {
        let mut steps = Path::new();
        for step in path.as_array().ok_or_else(bad)? {
            let members = step.as_object().filter(|members| !members.is_empty()).ok_or_else(bad)?;
            let mut read = Step { account: None, currency: None, issuer: None };
            for (name, value) in members {
                let text = value.as_str().ok_or_else(bad)?;
                match name.as_str() {
                    "account" => read.account = Some(text.parse()?),
                    "currency" => read.currency = Some(Currency::parse_in_path(text)?),
                    "issuer" => read.issuer = Some(text.parse()?),
                    other => {
                        return Err(JSON_VALUE
                            .error(format!("'{}' is not a member of a path step", Printable::new(other))));
                    }
                }
            }
            steps.push(read);
        }
        paths.push(steps);
    }
    check(&paths)?;
    Ok(paths)
}

/// Writes the JSON form.
pub(crate) fn to_json(paths: &[Path]) -> Value {
    let step = |step: &Step| {
        let mut members = Map::new();
        if let Some(account) = step.account {
            members.insert("account".to_owned(), account.to_string().into());
        }
        if let Some(currency) = step.currency {
            members.insert("currency".to_owned(), currency.to_string().into());
        }
        if let Some(issuer) = step.issuer {
            members.insert("issuer".to_owned(), issuer.to_string().into());
        }
        Value::Object(members)
    };
    paths.iter().map(|path| path.iter().map(step).collect::<Value>()).collect()
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8])> {
    bytes
        .split_first_chunk::<N>()
        .map(|(taken, rest)| (*taken, rest))
        .ok_or_else(|| BLOB.error("the paths are cut off"))
}
