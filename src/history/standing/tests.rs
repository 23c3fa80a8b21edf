//! The judgement: a table of run logs, and laws over random ones.

use chrono::NaiveDate;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::exit::Exit;
use crate::history::{ApprovalGiven, Ended, NewColumns, RecordedApproval};
use crate::report::status::{Files, Presence, StatusView};
use crate::report::{check, json, metrics, status};
use crate::roster::decide::clock::Clock;
use crate::roster::decide::notes::{Instead, Place, Problem};
use crate::roster::decide::reply::Reply;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::policy::name_changes::Mismatch;
use crate::roster::voice::Told as _;
use crate::terminal::{Extent, Paint, Style};
use crate::tests::cases;
use crate::timezone::TimeZone;

const URL: &str = "sftp://honestly.example/in";

/// What became of a run, in the tiny world of these laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Well,
    Doubted,
    Undecided,
    Held,
    Failed(Exit),
    /// A person approved its plan, and the delivery failed.
    ApprovedAndFailed,
    Killed,
    /// It named an approval for nothing.
    Mistyped(Exit),
    Adopted,
}

fn noon() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap().and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn clock_in_doubt() -> Note {
    Note::ClockInDoubt { clock: Clock::OffPersonios { hours: 24 } }
}

fn run(number: i64, fate: Fate) -> Run {
    let started_at = noon() + TimeDelta::hours(12 * number);
    let digest = PlanDigest::parse("0123456789ab").unwrap();
    let undecided = Note::Undecided { employee: EmployeeId(1), problem: Problem::NotAnAddress, place: Place::Kept };
    let (exit, notes) = match fate {
        Fate::Well | Fate::Killed | Fate::Adopted => (Exit::InStep, Vec::new()),
        Fate::Doubted => (Exit::InStep, vec![clock_in_doubt()]),
        Fate::Undecided => (Exit::InStep, vec![undecided]),
        Fate::Held => (Exit::Held, Vec::new()),
        Fate::Failed(exit) | Fate::Mistyped(exit) => (exit, Vec::new()),
        Fate::ApprovedAndFailed => (Exit::Unavailable, Vec::new()),
    };
    let ended = Ended {
        finished_at: started_at + TimeDelta::minutes(1),
        exit_code: exit.code(),
        message: Some("a message".to_owned()),
        hints: Vec::new(),
        failed_at: None,
        digest: None,
        counts: None,
        applied: false,
        held_by: (fate == Fate::Held).then(|| vec![Rule::EmptyListing]),
        new_columns: NewColumns::Noted,
        generation: 1,
        people: 1,
        groups: 1,
        notes,
        notified: None,
        owed: Vec::new(),
    };
    let approval = RecordedApproval { digest, given: ApprovalGiven::InThisRun, approver: None };
    Run {
        id: RunId(number),
        command: if fate == Fate::Adopted { "adopt" } else { "sync" }.to_owned(),
        started_at,
        pid: 1,
        approval: (fate == Fate::ApprovedAndFailed).then_some(approval),
        ended: (fate != Fate::Killed).then_some(ended),
    }
}

fn log(fates: &[Fate]) -> RunLog {
    let mut runs: Vec<Run> = (1..).zip(fates).map(|(number, fate)| run(number, *fate)).collect();
    runs.reverse();
    RunLog {
        runs,
        in_progress: None,
        last_change: None,
        deliveries: Vec::new(),
        on_their_way: Vec::new(),
        approved: None,
        totals: Counts::default(),
        people: 1,
        groups: 1,
    }
}

fn outlet() -> Outlet {
    Outlet::Destination(URL.to_owned())
}

/// `hours` after the end of the last run.
fn at(log: &RunLog, hours: i64) -> DateTime<Utc> {
    log.runs.first().map_or(noon(), |run| run.started_at) + TimeDelta::minutes(1) + TimeDelta::hours(hours)
}

fn judged(log: &RunLog, hours: i64, outlet: &Outlet) -> (State, Health) {
    let surroundings = Surroundings { now: at(log, hours), outlet, mismatch: None, limits: Limits::USUAL };
    let Standing { state, health, .. } = log.judged(&surroundings);
    (state, health)
}

