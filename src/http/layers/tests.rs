use std::{convert::Infallible, sync::Mutex, time::Duration};

use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use futures::{FutureExt as _, StreamExt as _, stream};
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame};
use tower::ServiceExt as _;

use super::*;
use crate::http::client_address::ClientAddress;

const FOR_EVER: Duration = Duration::from_hours(1);

type Seen = Arc<Mutex<Vec<String>>>;

/// Writes down what it is told.
struct Notes(Seen);

impl RequestObserver for Notes {
    fn observe_request(&self, request: &ObservedRequest) {
        let (route, method, class) = (request.route, request.method, request.outcome.class());
        let line = format!("{method} {route} {class}");
        self.0.lock().unwrap().push(line);
    }

    fn observe_panic(&self, route: &'static str) {
        self.0.lock().unwrap().push(format!("panic {route}"));
    }
}

fn app() -> (Router, Seen) {
    app_within(ServerLimits::default())
}

fn app_within(limits: ServerLimits) -> (Router, Seen) {
    let seen = Seen::default();
    let app = Router::new()
        .route("/ok", get(async || "ok"))
        .route("/len", post(async |body: Bytes| body.len().to_string()))
        .route("/never", get(std::future::pending::<()>))
        .route("/deaf", post(std::future::pending::<()>))
        .route("/panic", get(fall))
        .route(
            "/docs/page",
            get((
                [(header::CONTENT_SECURITY_POLICY, "script-src 'self'")],
                "page",
            )),
        )
        .route("/who", get(who));
    let layers = Layers {
        limits,
        routes: Routes(|| &["/ok", "/len", "/never", "/panic", "/docs/"]),
        answers: LayerAnswers {
            timeout: || (StatusCode::GATEWAY_TIMEOUT, "timeout").into_response(),
            body_timeout: || (StatusCode::REQUEST_TIMEOUT, "body timeout").into_response(),
            too_large: || (StatusCode::PAYLOAD_TOO_LARGE, "too large").into_response(),
            panic: || (StatusCode::INTERNAL_SERVER_ERROR, "panic").into_response(),
        },
        trusted_proxies: TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]),
        observer: Arc::new(Notes(Arc::clone(&seen))),
    };
    (wrap(app, layers), seen)
}

async fn fall() {
    panic!("the password is Secret123");
}

async fn who(client: ClientAddress, Extension(id): Extension<RequestId>) -> String {
    format!("{client} {id}")
}

/// Status, headers and body of the answer.
async fn ask(app: Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let Ok(answer) = app.oneshot(request).await;
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (parts.status, parts.headers, body)
}

fn read(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn send(body: Body) -> Request<Body> {
    Request::post("/len").body(body).unwrap()
}

/// A body of unknown length: `pieces` of 1 KiB, each after a `pause`.
fn pieces(pieces: usize, pause: Duration) -> Body {
    let stream = stream::iter(0..pieces).then(move |_| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[b'x'; 1024])))
    });
    Body::new(StreamBody::new(Box::pin(stream)))
}

#[tokio::test]
async fn every_answer_has_the_security_headers_and_the_requests_id() {
    for (request, status) in [
        (read("/ok"), StatusCode::OK),
        (read("/nowhere"), StatusCode::NOT_FOUND),
        (read("/len"), StatusCode::METHOD_NOT_ALLOWED),
        (read("/panic"), StatusCode::INTERNAL_SERVER_ERROR),
        (
            send(Body::from(vec![0; 65_537])),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ] {
        let (mut parts, body) = request.into_parts();
        parts
            .headers
            .insert("x-request-id", "id-1".parse().unwrap());
        let (found, headers, _) = ask(app().0, Request::from_parts(parts, body)).await;
        assert_eq!(found, status);
        for (name, value) in [
            ("x-request-id", "id-1"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
        ] {
            assert_eq!(headers[name], value, "{status}");
        }
        let told = |name: &str| headers.contains_key(name);
        assert!(!told("server") && !told("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn a_page_may_set_its_own_policy() {
    let (_, headers, _) = ask(app().0, read("/docs/page")).await;
    assert_eq!(headers["content-security-policy"], "script-src 'self'");
    assert_eq!(headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn a_handler_knows_the_client_and_the_requests_id() {
    let mut request = read("/who");
    let peer = std::net::SocketAddr::from(([10, 0, 0, 1], 4711));
    request.extensions_mut().insert(ConnectInfo(peer));
    let forwarded = "192.0.2.66, 198.51.100.7".parse().unwrap();
    request.headers_mut().insert("x-forwarded-for", forwarded);
    request
        .headers_mut()
        .insert("x-request-id", "id-1".parse().unwrap());
    assert_eq!(ask(app().0, request).await.2, "198.51.100.7 id-1");
}

#[tokio::test]
async fn a_panic_is_an_answer_and_the_next_request_is_served() {
    let (app, seen) = app();
    let (status, _, body) = ask(app.clone(), read("/panic")).await;
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, "panic")
    );
    assert_eq!(ask(app, read("/ok")).await.0, StatusCode::OK);
    assert_eq!(
        *seen.lock().unwrap(),
        ["panic /panic", "GET /panic 5xx", "GET /ok 2xx"]
    );
}

#[tokio::test]
async fn a_body_of_64_kib_is_taken_and_one_byte_more_is_not() {
    let (status, _, body) = ask(app().0, send(Body::from(vec![0; 65_536]))).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "65536"));
    let (status, headers, body) = ask(app().0, send(Body::from(vec![0; 65_537]))).await;
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "too large")
    );
    assert_eq!(headers["connection"], "close");
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_refused_unread() {
    let (mut parts, body) = send(Body::from(vec![0; 65_537])).into_parts();
    parts.uri = "/deaf".parse().unwrap();
    let answer = ask(app().0, Request::from_parts(parts, body)).now_or_never();
    assert_eq!(answer.expect("at once").0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_body_that_doesnt_say_its_length_is_cut_at_the_limit() {
    let (status, _, body) = ask(app().0, send(pieces(64, Duration::ZERO))).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "65536"));
    let endless = pieces(usize::MAX, Duration::ZERO);
    let (status, _, body) = ask(app().0, send(endless)).await;
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "too large")
    );
}

