//! What all builders share: facts in, plan, bundle out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use airlock::account::Account;
use airlock::bundle::{Bundle, BundleId, Spoken};
use airlock::request::{Encoding, Intent, Request};
use airlock::review::{Book, Review, Use, Warning, warnings::Kind};
use airlock::snapshot::Snapshot;
use airlock::{Error, Result};
use airlock_qr::cli::ShowAlso;
use airlock_qr::command::Written;
use clap::Args;
use serde_json::{Value, json};

use crate::answer::{Answer, put, table};
use crate::cli::Global;
use crate::commands::live::Live;
use crate::commands::snapshot::about;
use crate::commands::{Done, opinion, snapshot};
use crate::error::{EARLY_SNAPSHOT, NO_SNAPSHOT, OLD_SNAPSHOT};
use crate::gather::{Gathered, Scope};
use crate::home::Home;
use crate::plan::{self, Options, Price, Verdict};
use crate::promise::{self, Promise};
use crate::repeat::{self, Leave};
use crate::store::{BundleRecord, Filter, Rival, State, StepRecord, Store, in_flight};
use crate::{clash, clock, config, crossing, files, replacement};

/// How much earlier than the snapshot this machine's clock may be, in seconds: that of the offline half.
const CLOCK_TOLERANCE: u64 = 600;

/// Options of every builder.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Plan from this snapshot instead of asking the servers of airlock.toml
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// Do not ask the Counterparty server what it would compose, or go on where it composes something else
    #[arg(long)]
    without_second_opinion: bool,
    /// How long the bundle may be signed after the snapshot: 90m, 2h, 3d [default: 4h with XRP, 24h otherwise]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    valid_for: Option<u64>,
    /// Folder for the bundle [default: the current one]; a copy is kept in the home folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Plan although the same was asked for before: a second payment
    #[arg(long)]
    again: bool,
    /// Plan in place of this bundle, so that at most one of the two can happen; may be given several times
    #[arg(long, value_name = "ID")]
    replaces: Vec<String>,
    #[command(flatten)]
    also: ShowAlso,
}

fn duration(text: &str) -> Result<u64, String> {
    clock::parse_duration(text).map_err(|e: Error| e.what().to_owned())
}

/// Plans requests, reviews the plan as the offline half will, and writes the bundle as `R7K3-KIND.bundle.json`.
pub(crate) fn build(requests: &[Request], kind: &str, build: &Build, global: &Global) -> Result<Done> {
    build.also.profile.map_or(Ok(()), |_| crossing::check_terminal())?;
    build.out.as_deref().map_or(Ok(()), files::check_folder)?;
    match &build.snapshot {
        Some(path) => {
            let home = Home::find(global.home.as_deref())?;
            let snapshot = read_snapshot(path)?;
            let accounts = home.accounts_for_planning()?;
            let replaced = replaced(&home, build)?;
            let work = Work { requests, kind, build, home: &home, accounts: &accounts, replaced: &replaced };
            work.write(&snapshot, None)
        }
        None => build_live(
            requests,
            kind,
            build,
            global,
            &Live::open_if_configured(global)?.ok_or_else(no_snapshot)?,
        ),
    }
}

fn no_snapshot() -> Error {
    NO_SNAPSHOT.error(format!("there is neither {} nor a snapshot", config::NAME))
}

/// Gathers what the requests need, and keeps it beside the bundle.
fn build_live(requests: &[Request], kind: &str, build: &Build, global: &Global, live: &Live) -> Result<Done> {
    let accounts = live.home.accounts_for_planning()?;
    let scope = Scope::of_requests(requests, &accounts, &live.sources)?;
    let replaced = replaced(&live.home, build)?;
    let free = replaced.iter().map(|record| record.id).collect();
    let mut gathered = live.gather_replacing(&free, &scope, &accounts, global)?;
    give_back(live, &replaced, &mut gathered)?;
    let work = Work { requests, kind, build, home: &live.home, accounts: &accounts, replaced: &replaced };
    work.write(&gathered.snapshot, Some((live, &gathered)))
}

/// Puts the coins into the snapshot that waiting transactions of replaced bundles spend.
fn give_back(live: &Live, replaced: &[BundleRecord], gathered: &mut Gathered) -> Result<()> {
    let Some(facts) = gathered.snapshot.bitcoin.as_mut().filter(|_| !replaced.is_empty()) else {
        return Ok(());
    };
    let (source, _) = live.sources.read_bitcoin()?;
    for record in replaced {
        let Some(kept) = live.home.snapshot(record.id)? else { continue };
        for coin in replacement::waiting(record, &kept, source)? {
            let is_known = facts.coins.iter().any(|known| known.outpoint == coin.outpoint);
            if !is_known && gathered.reach.contains_key(&coin.account) {
                facts.coins.push(coin);
            }
        }
    }
    facts.coins.sort_by_key(|coin| coin.outpoint);
    Ok(())
}

