//! Proxies and a mail server as companies run them: squid, tinyproxy and postfix, by the packages of Debian, on loopback. Each test
//! leaves itself out where they are missing; `.ci/servers` installs them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::golden;
use crate::guard::{inactive, people};
use crate::personio::{CLIENT_ID, Personio, SECRET};
use crate::smtpd;
use crate::stage::{Ended, Stage, ended};

/// A program in the foreground, until it is dropped. The second is what ends it, where that is not a signal to itself.
struct Running(Child, Option<Command>);

impl Drop for Running {
    fn drop(&mut self) {
        let mut kill = Command::new("kill");
        kill.arg(self.0.id().to_string());
        let mut end = self.1.take().unwrap_or(kill);
        let _ = end.stdout(Stdio::null()).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

/// Whether the program is there; one that must be there fails the test.
fn is_there(program: &str) -> bool {
    let is_there = Command::new("sh").args(["-c", "command -v \"$0\" >/dev/null", program]).status().unwrap().success();
    assert!(is_there || std::env::var_os("SERVERS").is_none(), "{program} is missing");
    if !is_there {
        eprintln!("left out: {program} is missing");
    }
    is_there
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a server, and waits until it listens.
fn start(command: &mut Command, port: u16) -> Running {
    let running =
        Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap(), None);
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "{command:?} does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    running
}

/// What a proxy does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Allows {
    Everybody,
    Nobody,
    /// Whoever is u with the password p.
    User,
}

fn squid(folder: &Path, allows: Allows, port: u16) -> Running {
    let rule = match allows {
        Allows::Everybody => "http_access allow all".to_owned(),
        Allows::Nobody => "http_access deny all".to_owned(),
        Allows::User => {
            let hash = Command::new("openssl").args(["passwd", "-apr1", "p"]).output().unwrap().stdout;
            fs::write(folder.join("users"), format!("u:{}", String::from_utf8(hash).unwrap())).unwrap();
            format!(
                "auth_param basic program /usr/lib/squid/basic_ncsa_auth {}\nacl known proxy_auth REQUIRED\n\
                 http_access allow known\nhttp_access deny all",
                folder.join("users").display()
            )
        }
    };
    let log = folder.join("cache.log").display().to_string();
    let conf = format!(
        "http_port 127.0.0.1:{port}\npid_filename none\ncache deny all\naccess_log none\ncache_log {log}\n\
         pinger_enable off\nnetdb_filename none\nshutdown_lifetime 0 seconds\ncoredump_dir {}\n{rule}\n",
        folder.display()
    );
    fs::write(folder.join("squid.conf"), conf).unwrap();
    start(Command::new("squid").arg("-N").arg("-f").arg(folder.join("squid.conf")), port)
}

fn tinyproxy(folder: &Path, allows: Allows, port: u16) -> Running {
    let rule = match allows {
        Allows::Everybody => "",
        // To no other port.
        Allows::Nobody => "ConnectPort 443\n",
        Allows::User => "BasicAuth u p\n",
    };
    let conf =
        format!("Port {port}\nListen 127.0.0.1\nTimeout 20\nMaxClients 20\nLogLevel Critical\nAllow 127.0.0.1\n{rule}");
    fs::write(folder.join("tinyproxy.conf"), conf).unwrap();
    start(Command::new("tinyproxy").arg("-d").arg("-c").arg(folder.join("tinyproxy.conf")), port)
}

/// Personio behind TLS, with a certificate of an authority that stands beside it.
struct Front {
    folder: TempDir,
    port: u16,
    _running: Running,
}

impl Front {
    fn start(personio: &Personio) -> Self {
        let folder = tempfile::tempdir().unwrap();
        smtpd::make_certificate(folder.path());
        let (_, port) =
            personio.base_url().trim_end_matches("/v1").rsplit_once(':').map(|(a, b)| (a.len(), b.to_owned())).unwrap();
        let mut command = Command::new("python3");
        command.arg(golden::in_repository("tests/opening_proxy.py"));
        command.args(["server.pem", "server.key", &port, "front"]).current_dir(folder.path());
        let mut server = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { folder, port: line.trim().parse().unwrap(), _running: Running(server, None) }
    }

