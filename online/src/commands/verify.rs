use std::path::{Path, PathBuf};

use airlock::bundle::{Bundle, FinalTransaction, Signed, Spoken};
use airlock::json::canonical;
use airlock::qr::Kind;
use airlock::{Code, Error, Result};
use airlock_qr::cli::FromQr;
use clap::Args;
use serde_json::{Value, json};

use crate::Streams;
use crate::answer::{Answer, put};
use crate::broadcast::find::{find_bundle, keep_head, read_signed};
use crate::cli::Global;
use crate::crossing::arrive;
use crate::error::{CANNOT_READ, CANNOT_WRITE, EXISTS, EXPIRED_ANSWER, NO_BUNDLE, NO_FOLDER};
use crate::home::Home;
use crate::store::Store;
use crate::{clock, files};

/// Check a signed file against its bundle and write the transactions ready to broadcast
///
/// Accepted is only what equals the plan in everything but signatures, with every signature verified.
/// The bundle is found by its id in the home folder or beside the signed file, unless it is named.
///
/// Writes R7K3.broadcast.json with one entry for each transaction, in the order of sending:
///
///     airlock-online verify R7K3-send-xrp.signed.json
///     airlock-online verify --from-qr
///     bitcoin-cli sendrawtransaction $(jq -r '.transactions[0].tx' R7K3.broadcast.json)
///     jq '{method:"submit",params:[{tx_blob:.transactions[0].tx_blob}]}' R7K3.broadcast.json |
///         curl -d @- $RIPPLED
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Verify {
    /// The signed file
    #[arg(required_unless_present = "from_qr", conflicts_with = "from_qr")]
    signed: Option<PathBuf>,
    #[command(flatten)]
    from_qr: FromQr,
    /// The bundle that it answers
    bundle: Option<PathBuf>,
    /// Folder for the transactions [default: that of the signed file]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Verify {
    pub(crate) fn run(&self, global: &Global, streams: &mut Streams<'_>) -> Result<Answer> {
        self.out.as_deref().map_or(Ok(()), files::check_folder)?;
        let out = self.out.as_deref();
        let path = arrive(&self.from_qr, &[Kind::Json], self.signed.as_deref(), out, streams)?;
        let signed = read_signed(&path)?;
        let home = || Home::find(global.home.as_deref());
        let bundle = match &self.bundle {
            Some(path) => Bundle::decode(&files::read(path)?).map_err(|e| e.at(files::shown(path)))?,
            None => find_bundle(&path, &signed.contents().bundle, home().ok().as_ref())?,
        };
        let transactions = airlock::bundle::verify(&bundle, &signed)?;
        let short = bundle.id().short();
        // Also of an answer that came too late: its record is in the journal.
        let head = keep_head(&bundle, &signed, home());
        if let Some(store) = home().ok().map(|home| Store::open_existing(&home)).transpose()?.flatten() {
            store.check_kept(bundle.id())?;
        }
        let expires = bundle.contents().expires;
        if expires <= clock::now() {
            let ended = clock::show(expires);
            return Err(EXPIRED_ANSWER.error(format!("bundle {short} expired {ended}")));
        }
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let path = self.out.clone().unwrap_or(folder).join(format!("{short}.broadcast.json"));
        let document = broadcast_file(&bundle, &signed, &transactions);
        files::write_new(&path, &canonical(&document))?;

        let words = bundle.id().words().join(" ");
        let headline =
            format!("{short}  \"{words}\"  every transaction is as planned, every signature verifies");
        let mut lines: Vec<String> = transactions.iter().enumerate().map(line).collect();
        lines.push(format!("valid until  {}", clock::show(expires)));
        lines.push(format!("wrote {}", files::shown(&path)));
        lines.extend(head);
        let mut json = document;
        if let Some(head) = signed.contents().journal_head {
            put(&mut json, "journal_head", head.to_string());
        }
        put(&mut json, "file", path.to_string_lossy().into_owned());
        Ok(Answer { headline: Some(headline), lines, json })
    }

    /// What state the world is in when the command ends in an error. What came as codes and was written before stays.
    pub(super) fn state_after(&self, error: &Error) -> &'static str {
        let is = |codes: &[&Code]| codes.contains(&error.code());
        let has_arrived = self.from_qr.source.is_some() && !error.code().id.starts_with("E-QR-");
        if is(&[&EXISTS, &CANNOT_WRITE]) {
            "Every transaction is as planned and verifies, but nothing was saved."
        } else if is(&[&NO_FOLDER, &CANNOT_READ, &NO_BUNDLE]) && has_arrived {
            "Nothing was checked, and nothing but what arrived was written."
        } else if is(&[&NO_FOLDER, &CANNOT_READ, &NO_BUNDLE]) {
            "Nothing was checked and nothing was written."
        } else if has_arrived {
            "Nothing else was written; do not broadcast anything of this file."
        } else {
            "Nothing was written; do not broadcast anything of this file."
        }
    }
}

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
