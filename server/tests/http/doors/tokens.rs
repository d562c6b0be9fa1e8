//! Tokens of every wrong kind, each wrong in one thing only.

use crate::app::TestApp;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

/// Makes tokens with the server's own key, as nobody else can.
pub(crate) struct Forge {
    kid: String,
    secret: String,
    now_s: u64,
}

impl Forge {
    pub(crate) fn of(app: &TestApp) -> Self {
        let file = std::fs::read(app.data_dir().join("keys.json")).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        let text = |name: &str| file["keys"][0][name].as_str().unwrap().to_owned();
        Self { kid: text("kid"), secret: text("secret"), now_s: app.backend.now().0 / 1000 }
    }

    fn header(&self) -> Value {
        json!({"typ": "JWT", "alg": "HS256", "kid": self.kid})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        signed(header, claims, |text| hs256(&self.secret, text))
    }

    /// A good token with other claims; `null` takes one away.
    fn with(&self, claims: &Value, changes: Value) -> String {
        let mut claims = claims.clone();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        self.sign(&self.header(), &claims)
    }

    fn with_header(&self, claims: &Value, changes: Value) -> String {
        let mut header = self.header();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(header.as_object_mut().unwrap().remove(name)),
                value => header[name] = value.clone(),
            }
        }
        self.sign(&header, claims)
    }

    /// The same token once more, to see that the forge is right.
    pub(crate) fn copy(&self, good: &str) -> String {
        self.sign(&self.header(), &claims(good))
    }

    /// Everything that can be wrong with a token as such, made from a good one.
    pub(crate) fn wrong(&self, good: &str) -> Vec<(&'static str, String)> {
        let parts: Vec<&str> = good.split('.').collect();
        let [head, body, signature] = parts[..] else { panic!("a token has three parts") };
        let claims = claims(good);
        let now = self.now_s;
        let altered = |name: &str, value: Value| {
            let mut claims = claims.clone();
            claims[name] = value;
            format!("{head}.{}.{signature}", part(&claims))
        };
        let none = |alg: &str| json!({"typ": "JWT", "alg": alg, "kid": self.kid});
        let hs = |alg: &str, tag: &dyn Fn(&str) -> Vec<u8>| {
            signed(&json!({"typ": "JWT", "alg": alg, "kid": self.kid}), &claims, tag)
        };
        vec![
            ("has ended", self.with(&claims, json!({"exp": now - 6, "iat": now - 900}))),
            ("was issued in the future", self.with(&claims, json!({"iat": now + 60}))),
            ("does not count yet", self.with(&claims, json!({"nbf": now + 60}))),
            ("has no end", self.with(&claims, json!({"exp": null}))),
            ("has an end that is no number", self.with(&claims, json!({"exp": "never"}))),
            ("has a negative end", self.with(&claims, json!({"exp": -1}))),
            ("is of another audience", self.with(&claims, json!({"aud": "elsewhere"}))),
            ("is of no audience", self.with(&claims, json!({"aud": null}))),
            ("is of several audiences", self.with(&claims, json!({"aud": ["tincan", "elsewhere"]}))),
            ("is of another issuer", self.with(&claims, json!({"iss": "https://elsewhere.example"}))),
            ("is of no issuer", self.with(&claims, json!({"iss": null}))),
            ("is nobody's", self.with(&claims, json!({"sub": null}))),
            ("is of no device", self.with(&claims, json!({"sid": null}))),
            ("has a role that nobody has", self.with(&claims, json!({"role": "root"}))),
            ("has no role", self.with(&claims, json!({"role": null}))),
            ("names no key", self.with_header(&claims, json!({"kid": null}))),
            ("names a key that nobody knows", self.with_header(&claims, json!({"kid": "unknown"}))),
            ("names a file as its key", self.with_header(&claims, json!({"kid": "../../dev/null"}))),
            ("was signed with another key", hs("HS256", &|text| hs256(&"x".repeat(43), text))),
            ("was signed with an empty key", hs("HS256", &|text| hs256("", text))),
            ("says none and is not signed", signed(&none("none"), &claims, |_| Vec::new())),
            ("says NONE and is not signed", signed(&none("NONE"), &claims, |_| Vec::new())),
            ("says none and is signed", hs("none", &|text| hs256(&self.secret, text))),
            ("says RS256 and is signed with our key", hs("RS256", &|text| hs256(&self.secret, text))),
            ("says ES256 and is signed with our key", hs("ES256", &|text| hs256(&self.secret, text))),
            ("is signed by HS384", hs("HS384", &|text| hs384(&self.secret, text))),
            ("is signed by HS512", hs("HS512", &|text| hs512(&self.secret, text))),
            ("says no algorithm", self.with_header(&claims, json!({"alg": null}))),
            ("has another role under the old signature", altered("role", json!("operator"))),
            ("has another tenant under the old signature", altered("tenant_id", json!(SOME_ID))),
            ("has another session under the old signature", altered("session_id", json!(SOME_ID))),
            ("ends later under the old signature", altered("exp", json!(now + 90_000))),
            ("lost its last letters", good[..good.len() - 2].to_owned()),
            ("lost its signature", format!("{head}.{body}.")),
            ("lost its body", format!("{head}..{signature}")),
            ("is two parts", format!("{head}.{body}")),
            ("is four parts", format!("{good}.{signature}")),
            ("is over-long", format!("{good}{}", "A".repeat(9_000))),
            ("is dots", "..".to_owned()),
            ("is nonsense", "nonsense".to_owned()),
            ("is JSON", "{\"alg\":\"none\"}".to_owned()),
        ]
    }
}

fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64.decode(body).unwrap()).unwrap()
}

fn signed(header: &Value, claims: &Value, tag: impl Fn(&str) -> Vec<u8>) -> String {
    let text = format!("{}.{}", part(header), part(claims));
    let tag = BASE64.encode(tag(&text));
    format!("{text}.{tag}")
}

fn part(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

fn hs256(secret: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hs384(secret: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha384>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hs512(secret: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

const SOME_ID: &str = "01900000-0000-7000-8000-000000000001";
