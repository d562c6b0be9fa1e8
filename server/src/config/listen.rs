//! `[listen]`: the addresses and the port of the HTTP server.

use super::list;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where the server listens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// By default both loopback addresses.
    #[serde(deserialize_with = "list::comma_or_sequence")]
    pub addresses: Vec<IpAddr>,
    /// The port, the same on every address; 0 picks a free one.
    pub port: u16,
}

impl Default for Listen {
    fn default() -> Self {
        Self { addresses: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()], port: 8080 }
    }
}

impl Listen {
    /// Can other machines reach it?
    pub fn is_public(&self) -> bool {
        self.addresses.iter().any(|address| !address.is_loopback())
    }
}
