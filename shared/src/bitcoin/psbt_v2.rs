//! PSBTs of both versions: BIP-370 is read as version 0 for the review, and answered in the version it came in.

use bitcoin::Psbt;
use bitcoin::absolute::LOCK_TIME_THRESHOLD;
use bitcoin::base64::Engine;
use bitcoin::base64::engine::general_purpose::STANDARD;
use bitcoin::consensus::encode::{VarInt, serialize};
use bitcoin::hex::FromHex;

use super::psbt_maps::{
    INPUT_COUNT, MAGIC, Maps, NOT_PSBT, OUTPUT_COUNT, PairMap, UNSIGNED_TX, VERSION, fixed, get,
};
use crate::bundle::file::OVER_LIMIT;
use crate::bundle::limits;
use crate::error::{Code, Exit, Result};
use crate::text::Printable;

/// What is to be signed is not settled yet.
pub static AMBIGUOUS: Code = Code::new(
    "E-PSBT-002",
    Exit::Refused,
    "The PSBT does not settle the transaction: it may still be changed, or its lock times contradict each other.",
    "Finish the transaction in the program that made it, then export it again.",
);

const TX_VERSION: &[u8] = &[0x02];
const FALLBACK_LOCKTIME: &[u8] = &[0x03];
const TX_MODIFIABLE: &[u8] = &[0x06];
const PREVIOUS_TXID: &[u8] = &[0x0e];
const OUTPUT_INDEX: &[u8] = &[0x0f];
const SEQUENCE: &[u8] = &[0x10];
const REQUIRED_TIME: &[u8] = &[0x11];
const REQUIRED_HEIGHT: &[u8] = &[0x12];
const AMOUNT: &[u8] = &[0x03];
const SCRIPT: &[u8] = &[0x04];

const GLOBAL_OF_V2: &[&[u8]] =
    &[TX_VERSION, FALLBACK_LOCKTIME, INPUT_COUNT, OUTPUT_COUNT, TX_MODIFIABLE, VERSION];
const INPUT_OF_V2: &[&[u8]] = &[PREVIOUS_TXID, OUTPUT_INDEX, SEQUENCE, REQUIRED_TIME, REQUIRED_HEIGHT];
const OUTPUT_OF_V2: &[&[u8]] = &[AMOUNT, SCRIPT];

/// The version in which a PSBT came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PsbtVersion {
    /// BIP-174.
    Zero,
    /// BIP-370.
    Two,
}

/// Reads a PSBT of either version from its bytes, its base64 or its hex, as version 0.
///
/// # Errors
/// [`NOT_PSBT`]; [`OVER_LIMIT`] before anything is allocated; [`AMBIGUOUS`] for a version 2 that may still be
/// changed or whose required lock times have no common kind.
pub fn decode_any(file: &[u8]) -> Result<(Psbt, PsbtVersion)> {
    if file.starts_with(MAGIC) {
        return decode(file);
    }
    let text = file.trim_ascii();
    if text.len() / 2 > limits::FILE_BYTES {
        return Err(OVER_LIMIT.error(format!("{} characters are too many for a PSBT", text.len())));
    }
    let is_hex = text.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"70736274ff"));
    let bytes = if is_hex {
        core::str::from_utf8(text).ok().and_then(|text| Vec::from_hex(text).ok())
    } else {
        STANDARD.decode(text).ok()
    };
    decode(&bytes.ok_or_else(|| NOT_PSBT.error("it is neither bytes nor base64 nor hex of a PSBT"))?)
}

fn decode(bytes: &[u8]) -> Result<(Psbt, PsbtVersion)> {
    let maps = Maps::read(bytes)?;
    if maps.version == 2 {
        return Ok((parse(&to_version_0(&maps)?)?, PsbtVersion::Two));
    }
    refuse_v2_fields(&maps)?;
    Ok((parse(bytes)?, PsbtVersion::Zero))
}

/// Writes a PSBT in the version that it came in. Version 2 names the lock time as the fallback and every sequence
/// number, and says nothing of modifying.
///
/// # Errors
/// [`NOT_PSBT`] only if the PSBT has more inputs, outputs or pairs than can be read again.
pub fn encode(psbt: &Psbt, version: PsbtVersion) -> Result<Vec<u8>> {
    match version {
        PsbtVersion::Zero => Ok(psbt.serialize()),
        PsbtVersion::Two => to_version_2(psbt),
    }
}

