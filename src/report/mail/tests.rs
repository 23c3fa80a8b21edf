//! What mails say, and whom they never name.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::history::{ApprovalGiven, Approver, Usual};
use crate::report::headline::sentence;
use crate::report::model::Baseline;
use crate::report::model::Extent;
use crate::roster::decide::reasons::Reason;
use crate::roster::plan::Tally;
use crate::roster::voice::Told;

const OCCASIONS: [Occasion; 7] = [
    Occasion::HoldBegan,
    Occasion::HoldGrew { told: 12 },
    Occasion::LeadChanged,
    Occasion::HoldLasts,
    Occasion::FailedAgain,
    Occasion::DoubtLasts,
    Occasion::AllClear,
];

fn letter(tongue: Tongue) -> Letter<'static> {
    Letter { tongue, company: None, contact: None, host: "server1", page: Page::LeftOut }
}

fn rule() -> Rule {
    crate::roster::guard::samples::rules().into_iter().find(|rule| rule.kind() == "removals").unwrap()
}

fn run(occasion: Occasion, exit: Exit) -> RunNotice {
    let is_hold = matches!(exit, Exit::Held);
    RunNotice {
        occasion,
        topic: if is_hold { Topic::Hold } else { Topic::Failure },
        since: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_opt(1, 42, 0).unwrap(),
        exit,
        rules: if is_hold { vec![rule()] } else { Vec::new() },
        digest: PlanDigest::parse("0265f02c5481"),
        sums: Some(sums()),
        end: None,
        done: None,
        operator: ForOperator {
            message: Some("plan 0265f02c5481 is held\n  19 of 60 people would go".to_owned()),
            hints: vec!["approve it:\n  honestly-sync sync --approve 0265f02c5481".to_owned()],
            page_at: Some("/srv/review.html".to_owned()),
        },
    }
}

fn sums() -> Sums {
    let counts = Counts { people: Tally { added: 2, changed: 1, removed: 19 }, ..Counts::default() };
    Sums {
        extent: Extent { counts, baseline: Baseline::Delivered, before: 60, after: 43 },
        reasons: vec![(Reason::LastDayPassed(NaiveDate::default()), 16), (Reason::OnLeave, 3)],
        shares: vec![(12, 15), (7, 45)],
        falls: 0,
        usual: Usual { largest_removal: 5, by_week: Some((9, 6)) },
        since: None,
        labels: BTreeMap::new(),
    }
}

/// What stands above the line for IT, and what below.
fn halves(body: &str) -> (&str, &str) {
    let line = ["\nFor IT\n", "\nFür die IT (auf Englisch)\n"].into_iter().find(|line| body.contains(line));
    line.and_then(|line| body.split_once(line)).unwrap_or((body, ""))
}

