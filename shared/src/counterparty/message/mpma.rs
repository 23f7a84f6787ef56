//! MPMA, message 3: many assets to many destinations (counterparty.md 4.2).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::bits::{BitReader, BitWriter};
use super::legacy::Fields;
use super::memo::MAX_MPMA_MEMO;
use super::{
    BAD_MEMO, BAD_QUANTITY, DUPLICATE_SEND, Memo, Message, NOT_ACTIVE, TOO_FEW_SENDS, TOO_MANY_SENDS,
    UNREADABLE, Unsound, check_movable,
};
use crate::amount::Quantity;
use crate::counterparty::address::{self, Form};
use crate::counterparty::asset::AssetId;
use crate::counterparty::rules::{Change, Rules};
use crate::error::Result;
use crate::text::Printable;

/// The type id.
pub const ID: u32 = 3;
/// The largest batch that is written.
pub const MAX_SENDS: usize = crate::bundle::limits::MPMA_ROWS;

/// The address table: packed addresses by their usual spelling, which is their order on the wire.
type Table = BTreeMap<String, Vec<u8>>;

/// A batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mpma {
    /// The sends. On the wire they are grouped by asset, the assets in the order of their first send.
    pub sends: Vec<MpmaSend>,
    /// The memo of every send that has none of its own.
    pub memo: Option<Memo>,
}

/// One send of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MpmaSend {
    /// What is sent.
    pub asset: AssetId,
    /// To whom: P2PKH, P2SH or P2WPKH; on reading whatever text the ledger makes of the bytes.
    pub destination: String,
    /// How much, in base units.
    pub quantity: Quantity,
    /// Its own memo, which wins over the batch's even when it is an empty text.
    pub memo: Option<Memo>,
}

impl Mpma {
    /// The batch in the order of the reference composer: assets by name, the sends of one asset as given.
    ///
    /// `spelled` gives the name as the person wrote it: a subasset sorts by its longname there.
    #[must_use]
    pub fn in_reference_order(mut self, spelled: impl Fn(&MpmaSend) -> String) -> Self {
        self.sends.sort_by_cached_key(spelled);
        self
    }

    /// The memo that a send arrives with.
    pub fn memo_of<'a>(&'a self, send: &'a MpmaSend) -> Option<&'a Memo> {
        send.memo.as_ref().or(self.memo.as_ref())
    }

    /// Refuses what cannot be written, naming the row as the sends stand here: check before
    /// [`Mpma::in_reference_order`] so that a person finds the row.
    ///
    /// # Errors
    /// As [`super::encode`].
    pub fn check(&self, rules: &Rules) -> Result<()> {
        self.checked(rules).map(|_| ())
    }

    /// The address table, and the destination of each row in the usual spelling.
    fn checked(&self, rules: &Rules) -> Result<(Table, Vec<String>)> {
        if !rules.is_active(Change::MpmaSends) {
            return Err(NOT_ACTIVE.error(format!("MPMA is not in force at height {}", rules.height())));
        }
        match self.sends.len() {
            0 | 1 => {
                return Err(
                    TOO_FEW_SENDS.error(format!("{} send(s), at least 2 are needed", self.sends.len()))
                );
            }
            count if count > MAX_SENDS => {
                return Err(TOO_MANY_SENDS.error(format!("{count} sends, at most {MAX_SENDS} fit")));
            }
            _ => {}
        }
        let mut seen = BTreeSet::new();
        let mut table = Table::new();
        let mut destinations = Vec::with_capacity(self.sends.len());
        for (send, row) in self.sends.iter().zip(1usize..) {
            let spelled = send.check(rules, &mut table, &mut seen).map_err(|e| e.at(format!("row {row}")))?;
            destinations.push(spelled);
        }
        if let Some(memo) = &self.memo {
            check_memo(memo).map_err(|e| e.at("memo of the batch"))?;
        }
        Ok((table, destinations))
    }

