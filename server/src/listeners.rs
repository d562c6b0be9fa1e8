//! The sockets the server listens on: the same port on every address.

use crate::config::Listen;
use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener},
};

/// Bound, and not served yet: who connects now waits a moment.
#[derive(Debug)]
pub struct Listeners {
    /// The port they share.
    pub port: u16,
    pub sockets: Vec<TcpListener>,
}

/// An address could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct NoListener {
    pub address: SocketAddr,
    pub source: io::Error,
}

impl Listeners {
    /// Binds all addresses. Port 0 finds one that is free on all of them.
    pub fn bind(listen: &Listen) -> Result<Self, NoListener> {
        let mut tries = if listen.port == 0 { FREE_PORT_TRIES } else { 1 };
        loop {
            tries -= 1;
            match Self::bind_once(listen) {
                Ok(listeners) => return Ok(listeners),
                Err(NoListener { source, .. }) if source.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn bind_once(listen: &Listen) -> Result<Self, NoListener> {
        let mut bound = Self { port: listen.port, sockets: Vec::new() };
        for &ip in &listen.addresses {
            let address = SocketAddr::new(ip, bound.port);
            match TcpListener::bind(address).and_then(prepared) {
                Ok((socket, port)) => {
                    bound.port = port;
                    bound.sockets.push(socket);
                }
                Err(error) if can_do_without(ip, &error) && !bound.sockets.is_empty() => {
                    tracing::warn!(%address, %error, "this machine has no such address");
                }
                Err(source) => return Err(NoListener { address, source }),
            }
        }
        Ok(bound)
    }
}

fn prepared(socket: TcpListener) -> io::Result<(TcpListener, u16)> {
    socket.set_nonblocking(true)?;
    let port = socket.local_addr()?.port();
    Ok((socket, port))
}

/// A machine without IPv6 has no `::1`; browsers there find `localhost` under 127.0.0.1.
fn can_do_without(ip: IpAddr, error: &io::Error) -> bool {
    let taken = matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied);
    ip.is_ipv6() && ip.is_loopback() && !taken
}

const FREE_PORT_TRIES: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_zero_is_one_free_port_for_all() {
        let listeners = Listeners::bind(&Listen { port: 0, ..Listen::default() }).unwrap();
        assert_ne!(listeners.port, 0);
        for socket in &listeners.sockets {
            assert_eq!(socket.local_addr().unwrap().port(), listeners.port);
        }
        let taken = Listen { port: listeners.port, ..Listen::default() };
        assert_eq!(Listeners::bind(&taken).unwrap_err().source.kind(), io::ErrorKind::AddrInUse);
    }
}
