//! `check-config`: which configuration is read, and what it changes. Sends nothing.

use std::fmt::Write as _;

use super::{Context, print};
use crate::config::{Config, Setting};
use crate::exit::Exit;

/// A mistake has ended the command before this.
pub fn run(context: &Context) -> anyhow::Result<Exit> {
    print(&text(&context.config))?;
    Ok(Exit::InStep)
}

/// Every key that differs from its default, written as in the file.
fn text(config: &Config) -> String {
    let mut text = match &config.file {
        Some(file) => format!("The configuration {} is valid.\n", file.display()),
        None => "There is no configuration file.\n".to_owned(),
    };
    let mut differing = String::new();
    let mut current = "";
    for Setting { section, key, differing: value } in &config.settings {
        let Some(value) = value else { continue };
        if *section != current {
            // Writing to a String cannot fail.
            let _ = write!(differing, "\n[{section}]\n");
            current = section;
        }
        let _ = writeln!(differing, "{key} = {value}");
    }
    text += &match differing.trim_start() {
        "" => "Every key has its default.\n".to_owned(),
        differing => format!("These keys differ from their defaults:\n\n{differing}"),
    };
    let labels: Vec<String> = config.labels().into_iter().map(|label| format!("{label:?}")).collect();
    if !labels.is_empty() {
        text += &format!("\nWhether Personio has these attributes is known when it is asked: {}\n", labels.join(", "));
    }
    text
}
