//! Which protocol changes are in force: activation heights per network (counterparty.md 7).
//!
//! Heights below 423,888 on mainnet (and 861,987 on testnet3) read as from there on: what the ledger did
//! before is of no use to a wallet.

use crate::network::BitcoinNetwork;

/// A change of the Counterparty protocol that the codec or the choice of a carrier depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Message ids of one byte.
    ShortTxTypeId,
    /// Message 2.
    EnhancedSends,
    /// Witness v0 addresses.
    SegwitSupport,
    /// The P2SH pair is read.
    P2shEncoding,
    /// Message 4.
    SweepSend,
    /// Message 3.
    MpmaSends,
    /// Witness outputs count as dispensers.
    CorrectSegwitTxids,
    /// The source of a P2SH pair may be a witness address.
    PrevoutSegwitFix,
    /// P2SH outputs count as dispensers.
    P2shDispensersSupport,
    /// Issuance descriptions are no Pascal strings any more.
    PascalStringRemoved,
    /// Issuances of the layout with a `reset` flag but no `lock` flag (testnet3 only).
    IssuanceReset,
    /// Issuances of the layout with `reset` and `lock` flags and call fields (testnet3 only).
    IssuanceLock,
    /// Issuances without call fields: `>QQ???`.
    IssuanceWithoutCall,
    /// Messages 22 and 23.
    IssuanceBackwardsCompatibility,
    /// A null description keeps the text.
    IssuanceDescriptionSpecialNull,
    /// Dispensing needs message 13.
    DisableVanillaBtcDispense,
    /// Assets attached to outputs.
    UtxoSupport,
    /// Messages 101 and 102.
    SpendUtxoToDetach,
    /// CBOR messages, the new address packing, witness v1, the Taproot envelope.
    TaprootSupport,
    /// The P2SH pair is not read any more.
    P2shDisabled,
    /// What counts as a witness parent changed; a P2SH pair has P2PKH sources only.
    FixIsSegwit,
    /// Compacted longnames must be minimal.
    CanonicalSubassetCompact,
    /// More text MIME types.
    ExtendedMimeTypesSupport,
    /// Pool messages 120 and 121.
    AmmPools,
    /// Envelope metadata may be a map. The reader's own switch, not the published height.
    OrdinalsMetadataSupport,
}

const NEVER: u32 = u32::MAX;

/// One row of the table: name, mainnet, testnet3, testnet4, signet. Regtest: 0 for all that is ever active.
type Row = (Change, &'static str, [u32; 4]);

const TABLE: &[Row] = &[
    (Change::ShortTxTypeId, "short_tx_type_id", [489_956, 1_179_400, 0, 0]),
    (Change::EnhancedSends, "enhanced_sends", [489_956, 1_179_400, 0, 0]),
    (Change::SegwitSupport, "segwit_support", [557_236, 1_440_200, 0, 0]),
    (Change::P2shEncoding, "p2sh_encoding", [585_538, 1_569_194, 0, 0]),
    (Change::SweepSend, "sweep_send", [585_538, 1_569_194, 0, 0]),
    (Change::MpmaSends, "mpma_sends", [616_614, 1_569_194, 0, 0]),
    (Change::CorrectSegwitTxids, "correct_segwit_txids", [662_000, 1_666_625, 0, 0]),
    (Change::PrevoutSegwitFix, "prevout_segwit_fix", [718_318, 2_135_609, 0, 0]),
    (Change::P2shDispensersSupport, "p2sh_dispensers_support", [724_000, 2_163_328, 0, 0]),
    (Change::PascalStringRemoved, "pascal_string_removed", [745_825, 2_287_021, 0, 0]),
    (Change::IssuanceReset, "issuance_reset_layout", [753_500, 2_288_000, 0, 0]),
    (Change::IssuanceLock, "issuance_lock_layout", [753_500, 2_342_000, 0, 0]),
    (Change::IssuanceWithoutCall, "issuance_layout", [753_500, 2_343_963, 0, 0]),
    (Change::IssuanceBackwardsCompatibility, "issuance_backwards_compatibility", [819_300, 2_422_000, 0, 0]),
    (Change::IssuanceDescriptionSpecialNull, "issuance_description_special_null", [819_300, 2_505_725, 0, 0]),
    (Change::DisableVanillaBtcDispense, "disable_vanilla_btc_dispense", [866_000, 2_925_800, 0, 0]),
    (Change::UtxoSupport, "utxo_support", [866_000, 2_925_800, 0, 0]),
    (Change::SpendUtxoToDetach, "spend_utxo_to_detach", [871_900, 3_195_137, 0, 0]),
    (Change::TaprootSupport, "taproot_support", [902_000, 4_410_000, 85_000, 0]),
    (Change::P2shDisabled, "p2sh_disabled", [902_000, 4_410_000, 85_000, 0]),
    (Change::FixIsSegwit, "fix_is_segwit", [902_000, 4_410_000, 85_000, 0]),
    (Change::CanonicalSubassetCompact, "canonical_subasset_compact", [952_800, 4_961_300, 136_300, 310_300]),
    (Change::ExtendedMimeTypesSupport, "extended_mime_types_support", [952_800, 4_961_300, 136_300, 310_300]),
    (Change::AmmPools, "amm_pools", [952_800, 4_961_300, 136_300, 310_300]),
    (Change::OrdinalsMetadataSupport, "ordinals_metadata_support", [NEVER, NEVER, NEVER, 0]),
];

impl Change {
    /// The change with this name in the reference's list of protocol changes.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The name in the reference's list of protocol changes.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The first height at which the change is in force; none when it never is.
    pub fn activation(self, network: BitcoinNetwork) -> Option<u32> {
        let [mainnet, testnet3, testnet4, signet] = self.row().2;
        let height = match network {
            BitcoinNetwork::Mainnet => mainnet,
            BitcoinNetwork::Testnet3 => testnet3,
            BitcoinNetwork::Testnet4 => testnet4,
            BitcoinNetwork::Signet => signet,
            BitcoinNetwork::Regtest => 0,
        };
        (height != NEVER).then_some(height)
    }

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.0 == self).expect("a test holds that the table names every change")
    }

    fn bit(self) -> u32 {
        1u32.checked_shl(self as u32).unwrap_or(0)
    }
}