fn parse(bytes: &[u8]) -> Result<Psbt> {
    Psbt::deserialize(bytes).map_err(|e| NOT_PSBT.error(Printable::new(&e.to_string()).to_string()))
}

/// BIP-370: fields of version 2 must not stand in version 0.
fn refuse_v2_fields(maps: &Maps<'_>) -> Result<()> {
    let alien = |map: &PairMap<'_>, of_v2: &[&[u8]]| {
        map.iter().any(|(key, _)| of_v2.iter().any(|alien| *alien != VERSION && key.first() == alien.first()))
    };
    if alien(&maps.global, GLOBAL_OF_V2)
        || maps.inputs.iter().any(|map| alien(map, INPUT_OF_V2))
        || maps.outputs.iter().any(|map| alien(map, OUTPUT_OF_V2))
    {
        return Err(NOT_PSBT.error("version 0 with fields of version 2"));
    }
    Ok(())
}

fn to_version_0(maps: &Maps<'_>) -> Result<Vec<u8>> {
    check_single(&maps.global, GLOBAL_OF_V2)?;
    maps.inputs.iter().try_for_each(|map| check_single(map, INPUT_OF_V2))?;
    maps.outputs.iter().try_for_each(|map| check_single(map, OUTPUT_OF_V2))?;
    if let Some(flags) = get(&maps.global, TX_MODIFIABLE)? {
        let [flags] = fixed("the modifiable flags", flags)?;
        if flags != 0 {
            return Err(AMBIGUOUS.error(format!("modifiable flags {flags:#04x} instead of none")));
        }
    }
    let mut unsigned = required(&maps.global, TX_VERSION, "transaction version", 4)?.to_vec();
    unsigned.extend(size(maps.inputs.len()));
    for (index, map) in maps.inputs.iter().enumerate() {
        let at = |e: crate::Error| e.at(format!("input {index}"));
        unsigned.extend(required(map, PREVIOUS_TXID, "previous txid", 32).map_err(at)?);
        unsigned.extend(required(map, OUTPUT_INDEX, "output index", 4).map_err(at)?);
        unsigned.push(0);
        unsigned.extend(optional_u32(map, SEQUENCE).map_err(at)?.unwrap_or(u32::MAX).to_le_bytes());
    }
    unsigned.extend(size(maps.outputs.len()));
    for (index, map) in maps.outputs.iter().enumerate() {
        let at = |e: crate::Error| e.at(format!("output {index}"));
        unsigned.extend(required(map, AMOUNT, "amount", 8).map_err(at)?);
        let script = get(map, SCRIPT).map_err(at)?;
        let script = script.ok_or_else(|| at(NOT_PSBT.error("no script")))?;
        unsigned.extend(size(script.len()));
        unsigned.extend(script);
    }
    unsigned.extend(lock_time(maps)?.to_le_bytes());
    let mut bytes = MAGIC.to_vec();
    write_pair(&mut bytes, UNSIGNED_TX, &unsigned);
    write_rest(&mut bytes, &maps.global, GLOBAL_OF_V2);
    maps.inputs.iter().for_each(|map| write_rest(&mut bytes, map, INPUT_OF_V2));
    maps.outputs.iter().for_each(|map| write_rest(&mut bytes, map, OUTPUT_OF_V2));
    Ok(bytes)
}

