//! Counterparty on Bitcoin: messages, and the carriers that bring them into a transaction.
