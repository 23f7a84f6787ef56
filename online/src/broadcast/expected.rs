//! What the Counterparty ledger must record of a transaction before it counts as done: the effects that the review found in
//! its bytes, row by row. A block alone proves nothing, and neither does `valid` (counterparty.md 12).

use airlock::review::effect::EffectMemo;
use airlock::review::{Effect, TransactionView};
use airlock::text::Printable;
use bitcoin::hex::DisplayHex;

use crate::source::counterparty::{Judgement, SendRow};

/// What the ledger must record of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: the transaction carries no message, its block is enough.
    Nothing,
    /// Sends of one source.
    Sends {
        /// Who pays.
        source: String,
        /// The sends, in the order of the review.
        rows: Vec<ExpectedRow>,
    },
    /// A message of another kind.
    Message {
        /// Whose it is.
        source: String,
        /// The ledger's word for it.
        kind: &'static str,
    },
}

/// One send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedRow {
    /// To whom.
    pub to: String,
    /// The asset's name.
    pub asset: String,
    /// Base units.
    pub quantity: u64,
    /// With which memo.
    pub memo: Option<EffectMemo>,
}

/// What the ledger's answer means for the money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It has not come to it.
    NotYet,
    /// It recorded exactly what was planned, all of it valid.
    Valid {
        /// How many rows.
        rows: usize,
    },
    /// It did not, or recorded something else.
    Invalid {
        /// How many rows moved their assets.
        valid: usize,
        /// How many were planned.
        rows: usize,
        /// What is wrong, each with the ledger's own words.
        what: Vec<String>,
    },
}

impl Expected {
    /// What must be recorded of a reviewed transaction.
    pub fn of(view: &TransactionView<'_>) -> Self {
        let Some(source) = view.source.map(str::to_owned) else { return Self::Nothing };
        let rows: Vec<ExpectedRow> = view.effects.iter().filter_map(row).collect();
        if !rows.is_empty() {
            return Self::Sends { source, rows };
        }
        match view.effects.iter().find_map(kind) {
            Some(kind) => Self::Message { source, kind },
            None => Self::Nothing,
        }
    }

    /// Holds the ledger's answer beside it.
    pub fn rule(&self, judgement: &Judgement) -> Ruling {
        let (valid, kind, sends) = match (self, judgement) {
            (Self::Nothing, _) => return Ruling::Valid { rows: 0 },
            (_, Judgement::Unknown | Judgement::Waiting) => return Ruling::NotYet,
            (_, Judgement::Parsed { valid, kind, sends, .. }) => (*valid, kind.as_str(), sends.as_slice()),
        };
        match self {
            Self::Nothing => Ruling::Valid { rows: 0 },
            Self::Sends { source, rows } => rule_rows(source, rows, valid, kind, sends),
            Self::Message { kind: expected, .. } if valid && kind == *expected => Ruling::Valid { rows: 1 },
            Self::Message { kind: expected, .. } => {
                let found = Printable::new(kind);
                let says = if valid { "valid" } else { "not valid" };
                let what =
                    vec![format!("planned was a {expected}; the ledger has a '{found}' and calls it {says}")];
                Ruling::Invalid { valid: 0, rows: 1, what }
            }
        }
    }

    /// What it means that the ledger has passed the block without finding a message.
    pub fn ignored(&self) -> Ruling {
        let rows = match self {
            Self::Nothing => return Ruling::Valid { rows: 0 },
            Self::Sends { rows, .. } => rows.len(),
            Self::Message { .. } => 1,
        };
        let what = vec!["the ledger has passed the block and found no message in the transaction".to_owned()];
        Ruling::Invalid { valid: 0, rows, what }
    }

    /// Whose message it is.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::Sends { source, .. } | Self::Message { source, .. } => Some(source),
        }
    }
}

fn row(effect: &Effect) -> Option<ExpectedRow> {
    if let Effect::SendsAsset { asset, quantity, to, memo } = effect {
        let (asset, quantity) = (asset.name(), quantity.to_base_units());
        Some(ExpectedRow { to: to.clone(), asset, quantity, memo: memo.clone() })
    } else {
        None
    }
}

