//! What a real node says against transactions, and what we make of it.

use airlock::Code;
use airlock_online::progress::Silent;
use airlock_online::source::bitcoin::{BitcoinSource, Verdict, Whereabouts};
use airlock_online::source::refusal::{
    CHAIN_TOO_LONG, CONFLICT, DATA_REFUSED, DUST, FEE_TOO_HIGH, FEE_TOO_LOW, IMMATURE, INPUTS_GONE, INVALID,
    MEMPOOL_FULL, NOT_STANDARD, NOT_YET, NOT_YET_RELATIVE, REPLACEMENT_TOO_CHEAP, SCRIPT_FAILED, TOO_LARGE,
};
use airlock_tests::online::PAYEE;
use bitcoin::absolute::LockTime;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hashes::Hash as _;
use bitcoin::opcodes::all::{OP_CHECKMULTISIG, OP_NOP, OP_RETURN};
use bitcoin::opcodes::{OP_FALSE, OP_TRUE};
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::transaction::Version;
use bitcoin::{OutPoint, ScriptBuf, Sequence, Transaction, Txid, Witness};
use serde_json::{Value, json};

use crate::bitcoind::Bitcoind;
use crate::scene::{Chain, Coin, anyone, spend};

/// Both answers of a node to one transaction: to the rehearsal, and in earnest.
fn verdicts(chain: &Chain, tx: &Transaction) -> (Verdict, Verdict) {
    let source = chain.node.source(None);
    let tried = source.try_out(std::slice::from_ref(tx)).unwrap().unwrap().remove(0);
    (tried, source.submit(std::slice::from_ref(tx)).unwrap().remove(0))
}

/// The node's own words.
fn words(chain: &Chain, tx: &Transaction) -> (String, String) {
    let hex = serialize_hex(tx);
    let tried = chain.node.call("testmempoolaccept", json!([[hex], 0]));
    let said = |name: &str| tried[0][name].as_str().unwrap_or("-").to_owned();
    let sent = chain.node.try_call("sendrawtransaction", json!([hex, 0]));
    let sent = sent.map_or_else(|(code, words)| format!("{code} {words}"), |_| "taken".to_owned());
    (format!("{} / {}", said("reject-reason"), said("reject-details")), sent)
}

/// Both answers must be refusals of this code.
#[track_caller]
fn refused(chain: &Chain, name: &str, tx: &Transaction, code: &Code) {
    let (tried, sent) = words(chain, tx);
    eprintln!("{name}: {} | {tried} | {sent}", code.id);
    let (tried, sent) = verdicts(chain, tx);
    for verdict in [tried, sent] {
        let Verdict::Refused(error) = &verdict else { panic!("{name}: {verdict:?}") };
        assert_eq!(error.code(), code, "{name}: {error}");
    }
}

fn with(tx: &Transaction, change: impl FnOnce(&mut Transaction)) -> Transaction {
    let mut tx = tx.clone();
    change(&mut tx);
    tx
}

fn to_anyone(sat: u64) -> (ScriptBuf, u64) {
    (anyone().0, sat)
}

fn data(bytes: usize) -> ScriptBuf {
    ScriptBuf::new_op_return(PushBytesBuf::try_from(vec![7; bytes]).unwrap())
}

/// One output of this transaction.
fn output(tx: &Transaction, vout: u32) -> Coin {
    let at = usize::try_from(vout).unwrap();
    (OutPoint::new(tx.compute_txid(), vout), tx.output[at].value.to_sat())
}

const SAT: u64 = 1_000_000;

