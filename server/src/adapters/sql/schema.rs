//! The version of a database's schema. A program works only with its own version: an earlier one lacks
//! columns, and a later one has unknown columns.

use std::fmt::Display;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};
use sea_orm_migration::{MigratorTrait, SchemaManager};

use super::connect::ConnectError;
use crate::migrations::Migrator;

/// A database's schema, compared with this program's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// There is none.
    None,
    /// Migrations are missing; holds the last one that it has.
    Earlier(String),
    /// This program's own version.
    Own,
    /// It has migrations that this program does not know; holds the last one.
    Later(String),
}

impl Schema {
    /// Reads the schema; changes nothing.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn of(database: &DatabaseConnection) -> Result<Schema, DbErr> {
        if !SchemaManager::new(database)
            .has_table("seaql_migrations")
            .await?
        {
            return Ok(Schema::None);
        }
        let sql = "SELECT version FROM seaql_migrations ORDER BY version";
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let rows = database.query_all_raw(statement).await?;
        let applied = rows.iter().map(|row| row.try_get_by_index::<String>(0));
        let applied = applied.collect::<Result<Vec<_>, _>>()?;
        let migrations = Migrator::migrations();
        let known: Vec<_> = migrations.iter().map(|one| one.name()).collect();
        let unknown = applied.iter().rfind(|one| !known.contains(&one.as_str()));
        Ok(match (unknown, applied.last()) {
            (Some(unknown), _) => Schema::Later(unknown.clone()),
            (None, None) => Schema::None,
            (None, Some(last)) if applied.len() < known.len() => Schema::Earlier(last.clone()),
            (None, Some(_)) => Schema::Own,
        })
    }

    /// Fails on a later version: this program must not change it.
    pub(super) fn must_be_known(&self, place: impl Display) -> Result<(), ConnectError> {
        match self {
            Schema::Later(found) => Err(ConnectError::LaterVersion {
                place: place.to_string(),
                found: found.clone(),
                known: own_version(),
            }),
            Schema::None | Schema::Earlier(_) | Schema::Own => Ok(()),
        }
    }

    /// Fails unless it is this program's own version.
    pub(super) fn must_be_own(&self, place: impl Display) -> Result<(), ConnectError> {
        match self {
            Schema::None => Err(ConnectError::NoShop(place.to_string())),
            Schema::Earlier(_) => Err(ConnectError::EarlierVersion(place.to_string())),
            Schema::Own | Schema::Later(_) => self.must_be_known(place),
        }
    }
}

/// The version of the built-in SQLite.
///
/// # Errors
/// If it does not work at all.
pub async fn sqlite_version() -> Result<String, DbErr> {
    let database = Database::connect("sqlite::memory:").await?;
    let sql = "SELECT sqlite_version()";
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(statement).await?;
    let version = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(version.unwrap_or_default())
}

/// The schema version of this program: the name of its last migration.
pub fn own_version() -> String {
    let migrations = Migrator::migrations();
    migrations
        .last()
        .map(|last| last.name().to_owned())
        .unwrap_or_default()
}
