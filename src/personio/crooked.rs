//! A Personio on loopback that answers as badly as a test wants, one connection for each request.
//!
//! Bounded: it serves at most [`MOST_REQUESTS`], waits at most five seconds for a client, and ends with its owner.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::transport::lock;

const MOST_REQUESTS: usize = 500;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Arrived {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn is_sign_in(&self) -> bool {
        self.method == "POST" && self.target.ends_with("/auth")
    }
}

/// What to do with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    Whole {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// A body that ends before the length announced for it.
    CutShort,
    /// The beginning of a body, then nothing until the client hangs up.
    Stall,
    /// Nothing, until the client hangs up.
    Silence,
    /// A closed connection.
    HangUp,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Reply::Whole { status, headers: Vec::new(), body: body.into() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Reply::Whole { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

pub struct CrookedServer {
    address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl CrookedServer {
    /// `answer` is given each request and how many came before it.
    pub fn start(answer: impl Fn(&Arrived, usize) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let ending = Arc::new(AtomicBool::new(false));
        let (log, stop) = (Arc::clone(&arrived), Arc::clone(&ending));
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming().take(MOST_REQUESTS) {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                serve(&mut connection.unwrap(), &log, &answer);
            }
        });
        Self { address, arrived, ending, thread: Some(thread) }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        lock(&self.arrived).clone()
    }
}

impl Drop for CrookedServer {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn serve(stream: &mut TcpStream, log: &Mutex<Vec<Arrived>>, answer: &impl Fn(&Arrived, usize) -> Reply) {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let Some(request) = receive(stream) else { return };
    let before = {
        let mut log = lock(log);
        log.push(request.clone());
        log.len() - 1
    };
    let reply = answer(&request, before);
    let text = match &reply {
        Reply::Whole { status, headers, body } => {
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            format!("HTTP/1.1 {status} X\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        }
        Reply::CutShort | Reply::Stall => {
            "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"success\": true, ".to_owned()
        }
        Reply::HangUp | Reply::Silence => String::new(),
    };
    // A client that left early is part of some tests.
    let _ = stream.write_all(text.as_bytes());
    if matches!(reply, Reply::Stall | Reply::Silence) {
        // Whether the client hung up or five seconds passed, there is nobody to answer any more.
        let _ = stream.read(&mut [0]);
    }
}

fn receive(stream: &mut TcpStream) -> Option<Arrived> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut words = lines.first()?.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let headers: Vec<_> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Arrived { method, target, headers, body: String::from_utf8(body).unwrap() })
}
