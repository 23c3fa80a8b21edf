//! The man page is made from the clap definitions: one page with a section for each command.

use std::cell::RefCell;
use std::collections::BTreeSet;

use clap::CommandFactory as _;
use clap_mangen::Man;
use honestly_sync::cli::Cli;
use honestly_sync::config::Environment;

use crate::golden;

type Section<'a> = &'a dyn Fn(&Man, &mut dyn std::io::Write) -> std::io::Result<()>;

fn rendered(man: &Man, section: Section<'_>) -> String {
    let mut page = Vec::new();
    section(man, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

fn page() -> String {
    let whole = Cli::command();
    let man = Man::new(whole.clone());
    let first: [Section<'_>; 3] =
        [&|man, page| man.render_title(page), &|man, page| man.render_name_section(page), &|man, page| {
            man.render_synopsis_section(page)
        }];
    let mut page: String = first.map(|section| rendered(&man, section)).concat();
    for command in whole.get_subcommands() {
        let command = command.clone().disable_help_flag(true);
        let name = command.get_name().to_uppercase();
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let man = Man::new(command.bin_name(format!("honestly-sync {}", name.to_lowercase())));
        let synopsis = rendered(&man, &|man, page| man.render_synopsis_section(page));
        let options = rendered(&man, &|man, page| man.render_options_section(page));
        page.push_str(&format!(".SH {name}\n{}.PP\n{about}.\n{}", body(&synopsis), body(&options)));
    }
    page.push_str(&rendered(&man, &|man, page| man.render_options_section(page)));
    let codes = rendered(&man, &|man, page| man.render_extra_section(page));
    page.push_str(&codes.replace(".SH EXTRA\nExit codes:\n", ".SH \"EXIT STATUS\"\n.nf\n"));
    page.push_str(".fi\n");
    page.push_str(&list("FILES", &FILES));
    page.push_str(&list("ENVIRONMENT", &ENVIRONMENT));
    page.push_str(&list("EXAMPLES", &EXAMPLES));
    let (preamble, rest) = page.split_at(page.find(".TH").unwrap());
    format!("{preamble}{}", rest.replace(preamble, "")).lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A section of things and what each of them is for.
fn list(title: &str, entries: &[(&str, &str)]) -> String {
    let escaped = |text: &str| text.replace('\\', "\\e").replace('-', "\\-");
    let entry = |(name, what): &(&str, &str)| format!(".TP\n\\fB{}\\fR\n{}\n", escaped(name), escaped(what));
    let entries: String = entries.iter().map(entry).collect();
    format!(".SH {title}\n{entries}")
}

/// A section without its own heading.
fn body(section: &str) -> String {
    section.lines().filter(|line| !line.starts_with(".SH")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_man_page_is_what_the_command_line_says() {
    golden::assert_is("man/honestly-sync.1", &page());
}

#[test]
fn the_man_page_has_the_sections_that_people_look_for() {
    let page = page();
    for section in ["EXIT STATUS", "FILES", "ENVIRONMENT", "EXAMPLES"] {
        let quoted = format!(".SH \"{section}\"\n");
        assert!(page.contains(&format!(".SH {section}\n")) || page.contains(&quoted), "{section}");
    }
}

#[test]
fn the_man_page_has_every_variable_that_is_read() {
    let asked = RefCell::new(BTreeSet::from(["RUST_LOG".to_owned()]));
    let _ = Environment::of(|name| {
        asked.borrow_mut().insert(name.to_owned());
        None
    });
    let told = ENVIRONMENT.iter().flat_map(|(names, _)| names.split(", ")).map(str::to_owned);
    assert_eq!(told.collect::<BTreeSet<_>>(), asked.into_inner());
}

/// The files.
const FILES: [(&str, &str); 6] = [
    ("~/.config/honestly-sync/config.toml", "The configuration of a user."),
    ("/etc/honestly-sync/config.toml", "The configuration of the machine, where the user has none."),
    (
        "~/.local/state/honestly-sync/mirror.db",
        "The mirror: what was last decided, who has it, and how every run went. Under systemd in /var/lib/honestly-sync.",
    ),
    (
        "~/.local/state/honestly-sync/credentials.json",
        "The credential that connect stored, readable for its owner alone. With the package in \
         /etc/honestly-sync/credentials/personio.json.",
    ),
    (
        "~/.local/state/honestly-sync/mirror.db.lock",
        "Held by a run as long as it lasts, so that a second one steps aside. Empty.",
    ),
    (
        "~/.local/state/honestly-sync/mirror.db.witness",
        "Which mirror the last run left, so that no older copy is believed. It names nobody.",
    ),
];

/// The environment variables.
const ENVIRONMENT: [(&str, &str); 14] = [
    ("HONESTLY_SYNC_CONFIG", "The path of the configuration, where --config is not given."),
    ("HONESTLY_SYNC_CLIENT_ID", "The client id, for connect and, with the secret, instead of a stored credential."),
    ("HONESTLY_SYNC_SECRET", "The secret that belongs to it."),
    ("HONESTLY_SYNC_SMTP_PASSWORD", "The password of the mail server's user, where no file has it."),
    ("HOME, XDG_CONFIG_HOME, XDG_STATE_HOME", "Where the folders of a user's configuration and state are."),
    ("STATE_DIRECTORY", "Set by systemd: the folder of the mirror and the credential."),
    ("CREDENTIALS_DIRECTORY", "Set by systemd: the folder of the credentials that a unit hands over."),
    (
        "HTTPS_PROXY, https_proxy, ALL_PROXY, all_proxy",
        "The proxy for Personio and the ping, as in http://HOST:PORT; the first of them that is set.",
    ),
    ("NO_PROXY, no_proxy", "The hosts that no proxy is for, as curl reads them."),
    ("JOURNAL_STREAM", "Set by systemd: messages get priorities, and every run one line."),
    ("SUDO_USER", "Who gives an approval, for the run log, where --by does not say."),
    ("NO_COLOR", "No colour, where --color does not ask for it."),
    ("TERM", "No colour where it is dumb or not set and --color does not ask for it."),
    ("RUST_LOG", "Which messages are written, instead of --verbose and --quiet."),
];

/// What it is used for.
const EXAMPLES: [(&str, &str); 7] = [
    ("honestly-sync connect --client-id ID --secret -", "Prove a credential, store it and run the first sync."),
    ("honestly-sync sync --dry-run", "See what the next sync would do."),
    ("honestly-sync sync --dry-run --explain Weber", "Why somebody is in or out."),
    ("honestly-sync sync", "What cron or a timer runs every twelve hours."),
    ("honestly-sync sync --approve 0265f02c5481", "Apply exactly the held plan that was reviewed."),
    ("honestly-sync status --check", "For a monitoring system."),
    ("honestly-sync status --run latest", "Every change of the newest run."),
];
