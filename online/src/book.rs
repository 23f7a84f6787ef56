//! Names for destinations: which names there can be, and what stands behind one when somebody is paid by it. Bundles,
//! requests and lists carry addresses only.

use airlock::account::Account;
use airlock::counterparty::message::Memo;
use airlock::counterparty::message::memo::MAX_SEND_MEMO;
use airlock::request::RequestMemo;
use airlock::text::Printable;
use airlock::time::Moment;
use airlock::xrp::{AccountId, XAddress};
use airlock::{Code, Exit, Result};
use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;

use crate::home::Home;
use crate::store::{BookEntry, Store};

/// A name that cannot be.
pub static BAD_NAME: Code = Code::new(
    "E-BOOK-001",
    Exit::BadInput,
    "Names in the address book have 1 to 32 characters out of a-z, 0-9, '-' and '_', begin with a letter, and look neither \
     like an address nor like the name of an account: whoever reads a command must see whether it names an address or an entry.",
    "Choose another name.",
);
/// A name that is not there.
pub static UNKNOWN_NAME: Code = Code::new(
    "E-BOOK-002",
    Exit::Fixable,
    "What was typed has the form of a name, and the address book of this home folder has no such entry.",
    "Look at `airlock-online book list`, or type the address.",
);
/// A name that is taken.
pub static NAME_TAKEN: Code = Code::new(
    "E-BOOK-003",
    Exit::Fixable,
    "The address book has this name with something else behind it. Entries are not overwritten: a payment that is repeated by \
     its name would go elsewhere.",
    "Choose another name, or remove the entry first with `airlock-online book remove NAME`.",
);
/// Something that is no destination.
pub static BAD_ENTRY: Code = Code::new(
    "E-BOOK-004",
    Exit::BadInput,
    "An entry is a Bitcoin address, with a memo of up to 34 bytes if wanted, or an XRP address, with a destination tag if \
     wanted; an X-address has its tag inside.",
    "Correct the entry.",
);
/// A tag or memo beside that of the entry.
pub static CONTRADICTS: Code = Code::new(
    "E-BOOK-005",
    Exit::Refused,
    "The payment names another tag or memo than the entry of the address book, or cannot carry the one that the entry asks \
     for. Many receivers lose what comes without the right one.",
    "Leave the tag or memo out to take that of the entry, or type the address itself with the other one.",
);

/// An entry of another chain.
pub static OTHER_CHAIN: Code = Code::new(
    "E-BOOK-006",
    Exit::Fixable,
    "An entry of the address book has one address, of one chain. Bitcoin and Counterparty assets are paid to Bitcoin \
     addresses, XRP to addresses of the XRP Ledger.",
    "Look at `airlock-online book list`; add an entry of another name for the other chain, or type the address.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&BAD_NAME, &UNKNOWN_NAME, &NAME_TAKEN, &BAD_ENTRY, &CONTRADICTS, &OTHER_CHAIN];

/// Where an address can be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rail {
    /// Bitcoin, and with it Counterparty.
    Bitcoin,
    /// The XRP Ledger.
    Xrp,
}