/// The rules of one network at one height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    network: BitcoinNetwork,
    height: u32,
    disabled: u32,
}

impl Rules {
    /// The rules for a transaction that confirms at `height`.
    pub fn at(network: BitcoinNetwork, height: u32) -> Self {
        Self { network, height, disabled: 0 }
    }

    /// The newest rules that are known.
    pub fn newest(network: BitcoinNetwork) -> Self {
        Self::at(network, NEVER.saturating_sub(1))
    }

    /// The same rules with one change switched off, as a regtest server can do.
    #[must_use]
    pub fn without(self, change: Change) -> Self {
        Self { disabled: self.disabled | change.bit(), ..self }
    }

    /// True when the change is in force.
    pub fn is_active(&self, change: Change) -> bool {
        self.disabled & change.bit() == 0
            && change.activation(self.network).is_some_and(|height| self.height >= height)
    }

    /// The network.
    pub fn network(&self) -> BitcoinNetwork {
        self.network
    }

    /// The height.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// True where the ledger reads a P2SH pair (counterparty.md 5.4).
    pub fn reads_p2sh_pair(&self) -> bool {
        self.is_active(Change::P2shEncoding) && !self.is_active(Change::P2shDisabled)
    }

    /// True where the ledger reads a Taproot envelope (counterparty.md 5.5).
    pub fn reads_taproot_envelope(&self) -> bool {
        self.is_active(Change::TaprootSupport)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_change_once_and_in_order() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.0 as usize, index, "{}", row.1);
            assert_eq!(Change::from_name(row.1), Some(row.0));
        }
        assert_eq!(TABLE.len(), Change::OrdinalsMetadataSupport as usize + 1);
        assert!(TABLE.len() < 32);
    }

    #[test]
    fn the_p2sh_pair_counts_in_its_window_only() {
        let reads = |network, height| Rules::at(network, height).reads_p2sh_pair();
        for (height, expected) in [(585_537, false), (585_538, true), (901_999, true), (902_000, false)] {
            assert_eq!(reads(BitcoinNetwork::Mainnet, height), expected, "{height}");
        }
        assert!(reads(BitcoinNetwork::Testnet4, 84_999));
        assert!(!reads(BitcoinNetwork::Signet, 0));
        let regtest = Rules::newest(BitcoinNetwork::Regtest);
        assert!(!regtest.reads_p2sh_pair());
        assert!(regtest.without(Change::P2shDisabled).reads_p2sh_pair());
    }
}
