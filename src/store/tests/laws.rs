//! What the store does to the state: the laws, and what must never happen to it.

use std::sync::Arc;

use super::*;
use crate::roster::plan::mirror::Departed;
use crate::roster::plan::names::Names;
use crate::roster::plan::scope::Scope;
use crate::roster::voice::Told;
use crate::tests::cases;

prop_compose! {
    /// What one of six people may look like; whom the four addresses do not suffice for is left out by `people`.
    fn drafts()(
        there in proptest::bool::weighted(0.7),
        address in 0..4_usize,
        first_name in prop::sample::select(vec!["Ada", "ada", "Jörg", "", "\"\\\n"]),
        language in prop::option::of(prop::sample::select(vec!["de", "en"])),
        supervisor in prop::option::of(1..=6_i64),
        groups in 0..32_u8,
    ) -> Option<(usize, &'static str, Option<&'static str>, Option<i64>, u8)> {
        there.then_some((address, first_name, language, supervisor, groups))
    }
}

prop_compose! {
    fn people()(drafts in prop::collection::vec(drafts(), 6), there in 0..32_u8, turns in [0..3_usize, 0..3, 0..3, 0..3, 0..3]) -> Snapshot {
        // Few, so that several values share one.
        const NAMES: [&str; 3] = ["Sales", "Ops", "Außendienst"];
        let key = |attribute: &str, origin| GroupKey { attribute: AttributeKey::new(attribute), origin };
        let keys = [
            key("department", Origin::Id(1)),
            key("department", Origin::Id(2)),
            key("department", Origin::Value("ops".into())),
            key("team", Origin::Id(1)),
            key("team", Origin::Value("döner".into())),
        ];
        let groups: Vec<Option<Group>> = keys.into_iter().enumerate().map(|(at, key)| {
            let name = NAMES[turns[at]];
            (there & (1 << at) != 0).then(|| Group { key: key.into(), name: name.into() })
        }).collect();
        let mut free = vec!["a@x.de", "B@x.de", "c@x.de", "d@x.de"];
        let mut people: Vec<Employee> = Vec::new();
        for (id, draft) in (1..).zip(&drafts) {
            if let Some((address, first_name, language, supervisor, member)) = draft && !free.is_empty() {
                let address = free.remove(address % free.len());
                people.push(Employee {
                    email: Email::new(address).unwrap(),
                    first_name: (*first_name).into(),
                    language: language.and_then(Language::new),
                    supervisor: supervisor.map(EmployeeId),
                    groups: groups.iter().enumerate()
                        .filter(|(at, _)| member & (1 << at) != 0)
                        .filter_map(|(_, group)| group.as_ref().map(|group| group.key.clone()))
                        .collect(),
                    ..person(id)
                });
            }
        }
        let ids: BTreeSet<_> = people.iter().map(|person| person.id).collect();
        for person in &mut people {
            person.supervisor = person.supervisor.filter(|id| ids.contains(id));
        }
        Snapshot::new(people, groups.into_iter().flatten()).unwrap()
    }
}

prop_compose! {
    pub(super) fn feeds()(
        people in people(),
        columns in prop::collection::btree_map(
            prop::sample::select(vec!["A", "B", "Öffentlich"]),
            prop::sample::select(vec![
                Source::Email,
                Source::Group(AttributeKey::new("team")),
                Source::Constant("=x".into()),
                Source::Unknown,
            ]),
            0..=3,
        ),
        reversed in any::<bool>(),
        line_end in prop::sample::select(vec![LineEnd::Lf, LineEnd::CrLf]),
    ) -> Feed {
        let columns = columns.into_iter().map(|(header, source)| Column { header: header.to_owned(), source });
        let mut columns: Vec<Column> = columns.collect();
        if reversed {
            columns.reverse();
        }
        Feed { columns: Columns::new(columns, line_end).unwrap(), people }
    }
}

prop_compose! {
    /// The feed of a run in step, the scope under which it was decided, and who has not seen all of it.
    fn runs()(
        feed in feeds(),
        timezone in prop::sample::select(vec!["Europe/Berlin", "x\"y"]),
        filtered in prop::option::of(0..3_i64),
        unseen in prop::collection::btree_map((1..=6_i64).prop_map(EmployeeId), prop::option::of(0..2_i64), 0..=6),
    ) -> (Feed, Scope, BTreeMap<EmployeeId, Option<Scope>>) {
        let filter = |id| (AttributeKey::new("department"), BTreeMap::from([("sales".to_owned(), BTreeSet::from([id]))]));
        let filters = filtered.map(filter).into_iter().collect();
        let seen = |zone: i64| Scope { timezone: zone.to_string(), ..Scope::default() };
        let unseen = unseen.into_iter().map(|(id, zone)| (id, zone.map(seen))).collect();
        (feed, Scope { timezone: timezone.to_owned(), filters, ..Scope::default() }, unseen)
    }
}

