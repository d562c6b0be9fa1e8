//! The keys that sign access tokens: two at once, so that they can be changed without signing
//! anybody out. The first signs; the one before it is accepted until its last token has ended.
//!
//! Keys of the data directory are read again while the server runs, so a rotation from the command
//! line takes effect within seconds.

use crate::{BackendConfig, SigningKey, backend::LEEWAY, private_file, secrets};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tincan_signaling::Timestamp;

/// Why there are no keys to sign with, or no new one.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("the keys file {path} cannot be used: {why}")]
    File { path: String, why: String },
    #[error("the signing key {kid} needs a secret of at least {MIN_SECRET} characters")]
    Short { kid: String },
    #[error("there may be one or two signing keys with different names")]
    Count,
    #[error(
        "the last rotation was a moment ago, and tokens of the key before it are still in use: wait \
         {} s, or drop them at once with --now",
        wait.as_secs()
    )]
    TooSoon { wait: Duration },
}

/// The keys of this process.
pub(crate) struct Keys {
    /// Where they are read again; `None` when they stand in the configuration.
    dir: Option<PathBuf>,
    at_hand: RwLock<Arc<Ring>>,
}

/// Keys as they were at one moment; never empty.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Ring {
    keys: Vec<Key>,
    /// How long a key is accepted after another took its place.
    kept: Duration,
}

#[derive(Clone, PartialEq, Eq)]
struct Key {
    key: SigningKey,
    /// Since when another signs; `None` when that is not known, or for the one that signs.
    retired_at: Option<Timestamp>,
}

/// What became of the keys when they were read again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Same,
    /// Another key signs now, and nothing was lost.
    Rotated {
        kid: String,
    },
    /// A key is gone whose tokens may still be about.
    Dropped {
        kid: String,
    },
}

#[derive(Serialize, Deserialize)]
struct File {
    keys: Vec<FileKey>,
}

#[derive(Serialize, Deserialize)]
struct FileKey {
    kid: String,
    secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retired_at: Option<Timestamp>,
}

impl Keys {
    /// From the configuration, else from the data directory, else made there.
    pub(crate) fn load(config: &BackendConfig) -> Result<Self, KeysError> {
        let kept = kept(config.access_ttl);
        if !config.signing_keys.is_empty() {
            let keys = config.signing_keys.iter().cloned().map(|key| Key { key, retired_at: None });
            let ring = Ring::checked(keys.collect(), kept)?;
            return Ok(Self { dir: None, at_hand: RwLock::new(Arc::new(ring)) });
        }
        let keys = match read_file(&config.data_dir)? {
            Some(keys) => keys,
            None => {
                let keys = vec![fresh()];
                write_file(&config.data_dir, &keys)?;
                keys
            }
        };
        let ring = Ring::checked(keys, kept)?;
        Ok(Self { dir: Some(config.data_dir.clone()), at_hand: RwLock::new(Arc::new(ring)) })
    }

    /// The keys as they are now.
    pub(crate) fn at_hand(&self) -> Arc<Ring> {
        self.at_hand.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether they stand in the configuration, where only a restart changes them.
    pub(crate) fn are_configured(&self) -> bool {
        self.dir.is_none()
    }

    /// Reads the data directory again. What is wrong there leaves the keys as they are.
    pub(crate) fn read_again(&self, now: Timestamp) -> Result<Read, KeysError> {
        let Some(dir) = &self.dir else { return Ok(Read::Same) };
        let before = self.at_hand();
        // A file that is gone is no reason to sign everybody out.
        let Some(keys) = read_file(dir)? else { return Ok(Read::Same) };
        let after = Ring::checked(keys, before.kept)?;
        if after == *before {
            return Ok(Read::Same);
        }
        let kid = after.signing().kid.clone();
        let lost = before
            .keys
            .iter()
            .any(|key| before.named(&key.key.kid, now).is_some() && after.named(&key.key.kid, now).is_none());
        *self.at_hand.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        Ok(if lost { Read::Dropped { kid } } else { Read::Rotated { kid } })
    }

    /// Puts a new key in front of the one that signs, which stays accepted until its tokens have
    /// ended; with `at_once` it does not. Gives the new one's name.
    pub(crate) fn rotate(&self, now: Timestamp, at_once: bool) -> Result<String, KeysError> {
        let Some(dir) = &self.dir else { return Err(KeysError::Count) };
        let at_hand = self.at_hand();
        let mut keys = read_file(dir)?.unwrap_or_else(|| at_hand.keys.clone());
        let kept = at_hand.kept;
        if at_once {
            keys.clear();
        } else if let [_, Key { retired_at: Some(at), .. }] = keys.as_slice()
            && now < at.after(kept)
        {
            return Err(KeysError::TooSoon { wait: at.after(kept).since(now) });
        }
        if let Some(before) = keys.first_mut() {
            before.retired_at = Some(now);
        }
        let key = fresh();
        let kid = key.key.kid.clone();
        keys.insert(0, key);
        keys.truncate(2);
        write_file(dir, &keys)?;
        Ok(kid)
    }
}

impl Ring {
    /// The key that signs.
    pub(crate) fn signing(&self) -> &SigningKey {
        &self.keys[0].key
    }

    /// A key by its name, while it is accepted.
    pub(crate) fn named(&self, kid: &str, now: Timestamp) -> Option<&SigningKey> {
        self.accepted(now).find(|key| key.kid == kid)
    }

    /// The successors that `token` may have been given: by the key that signs, then by the one before.
    pub(crate) fn successors(&self, token: &str) -> impl Iterator<Item = String> {
        self.keys.iter().map(move |key| secrets::successor(&key.key.secret, token))
    }