/// What everybody who tells how things stand says of a log.
#[derive(Debug, PartialEq)]
struct Told {
    check: (Health, String),
    status: String,
    document: serde_json::Value,
    metrics: String,
    exit_code: Option<u8>,
}

fn told(log: &RunLog, now: DateTime<Utc>, outlet: &Outlet) -> Told {
    let surroundings = Surroundings { now, outlet, mismatch: None, limits: Limits::USUAL };
    let (timezone, path) = (TimeZone::parse("Europe/Berlin").unwrap(), std::path::Path::new("/x"));
    let view = StatusView {
        surroundings,
        timezone: &timezone,
        log,
        sizes: &[],
        credential: Presence::There,
        mirror: Presence::There,
        files: Files { configuration: None, credential: path, mirror: path },
        program: "honestly-sync",
        style: Style { paint: Paint::Plain, extent: Extent::Everything },
    };
    let mirror = metrics::MirrorFacts { log, standing: log.judged(&surroundings) };
    let exit_code = log.exit_code();
    let facts = metrics::MetricsView {
        exit_code: exit_code.unwrap_or_default(),
        ended_at: now,
        duration: TimeDelta::zero(),
        mirror: Some(&mirror),
    };
    Told {
        check: check::check(log, &surroundings),
        status: status::text(&view).lines().next().unwrap_or_default().to_owned(),
        document: serde_json::to_value(json::status(Ok(&view))).unwrap(),
        metrics: metrics::text(&facts),
        exit_code,
    }
}

#[test]
fn every_state_has_one_severity() {
    use Fate::*;
    use Health::*;
    let unreachable = Failed(Exit::Unavailable);
    let cases: [(&[Fate], i64, State, Health); 25] = [
        (&[], 0, State::NeverInStep, Unknown),
        (&[Adopted], 0, State::NeverInStep, Unknown),
        (&[unreachable], 0, State::NeverInStep, Unknown),
        (&[Mistyped(Exit::Held)], 0, State::NeverInStep, Unknown),
        (&[Held], 0, State::Held, Warning),
        (&[Well], 0, State::InStep, Ok),
        (&[Well], 13, State::InStep, Ok),
        (&[Well], 15, State::Overdue, Warning),
        (&[Well], 27, State::Overdue, Critical),
        (&[Well], -5, State::InDoubt, Warning),
        (&[Well, Doubted], 0, State::InDoubt, Warning),
        (&[Doubted, Well], 0, State::InStep, Ok),
        (&[Undecided], 0, State::Undecided, Warning),
        (&[Well, unreachable], 0, State::Failing, Warning),
        (&[Well, Failed(Exit::Rejected)], 0, State::Failing, Warning),
        (&[Well, Killed], 0, State::Failing, Warning),
        (&[Well, Killed, Well], 0, State::InStep, Ok),
        (&[Well, unreachable, unreachable], 3, State::Failing, Critical),
        (&[Well, Held], 0, State::Held, Warning),
        (&[Well, Held, unreachable], 0, State::Held, Warning),
        (&[Well, Held, ApprovedAndFailed], 0, State::Failing, Warning),
        (&[Well, Held, Well], 0, State::InStep, Ok),
        (&[Well, Mistyped(Exit::Held)], 0, State::InStep, Ok),
        (&[Well, Held, Mistyped(Exit::Held)], 0, State::Held, Warning),
        (&[Well, unreachable, Mistyped(Exit::Usage)], 0, State::Failing, Warning),
    ];
    for (fates, hours, state, health) in cases {
        assert_eq!(judged(&log(fates), hours, &outlet()), (state, health), "{fates:?} after {hours} hours");
    }
    assert_eq!(judged(&log(&[Well]), 0, &Outlet::NotSet), (State::NotDelivering, Warning));
    assert_eq!(judged(&log(&[Well]), 0, &Outlet::MirrorOnly), (State::InStep, Ok));
}

