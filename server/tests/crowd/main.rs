//! Crowds on real sockets against the real program: sockets are cut at random while people call, and
//! the program is stopped or killed under them. The people and their pages are those of the relay's
//! simulator (`server/relay/tests/sim`), and so is what is asked of them; only the network is real.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

#[path = "../../relay/tests/sim/audit.rs"]
mod audit;
#[path = "../../relay/tests/sim/client.rs"]
mod client;
mod crowd;
mod cutting;
#[expect(dead_code, reason = "the simulator uses the rest")]
#[path = "../../relay/tests/sim/net.rs"]
mod net;
#[path = "../../relay/tests/sim/page.rs"]
mod page;
#[path = "../../relay/tests/sim/people.rs"]
mod people;
mod program;
mod proxy;
mod restart;
#[path = "../../relay/tests/sim/rng.rs"]
mod rng;
#[path = "../../relay/tests/sim/seat.rs"]
mod seat;
#[path = "../support/site.rs"]
mod site;
#[expect(dead_code, reason = "the simulator uses the rest")]
#[path = "../../relay/tests/sim/truth.rs"]
mod truth;
#[path = "../../relay/tests/sim/wire.rs"]
mod wire;
