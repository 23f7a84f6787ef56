//! Bitcoin Core over a little chain of its own, honest and bent.

use std::sync::atomic::{AtomicUsize, Ordering};

use airlock::network::BitcoinNetwork;
use airlock_online::progress::Silent;
use airlock_online::source::bitcoin::{BitcoinSource, Verdict, Whereabouts};
use airlock_online::source::core::BitcoinCore;
use airlock_online::source::proof::{BAD_ANSWER, OTHER_ANSWER};
use airlock_online::source::refusal::{
    FEE_TOO_LOW, INPUTS_GONE, NO_METHOD, NO_WALLET, NOT_WATCHED, OUT_OF_SIGHT, REORGANIZED,
    REPLACEMENT_TOO_CHEAP, SCAN_ENDED, WALLET_BEHIND, WARMING_UP,
};
use airlock_tests::chain::{Which, World};
use airlock_tests::server::{Received, Reply};
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{OutPoint, Transaction};
use serde_json::{Value, json};

use crate::treasure::{accounts, anyone, http_with_cookie, spend, watched};

struct Node {
    world: World,
    home: tempfile::TempDir,
}

impl Node {
    fn new() -> Self {
        let node = Self { world: World::new(), home: tempfile::tempdir().unwrap() };
        let cookie = node.world.with(|truth| truth.node.cookie.clone());
        std::fs::write(node.home.path().join("cookie"), cookie).unwrap();
        node
    }

    fn source(&self, wallet: Option<&str>) -> BitcoinCore {
        let http = http_with_cookie(&self.world.core.url(), self.home.path().join("cookie"));
        BitcoinCore::new(http, wallet.map(str::to_owned))
    }

    /// Coins of everybody, mined.
    fn fund(&self, count: u32) -> Vec<OutPoint> {
        let outputs = vec![(anyone().0, 100_000); usize::try_from(count).unwrap()];
        let txid = self.world.with(|truth| truth.blocks.fund(&outputs));
        (0..count).map(|vout| OutPoint::new(txid, vout)).collect()
    }

    fn wait(&self, transaction: &Transaction) {
        self.world.with(|truth| truth.blocks.mempool.push(transaction.clone()));
    }

    fn mine_only(&self, transactions: &[&Transaction]) {
        let transactions = transactions.iter().map(|transaction| (*transaction).clone()).collect();
        self.world.with(|truth| truth.blocks.mine_only(transactions));
    }

    fn height(&self) -> u32 {
        self.world.with(|truth| truth.blocks.height())
    }

    /// Replaces the answers to a method: `said` makes a result or an error out of the parameters.
    fn say(
        &self,
        method: &'static str,
        said: impl Fn(&Value) -> Result<Value, (i64, String)> + Send + Sync + 'static,
    ) {
        self.world.bend(Which::Core, move |received, honest| replaced(received, honest, method, &said));
    }
}

/// What a bent node says to the parameters of a call.
type Said = dyn Fn(&Value) -> Result<Value, (i64, String)>;

fn replaced(received: &Received, honest: Reply, method: &str, said: &Said) -> Reply {
    let answer = |call: &Value| match said(&call["params"]) {
        Ok(result) => json!({"result": result, "error": null, "id": call["id"]}),
        Err((code, message)) => {
            json!({"result": null, "error": {"code": code, "message": message}, "id": call["id"]})
        }
    };
    match received.json() {
        Value::Array(calls) if calls[0]["method"] == method => {
            Reply::json(&calls.iter().map(answer).collect())
        }
        call if call["method"] == method => Reply::json(&answer(&call)),
        _ => honest,
    }
}

