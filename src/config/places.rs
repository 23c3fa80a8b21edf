//! Every path of ours with its purpose, and what may stand there.
//!
//! The law: no two purposes share a path, with links of folders followed, and what we write is a regular file or not there yet.
//! Anything else at a path ends the command before anything is read or written: writing through a link, into a device or over a
//! file of another purpose would destroy it, and a pipe would never answer. What is handed over (the configuration, a
//! credential, a key) may be a link to a file, as Kubernetes makes them.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::kinds::refuse_kind;
use super::notify::PASSWORD_NAME;
use super::{CREDENTIAL_NAME, Config, KEY_NAME, credential};
use crate::delivery;
use crate::exit::{Exit, Failure};
use crate::store::beside::{COMPANIONS, beside};

/// One path and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    name: &'static str,
    /// The key of the configuration that sets it.
    key: &'static str,
    path: PathBuf,
    access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Written,
    /// Only read by runs, so it may be a link.
    HandedOver,
}

/// A place as the file system has it.
struct Resolved<'p> {
    place: &'p Place,
    /// The path with the links of its folder followed. Where the file itself may be a link, also the file that it leads to.
    paths: Vec<PathBuf>,
    /// Device and number of a file that has several names. A file with a single name cannot be another one, and when a run
    /// removes such a file, the next new file may get its number.
    file: Option<(u64, u64)>,
}

const HANDED_OVER: &str = "handed-over credential";

impl Config {
    fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        let mut add = |name, key, path: &Path, access| {
            places.push(Place { name, key, path: path.to_owned(), access });
        };
        add("mirror", "[mirror] path", &self.mirror, Access::Written);
        for (name, ending) in COMPANIONS {
            add(name, "[mirror] path", &beside(&self.mirror, ending), Access::Written);
        }
        let second = &self.second_witness;
        second.iter().for_each(|path| add("second witness", "[mirror] second_witness", path, Access::Written));
        add("credential", "[personio] credentials", &self.personio.credentials, Access::HandedOver);
        for (name, file) in [(HANDED_OVER, CREDENTIAL_NAME), ("SSH file", KEY_NAME), ("password", PASSWORD_NAME)] {
            let handed_over = self.environment.handed_over(file);
            handed_over.iter().for_each(|path| add(name, "$CREDENTIALS_DIRECTORY", path, Access::HandedOver));
        }
        if let Some(settings) = self.delivery.settings() {
            for path in delivery::local_files(settings) {
                add("feed", "[delivery] to", &path, Access::Written);
            }
            for (key, path) in [
                ("[delivery] identity_file", &settings.identity_file),
                ("[delivery] known_hosts", &settings.known_hosts),
            ] {
                path.iter().for_each(|path| add("SSH file", key, path, Access::HandedOver));
            }
        }
        let (textfile, page) = (&self.monitoring.textfile, &self.review.page);
        textfile.iter().for_each(|path| add("metrics file", "[monitoring] textfile", path, Access::Written));
        page.iter().for_each(|path| add("review page", "[review] page", path, Access::Written));
        let password = self.notify.iter().filter_map(|notify| notify.password_file.as_ref());
        password.for_each(|path| add("password", "[notify] password_file", path, Access::HandedOver));
        self.file.iter().for_each(|path| add("configuration", "--config", path, Access::HandedOver));
        places
    }

    /// Refuses a path with two purposes, and anything but a file where a file must stand.
    pub(super) fn check_places(&self) -> Result<(), Failure> {
        check(&self.places())
    }

    /// The same with the page of a dry run, whose path comes from the command line.
    pub fn check_review(&self, page: &Path) -> Result<(), Failure> {
        let page = Place { name: "page", key: "--review", path: page.to_owned(), access: Access::Written };
        let mut places = self.places();
        places.push(page);
        check(&places)
    }

    /// `connect` replaces the stored credential. A link there belongs to somebody else.
    pub fn refuse_linked_credential(&self) -> Result<(), Failure> {
        let place = Place {
            name: "credential",
            key: "[personio] credentials",
            path: self.personio.credentials.clone(),
            access: Access::Written,
        };
        place.check()
    }

    /// Closes our private files where others can read them: mirror, witness and stored credential. The second witness names nobody,
    /// and may stand in a group's folder. Returns a sentence for each file that it closed.
    pub fn close_private_files(&self) -> Result<Vec<String>, Failure> {
        let mut private = vec![(self.mirror.clone(), "mirror"), (self.personio.credentials.clone(), "credential")];
        private.extend(COMPANIONS.map(|(name, ending)| (beside(&self.mirror, ending), name)));
        let mut closed = Vec::new();
        for (path, name) in private {
            let Some(found) = fs::symlink_metadata(&path).ok().filter(Metadata::is_file) else { continue };
            let us = rustix::process::geteuid();
            // Root may work for a service. What belongs to others was handed over.
            if found.mode() & 0o077 == 0 || (found.uid() != us.as_raw() && !(us.is_root() && name != "credential")) {
                continue;
            }
            let shown = path.display();
            fs::set_permissions(&path, Permissions::from_mode(found.mode() & 0o700)).map_err(|error| {
                let what = format!(
                    "other users of this machine can read the {name} {shown}, and it cannot be closed: {error}"
                );
                Failure::new(Exit::Rejected, what).hint(format!("chmod 600 {shown}"))
            })?;
            let renewal =
                if name == "credential" { format!(": {}", credential::PERSONIO.renewal) } else { String::new() };
            closed
                .push(format!("other users of this machine could read the {name} {shown}; it is closed now{renewal}"));
        }
        Ok(closed)
    }
}