    pub(super) fn encode(&self, rules: &Rules) -> Result<Vec<u8>> {
        let (table, destinations) = self.checked(rules)?;
        let rows: Vec<_> = self.sends.iter().zip(&destinations).collect();
        let bits = index_bits(table.len());
        let index: BTreeMap<&str, u64> = table.keys().map(String::as_str).zip(0u64..).collect();
        let mut stream = BitWriter::default();
        write_memo(&mut stream, self.memo.as_ref());
        for asset in distinct(rows.iter().map(|(send, _)| send.asset)) {
            let of_asset: Vec<_> = rows.iter().filter(|(send, _)| send.asset == asset).collect();
            stream.flag(true);
            stream.number(asset.to_u64(), 64);
            stream.number(u64::try_from(of_asset.len()).unwrap_or(0).saturating_sub(1), bits);
            for (send, spelled) in of_asset {
                stream.number(index.get(spelled.as_str()).copied().unwrap_or_default(), bits);
                stream.number(send.quantity.to_base_units(), 64);
                write_memo(&mut stream, send.memo.as_ref());
            }
        }
        stream.flag(false);
        let count = u16::try_from(table.len()).unwrap_or(u16::MAX).to_be_bytes();
        Ok([count.to_vec(), table.into_values().flatten().collect(), stream.finish()].concat())
    }
}

impl MpmaSend {
    /// Checks one row and gives its destination in the usual spelling.
    fn check(
        &self,
        rules: &Rules,
        table: &mut Table,
        seen: &mut BTreeSet<(AssetId, String)>,
    ) -> Result<String> {
        check_movable(self.asset, self.quantity)?;
        if let Some(memo) = &self.memo {
            check_memo(memo)?;
        }
        let (packed, spelled) = address::pack_exactly(&self.destination, Form::Legacy, rules)?;
        if !seen.insert((self.asset, spelled.clone())) {
            return Err(
                DUPLICATE_SEND.error(format!("{} to {spelled} stands twice in the batch", self.asset))
            );
        }
        table.insert(spelled.clone(), packed);
        Ok(spelled)
    }
}

fn check_memo(memo: &Memo) -> Result<()> {
    match memo {
        Memo::Unknown(_) => Err(BAD_MEMO.error("the memo is neither said to be text nor hex")),
        Memo::Hex(bytes) if bytes.is_empty() => Err(BAD_MEMO.error("the hex memo is empty")),
        Memo::Hex(_) | Memo::Text(_) => memo.check_length(MAX_MPMA_MEMO),
    }
}

fn distinct(assets: impl Iterator<Item = AssetId>) -> Vec<AssetId> {
    let mut seen = BTreeSet::new();
    assets.filter(|asset| seen.insert(*asset)).collect()
}

/// ceil(log2(n)).
fn index_bits(addresses: usize) -> u32 {
    addresses.saturating_sub(1).checked_ilog2().map_or(0, |bits| bits.saturating_add(1))
}

fn write_memo(stream: &mut BitWriter, memo: Option<&Memo>) {
    stream.flag(memo.is_some());
    if let Some(memo) = memo {
        stream.flag(matches!(memo, Memo::Hex(_)));
        stream.number(u64::try_from(memo.as_bytes().len()).unwrap_or(0), 6);
        stream.bytes(memo.as_bytes());
    }
}

