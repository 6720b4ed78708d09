use axum::http::HeaderValue;

use super::*;

fn address(text: &str) -> ClientAddress {
    ClientAddress::from(text.parse::<IpAddr>().unwrap())
}

/// Our proxies: `10.0.0.0/8` and `2001:db8:ffff::/48`.
fn trusted() -> TrustedProxies {
    TrustedProxies::new(vec![
        "10.0.0.0/8".parse().unwrap(),
        "2001:db8:ffff::/48".parse().unwrap(),
    ])
}

fn client(peer: &str, lines: &[&[u8]]) -> String {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
    }
    ClientAddress::behind(address(peer), &headers, &trusted()).to_string()
}

#[test]
fn a_stranger_is_who_it_is_whatever_it_claims() {
    assert_eq!(client("203.0.113.9", &[b"198.51.100.1"]), "203.0.113.9");
    assert_eq!(client("203.0.113.9", &[b"10.0.0.1"]), "203.0.113.9");
}

#[test]
fn without_trusted_proxies_nobody_is_believed() {
    let mut headers = HeaderMap::new();
    headers.insert(X_FORWARDED_FOR, "198.51.100.1".parse().unwrap());
    let found = ClientAddress::behind(address("10.0.0.1"), &headers, &TrustedProxies::default());
    assert_eq!(found, address("10.0.0.1"));
}

#[test]
fn the_client_is_the_first_from_the_right_that_is_no_proxy_of_ours() {
    for (lines, expected) in [
        (&[&b"198.51.100.1"[..]][..], "198.51.100.1"),
        (&[b"198.51.100.1, 10.0.0.2,10.0.0.3"], "198.51.100.1"),
        (&[b"192.0.2.66, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        // Several lines are one list.
        (
            &[b"192.0.2.66", b"198.51.100.1", b"10.0.0.2"],
            "198.51.100.1",
        ),
        // Nobody but proxies: a call from within.
        (&[b"10.9.9.9, 10.0.0.2"], "10.9.9.9"),
        (&[], "10.0.0.1"),
    ] {
        assert_eq!(client("10.0.0.1", lines), expected, "{lines:?}");
    }
}

#[test]
fn a_part_that_is_no_address_ends_the_walk_at_the_last_proxy() {
    for lines in [
        &[&b"198.51.100.1, unknown"[..]][..],
        &[b""],
        &[b"198.51.100.1,"],
        &[b"198.51.100.1, \xff\xfe"],
        &[b"198.51.100.1, 1.2.3"],
        &[b"198.51.100.1, _hidden"],
        &[b"198.51.100.1", b"300.1.1.1"],
    ] {
        assert_eq!(client("10.0.0.1", lines), "10.0.0.1", "{lines:?}");
    }
    // The proxies right of the fault were believed all the same.
    assert_eq!(client("10.0.0.1", &[b"x, 10.0.0.7"]), "10.0.0.7");
}

#[test]
fn ports_and_brackets_are_taken_off() {
    assert_eq!(client("10.0.0.1", &[b"198.51.100.1:4711"]), "198.51.100.1");
    assert_eq!(client("10.0.0.1", &[b"[2001:db8::1]:4711"]), "2001:db8::1");
    assert_eq!(client("10.0.0.1", &[b"[2001:db8::1]"]), "2001:db8::1");
}

#[test]
fn an_ipv4_address_is_the_same_through_a_dual_stack_socket() {
    assert_eq!(
        client("::ffff:10.0.0.1", &[b"::ffff:192.0.2.1"]),
        "192.0.2.1"
    );
    assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
}

#[test]
fn ipv6_counts_by_its_network_of_64_bits_and_ipv4_by_the_address() {
    let network = |text| address(text).network();
    assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
    assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    assert_ne!(network("::1"), network("127.0.0.1"));
}

#[tokio::test]
async fn a_handler_gets_what_the_layers_noted() {
    let request = || axum::http::Request::new(()).into_parts().0;
    let mut parts = request();
    parts.extensions.insert(address("192.0.2.1"));
    for (mut parts, expected) in [(parts, "192.0.2.1"), (request(), "0.0.0.0")] {
        let Ok(found) = ClientAddress::from_request_parts(&mut parts, &()).await;
        assert_eq!(found.to_string(), expected);
    }
}
