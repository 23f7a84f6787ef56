//! The maps of a PSBT as bytes (BIP-174): borrowed, counted and limited before anything is allocated.

use crate::bundle::file::OVER_LIMIT;
use crate::bundle::limits;
use crate::error::{Code, Exit, Result};

/// Not a PSBT, or a damaged one.
pub static NOT_PSBT: Code = Code::new(
    "E-PSBT-001",
    Exit::BadInput,
    "The bytes are not a PSBT of version 0 (BIP-174) or 2 (BIP-370), or they are damaged.",
    "Export the PSBT again from the program that made it.",
);

/// First bytes of every PSBT.
pub const MAGIC: &[u8; 5] = b"psbt\xff";

/// Key type of the unsigned transaction of version 0.
pub(super) const UNSIGNED_TX: &[u8] = &[0x00];
/// Key type of the version.
pub(super) const VERSION: &[u8] = &[0xfb];
/// Key type of the number of inputs of version 2.
pub(super) const INPUT_COUNT: &[u8] = &[0x04];
/// Key type of the number of outputs of version 2.
pub(super) const OUTPUT_COUNT: &[u8] = &[0x05];

/// Key with its type, and value.
pub(super) type Pair<'a> = (&'a [u8], &'a [u8]);

/// The pairs of one map.
pub(super) type PairMap<'a> = Vec<Pair<'a>>;

/// All maps of a PSBT.
#[derive(Debug)]
pub(super) struct Maps<'a> {
    pub(super) version: u32,
    pub(super) global: PairMap<'a>,
    pub(super) inputs: Vec<PairMap<'a>>,
    pub(super) outputs: Vec<PairMap<'a>>,
}

/// Refuses a PSBT over the limits before a parser allocates for it.
///
/// # Errors
/// [`OVER_LIMIT`] for too many bytes, inputs, outputs or pairs; [`NOT_PSBT`] where the maps are damaged or
/// bytes follow them.
pub fn check_limits(bytes: &[u8]) -> Result<()> {
    Maps::read(bytes).map(|_| ())
}

impl<'a> Maps<'a> {
    /// Reads all maps and demands that nothing follows.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        at_most("bytes", bytes.len(), limits::FILE_BYTES)?;
        let mut rest = bytes
            .strip_prefix(MAGIC)
            .ok_or_else(|| NOT_PSBT.error("it does not begin with the magic bytes of a PSBT"))?;
        let mut pairs = 0usize;
        let global = read_map(&mut rest, &mut pairs).map_err(|e| e.at("global map"))?;
        let version = version(&global)?;
        let (inputs, outputs) = match (version, get(&global, UNSIGNED_TX)?) {
            (0, Some(unsigned)) => counts_of(unsigned)?,
            (2, None) => (count(&global, INPUT_COUNT)?, count(&global, OUTPUT_COUNT)?),
            (0, None) => return Err(NOT_PSBT.error("version 0 without an unsigned transaction")),
            (2, Some(_)) => return Err(NOT_PSBT.error("version 2 with an unsigned transaction")),
            (other, _) => return Err(NOT_PSBT.error(format!("version {other} instead of 0 or 2"))),
        };
        at_most("inputs", inputs, limits::INPUTS)?;
        at_most("outputs", outputs, limits::OUTPUTS)?;
        let mut read_maps = |count: usize, what: &str| -> Result<Vec<PairMap<'a>>> {
            (0..count)
                .map(|index| read_map(&mut rest, &mut pairs).map_err(|e| e.at(format!("{what} {index}"))))
                .collect()
        };
        let inputs = read_maps(inputs, "input")?;
        let outputs = read_maps(outputs, "output")?;
        if !rest.is_empty() {
            return Err(NOT_PSBT.error(format!("{} bytes follow the last map", rest.len())));
        }
        Ok(Self { version, global, inputs, outputs })
    }
}