    /// The successor that `token` is given now.
    pub(crate) fn successor(&self, token: &str) -> String {
        secrets::successor(&self.signing().secret, token)
    }

    fn accepted(&self, now: Timestamp) -> impl Iterator<Item = &SigningKey> {
        let accepted = move |key: &&Key| key.retired_at.is_none_or(|at| now < at.after(self.kept));
        self.keys.iter().filter(accepted).map(|key| &key.key)
    }

    fn checked(keys: Vec<Key>, kept: Duration) -> Result<Self, KeysError> {
        if let Some(key) = keys.iter().find(|key| key.key.secret.chars().count() < MIN_SECRET) {
            return Err(KeysError::Short { kid: key.key.kid.clone() });
        }
        match keys.as_slice() {
            [_] => Ok(Self { keys, kept }),
            [first, second] if first.key.kid != second.key.kid => Ok(Self { keys, kept }),
            _ => Err(KeysError::Count),
        }
    }
}

/// A token signed in a key's last moment ends then, and the running server may have learnt of the
/// new key a moment late.
fn kept(access_ttl: Duration) -> Duration {
    access_ttl + LEEWAY + Duration::from_secs(60)
}

fn fresh() -> Key {
    let secret = secrets::token();
    let kid = secrets::token().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    Key { key: SigningKey { kid, secret }, retired_at: None }
}

fn read_file(data_dir: &Path) -> Result<Option<Vec<Key>>, KeysError> {
    let path = data_dir.join(FILE);
    let failed = |why: String| KeysError::File { path: path.display().to_string(), why };
    let Some(text) = private_file::read(&path).map_err(|error| failed(error.to_string()))? else {
        return Ok(None);
    };
    // Not the parser's own words: they might quote the file.
    let file: File =
        serde_json::from_str(&text).map_err(|_| failed("it is not as it was written".to_owned()))?;
    let key = |FileKey { kid, secret, retired_at }| Key { key: SigningKey { kid, secret }, retired_at };
    Ok(Some(file.keys.into_iter().map(key).collect()))
}

fn write_file(data_dir: &Path, keys: &[Key]) -> Result<(), KeysError> {
    let path = data_dir.join(FILE);
    let key = |key: &Key| FileKey {
        kid: key.key.kid.clone(),
        secret: key.key.secret.clone(),
        retired_at: key.retired_at,
    };
    let file = File { keys: keys.iter().map(key).collect() };
    let text = serde_json::to_vec_pretty(&file).expect("strings and numbers serialise into memory");
    private_file::write(&path, &text)
        .map_err(|error| KeysError::File { path: path.display().to_string(), why: error.to_string() })
}

const FILE: &str = "keys.json";
const MIN_SECRET: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    #[test]
    fn keys_are_made_once_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let config = BackendConfig::new(dir.path(), "https://x");
        let first = Keys::load(&config).unwrap().at_hand().signing().clone();
        assert_eq!(Keys::load(&config).unwrap().at_hand().signing().secret, first.secret);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_is_accepted_until_its_last_token_has_ended() {
        let dir = tempfile::tempdir().unwrap();
        let config = BackendConfig::new(dir.path(), "https://x");
        let (running, console) = (Keys::load(&config).unwrap(), Keys::load(&config).unwrap());
        let first = running.at_hand().signing().kid.clone();
        let second = console.rotate(NOW, false).unwrap();
        assert_eq!(running.read_again(NOW).unwrap(), Read::Rotated { kid: second.clone() });
        assert_eq!(running.read_again(NOW).unwrap(), Read::Same);
        assert_eq!(running.at_hand().signing().kid, second);
        let end = NOW.after(kept(config.access_ttl));
        assert!(running.at_hand().named(&first, Timestamp(end.0 - 1)).is_some());
        assert!(running.at_hand().named(&first, end).is_none());
        assert!(running.at_hand().named(&second, end).is_some());

        assert!(matches!(console.rotate(NOW, false), Err(KeysError::TooSoon { .. })));
        let third = console.rotate(end, false).unwrap();
        assert_eq!(running.read_again(end).unwrap(), Read::Rotated { kid: third.clone() });
        assert!(running.at_hand().named(&second, end).is_some());

        let fourth = console.rotate(end, true).unwrap();
        assert_eq!(running.read_again(end).unwrap(), Read::Dropped { kid: fourth });
        assert!(running.at_hand().named(&third, end).is_none());
    }

    #[test]
    fn a_damaged_file_leaves_the_keys_as_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let running = Keys::load(&BackendConfig::new(dir.path(), "https://x")).unwrap();
        let kid = running.at_hand().signing().kid.clone();
        for damaged in ["", "{", "{\"keys\":[]}", "{\"keys\":[{\"kid\":\"a\",\"secret\":\"short\"}]}"] {
            std::fs::write(dir.path().join(FILE), damaged).unwrap();
            assert!(running.read_again(NOW).is_err(), "{damaged}");
        }
        std::fs::remove_file(dir.path().join(FILE)).unwrap();
        assert_eq!(running.read_again(NOW).unwrap(), Read::Same);
        assert_eq!(running.at_hand().signing().kid, kid);
    }

    #[test]
    fn short_secrets_and_too_many_keys_are_refused() {
        let key = |kid: &str, length| Key {
            key: SigningKey { kid: kid.into(), secret: "s".repeat(length) },
            retired_at: None,
        };
        let checked = |keys| Ring::checked(keys, Duration::ZERO);
        assert!(matches!(checked(vec![key("a", 31)]), Err(KeysError::Short { .. })));
        assert!(matches!(checked(vec![key("a", 32), key("a", 32)]), Err(KeysError::Count)));
        assert!(matches!(checked(vec![]), Err(KeysError::Count)));
        assert!(checked(vec![key("a", 32), key("b", 40)]).is_ok());
    }
}
