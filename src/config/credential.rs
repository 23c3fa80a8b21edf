//! The Personio credential at rest: a file of its own that only its owner can read, written in one step.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};
use crate::secret::{Credential, Secret};

/// The file: one JSON object.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    client_id: String,
    client_secret: String,
}

/// None where there is no such file. A file that others can read is refused: its secret may already be known.
pub fn read(path: &Path) -> Result<Option<Credential>, Failure> {
    read_unless(path, 0o077)
}

/// The same for a file that systemd hands over. Where the service has a user of its own, systemd grants reading by an access
/// control list, and the list's mask shows as the rights of the group: 0440 (systemd, exec-credential.c).
pub fn read_handed_over(path: &Path) -> Result<Option<Credential>, Failure> {
    read_unless(path, 0o007)
}

/// `refused` are the rights that nobody may have.
fn read_unless(path: &Path, refused: u32) -> Result<Option<Credential>, Failure> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        Failure::new(Exit::Misconfigured, format!("cannot read the credential {shown}: {error}"))
    };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    if metadata.is_dir() {
        let failure = Failure::new(Exit::Misconfigured, format!("the credential {shown} is a folder"));
        return Err(failure.hint("`[personio] credentials` names a file"));
    }
    if metadata.permissions().mode() & refused != 0 {
        let failure =
            Failure::new(Exit::Misconfigured, format!("other users of this machine can read the credential {shown}"));
        return Err(failure.hint(format!(
            "chmod 600 {shown}; if anybody may have read it, renew the credential in Personio and run connect again"
        )));
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?);
    let File { client_id, client_secret } = serde_json::from_str(&text).map_err(|_| {
        // The library's message would repeat the line, and the line holds the secret.
        Failure::new(Exit::Misconfigured, format!("the credential {shown} is not what connect wrote"))
            .hint("run honestly-sync connect again")
    })?;
    Ok(Some(Credential { client_id, client_secret: Secret::new(client_secret) }))
}

/// Replaces the file in one step, so that a crash leaves the old credential or the new one.
pub fn write(path: &Path, credential: &Credential) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Misconfigured, format!("cannot store the credential in {}: {error}", path.display()))
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let shown = credential.client_secret.reveal();
    let content = File { client_id: credential.client_id.clone(), client_secret: shown.to_owned() };
    let text = Zeroizing::new(serde_json::to_string_pretty(&content).map_err(|error| failed(error.into()))? + "\n");
    drop(Zeroizing::new(content.client_secret));
    // A NamedTempFile is created with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_only_the_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/credentials.json");
        assert_eq!(read(&path).unwrap(), None);
        for secret in ["plain", "qu\"ote\\back", "new\nline\u{7f}", "ümlaut"] {
            let credential = Credential { client_id: "id".into(), client_secret: Secret::new(secret) };
            write(&path, &credential).unwrap();
            assert_eq!(read(&path).unwrap(), Some(credential));
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_credential_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.json");
        let credential = Credential { client_id: "id".into(), client_secret: Secret::new("canary") };
        write(&path, &credential).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let failure = read(&path).unwrap_err();
        assert_eq!(failure.exit, Exit::Misconfigured);
        assert!(!format!("{failure:?}").contains("canary"));
    }

    #[test]
    fn a_damaged_credential_is_told_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.json");
        for text in [
            r#"{"client_id": "a", "client_secret": canary}"#,
            "canary",
            r#"{"client_id": 1, "client_secret": "canary"}"#,
        ] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            let failure = read(&path).unwrap_err();
            assert_eq!(failure.exit, Exit::Misconfigured);
            assert!(!format!("{failure:?}").contains("canary"));
        }
    }
}
