//! `/metrics` after a call, held against `docs/metrics.md`, both ways.

use crate::{
    call::{self, Words},
    demo::Demo,
    folder::Folder,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::TcpListener,
    path::Path,
};

const SDP: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
    a=fingerprint:sha-256 7B:8C:9D:AE:BF:C0:D1:E2:F3:04:15:26:37:48:59:6A:\
    7B:8C:9D:AE:BF:C0:D1:E2:F3:04:15:26:37:48:59:6A\r\n";

/// A metric's type and the names of its labels.
type Kind = (String, BTreeSet<String>);

#[tokio::test]
async fn what_is_measured_is_what_is_written_down() {
    let folder = Folder::empty();
    // Nobody else on this machine takes a port that was just free, as a rule.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let demo = Demo::start(&folder, &[("TINCAN__METRICS__LISTEN", &address)]);
    let words = Words {
        text: "hello",
        sdp: SDP,
        candidate: "candidate:1 1 udp 2122260223 192.0.2.171 54321 typ host",
        digits: "1",
        shown: "me",
        page_url: "https://shop.example/pans",
        address: "198.51.100.77",
    };
    let call = call::whole(&demo, words).await;
    let scrape = reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap();

    let (seen, values) = read(&scrape);
    let written = written_down();
    for (name, kind) in &seen {
        assert_eq!(written.get(name), Some(kind), "{name} stands otherwise in docs/metrics.md");
    }
    for name in written.keys() {
        assert!(seen.contains_key(name), "{name} stands in docs/metrics.md and is not measured");
    }
    for (series, value) in [
        (r#"tincan_calls_total{direction="inbound",result="completed"}"#, "1"),
        ("tincan_calls_active", "0"),
        ("tincan_ws_connections", "2"),
        ("tincan_room_members", "2"),
        (r#"tincan_ice_outcome_total{path="host"}"#, "2"),
        (r#"tincan_signal_messages_total{type="offer",direction="in"}"#, "1"),
        (r#"tincan_signal_messages_total{type="offer",direction="out"}"#, "1"),
        (r#"tincan_signal_messages_total{type="candidate",direction="in"}"#, "2"),
        ("tincan_call_ring_seconds_count", "1"),
        ("tincan_call_setup_seconds_count", "1"),
        ("tincan_call_duration_seconds_count", "1"),
        (r#"tincan_http_requests_total{route="/api/widget/sessions",status="200"}"#, "1"),
    ] {
        assert_eq!(values.get(series).map(String::as_str), Some(value), "{series}");
    }
    let secret = values.keys().find(|series| series.contains(&call.topic[10..]));
    assert_eq!(secret, None, "no series names a room");
    demo.stop();
}

/// What the page says: names with types and labels, and each series with its value.
fn read(scrape: &str) -> (BTreeMap<String, Kind>, BTreeMap<String, String>) {
    let (mut kinds, mut values) = (BTreeMap::<String, Kind>::new(), BTreeMap::new());
    for line in scrape.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            kinds.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
            continue;
        }
        let Some((series, value)) = line.rsplit_once(' ').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        values.insert(series.to_owned(), value.to_owned());
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = labels.trim_end_matches('}').split(',').filter_map(|label| label.split_once('='));
        let labels = labels.map(|(label, _)| label.to_owned()).filter(|label| label != "le");
        let parts = ["", "_bucket", "_sum", "_count"].into_iter();
        let base = parts.filter_map(|part| name.strip_suffix(part)).find(|base| kinds.contains_key(*base));
        let kind = kinds.get_mut(base.unwrap_or(name)).unwrap_or_else(|| panic!("{name} has no type"));
        kind.1.extend(labels);
    }
    (kinds, values)
}

/// The rows of `docs/metrics.md`.
fn written_down() -> BTreeMap<String, Kind> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut rows = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| `tincan_")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let labels = cells[3].split(',').map(|label| label.trim().trim_matches('`').to_owned());
        let labels = labels.filter(|label| !label.is_empty()).collect();
        rows.insert(cells[1].trim_matches('`').to_owned(), (cells[2].to_owned(), labels));
    }
    assert!(rows.len() > 20, "the table was not found");
    rows
}
