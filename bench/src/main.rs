//! Measures the relay beside its peers: one command starts everything, loads it over loopback for
//! a bounded time, stops it again and prints a table. What is measured stands in
//! `docs/performance.md`.

mod groups;
mod http;
mod line;
mod load;
mod pair;
mod peers;
mod people;
mod process;
mod results;
mod tally;
mod tincan;
mod words;

use anyhow::{Context, Result};
use clap::Parser;
use futures::{StreamExt, TryStreamExt, stream};
use groups::Said;
use load::{Load, Phase};
use peers::{CALLS_A_TENANT, Relay, Row};
use people::{People, Wanted};
use results::{Place, Results, Run};
use std::{
    env, fs,
    io::{self, Write},
    path::PathBuf,
    rc::Rc,
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    task::{LocalSet, spawn_local},
    time::{Instant, sleep, timeout},
};

/// Measures the relay beside its peers.
#[derive(Debug, Parser)]
struct Options {
    /// Which rows: a (candidate), b (message), c (the workload that Supabase publishes)
    #[arg(long, value_delimiter = ',', default_value = "a,b,c")]
    rows: Vec<String>,
    /// How many sockets rows a and b open
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,18000")]
    sockets: Vec<usize>,
    /// How many users row c has
    #[arg(long, value_delimiter = ',', default_value = "2000")]
    users: Vec<usize>,
    /// Which peers: floor, tincan, nats, peerjs
    #[arg(long, value_delimiter = ',', default_value = "floor,tincan,nats,peerjs")]
    peers: Vec<String>,
    /// How often everything is measured; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each stretch of load lasts, in seconds
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// Events a second of the fixed rate in row a; row b has a quarter
    #[arg(long, default_value_t = 4_000)]
    rate: u32,
    /// One short round at 1,000 sockets
    #[arg(long)]
    quick: bool,
}

fn main() -> Result<()> {
    let mut options = Options::parse();
    if options.quick {
        (options.rounds, options.seconds, options.sockets, options.users) = (1, 3, vec![1_000], vec![600]);
    }
    // One thread: the other processor is the server's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(options))
}

async fn run(options: Options) -> Result<()> {
    let folder =
        PathBuf::from(env::var_os("TINCAN_BENCH_FOLDER").context("TINCAN_BENCH_FOLDER names no folder")?);
    fs::create_dir_all(&folder)?;
    let wants = |row: &str| options.rows.iter().any(|wanted| wanted == row);
    let pairs = options.sockets.iter().max().map_or(0, |most| most / 2);
    let groups = options.users.iter().max().map_or(0, |most| most / groups::SIZE);
    let accounts = folder.join("people");
    if wants("c") {
        let tenants = groups.div_ceil(groups::GROUPS_A_TENANT);
        let (agents, visitors) = (groups::AGENTS_A_TENANT, groups::VISITORS_A_TENANT);
        People::at_least(&accounts, Wanted { tenants, agents, visitors }).await?;
    }
    let tenants = pairs.div_ceil(CALLS_A_TENANT);
    let wanted = Wanted { tenants, agents: CALLS_A_TENANT, visitors: CALLS_A_TENANT };
    let people = People::at_least(&accounts, wanted).await?;
    let mut results = Results::default();
    for round in 1..=options.rounds {
        for &sockets in &options.sockets {
            for (name, row) in [("a", Row::Candidate), ("b", Row::Message)] {
                // Nobody else stores.
                let peers =
                    Relay::ALL.into_iter().filter(|peer| row == Row::Candidate || *peer == Relay::Tincan);
                for peer in peers.filter(|peer| wants(name) && named(&options.peers, *peer)) {
                    progress(&format!("round {round}: row {name}, {sockets} sockets, {}", peer.name()));
                    let run = bounded(pairs_of(peer, row, sockets / 2, &people, &folder, &options)).await?;
                    results.add(Place { row: name, sockets, peer }, run);
                }
            }
        }
        for &users in options.users.iter().filter(|_| wants("c")) {
            for (name, said) in [("c, typing", Said::Typing), ("c, message", Said::Message)] {
                progress(&format!("round {round}: row {name}, {users} users"));
                let run = bounded(groups_of(said, users / groups::SIZE, &people, &folder, &options)).await?;
                results.add(Place { row: name, sockets: users, peer: Relay::Tincan }, run);
            }
        }
    }
    write!(io::stdout(), "{}", results.print())?;
    Ok(())
}

