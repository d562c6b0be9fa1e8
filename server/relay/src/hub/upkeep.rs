//! What must happen although nobody asks for it: tenants that nobody is in are forgotten, and what
//! can only be summed up is shown.

use super::{Hub, lock};
use crate::meters::{AGENTS, word};
use std::{sync::Arc, time::Duration};
use tokio::time::MissedTickBehavior;

/// How often.
const EVERY: Duration = Duration::from_secs(5);

impl Hub {
    /// Keeps house for as long as the node lives.
    pub(crate) async fn keep_house(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.forget_idle_tenants();
            self.show();
        }
    }

    /// Whoever asks for a tenant does so under the same lock, so one that only the map holds is
    /// nobody's.
    fn forget_idle_tenants(&self) {
        lock(&self.tenants).retain(|_, tenant| Arc::strong_count(tenant) > 1 || !tenant.is_idle());
    }

    fn show(&self) {
        let waiting = self.sockets.look();
        metrics::gauge!("tincan_outbox_frames").set(waiting.frames as f64);
        metrics::gauge!("tincan_outbox_bytes").set(waiting.bytes as f64);
        metrics::gauge!("tincan_addresses").set(waiting.addresses as f64);
        metrics::gauge!("tincan_records_waiting").set(self.recorder.waiting() as f64);
        let tenants: Vec<_> = lock(&self.tenants).values().cloned().collect();
        let mut counts = [0_usize; AGENTS.len()];
        for tenant in tenants {
            tenant.count_agents(&mut counts);
        }
        for (status, count) in AGENTS.into_iter().zip(counts) {
            metrics::gauge!("tincan_agents", "status" => word(status)).set(count as f64);
        }
    }
}