#[test]
fn what_leaves_decisions_undone_outside_personio_is_a_warning() {
    let attribute = AttributeKey::new("department");
    let renamed = Mismatch::TakenNoMore { attribute: attribute.clone(), header: "D".to_owned(), now: "E".to_owned() };
    let cases = [
        (clock_in_doubt(), State::InDoubt),
        (Note::DestinationUnseen { why: "no answer".to_owned() }, State::InDoubt),
        (Note::Name(renamed), State::InDoubt),
        (Note::AttributeWithheld { attribute }, State::InDoubt),
        (Note::AttributesNotListed { reply: Reply::NotInTime, instead: Instead::Memory }, State::InDoubt),
        (Note::AttributesNotListed { reply: Reply::NotInTime, instead: Instead::Employees }, State::InStep),
        (Note::NoLanguage { employee: EmployeeId(1) }, State::InStep),
    ];
    for (note, state) in cases {
        let mut log = log(&[Fate::Well]);
        log.runs[0].ended.as_mut().unwrap().notes = vec![note.clone()];
        assert_eq!(judged(&log, 0, &outlet()).0, state, "{note:?}");
        let Told { check: (health, line), status, .. } = told(&log, at(&log, 0), &outlet());
        let says_it = |text: &str| text.contains(&note.logged());
        assert_eq!(
            (health == Health::Warning, says_it(&line), says_it(&status)),
            match state {
                State::InDoubt => (true, true, true),
                _ => (false, false, false),
            }
        );
    }
}

#[test]
fn a_file_that_is_not_known_to_have_arrived_is_a_doubt_and_a_part_of_one_is_critical() {
    let sent = |writing, destination: &str| Unsettled {
        run: 2,
        destination: destination.to_owned(),
        size: 1,
        sha256: String::new(),
        writing,
        set_out_at: noon(),
        before: None,
    };
    let with = |sent, in_progress| RunLog { on_their_way: vec![sent], in_progress, ..log(&[Fate::Well]) };
    let cases = [
        (sent(Writing::Aside, URL), None, (State::InDoubt, Health::Warning)),
        (sent(Writing::InPlace, URL), None, (State::InDoubt, Health::Critical)),
        (sent(Writing::InPlace, URL), Some(run(2, Fate::Killed)), (State::InStep, Health::Ok)),
        (sent(Writing::InPlace, URL), Some(run(3, Fate::Killed)), (State::InDoubt, Health::Critical)),
        (sent(Writing::InPlace, "sftp://elsewhere.example/"), None, (State::InStep, Health::Ok)),
    ];
    for (sent, in_progress, expected) in cases {
        let log = with(sent.clone(), in_progress);
        assert_eq!(judged(&log, 0, &outlet()), expected, "{sent:?}");
    }
}

#[test]
fn a_mirror_that_is_gone_is_not_one_that_never_was() {
    let outlet = outlet();
    for (fates, mismatch) in [(&[][..], MirrorMismatch::Missing), (&[Fate::Well], MirrorMismatch::Emptied)] {
        let log = log(fates);
        let surroundings =
            Surroundings { now: at(&log, 0), outlet: &outlet, mismatch: Some(mismatch), limits: Limits::USUAL };
        let Standing { state, health, .. } = log.judged(&surroundings);
        assert_eq!((state, health), (State::AnotherMirror, Health::Warning));
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Well),
        2 => Just(Fate::Doubted),
        1 => Just(Fate::Undecided),
        3 => Just(Fate::Held),
        3 => prop::sample::select(vec![Exit::Bug, Exit::Untrusted, Exit::Unavailable, Exit::Rejected, Exit::Misconfigured])
            .prop_map(Fate::Failed),
        1 => Just(Fate::ApprovedAndFailed),
        2 => Just(Fate::Killed),
        2 => mistyped(),
        1 => Just(Fate::Adopted),
    ]
}

