//! Phoenix channel frames in the dialect of Supabase Realtime: text frames of versions 1.0.0 and
//! 2.0.0, and the binary push (type 3). Parsing and printing, nothing else.
//!
//! A 2.0.0 text frame is `[join_ref, ref, topic, event, payload]`; a 1.0.0 one an object with the
//! same names. What the server sends is text in both. Protocol:
//! <https://hexdocs.pm/phoenix/writing_a_channels_client.html>,
//! <https://supabase.com/docs/guides/realtime/protocol>.

use crate::{json::quote, wire::write_broadcast};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

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

/// A text that is only copied when it holds escapes.
#[derive(Deserialize)]
struct Piece<'a>(#[serde(borrow)] Text<'a>);

/// What a frame holds, whichever way it is written.
struct Parts<'a> {
    join_ref: Option<Ref<'a>>,
    reference: Option<Ref<'a>>,
    topic: Text<'a>,
    event: Text<'a>,
    payload: Payload<'a>,
}

/// A broadcast's payload is read along with the frame, in one pass over the text.
enum Payload<'a> {
    Broadcast(Inner<'a>),
    Other(&'a str),
}

struct Array<'a>(Parts<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Array<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(5, ArrayVisitor).map(Self)
    }
}

struct ArrayVisitor;

impl<'de> Visitor<'de> for ArrayVisitor {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[join_ref, ref, topic, event, payload]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Parts<'de>, A::Error> {
        let end = || Error::custom("too short");
        let join_ref = array.next_element()?.ok_or_else(end)?;
        let reference = array.next_element()?.ok_or_else(end)?;
        let Piece(topic) = array.next_element()?.ok_or_else(end)?;
        let Piece(event) = array.next_element()?.ok_or_else(end)?;
        let payload = if event == BROADCAST {
            Payload::Broadcast(array.next_element()?.ok_or_else(end)?)
        } else {
            Payload::Other(array.next_element::<&RawValue>()?.ok_or_else(end)?.get())
        };
        Ok(Parts { join_ref, reference, topic, event, payload })
    }
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(default, borrow)]
    join_ref: Option<Ref<'a>>,
    #[serde(default, borrow, rename = "ref")]
    reference: Option<Ref<'a>>,
    #[serde(borrow)]
    topic: Text<'a>,
    #[serde(borrow)]
    event: Text<'a>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

impl<'a> Object<'a> {
    fn parts(self) -> Result<Parts<'a>, serde_json::Error> {
        let Self { join_ref, reference, topic, event, payload } = self;
        let payload = payload.map_or("{}", RawValue::get);
        let payload = if event == BROADCAST {
            Payload::Broadcast(serde_json::from_str(payload)?)
        } else {
            Payload::Other(payload)
        };
        Ok(Parts { join_ref, reference, topic, event, payload })
    }
}

/// Refs are strings in every known client; Phoenix itself takes numbers too.
struct Ref<'a>(Text<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Ref<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RefVisitor)
    }
}

struct RefVisitor;

impl<'de> Visitor<'de> for RefVisitor {
    type Value = Ref<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Ref<'de>, E> {
        Ok(Ref(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Ref<'de>, E> {
        Ok(Ref(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Ref<'de>, E> {
        Ok(Ref(Cow::Owned(number.to_string())))
    }
}

#[derive(Deserialize)]
struct Inner<'a> {
    #[serde(borrow)]
    event: Text<'a>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

/// As much of an unreadable broadcast as says whose it was.
#[derive(Deserialize)]
struct Address<'a>(
    #[serde(borrow)] Option<Ref<'a>>,
    #[serde(borrow)] Option<Ref<'a>>,
    #[serde(borrow)] Text<'a>,
    #[serde(borrow)] Text<'a>,
    IgnoredAny,
);

#[derive(Deserialize)]
struct NamedAddress<'a> {
    #[serde(default, borrow)]
    join_ref: Option<Ref<'a>>,
    #[serde(default, borrow, rename = "ref")]
    reference: Option<Ref<'a>>,
    #[serde(borrow)]
    topic: Text<'a>,
    #[serde(borrow)]
    event: Text<'a>,
}

/// Says what is wrong with a frame that cannot be read.
#[cold]
fn why_bad(version: Version, text: &str) -> BadFrame {
    let address = match version {
        Version::V2 => serde_json::from_str(text).map(|Address(join_ref, reference, topic, event, _)| {
            NamedAddress { join_ref, reference, topic, event }
        }),
        Version::V1 => serde_json::from_str(text),
    };
    match address {
        Ok(NamedAddress { join_ref, reference, topic, event }) if event == BROADCAST => BadFrame {
            join_ref: join_ref.map(|Ref(text)| text.into_owned()),
            reference: reference.map(|Ref(text)| text.into_owned()),
            topic: Some(topic.into_owned()),
            why: "a broadcast needs {event, payload}",
        },
        _ => BadFrame::new("not a frame of this version"),
    }
}

const BROADCAST: &str = "broadcast";
/// What stands around a payload, in bytes, so that a frame is allocated once.
const AROUND_FRAME: usize = 80;
const AROUND_BROADCAST: usize = 48;

impl<'a> Frame<'a> {
    /// Reads a text frame.
    pub fn parse_text(version: Version, text: &'a str) -> Result<Self, BadFrame> {
        let parts = match version {
            Version::V2 => serde_json::from_str(text).map(|Array(parts)| parts),
            Version::V1 => serde_json::from_str(text).and_then(Object::parts),
        };
        let Parts { join_ref, reference, topic, event, payload } =
            parts.map_err(|_| why_bad(version, text))?;
        let (join_ref, reference) = (join_ref.map(|Ref(text)| text), reference.map(|Ref(text)| text));
        let payload = match payload {
            Payload::Broadcast(Inner { event, payload }) => {
                let push = Push::Broadcast { event, payload: payload.map_or("{}", RawValue::get) };
                return Ok(Self { join_ref, reference, topic, push });
            }
            Payload::Other(payload) => payload,
        };
        let push = match event.as_ref() {
            "phx_join" => Push::Join(payload),
            "phx_leave" => Push::Leave,
            "heartbeat" => Push::Heartbeat,
            "access_token" => Push::AccessToken(payload),
            "presence" => Push::Presence(payload),
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
    let write = |out: &mut String| out.push_str(payload);
    print_with(version, (join_ref, reference), topic, event, payload.len(), write)
}

/// Prints the frame of a broadcast in one go. `payload` is JSON text.
pub fn print_broadcast(version: Version, topic: &str, event: &str, payload: &str) -> String {
    let length = payload.len() + event.len() + AROUND_BROADCAST;
    print_with(version, (None, None), topic, BROADCAST, length, |out| {
        write_broadcast(out, event, payload, None);
    })
}

/// Prints a frame whose payload, of about `length` bytes, is written into it.
fn print_with(
    version: Version,
    (join_ref, reference): (Option<&str>, Option<&str>),
    topic: &str,
    event: &str,
    length: usize,
    payload: impl FnOnce(&mut String),
) -> String {
    let mut out = String::with_capacity(length + topic.len() + AROUND_FRAME);
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
            payload(&mut out);
            out.push(']');
        }
        Version::V1 => {
            out.push_str("{\"topic\":");
            quote(&mut out, topic);
            out.push_str(",\"event\":");
            quote(&mut out, event);
            out.push_str(",\"payload\":");
            payload(&mut out);
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
