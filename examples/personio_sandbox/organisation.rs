//! What the sandbox's company consists of besides people: offices, subcompanies, departments, teams, cost centres.
//!
//! Law: every unit keeps its id for ever; only a department's name ever changes, and never to one another department
//! bears. A company of five has two departments and a management, one of 100,000 has the same trades in many regions.
//! There are always two departments at least, so that somebody can move.

use chrono_tz::Tz;
use fastrand::Rng;

use super::names::Country;

/// Something Personio knows by an id and a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub id: i64,
    pub name: String,
}

pub struct Office {
    pub unit: Unit,
    pub zone: Tz,
    pub country: Country,
    /// How likely somebody works here, compared with the other offices.
    share: u32,
}

pub struct Department {
    pub unit: Unit,
    pub trade: &'static Trade,
    pub cost_center: Unit,
    region: &'static str,
    times_renamed: usize,
}

/// What a department does, and what the people in it are.
pub struct Trade {
    /// What the department is called in turn.
    names: &'static [&'static str],
    pub head: &'static str,
    pub positions: &'static [&'static str],
}

pub struct Organisation {
    pub offices: Vec<Office>,
    /// In the order of `Country`'s variants.
    pub subcompanies: [Unit; 3],
    /// The first one is the management.
    pub departments: Vec<Department>,
    /// Dealt out to the departments in turn.
    pub teams: Vec<Unit>,
    /// Shared by everyone whose work is split between two cost centres.
    pub overhead: Unit,
}

impl Organisation {
    pub fn of_size(people: usize) -> Organisation {
        let trades = (people / 15).clamp(2, TRADES.len());
        let regions = (people / 600).clamp(1, REGIONS.len());
        let mut departments = vec![Department::new(0, &MANAGEMENT, REGIONS[0])];
        for region in &REGIONS[..regions] {
            for trade in &TRADES[..trades] {
                departments.push(Department::new(departments.len(), trade, region));
            }
        }
        let teams = (0..(people / 12).clamp(departments.len(), 360))
            .map(|place| Unit { id: 59_000 + 3 * place as i64, name: team_name(place) })
            .collect();
        let subcompanies =
            [(7_033, "Kranich Räder GmbH"), (7_034, "Kranich Bikes Ltd"), (7_041, "Kranich Rowery Sp. z o.o.")];
        Organisation {
            offices: offices(people),
            subcompanies: subcompanies.map(|(id, name)| Unit { id, name: name.to_owned() }),
            departments,
            teams,
            overhead: Unit { id: 82_900, name: "9000 Overhead".to_owned() },
        }
    }

    pub fn draw_office(&self, rng: &mut Rng) -> usize {
        let shares: u32 = self.offices.iter().map(|office| office.share).sum();
        let mut drawn = rng.u32(..shares);
        for (place, office) in self.offices.iter().enumerate() {
            if drawn < office.share {
                return place;
            }
            drawn -= office.share;
        }
        0
    }

    /// Everywhere but in the management.
    pub fn draw_department(&self, rng: &mut Rng) -> usize {
        rng.usize(1..self.departments.len())
    }

    /// Not everybody is in a team.
    pub fn draw_team(&self, rng: &mut Rng, department: usize) -> Option<usize> {
        let teams_of_department = self.teams.len().saturating_sub(department).div_ceil(self.departments.len());
        let drawn = department + self.departments.len() * rng.usize(..teams_of_department.max(1));
        (rng.u8(..10) > 0 && drawn < self.teams.len()).then_some(drawn)
    }

    pub fn subcompany(&self, country: Country) -> &Unit {
        &self.subcompanies[country as usize]
    }
}

impl Department {
    fn new(place: usize, trade: &'static Trade, region: &'static str) -> Department {
        let mut department = Department {
            unit: Unit { id: 281_500 + 7 * place as i64, name: String::new() },
            cost_center: Unit { id: 82_957 + place as i64, name: format!("{} {}", 1000 + 10 * place, trade.names[0]) },
            trade,
            region,
            times_renamed: 0,
        };
        department.unit.name = department.current_name();
        department
    }

    /// Gives the department its next name and returns the one it had.
    pub fn rename(&mut self) -> String {
        self.times_renamed += 1;
        let name = self.current_name();
        std::mem::replace(&mut self.unit.name, name)
    }

    fn current_name(&self) -> String {
        let name = self.trade.names[self.times_renamed % self.trade.names.len()];
        if self.region.is_empty() { name.to_owned() } else { format!("{name} {}", self.region) }
    }
}

fn offices(people: usize) -> Vec<Office> {
    use Country::{Germany, Poland, UnitedKingdom};
    let known = [
        (131_014, "München", chrono_tz::Europe::Berlin, Germany, 7),
        (131_015, "London", chrono_tz::Europe::London, UnitedKingdom, 3),
        (131_022, "Kraków", chrono_tz::Europe::Warsaw, Poland, 3),
        (131_023, "Berlin", chrono_tz::Europe::Berlin, Germany, 4),
        // People of the British company on German time: an office's zone is a setting, not a fact of geography.
        (131_040, "Remote", chrono_tz::Europe::Berlin, UnitedKingdom, 2),
        (131_041, "Glasgow", chrono_tz::Europe::London, UnitedKingdom, 1),
    ];
    let count = if people < 10 { 2 } else { known.len() };
    let opened = known.into_iter().take(count);
    opened
        .map(|(id, name, zone, country, share)| Office {
            unit: Unit { id, name: name.to_owned() },
            zone,
            country,
            share,
        })
        .collect()
}

