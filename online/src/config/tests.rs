use super::*;
use crate::http::BAD_URL;

const SMALL: &str = r#"
[bitcoin]
network = "regtest"
[[bitcoin.server]]
url = "http://127.0.0.1:18443"
cookie_file = "~/.bitcoin/regtest/.cookie"
[[bitcoin.server]]
kind = "esplora"
url = "https://esplora.example/api/"
[[counterparty.server]]
url = "http://127.0.0.1:24000"
user = "rpc"
password_env = "COUNTERPARTY_PASSWORD"
[xrpl]
network_id = 1
[[xrpl.server]]
url = "http://10.0.0.5:5005"
plain_http = true
user = "x"
password_file = "xrpl.password"
"#;

#[test]
fn reads_servers_in_their_order() {
    let config = Config::decode(SMALL).unwrap();
    assert_eq!((config.bitcoin.network, config.bitcoin.gap_limit), (BitcoinNetwork::Regtest, 20));
    let kinds: Vec<_> = config.bitcoin.servers.iter().map(|server| server.kind).collect();
    assert_eq!(kinds, [BitcoinKind::Core, BitcoinKind::Esplora]);
    assert_eq!(
        config.counterparty[0].credential.describe(),
        "user rpc with the password in $COUNTERPARTY_PASSWORD"
    );
    assert_eq!(config.xrpl.network_id, 1);
    assert!(config.xrpl.servers[0].exposes_credential() && !config.counterparty[0].exposes_credential());
}

#[test]
fn the_template_is_read_as_it_was_filled_in() {
    for network in BitcoinNetwork::ALL {
        let filled =
            Filled { network, network_id: 2, cookie: Some("/a \"b\"\\c".into()), ..Filled::default() };
        let config = Config::decode(&template(&filled)).unwrap();
        assert_eq!((config.bitcoin.network, config.xrpl.network_id), (network, 2));
        assert_eq!(config.bitcoin.servers[0].server.credential, Credential::Cookie("/a \"b\"\\c".into()));
        let servers = (config.bitcoin.servers.len(), config.counterparty.len(), config.xrpl.servers.len());
        assert_eq!(servers, (1, 1, 1));
        assert!(config.tiers.is_empty());
    }
    let whole = template(&Filled::default()).replace("# [[", "[[").replace("# asset", "asset");
    let whole =
        whole.replace("# above", "above").replace("# deposit", "deposit").replace("# [tiers", "[tiers");
    let whole = whole.replace("# cold", "cold").replace("# hot", "hot").replace("# kind", "kind");
    let whole = whole.replace("# url", "url").replace("# wallet", "wallet").replace("# plain", "plain");
    let whole =
        whole.replace("# [deposits", "[deposits").replace("# accept", "accept").replace("# reorg", "reorg");
    let config = Config::decode(&whole).unwrap();
    assert_eq!(
        (config.tiers.len(), config.bitcoin.servers.len()),
        (2, 2),
        "what is commented out is right too"
    );
    assert_eq!(config.bitcoin.servers[0].wallet.as_deref(), Some("airlock"));
}

