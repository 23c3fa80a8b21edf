//! Bodies of answers in memory: decoded, and bounded all together.
//!
//! Law: the bodies that are in memory at one moment never take more than their budget, however many connections bring them
//! and however small they were on the wire. A body grows in pieces and gives everything back when it is dropped.

use std::io::{self, Read};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flate2::read::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use zeroize::Zeroize as _;

/// A page of 100 people with 60 attributes has about half a megabyte.
pub(super) const BUDGET: usize = 256 * 1024 * 1024;

/// A body grows by its own size, by at least and at most so much.
const SMALLEST_PIECE: usize = 64 * 1024;
const LARGEST_PIECE: usize = 8 * 1024 * 1024;

/// The memory that is left for bodies.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Mutex<usize>>);

/// There is no memory left for a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(bytes)))
    }

    fn take(&self, bytes: usize) -> Result<(), Exhausted> {
        let mut left = lock(&self.0);
        *left = left.checked_sub(bytes).ok_or(Exhausted)?;
        Ok(())
    }

    fn give_back(&self, bytes: usize) {
        *lock(&self.0) += bytes;
    }
}

/// What stays in memory of a body that was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remains {
    Left,
    /// Nothing: it held a secret. A body that has to move while it grows leaves a part behind all the same; answers to a sign-in
    /// are far smaller than the first piece.
    Wiped,
}

/// The body of one answer.
#[derive(Debug)]
pub(super) struct Body {
    bytes: Vec<u8>,
    remains: Remains,
    taken: usize,
    budget: Budget,
}

impl Body {
    pub(super) fn new(budget: &Budget, remains: Remains) -> Self {
        Self { bytes: Vec::new(), remains, taken: 0, budget: budget.clone() }
    }

    pub(super) fn extend(&mut self, piece: &[u8]) -> Result<(), Exhausted> {
        if self.bytes.capacity() - self.bytes.len() < piece.len() {
            let more = self.bytes.len().clamp(SMALLEST_PIECE, LARGEST_PIECE).max(piece.len());
            self.budget.take(more)?;
            self.taken += more;
            self.bytes.reserve_exact(more);
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        match self.remains {
            Remains::Left => {}
            Remains::Wiped => self.bytes.zeroize(),
        }
        self.budget.give_back(self.taken);
    }
}

/// How a body is coded on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Gzip,
}

impl Coding {
    /// What is offered in requests.
    pub(super) const ACCEPTED: &str = "gzip";

    /// None for a coding that nobody offered. Names of codings have no case, and `x-gzip` is an old name of gzip.
    /// Source: RFC 9110, section 8.4.1.
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

    /// What comes, decoded.
    pub(super) fn decoded<'r>(self, source: impl Read + 'r) -> Box<dyn Read + 'r> {
        match self {
            Self::Plain => Box::new(source),
            Self::Gzip => Box::new(MultiGzDecoder::new(io::BufReader::new(source))),
        }
    }
}

/// Whoever panicked while holding one of these left plain numbers behind, which are still right.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    proptest! {
        /// Pieces of any size for a few bodies that come and go.
        #[test]
        fn bodies_together_never_take_more_than_the_budget_and_give_everything_back(
            steps in proptest::collection::vec((0usize..4, proptest::option::of(0usize..200_000)), 1..60),
        ) {
            const BYTES: usize = 1_000_000;
            let budget = Budget::new(BYTES);
            let mut bodies: Vec<Option<Body>> = (0..4).map(|_| None).collect();
            for (at, piece) in steps {
                match piece {
                    None => bodies[at] = None,
                    Some(size) => {
                        let body = bodies[at].get_or_insert_with(|| Body::new(&budget, Remains::Left));
                        let before = body.len();
                        let expected = match body.extend(&vec![7; size]) {
                            Ok(()) => before + size,
                            Err(Exhausted) => before,
                        };
                        prop_assert_eq!(body.len(), expected);
                    }
                }
                let in_memory: usize = bodies.iter().flatten().map(|body| body.bytes.capacity()).sum();
                prop_assert!(in_memory <= BYTES, "{in_memory}");
            }
            drop(bodies);
            prop_assert_eq!(*lock(&budget.0), BYTES);
        }
    }

    #[test]
    fn gzip_has_two_names_and_no_case() {
        let coding = |values: &[&'static str]| {
            let values = values.iter().map(|value| (CONTENT_ENCODING, HeaderValue::from_static(value)));
            Coding::of(&values.collect())
        };
        for (values, expected) in [
            (&[][..], Some(Coding::Plain)),
            (&[""], Some(Coding::Plain)),
            (&["identity"], Some(Coding::Plain)),
            (&["gzip"], Some(Coding::Gzip)),
            (&["x-gzip"], Some(Coding::Gzip)),
            (&["X-GZip"], Some(Coding::Gzip)),
            (&["GZIP, identity"], Some(Coding::Gzip)),
            (&["gzip, gzip"], None),
            (&["br"], None),
            (&["deflate"], None),
        ] {
            assert_eq!(coding(values), expected, "{values:?}");
        }
    }
}