fn mistyped() -> impl Strategy<Value = Fate> {
    prop_oneof![Just(Fate::Mistyped(Exit::Held)), Just(Fate::Mistyped(Exit::Usage))]
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn everybody_tells_the_same(fates in vec(fate(), 0..6), hours in -3..40_i64, delivers in prop::bool::ANY) {
        let outlet = if delivers { outlet() } else { Outlet::NotSet };
        let log = log(&fates);
        let (state, health) = judged(&log, hours, &outlet);
        let told = told(&log, at(&log, hours), &outlet);
        prop_assert_eq!(told.check.0, health);
        let word = format!("HONESTLY-SYNC {} - ", health.word());
        prop_assert!(told.check.1.starts_with(&word), "{}", told.check.1);
        prop_assert_eq!(told.document["state"].as_str(), Some(state.as_str()));
        prop_assert_eq!(told.document["health"].as_str(), Some(health.word()));
        prop_assert_eq!(told.document["held"].is_object(), told.check.1.contains("a plan has been held"));
        for other in State::ALL {
            let sample = format!("\nhonestly_sync_state{{kind=\"{}\"}} {}\n", other.as_str(), u8::from(other == state));
            prop_assert!(told.metrics.contains(&sample), "{}", told.metrics);
        }
        let code = format!("\nhonestly_sync_health {}\n", health.code());
        prop_assert!(told.metrics.contains(&code));
        let first = match state {
            State::InStep => "In step: ",
            State::Undecided | State::InDoubt | State::NotDelivering => "In step, but ",
            State::Overdue | State::Failing | State::AnotherMirror => "Not in step: ",
            State::NeverInStep => if log.runs.is_empty() { "Connected, never synced" } else { "Never in step: " },
            State::Held => "Held since ",
        };
        prop_assert!(told.status.starts_with(first), "{:?}: {}", state, told.status);
    }

    #[test]
    fn all_is_ok_only_in_step_without_doubts_and_in_time(fates in vec(fate(), 0..6), hours in -3..40_i64) {
        let (state, health) = judged(&log(&fates), hours, &outlet());
        let says_something = |fate: &&Fate| !matches!(fate, Fate::Mistyped(_) | Fate::Adopted);
        let in_time = |fates: &[Fate]| {
            let since = fates.iter().rev().position(|fate| *fate == Fate::Well).unwrap_or(0) as i64 * 12 + hours;
            (-1..=14).contains(&since)
        };
        let well = fates.iter().rev().find(says_something) == Some(&Fate::Well) && in_time(&fates);
        prop_assert_eq!(health == Health::Ok, well);
        prop_assert_eq!(state == State::InStep, well);
    }

    #[test]
    fn an_approval_for_nothing_changes_nothing(
        fates in vec(fate(), 0..6), at_place in 0..6_usize, slip in mistyped(), hours in 0..40_i64
    ) {
        let before = log(&fates);
        let mut after = before.clone();
        let place = at_place.min(after.runs.len());
        after.runs.insert(place, Run { started_at: noon(), ..run(99, slip) });
        let now = at(&before, hours);
        let (mut without, mut with) = (told(&before, now, &outlet()), told(&after, now, &outlet()));
        // That there was such a run is in the log all the same.
        for told in [&mut without, &mut with] {
            ["run_id", "last_run"].iter().for_each(|key| told.document[*key] = serde_json::Value::Null);
        }
        if !before.runs.is_empty() {
            prop_assert_eq!(with, without);
        }
    }

    #[test]
    fn a_killed_run_counts_as_a_failed_one(fates in vec(fate(), 0..6), hours in 0..40_i64) {
        let failed: Vec<Fate> =
            fates.iter().map(|fate| if *fate == Fate::Killed { Fate::Failed(Exit::Bug) } else { *fate }).collect();
        prop_assert_eq!(judged(&log(&fates), hours, &outlet()), judged(&log(&failed), hours, &outlet()));
    }

    #[test]
    fn what_was_before_the_last_run_in_step_decides_nothing(
        older in vec(fate(), 0..4), newer in vec(fate(), 0..4), hours in 0..40_i64
    ) {
        let fates = [&older[..], &[Fate::Well], &newer].concat();
        let whole = log(&fates);
        let mut short = whole.clone();
        short.runs.truncate(newer.len() + 1);
        let now = at(&whole, hours);
        prop_assert_eq!(told(&whole, now, &outlet()), told(&short, now, &outlet()));
    }
}
