//! A MariaDB of the test's own.

use std::{
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
    "--bind-address=127.0.0.1",
    "--innodb-buffer-pool-size=24M",
    "--innodb-log-file-size=16M",
    "--innodb-flush-log-at-trx-commit=1",
    "--max-connections=60",
    "--performance-schema=off",
    "--skip-log-bin",
    "--skip-name-resolve",
];

/// A running server with a data folder that goes with it.
pub struct MariaDb {
    folder: TempDir,
    port: u16,
    /// Its certificate, where it offers TLS.
    certificate: Option<ServerCertificate>,
    running: Option<Guarded>,
}

/// One server for all tests of a process; each makes a database of its own in it.
pub fn shared() -> Arc<MariaDb> {
    static SHARED: OnceLock<Arc<MariaDb>> = OnceLock::new();
    SHARED.get_or_init(|| for_all(MariaDb::start())).clone()
}

/// Another one, which offers TLS.
pub fn shared_with_tls() -> Arc<MariaDb> {
    static SHARED: OnceLock<Arc<MariaDb>> = OnceLock::new();
    let start = || for_all(MariaDb::start_with_tls(Certificates::shared().valid()));
    SHARED.get_or_init(start).clone()
}

fn for_all(server: MariaDb) -> Arc<MariaDb> {
    unprivileged::remove_in_the_end(server.folder.path());
    Arc::new(server)
}

/// It refuses to run as root unless told that this is meant.
fn as_root() -> Option<&'static str> {
    Account::is_root().then_some("--user=root")
}

impl MariaDb {
    /// Makes a data folder and starts a server over it.
    pub fn start() -> MariaDb {
        MariaDb::launch(None)
    }

    /// The same, with a certificate that it shows to whoever asks for TLS.
    pub fn start_with_tls(certificate: &ServerCertificate) -> MariaDb {
        MariaDb::launch(Some(certificate.clone()))
    }

    fn launch(certificate: Option<ServerCertificate>) -> MariaDb {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("mariadb-install-db")
            .args(["--no-defaults", "--skip-test-db", "--skip-name-resolve"])
            .args(["--auth-root-authentication-method=normal"])
            .args(as_root())
            // A server that starts removes what it takes for its own leftovers there: not another one's tables.
            .env("TMPDIR", folder.path())
            .arg(format!(
                "--datadir={}",
                folder.path().join("data").display()
            ))
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let mut server = MariaDb {
            port: free_port(),
            folder,
            certificate,
            running: None,
        };
        server.restart();
        server
    }

    /// Where a database of this server is.
    pub fn url(&self, database: &str) -> String {
        self.url_of("root", database)
    }

    /// The same for another user; `user` may have a password behind a colon.
    pub fn url_of(&self, user: &str, database: &str) -> String {
        let query = match self.certificate {
            Some(_) => "?ssl-mode=VERIFY_IDENTITY",
            None => "",
        };
        format!("mysql://{user}@127.0.0.1:{}/{database}{query}", self.port)
    }

    /// Makes an empty database.
    pub fn create_database(&self, name: &str) {
        self.run("mysql", &format!("CREATE DATABASE {name}"));
    }

    /// Carries out one statement in a database.
    pub fn run(&self, database: &str, sql: &str) {
        let done = self.client(database, sql);
        assert!(done.status.success(), "{sql}: {done:?}");
    }

    fn client(&self, database: &str, sql: &str) -> std::process::Output {
        Command::new("mariadb")
            .args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1"])
            .args(["--user=root", &format!("--port={}", self.port)])
            .args([&format!("--execute={sql}"), database])
            .output()
            .unwrap()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        drop(self.running.take());
    }

    /// Starts over the same folder and at the same port, killing first what runs.
    pub fn restart(&mut self) {
        self.kill();
        let folder = self.folder.path();
        let own = [
            format!("--datadir={}", folder.join("data").display()),
            format!("--tmpdir={}", folder.display()),
            format!("--socket={}", folder.join("socket").display()),
            format!("--pid-file={}", folder.join("pid").display()),
            format!("--port={}", self.port),
        ];
        let tls = self.certificate.iter().flat_map(|certificate| {
            [
                format!("--ssl-cert={}", certificate.chain.display()),
                format!("--ssl-key={}", certificate.key.display()),
            ]
        });
        let own: Vec<_> = own.into_iter().chain(tls).collect();
        let mut command = vec!["mariadbd", "--no-defaults"];
        command.extend(as_root());
        command.extend(SETTINGS);
        command.extend(own.iter().map(String::as_str));
        self.running = Some(Guarded::start(&command, &folder.join("log")));
        wait_until("MariaDB", || {
            self.client("mysql", "SELECT 1").status.success()
        });
    }

    /// Stops it where it stands.
    pub fn pause(&self) {
        self.running.as_ref().unwrap().signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.running.as_ref().unwrap().signal("CONT");
    }
}
