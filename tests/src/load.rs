//! Large jobs for the benchmarks: many like transactions of one account, and the key that signs them.

use airlock::account::{Account, BitcoinAccount, Holds, Rail, Role, ScriptKind, XrpAccount};
use airlock::bundle::{Artefact, Assumption, Bundle, Contents, Networks, Step, Topic};
use airlock::network::BitcoinNetwork::Regtest;
use airlock::request::Intent;
use airlock::review::{Approved, Book, Review};
use airlock::time::Moment;
use airlock::xrp::{AccountId, Algorithm};
use airlock_offline::keyring::Keyring;
use airlock_offline::keys::{ExtendedKey, FamilySeed, XrpKey};
use airlock_offline::secret::Secret;
use bitcoin::Psbt;
use bitcoin::bip32::DerivationPath;
use bitcoin::secp256k1::Secp256k1;
use serde_json::{Map, Value, json};

use crate::forge::{
    CREATED, LEDGER, address, change, claim, coin, outpoint, output, pays, prove, request, stranger, unsigned,
};
use crate::permits::permission;

/// A bundle with the account that it is for.
pub struct Load {
    /// The unsigned transactions.
    pub bundle: Bundle,
    accounts: Vec<Account>,
}

impl Load {
    /// XRP payments, each to an address of its own, all under one key.
    ///
    /// # Panics
    /// Beyond the limits of a bundle.
    pub fn xrp(algorithm: Algorithm, count: u32) -> Self {
        let account = XrpAccount::new(1, xrp_key(algorithm).public_key());
        let contents = xrp_payments("load", account.address(), CREATED, count);
        Self::new(contents, Rail::Xrp(account))
    }

    /// Bitcoin payments of one input each, all inputs under keys of their own.
    ///
    /// # Panics
    /// Beyond the limits of a bundle.
    pub fn bitcoin(kind: ScriptKind, count: u32) -> Self {
        let (account, _) = bitcoin_account(kind);
        let to = stranger(ScriptKind::Wpkh, Regtest);
        let intent = pays(&[(address(&to, Regtest), "0.0006")]);
        let contents = Contents {
            networks: Networks { bitcoin: Some(Regtest), xrpl: None },
            created: Moment::from_unix(CREATED),
            expires: Moment::from_unix(CREATED + 86_400),
            requests: (0..count).map(|_| request("load", intent.clone())).collect(),
            steps: (0..count)
                .map(|number| {
                    step(number, account.checksum(), Artefact::Psbt(Box::new(payment(&account, number))))
                })
                .collect(),
            assumptions: vec![Assumption::from(Topic::BitcoinHeight { height: 900_000 })],
            journal_head: None,
        };
        Self::new(contents, Rail::Bitcoin(account))
    }

    fn new(contents: Contents, rail: Rail) -> Self {
        let name = "load".parse().expect("a name");
        let account = Account { name, role: Role::Cold, holds: Holds::BitcoinOnly, rail };
        let bundle = Bundle::seal(contents).expect("it is within the limits");
        Self { bundle, accounts: vec![account] }
    }

    /// The key, in a keyring that has derived nothing yet.
    ///
    /// # Panics
    /// Never.
    pub fn keyring(&self) -> Keyring {
        let mut keyring = Keyring::new(&Secret::take(&mut [3; 32]));
        for account in &self.accounts {
            match &account.rail {
                Rail::Bitcoin(account) => keyring.add_bitcoin(account, bitcoin_account(account.kind()).1),
                Rail::Xrp(account) => keyring.add_xrp(account, xrp_key(account.public_key.algorithm())),
            }
            .expect("it is the account's key");
        }
        keyring
    }

    /// Reviews a minute after the bundle was made.
    ///
    /// # Panics
    /// Never: the review has no objection.
    pub fn review(&self) -> Review {
        let book = Book { accounts: &self.accounts, assets: &[], destinations: &[], authenticated: true };
        Review::of_bundle(&self.bundle, &book, Moment::from_unix(CREATED + 60)).expect("no objection")
    }

    /// Reviews and approves.
    ///
    /// # Panics
    /// Never.
    pub fn approved(&self) -> Approved {
        let review = self.review();
        let typed = review.approval_text().to_owned();
        let permission = permission(&review).expect("the policy allows it");
        review.approve(&typed, permission).expect("it was typed exactly")
    }
}

/// Who gets how much.
#[derive(Clone, Debug)]
pub struct Payee {
    /// The address, `r…`.
    pub to: String,
    /// The destination tag.
    pub tag: u32,
    /// Whole XRP.
    pub xrp: u32,
}

