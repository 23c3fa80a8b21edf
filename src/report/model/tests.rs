//! Text, page, JSON and mail say the same: each rule, count and sum of a report is in each of them, and a mail names nobody.

use serde_json::{Value as Json, json};

use super::*;
use crate::exit::Exit;
use crate::history::{ApprovalGiven, RecordedApproval};
use crate::notify::due::{Occasion, Topic};
use crate::report::headline::sentence;
use crate::report::json::SyncFacts;
use crate::report::mail::{self, ForOperator, Letter, RunNotice};
use crate::report::page::tests::everything::{Company, day, employee, key};
use crate::report::page::{Circumstances, Day, PlanState, html};
use crate::report::{Asked, Outcome, json as documents, plan, refusal, usual};
use crate::roster::decide::notes::Note;
use crate::roster::decide::reasons::Proof;
use crate::roster::feed::Feed;
use crate::roster::guard::{Cause, Destination, Limit, Recent, Refusal, Removals, Rule, Stands};
use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::{Email, Employee, Group};
use crate::roster::plan::mirror::Given;
use crate::roster::samples;
use crate::roster::voice::{Told, Voice};
use crate::tongue::Tongue;

const URL: &str = "file:///feed";

/// Every kind of change: 1 to 3 are removed, 4 and 12 lose their supervisor with them, 5 to 8 move, 9 comes with the address of 2; a
/// group gets another name, columns appear, go and are filled otherwise, and the lines end otherwise.
fn company() -> Company {
    let mut company = Company::new("Ada");
    let feed = |columns: &[(&str, &str)], people: Vec<Employee>, name: &str| Feed {
        columns: samples::columns(columns),
        people: crate::roster::model::snapshot::Snapshot::new(
            people,
            [(1, name), (2, "Sales")].map(|(id, name)| Group { key: key(id), name: name.into() }),
        )
        .unwrap(),
    };
    let led = |id| Employee { supervisor: Some(EmployeeId(1)), ..employee(id, "Eva", 1) };
    let before =
        (1..=3).map(|id| employee(id, "Ada", 1)).chain([led(4)]).chain((5..=8).map(|id| employee(id, "Ada", 1)));
    let before = before.chain([led(12), employee(13, "Ada", 2)]).collect();
    let newcomer = Employee { email: Email::new("2@example.org").unwrap(), ..employee(9, "Ada", 1) };
    let after = [employee(4, "Eva", 1), newcomer, employee(12, "Eva", 1), employee(13, "Grace", 2)].into_iter();
    let after = after.chain((5..=8).map(|id| employee(id, "Ada", 2))).collect();
    company.mirror.feed = feed(&[("Department", "department"), ("Old", "old"), ("Place", "office")], before, "Care");
    company.decision.desired =
        feed(&[("Department", "department"), ("New", "new"), ("Place", "site")], after, "Nursing");
    company.decision.notes.push(Note::ImportIdKept { employee: EmployeeId(5) });
    company.decision.notes.push(Note::SupervisorNotIn { supervisor: EmployeeId(1), people: 2, next: None });
    company
}

/// A report in all its forms.
struct Said {
    text: String,
    pages: [String; 2],
    document: Json,
    mails: [String; 2],
}

