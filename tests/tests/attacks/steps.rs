//! Bundles as a whole: steps that hide behind others, time, networks, approval, limits.

use airlock::bundle::file::OVER_LIMIT;
use airlock::bundle::{Contents, Topic, limits};
use airlock::network::BitcoinNetwork;
use airlock::review::refusals::{
    APPROVAL, CLOCK_BEHIND, EXPIRED, FOREIGN_INPUT, LINKS, REQUEST_DIFFERS, UNKNOWN_ACCOUNT,
};
use airlock::time::Moment;
use airlock_tests::forge::{
    CREATED, address, back, claim, coin, outpoint, output, pays, prove, psbt, refused, request, stranger,
    tx_json, unsigned,
};
use airlock_tests::permits::permission;
use bitcoin::Amount;

use crate::{VAULT, attack};

/// The payment once more, from another coin.
fn again(contents: &Contents) -> airlock::bundle::Step {
    let account = VAULT.account("cold");
    let other = coin(account, 1, 100_000, 2);
    let mut step = contents.steps[0].clone();
    let mut copy = contents.clone();
    let mut forged = unsigned(&[outpoint(&other, 0)], psbt(&mut copy, 0).unsigned_tx.output.clone());
    prove(&mut forged, 0, &other, account, 1);
    claim(&mut forged, 1, account, 1, 3);
    step.artefact = airlock::bundle::Artefact::Psbt(Box::new(forged));
    step
}

#[test]
fn refuses_to_pay_twice_for_one_request() {
    attack(&VAULT.payment("cold"), &REQUEST_DIFFERS, |contents| {
        let step = again(contents);
        contents.steps.push(step);
    });
}

/// Steps of one group are shown once; they must not be able to confirm both.
#[test]
fn refuses_a_group_whose_steps_can_both_confirm() {
    let mut ladder = VAULT.payment("cold");
    let mut higher = ladder.steps[0].clone();
    if let airlock::bundle::Artefact::Psbt(psbt) = &mut higher.artefact {
        psbt.unsigned_tx.output[1].value = Amount::from_sat(38_000);
    }
    ladder.steps.push(higher);
    for step in &mut ladder.steps {
        step.one_of = Some(1);
    }
    // Two fees for one payment, from one coin: that is what groups are for.
    attack(&ladder, &LINKS, |contents| {
        contents.steps[1] = airlock::bundle::Step { one_of: Some(1), ..again(contents) };
    });
    // A third that shares no coin with the second.
    attack(&ladder, &LINKS, |contents| {
        let step = airlock::bundle::Step { one_of: Some(1), ..again(contents) };
        contents.steps.push(step);
    });
}

/// A group across two requests would show the first payment only.
#[test]
fn refuses_to_hide_another_request_behind_a_group() {
    let thief = stranger(airlock::account::ScriptKind::Pkh, BitcoinNetwork::Regtest);
    for same_coin in [false, true] {
        attack(&VAULT.payment("cold"), &LINKS, |contents| {
            let to = address(&thief, BitcoinNetwork::Regtest);
            contents.requests.push(request("cold", pays(&[(to, "0.0006")])));
            let mut step = if same_coin { contents.steps[0].clone() } else { again(contents) };
            if let airlock::bundle::Artefact::Psbt(psbt) = &mut step.artefact {
                psbt.unsigned_tx.output[0] = output(thief.clone(), 60_000);
            }
            step.request = 1;
            contents.steps.push(step);
            for step in &mut contents.steps {
                step.one_of = Some(4);
            }
        });
    }
}

#[test]
fn refuses_a_group_of_xrp_payments_that_can_both_be_validated() {
    let honest = VAULT.xrp();
    attack(&honest, &LINKS, |contents| {
        let mut second = contents.steps[0].clone();
        second.one_of = Some(1);
        contents.steps[0].one_of = Some(1);
        contents.steps.push(second);
        tx_json(contents, 1).insert("Sequence".to_owned(), 8.into());
    });
    attack(&honest, &LINKS, |contents| {
        contents.steps.push(contents.steps[0].clone());
    });
}

/// A transaction that pays nobody, carries nothing and only burns fees serves no request.
#[test]
fn refuses_a_step_that_only_pays_fees() {
    let account = VAULT.account("store");
    let other = coin(account, 1, 1_000_000, 2);
    let idle = |sat| {
        let mut idle = unsigned(&[outpoint(&other, 0)], vec![back(account, sat)]);
        prove(&mut idle, 0, &other, account, 1);
        claim(&mut idle, 0, account, 0, 0);
        VAULT.step("store", idle)
    };
    for sat in [999_000, 950_000] {
        attack(&VAULT.send("store", "order 7"), &REQUEST_DIFFERS, |contents| {
            let mut change = idle(sat);
            // Change goes to branch 1.
            if let airlock::bundle::Artefact::Psbt(psbt) = &mut change.artefact {
                psbt.unsigned_tx.output[0] = airlock_tests::forge::change(account, sat);
                psbt.outputs[0] = bitcoin::psbt::Output::default();
                claim(psbt, 0, account, 1, 3);
            }
            contents.steps.push(change);
        });
    }
}

