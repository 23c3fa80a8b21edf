//! Each fact that people read has its sentences for three readers, and they say the same.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::samples::Facts;
use super::*;
use crate::roster::feed::Source;
use crate::roster::plan::FieldName;
use crate::roster::voice::tests::{golden, lines, section, speaks_to_all};

fn facts(number: usize) -> Facts {
    Facts { number, day: NaiveDate::from_ymd_opt(2026, 11, 3).unwrap() }
}

fn sources() -> Vec<Source> {
    let key = || AttributeKey::new(AttributeKey::OFFICE);
    let own = [Source::ImportId, Source::Email, Source::FirstName, Source::LastName, Source::Language(None)];
    let others = [Source::Language(Some(key())), Source::ReportsToId, Source::Group(key())];
    own.into_iter().chain(others).chain([Source::Constant("Berlin".to_owned()), Source::Unknown]).collect()
}

fn fields() -> [FieldName; 7] {
    let group = FieldName::Group(AttributeKey::new(AttributeKey::OFFICE));
    use FieldName::{Email, FirstName, ImportId, Language, LastName, Supervisor};
    [ImportId, Email, FirstName, LastName, Language, Supervisor, group]
}

#[test]
fn every_fact_says_itself_to_each_of_three_readers() {
    let several = facts(3000);
    let one: Vec<Note> = facts(1).notes();
    let several_notes = several.notes();
    // Where the number makes another sentence, both stand in the file.
    let notes: Vec<Note> = several_notes
        .into_iter()
        .zip(one)
        .flat_map(|(several, one)| if several == one { vec![several] } else { vec![one, several] })
        .filter(|note| {
            !matches!(note, Note::Name(_))
                && !matches!(note, Note::Undecided { problem, .. } if *problem != facts(1).problems()[0])
        })
        .collect();
    let text = [
        section_of_notes(&notes),
        section("Problems", &several.problems()),
        section("What a record should have", &several.expected()),
        section("What Personio did", &several.replies()),
        section("Reasons", &several.reasons()),
        section("Names", &several.mismatches()),
        format!(
            "# Sources of columns\n{}",
            sources().iter().map(|source| lines(source.kind(), source)).collect::<String>()
        ),
        format!("# Fields\n{}", fields().iter().map(|field| lines(field.as_str(), field)).collect::<String>()),
    ];
    golden("sentences-notes.txt", &text.join("\n"));
}

/// Those about names have a section of their own.
fn section_of_notes(notes: &[Note]) -> String {
    let name = facts(1).mismatches().into_iter().take(1).map(Note::Name);
    section("Notes", &notes.iter().cloned().chain(name).collect::<Vec<_>>())
}

#[test]
fn every_kind_of_what_a_fact_holds_has_a_sample() {
    let facts = facts(1);
    section("", &facts.absences());
    section("", &facts.filters());
    section("", &facts.doubts());
    section("", &facts.unlike());
    section("", &facts.label_problems());
}

proptest! {
    #![proptest_config(crate::tests::cases(64))]

    #[test]
    fn hr_hears_the_same_numbers_and_nothing_of_the_configuration(number in 1..70_000_usize, day in 0..40_000_i32) {
        let day = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::Days::new(u64::try_from(day).unwrap());
        let facts = Facts { number, day };
        let (notes, reasons) = (facts.notes(), facts.reasons());
        let told = notes.iter().map(speaks_to_all).chain(reasons.iter().map(speaks_to_all));
        let (replies, expected) = (facts.replies(), facts.expected());
        let told = told.chain(replies.iter().map(speaks_to_all)).chain(expected.iter().map(speaks_to_all));
        for fault in told.filter_map(Result::err) {
            prop_assert!(false, "{fault}");
        }
    }
}
