//! The man page is made from the clap definitions: one page with a section for each command.

use clap::CommandFactory as _;
use clap_mangen::Man;
use honestly_sync::cli::Cli;

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
    page.push_str(&codes.replace(".SH EXTRA\nExit codes:\n", ".SH \"EXIT CODES\"\n.nf\n"));
    page.push_str(".fi\n");
    let (preamble, rest) = page.split_at(page.find(".TH").unwrap());
    format!("{preamble}{}", rest.replace(preamble, "")).lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A section without its own heading.
fn body(section: &str) -> String {
    section.lines().filter(|line| !line.starts_with(".SH")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_man_page_is_what_the_command_line_says() {
    golden::assert_is("man/honestly-sync.1", &page());
}