#[test]
fn refuses_two_steps_for_one_coin() {
    attack(&VAULT.payment("cold"), &LINKS, |contents| {
        contents.requests.push(contents.requests[0].clone());
        let mut second = contents.steps[0].clone();
        second.request = 1;
        contents.steps.push(second);
    });
}

#[test]
fn refuses_an_expired_bundle_and_a_clock_that_is_behind() {
    let honest = VAULT.payment("cold");
    let end = CREATED + 86_400;
    for now in [CREATED - 600, CREATED, end - 1] {
        assert!(VAULT.review_at(&honest, now).is_ok(), "{now}");
    }
    for now in [end, end + 86_400 * 365] {
        refused(VAULT.review_at(&honest, now), &EXPIRED);
    }
    for now in [CREATED - 601, 0] {
        refused(VAULT.review_at(&honest, now), &CLOCK_BEHIND);
    }
    attack(&honest, &EXPIRED, |contents| contents.expires = Moment::from_unix(CREATED + 59));
    attack(&honest, &CLOCK_BEHIND, |contents| {
        contents.created = Moment::from_unix(CREATED + 700);
    });
}

#[test]
fn refuses_cross_network() {
    let networks = [
        BitcoinNetwork::Mainnet,
        BitcoinNetwork::Testnet3,
        BitcoinNetwork::Testnet4,
        BitcoinNetwork::Signet,
        BitcoinNetwork::Regtest,
    ];
    for (name, own) in [("cold", BitcoinNetwork::Regtest), ("main", BitcoinNetwork::Mainnet)] {
        let honest = VAULT.payment(name);
        VAULT.sign(&honest).unwrap();
        for other in networks.into_iter().filter(|other| *other != own) {
            let mut forged = honest.clone();
            forged.networks.bitcoin = Some(other);
            assert!(VAULT.sign(&forged).is_err(), "{name} on {other}");
            // The same payee under his address on that network: only the account stands in the way.
            let to = address(&psbt(&mut forged, 0).unsigned_tx.output[0].script_pubkey, other);
            forged.requests[0].intent = pays(&[(to, "0.0006")]);
            refused(VAULT.sign(&forged), &FOREIGN_INPUT);
        }
        attack(&honest, &airlock::bundle::structure::BAD_STRUCTURE, |contents| {
            contents.networks.bitcoin = None;
        });
    }
    for other in [0, 2, 1_025, 21_338] {
        attack(&VAULT.xrp(), &UNKNOWN_ACCOUNT, |contents| {
            contents.networks.xrpl = Some(other);
            if other > 1_024 {
                tx_json(contents, 0).insert("NetworkID".to_owned(), other.into());
            }
        });
    }
    let mut forged = VAULT.xrp();
    tx_json(&mut forged, 0).insert("NetworkID".to_owned(), 1.into());
    assert!(VAULT.sign(&forged).is_err());
}

#[test]
fn nothing_is_signed_for_another_approval() {
    let bundles = [VAULT.payment("cold"), VAULT.send("store", "order 7"), VAULT.xrp()];
    for (contents, asked) in bundles.iter().zip(["0.0006", "1.5", "80000"]) {
        let review = || VAULT.review(contents).unwrap();
        let approve = |typed: &str| review().approve(typed, permission(&review()).unwrap());
        assert_eq!(review().approval_text(), asked);
        assert!(approve(asked).is_ok());
        for typed in ["", "y", "yes", "Y", "0", "1", &format!("{asked} "), &format!(" {asked}"), &asked[1..]]
        {
            refused(approve(typed), &APPROVAL);
        }
        refused(approve(&format!("{asked}0")), &APPROVAL);
    }
}

/// Counts at the limit pass that check; one more does not.
#[test]
fn refuses_over_each_limit() {
    let honest = VAULT.payment("cold");
    let over = |contents: &Contents| match VAULT.review(contents) {
        Ok(_) => false,
        Err(error) => error.code().id == OVER_LIMIT.id,
    };
    let check = |what: &str, limit: usize, fill: &dyn Fn(&mut Contents, usize)| {
        for (count, expected) in [(limit, false), (limit + 1, true)] {
            let mut contents = honest.clone();
            fill(&mut contents, count);
            assert_eq!(over(&contents), expected, "{count} {what}");
        }
    };
    check("requests", limits::REQUESTS, &|contents, count| {
        contents.requests = vec![contents.requests[0].clone(); count];
    });
    check("assumptions", limits::ASSUMPTIONS, &|contents, count| {
        contents.assumptions = vec![Topic::BitcoinHeight { height: 1 }.into(); count];
    });
    check("outputs", limits::OUTPUTS, &|contents, count| {
        let psbt = psbt(contents, 0);
        psbt.unsigned_tx.output = vec![psbt.unsigned_tx.output[0].clone(); count];
        psbt.outputs = vec![bitcoin::psbt::Output::default(); count];
    });
    check("inputs", limits::INPUTS, &|contents, count| {
        let psbt = psbt(contents, 0);
        psbt.unsigned_tx.input = vec![psbt.unsigned_tx.input[0].clone(); count];
        psbt.inputs = vec![bitcoin::psbt::Input::default(); count];
    });
    check("characters", limits::TEXT_CHARACTERS, &|contents, count| {
        contents.requests[0].reference = Some("x".repeat(count));
    });
}
