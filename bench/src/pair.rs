//! Two sockets that send each other events, one at a time: the two legs of a call.

use crate::{
    line::{Heard, Line},
    load::Phase,
    tally::Tally,
    words::Setup,
};
use anyhow::Result;
use futures::future::{Either, pending};
use std::{future::Future, pin::pin, rc::Rc, time::Duration};
use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, Interval, interval_at, sleep_until},
};
use tokio_tungstenite::tungstenite::Message;

/// Makes the next frame to send.
pub(crate) type Frames = Box<dyn FnMut() -> Message>;

/// The two sockets, and what each says to the other.
pub(crate) struct Pair {
    pub(crate) number: usize,
    pub(crate) lines: [Line; 2],
    pub(crate) frames: [Frames; 2],
    /// What must be said before events may flow.
    pub(crate) setup: Option<Setup>,
}

impl Pair {
    /// Does what the phase says for as long as the load lasts.
    pub(crate) async fn run(mut self, phase: watch::Receiver<Phase>, calls: Rc<Semaphore>, tally: Rc<Tally>) {
        if let Err(error) = self.serve(phase, &calls, &tally).await {
            tally.fail(error.context(format!("pair {}", self.number)));
            // Its sockets stay open until the measurement is over.
            pending::<()>().await;
        }
    }

    async fn serve(
        &mut self,
        mut phase: watch::Receiver<Phase>,
        calls: &Semaphore,
        tally: &Tally,
    ) -> Result<()> {
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        loop {
            let now = *phase.borrow_and_update();
            match now {
                Phase::Idle => self.idle(&mut beat, phase.changed()).await??,
                Phase::Call => {
                    let turn = self.idle(&mut beat, calls.acquire()).await??;
                    if let Some(setup) = self.setup.take() {
                        setup.call(&mut self.lines).await?;
                    }
                    drop(turn);
                    tally.one_ready();
                    self.idle(&mut beat, phase.changed()).await??;
                }
                Phase::Closed => {
                    while !phase.has_changed()? {
                        self.exchange(tally, Instant::now()).await?;
                    }
                }
                Phase::Paced(period) => {
                    // Spread over the period without any rhythm between neighbours.
                    let share = (self.number as f64 * 0.618_034).fract();
                    let mut due = Instant::now() + period.mul_f64(share);
                    loop {
                        let next = async {
                            tokio::select! {
                                changed = phase.changed() => Either::Left(changed),
                                () = sleep_until(due) => Either::Right(()),
                            }
                        };
                        match self.idle(&mut beat, next).await? {
                            Either::Left(changed) => break changed?,
                            Either::Right(()) => self.exchange(tally, due).await?,
                        }
                        due += period;
                    }
                }
            }
        }
    }

    /// There and back: two events.
    async fn exchange(&mut self, tally: &Tally, since: Instant) -> Result<()> {
        let [one, two] = &mut self.lines;
        let [to_two, to_one] = &mut self.frames;
        one.send(to_two()).await?;
        two.events(1).await?;
        two.send(to_one()).await?;
        one.events(1).await?;
        tally.count(2, since);
        Ok(())
    }

    /// Keeps both sockets alive until something happens.
    async fn idle<T>(&mut self, beat: &mut Interval, until: impl Future<Output = T>) -> Result<T> {
        let mut until = pin!(until);
        let phoenix = self.setup.is_some() || self.lines[0].is_phoenix();
        loop {
            let [one, two] = &mut self.lines;
            tokio::select! {
                biased;
                done = &mut until => return Ok(done),
                heard = one.hear() => check(&heard?)?,
                heard = two.hear() => check(&heard?)?,
                _ = beat.tick(), if phoenix => {
                    one.say(HEARTBEAT).await?;
                    two.say(HEARTBEAT).await?;
                }
            }
        }
    }
}

fn check(heard: &Heard) -> Result<()> {
    if let Heard::Text(text) = heard {
        crate::line::event(text)?;
    }
    Ok(())
}

pub(crate) const HEARTBEAT: &str = r#"[null,"h","phoenix","heartbeat",{}]"#;
/// As our clients do.
pub(crate) const BEAT: Duration = Duration::from_secs(25);
