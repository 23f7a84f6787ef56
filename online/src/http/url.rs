//! The address of a server, checked once.

use core::fmt;
use core::str::FromStr;

use airlock::text::Printable;
use airlock::{Error, Result};
use serde::Deserialize;
use ureq::http::Uri;

use super::error::BAD_URL;

/// An http or https URL without credential, query or fragment, and without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Url(String);

impl Url {
    /// The URL as it is called.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True where nobody between here and the server can read along: https, or this machine itself.
    pub fn is_private(&self) -> bool {
        let host = self.0.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or_default());
        let is_local = |host: &str| {
            ["127.0.0.1", "localhost", "[::1]"].iter().any(|local| {
                host.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            })
        };
        host.is_none_or(is_local)
    }
}

impl FromStr for Url {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // What stands before an @ may be a password: it is not repeated.
        let bad = |why: &str| BAD_URL.error(why.to_owned());
        let uri: Uri = text.parse().map_err(|_| bad("the URL cannot be read"))?;
        let authority = uri.authority().ok_or_else(|| bad("the URL names no server"))?;
        if authority.as_str().contains('@') {
            return Err(bad("the URL holds a user name or password"));
        }
        let shown = Printable::new(text);
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(bad(&format!("'{shown}' is neither http nor https")));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(bad(&format!("'{shown}' has a query or a fragment")));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

impl TryFrom<String> for Url {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Printable::new(&self.0).as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_addresses_of_servers_and_nothing_else() {
        for (text, url) in [
            ("http://127.0.0.1:8332", "http://127.0.0.1:8332"),
            ("https://xrpl.example/rpc/", "https://xrpl.example/rpc"),
        ] {
            assert_eq!(text.parse::<Url>().unwrap().as_str(), url);
        }
        for bad in [
            "",
            "127.0.0.1:8332",
            "ftp://host",
            "http://rpc:secret@host",
            "http://host/?a=b",
            "http://host/#a",
        ] {
            let error = bad.parse::<Url>().unwrap_err();
            assert_eq!(error.code(), &BAD_URL, "{bad}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn knows_who_can_read_along() {
        for (url, private) in [
            ("http://127.0.0.1:8332", true),
            ("http://localhost", true),
            ("https://example.com", true),
            ("http://10.0.0.5:8332", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(url.parse::<Url>().unwrap().is_private(), private, "{url}");
        }
    }
}
