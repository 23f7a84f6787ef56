//! What the policy's lists add to a screen: names of destinations, the registry's units, and what is not listed.

use airlock::policy::Policy;
use airlock::request::Request;
use airlock::review::{Book, Review};

use crate::Case;

use crate::desk::{pay, xrp};
use crate::scene::{ALIKE, Scene, XRP_TAGGED};

pub const CASES: &[Case] = &[
    ("policy-bitcoin-listed", || reviewed(&[pay("cold", &[(ALIKE[1], "0.1")])])),
    ("policy-bitcoin-like-a-listed-one", || reviewed(&[pay("cold", &[(ALIKE[0], "0.1")])])),
    ("policy-xrp-listed", || reviewed(&[xrp(XRP_TAGGED, Some(1_234_567), "80000.25")])),
];

fn reviewed(requests: &[Request]) -> Review {
    let scene = Scene::regtest();
    let policy = format!(
        "version = 1\n[[destination]]\nname = \"Exchange, hot\"\naddress = \"{}\"\nassets = [\"BTC\"]\n\
         [[destination]]\nname = \"Exchange, XRP\"\naddress = \"{XRP_TAGGED}\"\nassets = [\"XRP\"]\ntags = [1234567]\n",
        ALIKE[1].to_uppercase()
    );
    let policy = Policy::parse(&policy).unwrap();
    let bundle = scene.bundle(requests);
    let destinations = policy.destinations();
    let book = Book {
        accounts: &scene.accounts,
        assets: policy.assets(),
        destinations: &destinations,
        authenticated: true,
    };
    Review::of_bundle(&bundle, &book, bundle.contents().created).unwrap()
}
