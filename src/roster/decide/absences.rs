//! Evidence that somebody missing from a complete listing is gone: which questions to ask, and what the answers prove.
//!
//! Law: somebody is gone only where Personio answered 404 for their id, and in the same run knew the id of a listed person.
//! Every other answer is doubt about that one person, who keeps their place, and changes nothing for anybody else. If the route
//! by id answers 404 to everything or does not answer, nobody is removed and the questions soon stop. If more people are
//! missing than may vanish unseen, nobody is asked for: the guard holds such a plan. This module itself asks nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::roster::decide::reasons::Absence;
use crate::roster::model::record::EmployeeId;

/// After this many ids without an answer, nobody else is asked for.
pub const UNANSWERED_AT_MOST: usize = 3;

/// What is known of mirrored people who are missing from a complete listing: that they left, or why that is in doubt.
pub type Absences = BTreeMap<EmployeeId, Result<Absence, Doubt>>;

/// What Personio said about one id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Personio's own 404.
    Gone,
    /// A record of that id.
    Known,
    /// Anything else, in a few words, such as "answered 403".
    Unclear(String),
}

/// Why nothing was decided about somebody who is missing from the listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Asked by id, Personio knows them.
    StillKnown,
    /// Asked by id, Personio gave no usable answer: what it did.
    Unclear(String),
    /// Personio answered 404 or was not asked, but for a listed person it gave no proof by id either: what it did.
    RouteUnproven { control: EmployeeId, reason: String },
    /// No listed person can be asked for by id, so a 404 would prove nothing.
    NobodyListed,
    /// Not asked for, because too many other ids got no answer.
    NotAsked,
}

impl Doubt {
    /// Its sentence, with people called as `who` calls them.
    pub fn told(&self, who: &dyn Fn(EmployeeId) -> String) -> String {
        let more = match self {
            Self::StillKnown => ", yet known there when asked by id".to_owned(),
            Self::Unclear(reason) => format!("; asked by id, Personio {reason}"),
            Self::RouteUnproven { control, reason } => {
                format!("; asked by id for {}, who is listed, Personio {reason}", who(*control))
            }
            Self::NobodyListed => "; nobody is listed, so a 404 by id proves nothing".to_owned(),
            Self::NotAsked => format!("; not asked by id, because {UNANSWERED_AT_MOST} others went without an answer"),
        };
        format!("is missing from Personio's listing{more}")
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask Personio for this id.
    Ask(EmployeeId),
    /// Listing and answers contradict each other: list everybody once more.
    ListAgain,
    Settled(Absences),
}

/// Whether the route by id proves anything.
enum Control<'a> {
    /// There is nobody to ask for.
    None,
    NotAsked(EmployeeId),
    Proven,
    Failed(EmployeeId, &'a str),
}

/// One run's questions about people who are missing.
#[derive(Debug)]
pub struct Inquiry {
    /// How many people may vanish without anybody looking.
    may_vanish: usize,
    /// In Honestly before the first sync and without a profile, so nobody can ask for them.
    never_there: Vec<EmployeeId>,
    missing: Vec<EmployeeId>,
    /// The listed person who must be known by id before a 404 counts.
    control: Option<EmployeeId>,
    answers: BTreeMap<EmployeeId, Answer>,
    listings: usize,
}

impl Inquiry {
    pub fn new(may_vanish: usize) -> Self {
        Self {
            may_vanish,
            never_there: Vec::new(),
            missing: Vec::new(),
            control: None,
            answers: BTreeMap::new(),
            listings: 0,
        }
    }

    /// Takes a complete listing, whose ids are sorted.
    pub fn take_listing(&mut self, mirrored: impl IntoIterator<Item = EmployeeId>, listed: &[EmployeeId]) {
        let is_missing = |id: &EmployeeId| listed.binary_search(id).is_err();
        (self.missing, self.never_there) =
            mirrored.into_iter().filter(is_missing).partition(|id: &EmployeeId| id.has_profile());
        // Once the route is proven, it stays proven.
        if !matches!(self.control(), Control::Proven | Control::Failed(..)) {
            self.control = self.choose_control(listed);
        }
        self.listings += 1;
    }

