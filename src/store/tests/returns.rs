//! The import id of somebody who left, with their new profile.

use super::*;
use crate::history::Keep;
use crate::roster::plan::mirror::{LastKnown, Unsettled, Writing};
use crate::roster::policy::{Query, Who};

/// Somebody with this id and the import id of another one.
fn with_import_id_of(id: i64, of: i64) -> Feed {
    feed(Snapshot::new([Employee { import_id: person(of).import_id, ..person(id) }], [sales()]).unwrap())
}

fn identities(place: &Place) -> Vec<(i64, Option<String>, Option<i64>, bool)> {
    let connection = place.raw();
    let columns = "employee, import_id, returned_as, removed_on IS NOT NULL";
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM identities ORDER BY employee")).unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

#[test]
fn an_import_id_goes_over_to_the_new_profile_and_back_and_each_time_it_is_recorded_and_can_be_undone() {
    let p2 = || Some("P2".to_owned());
    // Whether the old profile goes before or in the same run.
    for goes_before in [true, false] {
        for new in [1, 3] {
            let place = Place::new();
            let mut store = place.open();
            sync_to(&mut store, &company([2]));
            if goes_before {
                sync_to(&mut store, &Feed::default());
                let departed = store.load().unwrap().mirror.departed.remove(&EmployeeId(2)).unwrap();
                assert_eq!(departed.last_known, Some(LastKnown::from(&person(2))));
            }
            let rows = place.tables();

            let run = store.start_run("sync", noon()).unwrap();
            let Loaded { mirror, mark, .. } = store.load().unwrap();
            let after = with_import_id_of(new, 2);
            let mut applying = store.begin(run, &mark).unwrap();
            let writing = Writing::Aside;
            let (destination, sha256, set_out_at) = ("file:///f".to_owned(), "00".to_owned(), noon());
            let out = Unsettled { run: run.0, destination, size: 1, sha256, writing, set_out_at, before: None };
            applying.set_out(&out).unwrap();
            applying.apply(&Approved::unjudged(Plan::between(&mirror.feed, &after)), &reasons(), today()).unwrap();
            applying.intend(&end(Exit::InStep)).unwrap();
            let now = store.load().unwrap().mirror;
            assert_eq!((&now.feed, now.departed.len()), (&after, 0));
            let mut expected = vec![(2, None, Some(new), true), (new, p2(), None, false)];
            expected.sort();
            assert_eq!(identities(&place), expected);
            let [life] = &store.biographies(&Query::Who(Who::Id(EmployeeId(2)))).unwrap()[..] else { panic!() };
            assert_eq!((&life.import_id, life.returned_as), (&None, Some(EmployeeId(new))));
            assert_eq!(store.removals(noon()).unwrap(), [], "whoever is back does not count as gone");

            store.undo(run).unwrap();
            for table in ["identities", "employees", "journal"] {
                assert_eq!(place.tables()[table], rows[table], "{table}");
            }

            sync_to(&mut store, &after);
            assert_eq!(identities(&place), expected);
            // The old profile again.
            sync_to(&mut store, &company([2]));
            let mut expected = vec![(2, p2(), None, false), (new, None, Some(2), true)];
            expected.sort();
            assert_eq!(identities(&place), expected);
            assert_eq!(store.load().unwrap().mirror.departed, BTreeMap::new());
        }
    }
}

#[test]
fn what_is_erased_of_somebody_who_left_is_not_known_any_more_and_the_import_id_stays_theirs() {
    let place = Place::new();
    let mut store = place.open();
    sync_to(&mut store, &company([1]));
    sync_to(&mut store, &Feed::default());
    let run = store.start_run("sync", noon()).unwrap();
    let mark = store.load().unwrap().mark;
    let mut applying = store.begin(run, &mark).unwrap();
    let tomorrow = today().succ_opt().unwrap();
    applying.erase(&Keep { history_since: noon() - TimeDelta::days(900), departed_since: tomorrow }).unwrap();
    applying.commit(&end(Exit::InStep)).unwrap();
    let departed = store.load().unwrap().mirror.departed.remove(&EmployeeId(1)).unwrap();
    assert_eq!((departed.import_id, departed.last_known), (person(1).import_id, None));
}
