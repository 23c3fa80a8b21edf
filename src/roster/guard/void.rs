//! Why a digest that a person named is not good.

use serde::{Deserialize, Serialize};

use crate::roster::voice::{Told, Voice, tell};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Void {
    /// No run of the log told it.
    NeverTold,
    /// It was carried out or withdrawn, or nobody told it for seven days.
    Ended,
    /// Another plan was carried out since.
    CarriedOutSince,
    OtherDestination,
    OtherAccount,
    OtherMirror,
    OtherFile,
    /// Something else gives import ids by now.
    OtherImportIds,
    /// What it would change cannot be read any more.
    Unreadable,
}

impl Told for Void {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::NeverTold => {
                tell!(voice, "no run told it", "there is no such plan", "einen solchen Plan gibt es nicht")
            }
            Self::Ended => tell!(
                voice,
                "it was carried out or withdrawn, or seven days have passed since a run told it",
                "it was carried out or withdrawn, or is older than seven days",
                "er wurde ausgeführt oder zurückgezogen oder ist älter als sieben Tage"
            ),
            Self::CarriedOutSince => tell!(
                voice,
                "the mirror is no longer the one that it was made from: a plan was carried out since",
                "another plan was carried out since",
                "inzwischen wurde ein anderer Plan ausgeführt"
            ),
            Self::OtherDestination => tell!(
                voice,
                "it was for another destination",
                "the file goes to another place now",
                "die Datei wird jetzt an einem anderen Ort abgelegt"
            ),
            Self::OtherAccount => tell!(
                voice,
                "it was for another Personio account",
                "it was for another Personio account",
                "er galt für ein anderes Personio-Konto"
            ),
            Self::OtherMirror => tell!(
                voice,
                "it was for another mirror",
                "it was made from another record of who is in Honestly",
                "er beruhte auf einem anderen Verzeichnis der Personen in Honestly"
            ),
            Self::OtherFile => tell!(
                voice,
                "another file stands at the destination than when it was told",
                "another file has been put where Honestly fetches it",
                "dort, wo Honestly die Datei abholt, liegt inzwischen eine andere"
            ),
            Self::OtherImportIds => tell!(
                voice,
                "something else gives import ids by now",
                "import ids are made from something else now",
                "die Import-IDs werden jetzt aus etwas anderem gebildet"
            ),
            Self::Unreadable => tell!(
                voice,
                "what it would change cannot be read any more",
                "what it would change cannot be read any more",
                "was er ändern würde, ist nicht mehr lesbar"
            ),
        }
    }
}