/// A run in step that remembers its scope.
fn sync_under(store: &mut Store, after: &Feed, scope: &Scope, unseen: &BTreeMap<EmployeeId, Option<Scope>>) -> RunId {
    let run = store.start_run("sync", noon()).unwrap();
    let Loaded { mirror, mark, .. } = store.load().unwrap();
    let mut applying = store.begin(run, &mark).unwrap();
    applying.apply(&Approved::unjudged(Plan::between(&mirror.feed, after)), &reasons(), today()).unwrap();
    applying.set_scopes(scope, unseen).unwrap();
    applying.commit(&end(Exit::InStep)).unwrap();
    run
}

/// What the journal of this plan must say.
fn expected_journal(plan: &Plan<'_>) -> Vec<JournalEntry> {
    let text = |name: &str| Some(name.to_owned());
    let mut entries = Vec::new();
    for change in plan.groups() {
        let (kind, before, after) = match &change.name {
            Change::Create(name) => (ChangeKind::GroupAdd, None, text(name)),
            Change::Update { before, after } => (ChangeKind::GroupRename, text(before), text(after)),
            Change::Delete(name) => (ChangeKind::GroupRemove, text(name), None),
        };
        let subject = Subject::Group(GroupKey::clone(&change.keys[0]));
        entries.push(JournalEntry { kind, subject, field: None, before, after, reason: None });
    }
    for change in plan.employees() {
        let (kind, id, reason) = match change {
            Change::Create(person) => (ChangeKind::Add, person.id, None),
            Change::Update { after, .. } => (ChangeKind::Update, after.id, None),
            Change::Delete(person) => (ChangeKind::Remove, person.id, Some(Reason::Absent(Absence::Gone))),
        };
        let entry = |field, before, after| JournalEntry {
            kind,
            subject: Subject::Employee(id),
            field,
            before,
            after,
            reason: reason.clone(),
        };
        let fields = plan.field_changes(change);
        assert!(!fields.is_empty(), "every change shows in a field");
        entries.extend(
            fields
                .into_iter()
                .map(|field| entry(text(field.field.as_str()), field.from.map(Into::into), field.to.map(Into::into))),
        );
    }
    for change in plan.columns() {
        let (kind, header, before, after) = match change {
            Change::Create(column) => (ChangeKind::ColumnAdd, &column.header, None, Some(&column.source)),
            Change::Update { before, after } => {
                (ChangeKind::ColumnChange, &after.header, Some(&before.source), Some(&after.source))
            }
            Change::Delete(column) => (ChangeKind::ColumnRemove, &column.header, Some(&column.source), None),
        };
        let (before, after) = (before.map(Source::logged), after.map(Source::logged));
        let subject = Subject::Column(header.clone());
        entries.push(JournalEntry { kind, subject, field: None, before, after, reason: None });
    }
    if let Some(layout) = plan.layout() {
        let ends = ("line_end", layout.before.line_end.as_str().to_owned(), layout.after.line_end.as_str().to_owned());
        let order = ("order", layout.before.order.join(", "), layout.after.order.join(", "));
        entries.extend([ends, order].into_iter().filter(|(_, before, after)| before != after).map(
            |(field, before, after)| JournalEntry {
                kind: ChangeKind::LayoutChange,
                subject: Subject::Layout,
                field: text(field),
                before: Some(before),
                after: Some(after),
                reason: None,
            },
        ));
    }
    entries
}

proptest! {
    #![proptest_config(cases(64))]

    /// Laws 5 and 7, over a history of three runs.
    #[test]
    fn the_store_obeys_the_map_and_the_journal_is_the_plan(history in prop::collection::vec(runs(), 3)) {
        let place = Place::new();
        let mut store = place.open();
        let mut departed = BTreeMap::new();
        let mut scopes: BTreeMap<EmployeeId, Arc<Scope>> = BTreeMap::new();
        for (after, scope, unseen) in &history {
            let before = store.load().unwrap().mirror;
            let plan = Plan::between(&before.feed, after);
            for change in plan.employees() {
                match change {
                    Change::Create(person) => { departed.remove(&person.id); }
                    Change::Update { .. } => {}
                    Change::Delete(person) => { departed.insert(person.id, Departed { import_id: person.import_id.clone(), last_day: None, last_known: Some((&***person).into()) }); }
                }
            }
            let run = sync_under(&mut store, after, scope, unseen);
            let today = Arc::new(scope.clone());
            let scope_of = |id: &EmployeeId| {
                let scope = match unseen.get(id) {
                    Some(None) => Arc::clone(scopes.get(id)?),
                    Some(Some(seen)) => Arc::new(seen.clone()),
                    None => Arc::clone(&today),
                };
                Some((*id, scope))
            };
            scopes = after.people.ids().iter().filter_map(scope_of).collect();
            let now = place.open().load().unwrap().mirror;
            prop_assert_eq!(&now.feed, after);
            prop_assert_eq!(&now.departed, &departed);
            prop_assert_eq!(&now.scopes, &scopes);
            prop_assert_eq!(now.generation, before.generation + u64::from(!plan.is_empty()));
            prop_assert_eq!(store.record(run).unwrap().unwrap().entries, expected_journal(&plan));
        }
    }
}

