//! Every refusal, with what must come of it.

use std::path::Path;

use super::*;

#[test]
fn a_later_run_tries_again_only_what_can_succeed_unchanged() {
    use Act::{Look, Replace, Write};
    use Before::{Untried, Worked};
    let again = Exit::Unavailable;
    let lasting = Exit::Rejected;
    let cases: [(Kind, &str, Act, Before, Exit, &str); 17] = [
        (Kind::Missing, "", Write, Worked, lasting, "check the path"),
        (Kind::Denied, "", Write, Worked, lasting, "the right to write"),
        (Kind::Denied, "", Replace, Worked, lasting, "the right to rename"),
        (Kind::Unsupported, "", Replace, Untried, lasting, "the right to rename"),
        (Kind::Denied, "the file system is read-only", Write, Worked, lasting, "that can be written to"),
        (Kind::Failed, "Read-only file system", Write, Worked, lasting, "that can be written to"),
        (Kind::Failed, "Quota exceeded", Write, Untried, again, "tries again"),
        (Kind::Failed, "No space left on device", Write, Untried, again, "make room"),
        (Kind::Failed, "", Write, Untried, again, "its disk may be full"),
        (Kind::Failed, "rejected by content check", Write, Untried, again, "tries again"),
        (Kind::Failed, "", Look, Untried, again, "tries again"),
        (Kind::Failed, "", Replace, Untried, lasting, "the right to rename"),
        (Kind::Failed, "", Replace, Worked, again, "tries again"),
        // A file that its importer has open.
        (Kind::Failed, "used by another process", Replace, Untried, again, "has the file open"),
        (
            Kind::Denied,
            "The process cannot access the file: sharing violation",
            Replace,
            Worked,
            again,
            "has the file open",
        ),
        (Kind::Failed, "The file is locked", Replace, Worked, again, "has the file open"),
        (Kind::Failed, "Device or resource busy", Replace, Worked, again, "has the file open"),
    ];
    for (status, words, act, before, exit, hint) in cases {
        let failure = Refusal::of_server(status, words).failure(String::new(), act, before, Party::Server("h"));
        assert_eq!(failure.exit, exit, "{status:?} {words} {act:?} {before:?}");
        assert!(failure.hints.iter().any(|line| line.contains(hint)), "{status:?} {words}: {failure:?}");
        let tries_again = failure.hints.iter().any(|line| line.contains("next run"));
        assert_eq!(tries_again, exit == again, "{status:?} {words}: {failure:?}");
        assert!(!failure.hints.iter().any(|line| line.contains("none") || line.contains('{')), "{failure:?}");
    }
}

#[test]
fn an_error_of_this_machine_is_judged_by_its_number() {
    // EPERM, ENOENT, EIO, EACCES, EBUSY, EXDEV, ENOTDIR, EISDIR, EINVAL, ETXTBSY, EFBIG, ENOSPC, EROFS, ENAMETOOLONG, ENOLCK,
    // ELOOP, EOPNOTSUPP, ESTALE, EDQUOT
    let lasting = [1, 2, 13, 18, 20, 21, 22, 27, 30, 36, 37, 40, 95];
    let passing = [5, 16, 26, 28, 116, 122];
    for (numbers, exit) in [(&lasting[..], Exit::Rejected), (&passing[..], Exit::Unavailable)] {
        for number in numbers {
            let refusal = Refusal::of_file_system(&io::Error::from_raw_os_error(*number));
            let party = Party::FileSystem(Path::new("/srv"));
            assert_eq!(refusal.failure(String::new(), Act::Write, Before::Untried, party).exit, exit, "{number}");
        }
    }
    let mounted = Refusal { kind: Kind::Mounted, words: String::new() };
    let failure = mounted.failure(String::new(), Act::Replace, Before::Worked, Party::FileSystem(Path::new("/srv")));
    assert_eq!((failure.exit, failure.hints[0].contains("/srv")), (Exit::Rejected, true));
}
