use super::*;

#[test]
fn a_machine_without_a_whole_name_greets_with_the_domain_of_its_mails() {
    for (host, greets) in [
        ("sync.example.com", "sync.example.com"),
        ("sync", "example.org"),
        ("localhost", "example.org"),
        ("localhost.localdomain", "example.org"),
        ("sync.example.com\r\nQUIT", "example.org"),
        ("", "example.org"),
    ] {
        assert_eq!(greeting(host, "example.org"), greets);
    }
}