/// The bundles in whose place something is planned.
fn replaced(home: &Home, build: &Build) -> Result<Vec<BundleRecord>> {
    let store = Store::open(home)?;
    build.replaces.iter().map(|id| store.known_bundle(id)).collect()
}

/// What is to be planned, for whom, and where the bundle goes.
struct Work<'a> {
    requests: &'a [Request],
    kind: &'a str,
    build: &'a Build,
    home: &'a Home,
    accounts: &'a [Account],
    replaced: &'a [BundleRecord],
}

impl Work<'_> {
    fn write(&self, snapshot: &Snapshot, live: Option<(&Live, &Gathered)>) -> Result<Done> {
        let Self { requests, kind, build, home, accounts, replaced } = self;
        let options = Options { valid_for: build.valid_for, heads: home.heads()?, only: BTreeSet::new() };
        let gathered = live.map(|(_, gathered)| gathered);
        // What replaces a bundle takes of its coins; where they do not suffice, whatever there is, and the check below tells.
        let instead = Options { only: replacement::coins(replaced)?, ..options.clone() };
        let plan = plan::plan(requests, snapshot, accounts, &instead)
            .or_else(|_| plan::plan(requests, snapshot, accounts, &options))
            .map_err(|short| self.why_short(short, gathered, &options))?;
        let bundle = &plan.bundle;
        let expires = bundle.contents().expires;
        if expires <= clock::now() {
            return Err(OLD_SNAPSHOT.error(format!(
                "the snapshot of {} gives a bundle that expired {}",
                clock::show(snapshot.taken_at),
                clock::show(expires)
            )));
        }
        let review = review(bundle, accounts)?;
        let leaves = promise::leaves(bundle, &review);
        promise::check(&leaves, snapshot, gathered.map_or(&[], |gathered| &gathered.under_way))?;
        let store = Store::open(home)?;
        let replacements = replacements(replaced, bundle)?;
        // Of the same second and fee it is the very bundle that it was to replace.
        replacement::check(replaced, bundle, &review)?;
        let leave = Leave { again: build.again, replaced };
        let repeated = repeat::check(bundle, &store.asked()?, leave, clock::now())?;
        let rivals = store.rivals(bundle, clock::now())?.into_iter();
        let rivals: Vec<Rival> =
            rivals.filter(|rival| replacements.iter().all(|(old, _)| old.short != rival.short)).collect();
        let others = self.others(&store, bundle, live.is_some())?;
        let others = promise::warnings(&leaves, &in_flight::uses_of(bundle)?, &others, snapshot);
        let planned = [repeated, clash::warnings(&rivals), others, plan.warnings.clone()].concat();
        let warnings = warnings(&review, &planned);
        let name = format!("{}-{kind}.bundle.json", bundle.id().short());
        let path = build.out.clone().unwrap_or_default().join(name);
        let bytes = bundle.encode();
        files::check_absent_or_same(&path, &bytes)?;
        let opinions = match live {
            Some((live, _)) if !build.without_second_opinion => {
                opinion::ask(&live.sources, bundle, snapshot)?
            }
            Some(_) | None => Vec::new(),
        };
        let kept = live.map(|_| home.keep_snapshot(bundle.id(), &snapshot.encode())).transpose()?;
        let is_new = store.plan_if(bundle, kind, review.headline(), clock::now(), |asked| {
            repeat::check(bundle, asked, leave, clock::now()).map(drop)
        })?;
        home.keep(bundle)?;
        files::write_new(&path, &bytes)?;
        let before = if is_new { None } else { store.bundle(&bundle.id().to_string())? };
        let mut lines = vec![review.headline_at(&clock::show)];
        lines.extend(before.iter().map(|known| {
            let (planned, state) = (clock::show(known.planned), known.state);
            format!(
                "known        this is the bundle planned {planned}, which is {state}: nothing new was made"
            )
        }));
        lines.extend(warnings.iter().map(|(code, text)| match code {
            Some(code) => format!("warning      {text} ({code})"),
            None => format!("warning      {text}"),
        }));
        lines.extend(replacements.iter().map(|(old, uses)| {
            let (short, both) = (&old.short, clash::shared(uses));
            format!("replaces     {short}: both use {both}; at most one of the two can happen")
        }));
        lines.extend(describe(bundle));
        lines.extend(price_table(&plan.prices, requests.len()));
        lines.extend(opinion::line(&opinions));
        let mut json = to_json(bundle, &plan.prices);
        if let (Some((_, gathered)), Some(kept)) = (live, &kept) {
            lines.extend(about(gathered));
            lines.push(format!("snapshot     {}", files::shown(kept)));
            put(&mut json, "facts", snapshot::to_json(gathered));
            put(&mut json, "snapshot", kept.to_string_lossy().into_owned());
            put(&mut json, "second_opinion", opinion::to_json(&opinions));
        }
        lines.push(format!("wrote {}", files::shown(&path)));
        put(&mut json, "headline", review.headline());
        put(&mut json, "new", is_new);
        let listed = warnings.iter().map(|(code, text)| json!({ "code": code, "text": text }));
        put(&mut json, "warnings", listed.collect::<Vec<_>>());
        let listed = replacements.iter().map(|(old, uses)| {
            let uses: Vec<String> = uses.iter().map(ToString::to_string).collect();
            json!({ "id": old.id.to_string(), "short_id": old.short, "both_use": uses })
        });
        put(&mut json, "replaces", listed.collect::<Vec<_>>());
        put(&mut json, "file", path.to_string_lossy().into_owned());
        let answer = Answer { headline: Some(headline(bundle)), lines, json };
        Ok(Done {
            answer,
            crossing: build.also.profile.map(|profile| (Written { path, bytes }, profile)),
            exit: None,
        })
    }
}

