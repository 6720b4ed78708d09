//! Tokens made by hand, of any text: what python-jose writes, and what an attacker would.

use aws_lc_rs::hmac;
use serde_json::Value;

/// The header of the older service.
pub(super) const OLDER_HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

pub(super) fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(group);
        for place in 0..=chunk.len() {
            let letter = (bits >> (18 - 6 * place)) & 63;
            text.push(char::from(LETTERS[letter as usize]));
        }
    }
    text
}

pub(super) fn unsigned(header: &str, claims: &str) -> String {
    let header = base64url(header.as_bytes());
    format!("{header}.{}", base64url(claims.as_bytes()))
}

pub(super) fn sign(message: &str, secret: &str, algorithm: hmac::Algorithm) -> String {
    let key = hmac::Key::new(algorithm, secret.as_bytes());
    let signature = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", base64url(signature.as_ref()))
}

/// Signed with HS256, whatever the header says.
pub(super) fn token(header: &str, claims: &str, secret: &str) -> String {
    sign(&unsigned(header, claims), secret, hmac::HMAC_SHA256)
}

/// As the older service mints.
pub(super) fn older(secret: &str, claims: &Value) -> String {
    token(OLDER_HEADER, &claims.to_string(), secret)
}