fn team_name(place: usize) -> String {
    let bird = BIRDS[place % BIRDS.len()];
    match place / BIRDS.len() {
        0 => format!("Team {bird}"),
        round => format!("Team {bird} {}", round + 1),
    }
}

#[rustfmt::skip]
static BIRDS: [&str; 30] = [
    "Adler", "Amsel", "Bussard", "Dohle", "Drossel", "Eisvogel", "Elster", "Falke", "Fink", "Gimpel", "Habicht",
    "Kiebitz", "Kranich", "Kuckuck", "Lerche", "Meise", "Milan", "Möwe", "Pirol", "Rotkehlchen", "Schwalbe", "Specht",
    "Sperling", "Star", "Stieglitz", "Storch", "Uhu", "Wachtel", "Zaunkönig", "Zeisig",
];

#[rustfmt::skip]
static REGIONS: [&str; 24] = [
    "", "North", "South", "East", "West", "Benelux", "Iberia", "Nordics", "Baltics", "France", "Italy", "Austria",
    "Türkiye", "Greece", "Canada", "Brasil", "México", "Japan", "Korea", "India", "Australia", "Middle East",
    "Africa", "Balkans",
];

static MANAGEMENT: Trade =
    Trade { names: &["Management", "Executive Team"], head: "Chief Executive Officer", positions: &["Chief of Staff"] };

static TRADES: [Trade; 12] = [
    Trade {
        names: &["Engineering", "Product Engineering", "Technology"],
        head: "Head of Engineering",
        positions: &[
            "Software Engineer",
            "Senior Software Engineer",
            "Staff Engineer",
            "QA Engineer",
            "Site Reliability Engineer",
        ],
    },
    Trade {
        names: &["Sales", "Revenue", "Sales & Partnerships"],
        head: "Head of Sales",
        positions: &[
            "Account Executive",
            "Account Manager",
            "Sales Development Representative",
            "Vertriebsinnendienst",
        ],
    },
    Trade {
        names: &["Customer Support", "Customer Care", "Customer Success"],
        head: "Head of Support",
        positions: &["Support Agent", "Senior Support Agent", "Werkstudent (m/w/d)", "Onboarding Specialist"],
    },
    Trade {
        names: &["HR", "People & Culture", "People"],
        head: "Head of People",
        positions: &["HR Business Partner", "Recruiter", "Payroll Specialist", "Personalreferent:in"],
    },
    Trade {
        names: &["Finance", "Finance & Controlling"],
        head: "CFO",
        positions: &["Controller", "Accountant", "Buchhalter:in", "Treasury Analyst"],
    },
    Trade {
        names: &["Marketing", "Brand & Marketing"],
        head: "Head of Marketing",
        positions: &["Content Manager", "Performance Marketing Manager", "Designer", "Event Manager"],
    },
    Trade {
        names: &["Produktion", "Fertigung"],
        head: "Produktionsleitung",
        positions: &["Zweiradmechatroniker:in", "Schweißer:in", "Schichtleitung", "Auszubildende:r"],
    },
    Trade {
        names: &["Logistik", "Logistics"],
        head: "Leitung Logistik",
        positions: &["Fachkraft für Lagerlogistik", "Disponent:in", "Driver"],
    },
    Trade {
        names: &["Product", "Product & Design"],
        head: "Head of Product",
        positions: &["Product Manager", "Product Designer", "UX Researcher"],
    },
    Trade {
        names: &["IT", "Information Technology"],
        head: "Head of IT",
        positions: &["System Administrator", "IT Support Specialist", "Security Engineer"],
    },
    Trade {
        names: &["Einkauf", "Procurement"],
        head: "Leitung Einkauf",
        positions: &["Strategische:r Einkäufer:in", "Buyer"],
    },
    Trade {
        names: &["Legal", "Legal & Compliance"],
        head: "General Counsel",
        positions: &["Legal Counsel", "Paralegal"],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_departments_or_teams_ever_share_a_name() {
        let mut organisation = Organisation::of_size(100_000);
        for turn in 0..6 {
            let names: BTreeSet<_> = organisation.departments.iter().map(|department| &department.unit.name).collect();
            assert_eq!(names.len(), organisation.departments.len(), "after {turn} renamings each");
            for department in organisation.departments.iter_mut().step_by(turn + 1) {
                let before = department.rename();
                assert_ne!(department.unit.name, before);
            }
        }
        let teams: BTreeSet<_> = organisation.teams.iter().map(|team| &team.name).collect();
        assert_eq!(teams.len(), organisation.teams.len());
    }

    #[test]
    fn people_only_join_teams_of_their_department() {
        let mut rng = Rng::with_seed(1);
        for people in [1, 20, 240, 5_000] {
            let organisation = Organisation::of_size(people);
            for _ in 0..2_000 {
                let department = organisation.draw_department(&mut rng);
                if let Some(team) = organisation.draw_team(&mut rng, department) {
                    assert_eq!(team % organisation.departments.len(), department);
                }
            }
        }
    }
}
