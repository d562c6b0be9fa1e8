//! Where to go after signing in: a path of ours, never another site.

use serde::{Deserialize, Deserializer};
use tincan_signaling::Refusal;
use url::form_urlencoded::Serializer;

/// A path on this server. Whatever else was asked for becomes the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextPath(String);

impl NextPath {
    /// Takes a path as it is when it stays on this server.
    pub fn new(path: &str) -> Self {
        // `//host` and `/\host` are other sites to a browser; control characters are dropped by it.
        let ours = path.starts_with('/')
            && !path[1..].starts_with(['/', '\\'])
            && !path.contains(|c: char| c.is_control());
        Self(if ours { path.to_owned() } else { HOME.to_owned() })
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The sign-in page that leads on to it.
    pub fn sign_in(&self) -> String {
        format!("/login?{}", Serializer::new(String::new()).append_pair("next", &self.0).finish())
    }

    /// The sign-in page after a refusal.
    pub fn sign_in_after(&self, refusal: &Refusal) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("error", refusal.code.as_str());
        if let Some(wait_ms) = refusal.retry_after_ms {
            query.append_pair("retry_after_ms", &wait_ms.to_string());
        }
        query.append_pair("next", &self.0);
        format!("/login?{}", query.finish())
    }

    /// The path that renews the sign-in and then goes there.
    pub fn renewed(&self) -> String {
        let query = Serializer::new(String::new()).append_pair("next", &self.0).finish();
        format!("/api/auth/continue?{query}")
    }
}

impl Default for NextPath {
    fn default() -> Self {
        Self(HOME.to_owned())
    }
}

impl<'de> Deserialize<'de> for NextPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|path| Self::new(&path))
    }
}

const HOME: &str = "/dashboard";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_leads_to_another_site() {
        assert_eq!(NextPath::new("/admin?tab=users").as_str(), "/admin?tab=users");
        for other in ["", "https://x.example", "//x.example", "/\\x.example", "/\tx", "admin"] {
            assert_eq!(NextPath::new(other), NextPath::default(), "{other}");
        }
        assert_eq!(NextPath::new("/a?b=c").sign_in(), "/login?next=%2Fa%3Fb%3Dc");
    }
}
