//! One page's tongue, and its names for people, columns and attributes of the plan.

use super::words::Word;
use crate::report::{PlanView, group_label};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::plan::FieldName;
use crate::roster::voice::{Names, Reader, Voice};
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

    /// An attribute by its name at Personio, else by the name of its column, else by its key.
    pub(super) fn attribute(&self, key: &AttributeKey) -> String {
        self.word(match key.as_str() {
            AttributeKey::EMAIL => Word::FieldEmail,
            AttributeKey::FIRST_NAME => Word::FieldFirstName,
            AttributeKey::LAST_NAME => Word::FieldLastName,
            AttributeKey::SUPERVISOR => Word::FieldSupervisor,
            AttributeKey::STATUS => Word::AttributeStatus,
            AttributeKey::HIRE_DATE => Word::AttributeHireDate,
            AttributeKey::TERMINATION_DATE => Word::AttributeTerminationDate,
            AttributeKey::DEPARTMENT => Word::Department,
            AttributeKey::OFFICE => Word::AttributeOffice,
            AttributeKey::SUBCOMPANY => Word::AttributeSubcompany,
            AttributeKey::EMPLOYMENT_TYPE => Word::AttributeEmploymentType,
            _ => return isolated(&group_label(self.view, key)),
        })
    }

    /// An attribute in quotation marks.
    pub(super) fn label(&self, key: &AttributeKey) -> String {
        self.tongue.quoted(&self.attribute(key))
    }
}

impl Names for PageNames<'_> {
    fn person(&self, id: EmployeeId) -> String {
        self.somebody(id)
    }

    fn attribute(&self, key: &AttributeKey) -> String {
        self.label(key)
    }
}

/// A field of the file.
pub(in crate::report) fn field_label(tongue: Tongue, view: &PlanView<'_>, field: &FieldName) -> String {
    let word = match field {
        FieldName::ImportId => Word::FieldImportId,
        FieldName::Email => Word::FieldEmail,
        FieldName::FirstName => Word::FieldFirstName,
        FieldName::LastName => Word::FieldLastName,
        FieldName::Language => Word::FieldLanguage,
        FieldName::Supervisor => Word::FieldSupervisor,
        FieldName::Group(key) => return group_label(view, key),
    };
    word.text(tongue).to_owned()
}
