//! How the server stops.

use super::*;

fn limits(drain_accepting: u64, drain_total: u64) -> ServerLimits {
    ServerLimits {
        drain_accepting: Duration::from_millis(drain_accepting),
        drain_total: Duration::from_millis(drain_total),
        ..ServerLimits::default()
    }
}

async fn is_refused(address: SocketAddr) -> bool {
    TcpStream::connect(address).await.is_err()
}

/// Waits until no connection is taken any more.
async fn until_refused(address: SocketAddr) {
    let refused = async {
        while !is_refused(address).await {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, refused)
        .await
        .expect("an end of accepting");
}

#[tokio::test]
async fn whoever_hasnt_heard_of_the_stop_is_still_served_but_not_kept() -> TestResult {
    let bench = Bench::start(limits(500, 5000)).await?;
    let mut kept = bench.connect().await?;
    assert!(!kept.ask("/").await?.contains("connection: close"));
    bench.stop.cancel();
    let answers = [kept.ask("/").await?, bench.ask("/").await?];
    for answer in answers {
        assert!(
            is_ok(&answer) && answer.contains("connection: close"),
            "{answer}"
        );
    }
    assert_eq!(kept.rest().await?, "");
    until_refused(bench.address).await;
    assert!(bench.stop().await < PATIENCE);
    Ok(())
}

#[tokio::test]
async fn a_request_under_way_is_answered_and_idle_connections_are_closed() -> TestResult {
    let bench = Bench::start(limits(0, 60_000)).await?;
    let mut idle = bench.connect().await?;
    idle.ask("/").await?;
    let mut waiting = bench.connect().await?;
    waiting
        .send("GET /gate HTTP/1.1\r\nhost: x\r\n\r\n")
        .await?;
    bench.until_calls(2).await;

    bench.stop.cancel();
    assert_eq!(idle.rest().await?, "");
    until_refused(bench.address).await;
    assert!(!bench.server.is_finished());
    bench.gate.notify_one();
    let answer = waiting.rest().await?;
    assert!(is_ok(&answer) && answer.ends_with("passed"));
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(bench.stop().await < PATIENCE);
    Ok(())
}

#[tokio::test]
async fn a_request_that_came_with_the_last_connection_is_served() -> TestResult {
    // The first call sees nothing to the end; what came meanwhile is in the system's queue.
    let bench = Bench::start_on(limits(0, 60_000), |call| match call {
        0 => Step::Never,
        _ => Step::Accept,
    });
    let bench = bench.await?;
    let mut caller = bench.connect().await?;
    caller.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    bench.stop.cancel();
    assert!(is_ok(&caller.rest().await?));
    bench.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_doesnt_end_is_cut_off_in_time() -> TestResult {
    let bench = Bench::start(limits(50, 300)).await?;
    let mut stuck = bench.connect().await?;
    stuck.send("GET /gate HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    let mut half = bench.connect().await?;
    half.send("GET / HTTP/1.1\r\n").await?;
    bench.until_calls(1).await;
    let took = bench.stop().await;
    assert!(took >= Duration::from_millis(290), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(stuck.rest().await?, "");
    assert_eq!(half.rest().await?, "");
    Ok(())
}

#[tokio::test]
async fn no_request_fails_in_the_time_that_the_stop_takes_to_get_about() -> TestResult {
    let bench = Bench::start(limits(400, 5000)).await?;
    bench.stop.cancel();
    let began = Instant::now();
    let mut served = 0;
    // New connections all the time, as from a balancer that hasn't noticed.
    while began.elapsed() < Duration::from_millis(300) {
        assert!(is_ok(&bench.ask("/").await?));
        served += 1;
    }
    assert!(served > 10, "{served}");
    bench.stop().await;
    Ok(())
}
