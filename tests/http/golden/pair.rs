//! One request, and the answer that the contract gives it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde::Deserialize;

use crate::world::{Answer, World};

/// Headers that are a part of an answer's meaning: there just where the file says so.
const TELLING: [&str; 4] = ["allow", "location", "retry-after", "www-authenticate"];

/// On every answer, whatever it is.
const ALWAYS: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// What an answer may have besides: so none has CORS headers, or says what serves it.
const BESIDES: [&str; 3] = ["content-length", "content-type", "x-request-id"];

/// What no file can know: stands for a run of the characters of tokens and ids.
const SOME_TEXT: &str = "${text}";

/// Stands for a run of digits.
const SOME_NUMBER: &str = "${number}";

/// What is filled in for `${…}`.
pub type Placeholders = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    name: String,
    request: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    hex: Option<String>,
    status: u16,
    #[serde(default)]
    sent: BTreeMap<String, String>,
    answer: String,
}

impl Pair {
    pub async fn check(&self, world: &World, placeholders: &Placeholders) -> Result<()> {
        let answer = world.send(self.request(placeholders)?).await?;
        self.compare(&answer, placeholders)
            .with_context(|| format!("{}: {answer:?}", self.name))
    }

    fn request(&self, placeholders: &Placeholders) -> Result<Request<Body>> {
        let line = self.request.split_once(' ');
        let (method, target) = line.context("no method")?;
        let mut request = Request::builder()
            .method(method)
            .uri(filled(target, placeholders));
        for (name, value) in &self.headers {
            request = request.header(name, filled(value, placeholders));
        }
        let body = match (&self.body, &self.hex) {
            (Some(body), _) => filled(body, placeholders).into_bytes(),
            (None, Some(hex)) => bytes_of(hex)?,
            (None, None) => Vec::new(),
        };
        Ok(request.body(Body::from(body))?)
    }

    fn compare(&self, answer: &Answer, placeholders: &Placeholders) -> Result<()> {
        ensure!(answer.status.as_u16() == self.status, "not {}", self.status);
        let expected = filled(&self.answer, placeholders);
        ensure!(matches(&answer.text(), &expected), "not {expected}");
        for (name, value) in ALWAYS {
            ensure!(answer.header(name) == Some(value), "{name}");
        }
        for name in TELLING {
            let expected = self.sent.get(name);
            let is_as_expected = match (answer.header(name), expected) {
                (Some(value), Some(expected)) => matches(value, expected),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            ensure!(is_as_expected, "{name}: {expected:?}");
        }
        self.compare_content(answer)?;
        let is_known = |name: &str| {
            let always = ALWAYS.iter().any(|(always, _)| *always == name);
            always || TELLING.contains(&name) || BESIDES.contains(&name)
        };
        for name in answer.headers.keys() {
            ensure!(is_known(name.as_str()), "{name} is in no contract");
        }
        Ok(())
    }

    /// What describes the body is there where a body is.
    fn compare_content(&self, answer: &Answer) -> Result<()> {
        let is_empty = matches!(
            answer.status,
            StatusCode::TEMPORARY_REDIRECT | StatusCode::NO_CONTENT
        );
        let content_type = (!is_empty).then_some("application/json");
        ensure!(answer.header("content-type") == content_type, "its type");
        if !is_empty && !self.request.starts_with("HEAD ") {
            let length = answer.body.len().to_string();
            let stated = answer.header("content-length");
            ensure!(stated == Some(length.as_str()), "its length");
        }
        Ok(())
    }
}

fn filled(text: &str, placeholders: &Placeholders) -> String {
    let mut text = text.to_owned();
    for (name, value) in placeholders {
        text = text.replace(&format!("${{{name}}}"), value);
    }
    text
}

/// Whether the text is the expected one, runs standing for what they stand for.
fn matches(text: &str, expected: &str) -> bool {
    let text_at = expected.find(SOME_TEXT).unwrap_or(usize::MAX);
    let number_at = expected.find(SOME_NUMBER).unwrap_or(usize::MAX);
    let at = text_at.min(number_at);
    let Some((before, rest)) = expected.split_at_checked(at) else {
        return text == expected;
    };
    let (stands_for, rest) = if number_at < text_at {
        (digit as fn(char) -> bool, &rest[SOME_NUMBER.len()..])
    } else {
        (letter as fn(char) -> bool, &rest[SOME_TEXT.len()..])
    };
    let Some(tail) = text.strip_prefix(before) else {
        return false;
    };
    let after = tail.trim_start_matches(stands_for);
    after.len() < tail.len() && matches(after, rest)
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

fn bytes_of(hex: &str) -> Result<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?));
    bytes.collect()
}
