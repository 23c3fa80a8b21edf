//! Rows as values: what a query selects, and what a column holds as text: moments and JSON.

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Error as SqliteError, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Error;
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::PlanDigest;

/// Every row that a query selects, as `read` makes a value of it.
pub(super) fn select<T, C: FromIterator<T>>(
    connection: &Connection,
    query: &str,
    parameters: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<C, Error> {
    let mut statement = connection.prepare_cached(query)?;
    statement.query_and_then(parameters, read)?.collect()
}

/// One value that a query always selects.
pub(super) fn value<T: FromSql>(connection: &Connection, query: &str, parameters: impl Params) -> Result<T, Error> {
    Ok(connection.query_row(query, parameters, |row| row.get(0))?)
}

/// People for `json_each`, by the numbers that stand in columns.
pub(super) fn ids<'i>(people: impl IntoIterator<Item = &'i EmployeeId>) -> Json<Vec<i64>> {
    Json(people.into_iter().map(|id| id.0).collect())
}

/// A moment: RFC 3339 in UTC with milliseconds, so that text sorts as time does.
pub(super) struct At(pub DateTime<Utc>);

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_rfc3339_opts(SecondsFormat::Millis, true).into())
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let moment = DateTime::parse_from_rfc3339(value.as_str()?).map_err(FromSqlError::other)?;
        Ok(Self(moment.to_utc()))
    }
}

/// What is more than a number, a text or a moment.
pub(super) struct Json<T>(pub T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0).map_err(|error| SqliteError::ToSqlConversionFailure(error.into()))?;
        Ok(text.into())
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(FromSqlError::other)
    }
}

impl FromSql for PlanDigest {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}