impl Said {
    fn new(report: &Report<'_>, state: PlanState<'_>) -> Self {
        let refused = match state {
            PlanState::Held { refusal, .. } => Some(refusal),
            PlanState::WouldPass | PlanState::Done | PlanState::Failed(_) => None,
        };
        let message = refused.map(|held| refusal(&report.view, held, &Asked::Run).message);
        let occasion = if refused.is_some() { Occasion::HoldBegan } else { Occasion::AllClear };
        let facts =
            SyncFacts { plan: Some(report), refusal: refused, notes: report.view.notes, ..SyncFacts::default() };
        let written = day().and_hms_opt(7, 5, 0).unwrap();
        let circumstances = Circumstances {
            state,
            day: Day::Today,
            written,
            command: "sync --approve",
            csv: None,
            approve: report.view.digest,
            contact: None,
            company: None,
            profile: None,
            approval: None,
        };
        let approval =
            RecordedApproval { digest: report.view.digest.clone(), given: ApprovalGiven::InThisRun, approver: None };
        let run = RunNotice {
            occasion,
            topic: Topic::Hold,
            since: written,
            exit: Exit::Held,
            rules: refused.map_or_else(Vec::new, |refusal| refusal.rules.clone()),
            digest: Some(report.view.digest.clone()),
            sums: Some(report.sums()),
            done: None,
            end: refused.is_none().then_some(mail::End::Approved(approval)),
            operator: ForOperator { message: message.clone(), ..ForOperator::default() },
        };
        let mail = |tongue| {
            let page = mail::Page::LeftOut;
            mail::text(&run, &Letter { tongue, company: None, contact: None, host: "server1", page }).body
        };
        Self {
            text: format!("{}{}", plan(report), message.unwrap_or_default()),
            pages: Tongue::ALL.map(|tongue| html(tongue, report, &circumstances)),
            document: serde_json::to_value(documents::sync(&facts)).unwrap(),
            mails: Tongue::ALL.map(mail),
        }
    }

    #[track_caller]
    fn in_each_mail(&self, said: impl Fn(Tongue) -> String) {
        for (tongue, mail) in Tongue::ALL.into_iter().zip(&self.mails) {
            let said = said(tongue);
            assert!(mail.contains(&said), "{tongue:?} {said}\n{mail}");
        }
    }

    #[track_caller]
    fn on_each_page(&self, said: impl Fn(Tongue) -> String) {
        for (tongue, page) in Tongue::ALL.into_iter().zip(&self.pages) {
            let said = said(tongue);
            assert!(page.contains(&said), "{tongue:?} {said}\n{page}");
        }
    }
}

/// Nobody is called anything in these sentences.
fn hr(tongue: Tongue) -> Voice<'static> {
    Voice::log().for_hr(tongue)
}

#[track_caller]
fn assert_says_all(report: &Report<'_>, said: &Said, outcome: Outcome) {
    let Said { text, document, .. } = said;
    let is_held = outcome == Outcome::Held;
    let counts = &report.plan.counts;
    for (kind, number) in counts.each() {
        assert_eq!(document["counts"][kind.counted()], number, "{kind:?}");
    }
    // A plan is shown in the text before it is carried out.
    for (_, clause) in Outcome::Previewed.clauses(Voice::log(), report.from(), counts) {
        assert!(text.contains(&clause), "{clause}\n{text}");
    }
    for at in 0..outcome.clauses(Voice::log(), report.from(), counts).len() {
        let clause = |tongue| outcome.clauses(hr(tongue), report.from(), counts).swap_remove(at).1;
        said.on_each_page(clause);
        said.in_each_mail(|tongue| if is_held { sentence(&clause(tongue)) } else { clause(tongue) });
    }
    for (reason, number) in &report.plan.leavers.reasons {
        let sum = reason.summed(*number, Voice::log());
        assert!(text.contains(&sum), "{sum}\n{text}");
        if is_held {
            said.in_each_mail(|tongue| format!("\n    {}: ", hr(tongue).number(*number)));
        }
        let sums = document["plan"]["reasons"].as_array().unwrap();
        let is_it = |sum: &&Json| sum["people"] == *number && sum["reason"]["text"] == reason.logged();
        assert!(sums.iter().any(|sum| is_it(&sum)), "{document:#}");
        said.on_each_page(|tongue| format!("<li>{}", hr(tongue).number(*number)));
    }
    for (at, removed, of) in report.shares() {
        let name = report.department(at).unwrap();
        assert!(text.contains(&format!("{name} {removed} of {of}")), "{text}");
        assert!(said.mails.iter().all(|mail| !mail.contains(name)), "{:?}", said.mails);
        if is_held {
            said.in_each_mail(|tongue| match tongue {
                Tongue::English => format!("In single departments: {removed} of {of}"),
                Tongue::German => format!("In einzelnen Abteilungen: {removed} von {of}"),
            });
        }
        let departments = document["plan"]["departments"].as_array().unwrap();
        let is_it = |one: &&Json| one["department"] == name && one["removed"] == removed && one["before"] == of;
        assert!(departments.iter().any(|one| is_it(&one)), "{document:#}");
        said.on_each_page(|tongue| match tongue {
            Tongue::English => format!("{name}</bdi>: {removed} of {of} ("),
            Tongue::German => format!("{name}</bdi>: {removed} von {of} ("),
        });
    }
    let people = report.plan.leavers.people.iter().map(|leaver| leaver.person);
    let people = people.chain(report.plan.newcomers.iter().map(|newcomer| newcomer.person));
    for person in people.chain(report.plan.changed.consequences.iter().copied()) {
        let in_text = format!("{} {}", person.key(), person.name());
        assert!(text.contains(&in_text) && document.to_string().contains(&person.id.to_string()), "{in_text}\n{text}");
        said.on_each_page(|_| person.name());
    }
    if counts.people.removed > 0 {
        let usually = usual(Voice::log(), report.view.usual);
        assert!(text.contains(&usually), "{usually}\n{text}");
        assert_eq!(document["plan"]["usual"], json!({"largest_removal": 5, "by_week": {"removed": 9, "weeks": 6}}));
        // Afterwards the page need not say by what to judge.
        if is_held {
            said.on_each_page(|tongue| usual(hr(tongue), report.view.usual));
            said.in_each_mail(|tongue| usual(hr(tongue), report.view.usual));
        }
    }
    for mail in &said.mails {
        assert!(!mail.contains("Ada") && !mail.contains("Lovelace") && !mail.contains('@'), "{mail}");
    }
}

