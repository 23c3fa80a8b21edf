//! The first run, and the run after it that has nothing to do.

use crate::personio::{Personio, person};
use crate::stage::Stage;

#[test]
fn connect_runs_the_first_sync_and_the_second_run_has_nothing_to_do() {
    let personio = Personio::with([
        person(1, "Ada", "Lovelace", "ada@example.org"),
        person(2, "Zoë", "Øster-Brandt", "zoe@example.org").supervisor(1),
    ]);
    let stage = Stage::new(&personio);
    let connected = stage.connect(&[]).expect(0);
    assert!(connected.stdout.contains("Required"), "{connected:#?}");
    assert_eq!(stage.people(), [(1, "ada@example.org".to_owned()), (2, "zoe@example.org".to_owned())]);
    let before = stage.contents();
    let second = stage.run(&["sync"]).expect(0);
    assert_eq!((second.stdout.as_str(), second.stderr.as_str()), ("", ""));
    assert_eq!(stage.contents(), before);
}
