//! What is to be delivered and where: the feed of a decision, proven to keep Honestly's rules, and the destination as the
//! mirror knows it.

use anyhow::Context as _;

use super::Context;
use super::look::Prospect;
use crate::delivery::{self, Existing, Verification};
use crate::exit::{Exit, Failure};
use crate::history::Delivery;
use crate::roster::decide::notes::Note;
use crate::roster::feed;
use crate::roster::guard::Destination;
use crate::store::Store;

/// When the feed is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispatch {
    /// When its bytes are not the ones delivered last: without a difference there is no connection at all.
    WhenDifferent,
    Always,
}

/// A feed that must be delivered.
pub struct Parcel {
    settings: delivery::Settings,
    bytes: Vec<u8>,
    /// Of what the bytes were made from.
    fingerprint: String,
    /// What the last delivery left there, where that is known.
    last: Option<Delivery>,
}

/// The configured destination, and whether anything was ever delivered there.
pub fn destination(context: &Context, store: Option<&Store>) -> Result<Destination, Failure> {
    let Some(settings) = context.delivery() else { return Ok(Destination::Nowhere) };
    let url = settings.target.to_string();
    let last = store.map(|store| store.delivery(&url)).transpose()?.flatten();
    Ok(if last.is_some() { Destination::Known(url) } else { Destination::New(url) })
}

/// The feed, if there is a destination that does not have it yet. Where people, groups and columns are those of the last
/// delivery, it is not even made.
pub fn parcel(
    context: &Context,
    store: &Store,
    prospect: &Prospect,
    dispatch: Dispatch,
) -> anyhow::Result<Option<Parcel>> {
    let Some(settings) = context.delivery() else { return Ok(None) };
    let destination = settings.target.to_string();
    let fingerprint = feed::fingerprint(&prospect.decision.desired, &prospect.format);
    // What a run that did not come to its end may have left there is neither known nor foreign.
    let last = if store.delivery_in_doubt(&destination)? { None } else { store.delivery(&destination)? };
    let is_known = last.as_ref().is_some_and(|last| last.fingerprint.as_ref() == Some(&fingerprint));
    if is_known && dispatch == Dispatch::WhenDifferent {
        return Ok(None);
    }
    let bytes = feed(prospect)?;
    let is_there = last.as_ref().is_some_and(|last| last.sha256 == delivery::sha256(&bytes));
    match (is_there, dispatch) {
        (true, Dispatch::WhenDifferent) => Ok(None),
        (true, Dispatch::Always) | (false, _) => Ok(Some(Parcel { settings, bytes, fingerprint, last })),
    }
}

/// The bytes of `employees.csv`, proven to keep every rule that Honestly documents.
pub fn feed(prospect: &Prospect) -> anyhow::Result<Vec<u8>> {
    let bytes = feed::render(&prospect.decision.desired, &prospect.format).context("cannot write the feed")?;
    let breaches = feed::check(&bytes, &prospect.format);
    if breaches.is_empty() {
        return Ok(bytes);
    }
    const SHOWN: usize = 5;
    let shown: String = breaches.iter().take(SHOWN).map(|breach| format!("\n  {breach}")).collect();
    let more = match breaches.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    let what = format!("employees.csv would break Honestly's rules, and nothing was delivered:{shown}{more}");
    Err(Failure::new(Exit::Untrusted, what).hint("correct the people named by their import ids in Personio").into())
}

impl Parcel {
    /// Where it goes.
    pub fn destination(&self) -> String {
        self.settings.target.to_string()
    }

    /// Delivers it. What is worth a note: that it could not be verified, or that somebody else was there.
    pub fn deliver(&self, context: &Context) -> Result<(Delivery, Vec<Note>), Failure> {
        let Self { settings, bytes, fingerprint, last } = self;
        let existing = delivery::look(settings)?;
        let receipt = delivery::deliver(settings, bytes, &existing)?;
        let delivery::Receipt { size, sha256, modified, verification, warnings } = receipt;
        for warning in warnings {
            log::warn!("{warning}");
        }
        let mut notes = Vec::new();
        let verified = match verification {
            Verification::ReadBack => true,
            Verification::Refused => {
                notes.push(Note::DeliveryUnverified);
                false
            }
        };
        if last.as_ref().is_some_and(|last| is_foreign(last, &existing)) {
            notes.push(Note::ForeignFile);
        }
        let destination = self.destination();
        let fingerprint = Some(fingerprint.clone());
        let delivered_at = context.time();
        Ok((Delivery { destination, delivered_at, size, sha256, modified, verified, fingerprint }, notes))
    }
}

/// Whether what was found is not what the last delivery left. A file that is gone may have been imported and cleared away.
fn is_foreign(last: &Delivery, existing: &Existing) -> bool {
    match existing {
        Existing::Nothing | Existing::Unknown => false,
        Existing::File(delivery::ExistingFile { size, modified, .. }) => {
            let touched = modified.zip(last.modified).is_some_and(|(now, then)| now != then);
            *size != last.size || touched
        }
    }
}
