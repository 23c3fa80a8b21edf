//! `connect --adopt`: fill an empty mirror with the people who are in Honestly already.

use std::collections::{BTreeMap, BTreeSet};
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
use crate::roster::guard::adopt::{Adoption, Ambiguous, Known, LeadingZeros, adopt, leading_zeros};
use crate::roster::model::record::EmployeeId;
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
    let zeros = leading_zeros(&rows, &known);
    let adoption = adopt(&policy, rows, &known, &decision).map_err(|inconsistent| {
        let zeros = told_zeros(&zeros).map(|told| format!("{told}\n")).unwrap_or_default();
        let what = format!("{zeros}the people in {} contradict each other: {inconsistent}", file.display());
        Failure::new(Exit::Usage, what).hint("import ids and e-mail addresses stand in it once")
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
    let (mark, approved, unproven) = (&loaded.mark, &approved, &adoption.unproven());
    let adopting = Adopting { context, mark, approved, unproven, source, credential };
    if let Err(failure) = adopting.write(&mut store, run) {
        let failure = failure.for_program(context.program());
        store.finish_run(run, &RunEnd::failed(context.time(), &failure))?;
        return Err(failure.into());
    }
    if let Err(failure) = store.write_witness() {
        log::warn!("{failure}; the next run will ask whether this is the right mirror");
    }
    tell_done(print(&told(&adoption, told_zeros(&zeros).as_deref())));
    Ok(())
}

/// What an adoption writes.
struct Adopting<'a> {
    context: &'a Context,
    mark: &'a Mark,
    approved: &'a Approved<'a>,
    unproven: &'a BTreeSet<EmployeeId>,
    /// The source of import ids.
    source: &'a str,
    credential: &'a Credential,
}

impl Adopting<'_> {
    fn write(&self, store: &mut Store, run: RunId) -> Result<(), Failure> {
        let Self { context, mark, approved, unproven, source, credential } = self;
        let mut applying = store.begin(run, mark)?;
        // Nobody is removed, so no reason is needed.
        applying.apply(approved, &BTreeMap::new(), context.today())?;
        applying.set_unproven(unproven)?;
        applying.set_given(&Given::Adopted)?;
        applying.set_account(&context.account(credential))?;
        applying.set_import_id_source(source)?;
        applying.commit(&RunEnd { counts: Some(approved.plan().counts()), ..RunEnd::in_step(context.time()) })
    }
}

/// The most likely cause of everything else that is told.
fn told_zeros(zeros: &[LeadingZeros]) -> Option<String> {
    let LeadingZeros { file, personio } = zeros.first()?;
    let [file, personio] = [file, personio].map(|import_id| visible(import_id.as_str()).into_owned());
    Some(format!(
        "{} of the file and Personio's differ by leading zeros alone, such as {file} in the file and {personio} at Personio: \
         a spreadsheet may have dropped them; if the file is wrong, correct it and adopt again",
        counted(zeros.len(), "import id", "import ids")
    ))
}

fn told(adoption: &Adoption, zeros: Option<&str>) -> String {
    let Adoption { snapshot, matched, unmatched, ambiguous } = adoption;
    let mut text = zeros.map(|zeros| format!("{zeros}.\n")).unwrap_or_default();
    text.push_str(&format!(
        "Adopted {}: {matched} matched with an employee at Personio.\n",
        counted(snapshot.employees().len(), "person", "people")
    ));
    if !unmatched.is_empty() {
        let ids: Vec<&str> = unmatched.iter().map(ImportId::as_str).collect();
        let title = "Without a match at Personio; the plan shows them as going";
        text.push_str(&format!("{title} ({}): {}\n", ids.len(), visible(&ids.join(", "))));
    }
    if !ambiguous.is_empty() {
        let title = "Ambiguous, left without a match; a match needs the import id or the address, and the name";
        text.push_str(&format!("{title} ({}):\n", ambiguous.len()));
    }
    for Ambiguous { line, import_id, may_be, stands_for } in ambiguous {
        let may_be: Vec<String> = may_be.iter().map(ToString::to_string).collect();
        let import_id = visible(import_id.as_str());
        let own = stands_for.map(|id| format!("; the import id is employee {id}'s own, and so they get the line"));
        let (may_be, own) = (may_be.join(" or "), own.unwrap_or_default());
        text.push_str(&format!("  line {line}, import id {import_id}: may be employee {may_be}{own}\n"));
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
