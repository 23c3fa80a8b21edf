//! Addresses and fingerprints, as they are written and as they are meant.

use super::*;

#[test]
fn destinations_are_read_as_they_are_meant() {
    let sftp = |user: Option<&str>, host: &str, port, path: &str| {
        let user = user.map(str::to_owned);
        Ok(Target::Sftp(SftpTarget { user, host: host.to_owned(), port, path: path.to_owned() }))
    };
    let cases = [
        (
            "sftp://u@datafeed.honestly.com/upload/employees.csv",
            sftp(Some("u"), "datafeed.honestly.com", None, "upload/employees.csv"),
        ),
        ("sftp://u@h:2222//srv/employees.csv", sftp(Some("u"), "h", Some(2222), "/srv/employees.csv")),
        ("sftp://h/employees.csv", sftp(None, "h", None, "employees.csv")),
        ("sftp://u%40x@[::1]:22/a%20b.csv", sftp(Some("u@x"), "::1", Some(22), "a b.csv")),
        ("file:///srv/a%20b/employees.csv", Ok(Target::File("/srv/a b/employees.csv".into()))),
    ];
    for (text, expected) in cases {
        assert_eq!(Target::parse(text), expected, "{text}");
    }
    let refused = [
        "",
        "employees.csv",
        "http://h/employees.csv",
        "sftp://u@h/",
        "sftp://u@h",
        "sftp://u:secret@h/e.csv",
        "sftp://-oProxyCommand=x/e.csv",
        "sftp://-l@h/e.csv",
        "sftp://u@h/~/e.csv",
        "file://srv/e.csv",
        "sftp://u@h/e.csv?x=1",
    ];
    for text in refused {
        assert!(Target::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_target_is_shown_as_it_was_written() {
    for text in [
        "sftp://u@h:2222//srv/e.csv",
        "sftp://h/upload/e.csv",
        "file:///srv/e.csv",
        "sftp://u@[::1]/e.csv",
        "sftp://u@[2001:db8::1]:2222/e.csv",
    ] {
        assert_eq!(Target::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn only_a_whole_fingerprint_is_one() {
    let good = "SHA256:PLNg+s3KGIxpvNOTBGiu/WXI0sRSfTAS28fewXhuNyQ";
    assert_eq!(Fingerprint::parse(good).unwrap(), Fingerprint { digest: good.to_owned(), key_type: None });
    let lines = [
        (format!("256 {good} root@host (ED25519)"), KeyType::Ed25519),
        (format!("3072 {good} no comment (RSA)"), KeyType::Rsa),
        (format!("256 {good} (ECDSA)\n"), KeyType::Ecdsa),
    ];
    for (line, key_type) in lines {
        let expected = Fingerprint { digest: good.to_owned(), key_type: Some(key_type) };
        assert_eq!(Fingerprint::parse(&line), Some(expected), "{line}");
    }
    let strange = format!("256 {good} host (DSA)");
    let half = format!("256 {good}");
    for text in ["", "PLNg", &good[..40], "MD5:00:11", &good.replace('P', "'"), &strange, &half] {
        assert_eq!(Fingerprint::parse(text), None, "{text}");
    }
}

#[test]
fn a_base_url_is_https_or_this_machine_with_or_without_a_path() {
    for (text, asked) in [
        ("https://api.personio.de/v1", "https://api.personio.de/v1/auth"),
        (" https://api.personio.de/v1// ", "https://api.personio.de/v1/auth"),
        ("https://api.personio.de", "https://api.personio.de/auth"),
        ("https://api.personio.de/", "https://api.personio.de/auth"),
        ("http://localhost:8080/v1/", "http://localhost:8080/v1/auth"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1/auth"),
        ("http://[::1]:1/v1", "http://[::1]:1/v1/auth"),
    ] {
        assert_eq!(BaseUrl::parse(text).unwrap().at("/auth").as_str(), asked, "{text}");
    }
    for (text, part) in [
        ("http://api.personio.de/v1", "unencrypted"),
        ("http://127.0.0.1.example.org/v1", "unencrypted"),
        ("https://id:canary@api.personio.de/v1", "user name or password"),
        ("https://api.personio.de/v1?client_secret=canary", "without ?"),
        ("https://api.personio.de/v1#canary", "without ?"),
        ("file:///v1", "not an address"),
        ("ftp://api.personio.de/v1", "not an address"),
        ("api.personio.de", "not an address"),
        ("", "not an address"),
    ] {
        let refused = BaseUrl::parse(text).unwrap_err();
        assert!(refused.contains(part) && !refused.contains("canary"), "{text}: {refused}");
    }
}