fn kind(effect: &Effect) -> Option<&'static str> {
    match effect {
        Effect::Sweeps { .. } => Some("sweep"),
        Effect::RequiresMemo { .. } => Some("broadcast"),
        Effect::TransfersOwnership { .. } => Some("issuance"),
        Effect::PaysBitcoin { .. }
        | Effect::SendsAsset { .. }
        | Effect::PaysXrp { .. }
        | Effect::PaysToken { .. }
        | Effect::SetsAccount { .. }
        | Effect::SetsRegularKey { .. }
        | Effect::SetsSigners { .. }
        | Effect::CreatesTickets { .. }
        | Effect::DeletesAccount { .. }
        | Effect::SetsTrust { .. }
        | Effect::Preauthorizes { .. } => None,
    }
}

/// Every planned row must be there once and valid, and no other. Of a batch that it refuses the ledger keeps no rows, and
/// says nowhere why.
fn rule_rows(source: &str, rows: &[ExpectedRow], valid: bool, kind: &str, sends: &[SendRow]) -> Ruling {
    if !valid && sends.is_empty() {
        let (kind, count) = (Printable::new(kind), rows.len());
        let what = format!("the ledger calls the whole '{kind}' not valid and has none of its {count} rows");
        return Ruling::Invalid { valid: 0, rows: count, what: vec![what] };
    }
    let mut left: Vec<&SendRow> = sends.iter().collect();
    let (mut good, mut what) = (0usize, Vec::new());
    for (index, row) in rows.iter().enumerate() {
        let fits = |send: &&SendRow| row.is_recorded_by(source, send);
        // A valid row first: of two equal rows one may be valid and one not.
        let place = left
            .iter()
            .position(|send| fits(send) && send.status == "valid")
            .or_else(|| left.iter().position(fits));
        let of = format!("row {} of {}, {row}", index.saturating_add(1), rows.len());
        match place.map(|place| left.remove(place)) {
            Some(send) if send.status == "valid" => good = good.saturating_add(1),
            Some(send) => what.push(format!("{of}: the ledger says '{}'", Printable::new(&send.status))),
            None => what.push(format!("{of}: the ledger has no such send")),
        }
    }
    for send in left {
        let (to, asset) = (Printable::new(&send.destination), Printable::new(&send.asset));
        let (quantity, status) = (send.quantity.to_base_units(), Printable::new(&send.status));
        what.push(format!(
            "not planned: {quantity} base units of {asset} to {to}, the ledger says '{status}'"
        ));
    }
    if what.is_empty() && !valid {
        what.push(format!("the ledger calls the whole '{}' not valid", Printable::new(kind)));
    }
    match what.is_empty() {
        true => Ruling::Valid { rows: good },
        false => Ruling::Invalid { valid: good, rows: rows.len(), what },
    }
}

impl ExpectedRow {
    fn is_recorded_by(&self, source: &str, send: &SendRow) -> bool {
        send.source == source
            && send.destination == self.to
            && send.asset == self.asset
            && send.quantity.to_base_units() == self.quantity
            && self.memo_is(send.memo.as_deref().unwrap_or_default())
    }

    /// The server writes hex of the bytes, or for texts of an MPMA the text itself (counterparty.md 9.1).
    fn memo_is(&self, written: &str) -> bool {
        let bytes = self.memo.as_ref().map_or(&[][..], |memo| memo.bytes.as_slice());
        written.eq_ignore_ascii_case(&bytes.to_lower_hex_string()) || written.as_bytes() == bytes
    }
}

impl core::fmt::Display for ExpectedRow {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} base units of {} to {}", self.quantity, self.asset, self.to)
    }
}

#[cfg(test)]
mod tests {
    use airlock::amount::Quantity;

    use super::*;

    fn rows() -> Vec<ExpectedRow> {
        let memo = |text: &str| Some(EffectMemo { bytes: text.as_bytes().to_vec(), is_text: Some(true) });
        let row = |to: &str, quantity, text: &str| ExpectedRow {
            to: to.to_owned(),
            asset: "XCP".to_owned(),
            quantity,
            memo: memo(text),
        };
        vec![row("a", 5, "one"), row("b", 6, "two"), row("b", 6, "two")]
    }

