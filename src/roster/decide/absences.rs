//! Proof that somebody missing from a complete listing is gone: which questions to ask, and what the answers prove.
//!
//! Law: somebody is gone only where Personio answered 404 for their id, and in the same run knew the id of a listed person.
//! Every other answer is doubt about that one person, who keeps their place, and changes nothing for anybody else. If the route
//! by id answers 404 to everything or does not answer, nobody is removed and the questions soon stop. If more people are missing
//! than may be asked for and may vanish unseen, the rest count as vanished: the guard holds such a plan, and whoever approves it
//! has all of them asked for. If Personio knows everybody asked for, and many are missing, the listing is not complete. This
//! module itself asks nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::roster::decide::reasons::Absence;
use crate::roster::decide::reply::Reply;
use crate::roster::model::record::EmployeeId;
use crate::roster::voice::{Told, Voice, tell};

/// After this many ids without an answer, nobody else is asked for.
const UNANSWERED_AT_MOST: usize = 3;

/// How many people are asked for at once.
const AT_ONCE: usize = 8;

/// Of more missing people than this ...
const FEW: usize = 3;
/// ... and more than this percentage of the mirror, somebody must be gone, or the listing is not complete.
const PERCENT: usize = 10;

/// What is known of mirrored people who are missing from a complete listing: that they left, or why that is in doubt.
pub type Absences = BTreeMap<EmployeeId, Result<Absence, Doubt>>;

/// What Personio said about one id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Personio's own 404.
    Gone,
    /// A record of that id.
    Known,
    /// Anything else.
    Unclear(Reply),
}

/// Why nothing was decided about somebody who is missing from the listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Asked by id, Personio knows them.
    StillKnown,
    /// Asked by id, Personio gave no usable answer.
    Unclear(Reply),
    /// Personio answered 404 or was not asked, but for a listed person it gave no proof by id either.
    RouteUnproven { control: EmployeeId, reply: Reply },
    /// No listed person can be asked for by id, so a 404 would prove nothing.
    NobodyListed,
    /// Not asked for, because enough others were, or got no answer.
    NotAsked,
}

impl Told for Doubt {
    /// For HR also what to check in Personio.
    fn told(&self, voice: Voice<'_>) -> String {
        let more = match self {
            Self::StillKnown => {
                return tell!(
                    voice,
                    "is missing from Personio's listing, yet known there when asked by id",
                    "Personio's list leaves this person out, yet Personio has the profile. Open it and check whether it is complete.",
                    "Die Liste von Personio lässt diese Person aus, das Profil gibt es aber. Bitte öffnen und auf Vollständigkeit \
                     prüfen."
                );
            }
            Self::Unclear(reply) => {
                let reply = reply.told(voice);
                tell!(voice, "; asked by id, Personio {reply}", "Personio {reply}", "Personio {reply}")
            }
            Self::RouteUnproven { control, reply } => tell!(
                voice,
                "; asked by id for {control}, who is listed, Personio {reply}",
                "Personio {reply}, even when asked about {control}, who is on the list",
                "Personio {reply}, auch auf die Frage nach {control} aus der Liste",
                control = voice.person(*control),
                reply = reply.told(voice)
            ),
            Self::NobodyListed => tell!(
                voice,
                "; nobody is listed, so no answer by id proves anything",
                "Personio lists nobody",
                "Personio führt niemanden auf"
            ),
            Self::NotAsked => tell!(
                voice,
                "; not asked by id, because enough others were, or went without an answer",
                "Personio was not asked about them, because enough others were, or went without an answer",
                "Personio wurde nur nach anderen gefragt, oder es kam keine Antwort"
            ),
        };
        tell!(
            voice,
            "is missing from Personio's listing{more}",
            "Personio's list leaves this person out, and nothing proves that they left: {more}. Check the profile.",
            "Die Liste von Personio lässt diese Person aus, und nichts belegt einen Austritt: {more}. Bitte das Profil prüfen."
        )
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask Personio for these ids, all at once.
    Ask(Vec<EmployeeId>),
    /// Listing and answers contradict each other: list everybody once more.
    ListAgain,
    /// Personio knows everybody who was asked for, and too many are missing for that.
    Incomplete(Incomplete),
    Settled(Absences),
}

/// A listing that nothing can be decided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incomplete {
    pub missing: usize,
    pub asked: usize,
    pub mirrored: usize,
}

/// How far an inquiry goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How many missing people to ask for.
    pub asked_at_most: usize,
    /// How many people may vanish without anybody looking.
    pub may_vanish: usize,
}

impl Extent {
    /// Everybody, because a person approved that they go.
    pub const EVERYBODY: Self = Self { asked_at_most: usize::MAX, may_vanish: usize::MAX };
}

/// Whether the route by id proves anything.
enum Control {
    /// There is nobody to ask for.
    None,
    NotAsked(EmployeeId),
    Proven,
    Failed(EmployeeId, Reply),
}

