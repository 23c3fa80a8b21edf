//! How text from Personio is made comparable: what looks the same to a reader must be the same to a program, and a text of only
//! invisible characters is blank.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

use crate::visible::is_visible;

/// Composes characters (NFC), drops those without effect on their neighbours, and turns every run of white space and controls
/// into one space, with none at the ends. The result is empty if nothing can be seen. Letters keep case and accents. Joiners
/// and variation selectors stay, because emoji and several scripts need them.
pub fn tidy(text: &str) -> Cow<'_, str> {
    if is_tidy_ascii(text) {
        return Cow::Borrowed(text);
    }
    let mut tidy = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars().filter(|c| !is_idle(*c)).nfc() {
        if c.is_whitespace() || c.is_control() {
            gap = true;
            continue;
        }
        if gap && !tidy.is_empty() {
            tidy.push(' ');
        }
        gap = false;
        tidy.push(c);
    }
    if !tidy.chars().any(is_visible) {
        tidy.clear();
    }
    Cow::Owned(tidy)
}

/// Invisible, without width, and without effect on the shape of its neighbours: soft hyphen, zero width space, word joiner,
/// byte order mark, marks of direction, invisible operators, marks of annotations, language tag.
fn is_idle(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'
            | '\u{200E}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0001}'
    )
}

/// The form in which two values are compared: variants that differ only in case are one group.
pub fn fold(value: &str) -> Cow<'_, str> {
    let is_folded = value.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_folded { Cow::Borrowed(value) } else { Cow::Owned(value.to_lowercase()) }
}

/// An address for comparison: without capitals, and with its domain as servers write it (`müller.de` is `xn--mller-kva.de`).
pub fn fold_address(address: &str) -> Cow<'_, str> {
    let folded = fold(address);
    let domain = folded.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii());
    let written = domain.and_then(|(local, domain)| match idna::domain_to_ascii(domain) {
        Ok(domain) => Some(format!("{local}@{domain}")),
        Err(_) => None,
    });
    written.map_or(folded, Cow::Owned)
}

/// Tidied and folded: the form in which names and labels are compared.
pub fn folded(text: &str) -> String {
    fold(&tidy(text)).into_owned()
}

/// The choice most like a text, if they differ by no more than a typing mistake or two.
pub fn alike<'c>(text: &str, choices: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    const ALIKE: f64 = 0.6;
    let text = folded(text);
    let likeness = |choice: &str| strsim::normalized_damerau_levenshtein(&folded(choice), &text);
    let best = choices.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= ALIKE).then_some(best)
}

/// The form in which keys and names of people are compared, so that a difference that can hardly be seen does not count:
/// compatible characters composed (NFKC), without case, without anything invisible.
pub fn skeleton(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    let seen: String = tidy(text).nfkc().filter(|c| *c == ' ' || is_visible(*c)).collect();
    // By way of upper case, because some letters have several lower forms, and "ß" is "ss" in capitals.
    Cow::Owned(seen.to_uppercase().to_lowercase().nfkc().collect())
}

/// Most texts need no work, and this check is quicker than the work. ASCII is composed and has nothing invisible.
fn is_tidy_ascii(text: &str) -> bool {
    let mut before = b' ';
    text.bytes().all(|byte| {
        let fits = byte.is_ascii_graphic() || (byte == b' ' && before != b' ');
        before = byte;
        fits
    }) && (text.is_empty() || before != b' ')
}

#[cfg(test)]
mod tests;
