//! Phoenix channel frames in the dialect of Supabase Realtime: text frames of versions 1.0.0 and
//! 2.0.0, and the binary push (type 3). Parsing and printing, nothing else.
//!
//! A 2.0.0 text frame is `[join_ref, ref, topic, event, payload]`; a 1.0.0 one an object with the
//! same names. What the server sends is text in both. Protocol:
//! <https://hexdocs.pm/phoenix/writing_a_channels_client.html>,
//! <https://supabase.com/docs/guides/realtime/protocol>.

use crate::json::quote;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The longest frame, in bytes.
pub const MAX_FRAME: usize = 256 * 1024;

/// The version of the serializer, from the query `vsn`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Version {
    /// Objects. What clients get that do not ask.
    #[default]
    V1,
    /// Arrays.
    V2,
}

impl Version {
    /// Reads the query's `vsn`; `None` when it is neither ours.
    pub fn parse(vsn: &str) -> Option<Self> {
        match vsn {
            "1.0.0" => Some(Self::V1),
            "2.0.0" => Some(Self::V2),
            _ => None,
        }
    }
}

/// One frame from a client. Payloads are JSON text, not read yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame<'a> {
    pub join_ref: Option<Cow<'a, str>>,
    pub reference: Option<Cow<'a, str>>,
    pub topic: Cow<'a, str>,
    pub push: Push<'a>,
}

