//! The credential at rest, in real files.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn what_is_written_is_read_and_only_the_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/credentials.json");
    assert_eq!(read([&path]).unwrap(), None);
    for secret in ["plain", "qu\"ote\\back", "new\nline\u{7f}", "ümlaut"] {
        let credential = Credential { client_id: "id".into(), client_secret: Secret::new(secret) };
        write(&path, &credential).unwrap();
        assert_eq!(read([&path]).unwrap(), Some(credential));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn the_text_with_the_secret_is_written_without_moving_in_memory() {
    for secret in ["s".to_owned(), "\u{1}".repeat(1000), "\"".repeat(999), "ü".repeat(500)] {
        let credential = Credential { client_id: "\u{7}".into(), client_secret: Secret::new(secret) };
        assert!(rendered(&credential).unwrap().len() <= room_for(&credential), "it grew");
    }
}

#[test]
fn a_credential_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.json");
    let credential = Credential { client_id: "id".into(), client_secret: Secret::new("canary") };
    write(&path, &credential).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let failure = read([&path]).unwrap_err();
    assert_eq!(failure.exit, Exit::Misconfigured);
    assert!(!format!("{failure:?}").contains("canary"));
}

#[test]
fn whoever_owns_the_file_answers_for_its_group_and_everybody_for_the_rest() {
    let (us, other) = (Owner::Us, Owner::SomebodyElse);
    for (mode, owner, refused) in [
        (0o100600, us, false),
        (0o100400, us, false),
        (0o100440, us, true),
        (0o100640, us, true),
        (0o100604, us, true),
        // systemd's access list and a Secret's fsGroup both look like this.
        (0o100440, other, false),
        (0o100400, other, false),
        (0o100444, other, true),
        (0o100644, other, true),
    ] {
        assert_eq!(open_to_others(mode, owner), refused, "{mode:o}, {owner:?}");
    }
}

#[test]
fn a_forgotten_credential_is_gone_and_a_second_time_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.json");
    write(&path, &Credential { client_id: "id".into(), client_secret: Secret::new("canary") }).unwrap();
    assert!(forget(&path).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(!forget(&path).unwrap());
    assert!(!forget(&folder.path().join("no/such/folder")).unwrap());
    assert_eq!(forget(folder.path()).unwrap_err().exit, Exit::Misconfigured);
}

#[test]
fn a_damaged_credential_is_told_without_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.json");
    for text in
        [r#"{"client_id": "a", "client_secret": canary}"#, "canary", r#"{"client_id": 1, "client_secret": "canary"}"#]
    {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let failure = read([&path]).unwrap_err();
        assert_eq!(failure.exit, Exit::Misconfigured);
        assert!(!format!("{failure:?}").contains("canary"));
    }
}