#[test]
fn every_refusal_of_a_real_node_comes_out_as_its_code() {
    let Some(chain) = Chain::open(&["-permitbaremultisig=1"]) else { return };
    eprintln!("{}", chain.node.version());
    let coins = chain.split(150, SAT);
    let one = |index: usize| std::slice::from_ref(&coins[index]);
    let plain = spend(one(0), &[to_anyone(SAT - 1_000)]);

    refused(&chain, "no fee", &spend(one(0), &[to_anyone(SAT)]), &FEE_TOO_LOW);
    refused(&chain, "a fee of 5 sat", &spend(one(0), &[to_anyone(SAT - 5)]), &FEE_TOO_LOW);
    refused(&chain, "more out than in", &spend(one(0), &[to_anyone(SAT + 1)]), &INVALID);
    let nowhere = (OutPoint::new(Txid::from_byte_array([9; 32]), 0), SAT);
    refused(&chain, "a coin of nowhere", &spend(&[nowhere], &[to_anyone(1_000)]), &INPUTS_GONE);
    let dust = spend(one(0), &[to_anyone(SAT - 1_000), to_anyone(200)]);
    refused(&chain, "dust", &dust, &DUST);
    let twice = spend(one(0), &[to_anyone(SAT - 2_000), to_anyone(200), to_anyone(200)]);
    refused(&chain, "dust twice", &twice, &DUST);
    let later = with(&plain, |tx| tx.lock_time = LockTime::from_consensus(5_000));
    refused(&chain, "a lock time", &later, &NOT_YET);
    let relative = with(&plain, |tx| tx.input[0].sequence = Sequence::from_height(500));
    refused(&chain, "a relative lock time", &relative, &NOT_YET_RELATIVE);
    let wrong = Builder::new().push_opcode(OP_FALSE).into_script();
    let wrong = with(&plain, |tx| tx.input[0].witness = Witness::from_slice(&[wrong.as_bytes()]));
    refused(&chain, "another script", &wrong, &SCRIPT_FAILED);
    refused(&chain, "no witness", &with(&plain, |tx| tx.input[0].witness = Witness::new()), &SCRIPT_FAILED);
    refused(&chain, "version 4", &with(&plain, |tx| tx.version = Version(4)), &NOT_STANDARD);
    let odd = Builder::new().push_opcode(OP_NOP).into_script();
    refused(&chain, "an odd script", &spend(one(0), &[(odd, SAT - 1_000)]), &NOT_STANDARD);
    let pushes_nothing = Builder::new().push_opcode(OP_NOP).into_script();
    refused(
        &chain,
        "an operation in scriptSig",
        &with(&plain, |tx| tx.input[0].script_sig = pushes_nothing),
        &NOT_STANDARD,
    );
    let long = Builder::new().push_slice(PushBytesBuf::try_from(vec![1; 1_700]).unwrap()).into_script();
    refused(&chain, "a long scriptSig", &with(&plain, |tx| tx.input[0].script_sig = long), &NOT_STANDARD);
    let fat = with(&plain, |tx| {
        tx.input[0].witness = Witness::from_slice(&[&[1; 90][..], anyone().1.nth(0).unwrap()]);
    });
    refused(&chain, "a fat witness", &fat, &NOT_STANDARD);
    let small = spend(one(0), &[(ScriptBuf::from_bytes(vec![OP_RETURN.to_u8()]), 0)]);
    refused(&chain, "60 bytes", &small, &TOO_LARGE);
    let large = spend(one(0), &vec![to_anyone(330); 2_600]);
    refused(&chain, "more than 100,000 vB", &large, &TOO_LARGE);
    refused(&chain, "a coin twice", &spend(&[coins[0], coins[0]], &[to_anyone(SAT - 1_000)]), &INVALID);
    let rich = spend(one(0), &[to_anyone(2_100_000_000_000_001)]);
    refused(&chain, "more than 21 million", &rich, &INVALID);
    let coinbase = with(&plain, |tx| {
        tx.input[0].previous_output = OutPoint::null();
        tx.input[0].script_sig = ScriptBuf::from_bytes(vec![1; 4]);
    });
    refused(&chain, "a coinbase", &coinbase, &INVALID);
    let fresh = &chain.node.mine(1, &crate::bitcoind::address(&anyone().0))[0].txdata[0];
    let young = spend(&[output(fresh, 0)], &[to_anyone(1_000)]);
    refused(&chain, "a young coinbase", &young, &IMMATURE);

    // What is spent already: in the chain, and by what waits.
    chain.send(&plain);
    let cheaper = spend(one(0), &[to_anyone(SAT - 999)]);
    refused(&chain, "a cheaper rival", &cheaper, &REPLACEMENT_TOO_CHEAP);
    let as_dear = spend(one(0), &[to_anyone(SAT - 1_001)]);
    refused(&chain, "a rival that pays a satoshi more", &as_dear, &REPLACEMENT_TOO_CHEAP);
    let thin = spend(&[&coins[0..1], &coins[1..40]].concat(), &[to_anyone(40 * SAT - 2_000)]);
    refused(&chain, "a rival that pays more and less per byte", &thin, &REPLACEMENT_TOO_CHEAP);
    let of_its_own = spend(&[coins[0], output(&plain, 0)], &[to_anyone(SAT)]);
    refused(&chain, "a rival of what it spends", &of_its_own, &CONFLICT);
    assert_eq!(verdicts(&chain, &plain), (Verdict::AlreadyWaiting, Verdict::Accepted));
    chain.node.mine(1, PAYEE);
    refused(&chain, "a coin spent in a block", &cheaper, &INPUTS_GONE);
    assert_eq!(verdicts(&chain, &plain), (Verdict::AlreadyInBlock, Verdict::AlreadyInBlock));

    let many: Vec<Transaction> = (40..141).map(|index| spend(one(index), &[to_anyone(SAT - 500)])).collect();
    many.iter().for_each(|tx| chain.send(tx));
    let all = spend(&coins[40..141], &[to_anyone(SAT)]);
    refused(&chain, "a rival of 101", &all, &REPLACEMENT_TOO_CHEAP);

    // A chain as long as the node takes it.
    let mut last = spend(one(145), &[to_anyone(SAT - 500)]);
    for link in 1..=100 {
        chain.send(&last);
        let next = spend(&[output(&last, 0)], &[to_anyone(SAT - 500 * (link + 1))]);
        let (tried, _) = words(&chain, &next);
        if !tried.starts_with('-') {
            refused(&chain, &format!("link {} of a chain", link + 1), &next, &CHAIN_TOO_LONG);
            assert!(link >= 25);
            break;
        }
        assert!(link < 100, "the chain has no end");
        last = next;
    }
    let third = with(&spend(&[output(&many[0], 0)], &[to_anyone(1_000)]), |tx| tx.version = Version(3));
    refused(&chain, "version 3 upon version 2", &third, &CHAIN_TOO_LONG);

    // Only in earnest is it said that a burnt amount is too high.
    let burnt = spend(one(142), &[(data(20), SAT / 2)]);
    let (tried, sent) = words(&chain, &burnt);
    eprintln!("burnt: {tried} | {sent}");
    let Verdict::Refused(error) = verdicts(&chain, &burnt).1 else { panic!() };
    assert_eq!(error.code(), &FEE_TOO_HIGH);
}