#[tokio::test]
async fn a_body_that_stops_coming_is_the_clients_fault() {
    let (app, seen) = app_within(ServerLimits {
        body_timeout: Duration::from_millis(50),
        request_timeout: FOR_EVER,
        ..ServerLimits::default()
    });
    let (status, headers, _) = ask(app, send(pieces(2, FOR_EVER))).await;
    assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(headers["connection"], "close");
    assert_eq!(*seen.lock().unwrap(), ["POST /len 4xx"]);
}

#[tokio::test]
async fn a_body_that_trickles_for_ever_is_the_clients_fault_too() {
    let (app, seen) = app_within(ServerLimits {
        body_timeout: FOR_EVER,
        request_timeout: Duration::from_millis(200),
        ..ServerLimits::default()
    });
    let trickle = pieces(60, Duration::from_millis(10));
    assert_eq!(ask(app, send(trickle)).await.0, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(*seen.lock().unwrap(), ["POST /len 4xx"]);
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_ours() {
    let (app, seen) = app_within(ServerLimits {
        request_timeout: Duration::from_millis(50),
        ..ServerLimits::default()
    });
    let (status, _, body) = ask(app.clone(), read("/never")).await;
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::GATEWAY_TIMEOUT, "timeout")
    );
    // Though there is a body that isn't all there: nobody waited for it.
    let (mut parts, body) = send(pieces(60, FOR_EVER)).into_parts();
    parts.uri = "/deaf".parse().unwrap();
    assert_eq!(
        ask(app, Request::from_parts(parts, body)).await.0,
        StatusCode::GATEWAY_TIMEOUT
    );
    assert_eq!(
        *seen.lock().unwrap(),
        ["GET /never 5xx", "POST unmatched 5xx"]
    );
}

#[tokio::test]
async fn a_client_that_hangs_up_is_counted() {
    let (app, seen) = app();
    assert!(app.oneshot(read("/never")).now_or_never().is_none());
    assert_eq!(*seen.lock().unwrap(), ["GET /never gone"]);
}

#[tokio::test]
async fn labels_are_of_closed_sets_whatever_is_asked() {
    let (app, seen) = app();
    for (method, path) in [
        ("BREW", "/ok"),
        ("GET", "/secret-token"),
        ("GET", "/docs/x/y"),
    ] {
        let request = Request::builder().method(method).uri(path);
        ask(app.clone(), request.body(Body::empty()).unwrap()).await;
    }
    assert_eq!(
        *seen.lock().unwrap(),
        ["other /ok 4xx", "GET unmatched 4xx", "GET /docs/ 4xx"]
    );
}

mod log {
    use std::io;

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    #[tokio::test]
    async fn a_request_is_one_line_and_says_nothing_that_the_client_sent() {
        // While there is only one, a callsite asks the thread that comes to it first whether anybody
        // listens; with a second one it asks all.
        let _second = tracing::Dispatch::new(tracing_subscriber::registry());
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(lines.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let mut request = send(Body::from("password=Secret123"));
        *request.uri_mut() = "/len?organization_name=Secret123".parse().unwrap();
        let headers = request.headers_mut();
        headers.insert("authorization", "Bearer Secret123".parse().unwrap());
        headers.insert("x-request-id", "id-1".parse().unwrap());
        ask(app().0, request).await;

        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            !text.contains("Secret123") && !text.contains("organization_name"),
            "{text}"
        );
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["level"], "INFO");
        let fields = &line["fields"];
        for (name, value) in [
            ("method", "POST"),
            ("route", "/len"),
            ("request_id", "id-1"),
            ("peer", "0.0.0.0"),
            ("client", "0.0.0.0"),
        ] {
            assert_eq!(fields[name], value, "{name}");
        }
        assert_eq!(fields["status"], 200);
        assert!(fields["duration_ms"].is_u64());
    }
}