#[test]
fn a_tombstone_names_nobody_and_who_returns_gets_the_import_id_back() {
    let place = Place::new();
    let mut store = place.open();
    sync_to(&mut store, &company([1, 2, 3]));
    let run = sync_to(&mut store, &Feed::default());
    assert!(place.tables()["employees"].is_empty());
    assert_eq!(store.load().unwrap().mirror.departed[&EmployeeId(3)].import_id, person(3).import_id);
    // The tombstone holds the import id, when and why, and nothing about the person.
    let tombstone = |id: i64| {
        let columns = "employee || '|' || import_id || '|' || removed_on || '|' || removed_run || '|' || reason";
        let query = format!("SELECT {columns} FROM identities WHERE employee = ?1");
        place.raw().query_row(&query, [id], |row| row.get::<_, String>(0)).unwrap()
    };
    assert_eq!(tombstone(3), format!("3|P3|2026-03-01|{run}|{{\"kind\":\"absent\",\"facts\":\"gone\"}}"));

    sync_to(&mut store, &company([3]));
    let mirror = store.load().unwrap().mirror;
    assert_eq!(mirror.feed, company([3]));
    assert_eq!(mirror.departed.keys().copied().collect::<Vec<_>>(), [EmployeeId(1), EmployeeId(2)]);
}

#[test]
fn a_plan_that_breaks_an_identity_is_refused_whole() {
    let mut renumbered = person(1);
    renumbered.import_id = ImportId::new("other").unwrap();
    // 2 is out, and has P2 for ever.
    let mut returned = person(2);
    returned.import_id = ImportId::new("other").unwrap();
    for (case, after) in [
        ("an import id that changes", vec![renumbered.clone()]),
        ("an import id that changes with a return", vec![person(1), returned]),
        ("a removal without a reason", vec![]),
    ] {
        let place = Place::new();
        let mut store = place.open();
        sync_to(&mut store, &company([1, 2]));
        sync_to(&mut store, &company([1]));
        let run = store.start_run("sync", noon()).unwrap();
        let before = place.tables();
        let after = feed(Snapshot::new(after, [sales()]).unwrap());
        let Loaded { mirror, mark, .. } = store.load().unwrap();
        let approved = Approved::unjudged(Plan::between(&mirror.feed, &after));
        let mut applying = store.begin(run, &mark).unwrap();
        let failure = applying.apply(&approved, &BTreeMap::new(), today()).unwrap_err();
        assert_eq!(failure.exit, Exit::Bug, "{case}: {failure}");
        drop(applying);
        assert_eq!(place.tables(), before, "{case}");
    }
}

#[test]
fn a_dropped_transaction_leaves_everything_as_it_was() {
    let place = Place::new();
    let mut store = place.open();
    sync_to(&mut store, &company([1, 2]));
    let run = store.start_run("sync", noon()).unwrap();
    let before = place.tables();
    let Loaded { mirror, mark, .. } = store.load().unwrap();
    let after = company([2, 4]);
    let mut applying = store.begin(run, &mark).unwrap();
    let approved = Approved::unjudged(Plan::between(&mirror.feed, &after));
    applying.apply(&approved, &reasons(), today()).unwrap();
    applying.set_account("somebody else").unwrap();
    drop(applying);
    assert_eq!(place.tables(), before);
    assert_eq!(store.load().unwrap().mirror, mirror);
}

#[test]
fn a_run_without_changes_writes_only_its_own_row() {
    let place = Place::new();
    let mut store = place.open();
    sync_to(&mut store, &company([1]));
    let without_log = |mut tables: BTreeMap<String, Vec<String>>| {
        let log = tables.remove("runs").unwrap();
        tables.remove("sqlite_sequence");
        (tables, log)
    };
    let (before, log) = without_log(place.tables());
    let run = store.start_run("sync", noon()).unwrap();
    store.finish_run(run, &end(Exit::InStep)).unwrap();
    sync_to(&mut store, &company([1]));
    let (after, longer) = without_log(place.tables());
    assert_eq!(after, before);
    assert_eq!(longer.len(), log.len() + 2);
    assert_eq!(longer[..log.len()], log);
}

