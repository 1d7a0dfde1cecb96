//! The visitor of a request: address, log-in, language.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use app::{
    api::{ChangePassword, Login, Logout, Register},
    port::Visitor,
    routes,
    wire::{ApiError, Language},
};
use axum::{
    extract::{ConnectInfo, MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use ipnet::IpNet;
use server_fn::ServerFn;

use crate::{
    chain::Chain,
    engine::accounts::device::device,
    security::{self, Concerned, Event},
    telemetry::request_id::{self, RequestId},
};

use super::{AppState, cookies::cookie, csrf, envelope::Envelope, language};

/// <https://www.w3.org/TR/clear-site-data/>
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The address at the other end of the connection.
fn peer(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| {
        peer.ip()
    });
    peer.to_canonical()
}

fn is_trusted(peer: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&peer))
}

/// The caller's address, as `identify` and `admit` see it.
pub fn address(request: &Request, trusted: &[IpNet]) -> IpAddr {
    behind_proxies(peer(request), request.headers(), trusted)
}

/// The request's id: a proxy of ours may have set it, and logs it too. Anyone else's value is ignored: it
/// could be another request's id.
pub fn id(state: &AppState, request: &Request) -> RequestId {
    let given = request.headers().get(request_id::HEADER);
    let given = given.filter(|_| is_trusted(peer(request), &state.settings.trusted_proxies));
    given
        .and_then(RequestId::given)
        .unwrap_or_else(RequestId::make)
}

/// `X-Forwarded-For`, walked from the right: each of our proxies added the address that it got the request
/// from; the first address that is not a proxy of ours is the caller. Entries left of it may be forged.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let lines = headers.get_all("x-forwarded-for");
    let line: Vec<_> = lines
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    let line = line.join(",");
    let hops = line
        .rsplit(',')
        .map(str::trim)
        .filter(|hop| !hop.is_empty());
    let mut address = peer;
    for hop in hops {
        if !is_trusted(address, trusted) {
            break;
        }
        match hop_address(hop) {
            Some(hop) => address = hop.to_canonical(),
            None => break,
        }
    }
    address
}

/// The address in an entry of `X-Forwarded-For`, as proxies write it: bare, quoted, in brackets, with a
/// port or a zone.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim_matches('"');
    if let Some(rest) = hop.strip_prefix('[') {
        let (inside, _port) = rest.split_once(']')?;
        return without_zone(inside).parse().ok();
    }
    without_zone(hop).parse().ok().or_else(|| {
        let (address, _port) = hop.rsplit_once(':')?;
        address.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
    })
}

fn without_zone(address: &str) -> &str {
    address
        .split_once('%')
        .map_or(address, |(address, _zone)| address)
}

/// The token in `Authorization: Bearer`, from a client that is no browser.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// Calls that begin a log-in, with which the browser's user agent is stored.
const BEGIN_LOG_INS: [&str; 3] = [Register::PATH, Login::PATH, ChangePassword::PATH];

/// A visitor with nothing but a language: cached pages are rendered for it.
pub fn anybody(language: Language) -> Visitor {
    let ip = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    Visitor {
        me: None,
        login_token: None,
        ip,
        language,
        device: String::new(),
    }
}

