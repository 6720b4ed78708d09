//! The text of a refresh token, and what is kept of it.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest as hash};
use rand::{CryptoRng, RngExt as _};
use secrecy::{ExposeSecret as _, SecretString};

use crate::store::refresh::TokenDigest;

/// Those of base64url: they need no escape in JSON, URLs, headers or cookies.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// As many as 256 bits take: 6 bits a letter.
const LENGTH: usize = 43;

/// A refresh token, as its client gets it. Whoever has it is the admin.
#[derive(Clone)]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// Each text is as likely as any other.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let letter = |()| char::from(LETTERS[rng.random_range(0..LETTERS.len())]);
        let text: String = [(); LENGTH].map(letter).iter().collect();
        Self(SecretString::from(text))
    }

    /// For the answer to its client, and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(super) fn digest(&self) -> TokenDigest {
        of(self.expose())
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

/// What a presented text is looked up by; `None` for one that can't be a token.
pub(super) fn digest(text: &str) -> Option<TokenDigest> {
    let is_token = text.len() == LENGTH && text.bytes().all(|letter| LETTERS.contains(&letter));
    is_token.then(|| of(text))
}

/// No salt and no cost: nobody guesses 256 random bits.
fn of(text: &str) -> TokenDigest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash(&SHA256, text.as_bytes()).as_ref());
    TokenDigest(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    #[test]
    fn a_token_is_43_letters_of_base64url_drawn_from_the_generator() {
        let mut rng = StdRng::seed_from_u64(1);
        let tokens: Vec<_> = (0..200).map(|_| RefreshToken::generate(&mut rng)).collect();
        let texts: BTreeSet<_> = tokens.iter().map(RefreshToken::expose).collect();
        assert_eq!(texts.len(), 200);
        assert!(texts.iter().all(|text| text.len() == 43));
        let letters: BTreeSet<_> = texts.iter().flat_map(|text| text.bytes()).collect();
        assert_eq!(letters, LETTERS.iter().copied().collect());
        for place in 0..43 {
            let there: BTreeSet<_> = texts.iter().map(|text| text.as_bytes()[place]).collect();
            assert!(there.len() > 50, "place {place} hardly varies");
        }
    }

    #[test]
    fn a_token_is_looked_up_by_the_sha_256_of_its_text() {
        let token = RefreshToken(SecretString::from("a".repeat(43)));
        let (head, tail) = (
            0x66d3_4fba_71f8_f450_f7e4_5598_853e_53bf_u128,
            0xc23b_bd12_9027_cbb1_31a2_f4ff_d787_8cd0_u128,
        );
        let expected = [head.to_be_bytes(), tail.to_be_bytes()].concat();
        assert_eq!(token.digest().0.as_slice(), expected);
        assert_eq!(digest(token.expose()), Some(token.digest()));
    }

    #[test]
    fn what_can_not_be_a_token_is_not_looked_up() {
        let good = "a".repeat(43);
        for text in [
            "",
            &good[1..],
            &format!("{good}a"),
            &format!("{}=", &good[1..]),
            &format!("é{}", &good[2..]),
        ] {
            assert_eq!(digest(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        let token = RefreshToken::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(format!("{token:?}"), "RefreshToken(..)");
    }
}
