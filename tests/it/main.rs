//! The real binary against a real HTTP server and a real SQLite file.
//!
//! `stage` is one operator's machine, `personio` a Personio whose people and misbehaviour a test chooses; the example
//! `personio_sandbox` is the same. A failure scenario asserts the exit code, the message, and that people and groups in
//! the mirror did not change.

#![allow(clippy::disallowed_methods, reason = "tests play days and clocks of their own")]
#![allow(clippy::type_complexity, reason = "a table of cases says its type where it stands")]

mod golden;
mod odd_server;
#[path = "../../examples/personio_sandbox/mod.rs"]
mod personio;
mod schema;
mod smtpd;
mod snapshot;
mod sshd;
mod stage;

mod adoption;
mod advice;
mod answers;
mod approval;
mod article;
mod bad_input;
mod bands;
mod browser;
mod cases;
mod chains;
mod check;
mod configuration;
mod connecting;
mod core_files;
mod crash;
mod delivery;
mod ends;
mod evidence;
mod exit_codes;
mod explain;
mod first_run;
mod forgetting;
mod guard;
mod histories;
mod identities;
mod in_between;
mod logs;
mod mail_stories;
mod manual;
mod monitoring;
mod month;
mod names;
mod newcomer;
mod notify;
mod odd_mail;
mod odd_servers;
mod one_sync;
mod others;
mod overlap;
mod packages;
mod page;
mod past;
mod places;
mod privacy;
mod promises;
mod readme;
mod real_between;
mod refusals;
mod restoring;
mod scenarios;
mod servers;
mod shortcut;
mod standing;
mod tidy;
mod weather;
mod who_is_in;
mod wording;
mod years;
