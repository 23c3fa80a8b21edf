//! Addresses: where the feed goes, where a ping goes, where Personio is. The configuration reads them once; nothing here
//! connects to anything.

pub mod smtp;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use url::{Host, Url};

/// A destination, as its URL names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Sftp(SftpTarget),
    /// A file on this machine, by its full path.
    File(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SftpTarget {
    /// None uses the SSH configuration's.
    pub user: Option<String>,
    pub host: String,
    /// None uses the SSH configuration's.
    pub port: Option<u16>,
    /// Relative to the folder after signing in, unless it starts with a slash.
    pub path: String,
}

/// A host's key: `SHA256:` and 43 characters of base64, as `ssh-keygen -l` prints it, and its type where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    digest: String,
    key_type: Option<KeyType>,
}

/// The types of host key that `ssh` asks for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    Ed25519,
    Ecdsa,
    Rsa,
}

/// The name of a file while it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemporaryName {
    /// `.NAME.part`
    Usual,
    /// In the folder of the real file.
    Named(String),
    /// Written under its real name: while it is sent, only a part stands there.
    None,
}

impl Target {
    /// Reads `sftp://USER@HOST[:PORT]/path/employees.csv` or `file:///path/employees.csv`. After `sftp://…/` the path is
    /// relative to the folder after signing in. A double slash makes it absolute.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text)
            .map_err(|_| "expected sftp://USER@HOST/upload/employees.csv or file:///path/employees.csv")?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err("expected no ? or # in the address");
        }
        let path = percent_decoded(url.path()).ok_or("the path is not UTF-8")?;
        if path.ends_with('/') || path.contains(['\n', '\0']) {
            return Err("expected a path that ends in a file name, such as employees.csv");
        }
        match url.scheme() {
            "file" if url.host_str().unwrap_or_default().is_empty() => Ok(Self::File(PathBuf::from(path))),
            "file" => Err("expected three slashes: file:///path/employees.csv"),
            "sftp" => {
                if url.password().is_some() {
                    return Err("a password has no place here: Honestly takes keys only");
                }
                let user = percent_decoded(url.username()).ok_or("the user is not UTF-8")?;
                let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
                let path = path.strip_prefix('/').unwrap_or(&path).to_owned();
                if host.is_empty() || host.starts_with('-') || user.starts_with('-') {
                    return Err("expected a user and a host: sftp://USER@HOST/upload/employees.csv");
                }
                if path.is_empty() || path.starts_with('~') {
                    return Err("expected a path without ~: it starts at the folder after signing in");
                }
                let user = (!user.is_empty()).then_some(user);
                Ok(Self::Sftp(SftpTarget { user, host, port: url.port(), path }))
            }
            _ => Err("expected an address that starts with sftp:// or file://"),
        }
    }

    /// The name of the file there.
    pub fn file_name(&self) -> Option<&str> {
        match self {
            Self::File(path) => path.file_name()?.to_str(),
            Self::Sftp(target) => target.path.rsplit('/').next(),
        }
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    percent_encoding::percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file://{}", path.display()),
            Self::Sftp(SftpTarget { user, host, port, path }) => {
                f.write_str("sftp://")?;
                if let Some(user) = user {
                    write!(f, "{user}@")?;
                }
                // An IPv6 address.
                if host.contains(':') {
                    write!(f, "[{host}]")?
                } else {
                    f.write_str(host)?
                }
                if let Some(port) = port {
                    write!(f, ":{port}")?;
                }
                write!(f, "/{path}")
            }
        }
    }
}

impl Fingerprint {
    /// Reads `SHA256:…`, or a whole line such as `256 SHA256:… comment (ED25519)`.
    pub fn parse(text: &str) -> Option<Self> {
        let digest = text.split_whitespace().find(|word| word.starts_with("SHA256:"))?;
        let base64 = digest.strip_prefix("SHA256:")?;
        let well_formed =
            base64.len() == 43 && base64.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
        let last = text.split_whitespace().next_back()?;
        let key_type = if text.trim() == digest { None } else { Some(KeyType::parse(last)?) };
        well_formed.then(|| Self { digest: digest.to_owned(), key_type })
    }

    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub fn key_type(&self) -> Option<KeyType> {
        self.key_type
    }
}

impl KeyType {
    pub const ALL: [Self; 3] = [Self::Ed25519, Self::Ecdsa, Self::Rsa];

    /// The type as the end of a line of `ssh-keygen -l` shows it.
    fn parse(text: &str) -> Option<Self> {
        match text {
            "(ED25519)" => Some(Self::Ed25519),
            "(ECDSA)" => Some(Self::Ecdsa),
            "(RSA)" => Some(Self::Rsa),
            _ => None,
        }
    }

