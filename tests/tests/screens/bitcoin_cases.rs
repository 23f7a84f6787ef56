//! Bitcoin payments of every account kind, and PSBTs of other software.

use airlock::bitcoin::psbt_v2::{self, PsbtVersion};
use airlock::bundle::Artefact;
use airlock::network::BitcoinNetwork;
use airlock::request::Request;
use airlock::review::{Book, Review};
use bitcoin::absolute::LockTime;
use bitcoin::psbt::raw::ProprietaryKey;
use bitcoin::{Amount, Psbt};

use crate::Case;
use crate::desk::{pay, send, text};
use crate::scene::{ALIKE, Scene};

pub const CASES: &[Case] = &[
    ("bitcoin-wpkh-with-change", || with_change("cold")),
    ("bitcoin-tr-with-change", || with_change("float")),
    ("bitcoin-pkh-with-change", || with_change("legacy")),
    ("bitcoin-sh-wpkh-with-change", || with_change("nested")),
    ("bitcoin-wpkh-without-change", || without_change("cold")),
    ("bitcoin-tr-without-change", || without_change("float")),
    ("bitcoin-pkh-without-change", || without_change("legacy")),
    ("bitcoin-sh-wpkh-without-change", || without_change("nested")),
    ("bitcoin-several-payees", several_payees),
    ("bitcoin-to-own-account", to_own_account),
    ("bitcoin-look-alike-payees", look_alikes),
    ("bitcoin-same-payment-twice", same_payment),
    ("bitcoin-fee-ladder", fee_ladder),
    ("bitcoin-hostile-reference", hostile_reference),
    ("bitcoin-not-authenticated-and-nearly-expired", nearly_expired),
    ("psbt-v0-payment", || foreign(|_| {})),
    ("psbt-v2-payment", version_2),
    ("psbt-v0-odd-but-signable", odd),
    ("psbt-v0-counterparty-send", foreign_send),
    ("psbt-v0-within-the-account", within),
];

fn with_change(account: &str) -> Review {
    let scene = Scene::regtest();
    scene.review(&[pay(account, &[(&scene.recipient(1), "1.25")])])
}

/// All of the coins but a fee, and a little that is too small to come back.
fn without_change(account: &str) -> Review {
    let mut scene = Scene::regtest();
    scene.drain(account);
    scene.fund(account, 0, 0, 25_000_600);
    scene.review(&[pay(account, &[(&scene.recipient(2), "0.25")])])
}

fn several_payees() -> Review {
    let scene = Scene::regtest();
    let [a, b, c] = [3, 4, 5].map(|number| scene.recipient(number));
    let request = pay(
        "float",
        &[(&a, "1.00000001"), (&scene.taproot_recipient(), "0.5"), (&b, "0.003"), (&c, "0.00002")],
    );
    scene.review(&[Request {
        fee_rate: Some("3.333".into()),
        reference: Some("run 2026-11".into()),
        ..request
    }])
}

fn to_own_account() -> Review {
    let scene = Scene::regtest();
    scene.review(&[pay("cold", &[(&scene.address("legacy", 0, 0), "0.75")])])
}

fn look_alikes() -> Review {
    Scene::regtest().review(&[pay("cold", &[(ALIKE[0], "0.1"), (ALIKE[1], "0.2")])])
}

fn same_payment() -> Review {
    let scene = Scene::regtest();
    let payment = pay("cold", &[(&scene.recipient(6), "0.1")]);
    scene.review(&[payment.clone(), payment])
}

fn fee_ladder() -> Review {
    let scene = Scene::regtest();
    scene.review_changed(&[pay("cold", &[(&scene.recipient(7), "0.4")])], |contents| {
        contents.steps[0].one_of = Some(0);
        let mut dearer = contents.steps[0].clone();
        let Artefact::Psbt(psbt) = &mut dearer.artefact else { panic!("a Bitcoin step") };
        let change = psbt.unsigned_tx.output.last_mut().unwrap();
        change.value = change.value.checked_sub(Amount::from_sat(1_000)).unwrap();
        contents.steps.push(dearer);
    })
}

fn hostile_reference() -> Review {
    let scene = Scene::regtest();
    let reference = Some("W-17\r\n\nNothing unusual\n\u{1b}[2K\u{202e}txid".to_owned());
    scene.review(&[Request { reference, ..pay("cold", &[(&scene.recipient(8), "0.02")]) }])
}

fn nearly_expired() -> Review {
    let scene = Scene::regtest();
    let bundle = scene.bundle(&[pay("cold", &[(&scene.recipient(9), "0.3")])]);
    scene.review_at(&bundle, bundle.contents().expires.minus(7 * 60), false)
}

fn psbt_of(scene: &Scene, request: Request) -> Psbt {
    match &scene.bundle(&[request]).steps()[0].artefact {
        Artefact::Psbt(psbt) => (**psbt).clone(),
        Artefact::TxJson(_) => panic!("an XRP step"),
    }
}

fn review_psbt(scene: &Scene, psbt: &Psbt) -> Review {
    let book = Book { accounts: &scene.accounts, assets: &[], destinations: &[], authenticated: true };
    Review::of_psbt(psbt, BitcoinNetwork::Regtest, &book).unwrap_or_else(|e| panic!("{e:?}"))
}

fn foreign(change: impl FnOnce(&mut Psbt)) -> Review {
    let scene = Scene::regtest();
    let mut psbt = psbt_of(&scene, pay("nested", &[(&scene.recipient(10), "0.6")]));
    change(&mut psbt);
    review_psbt(&scene, &psbt)
}

fn version_2() -> Review {
    let scene = Scene::regtest();
    let psbt = psbt_of(&scene, pay("float", &[(&scene.recipient(11), "1.6")]));
    let file = psbt_v2::encode(&psbt, PsbtVersion::Two).unwrap();
    let (psbt, version) = psbt_v2::decode_any(&file).unwrap();
    assert_eq!(version, PsbtVersion::Two);
    review_psbt(&scene, &psbt)
}

/// Two change outputs, a lock height and fields that nobody knows.
fn odd() -> Review {
    foreign(|psbt| {
        psbt.unsigned_tx.lock_time = LockTime::from_height(280).unwrap();
        let half = Amount::from_sat(30_000_000);
        let mut second = psbt.unsigned_tx.output[1].clone();
        psbt.unsigned_tx.output[1].value -= half;
        second.value = half;
        psbt.unsigned_tx.output.push(second);
        psbt.outputs.push(psbt.outputs[1].clone());
        let key = ProprietaryKey { prefix: b"wallet".to_vec(), subtype: 1, key: vec![] };
        psbt.outputs[0].proprietary.insert(key, b"label".to_vec());
    })
}

fn foreign_send() -> Review {
    let scene = Scene::regtest();
    let psbt = psbt_of(&scene, send("cold", "TOKENDIV", &scene.recipient(12), "2.5", text("42")));
    review_psbt(&scene, &psbt)
}

/// A consolidation: everything goes to the account's own change address.
fn within() -> Review {
    let scene = Scene::regtest();
    let mut psbt = psbt_of(&scene, pay("cold", &[(&scene.recipient(13), "1.6")]));
    let paid = psbt.unsigned_tx.output.remove(0);
    psbt.outputs.remove(0);
    psbt.unsigned_tx.output[0].value += paid.value;
    review_psbt(&scene, &psbt)
}
