//! Certificates of each kind, shown by a real server on loopback, and servers that are none.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use super::*;

fn openssl(folder: &Path, arguments: &str) {
    let done = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

/// What a client says of a server on loopback with this certificate, which `make` leaves in `server.pem`.
fn said_of(make: &[&str]) -> Failure {
    let folder = tempfile::tempdir().unwrap();
    for arguments in make {
        openssl(folder.path(), &arguments.replace("KEY", KEY));
    }
    let certificate = CertificateDer::from_pem_file(folder.path().join("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.path().join("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = thread::spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        let mut tls = ServerConnection::new(config).unwrap();
        // The client breaks it off.
        while tls.is_handshaking() && tls.complete_io(&mut tcp).is_ok() {}
    });
    let tcp = dial("127.0.0.1", port, Duration::from_secs(10)).unwrap();
    let why = encrypt(tcp, "localhost").err().unwrap();
    serving.join().unwrap();
    assert_eq!(why.exit(), Exit::Rejected, "{why:?}");
    why.told("the mail server localhost:465")
}

/// Made by an authority that this machine does not know.
fn by_an_authority(name: &str, days: &str) -> Vec<String> {
    vec![
        "req -x509 -days 2 -subj /CN=authority -keyout authority.key -out authority.pem KEY".to_owned(),
        format!("req -subj /CN={name} -addext subjectAltName=DNS:{name} -keyout server.key -out request KEY"),
        format!(
            "x509 -req -in request -copy_extensions copy -CA authority.pem -CAkey authority.key {days} -out server.pem"
        ),
    ]
}

#[test]
fn each_kind_of_certificate_that_is_not_trusted_has_its_own_sentence() {
    let unknown = by_an_authority("localhost", "-days 2");
    let cases: [(&[&str], &str, &str); 3] = [
        (
            &[
                "req -x509 -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout server.key -out server.pem KEY",
            ],
            "the mail server localhost:465 signed its certificate itself, and no authority vouches for it",
            "have an authority make one; ",
        ),
        (
            &[
                "req -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout server.key -out request KEY",
                "x509 -req -days 2 -in request -copy_extensions copy -signkey server.key -out server.pem",
            ],
            "the mail server localhost:465 signed its certificate itself, and no authority vouches for it",
            "have an authority make one; ",
        ),
        (
            &unknown.iter().map(String::as_str).collect::<Vec<_>>(),
            "the certificate of the mail server localhost:465 comes from an authority that this machine does not know",
            "install that authority with the CA certificates of this machine ",
        ),
    ];
    for (make, message, hint) in cases {
        let told = said_of(make);
        assert_eq!(told.message, message);
        assert!(told.hints[0].starts_with(hint), "{told:?}");
    }
}

#[test]
fn what_a_certificate_lacks_is_told_with_its_days_and_names() {
    use rustls::CertificateError::{ExpiredContext, NotValidForNameContext, NotValidYetContext, Revoked};
    use rustls::pki_types::UnixTime;
    let at = |days: u64| UnixTime::since_unix_epoch(Duration::from_secs(days * 86_400));
    let expected = ServerName::try_from("mail.example.com").unwrap();
    let presented = vec!["DnsName(\"smtp.example.net\")".to_owned(), "IpAddress(192.0.2.7)".to_owned()];
    for (error, message, hint) in [
        (
            ExpiredContext { time: at(20_787), not_after: at(20_758) },
            "the certificate of api.personio.de has expired on 2026-11-01",
            "whoever runs api.personio.de renews it, unless the clock is wrong: this machine's clock says 2026-11-30",
        ),
        (
            NotValidYetContext { time: at(20_758), not_before: at(20_787) },
            "the certificate of api.personio.de is not valid yet and will be on 2026-11-30",
            "whoever runs api.personio.de renews it, unless the clock is wrong: this machine's clock says 2026-11-01",
        ),
        (
            NotValidForNameContext { expected, presented },
            "the certificate of api.personio.de is for another host: smtp.example.net, 192.0.2.7",
            "use a name that the certificate has, or have one made for this name",
        ),
        (
            Revoked,
            "the certificate of api.personio.de cannot be used for a server",
            "whoever runs api.personio.de has another one made",
        ),
    ] {
        let error = io::Error::new(ErrorKind::InvalidData, rustls::Error::InvalidCertificate(error));
        let told = Unreached::of(&error).told("api.personio.de");
        assert_eq!((told.exit, told.message.as_str(), told.hints[0].as_str()), (Exit::Rejected, message, hint));
    }
}

#[test]
fn what_is_not_reached_says_whether_waiting_helps() {
    let speaking = |words: &'static [u8]| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = thread::spawn(move || {
            let (mut tcp, _) = listener.accept().unwrap();
            tcp.write_all(words).unwrap();
            // Until the client has gone.
            let _ = tcp.shutdown(std::net::Shutdown::Write);
            let _ = io::copy(&mut tcp, &mut io::sink());
        });
        let tcp = dial("127.0.0.1", port, Duration::from_secs(10)).unwrap();
        let why = encrypt(tcp, "localhost").err().unwrap();
        serving.join().unwrap();
        why
    };
    assert_eq!(speaking(b"220 mail.example.com ESMTP\r\n"), Unreached::NotTls);
    assert_eq!(speaking(b""), Unreached::Closed);
    assert_eq!(dial("no.such.host.invalid", 25, Duration::from_secs(10)).unwrap_err(), Unreached::UnknownName);
    for (why, exit) in [
        (Unreached::UnknownName, Exit::Unavailable),
        (Unreached::Closed, Exit::Unavailable),
        (Unreached::NotTls, Exit::Rejected),
    ] {
        assert_eq!(why.exit(), exit);
    }
}

/// By the alert with which a server ends a handshake.
#[test]
fn a_server_that_ends_a_handshake_says_why_and_goes_on_doing_so() {
    for (alert, said) in [
        (40, "server1 speaks no TLS 1.2 or 1.3 with a cipher that is known here"),
        (70, "server1 speaks no TLS 1.2 or 1.3 with a cipher that is known here"),
        (116, "server1 wants a certificate of this machine, and none is ever shown"),
        (80, "server1 closed the connection without a readable answer"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = thread::spawn(move || {
            let (mut tcp, _) = listener.accept().unwrap();
            let _ = std::io::Read::read(&mut tcp, &mut [0; 4096]);
            // A fatal alert.
            tcp.write_all(&[21, 3, 3, 0, 2, 2, alert]).unwrap();
            let _ = std::io::Read::read(&mut tcp, &mut [0; 4096]);
        });
        let tcp = dial("127.0.0.1", port, Duration::from_secs(10)).unwrap();
        let why = encrypt(tcp, "localhost").err().unwrap();
        assert_eq!(why.sentence("server1"), said);
        assert_eq!(why.exit() == Exit::Rejected, alert != 80, "{why:?}");
        drop(why);
        serving.join().unwrap();
    }
}
