//! The nouns of the core: what Personio states about a person, what Honestly has, and the text that both are made of.

pub mod language;
pub mod record;
pub mod snapshot;
pub mod text;