/// Lets a request in: counts it against its address before doing anything else for it, adds the
/// [`Visitor`], and refuses changes that another site makes as the visitor. Records refusals here, and
/// calls that the caller's role does not allow.
pub async fn admit(state: &AppState, mut request: Request, next: Next) -> Response {
    let ip = address(&request, &state.settings.trusted_proxies);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let stranger = Concerned {
        ip: Some(ip),
        route: route.as_ref().map(MatchedPath::as_str),
        ..Concerned::default()
    };
    if let Err(error) = state.shop.admit(ip).await {
        if let Some(event) = Event::of_refusal(&error) {
            security::record(event, &stranger);
        }
        return Envelope(error).into_response();
    }
    let visitor = match identify(state, ip, request.uri(), request.headers()).await {
        Ok(visitor) => visitor,
        Err(error) => return Envelope(error).into_response(),
    };
    let caller = stranger.account(visitor.me.as_ref().map(|me| me.account_id));
    if !csrf::may_pass(&request, state.settings.cookie) {
        security::record(Event::CrossSite, &caller);
        return Envelope(ApiError::Forbidden).into_response();
    }
    let is_of_staff = routes::is_of_staff(request.uri().path());
    let signs_out = request.uri().path() == Logout::PATH;
    request.extensions_mut().insert(visitor);
    let mut response = next.run(request).await;
    if signs_out && !response.status().is_client_error() && !response.status().is_server_error() {
        // The browser's copies of pages with names and orders, also for going back.
        let cache = HeaderValue::from_static("\"cache\"");
        response.headers_mut().insert(CLEAR_SITE_DATA, cache);
    }
    if is_of_staff && response.status() == StatusCode::FORBIDDEN {
        security::record(Event::RoleRefused, &caller);
    }
    response
}

async fn identify(
    state: &AppState,
    ip: IpAddr,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Visitor, ApiError> {
    let path = uri.path();
    let token = bearer(headers).map(str::to_owned);
    let token = token.or_else(|| cookie(headers, state.settings.cookie.name()));
    let mut visitor = Visitor {
        ip,
        ..anybody(language::of(uri, headers))
    };
    if BEGIN_LOG_INS.contains(&path) {
        let said = headers.get(header::USER_AGENT);
        let said = said.map(|said| String::from_utf8_lossy(said.as_bytes()));
        visitor.device = device(said.as_deref().unwrap_or_default());
    }
    // Where the answer is the same for everybody, cookies cost no look-up.
    let token = token.filter(|token| !token.is_empty() && !routes::is_same_for_everybody(path));
    if let Some(token) = token {
        match state.shop.authenticate(&token).await {
            Ok(Some(me)) => (visitor.me, visitor.login_token) = (Some(me), Some(token)),
            Ok(None) => {}
            Err(error) if routes::is_call(path) => return Err(error),
            // Pages are only read; they work without the ledger.
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "cannot read a log-in; the page is shown as if the visitor were signed out");
            }
        }
    }
    Ok(visitor)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn caller(peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        behind_proxies(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_entries_of_our_own_proxies_are_believed() {
        assert_eq!(caller("203.0.113.9", &[]), "203.0.113.9");
        assert_eq!(
            caller("203.0.113.9", &["1.2.3.4"]),
            "203.0.113.9",
            "no proxy of ours"
        );
        assert_eq!(caller("10.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(
            caller("10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.2"]),
            "1.2.3.4"
        );
        assert_eq!(
            caller("10.0.0.1", &["6.6.6.6", "1.2.3.4"]),
            "1.2.3.4",
            "two lines are one"
        );
        assert_eq!(caller("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(caller("10.0.0.1", &["1.2.3.4, nonsense"]), "10.0.0.1");
        assert_eq!(caller("::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(caller("10.0.0.1", &["::ffff:1.2.3.4"]), "1.2.3.4");
    }

    #[test]
    fn an_address_is_read_however_a_proxy_writes_it() {
        for (written, address) in [
            ("198.51.100.7:54321", "198.51.100.7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("\"[2001:db8::7]:443\"", "2001:db8::7"),
            ("\"198.51.100.7\"", "198.51.100.7"),
            ("fe80::7%eth0", "fe80::7"),
            ("198.51.100.7,", "198.51.100.7"),
            ("nonsense, 198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(caller("10.0.0.1", &[written]), address, "{written}");
        }
        let peer = "10.0.0.1".parse().unwrap();
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_bytes(b"\xff, 198.51.100.7").unwrap();
        headers.append("x-forwarded-for", line);
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        assert_eq!(
            behind_proxies(peer, &headers, &trusted).to_string(),
            "198.51.100.7"
        );
    }
}