    /// Takes the answer to a question.
    pub fn take_answer(&mut self, id: EmployeeId, answer: Answer) {
        self.answers.insert(id, answer);
    }

    /// The neighbour of the first missing person, so that one broken record does not block everybody for ever. An answer given
    /// before this listing proves nothing, unless it knew the person.
    fn choose_control(&self, listed: &[EmployeeId]) -> Option<EmployeeId> {
        let usable = |id: &&EmployeeId| matches!(self.answers.get(id), None | Some(Answer::Known));
        let first = self.missing.first();
        let after = first.and_then(|first| listed.iter().filter(|id| *id > first).find(usable));
        after.or_else(|| listed.iter().find(usable)).copied()
    }

    fn control(&self) -> Control<'_> {
        let Some(id) = self.control else { return Control::None };
        match self.answers.get(&id) {
            None => Control::NotAsked(id),
            Some(Answer::Known) => Control::Proven,
            Some(Answer::Gone) => Control::Failed(id, "answered 404"),
            Some(Answer::Unclear(reason)) => Control::Failed(id, reason),
        }
    }

    /// The next step after all answers so far.
    pub fn next(&self) -> Step {
        if self.missing.len() > self.may_vanish {
            return Step::Settled(self.settled(|_| Ok(Absence::NotAsked)));
        }
        if let Some(step) = self.next_question() {
            return step;
        }
        let still_known = self.missing.iter().any(|id| self.answers.get(id) == Some(&Answer::Known));
        if still_known && self.listings == 1 {
            return Step::ListAgain;
        }
        Step::Settled(self.settled(|id| self.verdict(id)))
    }

    fn next_question(&self) -> Option<Step> {
        let any_gone = self.missing.iter().any(|id| self.answers.get(id) == Some(&Answer::Gone));
        match self.control() {
            Control::NotAsked(id) if any_gone => return Some(Step::Ask(id)),
            Control::None | Control::Failed(..) => return None,
            Control::NotAsked(_) | Control::Proven => {}
        }
        if self.too_many_unanswered() {
            return None;
        }
        self.missing.iter().copied().find(|id| !self.answers.contains_key(id)).map(Step::Ask)
    }

    fn too_many_unanswered(&self) -> bool {
        let unanswered = self.answers.values().filter(|answer| matches!(answer, Answer::Unclear(_))).count();
        unanswered >= UNANSWERED_AT_MOST
    }

    fn settled(&self, verdict: impl Fn(EmployeeId) -> Result<Absence, Doubt>) -> Absences {
        let never_there = self.never_there.iter().map(|id| (*id, Ok(Absence::NeverThere)));
        never_there.chain(self.missing.iter().map(|id| (*id, verdict(*id)))).collect()
    }

    fn verdict(&self, id: EmployeeId) -> Result<Absence, Doubt> {
        match (self.answers.get(&id), self.control()) {
            (Some(Answer::Known), _) => Err(Doubt::StillKnown),
            (Some(Answer::Unclear(reason)), _) => Err(Doubt::Unclear(reason.clone())),
            (Some(Answer::Gone) | None, Control::Failed(control, reason)) => {
                Err(Doubt::RouteUnproven { control, reason: reason.to_owned() })
            }
            (Some(Answer::Gone), Control::Proven) => Ok(Absence::Gone),
            (None, _) if self.too_many_unanswered() => Err(Doubt::NotAsked),
            (Some(Answer::Gone) | None, Control::None | Control::NotAsked(_)) => Err(Doubt::NobodyListed),
            (None, Control::Proven) => Err(Doubt::NotAsked),
        }
    }
}

#[cfg(test)]
mod tests;
