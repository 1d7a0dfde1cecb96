//! Which database this is, for people: benchmarks and reports. Nothing decides by it.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{Answer, Sql};
use crate::engine::ports::PortError;

impl Sql {
    /// The database's name and version, like `PostgreSQL 17.5`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn version(&self) -> Result<String, PortError> {
        let backend = self.read.get_database_backend();
        let ask = match backend {
            DbBackend::Sqlite => "SELECT sqlite_version() AS version",
            _ => "SELECT version() AS version",
        };
        let row = self
            .read
            .query_one_raw(Statement::from_string(backend, ask))
            .answer()
            .await?;
        let said = row.and_then(|row| row.try_get::<String>("", "version").ok());
        Ok(named(backend, &said.unwrap_or_default()))
    }
}

/// Each says it in its own way: PostgreSQL with its name and its compiler's, MariaDB with its name
/// behind the number, MySQL and SQLite as a number.
fn named(backend: DbBackend, said: &str) -> String {
    let number = said.split(['-', ' ']).next().unwrap_or_default();
    match backend {
        DbBackend::Postgres => said.split(' ').take(2).collect::<Vec<_>>().join(" "),
        DbBackend::MySql if said.contains("MariaDB") => format!("MariaDB {number}"),
        DbBackend::MySql => format!("MySQL {number}"),
        _ => format!("SQLite {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_called_by_its_name_and_number() {
        for (backend, said, name) in [
            (
                DbBackend::Postgres,
                "PostgreSQL 17.5 (Debian 17.5-1) on x86_64-pc-linux-gnu, compiled by gcc",
                "PostgreSQL 17.5",
            ),
            (
                DbBackend::MySql,
                "11.8.2-MariaDB-1 from Debian",
                "MariaDB 11.8.2",
            ),
            (DbBackend::MySql, "8.4.0", "MySQL 8.4.0"),
            (DbBackend::Sqlite, "3.46.1", "SQLite 3.46.1"),
        ] {
            assert_eq!(named(backend, said), name);
        }
    }
}