/// Runs one measurement with its tasks, which end with it.
async fn bounded(measurement: impl Future<Output = Result<Run>>) -> Result<Run> {
    let tasks = LocalSet::new();
    let run = timeout(LONGEST, tasks.run_until(measurement)).await.context("it took too long")??;
    progress(&format!("{run:?}"));
    Ok(run)
}

fn named(peers: &[String], peer: Relay) -> bool {
    peers.iter().any(|named| named.eq_ignore_ascii_case(&format!("{peer:?}")))
}

async fn pairs_of(
    peer: Relay,
    row: Row,
    pairs: usize,
    people: &People,
    folder: &std::path::Path,
    options: &Options,
) -> Result<Run> {
    let load = Load::new(peer.start(people, folder).await?);
    let address = load.process.address;
    progress(&format!("it is process {}", load.process.id()));
    sleep(SETTLE).await;
    let (memory, cpu, started) = (load.process.memory()?, load.process.cpu()?, Instant::now());
    let calls = Rc::new(Semaphore::new(AT_ONCE));
    stream::iter(0..pairs)
        .map(|number| peer.open(address, number, peer.invitation(people, number), row))
        .buffer_unordered(AT_ONCE)
        .try_for_each(|pair| {
            spawn_local(pair.run(load.phase.subscribe(), calls.clone(), load.tally.clone()));
            async { load.sound() }
        })
        .await?;
    let (took, cpu) = (started.elapsed(), load.process.cpu()?.saturating_sub(cpu));
    let sockets = (pairs * 2) as f64;
    sleep(SETTLE).await;
    let memory = load.process.memory()?.saturating_sub(memory);
    load.call(pairs).await?;
    sleep(SETTLE).await;
    let lasts = Duration::from_secs(options.seconds);
    let closed = load.stretch(Phase::Closed, WARM, lasts).await?;
    let rate = match row {
        Row::Candidate => options.rate,
        Row::Message => options.rate / 4,
    };
    let exchange = Duration::from_secs_f64(sockets / f64::from(rate));
    let paced = load.stretch(Phase::Paced(exchange), WARM.max(exchange), lasts).await?;
    load.process.stop().await?;
    Ok(Run {
        opened_a_second: sockets / took.as_secs_f64(),
        open_cpu_us: cpu.as_secs_f64() * 1e6 / sockets,
        socket_kb: memory as f64 / 1e3 / sockets,
        closed,
        paced,
    })
}

async fn groups_of(
    said: Said,
    groups: usize,
    people: &People,
    folder: &std::path::Path,
    options: &Options,
) -> Result<Run> {
    let load = Load::new(Relay::Tincan.start(people, folder).await?);
    groups::open(&load, people, groups, said).await?;
    sleep(SETTLE).await;
    let lasts = Duration::from_secs(options.seconds);
    let paced = load.stretch(Phase::Paced(groups::PERIOD), WARM, lasts).await?;
    load.process.stop().await?;
    Ok(Run {
        closed: load::Stretch { a_second: paced.a_second, ..Default::default() },
        paced,
        ..Run::default()
    })
}

/// One line of progress, apart from the table.
pub(crate) fn progress(line: &str) {
    // Whoever closed standard error does not want to read this.
    let _unread = writeln!(io::stderr(), "bench: {line}");
}

const SETTLE: Duration = Duration::from_secs(1);
const WARM: Duration = Duration::from_secs(1);
/// No single measurement takes longer.
const LONGEST: Duration = Duration::from_secs(300);
/// How many pairs of sockets are opened at once, and how many calls are made at once.
const AT_ONCE: usize = 64;
