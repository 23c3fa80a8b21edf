//! One page's tongue, and its names for people, columns and attributes of the plan.

use crate::report::words::Word;
use crate::report::{PlanView, group_label};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::voice::{Names, Reader, Voice, own_attribute};
use crate::tongue::Tongue;
use crate::visible::isolated;

#[derive(Debug, Clone, Copy)]
pub(super) struct PageNames<'a> {
    pub tongue: Tongue,
    pub view: &'a PlanView<'a>,
}

impl<'a> PageNames<'a> {
    pub(super) fn new(tongue: Tongue, view: &'a PlanView<'a>) -> Self {
        Self { tongue, view }
    }

    /// HR reads this page.
    pub(super) fn voice(&self) -> Voice<'_> {
        Voice::new(Reader::Hr(self.tongue), self)
    }

    pub(super) fn word(&self, word: Word) -> String {
        word.text(self.tongue).to_owned()
    }

    /// Text from somebody inside a sentence, in quotation marks.
    pub(super) fn quoted(&self, text: &str) -> String {
        self.tongue.quoted(&isolated(text))
    }

    /// Name and id of somebody.
    pub(super) fn name(&self, id: EmployeeId) -> String {
        let person = self.view.called(id);
        let (name, key) = (person.name(), person.key());
        if name.is_empty() { key } else { format!("{name} ({key})") }
    }

    /// Name and id of somebody inside a sentence.
    pub(super) fn somebody(&self, id: EmployeeId) -> String {
        isolated(&self.name(id))
    }
}

impl Names for PageNames<'_> {
    fn person(&self, id: EmployeeId) -> String {
        self.somebody(id)
    }

    /// By the label that Personio sends, else by the usual word, else by the name of the column.
    fn attribute(&self, key: &AttributeKey) -> String {
        let sent = self.view.decision().grounds.labels.get(key).map(String::as_str);
        match sent.or_else(|| own_attribute(self.tongue, key.as_str())) {
            Some(label) => self.quoted(label),
            None => self.quoted(&group_label(self.view, key)),
        }
    }

    /// Personio's own word in this tongue, else the header.
    fn column(&self, key: &AttributeKey) -> String {
        own_attribute(self.tongue, key.as_str()).map_or_else(|| group_label(self.view, key), str::to_owned)
    }
}
