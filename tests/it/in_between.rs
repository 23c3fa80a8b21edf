//! What stands between this machine and Personio, and certificates that nobody trusts: each is named.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::json;

use crate::guard::people;
use crate::personio::http::Reply;
use crate::personio::{CLIENT_ID, Personio, SECRET, TOKEN};
use crate::stage::{Ended, Stage, ended};

/// `connect` to Personio itself, by way of this proxy.
fn by(variable: &str, proxy: &str) -> Ended {
    let stage = Stage::new(&Personio::with([]));
    stage.configure_url("https://api.personio.de/v1", "");
    let mut command = stage.command(&["connect", "--client-id", CLIENT_ID, "--no-sync"]);
    ended(command.env("HONESTLY_SYNC_SECRET", SECRET).env(variable, proxy))
}

/// A proxy that answers every question like this.
fn answering(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    port
}

#[test]
fn a_proxy_is_named_and_quoted() {
    for (user, answer, code, said, hint) in [
        (
            "",
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            77,
            "wants a user and a password (407): \u{201c}Proxy Authentication Required\u{201d}\n",
            "hint: HTTPS_PROXY takes http://USER:PASSWORD@127.0.0.1:",
        ),
        (
            "u:canary@",
            "HTTP/1.1 407 No\r\n\r\n",
            77,
            "does not let its user in (407): \u{201c}No\u{201d}\n",
            "hint: HTTPS_PROXY ",
        ),
        (
            "",
            "HTTP/1.1 403 Filtered\r\n\r\n<html>",
            77,
            "opens no way to api.personio.de (403): \u{201c}Filtered\u{201d}\n",
            "hint: whoever runs the proxy allows CONNECT to api.personio.de; ",
        ),
        (
            "",
            "HTTP/1.1 504 Gateway Time-out\r\n\r\n",
            75,
            "(504): \u{201c}Gateway Time-out\u{201d}; gave up after ",
            "hint: the next run tries again",
        ),
    ] {
        let port = answering(answer);
        let told = by("HTTPS_PROXY", &format!("http://{user}127.0.0.1:{port}")).expect(code);
        let begins = format!("error: the proxy of HTTPS_PROXY (127.0.0.1:{port}) ");
        assert!(told.stderr.starts_with(&begins) && told.stderr.contains(said), "{told:#?}");
        assert!(told.stderr.contains(hint) && !told.stderr.contains("canary"), "{told:#?}");
    }
    let none = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let told = by("https_proxy", &format!("127.0.0.1:{none}")).expect(75);
    let begins = format!("error: the proxy of https_proxy (127.0.0.1:{none}) refused the connection; gave up after ");
    assert!(told.stderr.starts_with(&begins), "{told:#?}");
}

#[test]
fn a_proxy_that_cannot_be_spoken_to_is_a_mistake_of_its_variable() {
    for (variable, value) in [
        ("HTTPS_PROXY", "socks5://u:canary@127.0.0.1:1"),
        ("ALL_PROXY", "http://"),
        ("HTTPS_PROXY", "http://u:1#canary@127.0.0.1:1"),
    ] {
        let told = by(variable, value).expect(78);
        assert!(
            told.stderr.starts_with(&format!("error: the environment variable {variable} names no HTTP proxy\n")),
            "{told:#?}"
        );
        assert!(!told.stderr.contains("canary"), "{told:#?}");
    }
}

#[test]
fn a_firewall_is_not_personio_and_personio_is_quoted() {
    let personio = Personio::with(people(1..=3));
    let stage = Stage::in_step(&personio);
    let page = || Reply::bytes(403, "text/html", "<html><head><TITLE>Zugriff\nverweigert</TITLE></head></html>");
    personio.interfere(move |_, _| Some(page()));
    let told = stage.run(&["sync"]).expect(65);
    let said = "403, a page for browsers: \u{201c}Zugriff verweigert\u{201d}\n";
    assert!(
        told.stderr.starts_with("error: something in between answered /auth in the name of 127.0.0.1:"),
        "{told:#?}"
    );
    assert!(told.stderr.contains(said) && !told.stderr.contains("Personio rejected"), "{told:#?}");
    let own = |message: &str| Reply::json(403, &json!({"success": false, "error": {"code": 0, "message": message}}));
    personio.interfere(move |_, _| Some(own("Wrong credentials")));
    let told = stage.run(&["sync"]).expect(77);
    assert!(
        told.stderr.starts_with("error: Personio rejected the credential (403): \u{201c}Wrong credentials\u{201d}\n")
    );
    // A server that repeats what it was sent.
    personio.interfere(move |_, _| Some(own(&format!("{SECRET} is wrong"))));
    let told = stage.run(&["sync"]).expect(77);
    assert!(
        told.stderr.starts_with("error: Personio rejected the credential (403)\n") && !told.stderr.contains(SECRET)
    );
}

