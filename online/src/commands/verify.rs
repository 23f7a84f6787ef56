use std::fs;
use std::path::{Path, PathBuf};

use airlock::Result;
use airlock::bundle::{Bundle, FinalTransaction, Signed, Spoken};
use airlock::json::canonical;
use airlock::text::Printable;
use clap::Args;
use serde_json::{Value, json};

use crate::answer::{Answer, put};
use crate::cli::Global;
use crate::error::NO_BUNDLE;
use crate::home::{Home, is};
use crate::{clock, files};

/// Check a signed file against its bundle and write the transactions ready to broadcast
///
/// Accepted is only what equals the plan in everything but signatures, with every signature verified.
/// The bundle is found by its id in the home folder or beside the signed file, unless it is named.
///
/// Writes R7K3.broadcast.json with one entry for each transaction, in the order of sending:
///
///     airlock-online verify R7K3-send-xrp.signed.json
///     bitcoin-cli sendrawtransaction $(jq -r '.transactions[0].tx' R7K3.broadcast.json)
///     jq '{method:"submit",params:[{tx_blob:.transactions[0].tx_blob}]}' R7K3.broadcast.json |
///         curl -d @- $RIPPLED
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Verify {
    /// The signed file
    signed: PathBuf,
    /// The bundle that it answers
    bundle: Option<PathBuf>,
    /// Folder for the transactions [default: that of the signed file]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Verify {
    pub(crate) fn run(&self, global: &Global) -> Result<Answer> {
        let signed =
            Signed::decode(&files::read(&self.signed)?).map_err(|e| e.at(files::shown(&self.signed)))?;
        let bundle = match &self.bundle {
            Some(path) => Bundle::decode(&files::read(path)?).map_err(|e| e.at(files::shown(path)))?,
            None => self.find_bundle(&signed.contents().bundle, global)?,
        };
        let transactions = airlock::bundle::verify(&bundle, &signed)?;
        let short = bundle.id().short();
        let folder = self.signed.parent().map(Path::to_path_buf).unwrap_or_default();
        let path = self.out.clone().unwrap_or(folder).join(format!("{short}.broadcast.json"));
        let document = broadcast_file(&bundle, &signed, &transactions);
        files::write_new(&path, &canonical(&document))?;

        let words = bundle.id().words().join(" ");
        let headline =
            format!("{short}  \"{words}\"  every transaction is as planned, every signature verifies");
        let mut lines: Vec<String> = transactions.iter().enumerate().map(line).collect();
        let expires = bundle.contents().expires;
        let expired = expires <= clock::now();
        lines.push(match expired {
            true => format!("EXPIRED {}: do not broadcast, plan again", clock::show(expires)),
            false => format!("valid until  {}", clock::show(expires)),
        });
        lines.push(format!("wrote {}", files::shown(&path)));
        let mut json = document;
        put(&mut json, "file", path.to_string_lossy().into_owned());
        put(&mut json, "expired", expired);
        Ok(Answer { headline: Some(headline), lines, json })
    }

    /// The bundle of this id: in the home folder, else among the bundles beside the signed file.
    fn find_bundle(&self, id: &str, global: &Global) -> Result<Bundle> {
        if let Ok(home) = Home::find(global.home.as_deref())
            && let Some(bundle) = home.bundle(id)?
        {
            return Ok(bundle);
        }
        let folder = self.signed.parent().filter(|folder| !folder.as_os_str().is_empty());
        let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).into_iter().flatten().flatten();
        let is_bundle = |path: &PathBuf| path.to_string_lossy().ends_with(".bundle.json");
        entries
            .take(MOST_ENTRIES)
            .map(|entry| entry.path())
            .filter(is_bundle)
            .filter_map(|path| Bundle::decode(&files::read(&path).ok()?).ok())
            .find(|bundle| is(bundle.id(), id))
            .ok_or_else(|| {
                NO_BUNDLE.error(format!(
                    "bundle {} is neither kept nor beside the signed file",
                    Printable::new(id)
                ))
            })
    }
}

/// Most entries of a folder that are looked at.
const MOST_ENTRIES: usize = 1_000;

fn line((index, transaction): (usize, &FinalTransaction)) -> String {
    let chain = match transaction {
        FinalTransaction::Bitcoin { .. } => "bitcoin",
        FinalTransaction::Xrpl { .. } => "xrp",
    };
    format!("{:>3}  {chain:<8} {}", index.saturating_add(1), transaction.id())
}

fn broadcast_file(bundle: &Bundle, signed: &Signed, transactions: &[FinalTransaction]) -> Value {
    let entry = |(index, (transaction, step)): (usize, (&FinalTransaction, &airlock::bundle::Step))| {
        let after: Vec<usize> = step.after.iter().map(|earlier| earlier.saturating_add(1)).collect();
        let number = index.saturating_add(1);
        match transaction {
            FinalTransaction::Bitcoin { .. } => json!({
                "step": number, "after": after, "chain": "bitcoin",
                "txid": transaction.id(), "tx": transaction.raw(),
            }),
            FinalTransaction::Xrpl { .. } => json!({
                "step": number, "after": after, "chain": "xrpl",
                "hash": transaction.id(), "tx_blob": transaction.raw(),
            }),
        }
    };
    let contents = bundle.contents();
    json!({
        "format": "airlock-broadcast",
        "version": 1,
        "bundle": bundle.id().to_string(),
        "signed": signed.id().to_string(),
        "networks": contents.networks,
        "expires": contents.expires,
        "transactions": transactions.iter().zip(bundle.steps()).enumerate().map(entry).collect::<Vec<_>>(),
    })
}
