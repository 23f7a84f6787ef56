//! Plans of a hostile online machine that are well-formed and still must not be signed, or not without a word.

use airlock::bundle::{Artefact, Bundle, Contents, Topic};
use airlock::error::Code;
use airlock::review::{Book, Review, refusals};
use airlock_tests::treasury::{Treasury, requests};
use serde_json::{Value, json};

const FRIEND: &str = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
const PAYEE: &str = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";

fn review(treasury: &Treasury, contents: Contents) -> airlock::Result<Review> {
    let bundle = Bundle::seal(contents)?;
    let book = Book { accounts: &treasury.accounts, assets: &[], destinations: &[], authenticated: true };
    Review::of_bundle(&bundle, &book, bundle.contents().created)
}

/// The honest plan is accepted; after one change it is refused with the code.
fn refuses(set: Value, code: &'static Code, change: impl FnOnce(&mut Contents)) {
    let treasury = Treasury::open();
    let mut contents = treasury.plan(&requests(set)).contents().clone();
    assert!(review(&treasury, contents.clone()).is_ok());
    change(&mut contents);
    let error = review(&treasury, contents).expect_err("the changed plan was accepted");
    assert_eq!(error.code(), code, "{error:?}");
}

fn tx_json(contents: &mut Contents, step: usize) -> &mut serde_json::Map<String, Value> {
    let Artefact::TxJson(json) = &mut contents.steps[step].artefact else { panic!("no XRP step") };
    json
}

fn xrp() -> Value {
    json!([{"from": "xrp-cold", "intent": {"send-xrp": {"to": FRIEND, "tag": 1, "amount": "5"}}}])
}

#[test]
fn refuses_to_serve_one_xrp_transaction_three_times() {
    let tx = json!({"TransactionType": "Payment", "Destination": FRIEND, "Amount": "1000000", "DestinationTag": 1});
    let asked = json!([{"from": "xrp-cold", "intent": {"xrp-transaction": {"tx_json": tx}}}]);
    refuses(asked, &refusals::REQUEST_DIFFERS, |contents| {
        for extra in 1..3u64 {
            contents.steps.push(contents.steps[0].clone());
            let step = contents.steps.len() - 1;
            let sequence = tx_json(contents, 0)["Sequence"].as_u64().unwrap() + extra;
            tx_json(contents, step).insert("Sequence".into(), sequence.into());
        }
    });
}

#[test]
fn refuses_a_ledger_that_closed_at_another_time_than_the_bundle_was_made() {
    for (seconds, later) in [(601, false), (601, true), (86_400 * 365, false)] {
        refuses(xrp(), &refusals::XRP_LEDGER, |contents| {
            let created = contents.created;
            for assumption in &mut contents.assumptions {
                if let Topic::XrpLedger { close_time, .. } = &mut assumption.topic {
                    *close_time = if later { created.plus(seconds) } else { created.minus(seconds) };
                }
            }
        });
    }
}

#[test]
fn refuses_fees_that_are_small_for_each_step_and_large_for_the_request() {
    let payment =
        json!({"from": "cold", "intent": {"send-bitcoin": {"payees": [{"to": PAYEE, "amount": "1"}]}}});
    let treasury = Treasury::open();
    let mut snapshot = airlock_tests::treasury::snapshot();
    // Coins worth enough for a fee: the demo's are small.
    for coin in &mut snapshot.bitcoin.as_mut().unwrap().coins {
        let mut previous: bitcoin::Transaction =
            bitcoin::consensus::encode::deserialize_hex(&coin.prev_tx).unwrap();
        previous.output[coin.outpoint.vout as usize].value = bitcoin::Amount::from_int_btc(2);
        coin.prev_tx = bitcoin::consensus::encode::serialize_hex(&previous);
        coin.outpoint.txid = previous.compute_txid();
    }
    let plan = |set: Value| {
        airlock_online::plan::plan(&requests(set), &snapshot, &treasury.accounts, &Default::default())
            .unwrap()
    };
    const STEPS: usize = 8;
    let mut contents = plan(json!(vec![payment; STEPS])).bundle.contents().clone();
    for step in &mut contents.steps {
        let Artefact::Psbt(psbt) = &mut step.artefact else { panic!("no bitcoin step") };
        let change = psbt.unsigned_tx.output.last_mut().unwrap();
        change.value = change.value.checked_sub(bitcoin::Amount::from_sat(130_000)).unwrap();
    }
    assert!(review(&treasury, contents.clone()).is_ok(), "each request has its own limit");
    let all = vec![json!({"to": PAYEE, "amount": "1"}); STEPS];
    contents.requests = requests(json!([{"from": "cold", "intent": {"send-bitcoin": {"payees": all}}}]));
    contents.steps.iter_mut().for_each(|step| step.request = 0);
    assert_eq!(review(&treasury, contents).unwrap_err().code(), &refusals::FEE);
}

#[test]
fn refuses_a_role_that_two_accounts_have() {
    let mut treasury = Treasury::open();
    let set =
        json!([{"from": "hot", "intent": {"send-bitcoin": {"payees": [{"to": PAYEE, "amount": "0.0003"}]}}}]);
    let contents = treasury.plan(&requests(set)).contents().clone();
    assert!(review(&treasury, contents.clone()).is_ok());
    let other = treasury.accounts.iter_mut().find(|account| account.name.as_str() == "nested").unwrap();
    other.role = airlock::account::Role::Hot;
    assert_eq!(review(&treasury, contents).unwrap_err().code(), &refusals::REQUEST_DIFFERS);
}

#[test]
fn refuses_a_nested_input_without_its_redeem_script() {
    let payee = json!({"asset": "XCP", "to": PAYEE, "amount": "1"});
    refuses(
        json!([{"from": "nested", "intent": {"send-asset": {"payee": payee}}}]),
        &refusals::INPUT_FIELDS,
        |contents| {
            let Artefact::Psbt(psbt) = &mut contents.steps[0].artefact else { panic!("no bitcoin step") };
            psbt.inputs[0].redeem_script = None;
        },
    );
}

#[test]
fn says_where_assets_on_the_coins_would_go() {
    let treasury = Treasury::open();
    let warned = |from: &str| {
        let set = json!([{"from": from, "intent": {"send-bitcoin": {"payees": [{"to": PAYEE, "amount": "0.0003"}]}}}]);
        let review = review(&treasury, treasury.plan(&requests(set)).contents().clone()).unwrap();
        let claimed = review.screen().iter().any(|line| line.contains("no Counterparty assets are attached"));
        let warned =
            review.warnings().iter().any(|w| w.kind.code() == "W-ATTACHED" && w.text.contains(PAYEE));
        (claimed, warned)
    };
    assert_eq!(warned("cold"), (true, true), "an account that may hold assets");
    assert_eq!(warned("float"), (false, false), "an account that holds none");
}
