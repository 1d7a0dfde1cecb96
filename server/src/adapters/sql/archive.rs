//! A shop in one file that any of the databases can import: every row that the ledger keeps, at one moment. For
//! moving between a data folder and servers, between rounds. It is not a backup: for that use
//! [`copy`](super::copy) or the tools of a server's database, which also work while the shop sells.

mod check;
mod file;
mod tables;

use std::path::Path;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Statement, TransactionTrait};

use super::{Sql, schema::own_version};
use crate::engine::ports::Clock;
use file::{Head, Reader, Writer};
use tables::{Row, Sum, Table, insert, rows_after, tables};

pub use check::Unsettled;
pub use file::ArchiveError;

/// The contents of a file or an import: each table with its number of rows.
pub type Contents = Vec<(String, u64)>;

impl Sql {
    /// Exports all data of the shop to a new file, readable only by its owner. Leaves out log-ins: people sign in
    /// again. `since_ms` must be from before the gate was checked.
    ///
    /// # Errors
    /// See [`ArchiveError`]. An incomplete file is removed.
    pub async fn export(
        &self,
        file: &Path,
        since_ms: i64,
        clock: &dyn Clock,
    ) -> Result<Contents, ArchiveError> {
        let all = self.begin_consistent_read().await?;
        let unsettled = check::unsettled(&all, since_ms, clock).await?;
        if !unsettled.is_none() {
            return Err(ArchiveError::Unsettled(unsettled));
        }
        let head = Head::new(own_version(), clock.now_ms());
        let mut writer = Writer::create(file, &head)?;
        let written = write_all(&all, &mut writer).await;
        let finished = written.and_then(|contents| writer.finish().map(|()| contents));
        if finished.is_err() {
            // An incomplete file would be refused; remove it so that the next attempt can use its name.
            let _ = std::fs::remove_file(file);
        }
        finished
    }

    /// Imports a file into a database that has the schema and nothing else, reads it back, and compares. All
    /// or nothing.
    ///
    /// # Errors
    /// See [`ArchiveError`].
    pub async fn import(&self, file: &Path) -> Result<Contents, ArchiveError> {
        // Read the whole file before writing anything: a truncated file ends here.
        let expected = read_through(file)?;
        let all = self.write.begin().await?;
        must_be_empty(&all).await?;
        write_rows(&all, file).await?;
        for (table, sum) in tables().iter().zip(&expected) {
            if sum_of(&all, table).await? != *sum {
                return Err(ArchiveError::Differs(table.name.clone()));
            }
        }
        all.commit().await?;
        let names = tables().into_iter().map(|table| table.name);
        Ok(names.zip(expected.iter().map(|sum| sum.rows)).collect())
    }
}

async fn write_all(
    all: &DatabaseTransaction,
    writer: &mut Writer,
) -> Result<Contents, ArchiveError> {
    let mut contents = Contents::new();
    for table in tables() {
        writer.begin(&table)?;
        let mut count = 0;
        let mut last = None;
        loop {
            let rows = rows_after(all, &table, last.as_ref()).await?;
            for row in &rows {
                writer.row(row)?;
            }
            count += rows.len() as u64;
            match rows.into_iter().next_back() {
                Some(row) => last = Some(row),
                None => break,
            }
        }
        let counted = check::count(all, &format!("SELECT COUNT(*) FROM {}", table.name)).await?;
        if u64::try_from(counted) != Ok(count) {
            return Err(ArchiveError::Incomplete {
                table: table.name,
                counted,
                read: count,
            });
        }
        contents.push((table.name, count));
    }
    Ok(contents)
}

/// The sum of each table of a file, in the order of [`tables`].
fn read_through(file: &Path) -> Result<Vec<Sum>, ArchiveError> {
    let mut reader = Reader::open(file)?;
    let mut sums = Vec::new();
    for table in tables() {
        reader.begin(&table)?;
        let mut sum = Sum::default();
        while let Some(row) = reader.row(&table)? {
            sum.add(&row);
        }
        sums.push(sum);
    }
    reader.finish()?;
    Ok(sums)
}

