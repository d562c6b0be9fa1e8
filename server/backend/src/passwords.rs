//! Passwords: argon2id hashes, computed on threads of their own and only a few at a time.

use crate::{
    Refused,
    error::{Result, refuse},
};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};
use tincan_signaling::{Code, Refusal};
use tokio::sync::Semaphore;

/// Hashes and checks passwords. Each takes some 20 ms of a core and 19 MiB.
pub(crate) struct Passwords {
    turns: Semaphore,
    /// How many work or wait.
    asked: AtomicUsize,
}

/// Counts one who works or waits, also when they go away in the middle.
struct Asked<'a>(&'a AtomicUsize);

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), asked: AtomicUsize::new(0) }
    }
}

impl Passwords {
    /// The hash of a new password, which must be long enough to be one.
    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        if password.chars().count() < MIN_CHARS {
            return refuse(Code::BadRequest, "A password needs at least 10 characters.");
        }
        if password.len() > MAX_BYTES {
            return refuse(Code::BadRequest, "This password is too long.");
        }
        let password = password.to_owned();
        self.in_turn(move || hash(&password)).await?
    }

    /// Whether the password fits the hash. Without a hash it is `false`, and takes as long.
    pub(crate) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool> {
        if password.len() > MAX_BYTES {
            return Ok(false);
        }
        let password = password.to_owned();
        self.in_turn(move || match hash {
            Some(hash) => Ok(fits(&password, &hash)),
            None => {
                let _ = fits(&password, nobody()?);
                Ok(false)
            }
        })
        .await?
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let _asked = self.ask()?;
        let _turn = self.turns.acquire().await.map_err(Refused::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Refused::internal)
    }

    /// A place in the queue. A flood of sign-ins from everywhere is sent away instead of being kept
    /// waiting for minutes, each with its request in memory.
    fn ask(&self) -> Result<Asked<'_>> {
        let before = self.asked.fetch_add(1, Ordering::Relaxed);
        let asked = Asked(&self.asked);
        if before < AT_MOST {
            return Ok(asked);
        }
        let busy = Refusal::new(Code::Unavailable, "Too many people sign in right now. Try again.");
        Err(Refusal { retry_after_ms: Some(2_000), ..busy }.into())
    }
}

fn hash(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Refused::internal(format!("argon2: {error}")))
}

fn fits(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// The hash that is checked for an account that does not exist.
fn nobody() -> Result<&'static str> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if let Some(hash) = NOBODY.get() {
        return Ok(hash);
    }
    let fresh = hash(&crate::secrets::token())?;
    Ok(NOBODY.get_or_init(|| fresh))
}

const AT_ONCE: usize = 4;
/// Some two seconds of work.
const AT_MOST: usize = 256;
const MIN_CHARS: usize = 10;
const MAX_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_flood_is_sent_away() {
        let passwords = Passwords::default();
        let waiting: Vec<_> = (0..AT_MOST).map(|_| passwords.ask().unwrap()).collect();
        let busy = passwords.verify("correct horse", None).await.unwrap_err();
        assert_eq!(busy.code(), Code::Unavailable);
        drop(waiting);
        assert!(!passwords.verify("correct horse", None).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_takes_as_long_as_somebody() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse").await.unwrap();
        let quickest = async |hash: &Option<String>| {
            let mut quickest = std::time::Duration::MAX;
            for _ in 0..12 {
                let started = std::time::Instant::now();
                assert!(!passwords.verify("wrong password", hash.clone()).await.unwrap());
                quickest = quickest.min(started.elapsed());
            }
            quickest.as_secs_f64()
        };
        let ratio = quickest(&Some(hash)).await / quickest(&None).await;
        assert!((0.4..2.5).contains(&ratio), "{ratio}");
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(passwords.verify("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct house", Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse", None).await.unwrap());
        assert!(!passwords.verify("correct horse", Some("no hash".into())).await.unwrap());
        assert_eq!(passwords.hash("short").await.unwrap_err().code(), Code::BadRequest);
    }
}
