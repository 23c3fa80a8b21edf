//! A bare client on plain sockets: one buffer for each connection, and nothing of an answer is looked at but its head.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use anyhow::{Context as _, ensure};

use super::{LONGEST_SILENCE, credential, token_in};

/// A connection that is kept from one answer to the next.
pub struct Connection {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LONGEST_SILENCE))?;
        Ok(Self { stream, host: address.to_owned(), buffer: vec![0; 256 * 1024] })
    }

    pub fn sign_in(&mut self) -> anyhow::Result<String> {
        let (host, credential) = (&self.host, credential());
        let length = credential.len();
        let mut answer = Vec::new();
        self.ask(
            &format!(
                "POST /v1/auth HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
                 content-length: {length}\r\n\r\n{credential}"
            ),
            |piece| answer.extend_from_slice(piece),
        )?;
        token_in(&answer)
    }

    /// Reads one answer to its end and tells how many bytes its body had.
    pub fn fetch(&mut self, target: &str, token: &str) -> anyhow::Result<u64> {
        let host = &self.host;
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        self.ask(&request, |_| ())
    }

    fn ask(&mut self, request: &str, mut take: impl FnMut(&[u8])) -> anyhow::Result<u64> {
        self.stream.write_all(request.as_bytes())?;
        let mut filled = 0;
        let (head, length) = loop {
            filled += self.read(filled)?;
            if let Some(found) = head_and_length(&self.buffer[..filled])? {
                break found;
            }
        };
        take(&self.buffer[head..filled]);
        let mut missing = length.checked_sub(filled - head).context("one answer at a time")?;
        while missing > 0 {
            let size = self.read(0)?;
            take(&self.buffer[..size]);
            missing = missing.checked_sub(size).context("one answer at a time")?;
        }
        Ok(length as u64)
    }

    fn read(&mut self, from: usize) -> anyhow::Result<usize> {
        let size = self.stream.read(&mut self.buffer[from..])?;
        ensure!(size > 0, "the sandbox closed the connection");
        Ok(size)
    }
}

/// How long the head is and how long the body; nothing while the head is incomplete.
fn head_and_length(received: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = answer.parse(received)? else { return Ok(None) };
    ensure!(answer.code == Some(200), "the sandbox answered with {:?}", answer.code);
    let length = answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = str::from_utf8(length.context("an answer says how long it is")?.value)?;
    Ok(Some((head, length.parse()?)))
}