impl Rail {
    /// Where the address of an entry can be paid.
    pub fn of(entry: &BookEntry) -> Option<Self> {
        Kind::of(&entry.address).map(|kind| match kind {
            Kind::Bitcoin(_) => Self::Bitcoin,
            Kind::Xrp | Kind::X => Self::Xrp,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bitcoin => "Bitcoin and Counterparty",
            Self::Xrp => "XRP",
        }
    }
}

/// An entry as a person gives it, checked.
///
/// # Errors
/// [`BAD_NAME`], [`BAD_ENTRY`], the codes of memos.
pub fn entry(
    name: &str,
    address: &str,
    tag: Option<u32>,
    memo: Option<RequestMemo>,
    note: Option<String>,
    accounts: &[Account],
    added: Moment,
) -> Result<BookEntry> {
    if !is_name(name) {
        return Err(BAD_NAME.error(format!("'{}' is no name for an entry", Printable::new(name))));
    }
    if accounts.iter().any(|account| account.name.as_str() == name || account.role.name() == name) {
        return Err(BAD_NAME.error(format!("'{name}' is an account of the vault or its role")));
    }
    let bad = |what: &str| BAD_ENTRY.error(format!("{what}: '{}'", Printable::new(address)));
    let kind = Kind::of(address).ok_or_else(|| bad("neither a Bitcoin nor an XRP address"))?;
    if let Some(memo) = &memo {
        if bytes(memo)?.is_empty() {
            return Err(BAD_ENTRY.error("the memo is empty"));
        }
        wire(memo)?.check_length(MAX_SEND_MEMO)?;
    }
    let address = match kind {
        Kind::Bitcoin(_) if tag.is_some() => return Err(bad("a Bitcoin address has no destination tag")),
        Kind::Bitcoin(spelled) => spelled,
        Kind::Xrp | Kind::X if memo.is_some() => {
            return Err(bad("Counterparty memos are for Bitcoin addresses, not for"));
        }
        Kind::X if tag.is_some() => return Err(bad("an X-address has its tag inside")),
        Kind::Xrp | Kind::X => address.to_owned(),
    };
    Ok(BookEntry { name: name.to_owned(), address, tag, memo, note, added })
}

/// The entry that somebody typed in place of an address of a chain; none for an address, or what can only be one.
///
/// # Errors
/// [`UNKNOWN_NAME`], [`OTHER_CHAIN`].
pub fn find(home: &Home, typed: &str, wanted: Rail) -> Result<Option<BookEntry>> {
    if !is_name(typed) {
        return Ok(None);
    }
    let found = match Store::open_existing(home)? {
        Some(store) => store.book_entry(typed)?,
        None => None,
    };
    let unknown =
        || UNKNOWN_NAME.error(format!("'{typed}' is neither an address nor a name in the address book"));
    let entry = found.ok_or_else(unknown)?;
    check_rail(&entry, wanted)?;
    Ok(Some(entry))
}

/// Refuses an entry of another chain than the one that is paid on.
///
/// # Errors
/// [`OTHER_CHAIN`].
fn check_rail(entry: &BookEntry, wanted: Rail) -> Result<()> {
    let Some(is) = Rail::of(entry).filter(|is| *is != wanted) else { return Ok(()) };
    let (name, is, wanted) = (&entry.name, is.name(), wanted.name());
    Err(OTHER_CHAIN
        .error(format!("the only entry '{name}' is for {is}, {}; this payment wants an address for {wanted}", shown(entry)))
        .with_next(format!(
            "Add the other address under a name of its own (`airlock-online book add {name}-2 ADDRESS`), or type it."
        )))
}

/// Address, with its tag or memo.
pub fn shown(entry: &BookEntry) -> String {
    let tag = entry.tag.map(|tag| format!(", tag {tag}")).unwrap_or_default();
    let memo = entry.memo.as_ref().map(|memo| format!(", memo {}", show_memo(memo))).unwrap_or_default();
    format!("{}{tag}{memo}", Printable::new(&entry.address))
}

/// The tag for a payment: that of the entry where none is typed.
///
/// # Errors
/// [`CONTRADICTS`].
pub fn tag(entry: &BookEntry, typed: Option<u32>) -> Result<Option<u32>> {
    match (entry.tag, typed) {
        (Some(own), Some(typed)) if own != typed => {
            Err(CONTRADICTS.error(format!("'{}' has tag {own}, the payment says tag {typed}", entry.name)))
        }
        (own, typed) => Ok(typed.or(own)),
    }
}

/// The memo for a Counterparty send: that of the entry where none is typed. The bytes are compared, not the form.
///
/// # Errors
/// [`CONTRADICTS`], the codes of memos.
pub fn memo(entry: &BookEntry, typed: Option<RequestMemo>) -> Result<Option<RequestMemo>> {
    let Some(own) = &entry.memo else { return Ok(typed) };
    let Some(typed) = typed else { return Ok(Some(own.clone())) };
    if bytes(own)? != bytes(&typed)? {
        return Err(CONTRADICTS.error(format!(
            "'{}' has the memo {}, the payment says {}",
            entry.name,
            show_memo(own),
            show_memo(&typed)
        )));
    }
    Ok(Some(typed))
}

/// Refuses an entry with a memo where bitcoin itself is paid, which carries none.
///
/// # Errors
/// [`CONTRADICTS`].
pub fn check_no_memo(entry: &BookEntry) -> Result<()> {
    let Some(memo) = &entry.memo else { return Ok(()) };
    Err(CONTRADICTS
        .error(format!(
            "'{}' has the memo {}, and a payment of bitcoin carries none",
            entry.name,
            show_memo(memo)
        ))
        .with_next("If the receiver takes bitcoin there without a memo, type the address itself."))
}

/// A memo as lists and messages show it.
pub fn show_memo(memo: &RequestMemo) -> String {
    match memo {
        RequestMemo::Text(text) => format!("\"{}\"", Printable::new(text)),
        RequestMemo::Hex(digits) => format!("hex {}", Printable::new(digits)),
    }
}

/// Which kind of address.
enum Kind {
    /// Of some Bitcoin network, in its usual spelling.
    Bitcoin(String),
    Xrp,
    X,
}

impl Kind {
    fn of(text: &str) -> Option<Self> {
        if text.parse::<AccountId>().is_ok() {
            return Some(Self::Xrp);
        }
        if text.parse::<XAddress>().is_ok() {
            return Some(Self::X);
        }
        let address = text.parse::<Address<NetworkUnchecked>>().ok()?;
        Some(Self::Bitcoin(address.assume_checked().to_string()))
    }
}

/// True for what can be a name, and so is no address, not even a mistyped one of the usual beginnings.
fn is_name(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 32
        && text.bytes().all(legal)
        && !["bc1", "tb1", "bcrt1"].iter().any(|start| text.starts_with(start))
        && Kind::of(text).is_none()
}

fn bytes(memo: &RequestMemo) -> Result<Vec<u8>> {
    Ok(wire(memo)?.as_bytes().to_vec())
}

fn wire(memo: &RequestMemo) -> Result<Memo> {
    match memo {
        RequestMemo::Text(text) => Ok(Memo::Text(text.clone())),
        RequestMemo::Hex(digits) => Memo::from_hex(digits),
    }
}

#[cfg(test)]
mod tests {
    use airlock::counterparty::message::MEMO_TOO_LONG;

