//! From requests to reviews.

use airlock::bundle::{Assumption, Bundle, Contents, Topic};
use airlock::request::{AssetPayee, BitcoinPayee, Encoding, Intent, Request, RequestMemo};
use airlock::review::{Book, Review};
use airlock::time::Moment;
use airlock_online::plan::{Options, plan};

use crate::scene::Scene;

pub fn request(from: &str, intent: Intent) -> Request {
    Request {
        from: from.parse().unwrap(),
        reference: None,
        intent,
        fee_rate: None,
        fee_drops: None,
        encoding: None,
    }
}

pub fn with_encoding(mut request: Request, encoding: Encoding) -> Request {
    request.encoding = Some(encoding);
    request
}

pub fn payee(asset: &str, to: &str, amount: &str, memo: Option<RequestMemo>) -> AssetPayee {
    AssetPayee { asset: asset.into(), to: to.into(), amount: amount.into(), memo }
}

pub fn text(memo: &str) -> Option<RequestMemo> {
    Some(RequestMemo::Text(memo.into()))
}

pub fn hex(memo: &str) -> Option<RequestMemo> {
    Some(RequestMemo::Hex(memo.into()))
}

pub fn send(from: &str, asset: &str, to: &str, amount: &str, memo: Option<RequestMemo>) -> Request {
    request(from, Intent::SendAsset { payee: payee(asset, to, amount, memo) })
}

pub fn pay(from: &str, payees: &[(&str, &str)]) -> Request {
    let payees = payees
        .iter()
        .map(|(to, amount)| BitcoinPayee { to: (*to).into(), amount: (*amount).into() })
        .collect();
    request(from, Intent::SendBitcoin { payees })
}

pub fn xrp(to: &str, tag: Option<u32>, amount: &str) -> Request {
    request("xrp-cold", Intent::SendXrp { to: to.into(), tag, amount: amount.into() })
}

impl Scene {
    pub fn bundle(&self, requests: &[Request]) -> Bundle {
        plan(requests, &self.snapshot, &self.accounts, &Options::default())
            .unwrap_or_else(|e| panic!("{requests:?}: {e:?}"))
            .bundle
    }

    /// The review of what is planned, right after planning.
    pub fn review(&self, requests: &[Request]) -> Review {
        self.review_of(&self.bundle(requests))
    }

    pub fn review_of(&self, bundle: &Bundle) -> Review {
        self.review_at(bundle, bundle.contents().created, true)
    }

    pub fn review_at(&self, bundle: &Bundle, now: Moment, authenticated: bool) -> Review {
        let book = Book { accounts: &self.accounts, assets: &[], destinations: &[], authenticated };
        Review::of_bundle(bundle, &book, now).unwrap_or_else(|e| panic!("{e:?}"))
    }

    /// The review of the plan after an online machine of ill will changed it.
    pub fn review_changed(&self, requests: &[Request], change: impl FnOnce(&mut Contents)) -> Review {
        let mut contents = self.bundle(requests).contents().clone();
        change(&mut contents);
        self.review_of(&Bundle::seal(contents).unwrap())
    }
}

/// Replaces a claim, which must be there.
pub fn claim(contents: &mut Contents, change: impl Fn(&mut Topic) -> bool) {
    let changed =
        contents.assumptions.iter_mut().filter_map(|Assumption { topic, .. }| change(topic).then_some(()));
    assert!(changed.count() > 0, "no such claim");
}
