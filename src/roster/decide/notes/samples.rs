//! For tests: each note, problem, reason and name mismatch, with given numbers and on a given day.

use chrono::NaiveDate;

use super::*;
use crate::roster::decide::absences::Doubt;
use crate::roster::decide::reasons::{Absence, Filter, Reason};
use crate::roster::decide::reply::Content;
use crate::roster::model::record::Expected;
use crate::roster::plan::Tally;
use crate::roster::policy::headers::LabelProblem;
use crate::roster::policy::name_changes::{Named, Role};

/// What the samples are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub number: usize,
    pub day: NaiveDate,
}

const EMPLOYEE: EmployeeId = EmployeeId(1);
const OTHER: EmployeeId = EmployeeId(99);

fn key() -> AttributeKey {
    AttributeKey::new(AttributeKey::HIRE_DATE)
}

impl Facts {
    pub(crate) fn reasons(self) -> Vec<Reason> {
        let absences = self.absences().into_iter().map(Reason::Absent);
        let filters = self.filters().into_iter().map(Reason::OutOfScope);
        let own = [
            Reason::NotYet(None),
            Reason::NotYet(Some(self.day)),
            Reason::LastDayPassed(self.day),
            Reason::Inactive,
            Reason::OnLeave,
            Reason::ClockInDoubt,
        ];
        own.into_iter().chain(absences).chain(filters).collect()
    }

    pub(crate) fn absences(self) -> Vec<Absence> {
        vec![Absence::Gone, Absence::NotAsked, Absence::NeverThere]
    }

    pub(crate) fn filters(self) -> Vec<Filter> {
        vec![Filter::Exclude, Filter::WithoutEmail, Filter::Attribute(AttributeKey::new(AttributeKey::OFFICE))]
    }

    pub(crate) fn replies(self) -> Vec<Reply> {
        let contents = self.contents().into_iter().map(Reply::Content);
        let own = [
            Reply::NotInTime,
            Reply::NotReached,
            Reply::NotSecure,
            Reply::NoAnswer,
            Reply::CutShort,
            Reply::TooLarge,
            Reply::UnknownCoding,
            Reply::NotAsked,
            Reply::Status(403),
            Reply::NotPersonios404,
        ];
        own.into_iter().chain(contents).collect()
    }

    fn contents(self) -> [Content; 10] {
        use Content::{
            AnotherPerson, HalfOfJson, Html, NoAttributes, NoId, NoJson, NotOnePerson, Nothing, OtherShape,
            Unsuccessful,
        };
        [Nothing, Html, HalfOfJson, NoJson, OtherShape, Unsuccessful, NotOnePerson, NoAttributes, NoId, AnotherPerson]
    }

    pub(crate) fn doubts(self) -> Vec<Doubt> {
        let own = [Doubt::StillKnown, Doubt::NobodyListed, Doubt::NotAsked];
        let reply = Reply::Status(403);
        own.into_iter().chain([Doubt::Unclear(reply), Doubt::RouteUnproven { control: OTHER, reply }]).collect()
    }

    pub(crate) fn expected(self) -> Vec<Expected> {
        use Expected::{
            Date, List, NamedObject, SmallValue, Status, Supervisor, Text, TextOrNumber, Value, ValueWithId,
        };
        vec![Date, Text, Status, Supervisor, Value, ValueWithId, SmallValue, TextOrNumber, List, NamedObject]
    }

    pub(crate) fn unlike(self) -> Vec<Unlike> {
        vec![Unlike::Name, Unlike::Address, Unlike::NameAndAddress, Unlike::NotKept]
    }

