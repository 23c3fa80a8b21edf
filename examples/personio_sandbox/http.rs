//! A small HTTP/1.1 server on std's sockets: enough for one honest API, and for one that misbehaves on request.
//!
//! Law: whoever gets an answer gets it framed correctly, unless the `Reply` says how to spoil its delivery. Head and
//! body leave in one write, and the body is not copied for it, so that serving is never what a measurement measures. Whoever
//! sends no request gets no answer. No TLS, no compression: it is made for loopback.

use std::collections::HashMap;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use reqwest::StatusCode;
use url::form_urlencoded;

const MOST_HEADERS: usize = 64;
/// How long a kept connection may stay silent. Longer than any client under test waits, so that the client decides.
const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// One request, with everything decoded that has an encoding of its own.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    /// As sent, without the query.
    pub path: String,
    /// Percent-decoded, in the order sent.
    pub query: Vec<(String, String)>,
    /// Names in lower case, in the order sent.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn query_values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query_values(name).next()
    }
}

/// What to answer, and how it shall arrive.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// Without `content-length`, which the server writes.
    pub headers: Vec<(String, String)>,
    /// Shared, so that a test can serve the same page a thousand times without copying it.
    pub body: Arc<Vec<u8>>,
    pub delivery: Delivery,
}

/// How a reply reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    Whole,
    /// Promises the whole body, sends this many bytes of it and closes.
    CutAfter(usize),
    /// Promises the whole body, sends this many bytes of it and waits for the client to give up.
    StallAfter(usize),
    /// Sends nothing, and closes after this long or when the client gives up.
    Hang(Duration),
    /// Tears the connection down without a word: the client sees "connection reset".
    Reset,
    /// Waits this long, then sends the whole reply.
    After(Duration),
}

impl Reply {
    pub fn json(status: u16, document: &serde_json::Value) -> Reply {
        Reply::bytes(status, "application/json", document.to_string().into_bytes())
    }

    pub fn bytes(status: u16, content_type: &str, bytes: impl Into<Vec<u8>>) -> Reply {
        Reply {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: Arc::new(bytes.into()),
            delivery: Delivery::Whole,
        }
    }
}

/// A running server. Dropping it closes the port and every open connection.
pub struct Server {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    connections: Arc<Connections>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens at once and answers every connection on a thread of its own.
    pub fn start(
        address: impl ToSocketAddrs,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Server> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(Connections::default());
        let accepting = thread::spawn({
            let (stopping, connections, answer) = (Arc::clone(&stopping), Arc::clone(&connections), Arc::new(answer));
            move || accept_until_stopped(&listener, &stopping, &connections, &answer)
        });
        Ok(Server { address, stopping, connections, accepting: Some(accepting) })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // `accept` has no time limit; a connection of our own is what ends its wait. If none is possible, there is
        // nobody to wake.
        let woken = TcpStream::connect(self.address);
        if let (Ok(_), Some(accepting)) = (woken, self.accepting.take()) {
            // An Err here is a panic of the accept loop, which has been printed already.
            let _ = accepting.join();
        }
        self.connections.close_all();
    }
}

/// The open connections, so that dropping the server does not leave clients waiting on a thread nobody owns.
#[derive(Default)]
struct Connections {
    open: Mutex<HashMap<u64, TcpStream>>,
}

