//! What isn't HTTP, or is meant to be read as one request here and as two elsewhere.

use super::*;

/// How many requests are in it for us, and the statuses of the answers. The connection is to be
/// closed after them.
async fn exchange(bytes: &[u8]) -> io::Result<(usize, Vec<String>)> {
    let limits = ServerLimits {
        header_timeout: Duration::from_millis(300),
        ..ServerLimits::default()
    };
    let bench = Bench::start(limits).await?;
    let mut caller = bench.connect().await?;
    caller.send(bytes).await?;
    let text = caller.rest().await?;
    let statuses = text
        .match_indices("HTTP/1.")
        .map(|(at, _)| &text[at + 9..at + 12]);
    Ok((bench.calls(), statuses.map(str::to_owned).collect()))
}

async fn expect(bytes: &[u8], calls: usize, statuses: &[&str]) -> TestResult {
    let shown = String::from_utf8_lossy(bytes);
    let shown = shown.chars().take(200).collect::<String>();
    assert_eq!(
        exchange(bytes).await?,
        (calls, statuses.iter().map(ToString::to_string).collect()),
        "{shown:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_body_with_two_lengths_hides_no_second_request() -> TestResult {
    // Both headers: the chunks count, and nothing is read after them.
    for headers in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 999\r\n",
    ] {
        let request = format!(
            "POST /body HTTP/1.1\r\nhost: x\r\n{headers}\r\n0\r\n\r\nGET /peer HTTP/1.1\r\nhost: x\r\n\r\n"
        );
        expect(request.as_bytes(), 1, &["200"]).await?;
    }
    // What says nothing certain is refused.
    for headers in [
        "content-length: 4\r\ncontent-length: 5\r\n",
        "content-length: 4, 5\r\n",
        "content-length: +4\r\n",
        "content-length: -4\r\n",
        "content-length: 0x4\r\n",
        "content-length: 4 4\r\n",
        "content-length: \r\n",
        "content-length: 99999999999999999999\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, gzip\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
        "content-length : 4\r\n",
        "content-length\r\n",
        " content-length: 4\r\n",
        "content-length: 4\r\n folded\r\n",
        "content_length\0: 4\r\n",
        "x: a\0b\r\n",
    ] {
        let request = format!(
            "POST /body HTTP/1.1\r\nhost: x\r\n{headers}\r\nabcdGET /peer HTTP/1.1\r\nhost: x\r\n\r\n"
        );
        expect(request.as_bytes(), 0, &["400"]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn broken_chunks_hide_no_second_request() -> TestResult {
    for chunks in [
        "zz\r\nabcd\r\n",
        "-1\r\n",
        "ffffffffffffffffff\r\n",
        "4\nabcd",
        "4\r\nabcdX\r\n",
    ] {
        let request = format!(
            "POST /body HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\nGET /peer HTTP/1.1\r\nhost: x\r\n\r\n"
        );
        let (calls, statuses) = exchange(request.as_bytes()).await?;
        assert_eq!(calls, 1, "{chunks:?}");
        assert!(
            statuses == ["400"] || statuses.is_empty(),
            "{chunks:?}: {statuses:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_body_that_no_handler_reads_is_not_read_as_a_request() -> TestResult {
    let inner = "GET /peer HTTP/1.1\r\nhost: x\r\n\r\n";
    let length = inner.len();
    let request = format!(
        "POST /deaf HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{inner}GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    );
    expect(request.as_bytes(), 2, &["200", "200"]).await
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() -> TestResult {
    let request = "GET / HTTP/1.1\r\nhost: x\r\n\r\nGET /no HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n";
    expect(request.as_bytes(), 3, &["200", "404", "200"]).await
}

#[tokio::test]
async fn the_older_http_is_served_one_request_a_connection() -> TestResult {
    expect(b"GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n", 1, &["200"]).await?;
    let chunked = b"POST /body HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    expect(chunked, 0, &["400"]).await?;
    expect(b"GET /\r\n\r\n", 0, &["400"]).await
}

#[tokio::test]
async fn garbage_reaches_no_handler() -> TestResult {
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(65));
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    let path = format!("GET /{} HTTP/1.1\r\n\r\n", "y".repeat(20_000));
    for (bytes, status) in [
        (
            &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS greeting \r\n\r\n"[..],
            "400",
        ),
        (b"\0\0\0\0\r\n\r\n", "400"),
        (b"GET / HTTP/3.7\r\n\r\n", "400"),
        (b"GET  / HTTP/1.1\r\n\r\n", "400"),
        (b"GET /\xff\xfe HTTP/1.1\r\n\r\n", "400"),
        (b"GET / HTTP/1.1 \r\n\r\n", "400"),
        (b"G\tET / HTTP/1.1\r\n\r\n", "400"),
        (many.as_bytes(), "431"),
        (long.as_bytes(), "431"),
        (path.as_bytes(), "431"),
    ] {
        expect(bytes, 0, &[status]).await?;
    }
    // A greeting in HTTP/2, which isn't spoken here: closed without a word.
    expect(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, &[]).await?;
    let most = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(64));
    expect(most.as_bytes(), 1, &["200"]).await
}

#[tokio::test]
async fn strange_but_whole_requests_are_answered() -> TestResult {
    for (request, status) in [
        ("TRACE / HTTP/1.1\r\nhost: x\r\n\r\n", "405"),
        ("BREW / HTTP/1.1\r\nhost: x\r\n\r\n", "405"),
        ("CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("GET http://elsewhere/ HTTP/1.1\r\nhost: x\r\n\r\n", "200"),
        (
            "GET / HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
            "200",
        ),
        ("GET / HTTP/1.1\nhost: x\n\n", "200"),
    ] {
        let (_, statuses) = exchange(request.as_bytes()).await?;
        assert_eq!(statuses, [status], "{request:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_body_is_asked_for_only_where_it_is_read() -> TestResult {
    let bench = Bench::start(ServerLimits::default()).await?;
    let mut caller = bench.connect().await?;
    let head = |path| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n"
        )
    };
    caller.send(head("/body")).await?;
    let mut told = [0; 25];
    caller.0.read_exact(&mut told).await?;
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    caller.send("abcd").await?;
    assert!(caller.answer().await?.ends_with("abcd"));
    caller.send(head("/deaf")).await?;
    assert!(is_ok(&caller.rest().await?));
    Ok(())
}
