//! A real mail server on loopback, by Python's aiosmtpd, with certificates of an authority made for it.
//!
//! It keeps a mail before it tells the client that it took it, so what a run has sent can be read when the run has ended.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::golden;

/// The switch for a server that wants a user with [`PASSWORD`] to sign in.
pub const AUTH: &str = "auth=honestly-sync@example.com:canary of a password";
pub const PASSWORD: &str = "canary of a password";

/// The server, its mails, and the authority that made its certificate.
pub struct Smtpd {
    folder: TempDir,
    port: u16,
    server: Child,
}

impl Smtpd {
    /// With switches of `tests/smtp_server.py`. None, with a message, where aiosmtpd is not installed; under CI
    /// that is a failure.
    pub fn start(switches: &[&str]) -> Option<Self> {
        let Some(python) = python() else {
            let missing = "Python's aiosmtpd is not installed (python3-aiosmtpd)";
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "under CI: {missing}");
            eprintln!("left out: {missing}");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("mails")).unwrap();
        let mut command = Command::new(python);
        command.arg(golden::in_repository("tests/smtp_server.py")).arg(folder.path().join("mails")).args(switches);
        make_certificate(folder.path());
        if switches.contains(&"tls") || switches.contains(&"starttls") {
            let path = |name: &str| folder.path().join(name).display().to_string();
            command.arg(format!("cert={}", path("server.pem"))).arg(format!("key={}", path("server.key")));
        }
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("no mail server: {line:?}"));
        Some(Self { folder, port, server })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of the authority.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// `[notify]` with this scheme, user and host, which stand before the port.
    pub fn settings(&self, smtp: &str, more: &str) -> String {
        settings(&format!("{smtp}:{}", self.port), more)
    }

    /// All mails so far, oldest first.
    pub fn mails(&self) -> Vec<Value> {
        let mails = std::fs::read_dir(self.folder.path().join("mails")).unwrap();
        let mut paths: Vec<PathBuf> = mails.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
    }
}

impl Drop for Smtpd {
    fn drop(&mut self) {
        // It ends with its standard input.
        drop(self.server.stdin.take());
        let _ = self.server.wait();
        if std::thread::panicking() {
            let log = std::fs::read(self.folder.path().join("log")).unwrap_or_default();
            eprintln!("--- what the mail server said\n{}", String::from_utf8_lossy(&log));
        }
    }
}

/// `[notify]` with this server.
pub fn settings(smtp: &str, more: &str) -> String {
    format!(
        "[notify]\nto = [\"HR Team <hr@example.com>\", \"it@example.com\"]\nfrom = \"sync@example.org\"\nsmtp = \"{smtp}\"\n{more}\n"
    )
}

/// The first Python that has the library: a virtual environment's, or Debian's.
fn python() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        ["python3", "/usr/bin/python3"].into_iter().find(|python| {
            let tried = Command::new(python).args(["-c", "import aiosmtpd.smtp"]).stderr(Stdio::null()).status();
            tried.is_ok_and(|status| status.success())
        })
    })
}

/// An authority, and a certificate of its for this machine. 0.0.0.0 is this machine too, by a name that is not its own.
pub fn make_certificate(folder: &Path) {
    let openssl = |arguments: &[&str]| {
        let done = Command::new("openssl").current_dir(folder).args(arguments).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    let names = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:0.0.0.0\nextendedKeyUsage=serverAuth\n";
    std::fs::write(folder.join("names"), names).unwrap();
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let authority = [
        "req",
        "-x509",
        "-days",
        "2",
        "-subj",
        "/CN=an authority",
        "-keyout",
        "authority.key",
        "-out",
        "authority.pem",
    ];
    openssl(&[&authority[..], &key].concat());
    openssl(&[&["req", "-subj", "/CN=a mail server", "-keyout", "server.key", "-out", "request"][..], &key].concat());
    openssl(&[
        "x509",
        "-req",
        "-in",
        "request",
        "-CA",
        "authority.pem",
        "-CAkey",
        "authority.key",
        "-days",
        "2",
        "-extfile",
        "names",
        "-out",
        "server.pem",
    ]);
}
