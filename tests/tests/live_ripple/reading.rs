//! What the reader makes of the server's answers.

use airlock::xrp::{Transaction, TransactionType};
use airlock_online::source::engine::{self, Class};
use airlock_online::source::xrpl::{Delivered, Found, XrplSource as _};
use bitcoin::hex::DisplayHex as _;
use serde_json::json;

use crate::node::{GENESIS, Node};

#[test]
fn every_answer_of_the_server_is_understood() {
    let Some(node) = Node::open() else { return };
    let reader = node.reader();
    let payer = node.stranger(50_000_000);
    let payee = node.stranger(20_000_000);
    let (from, to) = (payer.account_id().to_string(), payee.account_id().to_string());
    let status = reader.status().unwrap();
    let ledger = status.validated.clone().expect("a validated ledger");
    assert!(!status.amendment_blocked && status.state == "full", "{status:?}");
    assert!(status.complete.hold(ledger.index, ledger.index), "{status:?}");
    assert_eq!(status.network_id, node.network_id);
    eprintln!("{}: {ledger:?}", status.version);
    let fee = reader.fee().unwrap();
    assert!(fee.open >= fee.base && fee.base == ledger.base_fee, "{fee:?}");
    assert_eq!(fee.current_index, ledger.index + 1);
    assert_eq!(reader.ledger_hash(ledger.index).unwrap().as_deref(), Some(ledger.hash.as_str()));
    assert_eq!(reader.ledger_hash(ledger.index + 100).unwrap(), None);

    let signed = node.signed(
        &payer,
        json!({"TransactionType": "Payment", "Destination": to, "DestinationTag": 0, "Amount": "1234567",
               "LastLedgerSequence": ledger.index + 20}),
    );
    let hash = signed.hash().unwrap().to_upper_hex_string();
    let first = ledger.index;
    assert!(matches!(
        reader.transaction(&hash, first, first).unwrap(),
        Found::NotFound { searched_all: true }
    ));
    let unsigned = signed.without_signature().to_json();
    let trial = reader.simulate(unsigned.as_object().unwrap()).unwrap().expect("it knows `simulate`");
    assert_eq!(trial.result, "tesSUCCESS");
    let before = node.balance(&from);
    let told = reader.submit(&signed.to_blob().to_upper_hex_string()).unwrap();
    assert_eq!((told.result.as_str(), told.queued, told.validated_index), ("tesSUCCESS", false, Some(first)));
    assert_eq!(reader.transaction(&hash, first, first).unwrap(), Found::Pending);
    let index = node.close();
    let found = reader.transaction(&hash, first, index).unwrap();
    let Found::Validated { ledger_index, result, delivered, close_time } = found else { panic!("{found:?}") };
    assert_eq!((ledger_index, result.as_str()), (index, "tesSUCCESS"));
    assert_eq!(delivered.unwrap().to_drops(), 1_234_567);
    assert_eq!(close_time, reader.status().unwrap().validated.map(|ledger| ledger.close_time));
    assert_eq!(before - node.balance(&from), 1_234_567 + 5_000);

    let page = reader.history(&to, first, index, None).unwrap();
    let entry = page.entries.last().unwrap();
    assert_eq!((page.from, page.to, &entry.hash), (first, index, &hash));
    assert_eq!(entry.delivered, Some(Delivered::Xrp(delivered.unwrap())));
    assert_eq!((entry.destination_tag, entry.balance_change), (Some(0), 1_234_567));
    assert_eq!(Some(entry.close_time), close_time);
    let page = reader.history(&from, first, index, None).unwrap();
    assert_eq!(page.entries.last().unwrap().balance_change, -1_239_567);

    let facts = reader.account(&from).unwrap();
    assert!(facts.exists && facts.balance == node.balance(&from).to_string() && !facts.signer_list);
    assert_eq!(u64::from(facts.sequence), node.root(&from)["Sequence"].as_u64().unwrap());
    let (_, nobody) = node.propose("ed25519");
    assert!(!reader.account(&nobody.account_id().to_string()).unwrap().exists);
    assert!(reader.account(GENESIS).unwrap().exists);
}

