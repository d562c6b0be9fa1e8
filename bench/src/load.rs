//! One measurement: a peer is started, sockets are opened, calls are made, and the load runs.

use crate::{process::Process, tally::Tally};
use anyhow::{Result, bail};
use std::{rc::Rc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

/// What all tasks of the load do now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Phase {
    /// Only what keeps a socket alive.
    Idle,
    /// Make the room's call.
    Call,
    /// The next event as soon as the one before has arrived.
    Closed,
    /// An exchange each so often, early or late in that time by chance of the task's number.
    Paced(Duration),
}

/// Holds the load and the peer under it.
pub(crate) struct Load {
    pub(crate) phase: watch::Sender<Phase>,
    pub(crate) tally: Rc<Tally>,
    pub(crate) process: Process,
}

/// What one stretch of load gave.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stretch {
    /// Processor time of the server an event.
    pub(crate) cpu_us: f64,
    pub(crate) a_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

impl Load {
    pub(crate) fn new(process: Process) -> Self {
        Self { phase: watch::Sender::new(Phase::Idle), tally: Rc::default(), process }
    }

    /// Lets every task make its call, and waits for all.
    pub(crate) async fn call(&self, tasks: usize) -> Result<()> {
        self.phase.send_replace(Phase::Call);
        let patience = Instant::now() + PATIENCE;
        while self.tally.ready.get() < tasks {
            self.sound()?;
            if Instant::now() > patience {
                bail!("only {} of {tasks} rooms have a call", self.tally.ready.get());
            }
            sleep(Duration::from_millis(20)).await;
        }
        self.phase.send_replace(Phase::Idle);
        Ok(())
    }

    /// Runs one phase for a while and measures it.
    pub(crate) async fn stretch(&self, phase: Phase, warm: Duration, lasts: Duration) -> Result<Stretch> {
        self.phase.send_replace(phase);
        sleep(warm).await;
        self.tally.start();
        let (cpu, started) = (self.process.cpu()?, Instant::now());
        sleep(lasts).await;
        let (events, [p50, p99]) = self.tally.read();
        let (cpu, took) = (self.process.cpu()?.saturating_sub(cpu), started.elapsed());
        self.phase.send_replace(Phase::Idle);
        self.sound()?;
        if events == 0 {
            bail!("no event arrived");
        }
        // What is under way still arrives.
        sleep(Duration::from_millis(300)).await;
        Ok(Stretch {
            cpu_us: cpu.as_secs_f64() * 1e6 / events as f64,
            a_second: events as f64 / took.as_secs_f64(),
            p50_ms: p50.as_secs_f64() * 1e3,
            p99_ms: p99.as_secs_f64() * 1e3,
        })
    }

    /// Whether no task has failed.
    pub(crate) fn sound(&self) -> Result<()> {
        match self.tally.failed.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// How long all calls together may take.
const PATIENCE: Duration = Duration::from_secs(120);
