//! What a seed decides.

use jiff::SignedDuration;

/// What else a fault meets, by a seed: 0 is the plain case.
#[derive(Debug, Clone, Copy)]
pub struct Chance(u64);

impl Chance {
    pub fn none() -> Self {
        Self(0)
    }

    pub fn of(seed: u64) -> Self {
        if seed == 0 {
            return Self::none();
        }
        // SplitMix64's finalizer: seeds that are neighbours have nothing in common.
        let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(mixed ^ (mixed >> 31))
    }

    /// Whether a cache that is behind is all that the next process begins with.
    pub fn is_behind(self) -> bool {
        self.0 & 1 == 1
    }

    /// Whether clients write while nobody is there.
    pub fn clients_write(self) -> bool {
        self.0 & 2 == 2
    }

    /// Whether the last object is looked at first.
    pub fn reversed(self) -> bool {
        self.0 & 4 == 4
    }

    /// How much time each round takes.
    pub fn step(self) -> SignedDuration {
        SignedDuration::from_millis(i64::try_from((self.0 >> 3) % 800).unwrap_or(0))
    }

    /// After how many writes of the one who took over the other comes back; `None`: once it rests.
    pub fn comes_back_after(self) -> Option<usize> {
        match (self.0 >> 16) % 8 {
            0 => None,
            writes => usize::try_from(writes).ok(),
        }
    }
}
