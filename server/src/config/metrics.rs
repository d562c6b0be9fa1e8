//! `[metrics]`: where Prometheus may read.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::net::{Ipv4Addr, SocketAddr};

/// The listener of `/metrics`, apart from the public one.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    pub listen: MetricsListener,
}

/// An address, or `"off"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsListener {
    Off,
    On(SocketAddr),
}

impl Default for MetricsListener {
    fn default() -> Self {
        Self::On(SocketAddr::from((Ipv4Addr::LOCALHOST, 9464)))
    }
}

impl<'de> Deserialize<'de> for MetricsListener {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse()
            .map(Self::On)
            .map_err(|_| D::Error::custom(format!("metrics.listen: {text:?} is neither \"off\" nor IP:PORT")))
    }
}

impl Serialize for MetricsListener {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_str("off"),
            Self::On(address) => serializer.collect_str(address),
        }
    }
}
