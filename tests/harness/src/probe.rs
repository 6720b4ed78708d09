//! Does a server answer? The smallest clients that can tell.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A loopback server that lives answers within this; a stopped one never does.
const ANSWER: Duration = Duration::from_secs(3);

/// The most that is read of an answer: metrics of a process, at their largest.
const MOST: u64 = 8 << 20;

/// `GET path` over HTTP/1.0 on loopback: the status and the body.
///
/// # Errors
/// No connection, no answer in time, or one that isn't HTTP; as a sentence.
pub fn http_get(port: u16, path: &str) -> Result<(u16, String), String> {
    exchange(connect(port)?, path)
}

/// Takes a connection: for servers that speak no HTTP/1.0, and are ready once they listen.
///
/// # Errors
/// No connection; as a sentence.
pub fn listens(port: u16) -> Result<(), String> {
    connect(port).map(drop)
}

/// `GET path` over TLS on loopback, the server's certificate checked against the file `ca`.
///
/// # Errors
/// As [`http_get`]; also a certificate that `ca` has not signed.
pub fn https_get(port: u16, path: &str, ca: &Path) -> Result<(u16, String), String> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(ca).map_err(|e| e.to_string())?;
    roots.add(certificate).map_err(|e| e.to_string())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST));
    let session = ClientConnection::new(Arc::new(config), name).map_err(|e| e.to_string())?;
    exchange(StreamOwned::new(session, connect(port)?), path)
}

/// Sends MongoDB's `ping` command.
///
/// # Errors
/// No connection, no answer in time, or one without `ok: 1`; as a sentence.
pub fn mongo_ping(port: u16) -> Result<(), String> {
    // BSON of {ping: 1, $db: "admin"}, in a message of opcode OP_MSG with one body section.
    const BODY: &[u8] = b"\x1e\0\0\0\x10ping\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0";
    const OP_MSG: u32 = 2013;
    const OK: &[u8] = b"\x01ok\0\0\0\0\0\0\0\xf0\x3f"; // the double 1.0
    let length = u32::try_from(16 + 4 + 1 + BODY.len()).map_err(|e| e.to_string())?;
    let mut message = Vec::new();
    for word in [length, 1, 0, OP_MSG, 0] {
        message.extend(word.to_le_bytes());
    }
    message.push(0);
    message.extend(BODY);
    let mut stream = connect(port)?;
    stream.write_all(&message).map_err(|e| e.to_string())?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).map_err(|e| e.to_string())?;
    let mut reply = Vec::new();
    let rest = u64::from(u32::from_le_bytes(length))
        .saturating_sub(4)
        .min(MOST);
    stream
        .take(rest)
        .read_to_end(&mut reply)
        .map_err(|e| e.to_string())?;
    let ok = reply.windows(OK.len()).any(|window| window == OK);
    ok.then_some(())
        .ok_or_else(|| "it answers `ping` without `ok: 1`".to_owned())
}

fn connect(port: u16) -> Result<TcpStream, String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, ANSWER)
        .map_err(|error| format!("no connection to {address}: {error}"))?;
    stream
        .set_read_timeout(Some(ANSWER))
        .map_err(|e| e.to_string())?;
    stream
        .set_write_timeout(Some(ANSWER))
        .map_err(|e| e.to_string())?;
    Ok(stream)
}

fn exchange(mut stream: impl Read + Write, path: &str) -> Result<(u16, String), String> {
    // HTTP/1.0: the body ends with the connection, so no length and no chunks to understand.
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .map_err(|error| error.to_string())?;
    let mut answer = Vec::new();
    match stream.take(MOST).read_to_end(&mut answer) {
        // Servers that close without TLS' farewell have still answered.
        Err(error) if answer.is_empty() => return Err(error.to_string()),
        _ => {}
    }
    parse(&String::from_utf8_lossy(&answer)).ok_or_else(|| "its answer isn't HTTP".to_owned())
}

fn parse(answer: &str) -> Option<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head
        .strip_prefix("HTTP/1.")?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()?;
    Some((status, body.to_owned()))
}

/// The answer as a verdict: 200 is good, anything else is told with its body's last lines.
///
/// # Errors
/// Passed on, or made of a status other than 200.
pub fn expect_200(answer: Result<(u16, String), String>) -> Result<(), String> {
    match answer? {
        (200, _) => Ok(()),
        (status, body) => Err(format!(
            "it answers {status}: {}",
            crate::log::tail(&body, 12)
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn answering(answer: &'static [u8]) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).unwrap();
            stream.write_all(answer).unwrap();
        });
        port
    }

    #[test]
    fn an_answer_other_than_200_is_told_with_its_body() {
        let port = answering(b"HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nMongoDB: pending");
        let verdict = expect_200(http_get(port, "/readyz"));
        assert_eq!(verdict.unwrap_err(), "it answers 503: MongoDB: pending");
        let port = answering(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nok");
        expect_200(http_get(port, "/readyz")).unwrap();
    }

    #[test]
    fn what_isnt_http_or_isnt_there_is_an_error() {
        assert!(http_get(answering(b"hello"), "/").is_err());
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        assert!(http_get(port, "/").unwrap_err().contains("no connection"));
    }

    #[test]
    fn a_ping_that_is_refused_is_no_answer() {
        let refused = b"\x1d\0\0\0\0\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0";
        assert!(
            mongo_ping(answering(refused))
                .unwrap_err()
                .contains("without `ok: 1`")
        );
    }
}