#[test]
fn finds_the_coins_of_all_kinds_of_account_without_index_or_wallet() {
    let node = Node::new();
    let accounts = accounts();
    let outputs: Vec<_> = accounts
        .iter()
        .flat_map(|(_, account)| {
            [(0, 0), (0, 7), (1, 3)].map(|(b, i)| (account.script_pubkey(b, i).unwrap(), 5_000))
        })
        .chain([(accounts[0].1.script_pubkey(0, 8).unwrap(), 6_000)])
        .collect();
    let txid = node.world.with(|truth| truth.blocks.fund(&outputs));
    let height = node.height();
    node.world.mine();
    // One is spent by what waits; one lies beyond the last index.
    node.wait(&spend(&[OutPoint::new(txid, 1)], &[(anyone().0, 1_000)]));
    let coins = node.source(None).coins(&watched(&accounts, 7), &Silent).unwrap();
    let mut places: Vec<(String, u32, u32)> =
        coins.iter().map(|coin| (coin.account.to_string(), coin.branch, coin.index)).collect();
    places.sort();
    let mut expected: Vec<(String, u32, u32)> = accounts
        .iter()
        .flat_map(|(name, _)| [(0, 0), (0, 7), (1, 3)].map(|(b, i)| (name.to_string(), b, i)))
        .filter(|place| *place != ("wpkh".to_owned(), 0, 7))
        .collect();
    expected.sort();
    assert_eq!(places, expected);
    for coin in &coins {
        assert_eq!((coin.transaction.compute_txid(), coin.height), (txid, Some(height)));
        let account = &accounts.iter().find(|(name, _)| *name == coin.account).unwrap().1;
        let output = &coin.transaction.output[usize::try_from(coin.outpoint.vout).unwrap()];
        assert_eq!(Some(&output.script_pubkey), account.script_pubkey(coin.branch, coin.index).as_ref());
    }
    // A node before `gettxspendingprevout` is asked for each output.
    node.say("gettxspendingprevout", |_| Err((-32601, "Method not found".to_owned())));
    assert_eq!(node.source(None).coins(&watched(&accounts, 7), &Silent).unwrap(), coins);
}

#[test]
fn believes_no_scan_that_speaks_of_other_scripts_or_gives_other_transactions() {
    let node = Node::new();
    let accounts = accounts();
    let ours = accounts[0].1.script_pubkey(0, 0).unwrap();
    let txid = node.world.with(|truth| truth.blocks.fund(&[(ours.clone(), 5_000), (anyone().0, 900)]));
    let other = node.world.with(|truth| truth.blocks.fund(&[(anyone().0, 5_000)]));
    let hash = node.world.with(|truth| truth.blocks.at(truth.blocks.height() - 1).unwrap().block_hash());
    let height = node.height() - 1;
    let other_hex = node.world.with(|truth| serialize_hex(truth.blocks.transaction(other).unwrap()));
    let outcome = move |script: &str, vout: u32, at: u32, times: usize, success: bool| {
        let unspent = json!({"txid": txid, "vout": vout, "scriptPubKey": script, "height": at, "blockhash": hash,
            "amount": 0.00005, "desc": "raw()"});
        json!({"success": success, "height": height, "unspents": vec![unspent; times], "total_amount": 1e-5})
    };
    let script = ours.to_hex_string();
    let foreign = anyone().0.to_hex_string();
    let code = |said: Value| {
        node.say("scantxoutset", move |_| Ok(said.clone()));
        node.source(None)
            .coins(&watched(&accounts, 5), &Silent)
            .map(|coins| coins.len())
            .map_err(|e| e.code())
    };
    assert_eq!(code(outcome(&script, 0, height, 1, true)), Ok(1));
    assert_eq!(code(outcome(&foreign, 0, height, 1, true)), Err(&OTHER_ANSWER));
    assert_eq!(code(outcome(&script, 1, height, 1, true)), Err(&OTHER_ANSWER), "another output of it");
    assert_eq!(code(outcome(&script, 2, height, 1, true)), Err(&OTHER_ANSWER), "no output of it");
    assert_eq!(code(outcome(&script, 0, height + 1, 1, true)), Err(&OTHER_ANSWER), "above the tip");
    assert_eq!(code(outcome(&script, 0, height, 2, true)), Err(&OTHER_ANSWER), "twice");
    assert_eq!(code(outcome(&script, 0, height, 0, false)), Err(&SCAN_ENDED));
    node.say("getrawtransaction", move |_| Ok(json!(other_hex)));
    let error = node.source(None).coins(&watched(&accounts, 5), &Silent).unwrap_err();
    assert_eq!(error.code(), &OTHER_ANSWER);
}

