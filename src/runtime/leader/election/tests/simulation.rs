//! Three processes, a server, and a network that delays and loses: the Lease as it is written and
//! read, with every process on a clock of its own.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::*;

const SCHEDULES: u64 = 2_000;
const PROCESSES: usize = 3;
const TICK: Duration = Duration::from_millis(10);

/// What failover may take after `kill -9`.
const TAKEN_OVER: Duration = Duration::from_secs(5);

/// What the server holds: a version, and whose it is.
#[derive(Debug, Default)]
struct Server {
    version: u64,
    lease: Option<(u64, Option<Term>)>,
}

#[derive(Debug, Clone)]
enum Request {
    Look,
    Write(Option<String>, Option<Term>),
}

#[derive(Debug, Clone)]
enum Reply {
    Seen(Option<Sighting>),
    Wrote(String),
    Refused,
}

impl Server {
    fn answer(&mut self, request: &Request) -> Reply {
        match request {
            Request::Look => Reply::Seen(self.lease.as_ref().map(|(version, term)| Sighting {
                version: version.to_string(),
                term: term.clone(),
                duration: HOLDS,
                installation: None,
            })),
            Request::Write(over, term) => {
                let present = self.lease.as_ref().map(|(version, _)| version.to_string());
                if present != *over {
                    return Reply::Refused;
                }
                self.version += 1;
                self.lease = Some((self.version, term.clone()));
                Reply::Wrote(self.version.to_string())
            }
        }
    }
}

#[derive(Debug)]
struct Process {
    election: Election,
    /// How its clock runs: hundredths of true time.
    rate: u32,
    /// The request under way, when it was sent, and until when it is waited for: own time.
    pending: Option<(u64, Instant, Instant)>,
    is_dead: bool,
    /// Stopped until then, true time.
    stopped_until: Duration,
}

struct World {
    zero: Instant,
    now: Duration,
    random: StdRng,
    server: Server,
    processes: Vec<Process>,
    /// What is on its way: by the time at which it arrives.
    wire: BTreeMap<(Duration, u64), Message>,
    sent: u64,
    /// Of a hundred messages.
    lost: u32,
    /// Milliseconds.
    delay: u64,
}

#[derive(Debug, Clone)]
enum Message {
    Request(usize, u64, Request),
    Reply(usize, u64, Reply),
}

impl World {
    fn new(seed: u64, rates: [u32; PROCESSES], lost: u32, delay: u64) -> Self {
        let zero = Instant::now();
        let processes = rates.map(|rate| Process {
            election: candidate(zero),
            rate,
            pending: None,
            is_dead: false,
            stopped_until: Duration::ZERO,
        });
        Self {
            zero,
            now: Duration::ZERO,
            random: StdRng::seed_from_u64(seed),
            server: Server::default(),
            processes: processes.into(),
            wire: BTreeMap::new(),
            sent: 0,
            lost,
            delay,
        }
    }

    fn own_time(&self, process: usize) -> Instant {
        self.zero + self.now * self.processes[process].rate / 100
    }

    fn send(&mut self, message: Message) {
        if self.random.random_range(0..100) < self.lost {
            return;
        }
        let delay = Duration::from_millis(self.random.random_range(0..=self.delay));
        self.sent += 1;
        self.wire.insert((self.now + delay, self.sent), message);
    }

    fn tick(&mut self) {
        self.now += TICK;
        while let Some(arrived) = self.wire.first_entry().filter(|it| it.key().0 <= self.now) {
            match arrived.remove() {
                Message::Request(from, id, request) => {
                    let reply = self.server.answer(&request);
                    self.send(Message::Reply(from, id, reply));
                }
                Message::Reply(to, id, reply) => self.arrive(to, id, reply),
            }
        }
        for process in 0..PROCESSES {
            self.act(process);
        }
    }

    fn arrive(&mut self, to: usize, id: u64, reply: Reply) {
        let now = self.own_time(to);
        let process = &mut self.processes[to];
        if process.is_dead {
            return;
        }
        if let Some((_, sent, _)) = process.pending.take_if(|pending| pending.0 == id) {
            // A process that leads no longer takes no answer for a renewal.
            match reply {
                _ if process.election.next(now) == Next::End(Loss::Silence) => {}
                Reply::Seen(sighting) => process.election.saw(sighting, now),
                Reply::Wrote(version) => process.election.wrote(sent, version),
                Reply::Refused => process.election.failed(now),
            }
        }
    }