#[test]
fn what_a_node_of_narrow_policy_refuses_has_its_code() {
    let options = ["-permitbaremultisig=0", "-datacarrier=0", "-minrelaytxfee=0.0001"];
    let Some(chain) = Chain::open(&options) else { return };
    let coins = chain.split(3, SAT);
    let one = &coins[..1];
    let keys = ["02".to_owned() + &"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"[..64]];
    let key: bitcoin::PublicKey = keys[0].parse().unwrap();
    let multisig = Builder::new()
        .push_opcode(OP_TRUE)
        .push_key(&key)
        .push_key(&key)
        .push_opcode(bitcoin::opcodes::all::OP_PUSHNUM_2)
        .push_opcode(OP_CHECKMULTISIG)
        .into_script();
    refused(&chain, "bare multisig", &spend(one, &[(multisig, SAT - 100_000)]), &NOT_STANDARD);
    let said = spend(one, &[(data(20), 0), to_anyone(SAT - 100_000)]);
    refused(&chain, "OP_RETURN", &said, &DATA_REFUSED);
    refused(&chain, "9 sat/vB", &spend(one, &[to_anyone(SAT - 700)]), &FEE_TOO_LOW);
}

#[test]
fn a_full_mempool_is_told_and_what_it_threw_out_is_unknown() {
    let Some(chain) = Chain::open(&["-maxmempool=5", "-datacarriersize=100000"]) else { return };
    let coins = chain.split(90, 2 * SAT);
    let ours = spend(&coins[..1], &[to_anyone(2 * SAT - 120)]);
    chain.send(&ours);
    let source = chain.node.source(None);
    let since = u32::try_from(chain.node.height()).unwrap();
    assert_eq!(source.whereabouts(&ours, since).unwrap(), Whereabouts::Waiting);
    // 90,000 bytes each, each dearer than the one before.
    for (index, coin) in (0_u64..).zip(&coins[1..89]) {
        let tx = spend(std::slice::from_ref(coin), &[(data(90_000), 0), to_anyone(SAT - 3_000 * index)]);
        if !chain.node.waiting().contains(&ours.compute_txid()) {
            break;
        }
        drop(chain.node.try_call("sendrawtransaction", json!([serialize_hex(&tx), 0])));
    }
    assert!(!chain.node.waiting().contains(&ours.compute_txid()));
    assert_eq!(source.whereabouts(&ours, since).unwrap(), Whereabouts::Unknown);
    refused(&chain, "thrown out", &ours, &MEMPOOL_FULL);
}

