//! A disk that fails on purpose, under a real server: a small library that is preloaded into the
//! process fails, shortens or delays the n-th call that changes a file of one folder, and shifts the
//! clock. It runs anywhere: no mount, no root.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use tempfile::TempDir;

const SOURCE: &str = include_str!("disk_faults/shim.c");
/// The library, compiled once a process.
static SHIM: OnceLock<Vec<u8>> = OnceLock::new();

fn compile() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let [source, library] = ["shim.c", "shim.so"].map(|name| folder.path().join(name));
    fs::write(&source, SOURCE).unwrap();
    let compiler = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
        .args([&library, &source])
        .status()
        .expect("there is no C compiler `cc`; scripts/setup.sh installs one");
    assert!(compiler.success(), "cc does not compile disk_faults/shim.c");
    fs::read(library).unwrap()
}

/// Kinds of calls, which can be added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operations(pub u64);

impl Operations {
    pub const WRITE: Operations = Operations(1);
    /// `fsync` and `fdatasync`.
    pub const SYNC: Operations = Operations(2);
    pub const TRUNCATE: Operations = Operations(4);
    pub const OPEN: Operations = Operations(8 | 16);
    /// The calls that a folder mounted read-only refuses.
    pub const CHANGES: Operations = Operations(1 | 4 | 16);
    /// The calls that a broken disk refuses.
    pub const ALL: Operations = Operations(1 | 2 | 4 | 8 | 16);

    pub fn name(self) -> &'static str {
        match self {
            Operations::WRITE => "write",
            Operations::SYNC => "sync",
            Operations::TRUNCATE => "truncate",
            Operations::OPEN => "open",
            Operations::CHANGES => "any change",
            _ => "any call",
        }
    }
}

/// The error that a failing call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskError {
    /// `EIO`
    Broken = 5,
    /// `ENOSPC`
    Full = 28,
    /// `EROFS`
    ReadOnly = 30,
}

/// The effect of a fault on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It does nothing and says why.
    Fail(DiskError),
    /// A write takes half of its bytes. The calls after it, if they are meant too, fail.
    Short(DiskError),
    /// It works, so much later.
    Delay(Duration),
}

/// Which calls, and what happens to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub operations: Operations,
    pub effect: Effect,
    /// The first call that is meant, counted from 1 since the fault was set.
    pub nth: u64,
    /// Every call after it is meant too, until the fault is cleared.
    pub lasting: bool,
}

impl Fault {
    /// From now on, until it is cleared.
    pub fn lasting(operations: Operations, effect: Effect) -> Fault {
        Fault {
            operations,
            effect,
            nth: 1,
            lasting: true,
        }
    }
}

/// The words of the control file, as the library numbers them.
enum Word {
    Armed,
    Operations,
    Effect,
    Error,
    DelayMs,
    First,
    Last,
    Matched,
    Hits,
    ClockMs,
    Count,
}

/// The faults of one folder. None at first.
pub struct DiskFaults {
    files: TempDir,
    control: File,
    folder: PathBuf,
}

impl DiskFaults {
    /// Faults for the files in `folder`, an absolute path, in processes that have
    /// [`environment`](Self::environment).
    pub fn new(folder: &Path) -> DiskFaults {
        let files = tempfile::tempdir().unwrap();
        let shim = SHIM.get_or_init(compile);
        fs::write(files.path().join("shim.so"), shim).unwrap();
        let control = File::options()
            .create_new(true)
            .read(true)
            .write(true)
            .open(files.path().join("control"))
            .unwrap();
        control.set_len(8 * Word::Count as u64).unwrap();
        DiskFaults {
            files,
            control,
            folder: folder.to_owned(),
        }
    }

    /// The variables that a process needs in its environment.
    pub fn environment(&self) -> [(String, String); 3] {
        let file = |name| self.files.path().join(name).display().to_string();
        [
            ("LD_PRELOAD".to_owned(), file("shim.so")),
            ("DISK_FAULTS_CONTROL".to_owned(), file("control")),
            (
                "DISK_FAULTS_FOLDER".to_owned(),
                self.folder.display().to_string(),
            ),
        ]
    }

    /// Sets a fault in place of the one before, and begins to count.
    pub fn set(&self, fault: Fault) {
        self.clear();
        let (effect, error, delay) = match fault.effect {
            Effect::Fail(error) => (1, error as u64, Duration::ZERO),
            Effect::Short(error) => (2, error as u64, Duration::ZERO),
            Effect::Delay(delay) => (3, 0, delay),
        };
        self.write(Word::Operations, fault.operations.0);
        self.write(Word::Effect, effect);
        self.write(Word::Error, error);
        self.write(Word::DelayMs, delay.as_millis() as u64);
        self.write(Word::First, fault.nth);
        self.write(Word::Last, if fault.lasting { u64::MAX } else { fault.nth });
        self.write(Word::Matched, 0);
        self.write(Word::Hits, 0);
        self.write(Word::Armed, 1);
    }

    /// Counts calls from now on, and lets all of them pass.
    pub fn count(&self, operations: Operations) {
        self.set(Fault {
            operations,
            effect: Effect::Delay(Duration::ZERO),
            nth: u64::MAX,
            lasting: false,
        });
    }

    /// Everything works again.
    pub fn clear(&self) {
        self.write(Word::Armed, 0);
    }

    /// Calls of the kinds that the fault is about, since it was set.
    pub fn calls(&self) -> u64 {
        self.read(Word::Matched)
    }

    /// Calls that something happened to, since the fault was set.
    pub fn hits(&self) -> u64 {
        self.read(Word::Hits)
    }

    /// The processes' clock goes wrong by whole seconds; 0 puts it right.
    pub fn shift_clock(&self, seconds: i64) {
        self.write(Word::ClockMs, (seconds * 1000).cast_unsigned());
    }

    fn write(&self, word: Word, value: u64) {
        let at = 8 * word as u64;
        self.control.write_all_at(&value.to_ne_bytes(), at).unwrap();
    }

    fn read(&self, word: Word) -> u64 {
        let mut bytes = [0; 8];
        let at = 8 * word as u64;
        self.control.read_exact_at(&mut bytes, at).unwrap();
        u64::from_ne_bytes(bytes)
    }
}
