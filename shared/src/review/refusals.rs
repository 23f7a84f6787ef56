//! Why a review says no. Each code is one rule; the message of the error says which number broke it.

use crate::error::{Code, Exit};

macro_rules! codes {
    ($($name:ident $id:literal $exit:ident $meaning:literal $next:literal)*) => {
        $(#[doc = $meaning] pub static $name: Code = Code::new($id, Exit::$exit, $meaning, $next);)*
        /// The codes of all reviews.
        pub static CODES: &[&Code] = &[$(&$name),*];
    };
}
codes! {
    CLOCK_BEHIND "E-REV-001" Environment
        "The bundle was made later than this machine's clock says it is now, by more than ten minutes."
        "Set the clock of this machine to the right UTC time, then review again."
    EXPIRED "E-REV-002" Refused
        "The bundle's time to be signed has passed."
        "Plan it again on the online machine and carry the new bundle."
    UNKNOWN_ACCOUNT "E-REV-003" Refused
        "The transaction names an account, or needs a key, that this vault does not have on this network."
        "Check that this is the right vault: `accounts list` shows what it holds."
    FOREIGN_INPUT "E-REV-004" Refused
        "An input spends an output whose script no key of the paying account gives. Transactions are signed only when every input is proved ours and all belong to one account."
        "Build the transaction from coins of one account of this vault."
    NO_PREVIOUS "E-REV-005" Refused
        "The amount and script of an input are proved by the full previous transaction, which is missing."
        "Export the PSBT with full previous transactions (non_witness_utxo; in Bitcoin Core `utxoupdatepsbt` or `walletprocesspsbt`, in Sparrow 'include non-witness UTXOs')."
    PREVIOUS_LIE "E-REV-006" Refused
        "What the file says about a spent output contradicts the previous transaction that it carries."
        "Do not sign. Plan it again and ask why the online machine lied."
    SIGHASH "E-REV-007" Refused
        "Only signatures that cover the whole transaction are made: ALL, and for Taproot DEFAULT or ALL."
        "Build the PSBT without another sighash type."
    ALREADY_SIGNED "E-REV-008" Refused
        "The PSBT already carries signatures or finalized inputs."
        "Give the unsigned PSBT."
    INPUT_FIELDS "E-REV-009" Refused
        "An input of the PSBT carries fields that are unknown or that its script does not need."
        "Build the PSBT without these fields."
    FORM "E-REV-010" Refused
        "Version, lock time, sequences or the lists of inputs and outputs are not those of an ordinary transaction."
        "Build the transaction again: version 1 or 2, no relative locks, no lock time or a height."
    SUMS "E-REV-011" Refused
        "The outputs are worth more than the inputs, or a sum is beyond 21 million bitcoin."
        "Build the transaction again."
    DUST "E-REV-012" Refused
        "An output is worth nothing or less than nodes relay."
        "Pay more to this output, or leave it out."
    OUTPUT_KIND "E-REV-013" Refused
        "An account that may hold Counterparty assets pays bitcoin of others to P2PKH and P2WPKH addresses only; and no account pays to scripts that are no address."
        "Pay bitcoin from an account that holds no assets (`holds: bitcoin-only`)."
    FOREIGN_DATA "E-REV-014" Refused
        "An output carries data that is not exactly one Counterparty message, or data in a place where the ledger reads something else."
        "Build the transaction without the data."
    MESSAGE_REFUSED "E-REV-015" Refused
        "Counterparty messages that are signed: enhanced send, MPMA, sweep, broadcast `OPTIONS 0` or `OPTIONS 1`, and issuance as transfer of ownership only."
        "Do not sign. If you need another message, use another tool and know why."
    MESSAGE_FORM "E-REV-016" Refused
        "The Counterparty message is not written in its one usual form, or reads differently under other rules: bytes that the review does not show could mean something else."
        "Do not sign. Plan it again."
    DATA_KEY "E-REV-017" Refused
        "A data output names a key that is not the paying account's own key, or a commit output is not at the account's own reveal key."
        "Do not sign. Plan it again."
    NOT_READ "E-REV-018" Refused
        "The ledger ignores this carrier on this network at this height: the bitcoin would be spent and nothing would move."
        "Plan it again with `--encoding taproot` or `--encoding multisig`."
    FEE "E-REV-019" Refused
        "The fee is above a limit that nothing lifts: 1,000,000 sat or 1,000 sat/vB for a transaction or a pair; 10 percent of the payment where bitcoin is what is paid."
        "Plan it again with a lower fee rate, or join small payments."
    REQUEST_DIFFERS "E-REV-020" Refused
        "What the transactions do is not exactly what was asked for."
        "Do not sign. Plan it again; if it happens again the online machine may be compromised."
    UNKNOWN_FIELDS "E-REV-021" Refused
        "A PSBT inside a bundle carries unknown or proprietary fields."
        "Plan it again."
    LINKS "E-REV-022" Refused
        "Steps spend the same output twice, or spend each other without saying so."
        "Plan it again."
    XRP_SIGNER "E-REV-023" Refused
        "An XRP step must be unsigned, for one key, and that key must be the named account's master key."
        "Plan it again for an account of this vault."
    XRP_LEDGER "E-REV-024" Refused
        "LastLedgerSequence must lie behind the claimed ledger and at most 28,800 ledgers ahead of it, and the bundle must say which ledger that is."
        "Plan it again with a fresh snapshot."
    XRP_FEE "E-REV-025" Refused
        "The fee of an XRP transaction is above 10,000 drops."
        "Plan it again with a lower fee; 5,000 drops is usual."
    XRP_DESTINATION "E-REV-026" Refused
        "A payment of less than 1 XRP cannot create the destination account: it would fail and cost the fee."
        "Check the destination, or pay at least the base reserve."
    APPROVAL "E-REV-027" Fixable
        "What was typed is not what the review asks for."
        "Read the review again and type exactly what it asks for, or stop."
    TEMPLATE_DIFFERS "E-REV-028" Refused
        "A transaction that was completed with its signed parent does something else than what was approved."
        "Nothing of this bundle may be used. Plan it again."
    NO_PARENT "E-REV-029" Internal
        "A transaction was to be completed before its parent was signed, or a step is not there."
        "This is a defect of this program: please report it."
    MONEY "E-REV-030" BadInput
        "A text that should name a chain, a coin, a sequence or a ticket names none."
        "Check where the file comes from; nobody writes these lines by hand."
}