impl Work<'_> {
    /// Why there is too little: where it would suffice without what is under way, that is said.
    fn why_short(&self, short: Error, gathered: Option<&Gathered>, options: &Options) -> Error {
        let promised = || {
            let gathered = gathered.filter(|gathered| !gathered.under_way.is_empty())?;
            let plan = plan::plan(self.requests, &gathered.whole(), self.accounts, options).ok()?;
            let review = review(&plan.bundle, self.accounts).ok()?;
            let leaves = promise::leaves(&plan.bundle, &review);
            promise::check(&leaves, &gathered.snapshot, &gathered.under_way).err()
        };
        promised().unwrap_or(short)
    }

    /// What other bundles would send that the snapshot's balances still hold: those that can still be signed, and beside a
    /// given snapshot, which may be older, those under way.
    fn others(&self, store: &Store, bundle: &Bundle, is_live: bool) -> Result<Vec<Promise>> {
        let now = clock::now();
        let mut left_out: BTreeSet<BundleId> = self.replaced.iter().map(|old| old.id).collect();
        left_out.insert(bundle.id());
        let mut others = if is_live { Vec::new() } else { store.under_way(&left_out, now, now)? };
        // What the review refuses cannot be signed either.
        let can_happen =
            |old: &BundleRecord| !left_out.contains(&old.id) && review(&old.bundle, self.accounts).is_ok();
        let planned = store.bundles(Filter::Signable(now))?.into_iter().filter(can_happen);
        others.extend(planned.map(|record| {
            let is_planned = |step: &&StepRecord| step.state == State::Planned;
            let steps = record.steps.iter().filter(is_planned).map(|step| step.index).collect();
            (record, steps)
        }));
        promise::of_steps(&others, self.accounts)
    }
}

/// What the bundle has in common with each one that it replaces.
fn replacements<'a>(
    replaced: &'a [BundleRecord],
    bundle: &Bundle,
) -> Result<Vec<(&'a BundleRecord, BTreeSet<Use>)>> {
    let others = replaced.iter().filter(|old| old.id != bundle.id());
    others.map(|old| Ok((old, repeat::replaced(old, bundle)?))).collect()
}

/// The offline half's own review, with this half's accounts: a bundle that it refuses is not worth the walk.
fn review(bundle: &Bundle, accounts: &[Account]) -> Result<Review> {
    let book = Book { accounts, assets: &[], destinations: &[], authenticated: true };
    Review::of_bundle(bundle, &book, clock::now())
}

/// What the review (with its code) and the planner found unusual, each thing once.
fn warnings(review: &Review, planned: &[String]) -> Vec<(Option<&'static str>, String)> {
    // How many base units are one unit is known to the snapshot; only the offline half has to be told.
    let is_told_here = |warning: &&Warning| warning.kind != Kind::ClaimedUnits;
    let reviewed = review.warnings().iter().filter(is_told_here);
    let mut all: Vec<_> = reviewed.map(|w| (Some(w.kind.code()), w.text.clone())).collect();
    for text in planned {
        if !all.iter().any(|(_, known)| known.ends_with(text)) {
            all.push((None, text.clone()));
        }
    }
    all
}

fn read_snapshot(path: &Path) -> Result<Snapshot> {
    let snapshot = Snapshot::decode(&files::read(path)?).map_err(|e| e.at(files::shown(path)))?;
    let now = clock::now();
    if now.plus(CLOCK_TOLERANCE) < snapshot.taken_at {
        return Err(EARLY_SNAPSHOT.error(format!(
            "the snapshot was taken {}, the clock says {}",
            clock::show(snapshot.taken_at),
            clock::show(now)
        )));
    }
    Ok(snapshot)
}

