//! What is an age, and what is not.

use super::*;

#[test]
fn an_age_is_one_number_and_one_unit() {
    let cases = [
        ("0s", Some(0)),
        ("90m", Some(5_400)),
        (" 14h ", Some(50_400)),
        ("2d", Some(172_800)),
        ("400d", Some(34_560_000)),
        ("", None),
        ("h", None),
        ("14", None),
        ("-1h", None),
        ("1.5h", None),
        ("1h30m", None),
        ("14 h", None),
        ("4w", None),
        ("1ä", None),
        ("36526d", None),
        ("99999999999d", None),
    ];
    for (text, seconds) in cases {
        assert_eq!(parse(text).map(|age| age.num_seconds()), seconds, "{text:?}");
    }
}
