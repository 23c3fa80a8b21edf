//! One run at a time, readers at any time, and the run log.

use proptest::collection::{btree_set, vec};

use super::*;
use crate::history::{Approver, Keep, Step};
use crate::roster::decide::clock::{Clock, Ends};
use crate::roster::decide::{Decision, Grounds, Headcount};
use crate::roster::guard::{Answer, ApprovalGiven, Difference, Evidence, Guard, Proposal, Recent, Void};
use crate::roster::plan::Counts;
use crate::roster::plan::mirror::{Unsettled, Writing};
use crate::tests::cases;

#[test]
fn readers_see_the_old_state_while_a_large_transaction_is_open() {
    let place = Place::new();
    let mut store = place.open();
    sync_to(&mut store, &company([1]));
    let old = store.load().unwrap().mirror;
    let run = store.start_run("sync", noon()).unwrap();
    let mut people: Vec<_> = (1..=4000).map(person).collect();
    people.iter_mut().for_each(|person| person.last_name = "x".repeat(1000).into());
    let after = feed(Snapshot::new(people, [sales()]).unwrap());
    let mark = store.load().unwrap().mark;
    let mut applying = store.begin(run, &mark).unwrap();
    let approved = Approved::unjudged(Plan::between(&old.feed, &after));
    applying.apply(&approved, &reasons(), today()).unwrap();

    let before = place.bytes();
    let reader = place.read();
    assert_eq!(reader.load().unwrap().mirror, old);
    let log = reader.log().unwrap();
    assert_eq!((log.people, log.runs[0].id, &log.runs[0].ended), (1, run, &None));
    drop(reader);
    assert_eq!(place.bytes(), before);

    applying.commit(&end(Exit::InStep)).unwrap();
    assert_eq!(place.read().load().unwrap().mirror.feed, after);
}

#[test]
fn whoever_went_unseen_counts_from_the_end_of_the_run_on() {
    let place = Place::new();
    let mut store = place.open();
    sync_to(&mut store, &company(1..=3));
    let run = sync_to(&mut store, &company([3]));
    let unseen = |store: &Store, since| -> Vec<(i64, String)> {
        store.removals(since).unwrap().into_iter().map(|removal| (removal.employee.0, removal.name)).collect()
    };
    let both = [1, 2].map(|id| (id, "Zoë Groß".to_owned()));
    assert_eq!(unseen(&store, noon()), both);
    assert_eq!(unseen(&store, noon() + TimeDelta::days(1)), []);
    // A run that was cut off counts from its beginning, and an erased name is none.
    let raw = place.raw();
    raw.execute("UPDATE runs SET finished_at = NULL, exit_code = NULL WHERE id = ?1", [run.0]).unwrap();
    raw.execute_batch(
        "UPDATE journal SET fields = '[]' WHERE employee = 1; UPDATE identities SET seen = 1 WHERE employee = 2",
    )
    .unwrap();
    assert_eq!(unseen(&store, noon()), [(1, String::new())]);
    // Whoever is back counts no more.
    sync_to(&mut store, &company([1, 3]));
    assert_eq!(unseen(&store, noon()), []);
}

#[test]
fn a_second_run_steps_aside_and_names_the_first() {
    let place = Place::new();
    let (mut first, mut second) = (place.open(), place.open());
    let mark = first.load().unwrap().mark;
    let one = first.start_run("sync", noon()).unwrap();
    let two = second.start_run("sync", noon()).unwrap();
    let applying = first.begin(one, &mark).unwrap();
    let named = format!(
        "another run is in progress: run {one} (sync, since 2026-03-01 12:00:00 UTC, process {})",
        std::process::id()
    );
    let failure = second.begin(two, &mark).unwrap_err();
    assert_eq!((failure.exit, failure.message.as_str()), (Exit::Unavailable, named.as_str()));
    drop(applying);
    second.finish_run(two, &end(Exit::Unavailable)).unwrap();

    let applying = first.begin(one, &mark).unwrap();
    let failure = second.start_run("sync", noon()).unwrap_err();
    assert_eq!((failure.exit, failure.message), (Exit::Unavailable, named));
    drop(applying);
}