#[test]
fn a_mail_about_a_held_plan_reads_so() {
    let Text { subject, body } = text(&run(Occasion::HoldBegan, Exit::Held), &letter(Tongue::English));
    assert_eq!(subject, "honestly-sync: review of the changes for Honestly");
    let (hr, it) = halves(&body);
    let rule = sentence(
        &rule().told(Voice::new(Reader::Hr(Tongue::English), &Discreet { tongue: Tongue::English, labels: None })),
    );
    assert_eq!(
        hr,
        format!(
            "Please check: 19 of 60 people would be removed from Honestly.\n\n\
             Held since 20 November 2026, 01:42: nothing of it has happened yet.\n\n  \
             19 people would be removed from Honestly.\n    16: left, the last day has passed\n    3: on leave\n  2 people would be added.\n  1 person would be updated.\n  \
             In single departments: 12 of 15 and 7 of 45.\n  \
             The largest removal within a year: 5 people; on average 1.5 a week.\n  \
             Honestly has 60 people, and with this plan 43 people.\n\n\
             Why it is held:\n  {rule}\n\n\
             Many people have left, or a status or a last day was set for many by mistake. Go through those who would be removed, \
             and compare the reasons with Personio.\n\n\
             The page of this plan names everybody concerned. Whoever runs honestly-sync knows where it is.\n\n\
             If all of it is right, tell whoever runs honestly-sync that you approve plan 0265f02c5481. If something is wrong, say \
             what, and correct it in Personio.\n\n\
             If nobody does anything, it stays held for as long as the reason lasts; until then nothing new reaches \
             Honestly.\n"
        )
    );
    let expected = format!(
        "\n  plan 0265f02c5481 is held\n    19 of 60 people would go\n\n\
         approve it:\n  honestly-sync sync --approve 0265f02c5481\n\n\
         The page of this plan is on this machine: /srv/review.html\n\n\
         honestly-sync {} on server1\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(it, expected);
}

/// No mail of a hold has another subject, whatever is told; what stands above the line is no command, path or machine's word.
#[test]
fn the_mails_of_a_hold_have_one_subject_without_a_number_and_hr_reads_no_machine_words() {
    for tongue in Tongue::ALL {
        let letter = Letter { company: Some("Müller GmbH"), ..letter(tongue) };
        let texts = OCCASIONS.map(|occasion| {
            let end = matches!(occasion, Occasion::AllClear | Occasion::DoubtLasts).then_some(End::Withdrawn);
            (occasion, text(&RunNotice { end, ..run(occasion, Exit::Held) }, &letter))
        });
        for (occasion, Text { subject, body }) in &texts {
            assert_eq!(*subject, texts[0].1.subject, "{occasion:?}");
            assert!(!subject.contains(|c: char| c.is_ascii_digit()) && subject.contains("Müller GmbH"), "{subject}");
            let (hr, it) = halves(body);
            for word in ["sync --", "/srv", "removals_", "server1", "`", "plan.html", "\u{2068}", "{"] {
                assert!(!hr.contains(word), "{word}: {hr}");
            }
            assert!(it.contains("sync --approve") && it.contains("/srv/review.html"), "{body}");
        }
    }
}

#[test]
fn every_mail_begins_with_what_to_do() {
    let exits = [Exit::Bug, Exit::Untrusted, Exit::Unavailable, Exit::Rejected, Exit::Misconfigured, Exit::Held];
    let runs = OCCASIONS.iter().flat_map(|occasion| exits.iter().map(|exit| run(*occasion, *exit)));
    for run in runs {
        for (tongue, begins) in
            [(Tongue::English, ["Please ", "Nothing to do: "]), (Tongue::German, ["Bitte ", "Nichts zu tun: "])]
        {
            let Text { subject, body } = text(&run, &letter(tongue));
            let begins = if run.occasion == Occasion::AllClear { begins[1] } else { begins[0] };
            assert!(body.starts_with(begins), "{body}");
            assert!(subject.chars().count() < 80 && !subject.contains('\n'), "{subject}");
        }
    }
    assert!(test(&letter(Tongue::German)).body.starts_with("Nichts zu tun: "));
}

proptest! {
    /// Whatever a run said, the mail has nobody's address, no misleading character, and whole commands.
    #[test]
    fn a_mail_names_nobody_and_shows_what_it_is(
        said in "([a-z]{1,8}@[a-z]{1,8}\\.example[,.:\"]{0,2}|[a-z0-9]{1,6}|\u{202e}|\u{7}|\u{200b}|\n|\t| ){0,30}",
        hint in "[ -~]{1,900}",
    ) {
        let mut run = run(Occasion::HoldLasts, Exit::Held);
        run.operator = ForOperator { message: Some(said), hints: vec![hint.clone()], page_at: None };
        let Text { subject: _, body } = text(&run, &letter(Tongue::English));
        let line = format!("\n{hint}\n");
        prop_assert!(body.contains(&line), "{}", body);
        let rest = body.replace(&hint, "");
        prop_assert!(!rest.contains(".example"), "{}", rest);
        prop_assert!(rest.chars().all(|c| c == '\n' || (' '..='~').contains(&c)), "{:?}", rest);
    }
}

/// Every rule says itself in a mail to HR without an address, a mark of direction or an escape.
#[test]
fn every_rule_can_be_told_in_a_mail() {
    for rule in crate::roster::guard::samples::rules() {
        for tongue in Tongue::ALL {
            let held = RunNotice { rules: vec![rule.clone()], ..run(Occasion::HoldBegan, Exit::Held) };
            let Text { subject: _, body } = text(&held, &letter(tongue));
            let (hr, _) = halves(&body);
            assert!(!hr.contains('@') && !hr.contains("\\u{") && !hr.contains('$'), "{hr}");
        }
    }
}

#[test]
fn at_a_first_delivery_a_mail_says_that_removals_are_not_known_instead_of_none() {
    let counts = Counts { people: Tally { added: 40, ..Tally::default() }, ..Counts::default() };
    let extent = Extent { counts, baseline: Baseline::Unknown, before: 0, after: 40 };
    let run = RunNotice { sums: Some(Sums { extent, ..sums() }), ..run(Occasion::HoldBegan, Exit::Held) };
    let Text { subject: _, body } = text(&run, &letter(Tongue::English));
    for said in [
        "Please check: Honestly would get a file with 40 people.\n",
        "\n  How many people that removes from Honestly is not known, as nobody knows what Honestly has.\n",
        "\n  Compare with Honestly: if it shows more than 40 people today, the others would be removed.\n",
    ] {
        assert!(body.contains(said), "{said} {body}");
    }
}

#[test]
fn the_last_mail_says_how_it_ended_and_what_was_carried_out() {
    let approver = Approver { by: "Mona Weber".into(), user: "root".into(), host: "server1".into() };
    let digest = PlanDigest::parse("0265f02c5481").unwrap();
    let approval = |approver| RecordedApproval { digest: digest.clone(), given: ApprovalGiven::InThisRun, approver };
    let since = Counts { people: Tally { added: 2, ..Tally::default() }, ..Counts::default() };
    let ends = [
        (
            End::Approved(approval(Some(approver))),
            "The plan was carried out. It was approved by Mona Weber, entered by root on server1.\n\n  \
             19 people were removed from Honestly\n  2 people were added\n  1 person was updated\n  \
             Not part of the approved plan, as it came since: 2 people were added.\n",
        ),
        (End::Approved(approval(None)), "carried out. It was approved by a person.\n"),
        (End::Withdrawn, "it was withdrawn, because what led to it is no longer there.\n"),
        (End::Recovered, "New data reaches Honestly again.\n"),
    ];
    for (end, said) in ends {
        let sums = Sums { since: Some(since), ..sums() };
        let mut over = RunNotice { end: Some(end), sums: Some(sums), ..run(Occasion::AllClear, Exit::InStep) };
        over.operator = ForOperator::default();
        let Text { subject: _, body } = text(&over, &letter(Tongue::English));
        assert!(body.starts_with("Nothing to do: ") && body.contains(said) && !body.contains("For IT"), "{body}");
    }
}

#[test]
fn a_page_that_is_too_large_for_the_server_is_said_to_be() {
    let page = |page, page_at: Option<&str>| {
        let mut held = run(Occasion::HoldBegan, Exit::Held);
        held.operator.page_at = page_at.map(str::to_owned);
        text(&held, &Letter { page, ..letter(Tongue::English) }).body
    };
    assert!(page(Page::Attached, None).contains("\nThe attached page names everybody concerned.\n"));
    let kept = page(Page::TooLarge, Some("/srv/review.html"));
    assert!(kept.contains("It is too large for a mail.") && kept.contains(": /srv/review.html\n"), "{kept}");
    assert!(page(Page::TooLarge, None).contains("sync --dry-run --review FILE.html"));
}