impl Connections {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, TcpStream>> {
        // The map is whole between any two calls, so a thread that panicked elsewhere leaves nothing half done.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close_all(&self) {
        for stream in self.open().values() {
            // Fails only when the client was faster.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn accept_until_stopped<Answer>(
    listener: &TcpListener,
    stopping: &AtomicBool,
    connections: &Arc<Connections>,
    answer: &Arc<Answer>,
) where
    Answer: Fn(&Request) -> Reply + Send + Sync + 'static,
{
    for (number, accepted) in (0..).zip(listener.incoming()) {
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok((mut stream, registered)) = accepted.and_then(|stream| Ok((stream.try_clone()?, stream))) else {
            // Out of file descriptors, as a rule: the pause keeps the loop from spinning until one is free.
            thread::sleep(Duration::from_millis(10));
            continue;
        };
        connections.open().insert(number, registered);
        let (connections, answer) = (Arc::clone(connections), Arc::clone(answer));
        thread::spawn(move || {
            // Taken out even when `answer` panics, as the asserting answers of tests do: then the client sees a closed
            // connection.
            let _registration = Registration { connections, number };
            // An error is the client's going away or falling silent; there is nobody left to tell.
            let _ = converse(&mut stream, &*answer);
        });
    }
}

struct Registration {
    connections: Arc<Connections>,
    number: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.connections.open().remove(&self.number);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Afterwards {
    KeepOpen,
    Close,
}

fn converse(stream: &mut TcpStream, answer: &impl Fn(&Request) -> Reply) -> io::Result<()> {
    // Without it Nagle's algorithm and delayed acknowledgements add 40 ms to small answers.
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LONGEST_SILENCE))?;
    let mut received = Vec::with_capacity(8 * 1024);
    let mut outgoing = Vec::new();
    while let Some((request, afterwards)) = receive(stream, &mut received)? {
        let reply = answer(&request);
        match reply.delivery {
            Delivery::Whole => write_whole(stream, &mut outgoing, &reply, afterwards)?,
            Delivery::After(delay) => {
                thread::sleep(delay);
                write_whole(stream, &mut outgoing, &reply, afterwards)?;
            }
            Delivery::CutAfter(length) => {
                write_head(&mut outgoing, &reply, afterwards);
                outgoing.extend_from_slice(&reply.body[..length.min(reply.body.len())]);
                stream.write_all(&outgoing)?;
                return close_gently(stream);
            }
            Delivery::StallAfter(length) => {
                write_head(&mut outgoing, &reply, afterwards);
                outgoing.extend_from_slice(&reply.body[..length.min(reply.body.len())]);
                stream.write_all(&outgoing)?;
                return wait_for_the_client_to_give_up(stream, LONGEST_SILENCE);
            }
            Delivery::Hang(longest) => return wait_for_the_client_to_give_up(stream, longest),
            Delivery::Reset => return reset(stream),
        }
        if afterwards == Afterwards::Close {
            return close_gently(stream);
        }
    }
    Ok(())
}

/// Reads one request; none is left where the client ended. What arrived after it stays in `received` for the next call.
fn receive(stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<Option<(Request, Afterwards)>> {
    let (head, mut request) = loop {
        if let Some(parsed) = parse_head(received)? {
            break parsed;
        }
        if read_more(stream, received)? == 0 {
            return Ok(None);
        }
    };
    let end = head.length + head.body_length;
    while received.len() < end {
        if read_more(stream, received)? == 0 {
            return Ok(None);
        }
    }
    request.body = received[head.length..end].to_vec();
    received.drain(..end);
    Ok(Some((request, head.afterwards)))
}

struct Head {
    length: usize,
    body_length: usize,
    afterwards: Afterwards,
}

/// `None` while the head is incomplete.
fn parse_head(received: &[u8]) -> io::Result<Option<(Head, Request)>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(received).map_err(io::Error::other)? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parsed
            .headers
            .iter()
            .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).trim().to_owned()))
            .collect(),
        body: Vec::new(),
    };
    let body_length = request.header("content-length").map_or(Ok(0), str::parse).map_err(io::Error::other)?;
    let connection = request.header("connection").unwrap_or_default().to_ascii_lowercase();
    let afterwards = match parsed.version {
        Some(1) if !connection.contains("close") => Afterwards::KeepOpen,
        _ => Afterwards::Close,
    };
    Ok(Some((Head { length, body_length, afterwards }, request)))
}

