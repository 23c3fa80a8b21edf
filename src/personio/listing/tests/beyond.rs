//! Who may stand beyond the announced end: nobody, or people who came before where pages have shown that offsets count.

use super::*;

#[test]
fn nobody_new_may_stand_beyond_the_end() {
    let (one, two) = (&[&[1, 2][..]][..], &[&[1, 2][..], &[3, 4]][..]);
    for (pages, beyond, is_refused) in [
        (one, &[][..], false),
        (two, &[], false),
        (one, &[1, 2], true),
        (two, &[1, 2], false),
        (two, &[4], false),
        (one, &[9], true),
        (two, &[9], true),
        (two, &[4, 9], true),
    ] {
        let total = pages.concat().len() as u64;
        let mut reading = Reading::new(total);
        for ids in pages {
            reading.take(reading.people.len() as u64, page(Some(total), ids.iter().copied())).unwrap();
        }
        let looked = reading.look_beyond(&page(Some(total), beyond.iter().copied()));
        let expected = if is_refused { Err(Disagreement::PeopleBeyondTheEnd { total }) } else { Ok(()) };
        assert_eq!(looked, expected, "{beyond:?} after {pages:?}");
    }
}