/// One run's questions about people who are missing.
#[derive(Debug)]
pub struct Inquiry {
    extent: Extent,
    mirrored: usize,
    /// In Honestly before the first sync and without a profile, so nobody can ask for them.
    never_there: Vec<EmployeeId>,
    missing: Vec<EmployeeId>,
    /// The listed person who must be known by id before a 404 counts.
    control: Option<EmployeeId>,
    answers: BTreeMap<EmployeeId, Answer>,
    listings: usize,
}

impl Inquiry {
    pub fn new(extent: Extent) -> Self {
        Self {
            extent,
            mirrored: 0,
            never_there: Vec::new(),
            missing: Vec::new(),
            control: None,
            answers: BTreeMap::new(),
            listings: 0,
        }
    }

    /// Takes a complete listing, whose ids are sorted.
    pub fn take_listing(&mut self, mirrored: impl IntoIterator<Item = EmployeeId>, listed: &[EmployeeId]) {
        let mirrored: Vec<EmployeeId> = mirrored.into_iter().collect();
        self.mirrored = mirrored.len();
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

    fn control(&self) -> Control {
        let Some(id) = self.control else { return Control::None };
        match self.answers.get(&id) {
            None => Control::NotAsked(id),
            Some(Answer::Known) => Control::Proven,
            Some(Answer::Gone) => Control::Failed(id, Reply::Status(404)),
            Some(Answer::Unclear(reply)) => Control::Failed(id, *reply),
        }
    }

    /// The next step after all answers so far.
    pub fn next(&self) -> Step {
        let questions = self.next_questions();
        if !questions.is_empty() {
            return Step::Ask(questions);
        }
        let answers: Vec<&Answer> = self.missing.iter().filter_map(|id| self.answers.get(id)).collect();
        let still_known = answers.iter().filter(|answer| ***answer == Answer::Known).count();
        if still_known > 0 && self.listings == 1 {
            return Step::ListAgain;
        }
        let (missing, asked, mirrored) = (self.missing.len(), answers.len(), self.mirrored);
        if missing > FEW && missing * 100 > mirrored * PERCENT && asked > 0 && still_known == asked {
            return Step::Incomplete(Incomplete { missing, asked, mirrored });
        }
        Step::Settled(self.settled())
    }

    /// How many people are still to be asked for, if Personio answers about each.
    pub fn open_questions(&self) -> usize {
        self.unasked().count()
    }

    fn unasked(&self) -> impl Iterator<Item = EmployeeId> {
        let asked_for = self.missing.iter().take(self.extent.asked_at_most);
        asked_for.copied().filter(|id| !self.answers.contains_key(id))
    }

    /// The first of them together with the control, so that a route that proves nothing is soon left alone.
    fn next_questions(&self) -> Vec<EmployeeId> {
        let control = match self.control() {
            Control::None | Control::Failed(..) => return Vec::new(),
            Control::NotAsked(id) => Some(id),
            Control::Proven => None,
        };
        if self.too_many_unanswered() || self.open_questions() == 0 {
            return Vec::new();
        }
        control.into_iter().chain(self.unasked()).take(AT_ONCE).collect()
    }

    fn too_many_unanswered(&self) -> bool {
        let unanswered = self.answers.values().filter(|answer| matches!(answer, Answer::Unclear(_))).count();
        unanswered >= UNANSWERED_AT_MOST
    }

    fn settled(&self) -> Absences {
        let mut verdicts: Absences = self.missing.iter().map(|id| (*id, self.verdict(*id))).collect();
        if verdicts.values().filter(|verdict| verdict.is_ok()).count() <= self.extent.may_vanish {
            // The guard lets them go, and nobody goes who was not asked for.
            let not_asked = verdicts.values_mut().filter(|verdict| **verdict == Ok(Absence::NotAsked));
            not_asked.for_each(|verdict| *verdict = Err(Doubt::NotAsked));
        }
        verdicts.extend(self.never_there.iter().map(|id| (*id, Ok(Absence::NeverThere))));
        verdicts
    }

    fn verdict(&self, id: EmployeeId) -> Result<Absence, Doubt> {
        match (self.answers.get(&id), self.control()) {
            (Some(Answer::Known), _) => Err(Doubt::StillKnown),
            (Some(Answer::Unclear(reply)), _) => Err(Doubt::Unclear(*reply)),
            (Some(Answer::Gone) | None, Control::Failed(control, reply)) => {
                Err(Doubt::RouteUnproven { control, reply })
            }
            (Some(Answer::Gone), Control::Proven) => Ok(Absence::Gone),
            (None, _) if self.too_many_unanswered() => Err(Doubt::NotAsked),
            (Some(Answer::Gone) | None, Control::None | Control::NotAsked(_)) => Err(Doubt::NobodyListed),
            (None, Control::Proven) => Ok(Absence::NotAsked),
        }
    }
}

#[cfg(test)]
mod tests;
