//! What stands there afterwards, whatever happened to the new file.

use super::*;

#[test]
fn the_new_file_takes_the_old_ones_place_or_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mode = || fs::metadata(&path).unwrap().mode() & 0o7777;
    file(&path, b"one", |_| Ok(())).unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode()), (b"one".to_vec(), 0o600));

    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    file(&path, b"two", |new| open_to_readers(new, &path)).unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode()), (b"two".to_vec(), 0o640));

    let refused = file(&path, b"three", |_| Err(io::ErrorKind::PermissionDenied.into())).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    assert_eq!((fs::read(&path).unwrap(), mode()), (b"two".to_vec(), 0o640));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file stays");

    let nowhere = file(&folder.path().join("missing/file"), b"one", |_| Ok(())).unwrap_err();
    assert_eq!(nowhere.kind(), io::ErrorKind::NotFound);
    assert!(nowhere.to_string().starts_with("no temporary file beside it: "), "{nowhere}");
}

#[test]
fn the_first_file_is_the_groups_to_read_only_where_the_folder_says_so() {
    for (folders, files) in [(0o755, 0o600), (0o770, 0o600), (0o2770, 0o640), (0o2775, 0o640), (0o2730, 0o600)] {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(folders)).unwrap();
        let path = folder.path().join("file");
        file(&path, b"one", |new| open_to_readers(new, &path)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, files, "in a folder of mode {folders:o}");
    }
}
