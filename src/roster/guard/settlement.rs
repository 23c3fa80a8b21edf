//! What a look at a destination tells of the feeds that set out for it (which arrived, and which certainly did not), and of other
//! files.
//!
//! Only bytes that were read settle or undo a feed; size and time never do. Whatever is not certain stays as it is: the feed was
//! approved, so the next plan starts from it.

use chrono::{DateTime, Utc};

use super::{Delivery, Finding, Memory, Sighting, WINDOW};
use crate::hash::sha256;
use crate::roster::decide::notes::Note;
use crate::roster::plan::mirror::{Mirror, Unsettled, Writing};

/// What becomes of feeds on their way, and which other file was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settlement {
    /// The last one that arrived, and what is known of it at the destination; all before it are settled with it.
    pub settled: Option<(i64, Delivery)>,
    /// The first one that did not arrive, by the number of its run; all after it are undone with it.
    pub undone: Option<i64>,
    pub sighting: Option<Sighting>,
}

/// Whether our temporary file lay at the destination and is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// No rename that was sent before can put it in place any more.
    Withdrawn,
    None,
}

impl Settlement {
    /// Nothing is settled or undone where another destination is configured, or where the mirror is not the one that the last
    /// run left. Of feeds with equal bytes the newest counts. What undoes a feed is believed for a week.
    pub fn of(mirror: &Mirror, memory: &Memory, finding: Finding<'_>, leftover: Leftover, now: DateTime<Utc>) -> Self {
        let seen = Self { sighting: memory.sighting(finding, mirror, now), ..Self::default() };
        let (Finding::File(file), true) = (finding, mirror.is_given_to(&memory.url)) else { return seen };
        let Some(hash) = file.bytes.map(sha256) else { return seen };
        let elsewhere = |unsettled: &Unsettled| unsettled.destination != memory.url;
        let first = mirror.unsettled.iter().rposition(elsewhere).map_or(0, |at| at + 1);
        let on_their_way = &mirror.unsettled[first..];
        let arrived = on_their_way.iter().rposition(|unsettled| unsettled.sha256 == hash);
        let next = on_their_way.get(arrived.map_or(0, |at| at + 1));
        let is_known_before = |unsettled: &&Unsettled| match &unsettled.before {
            Some(before) => arrived.is_some() || (before.is_given_to(&memory.url) && memory.is_last(&hash)),
            None => false,
        };
        // Written in place, a feed may have arrived whatever lies beside it.
        let all_lay_aside = on_their_way[arrived.map_or(0, |at| at + 1)..].iter().all(|u| u.writing == Writing::Aside);
        let is_young = |unsettled: &&Unsettled| (now - WINDOW..=now).contains(&unsettled.set_out_at);
        let undone = next
            .filter(|_| all_lay_aside)
            .filter(is_young)
            .filter(|_| leftover == Leftover::Withdrawn)
            .filter(is_known_before);
        let settled = arrived.map(|at| &on_their_way[at]);
        Self {
            settled: settled.map(|unsettled| (unsettled.run, memory.settled(unsettled, file.modified))),
            undone: undone.map(|unsettled| unsettled.run),
            ..seen
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What became of what earlier runs sent.
    pub fn notes(&self) -> Vec<Note> {
        let arrived = self.settled.as_ref().map(|(run, _)| Note::Arrived { run: *run });
        arrived.into_iter().chain(self.undone.map(|run| Note::NotArrived { run })).collect()
    }

    /// The mirror to go on from.
    pub fn applied_to(&self, mirror: &Mirror) -> Mirror {
        let undone = mirror.unsettled.iter().find(|unsettled| Some(unsettled.run) == self.undone);
        let before = undone.and_then(|unsettled| unsettled.before.as_deref());
        let mut mirror = before.unwrap_or(mirror).clone();
        if let Some((settled, _)) = &self.settled {
            mirror.unsettled.retain(|unsettled| unsettled.run > *settled);
        }
        mirror
    }
}

impl Memory {
    fn is_last(&self, hash: &str) -> bool {
        self.last.as_ref().is_some_and(|last| last.sha256 == hash)
    }

    /// What a feed left that was found to have arrived.
    fn settled(&self, unsettled: &Unsettled, modified: Option<i64>) -> Delivery {
        let Unsettled { run: _, destination, size, sha256, writing: _, set_out_at, before: _ } = unsettled;
        Delivery {
            destination: destination.clone(),
            delivered_at: *set_out_at,
            size: *size,
            sha256: sha256.clone(),
            modified,
            mount: self.last.as_ref().and_then(|last| last.mount.clone()),
            verified: true,
            taken: self.last.as_ref().is_some_and(|last| last.taken),
            untaken_since: None,
            standing_at: None,
        }
    }
}
