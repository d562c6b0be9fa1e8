//! When to stop: Ctrl+C at a terminal, SIGTERM from whoever looks after the process.

use std::io;
use tokio::signal::unix::{SignalKind, signal};

/// Listens from now on, so that whoever is told that the server is ready may stop it at once; comes
/// back at the first of them.
pub(super) fn asked() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    })
}
