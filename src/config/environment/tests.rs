//! Variables that are not text.

use super::*;

#[test]
fn variables_are_taken_as_they_are() {
    let odd = |text: &[u8]| OsString::from_vec(text.to_vec());
    let of = |name: &'static str, value: OsString| Environment::of(|asked| (asked == name).then(|| value.clone()));
    let folder = of("STATE_DIRECTORY", odd(b"/srv/\xff/state:/elsewhere")).state_folder();
    assert_eq!(folder, Some(PathBuf::from(odd(b"/srv/\xff/state"))));
    let folder = of("HOME", odd(b"/home/\xff")).state_folder();
    assert_eq!(folder, Some(PathBuf::from(odd(b"/home/\xff/.local/state/honestly-sync"))));
    assert!(of("JOURNAL_STREAM", odd(b"\xff")).journal_stream.is_some());
    assert!(of("NO_COLOR", OsString::new()).no_color.is_none(), "an empty variable is none");
    assert_eq!(of("HONESTLY_SYNC_SECRET", "\n".into()).secret, None, "a variable with a line end alone is none");
    for name in ["HONESTLY_SYNC_SECRET", "HONESTLY_SYNC_CLIENT_ID", "HONESTLY_SYNC_SMTP_PASSWORD"] {
        let failure = of(name, odd(b"canary\xff")).find(Some(Path::new("/none"))).unwrap_err();
        assert_eq!((failure.exit, failure.message), (Exit::Misconfigured, format!("${name} is not UTF-8")));
    }
}