#[test]
fn what_ends_at_personio_is_noted_once() {
    let personio = Personio::with(people(1..=3));
    let stage = Stage::in_step(&personio);
    personio.interfere(|request, _| {
        let granted = json!({"success": true, "data": {"token": TOKEN}});
        let mut reply = Reply::json(200, &granted);
        reply.headers.push(("Sunset".to_owned(), "Fri, 31 Dec 2027 23:59:59 GMT".to_owned()));
        reply.headers.push(("Deprecation".to_owned(), "@1767139200".to_owned()));
        request.path.ends_with("/auth").then_some(reply)
    });
    let said = "Personio says that /auth of its API ends on 2027-12-31";
    let told = stage.run(&["sync"]).expect(0);
    assert_eq!(told.stderr.matches(said).count(), 1, "{told:#?}");
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "", "it is no news any more");
    assert!(stage.run(&["status"]).expect(0).stdout.contains(said));
}

/// A server with TLS and a certificate, until it is dropped.
struct Tls(Child, u16);

impl Tls {
    fn start(folder: &Path) -> Self {
        let arguments = ["s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key"];
        let mut command = Command::new("openssl");
        command.current_dir(folder).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn().unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok());
        Self(server, port.unwrap())
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_certificate_of_personio_that_is_not_trusted_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &str| {
        let done = Command::new("openssl").current_dir(folder.path()).args(arguments.split(' ')).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 -days 2 -subj /CN=authority -keyout authority.key -out authority.pem {key}"));
    let ca = "[ca]\ndefault_ca = it\n[it]\ndatabase = index\nrand_serial = yes\nunique_subject = no\ndefault_md = sha256\n\
              policy = any\ncopy_extensions = copy\nnew_certs_dir = .\n[any]\ncommonName = supplied\n";
    std::fs::write(folder.path().join("ca.conf"), ca).unwrap();
    std::fs::write(folder.path().join("index"), "").unwrap();
    let known = folder.path().join("authority.pem");
    for (name, from, to, trusted, said) in [
        ("localhost", "20200101000000Z", "20200201000000Z", true, "has expired on 2020-02-01\n"),
        ("localhost", "20990101000000Z", "20990201000000Z", true, "is not valid yet and will be on 2099-01-01\n"),
        ("mail.test", "20200101000000Z", "20490201000000Z", true, "is for another host: mail.test\n"),
        (
            "localhost",
            "20200101000000Z",
            "20490201000000Z",
            false,
            "comes from an authority that this machine does not know\n",
        ),
    ] {
        openssl(&format!(
            "req -subj /CN={name} -addext subjectAltName=DNS:{name} -keyout server.key -out request {key}"
        ));
        openssl(&format!(
            "ca -config ca.conf -batch -notext -cert authority.pem -keyfile authority.key -startdate {from} -enddate {to} -in request -out server.pem"
        ));
        let server = Tls::start(folder.path());
        let stage = Stage::new(&Personio::with([]));
        stage.configure_url(&format!("https://localhost:{}/v1", server.1), "");
        let mut command = stage.command(&["connect", "--client-id", CLIENT_ID, "--no-sync"]);
        command.env("HONESTLY_SYNC_SECRET", SECRET);
        if trusted {
            command.env("SSL_CERT_FILE", &known);
        }
        let told = ended(&mut command).expect(77);
        let begins = format!("error: the certificate of localhost:{} {said}", server.1);
        assert!(told.stderr.starts_with(&begins) && told.stderr.contains("\nhint: "), "{told:#?}");
        assert!(!told.stderr.contains("gave up"), "{told:#?}");
    }
}
