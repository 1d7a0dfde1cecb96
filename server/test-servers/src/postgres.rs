//! A PostgreSQL of the test's own.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, OnceLock},
};

use tempfile::TempDir;

use super::{
    Certificates, Guarded, ServerCertificate, free_port,
    unprivileged::{self, Account},
    wait_until,
};

/// Small, and as durable as the real one.
const SETTINGS: [&str; 8] = [
    "listen_addresses=127.0.0.1",
    "fsync=on",
    "shared_buffers=16MB",
    "max_connections=60",
    "max_wal_size=64MB",
    "autovacuum=off",
    "log_min_messages=warning",
    "unix_socket_directories=",
];

/// A running server with a data folder that goes with it.
pub struct Postgres {
    folder: TempDir,
    port: u16,
    account: Option<Account>,
    /// It offers TLS.
    tls: bool,
    running: Option<Guarded>,
}

/// One server for all tests of a process; each makes a database of its own in it.
pub fn shared() -> Arc<Postgres> {
    static SHARED: OnceLock<Arc<Postgres>> = OnceLock::new();
    SHARED.get_or_init(|| for_all(Postgres::start())).clone()
}

/// Another one, which offers TLS.
pub fn shared_with_tls() -> Arc<Postgres> {
    static SHARED: OnceLock<Arc<Postgres>> = OnceLock::new();
    let start = || for_all(Postgres::start_with_tls(Certificates::shared().valid()));
    SHARED.get_or_init(start).clone()
}

fn for_all(server: Postgres) -> Arc<Postgres> {
    unprivileged::remove_in_the_end(server.folder.path());
    Arc::new(server)
}

/// The newest installed server's program of that name. Its folder is not on the path of Debian.
fn program(name: &str) -> String {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let mut found: Vec<PathBuf> = versions
        .into_iter()
        .flatten()
        .map(|version| version.unwrap().path().join("bin").join(name))
        .filter(|program| program.exists())
        .collect();
    found.sort();
    match found.pop() {
        Some(program) => program.display().to_string(),
        None => name.to_owned(),
    }
}

impl Postgres {
    /// Makes a data folder and starts a server over it.
    pub fn start() -> Postgres {
        Postgres::launch(None)
    }

    /// The same, with a certificate that it shows to whoever asks for TLS.
    pub fn start_with_tls(certificate: &ServerCertificate) -> Postgres {
        Postgres::launch(Some(certificate))
    }

    fn launch(certificate: Option<&ServerCertificate>) -> Postgres {
        let folder = tempfile::tempdir().unwrap();
        let account = Account::instead_of_root("postgres");
        let data = folder.path().join("data");
        let mut server = Postgres {
            port: free_port(),
            folder,
            account,
            tls: certificate.is_some(),
            running: None,
        };
        server.hand_over(server.folder.path());
        let made = server
            .command(&program("initdb"))
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8"])
            .args(["--no-locale", "--no-sync", "--pgdata"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        if let Some(certificate) = certificate {
            server.copy(&certificate.chain, "server.pem");
            server.copy(&certificate.key, "server.key");
        }
        server.restart();
        server
    }

    fn hand_over(&self, path: &Path) {
        if let Some(account) = &self.account {
            account.own(path);
        }
    }

    /// Into its folder, for its account alone: it refuses a key that others can read.
    fn copy(&self, file: &Path, name: &str) {
        let copy = self.folder.path().join(name);
        fs::copy(file, &copy).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
        self.hand_over(&copy);
    }

    fn command(&self, program: &str) -> Command {
        unprivileged::command(self.account.as_ref(), program)
    }

    /// Where a database of this server is.
    pub fn url(&self, database: &str) -> String {
        self.url_of("postgres", database)
    }

    /// The same for another user; `user` may have a password behind a colon.
    pub fn url_of(&self, user: &str, database: &str) -> String {
        let query = if self.tls { "?sslmode=verify-full" } else { "" };
        format!(
            "postgres://{user}@127.0.0.1:{}/{database}{query}",
            self.port
        )
    }

    /// Makes an empty database.
    pub fn create_database(&self, name: &str) {
        self.run("postgres", &format!("CREATE DATABASE {name}"));
    }

    /// Carries out one statement in a database.
    pub fn run(&self, database: &str, sql: &str) {
        let done = self.psql(database, sql);
        assert!(done.status.success(), "{sql}: {done:?}");
    }

    fn psql(&self, database: &str, sql: &str) -> std::process::Output {
        Command::new(program("psql"))
            .args([
                "--no-psqlrc",
                "--quiet",
                "--host=127.0.0.1",
                "--username=postgres",
            ])
            .args([&format!("--port={}", self.port), "--dbname", database])
            .args(["--command", sql])
            .output()
            .unwrap()
    }

    /// `kill -9`: the server and every process that serves a connection.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            // Stopped, it starts no more; it is killed itself as its guard goes.
            running.signal("STOP");
            unprivileged::signal_children(running.pid(), "KILL");
        }
    }

    /// Starts over the same folder and at the same port, killing first what runs.
    pub fn restart(&mut self) {
        self.kill();
        let data = self.folder.path().join("data");
        // A killed server leaves this file; once its process id is used again, the file would look like
        // that of a running server.
        let _ = std::fs::remove_file(data.join("postmaster.pid"));
        let (data, port) = (data.display().to_string(), self.port.to_string());
        let server = program("postgres");
        let mut command = unprivileged::prefix(self.account.as_ref());
        command.extend([server.as_str(), "-D", &data, "-p", &port].map(str::to_owned));
        for setting in SETTINGS {
            command.extend(["-c".to_owned(), setting.to_owned()]);
        }
        if self.tls {
            let file = |name: &str| self.folder.path().join(name).display().to_string();
            for setting in [
                "ssl=on".to_owned(),
                format!("ssl_cert_file={}", file("server.pem")),
                format!("ssl_key_file={}", file("server.key")),
            ] {
                command.extend(["-c".to_owned(), setting]);
            }
        }
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        self.running = Some(Guarded::start(&command, &self.folder.path().join("log")));
        wait_until("PostgreSQL", || {
            self.psql("postgres", "SELECT 1").status.success()
        });
    }

    /// Stops every process of it where it stands.
    pub fn pause(&self) {
        let running = self.running.as_ref().unwrap();
        running.signal("STOP");
        unprivileged::signal_children(running.pid(), "STOP");
    }

    /// Lets them go on.
    pub fn resume(&self) {
        let running = self.running.as_ref().unwrap();
        unprivileged::signal_children(running.pid(), "CONT");
        running.signal("CONT");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}
