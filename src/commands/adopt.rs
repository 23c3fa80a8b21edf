//! `connect --adopt`: fill an empty mirror with the people who are in Honestly already.

use std::collections::BTreeMap;
use std::path::Path;

use super::fetch::{Everybody, Reading, decided, read};
use super::{Context, print, tell_done};
use crate::exit::{Exit, Failure};
use crate::history::{RunEnd, RunId};
use crate::personio::Client;
use crate::report::counted;
use crate::roster::decide::absences::Extent;
use crate::roster::decide::eligibility::Calendar;
use crate::roster::decide::screening::screen;
use crate::roster::feed::{self, Feed, Rows, Source, Unusable};
use crate::roster::guard::Approved;
use crate::roster::guard::adopt::{Adoption, Ambiguous, Known, adopt};
use crate::roster::model::snapshot::ImportId;
use crate::roster::plan::Plan;
use crate::roster::plan::mirror::{Given, Mirror};
use crate::roster::policy::Policy;
use crate::secret::Credential;
use crate::store::{Mark, Store};
use crate::visible::visible;

/// Reads the file, matches its people with Personio's, and writes them as the mirror's first state. Refuses a mirror that has
/// people, because they would be lost.
pub(super) fn run(context: &Context, client: &Client, credential: &Credential, file: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::new(Exit::Usage, format!("cannot read {}: {error}", file.display())))?;
    let mut store = Store::open(&context.config.mirror)?.with_second_witness(context.config.second_witness.as_deref());
    let loaded = store.load()?;
    if !loaded.mirror.feed.people.employees().is_empty() || !loaded.mirror.departed.is_empty() {
        let what = format!("the mirror {} has people already; nothing was adopted", context.config.mirror.display());
        return Err(Failure::new(Exit::Misconfigured, what)
            .hint("adoption is for the very first sync; set [mirror] path to a new file to start again")
            .into());
    }
    let empty = Mirror::default();
    let today = context.today();
    let calendar = Calendar::Known(today);
    let keep = |policy: &Policy, record| (Known::of(&record, policy), screen(policy, calendar, &empty, record));
    let (config, names, extent) = (&context.config, &empty.names, Extent::EVERYBODY);
    let reading = Reading { config, client, mirror: &empty, names, extent, calendar };
    let Everybody { policy, listing, absences, note: _ } = read(&reading, keep)?;
    let Rows { columns, rows } = feed::read(&bytes, &policy.columns).map_err(|unusable| not_usable(file, &unusable))?;
    let readable = listing.readable().clone();
    let split = |(id, (known, finding))| (known, (id, finding));
    let (known, findings): (Vec<Known>, Vec<_>) = listing.into_people().into_iter().map(split).unzip();
    let decision = decided(&policy, &empty, findings, readable, &absences)?;
    let adoption = adopt(&policy, rows, &known, &decision).map_err(|inconsistent| {
        Failure::new(Exit::Usage, format!("the people in {} contradict each other: {inconsistent}", file.display()))
            .hint("import ids and e-mail addresses stand in it once; negative numbers are lines without a match")
    })?;
    for column in columns.iter().filter(|column| column.source == Source::Unknown) {
        log::warn!(
            "the column {:?} of {} is no column of the feed: the first delivery takes it out",
            column.header,
            file.display()
        );
    }
    let adopted = Feed { columns, people: adoption.snapshot.clone() };
    let plan = Plan::between(&empty.feed, &adopted);
    let Some(approved) = Approved::adoption(plan) else {
        return Err(Failure::new(Exit::Bug, "an adoption would change more than an empty mirror").into());
    };
    let run = store.start_run("adopt", context.now)?;
    let source = policy.import_id.as_str();
    let written =
        Adopting { context, mark: &loaded.mark, approved: &approved, source, credential }.write(&mut store, run);
    if let Err(failure) = written {
        let failure = failure.for_program(context.program());
        store.finish_run(run, &RunEnd::failed(context.time(), &failure))?;
        return Err(failure.into());
    }
    if let Err(failure) = store.write_witness() {
        log::warn!("{failure}; the next run will ask whether this is the right mirror");
    }
    tell_done(print(&told(&adoption)));
    Ok(())
}

/// What an adoption writes.
struct Adopting<'a> {
    context: &'a Context,
    mark: &'a Mark,
    approved: &'a Approved<'a>,
    /// The source of import ids.
    source: &'a str,
    credential: &'a Credential,
}

impl Adopting<'_> {
    fn write(&self, store: &mut Store, run: RunId) -> Result<(), Failure> {
        let Self { context, mark, approved, source, credential } = self;
        let mut applying = store.begin(run, mark)?;
        // Nobody is removed, so no reason is needed.
        applying.apply(approved, &BTreeMap::new(), context.today())?;
        applying.set_given(&Given::Adopted)?;
        applying.set_account(&context.account(credential))?;
        applying.set_import_id_source(source)?;
        applying.commit(&RunEnd { counts: Some(approved.plan().counts()), ..RunEnd::in_step(context.time()) })
    }
}

fn told(adoption: &Adoption) -> String {
    let Adoption { snapshot, matched, unmatched, ambiguous } = adoption;
    let mut text = format!(
        "Adopted {}: {matched} matched with an employee at Personio.\n",
        counted(snapshot.employees().len(), "person", "people")
    );
    if !unmatched.is_empty() {
        let ids: Vec<&str> = unmatched.iter().map(ImportId::as_str).collect();
        let title = "Without a match at Personio; the plan shows them as going";
        text.push_str(&format!("{title} ({}): {}\n", ids.len(), visible(&ids.join(", "))));
    }
    if !ambiguous.is_empty() {
        let title = "Ambiguous, left without a match; a match needs the import id or the address, and the name";
        text.push_str(&format!("{title} ({}):\n", ambiguous.len()));
    }
    for Ambiguous { line, import_id, may_be } in ambiguous {
        let may_be: Vec<String> = may_be.iter().map(ToString::to_string).collect();
        let import_id = visible(import_id.as_str());
        text.push_str(&format!("  line {line}, import id {import_id}: may be employee {}\n", may_be.join(" or ")));
    }
    text
}

fn not_usable(file: &Path, unusable: &[Unusable]) -> Failure {
    const SHOWN: usize = 6;
    let mut message = format!("{} cannot be adopted; nothing was written", file.display());
    for Unusable { line, why } in unusable.iter().take(SHOWN) {
        message.push_str(&format!("\n  line {line}: {why}"));
    }
    if unusable.len() > SHOWN {
        message.push_str(&format!("\n  and {} more lines", unusable.len() - SHOWN));
    }
    Failure::new(Exit::Usage, message).hint(
        "it must have the feed's format: ImportId, Email, Firstname, Lastname, and the attributes under their names",
    )
}
