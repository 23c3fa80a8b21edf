//! What the people of the sandbox are called, and under which address they are reached.
//!
//! Law: an address is given once and never again, not even after its owner married or left: a directory that reuses
//! addresses would be a different (and nastier) company. Names are common ones, combined at random; every address lies
//! in a domain reserved for examples, so that no mail can ever reach anybody.

use std::collections::HashMap;

use fastrand::Rng;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    Female,
    Male,
    Diverse,
    /// Personio sends an empty string for it.
    NotStated,
}

impl Gender {
    pub fn as_personio_writes_it(self) -> &'static str {
        match self {
            Gender::Female => "female",
            Gender::Male => "male",
            Gender::Diverse => "diverse",
            Gender::NotStated => "",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Country {
    Germany,
    UnitedKingdom,
    Poland,
}

pub struct Identity {
    pub first_name: String,
    pub last_name: String,
    pub gender: Gender,
}

/// Draws a person as likely to be met in an office of this country.
pub fn draw_identity(rng: &mut Rng, country: Country) -> Identity {
    let tradition = draw_tradition(rng, country);
    let gender = match rng.u8(..100) {
        0 => Gender::Diverse,
        1..=2 => Gender::NotStated,
        3..=49 => Gender::Male,
        _ => Gender::Female,
    };
    let given_names = match gender {
        Gender::Female => tradition.female,
        Gender::Male => tradition.male,
        Gender::Diverse | Gender::NotStated => pick(rng, &[tradition.female, tradition.male]),
    };
    let first_name = pick(rng, given_names).to_owned();
    let last_name = match rng.u8(..100) {
        0..=3 => join_by_hyphen(pick(rng, tradition.last), draw_last_name(rng, country)),
        _ => pick(rng, tradition.last).to_owned(),
    };
    Identity { first_name, last_name, gender }
}

/// The last name after a marriage, never the one before.
pub fn draw_married_name(rng: &mut Rng, country: Country, before: &str) -> String {
    loop {
        let partner = draw_last_name(rng, country);
        if before.split('-').any(|part| part == partner) {
            continue;
        }
        return match rng.u8(..3) {
            0 if !before.contains(['-', ' ']) => join_by_hyphen(before, partner),
            _ => partner.to_owned(),
        };
    }
}

/// Hands out addresses: `first.last@domain`, then `first.last2@domain`, and so on.
#[derive(Default)]
pub struct AddressBook {
    times_given: HashMap<String, u32>,
}

impl AddressBook {
    pub fn give(&mut self, first_name: &str, last_name: &str, domain: &str) -> String {
        let local_part = format!("{}.{}", spell_in_ascii(first_name), spell_in_ascii(last_name));
        let times = self.times_given.entry(local_part.clone()).or_insert(0);
        *times += 1;
        // No name ends in a digit, so a numbered address is never somebody else's plain one.
        match *times {
            1 => format!("{local_part}@{domain}"),
            again => format!("{local_part}{again}@{domain}"),
        }
    }
}

pub fn pick<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(..choices.len())]
}

fn draw_last_name(rng: &mut Rng, country: Country) -> &'static str {
    let tradition = draw_tradition(rng, country);
    pick(rng, tradition.last)
}

/// "Müller" and "Lange" become "Müller-Lange", but nobody is called "Müller-Müller".
fn join_by_hyphen(own: &str, other: &str) -> String {
    if own == other { own.to_owned() } else { format!("{own}-{other}") }
}

fn spell_in_ascii(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' | 'æ' => spelled.push_str("ae"),
            'ö' | 'ø' => spelled.push_str("oe"),
            'ü' => spelled.push_str("ue"),
            'ß' => spelled.push_str("ss"),
            'å' | 'á' | 'à' | 'â' | 'ã' | 'ą' => spelled.push('a'),
            'ç' | 'ć' | 'č' => spelled.push('c'),
            'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' => spelled.push('e'),
            'ğ' => spelled.push('g'),
            'ı' | 'í' | 'î' | 'ï' => spelled.push('i'),
            'ł' => spelled.push('l'),
            'ñ' | 'ń' => spelled.push('n'),
            'ó' | 'ô' | 'õ' => spelled.push('o'),
            'ř' => spelled.push('r'),
            'ş' | 'ś' | 'š' => spelled.push('s'),
            'ú' | 'ů' => spelled.push('u'),
            'ý' => spelled.push('y'),
            'ż' | 'ź' | 'ž' => spelled.push('z'),
            ' ' => spelled.push('-'),
            // Apostrophes, and the combining dot that a lower-cased İ leaves behind.
            '\'' | '’' | '\u{307}' => {}
            other => spelled.push(other),
        }
    }
    spelled
}

