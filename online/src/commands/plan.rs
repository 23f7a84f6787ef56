use std::path::{Path, PathBuf};

use airlock::bundle::limits;
use airlock::error::Result;
use airlock::json::{self, Numbers};
use airlock::request::{Intent, Request};
use clap::Args;
use serde_json::Value;

use crate::Streams;
use crate::cli::Global;
use crate::commands::Done;
use crate::commands::build::{Build, build, kind_of};
use crate::commands::inspect::read_file_or_stdin;
use crate::error::NO_REQUESTS;
use crate::files::shown;

/// Build one bundle from a list of requests
///
/// The file is a JSON list; docs/FORMAT.md describes all kinds of requests:
///
///     [{"from":"cold","intent":{"send-xrp":{"to":"rHb9…","tag":1,"amount":"80000"}}},
///      {"from":"cold","fee_rate":"12","intent":{"send-asset":
///        {"payee":{"asset":"XCP","to":"bc1q…","amount":"12.5"}}}}]
///
///     airlock-online plan payments.json --valid-for 2h
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Plan {
    /// The list of requests, or - for stdin
    requests: PathBuf,
    #[command(flatten)]
    build: Build,
    /// Fee rate in sat/vB of Bitcoin and Counterparty requests that name none of their own
    #[arg(long, value_name = "RATE")]
    fee_rate: Option<String>,
}

impl Plan {
    pub(crate) fn run(&self, global: &Global, streams: &mut Streams<'_>) -> Result<Done> {
        let mut requests = read_requests(&self.requests, streams)?;
        for request in requests.iter_mut().filter(|request| is_on_bitcoin(&request.intent)) {
            request.fee_rate = request.fee_rate.take().or_else(|| self.fee_rate.clone());
        }
        let kind = match requests.as_slice() {
            [request] => kind_of(&request.intent),
            _ => "plan".to_owned(),
        };
        build(&requests, &kind, &self.build, global)
    }
}

/// Reads a list of requests.
pub(crate) fn read_requests(path: &Path, streams: &mut Streams<'_>) -> Result<Vec<Request>> {
    let value = json::parse(&read_file_or_stdin(path, streams)?, Numbers::Integers)?;
    let is = match value {
        Value::Array(list) if list.len() > limits::REQUESTS => {
            return Err(
                airlock::bundle::file::OVER_LIMIT.error(format!("more than {} requests", limits::REQUESTS))
            );
        }
        Value::Array(list) if !list.is_empty() => {
            return (1usize..).zip(list).map(|(number, request)| read_request(number, request)).collect();
        }
        Value::Array(_) => "an empty list",
        Value::Object(_) => "a JSON object, not a list of them",
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => "no list",
    };
    Err(NO_REQUESTS.error(format!("{} holds {is}", shown(path))))
}

fn read_request(number: usize, request: Value) -> Result<Request> {
    json::from_value(request).map_err(|e| NO_REQUESTS.error(format!("request {number}: {}", e.what())))
}

fn is_on_bitcoin(intent: &Intent) -> bool {
    match intent {
        Intent::SendBitcoin { .. }
        | Intent::SendAsset { .. }
        | Intent::SendMany { .. }
        | Intent::Sweep { .. }
        | Intent::RequireMemo { .. }
        | Intent::TransferOwnership { .. } => true,
        Intent::SendXrp { .. } | Intent::XrpTransaction { .. } => false,
    }
}
