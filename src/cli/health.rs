//! `organization-operator health`: whether a running operator is well, for where there is no shell
//! and no other client: an image's HEALTHCHECK, a pod of `helm test`.

use std::{io, process::ExitCode, time::Duration};

use anyhow::Context as _;
use futures::future;
use http::{Request, StatusCode, Uri, header::HOST};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{exit, fail, output};
use crate::config::HealthArgs;

/// What is read of an answer: /readyz has a line for each thing that is missing.
const MOST_BYTES: usize = 64 * 1024;

/// What is shown of it.
const MOST_LINES: usize = 10;

struct Answer {
    status: StatusCode,
    body: String,
}

impl Answer {
    /// Status and first lines.
    fn describe(&self, url: &Uri) -> String {
        let first = format!("{url}: {}\n", self.status);
        let lines = self.body.lines().take(MOST_LINES);
        lines.fold(first, |all, line| all + "  " + line + "\n")
    }
}

/// Asks all at once, and tells in the order in which they were named.
pub async fn run(args: &HealthArgs) -> anyhow::Result<ExitCode> {
    let urls = args.urls();
    let asked = urls.iter().map(|url| ask(url, args.timeout));
    let answers = future::join_all(asked).await;
    let mut code = exit::OK;
    for (url, answer) in urls.iter().zip(answers) {
        match answer {
            Ok(answer) => {
                output::write(&mut io::stdout(), &answer.describe(url))?;
                if !answer.status.is_success() {
                    code = exit::SOMETHING;
                }
            }
            Err(error) => {
                let _ = fail(format!("{url}: {error:#}"), exit::SOMETHING);
                code = exit::SOMETHING;
            }
        }
    }
    Ok(ExitCode::from(code))
}

async fn ask(url: &Uri, deadline: Duration) -> anyhow::Result<Answer> {
    let answer = tokio::time::timeout(deadline, get(url)).await;
    answer.with_context(|| format!("no answer within {deadline:?}"))?
}

async fn get(url: &Uri) -> anyhow::Result<Answer> {
    let authority = url.authority().context("it names no host")?;
    // Brackets are the URL's, not the address's.
    let host = authority.host().trim_matches(['[', ']']);
    let port = authority.port_u16().unwrap_or(80);
    let stream = TcpStream::connect((host, port))
        .await
        .context("no connection")?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(HOST, authority.as_str())
        .body(Empty::<Bytes>::new())?;
    let exchange = async move {
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MOST_BYTES);
        // One that is longer, or breaks off, is no less an answer.
        let body = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        let body = body.unwrap_or_default();
        anyhow::Ok(Answer {
            status,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    };
    // The connection ends once its sender is gone; what it ended with is the exchange's error too.
    let (answer, _) = future::join(exchange, connection).await;
    answer
}
