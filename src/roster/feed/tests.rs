//! Cells on one line.

use super::*;

#[test]
fn line_breaks_inside_values_become_spaces() {
    let usual = crate::roster::samples::columns(&[("Department", "department")]);
    let note = Column { header: "Note".into(), source: Source::Constant("=a\r\nb\nc".into()) };
    let columns = Columns::new(usual.iter().cloned().chain([note]).collect(), LineEnd::CrLf).unwrap();
    let bytes = render(&Feed { columns, people: Snapshot::default() }).unwrap();
    assert!(bytes.ends_with(b"\"Note\"\r\n"));
    assert_eq!(on_one_line("=a\r\nb\nc\rd".into()), "=a b c d");
}
