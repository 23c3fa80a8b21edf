//! The words of SMTP on one connection: commands, replies, what a server offers, and the mail itself. RFC 5321.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::reach::{Encrypted, Unreached, dial, encrypt};
use crate::secret::Secret;

/// No reply is longer, and no mail server has this much to say.
const LONGEST_REPLY: u64 = 64 * 1024;

/// What a server said: its code, and its words line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub code: u16,
    pub lines: Vec<String>,
}

impl Reply {
    /// Whether a mail is refused for its size. 552 alone may also be a full mailbox, which has a code of its own: RFC 3463.
    pub(super) fn is_of_size(&self) -> bool {
        let is_of = |codes: &[&str]| self.lines.iter().any(|line| codes.iter().any(|code| line.starts_with(code)));
        is_of(&["5.3.4", "5.2.3"]) || self.code == 552 && !is_of(&["5.2.2"])
    }
}

/// Why a conversation does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Error {
    Refused(Reply),
    Broken(Unreached),
    /// Neither of the ways of signing in that are known here.
    NoWayToSignIn,
}

pub(super) struct Conversation {
    stream: BufReader<Stream>,
    /// What the server offers, a line each: a word, and more.
    offers: Vec<String>,
}

enum Stream {
    Clear(TcpStream),
    Encrypted(Box<Encrypted>),
}

impl Conversation {
    /// In the clear.
    pub(super) fn begin(host: &str, port: u16, timeout: Duration) -> Result<Self, Error> {
        let tcp = dial(host, port, timeout).map_err(Error::Broken)?;
        Ok(Self { stream: BufReader::new(Stream::Clear(tcp)), offers: Vec::new() })
    }

    /// From here on with TLS. What came in the clear before is forgotten.
    pub(super) fn encrypted(self, host: &str) -> Result<Self, Error> {
        let stream = match self.stream.into_inner() {
            Stream::Clear(tcp) => Stream::Encrypted(Box::new(encrypt(tcp, host).map_err(Error::Broken)?)),
            encrypted @ Stream::Encrypted(_) => encrypted,
        };
        Ok(Self { stream: BufReader::new(stream), offers: Vec::new() })
    }

    /// A server that does not know EHLO offers nothing.
    pub(super) fn hello(&mut self, name: &str) -> Result<(), Error> {
        match self.command(&format!("EHLO {name}")) {
            Ok(reply) => self.offers = reply.lines.into_iter().skip(1).collect(),
            Err(Error::Refused(Reply { code: 500..=504, .. })) => drop(self.command(&format!("HELO {name}"))?),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What follows a word that the server offers.
    pub(super) fn offered(&self, word: &str) -> Option<&str> {
        // Old servers write `AUTH=LOGIN`.
        let parts = |line: &'_ str| line.find([' ', '=']).map_or((line.len(), line.len()), |at| (at, at + 1));
        let found = self.offers.iter().find(|line| line[..parts(line).0].eq_ignore_ascii_case(word))?;
        Some(found[parts(found).1..].trim())
    }

    pub(super) fn sign_in(&mut self, user: &str, password: &Secret) -> Result<(), Error> {
        let offered = self.offered("AUTH").unwrap_or_default().to_ascii_uppercase();
        let offers = |method: &str| offered.split_whitespace().any(|offered| offered == method);
        let encoded = |text: &str| Zeroizing::new(STANDARD.encode(text));
        let (has_plain, has_login) = (offers("PLAIN"), offers("LOGIN"));
        if has_plain {
            let both = Zeroizing::new(format!("\0{user}\0{}", password.reveal()));
            self.command(&Zeroizing::new(format!("AUTH PLAIN {}", *encoded(&both))))?;
        } else if has_login {
            self.command("AUTH LOGIN")?;
            self.command(&encoded(user))?;
            self.command(&encoded(password.reveal()))?;
        } else {
            return Err(Error::NoWayToSignIn);
        }
        Ok(())
    }

    pub(super) fn command(&mut self, command: &str) -> Result<Reply, Error> {
        let line = Zeroizing::new(format!("{command}\r\n"));
        self.write(line.as_bytes())?;
        self.reply()
    }

    /// All of a mail but its end.
    pub(super) fn mail(&mut self, mail: &[u8]) -> Result<(), Error> {
        let mut lines = Vec::with_capacity(mail.len() + mail.len() / 32);
        for line in mail.strip_suffix(b"\n").unwrap_or(mail).split(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                lines.push(b'.');
            }
            lines.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            lines.extend_from_slice(b"\r\n");
        }
        self.write(&lines)
    }

    /// Says farewell and waits for nothing: the server has what it was to have.
    pub(super) fn farewell(mut self) {
        let _ = self.write(b"QUIT\r\n");
    }

    /// A reply that lets the conversation go on.
    pub(super) fn reply(&mut self) -> Result<Reply, Error> {
        let mut reply = Reply { code: 0, lines: Vec::new() };
        let mut source = self.stream.by_ref().take(LONGEST_REPLY);
        loop {
            let mut line = Vec::new();
            source.read_until(b'\n', &mut line).map_err(|error| Error::Broken(Unreached::of(&error)))?;
            let line = String::from_utf8_lossy(&line);
            let whole = line.strip_suffix('\n').map(str::trim_end);
            let (code, rest) = whole.and_then(|line| line.split_at_checked(3)).unwrap_or_default();
            reply.code = match code.parse() {
                Ok(code @ 200..600) if matches!(rest.as_bytes().first(), None | Some(b' ' | b'-')) => code,
                Ok(_) | Err(_) => return Err(Error::Broken(Unreached::Closed)),
            };
            reply.lines.push(rest.get(1..).unwrap_or_default().to_owned());
            if !rest.starts_with('-') {
                break;
            }
        }
        if reply.code < 400 { Ok(reply) } else { Err(Error::Refused(reply)) }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let stream = self.stream.get_mut();
        stream.write_all(bytes).and_then(|()| stream.flush()).map_err(|error| Error::Broken(Unreached::of(&error)))
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(into),
            Self::Encrypted(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.write(bytes),
            Self::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Clear(stream) => stream.flush(),
            Self::Encrypted(stream) => stream.flush(),
        }
    }
}
