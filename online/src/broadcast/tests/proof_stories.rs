//! What servers say of a block makes nothing final before they show it.

use airlock::network::BitcoinNetwork;
use bitcoin::hashes::Hash;

use super::sources::Node;
use super::world::Story;
use crate::broadcast::Report;
use crate::source::bitcoin::{BitcoinSource, Whereabouts};
use crate::source::blocks;
use crate::source::proof::OTHER_ANSWER;
use crate::source::refusal::REORGANIZED;
use crate::store::State;

/// A payment that is in block 288, `depth` blocks deep, and waits for as many.
fn in_a_block(name: &str, depth: u32) -> Story {
    let mut story = Story::of(name);
    story.depth = depth;
    story.broadcast().unwrap();
    story.shared.mine();
    story.shared.mine_empty(depth - 1);
    story
}

fn only(story: &mut Story, change: impl FnOnce(&mut Node)) -> Report {
    let mut node = story.node("odd");
    change(&mut node);
    story.nodes = vec![Box::new(node)];
    story.carry()
}

#[test]
fn one_server_that_lies_about_a_block_ends_no_payment() {
    for name in ["bitcoin", "send"] {
        let mut story = Story::of(name);
        story.broadcast().unwrap();
        story.shared.mine_empty(1);
        let (txid, tip) = (story.txid(0), story.shared.tip());
        // It sends us back to a block that is really there, and does not hold the payment.
        let hash = story.shared.0.borrow().blocks.last().unwrap().hash;
        // A ledger on the same side calls the message valid there.
        if let Some(judgement) = story.shared.0.borrow_mut().ledger.get_mut(&txid)
            && let crate::source::counterparty::Judgement::Parsed { height, .. } = judgement
        {
            *height = tip;
        }
        let judgement = story.shared.0.borrow().ledger.get(&txid).cloned();
        let ledger = super::sources::Ledger::new("ledger", &story.shared);
        ledger.says.borrow_mut().extend(judgement.map(|judgement| (txid, judgement)));
        story.ledgers = vec![Box::new(ledger)];
        let says = Whereabouts::InBlock { height: tip, hash };
        let report = only(&mut story, |node| node.says.extend([(txid, says)]));
        assert_eq!(story.state(0), State::Confirmed, "{report:?}");
        assert!(report.incidents[0].contains("holds") && report.incidents[0].contains("and it does not"));
        assert!(report.steps[0].says.as_ref().unwrap().contains("none of them shows"), "{report:?}");
        assert!(report.steps[0].todo.as_ref().unwrap().contains("Do not pay again"), "{report:?}");
        assert!(story.receipt().is_none());
    }
}

#[test]
fn a_server_that_shows_no_blocks_delays_the_end_until_another_shows_them() {
    let mut story = in_a_block("bitcoin", 2);
    let report = only(&mut story, |node| node.hides_blocks = true);
    assert_eq!(story.state(0), State::Confirmed);
    assert_eq!(report.steps[0].depth, Some((2, 2)));
    assert!(report.notes.iter().any(|note| note.contains("no such block")), "{report:?}");
    assert!(report.incidents.is_empty(), "it has not lied");
    story.nodes.push(Box::new(story.node("honest")));
    story.carry();
    assert_eq!(story.state(0), State::Final);
}

#[test]
fn the_blocks_above_must_name_the_ones_below() {
    let mut story = in_a_block("bitcoin", 3);
    let report = only(&mut story, |node| node.unchained = true);
    assert_eq!(story.state(0), State::Confirmed);
    assert!(report.notes.iter().any(|note| note.contains(REORGANIZED.id)), "{report:?}");
    only(&mut story, |_| ());
    assert_eq!(story.state(0), State::Final);
    // One block alone names nothing above.
    let mut story = in_a_block("bitcoin", 1);
    only(&mut story, |node| node.unchained = true);
    assert_eq!(story.state(0), State::Final);
}

#[test]
fn neither_is_a_payment_superseded_nor_a_message_failed_by_a_block_that_nobody_shows() {
    let mut story = Story::of("pair");
    story.broadcast().unwrap();
    let (rival, planned) = story.with_rival();
    story.shared.0.borrow_mut().mempool.clear();
    story.shared.confirm(&rival);
    planned.confirmed(story.shared.tip());
    story.shared.mine_empty(6);
    only(&mut story, |node| node.hides_blocks = true);
    assert_eq!(story.states(), [State::Submitted; 2]);
    only(&mut story, |_| ());
    assert_eq!(story.states(), [State::Superseded; 2]);
    let mut story = in_a_block("send", 1);
    story.shared.0.borrow_mut().ledger.clear();
    for hides in [true, false] {
        for _ in 0..8 {
            only(&mut story, |node| node.hides_blocks = hides);
            story.shared.mine_empty(1);
        }
        let end = if hides { State::Confirmed } else { State::Failed };
        assert_eq!(story.state(0), end);
    }
}

#[test]
fn a_proof_is_of_the_block_at_its_height_deep_enough_and_with_the_work_of_its_network() {
    let story = in_a_block("bitcoin", 2);
    let (mut node, txid) = (story.node("node"), story.txid(0));
    let hash = node.block_hash(288).unwrap().unwrap();
    node.hard = Some(hash);
    let prove = |network, txid, block, depth| {
        let proven = blocks::prove(&node, network, txid, block, depth);
        proven.map_err(|error| error.code().id)
    };
    let regtest = BitcoinNetwork::Regtest;
    assert_eq!(prove(regtest, txid, (288, hash), 2), Ok(()));
    assert_eq!(prove(regtest, txid, (288, hash), 3), Err(REORGANIZED.id), "there is no third");
    assert_eq!(prove(regtest, txid, (287, hash), 1), Err(REORGANIZED.id));
    let other = bitcoin::Txid::from_byte_array([7; 32]);
    assert_eq!(prove(regtest, other, (288, hash), 1), Err(OTHER_ANSWER.id));
    let mainnet = BitcoinNetwork::Mainnet;
    assert_eq!(prove(mainnet, txid, (288, hash), 1), Ok(()));
    assert_eq!(prove(mainnet, txid, (288, hash), 2), Err(OTHER_ANSWER.id), "the one above was cheap");
    let cheap = blocks::prove(&story.node("cheap"), mainnet, txid, (288, hash), 1).unwrap_err();
    assert!(cheap.code() == &OTHER_ANSWER && cheap.what().contains("difficulty"), "{cheap}");
    // The same root with the last transaction twice.
    story.shared.0.borrow_mut().blocks[3].txids.push(txid);
    assert_eq!(prove(regtest, txid, (288, hash), 1), Err(OTHER_ANSWER.id));
}