    use super::*;

    const BITCOIN: &str = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";
    const XRP: &str = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";

    fn made(name: &str, address: &str, tag: Option<u32>, memo: Option<RequestMemo>) -> Result<BookEntry> {
        entry(name, address, tag, memo, None, &[], Moment::from_unix(1))
    }

    fn text(memo: &str) -> Option<RequestMemo> {
        Some(RequestMemo::Text(memo.to_owned()))
    }

    fn hex(memo: &str) -> Option<RequestMemo> {
        Some(RequestMemo::Hex(memo.to_owned()))
    }

    #[test]
    fn takes_no_name_that_looks_like_an_address() {
        for name in ["kraken", "a", "bob-2_x", "rain"] {
            assert_eq!(made(name, XRP, Some(0), None).unwrap().name, name);
        }
        let anchor = "bc1pfeessrawgf";
        assert!(anchor.parse::<Address<NetworkUnchecked>>().is_ok(), "short enough for a name");
        let long = "a".repeat(33);
        for name in
            ["", "1bob", "-a", "Kraken", "a b", "é", anchor, "bc1", "tb1x", "bcrt1q", BITCOIN, XRP, &long]
        {
            assert_eq!(made(name, XRP, None, None).unwrap_err().code(), &BAD_NAME, "{name}");
        }
    }

    #[test]
    fn takes_no_entry_that_cannot_be_paid_as_it_says() {
        let x = "XVLhHMPHU98es4dbozjVtdWzVrDjtV5fdx1mHp98tDMoQXb";
        assert!(x.parse::<XAddress>().is_ok());
        assert_eq!(made("a", &BITCOIN.to_uppercase(), None, text("42")).unwrap().address, BITCOIN);
        assert!(made("a", x, None, None).is_ok());
        for (address, tag, memo) in [
            (BITCOIN, Some(1), None),
            (XRP, None, text("42")),
            (x, Some(1), None),
            (BITCOIN, None, text("")),
            ("nobody", None, None),
            (&BITCOIN[1..], None, None),
        ] {
            assert_eq!(made("a", address, tag, memo).unwrap_err().code(), &BAD_ENTRY, "{address}");
        }
        assert_eq!(made("a", BITCOIN, None, text(&"x".repeat(35))).unwrap_err().code(), &MEMO_TOO_LONG);
        assert!(made("a", BITCOIN, None, hex("abc")).is_err());
    }

    #[test]
    fn an_entry_is_for_one_chain_and_says_which() {
        let kraken = made("kraken", XRP, Some(7), None).unwrap();
        let partner = made("partner", BITCOIN, None, text("42")).unwrap();
        assert!(check_rail(&kraken, Rail::Xrp).is_ok() && check_rail(&partner, Rail::Bitcoin).is_ok());
        for (entry, wanted, parts) in [
            (&kraken, Rail::Bitcoin, ["'kraken' is for XRP", XRP, "tag 7", "for Bitcoin and Counterparty"]),
            (
                &partner,
                Rail::Xrp,
                ["'partner' is for Bitcoin and Counterparty", BITCOIN, "memo \"42\"", "address for XRP"],
            ),
        ] {
            let error = check_rail(entry, wanted).unwrap_err();
            assert_eq!(error.code(), &OTHER_CHAIN);
            for part in parts {
                assert!(error.what().contains(part), "{part}: {error}");
            }
            assert!(error.next().contains(&format!("book add {}-2", entry.name)), "{}", error.next());
        }
    }

    #[test]
    fn fills_in_what_is_not_typed_and_refuses_what_contradicts() {
        let tagged = made("a", XRP, Some(0), None).unwrap();
        assert_eq!(tag(&tagged, None).unwrap(), Some(0));
        assert_eq!(tag(&tagged, Some(0)).unwrap(), Some(0));
        assert_eq!(tag(&tagged, Some(1)).unwrap_err().code(), &CONTRADICTS);
        let plain = made("a", XRP, None, None).unwrap();
        assert_eq!(tag(&plain, Some(1)).unwrap(), Some(1));

        let with_memo = made("b", BITCOIN, None, hex("3432")).unwrap();
        assert_eq!(memo(&with_memo, None).unwrap(), hex("3432"));
        assert_eq!(memo(&with_memo, text("42")).unwrap(), text("42"), "the same bytes");
        assert_eq!(memo(&with_memo, hex("42")).unwrap_err().code(), &CONTRADICTS);
        assert_eq!(memo(&with_memo, text("3432")).unwrap_err().code(), &CONTRADICTS);
        assert_eq!(check_no_memo(&with_memo).unwrap_err().code(), &CONTRADICTS);
        assert!(check_no_memo(&plain).is_ok());
    }
}
