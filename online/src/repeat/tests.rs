use super::*;

fn of(json: &str) -> Intent {
    airlock::json::parse_as(json.as_bytes()).unwrap()
}

#[test]
fn one_payment_has_one_form_however_it_is_typed() {
    let xrp = |to: &str, tag: &str, amount: &str| {
        of(&format!(r#"{{"send-xrp":{{"to":"{to}",{tag}"amount":"{amount}"}}}}"#))
    };
    let account = "rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf";
    let id: airlock::xrp::AccountId = account.parse().unwrap();
    let x = XAddress { account: id, tag: Some(1), test: false }.to_string();
    let classic = plain(&xrp(account, "\"tag\":1,", "20"));
    assert_eq!(plain(&xrp(&x, "", "020.0")), classic);
    assert_ne!(plain(&xrp(account, "", "20")), classic);
    assert_ne!(plain(&xrp(account, "\"tag\":0,", "20")), plain(&xrp(account, "", "20")));
    let btc = |to: &str, amount: &str| {
        of(&format!(r#"{{"send-bitcoin":{{"payees":[{{"to":"{to}","amount":"{amount}"}}]}}}}"#))
    };
    assert_eq!(plain(&btc("BC1QXY", "1")), plain(&btc("bc1qxy", "1.0")));
    assert_ne!(plain(&btc("1BoatX", "1")), plain(&btc("1boatx", "1")), "base58 has case");
    assert_ne!(plain(&btc("bc1qxy", "1")), plain(&btc("bc1qxy", "10")));
    assert_ne!(plain(&btc("bc1qxy", "0.1")), plain(&btc("bc1qxy", "0.01")));
}
