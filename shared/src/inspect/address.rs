//! One address of either chain.

use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use serde_json::json;

use super::{Inspection, inspection};
use crate::network::BitcoinNetwork;
use crate::xrp::{AccountId, XAddress};

/// Reads an address of any network.
pub(super) fn inspect(text: &str) -> Option<Inspection> {
    if let Ok(account) = text.parse::<AccountId>() {
        return Some(classic(account));
    }
    if let Ok(address) = text.parse::<XAddress>() {
        return Some(x_address(&address));
    }
    text.parse::<Address<NetworkUnchecked>>().ok().map(|address| bitcoin_address(&address))
}

fn classic(account: AccountId) -> Inspection {
    let mut lines = vec!["The same on every XRPL network.".to_owned()];
    if account.is_black_hole() {
        lines.push("Nobody controls it: what is sent there is lost.".to_owned());
    }
    let json = json!({ "address": account.to_string(), "black_hole": account.is_black_hole() });
    inspection("xrp-address", format!("XRP classic address {account}"), lines, json)
}

fn x_address(address: &XAddress) -> Inspection {
    let network = if address.test { "test networks" } else { "main network" };
    let tag = address.tag.map_or("none".to_owned(), |tag| tag.to_string());
    let lines = vec![
        format!("account  {}", address.account),
        format!("tag      {tag}"),
        format!("network  {network}"),
    ];
    let json = json!({
        "x_address": address.to_string(), "address": address.account.to_string(), "tag": address.tag,
        "test": address.test, "black_hole": address.account.is_black_hole(),
    });
    inspection("x-address", format!("XRP X-address {address}"), lines, json)
}

fn bitcoin_address(unchecked: &Address<NetworkUnchecked>) -> Inspection {
    let networks: Vec<&str> = BitcoinNetwork::ALL
        .into_iter()
        .filter(|network| unchecked.is_valid_for_network(network.to_bitcoin()))
        .map(BitcoinNetwork::name)
        .collect();
    let address = unchecked.clone().assume_checked();
    let kind =
        address.address_type().map_or("witness of a future version".to_owned(), |kind| kind.to_string());
    let script = address.script_pubkey().to_hex_string();
    let lines = vec![
        format!("kind      {kind}"),
        format!("networks  {}", networks.join(", ")),
        format!("script    {script}"),
    ];
    let json =
        json!({ "address": address.to_string(), "type": kind, "networks": networks, "script": script });
    inspection("bitcoin-address", format!("Bitcoin address {address}"), lines, json)
}
