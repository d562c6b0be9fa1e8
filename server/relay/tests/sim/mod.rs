//! A deterministic simulator of whole worlds: the real relay (its socket task, channels, rooms,
//! tenants, timers, recorder), the real backend on a real SQLite file, the real client's ledger, outbox
//! and back-off, over a simulated network, with everything that can go wrong going wrong: sockets die
//! with what is under way, or die in silence, or in one direction; frames are late; pages reload,
//! crash, open second tabs and read nothing for a while; what was not answered is said again;
//! statements are slow, fail, or are done and not answered; the room log is far away, delivers late,
//! twice or not at all and loses its answers; the process is stopped or killed and comes back on the
//! same folder. Limits are the usual ones or so tight that everything overflows.
//!
//! **Why a seed is always the same world.**
//! - One thread: each life of the server is a tokio runtime of one thread, whose queue is first in,
//!   first out. No `select!` of the relay is fair, no map that is iterated is hashed.
//! - One clock: tokio's, paused. It moves only when nothing can run, to the next timer, and the
//!   backend's clock follows it. Real time is never asked.
//! - The database has threads of its own, so no statement is ever awaited: the feature `simulated`
//!   of the backend runs each to its end while this thread waits, and how long it took in the
//!   simulated world is the seed's to say. No transaction is open across a point at which another
//!   task could run.
//! - Ids are counted and not drawn, by server and people; chance comes from the seed alone. Tokens
//!   differ from run to run (they hold random numbers) and nothing looks into them.
//! - What the relay writes is taken from its wires in the order of the sockets, not of the tasks.
//!
//! `a_seed_is_always_the_same_world` runs seeds twice and compares traces of every frame.
//!
//! A failing run prints its seed; `SEED=<it> TRACE=1 cargo nextest run -p tincan-relay one_seed`
//! shows all of it. `SIM_CALLS` sets how many calls all shards together make.

mod audit;
mod client;
#[expect(dead_code, reason = "crowds on real sockets use the rest")]
mod net;
#[expect(dead_code, reason = "crowds on real sockets use the rest")]
mod page;
mod people;
mod rng;
mod seat;
mod spy;
mod template;
#[expect(dead_code, reason = "crowds on real sockets use the rest")]
mod truth;
mod wire;
mod world;

use std::{panic::AssertUnwindSafe, time::Instant};
use template::Template;
use world::{Report, World};

/// How many calls are made, by all shards together.
const CALLS: u64 = 10_000;
const SHARDS: u64 = 4;

/// Runs one world; a failure names its seed.
fn run(seed: u64, template: &Template) -> Report {
    let world = std::panic::catch_unwind(AssertUnwindSafe(|| World::run(seed, template)));
    match world {
        Ok(report) => report,
        Err(panic) => {
            eprintln!("SEED={seed} failed; see it all with SEED={seed} TRACE=1");
            std::panic::resume_unwind(panic)
        }
    }
}

fn shard(shard: u64) {
    let wanted = std::env::var("SIM_CALLS").ok().and_then(|calls| calls.parse().ok()).unwrap_or(CALLS);
    let template = Template::make();
    let started = Instant::now();
    let (mut calls, mut accepted, mut worlds) = (0, 0, 0);
    let mut sums = truth::Counts::default();
    let first = shard * 1_000_000;
    while calls < wanted / SHARDS {
        let report = run(first + worlds, &template);
        worlds += 1;
        calls += report.calls;
        accepted += report.accepted;
        sums.add(&report.counts);
    }
    eprintln!(
        "seeds {first}..{}: {calls} calls ({accepted} answered) in {worlds} worlds, {sums}, {:.1} s",
        first + worlds,
        started.elapsed().as_secs_f32()
    );
}

#[test]
fn nothing_is_lost_shard_1() {
    shard(1);
}

#[test]
fn nothing_is_lost_shard_2() {
    shard(2);
}

#[test]
fn nothing_is_lost_shard_3() {
    shard(3);
}

#[test]
fn nothing_is_lost_shard_4() {
    shard(4);
}

#[test]
fn a_seed_is_always_the_same_world() {
    let template = Template::make();
    for seed in 0..6 {
        let (one, two) = (run(seed, &template), run(seed, &template));
        assert_eq!(one.trace, two.trace, "seed {seed} was two worlds");
    }
}

/// The world of `SEED`, or those that once failed.
#[test]
fn one_seed() {
    let template = Template::make();
    let asked = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    for seed in asked.map_or(FAILED_ONCE.to_vec(), |seed| vec![seed]) {
        let report = run(seed, &template);
        eprintln!("seed {seed}: {} calls, {}, trace {:x}", report.calls, report.counts, report.trace);
    }
}

/// 2000027: behind a frame that did not fit into a full queue others followed, and a page that read
/// slowly saw a hole. 4000010: a restored room whose log was opened anew took its first snapshot
/// twice, forgot that an event was its own, and left a record without an end.
const FAILED_ONCE: [u64; 2] = [2_000_027, 4_000_010];