/// What a client pushes.
#[derive(Clone, Debug, PartialEq)]
pub enum Push<'a> {
    Join(&'a str),
    Leave,
    Heartbeat,
    AccessToken(&'a str),
    Presence(&'a str),
    Broadcast {
        event: Cow<'a, str>,
        payload: &'a str,
    },
    /// A name that no client of ours or of Supabase sends.
    Unknown(Cow<'a, str>),
}

/// A frame that cannot be understood, with as much of its address as could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("malformed frame: {why}")]
pub struct BadFrame {
    pub join_ref: Option<String>,
    pub reference: Option<String>,
    pub topic: Option<String>,
    pub why: &'static str,
}

impl BadFrame {
    fn new(why: &'static str) -> Self {
        Self { why, ..Self::default() }
    }
}

type Text<'a> = Cow<'a, str>;

#[derive(Deserialize)]
struct Array<'a>(
    Option<Ref>,
    Option<Ref>,
    #[serde(borrow)] Text<'a>,
    #[serde(borrow)] Text<'a>,
    #[serde(borrow)] &'a RawValue,
);

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(default)]
    join_ref: Option<Ref>,
    #[serde(default, rename = "ref")]
    reference: Option<Ref>,
    #[serde(borrow)]
    topic: Text<'a>,
    #[serde(borrow)]
    event: Text<'a>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

/// Refs are strings in every known client; Phoenix itself takes numbers too.
#[derive(Deserialize)]
#[serde(untagged)]
enum Ref {
    Text(String),
    Number(u64),
}

impl Ref {
    fn text<'a>(self) -> Text<'a> {
        match self {
            Self::Text(text) => Cow::Owned(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
        }
    }
}

#[derive(Deserialize)]
struct Inner<'a> {
    #[serde(borrow)]
    event: Text<'a>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

impl<'a> Frame<'a> {
    /// Reads a text frame.
    pub fn parse_text(version: Version, text: &'a str) -> Result<Self, BadFrame> {
        let wrong = |_| BadFrame::new("not a frame of this version");
        let (join_ref, reference, topic, event, payload) = match version {
            Version::V2 => {
                let Array(join_ref, reference, topic, event, payload) =
                    serde_json::from_str(text).map_err(wrong)?;
                (join_ref, reference, topic, event, payload.get())
            }
            Version::V1 => {
                let Object { join_ref, reference, topic, event, payload } =
                    serde_json::from_str(text).map_err(wrong)?;
                (join_ref, reference, topic, event, payload.map_or("{}", RawValue::get))
            }
        };
        let (join_ref, reference) = (join_ref.map(Ref::text), reference.map(Ref::text));
        let push = match event.as_ref() {
            "phx_join" => Push::Join(payload),
            "phx_leave" => Push::Leave,
            "heartbeat" => Push::Heartbeat,
            "access_token" => Push::AccessToken(payload),
            "presence" => Push::Presence(payload),
            "broadcast" => {
                let inner: Inner<'a> = serde_json::from_str(payload).map_err(|_| BadFrame {
                    join_ref: join_ref.as_deref().map(str::to_owned),
                    reference: reference.as_deref().map(str::to_owned),
                    topic: Some(topic.to_string()),
                    why: "a broadcast needs {event, payload}",
                })?;
                Push::Broadcast { event: inner.event, payload: inner.payload.map_or("{}", RawValue::get) }
            }
            _ => Push::Unknown(event),
        };
        Ok(Self { join_ref, reference, topic, push })
    }

    /// Reads a binary push (type 3): one byte for each length, then the texts, then the payload.
    /// Only JSON payloads (encoding 1) are taken.
    pub fn parse_binary(bytes: &'a [u8]) -> Result<Self, BadFrame> {
        let [3, lengths @ ..] = bytes else { return Err(BadFrame::new("not a binary push")) };
        let (lengths, mut rest) =
            lengths.split_first_chunk::<6>().ok_or_else(|| BadFrame::new("too short"))?;
        let [join_ref, reference, topic, event, metadata, encoding] = *lengths;
        let mut take = |length: u8| {
            let (head, tail) =
                rest.split_at_checked(length.into()).ok_or_else(|| BadFrame::new("too short"))?;
            rest = tail;
            Ok::<_, BadFrame>(std::str::from_utf8(head))
        };
        let (join_ref, reference) = (take(join_ref)?, take(reference)?);
        let (topic, event, _metadata) = (take(topic)?, take(event)?, take(metadata)?);
        let bad = |why| BadFrame {
            join_ref: join_ref.ok().map(str::to_owned),
            reference: reference.ok().map(str::to_owned),
            topic: topic.ok().map(str::to_owned),
            why,
        };
        let text = |text: Result<&'a str, std::str::Utf8Error>| text.map_err(|_| bad("not UTF-8"));
        if encoding != 1 {
            return Err(bad("the payload must be JSON"));
        }
        let payload = text(std::str::from_utf8(rest))?;
        if serde_json::from_str::<&RawValue>(payload).is_err() {
            return Err(bad("the payload must be JSON"));
        }
        let optional = |text: &'a str| (!text.is_empty()).then_some(Cow::Borrowed(text));
        Ok(Self {
            join_ref: optional(text(join_ref)?),
            reference: optional(text(reference)?),
            topic: Cow::Borrowed(text(topic)?),
            push: Push::Broadcast { event: Cow::Borrowed(text(event)?), payload },
        })
    }
}

/// Prints a text frame. `payload` is JSON text.
pub fn print(
    version: Version,
    join_ref: Option<&str>,
    reference: Option<&str>,
    topic: &str,
    event: &str,
    payload: &str,
) -> String {
    let mut out = String::with_capacity(payload.len() + topic.len() + 64);
    match version {
        Version::V2 => {
            out.push('[');
            quote_or_null(&mut out, join_ref);
            out.push(',');
            quote_or_null(&mut out, reference);
            out.push(',');
            quote(&mut out, topic);
            out.push(',');
            quote(&mut out, event);
            out.push(',');
            out.push_str(payload);
            out.push(']');
        }
        Version::V1 => {
            out.push_str("{\"topic\":");
            quote(&mut out, topic);
            out.push_str(",\"event\":");
            quote(&mut out, event);
            out.push_str(",\"payload\":");
            out.push_str(payload);
            out.push_str(",\"ref\":");
            quote_or_null(&mut out, reference);
            out.push_str(",\"join_ref\":");
            quote_or_null(&mut out, join_ref);
            out.push('}');
        }
    }
    out
}