    /// `connect` by way of this proxy.
    fn by(&self, proxy: &str, port: u16) -> Ended {
        let stage = Stage::new(&Personio::with([]));
        stage.configure_url(&format!("https://localhost:{port}/v1"), "");
        let mut command = stage.command(&["connect", "--client-id", CLIENT_ID, "--no-sync"]);
        command.env("HONESTLY_SYNC_SECRET", SECRET).env("HTTPS_PROXY", proxy);
        ended(command.env("SSL_CERT_FILE", self.folder.path().join("authority.pem")))
    }
}

#[test]
fn real_proxies_let_us_through_or_are_named_and_quoted() {
    let personio = Personio::with(people(1..=3));
    let makers: [(&str, fn(&Path, Allows, u16) -> Running); 2] = [("squid", squid), ("tinyproxy", tinyproxy)];
    for (maker, proxy) in makers.into_iter().filter(|(program, _)| is_there(program)) {
        let front = Front::start(&personio);
        for (allows, user, to, code, said) in [
            (Allows::Everybody, "", front.port, 0, ""),
            (Allows::User, "u:p@", front.port, 0, ""),
            (Allows::User, "", front.port, 77, " wants a user and a password (40"),
            (Allows::User, "u:canary@", front.port, 77, " does not let its user in (40"),
            (Allows::Nobody, "", front.port, 77, " opens no way to localhost:"),
            (Allows::Everybody, "", free_port(), 75, "; gave up after "),
        ] {
            let folder = tempfile::tempdir().unwrap();
            // It gives up its rights.
            fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
            let port = free_port();
            let _running = proxy(folder.path(), allows, port);
            let told = front.by(&format!("http://{user}127.0.0.1:{port}"), to);
            assert_eq!(told.code, code, "{maker} {allows:?} {user}: {told:#?}");
            let named = format!("error: the proxy of HTTPS_PROXY (127.0.0.1:{port}) ");
            assert!(code == 0 || (told.stderr.starts_with(&named) && told.stderr.contains(said)), "{maker}: {told:#?}");
            assert!(!told.stderr.contains("canary"), "{told:#?}");
            println!(
                "| {maker} | {allows:?} | {user} | {} | {}",
                told.code,
                told.stderr.lines().next().unwrap_or_default()
            );
        }
    }
}

/// Postfix in a folder of its own: it takes mails for example.com, and its restrictions are these.
fn postfix(folder: &Path, port: u16, more: &str) -> Running {
    for name in ["queue", "data", "mail", "conf"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    let path = |name: &str| folder.join(name).display().to_string();
    let done = Command::new("sh")
        .args([
            "-c",
            "chmod 755 \"$0\" && chown postfix \"$0/data\" && chown nobody \"$0/mail\"",
            &folder.display().to_string(),
        ])
        .status()
        .unwrap();
    assert!(done.success());
    let main = format!(
        "compatibility_level = 3.6\nqueue_directory = {}\ndata_directory = {}\nmail_owner = postfix\nsetgid_group = postdrop\n\
         command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\ninet_interfaces = loopback-only\n\
         inet_protocols = ipv4\nmyhostname = mail.test\nmydestination =\nlocal_recipient_maps =\nalias_maps =\nmaillog_file = {}\nmaillog_file_prefixes = /tmp, /var\n\
         virtual_mailbox_domains = example.com\nvirtual_mailbox_base = {}\nvirtual_mailbox_maps = static:box\n\
         virtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\nsmtpd_helo_required = yes\n\
         smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname\n{more}\n",
        path("queue"),
        path("data"),
        path("data/log"),
        path("mail")
    );
    fs::write(folder.join("conf/main.cf"), main).unwrap();
    let service = |name: &str, kind: &str, wakes: &str, most: &str, command: &str| {
        // Where others look for it.
        let private = if ["smtpd", "cleanup", "qmgr", "postlogd"].contains(&command) { "n" } else { "-" };
        let without_rights = if command == "virtual" { "n" } else { "-" };
        format!("{name} {kind} {private} {without_rights} n {wakes} {most} {command}\n")
    };
    let master = [
        service(&format!("127.0.0.1:{port}"), "inet", "-", "-", "smtpd"),
        service("cleanup", "unix", "-", "0", "cleanup"),
        service("qmgr", "unix", "300", "1", "qmgr"),
        service("rewrite", "unix", "-", "-", "trivial-rewrite"),
        service("bounce", "unix", "-", "0", "bounce"),
        service("defer", "unix", "-", "0", "bounce"),
        service("anvil", "unix", "-", "1", "anvil"),
        service("proxymap", "unix", "-", "-", "proxymap"),
        service("virtual", "unix", "-", "-", "virtual"),
        service("error", "unix", "-", "-", "error"),
        service("postlog", "unix-dgram", "-", "1", "postlogd"),
    ];
    fs::write(folder.join("conf/master.cf"), master.concat()).unwrap();
    let command = |what: &str| {
        let mut command = Command::new("postfix");
        command.arg("-c").arg(folder.join("conf")).arg(what);
        command
    };
    let mut running = start(&mut command("start-fg"), port);
    running.1 = Some(command("abort"));
    running
}

#[test]
fn real_postfix_takes_a_mail_leaves_out_a_page_that_is_too_large_and_is_quoted() {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if !is_root || !is_there("postfix") {
        return;
    }
    let refused = "smtpd_recipient_restrictions = check_recipient_access inline:{{it@example.com = 554 5.7.1 not here}}, permit_mynetworks";
    let later = "smtpd_recipient_restrictions = check_recipient_access inline:{{it@example.com = 450 4.7.1 come back}}, permit_mynetworks";
    for (more, code, said, mails) in [
        ("", 20, "", 1),
        ("message_size_limit = 12000", 20, "", 1),
        ("message_size_limit = 500", 20, " bytes, but of 500 at most\n", 0),
        (
            refused,
            20,
            " refuses the address it@example.com of [notify] to: 554 \u{201c}5.7.1 <it@example.com>: Recipient address rejected: not here\u{201d}",
            1,
        ),
        (later, 20, "come back\u{201d}; the next run asks again\n", 1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let _running = postfix(folder.path(), port, more);
        let personio = Personio::with(people(1..=20));
        let stage = Stage::in_step(&personio);
        stage.configure(&personio, &smtpd::settings(&format!("smtp://localhost:{port}"), "attach_review = true"));
        personio.set_people(inactive(1..=20));
        let told = stage.run(&["sync"]).expect(code);
        let log = || fs::read_to_string(folder.path().join("data/log")).unwrap_or_default();
        assert_eq!(told.stderr.contains("warning: "), !said.is_empty(), "{more}: {told:#?} {}", log());
        assert!(told.stderr.contains(said), "{more}: {told:#?}");
        let began = Instant::now();
        let is_with_page = !more.starts_with("message_size_limit");
        let arrived = || fs::read_to_string(folder.path().join("mail/box")).unwrap_or_default();
        while arrived().matches("\nSubject: ").count() < mails {
            assert!(began.elapsed() < Duration::from_secs(30), "{more}: {}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        if mails > 0 {
            let text = arrived();
            assert_eq!(text.contains("review.html"), is_with_page, "{text}");
            assert_eq!(text.contains("too large for a mail"), !is_with_page, "{text}");
        }
        println!(
            "| postfix | {more} | {} | {}",
            told.code,
            told.stderr.lines().find(|line| line.contains("mail server")).unwrap_or_default()
        );
    }
}
