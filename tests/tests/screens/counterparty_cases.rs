//! Counterparty messages: every kind, every carrier, every memo.

use airlock::bundle::Topic;
use airlock::network::BitcoinNetwork;
use airlock::request::{Encoding, Intent, Request, RequestMemo};
use airlock::review::Review;

use crate::Case;
use crate::desk::{claim, hex, pay, payee, request, send, text, with_encoding, xrp};
use crate::scene::{Scene, WANTS_MEMO, XRP_TAGGED};

pub const CASES: &[Case] = &[
    ("send-text-memo", || xcp(text("invoice 42"))),
    ("send-hex-memo", || xcp(hex("00ff17"))),
    ("send-hex-memo-that-reads-as-text", || xcp(hex("343230303137"))),
    ("send-no-memo", || xcp(None)),
    ("send-memo-control-characters", || xcp(text("\u{1b}[2K\rFee 0 sat\u{7}\u{8}\u{0}"))),
    ("send-memo-osc-52", || xcp(text("\u{1b}]52;c;c2VuZCBtZQ==\u{7}"))),
    ("send-memo-bidi-and-zero-width", || xcp(text("\u{202e}00.1\u{202c} p\u{200b}ay\u{2066}\u{feff}"))),
    ("send-memo-forged-lines", || xcp(text("x\n\nNothing unusual\nFee 0 sat"))),
    ("send-memo-unicode", || xcp(text("Größe £5 支払い"))),
    ("send-divisible-claimed", divisible),
    ("send-indivisible-claimed", indivisible),
    ("send-to-taproot-address", to_taproot),
    ("send-to-own-account", to_own),
    ("send-required-memo-missing", missing_memo),
    ("send-large-fee", large_fee),
    ("send-opreturn", || carried("cold", Encoding::OpReturn)),
    ("send-multisig", || carried("cold", Encoding::Multisig)),
    ("send-taproot-pair", || carried("cold", Encoding::Taproot)),
    ("send-taproot-pair-from-legacy", || carried("legacy", Encoding::Taproot)),
    ("send-taproot-pair-from-nested", || carried("nested", Encoding::Taproot)),
    ("send-multisig-from-legacy", || carried("legacy", Encoding::Multisig)),
    ("mpma-p2sh-pair-from-legacy", p2sh_pair),
    ("mpma-2", || mpma(2)),
    ("mpma-12", || mpma(12)),
    ("mpma-500", || mpma(500)),
    ("mpma-three-assets", three_assets),
    ("sweep-balances", || sweep(true, false, None)),
    ("sweep-everything", || sweep(true, true, hex("beef"))),
    ("options-1", || Scene::regtest().review(&[request("cold", Intent::RequireMemo { require: true })])),
    ("options-0", || Scene::regtest().review(&[request("cold", Intent::RequireMemo { require: false })])),
    ("issuance-transfer", transfer),
    ("issuance-transfer-subasset", transfer_subasset),
    ("mixed-requests", mixed),
];

fn xcp(memo: Option<RequestMemo>) -> Review {
    let scene = Scene::regtest();
    scene.review(&[send("cold", "XCP", &scene.recipient(20), "25.5", memo)])
}

fn divisible() -> Review {
    let scene = Scene::regtest();
    scene.review(&[send("cold", "TOKENDIV", &scene.recipient(21), "1250.00000001", None)])
}

fn indivisible() -> Review {
    let scene = Scene::regtest();
    scene.review(&[send("cold", "CARDSIND", &scene.recipient(22), "1250", None)])
}

fn to_taproot() -> Review {
    let scene = Scene::regtest();
    scene.review(&[send("cold", "XCP", &scene.taproot_recipient(), "3", text("7"))])
}

fn to_own() -> Review {
    let scene = Scene::regtest();
    scene.review(&[send("cold", "XCP", &scene.address("legacy", 0, 0), "3", None)])
}

fn missing_memo() -> Review {
    let mut scene = Scene::regtest();
    let facts = &mut scene.snapshot.counterparty.as_mut().unwrap().addresses;
    facts.iter_mut().for_each(|row| row.requires_memo = false);
    scene.review_changed(&[send("cold", "XCP", WANTS_MEMO, "3", None)], |contents| {
        claim(contents, |topic| match topic {
            Topic::MemoRequired { required, .. } => {
                *required = true;
                true
            }
            _ => false,
        });
    })
}

fn large_fee() -> Review {
    let mut scene = Scene::regtest();
    scene.drain("cold");
    scene.fund("cold", 0, 0, 40_000);
    let send = send("cold", "XCP", &scene.recipient(23), "3", None);
    scene.review(&[Request { fee_rate: Some("60".into()), ..send }])
}

fn carried(from: &str, encoding: Encoding) -> Review {
    let scene = Scene::regtest();
    scene.review(&[with_encoding(send(from, "XCP", &scene.recipient(24), "1000", text("W-2291")), encoding)])
}

fn rows(scene: &Scene, count: u16) -> Intent {
    let payees = (1..=count)
        .map(|row| payee("XCP", &scene.recipient(row + 1_000), &format!("0.{:03}", row), None))
        .collect();
    Intent::SendMany { payees, memo: text("monthly") }
}

fn mpma(count: u16) -> Review {
    let scene = Scene::regtest();
    scene.review(&[request("cold", rows(&scene, count))])
}

fn p2sh_pair() -> Review {
    let scene = Scene::on(BitcoinNetwork::Testnet4, 80_000);
    scene.review(&[with_encoding(request("legacy", rows(&scene, 12)), Encoding::P2sh)])
}

fn three_assets() -> Review {
    let scene = Scene::regtest();
    let to = [31, 32, 33].map(|number| scene.recipient(number));
    let payees = vec![
        payee("XCP", &to[0], "1.5", text("a")),
        payee("XCP", &to[1], "22.25", hex("b0")),
        payee("TOKENDIV", &to[0], "1000", None),
        payee("CARDSIND", &to[1], "7", None),
        payee("CARDSIND", &to[2], "12", text("c")),
    ];
    scene.review(&[request("cold", Intent::SendMany { payees, memo: None })])
}

fn sweep(balances: bool, ownerships: bool, memo: Option<RequestMemo>) -> Review {
    let scene = Scene::regtest();
    scene.review(&[request("cold", Intent::Sweep { to: scene.recipient(34), balances, ownerships, memo })])
}

fn transfer() -> Review {
    let scene = Scene::regtest();
    scene.review(&[request(
        "cold",
        Intent::TransferOwnership { asset: "TOKENDIV".into(), to: scene.recipient(35) },
    )])
}

fn transfer_subasset() -> Review {
    let scene = Scene::regtest();
    let asset = "TOKENDIV.sub.Item_1".into();
    scene.review(&[request("cold", Intent::TransferOwnership { asset, to: scene.recipient(36) })])
}

/// Both chains, three accounts, five requests.
fn mixed() -> Review {
    let scene = Scene::regtest();
    let named = |request: Request, reference: &str| Request { reference: Some(reference.into()), ..request };
    scene.review(&[
        named(xrp(XRP_TAGGED, Some(1), "80000"), "rebalance"),
        named(send("legacy", "XCP", &scene.recipient(37), "25.5", text("invoice 42")), "W-1"),
        named(pay("float", &[(&scene.recipient(38), "0.3"), (&scene.recipient(39), "0.02")]), "W-2"),
        named(request("nested", rows(&scene, 3)), "W-3"),
        named(request("cold", Intent::RequireMemo { require: true }), "primer"),
    ])
}