fn check(places: &[Place]) -> Result<(), Failure> {
    let resolved: Vec<Resolved<'_>> = places.iter().map(Place::resolved).collect();
    let pairs = resolved.iter().enumerate().flat_map(|(at, one)| resolved[..at].iter().map(move |other| (other, one)));
    for (one, other) in pairs {
        if one.collides_with(other) {
            let (a, b) = (one.place, other.place);
            let what = format!("the {} and the {} would be one file: {}", a.name, b.name, b.path.display());
            let hint = match a.key == b.key {
                true => format!("`{}` names another path", a.key),
                false => format!("`{}` and `{}` name two paths", a.key, b.key),
            };
            return Err(Failure::new(Exit::Misconfigured, what).hint(hint));
        }
    }
    places.iter().try_for_each(Place::check)
}

impl Place {
    fn resolved(&self) -> Resolved<'_> {
        let absolute = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        let mut paths = vec![in_real_folder(&absolute)];
        let found = match self.access {
            Access::Written => fs::symlink_metadata(&absolute),
            Access::HandedOver => {
                paths.extend(fs::canonicalize(&absolute));
                fs::metadata(&absolute)
            }
        };
        // Whoever opens the file reports that it may not be looked at.
        let file = found.ok().filter(|found| found.nlink() > 1).map(|found| (found.dev(), found.ino()));
        Resolved { place: self, paths, file }
    }

    fn check(&self) -> Result<(), Failure> {
        let found = match self.access {
            Access::Written => fs::symlink_metadata(&self.path),
            Access::HandedOver => fs::metadata(&self.path),
        };
        match found {
            Ok(found) => refuse_kind(self.name, self.key, &self.path, &found),
            // It is not there yet, or whoever opens it reports the error.
            Err(_) => Ok(()),
        }
    }
}

impl Resolved<'_> {
    fn collides_with(&self, other: &Self) -> bool {
        let is_handed_over = |resolved: &Self| resolved.place.access == Access::HandedOver;
        let is_read = |resolved: &Self| is_handed_over(resolved) && resolved.place.name != "credential";
        // The stored credential may be the one that was handed over, and the delivery itself chooses the names of one feed.
        let are_one = match (self.place.name, other.place.name) {
            ("credential", HANDED_OVER) | (HANDED_OVER, "credential") | ("feed", "feed") => true,
            _ => is_read(self) && is_read(other),
        };
        if are_one {
            return false;
        }
        let is_same_path = self.paths.iter().any(|path| other.paths.contains(path));
        let is_same_file = self.file.is_some() && self.file == other.file;
        is_same_path || is_same_file
    }
}

/// The path with the links of its folder followed, as far as folders exist. Folders that are not there yet will not be links.
fn in_real_folder(path: &Path) -> PathBuf {
    let Some(folder) = path.parent() else { return path.to_owned() };
    let mut real = match fs::canonicalize(folder) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = in_real_folder(folder);
            fs::canonicalize(&folder).unwrap_or(folder)
        }
        Err(_) => return path.to_owned(),
    };
    match path.file_name() {
        Some(name) => real.push(name),
        // The path ends in "..".
        None => drop(real.pop()),
    }
    real
}
