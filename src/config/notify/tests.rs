//! Where the password for the mail server comes from.

use std::os::unix::fs::PermissionsExt as _;

use std::path::Path;

use super::*;

#[test]
fn the_password_is_looked_for_in_one_place_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let (own, handed) = (folder.path().join("own"), folder.path().join(PASSWORD_NAME));
    let put = |path: &Path, text: &str, mode: u32| {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let mut environment =
        Environment { credentials_directory: Some(folder.path().to_owned()), ..Environment::default() };
    let failure = password("hr", Some(&own), &environment).unwrap_err();
    assert_eq!((failure.exit, failure.hints.len()), (Exit::Misconfigured, 3));
    environment.smtp_password = Some(Secret::new("of the environment"));
    let found = |file| password("hr", file, &environment).unwrap().reveal().to_owned();
    assert_eq!(found(None), "of the environment");
    put(&handed, "handed over\n", 0o600);
    assert_eq!(found(None), "handed over");
    assert_eq!(found(Some(&own)), "handed over", "a file that is not there is no password");
    put(&own, " its own \r\n", 0o600);
    assert_eq!(found(Some(&own)), " its own ");
    put(&own, "canary", 0o640);
    let failure = password("hr", Some(&own), &environment).unwrap_err();
    assert!(failure.message.starts_with("other users of this machine can read the password "), "{failure}");
    assert!(!format!("{failure:?}").contains("canary"));
}
