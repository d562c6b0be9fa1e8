//! Whose request it is, by address: counted by what one customer usually has, and never written
//! down whole.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

/// The address of a client. Printing it shows only its network.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientIp(pub IpAddr);

impl ClientIp {
    /// What limits count by: one IPv4 address, or the IPv6 /64 that one customer usually has.
    pub fn counted_as(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => prefix(address, 64).into(),
        }
    }
}

impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                write!(f, "{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => write!(f, "{}/48", prefix(address, 48)),
        }
    }
}

impl fmt::Debug for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn prefix(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_never_printed_whole() {
        let ip = |text: &str| ClientIp(text.parse().unwrap());
        assert_eq!(ip("198.51.100.77").to_string(), "198.51.100.0/24");
        assert_eq!(ip("::ffff:198.51.100.77").to_string(), "198.51.100.0/24");
        assert_eq!(format!("{:?}", ip("2001:db8:1:2:3:4:5:6")), "2001:db8:1::/48");
    }

    #[test]
    fn neighbours_in_one_network_count_as_one() {
        let counted = |text: &str| ClientIp(text.parse().unwrap()).counted_as().to_string();
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(counted("198.51.100.77"), "198.51.100.77");
        assert_eq!(counted("::ffff:198.51.100.77"), "198.51.100.77");
    }
}