#[test]
fn waits_while_another_scan_is_running() {
    let node = Node::new();
    let busy = AtomicUsize::new(0);
    node.say("scantxoutset", move |_| match busy.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => Err((-8, "Scan already in progress, use action \"abort\" or \"status\"".to_owned())),
        _ => Ok(json!({"success": true, "height": 1_000, "unspents": []})),
    });
    assert!(node.source(None).coins(&watched(&accounts(), 2), &Silent).unwrap().is_empty());
}

#[test]
fn reads_a_wallet_that_watches_everything_and_no_other() {
    let node = Node::new();
    let accounts = &accounts()[..1];
    let account = &accounts[0].1;
    let mined = node.world.with(|truth| truth.blocks.fund(&[(account.script_pubkey(0, 2).unwrap(), 5_000)]));
    let waiting = spend(&node.fund(1), &[(account.script_pubkey(1, 1).unwrap(), 7_000)]);
    let height = node.height() - 1;
    let mined = node.world.with(|truth| truth.blocks.transaction(mined).unwrap().clone());
    let known = [(mined, Some(height)), (waiting, None)];
    let body = account.descriptor().split('#').next().unwrap().replace("/<0;1>/*", "/B/*").replace('\'', "h");
    let wallet = move |held: Vec<(u32, u32)>, scanning: Value| {
        let known = known.clone();
        let body = body.clone();
        move |received: &Received, _: Reply| {
            assert_eq!(received.path(), "/wallet/air%20lock");
            let answer = |call: &Value| {
                let result = match call["method"].as_str().unwrap() {
                    "getwalletinfo" => json!({"walletname": "air lock", "scanning": scanning}),
                    "listdescriptors" => json!({"descriptors": held.iter().map(|(branch, last)| {
                        let desc = format!("{}#checksum", body.replace("/B/", &format!("/{branch}/")));
                        json!({"desc": desc, "timestamp": 1, "active": true, "range": [0, last]})
                    }).collect::<Vec<_>>()}),
                    "listunspent" => known.iter().map(|(transaction, _)| json!({
                        "txid": transaction.compute_txid(), "vout": 0, "amount": 0.1, "confirmations": 0,
                        "scriptPubKey": transaction.output[0].script_pubkey.to_hex_string(), "safe": false,
                    })).collect(),
                    "gettransaction" => {
                        let id = call["params"][0].as_str().unwrap();
                        let (found, height) =
                            known.iter().find(|(t, _)| t.compute_txid().to_string() == id).unwrap();
                        let mut shown = json!({"amount": -1e-5, "hex": serialize_hex(found)});
                        if let Some(height) = height {
                            shown["blockheight"] = json!(height);
                        }
                        shown
                    }
                    other => panic!("{other}"),
                };
                json!({"result": result, "error": null, "id": call["id"]})
            };
            match received.json() {
                Value::Array(calls) => Reply::json(&calls.iter().map(answer).collect()),
                call => Reply::json(&answer(&call)),
            }
        }
    };
    let source = node.source(Some("air lock"));
    node.world.bend(Which::Core, wallet(vec![(0, 20), (1, 20)], json!(false)));
    let coins = source.coins(&watched(accounts, 20), &Silent).unwrap();
    let found: Vec<_> = coins.iter().map(|coin| (coin.branch, coin.index, coin.height)).collect();
    assert_eq!(found, [(0, 2, Some(height)), (1, 1, None)]);

    for held in [vec![(0, 20)], vec![(0, 20), (1, 19)], vec![]] {
        node.world.bend(Which::Core, wallet(held, json!(false)));
        let error = source.coins(&watched(accounts, 20), &Silent).unwrap_err();
        assert_eq!(error.code(), &NOT_WATCHED);
        assert!(
            error.next().contains("importdescriptors '[{\"desc\":\"wpkh([73c5da0a/84"),
            "{}",
            error.next()
        );
    }
    node.world.bend(Which::Core, wallet(vec![(0, 20), (1, 20)], json!({"duration": 3, "progress": 0.5})));
    assert_eq!(source.coins(&watched(accounts, 20), &Silent).unwrap_err().code(), &WALLET_BEHIND);
    node.say("getwalletinfo", |_| Err((-18, "Requested wallet does not exist or is not loaded".to_owned())));
    assert_eq!(source.coins(&watched(accounts, 20), &Silent).unwrap_err().code(), &NO_WALLET);
}

