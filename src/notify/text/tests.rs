//! What mails say, and whom they never name.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

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
        changes: Some(Changes { added: 2, removed: 19, updated: 1, groups: 0, columns: 0 }),
    }
}

#[test]
fn a_mail_about_a_held_plan_reads_so() {
    let Text { subject, body } = text(&Notice::Run(run(Occasion::HoldBegan, Exit::Held)), Page::LeftOut, "server1");
    assert_eq!(subject, "honestly-sync: please review a held plan: 2 come, 19 go, 1 changes");
    let expected = format!(
        "Please review this plan, then approve it or correct what led to it. Until then nothing that changes in \
         Personio reaches Honestly.\n\n  people who come:           2\n  people who go:            19\n  \
         people who change:         1\n\n  plan 0123456789ab is held, and nothing of it was written\n    \
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
    let runs = occasions.iter().flat_map(|occasion| exits.iter().map(|exit| Notice::Run(run(*occasion, *exit))));
    let quiet = [Notice::Test, Notice::Run(run(Occasion::AllClear, Exit::InStep))];
    for notice in runs.chain(quiet) {
        let Text { subject, body } = text(&notice, Page::Attached, "server1");
        let (upper, lower) = if notice == Notice::Test || subject.contains("all is well") {
            ("Nothing to do", "nothing to do")
        } else {
            ("Please ", "please ")
        };
        assert!(subject.strip_prefix("honestly-sync: ").unwrap().starts_with(lower), "{subject}");
        assert!(body.starts_with(upper), "{body}");
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
        let Text { subject: _, body } = text(&Notice::Run(run), Page::LeftOut, "server1");
        let line = format!("\n{hint}\n");
        prop_assert!(body.contains(&line), "{}", body);
        let rest = body.replace(&hint, "");
        prop_assert!(!rest.contains(".example"), "{}", rest);
        prop_assert!(rest.chars().all(|c| c == '\n' || (' '..='~').contains(&c)), "{:?}", rest);
    }
}
