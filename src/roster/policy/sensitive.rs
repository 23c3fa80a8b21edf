//! Which attributes are sensitive: they become groups only when the configuration names them.
//!
//! Nobody should have to think of this: pay, bank, tax, insurance, birthday, private address and phone, emergency contact,
//! family, health, faith, origin, sexuality, papers and discipline are left out, in English and German.

use crate::roster::model::text::skeleton;
use crate::roster::policy::attribute::Attribute;

/// As skeletons. An attribute is sensitive if its key, universal id or label has one of these words. Words of up to four
/// letters count only at the start of a word. Umlauts also count when written with an e.
const WORDS: &str = "\
    salary, gehalt, lohn, wage, bonus, compensation, vergütung, pay, provision, commission, prämie, entgelt, besoldung, tarif, \
    allowance, zulage, zuschlag, income, einkommen, verdienst, equity, stock option, pfändung, garnish, schufa, \
    iban, bic, swift, bank, konto, account holder, kreditkarte, credit card, \
    tax, steuer, freibetrag, insurance, versicherung, krankenkasse, social security, ssn, pension, rente, vorsorge, \
    vermögenswirksam, minijob, midijob, \
    kirche, church, konfession, denomination, religion, glaube, faith, gewerkschaft, trade union, union member, betriebsrat, \
    works council, political, politisch, partei, \
    birth, geburt, age group, altersgruppe, national, staatsangehörigkeit, staatsbürgerschaft, citizen, ethnic, ethnisch, \
    herkunft, race, racial, rasse, hautfarbe, muttersprache, mother tongue, native language, \
    sexual, sexuell, lgbt, pronoun, pronomen, gender identity, geschlechtsidentität, \
    visa, visum, passport, reisepass, ausweis, aufenthalt, residen, arbeitserlaubnis, work permit, führerschein, \
    driving licence, driver, \
    privat, personal email, personal e mail, address, adresse, anschrift, street, strasse, hausnummer, zip, postal, \
    postcode, postleitzahl, plz, city, stadt, ort, wohn, phone, telefon, mobile, handy, \
    emergency, notfall, marital, married, verheiratet, civil status, zivilstand, personenstand, familienstand, spouse, ehe, \
    lebenspartner, child, kind, dependent, dependant, alleinerziehend, elternzeit, parental, maternity, paternity, \
    mutterschutz, schwanger, pregnan, \
    health, gesundheit, krank, sick, illness, medical, blood, blutgruppe, vaccin, impf, allerg, genetic, genetisch, biometr, \
    diet, ernährung, disab, handicap, behinder, veteran, abmahnung, disciplin, criminal, vorstrafe, führungszeugnis, \
    performance rating, leistungsbeurteilung";

pub fn is_sensitive(attribute: &Attribute) -> bool {
    let Attribute { key, label, universal_id, kind: _ } = attribute;
    let texts = [key.as_str(), label, universal_id.as_deref().unwrap_or_default()].map(spoken);
    let is_in = |text: &String, word: &str| match word.chars().count() {
        0..=4 => text.split(' ').any(|spoken| spoken.starts_with(word)),
        _ => text.contains(word),
    };
    let without_dots = WORDS.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
    let words = WORDS.split(", ").chain(without_dots.split(", "));
    words.into_iter().any(|word| texts.iter().any(|text| is_in(text, word)))
}

/// Letters and digits, with a space for everything between them.
fn spoken(text: &str) -> String {
    let text = skeleton(text);
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