#[test]
fn reads_payments_out_of_whole_blocks_that_prove_themselves() {
    let node = Node::new();
    let accounts = accounts();
    let ours = [accounts[0].1.script_pubkey(0, 0).unwrap(), accounts[2].1.script_pubkey(0, 1).unwrap()];
    let first = node.world.with(|truth| {
        truth.blocks.fund(&[(ours[0].clone(), 5_000), (anyone().0, 1), (ours[0].clone(), 6_000)])
    });
    let from = node.height();
    node.world.mine();
    let second = node.world.with(|truth| truth.blocks.fund(&[(ours[1].clone(), 7_000)]));
    let to = node.height();
    let source = node.source(None);
    let found = |from, to| {
        let payments = source.payments(&ours, from, to, &Silent)?;
        let found = payments.iter().map(|p| (p.outpoint, p.amount.to_sat(), p.height)).collect::<Vec<_>>();
        Ok::<_, airlock::Error>(found)
    };
    let all = [
        (OutPoint::new(first, 0), 5_000, from),
        (OutPoint::new(first, 2), 6_000, from),
        (OutPoint::new(second, 0), 7_000, to),
    ];
    assert_eq!(found(from, to).unwrap(), all);
    assert_eq!(found(from + 1, to).unwrap(), all[2..]);
    assert_eq!(found(to + 1, to).unwrap(), []);

    let block = node.world.with(|truth| truth.blocks.at(from).unwrap().clone());
    let mut bent = block.clone();
    bent.txdata[1].output[0].value += bitcoin::Amount::from_sat(1);
    let hex = serialize_hex(&bent);
    node.say("getblock", move |_| Ok(json!(hex)));
    assert_eq!(found(from, from).unwrap_err().code(), &OTHER_ANSWER, "a block with another amount");
    // The hash of an old block in place of the next: a chain that does not hang together.
    let (there, before) = node
        .world
        .with(|t| (t.blocks.at(from).unwrap().block_hash(), t.blocks.at(1_000).unwrap().block_hash()));
    node.say("getblockhash", move |params| Ok(json!(if params[0] == from { there } else { before })));
    assert_eq!(found(from, from + 1).unwrap_err().code(), &REORGANIZED);
}

#[test]
fn follows_a_transaction_from_nowhere_to_a_block_without_index() {
    let node = Node::new();
    let source = node.source(None);
    let coins = node.fund(2);
    let since = node.height();
    let transaction = spend(&coins, &[(anyone().0, 50_000), (anyone().0, 50_000)]);
    let txid = transaction.compute_txid();
    let is = || source.whereabouts(&transaction, since).unwrap();
    assert_eq!(is(), Whereabouts::Unknown);
    node.wait(&transaction);
    assert_eq!(is(), Whereabouts::Waiting);
    node.world.mine();
    let (height, hash) = node.world.with(|t| (t.blocks.height(), t.blocks.tip().block_hash()));
    assert_eq!(is(), Whereabouts::InBlock { height, hash });
    node.world.mine();
    assert_eq!(is(), Whereabouts::InBlock { height, hash });
    // When its outputs are spent as well, its block is looked for.
    let spent: Vec<OutPoint> = (0..2).map(|vout| OutPoint::new(txid, vout)).collect();
    node.mine_only(&[&spend(&spent, &[(anyone().0, 90_000)])]);
    assert_eq!(is(), Whereabouts::InBlock { height, hash });
    node.world.with(|truth| truth.node.txindex = true);
    assert_eq!(is(), Whereabouts::InBlock { height, hash });
    // With the block gone it waits again.
    node.world.with(|truth| truth.blocks.reorganize(3));
    assert_eq!(is(), Whereabouts::Waiting);
}

