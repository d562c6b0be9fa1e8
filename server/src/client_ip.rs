//! Whose request it is, by address: believed from proxies we were told to trust.

use axum::{
    extract::{ConnectInfo, Request, State},
    http::HeaderMap,
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};
use tincan_backend::ClientIp;

/// Puts the [`ClientIp`] into the request's extensions.
pub(crate) async fn find(State(trusted): State<Arc<[IpNet]>>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let client = behind_proxies(peer, request.headers(), &trusted);
    request.extensions_mut().insert(ClientIp(client));
    next.run(request).await
}

/// Walks `X-Forwarded-For` from the right as long as the address seen so far is a trusted proxy.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut client = peer.to_canonical();
    let forwarded = headers.get_all("x-forwarded-for").into_iter().filter_map(|h| h.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.into_iter().rev() {
        if !is_trusted(client) {
            break;
        }
        let Some(address) = address_of(hop) else { break };
        client = address.to_canonical();
    }
    client
}

/// Some proxies write the port too, and IPv6 in brackets.
fn address_of(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok();
    address.or_else(|| hop.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(peer: &str, forwarded: &str, trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        let trusted: Vec<IpNet> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        behind_proxies(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(found("203.0.113.9", "198.51.100.1", &[]), "203.0.113.9");
        assert_eq!(found("10.0.0.1", "198.51.100.1", &["10.0.0.0/8"]), "198.51.100.1");
        // What a client wrote itself stands left of what the proxy saw.
        let spoofed = "1.1.1.1, 198.51.100.1, 10.0.0.2";
        assert_eq!(found("10.0.0.1", spoofed, &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(found("10.0.0.1", "nonsense", &["10.0.0.0/8"]), "10.0.0.1");
        for with_port in ["198.51.100.1:4711", "[2001:db8::1]:4711", "[2001:db8::1]"] {
            assert_ne!(found("10.0.0.1", with_port, &["10.0.0.0/8"]), "10.0.0.1", "{with_port}");
        }
    }
}
