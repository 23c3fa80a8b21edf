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
        let code = parts.next()?;
        let language = Self::of_code(code)?;
        let is_country = parts.clone().next().is_some_and(|second| is_country(code, second));
        (!is_country && parts.all(is_subtag)).then_some(language)
    }

    fn of_code(code: &str) -> Option<Self> {
        let code = code.to_ascii_lowercase();
        // Every code is two letters and a space.
        let is_whole = |(at, found): &(usize, &str)| at % 3 == 0 && found.len() == 2;
        let (at, found) = CODES.match_indices(&code).find(is_whole)?;
        Some(Self(&CODES[at..at + found.len()]))
    }

    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// Whether a country stands before its language, as in `CH-DE`: some countries have the code of a language that is spoken
/// elsewhere. `ca-ES`, written as the standard says, is Catalan.
fn is_country(first: &str, second: &str) -> bool {
    const COUNTRIES: [&str; 6] = ["be", "br", "ca", "ch", "lu", "se"];
    let is_standard = first.bytes().all(|b| b.is_ascii_lowercase()) && second.bytes().all(|b| b.is_ascii_uppercase());
    COUNTRIES.contains(&&*first.to_ascii_lowercase())
        && Language::of_code(second).is_some()
        && !first.eq_ignore_ascii_case(second)
        && !is_standard
}

/// A region, script or variant after the language (BCP 47).
fn is_subtag(part: &str) -> bool {
    (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests;