#[test]
fn tells_who_has_taken_a_coin_and_does_not_accuse_anybody_of_a_coin_that_never_was() {
    let node = Node::new();
    let source = node.source(None);
    let coins = node.fund(3);
    let since = node.height();
    let ours = spend(&coins[..2], &[(anyone().0, 150_000)]);
    let other = spend(&coins[1..2], &[(anyone().0, 90_000)]);
    node.wait(&other);
    let by = Some(other.compute_txid());
    let is = |transaction: &Transaction| source.whereabouts(transaction, since).unwrap();
    assert_eq!(is(&ours), Whereabouts::Displaced { coin: coins[1], by, in_block: false });
    node.world.mine();
    assert_eq!(is(&ours), Whereabouts::Displaced { coin: coins[1], by: None, in_block: true });
    // The child of a parent that nobody knows yet.
    let parent = spend(&coins[2..], &[(anyone().0, 90_000)]);
    let child = spend(&[OutPoint::new(parent.compute_txid(), 0)], &[(anyone().0, 80_000)]);
    assert_eq!(is(&child), Whereabouts::Unknown);
    node.wait(&parent);
    assert_eq!(is(&child), Whereabouts::Unknown);
    node.wait(&child);
    assert_eq!(is(&child), Whereabouts::Waiting);
}

#[test]
fn gives_single_transactions_by_txid_and_by_the_coin_that_they_spend_without_index() {
    let node = Node::new();
    let source = node.source(None);
    let coins = node.fund(2);
    let since = node.height();
    let one = spend(&coins[..1], &[(anyone().0, 90_000)]);
    let txid = one.compute_txid();
    let is_of = |found: Option<Transaction>| found.map(|found| found.compute_txid());
    assert_eq!(source.transaction(txid, None).unwrap(), None);
    assert_eq!(source.spender(coins[0], since).unwrap(), None);
    node.wait(&one);
    assert_eq!(source.transaction(txid, None).unwrap(), Some(one.clone()));
    assert_eq!(is_of(source.spender(coins[0], since).unwrap()), Some(txid));
    node.world.mine();
    let hash = node.world.with(|truth| truth.blocks.tip().block_hash());
    assert_eq!(source.transaction(txid, None).unwrap(), None, "without the block it is not found");
    assert_eq!(is_of(source.transaction(txid, Some(hash)).unwrap()), Some(txid));
    node.world.mine();
    assert_eq!(is_of(source.spender(coins[0], since).unwrap()), Some(txid));
    assert_eq!(source.spender(coins[1], since).unwrap(), None);
    assert_eq!(source.spender(coins[0], since + 2).unwrap(), None, "no block below can hold it");
    assert_eq!(source.header(hash).unwrap().block_hash(), hash);
    // Another transaction in its place.
    let lie = serialize_hex(&spend(&coins[1..], &[(anyone().0, 1_000)]));
    node.say("getrawtransaction", move |_| Ok(json!(lie)));
    assert_eq!(source.transaction(txid, Some(hash)).unwrap_err().code(), &OTHER_ANSWER);
    node.say("getrawtransaction", |_| Ok(json!("00")));
    assert_eq!(source.transaction(txid, Some(hash)).unwrap_err().code(), &BAD_ANSWER);
}

#[test]
fn says_so_when_a_transaction_lies_too_deep_to_be_found() {
    let node = Node::new();
    let coins = node.fund(1);
    let since = node.height();
    let ours = spend(&coins, &[(anyone().0, 90_000)]);
    node.mine_only(&[&ours]);
    node.mine_only(&[&spend(&[OutPoint::new(ours.compute_txid(), 0)], &[(anyone().0, 80_000)])]);
    for _ in 0..1_000 {
        node.world.mine();
    }
    let error = node.source(None).whereabouts(&ours, since).unwrap_err();
    assert_eq!(error.code(), &OUT_OF_SIGHT);
}

