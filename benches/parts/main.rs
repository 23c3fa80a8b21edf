//! The parts between the network and the disk, each by itself.
//!
//!     cargo bench --bench parts
//!     cargo bench --bench parts -- decide
//!
//! Everybody comes from the sandbox's company, as JSON in pages, so every part works on what the one before it made.

mod company;
mod mirror_file;

#[path = "../../examples/personio_sandbox/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the example and its tests use more of it than the benchmarks do")]
mod sandbox;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, Divan, black_box};
use honestly_sync::history::RunEnd;
use honestly_sync::personio::PageReader;
use honestly_sync::roster::feed;
use honestly_sync::roster::plan::Plan;
use honestly_sync::roster::plan::mirror::Mirror;

use company::{Company, now};
use mirror_file::MirrorFile;

fn main() {
    Divan::from_args().main();
}

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// One hundred people with sixty attributes each, of whom the usual fifteen are asked for.
#[divan::bench]
fn parse_a_page(bencher: Bencher<'_, '_>) {
    let company = Company::of(100);
    let page = company.page_with_attributes(60);
    let mut reader = PageReader::new(&company.wanted);
    bencher.counter(BytesCount::of_slice(&page)).bench_local(|| reader.page(black_box(&page), |record| record));
}

/// Everybody is new.
#[divan::bench(args = SIZES, sample_count = 10)]
fn decide_and_diff_the_first_time(bencher: Bencher<'_, '_>, people: usize) {
    let company = Company::of(people);
    let mirror = Mirror::default();
    compare(bencher, &company, &mirror);
}

/// Nobody changed.
#[divan::bench(args = SIZES, sample_count = 10)]
fn decide_and_diff_without_changes(bencher: Bencher<'_, '_>, people: usize) {
    let company = Company::of(people);
    let mirror = company.mirror();
    compare(bencher, &company, &mirror);
}

fn compare(bencher: Bencher<'_, '_>, company: &Company, mirror: &Mirror) {
    let input = bencher.counter(ItemsCount::new(company.people)).with_inputs(|| company.records());
    input.bench_local_values(|records| {
        let decision = company.decide(mirror, records);
        Plan::between(&mirror.snapshot, &decision.desired).counts()
    });
}

/// Everything but the network: opening, checking and loading the mirror, deciding, comparing, one row in the run log.
#[divan::bench(args = SIZES, sample_count = 10)]
fn run_without_changes(bencher: Bencher<'_, '_>, people: usize) {
    let company = Company::of(people);
    let mirror = MirrorFile::new().apply(&company.mirror().snapshot);
    bencher.counter(ItemsCount::new(people)).with_inputs(|| company.records()).bench_local_values(|records| {
        let mut store = mirror.open();
        let loaded = store.load().unwrap();
        let run = store.start_run("sync", now()).unwrap();
        let decision = company.decide(&loaded.mirror, records);
        assert!(Plan::between(&loaded.mirror.snapshot, &decision.desired).is_empty());
        store.finish_run(run, &RunEnd::in_step(now())).unwrap();
    });
}

/// Everybody and their groups, the journal with every field, and the commit.
#[divan::bench(sample_count = 5)]
fn apply_100_000_additions(bencher: Bencher<'_, '_>) {
    let snapshot = Company::of(100_000).mirror().snapshot;
    bencher
        .counter(ItemsCount::new(snapshot.employees().len()))
        .with_inputs(MirrorFile::new)
        .bench_local_values(|mirror| mirror.apply(&snapshot));
}

/// The bytes of `employees.csv`, proven to keep Honestly's rules.
#[divan::bench(args = SIZES, sample_count = 10)]
fn render_and_check_the_feed(bencher: Bencher<'_, '_>, people: usize) {
    let company = Company::of(people);
    let mirror = company.mirror();
    bencher.counter(ItemsCount::new(people)).bench_local(|| {
        let bytes = feed::render(&mirror.snapshot, &company.format).unwrap();
        assert!(feed::check(&bytes, &company.format).is_empty());
        bytes
    });
}
