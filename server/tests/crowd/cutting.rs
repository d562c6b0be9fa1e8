//! Calls over real sockets that are cut at random, while the program is stopped once and killed once.

use crate::{audit::Audit, crowd::Crowd, people::Person, program::Program, proxy::Proxy};
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

const CALLS: usize = 300;
const AGENTS: usize = 16;
const VISITORS: usize = 24;
/// How many times faster people are than people.
const HASTE: u64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_on_real_sockets_that_are_cut() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    eprintln!("SEED={seed}");
    let started = Instant::now();
    let mut program = Program::prepare(AGENTS, VISITORS).await;
    program.start().await;
    let proxy = Proxy::start(program.port(), seed).await;
    let mut crowd = Crowd::new(&program, proxy.port, seed);
    crowd.net.haste = HASTE;
    for person in 0..crowd.people.len() {
        Person::look_up_later(person, &mut crowd.net);
    }
    for (signal, part) in [("-TERM", 3), ("-KILL", 2)] {
        crowd.until(LONG, |crowd| calls_missing(crowd, CALLS / part)).await;
        crowd
            .during(async {
                program.stop(signal).await;
                program.start().await;
            })
            .await;
    }
    crowd.until(LONG, |crowd| calls_missing(crowd, CALLS)).await;
    proxy.calm();
    crowd.net.calm = true;
    crowd.until(LONG, live).await;
    // What was cut in silence is noticed at the next heartbeat.
    crowd.until(LONG, |crowd| crowd.late().or_else(|| crowd.differing())).await;
    for page in crowd.pages.iter_mut().filter(|page| page.open) {
        page.close(&mut crowd.net);
    }
    program.stop("-TERM").await;
    let audit = Audit {
        truth: &crowd.net.truth,
        rooms: &crowd.rooms,
        tenant: program.tenant,
        restarted: true,
        killed: true,
    };
    audit.run(&program.folder().await).await;
    let calls = crowd.net.truth.calls();
    let answered = calls.values().filter(|call| !call.accepts.is_empty()).count();
    eprintln!(
        "{} calls ({answered} answered), {}, {} sockets cut by the proxy, {:.1} s",
        calls.len(),
        crowd.net.truth.lock().counts,
        proxy.cuts.load(Ordering::Relaxed),
        started.elapsed().as_secs_f32(),
    );
}

fn calls_missing(crowd: &mut Crowd, wanted: usize) -> Option<String> {
    let made = crowd.net.truth.calls().len();
    (made < wanted).then(|| format!("{made} of {wanted} calls"))
}

/// A call that has not ended, as far as everybody knows who has a page.
fn live(crowd: &mut Crowd) -> Option<String> {
    if crowd.people.iter().any(|person| person.page.is_none()) {
        return Some("somebody is between two pages".to_owned());
    }
    let seats = crowd.pages.iter().filter(|page| page.open).flat_map(|page| page.seats.values());
    let mut live = seats.filter(|seat| seat.call().is_live());
    live.next().map(|seat| format!("{:?}", seat.call()))
}

const LONG: Duration = Duration::from_secs(240);