#[test]
fn whatever_a_report_counts_is_in_the_text_on_both_pages_in_the_document_and_in_the_mail() {
    let company = company();
    company.with_view(|view| {
        let report = Report::new(view);
        let counts = report.plan.counts;
        let kinds = counts.each().into_iter().filter(|(_, number)| *number > 0).count();
        assert_eq!((kinds, counts.people.removed, counts.people.changed), (7, 3, 7), "{counts:?}");
        let removals = Removals { now: 3, recent: Recent::default(), mirrored: 10 };
        let rules = vec![
            Rule::Removals { removals, limit: Limit { people: 2, percent: 10 } },
            Rule::Withheld { attribute: AttributeKey::new("office") },
        ];
        let held = Refusal { digest: view.digest.clone(), rules, cause: Cause::Unapproved };
        let said = Said::new(&report, PlanState::Held { refusal: &held, since: None });
        assert_says_all(&report, &said, Outcome::Held);
        for (rule, told) in held.rules.iter().zip(said.document["held"]["rules"].as_array().unwrap()) {
            assert_eq!(told["kind"], rule.kind());
            let text = told["text"].as_str().unwrap();
            assert!(said.text.contains(text), "{text}\n{}", said.text);
            // Below the line for IT.
            said.in_each_mail(|_| text.to_owned());
        }
        let removals = &held.rules[0];
        said.in_each_mail(|tongue| sentence(&removals.told(hr(tongue))).replace('\u{202f}', " "));
        assert_says_all(&report, &Said::new(&report, PlanState::Done), Outcome::Done);
    });
}