    fn act(&mut self, index: usize) {
        let now = self.own_time(index);
        let process = &mut self.processes[index];
        if process.is_dead || process.stopped_until > self.now {
            return;
        }
        let next = process.election.next(now);
        if let Next::End(_) = next {
            // It is started again: what it knew it knows no longer.
            process.pending = None;
            process.election.stand_by(now);
            return;
        }
        match process.pending {
            Some((_, _, until)) if now < until => return,
            Some(_) => {
                process.pending = None;
                process.election.failed(now);
                return;
            }
            None => {}
        }
        let request = match next {
            Next::Wait(_) | Next::End(_) => return,
            Next::Look => Request::Look,
            Next::Take(over) => {
                let term = Term {
                    holder: index.to_string(),
                    acquired: Timestamp::new(i64::try_from(self.sent).unwrap(), 0).ok(),
                };
                process.election.tries(term.clone());
                Request::Write(over, Some(term))
            }
            Next::Renew(over) => Request::Write(over, process.election.term().cloned()),
        };
        self.sent += 1;
        let id = self.sent;
        let until = now + Timing::of(HOLDS).request;
        self.processes[index].pending = Some((id, now, until));
        self.send(Message::Request(index, id, request));
    }

    /// Those that act, or would as soon as they are continued without having looked at the time.
    fn leaders(&self) -> Vec<usize> {
        let leads = |process: &usize| {
            let until = self.processes[*process].election.leads_until();
            let is_due = until.is_some_and(|until| self.own_time(*process) < until);
            is_due && !self.processes[*process].is_dead
        };
        (0..PROCESSES).filter(leads).collect()
    }

    fn until_led(&mut self) -> Option<usize> {
        for _ in 0..10_000 {
            self.tick();
            if let [leader] = *self.leaders() {
                return Some(leader);
            }
        }
        None
    }
}

/// Whether it is the leader, or has last seen that there is a Lease.
fn knows(process: &Process) -> bool {
    match &process.election.state {
        State::Standby(standby) => {
            let seen = standby.seen.as_ref();
            seen.is_some_and(|seen| seen.version.is_some())
        }
        State::Leading(_) | State::Ended(_) => true,
    }
}

#[test]
fn no_two_lead_at_a_time_whatever_is_lost_late_deleted_or_stopped_and_somebody_does_in_the_end() {
    let mut terms = 0;
    for seed in 0..SCHEDULES {
        let mut random = StdRng::seed_from_u64(seed);
        // Clocks that differ by a tenth: a hundred times what quartz does.
        let rates = [(); PROCESSES].map(|()| random.random_range(95..=105));
        let lost = random.random_range(0..60);
        // Some come long after they were given up.
        let delay = random.random_range(1..1_500);
        let mut world = World::new(seed, rates, lost, delay);
        let mut former = None;
        for tick in 0..3_000 {
            world.tick();
            let leaders = world.leaders();
            assert!(leaders.len() <= 1, "seed {seed}, tick {tick}: {leaders:?}");
            if let Some(leader) = leaders.first()
                && former != Some(*leader)
            {
                former = Some(*leader);
                terms += 1;
            }
            match random.random_range(0..1_500) {
                // Deleted by hand. One that nobody has seen since it was deleted before, or ever, is one
                // that nobody can know of.
                0 if world.processes.iter().all(knows) => {
                    world.server.lease = None;
                }
                1 => {
                    let process = random.random_range(0..PROCESSES);
                    let stopped = Duration::from_millis(random.random_range(0..9_000));
                    world.processes[process].stopped_until = world.now + stopped;
                }
                _ => {}
            }
        }
        world.lost = 0;
        world.delay = 20;
        assert!(world.until_led().is_some(), "seed {seed}: nobody leads");
    }
    println!("{SCHEDULES} schedules, {terms} terms, never two leaders");
    assert!(terms > SCHEDULES, "{terms}");
}

#[test]
fn after_the_leaders_death_another_leads_within_five_seconds() {
    let mut worst = Duration::ZERO;
    for seed in 0..500 {
        let mut world = World::new(seed, [100; PROCESSES], 0, 100);
        world.until_led().unwrap();
        let lives = Duration::from_millis(world.random.random_range(0..5_000));
        let until = world.now + lives;
        while world.now < until {
            world.tick();
        }
        let [leader] = *world.leaders() else {
            unreachable!("seed {seed}: nobody leads in peace");
        };
        world.processes[leader].is_dead = true;
        let died = world.now;
        world.until_led().unwrap();
        worst = worst.max(world.now.saturating_sub(died));
    }
    println!("a leader that died is replaced within {worst:?}");
    assert!(worst <= TAKEN_OVER, "{worst:?}");
}
