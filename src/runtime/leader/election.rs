//! Who leads, decided from what was seen, what was confirmed, and when: no clock, no requests, so that
//! every order of events can be tried.
//!
//! Expiry is judged by the own monotonic clock, from the moment at which the Lease was first seen as
//! it is; no time that is written in it is read, so clocks that are set wrongly do no harm. A leader
//! counts from the moment at which it *sent* its last confirmed renewal, a candidate from the moment
//! at which it had *seen* it, which is later: so the leader is the first to hold it expired.

mod terms;

use std::time::Duration;

use tokio::time::Instant;

pub use self::terms::{Loss, Next, Sighting, Term};
use super::timing::Timing;

/// What the Lease was when it was last seen to be another than before.
#[derive(Debug)]
struct Seen {
    /// `None`: there is no Lease.
    version: Option<String>,
    term: Option<Term>,
    duration: Duration,
    /// From here on it is anybody's.
    free_at: Instant,
}

#[derive(Debug)]
struct Standby {
    /// `None`: nothing was ever seen.
    seen: Option<Seen>,
    /// Whether it may be another by now.
    is_doubtful: bool,
    look_at: Instant,
    /// Nothing is sent before: the last request failed.
    not_before: Instant,
}

#[derive(Debug)]
struct Leading {
    /// As it was confirmed or read last. `None`: there is no Lease.
    version: Option<String>,
    /// Whether it may be another by now.
    is_doubtful: bool,
    until: Instant,
    act_at: Instant,
}

#[derive(Debug)]
enum State {
    Standby(Standby),
    Leading(Leading),
    Ended(Loss),
}

/// One process's part in the election.
#[derive(Debug)]
pub struct Election {
    timing: Timing,
    /// The term that was tried for last, or that is.
    term: Option<Term>,
    state: State,
}

impl Election {
    /// A candidate that has seen nothing yet.
    #[must_use]
    pub fn new(timing: Timing, now: Instant) -> Self {
        Self {
            timing,
            term: None,
            state: State::Standby(Standby::at(now)),
        }
    }

    /// A candidate again, from `not_before` on. Its own last term is taken up at once where the Lease
    /// still is of that: nobody else has led since. Where there is none by now, somebody may lead.
    pub fn stand_by(&mut self, not_before: Instant) {
        self.state = State::Standby(Standby {
            seen: Some(Seen {
                version: None,
                term: None,
                duration: self.timing.duration,
                free_at: not_before + self.timing.duration,
            }),
            ..Standby::at(not_before)
        });
    }

    /// Until when it leads, if it does.
    #[must_use]
    pub fn leads_until(&self) -> Option<Instant> {
        match &self.state {
            State::Leading(leading) => Some(leading.until),
            State::Standby(_) | State::Ended(_) => None,
        }
    }

    /// The term that was tried for last, or that is.
    #[must_use]
    pub fn term(&self) -> Option<&Term> {
        self.term.as_ref()
    }

    /// Whether nothing was ever seen of the Lease.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        matches!(&self.state, State::Standby(Standby { seen: None, .. }))
    }

    /// Who else leads, as far as this candidate has seen.
    #[must_use]
    pub fn leader(&self) -> Option<&Term> {
        match &self.state {
            State::Standby(standby) => standby.seen.as_ref()?.term.as_ref(),
            State::Leading(_) | State::Ended(_) => None,
        }
    }

    /// What is to be done now.
    #[must_use]
    pub fn next(&self, now: Instant) -> Next {
        match &self.state {
            State::Standby(standby) => standby.next(now),
            State::Leading(leading) => leading.next(now),
            State::Ended(loss) => Next::End(loss.clone()),
        }
    }

    /// The Lease was read, or there is none: `now` is when the answer was there.
    pub fn saw(&mut self, sighting: Option<Sighting>, now: Instant) {
        match &mut self.state {
            State::Standby(standby) => {
                standby.saw(sighting, self.term.as_ref(), now);
                standby.look_at = now + self.timing.look;
            }
            State::Leading(leading) => match sighting {
                Some(sighting) if sighting.term != self.term => {
                    self.state = State::Ended(Loss::Taken);
                }
                own => {
                    leading.version = own.map(|own| own.version);
                    leading.is_doubtful = false;
                    leading.act_at = now;
                }
            },
            State::Ended(_) => {}
        }
    }

    /// The Lease is about to be taken for that term: from here on it may be.
    pub fn tries(&mut self, term: Term) {
        self.term = Some(term);
    }

    /// A write that was sent then is confirmed, with the version that it made.
    pub fn wrote(&mut self, sent: Instant, version: String) {
        self.state = State::Leading(Leading {
            version: Some(version),
            is_doubtful: false,
            until: sent + self.timing.duration - self.timing.margin,
            act_at: sent + self.timing.renew,
        });
    }

    /// A request was refused or not answered: a write may have been done, now or later.
    pub fn failed(&mut self, now: Instant) {
        match &mut self.state {
            State::Standby(standby) => {
                standby.is_doubtful = true;
                standby.not_before = now + self.timing.look;
            }
            State::Leading(leading) => {
                leading.is_doubtful = true;
                leading.act_at = now + self.timing.retry;
            }
            State::Ended(_) => {}
        }
    }
}

impl Standby {
    fn at(now: Instant) -> Self {
        Self {
            seen: None,
            is_doubtful: false,
            look_at: now,
            not_before: now,
        }
    }

    fn next(&self, now: Instant) -> Next {
        match &self.seen {
            _ if now < self.not_before => Next::Wait(self.not_before),
            _ if self.is_doubtful => Next::Look,
            Some(seen) if seen.free_at <= now => Next::Take(seen.version.clone()),
            Some(seen) if now < self.look_at => Next::Wait(self.look_at.min(seen.free_at)),
            None if now < self.look_at => Next::Wait(self.look_at),
            Some(_) | None => Next::Look,
        }
    }

    fn saw(&mut self, sighting: Option<Sighting>, own: Option<&Term>, now: Instant) {
        self.is_doubtful = false;
        let seen = match (sighting, self.seen.take()) {
            (Some(sighting), Some(seen)) if seen.version.as_ref() == Some(&sighting.version) => {
                seen
            }
            (Some(sighting), _) => {
                let is_free = sighting.term.is_none() || sighting.term.as_ref() == own;
                let wait = if is_free {
                    Duration::ZERO
                } else {
                    sighting.duration
                };
                Seen {
                    version: Some(sighting.version),
                    term: sighting.term,
                    duration: sighting.duration,
                    free_at: now + wait,
                }
            }
            // Nobody was ever seen to lead: then nobody is waited for.
            (None, None) => Seen {
                version: None,
                term: None,
                duration: Duration::ZERO,
                free_at: now,
            },
            (None, Some(gone @ Seen { version: None, .. })) => gone,
            // Deleted by hand: whose it was still leads, and will make it anew. It may have renewed
            // it after it was last seen here, so the time runs anew.
            (None, Some(held)) => {
                let wait = if held.term.is_none() {
                    Duration::ZERO
                } else {
                    held.duration
                };
                Seen {
                    version: None,
                    free_at: now + wait,
                    ..held
                }
            }
        };
        self.seen = Some(seen);
    }
}

impl Leading {
    fn next(&self, now: Instant) -> Next {
        if now >= self.until {
            Next::End(Loss::Silence)
        } else if now < self.act_at {
            Next::Wait(self.act_at.min(self.until))
        } else if self.is_doubtful {
            Next::Look
        } else {
            Next::Renew(self.version.clone())
        }
    }
}

#[cfg(test)]
mod tests;
