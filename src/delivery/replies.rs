//! Turns what an SFTP server replies into what the library can read, and what the library asks into what every server knows.
//!
//! The library ends a session over a status without text, with text that is not UTF-8, or with a number it does not know, and
//! it believes any length, or over more extensions than it has room for. Servers send all of that. This file changes only such
//! replies, and never what they mean. It can also leave an extension out of the server's greeting, for servers that announce it
//! and then refuse it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::visible::visible;

/// No reply that we ask for is longer.
const PACKET_LIMIT: usize = 1024 * 1024;
/// How much to keep of what is not SFTP, in bytes.
const TEXT_LIMIT: usize = 300;
/// How long to wait for the rest of such a text.
const TEXT_TIMEOUT: Duration = Duration::from_secs(1);

const VERSION: u8 = 2;
const OPEN: u8 = 3;
const STATUS: u8 = 101;

const USED: [&str; 3] = ["posix-rename@openssh.com", "fsync@openssh.com", "limits@openssh.com"];

/// What came instead of SFTP, where something did.
pub(super) type NotSftp = Arc<Mutex<Option<String>>>;

/// Passes replies on until either side ends. The library then sees the end of the connection.
pub(super) async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    hidden: Vec<&'static str>,
    not_sftp: NotSftp,
) {
    if let Err(error) = try_to_pass_on(&mut from, &mut to, &hidden, &not_sftp).await {
        log::debug!("the replies end: {error}");
    }
}

async fn try_to_pass_on(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    hidden: &[&str],
    not_sftp: &NotSftp,
) -> io::Result<()> {
    let mut is_first = true;
    loop {
        let mut start = [0; 5];
        let read = read_up_to(from, &mut start).await?;
        let length = u32::from_be_bytes([start[0], start[1], start[2], start[3]]) as usize;
        let is_packet = read == start.len() && (1..=PACKET_LIMIT).contains(&length);
        if is_first && read > 0 && !(is_packet && start[4] == VERSION) {
            let text = rest_of_text(from, &start[..read]).await;
            *not_sftp.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
            return Ok(());
        }
        if !is_packet {
            return Ok(());
        }
        let mut packet = vec![start[4]];
        packet.resize(length, 0);
        from.read_exact(&mut packet[1..]).await?;
        is_first = false;
        let packet = repaired(packet, hidden);
        let length = u32::try_from(packet.len()).map_err(io::Error::other)?;
        to.write_all(&length.to_be_bytes()).await?;
        to.write_all(&packet).await?;
    }
}

/// Passes requests on until either side ends; then the server's input is closed.
pub(super) async fn pass_requests_on(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let mut pass = async || -> io::Result<()> {
        loop {
            let length = from.read_u32().await?;
            let mut packet = vec![0; length as usize];
            from.read_exact(&mut packet).await?;
            empty_what_is_created(&mut packet);
            to.write_all(&length.to_be_bytes()).await?;
            to.write_all(&packet).await?;
            to.flush().await?;
        }
    };
    if let Err(error) = pass().await {
        log::debug!("the requests end: {error}");
    }
}

/// A file that must be a new one is also to be empty, which changes nothing: some servers know the one only with the other, and
/// else open the old file to be read.
fn empty_what_is_created(packet: &mut [u8]) {
    const TRUNCATE: u8 = 16;
    const EXCLUSIVE: u8 = 32;
    if packet.first() != Some(&OPEN) {
        return;
    }
    let after_name = packet.get(5..).and_then(string).map(|(_, rest)| packet.len() - rest.len());
    if let Some(flags) = after_name.and_then(|at| packet.get_mut(at + 3))
        && *flags & EXCLUSIVE != 0
    {
        *flags |= TRUNCATE;
    }
}

async fn read_up_to(from: &mut (impl AsyncRead + Unpin), buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]).await? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

async fn rest_of_text(from: &mut (impl AsyncRead + Unpin), start: &[u8]) -> String {
    let mut text = start.to_vec();
    let mut rest = from.take(TEXT_LIMIT as u64);
    // What has come by now is enough to recognize it.
    match tokio::time::timeout(TEXT_TIMEOUT, rest.read_to_end(&mut text)).await {
        Ok(Ok(_)) | Err(_) => {}
        Ok(Err(error)) => log::debug!("the text ends: {error}"),
    }
    shown(&text)
}

/// A server's words on one line: shortened, with invisible characters escaped.
pub(super) fn shown(text: &[u8]) -> String {
    const SHOWN: usize = 160;
    let text = String::from_utf8_lossy(text).trim().replace(['\n', '\r', '\t'], " ").replace('"', "'");
    let text = visible(&text);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// A packet without its length.
fn repaired(packet: Vec<u8>, hidden: &[&str]) -> Vec<u8> {
    match packet.first() {
        Some(&VERSION) => greeting(&packet, hidden).unwrap_or(packet),
        Some(&STATUS) => status(&packet).unwrap_or(packet),
        Some(_) | None => packet,
    }
}

/// The greeting with the extensions that are used and not hidden, and without a remainder that names no extension.
fn greeting(packet: &[u8], hidden: &[&str]) -> Option<Vec<u8>> {
    let mut repaired = packet.get(..5)?.to_vec();
    let mut rest = &packet[5..];
    while let Some((name, after)) = string(rest)
        && let Some((data, after)) = string(after)
    {
        let is_it = |extension: &&str| extension.as_bytes() == name;
        if USED.iter().any(is_it) && !hidden.iter().any(is_it) {
            push_string(&mut repaired, name);
            push_string(&mut repaired, data);
        }
        rest = after;
    }
    Some(repaired)
}

/// A status with the number and the text that version 3 of the protocol gives it.
fn status(packet: &[u8]) -> Option<Vec<u8>> {
    let (code, rest) = packet.get(5..)?.split_first_chunk::<4>()?;
    let code = u32::from_be_bytes(*code);
    let text = string(rest).map(|(text, _)| shown(text)).unwrap_or_default();
    let (code, meaning) = as_version_3(code);
    let text = if text.is_empty() { meaning } else { &text };
    let mut repaired = packet[..5].to_vec();
    repaired.extend(code.to_be_bytes());
    push_string(&mut repaired, text.as_bytes());
    push_string(&mut repaired, b"");
    Some(repaired)
}

/// Later versions have more numbers (draft-ietf-secsh-filexfer-13, section 9.1), and some servers send them whatever version
/// was agreed upon.
fn as_version_3(code: u32) -> (u32, &'static str) {
    const MISSING: u32 = 2;
    const DENIED: u32 = 3;
    const FAILURE: u32 = 4;
    match code {
        0..=5 | 8 => (code, ""),
        10 => (MISSING, ""),
        12 => (DENIED, "the file system is read-only"),
        14 => (FAILURE, "no space left"),
        15 => (FAILURE, "quota exceeded"),
        19 => (MISSING, ""),
        26 => (DENIED, "permission denied"),
        _ => (FAILURE, ""),
    }
}

/// The string at the start, and what follows it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

fn push_string(packet: &mut Vec<u8>, text: &[u8]) {
    // A part of a packet, which is shorter than its limit.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    packet.extend(length.to_be_bytes());
    packet.extend(text);
}
