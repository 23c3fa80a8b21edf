//! Who people were: what the journal tells of the last seven days, but of those whom a person saw become somebody else.

use super::laws::feeds;
use super::*;
use crate::history::Keep;
use crate::roster::plan::mirror::{Given, Unsettled, Writing};
use crate::roster::samples::remember;
use crate::tests::cases;

const URL: &str = "file:///srv/employees.csv";

fn apply<'s>(
    store: &'s mut Store,
    run: RunId,
    loaded: &Loaded,
    after: &Feed,
    seen: Option<&BTreeSet<EmployeeId>>,
) -> Applying<'s> {
    let plan = Approved::unjudged(Plan::between(&loaded.mirror.feed, after));
    let approved = match seen {
        Some(seen) => plan.showing(seen.clone()),
        None => plan,
    };
    let mut applying = store.begin(run, &loaded.mark).unwrap();
    let (destination, sha256, writing, set_out_at) = (URL.to_owned(), String::new(), Writing::Aside, noon());
    let sent = Unsettled { run: run.0, destination, size: 7, sha256, writing, set_out_at, before: None };
    applying.set_out(&sent).unwrap();
    applying.apply(&approved, &reasons(), today()).unwrap();
    applying.set_given(&Given::Destination(URL.to_owned())).unwrap();
    applying
}

proptest! {
    #![proptest_config(cases(64))]

    /// Each run sends a feed, which is undone where that is said. `seen` are the people whom its approval showed, where it has one.
    #[test]
    fn the_oldest_value_counts_until_a_person_saw_another(
        runs in prop::collection::vec((feeds(), any::<bool>(), prop::option::of(prop::collection::btree_set((1..=6_i64).prop_map(EmployeeId), 0..6))), 1..6),
    ) {
        let place = Place::new();
        let mut store = place.open();
        let mut expected = BTreeMap::new();
        for (after, is_undone, seen) in runs {
            let run = store.start_run("sync", noon()).unwrap();
            let loaded = store.load().unwrap();
            apply(&mut store, run, &loaded, &after, seen.as_ref()).intend(&end(Exit::InStep)).unwrap();
            if is_undone {
                store.undo(run).unwrap();
            } else {
                remember(&mut expected, &loaded.mirror.feed.people, &after.people, &seen.unwrap_or_default());
            }
            prop_assert_eq!(&store.former(noon()).unwrap(), &expected);
        }
        let now = noon() + TimeDelta::days(7);
        prop_assert!(store.former(now).unwrap().is_empty());
        // What is erased is not known any more, and stops no run.
        let (run, mark) = (store.start_run("sync", now).unwrap(), store.load().unwrap().mark);
        let mut applying = store.begin(run, &mark).unwrap();
        applying.erase(&Keep { history_since: now, departed_since: today() }).unwrap();
        applying.commit(&end(Exit::InStep)).unwrap();
        prop_assert!(store.former(noon()).unwrap().is_empty());
    }
}
