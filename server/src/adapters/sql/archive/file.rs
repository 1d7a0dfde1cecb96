//! The file of an export: compressed lines of JSON. A line about the file; for each table a line with its name and
//! columns, then a line (an array) per row; finally the number of lines and the SHA-256 of all before.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use super::{
    super::schema::own_version,
    check::Unsettled,
    tables::{Row, Table},
};
use crate::hex;

/// The file type, in the first line.
const FORMAT: &str = "seckill-export";
/// The version of the format.
const VERSION: u32 = 1;
/// Longest line: a row has some kilobytes, a picture's two sizes in Base64 less than 3 MiB.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// Why an export or an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Unfinished work would be lost.
    #[error(
        "the shop has unfinished work: {0}; export it between rounds, when nothing waits any more"
    )]
    Unsettled(Unsettled),
    /// The file cannot be written; nothing is overwritten.
    #[error("cannot write {}", .file.display())]
    Write { file: PathBuf, source: io::Error },
    /// The file cannot be read.
    #[error("cannot read {}", .file.display())]
    Read { file: PathBuf, source: io::Error },
    /// It is no export, or incomplete.
    #[error("{} is damaged or no export of a shop: {why}", .file.display())]
    Damaged { file: PathBuf, why: String },
    /// It was written by another version of the program.
    #[error(
        "{} is of another version: its schema is {found}, and this program knows {known}; export it \
         with this version of the program",
        .file.display()
    )]
    Version {
        file: PathBuf,
        /// The schema of the file.
        found: String,
        /// Our schema.
        known: String,
    },
    /// There is a shop already.
    #[error(
        "there is something already ({count} rows of {table}): import into an empty shop, as `server migrate` makes it"
    )]
    NotEmpty {
        table: String,
        /// The number of its rows.
        count: i64,
    },
    /// Some rows were not read.
    #[error("{table} has {counted} rows, and {read} were read; nothing was exported")]
    Incomplete {
        table: String,
        /// The rows that the database counts.
        counted: i64,
        /// The rows that were read.
        read: u64,
    },
    /// The database returned different data than were written.
    #[error("the database stored {0} differently from the file; nothing was imported")]
    Differs(String),
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub struct Head {
    format: String,
    version: u32,
    schema: String,
    made_at_ms: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct TableHead {
    table: String,
    columns: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct End {
    lines: u64,
    sha256: String,
}

impl Head {
    pub fn new(schema: String, made_at_ms: i64) -> Head {
        Head {
            format: FORMAT.to_owned(),
            version: VERSION,
            schema,
            made_at_ms,
        }
    }
}

impl TableHead {
    fn of(table: &Table) -> TableHead {
        TableHead {
            table: table.name.clone(),
            columns: table.columns.iter().map(|(name, _)| name.clone()).collect(),
        }
    }
}

/// Lines so far.
#[derive(Default)]
struct Lines {
    count: u64,
    hash: Sha256,
}

impl Lines {
    fn add(&mut self, line: &[u8]) {
        self.count += 1;
        self.hash.update(line);
    }

    fn end(&self) -> End {
        End {
            lines: self.count,
            sha256: hex::digits(&self.hash.clone().finalize()),
        }
    }
}

pub struct Writer {
    file: PathBuf,
    out: GzEncoder<BufWriter<File>>,
    lines: Lines,
}

impl Writer {
    /// Creates a new file, accessible only to its owner.
    pub fn create(file: &Path, head: &Head) -> Result<Writer, ArchiveError> {
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(file);
        let made = made.map_err(|source| ArchiveError::Write {
            file: file.to_owned(),
            source,
        })?;
        let mut writer = Writer {
            file: file.to_owned(),
            out: GzEncoder::new(BufWriter::new(made), Compression::default()),
            lines: Lines::default(),
        };
        writer.line(head)?;
        Ok(writer)
    }

    pub fn begin(&mut self, table: &Table) -> Result<(), ArchiveError> {
        self.line(&TableHead::of(table))
    }

    pub fn row(&mut self, row: &Row) -> Result<(), ArchiveError> {
        self.line(row)
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), ArchiveError> {
        let written = serde_json::to_vec(line).map_err(io::Error::from);
        let written = written.and_then(|mut line| {
            line.push(b'\n');
            self.lines.add(&line);
            self.out.write_all(&line)
        });
        written.map_err(|source| self.cannot_write(source))
    }

    /// Writes the last line, and flushes everything to the disk.
    pub fn finish(mut self) -> Result<(), ArchiveError> {
        let end = self.lines.end();
        self.line(&end)?;
        let file = self.file;
        let finished = self.out.finish().and_then(|out| {
            let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()
        });
        finished.map_err(|source| ArchiveError::Write { file, source })
    }

    fn cannot_write(&self, source: io::Error) -> ArchiveError {
        ArchiveError::Write {
            file: self.file.clone(),
            source,
        }
    }
}

pub struct Reader {
    file: PathBuf,
    lines_in: BufReader<GzDecoder<File>>,
    lines: Lines,
    /// A line that was read and not used yet.
    next: Vec<u8>,
}

impl Reader {
    pub fn open(file: &Path) -> Result<Reader, ArchiveError> {
        let opened = File::open(file).map_err(|source| ArchiveError::Read {
            file: file.to_owned(),
            source,
        })?;
        let mut reader = Reader {
            file: file.to_owned(),
            lines_in: BufReader::new(GzDecoder::new(opened)),
            lines: Lines::default(),
            next: Vec::new(),
        };
        reader.advance()?;
        let head: Head = reader.take()?;
        if head.format != FORMAT || head.version != VERSION {
            return Err(reader.damaged("it has another format"));
        }
        if head.schema != own_version() {
            return Err(ArchiveError::Version {
                file: reader.file,
                found: head.schema,
                known: own_version(),
            });
        }
        Ok(reader)
    }

    /// Reads the line that starts a table.
    pub fn begin(&mut self, table: &Table) -> Result<(), ArchiveError> {
        let expected = TableHead::of(table);
        let head: TableHead = self.take()?;
        match head.table == expected.table && head.columns == expected.columns {
            true => Ok(()),
            false => Err(self.damaged(&format!("{} has other columns", table.name))),
        }
    }

    /// The next row of the table, if there is one.
    pub fn row(&mut self, table: &Table) -> Result<Option<Row>, ArchiveError> {
        if self.next.first() != Some(&b'[') {
            return Ok(None);
        }
        let row: Row = self.take()?;
        let fits = row.len() == table.columns.len()
            && row
                .iter()
                .zip(&table.columns)
                .all(|(json, (_, kind))| kind.value(json).is_some());
        match fits {
            true => Ok(Some(row)),
            false => Err(self.damaged(&format!("a row of {} has another shape", table.name))),
        }
    }

    /// Reads the last line; nothing may follow it.
    pub fn finish(mut self) -> Result<(), ArchiveError> {
        let expected = self.lines.end();
        let end: End = self.take()?;
        match end == expected && self.next.is_empty() {
            true => Ok(()),
            false => Err(self.damaged("its digest is another one")),
        }
    }

    fn take<T: DeserializeOwned>(&mut self) -> Result<T, ArchiveError> {
        let line = std::mem::take(&mut self.next);
        self.lines.add(&line);
        let read = serde_json::from_slice(&line);
        let read =
            read.map_err(|_| self.damaged("a line cannot be read, or the end is missing"))?;
        self.advance()?;
        Ok(read)
    }

    fn advance(&mut self) -> Result<(), ArchiveError> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.lines_in).take(LONGEST_LINE);
        let read = bounded.read_until(b'\n', &mut line);
        read.map_err(|error| self.damaged(&error.to_string()))?;
        self.next = line;
        Ok(())
    }

    fn damaged(&self, why: &str) -> ArchiveError {
        ArchiveError::Damaged {
            file: self.file.clone(),
            why: why.to_owned(),
        }
    }
}
