//! Whatever stands in an answer arrives as it is.

use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::*;

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

fn question<'q>(digest: &'q PlanDigest, contact: &'q str, company: &'q str, changes: &'q str) -> Question<'q> {
    Question { contact, company: Some(company), digest, changes }
}

#[test]
fn an_approval_names_the_plan_and_leaves_the_name_to_its_reader() {
    let digest = PlanDigest::parse("0265f02c5481").unwrap();
    let question = question(&digest, "it+hr@example.com", "Müller & Söhne", "3 Personen würden entfernt");
    let link = approval(Tongue::German, &question);
    let (before, body) = link.split_once("&body=").unwrap();
    assert_eq!(
        before,
        "mailto:it%2Bhr@example.com?subject=M%C3%BCller%20%26%20S%C3%B6hne%3A%20Freigabe%20des%20Plans%200265f02c5481"
    );
    assert_eq!(
        decoded(body),
        "Ich habe den Plan 0265f02c5481 geprüft: 3 Personen würden entfernt.\r\n\r\nIch gebe genau diesen Plan frei. Mein \
         Name: "
    );
}

proptest! {
    #[test]
    fn whatever_a_company_is_called_nothing_of_it_becomes_another_part_of_the_link(
        company in "[a-z&?=#%+ äß\"'<>\u{1f600}-]{1,40}",
        user in "[a-z&?=#%+'/-]{1,20}",
    ) {
        let digest = PlanDigest::parse("0265f02c5481").unwrap();
        let contact = format!("{user}@example.com");
        let question = question(&digest, &contact, &company, "nobody is removed");
        for tongue in Tongue::ALL {
            for link in [approval(tongue, &question), objection(tongue, &question)] {
                let (to, rest) = link.strip_prefix("mailto:").unwrap().split_once("?subject=").unwrap();
                let (subject, body) = rest.split_once("&body=").unwrap();
                prop_assert_eq!(decoded(to), contact.as_str());
                let begins = format!("{company}: ");
                prop_assert!(decoded(subject).starts_with(&begins), "{}", subject);
                prop_assert!(decoded(body).contains("\r\n\r\n"));
                let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~%@".contains(c);
                prop_assert!([to, subject, body].iter().all(|part| part.chars().all(is_plain)), "{}", link);
            }
        }
    }
}