#[test]
fn at_a_first_delivery_what_nobody_knows_is_not_said_to_be_none() {
    let mut company = company();
    company.mirror.given = Given::Nobody;
    company.destination =
        Some(Destination { url: URL.to_owned(), stands: Stands::Nothing, others: Vec::new(), compared: None });
    company.with_view(|view| {
        let report = Report::new(view);
        let held = Refusal { digest: view.digest.clone(), rules: Vec::new(), cause: Cause::Unapproved };
        let said = Said::new(&report, PlanState::Held { refusal: &held, since: None });
        assert_says_all(&report, &said, Outcome::Held);
        let only_mirrored: Vec<&str> = said.document["plan"]["leave_the_mirror"]
            .as_array()
            .unwrap()
            .iter()
            .map(|person| person["import_id"].as_str().unwrap())
            .collect();
        assert_eq!((report.baseline, only_mirrored.len()), (Baseline::Unknown, 3));
        assert!(said.text.contains("In the mirror, not in the file (3)\n"), "{}", said.text);
        assert!(said.text.contains("Nobody knows who would be removed.\n"), "{}", said.text);
        said.in_each_mail(|tongue| match tongue {
            Tongue::English => "\n  How many people that removes from Honestly is not known, as nobody knows what Honestly has.\n".to_owned(),
            Tongue::German => {
                "\n  Wie viele Personen dadurch aus Honestly entfernt werden, ist nicht bekannt, weil niemand weiß, was Honestly hat.\n".to_owned()
            }
        });
        let [english, german] = &said.pages;
        assert!(english.contains("How many people that removes from Honestly is not known"), "{english}");
        assert!(
            german.contains("Wie viele Personen dadurch aus Honestly entfernt werden, ist nicht bekannt"),
            "{german}"
        );
        assert!(english.contains("Not in the file any more") && german.contains("Nicht mehr in der Datei"));
    });
}

#[test]
fn where_nothing_is_delivered_no_page_says_that_honestly_removes_anybody() {
    company().with_view(|view| {
        let report = Report::new(view);
        for state in [PlanState::WouldPass, PlanState::Done, PlanState::Failed("no room")] {
            let [english, german] = Said::new(&report, state).pages;
            assert!(!english.contains("from Honestly") && !german.contains("aus Honestly"), "{english}\n{german}");
            assert!(
                english.contains("Nothing of it reaches Honestly.")
                    && german.contains("Nichts davon erreicht Honestly.")
            );
        }
        assert!(plan(&report).starts_with("Would be removed from the mirror (3)\n"));
    });
}

#[test]
fn doubtful_leavers_come_first_and_an_address_that_a_newcomer_has_is_doubt() {
    company().with_view(|view| {
        let report = Report::new(view);
        let leavers: Vec<_> =
            report.plan.leavers.people.iter().map(|leaver| (leaver.person.id.0, leaver.proof)).collect();
        assert_eq!(leavers, [(2, Proof::Weak), (1, Proof::Stated), (3, Proof::Stated)]);
        let said = Said::new(&report, PlanState::Done);
        assert_eq!(said.text.matches(" (please check)\n").count(), 1, "{}", said.text);
        said.on_each_page(|tongue| match tongue {
            Tongue::English => "please check".to_owned(),
            Tongue::German => "bitte prüfen".to_owned(),
        });
    });
    let mut company = company();
    company.decision.excluded.insert(EmployeeId(2), Reason::LastDayPassed(day()));
    company.with_view(|view| {
        let first = &Report::new(view).plan.leavers.people[0];
        assert_eq!((first.person.id, first.proof), (EmployeeId(2), Proof::Weak));
    });
}

#[test]
fn what_several_share_stands_once_and_what_follows_from_a_removal_is_no_change_of_its_own() {
    company().with_view(|view| {
        let report = Report::new(view);
        let Changed { subjects, shared, single, consequences } = &report.plan.changed;
        let shared: Vec<_> = shared
            .iter()
            .map(|(alteration, people)| (alteration.subject.clone(), alteration.to.clone(), people.len()))
            .collect();
        let department = Subject::Field(crate::roster::plan::FieldName::Group(AttributeKey::new("department")));
        assert_eq!(shared, [(department.clone(), Some(Value::Text("Sales".into())), 4)]);
        assert_eq!(single.iter().map(|(person, _)| person.id.0).collect::<Vec<_>>(), [13]);
        assert_eq!(consequences.iter().map(|person| person.id.0).collect::<Vec<_>>(), [4, 12]);
        assert_eq!(subjects, &[Subject::Field(crate::roster::plan::FieldName::FirstName), department]);
    });
}

#[test]
fn a_renamed_department_stays_one_and_loses_whom_the_plan_removes() {
    company().with_view(|view| {
        let report = Report::new(view);
        let counts = |one: &Department| (report.department(one.at).unwrap(), one.before, one.after, one.removed);
        let counts: Vec<_> = report.head_counts().iter().map(counts).collect();
        assert_eq!(counts, [("Nursing", Some(9), 3, 3), ("Sales", Some(1), 5, 0)]);
        assert_eq!(report.shares().iter().map(|(_, removed, of)| (*removed, *of)).collect::<Vec<_>>(), [(3, 9)]);
    });
}

