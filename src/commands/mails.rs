//! Mails about runs: what the run log says becomes a notice, and what was told goes into the log.

use super::Context;
use crate::config;
use crate::exit::{Exit, Failure};
use crate::notify::{self, Notice, Sender, Sent};

/// Sends a test to everybody who would be told, and says that the server took it.
pub fn check(context: &Context) -> Result<String, Failure> {
    let Some(config::notify::Notify { mail, .. }) = &context.config.notify else {
        let failure = Failure::new(Exit::Misconfigured, "nobody is sent mails: [notify] to is missing");
        return Err(failure.hint(
            "[notify] takes to = [\"hr@example.com\"], from = \"honestly-sync@example.com\" and smtp = \"smtps://USER@HOST\"",
        ));
    };
    let password = context.config.smtp_password()?;
    let sender = Sender { password: password.as_ref(), now: context.now };
    let Sent { refused } = notify::tell(mail, sender, &Notice::Test, None)?;
    let to: Vec<String> = mail.to.iter().map(|mailbox| mailbox.email.to_string()).collect();
    match refused.is_empty() {
        true => {
            Ok(format!("The mail server {} took a test for {}; see whether it arrives.\n", mail.server, to.join(", ")))
        }
        false => Err(Failure::new(Exit::Rejected, refused.join("; "))),
    }
}
