//! Who a client is, as far as its address says: what throttling counts by and what the log shows.
//!
//! X-Forwarded-For is believed only from a peer in `--trusted-proxies`, and read from right to
//! left: each proxy appends the address that it saw, so the first one from the right that is no
//! proxy of ours is the client, and everything left of it is what that client made up. RFC 7239's
//! Forwarded is not read, on purpose: proxies set the one and pass the other through untouched, so
//! whoever believes both lets the client choose its own address.

#[cfg(test)]
mod tests;

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, HeaderName, request::Parts},
};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose X-Forwarded-For is believed. The default trusts none.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Those networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn contains(&self, address: ClientAddress) -> bool {
        self.0.iter().any(|network| network.contains(&address.0))
    }
}

/// The address that a request came from. An IPv4 address is one, also where a dual-stack socket
/// shows it as `::ffff:192.0.2.1`.
///
/// As an extractor it is what the layers found; without them, and in a request that came through
/// no connection (a test's), it is `0.0.0.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

/// What is counted as one client: an IPv4 address, or an IPv6 network of 64 bits, of which every
/// household has one whole, so that its addresses cost nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientNetwork(IpAddr);

impl ClientAddress {
    const UNKNOWN: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// The address at the other end of the connection that a request came through.
    #[must_use]
    pub fn of_peer(extensions: &Extensions) -> Self {
        extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(Self::UNKNOWN, |ConnectInfo(peer)| Self::from(peer.ip()))
    }

    /// The client behind `peer`. A part that is no address ends the walk: the last trusted proxy
    /// before it is then who is held responsible.
    #[must_use]
    pub fn behind(peer: Self, headers: &HeaderMap, trusted: &TrustedProxies) -> Self {
        let mut hop = peer;
        let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
        for part in lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
            if !trusted.contains(hop) {
                break;
            }
            let Some(address) = parse_hop(part) else {
                break;
            };
            hop = address;
        }
        hop
    }

    /// What throttling counts by.
    #[must_use]
    pub fn network(self) -> ClientNetwork {
        ClientNetwork(match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                let high = u128::from(address) >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from(high))
            }
        })
    }
}

/// An address as proxies write it: bare, or with a port, in which case IPv6 is in brackets.
fn parse_hop(part: &[u8]) -> Option<ClientAddress> {
    let text = str::from_utf8(part).ok()?.trim_matches([' ', '\t']);
    let bare = || text.parse::<IpAddr>().ok();
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    let bracketed = || {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    };
    let address = bare().or_else(with_port).or_else(bracketed)?;
    Some(ClientAddress::from(address))
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let noted = parts.extensions.get::<Self>().copied();
        Ok(noted.unwrap_or(Self::UNKNOWN))
    }
}
