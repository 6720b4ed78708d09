use std::{
    net::{IpAddr, Ipv6Addr},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use futures::{FutureExt as _, future::join_all};

use super::*;

fn email(text: &str) -> Email {
    Email::from_record(text.to_owned())
}

fn address(text: &str) -> ClientAddress {
    ClientAddress::from(text.parse::<IpAddr>().unwrap())
}

/// A limiter and a clock that stands still until it is told otherwise.
struct Bench {
    limiter: Limiter,
    now: Instant,
}

impl Bench {
    fn new(settings: LimiterSettings) -> Self {
        let now = Instant::now();
        let limiter = Limiter::new(&settings, now);
        Self { limiter, now }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// What would be answered now, where nothing is under way.
    fn admit(&self, account: &str, client: &str) -> Result<Admission, Throttled> {
        let (account, client) = (email(account), address(client));
        let admission = self.limiter.admit_login(&account, client, || self.now);
        admission.now_or_never().expect("nothing to wait for")
    }

    /// Fails `times` times; how many of them were tried at all.
    fn fail(&self, account: &str, client: &str, times: usize) -> usize {
        let tried = (0..times).filter(|_| self.admit(account, client).is_ok());
        tried.count()
    }

    fn keys(&self) -> [usize; 3] {
        let tables = self.limiter.0.tables();
        [
            tables.accounts.keys(),
            tables.clients.keys(),
            tables.creates.keys(),
        ]
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new(LimiterSettings::default())
    }
}

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn ten_failures_at_an_account_are_tried_and_the_next_is_heard_a_minute_after_the_first() {
    let mut bench = Bench::default();
    assert_eq!(bench.fail("a@x.io", "192.0.2.1", 1), 1);
    bench.pass(Duration::from_millis(20_500));
    assert_eq!(bench.fail("a@x.io", "192.0.2.1", 20), 9);
    let refused = bench.admit("a@x.io", "192.0.2.1").unwrap_err();
    assert_eq!(refused.retry_after, Duration::from_millis(39_500));

    bench.pass(Duration::from_millis(39_499));
    assert_eq!(bench.fail("a@x.io", "192.0.2.1", 1), 0);
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.fail("a@x.io", "192.0.2.1", 5), 1, "one place is free");
    bench.pass(MINUTE);
    assert_eq!(bench.fail("a@x.io", "192.0.2.1", 20), 10);
}

#[test]
fn no_minute_has_more_failures_than_allowed_wherever_it_begins() {
    let mut bench = Bench::default();
    let mut tried = Vec::new();
    for second in 0..300_u64 {
        let count = bench.fail("a@x.io", "192.0.2.1", 3);
        tried.extend(std::iter::repeat_n(second, count));
        bench.pass(Duration::from_secs(1));
    }
    assert_eq!(tried.len(), 50, "and no fewer");
    for from in 0..240 {
        let within = tried.iter().filter(|at| (from..from + 60).contains(*at));
        assert!(within.count() <= 10, "from second {from}");
    }
}

#[test]
fn a_hundred_failures_of_a_client_at_all_accounts_are_tried() {
    let bench = Bench::default();
    let tried = (0..150).map(|n| bench.fail(&format!("a{n}@x.io"), "192.0.2.1", 1));
    assert_eq!(tried.sum::<usize>(), 100);
    // In IPv6, a network is a client.
    let tried = (0..150).map(|n| bench.fail(&format!("a{n}@x.io"), &format!("2001:db8::{n:x}"), 1));
    assert_eq!(tried.sum::<usize>(), 100);
}

#[test]
fn a_strangers_failures_never_refuse_an_admin_who_comes_from_elsewhere() {
    let bench = Bench::default();
    for n in 0..250 {
        bench.fail("admin@x.io", &format!("198.51.100.{n}"), 20);
    }
    bench.admit("admin@x.io", "192.0.2.1").unwrap().succeeded();
}

#[test]
fn successes_and_what_was_not_tried_count_for_nothing() {
    let bench = Bench::default();
    for _ in 0..1000 {
        bench.admit("a@x.io", "192.0.2.1").unwrap().succeeded();
        bench.admit("a@x.io", "192.0.2.1").unwrap().not_tried();
    }
    assert_eq!(bench.keys(), [0, 0, 0], "nor do they take memory");
    assert_eq!(bench.fail("a@x.io", "192.0.2.1", 9), 9);
    bench.admit("a@x.io", "192.0.2.1").unwrap().succeeded();
    assert_eq!(
        bench.fail("a@x.io", "192.0.2.1", 9),
        1,
        "nor do they wash failures off"
    );
}

#[test]
fn ten_creates_of_a_client_are_heard_whatever_comes_of_them() {
    let mut bench = Bench::default();
    let create = |bench: &Bench, client| bench.limiter.admit_create(address(client), bench.now);
    for _ in 0..10 {
        create(&bench, "192.0.2.1").unwrap();
        bench.pass(Duration::from_secs(1));
    }
    let refused = create(&bench, "192.0.2.1").unwrap_err();
    assert_eq!(refused.retry_after, Duration::from_secs(50));
    create(&bench, "192.0.2.2").unwrap();
    bench.pass(refused.retry_after);
    create(&bench, "192.0.2.1").unwrap();
    assert_eq!(bench.fail("a@x.io", "192.0.2.1", 1), 1, "logins are apart");
}

#[test]
fn a_million_keys_take_no_more_memory_than_the_table_has() {
    let bench = Bench::default();
    let client = |n: u128| {
        let network = Ipv6Addr::from((0x2001_0db8 << 96) | (n << 64));
        ClientAddress::from(IpAddr::V6(network))
    };
    for n in 0..1_000_000 {
        bench.limiter.admit_create(client(n), bench.now).unwrap();
    }
    for n in 0..100_000 {
        let account = email(&format!("a{n}@{}", "x".repeat(1000)));
        let admission = bench.limiter.admit_login(&account, client(n), || bench.now);
        drop(admission.now_or_never().expect("nothing to wait for"));
    }
    assert_eq!(bench.keys(), [16_384; 3]);
}

#[test]
fn a_flood_of_other_keys_makes_nobody_forget_who_is_throttled() {
    let bench = Bench::default();
    assert_eq!(bench.fail("a@x.io", "192.0.2.1", 10), 10);
    for n in 0..100_000_u32 {
        let client = IpAddr::V4((0x0b00_0000 + n).into()).to_string();
        assert_eq!(
            bench.fail("b@x.io", &client, 1),
            1,
            "nor is anybody refused"
        );
    }
    assert_eq!(bench.fail("a@x.io", "192.0.2.1", 1), 0);
}

#[test]
fn the_refused_leave_no_trace() {
    let bench = Bench::default();
    for n in 0..1000 {
        bench.fail(&format!("a{n}@x.io"), "192.0.2.1", 1);
    }
    assert_eq!(bench.keys(), [100, 1, 0]);
}

#[test]
fn an_attempt_whose_key_was_driven_out_meanwhile_still_counts() {
    let bench = Bench::new(LimiterSettings {
        keys: 1,
        ..LimiterSettings::default()
    });
    let under_way = bench.admit("a@x.io", "192.0.2.1").unwrap();
    for n in 0..64 {
        bench.fail("b@x.io", &format!("198.51.100.{n}"), 2);
    }
    drop(under_way);
    assert_eq!(bench.fail("a@x.io", "192.0.2.1", 20), 9);
}

#[test]
fn a_thousand_threads_at_once_get_ten_tries() {
    let limiter = Limiter::new(&LimiterSettings::default(), Instant::now());
    let (account, client, now) = (email("a@x.io"), address("192.0.2.1"), Instant::now());
    let admitted = Mutex::new(Vec::new());
    let unknown = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..1000 {
            scope.spawn(|| match limiter.try_admit(&account, client, now) {
                Ok(Some(admission)) => admitted.lock().unwrap().push(admission),
                Ok(None) => {
                    unknown.fetch_add(1, Ordering::Relaxed);
                }
                Err(refused) => panic!("{refused}: nothing has failed yet"),
            });
        }
    });
    assert_eq!(admitted.into_inner().unwrap().len(), 10);
    assert_eq!(unknown.into_inner(), 990);
}

