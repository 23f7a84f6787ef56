//! Every maximum in one place (design.md 10.15); `docs/LIMITS.md` lists them for people.

/// Largest file of any kind, in bytes: 32 MiB.
pub const FILE_BYTES: usize = 32 * 1024 * 1024;
/// Most steps of a bundle.
pub const STEPS: usize = 10_000;
/// Most requests of a bundle.
pub const REQUESTS: usize = 10_000;
/// Most inputs of one Bitcoin transaction.
pub const INPUTS: usize = 1_000;
/// Most outputs of one Bitcoin transaction.
pub const OUTPUTS: usize = 3_000;
/// Most key-value pairs of one PSBT, over all its maps.
pub const PSBT_PAIRS: usize = 100_000;
/// Largest value in a PSBT, in bytes: what its parser allows.
pub const PSBT_VALUE_BYTES: usize = 4_000_000;
/// Largest previous transaction without its witnesses, in bytes.
pub const PREVIOUS_TRANSACTION_BYTES: usize = 400_000;
/// All distinct previous transactions of a bundle together, in bytes: 24 MiB.
pub const PREVIOUS_TRANSACTIONS_BYTES: usize = 24 * 1024 * 1024;
/// Most rows of one MPMA message.
pub const MPMA_ROWS: usize = 1_000;
/// Longest memo of an enhanced send, in bytes.
pub const SEND_MEMO_BYTES: usize = 34;
/// Longest memo of an MPMA row, in bytes.
pub const MPMA_MEMO_BYTES: usize = 63;
/// All memos of an XRP transaction as serialized, in bytes.
pub const XRPL_MEMO_BYTES: usize = 1_024;
/// Longest text inside an XRP transaction, in characters: 1,024 bytes in hex.
pub const XRPL_TEXT_CHARACTERS: usize = 2 * XRPL_MEMO_BYTES;
/// Longest free text field, in characters.
pub const TEXT_CHARACTERS: usize = 256;
/// Most accounts of a watch file.
pub const WATCH_ACCOUNTS: usize = 1_000;
/// Most bytes of a policy file.
pub const POLICY_BYTES: usize = 1 << 20;
/// Longest life of a bundle, in seconds: 7 days.
pub const LIFE_SECONDS: u64 = 7 * 24 * 60 * 60;
/// Most assumptions of a bundle.
pub const ASSUMPTIONS: usize = 50_000;
/// Largest offline journal, in bytes: 512 MiB.
pub const JOURNAL_BYTES: usize = 512 * 1024 * 1024;
/// Most records of an offline journal.
pub const JOURNAL_RECORDS: usize = 1_000_000;
