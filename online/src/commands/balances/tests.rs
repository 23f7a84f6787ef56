use std::collections::BTreeMap;
use std::time::Duration;

use airlock::amount::Quantity;

use airlock::amount::decimal::Decimal;

use super::count::Part;
use super::*;
use crate::gather::{Terms, gather};
use crate::progress::Silent;
use crate::promise::UnderWay;
use crate::source::counterparty::AttachedAsset;
use crate::source::memory::{Chain, accounts, then};

type Tiers = BTreeMap<String, BTreeSet<String>>;

fn counted(chain: &std::rc::Rc<Chain>, tiers: &Tiers, in_flight: &[usize]) -> Vec<Holding> {
    let (accounts, sources) = (accounts(), chain.sources());
    let mut terms = Terms { looks: 3, pause: Duration::ZERO, now: then, ..Terms::new(20) };
    let coins = chain.facts.borrow().bitcoin.as_ref().unwrap().coins.clone();
    terms.in_flight.coins = in_flight.iter().map(|index| coins[*index].outpoint).collect();
    let gathered = gather(&sources, &Scope::of_accounts(&accounts, &sources), &terms, &Silent).unwrap();
    let seen: Vec<&Account> = accounts.iter().collect();
    count::holdings(&gathered, &seen, tiers, &[]).unwrap()
}

fn of<'a>(holdings: &'a [Holding], tier: &str, asset: &str, part: Part) -> Option<&'a Holding> {
    holdings.iter().find(|held| held.tier == tier && held.asset == asset && held.part == part)
}

fn amount_of(holdings: &[Holding], tier: &str, asset: &str, part: Part) -> Option<String> {
    of(holdings, tier, asset, part).map(amount)
}

#[test]
fn reserves_attached_assets_and_coins_under_way_stand_apart() {
    let chain = Chain::demo();
    let before = counted(&chain, &Tiers::new(), &[]);
    // 250,000 XRP, a base reserve of 1 and no objects.
    assert_eq!(amount_of(&before, "cold", "XRP", Part::Free).unwrap(), "249,999");
    assert_eq!(amount_of(&before, "cold", "XRP", Part::Reserve).unwrap(), "1");
    // Divisible, indivisible, and one that the server does not know.
    assert_eq!(amount_of(&before, "holding", "TOKENDIV", Part::Free).unwrap(), "998.49999975");
    assert_eq!(amount_of(&before, "holding", "CARDSIND", Part::Free).unwrap(), "4,990");
    assert_eq!(amount_of(&before, "cold", "A1000000000000000501", Part::Free).unwrap(), "unknown");
    let longname = of(&before, "cold", "A95428960440599004", Part::Free).unwrap();
    assert_eq!(asset(longname), "TOKENDIV.sub.Item_1 (A95428960440599004)");

    let outpoint = chain.facts.borrow().bitcoin.as_ref().unwrap().coins[0].outpoint;
    let quantity = Quantity::new(150_000_000).unwrap();
    chain.attached.borrow_mut().push(AttachedAsset { outpoint, asset: "XCP".to_owned(), quantity });
    chain.facts.borrow_mut().bitcoin.as_mut().unwrap().coins[1].height = None;
    let after = counted(&chain, &Tiers::new(), &[2]);
    assert_eq!(amount_of(&after, "cold", "XCP", Part::Attached).unwrap(), "1.5");
    let parts = [Part::Free, Part::Attached, Part::Unconfirmed, Part::InFlight];
    let sats = parts.map(|part| of(&after, "cold", "BTC", part).unwrap().base_units);
    let free = of(&before, "cold", "BTC", Part::Free).unwrap().base_units;
    assert_eq!(sats.into_iter().fold(Decimal::ZERO, Decimal::plus), free, "the same bitcoin, told apart");
}

#[test]
fn what_bundles_under_way_send_stands_apart_from_what_is_free() {
    let (chain, accounts) = (Chain::demo(), accounts());
    let sources = chain.sources();
    let terms = Terms { looks: 3, pause: Duration::ZERO, now: then, ..Terms::new(20) };
    let mut gathered = gather(&sources, &Scope::of_accounts(&accounts, &sources), &terms, &Silent).unwrap();
    let (cold, xrp_cold) = (&accounts[0], &accounts[4]);
    let row = |address: &str, asset: &str, base_units| UnderWay {
        bundle: "R7K3".to_owned(),
        address: address.to_owned(),
        asset: asset.to_owned(),
        base_units,
        beyond: 0,
    };
    let address = cold.bitcoin().unwrap().address(0, 0).unwrap().to_string();
    gathered.under_way = vec![
        row(&address, "XCP", 150_000_000),
        row(&address, "CARDSIND", 3),
        row(xrp_cold.xrp().unwrap().address(), "XRP", 2_000_005),
    ];
    let seen: Vec<&Account> = accounts.iter().collect();
    let waiting = [(cold.name.clone(), 70_000)];
    let held = count::holdings(&gathered, &seen, &Tiers::new(), &waiting).unwrap();
    let amounts =
        ["XCP", "CARDSIND", "XRP", "BTC"].map(|asset| amount_of(&held, "cold", asset, Part::InFlight));
    assert_eq!(amounts.map(Option::unwrap), ["1.5", "3", "2.000005", "0.0007"]);
    // In the sums of all tiers every part is told where there are several, and the total is all of them.
    let totals = count::totals(&held);
    let sum = |part| of(&totals, "all", "XCP", part).map(|sum| sum.base_units.to_string());
    assert_eq!(
        [Part::Free, Part::InFlight, Part::Total].map(|part| sum(part).unwrap()),
        ["216829114577", "150000000", "216979114577"]
    );
    assert_eq!(totals.iter().filter(|sum| sum.asset == "TOKENDIV").count(), 1);
}

#[test]
fn tiers_are_roles_unless_the_configuration_says_otherwise() {
    let chain = Chain::demo();
    let tier = |tiers: &Tiers| {
        let named: BTreeSet<String> = counted(&chain, tiers, &[]).into_iter().map(|held| held.tier).collect();
        named.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(tier(&Tiers::new()), ["cold", "holding", "hot", "warm"]);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<String>>();
    let tiers = Tiers::from([
        ("vault".to_owned(), words(&["cold", "holding"])),
        ("desk".to_owned(), words(&["nested"])),
    ]);
    assert_eq!(tier(&tiers), ["desk", "hot", "vault"]);
}

#[test]
fn totals_are_the_sums_of_the_rows() {
    let holdings = counted(&Chain::demo(), &Tiers::new(), &[]);
    let totals = count::totals(&holdings);
    let xcp = totals.iter().find(|total| total.asset == "XCP").unwrap();
    // The three balances of the demo: 74876456549 + 67076201564 + 74876456464.
    assert_eq!(
        (xcp.base_units.to_string().as_str(), amount(xcp).as_str()),
        ("216829114577", "2,168.29114577")
    );
    let answer = told(&holdings);
    assert_eq!(answer.lines.len(), holdings.len() + totals.len() + 1);
    assert!(answer.lines.last().unwrap().contains("total"));
    assert_eq!(answer.json["totals"].as_array().unwrap().len(), totals.len());
}