/// The value of a key without key data; none where it is absent.
pub(super) fn get<'a>(map: &[Pair<'a>], key: &[u8]) -> Result<Option<&'a [u8]>> {
    let kind = key.first();
    let mut found = map.iter().filter(|(other, _)| other.first() == kind);
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some((whole, value)), None) if *whole == key => Ok(Some(*value)),
        _ => Err(NOT_PSBT.error(format!("key type {:#04x} is doubled or has key data", kind.unwrap_or(&0)))),
    }
}

fn version(global: &[Pair<'_>]) -> Result<u32> {
    match get(global, VERSION)? {
        None => Ok(0),
        Some(value) => Ok(u32::from_le_bytes(fixed("the version", value)?)),
    }
}

/// A value of a fixed number of bytes.
pub(super) fn fixed<const N: usize>(what: &str, value: &[u8]) -> Result<[u8; N]> {
    value.try_into().map_err(|_| NOT_PSBT.error(format!("{what} has {} bytes instead of {N}", value.len())))
}

fn count(global: &[Pair<'_>], key: &[u8]) -> Result<usize> {
    let mut value = get(global, key)?
        .ok_or_else(|| NOT_PSBT.error("version 2 without its number of inputs and outputs"))?;
    let count = compact_size(&mut value)?;
    if !value.is_empty() {
        return Err(NOT_PSBT.error("bytes follow a number of inputs or outputs"));
    }
    Ok(count)
}

/// Counts inputs and outputs of an unsigned transaction without building it.
fn counts_of(mut unsigned: &[u8]) -> Result<(usize, usize)> {
    let rest = &mut unsigned;
    take(rest, 4)?;
    let inputs = compact_size(rest)?;
    at_most("inputs", inputs, limits::INPUTS)?;
    for _ in 0..inputs {
        take(rest, 36)?;
        take_sized(rest)?;
        take(rest, 4)?;
    }
    let outputs = compact_size(rest)?;
    at_most("outputs", outputs, limits::OUTPUTS)?;
    for _ in 0..outputs {
        take(rest, 8)?;
        take_sized(rest)?;
    }
    take(rest, 4)?;
    if rest.is_empty() {
        Ok((inputs, outputs))
    } else {
        Err(NOT_PSBT.error("the unsigned transaction is longer"))
    }
}

fn read_map<'a>(rest: &mut &'a [u8], pairs: &mut usize) -> Result<PairMap<'a>> {
    let mut map = PairMap::new();
    loop {
        let key = take_sized(rest)?;
        if key.is_empty() {
            return Ok(map);
        }
        let value = take_sized(rest)?;
        *pairs = pairs.saturating_add(1);
        at_most("pairs of a PSBT", *pairs, limits::PSBT_PAIRS)?;
        at_most("bytes of one PSBT value", value.len(), limits::PSBT_VALUE_BYTES)?;
        map.push((key, value));
    }
}

fn take_sized<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = compact_size(rest)?;
    take(rest, length)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length).ok_or_else(|| NOT_PSBT.error("it is cut off"))?;
    *rest = tail;
    Ok(head)
}

/// A compact size in its shortest form.
fn compact_size(rest: &mut &[u8]) -> Result<usize> {
    let (value, least) = match take(rest, 1)? {
        [0xfd] => (u64::from(u16::from_le_bytes(fixed("a size", take(rest, 2)?)?)), 0xfd),
        [0xfe] => (u64::from(u32::from_le_bytes(fixed("a size", take(rest, 4)?)?)), 0x1_0000),
        [0xff] => (u64::from_le_bytes(fixed("a size", take(rest, 8)?)?), 0x1_0000_0000),
        short => (short.first().copied().map_or(0, u64::from), 0),
    };
    if value < least {
        return Err(NOT_PSBT.error("a size is not in its shortest form"));
    }
    usize::try_from(value).map_err(|_| NOT_PSBT.error("it is cut off"))
}

fn at_most(what: &str, count: usize, limit: usize) -> Result<()> {
    if count > limit {
        return Err(OVER_LIMIT.error(format!("{count} {what} are more than {limit}")));
    }
    Ok(())
}
