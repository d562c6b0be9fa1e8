//! The small reader and writer of JSON against `serde_json`: the same texts, the same values.

use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tincan_signaling::{
    event::{Event, Sender, Signal},
    id::Timestamp,
    json::{self, Quick, Small, Unreadable},
    leg::{Media, Socket},
};

/// Any value; floats in steps of a quarter, which every reader and printer has exactly.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|quarters| Value::from(f64::from(quarters) / 4.0)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Any text, often one with something to escape.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\\x00-\\x7f]{0,12}", "[\"\\\\/a€😀\\n]{0,8}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_value_is_read_and_written_alike(value in value(), pretty: bool) {
        let theirs = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        prop_assert_eq!(json::read::<Value>(&theirs), Ok(value.clone()));
        let ours = json::write(&value).unwrap();
        prop_assert_eq!(json::read::<Value>(&ours), Ok(value.clone()));
        prop_assert_eq!(serde_json::from_str::<Value>(&ours).unwrap(), value);
    }

    #[test]
    fn texts_are_printed_alike(text in text()) {
        prop_assert_eq!(json::write(&text).unwrap(), serde_json::to_string(&text).unwrap());
    }

    #[test]
    fn a_damaged_text_is_refused_by_both_or_by_none(value in value(), at: prop::sample::Index, other: u8, cut: bool) {
        let mut bytes = serde_json::to_string(&value).unwrap().into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = other % 128 }
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        prop_assert_eq!(json::read::<Value>(&text).is_ok(), serde_json::from_str::<Value>(&text).is_ok());
        // What is only passed over may hold half a letter for serde_json, and a number that fits nowhere for both.
        let raw = json::read::<json::Raw<'_>>(&text).ok().map(|raw| raw.0);
        prop_assert!(raw.is_none() || raw == Some(text.trim()) && serde_json::from_str::<IgnoredAny>(&text).is_ok());
        prop_assert!(raw.is_some() || serde_json::from_str::<Value>(&text).is_err());
    }

    #[test]
    fn any_text_does_no_harm(text: String) {
        prop_assert_eq!(json::read::<Value>(&text).is_ok(), serde_json::from_str::<Value>(&text).is_ok());
    }
}

#[test]
fn odd_texts_are_read_as_serde_json_reads_them() {
    for text in [
        "",
        " ",
        "nul",
        "nulll",
        "tru",
        "-",
        "-0",
        "-0.0",
        "0",
        "00",
        "01",
        "1.",
        ".5",
        "1e",
        "1e5",
        "1E-2",
        "+1",
        "1e400",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "[",
        "[]",
        "[,]",
        "[1,]",
        "[1 2]",
        "[1]]",
        "{",
        "{}",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{1:2}",
        "{\"a\":1,\"a\":2}",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u+123\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\\ud83dx\"",
        "\"\\ud83d\\u0041\"",
        "\"\n\"",
        "\"\u{7f}\"",
        "\t1\r\n",
        "\u{a0}1",
        "1\u{c}",
    ] {
        let theirs = serde_json::from_str::<Value>(text).ok();
        assert_eq!(json::read::<Value>(text).ok(), theirs, "{text}");
        let raw = json::read::<json::Raw<'_>>(text).is_ok();
        assert_eq!(raw, theirs.is_some() || text == "1e400", "{text}");
    }
}

#[test]
fn nothing_goes_deeper_than_the_stack() {
    for open in ["[", "{\"a\":"] {
        let deep = open.repeat(100_000);
        assert_eq!(json::read::<Value>(&deep), Err(Unreadable));
        assert_eq!(json::read::<json::Raw<'_>>(&deep), Err(Unreadable));
    }
}

#[test]
fn variants_are_read_and_written_alike() {
    for media in [Media::Up, Media::New(Timestamp(7)), Media::Lost(Timestamp(8))] {
        let text = serde_json::to_string(&media).unwrap();
        assert_eq!(json::write(&media).unwrap(), text);
        assert_eq!(json::read::<Media>(&text), Ok(media));
    }
    for text in ["\"lost\"", "{\"up\":1}", "{\"lost\":1,\"up\":null}", "{}", "7", "\"sideways\""] {
        assert_eq!(json::read::<Socket>(text), Err(Unreadable), "{text}");
        assert!(serde_json::from_str::<Socket>(text).is_err(), "{text}");
    }
    assert_eq!(json::read::<Socket>("{\"up\":null}"), Ok(Socket::Up));
}

#[test]
fn maps_have_texts_for_keys() {
    assert_eq!(json::write(&BTreeMap::from([("a", 1), ("b", 2)])).unwrap(), r#"{"a":1,"b":2}"#);
    assert!(json::write(&BTreeMap::from([(1, 1)])).is_err());
}

#[test]
fn pushes_are_read_alike_by_servers_and_pages() {
    let id = "018c5e3a-7b1c-7000-8000-000000000001";
    for (name, payload) in [
        ("message", json!({ "id": id, "text": "Grüße, \"you\"\n", "more": [1, { "x": null }] })),
        (
            "call_request",
            json!({ "call_id": id, "leg": id, "media": "video", "rung": [{ "sub": id, "name": "A" }] }),
        ),
        ("leg_state", json!({ "call_id": id, "leg": null, "media": "up", "path": "relay" })),
        ("call_end", json!({ "call_id": id, "reason": "limit_reached" })),
        ("hangup", json!({ "call_id": "not an id" })),
        ("hangup", json!([id])),
    ] {
        let payload = payload.to_string();
        let quick = Event::parse::<Quick>(name, &payload).unwrap().ok();
        // An object is no array; `serde_json` is not so strict.
        let quick = quick.filter(|_| payload.starts_with('{'));
        assert_eq!(Event::parse::<Small>(name, &payload).unwrap().ok(), quick, "{name} {payload}");
        if let Some(event) = quick {
            let again = event.to_json(Some(&Sender::system()));
            assert_eq!(Event::parse::<Small>(name, &again), Some(Ok(event)));
        }
    }
    let servers =
        json!({ "call_id": id, "ice_servers": [{ "urls": ["stun:a"] }], "expires_at": 5, "from": id });
    let small = Signal::parse::<Small>("ice_servers", &servers.to_string()).unwrap().unwrap();
    assert_eq!(Signal::parse::<Quick>("ice_servers", &servers.to_string()).unwrap().unwrap(), small);
}
