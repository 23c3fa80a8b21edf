//! A mirror opened for looking only: what can be read of it, each at one moment.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::Error;
use super::file;
use crate::exit::Failure;

/// A mirror opened for looking only, also while a run is at work: writes nothing, creates nothing.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

impl Reader {
    /// None where there is no mirror yet.
    pub fn existing(path: &Path) -> Result<Option<Self>, Failure> {
        let connection = file::read(path).map_err(|trouble| trouble.told(path))?;
        Ok(connection.map(|connection| Self { connection, path: path.to_owned() }))
    }

    /// An empty one, in memory, where there is no mirror yet.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if let Some(existing) = Self::existing(path)? {
            return Ok(existing);
        }
        let connection = file::empty().map_err(|trouble| trouble.told(path))?;
        Ok(Self { connection, path: path.to_owned() })
    }

    pub(super) fn reading<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Failure> {
        let consistently = || {
            let transaction = self.connection.unchecked_transaction()?;
            let result = read(&transaction)?;
            transaction.finish()?;
            Ok(result)
        };
        consistently().map_err(|trouble: Error| trouble.told(&self.path))
    }
}

impl AsRef<Reader> for Reader {
    fn as_ref(&self) -> &Reader {
        self
    }
}
