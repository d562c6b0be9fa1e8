//! The one place through which statements pass on their way to the database.
//!
//! In the product they are simply awaited. With the feature `simulated`, a thread that has set a
//! [`Weather`] runs each of them to its end while everything else stands still: what a statement
//! takes, and whether it fails, is then the weather's to say and nobody else's, and a simulated
//! world is the same each time although SQLite has threads of its own.

use super::error::StorageError;
use std::time::Instant;

/// What is done with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "simulated"), expect(unreachable_pub, reason = "a weather wants to know it"))]
pub enum Act {
    Open,
    Read,
    Write,
    Begin,
    /// A statement inside a transaction. It never waits: whoever has begun writes to the end.
    Within,
    Commit,
    Close,
}

/// Runs a statement, and measures how long it took.
pub(super) async fn run<T, E: Into<StorageError>>(
    act: Act,
    statement: impl Future<Output = Result<T, E>>,
) -> Result<T, StorageError> {
    let started = Instant::now();
    let done = carry_out(act, statement).await;
    metrics::histogram!("tincan_db_query_seconds").record(started.elapsed());
    done
}

#[cfg(not(feature = "simulated"))]
async fn carry_out<T, E: Into<StorageError>>(
    _act: Act,
    statement: impl Future<Output = Result<T, E>>,
) -> Result<T, StorageError> {
    statement.await.map_err(Into::into)
}

#[cfg(feature = "simulated")]
use simulated::carry_out;
#[cfg(feature = "simulated")]
pub use simulated::{Meets, Weather, set};

#[cfg(feature = "simulated")]
mod simulated {
    use super::{Act, StorageError};
    use std::{
        cell::RefCell,
        pin::pin,
        sync::{Arc, OnceLock},
        task::{Context, Poll, Wake, Waker},
        thread::Thread,
        time::Duration,
    };
    use tokio::runtime::{Builder, Runtime};

    /// What one act meets.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Meets {
        pub wait_before: Duration,
        pub wait_after: Duration,
        /// It is not done.
        pub fails_before: bool,
        /// It is done, and nobody hears of it.
        pub fails_after: bool,
    }

    /// Says what each act meets.
    pub type Weather = Box<dyn FnMut(Act) -> Meets>;

    thread_local! {
        static WEATHER: RefCell<Option<Weather>> = const { RefCell::new(None) };
    }

    /// Sets the weather of this thread, or goes back to the usual.
    pub fn set(weather: Option<Weather>) {
        WEATHER.set(weather);
    }

    pub(super) async fn carry_out<T, E: Into<StorageError>>(
        act: Act,
        statement: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StorageError> {
        let met = WEATHER.with_borrow_mut(|weather| weather.as_mut().map(|weather| weather(act)));
        let Some(meets) = met else { return statement.await.map_err(Into::into) };
        if !meets.wait_before.is_zero() {
            tokio::time::sleep(meets.wait_before).await;
        }
        if meets.fails_before {
            return Err(sqlx::Error::PoolTimedOut.into());
        }
        let done = at_once(statement).map_err(Into::into)?;
        if !meets.wait_after.is_zero() {
            tokio::time::sleep(meets.wait_after).await;
        }
        if meets.fails_after {
            return Err(sqlx::Error::WorkerCrashed.into());
        }
        Ok(done)
    }

    /// Waits here, with everything else on this thread, until it is done. What it spawns runs in a
    /// runtime of its own.
    fn at_once<F: Future>(future: F) -> F::Output {
        static BESIDE: OnceLock<Runtime> = OnceLock::new();
        let beside = BESIDE.get_or_init(|| {
            let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
            runtime.expect("a test can have one more thread")
        });
        let _inside = beside.enter();
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut future = pin!(tokio::task::unconstrained(future));
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(output) => return output,
                Poll::Pending => std::thread::park_timeout(PATIENCE),
            }
        }
    }

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    /// A wake-up cannot get lost; this is for whoever looks at a test that hangs.
    const PATIENCE: Duration = Duration::from_secs(1);
}