    /// The names that the SSH configuration has for them.
    pub fn algorithms(self) -> &'static str {
        match self {
            Self::Ed25519 => "ssh-ed25519",
            Self::Ecdsa => "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521",
            Self::Rsa => "rsa-sha2-512,rsa-sha2-256",
        }
    }
}

impl TemporaryName {
    /// Reads a file name, or `none`.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "none" => Ok(Self::None),
            "" | "." | ".." => Err("expected the name of a file, or \"none\""),
            name if name.contains(['/', '\0', '\n']) => {
                Err("expected a name without a folder: it stands beside the real one")
            }
            name => Ok(Self::Named(name.to_owned())),
        }
    }
}

/// The variables that name proxies, as they stand in the environment. Passwords may be in them, so no message shows a value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies(BTreeMap<&'static str, OsString>);

impl Proxies {
    /// In this order: the first one that is not empty counts. curl reads the same ones.
    pub const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

    pub fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let names = Self::VARIABLES.into_iter().chain(Self::EXCEPTIONS);
        Self(names.filter_map(|name| Some((name, variable(name).filter(|value| !value.is_empty())?))).collect())
    }

    /// The variable that counts, and its value.
    pub fn named(&self) -> Option<(&'static str, &OsString)> {
        Self::VARIABLES.into_iter().find_map(|name| Some((name, self.0.get(name)?)))
    }

    /// The hosts that no proxy is for, in curl's notation.
    pub fn exceptions(&self) -> String {
        let value = Self::EXCEPTIONS.into_iter().find_map(|name| self.0.get(name));
        value.map_or_else(String::new, |value| value.to_string_lossy().into_owned())
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Reads the address of a profile in Personio's own pages, with `{id}` in the place of the employee's id.
pub fn profile_url(text: &str) -> Result<String, &'static str> {
    const EXPECTED: &str = "expected one such as \"https://ACCOUNT.app.personio.com/staff/details/{id}\"";
    let is_whole = |url: Url| url.scheme() == "https" && url.has_host() && url.username().is_empty();
    let is_so = text.matches("{id}").count() == 1 && Url::parse(&text.replace("{id}", "1")).is_ok_and(is_whole);
    if is_so { Ok(text.to_owned()) } else { Err(EXPECTED) }
}

/// Where to ping a dead man's switch. Whoever knows the address can pretend to be this tool, so no message shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct PingUrl(Url);

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transit {
    Encrypted,
    /// To an address of this machine.
    ThisMachine,
}

impl PingUrl {
    /// Https, or http to this machine.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let expected = "not the address of a ping; expected one such as \"https://hc-ping.com/UUID\"";
        let url = Url::parse(text.trim()).map_err(|_| expected)?;
        match (url.scheme(), url.has_host()) {
            ("https", true) => Ok(Self(url)),
            ("http", true) if is_loopback(&url) => Ok(Self(url)),
            ("http", true) => Err("expected https:// or an address of this machine"),
            _ => Err(expected),
        }
    }

    pub fn itself(&self) -> &Url {
        &self.0
    }

    /// The address below it.
    pub fn at(&self, name: &str) -> String {
        let mut url = self.0.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(name);
        }
        url.to_string()
    }

    pub fn transit(&self) -> Transit {
        if self.0.scheme() == "https" { Transit::Encrypted } else { Transit::ThisMachine }
    }
}

impl fmt::Debug for PingUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Where Personio's API is. Everything we ask of it lies below this address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// The published address of Personio's API v1.
    pub const PERSONIO: &str = "https://api.personio.de/v1";

    /// Https with or without a path, or http to this machine.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let expected = "not an address; expected one such as \"https://api.personio.de/v1\"";
        let mut url = Url::parse(text.trim()).map_err(|_| expected)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("expected no user name or password in the address");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("expected an address that ends with its path, without ? or #");
        }
        match (url.scheme(), url.has_host()) {
            ("https", true) => {}
            ("http", true) if is_loopback(&url) => {}
            ("http", true) => return Err("expected https://, or the secret would travel unencrypted"),
            _ => return Err(expected),
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address of a path that begins with a slash.
    pub fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        // An address without a path has the path "/".
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url
    }

    /// The host that a `Location` header names.
    pub fn redirected_to(&self, location: &str) -> Option<String> {
        Some(host_of(&self.0.join(location).ok()?))
    }

    pub fn transit(&self) -> Transit {
        if self.0.scheme() == "https" { Transit::Encrypted } else { Transit::ThisMachine }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The host, with its port where that is not the usual one.
pub fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("an address without a host");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests;
