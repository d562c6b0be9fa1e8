//! The workload that Supabase publishes for broadcasts, as rooms of ours: one visitor and five
//! agents in a room, each agent also alone in one more, and two events a second from everybody to
//! each room it is in.

use crate::{
    line::{Heard, Line, event, is_measured},
    load::{Load, Phase},
    pair::{BEAT, HEARTBEAT},
    people::People,
    tally::Tally,
    words::{self, Setup},
};
use anyhow::Result;
use futures::{StreamExt, TryStreamExt, future::pending, stream};
use std::{cell::RefCell, collections::VecDeque, net::SocketAddr, rc::Rc, time::Duration};
use tokio::{
    sync::watch,
    task::spawn_local,
    time::{Instant, interval_at, sleep_until},
};
use tokio_tungstenite::tungstenite::Message;

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Typing,
    Message,
}

/// How many are in the shared room.
pub(crate) const SIZE: usize = 6;
const AGENTS: usize = SIZE - 1;
/// A hundred agents are what the plan allows a tenant.
pub(crate) const AGENTS_A_TENANT: usize = 100;
pub(crate) const GROUPS_A_TENANT: usize = AGENTS_A_TENANT / AGENTS;
/// One in each group, and one whose room an agent is alone in.
pub(crate) const VISITORS_A_TENANT: usize = GROUPS_A_TENANT * SIZE;
/// Two a second.
pub(crate) const PERIOD: Duration = Duration::from_millis(500);

/// When each event was sent that one member has yet to hear in one room, in order.
type Expected = Rc<RefCell<VecDeque<Instant>>>;

struct Member {
    number: usize,
    line: Line,
    session: String,
    said: Said,
    expected: Expected,
    others: Vec<Expected>,
    /// The room of one: its session, and what is to come back.
    echo: Option<(String, VecDeque<Instant>)>,
}

/// Opens so many groups, each with its call, and lets them idle.
pub(crate) async fn open(load: &Load, people: &People, groups: usize, said: Said) -> Result<()> {
    stream::iter(0..groups)
        .map(|number| group(load.process.address, people, number, said))
        .buffer_unordered(AT_ONCE)
        .try_for_each(|members| {
            for member in members {
                spawn_local(member.run(load.phase.subscribe(), load.tally.clone()));
            }
            async { load.sound() }
        })
        .await
}

async fn group(address: SocketAddr, people: &People, number: usize, said: Said) -> Result<Vec<Member>> {
    let tenant = &people.tenants[number / GROUPS_A_TENANT];
    let place = number % GROUPS_A_TENANT;
    let (first, mut visitors) = (place * AGENTS, place * SIZE..);
    let mut visitor = || tenant.visitor(visitors.next().unwrap_or_default());
    let shared = visitor();
    let setup = Setup::new(&shared.session);
    let mut lines = vec![(shared.open(address).await?, None)];
    for agent in &tenant.agents[first..first + AGENTS] {
        let mut line = shared.with(agent).open(address).await?;
        // A room exists once its visitor was there.
        let alone = visitor();
        let guest = alone.open(address).await?;
        alone.with(agent).join(&mut line, true).await?;
        drop(guest);
        lines.push((line, Some(alone.session)));
    }
    let expected: Vec<Expected> = lines.iter().map(|_| Expected::default()).collect();
    let mut rest = lines.into_iter();
    let (Some((one, _)), Some((two, echo))) = (rest.next(), rest.next()) else { return Ok(Vec::new()) };
    let mut legs = [one, two];
    setup.call(&mut legs).await?;
    let [one, two] = legs;
    let lines = [(one, None), (two, echo)].into_iter().chain(rest);
    let members = lines.enumerate().map(|(place, (line, echo))| Member {
        number: number * SIZE + place,
        line,
        session: shared.session.clone(),
        said,
        expected: expected[place].clone(),
        others: expected
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != place)
            .map(|(_, one)| one.clone())
            .collect(),
        echo: echo.map(|session| (session, VecDeque::new())),
    });
    Ok(members.collect())
}

impl Member {
    async fn run(mut self, phase: watch::Receiver<Phase>, tally: Rc<Tally>) {
        if let Err(error) = self.serve(phase, &tally).await {
            tally.fail(error.context(format!("member {}", self.number)));
            pending::<()>().await;
        }
    }

    async fn serve(&mut self, mut phase: watch::Receiver<Phase>, tally: &Tally) -> Result<()> {
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        let (mut due, mut speaks) = (Instant::now(), false);
        loop {
            tokio::select! {
                heard = self.line.hear() => {
                    if let Heard::Text(text) = heard? && event(&text)?.is_some_and(is_measured) {
                        self.heard(&text, tally);
                    }
                }
                () = sleep_until(due), if speaks => {
                    self.speak().await?;
                    due += PERIOD;
                }
                changed = phase.changed() => {
                    changed?;
                    speaks = matches!(*phase.borrow_and_update(), Phase::Paced(_));
                    due = Instant::now() + PERIOD.mul_f64((self.number as f64 * 0.618_034).fract());
                }
                _ = beat.tick() => self.line.say(HEARTBEAT).await?,
            }
        }
    }

    async fn speak(&mut self) -> Result<()> {
        for other in &self.others {
            other.borrow_mut().push_back(Instant::now());
        }
        let frame = self.said.frame(&self.session);
        self.line.send(frame).await?;
        if let Some((session, expected)) = &mut self.echo {
            expected.push_back(Instant::now());
            let frame = self.said.frame(session);
            self.line.send(frame).await?;
        }
        Ok(())
    }

    fn heard(&mut self, text: &str, tally: &Tally) {
        let sent = match &mut self.echo {
            Some((session, expected)) if text.contains(session.as_str()) => expected.pop_front(),
            _ => self.expected.borrow_mut().pop_front(),
        };
        if let Some(sent) = sent {
            tally.count(1, sent);
        }
    }
}

impl Said {
    fn frame(self, session: &str) -> Message {
        match self {
            Self::Typing => words::typing(session),
            Self::Message => words::message(session),
        }
    }
}

const AT_ONCE: usize = 16;