#[test]
fn a_run_that_another_one_overtook_steps_aside() {
    let place = Place::new();
    let (mut slow, mut fast) = (place.open(), place.open());
    let run = slow.start_run("sync", noon()).unwrap();
    let mark = slow.load().unwrap().mark;
    let failed = fast.start_run("sync", noon()).unwrap();
    fast.finish_run(failed, &end(Exit::Untrusted)).unwrap();
    drop(slow.begin(run, &mark).unwrap());

    let winner = sync_to(&mut fast, &company([1]));
    let failure = slow.begin(run, &mark).unwrap_err();
    assert_eq!(failure.exit, Exit::Unavailable);
    assert!(failure.message.starts_with(&format!("run {winner} (sync, ")), "{failure}");

    // Also where the other run changed nothing: it may rest on newer answers from Personio.
    let mark = slow.load().unwrap().mark;
    let quiet = fast.start_run("sync", noon()).unwrap();
    fast.finish_run(quiet, &end(Exit::InStep)).unwrap();
    assert!(slow.begin(run, &mark).unwrap_err().message.starts_with(&format!("run {quiet} (")));
}

#[test]
fn the_run_log_tells_by_what_is_judged_how_things_stand() {
    let place = Place::new();
    let mut store = place.open();
    let empty = store.log().unwrap();
    assert!(empty.runs.is_empty() && empty.in_progress.is_none() && empty.last_change.is_none());

    let good = sync_to(&mut store, &company([1, 2, 3]));
    let smaller = sync_to(&mut store, &company([1]));
    let note = Note::NoLanguage { employee: EmployeeId(1) };
    let quiet = store.start_run("sync", noon()).unwrap();
    store.finish_run(quiet, &RunEnd { notes: vec![note.clone()], ..end(Exit::InStep) }).unwrap();
    let crashed = store.start_run("sync", noon()).unwrap();
    let finish = |store: &mut Store, end: RunEnd| {
        let run = store.start_run("sync", noon()).unwrap();
        store.finish_run(run, &end).unwrap();
        run
    };
    let first = finish(&mut store, held("0123456789ab"));
    let failed = RunEnd { message: Some("no answer".into()), hints: vec!["wait".into()], ..end(Exit::Unavailable) };
    finish(&mut store, failed);
    let latest = finish(&mut store, held("0123456789ab"));

    let log = place.read().log().unwrap();
    let numbers: Vec<RunId> = log.runs.iter().map(|run| run.id).collect();
    assert_eq!(numbers, [latest, RunId(latest.0 - 1), first, crashed, quiet]);
    assert_eq!(log.last_change.as_ref().map(|run| run.id), Some(smaller));
    assert_eq!((log.people, log.groups), (1, 1));
    let ended = log.last_in_step().unwrap().ended.clone().unwrap();
    assert_eq!(ended.notes, [note]);
    assert_eq!((ended.finished_at, ended.exit_code, ended.applied), (end(Exit::InStep).finished_at, 0, false));
    let totals = log.totals.people;
    assert_eq!((totals.added, totals.changed, totals.removed), (3, 0, 2));
    assert_eq!(store.usual(noon()).unwrap().largest_removal, 2);
    assert_eq!(store.record(good).unwrap().unwrap().run.ended.unwrap().counts.unwrap().people.added, 3);

    // What people were told of and has no end yet is there, however long ago.
    store.set_notified(first, "hold_began", &[]).unwrap();
    let [.., before, last] = [(); 3].map(|()| finish(&mut store, end(Exit::InStep)));
    assert_eq!(store.log().unwrap().runs.last().map(|run| run.id), Some(quiet));
    store.set_notified(last, "all_clear", &["hr@example.com".to_owned()]).unwrap();
    assert_eq!(
        store.log().unwrap().runs.last().map(|run| run.id),
        Some(before),
        "what is owed of the end needs its beginning"
    );
    store.set_notified(last, "all_clear", &[]).unwrap();
    assert_eq!(store.log().unwrap().runs.last().map(|run| run.id), Some(before));
    assert!(store.finish_run(quiet, &end(Exit::InStep)).is_err());
}

