//! Paths as a shell reads them.

use super::*;

#[test]
fn a_path_is_one_word_for_a_shell() {
    for (path, expected) in
        [("/a/b.toml", "/a/b.toml"), ("/a b", "'/a b'"), ("/o'neil", "'/o'\\''neil'"), ("/$x", "'/$x'")]
    {
        assert_eq!(quoted(Path::new(path)), expected);
    }
}

#[test]
fn a_terminal_that_can_do_nothing_gets_no_colour_unless_it_is_asked_for() {
    use clap::Parser as _;
    for (more, term, no_color, expected) in [
        (&[][..], Some("xterm"), None, ColorChoice::Auto),
        (&[], Some("dumb"), None, ColorChoice::Never),
        (&[], None, None, ColorChoice::Never),
        (&[], Some("xterm"), Some("1"), ColorChoice::Never),
        (&["--color", "always"], None, Some("1"), ColorChoice::Always),
    ] {
        let cli = Cli::parse_from([&["honestly-sync", "status"], more].concat());
        let (term, no_color) = (term.map(Into::into), no_color.map(Into::into));
        let environment = Environment { term, no_color, ..Environment::default() };
        assert_eq!(color(&cli.common, &environment), expected, "{environment:?}");
    }
}