    fn sends() -> Vec<SendRow> {
        let of = |(index, row): (usize, &ExpectedRow)| SendRow {
            source: "s".to_owned(),
            destination: row.to.clone(),
            asset: row.asset.clone(),
            quantity: Quantity::new(row.quantity).unwrap(),
            memo: row.memo.as_ref().map(|memo| String::from_utf8(memo.bytes.clone()).unwrap()),
            status: "valid".to_owned(),
            msg_index: u32::try_from(index).unwrap(),
        };
        rows().iter().enumerate().map(of).collect()
    }

    fn rule(valid: bool, sends: Vec<SendRow>) -> Ruling {
        let expected = Expected::Sends { source: "s".to_owned(), rows: rows() };
        expected.rule(&Judgement::Parsed { height: 7, valid, kind: "mpma".to_owned(), sends })
    }

    #[test]
    fn every_row_in_any_order_and_either_spelling_of_the_memo_is_what_was_planned() {
        let mut found = sends();
        found.reverse();
        found[0].memo = Some("74776F".to_owned());
        assert_eq!(rule(true, found), Ruling::Valid { rows: 3 });
    }

    #[test]
    fn one_row_that_is_invalid_missing_changed_or_too_many_is_told() {
        let spoiled = |spoil: &dyn Fn(&mut Vec<SendRow>)| {
            let mut found = sends();
            spoil(&mut found);
            match rule(true, found) {
                Ruling::Invalid { valid, rows, what } => (valid, rows, what.join("; ")),
                Ruling::NotYet | Ruling::Valid { .. } => panic!("it is not valid"),
            }
        };
        let (valid, rows, what) =
            spoiled(&|found| found[2].status = "invalid: insufficient funds".to_owned());
        assert_eq!((valid, rows), (2, 3));
        assert_eq!(
            what,
            "row 3 of 3, 6 base units of XCP to b: the ledger says 'invalid: insufficient funds'"
        );
        let (valid, _, what) = spoiled(&|found| drop(found.remove(0)));
        assert_eq!(
            (valid, what.contains("row 1 of 3") && what.contains("no such send")),
            (2, true),
            "{what}"
        );
        for spoil in [
            &(|found: &mut Vec<SendRow>| found[0].destination = "c".to_owned()) as &dyn Fn(&mut Vec<SendRow>),
            &|found| found[0].source = "b".to_owned(),
            &|found| found[0].asset = "PEPECASH".to_owned(),
            &|found| found[0].quantity = Quantity::new(6).unwrap(),
            &|found| found[0].memo = None,
        ] {
            let (valid, _, what) = spoiled(spoil);
            assert!(valid == 2 && what.contains("not planned: "), "{what}");
        }
        let (valid, _, what) = spoiled(&|found| found.push(sends().remove(0)));
        assert!(valid == 3 && what.starts_with("not planned: "), "{what}");
        assert!(matches!(rule(false, sends()), Ruling::Invalid { valid: 3, .. }));
    }

    #[test]
    fn of_a_batch_that_the_ledger_refuses_there_are_no_rows_and_that_is_said_once() {
        let Ruling::Invalid { valid, rows, what } = rule(false, vec![]) else { panic!("it is not valid") };
        assert_eq!((valid, rows), (0, 3));
        assert_eq!(what, ["the ledger calls the whole 'mpma' not valid and has none of its 3 rows"]);
    }

    #[test]
    fn a_message_of_another_kind_is_not_the_planned_one_though_the_ledger_calls_it_valid() {
        let expected = Expected::Message { source: "s".to_owned(), kind: "sweep" };
        let judgement = |kind: &str, valid| {
            expected.rule(&Judgement::Parsed { height: 7, valid, kind: kind.to_owned(), sends: vec![] })
        };
        assert_eq!(judgement("sweep", true), Ruling::Valid { rows: 1 });
        assert!(matches!(judgement("rps", true), Ruling::Invalid { .. }));
        assert!(matches!(judgement("sweep", false), Ruling::Invalid { .. }));
        assert_eq!(expected.rule(&Judgement::Waiting), Ruling::NotYet);
    }
}
