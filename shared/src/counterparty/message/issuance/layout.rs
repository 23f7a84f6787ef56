//! The fixed layouts of issuances, which changed four times.

use super::{KEEP_DESCRIPTION, Parts, Value};
use crate::counterparty::asset::subasset;
use crate::counterparty::message::legacy::Fields;
use crate::counterparty::rules::{Change, Rules};

/// Which flags follow `divisible`, and whether the call fields do.
struct Layout {
    lock: bool,
    reset: bool,
    call: bool,
}

impl Layout {
    fn of(rules: &Rules) -> Self {
        let lock = rules.is_active(Change::IssuanceLock);
        let call = !rules.is_active(Change::IssuanceWithoutCall);
        Self { lock, reset: rules.is_active(Change::IssuanceReset), call }
    }

    /// Bytes in front of the description of an issuance that is no new subasset.
    fn length(&self) -> usize {
        let flags = usize::from(self.lock).saturating_add(usize::from(self.reset));
        let call = if self.call { 9 } else { 0 };
        flags.saturating_add(call).saturating_add(17)
    }
}

pub(super) fn decode(is_subasset: bool, body: &[u8], rules: &Rules) -> Option<Parts> {
    let layout = Layout::of(rules);
    if !is_subasset && body.len() < layout.length() {
        return (body.len() == 17).then(|| oldest(body))?;
    }
    let mut fields = Fields::new(body);
    let (asset, quantity, divisible) = (fields.u64()?, fields.u64()?, fields.flag()?);
    let lock = if layout.lock { fields.flag()? } else { false };
    let reset = if layout.reset { fields.flag()? } else { false };
    let mut longname = None;
    if is_subasset {
        let length = fields.u8()?;
        longname = Some(subasset::expand(fields.bytes(usize::from(length))?)?);
    } else if layout.call {
        fields.bytes(9)?;
    }
    let mut description = fields.rest();
    if !is_subasset && description.len() <= 42 && !rules.is_active(Change::PascalStringRemoved) {
        description = pascal(description);
    }
    Some(Parts {
        asset: asset.into(),
        quantity: Value::Integer(quantity.into()),
        flags: [divisible, lock, reset],
        description: describe(description),
        mime_type: String::new(),
        longname,
    })
}

fn oldest(body: &[u8]) -> Option<Parts> {
    let mut fields = Fields::new(body);
    Some(Parts {
        asset: fields.u64()?.into(),
        quantity: Value::Integer(fields.u64()?.into()),
        flags: [fields.flag()?, false, false],
        description: Some(String::new()),
        mime_type: String::new(),
        longname: None,
    })
}

/// A text behind its length in one byte, cut at the end of the bytes.
fn pascal(bytes: &[u8]) -> &[u8] {
    let Some((length, text)) = bytes.split_first() else { return bytes };
    text.get(..usize::from(*length)).unwrap_or(text)
}

/// The null mark keeps the description; other bytes that are no UTF-8 wipe it.
fn describe(bytes: &[u8]) -> Option<String> {
    match String::from_utf8(bytes.to_vec()) {
        Ok(text) => Some(text),
        Err(_) if bytes == KEEP_DESCRIPTION => None,
        Err(_) => Some(String::new()),
    }
}
