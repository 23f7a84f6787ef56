//! A rehearsal (`testmempoolaccept`): each family of transactions by itself, again and again until each one is judged.

use std::collections::BTreeSet;

use airlock::Result;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::{Transaction, Txid, Wtxid};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::rpc::{Call, Rpc};
use crate::source::bitcoin::Verdict;
use crate::source::proof;
use crate::source::refusal::{self, CHAIN_TOO_LONG, CONFLICT, INPUTS_GONE};

/// Most transactions in one call.
const AT_ONCE: usize = 25;

/// What the node says to one transaction; neither allowed nor refused where another one ended the rehearsal.
#[derive(Deserialize)]
struct Said {
    txid: Txid,
    wtxid: Wtxid,
    allowed: Option<bool>,
    #[serde(rename = "reject-reason")]
    reason: Option<String>,
    #[serde(rename = "reject-details")]
    details: Option<String>,
    #[serde(rename = "package-error")]
    package: Option<String>,
}

/// What the node would say to these transactions, parents first. No limit of the fee is given (`maxfeerate` 0): the policy
/// of the signer has held it already, and the node's default would stop a fee ladder half way.
pub(super) fn try_out(node: &Rpc, transactions: &[Transaction]) -> Result<Vec<Verdict>> {
    let mut verdicts: Vec<Option<Verdict>> = vec![None; transactions.len()];
    for family in families(transactions) {
        let members: Vec<(usize, &Transaction)> =
            transactions.iter().enumerate().filter(|(index, _)| family.contains(index)).collect();
        rehearse(&mut verdicts, &members, &node.name(), |some| {
            let mut verdicts = ask(node, some)?;
            for (transaction, verdict) in some.iter().zip(&mut verdicts) {
                look_closer(node, some, transaction, verdict)?;
            }
            Ok(verdicts)
        })?;
    }
    Ok(verdicts.into_iter().map(|verdict| verdict.unwrap_or(Verdict::NotTried)).collect())
}

fn ask(node: &Rpc, some: &[&Transaction]) -> Result<Vec<Option<Verdict>>> {
    let hex: Vec<String> = some.iter().map(|transaction| serialize_hex(*transaction)).collect();
    let said: Vec<Said> = node.ask(&Call::new("testmempoolaccept", json!([hex, 0])))?;
    judged(&node.name(), some, said)
}

/// Two refusals that are none, as Bitcoin Core rehearses: of a transaction in the chain it says that the inputs are missing,
/// unless it happens to have the outputs in memory; and in a package nothing may replace what waits, though in earnest it may.
fn look_closer(
    node: &Rpc,
    round: &[&Transaction],
    transaction: &Transaction,
    verdict: &mut Option<Verdict>,
) -> Result<()> {
    let Some(Verdict::Refused(error)) = verdict else { return Ok(()) };
    let code = error.code();
    if code == &INPUTS_GONE {
        // Where a child has spent all that it paid, the child is there.
        let own = BTreeSet::from([transaction.compute_txid()]);
        let children = round.iter().copied().filter(|member| hangs_on(member, &own));
        for witness in core::iter::once(transaction).chain(children) {
            if is_in_chain(node, witness)? {
                *verdict = Some(Verdict::AlreadyInBlock);
                return Ok(());
            }
        }
    }
    let family: BTreeSet<Txid> = round.iter().map(|member| member.compute_txid()).collect();
    if code == &CONFLICT && round.len() > 1 && !hangs_on(transaction, &family) {
        *verdict = ask(node, &[transaction])?.pop().flatten();
    }
    Ok(())
}

/// True where an output of it is in the chain and unspent.
fn is_in_chain(node: &Rpc, transaction: &Transaction) -> Result<bool> {
    let txid = transaction.compute_txid();
    let asked: Vec<Value> = (0_u32..)
        .zip(&transaction.output)
        .filter(|(_, output)| !output.script_pubkey.is_op_return())
        .map(|(vout, _)| json!([txid, vout, false]))
        .collect();
    let outputs: Vec<Option<IgnoredAny>> = node.ask_all("gettxout", &asked)?;
    Ok(outputs.iter().any(Option::is_some))
}

