//! The checks, in the order in which they refuse: type, fields, flags, values.

use crate::error::Result;
use crate::xrp::transaction::Transaction;
use crate::xrp::whitelist::facts::Permitted;

impl Permitted {
    /// Judges a transaction for the network that its account lies on.
    ///
    /// # Errors
    /// A code of this module that names the type, field, flag or value.
    pub fn of(transaction: &Transaction, network_id: u32) -> Result<Self> {
        let _ = (transaction, network_id);
        todo!()
    }
}