#[test]
fn hands_over_one_or_a_package_and_tries_both_out_before() {
    let node = Node::new();
    let source = node.source(None);
    let coins = node.fund(4);
    let parent = spend(&coins[..1], &[(anyone().0, 99_000)]);
    let child = spend(&[OutPoint::new(parent.compute_txid(), 0)], &[(anyone().0, 98_000)]);
    let pair = [parent.clone(), child.clone()];
    assert_eq!(source.try_out(&pair).unwrap().unwrap(), [Verdict::Accepted, Verdict::Accepted]);
    assert!(node.world.with(|truth| truth.blocks.mempool.is_empty()), "only tried");
    assert_eq!(source.submit(&pair).unwrap(), [Verdict::Accepted, Verdict::Accepted]);
    assert_eq!(node.world.with(|truth| truth.blocks.mempool.len()), 2);
    assert_eq!(source.submit(&pair).unwrap(), [Verdict::Accepted, Verdict::Accepted], "again");
    assert_eq!(source.try_out(&pair).unwrap().unwrap(), [Verdict::AlreadyWaiting, Verdict::AlreadyWaiting]);
    node.world.mine();
    assert_eq!(source.submit(&pair).unwrap(), [Verdict::AlreadyInBlock, Verdict::AlreadyInBlock]);
    assert_eq!(source.try_out(&pair[1..]).unwrap().unwrap(), [Verdict::AlreadyInBlock]);

    // Too low a fee, and its child; another family is judged by itself.
    let low = spend(&coins[1..2], &[(anyone().0, 100_000)]);
    let its_child = spend(&[OutPoint::new(low.compute_txid(), 0)], &[(anyone().0, 90_000)]);
    let alone = spend(&coins[2..3], &[(anyone().0, 99_000)]);
    let tried = source.try_out(&[low.clone(), its_child.clone(), alone.clone()]).unwrap().unwrap();
    assert!(
        matches!(&tried[..], [Verdict::Refused(e), Verdict::NotTried, Verdict::Accepted] if e.code() == &FEE_TOO_LOW),
        "{tried:?}"
    );
    let sent = source.submit(&[low, its_child, alone]).unwrap();
    assert!(matches!(&sent[..], [Verdict::Refused(_), Verdict::NotTried, Verdict::NotTried]), "{sent:?}");
    let gone = source.submit(&[spend(&coins[..1], &[(anyone().0, 1_000)])]).unwrap();
    assert!(matches!(&gone[..], [Verdict::Refused(e)] if e.code() == &INPUTS_GONE), "{gone:?}");
}

#[test]
fn a_rehearsal_refuses_nothing_that_goes_through_in_earnest() {
    let node = Node::new();
    let source = node.source(None);
    let coins = node.fund(2);
    let pair = |fee: u64| {
        let parent = spend(&coins[..1], &[(anyone().0, 100_000 - fee)]);
        let child = spend(&[OutPoint::new(parent.compute_txid(), 0)], &[(anyone().0, 100_000 - 2 * fee)]);
        [parent, child]
    };
    let accepted = [Verdict::Accepted, Verdict::Accepted];
    assert_eq!(source.submit(&pair(500)).unwrap(), accepted);
    // In a package nothing may replace what waits; alone it may. What hangs on it cannot be told.
    let dearer = pair(3_000);
    assert_eq!(source.try_out(&dearer).unwrap().unwrap(), [Verdict::Accepted, Verdict::NotTried]);
    let cheaper = source.try_out(&pair(501)).unwrap().unwrap();
    assert!(
        matches!(&cheaper[..], [Verdict::Refused(e), Verdict::NotTried] if e.code() == &REPLACEMENT_TOO_CHEAP),
        "{cheaper:?}"
    );
    assert_eq!(source.submit(&dearer).unwrap(), accepted);
    node.world.mine();
    // A node that was restarted has nothing in memory: it misses the coins of what is in its chain.
    node.say("testmempoolaccept", |params| {
        let all = params[0].as_array().unwrap().iter();
        let said = all.map(|hex| {
            let tx: Transaction = deserialize_hex(hex.as_str().unwrap()).unwrap();
            json!({"txid": tx.compute_txid(), "wtxid": tx.compute_wtxid(), "allowed": false,
                "reject-reason": "missing-inputs"})
        });
        Ok(said.collect())
    });
    let known = [Verdict::AlreadyInBlock, Verdict::AlreadyInBlock];
    assert_eq!(source.try_out(&dearer).unwrap().unwrap(), known);
    let tried = source.try_out(&pair(3_001)).unwrap().unwrap();
    assert!(matches!(&tried[0], Verdict::Refused(error) if error.code() == &INPUTS_GONE), "{tried:?}");
}

