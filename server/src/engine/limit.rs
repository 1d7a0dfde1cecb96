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

/// Whom a limit per address counts: an IPv4 address, or the /64 of an IPv6 address, since whoever has one
/// address of such a network has them all (RFC 6177). What is translated to IPv4 (RFC 6052) counts as that.
pub fn counted_address(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip.to_canonical() else {
        return ip.to_canonical();
    };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    match [a, b, c, d, e, f] {
        [0x64, 0xff9b, 0, 0, 0, 0] => {
            let [g, h] = [g.to_be_bytes(), h.to_be_bytes()];
            Ipv4Addr::new(g[0], g[1], h[0], h[1]).into()
        }
        _ => Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into(),
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
