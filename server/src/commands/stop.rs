//! When to stop: Ctrl+C at a terminal, SIGTERM from whoever looks after the process.

use tokio::signal::unix::{SignalKind, signal};

/// Comes back at the first of them.
pub(super) async fn asked() {
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => (),
                _ = terminate.recv() => (),
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be heard, only Ctrl+C");
            let _heard = interrupt.await;
        }
    }
}
