//! How names are compared where one person may look like another one: takeovers alone. Adoption, filters and import ids compare by
//! `skeleton`, because there two names that are only alike must stay two.
//!
//! Its law: a name is the same with or without capitals and accents, with umlauts written out (`Müller`, `Mueller`, `Muller`), with
//! its words in any order, with hyphens or spaces between them, and with first and last name exchanged.

use unicode_normalization::UnicodeNormalization as _;

use crate::roster::model::text::skeleton;

/// The words of a name, each in one spelling, sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Spelling(Vec<String>);

impl Spelling {
    pub(super) fn of(first_name: &str, last_name: &str) -> Self {
        let whole = format!("{first_name} {last_name}");
        let seen = skeleton(&whole);
        let is_mark =
            |c: &char| ('\u{300}'..='\u{36f}').contains(c) || matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '`');
        let bare: String = seen.nfkd().filter(|c| !is_mark(c)).collect();
        let words = bare.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(plain);
        let mut words: Vec<String> = words.collect();
        if words.is_empty() {
            // A name without letters is its own only word.
            words.push(seen.trim().to_owned());
        }
        words.sort_unstable();
        Self(words)
    }

    /// A title, a particle or an initial is no word of a name here: many people have it.
    pub(super) fn shares_a_word_with(&self, other: &Self) -> bool {
        let is_own = |word: &&String| word.chars().nth(1).is_some() && !OFTEN.contains(&word.as_str());
        self.0.iter().filter(is_own).any(|word| other.0.binary_search(word).is_ok())
    }
}

/// Titles and particles of names, as they are spelled here.
const OFTEN: [&str; 32] = [
    "dr", "prof", "dipl", "ing", "mag", "von", "van", "vom", "zu", "zum", "zur", "de", "der", "den", "del", "della",
    "des", "di", "do", "dos", "du", "da", "la", "le", "al", "el", "bin", "bint", "ibn", "mac", "mc", "thi",
];

/// Without letters that are written in several ways. A second vowel that only writes out an umlaut or a ring is dropped, whatever it
/// stands for: `ae`, `oe`, `ue` and `aa` are the vowel before it.
fn plain(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    let mut other = [0; 4];
    for c in word.chars() {
        let letters = match c {
            'ß' => "ss",
            'æ' => "a",
            'œ' | 'ø' => "o",
            'ł' => "l",
            'đ' | 'ð' => "d",
            'þ' => "th",
            'ħ' => "h",
            'ŧ' => "t",
            'ŋ' => "n",
            'ı' => "i",
            _ => c.encode_utf8(&mut other),
        };
        for c in letters.chars() {
            let writes_out = matches!((plain.chars().next_back(), c), (Some('a' | 'o' | 'u'), 'e') | (Some('a'), 'a'));
            if !writes_out {
                plain.push(c);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_however_it_is_spelled() {
        for (one, other) in [
            (("Anna", "Müller"), ("ANNA", "mueller")),
            (("Anna", "Müller"), ("Anna", "Muller")),
            (("Anna", "Müller"), ("Müller", "Anna")),
            (("Anna", "Mu\u{308}ller"), ("", "MUELLER,  Anna")),
            (("Jörg", "Groß"), ("Joerg", "GROSS")),
            (("Jörg", "GROẞ"), ("Jorg", "Gross")),
            (("Søren", "Ødegård"), ("Soeren", "Oedegaard")),
            (("Soren", "Odegard"), ("Sören", "Ödegaard")),
            (("Åsa", "Kjær"), ("Aasa", "Kjaer")),
            (("Łukasz", "Đorđević"), ("Lukasz", "Dordevic")),
            (("Anna-Lena", "Müller-Kaya"), ("Anna Lena", "Kaya Mueller")),
            (("Anna\u{2010}Lena", "Kaya"), ("Lena Anna", "Kaya")),
            (("Conor", "O'Neil"), ("Conor", "O\u{2019}Neil")),
            (("Conor", "O'Neil"), ("conor", "ONEIL")),
            (("İpek", "Yıldız"), ("Ipek", "Yildiz")),
            (("José", "Núñez"), ("Jose", "Nunez")),
            (("Þóra", "Œuvrard"), ("Thora", "Oeuvrard")),
            (("\u{1F600}", ""), ("", "\u{1F600}")),
        ] {
            assert_eq!(Spelling::of(one.0, one.1), Spelling::of(other.0, other.1), "{one:?} {other:?}");
        }
        for (one, other) in [
            (("Anna", "Müller"), ("Anne", "Müller")),
            (("Anna", "Müller"), ("Anna", "Miller")),
            (("Anna", "Müller"), ("Anna", "Müller-Kaya")),
            (("Иван", "Петров"), ("Пётр", "Иванов")),
            (("\u{1F600}", ""), ("\u{1F601}", "")),
        ] {
            assert_ne!(Spelling::of(one.0, one.1), Spelling::of(other.0, other.1), "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_marriage_keeps_a_word() {
        let shares = |one: (&str, &str), other: (&str, &str)| {
            Spelling::of(one.0, one.1).shares_a_word_with(&Spelling::of(other.0, other.1))
        };
        assert!(shares(("Anna", "Müller"), ("Anna", "Kaya")));
        assert!(shares(("Jörg", "Müller"), ("Joerg", "Kaya")));
        assert!(shares(("Anna", "Müller"), ("Zoë", "Kaya-Mueller")));
        assert!(!shares(("Anna", "Müller"), ("Ben", "Kaya")));
    }
}