#[test]
fn tickets_are_read_from_all_pages() {
    let Some(node) = Node::open() else { return };
    let owner = node.stranger(200_000_000);
    let address = owner.account_id().to_string();
    node.done(&owner, json!({"TransactionType": "TicketCreate", "TicketCount": 250}));
    let facts = node.reader().account(&address).unwrap();
    assert_eq!((facts.tickets.len(), facts.owner_count), (250, 250));
    assert!(facts.tickets.iter().all(|ticket| *ticket < facts.sequence), "{facts:?}");
    let used = facts.tickets[7];
    let payment = json!({"TransactionType": "Payment", "Destination": GENESIS, "Amount": "1",
                         "TicketSequence": used});
    node.done(&owner, payment);
    let left = node.reader().account(&address).unwrap();
    assert!(left.tickets.len() == 249 && !left.tickets.contains(&used) && left.sequence == facts.sequence);
}

#[test]
fn long_histories_come_in_pages() {
    let Some(node) = Node::open() else { return };
    let payer = node.stranger(50_000_000);
    let payee = node.stranger(20_000_000);
    let to = payee.account_id().to_string();
    let first = node.close();
    let sequence = node.root(&payer.account_id().to_string())["Sequence"].as_u64().unwrap();
    for number in 0..230 {
        let payment = json!({"TransactionType": "Payment", "Destination": to, "Amount": (number + 1).to_string(),
                             "DestinationTag": number, "Sequence": sequence + number});
        let told = node.submit(&node.signed(&payer, payment));
        assert!(["tesSUCCESS", "terQUEUED"].contains(&told["engine_result"].as_str().unwrap()), "{told}");
        if number % 20 == 19 {
            node.close();
        }
    }
    let last = node.close_many(11);
    let reader = node.reader();
    let (mut tags, mut pages, mut marker) = (Vec::new(), 0, None);
    loop {
        let page = reader.history(&to, first, last, marker.as_ref()).unwrap();
        tags.extend(page.entries.iter().filter_map(|entry| entry.destination_tag));
        pages += 1;
        marker = page.marker;
        if marker.is_none() {
            break;
        }
    }
    assert!(pages > 1, "{pages}");
    assert_eq!(tags, (0..230).collect::<Vec<u32>>());
}

/// Hands over what must be refused with this result, which must have a row of its own.
#[track_caller]
fn refused(node: &Node, signed: &Transaction, expected: &str) {
    let told = node.reader().submit(&signed.to_blob().to_upper_hex_string()).unwrap();
    assert_eq!((told.result.as_str(), told.queued), (expected, false));
    let fallback = engine::read(&format!("{}SOMETHING_NEW", &expected[..3]));
    assert_ne!(engine::read(expected).code, fallback.code, "{expected} has no row");
}

#[test]
fn keys_and_networks_that_are_not_the_accounts_are_told_by_name() {
    let Some(node) = Node::open() else { return };
    let (owner, other) = (node.stranger(20_000_000), node.stranger(20_000_000));
    let address = owner.account_id().to_string();
    let pay =
        || json!({"TransactionType": "Payment", "Destination": GENESIS, "Amount": "1", "Account": address});
    refused(&node, &node.signed(&other, pay()), "tefBAD_AUTH");
    let regular = json!({"TransactionType": "SetRegularKey", "RegularKey": other.account_id().to_string()});
    node.done(&owner, regular);
    node.done(&owner, json!({"TransactionType": "AccountSet", "SetFlag": 4}));
    refused(&node, &node.signed(&owner, pay()), "tefMASTER_DISABLED");
    node.done(&other, pay());
    let (_, nobody) = node.propose("ed25519");
    let unfunded =
        json!({"TransactionType": "Payment", "Destination": GENESIS, "Amount": "1", "Sequence": 1});
    refused(&node, &node.signed(&nobody, unfunded), "terNO_ACCOUNT");
    let mut elsewhere = pay();
    elsewhere["NetworkID"] = json!(node.network_id + 1);
    let expected =
        if node.network_id > 1024 { "telWRONG_NETWORK" } else { "telNETWORK_ID_MAKES_TX_NON_CANONICAL" };
    refused(&node, &node.signed(&other, elsewhere), expected);
}

