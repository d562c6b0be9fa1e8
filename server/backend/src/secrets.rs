//! Random secrets, and how they are kept: as hashes, with successors that can be made again.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// A token of 256 random bits, as text for cookies and JSON.
pub(crate) fn token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// What is stored of a token. It is random, so a plain hash tells nothing.
pub(crate) fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// The token that replaces `token` when it is exchanged. It looks random without `key`, and is the
/// same each time: so the same old token can be answered with the same new one although only hashes
/// are stored.
pub(crate) fn successor(key: &str, token: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(b"successor:");
    mac.update(token.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// A password for people to copy: 20 characters that cannot be mistaken for each other, 97 bits.
pub(crate) fn password() -> String {
    text::<20>(b"abcdefghjkmnpqrstuvwxyz23456789")
}

/// The public name of a tenant.
pub(crate) fn public_key() -> String {
    format!("tc_{}", text::<20>(b"abcdefghijklmnopqrstuvwxyz0123456789"))
}

fn text<const N: usize>(alphabet: &[u8]) -> String {
    // A byte is taken only from the largest multiple of the alphabet's length: no letter is likelier.
    let limit = 256 - 256 % alphabet.len();
    let mut out = String::with_capacity(N);
    while out.len() < N {
        let bytes = random::<N>().into_iter().filter(|byte| usize::from(*byte) < limit);
        out.extend(bytes.map(|byte| char::from(alphabet[usize::from(byte) % alphabet.len()])));
    }
    out.truncate(N);
    out
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_are_the_same_each_time_and_need_the_key() {
        let token = token();
        assert_eq!(successor("k1", &token), successor("k1", &token));
        assert_ne!(successor("k1", &token), successor("k2", &token));
        assert_ne!(successor("k1", &token), token);
        assert_eq!(hash(&token).len(), 32);
        assert_eq!(password().len(), 20);
        assert_ne!(public_key(), public_key());
    }
}
