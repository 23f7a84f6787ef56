use airlock::Result;
use clap::Args;

use crate::{Streams, codec};

/// Encode and decode messages and transactions, one JSON line in, one JSON line out
///
/// A bad line gives an error line and the stream goes on; the exit code is 0 when every line was
/// answered.
///
///     echo '{"name":"PEPECASH"}' | airlock-online codec counterparty asset
///     echo '{"tx_blob":"1200…"}' | airlock-online codec xrpl decode
///
/// counterparty: pack, unpack, asset, address, carry, decode. xrpl: encode, decode, amount, address.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Codec {
    /// counterparty or xrpl
    chain: String,
    /// The command
    command: String,
}

impl Codec {
    pub(crate) fn run(&self, streams: &mut Streams<'_>) -> Result<()> {
        codec::run(&self.chain, &self.command, &mut *streams.stdin, &mut *streams.stdout)
    }
}