    pub(crate) fn problems(self) -> Vec<Problem> {
        let back = |unlike| Problem::NotSurelyBack { former: OTHER, unlike };
        let own = [
            Problem::Missing(key()),
            Problem::NotSent(AttributeKey::new(AttributeKey::EMAIL)),
            Problem::Unreadable(Unreadable { attribute: key(), expected: Expected::Date }),
            Problem::NotAnAddress,
            Problem::NoLocalPart,
            Problem::LastDayBeforeFirst(self.day),
            Problem::StatusAfterLastDay(self.day),
            Problem::StatusBeforeFirstDay(self.day),
            Problem::TooLong(key(), self.number),
            Problem::UnknownStatus("x".to_owned()),
            Problem::ContestedEmail(OTHER),
            Problem::NoImportId(key()),
            Problem::ContestedImportId(OTHER),
            Problem::FilterWithheld(key()),
        ];
        own.into_iter()
            .chain(self.unlike().into_iter().map(back))
            .chain(self.doubts().into_iter().map(Problem::NotListed))
            .collect()
    }

    pub(crate) fn mismatches(self) -> Vec<Mismatch> {
        let (attribute, header, now) = (key(), "Badge".to_owned(), "Grade".to_owned());
        let named = |(role, attribute, written): (Role, &str, &str)| Named {
            role,
            line: self.number,
            attribute: AttributeKey::new(attribute),
            written: written.to_owned(),
        };
        let all = || {
            let roles = [
                (Role::Attribute, "hire_date", "Badge"),
                (Role::Filter, AttributeKey::OFFICE, "Berlin"),
                (Role::Mapped, "team", "Care"),
                (Role::Excluded, Named::ADDRESS, "x"),
                (Role::Excluded, Named::ID, "12"),
                (Role::Required, Named::ADDRESS, "x"),
            ];
            roles.into_iter().map(named)
        };
        let renamed = all().map(|named| {
            let is_of_people = matches!(named.role, Role::Excluded | Role::Required);
            let now =
                if is_of_people { vec![OTHER.to_string()] } else { vec!["Help".to_owned(), "Care team".to_owned()] };
            Mismatch::Renamed { named, now }
        });
        let nobody = all().map(|named| Mismatch::Nobody { named, alike: None });
        let alike = named((Role::Filter, AttributeKey::DEPARTMENT, "Slaes"));
        let own = [
            Mismatch::NewAttribute { attribute: attribute.clone(), header: header.clone() },
            Mismatch::Relabelled { attribute: attribute.clone(), header: header.clone(), now: now.clone() },
            Mismatch::TakenNoMore { attribute, header, now },
            Mismatch::Nobody { named: alike, alike: Some("Sales".to_owned()) },
        ];
        let namesakes = all().map(|named| Mismatch::Namesake { named });
        own.into_iter().chain(renamed).chain(namesakes).chain(nobody).collect()
    }

    pub(crate) fn label_problems(self) -> Vec<LabelProblem> {
        vec![LabelProblem::Blank, LabelProblem::TooLong, LabelProblem::Taken]
    }

    pub(crate) fn flaw_kinds(self) -> Vec<FlawKind> {
        vec![
            FlawKind::AnotherSize { sent: 12_345, stated: 77 },
            FlawKind::NotSeen,
            FlawKind::FolderNotSynced,
            FlawKind::ModeNotKept,
            FlawKind::LeftoverStays,
            FlawKind::ReplacedFileStays,
            FlawKind::ProbeStays,
            FlawKind::FolderNotListed,
        ]
    }

    fn clocks(self) -> [Clock; 5] {
        let number = i64::try_from(self.number).unwrap();
        [
            Clock::Plausible,
            Clock::OffPersonios { hours: number },
            Clock::OffPersonios { hours: -number },
            Clock::BeforeTheLastRun { hours: number },
            Clock::LongAfterTheLastRun { days: number },
        ]
    }

