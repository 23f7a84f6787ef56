//! Why a policy is not taken, and why it says no.

use crate::error::{Code, Exit};

macro_rules! codes {
    ($($name:ident $id:literal $exit:ident $meaning:literal $next:literal)*) => {
        $(#[doc = $meaning] pub static $name: Code = Code::new($id, Exit::$exit, $meaning, $next);)*
        /// The codes of policies.
        pub static CODES: &[&Code] = &[$(&$name),*];
    };
}
codes! {
    FILE "E-POL-001" BadInput
        "The policy is not a TOML file of version 1 with known members only, or it is larger than 1 MiB."
        "Correct the line that the message names; docs/POLICY.md shows every member by example."
    ENTRY "E-POL-002" BadInput
        "An entry of the policy makes no sense: an address, an amount, a name or a list is wrong, missing or there twice."
        "Correct the entry that the message names; docs/POLICY.md shows every member by example."
    WIDER "E-POL-003" BadInput
        "A policy can only be narrower than the limits that nothing lifts (1,000,000 sat and 1,000 sat/vB in fees, 10 percent of a bitcoin payment, 10,000 drops, 28,800 ledgers, 7 days)."
        "Write a value within the limit that the message names, or leave the member out."
    KIND "E-POL-004" Refused
        "The policy does not allow this kind of transaction."
        "Do not sign, unless it was meant: then add the kind to [transactions] allow in policy.toml and run `policy accept`."
    DESTINATION "E-POL-005" Refused
        "The destination is not in the policy, or not for this kind of transaction."
        "Compare the whole address with its owner. If it was meant, add a [[destination]] to policy.toml and run `policy accept`."
    DESTINATION_ASSET "E-POL-006" Refused
        "The destination is in the policy, but not for this asset."
        "If it was meant, add the asset to the destination in policy.toml and run `policy accept`."
    TAG "E-POL-007" Refused
        "The destination tag is not one that the policy lists for the destination: the payment would be credited to somebody else, or to nobody."
        "Plan it again with the right tag, or correct the destination's tags in policy.toml and run `policy accept`."
    MEMO "E-POL-008" Refused
        "The memo is not one that the policy lists for the destination: the payment would be credited to somebody else, or to nobody."
        "Plan it again with the right memo, or correct the destination's memos in policy.toml and run `policy accept`."
    NO_LIMIT "E-POL-009" Refused
        "The policy has no limit for this money, and on a main network nothing moves without one. Fees count: every transaction on Bitcoin needs a limit for BTC, every one on the XRP Ledger a limit for XRP."
        "Add a [[limit]] to policy.toml and run `policy accept`."
    PER_EVENT "E-POL-010" Refused
        "The whole bundle, with its fees and with everything that is not proven change, moves more than the policy allows at once."
        "Plan a smaller bundle, or raise the limit in policy.toml and run `policy accept`."
    PER_DAY "E-POL-011" Refused
        "Together with what was signed in the last 24 hours it is more than the policy allows in a day."
        "Wait until earlier payments are 24 hours old, plan a smaller bundle, or raise the limit in policy.toml and run `policy accept`."
    FEE "E-POL-012" Refused
        "A fee is above what the policy allows."
        "Plan it again with a lower fee, or change [fees] in policy.toml and run `policy accept`."
    EXPIRY "E-POL-013" Refused
        "The bundle or an XRP transaction stays valid for longer than the policy allows."
        "Plan it again with a shorter time, or change [expiry] in policy.toml and run `policy accept`."
    SAME_KEY "E-POL-014" Refused
        "The vault uses the account's key on a main network too: what is signed for the test network could count there."
        "Use a key of its own on test networks."
    OTHER_REVIEW "E-POL-015" Internal
        "A permission was used for another review than the one it was given for."
        "This is a defect of this program: please report it."
}
