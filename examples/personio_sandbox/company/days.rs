//! What a day brings to a company.
//!
//! Law: what was announced comes true on its day, before anything new is decided; nobody is struck twice on one day; no
//! move closes a circle of supervisors. The first day brings one of everything a demonstration wants to show.

use std::collections::BTreeSet;

use chrono::Days;

use super::super::names::{draw_married_name, pick};
use super::{Company, Employee, Event, Leave, Status, domain};

impl Company {
    pub(super) fn bring_about_what_is_due(&mut self, touched: &mut BTreeSet<i64>) -> Vec<Event> {
        let today = self.today();
        let yesterday = today - Days::new(1);
        let mut events = Vec::new();
        for place in 0..self.employees.len() {
            let employee = &self.employees[place];
            let (before, after) = (employee.status(yesterday), employee.status(today));
            if before == after {
                continue;
            }
            let person = employee.named();
            touched.insert(person.id);
            match (before, after) {
                (Status::Onboarding, Status::Active | Status::Leave) => {
                    let department = self.organisation.departments[employee.department].unit.name.clone();
                    events.push(Event::Started { person, department });
                }
                (Status::Onboarding | Status::Active | Status::Leave, Status::Inactive) => {
                    let successor = employee.supervisor;
                    self.hand_over_reports(person.id, successor);
                    events.push(Event::Left { person });
                }
                (Status::Active, Status::Leave) => events.push(Event::LeaveBegan { person }),
                (Status::Leave, Status::Active) => {
                    self.employees[place].leave = None;
                    events.push(Event::LeaveEnded { person });
                }
                // Equal ones are excluded above, and nobody becomes new again or returns from having left.
                (Status::Onboarding | Status::Active | Status::Leave, Status::Onboarding)
                | (Status::Active, Status::Active)
                | (Status::Leave, Status::Leave)
                | (Status::Inactive, _) => {}
            }
            self.note_change(place);
        }
        events
    }

    /// Rates are livelier than life, so that a company of 240 has something to tell every other day.
    pub(super) fn decide_what_happens(&mut self, touched: &mut BTreeSet<i64>, events: &mut Vec<Event>) {
        let promised = usize::from(self.days_passed == 1);
        for _ in 0..self.draw_count(800) {
            events.extend(self.announce_a_joiner(touched));
        }
        for _ in 0..self.draw_count(800) {
            events.extend(self.accept_a_notice(touched));
        }
        for _ in 0..self.draw_count(2_000) {
            self.plan_a_leave(touched);
        }
        for _ in 0..self.draw_count(1_200).max(promised) {
            events.extend(self.move_somebody(touched));
        }
        for _ in 0..self.draw_count(1_500) {
            events.extend(self.change_a_position(touched));
        }
        for _ in 0..self.draw_count(1_500) {
            events.extend(self.change_a_supervisor(touched));
        }
        for _ in 0..self.draw_count(3_000).max(promised) {
            events.extend(self.marry_somebody(touched));
        }
        if self.days_passed % 9 == 1 {
            events.extend(self.rename_a_department());
        }
    }

    fn announce_a_joiner(&mut self, touched: &mut BTreeSet<i64>) -> Option<Event> {
        let today = self.today();
        let department = self.organisation.draw_department(&mut self.rng);
        let hired = today + Days::new(self.rng.u64(3..40));
        let (id, created) = (self.next_id(), self.draw_working_hour(today));
        let mut employee = self.draw_employee(id, department, hired, created);
        employee.supervisor = self.find_supervisor(id, department);
        touched.insert(id);
        let event = Event::Announced { person: employee.named(), starts: self.as_shown(hired) };
        self.enter(employee);
        Some(event)
    }

    fn accept_a_notice(&mut self, touched: &mut BTreeSet<i64>) -> Option<Event> {
        let place = self.find_settled(touched, |company, employee| !company.is_founder(employee))?;
        let earliest = self.today() + Days::new(self.rng.u64(14..90));
        let last_day = self.plan_departure(earliest) - Days::new(1);
        self.employees[place].termination = Some(self.draw_termination(last_day));
        self.note_change(place);
        Some(Event::GaveNotice { person: self.employees[place].named(), last_day: self.as_shown(last_day) })
    }

    /// Tells nothing: Personio shows no leave before it begins.
    fn plan_a_leave(&mut self, touched: &mut BTreeSet<i64>) {
        if let Some(place) = self.find_settled(touched, |company, employee| !company.is_founder(employee)) {
            let earliest = self.today() + Days::new(self.rng.u64(2..15));
            let from = self.plan_departure(earliest);
            self.employees[place].leave = Some(Leave { from, until: from + Days::new(self.rng.u64(10..120)) });
        }
    }

