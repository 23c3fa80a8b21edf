//! Which attributes are sensitive: they become groups only when the configuration names them.
//!
//! What counts is that nobody has to think of it: pay, bank, tax, insurance, birthday, private address and phone, emergency
//! contact, family, health, faith, papers and discipline fall away in English and German.

use crate::roster::model::text::fold;
use crate::roster::policy::mapping::Attribute;

/// Folded. An attribute is sensitive where its key, universal id or label has one of them; words of up to four letters count
/// at the start of a word only.
const WORDS: &str = "\
    salary, gehalt, lohn, wage, bonus, compensation, vergütung, payroll, pay grade, provision, commission, prämie, entgelt, \
    besoldung, tarif, allowance, zulage, zuschlag, pfändung, garnish, \
    iban, bic, swift, bank, konto, account holder, kreditkarte, credit card, \
    tax, steuer, freibetrag, insurance, versicherung, krankenkasse, social security, pension, rente, \
    kirche, church, konfession, religion, glaube, faith, gewerkschaft, trade union, union member, political, partei, \
    birth, geburt, age group, altersgruppe, national, staatsangehörigkeit, staatsbürgerschaft, citizen, ethnic, herkunft, \
    visa, visum, passport, reisepass, ausweis, aufenthalt, residen, arbeitserlaubnis, work permit, führerschein, \
    driving licence, driver, \
    privat, personal email, personal e mail, address, adresse, anschrift, street, straße, strasse, hausnummer, zip, postal, \
    postcode, postleitzahl, plz, city, stadt, ort, wohn, phone, telefon, mobile, handy, \
    emergency, notfall, marital, familienstand, spouse, ehe, lebenspartner, child, kind, elternzeit, parental, maternity, \
    mutterschutz, schwanger, pregnan, \
    health, gesundheit, krank, sick, medical, disab, behinder, abmahnung, disciplin, criminal";

pub fn is_sensitive(attribute: &Attribute) -> bool {
    let Attribute { key, label, universal_id, kind: _ } = attribute;
    let texts = [key.as_str(), label, universal_id.as_deref().unwrap_or_default()];
    let spoken = texts.map(|text| fold(text).replace(['_', '-'], " "));
    let is_in = |text: &String, word: &str| match word.chars().count() {
        0..=4 => text.split_whitespace().any(|spoken| spoken.starts_with(word)),
        _ => text.contains(word),
    };
    WORDS.split(", ").any(|word| spoken.iter().any(|text| is_in(text, word)))
}
