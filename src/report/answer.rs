//! The answers of whoever reviews a held plan, as links to mails: the reader's own program for mails opens them, and nothing is
//! sent before the reader sends it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::roster::plan::PlanDigest;
use crate::tongue::{Tongue, say};

/// What an answer is about, and who gets it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub contact: &'a str,
    pub company: Option<&'a str>,
    pub digest: &'a PlanDigest,
    /// `3 people would be removed from Honestly`
    pub changes: &'a str,
}

/// Approves the plan, with a sentence that the reader completes.
pub(super) fn approval(tongue: Tongue, question: &Question<'_>) -> String {
    let Question { contact: _, company: _, digest, changes } = question;
    let subject = say!(tongue, "Approval of plan {digest}", "Freigabe des Plans {digest}");
    let body = say!(
        tongue,
        "I have reviewed plan {digest}: {changes}.\n\nI approve exactly this plan. My name: ",
        "Ich habe den Plan {digest} geprüft: {changes}.\n\nIch gebe genau diesen Plan frei. Mein Name: "
    );
    link(question, &subject, &body)
}

/// Says what is wrong with the plan.
pub(super) fn objection(tongue: Tongue, question: &Question<'_>) -> String {
    let Question { contact: _, company: _, digest, changes } = question;
    let subject = say!(tongue, "Objection to plan {digest}", "Einwand gegen den Plan {digest}");
    let body = say!(
        tongue,
        "I have reviewed plan {digest}: {changes}.\n\nPlease do not approve it. This is wrong: ",
        "Ich habe den Plan {digest} geprüft: {changes}.\n\nBitte geben Sie ihn nicht frei. Das stimmt nicht: "
    );
    link(question, &subject, &body)
}

/// RFC 6068. A space is `%20`, because mail programs show a `+` as it is; a line ends with `%0D%0A`.
fn link(Question { contact, company, .. }: &Question<'_>, subject: &str, body: &str) -> String {
    const TEXT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    const ADDRESS: &AsciiSet = &TEXT.remove(b'@');
    let company = company.map(|company| format!("{company}: ")).unwrap_or_default();
    let (subject, body) = (format!("{company}{subject}"), body.replace('\n', "\r\n"));
    let encoded = |text| utf8_percent_encode(text, TEXT);
    let to = utf8_percent_encode(contact, ADDRESS);
    format!("mailto:{to}?subject={}&body={}", encoded(&subject), encoded(&body))
}

#[cfg(test)]
mod tests;
