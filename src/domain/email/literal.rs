//! `a@[127.0.0.1]`: refused always, but with the reason that fits what stands in the brackets.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::characters::Characters;
use super::reason::BracketFault;

/// What is wrong with a literal, given without its brackets.
pub(super) fn fault_of(literal: &str) -> BracketFault {
    const TAG: &str = "ipv6:";
    let is_ipv4_like = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !literal.is_empty() && is_ipv4_like(literal) {
        return literal
            .parse::<Ipv4Addr>()
            .map_or(BracketFault::Ipv4, |_| BracketFault::NotAllowed);
    }
    if let Some((tag, address)) = literal.split_at_checked(TAG.len())
        && tag.eq_ignore_ascii_case(TAG)
    {
        return fault_of_ipv6(address);
    }
    // Only "IPv6" is a registered tag, so what follows is one fault or another.
    if !literal.contains(':') {
        BracketFault::NoTag
    } else if let Some(found) = Characters::refused(literal, |c| ('!'..='\u{fa}').contains(&c)) {
        BracketFault::Characters(found)
    } else {
        BracketFault::UnknownTag
    }
}

fn fault_of_ipv6(address: &str) -> BracketFault {
    let (address, zone) = match address.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (address, None),
    };
    let malformed_zone = zone.is_some_and(|zone| zone.is_empty() || zone.contains('%'));
    match address.parse::<Ipv6Addr>() {
        Ok(_) if malformed_zone => BracketFault::Ipv6,
        Ok(_) if zone.is_some() => BracketFault::Ipv6Zone,
        Ok(_) => BracketFault::NotAllowed,
        Err(_) => BracketFault::Ipv6,
    }
}
