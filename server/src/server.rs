//! Runs the router on the bound sockets until told to stop, then stops in order: no new sockets,
//! the open ones closed over a moment, requests finished, the last records written.

use crate::{certificate, config::Tls, listeners::Listeners, router::router, state::AppState};
use anyhow::Context;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum_server::{
    Handle,
    accept::NoDelayAcceptor,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto::Builder as HttpBuilder,
};
use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    sync::atomic::Ordering,
    time::Duration,
};
use tokio::task::JoinSet;

/// A server that takes requests.
pub struct Server {
    state: AppState,
    handle: Handle<SocketAddr>,
    tasks: JoinSet<io::Result<()>>,
}

impl Server {
    /// Starts serving on every listener.
    pub async fn start(state: AppState, listeners: Listeners, tls: Option<&Tls>) -> anyhow::Result<Self> {
        let service = router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let handle = Handle::new();
        let mut tasks = JoinSet::new();
        let tls = match tls {
            Some(tls) => Some(certificate::load(tls).await?),
            None => None,
        };
        for socket in listeners.sockets {
            let (service, handle) = (service.clone(), handle.clone());
            match tls.clone() {
                Some(tls) => tasks.spawn(serve_tls(socket, tls, handle, service)),
                None => tasks.spawn(serve(socket, handle, service)),
            };
        }
        Ok(Self { state, handle, tasks })
    }

    /// Serves until `stop` comes or a listener fails, then stops within seconds.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let failed = tokio::select! {
            () = stop => None,
            Some(ended) = self.tasks.join_next() => Some(ended),
        };
        tracing::info!("stopping");
        self.state.draining.store(true, Ordering::Relaxed);
        self.state.relay.drain(SPREAD).await;
        self.handle.graceful_shutdown(Some(PATIENCE));
        while self.tasks.join_next().await.is_some() {}
        self.state.backend.close().await;
        match failed {
            None => Ok(()),
            Some(ended) => ended.context("a listener stopped")?.context("a listener failed"),
        }
    }
}

type Service = IntoMakeServiceWithConnectInfo<axum::Router, SocketAddr>;

/// Frames are small and quick to be answered: none waits until the one before it is acknowledged, as
/// TCP otherwise has it (RFC 1122, section 4.2.3.4).
async fn serve(socket: TcpListener, handle: Handle<SocketAddr>, service: Service) -> io::Result<()> {
    let mut server = axum_server::from_tcp(socket)?.acceptor(NoDelayAcceptor::new()).handle(handle);
    patient(server.http_builder());
    server.serve(service).await
}

async fn serve_tls(
    socket: TcpListener,
    tls: RustlsConfig,
    handle: Handle<SocketAddr>,
    service: Service,
) -> io::Result<()> {
    let acceptor = RustlsAcceptor::new(tls).acceptor(NoDelayAcceptor::new());
    let mut server = axum_server::from_tcp(socket)?.acceptor(acceptor).handle(handle);
    patient(server.http_builder());
    server.serve(service).await
}

/// A client that never finishes its headers does not hold a connection for ever.
fn patient(builder: &mut HttpBuilder<TokioExecutor>) {
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder.http2().timer(TokioTimer::new());
}

/// Over how long open sockets are closed, so that their clients do not come back all at once.
const SPREAD: Duration = Duration::from_secs(2);
/// How long requests may take to finish after that.
const PATIENCE: Duration = Duration::from_secs(3);
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