#[test]
fn every_engine_result_that_can_be_provoked_has_a_row_of_its_own() {
    let Some(node) = Node::open() else { return };
    let reader = node.reader();
    let payer = node.stranger(30_000_000);
    let payee = node.stranger(20_000_000);
    let hermit = node.stranger(20_000_000);
    let (_, nobody) = node.propose("ed25519");
    let address = |key: &airlock_offline::keys::XrpKey| key.account_id().to_string();
    node.done(&payee, json!({"TransactionType": "AccountSet", "SetFlag": 1}));
    node.done(&hermit, json!({"TransactionType": "AccountSet", "SetFlag": 9}));
    let now = node.close();
    let next = node.root(&address(&payer))["Sequence"].as_u64().unwrap();
    let pay =
        |to: &str, drops: &str| json!({"TransactionType": "Payment", "Destination": to, "Amount": drops});
    let with = |mut tx: serde_json::Value, more: serde_json::Value| {
        tx.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        tx
    };
    let genesis = || pay(GENESIS, "1");
    // Those first that leave nothing behind; a claimed fee uses the sequence, so each is asked alone.
    let cases = [
        ("tefPAST_SEQ", with(genesis(), json!({"Sequence": next - 1}))),
        ("terPRE_SEQ", with(genesis(), json!({"Sequence": next + 5}))),
        ("tefMAX_LEDGER", with(genesis(), json!({"LastLedgerSequence": now}))),
        ("tefNO_TICKET", with(genesis(), json!({"TicketSequence": 1, "Sequence": 0}))),
        ("terPRE_TICKET", with(genesis(), json!({"TicketSequence": next + 50, "Sequence": 0}))),
        ("telINSUF_FEE_P", with(genesis(), json!({"Fee": "1"}))),
        ("terINSUF_FEE_B", with(genesis(), json!({"Fee": "40000000"}))),
        ("tecNO_DST_INSUF_XRP", pay(&address(&nobody), "1")),
        ("tecDST_TAG_NEEDED", pay(&address(&payee), "1")),
        ("tecNO_PERMISSION", pay(&address(&hermit), "5000000")),
        ("tecUNFUNDED_PAYMENT", pay(GENESIS, "40000000")),
        ("tecTOO_SOON", json!({"TransactionType": "AccountDelete", "Destination": GENESIS, "Fee": "200000"})),
        ("tecNO_ALTERNATIVE_KEY", json!({"TransactionType": "AccountSet", "SetFlag": 4})),
        ("tecINSUFFICIENT_RESERVE", json!({"TransactionType": "TicketCreate", "TicketCount": 200})),
        (
            "tecNO_DST",
            json!({"TransactionType": "AccountDelete", "Destination": address(&nobody), "Fee": "200000"}),
        ),
    ];
    for (expected, tx) in cases {
        let signed = node.signed(&payer, tx);
        let told = reader.submit(&signed.to_blob().to_upper_hex_string());
        let told = told.unwrap_or_else(|e| panic!("{expected}: {e}"));
        let reading = engine::read(&told.result);
        eprintln!(
            "{expected}: {} {:?} {:?} queued {}",
            told.result,
            told.message,
            reading.code.map(|c| c.id),
            told.queued
        );
        assert_eq!((told.result.as_str(), told.queued), (expected, false));
        let fallback = engine::read(&format!("{}SOMETHING_NEW", &expected[..3]));
        assert_ne!(reading.code, fallback.code, "{expected} has no row");
        let index = node.close();
        let hash = signed.hash().unwrap().to_upper_hex_string();
        let found = reader.transaction(&hash, now, index).unwrap();
        // A deletion that fails is not kept: its fee would be lost.
        let is_deletion = signed.transaction_type() == TransactionType::AccountDelete;
        if Class::of(expected) == Class::Tec && !is_deletion {
            let Found::Validated { result, .. } = found else { panic!("{expected}: {found:?}") };
            assert_eq!(result, expected);
        } else {
            assert!(matches!(found, Found::Pending | Found::NotFound { .. }), "{expected}: {found:?}");
        }
    }
}
