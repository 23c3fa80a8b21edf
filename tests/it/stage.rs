//! One operator's machine: a home folder, a configuration, a mirror, and the real binary.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use honestly_sync::commands::Invocation;
use honestly_sync::terminal::{Extent, Paint, Style};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::Value;
use tempfile::TempDir;

use crate::personio::{CLIENT_ID, Personio, SECRET};
use crate::schema;

/// The program called by its name alone, and not from a terminal.
pub fn called() -> Invocation {
    Invocation { program: "honestly-sync".to_owned(), style: Style { paint: Paint::Plain, extent: Extent::Everything } }
}

/// A temporary home with a configuration that points at one server.
pub struct Stage {
    home: TempDir,
    /// Where somebody without rights may run the binary.
    public: OnceLock<TempDir>,
}

/// What a run of the binary came to.
#[derive(Debug, Clone)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The document, which is what its schema says.
    #[track_caller]
    pub fn json(&self) -> Value {
        let document = serde_json::from_str(&self.stdout);
        let document = document.unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"));
        schema::assert_fits(&document);
        document
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

impl Stage {
    /// Nothing connected yet.
    pub fn new(personio: &Personio) -> Self {
        let stage = Self { home: tempfile::tempdir().unwrap(), public: OnceLock::new() };
        stage.configure(personio, "");
        stage
    }

    /// Connected, nothing synced yet.
    pub fn connected(personio: &Personio) -> Self {
        let stage = Self::new(personio);
        stage.connect(&["--no-sync"]).expect(0);
        stage
    }

    /// Connected and in step with the people there are now.
    pub fn in_step(personio: &Personio) -> Self {
        let stage = Self::connected(personio);
        stage.run(&["sync"]).expect(0);
        stage
    }

    /// Every file on this machine with its bytes, and every folder.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    files.insert(path.clone(), Vec::new());
                    folders.push(path);
                } else {
                    files.insert(path.clone(), std::fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    /// Writes the configuration: the server without pauses between requests and little patience, then `more`, whose first
    /// lines may be keys of `[personio]`.
    pub fn configure(&self, personio: &Personio, more: &str) {
        self.configure_url(&personio.base_url(), more);
    }

    pub fn configure_url(&self, base_url: &str, more: &str) {
        // A test that says nothing of deliveries wants none, and says so.
        let delivery = if more.contains("[delivery]") { "" } else { "\n[delivery]\nto = \"none\"\n" };
        let text = format!(
            "[personio]\nbase_url = \"{base_url}\"\nrequests_per_second = 0\nrequests_per_minute = 0\n\
             give_up_after_seconds = 1\ntimeout_seconds = 5\n{more}{delivery}"
        );
        std::fs::write(self.config(), text).unwrap();
    }

    /// The same company has another address from now on, and `connect` was run there.
    pub fn moves_to(&self, base_url: &str) {
        self.configure_url(base_url, "");
        let moved = "UPDATE mirror SET account = substr(account, 1, instr(account, ' at ') + 3) || ?1";
        self.sqlite().execute(moved, [base_url]).unwrap();
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn config(&self) -> PathBuf {
        self.home.path().join("config.toml")
    }

    pub fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    pub fn mirror(&self) -> PathBuf {
        self.state().join("mirror.db")
    }

    pub fn credential(&self) -> PathBuf {
        self.state().join("credentials.json")
    }

    /// The binary with this machine's environment and nothing of the real one.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_honestly-sync"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("STATE_DIRECTORY", self.state())
            .arg("--config")
            .arg(self.config())
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// The same, run by a user to whom files can be closed. None is closed to root, so root becomes the user `nobody`, who may
    /// run the binary where it is.
    pub fn unprivileged(&self, arguments: &[&str]) -> Command {
        const NOBODY: u32 = 65_534;
        let command = self.command(arguments);
        if !rustix::process::geteuid().is_root() {
            return command;
        }
        let public = self.public.get_or_init(|| {
            let public = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
            std::fs::copy(command.get_program(), public.path().join("honestly-sync")).unwrap();
            std::fs::set_permissions(self.home(), Permissions::from_mode(0o755)).unwrap();
            public
        });
        let mut as_nobody = Command::new(public.path().join("honestly-sync"));
        as_nobody.env_clear().args(command.get_args()).stdin(Stdio::null()).uid(NOBODY).gid(NOBODY);
        as_nobody.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        as_nobody
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.command(arguments))
    }

    /// `connect` with the right credential, the secret from standard input.
    pub fn connect(&self, more: &[&str]) -> Ended {
        self.connect_as(CLIENT_ID, SECRET, more)
    }

    pub fn connect_as(&self, client_id: &str, secret: &str, more: &[&str]) -> Ended {
        let secret_file = self.home.path().join("secret-on-standard-input");
        std::fs::write(&secret_file, format!("{secret}\n")).unwrap();
        let mut command = self.command(&["connect", "--client-id", client_id, "--secret", "-"]);
        command.args(more).stdin(std::fs::File::open(&secret_file).unwrap());
        let ended = ended(&mut command);
        std::fs::remove_file(secret_file).unwrap();
        ended
    }

    /// The mirror, opened directly.
    pub fn sqlite(&self) -> Connection {
        Connection::open(self.mirror()).unwrap()
    }

    /// Everything the mirror says about people and groups, as text that can be compared.
    pub fn contents(&self) -> String {
        let connection = self.sqlite();
        let tables = ["mirror", "identities", "employees", "groups", "memberships"];
        let mut dump = Vec::new();
        for table in tables {
            let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let columns = statement.column_count();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let cells: Vec<String> =
                    (0..columns).map(|at| format!("{:?}", row.get::<_, Cell>(at).unwrap())).collect();
                dump.push(format!("{table}: {}\n", cells.join(" | ")));
            }
        }
        dump.sort();
        dump.concat()
    }

    /// How many feeds set out and are not known to have arrived.
    pub fn unsettled(&self) -> i64 {
        self.sqlite().query_row("SELECT count(*) FROM unsettled", [], |row| row.get(0)).unwrap()
    }

    /// E-mail addresses in the mirror by employee id.
    pub fn people(&self) -> Vec<(i64, String)> {
        let connection = self.sqlite();
        let mut statement = connection.prepare("SELECT employee, email FROM employees ORDER BY employee").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Last names in the mirror, in the order of ids.
    pub fn names(&self) -> Vec<String> {
        let connection = self.sqlite();
        let mut statement = connection.prepare("SELECT last_name FROM employees ORDER BY employee").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Names of the groups of one attribute in the mirror.
    pub fn groups(&self, attribute: &str) -> Vec<String> {
        let connection = self.sqlite();
        let mut statement = connection.prepare("SELECT name FROM groups WHERE attribute = ?1 ORDER BY name").unwrap();
        let rows = statement.query_map([attribute], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Exit code and message of every run of the log, oldest first.
    pub fn runs(&self) -> Vec<(Option<i64>, Option<String>)> {
        let connection = self.sqlite();
        let mut statement = connection.prepare("SELECT exit_code, message FROM runs ORDER BY id").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

pub fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes| {
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("$0"), "a command without the name of the program: {text}");
        text
    };
    Ended { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}