#[test]
fn the_log_keeps_what_was_held_and_who_approved_it() {
    let place = Place::new();
    let mut store = place.open();
    let Loaded { mirror, mark, .. } = store.load().unwrap();
    let decision = Decision {
        headcount: Headcount::default(),
        desired: company([1]),
        excluded: BTreeMap::new(),
        outsiders: BTreeMap::new(),
        notes: Vec::new(),
        grounds: Grounds::default(),
    };
    // An empty listing is always held.
    let evidence = Evidence {
        mismatch: None,
        mirror: &mirror,
        decision: &decision,
        listed: &BTreeSet::new(),
        asked_for: &BTreeSet::new(),
        recent: Recent::default(),
        former: const { &BTreeMap::new() },
        destination: None,
        clock: Clock::Plausible,
        days: &BTreeMap::new(),
    };
    let proposal = Proposal::new(&mirror, &mirror.feed, &decision.desired);
    let approve = |named: Option<&PlanDigest>| {
        let (given, held) = (ApprovalGiven::InThisRun, Err(Void::NeverTold));
        let answer = named.map(|named| Answer { named, given, held });
        Guard::default().approve(&proposal, &evidence, answer.as_ref())
    };
    let refusal = approve(None).unwrap_err();
    let digest = refusal.digest;
    let first = store.start_run("sync", noon()).unwrap();
    store.finish_run(first, &held(digest.as_str())).unwrap();
    assert_eq!(store.held(&digest).unwrap().unwrap().id, first);

    let run = store.start_run("sync", noon()).unwrap();
    let approved = approve(Some(&digest)).unwrap();
    let mut applying = store.begin(run, &mark).unwrap();
    applying.apply(&approved, &reasons(), today()).unwrap();
    let approval = Some(approved.by().clone());
    applying.commit(&RunEnd { digest: Some(digest.clone()), approval, ..end(Exit::InStep) }).unwrap();
    let Run { approval, ended, .. } = store.record(run).unwrap().unwrap().run;
    let ended = ended.unwrap();
    assert_eq!((approval.map(|approval| approval.digest), ended.digest), (Some(digest.clone()), Some(digest)));
    assert_eq!((ended.applied, ended.people, ended.groups, ended.generation), (true, 1, 1, 1));
}

proptest! {
    #![proptest_config(cases(64))]

    /// A run that fails notes nothing.
    #[test]
    fn a_note_that_lasts_is_stored_once(runs in vec(proptest::option::of(btree_set(1..=4_i64, 0..4)), 1..8)) {
        let place = Place::new();
        let mut store = place.open();
        let mut streaks = 0;
        let mut before = BTreeSet::new();
        let mut noted: Vec<(RunId, Vec<Note>)> = Vec::new();
        for people in runs {
            let run = store.start_run("sync", noon()).unwrap();
            let notes: Vec<Note> =
                people.iter().flatten().map(|id| Note::NoLanguage { employee: EmployeeId(*id) }).collect();
            let counts = people.as_ref().map(|_| Counts::default());
            store.finish_run(run, &RunEnd { notes: notes.clone(), counts, ..end(Exit::InStep) }).unwrap();
            noted.push((run, notes));
            if let Some(people) = people {
                streaks += people.difference(&before).count();
                before = people;
            }
        }
        let reader = place.read();
        for (run, notes) in noted {
            let told = reader.run(run).unwrap().unwrap();
            prop_assert_eq!(told.notes(), notes);
        }
        prop_assert_eq!(place.tables()["notes"].len(), streaks);
    }
}

#[test]
fn words_notes_and_rules_are_erased_in_time() {
    let place = Place::new();
    let mut store = place.open();
    let note = |chosen: &str| {
        let (attribute, chosen) = (AttributeKey::new("position"), chosen.to_owned());
        vec![Note::SpellingVariants { attribute, chosen, others: 1 }]
    };
    let old = store.start_run("sync", noon()).unwrap();
    let canary = || "canary".to_owned();
    store.set_approver(old, &Approver { by: canary(), user: canary(), host: canary() }).unwrap();
    let differences = BTreeSet::from([Difference::ExcludedAddress("canary".to_owned())]);
    let rules = vec![Rule::ScopeChanged { removals: 1, differences }];
    let (message, hints) = (Some("canary".to_owned()), vec!["canary".to_owned()]);
    let words = RunEnd { message, hints, notes: note("canary"), ..held("0123456789ab") };
    store.finish_run(old, &RunEnd { held_by: Some(rules), ..words }).unwrap();

    let mut erase = |days: i64| {
        let now = noon() + TimeDelta::days(days);
        let run = store.start_run("sync", now).unwrap();
        let mark = store.load().unwrap().mark;
        let mut applying = store.begin(run, &mark).unwrap();
        let keep = Keep { history_since: now - TimeDelta::days(400), departed_since: today() };
        let erased = applying.erase(&keep).unwrap();
        applying.commit(&RunEnd { notes: note("kept"), ..end(Exit::InStep) }).unwrap();
        (erased, run)
    };
    let has_it = || fs::read(place.file()).unwrap().windows(6).any(|window| window == b"canary");
    assert_eq!((erase(399).0, has_it()), (0, true));
    let (erased, young) = erase(401);
    assert_eq!((erased, has_it()), (2, false));
    assert_eq!(erase(402).0, 0);
    assert_eq!(store.run(young).unwrap().unwrap().notes(), note("kept"));
    let ended = store.run(old).unwrap().unwrap().ended.unwrap();
    assert_eq!((ended.message, ended.hints, ended.held_by), (None, Vec::new(), Some(Vec::new())));
}