#[test]
fn a_child_may_pay_for_its_parent() {
    let node = Node::new();
    let source = node.source(None);
    let coins = node.fund(1);
    let parent = spend(&coins, &[(anyone().0, 100_000)]);
    let child = |fee: u64| spend(&[OutPoint::new(parent.compute_txid(), 0)], &[(anyone().0, 100_000 - fee)]);
    let sent = source.submit(&[parent.clone(), child(12)]).unwrap();
    assert!(matches!(&sent[..], [Verdict::Refused(_), Verdict::NotTried]), "{sent:?}");
    let sent = source.submit(&[parent.clone(), child(1_000)]).unwrap();
    assert_eq!(sent, [Verdict::Accepted, Verdict::Accepted]);
}

#[test]
fn a_node_without_wallets_is_told() {
    let error =
        Node::new().source(Some("air lock")).coins(&watched(&accounts()[..1], 2), &Silent).unwrap_err();
    assert_eq!(error.code(), &NO_METHOD);
    assert!(error.what().contains("has no wallets"), "{error}");
}

#[test]
fn sends_one_after_the_other_where_packages_are_not_known() {
    let node = Node::new();
    let source = node.source(None);
    let coins = node.fund(1);
    let parent = spend(&coins, &[(anyone().0, 99_000)]);
    let child = spend(&[OutPoint::new(parent.compute_txid(), 0)], &[(anyone().0, 98_000)]);
    let pair = [parent, child];
    for (code, words) in [
        (-32601, "Method not found"),
        (-25, "package topology disallowed. not child-with-parents or parents depend on each other."),
        (-1, "submitpackage [\"rawtx\",...]"),
    ] {
        node.say("submitpackage", move |_| Err((code, words.to_owned())));
        assert_eq!(source.submit(&pair).unwrap(), [Verdict::Accepted, Verdict::Accepted], "{words}");
        assert_eq!(node.world.with(|truth| std::mem::take(&mut truth.blocks.mempool).len()), 2);
    }
    // A node in trouble has judged nothing.
    node.say("sendrawtransaction", |_| Err((-28, "Loading block index…".to_owned())));
    assert_eq!(source.submit(&pair[..1]).unwrap_err().code(), &WARMING_UP);
    node.say("sendrawtransaction", |_| Ok(json!("ab".repeat(32))));
    assert_eq!(source.submit(&pair[..1]).unwrap_err().code(), &OTHER_ANSWER);
}

#[test]
fn tells_how_it_stands_by_a_header_that_proves_itself() {
    let node = Node::new();
    let source = node.source(None);
    let status = source.status().unwrap();
    let (height, hash, time) =
        node.world.with(|t| (t.blocks.height(), t.blocks.tip().block_hash(), t.blocks.tip().header.time));
    assert_eq!((status.network, status.height, status.hash), (BitcoinNetwork::Regtest, height, hash));
    assert_eq!((status.tip_time.to_unix(), status.synced, status.txindex), (u64::from(time), true, false));
    assert_eq!(status.version, "Satoshi:31.0.0");
    assert_eq!(source.block_hash(height).unwrap(), Some(hash));
    assert_eq!(source.block_hash(height + 1).unwrap(), None);
    let rates = source.fee_rates().unwrap();
    assert_eq!(rates.iter().map(|rate| rate.blocks).collect::<Vec<_>>(), [1, 2, 3, 6, 12, 24, 72, 144]);
    assert!(rates.iter().all(|rate| rate.sat_per_kvb == 2_000));
    let old = node.world.with(|t| serialize_hex(&t.blocks.at(1_000).unwrap().header));
    node.world.mine();
    node.say("getblockheader", move |_| Ok(json!(old)));
    assert_eq!(source.status().unwrap_err().code(), &OTHER_ANSWER);
    node.say("getblockchaininfo", |_| {
        Ok(json!({"chain": "liquidv1", "blocks": 1, "headers": 1,
        "bestblockhash": "00".repeat(32), "initialblockdownload": false, "pruned": false}))
    });
    assert_eq!(source.status().unwrap_err().code(), &BAD_ANSWER);
    node.world.with(|truth| truth.node.chain = "main".to_owned());
    node.world.straighten(Which::Core);
    assert_eq!(source.status().unwrap().network, BitcoinNetwork::Mainnet);
}