fn headline(bundle: &Bundle) -> String {
    let count = bundle.steps().len();
    let transactions = if count == 1 { "transaction" } else { "transactions" };
    let (short, words) = (bundle.id().short(), bundle.id().words().join(" "));
    format!("{short}  \"{words}\"  {count} {transactions}")
}

fn describe(bundle: &Bundle) -> Vec<String> {
    let contents = bundle.contents();
    let bitcoin = contents.networks.bitcoin.map(|network| format!("Bitcoin {network}"));
    let xrpl = contents.networks.xrpl.map(|id| format!("XRP Ledger network {id}"));
    let networks: Vec<String> = bitcoin.into_iter().chain(xrpl).collect();
    vec![
        format!("networks     {}", networks.join(", ")),
        format!("valid until  {}", clock::show(contents.expires)),
    ]
}

fn to_json(bundle: &Bundle, prices: &[Price]) -> Value {
    let contents = bundle.contents();
    json!({
        "id": bundle.id().to_string(),
        "short_id": bundle.id().short(),
        "words": bundle.id().words(),
        "transactions": bundle.steps().len(),
        "networks": contents.networks,
        "created": contents.created,
        "expires": contents.expires,
        "prices": prices.iter().map(price_json).collect::<Vec<_>>(),
    })
}

/// One row for each carrier of each Counterparty request.
fn price_table(prices: &[Price], requests: usize) -> Vec<String> {
    if prices.is_empty() {
        return Vec::new();
    }
    let head =
        ["REQUEST", "CARRIER", "TRANSACTIONS", "VBYTES", "FEE", "TIED UP", ""].map(str::to_owned).to_vec();
    let row = |price: &Price| {
        let request = price.request.saturating_add(1).to_string();
        let carrier = plan_word(price.encoding).to_owned();
        match &price.verdict {
            Verdict::Counts { transactions, vsize, fee, tied_up } => {
                let mark = if price.chosen { "chosen" } else { "" };
                let tied_up = if tied_up.to_sat() == 0 { String::new() } else { sats(*tied_up) };
                vec![
                    request,
                    carrier,
                    transactions.to_string(),
                    vsize.to_string(),
                    sats(*fee),
                    tied_up,
                    mark.into(),
                ]
            }
            Verdict::Not { why } => {
                let dash = || "-".to_owned();
                vec![request, carrier, dash(), dash(), dash(), String::new(), format!("not possible: {why}")]
            }
        }
    };
    let mut rows: Vec<Vec<String>> = core::iter::once(head).chain(prices.iter().map(row)).collect();
    if requests == 1 {
        rows.iter_mut().for_each(|row| drop(row.remove(0)));
    }
    table(&rows)
}

fn sats(amount: bitcoin::Amount) -> String {
    format!("{} sat", amount.to_sat())
}

fn price_json(price: &Price) -> Value {
    let mut json = json!({
        "request": price.request, "encoding": plan_word(price.encoding), "chosen": price.chosen,
    });
    match &price.verdict {
        Verdict::Counts { transactions, vsize, fee, tied_up } => {
            put(&mut json, "transactions", *transactions);
            put(&mut json, "vsize", *vsize);
            put(&mut json, "fee_sat", fee.to_sat().to_string());
            put(&mut json, "tied_up_sat", tied_up.to_sat().to_string());
        }
        Verdict::Not { why } => put(&mut json, "refused", why.as_str()),
    }
    json
}

fn plan_word(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Auto => "auto",
        Encoding::OpReturn => "opreturn",
        Encoding::Multisig => "multisig",
        Encoding::Taproot => "taproot",
        Encoding::P2sh => "p2sh",
    }
}

/// The word for an intent in file names: `send-xrp`, `send-pepecash`.
pub(crate) fn kind_of(intent: &Intent) -> String {
    match intent {
        Intent::SendBitcoin { .. } => "send-btc".to_owned(),
        Intent::SendAsset { payee } => {
            let plain = payee.asset.len() <= 24 && payee.asset.bytes().all(|b| b.is_ascii_alphanumeric());
            if plain { format!("send-{}", payee.asset.to_ascii_lowercase()) } else { "send-asset".to_owned() }
        }
        Intent::SendMany { .. } => "payouts".to_owned(),
        Intent::Sweep { .. } => "sweep".to_owned(),
        Intent::RequireMemo { .. } => "options".to_owned(),
        Intent::TransferOwnership { .. } => "transfer".to_owned(),
        Intent::SendXrp { .. } => "send-xrp".to_owned(),
        Intent::XrpTransaction { .. } => "xrp".to_owned(),
    }
}

#[cfg(test)]
mod tests;
