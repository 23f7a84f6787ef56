//! The file that a new home begins with. Comments teach; nothing is allowed on a main network before a person edits it.

use crate::account::{Account, Rail};

pub(super) fn text(accounts: &[Account]) -> String {
    let mut text = String::from(HEAD);
    if accounts.is_empty() {
        text.push_str("#   none yet\n");
    }
    for account in accounts {
        let (network, address) = match &account.rail {
            Rail::Bitcoin(bitcoin) => {
                let first = bitcoin.address(0, 0).map(|address| address.to_string()).unwrap_or_default();
                (format!("bitcoin {}", bitcoin.network()), first)
            }
            Rail::Xrp(xrp) => (format!("xrpl {}", xrp.network_id), xrp.address().to_owned()),
        };
        let (name, role) = (&account.name, account.role.name());
        text.push_str(&format!("#   {name} ({role}, {network}), first address {address}\n"));
    }
    text.push_str(BODY);
    text
}

const HEAD: &str = "\
# The treasury's rules. The signer obeys this file and nothing else: what is not listed is refused on main networks.
# On test networks what is not listed is allowed with a warning; what is listed holds there too.
# After every change: `airlock-offline policy check`, then `airlock-offline policy accept`.
# Amounts are plain digits with at most one point, in quotes: \"80000\" or \"0.25\". Fees count as spent.
#
# Accounts of this vault when the file was made:
";

const BODY: &str = r#"
version = 1

# Payments to accounts of this vault, proved by derivation, need no entry; their amounts count as spent all the same.
# Sweeps, account-delete and rights (who may sign, who owns) need one with `also` even there.
own_accounts = true

[transactions]
# Add a kind only when it is needed:
#   sweep, require-memo, transfer-ownership, foreign-psbt (a PSBT of other software),
#   account-set, set-regular-key, signer-list-set, ticket-create, account-delete, trust-set, deposit-preauth
allow = ["bitcoin-payment", "asset-send", "batch-send", "xrp-payment"]

[networks]
# Network ids of the XRP Ledger that are for tests: 1 testnet, 2 devnet.
xrpl_test = [1, 2]

[fees]
# Narrower than the limits that nothing lifts. A pair of transactions counts as one.
bitcoin_max = "0.002"
bitcoin_max_rate = "300"
bitcoin_max_percent = 10
xrp_max = "0.01"

[expiry]
max_bundle = "24h"
xrpl_max_ledgers = 28800

# Assets: whether one unit has decimals, confirmed once by a person, so that no bundle can say otherwise.
#
# [[asset]]
# name = "PEPECASH"
# divisible = true

# Destinations: every address that may be paid. Tags (XRP) and memos (Counterparty) are a list, "none" or "any".
#
# [[destination]]
# name = "Exchange deposit"
# address = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
# assets = ["XRP"]
# tags = [1234567]
#
# [[destination.limit]]
# asset = "XRP"
# per_event = "80000"
# per_day = "160000"

# Limits: every asset that may move, fees included. A day is the last 24 hours.
#
# [[limit]]
# asset = "BTC"
# per_event = "0.5"
# per_day = "1"
#
# [[limit]]
# asset = "XRP"
# per_event = "100000"
# per_day = "250000"
"#;
