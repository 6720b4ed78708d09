use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use futures::FutureExt as _;
use http_body_util::StreamBody;
use hyper::body::{Body as HttpBody, Frame};
use secrecy::ExposeSecret as _;
use tokio_stream::StreamExt as _;

use super::*;

/// Text of the member "a".
#[derive(Debug, PartialEq)]
struct Probe(String);

impl Model for Probe {
    fn read(object: &Object) -> Result<Self, Vec<Detail>> {
        match object.get("a") {
            Some(Member::Text(text)) => Ok(Self(text.expose_secret().to_owned())),
            _ => Err(vec![Detail::in_body("a", &Fault::Missing)]),
        }
    }
}

async fn read(headers: &[(&str, &str)], body: impl Into<Body>) -> Result<String, ApiError> {
    let mut request = Request::post("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).unwrap();
    Json::<Probe>::from_request(request, &())
        .await
        .map(|Json(Probe(text))| text)
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const A: &str = r#"{"a":"x"}"#;

fn whole(fault: &Fault) -> Result<String, ApiError> {
    Err(Detail::of_body(fault).into())
}

#[tokio::test]
async fn json_of_every_spelling_of_the_type_is_read() {
    for value in [
        "application/json",
        "APPLICATION/JSON",
        "application/json;",
        "application/json; charset=utf-16",
        "application/json ; a=b; c=\"d;e/f\"",
        "application/ld+json",
        "Application/Vnd.Api+JSON",
        "application/+json",
        "application/a+b+json",
        "application/json;é",
    ] {
        assert_eq!(
            read(&[("content-type", value)], A).await.as_deref(),
            Ok("x"),
            "{value}"
        );
    }
}

#[tokio::test]
async fn what_has_another_type_or_none_is_not_looked_at() {
    for value in [
        "",
        " ",
        ";",
        "json",
        "/json",
        "text/json",
        "application/jsonp",
        "application/json+x",
        "application/json/json",
        "application/json,application/json",
        "application /json",
        "application/ json",
        "xapplication/json",
        "application/x-www-form-urlencoded",
        "*/*",
    ] {
        for body in [A, "{", "\u{feff}", "null"] {
            let answer = read(&[("content-type", value)], body).await;
            assert_eq!(answer, whole(&Fault::NotAnObject), "{value}: {body}");
        }
    }
    assert_eq!(read(&[], A).await, whole(&Fault::NotAnObject));
}

#[tokio::test]
async fn of_two_types_the_first_counts() {
    let types = [
        ("content-type", "application/json"),
        ("content-type", "text/plain"),
    ];
    assert_eq!(read(&types, A).await.as_deref(), Ok("x"));
    let types = [
        ("content-type", "text/plain"),
        ("content-type", "application/json"),
    ];
    assert_eq!(read(&types, A).await, whole(&Fault::NotAnObject));
}

#[tokio::test]
async fn an_empty_body_is_missing_before_anything_else_is_wrong_with_it() {
    for headers in [
        &[][..],
        JSON,
        &[("content-type", "text/plain")],
        &[("content-encoding", "gzip")],
    ] {
        assert_eq!(read(headers, "").await, whole(&Fault::Missing));
    }
}

#[tokio::test]
async fn compressed_bodies_are_refused_and_other_codings_ignored() {
    let coded = |coding| {
        [
            ("content-type", "application/json"),
            ("content-encoding", coding),
        ]
    };
    for coding in [
        "gzip",
        "GZip",
        "x-gzip",
        "deflate",
        "br",
        "zstd",
        "compress",
        "identity, gzip",
    ] {
        assert_eq!(
            read(&coded(coding), A).await,
            Err(ApiError::UnparsableBody),
            "{coding}"
        );
    }
    for coding in ["", "identity", "utf-8", "UTF-8", "é"] {
        assert_eq!(
            read(&coded(coding), A).await.as_deref(),
            Ok("x"),
            "{coding}"
        );
    }
    let typed = [("content-type", "text/plain"), ("content-encoding", "gzip")];
    assert_eq!(read(&typed, A).await, whole(&Fault::NotAnObject));
}

#[tokio::test]
async fn bytes_that_are_no_utf8_are_refused_before_they_are_parsed() {
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let utf16_be =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    for bytes in [
        b"{\xff".to_vec(),
        b"{\"a\":\"\xe9\"}".to_vec(),
        b"{\"a\":\"\xed\xa0\x80\"}".to_vec(),
        b"{\"a\":\"\xc0\xaf\"}".to_vec(),
        b"{\"a\":\"x\"}\xf0\x9f".to_vec(),
        b"\xef\xbb{}".to_vec(),
        b"\x1f\x8b\x08\x00".to_vec(),
        utf16(A),
        utf16_be(A),
        utf16("\u{feff}{}"),
        utf16_be("\u{feff}{}"),
        b"\x00\x00\x00{\x00\x00\x00}".to_vec(),
        b"{\x00\x00\x00}\x00\x00\x00".to_vec(),
    ] {
        assert_eq!(
            read(JSON, bytes.clone()).await,
            Err(ApiError::UnparsableBody),
            "{bytes:?}"
        );
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_skipped_once_and_not_counted() {
    let stops = |code_points| Err(Detail::not_json(code_points).into());
    assert_eq!(read(JSON, format!("\u{feff}{A}")).await.as_deref(), Ok("x"));
    assert_eq!(read(JSON, "\u{feff}{x").await, stops(1));
    assert_eq!(read(JSON, "\u{feff}").await, stops(0));
    assert_eq!(read(JSON, format!("\u{feff}\u{feff}{A}")).await, stops(0));
}

#[tokio::test]
async fn json_that_is_too_much_is_a_body_that_can_not_be_parsed() {
    for body in ["[".repeat(10_000), format!("[{}]", "1".repeat(4_301))] {
        assert_eq!(read(JSON, body).await, Err(ApiError::UnparsableBody));
    }
    // Malformed and no object, but in that order.
    assert_eq!(read(JSON, "[1").await, Err(Detail::not_json(2).into()));
    for body in ["null", "[]", "\"a\"", "0", " true "] {
        assert_eq!(read(JSON, body).await, whole(&Fault::NotAnObject), "{body}");
    }
}

#[tokio::test]
async fn a_body_may_have_its_limit_and_not_a_byte_more() {
    let full = format!(r#"{{"b":"{}","a":"x"}}"#, "é".repeat((MAX_BODY - 16) / 2));
    assert_eq!(full.len(), MAX_BODY);
    assert_eq!(read(JSON, full.clone()).await.as_deref(), Ok("x"));
    assert_eq!(
        read(JSON, full.clone() + " ").await,
        Err(ApiError::PayloadTooLarge)
    );
    // Whatever it is.
    assert_eq!(
        read(&[], vec![0xff; 10_000_000]).await,
        Err(ApiError::PayloadTooLarge)
    );
    // In pieces, unannounced.
    let pieces: Vec<_> = full
        .into_bytes()
        .chunks(1_000)
        .map(<[u8]>::to_vec)
        .collect();
    let piecewise = |pieces: Vec<Vec<u8>>| {
        Body::from_stream(tokio_stream::iter(pieces).map(Ok::<_, Infallible>))
    };
    assert_eq!(
        read(JSON, piecewise(pieces.clone())).await.as_deref(),
        Ok("x")
    );
    let more = pieces.into_iter().chain([b" ".to_vec()]).collect();
    assert_eq!(
        read(JSON, piecewise(more)).await,
        Err(ApiError::PayloadTooLarge)
    );
}

#[tokio::test]
async fn a_body_without_end_is_given_up_at_the_limit() {
    let endless = tokio_stream::iter(std::iter::repeat_n(Bytes::from_static(b" "), usize::MAX));
    let body = Body::from_stream(endless.map(Ok::<_, Infallible>));
    assert_eq!(read(JSON, body).await, Err(ApiError::PayloadTooLarge));
}

/// A body that says how large it is and must not be asked for more.
struct Announced(u64);

impl HttpBody for Announced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.0)
    }
}

#[test]
fn a_body_announced_as_too_large_is_not_waited_for() {
    let body = Body::new(Announced(MAX_BODY as u64 + 1));
    let answer = read(JSON, body).now_or_never();
    assert_eq!(answer, Some(Err(ApiError::PayloadTooLarge)));
    let body = Body::new(Announced(MAX_BODY as u64));
    assert_eq!(read(JSON, body).now_or_never(), None);
}

#[tokio::test]
async fn a_limit_set_further_out_is_answered_the_same() {
    let body = Body::new(Limited::new(Body::from("x".repeat(11)), 10));
    assert_eq!(read(JSON, body).await, Err(ApiError::PayloadTooLarge));
}

#[tokio::test]
async fn a_client_that_breaks_off_is_told_that_its_body_can_not_be_parsed() {
    let pieces = [
        Ok(Bytes::from_static(b"{")),
        Err(std::io::Error::other("reset")),
    ];
    let body = Body::from_stream(tokio_stream::iter(pieces));
    assert_eq!(read(JSON, body).await, Err(ApiError::UnparsableBody));
}

#[tokio::test]
async fn trailers_are_no_part_of_the_body() {
    let frames = [
        Frame::data(Bytes::from_static(A.as_bytes())),
        Frame::trailers(HeaderMap::new()),
    ];
    let body = StreamBody::new(tokio_stream::iter(frames).map(Ok::<_, Infallible>));
    assert_eq!(read(JSON, Body::new(body)).await.as_deref(), Ok("x"));
}

#[tokio::test]
async fn all_faulty_fields_become_one_422() {
    let missing = Detail::in_body("a", &Fault::Missing);
    assert_eq!(
        read(JSON, "{}").await,
        Err(ApiError::Invalid(vec![missing]))
    );
}

#[test]
fn an_answer_that_can_not_be_written_is_an_internal_error() {
    let unwritable = std::collections::BTreeMap::from([([1_u8], 1)]);
    assert_eq!(
        answer(StatusCode::OK, &unwritable).status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
}