fn read_more(stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<usize> {
    let mut chunk = [0; 8 * 1024];
    let count = stream.read(&mut chunk)?;
    received.extend_from_slice(&chunk[..count]);
    Ok(count)
}

fn write_whole(
    stream: &mut TcpStream,
    outgoing: &mut Vec<u8>,
    reply: &Reply,
    afterwards: Afterwards,
) -> io::Result<()> {
    write_head(outgoing, reply, afterwards);
    let sent = stream.write_vectored(&[IoSlice::new(outgoing), IoSlice::new(&reply.body)])?;
    // What did not fit at once.
    stream.write_all(outgoing.get(sent..).unwrap_or_default())?;
    stream.write_all(&reply.body[sent.saturating_sub(outgoing.len())..])
}

fn write_head(outgoing: &mut Vec<u8>, reply: &Reply, afterwards: Afterwards) {
    outgoing.clear();
    let named = StatusCode::from_u16(reply.status).ok().and_then(|status| status.canonical_reason());
    let reason = named.unwrap_or("Unnamed");
    outgoing.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", reply.status).as_bytes());
    for (name, value) in &reply.headers {
        outgoing.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if afterwards == Afterwards::Close {
        outgoing.extend_from_slice(b"connection: close\r\n");
    }
    outgoing.extend_from_slice(format!("content-length: {}\r\n\r\n", reply.body.len()).as_bytes());
}

/// Ends our side first and lets the client finish: closing over unread bytes would reset the connection and could lose
/// the reply.
fn close_gently(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    io::copy(stream, &mut io::sink()).map(drop)
}

/// Reading is how to notice that the client left, or that the server is being dropped.
fn wait_for_the_client_to_give_up(stream: &mut TcpStream, longest: Duration) -> io::Result<()> {
    // A read timeout of zero is an error to std.
    stream.set_read_timeout(Some(longest.max(Duration::from_millis(1))))?;
    stream.read(&mut [0; 1]).map(|_| ())
}

/// A zero linger time makes closing send RST instead of FIN. Every handle must go, so the registered one is not closed
/// gently either.
fn reset(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with what it understood, delivered the way the path asks for.
    fn mirror() -> Server {
        Server::start("127.0.0.1:0", |request| {
            let body = format!(
                "{} {} {:?} {}",
                request.method,
                request.path,
                request.query,
                String::from_utf8_lossy(&request.body)
            );
            let mut reply = Reply::bytes(200, "text/plain", body);
            reply.delivery = match request.path.as_str() {
                "/cut" => Delivery::CutAfter(3),
                "/reset" => Delivery::Reset,
                "/after" => Delivery::After(Duration::from_millis(1)),
                _ => Delivery::Whole,
            };
            reply
        })
        .unwrap()
    }

    fn connect(server: &Server) -> TcpStream {
        let stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    fn exchange(server: &Server, sent: &[u8]) -> String {
        let mut stream = connect(server);
        stream.write_all(sent).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[test]
    fn two_requests_sent_at_once_get_two_answers_on_one_connection() {
        let sent =
            b"POST /a?x%5B%5D=a+b HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nConnection: close\r\n\r\n";
        let answer = exchange(&mirror(), sent);
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2);
        assert!(answer.contains(r#"POST /a [("x[]", "a b")] hello"#) && answer.ends_with("GET /b [] "), "{answer}");
    }

    #[test]
    fn a_cut_reply_promises_more_than_it_sends() {
        let answer = exchange(&mirror(), b"GET /cut HTTP/1.1\r\n\r\n");
        assert!(answer.contains("content-length: 12\r\n") && answer.ends_with("\r\n\r\nGET"), "{answer}");
    }

    #[test]
    fn a_late_reply_is_whole() {
        assert!(exchange(&mirror(), b"GET /after HTTP/1.0\r\n\r\n").ends_with("GET /after [] "));
    }

    #[test]
    fn a_reset_is_seen_as_a_reset() {
        let server = mirror();
        let mut stream = connect(&server);
        stream.write_all(b"GET /reset HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(stream.read(&mut [0; 1]).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[test]
    fn dropping_the_server_ends_a_hanging_reply_and_closes_the_port() {
        let (asked, being_asked) = std::sync::mpsc::channel();
        let server = Server::start("127.0.0.1:0", move |_| {
            asked.send(()).unwrap();
            Reply { delivery: Delivery::Hang(Duration::from_secs(60)), ..Reply::bytes(200, "text/plain", "never sent") }
        })
        .unwrap();
        let mut stream = connect(&server);
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        being_asked.recv().unwrap();
        let address = server.address;
        drop(server);
        assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
        assert!(TcpStream::connect(address).is_err());
    }
}