/// Reads a batch: trailing bytes are ignored, and of two blocks of one asset the later replaces the earlier.
///
/// # Errors
/// [`UNREADABLE`].
pub(super) fn decode(body: &[u8], rules: &Rules) -> Result<Message> {
    let truncated = || UNREADABLE.error("the batch is cut short");
    let mut fields = Fields::new(body);
    let count = fields.bytes(2).ok_or_else(truncated)?;
    let count = count.iter().fold(0usize, |count, byte| (count << 8) | usize::from(*byte));
    if count == 0 {
        return Err(UNREADABLE.error("the address table is empty"));
    }
    let table = fields.bytes(count.saturating_mul(21)).ok_or_else(truncated)?;
    let table: Vec<String> =
        table.chunks(21).map(|packed| address::unpack_legacy(packed, rules)).collect::<Result<_>>()?;
    let mut stream = BitReader::new(fields.rest());
    let bits = index_bits(count);
    let memo = read_memo(&mut stream)?;
    let mut blocks: Vec<(AssetId, Vec<Row>)> = Vec::new();
    let mut places = BTreeMap::new();
    while stream.flag().ok_or_else(truncated)? {
        let asset = AssetId::new(stream.number(64).ok_or_else(truncated)?)
            .map_err(|e| UNREADABLE.error(e.what().to_owned()))?;
        let more = stream.number(bits).ok_or_else(truncated)?;
        let mut rows = Vec::new();
        for _ in 0..=more {
            rows.push(read_row(&mut stream, bits, &table)?);
        }
        match places.get(&asset).and_then(|place: &usize| blocks.get_mut(*place)) {
            Some((_, earlier)) => *earlier = rows,
            None => {
                places.insert(asset, blocks.len());
                blocks.push((asset, rows));
            }
        }
    }
    Ok(message(blocks, memo))
}

struct Row {
    destination: String,
    quantity: u64,
    memo: Option<Memo>,
}

fn read_row(stream: &mut BitReader<'_>, bits: u32, table: &[String]) -> Result<Row> {
    let truncated = || UNREADABLE.error("the batch is cut short");
    let index = stream.number(bits).ok_or_else(truncated)?;
    let destination = usize::try_from(index)
        .ok()
        .and_then(|index| table.get(index))
        .ok_or_else(|| UNREADABLE.error(format!("address number {index} of a table of {}", table.len())))?;
    let quantity = stream.number(64).ok_or_else(truncated)?;
    Ok(Row { destination: destination.clone(), quantity, memo: read_memo(stream)? })
}

fn read_memo(stream: &mut BitReader<'_>) -> Result<Option<Memo>> {
    let truncated = || UNREADABLE.error("the batch is cut short");
    if !stream.flag().ok_or_else(truncated)? {
        return Ok(None);
    }
    let is_hex = stream.flag().ok_or_else(truncated)?;
    let length = stream.number(6).ok_or_else(truncated)?;
    let bytes = stream.bytes(length).ok_or_else(truncated)?;
    if is_hex {
        return Ok(Some(Memo::Hex(bytes)));
    }
    String::from_utf8(bytes).map(|text| Some(Memo::Text(text))).map_err(|e| {
        UNREADABLE.error(format!("the text memo is not UTF-8: {}", Printable::from_bytes(e.as_bytes())))
    })
}

fn message(blocks: Vec<(AssetId, Vec<Row>)>, memo: Option<Memo>) -> Message {
    let mut sends = Vec::new();
    let mut shown = Vec::new();
    let mut sound = true;
    for (asset, rows) in blocks {
        for row in rows {
            shown.push(Json::Object(
                [
                    ("asset".to_owned(), asset.name().into()),
                    ("destination".to_owned(), row.destination.clone().into()),
                    ("quantity".to_owned(), row.quantity.to_string().into()),
                    ("memo".to_owned(), row.memo.as_ref().map_or(Json::Null, Memo::to_json)),
                ]
                .into_iter()
                .collect(),
            ));
            match Quantity::new(row.quantity) {
                Ok(quantity) => {
                    sends.push(MpmaSend { asset, destination: row.destination, quantity, memo: row.memo });
                }
                Err(_) => sound = false,
            }
        }
    }
    if sound {
        return Message::Mpma(Mpma { sends, memo });
    }
    let fields: Map<String, Json> = [
        ("sends".to_owned(), Json::Array(shown)),
        ("memo".to_owned(), memo.as_ref().map_or(Json::Null, Memo::to_json)),
    ]
    .into_iter()
    .collect();
    Message::Unsound(Unsound { type_id: ID, name: "mpma", fields, why: BAD_QUANTITY.meaning.to_owned() })
}