fn to_version_2(psbt: &Psbt) -> Result<Vec<u8>> {
    let serialized = psbt.serialize();
    let maps = Maps::read(&serialized)?;
    let transaction = &psbt.unsigned_tx;
    let mut bytes = MAGIC.to_vec();
    let inputs = size(maps.inputs.len());
    let outputs = size(maps.outputs.len());
    let mut global: Vec<(&[u8], Vec<u8>)> = vec![
        (TX_VERSION, serialize(&transaction.version)),
        (FALLBACK_LOCKTIME, serialize(&transaction.lock_time)),
        (INPUT_COUNT, inputs),
        (OUTPUT_COUNT, outputs),
        (VERSION, 2u32.to_le_bytes().to_vec()),
    ];
    let kept = maps.global.iter().filter(|(key, _)| *key != UNSIGNED_TX && *key != VERSION);
    global.extend(kept.map(|(key, value)| (*key, value.to_vec())));
    write_sorted(&mut bytes, global);
    for (input, map) in transaction.input.iter().zip(&maps.inputs) {
        let mut pairs = owned(map);
        pairs.push((PREVIOUS_TXID, serialize(&input.previous_output.txid)));
        pairs.push((OUTPUT_INDEX, input.previous_output.vout.to_le_bytes().to_vec()));
        pairs.push((SEQUENCE, serialize(&input.sequence)));
        write_sorted(&mut bytes, pairs);
    }
    for (output, map) in transaction.output.iter().zip(&maps.outputs) {
        let mut pairs = owned(map);
        pairs.push((AMOUNT, serialize(&output.value)));
        pairs.push((SCRIPT, output.script_pubkey.to_bytes()));
        write_sorted(&mut bytes, pairs);
    }
    Ok(bytes)
}

/// BIP-370: heights or times, whichever every input that demands one allows; heights where both are possible.
fn lock_time(maps: &Maps<'_>) -> Result<u32> {
    let (mut by_height, mut by_time) = (Some(0u32), Some(0u32));
    let mut demanded = false;
    for (index, map) in maps.inputs.iter().enumerate() {
        let at = |e: crate::Error| e.at(format!("input {index}"));
        let height = optional_u32(map, REQUIRED_HEIGHT).map_err(at)?;
        let time = optional_u32(map, REQUIRED_TIME).map_err(at)?;
        if height.is_some_and(|height| height == 0 || height >= LOCK_TIME_THRESHOLD)
            || time.is_some_and(|time| time < LOCK_TIME_THRESHOLD)
        {
            return Err(at(NOT_PSBT.error("a required lock time of the wrong kind")));
        }
        if height.is_some() || time.is_some() {
            demanded = true;
            by_height = by_height.zip(height).map(|(a, b)| a.max(b));
            by_time = by_time.zip(time).map(|(a, b)| a.max(b));
        }
    }
    let fallback = optional_u32(&maps.global, FALLBACK_LOCKTIME)?;
    if !demanded {
        return Ok(fallback.unwrap_or(0));
    }
    by_height.or(by_time).ok_or_else(|| AMBIGUOUS.error("one input demands a height and another a time"))
}

/// Fields of version 2 stand once and without key data, whether they are needed or not.
fn check_single(map: &PairMap<'_>, of_v2: &[&[u8]]) -> Result<()> {
    of_v2.iter().try_for_each(|key| get(map, key).map(|_| ()))
}

fn required<'a>(map: &PairMap<'a>, key: &[u8], what: &str, length: usize) -> Result<&'a [u8]> {
    match get(map, key)? {
        Some(value) if value.len() == length => Ok(value),
        Some(value) => {
            Err(NOT_PSBT.error(format!("the {what} has {} bytes instead of {length}", value.len())))
        }
        None => Err(NOT_PSBT.error(format!("no {what}"))),
    }
}

fn optional_u32(map: &PairMap<'_>, key: &[u8]) -> Result<Option<u32>> {
    get(map, key)?.map(|value| fixed("a number", value).map(u32::from_le_bytes)).transpose()
}

fn owned<'a>(map: &PairMap<'a>) -> Vec<(&'a [u8], Vec<u8>)> {
    map.iter().map(|(key, value)| (*key, value.to_vec())).collect()
}

fn size(length: usize) -> Vec<u8> {
    serialize(&VarInt::from(length))
}

fn write_pair(bytes: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    bytes.extend(size(key.len()));
    bytes.extend(key);
    bytes.extend(size(value.len()));
    bytes.extend(value);
}

fn write_rest(bytes: &mut Vec<u8>, map: &PairMap<'_>, without: &[&[u8]]) {
    for (key, value) in map.iter().filter(|(key, _)| !without.contains(key)) {
        write_pair(bytes, key, value);
    }
    bytes.push(0);
}

fn write_sorted(bytes: &mut Vec<u8>, mut pairs: Vec<(&[u8], Vec<u8>)>) {
    pairs.sort();
    pairs.iter().for_each(|(key, value)| write_pair(bytes, key, value));
    bytes.push(0);
}