#[test]
fn a_package_of_a_real_node() {
    let Some(chain) = Chain::open(&[]) else { return };
    let coins = chain.split(20, SAT);
    let source = chain.node.source(None);
    let pair = |at: usize, parent_fee: u64, child_fee: u64| {
        let parent = spend(&coins[at..=at], &[to_anyone(SAT - parent_fee)]);
        let child = spend(&[output(&parent, 0)], &[to_anyone(SAT - parent_fee - child_fee)]);
        [parent, child]
    };
    let accepted = vec![Verdict::Accepted, Verdict::Accepted];
    // The child pays for a parent below the floor: taken as a package, though the rehearsal refuses the parent. Before
    // cluster mempools only of version 3.
    let mut helped = pair(0, 0, 1_000);
    if chain.node.major() < 31 {
        helped[0].version = Version(3);
        helped[1] = spend(&[output(&helped[0], 0)], &[to_anyone(SAT - 1_000)]);
        helped[1].version = Version(3);
    }
    let tried = source.try_out(&helped).unwrap().unwrap();
    assert!(matches!(&tried[0], Verdict::Refused(error) if error.code() == &FEE_TOO_LOW), "{tried:?}");
    assert_eq!(tried[1], Verdict::NotTried);
    assert_eq!(source.submit(&helped).unwrap(), accepted);
    assert_eq!(source.submit(&helped).unwrap(), accepted, "again");
    let tried = source.try_out(&helped).unwrap().unwrap();
    assert_eq!(tried, [Verdict::AlreadyWaiting, Verdict::AlreadyWaiting]);
    // A child that pays for nobody.
    let verdicts = source.submit(&pair(1, 0, 5)).unwrap();
    assert!(matches!(&verdicts[0], Verdict::Refused(error) if error.code() == &FEE_TOO_LOW), "{verdicts:?}");
    assert_eq!(verdicts[1], Verdict::NotTried);
    // A parent that is there, and a child that is refused.
    let mut bad = pair(2, 1_000, 1_000);
    bad[1].input[0].witness = Witness::new();
    let tried = source.try_out(&bad).unwrap().unwrap();
    let verdicts = source.submit(&bad).unwrap();
    for verdicts in [tried, verdicts] {
        assert_eq!(verdicts[0], Verdict::Accepted);
        let refused = matches!(&verdicts[1], Verdict::Refused(error) if error.code() == &SCRIPT_FAILED);
        assert!(refused, "{verdicts:?}");
    }
    // Two parents; a chain of four; families that have nothing to do with each other.
    let parents = [&pair(3, 500, 0)[..1], &pair(4, 500, 0)[..1]].concat();
    let both = [output(&parents[0], 0), output(&parents[1], 0)];
    let family = [&parents[..], &[spend(&both, &[to_anyone(SAT)])]].concat();
    assert_eq!(source.try_out(&family).unwrap().unwrap(), vec![Verdict::Accepted; 3]);
    assert_eq!(source.submit(&family).unwrap(), vec![Verdict::Accepted; 3]);
    let mut line = pair(5, 500, 500).to_vec();
    for link in 3..=4_u64 {
        let last = line.last().unwrap();
        line.push(spend(&[output(last, 0)], &[to_anyone(SAT - 500 * link)]));
    }
    assert_eq!(source.try_out(&line).unwrap().unwrap(), vec![Verdict::Accepted; 4]);
    assert_eq!(source.submit(&line).unwrap(), vec![Verdict::Accepted; 4]);
    let apart = [pair(6, 500, 500), pair(7, 500, 500)].concat();
    assert_eq!(source.try_out(&apart).unwrap().unwrap(), vec![Verdict::Accepted; 4]);
    assert_eq!(source.submit(&apart).unwrap(), vec![Verdict::Accepted; 4]);
    // A pair that replaces one that waits: the node rehearses no replacement in a package.
    assert_eq!(source.submit(&pair(8, 500, 500)).unwrap(), accepted);
    let dearer = pair(8, 3_000, 3_000);
    let hex: Vec<String> = dearer.iter().map(serialize_hex).collect();
    eprintln!("a pair that replaces: {}", chain.node.call("testmempoolaccept", json!([hex, 0])));
    let tried = source.try_out(&dearer).unwrap().unwrap();
    assert_eq!(tried, [Verdict::Accepted, Verdict::NotTried]);
    assert_eq!(source.submit(&dearer).unwrap(), accepted);
    let cheaper = source.try_out(&pair(8, 600, 600)).unwrap().unwrap();
    let refused = matches!(&cheaper[0], Verdict::Refused(error) if error.code() == &REPLACEMENT_TOO_CHEAP);
    assert!(refused, "{cheaper:?}");
    // Dust of a parent without fee that its child leaves lying.
    let parent = spend(&coins[9..10], &[to_anyone(SAT), to_anyone(0)]);
    let child = spend(&[output(&parent, 0)], &[to_anyone(SAT - 2_000)]);
    let hex = [serialize_hex(&parent), serialize_hex(&child)];
    eprintln!("dust left lying: {}", chain.node.call("submitpackage", json!([hex, 0])));
    let verdicts = source.submit(&[parent, child]).unwrap();
    assert!(matches!(&verdicts[0], Verdict::Refused(_)), "{verdicts:?}");
    // A parent that is in the chain already.
    let late = pair(10, 500, 500);
    chain.send(&late[0]);
    chain.node.mine(1, PAYEE);
    let known = vec![Verdict::AlreadyInBlock, Verdict::Accepted];
    assert_eq!(source.try_out(&late).unwrap().unwrap(), known);
    assert_eq!(source.submit(&late).unwrap(), known);
}

