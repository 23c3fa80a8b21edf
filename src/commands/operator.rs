//! Who runs the program, and on which machine: said of an approval, which nothing proves.

use std::fs;

use super::Context;
use crate::history::Approver;
use crate::visible::visible;

impl Context {
    /// Who approves in this run: whom `--by` names, else the user behind sudo, else the user.
    pub(super) fn approver(&self, by: Option<&str>) -> Approver {
        let user = user();
        let by = by.or(self.config.sudo_user()).map_or_else(|| user.clone(), |by| visible(by).into_owned());
        Approver { by, user, host: host() }
    }
}

/// The machine.
pub(super) fn host() -> String {
    visible(&rustix::system::uname().nodename().to_string_lossy()).into_owned()
}

/// The name of the user, else the number: of users in a directory the system's file says nothing.
fn user() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let users = fs::read("/etc/passwd").unwrap_or_default();
    let users = String::from_utf8_lossy(&users);
    let name = users.lines().find_map(|line| named(line, &uid)).map(|name| visible(name).into_owned());
    name.unwrap_or_else(|| format!("uid {uid}"))
}

/// The name on a line of passwd(5), where it is this user's.
fn named<'l>(line: &'l str, uid: &str) -> Option<&'l str> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| !name.is_empty())?;
    (fields.nth(1) == Some(uid)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number_and_not_by_a_name_or_a_group_that_looks_like_it() {
        assert_eq!(named("root:x:0:0:root:/root:/bin/bash", "0"), Some("root"));
        for other in ["mona:x:1000:0::/:", "0:x:7:7::/:", "", "::0:0", "cut:x"] {
            assert_eq!(named(other, "0"), None, "{other:?}");
        }
    }
}