#[test]
fn a_note_stands_with_the_person_it_is_about() {
    company().with_view(|view| {
        let report = Report::new(view);
        let about = |id| report.notes_about(view.called(EmployeeId(id))).to_vec();
        assert_eq!(about(9), [&Note::NoLanguage { employee: EmployeeId(9) }]);
        // 5 shares a change and so has no row; that a supervisor is removed is said among the changes.
        assert_eq!(report.other_notes, [&Note::NothingDelivered, &Note::ImportIdKept { employee: EmployeeId(5) }]);
        let text = plan(&report);
        let note = "the language of 9 Ada Lovelace is not in [people.language] values: the default is used";
        assert!(text.contains(&format!("  + 9 Ada Lovelace <2@example.org>: Nursing\n      {note}\n")), "{text}");
    });
}

#[test]
fn every_form_tells_the_sizes_of_groups_and_a_mail_how_many_become_small() {
    company().with_view(|view| {
        let report = Report::new(view);
        let held = Refusal { digest: view.digest.clone(), rules: Vec::new(), cause: Cause::Unapproved };
        let said = Said::new(&report, PlanState::Held { refusal: &held, since: None });
        let sizes: Vec<String> = report.sizes().iter().map(Told::logged).collect();
        assert_eq!(
            sizes,
            [
                "Department: 2 values for 8 people, 1 with fewer than 5 people (3 people in all)",
                "New: 1 value for 8 people, none with fewer than 5 people",
                "Place: 1 value for 8 people, none with fewer than 5 people",
            ]
        );
        assert!(said.text.contains(&format!("Sizes of groups\n    {}: Nursing 3\n", sizes[0])), "{}", said.text);
        assert!(
            said.text.contains("\nGroups that become small (1)\n  ~ Department: Nursing 9 -> 3\n"),
            "{}",
            said.text
        );
        let told = said.document["plan"]["group_sizes"].as_array().unwrap();
        assert_eq!(told.iter().map(|one| one["text"].as_str().unwrap()).collect::<Vec<_>>(), sizes);
        assert_eq!(told[0]["small"], json!([{"value": "Nursing", "people": 3}]));
        assert_eq!(
            said.document["plan"]["groups_that_become_small"],
            json!([{"header": "Department", "attribute": "department", "value": "Nursing", "before": 9, "after": 3}])
        );
        said.on_each_page(|tongue| match tongue {
            Tongue::English => {
                "Department: 2 values for 8 people, 1 with fewer than 5 people (3 people in all)".to_owned()
            }
            Tongue::German => {
                "Abteilung: 2 Werte für 8 Personen, 1 mit weniger als 5 Personen (zusammen 3 Personen)".to_owned()
            }
        });
        said.on_each_page(|_| "<li><bdi>Nursing</bdi> <span class=\"number\">3</span></li>".to_owned());
        said.on_each_page(|_| "<bdi>Nursing</bdi> <del dir=\"auto\">9</del> <ins dir=\"auto\">3</ins>".to_owned());
        said.on_each_page(|tongue| match tongue {
            Tongue::English => "<b dir=\"auto\">Department</b>: <bdi>Nursing</bdi>".to_owned(),
            Tongue::German => "<b dir=\"auto\">Abteilung</b>: <bdi>Nursing</bdi>".to_owned(),
        });
        let [english, german] = &said.mails;
        assert!(english.contains("Groups that become small: 1.\n"), "{english}");
        assert!(german.contains("Gruppen, die klein werden: 1.\n"), "{german}");
        assert!(!english.contains("Nursing") && !german.contains("Nursing"), "{english}\n{german}");
    });
    company().with_view(|view| {
        let report = Report::new(&PlanView { smallest_group: 0, ..*view });
        assert!(report.sizes().is_empty() && report.falls().is_empty());
    });
}
