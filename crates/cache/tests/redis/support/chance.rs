//! Chance that is the same each time.

pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// From 0 on, below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        // A linear congruence; its upper bits are the good ones.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }

    pub(crate) fn fork(&mut self) -> Self {
        Self(self.0 ^ self.below(1 << 30) as u64)
    }
}
