//! The floor: a client that does nothing but fetch. Plain sockets, one buffer for each connection, nothing is kept.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::Args;

use crate::sandbox::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET};

#[derive(Args)]
pub struct Arguments {
    /// `127.0.0.1:PORT`
    #[arg(long)]
    address: String,
    #[arg(long)]
    connections: usize,
    /// A file with what to ask for, one path with its query in each line.
    #[arg(long)]
    targets: std::path::PathBuf,
}

/// Signs in, then asks for everything, as many at a time as there are connections. Prints how many bytes came.
pub fn run(arguments: &Arguments) -> io::Result<()> {
    let Arguments { address, connections, targets } = arguments;
    let targets = std::fs::read_to_string(targets)?;
    let targets: Vec<&str> = targets.lines().collect();
    let credential = format!(r#"{{"client_id":"{DEFAULT_CLIENT_ID}","client_secret":"{DEFAULT_CLIENT_SECRET}"}}"#);
    let length = credential.len();
    let mut first = Connection::open(address)?;
    first.ask(&format!(
        "POST /v1/auth HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{credential}"
    ))?;
    let answer: serde_json::Value = serde_json::from_slice(&first.last_piece())?;
    let token = answer["data"]["token"].as_str().ok_or_else(|| io::Error::other("no token"))?.to_owned();
    let next = AtomicUsize::new(0);
    let received = thread::scope(|scope| {
        let fetching: Vec<_> = std::iter::once(Ok(first))
            .chain((1..*connections).map(|_| Connection::open(address)))
            .map(|connection| scope.spawn(|| fetch(connection?, address, &token, &targets, &next)))
            .collect();
        fetching
            .into_iter()
            .map(|thread| thread.join().expect("the bare client does not panic"))
            .sum::<io::Result<u64>>()
    })?;
    println!("{received}");
    Ok(())
}

fn fetch(
    mut connection: Connection,
    address: &str,
    token: &str,
    targets: &[&str],
    next: &AtomicUsize,
) -> io::Result<u64> {
    let mut received = 0;
    while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
        received += connection.ask(&format!(
            "GET {target} HTTP/1.1\r\nhost: {address}\r\naccept: application/json\r\nauthorization: Bearer {token}\r\n\r\n"
        ))?;
    }
    Ok(received)
}

/// A kept connection.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    last: std::ops::Range<usize>,
}

impl Connection {
    fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 256 * 1024], last: 0..0 })
    }

    /// Sends one request and reads its answer to the end. Returns how many bytes the answer had.
    fn ask(&mut self, request: &str) -> io::Result<u64> {
        self.stream.write_all(request.as_bytes())?;
        let mut filled = 0;
        let (head, body) = loop {
            filled += self.read(filled)?;
            let mut headers = [httparse::EMPTY_HEADER; 32];
            let mut response = httparse::Response::new(&mut headers);
            if let httparse::Status::Complete(head) =
                response.parse(&self.buffer[..filled]).map_err(io::Error::other)?
            {
                if response.code != Some(200) {
                    return Err(io::Error::other(format!("{request}: {:?}", response.code)));
                }
                let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
                let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
                break (head, length.ok_or_else(|| io::Error::other("no content-length"))?);
            }
        };
        self.last = head..filled;
        let mut missing = (head + body).saturating_sub(filled);
        while missing > 0 {
            missing -= self.read(0)?.min(missing);
        }
        Ok((head + body) as u64)
    }

    fn read(&mut self, from: usize) -> io::Result<usize> {
        match self.stream.read(&mut self.buffer[from..])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }

    /// The body of an answer that came in one piece.
    fn last_piece(&self) -> Vec<u8> {
        self.buffer[self.last.clone()].to_vec()
    }
}
