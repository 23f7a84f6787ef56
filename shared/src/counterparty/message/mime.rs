//! Which MIME types the ledger reads as text; others show as hex.

use bitcoin::hex::DisplayHex as _;

use crate::counterparty::cbor::Value;
use crate::counterparty::rules::{Change, Rules};

const TEXTUAL: [&str; 9] = [
    "application/xml",
    "application/javascript",
    "application/json",
    "application/manifest+json",
    "application/x-python-code",
    "application/x-sh",
    "application/x-csh",
    "application/x-tex",
    "application/x-latex",
];
const TEXTUAL_SINCE_EXTENDED: [&str; 6] = [
    "application/ecmascript",
    "application/x-javascript",
    "application/postscript",
    "application/yaml",
    "application/x-yaml",
    "application/sql",
];

/// True for the two spellings of plain text, the only type that is written.
pub fn is_plain(mime_type: &str) -> bool {
    mime_type.is_empty() || mime_type == "text/plain"
}

/// True when content of the type is UTF-8 text. The empty type is plain text.
pub fn is_text(mime_type: &str, rules: &Rules) -> bool {
    if mime_type.is_empty() {
        return true;
    }
    let extended = rules.is_active(Change::ExtendedMimeTypesSupport);
    let target = match mime_type.split_once(';') {
        Some((target, _)) if extended => target.trim(),
        _ if extended => mime_type.trim(),
        _ => mime_type,
    };
    target.starts_with("text/")
        || target.starts_with("message/")
        || target.ends_with("+xml")
        || TEXTUAL.contains(&target)
        || (extended && (target.ends_with("+json") || TEXTUAL_SINCE_EXTENDED.contains(&target)))
}

/// The type as the ledger reads it from CBOR: what is empty is plain text, what is no text is of no text type
/// or, before that was allowed, unreadable.
pub fn read(value: Value, rules: &Rules) -> Option<String> {
    if !value.is_truthy() {
        return Some(String::new());
    }
    if let Value::Text(text) = value {
        return Some(text);
    }
    rules.is_active(Change::ExtendedMimeTypesSupport).then(|| "application/octet-stream".to_owned())
}

/// Content as the ledger shows it: text, or the hex of bytes; none when text is not UTF-8.
pub fn show(content: &[u8], mime_type: &str, rules: &Rules) -> Option<String> {
    if is_text(mime_type, rules) {
        return String::from_utf8(content.to_vec()).ok();
    }
    Some(content.to_lower_hex_string())
}
