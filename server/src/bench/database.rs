//! The measured database's name and version.

use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};

use super::BenchError;

/// The database's name and version, like `PostgreSQL 17.5`.
pub async fn version(url: &str) -> Result<String, BenchError> {
    let database = Database::connect(url).await?;
    let backend = database.get_database_backend();
    let query = Statement::from_string(backend, "SELECT version() AS version");
    let row = database.query_one_raw(query).await?;
    let text = row.and_then(|row| row.try_get::<String>("", "version").ok());
    database.close().await?;
    Ok(named(backend, &text.unwrap_or_default()))
}

/// PostgreSQL reports its name, its version and its compiler's; MariaDB its name after the version;
/// MySQL only the version.
fn named(backend: DbBackend, text: &str) -> String {
    let number = text.split(['-', ' ']).next().unwrap_or_default();
    match backend {
        DbBackend::Postgres => text.split(' ').take(2).collect::<Vec<_>>().join(" "),
        _ if text.contains("MariaDB") => format!("MariaDB {number}"),
        _ => format!("MySQL {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_called_by_its_name_and_version() {
        for (backend, text, name) in [
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
        ] {
            assert_eq!(named(backend, text), name);
        }
    }
}