/// Judges one family. Who is known already is left out of the next round, who is refused takes its children along, who is
/// allowed stays in, so that its children find it.
fn rehearse(
    verdicts: &mut [Option<Verdict>],
    family: &[(usize, &Transaction)],
    server: &str,
    ask: impl Fn(&[&Transaction]) -> Result<Vec<Option<Verdict>>>,
) -> Result<()> {
    let mut failed: BTreeSet<Txid> = BTreeSet::new();
    loop {
        let open = |verdicts: &[Option<Verdict>], index: usize| {
            matches!(verdicts.get(index), Some(None | Some(Verdict::Accepted)))
        };
        let round: Vec<(usize, &Transaction)> =
            family.iter().filter(|(index, _)| open(verdicts, *index)).take(AT_ONCE).copied().collect();
        let waits = |verdicts: &[Option<Verdict>], index: usize| matches!(verdicts.get(index), Some(None));
        if round.iter().all(|(index, _)| !waits(verdicts, *index)) {
            break;
        }
        let some: Vec<&Transaction> = round.iter().map(|(_, transaction)| *transaction).collect();
        let mut settled = false;
        for ((index, transaction), verdict) in round.iter().zip(ask(&some)?) {
            let Some(slot) = verdicts.get_mut(*index).filter(|slot| slot.is_none()) else { continue };
            let Some(verdict) = verdict else { continue };
            let orphaned = hangs_on(transaction, &failed);
            let verdict = if orphaned { Verdict::NotTried } else { verdict };
            settled = true;
            if matches!(verdict, Verdict::Refused(_) | Verdict::NotTried) {
                failed.insert(transaction.compute_txid());
            }
            *slot = Some(verdict);
        }
        for (index, transaction) in family {
            let Some(slot) = verdicts.get_mut(*index).filter(|slot| slot.is_none()) else { continue };
            if hangs_on(transaction, &failed) {
                failed.insert(transaction.compute_txid());
                *slot = Some(Verdict::NotTried);
            }
        }
        if !settled {
            return Ok(());
        }
    }
    for (index, transaction) in family {
        if let Some(slot) = verdicts.get_mut(*index).filter(|slot| slot.is_none()) {
            let txid = transaction.compute_txid();
            *slot = Some(Verdict::Refused(CHAIN_TOO_LONG.error(format!(
                "{server} takes at most {AT_ONCE} transactions that hang together at once; {txid} is beyond them"
            ))));
        }
    }
    Ok(())
}

/// True where it spends an output of one of these.
fn hangs_on(transaction: &Transaction, parents: &BTreeSet<Txid>) -> bool {
    transaction.input.iter().any(|input| parents.contains(&input.previous_output.txid))
}

/// Reads what was said, in the order of the question; none where one was not judged.
fn judged(server: &str, asked: &[&Transaction], said: Vec<Said>) -> Result<Vec<Option<Verdict>>> {
    let belongs = said.len() == asked.len()
        && said.iter().zip(asked).all(|(said, transaction)| {
            said.txid == transaction.compute_txid() && said.wtxid == transaction.compute_wtxid()
        });
    if !belongs {
        return Err(proof::other(server, "judges other transactions than those asked for"));
    }
    let verdicts = said.into_iter().zip(asked).map(|(said, transaction)| {
        let words = said.package.or(said.details).or(said.reason);
        match (said.allowed, words) {
            (Some(true), _) => Some(Verdict::Accepted),
            (Some(false), words) => {
                Some(refusal::judged(server, transaction, None, &words.unwrap_or_default()))
            }
            (None, Some(words)) => Some(refusal::judged(server, transaction, None, &words)),
            (None, None) => None,
        }
    });
    Ok(verdicts.collect())
}

/// The transactions that hang together, by their places.
fn families(transactions: &[Transaction]) -> Vec<BTreeSet<usize>> {
    let mut families: Vec<(BTreeSet<usize>, BTreeSet<Txid>)> = Vec::new();
    for (index, transaction) in transactions.iter().enumerate() {
        let parents: BTreeSet<Txid> =
            transaction.input.iter().map(|input| input.previous_output.txid).collect();
        let (related, apart): (Vec<_>, Vec<_>) =
            families.into_iter().partition(|(_, txids)| !txids.is_disjoint(&parents));
        let mut family = (BTreeSet::from([index]), BTreeSet::from([transaction.compute_txid()]));
        for (indices, txids) in related {
            family.0.extend(indices);
            family.1.extend(txids);
        }
        families = apart;
        families.push(family);
    }
    families.into_iter().map(|(indices, _)| indices).collect()
}

#[cfg(test)]
mod tests;
