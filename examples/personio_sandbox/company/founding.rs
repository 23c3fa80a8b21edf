//! How a company begins: who is there, since when, and who reports to whom.
//!
//! Law: the people asked for, no more and no fewer; one founder, under whom everybody else stands in a tree. A company
//! that is not tiny begins in the middle of its life: some have left, some are about to, some are away, some are yet to
//! come.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::{Company, Employment, Leave, SMALLEST_LIVELY_COMPANY, Status, Termination};

/// How the account came to know its people: all at once, this many days before the first day.
const DAYS_SINCE_ACCOUNT_WAS_OPENED: u64 = 1_100;

/// What a person's place in the company's story is when it begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Founder,
    Serving,
    Gone,
    /// The first day that passes promises a joiner and a leaver: these two.
    JoiningTomorrow,
    LastDayToday,
    Joining,
    Leaving,
    Absent,
}

/// What is fixed about a person before they get a name.
struct Entry {
    fate: Fate,
    created: NaiveDateTime,
    hired: NaiveDate,
    termination: Option<Termination>,
    leave: Option<Leave>,
}

impl Company {
    pub(super) fn found(&mut self, people: usize) {
        let mut entries: Vec<Entry> =
            fates(people).into_iter().enumerate().map(|(number, fate)| self.draw_entry(number, fate)).collect();
        entries.sort_by_key(|entry| (entry.created, entry.hired));
        // Personio's ids follow no order of the list, and neither may the sandbox's: a client that sorts must do so
        // itself.
        let mut ids: Vec<i64> = (0..people).map(|_| self.next_id()).collect();
        self.rng.shuffle(&mut ids);
        for (entry, id) in entries.into_iter().zip(ids) {
            let department = match entry.fate {
                Fate::Founder => 0,
                _ => self.organisation.draw_department(&mut self.rng),
            };
            let mut employee = self.draw_employee(id, department, entry.hired, entry.created);
            employee.termination = entry.termination;
            employee.leave = entry.leave;
            if entry.fate == Fate::Founder {
                employee.position = self.organisation.departments[department].trade.head.to_owned();
                employee.employment = Employment::Internal;
                employee.contract_end = None;
            }
            let latest_change = self.first_day - Days::new(1);
            let changed = (entry.created.date() + Days::new(self.rng.u64(..700))).min(latest_change);
            employee.modified = employee.created.max(self.draw_working_hour(changed));
            self.enter(employee);
        }
    }

    fn draw_entry(&mut self, number: usize, fate: Fate) -> Entry {
        let today = self.first_day;
        // The product of two draws: most people came in the last years.
        let days_served = 40 + (self.rng.f64() * self.rng.f64() * 4_500.0) as u64;
        let mut hired = today - Days::new(days_served);
        let (mut termination, mut leave) = (None, None);
        match fate {
            Fate::Founder => hired = today - Days::new(5_200),
            Fate::Serving => {}
            Fate::Gone => {
                let last_day = today - Days::new(self.rng.u64(1..600));
                hired = last_day - Days::new(self.rng.u64(100..2_000));
                termination = Some(self.draw_termination(last_day));
            }
            Fate::JoiningTomorrow => hired = today + Days::new(1),
            Fate::Joining => hired = today + Days::new(self.rng.u64(2..45)),
            Fate::LastDayToday => {
                self.count_departure(today + Days::new(1));
                termination = Some(self.draw_termination(today));
            }
            Fate::Leaving => {
                let earliest = today + Days::new(self.rng.u64(2..60));
                let gone_from = self.plan_departure(earliest);
                termination = Some(self.draw_termination(gone_from - Days::new(1)));
            }
            Fate::Absent => {
                let from = today - Days::new(self.rng.u64(5..35));
                leave = Some(Leave { from, until: today + Days::new(self.rng.u64(5..200)) });
            }
        }
        let account_opened = today - Days::new(DAYS_SINCE_ACCOUNT_WAS_OPENED);
        let created = if hired < account_opened {
            account_opened.and_time(NaiveTime::MIN) + TimeDelta::hours(8) + TimeDelta::seconds(number as i64)
        } else {
            let announced = (hired - Days::new(self.rng.u64(14..60))).min(today - Days::new(1));
            self.draw_working_hour(announced)
        };
        Entry { fate, created, hired, termination, leave }
    }

    /// In every department the longest-serving one heads, and each has at most seven reports: a heap, and therefore a
    /// tree.
    pub(super) fn appoint_supervisors(&mut self) {
        let today = self.today();
        let mut staff: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut others = Vec::new();
        let mut founder = None;
        for (place, employee) in self.employees.iter().enumerate() {
            match employee.status(today) {
                _ if employee.department == 0 => founder = Some(employee.id),
                Status::Active | Status::Leave => staff.entry(employee.department).or_default().push(place),
                Status::Onboarding | Status::Inactive => others.push(place),
            }
        }
        for (&department, members) in &mut staff {
            members.sort_by_key(|&place| (self.employees[place].hired, self.employees[place].id));
            for (rank, &place) in members.iter().enumerate() {
                let supervisor = if rank == 0 { founder } else { Some(self.employees[members[(rank - 1) / 7]].id) };
                let leads = 7 * rank + 1 < members.len();
                let employee = &mut self.employees[place];
                employee.supervisor = supervisor;
                if rank == 0 {
                    employee.position = self.organisation.departments[department].trade.head.to_owned();
                } else if leads {
                    employee.position = "Team Lead".to_owned();
                }
            }
        }
        for place in others {
            let head = staff.get(&self.employees[place].department).map(|members| self.employees[members[0]].id);
            self.employees[place].supervisor = head.or(founder);
        }
    }
}

fn fates(people: usize) -> Vec<Fate> {
    let mut fates = vec![Fate::Founder];
    if people >= SMALLEST_LIVELY_COMPANY {
        fates.extend([Fate::JoiningTomorrow, Fate::LastDayToday]);
        for (fate, one_in) in [(Fate::Gone, 25), (Fate::Joining, 90), (Fate::Leaving, 90), (Fate::Absent, 60)] {
            fates.extend(std::iter::repeat_n(fate, (people / one_in).max(1)));
        }
    }
    fates.resize(people, Fate::Serving);
    fates
}
