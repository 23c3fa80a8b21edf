//! What leads on where no approval is offered, for the operator. HR reads it in `page/summary`.

use crate::roster::guard::{Rule, WayOn, ways_on};

/// One step each, with commands of the program.
pub(super) fn steps(rules: &[Rule]) -> Vec<String> {
    ways_on(rules).into_iter().flat_map(way_on).map(|step| (*step).to_owned()).collect()
}

const OTHER_CREDENTIAL: &str = "or store the right credential: $0 connect --client-id ID --secret -";

fn way_on(way: WayOn) -> &'static [&'static str] {
    match way {
        WayOn::ReadEmployees => &[
            "let the credential read employees, in Personio under Marketplace > Connected integrations; the next run goes on",
            OTHER_CREDENTIAL,
        ],
        WayOn::ReplaceCompany => &[
            "if Personio has another company or account now: $0 connect --client-id ID --secret - --replace",
            OTHER_CREDENTIAL,
        ],
        WayOn::CorrectPeople => {
            &["correct in Personio what keeps people undecided, or let the credential read it; the next run goes on"]
        }
        WayOn::SetClock => &["set this machine's clock, as with timedatectl set-ntp true; the next run goes on"],
    }
}