async fn write_rows(all: &DatabaseTransaction, file: &Path) -> Result<(), ArchiveError> {
    let mut reader = Reader::open(file)?;
    for table in tables() {
        reader.begin(&table)?;
        loop {
            let mut rows: Vec<Row> = Vec::new();
            while (rows.len() as u64) < table.rows_at_once()
                && let Some(row) = reader.row(&table)?
            {
                rows.push(row);
            }
            if rows.is_empty() {
                break;
            }
            insert(all, &table, &rows).await?;
        }
    }
    Ok(())
}

async fn sum_of(all: &DatabaseTransaction, table: &Table) -> Result<Sum, DbErr> {
    let mut sum = Sum::default();
    let mut last = None;
    loop {
        let rows = rows_after(all, table, last.as_ref()).await?;
        for row in &rows {
            sum.add(row);
        }
        match rows.into_iter().next_back() {
            Some(row) => last = Some(row),
            None => return Ok(sum),
        }
    }
}

/// Also checks log-ins, which no file contains.
async fn must_be_empty(all: &DatabaseTransaction) -> Result<(), ArchiveError> {
    let names = tables().into_iter().map(|table| table.name);
    for name in names.chain(["login_tokens".to_owned()]) {
        if name == "activity_log_end" {
            // The only row that the schema starts with.
            let made = "DELETE FROM activity_log_end WHERE number = 0";
            all.execute_unprepared(made).await?;
        }
        let count = check::count(all, &format!("SELECT COUNT(*) FROM {name}")).await?;
        if count > 0 {
            return Err(ArchiveError::NotEmpty { table: name, count });
        }
    }
    Ok(())
}

fn statement(all: &DatabaseTransaction, sql: &str) -> Statement {
    Statement::from_string(all.get_database_backend(), sql)
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait as _;

    use super::{super::connect::FOR_A_TEST, Sql, statement, tables};

    /// Tables that are not moved.
    const LEFT_OUT: [&str; 2] = ["login_tokens", "seaql_migrations"];

    #[tokio::test]
    async fn every_table_and_column_is_in_an_export_or_left_out_on_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let sql = Sql::open(folder.path(), &FOR_A_TEST).await.unwrap();
        let all = sql.begin_consistent_read().await.unwrap();
        let names = async |query: &str| -> Vec<String> {
            let rows = all.query_all_raw(statement(&all, query)).await.unwrap();
            let names = rows.iter().map(|row| row.try_get_by_index(0).unwrap());
            let mut names: Vec<String> = names.collect();
            names.sort();
            names
        };
        let query =
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let mut found = names(query).await;
        found.retain(|name| !LEFT_OUT.contains(&name.as_str()));
        let mut exported: Vec<_> = tables().into_iter().map(|table| table.name).collect();
        exported.sort();
        assert_eq!(exported, found);
        for table in tables() {
            let query = format!("SELECT name FROM pragma_table_info('{}')", table.name);
            let mut columns: Vec<_> = table.columns.iter().map(|(name, _)| name.clone()).collect();
            columns.sort();
            assert_eq!(columns, names(&query).await, "{}", table.name);
            // Rows are read in the order of one column.
            let keys = names(&format!("{query} WHERE pk > 0")).await;
            assert_eq!(keys, [&*table.columns[table.key].0], "{}", table.name);
            for (name, kind) in &table.columns {
                let query = format!(
                    "SELECT type FROM pragma_table_info('{}') WHERE name = '{name}'",
                    table.name
                );
                let found = names(&query).await.concat();
                let fits = match kind {
                    tables::Kind::Id | tables::Kind::OfThisPlace => found == "uuid_text",
                    tables::Kind::Text => found.starts_with("varchar") || found == "TEXT",
                    tables::Kind::Small | tables::Kind::Large => found == "INTEGER",
                    tables::Kind::Flag => found == "boolean",
                    tables::Kind::Bytes => found == "BLOB",
                };
                assert!(fits, "{}.{name} is {found}, read as {kind:?}", table.name);
            }
        }
    }
}