#[test]
fn facts_come_back_from_the_log_as_they_went_in() {
    let place = Place::new();
    let mut store = place.open();
    sync_to(&mut store, &company([1, 2, 3]));
    let facts = [Reason::LastDayPassed(today()), Reason::Absent(Absence::Gone), Reason::Inactive];
    let reasons = (1..).map(EmployeeId).zip(facts.clone()).collect();
    let run = store.start_run("sync", noon()).unwrap();
    let Loaded { mirror, mark, .. } = store.load().unwrap();
    let nobody = company([]);
    let mut applying = store.begin(run, &mark).unwrap();
    applying.apply(&Approved::unjudged(Plan::between(&mirror.feed, &nobody)), &reasons, today()).unwrap();
    applying.commit(&end(Exit::InStep)).unwrap();
    let removals = store.removals(noon()).unwrap();
    assert_eq!(removals.into_iter().map(|removal| removal.reason).collect::<Vec<_>>(), facts);
    let last_days = store.load().unwrap().mirror.departed.into_values().map(|departed| departed.last_day);
    assert_eq!(last_days.collect::<Vec<_>>(), [Some(today()), None, None]);

    let mut finish = |end: RunEnd| {
        let run = store.start_run("sync", noon()).unwrap();
        store.finish_run(run, &end).unwrap();
        store.run(run).unwrap().unwrap().ended.unwrap()
    };
    let later = noon() + TimeDelta::days(1);
    let doubt = vec![Note::ClockInDoubt { clock: Clock::OffPersonios { hours: 24 } }];
    let doubted = finish(RunEnd { finished_at: later, notes: doubt.clone(), ..end(Exit::InStep) });
    assert_eq!(doubted.notes, doubt);
    let held = finish(RunEnd { new_columns: NewColumns::TakenIn, ..held("0123456789ab") });
    assert_eq!(held.review("p"), "p sync --new-columns --dry-run");
    assert_eq!(held.rules(), Some(vec!["empty_listing"]));
    let failed = finish(RunEnd { failed_at: Some(Step::Deliver), ..end(Exit::Unavailable) });
    assert_eq!(failed.failed_at.as_deref(), Some("deliver"));
    assert_eq!(store.ends().unwrap(), Ends { newest: Some(later), undoubted: Some(end(Exit::InStep).finished_at) });
}

#[test]
fn time_went_on_for_every_run_that_came_to_a_plan_under_a_clock_that_it_believed() {
    let place = Place::new();
    let mut store = place.open();
    let at = |hours| noon() + TimeDelta::hours(hours);
    let counts = Some(Counts::default());
    let doubt = vec![Note::ClockInDoubt { clock: Clock::OffPersonios { hours: 24 } }];
    let mut undoubted_after = |hours, set_out: Option<RunEnd>, end: Option<RunEnd>| {
        let run = store.start_run("sync", at(hours)).unwrap();
        if let Some(end) = set_out {
            let mark = store.load().unwrap().mark;
            let mut applying = store.begin(run, &mark).unwrap();
            applying.set_out(&sent(run)).unwrap();
            applying.intend(&end).unwrap();
        }
        if let Some(end) = end {
            store.finish_run(run, &RunEnd { finished_at: at(hours), ..end }).unwrap();
        }
        store.ends().unwrap().undoubted
    };
    let (held, in_step, failed) = (held("0123456789ab"), end(Exit::InStep), end(Exit::Unavailable));
    assert_eq!(undoubted_after(1, None, Some(failed.clone())), None);
    assert_eq!(undoubted_after(2, None, Some(RunEnd { counts, ..held.clone() })), Some(at(2)));
    assert_eq!(undoubted_after(3, None, Some(RunEnd { counts, notes: doubt.clone(), ..held })), Some(at(2)));
    assert_eq!(undoubted_after(4, Some(RunEnd { counts, ..in_step.clone() }), None), Some(at(4)));
    // What it noted when its feed set out stands where its end says nothing.
    let doubted = RunEnd { counts, notes: doubt, ..in_step };
    assert_eq!(undoubted_after(5, Some(doubted), Some(failed)), Some(at(4)));
}

fn sent(run: RunId) -> Unsettled {
    let (destination, sha256, set_out_at) = ("file:///f".to_owned(), "00".to_owned(), noon());
    Unsettled { run: run.0, destination, size: 1, sha256, writing: Writing::Aside, set_out_at, before: None }
}