    /// Only people without reports move, so that no move can close a circle.
    fn move_somebody(&mut self, touched: &mut BTreeSet<i64>) -> Option<Event> {
        let place = self.find_settled(touched, |company, employee| !company.leads_anybody(employee))?;
        let old = self.employees[place].department;
        let new = loop {
            let drawn = self.organisation.draw_department(&mut self.rng);
            if drawn != old {
                break drawn;
            }
        };
        let supervisor = self.find_supervisor(self.employees[place].id, new);
        let team = self.organisation.draw_team(&mut self.rng, new);
        let position = pick(&mut self.rng, self.organisation.departments[new].trade.positions).to_owned();
        let employee = &mut self.employees[place];
        (employee.department, employee.team, employee.position, employee.supervisor) =
            (new, team, position, supervisor);
        let person = employee.named();
        self.note_change(place);
        let [from, to] = [old, new].map(|department| self.organisation.departments[department].unit.name.clone());
        Some(Event::Moved { person, from, to })
    }

    fn change_a_position(&mut self, touched: &mut BTreeSet<i64>) -> Option<Event> {
        let place = self.find_settled(touched, |company, employee| !company.leads_anybody(employee))?;
        let positions = self.organisation.departments[self.employees[place].department].trade.positions;
        let to = pick(&mut self.rng, positions).to_owned();
        let from = std::mem::replace(&mut self.employees[place].position, to.clone());
        if from == to {
            return None;
        }
        self.note_change(place);
        Some(Event::PositionChanged { person: self.employees[place].named(), from, to })
    }

    fn change_a_supervisor(&mut self, touched: &mut BTreeSet<i64>) -> Option<Event> {
        let place = self.find_settled(touched, |company, employee| {
            !company.is_founder(employee) && !company.leads_anybody(employee)
        })?;
        let (id, before) = (self.employees[place].id, self.employees[place].supervisor);
        let after = self.find_supervisor(id, self.employees[place].department);
        if before == after {
            return None;
        }
        self.employees[place].supervisor = after;
        self.note_change(place);
        let to = self.employees[*self.places.get(&after?)?].named();
        Some(Event::SupervisorChanged { person: self.employees[place].named(), to })
    }

    fn marry_somebody(&mut self, touched: &mut BTreeSet<i64>) -> Option<Event> {
        let place = self.find_settled(touched, |_, _| true)?;
        let country = self.organisation.offices[self.employees[place].office].country;
        let employee = &mut self.employees[place];
        let before = employee.named();
        employee.last_name = draw_married_name(&mut self.rng, country, &employee.last_name);
        employee.email = self.addresses.give(&employee.first_name, &employee.last_name, domain(country));
        let (after, email) = (employee.named(), employee.email.clone());
        self.note_change(place);
        Some(Event::Married { before, after, email })
    }

    /// One with people at work in it; otherwise nobody would notice.
    fn rename_a_department(&mut self) -> Option<Event> {
        let place = self.find_settled(&mut BTreeSet::new(), |company, employee| !company.is_founder(employee))?;
        let department = &mut self.organisation.departments[self.employees[place].department];
        let before = department.rename();
        Some(Event::DepartmentRenamed { id: department.unit.id, before, after: department.unit.name.clone() })
    }

    /// A settled person who fits and was not touched today; now they are.
    fn find_settled(
        &mut self,
        touched: &mut BTreeSet<i64>,
        fits: impl Fn(&Company, &Employee) -> bool,
    ) -> Option<usize> {
        let (today, count) = (self.today(), self.employees.len());
        let start = self.rng.usize(..count.max(1));
        let place = (0..count).map(|step| (start + step) % count).find(|&place| {
            let employee = &self.employees[place];
            employee.is_settled(today) && !touched.contains(&employee.id) && fits(self, employee)
        })?;
        touched.insert(self.employees[place].id);
        Some(place)
    }

    /// A settled colleague in the department, otherwise the founder.
    fn find_supervisor(&mut self, report: i64, department: usize) -> Option<i64> {
        let mut nobody_touched = BTreeSet::new();
        let colleague = self.find_settled(&mut nobody_touched, |_, employee| {
            employee.department == department && employee.id != report
        });
        let chosen = colleague.or_else(|| self.employees.iter().position(|employee| self.is_founder(employee)));
        chosen.map(|place| self.employees[place].id)
    }

    fn hand_over_reports(&mut self, from: i64, to: Option<i64>) {
        // Yesterday's status, so that somebody who leaves on the same day as their supervisor does not pass reports on
        // to them.
        let yesterday = self.today() - Days::new(1);
        for place in 0..self.employees.len() {
            let employee = &mut self.employees[place];
            if employee.supervisor == Some(from) && employee.status(yesterday) != Status::Inactive {
                employee.supervisor = to;
                self.note_change(place);
            }
        }
    }

    fn note_change(&mut self, place: usize) {
        let today = self.today();
        self.employees[place].modified = self.draw_working_hour(today);
    }

    /// The one person in the management, who neither leaves nor moves: the root of the tree.
    fn is_founder(&self, employee: &Employee) -> bool {
        employee.department == 0
    }

    fn leads_anybody(&self, employee: &Employee) -> bool {
        self.is_founder(employee) || self.employees.iter().any(|other| other.supervisor == Some(employee.id))
    }
}
