//! What mails say, and whom they never name.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::history::{ApprovalGiven, Approver, Usual};
use crate::roster::decide::reasons::Reason;
use crate::roster::plan::{Counts, PlanDigest, Tally};

fn run(occasion: Occasion, exit: Exit) -> RunNotice {
    RunNotice {
        answer: Answer::ApproveOrCorrect,
        occasion,
        since: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_opt(1, 42, 0).unwrap(),
        exit,
        message: Some(
            "plan 0123456789ab is held, and nothing of it was written\n  19 of 60 people would go".to_owned(),
        ),
        hints: vec!["approve it: honestly-sync --config /etc/x.toml sync --approve 0123456789ab".to_owned()],
        sums: Some(sums()),
        end: End::Recovered,
        page_at: None,
    }
}

fn sums() -> Sums {
    Sums {
        counts: Counts { people: Tally { added: 2, changed: 1, removed: 19 }, ..Counts::default() },
        baseline: Baseline::Delivered,
        reasons: vec![(Reason::LastDayPassed(NaiveDate::default()), 16), (Reason::OnLeave, 3)],
        shares: vec![(12, 15), (7, 45)],
        falls: 0,
        usual: Usual { largest_removal: 5, by_week: Some((9, 6)) },
    }
}

#[test]
fn a_mail_about_a_held_plan_reads_so() {
    let Text { subject, body } = text(&run(Occasion::HoldBegan, Exit::Held), Page::LeftOut, "server1");
    assert_eq!(
        subject,
        "honestly-sync: please review a held plan: 19 people would be removed, 2 people would be added"
    );
    let expected = format!(
        "Please review this plan, then approve it or correct what led to it. Until then nothing that changes in \
         Personio reaches Honestly.\n\n  19 people would be removed from Honestly\n  2 people would be added\n  \
         1 person would be updated\n  by reason: 16 left, last day passed; 3 on leave\n  \
         by department: 12 of 15 and 7 of 45\n  \
         the largest removal of one run within a year: 5 people; on average 1.5 a week\n\n  plan 0123456789ab is held, and nothing of it was written\n    \
         19 of 60 people would go\n\n\
         approve it: honestly-sync --config /etc/x.toml sync --approve 0123456789ab\n\n\
         honestly-sync {} on server1\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(body, expected);
}

#[test]
fn every_mail_begins_with_what_to_do() {
    let occasions = [Occasion::HoldBegan, Occasion::RulesChanged, Occasion::HoldLasts, Occasion::FailedAgain];
    let exits = [Exit::Bug, Exit::Untrusted, Exit::Unavailable, Exit::Rejected, Exit::Misconfigured, Exit::Held];
    let runs = occasions.iter().flat_map(|occasion| exits.iter().map(|exit| run(*occasion, *exit)));
    let mails = runs.map(|run| ("lease ", text(&run, Page::Attached, "server1")));
    let all_clear = text(&run(Occasion::AllClear, Exit::InStep), Page::Attached, "server1");
    let quiet = [test("server1"), all_clear].map(|text| ("othing to do", text));
    for (begins, Text { subject, body }) in mails.chain(quiet) {
        let [upper, lower] =
            if begins == "lease " { ["P", "p"] } else { ["N", "n"] }.map(|first| format!("{first}{begins}"));
        assert!(subject.strip_prefix("honestly-sync: ").unwrap().starts_with(&lower), "{subject}");
        assert!(body.starts_with(&upper), "{body}");
        assert!(subject.is_ascii() && subject.len() < 120 && !subject.contains('\n'), "{subject}");
    }
}

proptest! {
    /// Whatever a run said, the mail has nobody's address, no misleading character, and whole commands.
    #[test]
    fn a_mail_names_nobody_and_shows_what_it_is(
        said in "([a-z]{1,8}@[a-z]{1,8}\\.example[,.:\"]{0,2}|[a-z0-9]{1,6}|\u{202e}|\u{7}|\u{200b}|\n|\t| ){0,30}",
        hint in "[ -~]{1,900}",
    ) {
        let run = RunNotice { message: Some(said), hints: vec![hint.clone()], ..run(Occasion::HoldLasts, Exit::Held) };
        let Text { subject: _, body } = text(&run, Page::LeftOut, "server1");
        let line = format!("\n{hint}\n");
        prop_assert!(body.contains(&line), "{}", body);
        let rest = body.replace(&hint, "");
        prop_assert!(!rest.contains(".example"), "{}", rest);
        prop_assert!(rest.chars().all(|c| c == '\n' || (' '..='~').contains(&c)), "{:?}", rest);
    }
}

#[test]
fn at_a_first_delivery_a_mail_says_that_removals_are_not_known_instead_of_none() {
    let first = Sums {
        counts: Counts { people: Tally { added: 40, ..Tally::default() }, ..Counts::default() },
        baseline: Baseline::Unknown,
        ..sums()
    };
    let run = RunNotice { sums: Some(first), ..run(Occasion::HoldBegan, Exit::Held) };
    let Text { subject: _, body } = text(&run, Page::LeftOut, "server1");
    let said = "\n\n  40 people would be added\n  how many people would be removed from Honestly is not known\n\n";
    assert!(body.contains(said), "{body}");
}

#[test]
fn the_last_mail_says_how_it_ended_and_a_mail_about_a_plan_where_its_page_is() {
    let approver = Approver { by: "Mona Weber".into(), user: "root".into(), host: "server1".into() };
    let digest = PlanDigest::parse("0265f02c5481").unwrap();
    let approval = |approver| RecordedApproval { digest: digest.clone(), given: ApprovalGiven::InThisRun, approver };
    let ends = [
        (
            End::Approved(approval(Some(approver))),
            "approved by Mona Weber, entered by root on server1 and carried out.\n",
        ),
        (End::Approved(approval(None)), "approved by a person and carried out.\n"),
        (End::Withdrawn, "so it was withdrawn.\n"),
        (End::Recovered, "Runs succeed again.\n"),
    ];
    for (end, said) in ends {
        let over = RunNotice { end, message: None, ..run(Occasion::AllClear, Exit::InStep) };
        let Text { subject: _, body } = text(&over, Page::LeftOut, "server1");
        assert!(body.split("\n\n").next().is_some_and(|first| format!("{first}\n").ends_with(said)), "{body}");
    }
    let held = RunNotice { page_at: Some("/srv/review.html".into()), ..run(Occasion::HoldBegan, Exit::Held) };
    let Text { subject: _, body } = text(&held, Page::LeftOut, "server1");
    assert!(body.contains("\nThe page of this plan is on this machine: /srv/review.html\n"), "{body}");
}