/// XRP payments of the account `name` with this address on network 1, each to an address of its own, whose facts the
/// bundle claims as a planner does.
///
/// # Panics
/// Never.
pub fn xrp_payments(name: &str, ours: &str, created: u64, count: u32) -> Contents {
    let payees: Vec<Payee> = (0..count).map(|number| Payee { to: payee(number), tag: 7, xrp: 25 }).collect();
    xrp_payments_to(&payees, name, ours, created)
}

/// The same to these payees.
///
/// # Panics
/// Never.
pub fn xrp_payments_to(payees: &[Payee], name: &str, ours: &str, created: u64) -> Contents {
    let created = Moment::from_unix(created);
    let ledger = Topic::XrpLedger { index: LEDGER, close_time: created };
    let account = Topic::XrpAccount {
        address: ours.to_owned(),
        sequence: 1,
        balance: "90000000000000".to_owned(),
        reserve: "1000000".to_owned(),
    };
    let destinations = payees.iter().map(|payee| Topic::XrpDestination {
        address: payee.to.clone(),
        exists: true,
        requires_tag: false,
    });
    let intent = |Payee { to, tag, xrp }: &Payee| Intent::SendXrp {
        to: to.clone(),
        tag: Some(*tag),
        amount: xrp.to_string(),
    };
    Contents {
        networks: Networks { bitcoin: None, xrpl: Some(1) },
        created,
        expires: created.plus(4 * 3600),
        requests: payees.iter().map(|payee| request(name, intent(payee))).collect(),
        steps: (0..)
            .zip(payees)
            .map(|(number, payee)| step(number, ours, Artefact::TxJson(xrp_payment(ours, payee, number))))
            .collect(),
        assumptions: [ledger, account].into_iter().chain(destinations).map(Assumption::from).collect(),
        journal_head: None,
    }
}

fn xrp_payment(ours: &str, Payee { to, tag, xrp }: &Payee, number: u32) -> Map<String, Value> {
    let json = json!({
        "TransactionType": "Payment", "Account": ours, "Destination": to, "DestinationTag": tag,
        "Amount": format!("{xrp}000000"), "Fee": "12", "Flags": 0, "Sequence": number + 1,
        "LastLedgerSequence": LEDGER + 1_200,
    });
    match json {
        Value::Object(members) => members,
        _ => unreachable!("it is an object"),
    }
}

/// An address that nobody has.
fn payee(number: u32) -> String {
    let mut bytes = [0x5e; 20];
    // Spread over the first bytes, or thousands of addresses would look alike.
    bytes[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b1).to_be_bytes());
    AccountId::from_bytes(bytes).to_string()
}

fn step(number: u32, account: &str, artefact: Artefact) -> Step {
    Step {
        request: usize::try_from(number).expect("a count"),
        account: account.to_owned(),
        after: vec![],
        links: vec![],
        one_of: None,
        artefact,
    }
}

fn xrp_key(algorithm: Algorithm) -> XrpKey {
    let seed = FamilySeed::new(Secret::take(&mut [7; 16]), algorithm);
    seed.key(&Secp256k1::new()).expect("a seed has a key")
}

fn bitcoin_account(kind: ScriptKind) -> (BitcoinAccount, ExtendedKey) {
    let secp = Secp256k1::new();
    let master =
        ExtendedKey::master(&Secret::take(&mut [7; 64]), Regtest.to_bitcoin()).expect("a master key");
    let path: DerivationPath = match kind {
        ScriptKind::Pkh => "m/44'/1'/0'",
        ScriptKind::ShWpkh => "m/49'/1'/0'",
        ScriptKind::Wpkh => "m/84'/1'/0'",
        ScriptKind::Tr => "m/86'/1'/0'",
    }
    .parse()
    .expect("a path");
    let key = master.derive(&secp, &path).expect("a key");
    let account = BitcoinAccount::new(kind, Regtest, master.fingerprint(&secp), &path, key.public(&secp));
    (account.expect("an account of our kinds"), key)
}

/// 60,000 sat to a stranger and 39,000 back, from a coin on 0/`number`.
fn payment(account: &BitcoinAccount, number: u32) -> Psbt {
    let previous = coin(account, number, 100_000, number + 1);
    let outputs = vec![output(stranger(ScriptKind::Wpkh, Regtest), 60_000), change(account, 39_000)];
    let mut psbt = unsigned(&[outpoint(&previous, 0)], outputs);
    prove(&mut psbt, 0, &previous, account, number);
    claim(&mut psbt, 1, account, 1, 3);
    psbt
}
