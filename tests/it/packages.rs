//! What is installed agrees with the program: the units and packages name what the program looks for.

use honestly_sync::config::{self, CREDENTIAL_NAME, Environment, KEY_NAME};

use crate::golden;

fn read(path: &str) -> String {
    std::fs::read_to_string(golden::in_repository(path)).unwrap()
}

#[test]
fn the_service_hands_over_what_connect_stores_under_the_name_that_is_looked_for() {
    let service = read("examples/systemd/honestly-sync.service");
    let packaged = golden::in_repository("packaging/config.toml");
    let config = config::load(Some(&packaged), Environment::default()).unwrap();
    let stored = config.personio.credentials.to_str().unwrap();
    assert!(service.contains(&format!("\nLoadCredential={CREDENTIAL_NAME}:{stored}\n")), "{service}");
    assert!(service.contains(&format!("#   LoadCredential={KEY_NAME}:")), "{service}");
    let state = config.mirror.to_str().unwrap().strip_suffix("/mirror.db").unwrap();
    assert!(service.contains(&format!("\nStateDirectory={}\n", state.strip_prefix("/var/lib/").unwrap())), "{service}");
    let removed_with_the_package = read("packaging/debian/postrm");
    for place in ["/etc/honestly-sync", state, "/var/lib/private/honestly-sync"] {
        assert!(removed_with_the_package.contains(place), "{place}");
    }
    assert!(read("examples/kubernetes/cronjob.yaml").contains(&format!("\n  {CREDENTIAL_NAME}: |\n")));
}
