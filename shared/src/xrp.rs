//! The XRP Ledger for a signer: addresses, amounts, the binary format, the whitelist.
