//! The keys that sign access tokens: two at once, so that they can be changed without signing
//! anybody out. The first signs, both are accepted.

use crate::{BackendConfig, SigningKey, private_file, secrets};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Why there are no keys to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("the keys file {path} cannot be used: {why}")]
    File { path: String, why: String },
    #[error("the signing key {kid} needs a secret of at least {MIN_SECRET} characters")]
    Short { kid: String },
    #[error("there may be one or two signing keys with different names")]
    Count,
}

/// The keys at hand; never empty.
pub(crate) struct Keys {
    keys: Vec<SigningKey>,
}

#[derive(Serialize, Deserialize)]
struct File {
    keys: Vec<FileKey>,
}

#[derive(Serialize, Deserialize)]
struct FileKey {
    kid: String,
    secret: String,
}

impl Keys {
    /// From the configuration, else from the data directory, else made there.
    pub(crate) fn load(config: &BackendConfig) -> Result<Self, KeysError> {
        if !config.signing_keys.is_empty() {
            return Self::checked(config.signing_keys.clone());
        }
        match read_file(&config.data_dir)? {
            Some(keys) => Self::checked(keys),
            None => {
                let keys = vec![fresh()];
                write_file(&config.data_dir, &keys)?;
                Self::checked(keys)
            }
        }
    }

    /// The key that signs.
    pub(crate) fn signing(&self) -> &SigningKey {
        &self.keys[0]
    }

    /// A key by its name.
    pub(crate) fn named(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// The successors that `token` may have been given: by the key that signs, then by the one before.
    pub(crate) fn successors(&self, token: &str) -> impl Iterator<Item = String> {
        self.keys.iter().map(move |key| secrets::successor(&key.secret, token))
    }

    /// The successor that `token` is given now.
    pub(crate) fn successor(&self, token: &str) -> String {
        secrets::successor(&self.signing().secret, token)
    }

    fn checked(keys: Vec<SigningKey>) -> Result<Self, KeysError> {
        if let Some(key) = keys.iter().find(|key| key.secret.chars().count() < MIN_SECRET) {
            return Err(KeysError::Short { kid: key.kid.clone() });
        }
        match keys.as_slice() {
            [_] => Ok(Self { keys }),
            [first, second] if first.kid != second.kid => Ok(Self { keys }),
            _ => Err(KeysError::Count),
        }
    }
}

/// Puts a new key in front of the one that signs and drops the one before it; gives its name. Takes
/// effect with the next start of the server, and tokens signed before stay good.
pub fn rotate_keys(data_dir: &Path) -> Result<String, KeysError> {
    let mut keys = read_file(data_dir)?.unwrap_or_default();
    let key = fresh();
    let kid = key.kid.clone();
    keys.insert(0, key);
    keys.truncate(2);
    write_file(data_dir, &keys)?;
    Ok(kid)
}

fn fresh() -> SigningKey {
    let secret = secrets::token();
    let kid = secrets::token().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    SigningKey { kid, secret }
}

fn read_file(data_dir: &Path) -> Result<Option<Vec<SigningKey>>, KeysError> {
    let path = data_dir.join(FILE);
    let failed = |why: String| KeysError::File { path: path.display().to_string(), why };
    let Some(text) = private_file::read(&path).map_err(|error| failed(error.to_string()))? else {
        return Ok(None);
    };
    // Not the parser's own words: they might quote the file.
    let file: File =
        serde_json::from_str(&text).map_err(|_| failed("it is not as it was written".to_owned()))?;
    Ok(Some(file.keys.into_iter().map(|key| SigningKey { kid: key.kid, secret: key.secret }).collect()))
}

fn write_file(data_dir: &Path, keys: &[SigningKey]) -> Result<(), KeysError> {
    let path = data_dir.join(FILE);
    let keys = keys.iter().map(|key| FileKey { kid: key.kid.clone(), secret: key.secret.clone() }).collect();
    let text = serde_json::to_vec_pretty(&File { keys }).expect("strings serialise into memory");
    private_file::write(&path, &text)
        .map_err(|error| KeysError::File { path: path.display().to_string(), why: error.to_string() })
}

const FILE: &str = "keys.json";
const MIN_SECRET: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_kept_private_and_rotated() {
        let dir = tempfile::tempdir().unwrap();
        let config = BackendConfig::new(dir.path(), "https://x");
        let first = Keys::load(&config).unwrap();
        assert_eq!(Keys::load(&config).unwrap().signing().secret, first.signing().secret);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let kid = rotate_keys(dir.path()).unwrap();
        rotate_keys(dir.path()).unwrap();
        let keys = Keys::load(&config).unwrap();
        assert!(keys.named(&kid).is_some() && keys.named(&first.signing().kid).is_none());
    }

    #[test]
    fn short_secrets_and_too_many_keys_are_refused() {
        let key = |kid: &str, length| SigningKey { kid: kid.into(), secret: "s".repeat(length) };
        assert!(matches!(Keys::checked(vec![key("a", 31)]), Err(KeysError::Short { .. })));
        assert!(matches!(Keys::checked(vec![key("a", 32), key("a", 32)]), Err(KeysError::Count)));
        assert!(matches!(Keys::checked(vec![]), Err(KeysError::Count)));
        assert!(Keys::checked(vec![key("a", 32), key("b", 40)]).is_ok());
    }
}
