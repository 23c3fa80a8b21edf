//! Languages as Honestly names them: the two-letter codes of ISO 639-1.
//!
//! isolang 2.4 has the same codes and a withdrawn one (`sh`), among the 7,916 languages of ISO 639-3.

/// The 183 codes of ISO 639-1, sorted.
const CODES: &str = "\
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et \
    eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk \
    kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny \
    oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk \
    tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// One of the codes, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(&'static str);

impl Language {
    /// None unless the text is one of the codes, in any case, or begins with one as `de-DE` and `pt_BR` do.
    pub fn new(text: &str) -> Option<Self> {
        let mut parts = text.trim().split(['-', '_']);
        let code = parts.next()?.to_ascii_lowercase();
        if !parts.all(is_subtag) {
            return None;
        }
        // Every code is two letters and a space.
        let is_whole = |(at, found): &(usize, &str)| at % 3 == 0 && found.len() == 2;
        let (at, found) = CODES.match_indices(&code).find(is_whole)?;
        Some(Self(&CODES[at..at + found.len()]))
    }

    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// A region, script or variant after the language (BCP 47).
fn is_subtag(part: &str) -> bool {
    (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests;
