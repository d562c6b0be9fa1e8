//! A proxy that cuts: it passes bytes on until chance ends a connection, by resetting both sides in
//! the midst of a frame, or by passing nothing on any more in one direction or both.

use crate::rng::Rng;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::{Instant, sleep_until},
};

pub(crate) struct Proxy {
    pub(crate) port: u16,
    pub(crate) cuts: Arc<AtomicU64>,
    calm: Arc<AtomicBool>,
}

/// What becomes of one direction of a connection at its time.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Reset,
    Silence,
    Unharmed,
}

impl Proxy {
    /// Passes on to `port`; `seed` decides who is cut when.
    pub(crate) async fn start(port: u16, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (cuts, calm) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let rng = Mutex::new(Rng::new(seed));
        let (counted, quiet) = (cuts.clone(), calm.clone());
        tokio::spawn(async move {
            while let Ok((from, _)) = listener.accept().await {
                let mut rng = rng.lock().unwrap_or_else(PoisonError::into_inner).fork();
                let fates = if quiet.load(Ordering::Relaxed) {
                    (Fate::Unharmed, Fate::Unharmed)
                } else {
                    fates(&mut rng)
                };
                let at = Instant::now() + Duration::from_millis(rng.range(50..20_000));
                let (counted, quiet) = (counted.clone(), quiet.clone());
                tokio::spawn(async move {
                    let Ok(to) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    pass(from, to, fates, at, &quiet, &counted).await;
                });
            }
        });
        Self { port: own, cuts, calm }
    }

    /// From now on nothing is cut.
    pub(crate) fn calm(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }
}

fn fates(rng: &mut Rng) -> (Fate, Fate) {
    rng.weighed(&[
        (4, (Fate::Unharmed, Fate::Unharmed)),
        (6, (Fate::Reset, Fate::Reset)),
        (2, (Fate::Silence, Fate::Silence)),
        (1, (Fate::Silence, Fate::Unharmed)),
        (1, (Fate::Unharmed, Fate::Silence)),
    ])
}

async fn pass(
    from: TcpStream,
    to: TcpStream,
    fates: (Fate, Fate),
    at: Instant,
    calm: &AtomicBool,
    cuts: &AtomicU64,
) {
    let (from_reads, from_writes) = from.into_split();
    let (to_reads, to_writes) = to.into_split();
    if fates != (Fate::Unharmed, Fate::Unharmed) {
        cuts.fetch_add(1, Ordering::Relaxed);
    }
    tokio::select! {
        () = one_way(from_reads, to_writes, fates.0, at, calm) => {}
        () = one_way(to_reads, from_writes, fates.1, at, calm) => {}
    }
}

/// Ends when the connection does.
async fn one_way(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut fate: Fate,
    at: Instant,
    calm: &AtomicBool,
) {
    let mut bytes = [0; 4096];
    let mut silent = false;
    loop {
        let read = tokio::select! {
            read = from.read(&mut bytes) => read,
            () = sleep_until(at), if fate != Fate::Unharmed && !silent => {
                if calm.load(Ordering::Relaxed) {
                    // What was to be cut later is not.
                    fate = Fate::Unharmed;
                    continue;
                }
                if fate == Fate::Reset {
                    return;
                }
                silent = true;
                continue;
            }
        };
        match read {
            Ok(read) if read > 0 => {
                if !silent && to.write_all(&bytes[..read]).await.is_err() {
                    return;
                }
            }
            Ok(_) | Err(_) => return,
        }
    }
}
