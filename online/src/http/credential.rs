//! Who we are to a server: read when it is needed, never shown.

use core::fmt;
use std::path::PathBuf;

use airlock::Result;
use bitcoin::base64::Engine;
use bitcoin::base64::engine::general_purpose::STANDARD;

use super::error::BAD_CREDENTIAL;
use crate::{environment, files};

/// Where a credential is found. The secret itself is read for each call and never kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// The server asks for none.
    None,
    /// Bitcoin Core's cookie: `user:password` in a file that it writes at each start.
    Cookie(PathBuf),
    /// A user with a password in a file.
    PasswordFile {
        /// The user.
        user: String,
        /// The file; its last line end does not count.
        file: PathBuf,
    },
    /// A user with a password in an environment variable.
    PasswordEnvironment {
        /// The user.
        user: String,
        /// The variable's name.
        variable: String,
    },
}

impl Credential {
    /// The value of `Authorization` (RFC 7617), where there is one.
    ///
    /// # Errors
    /// [`BAD_CREDENTIAL`].
    pub(super) fn header(&self) -> Result<Option<String>> {
        let pair = match self {
            Self::None => return Ok(None),
            Self::Cookie(path) => read(path)?,
            Self::PasswordFile { user, file } => format!("{user}:{}", read(file)?),
            Self::PasswordEnvironment { user, variable } => {
                let value = environment(variable).and_then(|value| value.into_string().ok());
                let unset =
                    || BAD_CREDENTIAL.error(format!("the environment variable {variable} is not set"));
                format!("{user}:{}", value.ok_or_else(unset)?)
            }
        };
        Ok(Some(format!("Basic {}", STANDARD.encode(pair))))
    }

    /// Where it comes from, for messages.
    pub fn describe(&self) -> String {
        match self {
            Self::None => "no credential".to_owned(),
            Self::Cookie(path) => format!("the cookie {}", files::shown(path)),
            Self::PasswordFile { user, file } => {
                format!("user {user} with the password in {}", files::shown(file))
            }
            Self::PasswordEnvironment { user, variable } => {
                format!("user {user} with the password in ${variable}")
            }
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

fn read(path: &std::path::Path) -> Result<String> {
    let bytes = files::read(path).map_err(|e| BAD_CREDENTIAL.error(e.what().to_owned()))?;
    let text = String::from_utf8(bytes).ok().map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
    text.filter(|text| !text.is_empty() && !text.contains(['\r', '\n'])).ok_or_else(|| {
        BAD_CREDENTIAL.error(format!("{} is empty or has more than one line", files::shown(path)))
    })
}
