//! The body of one answer: decoded, and limited in size even where it was small on the wire.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use zeroize::Zeroizing;

use super::error::Error;

/// A page of 100 people with 60 attributes has about half a megabyte. All connections together hold at most 256 MiB.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// How much to read in one step, and a body's first capacity.
const PIECE: usize = 64 * 1024;

/// Reads a whole body. reqwest's own time-out starts again with every piece of a body; this one covers the whole answer.
///
/// A body that fails is wiped, because an answer to a sign-in holds a token.
pub(super) fn read(mut source: impl Read, started: Instant, timeout: Duration) -> Result<Vec<u8>, Error> {
    let mut body = Zeroizing::new(Vec::with_capacity(PIECE));
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    loop {
        match source.read(&mut piece) {
            Ok(0) => return Ok(std::mem::take(&mut *body)),
            Ok(size) if body.len() + size > MOST_BYTES => return Err(Error::TooLarge { most_bytes: MOST_BYTES }),
            Ok(size) => body.extend_from_slice(&piece[..size]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::of_reading(&error)),
        }
        if started.elapsed() > timeout {
            return Err(Error::timed_out());
        }
    }
}

/// How a body is encoded on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Gzip,
}

impl Coding {
    /// What requests offer.
    pub(super) const ACCEPTED: &str = "gzip";

    /// None for a coding that was not offered. Names of codings ignore case, and `x-gzip` is an old name of gzip. Source: RFC
    /// 9110, section 8.4.1.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut coding = Self::Plain;
        let listed = headers.get_all(CONTENT_ENCODING).iter();
        for value in listed {
            for name in String::from_utf8_lossy(value.as_bytes()).split(',') {
                coding = match (name.trim().to_ascii_lowercase().as_str(), coding) {
                    ("" | "identity", coding) => coding,
                    ("gzip" | "x-gzip", Self::Plain) => Self::Gzip,
                    _ => return None,
                };
            }
        }
        Some(coding)
    }

    /// The decoded body.
    pub(super) fn decoded<'r>(self, source: impl Read + 'r) -> Box<dyn Read + 'r> {
        match self {
            Self::Plain => Box::new(source),
            Self::Gzip => Box::new(MultiGzDecoder::new(io::BufReader::new(source))),
        }
    }
}

#[cfg(test)]
mod tests;
