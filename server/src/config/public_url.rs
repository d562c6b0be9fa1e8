//! Where browsers reach this server. Cookies, tokens, embed code and CSP all hang on it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{fmt, str::FromStr};
use url::{Host, Url};

/// An origin: scheme, host and port, nothing behind. Anything but loopback is https.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl {
    url: Url,
    origin: String,
}

/// Text that cannot be the public URL.
#[derive(Debug, thiserror::Error)]
#[error("public_url: {0}")]
pub struct NotPublic(String);

impl PublicUrl {
    /// The URL of a server on this machine alone.
    pub fn loopback(port: u16, tls: bool) -> Self {
        let scheme = if tls { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{port}")
            .parse()
            .expect("scheme, loopback address and port make an origin")
    }

    /// As browsers write it in `Origin`: no slash at the end, no default port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Host and port as in the `Host` header.
    pub fn authority(&self) -> &str {
        self.origin.split_once("://").map_or(self.origin.as_str(), |(_, authority)| authority)
    }

    /// Encrypted?
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// The same origin for WebSockets.
    pub fn socket_origin(&self) -> String {
        self.origin.replacen("http", "ws", 1)
    }

    /// Where the realtime socket is.
    pub fn socket_url(&self) -> String {
        format!("{}/realtime/v1/websocket", self.socket_origin())
    }

    /// The sample customer's site of the demo: this server under another name, so that browsers
    /// see another *site*. A server that has no other name shows it under its own.
    pub fn sample_site(&self) -> String {
        let other = match self.url.host() {
            Some(Host::Domain("localhost")) => "127.0.0.1",
            Some(Host::Ipv4(_) | Host::Ipv6(_)) if self.is_loopback() => "localhost",
            _ => return self.origin.clone(),
        };
        let mut url = self.url.clone();
        match url.set_host(Some(other)) {
            Ok(()) => url.origin().ascii_serialization(),
            Err(_) => self.origin.clone(),
        }
    }
}

impl FromStr for PublicUrl {
    type Err = NotPublic;

    fn from_str(text: &str) -> Result<Self, NotPublic> {
        let wrong = |why: &str| NotPublic(format!("{text:?} {why}"));
        let url = Url::parse(text).map_err(|_| wrong("is not a URL such as https://chat.example.com"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong("must begin with https:// (http:// on loopback)"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("must have nothing behind host and port"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("must not hold a user name or password"));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(wrong("must be https: browsers give microphones to secure pages only"));
        }
        Ok(Self { origin: url.origin().ascii_serialization(), url })
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

impl<'de> Deserialize<'de> for PublicUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for PublicUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_may_be_plain() {
        for good in ["https://chat.example.com", "http://localhost:1", "http://[::1]:2/"] {
            assert!(good.parse::<PublicUrl>().is_ok(), "{good}");
        }
        let wrong = ["http://chat.example.com", "https://a.example/x", "ftp://127.0.0.1", "tincan"];
        for wrong in wrong {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_sample_site_is_another_site() {
        let url: PublicUrl = "http://127.0.0.1:8080".parse().unwrap();
        assert_eq!(url.sample_site(), "http://localhost:8080");
        assert_eq!(url.socket_origin(), "ws://127.0.0.1:8080");
        assert_eq!(url.authority(), "127.0.0.1:8080");
        let url: PublicUrl = "http://localhost:9".parse().unwrap();
        assert_eq!(url.sample_site(), "http://127.0.0.1:9");
        let url: PublicUrl = "https://chat.example.com:443".parse().unwrap();
        assert_eq!(url.sample_site(), "https://chat.example.com");
    }
}
