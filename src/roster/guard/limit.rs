//! A limit of people and of a part of the company.

use serde::{Deserialize, Serialize};

use crate::roster::voice::{Told, Voice, tell};

/// A plan is held if it changes more than `people` *and* more than `percent` of the mirror. If one of the two is zero, nobody
/// is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Limit {
    pub people: usize,
    pub percent: usize,
}

impl Limit {
    pub(super) fn exceeded_by(self, people: usize, of: usize) -> bool {
        if self.allows_nobody() {
            return people > 0;
        }
        people > self.people && people.saturating_mul(100) > self.percent.saturating_mul(of)
    }

    fn allows_nobody(self) -> bool {
        self.people == 0 || self.percent == 0
    }
}

impl Told for Limit {
    fn told(&self, voice: Voice<'_>) -> String {
        if self.allows_nobody() {
            return tell!(voice, "0, none are allowed", "0", "0");
        }
        let (people, percent) = (voice.people(self.people), voice.percent(self.percent, 100));
        tell!(voice, "{people} and {percent}", "{people} and {percent}", "{people} und {percent}")
    }
}
