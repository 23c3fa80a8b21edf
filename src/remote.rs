//! Where the feed goes, as a URL names it. Read once, by the configuration; nothing here connects to anything.

pub mod smtp;

use std::borrow::Cow;
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
    /// Else the SSH configuration's.
    pub user: Option<String>,
    pub host: String,
    /// Else the SSH configuration's.
    pub port: Option<u16>,
    /// Relative to the folder after signing in, unless it starts with a slash.
    pub path: String,
}

/// `SHA256:` and 43 characters of base64, as `ssh-keygen -l` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Target {
    /// Reads `sftp://USER@HOST[:PORT]/path/employees.csv` or `file:///path/employees.csv`. After `sftp://…/` the path is
    /// relative to the folder after signing in; a double slash makes it absolute.
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
                f.write_str(host)?;
                if let Some(port) = port {
                    write!(f, ":{port}")?;
                }
                write!(f, "/{path}")
            }
        }
    }
}

impl Fingerprint {
    pub fn parse(text: &str) -> Option<Self> {
        let digest = text.trim().strip_prefix("SHA256:")?;
        let well_formed =
            digest.len() == 43 && digest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
        well_formed.then(|| Self(text.trim().to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a dead man's switch is pinged. Whoever knows the address can pretend to be this tool, so no message shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct PingUrl(Url);

/// How a ping travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transit {
    Encrypted,
    /// To an address of this machine.
    ThisMachine,
}

impl PingUrl {
    /// https, or http to this machine.
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

    pub fn itself(&self) -> String {
        self.0.to_string()
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

#[cfg(test)]
mod tests {
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
        for text in ["sftp://u@h:2222//srv/e.csv", "sftp://h/upload/e.csv", "file:///srv/e.csv"] {
            assert_eq!(Target::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn only_a_whole_fingerprint_is_one() {
        let good = "SHA256:PLNg+s3KGIxpvNOTBGiu/WXI0sRSfTAS28fewXhuNyQ";
        assert_eq!(Fingerprint::parse(good).unwrap().as_str(), good);
        for text in ["", "PLNg", &good[..40], "MD5:00:11", &good.replace('P', "'")] {
            assert_eq!(Fingerprint::parse(text), None, "{text}");
        }
    }
}
