//! What names stood for, as rows.

use rusqlite::{Connection, params};

use super::error::Error;
use super::rows::select;
use crate::roster::model::record::AttributeKey;
use crate::roster::plan::names::Names;

const LABEL: &str = "label";
const OTHERS: &str = "others";
const HEADER: &str = "header";
const VALUE: &str = "value";

/// The name of whatever is not named.
const EVERYTHING: &str = "*";

pub(super) fn load(connection: &Connection) -> Result<Names, Error> {
    let mut names = Names::default();
    let () = select(connection, "SELECT kind, name, attribute, id FROM names", [], |row| {
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        let attribute = row.get::<_, Option<String>>(2)?.map(AttributeKey::new);
        match (kind.as_str(), attribute, row.get::<_, Option<i64>>(3)?) {
            (LABEL, Some(attribute), None) => _ = names.labels.insert(name, attribute),
            (OTHERS, attribute, None) => {
                names.others.get_or_insert_default().extend(attribute.map(|attribute| (attribute, name)));
            }
            (HEADER, Some(attribute), None) => _ = names.headers.insert(attribute, name),
            (VALUE, Some(attribute), Some(id)) => {
                names.values.entry(attribute).or_default().entry(name).or_default().insert(id);
            }
            _ => return Err(Error::Damaged("a name stands for nothing that can be".to_owned())),
        }
        Ok(())
    })?;
    Ok(names)
}

pub(super) fn set(connection: &Connection, names: &Names) -> Result<(), Error> {
    let Names { labels, others, headers, values } = names;
    connection.execute("DELETE FROM names", [])?;
    let mut insert = connection.prepare("INSERT INTO names (kind, name, attribute, id) VALUES (?1, ?2, ?3, ?4)")?;
    let nothing = None::<&str>;
    for (label, attribute) in labels {
        insert.execute(params![LABEL, label, attribute.as_str(), nothing])?;
    }
    if let Some(others) = others {
        insert.execute(params![OTHERS, EVERYTHING, nothing, nothing])?;
        for (attribute, look) in others {
            insert.execute(params![OTHERS, look, attribute.as_str(), nothing])?;
        }
    }
    for (attribute, header) in headers {
        insert.execute(params![HEADER, header, attribute.as_str(), nothing])?;
    }
    for (attribute, names) in values {
        for (name, id) in names.iter().flat_map(|(name, ids)| ids.iter().map(move |id| (name, id))) {
            insert.execute(params![VALUE, name, attribute.as_str(), id])?;
        }
    }
    Ok(())
}
