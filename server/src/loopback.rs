//! Host names that always mean this machine.

use std::net::IpAddr;

/// `localhost` or a loopback address, in brackets or not.
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback())
}