/// Names of every kind that stand for these attributes; nothing at all where there are none.
fn names(keys: &[&str]) -> Names {
    let by_key = |(at, key): (usize, &&str)| (format!("label {at}"), AttributeKey::new(*key));
    let value = |(at, key): (usize, &&str)| {
        (AttributeKey::new(*key), BTreeMap::from([("sales".to_owned(), (1..=at as i64 + 1).collect())]))
    };
    let labels: BTreeMap<String, AttributeKey> = keys.iter().enumerate().map(by_key).collect();
    Names {
        headers: labels.iter().map(|(label, key)| (key.clone(), label.clone())).collect(),
        labels,
        // Also where `*` stands for nothing.
        others: Some(keys.iter().skip(1).map(|key| (AttributeKey::new(*key), format!("List {key}"))).collect()),
        values: keys.iter().enumerate().map(value).collect(),
    }
}

#[test]
fn account_import_id_source_and_what_is_known_come_back_as_they_were_set() {
    let place = Place::new();
    let mut store = place.open();
    sync_to(&mut store, &company([1, 2, 3]));
    let generation = store.load().unwrap().mirror.generation;
    for (keys, placeholders) in [(&["team", "a\nb"][..], vec![1, 3]), (&[], vec![2, 3])] {
        let placeholders = placeholders.into_iter().map(EmployeeId).collect();
        let (readable, names) = (keys.iter().map(|key| AttributeKey::new(*key)).collect(), names(keys));
        let run = store.start_run("connect", noon()).unwrap();
        let mark = store.load().unwrap().mark;
        let mut applying = store.begin(run, &mark).unwrap();
        applying.set_account("f00").unwrap();
        applying.set_import_id_source("dynamic_7").unwrap();
        applying.set_known(&readable, &names).unwrap();
        applying.set_placeholders(&placeholders).unwrap();
        applying.commit(&end(Exit::InStep)).unwrap();
        let now = place.read().load().unwrap().mirror;
        assert_eq!((now.account.as_deref(), now.import_id_source.as_deref()), (Some("f00"), Some("dynamic_7")));
        assert_eq!((now.readable, now.names, now.generation), (readable, names, generation));
        assert_eq!(now.placeholders, placeholders);
    }
}

#[test]
fn rows_that_contradict_each_other_are_a_damaged_mirror() {
    for damage in [
        "UPDATE employees SET email = 'none'",
        "UPDATE employees SET email = 'same@example.com'",
        "UPDATE employees SET language = 'deutsch'",
        "UPDATE employees SET supervisor = 99 WHERE employee = 1",
        "UPDATE identities SET import_id = ' ' WHERE employee = 1",
        "UPDATE identities SET removed_on = '2026-01-01', removed_run = 1, reason = 'x' WHERE employee = 1",
        "DELETE FROM identities WHERE employee = 2",
        "DELETE FROM employees WHERE employee = 2",
        "UPDATE identities SET removed_on = '2026-01-01', removed_run = 1, reason = 'x'; DELETE FROM employees WHERE employee = 2",
        "UPDATE employees SET groups = '[99]'",
        "UPDATE employees SET groups = '[1,1]'",
        "UPDATE employees SET groups = '[\"1\"]'",
        "UPDATE employees SET groups = '{}'",
        "UPDATE employees SET groups = ''",
        "UPDATE employees SET scope = 99",
        "INSERT INTO scopes (scope) VALUES ('{}')",
        "DELETE FROM groups",
        "DELETE FROM mirror",
        "UPDATE mirror SET generation = -1",
        "UPDATE mirror SET columns = json_set(columns, '$[0][0].source', 'shoe')",
        "UPDATE mirror SET columns = json_set(columns, '$[0][1]', columns -> '$[0][0]')",
    ] {
        let place = Place::new();
        let mut store = place.open();
        sync_to(&mut store, &company([1, 2]));
        place.raw().execute_batch(&format!("PRAGMA foreign_keys = OFF; {damage}")).unwrap();
        let failure = store.load().unwrap_err();
        assert_eq!(failure.exit, Exit::Bug, "{damage}: {failure}");
        assert!(!failure.message.contains('@'), "{damage}: {failure}");
    }
}

#[test]
fn a_full_disk_ends_the_run_and_leaves_the_old_state() {
    let place = Place::new();
    let mut store = place.open();
    sync_to(&mut store, &company([1]));
    let run = store.start_run("sync", noon()).unwrap();
    let before = place.tables();
    let pages: i64 = store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    let Loaded { mirror, mark, .. } = store.load().unwrap();
    let after = company(1..=1000);
    let mut applying = store.begin(run, &mark).unwrap();
    let approved = Approved::unjudged(Plan::between(&mirror.feed, &after));
    let failure = applying.apply(&approved, &reasons(), today()).unwrap_err();
    assert_eq!(failure.exit, Exit::Unavailable);
    assert!(failure.message.contains("full"), "{failure}");
    drop(applying);
    assert_eq!(place.tables(), before);
}