struct Tradition {
    female: &'static [&'static str],
    male: &'static [&'static str],
    last: &'static [&'static str],
}

fn draw_tradition(rng: &mut Rng, country: Country) -> &'static Tradition {
    let home = match country {
        Country::Germany => &GERMAN,
        Country::UnitedKingdom => &ENGLISH,
        Country::Poland => &POLISH,
    };
    match rng.u8(..10) {
        0..=5 => home,
        6 => &TURKISH,
        7 => pick(rng, &[&POLISH, &GERMAN]),
        8 => pick(rng, &[&ENGLISH, &SOUTHERN]),
        _ => pick(rng, &[&NORTHERN, &SOUTHERN, &EASTERN]),
    }
}

// Kept in lines by hand: the formatter would give every name a line of its own.
#[rustfmt::skip]
static GERMAN: Tradition = Tradition {
    female: &[
        "Anna", "Anna-Lena", "Birgit", "Claudia", "Franziska", "Greta", "Hannah", "Heike", "Ines", "Jana", "Jördis",
        "Katharina", "Käthe", "Lea", "Lena", "Lotte", "Marie-Luise", "Mia", "Nele", "Petra", "Sabine", "Sophie",
        "Svenja", "Ute",
    ],
    male: &[
        "Andreas", "Bernd", "Björn", "Christian", "Dieter", "Felix", "Florian", "Günther", "Hans-Jürgen", "Jan",
        "Jonas", "Jörg", "Jürgen", "Karl-Heinz", "Lukas", "Maximilian", "Moritz", "Niklas", "Paul", "Sebastian",
        "Stefan", "Sören", "Thomas", "Uwe",
    ],
    last: &[
        "Bauer", "Becker", "Böhm", "Brandt", "Braun", "Fischer", "Frank", "Groß", "Hartmann", "Hofmann", "Huber",
        "Jäger", "Kaiser", "Keller", "Klein", "Koch", "König", "Krause", "Krüger", "Lange", "Lehmann", "Maier",
        "Müller", "Neumann", "Richter", "Schäfer", "Schmidt", "Schröder", "Schulz", "Schwarz", "Vogel", "Voß",
        "Wagner", "Weber", "Weiß", "Winkler", "Wolf", "von der Heide",
    ],
};

#[rustfmt::skip]
static ENGLISH: Tradition = Tradition {
    female: &[
        "Abigail", "Aoife", "Charlotte", "Chloë", "Emily", "Freya", "Grace", "Imogen", "Mary Ann", "Niamh", "Olivia",
        "Poppy", "Zoë",
    ],
    male: &[
        "Alistair", "Callum", "Daniel", "Edward", "George", "Harry", "Jack", "Liam", "Oliver", "Rhys", "Samuel",
        "Seán", "Thomas",
    ],
    last: &[
        "Baker", "Carter", "Clarke", "Davies", "Evans", "Fitzgerald", "Hughes", "Jones", "MacDonald", "Murphy",
        "O'Brien", "O'Connor", "O'Neill", "Patel", "Roberts", "Robinson", "Singh", "Smith", "Taylor", "Walker",
        "White", "Wright",
    ],
};

