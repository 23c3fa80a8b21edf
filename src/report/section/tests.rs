//! What a screen shows, and what a pipe gets.

use proptest::prelude::*;

use super::*;

fn sections(heights: &[Vec<usize>]) -> Vec<Section> {
    let item = |height: usize| Item {
        rest: vec!["field: old -> new".to_owned(); height - 1],
        ..Item::new(Mark::Changed, "~ somebody")
    };
    let section = |items: &Vec<usize>| Section::new("Title", items.iter().map(|h| item(*h)).collect(), 12);
    heights.iter().map(section).collect()
}

fn written(sections: &[Section], extent: Extent) -> String {
    let mut text = String::new();
    write(&mut text, sections, Style { paint: Paint::Plain, extent }, MOST_LINES);
    text
}

proptest! {
    #[test]
    fn a_screen_holds_it_whatever_there_is_and_says_how_much_is_left_out(
        heights in proptest::collection::vec(proptest::collection::vec(1..4_usize, 0..80), 0..=9)
    ) {
        let sections = sections(&heights);
        let text = written(&sections, Extent::Screens);
        prop_assert!(text.lines().count() <= MOST_LINES, "{}", text);
        let shown = text.matches("~ somebody").count();
        let hidden: usize = text
            .lines()
            .filter_map(|line| line.strip_prefix("  ... and ")?.strip_suffix(" more")?.parse::<usize>().ok())
            .sum();
        prop_assert_eq!(shown + hidden, heights.iter().map(Vec::len).sum::<usize>());
    }

    #[test]
    fn a_pipe_gets_everything(
        heights in proptest::collection::vec(proptest::collection::vec(1..4_usize, 0..80), 0..=9)
    ) {
        let text = written(&sections(&heights), Extent::Everything);
        prop_assert_eq!(text.matches("~ somebody").count(), heights.iter().map(Vec::len).sum::<usize>());
        prop_assert!(!text.contains("... and"));
    }
}
