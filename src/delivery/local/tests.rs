//! A folder of this machine as the destination.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::delivery::Settings;
use crate::remote::{Target, TemporaryName};

fn names_with(path: &Path, temporary_name: TemporaryName) -> Names {
    let target = Target::File(path.to_owned());
    let timeout = std::time::Duration::from_secs(1);
    let (identity_file, known_hosts, host_keys) = (None, None, Vec::new());
    Settings { target, identity_file, known_hosts, host_keys, temporary_name, timeout }.names(path)
}

fn names(path: &Path) -> Names {
    names_with(path, TemporaryName::Usual)
}

#[test]
fn the_file_is_replaced_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("employees.csv");
    assert_eq!(look(&path).unwrap(), Existing::Nothing);
    let first = deliver(&names(&path), b"one", &Existing::Nothing).unwrap();
    assert_eq!(first.size, 3);
    let seen = look(&path).unwrap();
    let bytes = Some(b"one".to_vec());
    assert_eq!(seen, Existing::File(ExistingFile { size: 3, modified: first.modified, bytes }));
    deliver(&names(&path), b"second", &seen).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"second");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_nobody_looked_at_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("employees.csv");
    fs::write(&path, b"one").unwrap();
    let seen = look(&path).unwrap();
    fs::write(&path, b"two").unwrap();
    for seen in [seen, Existing::Nothing] {
        let failure = deliver(&names(&path), b"three", &seen).unwrap_err().failure;
        assert_eq!(failure.exit, Exit::Unavailable);
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
    deliver(&names(&path), b"three", &Existing::Unknown).unwrap();
}

#[test]
fn what_stands_under_the_temporary_name_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, elsewhere) = (folder.path().join("employees.csv"), folder.path().join("elsewhere"));
    fs::write(&elsewhere, b"untouched").unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.path().join(".employees.csv.part")).unwrap();
    deliver(&names(&path), b"one", &Existing::Unknown).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"one");
    assert_eq!(fs::read(&elsewhere).unwrap(), b"untouched");
    assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
}

#[test]
fn a_rehearsal_leaves_nothing_and_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("employees.csv");
    deliver(&names(&path), b"one", &Existing::Nothing).unwrap();
    for (temporary_name, expected) in [
        (TemporaryName::Usual, Replacement::Atomic),
        (TemporaryName::Named("new.csv".into()), Replacement::Atomic),
        (TemporaryName::None, Replacement::InPlace),
    ] {
        let rehearsal = rehearse(&names_with(&path, temporary_name)).unwrap();
        assert!(matches!(rehearsal.existing, Existing::File(ExistingFile { size: 3, bytes: None, .. })));
        assert_eq!((rehearsal.replacement, rehearsal.warnings), (expected, vec![]));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn mode_and_group_are_those_of_the_replaced_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("employees.csv");
    deliver(&names(&path), b"one", &Existing::Nothing).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600, "nobody's but ours unless somebody says otherwise");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    // Only root may give a file away.
    let group = if rustix::process::geteuid().is_root() { 4242 } else { rustix::process::getegid().as_raw() };
    std::os::unix::fs::chown(&path, None, Some(group)).unwrap();
    let receipt = deliver(&names(&path), b"two", &Existing::Unknown).unwrap();
    let left = fs::metadata(&path).unwrap();
    assert_eq!((left.mode() & 0o7777, left.gid(), receipt.warnings), (0o640, group, vec![]));
}

#[test]
fn the_first_file_is_readable_for_the_group_where_the_folder_is_a_groups() {
    for (mode, expected) in [(0o700, 0o600), (0o770, 0o600), (0o2770, 0o640)] {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
        let path = folder.path().join("employees.csv");
        let receipt = deliver(&names(&path), b"one", &Existing::Nothing).unwrap();
        assert_eq!((fs::metadata(&path).unwrap().mode() & 0o7777, receipt.warnings), (expected, vec![]), "{mode:o}");
    }
}