#[test]
fn refuses_what_it_does_not_know_and_shows_no_value() {
    for (from, to) in [
        ("cookie_file", "cookie-file"),
        ("user = \"rpc\"", "user = \"rpc\"\npassword = \"hunter2\""),
        ("password_env = \"COUNTERPARTY_PASSWORD\"", ""),
        ("user = \"x\"", "user = \"x\"\ncookie_file = \"hunter2\""),
        ("user = \"x\"", "user = \"x:hunter2\""),
        ("\"esplora\"", "\"electrum\""),
        ("kind = \"esplora\"", "kind = \"esplora\"\nwallet = \"w\""),
        ("[xrpl]", "[xrpl]\nwallet = \"hunter2\""),
        ("[bitcoin]", "[bitcoin]\ngap_limit = 0"),
        ("[bitcoin]", "[bitcoin]\ngap_limit = 1001"),
        ("[xrpl]", "[tiers]\na = [\"cold\"]\nb = [\"cold\"]\n[xrpl]"),
        ("[xrpl]", "[[depth]]\nasset = \"XCP\"\ndeposit = 0\n[xrpl]"),
        ("[xrpl]", "[[depth]]\nasset = \"*\"\nabove = \"1\"\ndeposit = 1\n[xrpl]"),
    ] {
        let text = SMALL.replacen(from, to, 1);
        assert_ne!(text, SMALL, "{from}");
        let error = Config::decode(&text).unwrap_err();
        assert_eq!(error.code(), &BAD_CONFIG, "{to}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let text = SMALL.replace("http://10.0.0.5", "http://rpc:hunter2@10.0.0.5");
    let error = Config::decode(&text).unwrap_err();
    assert_eq!(error.code(), &BAD_URL);
    assert!(
        error.to_string().contains("[[xrpl.server]] 1") && !error.to_string().contains("hunter2"),
        "{error}"
    );
}

#[test]
fn plain_http_to_another_machine_has_to_be_meant() {
    let quiet = SMALL.replace("plain_http = true\n", "").replace("http://10.0.0.5:5005", "https://x.example");
    assert!(Config::decode(&quiet).is_ok());
    for (from, chain) in [
        ("http://127.0.0.1:18443", "bitcoin"),
        ("http://127.0.0.1:24000", "counterparty"),
        ("https://x.example", "xrpl"),
    ] {
        let text = quiet.replace(from, "http://10.0.0.6:80");
        let error = Config::decode(&text).unwrap_err();
        assert_eq!((error.code(), error.code().exit.code()), (&PLAIN_HTTP, 1));
        assert!(error.to_string().contains(&format!("[[{chain}.server]] 1")), "{error}");
        let meant = text.replace("http://10.0.0.6:80\"", "http://10.0.0.6:80\"\nplain_http = true");
        assert!(Config::decode(&meant).is_ok(), "{chain}");
        let not_meant = meant.replace("plain_http = true", "plain_http = false");
        assert_eq!(Config::decode(&not_meant).unwrap_err().code(), &PLAIN_HTTP);
    }
}

#[test]
fn the_last_depth_that_fits_counts() {
    let text = r#"
[[depth]]
asset = "*"
deposit = 3
[[depth]]
asset = "XCP"
deposit = 4
payment = 2
[[depth]]
asset = "XCP"
deposit = 6
above = "10000"
"#;
    let depths = Config::decode(text).unwrap().depths;
    let deposit =
        |asset: &str, base_units, decimals| depths.of(Purpose::Deposit, asset, base_units, decimals);
    assert_eq!(deposit("BTC", 1, 8), 3);
    assert_eq!(deposit("XCP", 10_000 * 100_000_000, 8), 4);
    assert_eq!(deposit("XCP", 10_000 * 100_000_000 + 1, 8), 6);
    assert_eq!((deposit("XCP", 10_000, 0), deposit("XCP", 10_001, 0)), (4, 6));
    assert_eq!(deposit("XCP", u64::MAX, 0), 6);
    assert_eq!(depths.of(Purpose::Payment, "XCP", u64::MAX, 8), 2);
    assert_eq!(depths.of(Purpose::Sweep, "XCP", 1, 8), 1);
    assert_eq!(Depths::default().of(Purpose::Deposit, "BTC", 1, 8), 2);
}

#[test]
fn relative_paths_lie_in_the_home_folder() {
    let home = Home::find(Some(Path::new("/home/of/airlock"))).unwrap();
    assert_eq!(expanded(&home, Path::new("a/b")), Path::new("/home/of/airlock/a/b"));
    assert_eq!(expanded(&home, Path::new("/a")), Path::new("/a"));
    let user = environment("HOME").map(PathBuf::from).unwrap_or_else(|| "/home/of/airlock/~".into());
    assert_eq!(expanded(&home, Path::new("~/.bitcoin/.cookie")), user.join(".bitcoin/.cookie"));
}
