//! The header of a token, which is read before anybody knows who wrote it.

use jsonwebtoken::{Algorithm, Header};

use super::TokenError;

/// The `kid`, if the header is one that is dealt with here.
///
/// Taken apart field by field, so that one which a new version of the library reads must be thought
/// about.
pub(super) fn judge(header: Header) -> Result<Option<String>, TokenError> {
    let Header {
        // python-jose and PyJWT write "JWT" and ask nobody for it.
        typ: _,
        alg,
        cty: _,
        jku,
        jwk,
        kid,
        x5u,
        x5c,
        // Fingerprints: they bring no key, and none of ours has one.
        x5t: _,
        x5t_s256: _,
        crit,
        enc,
        zip,
        // Of ACME, and whatever else somebody wrote there: RFC 7515 wants it ignored.
        url: _,
        nonce: _,
        extras: _,
    } = header;
    let brings_a_key = jku.is_some() || jwk.is_some() || x5u.is_some() || x5c.is_some();
    // Extensions, of which none is understood here, and a payload that isn't what it seems.
    let is_extended = crit.is_some() || enc.is_some() || zip.is_some();
    if alg != Algorithm::HS256 || brings_a_key || is_extended {
        return Err(TokenError::Header);
    }
    Ok(kid)
}
