//! Counts a call against a limit.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ports::{Limit, Limits, PortError, RetryAfter};

/// Over a limit, or the limiter did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// The caller tried too often.
    #[error("too often, again in {} ms", .0.wait_ms)]
    Over(RetryAfter),
    /// The limiter failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The first 96 bits of an IPv4 address written as an IPv6 address: `64:ff9b::/96`.
const NAT64: u128 = 0x0064_ff9b << 64;
/// Mask of the first 64 bits.
const NETWORK: u128 = (u64::MAX as u128) << 64;

/// The key that a limit per address counts: an IPv4 address, or the /64 of an IPv6 address, because a
/// customer gets a whole /64 (RFC 6177). A wrapped IPv4 address (RFC 6052) counts as IPv4.
pub fn counted_address(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip.to_canonical() else {
        return ip.to_canonical();
    };
    let bits = v6.to_bits();
    match bits >> 32 == NAT64 {
        true => Ipv4Addr::from_bits(bits as u32).into(),
        false => Ipv6Addr::from_bits(bits & NETWORK).into(),
    }
}

/// Counts a call against `limit`.
pub async fn count(limits: &dyn Limits, limit: Limit) -> Result<(), LimitError> {
    match limits.count(&limit).await? {
        Some(over) => Err(LimitError::Over(over)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_count_as_one() {
        for (address, counted) in [
            ("198.51.100.7", "198.51.100.7"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("64:ff9b::c633:6407", "198.51.100.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(counted_address(address).to_string(), counted);
        }
    }
}
