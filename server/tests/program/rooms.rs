//! Rooms come and go in their thousands, and nothing of them stays.
//!
//! Three rounds of visitors who come through the front door, each into a room of its own, and leave.
//! After each round every gauge is at zero, and after the last the process holds hardly more memory
//! than after the first. `TINCAN_ROOMS=100000` makes the rounds as large as a busy day's, and
//! `TINCAN_PROGRAM` names a release build to do it with.

use crate::{demo::Demo, folder::Folder};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    env, fs,
    io::Write as _,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::{connect_async, tungstenite::Message};

const ROUNDS: usize = 3;
/// How many visitors come at the same time.
const AT_ONCE: usize = 48;
const HUGE: &str = "1000000000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_by_the_thousands_leave_nothing_behind() {
    let rooms = env::var("TINCAN_ROOMS").map_or(1_000, |rooms| rooms.parse().unwrap());
    let life = env::var("TINCAN_ROOM_LIFE_S").unwrap_or_else(|_| "2".to_owned());
    let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let folder = Folder::empty();
    let settings = [
        ("TINCAN__METRICS__LISTEN", metrics.as_str()),
        ("TINCAN__LIMITS__WIDGET_SESSIONS_PER_MINUTE", HUGE),
        ("TINCAN__LIMITS__SOCKET__UPGRADES__BURST", HUGE),
        ("TINCAN__LIMITS__SOCKET__UPGRADES__PER_SECOND", HUGE),
        ("TINCAN__LIMITS__SOCKET__ROOMS_PER_TENANT", HUGE),
        ("TINCAN__LIMITS__SOCKET__ROOM_LIFE_S", &life),
    ];
    let demo = Demo::start(&folder, &settings);
    let told = demo.json();
    let url = told["url"].as_str().unwrap().to_owned();
    let key = told["tenant_key"].as_str().unwrap().to_owned();

    let mut memory = Vec::new();
    for round in 1..=ROUNDS {
        let started = Instant::now();
        let peak = open_and_close(&url, &key, rooms, &metrics).await;
        let took = started.elapsed().as_secs_f64();
        let left = empty(&metrics).await;
        assert_eq!(left, BTreeMap::new(), "after round {round}");
        memory.push(resident_kib(demo.id()));
        let rate = rooms as f64 / took;
        let mut out = std::io::stderr().lock();
        let (mib, peak) = (memory[round - 1] / 1024, peak as u64);
        writeln!(out, "round {round}: {rooms} rooms, {rate:.0}/s, at most {peak} at once, then {mib} MiB")
            .unwrap();
    }
    let (first, last) = (memory[0] as f64, memory[ROUNDS - 1] as f64);
    // A small round is over before the process has made all the caches it will ever have.
    let most = if rooms >= 50_000 { 1.05 } else { 1.25 };
    assert!(last <= first * most, "{memory:?} KiB after the rounds");
    demo.stop();
}

/// Visitors come, join, leave; gives how many rooms were open at the same time.
async fn open_and_close(url: &str, key: &str, rooms: usize, metrics: &str) -> f64 {
    let next = Arc::new(AtomicUsize::new(0));
    let http = reqwest::Client::new();
    let visitors: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (next, http) = (next.clone(), http.clone());
            let (url, key) = (url.to_owned(), key.to_owned());
            tokio::spawn(async move {
                while next.fetch_add(1, Ordering::Relaxed) < rooms {
                    visit(&http, &url, &key).await;
                }
            })
        })
        .collect();
    let all = futures::future::join_all(visitors);
    tokio::pin!(all);
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut peak = 0.0_f64;
    loop {
        tokio::select! {
            ended = &mut all => {
                for visitor in ended {
                    visitor.unwrap();
                }
                return peak.max(gauges(metrics).await["tincan_rooms_active"]);
            }
            _ = ticks.tick() => peak = peak.max(gauges(metrics).await["tincan_rooms_active"]),
        }
    }
}

/// One visitor: a session over HTTP, a socket, a join, a leave.
async fn visit(http: &reqwest::Client, url: &str, key: &str) {
    let request = http.post(format!("{url}/api/widget/sessions")).json(&json!({"key": key}));
    let session: Value = request.send().await.unwrap().json().await.unwrap();
    let (token, topic) = (&session["token"], format!("realtime:{}", session["topic"].as_str().unwrap()));
    let ws = url.replacen("http", "ws", 1);
    let address = format!("{ws}/realtime/v1/websocket?apikey={key}&vsn=2.0.0");
    let (mut socket, _) = connect_async(address).await.unwrap();
    let presence = json!({"type": "presence", "event": "track", "payload": {"page": "pans"}});
    for (frame, answers) in [
        (json!(["1", "1", topic, "phx_join", {"access_token": token}]), "\"1\",\"1\","),
        (json!(["1", "2", topic, "presence", presence]), "\"1\",\"2\","),
        (json!(["1", "3", topic, "phx_leave", {}]), "\"1\",\"3\","),
    ] {
        socket.send(Message::text(frame.to_string())).await.unwrap();
        loop {
            let heard = tokio::time::timeout(Duration::from_secs(30), socket.next()).await.unwrap();
            let Message::Text(heard) = heard.unwrap().unwrap() else { continue };
            if heard[1..].starts_with(answers) {
                assert!(heard.contains("\"status\":\"ok\""), "{heard}");
                break;
            }
        }
    }
    socket.close(None).await.unwrap();
    // The other side answers and is gone.
    while let Some(Ok(_)) = socket.next().await {}
}

/// What must be at zero when everybody is gone.
const ZERO: [&str; 12] = [
    "tincan_ws_connections",
    "tincan_rooms_active",
    "tincan_room_members",
    "tincan_lobby_members",
    "tincan_tenants_active",
    "tincan_presences",
    "tincan_logs",
    "tincan_log_entries",
    "tincan_ring_events",
    "tincan_ring_bytes",
    "tincan_joins_waiting",
    "tincan_outbox_bytes",
];

/// Waits until everything is at zero; gives what is not after three minutes.
async fn empty(metrics: &str) -> BTreeMap<String, f64> {
    let started = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(250));
    loop {
        ticks.tick().await;
        let gauges = gauges(metrics).await;
        for name in ZERO {
            assert!(gauges.contains_key(name), "{name} is not measured");
        }
        let counted = |name: &str| ZERO.contains(&name) || name.starts_with("tincan_tasks{");
        let left: BTreeMap<_, _> =
            gauges.into_iter().filter(|(name, value)| counted(name) && *value != 0.0).collect();
        if left.is_empty() || started.elapsed() > Duration::from_secs(180) {
            return left;
        }
    }
}

async fn gauges(metrics: &str) -> BTreeMap<String, f64> {
    let page = reqwest::get(format!("http://{metrics}/metrics")).await.unwrap().text().await.unwrap();
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

/// The memory of a process, as the system counts it.
fn resident_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}