fn quote_or_null(out: &mut String, text: Option<&str>) {
    match text {
        Some(text) => quote(out, text),
        None => out.push_str("null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_clients_were_seen_to_send() {
        let join = r#"["6","6","realtime:x","phx_join",{"config":{}}]"#;
        let frame = Frame::parse_text(Version::V2, join).unwrap();
        assert_eq!(frame.push, Push::Join(r#"{"config":{}}"#));
        assert_eq!((frame.join_ref.as_deref(), frame.topic.as_ref()), (Some("6"), "realtime:x"));

        let old = r#"{"topic":"realtime:x","event":"broadcast","payload":{"type":"broadcast","event":"message","payload":{"a":1}},"ref":"7","join_ref":"6"}"#;
        let frame = Frame::parse_text(Version::V1, old).unwrap();
        assert_eq!(frame.push, Push::Broadcast { event: "message".into(), payload: r#"{"a":1}"# });

        let heartbeat = r#"{"event":"heartbeat","payload":{},"topic":"phoenix","ref":null,"join_ref":null}"#;
        assert_eq!(Frame::parse_text(Version::V1, heartbeat).unwrap().push, Push::Heartbeat);

        let binary = b"\x03\x01\x01\x0a\x07\x00\x0167realtime:xmessage{\"a\":1}";
        let frame = Frame::parse_binary(binary).unwrap();
        assert_eq!(frame.reference.as_deref(), Some("7"));
        assert_eq!(frame.push, Push::Broadcast { event: "message".into(), payload: r#"{"a":1}"# });

        let persist = b"\x03\x01\x01\x0a\x06\x10\x0168realtime:xreject{\"persist\":true}{}";
        let frame = Frame::parse_binary(persist).unwrap();
        assert_eq!(frame.push, Push::Broadcast { event: "reject".into(), payload: "{}" });
    }

    #[test]
    fn what_cannot_be_read_says_whose_it_was() {
        let raw = b"\x03\x01\x01\x0a\x07\x00\x0067realtime:xmessage\x00\x01";
        let bad = Frame::parse_binary(raw).unwrap_err();
        assert_eq!((bad.reference.as_deref(), bad.topic.as_deref()), (Some("7"), Some("realtime:x")));
        // An older client writes one byte for each UTF-16 unit.
        let latin = b"\x03\x01\x01\x0a\x02\x00\x0167realtime:x\xe9v{}";
        assert_eq!(Frame::parse_binary(latin).unwrap_err().why, "not UTF-8");
        for bytes in [&b""[..], b"\x03", b"\x04\x00", b"\x03\xff\x01\x0a\x07\x00\x01six"] {
            assert!(Frame::parse_binary(bytes).is_err());
        }
        assert!(Frame::parse_text(Version::V2, r#"["1","2","t","e"]"#).is_err());
        for text in ["", "[]", "{}", "[1,2]", r#"{"topic":"t"}"#, "null"] {
            assert!(Frame::parse_text(Version::V2, text).is_err(), "{text}");
            assert!(Frame::parse_text(Version::V1, text).is_err(), "{text}");
        }
        let no_event = r#"["1","2","realtime:x","broadcast",{"payload":{}}]"#;
        assert_eq!(Frame::parse_text(Version::V2, no_event).unwrap_err().reference.as_deref(), Some("2"));
    }

    #[test]
    fn prints_both_versions() {
        let two = print(Version::V2, None, Some("1"), "realtime:x", "phx_reply", "{}");
        assert_eq!(two, r#"[null,"1","realtime:x","phx_reply",{}]"#);
        let one = print(Version::V1, None, None, "a\"b", "broadcast", "{}");
        assert_eq!(one, r#"{"topic":"a\"b","event":"broadcast","payload":{},"ref":null,"join_ref":null}"#);
    }
}