#[test]
fn a_mount_begins_where_the_folder_above_is_on_another_file_system() {
    let folder = tempfile::tempdir().unwrap();
    let mount = mount_of(folder.path()).unwrap();
    assert!(fs::canonicalize(folder.path()).unwrap().starts_with(&mount));
    assert_eq!(mount_of(Path::new("/proc/self")).unwrap(), Path::new("/proc"));
    assert!(is_mounted(Path::new("/proc")) && !is_mounted(folder.path()));
}

#[test]
fn only_a_file_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, b"untouched").unwrap();
    let path = folder.path().join("employees.csv");
    let stand: [&dyn Fn(); 3] =
        [&|| fs::create_dir(&path).unwrap(), &|| std::os::unix::fs::symlink(&elsewhere, &path).unwrap(), &|| {
            drop(std::os::unix::net::UnixListener::bind(&path).unwrap())
        }];
    for (kind, stand) in stand.iter().enumerate() {
        stand();
        for temporary_name in [TemporaryName::Usual, TemporaryName::None] {
            let names = names_with(&path, temporary_name);
            assert_eq!(look(&path).unwrap_err().exit, Exit::Misconfigured, "{kind}");
            assert_eq!(
                deliver(&names, b"one", &Existing::Nothing).unwrap_err().failure.exit,
                Exit::Misconfigured,
                "{kind}"
            );
            assert_eq!(rehearse(&names).unwrap_err().exit, Exit::Misconfigured, "{kind}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "{kind}");
        }
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
    }
    assert_eq!(fs::read(&elsewhere).unwrap(), b"untouched");
}

#[test]
fn a_file_is_written_in_place_where_the_configuration_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("employees.csv");
    let names = names_with(&path, TemporaryName::None);
    deliver(&names, b"a longer first one", &Existing::Nothing).unwrap();
    let inode = fs::metadata(&path).unwrap().ino();
    let receipt = deliver(&names, b"two", &look(&path).unwrap()).unwrap();
    assert_eq!((receipt.verification, fs::read(&path).unwrap()), (Verification::ReadBack, b"two".to_vec()));
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
}

#[test]
fn a_missing_folder_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let missing = names(&folder.path().join("missing/employees.csv"));
    let Undelivered { failure, arrival } = deliver(&missing, b"one", &Existing::Unknown).unwrap_err();
    assert_eq!((failure.exit, arrival), (Exit::Rejected, Arrival::Nothing));
}

#[test]
fn a_refused_rename_left_nothing_only_where_our_file_still_lay_aside_and_the_old_bytes_stand_there() {
    let old = |bytes: Option<&[u8]>| {
        Existing::File(ExistingFile { size: 3, modified: Some(1), bytes: bytes.map(<[u8]>::to_vec) })
    };
    let cases: [(bool, Option<&[u8]>, Option<Existing>, Arrival); 8] = [
        (true, Some(b"old"), Some(old(Some(b"old"))), Arrival::Nothing),
        (true, Some(b"new"), Some(old(Some(b"old"))), Arrival::Unknown),
        (true, Some(b"old"), Some(old(None)), Arrival::Unknown),
        (true, Some(b"old"), Some(Existing::Unknown), Arrival::Unknown),
        (true, None, Some(old(Some(b"old"))), Arrival::Unknown),
        (true, None, Some(Existing::Nothing), Arrival::Unknown),
        // It was done whatever the file system answered.
        (false, Some(b"old"), Some(old(Some(b"old"))), Arrival::Unknown),
        (false, Some(b"new"), Some(old(Some(b"old"))), Arrival::Unknown),
    ];
    for (at, (lies_aside, stands, seen, expected)) in cases.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let (path, temporary) = (folder.path().join("employees.csv"), folder.path().join(".employees.csv.part"));
        if lies_aside {
            fs::write(&temporary, b"new").unwrap();
        }
        if let Some(stands) = stands {
            fs::write(&path, stands).unwrap();
        }
        let error = io::Error::from_raw_os_error(5);
        let Undelivered { failure, arrival } = not_placed(&temporary, &path, seen.as_ref(), &error);
        assert_eq!(arrival, expected, "{at}");
        let says = failure.hints.iter().any(|hint| hint.contains("nothing was delivered"));
        assert_eq!(says, expected == Arrival::Nothing, "{at}");
        assert!(!temporary.exists(), "{at}");
    }
}
