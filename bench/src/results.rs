//! What came of all runs: medians, ratios in the same run, gates; printed as Markdown.

use crate::{load::Stretch, peers::Relay};
use std::{collections::BTreeMap, fmt::Write as _};

/// One run of one peer at one size.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    /// Sockets opened and joined a second.
    pub(crate) opened_a_second: f64,
    /// Processor time of the server for opening and joining one.
    pub(crate) open_cpu_us: f64,
    /// Memory of one idle socket, in KB (1,000 bytes).
    pub(crate) socket_kb: f64,
    pub(crate) closed: Stretch,
    pub(crate) paced: Stretch,
}

/// What was measured: a row of the bench, a peer, a number of sockets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) row: &'static str,
    pub(crate) sockets: usize,
    pub(crate) peer: Relay,
}

/// All runs.
#[derive(Default)]
pub(crate) struct Results(BTreeMap<Place, Vec<Run>>);

type Figure = fn(&Run) -> f64;

impl Results {
    pub(crate) fn add(&mut self, place: Place, run: Run) {
        self.0.entry(place).or_default().push(run);
    }

    fn median(&self, place: &Place, figure: Figure) -> Option<f64> {
        let mut all: Vec<f64> = self.0.get(place)?.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    }

    /// The median of a figure's ratio to another peer's in the same round.
    fn ratio(&self, place: &Place, to: Relay, figure: Figure) -> Option<f64> {
        let other = self.0.get(&Place { peer: to, ..place.clone() })?;
        let mut all: Vec<f64> =
            self.0.get(place)?.iter().zip(other).map(|(own, other)| figure(own) / figure(other)).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    }

    /// The tables.
    pub(crate) fn print(&self) -> String {
        let mut out = String::from(HEADER);
        for (place, runs) in &self.0 {
            let median = |figure: Figure| self.median(place, figure).unwrap_or_default();
            let ratio = self.ratio(place, Relay::Floor, |run| run.closed.cpu_us);
            let ratio =
                ratio.filter(|ratio| ratio.is_finite()).map_or("-".into(), |ratio| format!("{ratio:.2}"));
            // Writing to a string cannot fail.
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {ratio} | {} | {} / {} | {} | {} / {} | {} | {} | {} |",
                place.row,
                place.sockets,
                place.peer.name(),
                runs.len(),
                figure(median(|run| run.closed.cpu_us)),
                figure(median(|run| run.closed.a_second)),
                figure(median(|run| run.closed.p50_ms)),
                figure(median(|run| run.closed.p99_ms)),
                figure(median(|run| run.paced.cpu_us)),
                figure(median(|run| run.paced.p50_ms)),
                figure(median(|run| run.paced.p99_ms)),
                figure(median(|run| run.opened_a_second)),
                figure(median(|run| run.open_cpu_us)),
                figure(median(|run| run.socket_kb)),
            );
        }
        out + &self.gates()
    }

    fn gates(&self) -> String {
        let mut out = String::from(GATES);
        let mut gate = |what: String, limit: &str, is: Option<f64>, met: fn(f64) -> bool| {
            if let Some(is) = is.filter(|is| is.is_finite()) {
                let verdict = if met(is) { "met" } else { "missed" };
                let _ = writeln!(out, "| {what} | {limit} | {is:.2} | {verdict} |");
            }
        };
        let places: Vec<&Place> =
            self.0.keys().filter(|place| place.row == "a" && place.peer == Relay::Tincan).collect();
        for place in &places {
            let at = |what: &str| format!("{what}, {} sockets", place.sockets);
            let cpu: Figure = |run| run.closed.cpu_us;
            gate(
                at("(a) processor time an event, of the floor's"),
                "1.3",
                self.ratio(place, Relay::Floor, cpu),
                |is| is <= 1.3,
            );
            gate(at("the same, of nats-server's"), "0.7", self.ratio(place, Relay::Nats, cpu), |is| {
                is <= 0.7
            });
            gate(at("the same, of PeerJS's"), "0.5", self.ratio(place, Relay::PeerJs, cpu), |is| is <= 0.5);
            let opened = self.ratio(place, Relay::Floor, |run| run.opened_a_second);
            gate(at("joins a second, of the floor's connects"), "at least 0.5", opened, |is| is >= 0.5);
            gate(at("KB a joined idle socket"), "12", self.median(place, |run| run.socket_kb), |is| {
                is <= 12.0
            });
        }
        if let [first, .., last] = places.as_slice() {
            let growth = |peer: Relay| {
                let at =
                    |place: &Place| self.median(&Place { peer, ..place.clone() }, |run| run.closed.cpu_us);
                Some(at(last)? / at(first)?)
            };
            let growth = growth(Relay::Tincan).zip(growth(Relay::Floor)).map(|(own, floor)| own / floor);
            let what =
                format!("growth of (a) from {} to {} sockets, of the floor's", first.sockets, last.sockets);
            gate(what, "1", growth, |is| is <= 1.0);
        }
        out
    }
}

/// Three digits that say something.
fn figure(number: f64) -> String {
    match number {
        0.0 => "-".to_owned(),
        n if n >= 100.0 => format!("{n:.0}"),
        n if n >= 10.0 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}

const HEADER: &str = "\
| row | sockets | peer | runs | CPU an event, us | of the floor's | events/s | round trip p50 / p99, ms | fixed rate: CPU an event, us | p50 / p99, ms | opened and joined/s | CPU for one, us | KB an idle socket |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
";
const GATES: &str = "\n| gate | limit | measured | |\n|---|---|---|---|\n";