#[test]
fn a_restarted_node_still_knows_what_its_chain_holds() {
    let Some(mut chain) = Chain::open(&[]) else { return };
    let coins = chain.split(2, SAT);
    let tx = spend(&coins[..1], &[to_anyone(SAT - 1_000)]);
    chain.send(&tx);
    chain.node.mine(1, PAYEE);
    let since = u32::try_from(chain.node.height()).unwrap();
    chain.node.restart(&[]);
    // In earnest it would look for the outputs, and have them in memory from then on.
    let tried = chain.node.call("testmempoolaccept", json!([[serialize_hex(&tx)], 0]));
    assert_eq!(tried[0]["reject-reason"], "missing-inputs");
    assert_eq!(verdicts(&chain, &tx), (Verdict::AlreadyInBlock, Verdict::AlreadyInBlock));
    let found = chain.node.source(None).whereabouts(&tx, since).unwrap();
    assert!(matches!(found, Whereabouts::InBlock { height, .. } if height == since));
    // Its one output is spent, too: nothing of it is left in the set of unspent outputs.
    let child = spend(&[output(&tx, 0)], &[to_anyone(SAT - 2_000)]);
    chain.send(&child);
    chain.node.mine(1, PAYEE);
    let found = chain.node.source(None).whereabouts(&tx, since).unwrap();
    assert!(matches!(found, Whereabouts::InBlock { height, .. } if height == since));
    refused(&chain, "in the chain, all spent", &tx, &INPUTS_GONE);
}

