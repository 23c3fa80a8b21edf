//! What can be the matter with a mirror: it is not the one that the last run left.

use std::fmt;

/// How the mirror differs from what is known of the one that the last run left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MirrorMismatch {
    /// There is none, or a new one.
    Missing,
    /// The same one, but people are missing in it.
    Emptied,
    Another,
    /// A copy from before the last run.
    Older,
    /// Nothing tells whether it is the one that the last run left.
    NoWitness,
}

impl MirrorMismatch {
    /// One word, part of what an approval stands for.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Emptied => "emptied",
            Self::Another => "another",
            Self::Older => "older",
            Self::NoWitness => "no_witness",
        }
    }
}

impl fmt::Display for MirrorMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the mirror that the last run left is gone: everybody would be new",
            Self::Emptied => "the mirror has lost people since the last run: they would be new",
            Self::Another => "this is another mirror than the one that the last run left",
            Self::Older => "this mirror is an older copy of the one that the last run left",
            Self::NoWitness => {
                "the witness file beside the mirror is missing or unreadable, so this may be an older copy of the mirror"
            }
        })?;
        f.write_str(
            ", and import ids may be given to other people than Honestly knows by them; restore the newest copy of the mirror, or \
             remove it and take over who is in Honestly with connect --adopt, or approve to go on with this one",
        )
    }
}