#[rustfmt::skip]
static POLISH: Tradition = Tradition {
    female: &[
        "Agnieszka", "Ewa", "Grażyna", "Joanna", "Katarzyna", "Magdalena", "Małgorzata", "Oliwia", "Paulina", "Zofia",
    ],
    male: &[
        "Bartłomiej", "Grzegorz", "Jakub", "Krzysztof", "Łukasz", "Michał", "Paweł", "Piotr", "Stanisław", "Wojciech",
    ],
    last: &[
        "Dąbek", "Gołąb", "Kaczmarek", "Kowalczyk", "Krawczyk", "Mazur", "Nowak", "Pająk", "Pietrzak", "Sikora",
        "Szymczak", "Wieczorek", "Woźniak", "Wójcik", "Wróbel", "Zając",
    ],
};

#[rustfmt::skip]
static TURKISH: Tradition = Tradition {
    female: &["Ayşe", "Büşra", "Çiğdem", "Elif", "Gülşen", "İpek", "Merve", "Şeyma", "Yağmur", "Zeynep"],
    male: &["Barış", "Çağlar", "Doğan", "Emre", "Güneş", "İbrahim", "Mehmet", "Oğuz", "Şahin", "Yiğit"],
    last: &[
        "Arslan", "Aydın", "Çelik", "Demir", "Doğan", "Erdoğdu", "Güneş", "Işık", "Kılıç", "Öztürk", "Özdemir",
        "Şahin", "Yıldırım", "Yıldız", "Yılmaz",
    ],
};

#[rustfmt::skip]
static SOUTHERN: Tradition = Tradition {
    female: &["Adélaïde", "Chiara", "Francesca", "Inês", "Lucía", "María José", "Noémie", "Sofía"],
    male: &["Alessandro", "André", "François", "Iñigo", "João", "José María", "Luca", "Rémi"],
    last: &[
        "Bianchi", "D'Angelo", "D'Souza", "Fernández", "García", "Gonçalves", "Lefèvre", "Muñoz", "Núñez", "Peña",
        "Rossi", "de la Cruz",
    ],
};

#[rustfmt::skip]
static NORTHERN: Tradition = Tradition {
    female: &["Åsa", "Astrid", "Freja", "Ingrid", "Maaike", "Saana", "Signe"],
    male: &["Anders", "Bjørn", "Håkon", "Jesper", "Mikkel", "Pekka", "Søren"],
    last: &[
        "Åkesson", "Bakker", "Dahl", "Hämäläinen", "Jørgensen", "Lindström", "Nygård", "Sørensen", "de Vries",
        "van den Berg",
    ],
};

#[rustfmt::skip]
static EASTERN: Tradition = Tradition {
    female: &["Anežka", "Dragana", "Eszter", "Jiřina", "Oksana", "Željka"],
    male: &["Béla", "Jiří", "Marko", "Ondřej", "Oleksandr", "Želimir"],
    last: &["Dvořák", "Horváth", "Kovač", "Kovalenko", "Novák", "Procházka", "Šimić", "Szabó"],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_a_plain_address() {
        let mut book = AddressBook::default();
        for tradition in [&GERMAN, &ENGLISH, &POLISH, &TURKISH, &SOUTHERN, &NORTHERN, &EASTERN] {
            for last_name in tradition.last {
                for first_name in tradition.female.iter().chain(tradition.male) {
                    let address = book.give(first_name, last_name, "example.com");
                    let plain =
                        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-.@".contains(letter);
                    assert!(address.chars().all(plain), "{first_name} {last_name}: {address}");
                }
            }
        }
    }

    #[test]
    fn namesakes_get_numbers() {
        let mut book = AddressBook::default();
        let given = [("Jörg", "Groß"), ("Joerg", "Gross"), ("İpek", "O'Brien")]
            .map(|(first, last)| book.give(first, last, "example.com"));
        assert_eq!(given, ["joerg.gross@example.com", "joerg.gross2@example.com", "ipek.obrien@example.com"]);
    }

    #[test]
    fn a_marriage_always_changes_the_name() {
        let mut rng = Rng::with_seed(1);
        for before in ["Müller", "O'Brien", "Schmidt-Yılmaz", "de la Cruz"] {
            for _ in 0..500 {
                let after = draw_married_name(&mut rng, Country::Germany, before);
                assert_ne!(after, before);
                assert!(after.matches('-').count() <= 1, "{after}");
            }
        }
    }
}