#[test]
fn a_node_with_an_index_of_spenders_names_them_in_another_order() {
    let Some(node) = Bitcoind::start(&[]) else { return };
    let (version, major) = (node.version(), node.major());
    drop(node);
    if major < 31 {
        eprintln!("skipped: {version} has no txospenderindex");
        return;
    }
    let Some(chain) = Chain::open(&["-txospenderindex=1"]) else { return };
    let (name, account) = &crate::reading::accounts()[0];
    let script = |index| account.script_pubkey(0, index).unwrap();
    let watched = [airlock_online::source::bitcoin::Watched { name, account, last_index: 3 }];
    chain.pay(&[(script(0), SAT), (script(1), SAT), (script(2), SAT)]);
    let source = chain.node.source(None);
    let coins = source.coins(&watched, &Silent).unwrap();
    assert_eq!(coins.len(), 3);
    // The last one is spent by what waits.
    let spent = chain.split(3, SAT);
    let tx = spend(&spent[2..3], &[to_anyone(SAT - 500)]);
    chain.send(&tx);
    let asked: Vec<Value> =
        spent.iter().map(|(coin, _)| json!({"txid": coin.txid, "vout": coin.vout})).collect();
    let said = chain.node.call("gettxspendingprevout", json!([asked]));
    eprintln!("{version} with txospenderindex: {said}");
    assert_eq!(source.coins(&watched, &Silent).unwrap(), coins);
    // A rival in a block is named.
    let rival = spend(&spent, &[to_anyone(2 * SAT)]);
    chain.node.mine_only(&[&rival], PAYEE);
    let found = source.whereabouts(&tx, 0).unwrap();
    let by = rival.compute_txid();
    assert_eq!(found, Whereabouts::Displaced { coin: spent[2].0, by: Some(by), in_block: true });
}

#[test]
fn the_little_chain_says_what_a_real_node_says() {
    let Some(chain) = Chain::open(&[]) else { return };
    let coins = chain.split(20, SAT);
    let one = |index: usize| std::slice::from_ref(&coins[index]);
    let waits = spend(one(0), &[to_anyone(SAT - 1_000)]);
    let mined = spend(one(1), &[to_anyone(SAT - 1_000)]);
    chain.send(&mined);
    chain.node.mine(1, PAYEE);
    chain.send(&waits);
    let mut little = chain.node.blocks();
    little.accept(&waits).unwrap();
    let nowhere = (OutPoint::new(Txid::from_byte_array([9; 32]), 0), SAT);
    let late = with(&spend(one(2), &[to_anyone(SAT - 1_000)]), |tx| {
        tx.lock_time = LockTime::from_consensus(5_000);
    });
    for tx in [
        mined,
        spend(&[nowhere], &[to_anyone(1_000)]),
        spend(one(1), &[to_anyone(SAT - 1_000), (data(3), 0)]),
        spend(one(0), &[to_anyone(SAT - 999)]),
        spend(one(0), &[to_anyone(SAT - 1_001)]),
        spend(&[&coins[0..1], &coins[2..20]].concat(), &[to_anyone(19 * SAT - 2_000)]),
        spend(one(2), &[to_anyone(SAT)]),
        spend(one(2), &[to_anyone(SAT - 9)]),
        spend(one(2), &[to_anyone(SAT + 1)]),
        spend(one(2), &[to_anyone(SAT - 1_000), to_anyone(100)]),
        late,
    ] {
        let real = chain.node.try_call("sendrawtransaction", json!([serialize_hex(&tx), 0])).unwrap_err();
        let said = little.judge(&tx).unwrap_err();
        eprintln!("{real:?}");
        // The little one speaks like Bitcoin Core 31.
        if chain.node.major() >= 31 {
            assert_eq!(said, real);
        } else if !real.1.starts_with("insufficient fee") {
            assert_eq!((said.0, said.1.split(',').next()), (real.0, real.1.split(',').next()));
        }
    }
    let wrong = with(&spend(one(2), &[to_anyone(SAT - 1_000)]), |tx| tx.input[0].witness = Witness::new());
    let real = chain.node.try_call("sendrawtransaction", json!([serialize_hex(&wrong), 0])).unwrap_err();
    let (code, words) = little.judge(&wrong).unwrap_err();
    assert_eq!(code, real.0);
    assert!(words.contains("script-verify-flag-failed (") && real.1.contains("script-verify-flag-failed ("));
    // A dearer rival is taken by both.
    let dearer = spend(one(0), &[to_anyone(SAT - 5_000)]);
    chain.send(&dearer);
    little.accept(&dearer).unwrap();
    let waiting: Vec<Txid> = little.mempool.iter().map(Transaction::compute_txid).collect();
    assert_eq!(waiting, chain.node.waiting());
}
