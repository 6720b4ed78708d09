//! The rhythm of an election: all of it follows from how long a Lease holds.

use std::time::Duration;

/// How often a candidate looks. A renewal is seen that much late at most, and so is the take-over.
const LOOK: Duration = Duration::from_millis(250);

/// When what is sent, and until when a leader leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How long a Lease holds after it was renewed: whole seconds, since the Lease says it in these.
    pub duration: Duration,
    /// How much earlier than that a leader stops: for clocks that don't run alike, and for the time
    /// from the decision to stop until all has stopped.
    pub margin: Duration,
    /// From the sending of a renewal to the next one.
    pub renew: Duration,
    /// Deadline of a request.
    pub request: Duration,
    /// From one look of a candidate to the next one.
    pub look: Duration,
    /// From a request of the leader's that failed to the next one.
    pub retry: Duration,
}

impl Timing {
    /// With the default of 4 s: renewed every second, a request may take 1.5 s, and the leader stops
    /// 3.5 s after it sent the last renewal that was confirmed. So one request may be lost, and the
    /// next one has a second left.
    #[must_use]
    pub fn of(duration: Duration) -> Self {
        // What the Lease can say. Rounded up: to say more than is meant is safe.
        let begun = u64::from(duration.subsec_nanos() > 0);
        let whole = Duration::from_secs(duration.as_secs() + begun);
        Self {
            duration: whole,
            margin: whole / 8,
            renew: whole / 4,
            request: whole * 3 / 8,
            look: LOOK,
            retry: whole / 16,
        }
    }
}