    /// All but those about undecided people, whose sentences are those of problems.
    fn notes_of_facts(self) -> Vec<Note> {
        let Self { number, day } = self;
        let attribute = key();
        let tally = Tally { added: number, changed: 52, removed: 53 };
        let counts = Counts { people: tally, layout: 1, ..Counts::default() };
        let from = |file: &str| file.to_owned();
        vec![
            Note::NoImportIds { attribute: attribute.clone(), people: number },
            Note::FieldUnreadable {
                employee: EMPLOYEE,
                unreadable: Unreadable { attribute: attribute.clone(), expected: Expected::Date },
            },
            Note::SupervisorNotIn { supervisor: EMPLOYEE, people: number, next: None },
            Note::SupervisorNotIn { supervisor: EMPLOYEE, people: number, next: Some(OTHER) },
            Note::GroupOfEachDay { attribute: attribute.clone() },
            Note::SupervisorCycle { employee: EMPLOYEE },
            Note::ValueTooLong { employee: EMPLOYEE, attribute: attribute.clone(), characters: number },
            Note::ImportIdKept { employee: EMPLOYEE },
            Note::Returned { employee: EMPLOYEE, with_new_profile_after: None },
            Note::Returned { employee: EMPLOYEE, with_new_profile_after: Some(OTHER) },
            Note::Rehired { employee: EMPLOYEE, former: OTHER },
            Note::StartPostponed { employee: EMPLOYEE, first_day: None },
            Note::StartPostponed { employee: EMPLOYEE, first_day: Some(day) },
            Note::NoLanguage { employee: EMPLOYEE },
            Note::SpellingVariants { attribute: attribute.clone(), chosen: from("Care"), others: number },
            Note::AttributeWithheld { attribute: attribute.clone() },
            Note::NotReleased { attribute: attribute.clone() },
            Note::NotReleased { attribute: AttributeKey::new(AttributeKey::TERMINATION_DATE) },
            Note::NotReleased { attribute: AttributeKey::new(AttributeKey::DEPARTMENT) },
            Note::NotReleased { attribute: AttributeKey::new(AttributeKey::STATUS) },
            Note::ValuesNotSent { attribute, people: number },
            Note::CellsUnknown { header: from("Badge"), people: number },
            Note::AttributesNotListed { reply: Reply::Status(403), instead: Instead::Employees },
            Note::AttributesNotListed { reply: Reply::NotInTime, instead: Instead::Memory },
            Note::InterfaceEnds { path: "/company/employees".to_owned(), on: Some(self.day) },
            Note::InterfaceEnds { path: "/auth".to_owned(), on: None },
            Note::DestinationUnseen { why: "no answer".to_owned() },
            Note::DeliveryUnverified,
            Note::Arrived { run: 7 },
            Note::NotArrived { run: 7 },
            Note::CameBesides { plan: from("4f0c"), counts, stay: number },
            Note::Withdrawn { plan: from("4f0c") },
            Note::NothingDelivered,
            Note::CredentialPassedOver { place: from("HONESTLY_SYNC_SECRET"), used: from("personio-credentials") },
            Note::HalfCredential { set: from("HONESTLY_SYNC_SECRET"), missing: from("HONESTLY_SYNC_CLIENT_ID") },
        ]
    }

    pub(crate) fn notes(self) -> Vec<Note> {
        let undecided = |place| move |problem| Note::Undecided { employee: EMPLOYEE, problem, place };
        let renamed = |because| Note::ColumnRenamed(Renamed { attribute: key(), header: "Badge".to_owned(), because });
        let flaw = |kind| {
            let quote = matches!(kind, FlawKind::NotSeen).then(|| "Permission denied".to_owned());
            Note::Delivery(Flaw { kind, file: "in/employees.csv".to_owned(), quote })
        };
        let kept = self.problems().into_iter().take(1).map(undecided(Place::Kept));
        let left_out = self.problems().into_iter().map(undecided(Place::LeftOut));
        let undecided = kept.chain(left_out);
        let facts = self.notes_of_facts().into_iter();
        let labels = self.label_problems().into_iter().map(renamed);
        let flaws = self.flaw_kinds().into_iter().map(flaw);
        let clocks = self.clocks().into_iter().map(|clock| Note::ClockInDoubt { clock });
        let names = self.mismatches().into_iter().map(Note::Name);
        facts.chain(labels).chain(flaws).chain(clocks).chain(names).chain(undecided).collect()
    }
}
