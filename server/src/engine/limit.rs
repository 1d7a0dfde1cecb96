//! Counting a call against a limit.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ports::{Limit, Limits, PortError, RetryAfter};

/// Over a limit, or the limiter did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// Too often.
    #[error("too often, again in {} ms", .0.wait_ms)]
    Over(RetryAfter),
    /// The limiter.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The first 96 bits of an IPv4 address that is written as an IPv6 address: `64:ff9b::/96`.
const NAT64: u128 = 0x0064_ff9b << 64;
/// The first 64 bits.
const NETWORK: u128 = (u64::MAX as u128) << 64;

/// Whom a limit per address counts: an IPv4 address, or the /64 of an IPv6 address, since whoever has one
/// address of such a network has them all (RFC 6177). What is translated to IPv4 (RFC 6052) counts as that.
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