/// Logs in `count` times at once; how many were tried, and how many were refused.
async fn log_in_at_once(limiter: &Limiter, count: usize, right: bool) -> (usize, usize) {
    let now = Instant::now();
    let (account, client) = (email("a@x.io"), address("192.0.2.1"));
    let attempts = (0..count).map(|_| async {
        let admission = limiter.admit_login(&account, client, || now).await?;
        // The hash takes its time, and the others come meanwhile.
        tokio::task::yield_now().await;
        if right {
            admission.succeeded();
        }
        Ok::<(), Throttled>(())
    });
    let answers = join_all(attempts).await;
    let tried = answers.iter().filter(|answer| answer.is_ok()).count();
    (tried, count - tried)
}

#[tokio::test]
async fn a_thousand_wrong_passwords_at_once_are_tried_ten_times() {
    let limiter = Limiter::new(&LimiterSettings::default(), Instant::now());
    assert_eq!(log_in_at_once(&limiter, 1000, false).await, (10, 990));
}

#[tokio::test]
async fn a_thousand_right_passwords_at_once_are_all_heard() {
    let limiter = Limiter::new(&LimiterSettings::default(), Instant::now());
    assert_eq!(log_in_at_once(&limiter, 1000, true).await, (1000, 0));
}

#[tokio::test]
async fn a_client_that_hangs_up_has_failed() {
    let bench = Bench::default();
    for _ in 0..10 {
        let login = async {
            let _admission = bench.admit("a@x.io", "192.0.2.1").unwrap();
            std::future::pending::<()>().await;
        };
        assert!(login.now_or_never().is_none(), "dropped in the middle");
    }
    assert_eq!(bench.fail("a@x.io", "192.0.2.1", 1), 0);
}

#[test]
fn a_limit_of_none_refuses_all() {
    let bench = Bench::new(LimiterSettings {
        creates: 0,
        ..LimiterSettings::default()
    });
    let refused = bench.limiter.admit_create(address("192.0.2.1"), bench.now);
    assert_eq!(refused.unwrap_err().retry_after, MINUTE);
}

#[test]
fn nothing_personal_is_kept() {
    let bench = Bench::default();
    bench.fail("someone@x.io", "192.0.2.1", 1);
    let kept = format!("{:?}", bench.limiter);
    assert!(!kept.contains("someone"), "{kept}");
    assert!(!kept.contains("192.0.2.1"), "{kept}");
}
