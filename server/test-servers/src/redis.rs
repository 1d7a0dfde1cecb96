//! Redis for tests: one server, or (in `cluster`) a Redis Cluster, on loopback.

mod cluster;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use tempfile::TempDir;

use super::{Certificates, Guarded, ServerCertificate, free_port, wait_until};

pub use cluster::RedisCluster;

/// The data that a server still has after [`RedisServer::restart`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// Nothing.
    Memory,
    /// All but the last second, if the machine crashes: what a shop is advised to have.
    EverySecond,
    /// Everything it answered: an append-only file, synced before each answer.
    Disk,
}

/// The file of a snapshot, which no server here is told to make by itself.
const SNAPSHOT: &str = "dump.rdb";

/// A Redis of its own port and folder. Killed, and its folder removed, when dropped; a server in a
/// `static` (see [`shared`]) goes when the test process does.
pub struct RedisServer {
    port: u16,
    /// It speaks TLS only.
    tls: bool,
    /// User and password, as in an address.
    user: &'static str,
    folder: PathBuf,
    options: Vec<String>,
    running: Mutex<Option<Guarded>>,
    /// `None`: the guard removes the folder.
    owned: Option<TempDir>,
}

/// The one server for tests that do not hurt it: each uses a namespace of its own.
pub fn shared() -> &'static RedisServer {
    static SHARED: OnceLock<RedisServer> = OnceLock::new();
    SHARED.get_or_init(|| RedisServer::launch(Persistence::Memory, &[], None, false))
}

/// Another one, which speaks TLS only, and whose user has the commands that a shop's should have.
pub fn shared_with_tls() -> &'static RedisServer {
    static SHARED: OnceLock<RedisServer> = OnceLock::new();
    let certificate = || Some(Certificates::shared().valid());
    SHARED.get_or_init(|| {
        let mut server = RedisServer::launch(Persistence::Memory, &[], certificate(), false);
        server.limit_commands();
        server
    })
}

/// The one cluster for tests that do not hurt it: each uses a namespace of its own.
pub fn shared_cluster() -> &'static RedisCluster {
    static SHARED: OnceLock<RedisCluster> = OnceLock::new();
    SHARED.get_or_init(|| RedisCluster::launch(None, false))
}

/// Another one, which speaks TLS only, and whose user has the commands that a shop's should have.
pub fn shared_cluster_with_tls() -> &'static RedisCluster {
    static SHARED: OnceLock<RedisCluster> = OnceLock::new();
    let certificate = || Some(Certificates::shared().valid());
    SHARED.get_or_init(|| {
        let mut cluster = RedisCluster::launch(certificate(), false);
        cluster
            .nodes
            .iter_mut()
            .for_each(RedisServer::limit_commands);
        cluster
    })
}

impl RedisServer {
    /// A server that forgets everything when it dies.
    pub fn start() -> RedisServer {
        RedisServer::start_with(Persistence::Memory)
    }

    /// A server with a memory of the given kind.
    pub fn start_with(persistence: Persistence) -> RedisServer {
        RedisServer::launch(persistence, &[], None, true)
    }

    /// A server that speaks TLS only, and shows this certificate.
    pub fn start_with_tls(certificate: &ServerCertificate) -> RedisServer {
        RedisServer::launch(Persistence::Memory, &[], Some(certificate), true)
    }

    /// A server with more options.
    pub fn start_with_options(options: &[&str]) -> RedisServer {
        let options: Vec<_> = options.iter().map(|&option| option.to_owned()).collect();
        RedisServer::launch(Persistence::Memory, &options, None, true)
    }

    fn launch(
        persistence: Persistence,
        more: &[String],
        certificate: Option<&ServerCertificate>,
        owned: bool,
    ) -> RedisServer {
        let folder = TempDir::with_prefix("seckill-redis-").unwrap();
        let (append_only, sync) = match persistence {
            Persistence::Memory => ("no", "no"),
            Persistence::EverySecond => ("yes", "everysec"),
            Persistence::Disk => ("yes", "always"),
        };
        let mut options: Vec<String> = [
            ["--bind", "127.0.0.1"],
            ["--save", ""],
            ["--appendonly", append_only],
            ["--appendfsync", sync],
            ["--enable-debug-command", "local"],
        ]
        .concat()
        .into_iter()
        .map(String::from)
        .collect();
        options.extend_from_slice(more);
        options.extend(certificate.into_iter().flat_map(tls_options));
        let (folder, owned) = if owned {
            (folder.path().to_owned(), Some(folder))
        } else {
            (folder.keep(), None)
        };
        let server = RedisServer {
            port: free_port(),
            tls: certificate.is_some(),
            user: "",
            folder,
            options,
            running: Mutex::default(),
            owned,
        };
        server.restart();
        server
    }

    /// On loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `redis://127.0.0.1:<port>`, or `rediss`.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "rediss" } else { "redis" };
        format!("{scheme}://{}127.0.0.1:{}", self.user, self.port)
    }

    /// Its address has a user from now on who may use the commands that `deploy/redis/users.acl` names, on any key.
    fn limit_commands(&mut self) {
        let mut rule = vec!["acl", "setuser", "seckill", "on", ">seckill", "~*", "&*"];
        rule.extend(shipped_commands());
        assert_eq!(self.cli(&rule), "OK");
        self.user = "seckill:seckill@";
    }

    /// `kill -9`. Nobody listens on the port afterwards.
    pub fn kill(&self) {
        self.running().take();
    }

    /// Starts it again, on the same port, with what [`Persistence`] kept; kills it first if it
    /// runs. Answers when this returns.
    pub fn restart(&self) {
        self.kill();
        let folder = self.folder.to_str().unwrap();
        let port = self.port.to_string();
        let mut command = match self.tls {
            true => vec!["redis-server", "--port", "0", "--tls-port", &port],
            false => vec!["redis-server", "--port", &port],
        };
        command.extend(["--dir", folder]);
        command.extend(self.options.iter().map(String::as_str));
        let swept = match &self.owned {
            Some(_) => String::new(),
            None => folder.to_owned(),
        };
        let log = self.folder.join("redis.log");
        *self.running() = Some(Guarded::start_with(&command, &log, &[("SWEPT", swept)]));
        wait_until("redis to answer", || self.cli(&["ping"]) == "PONG");
    }

    /// Starts it again without anything it knew.
    pub fn restart_empty(&self) {
        self.kill();
        let append_only = self.folder.join("appendonlydir");
        if append_only.exists() {
            std::fs::remove_dir_all(append_only).unwrap();
        }
        self.restart();
    }

    /// Every write is refused with `MISCONF` from now on: a snapshot is due and cannot be stored.
    pub fn fail_snapshots(&self) {
        // A folder where the snapshot's file should be: also the superuser cannot replace it.
        std::fs::create_dir(self.folder.join(SNAPSHOT)).unwrap();
        self.cli(&["config", "set", "save", "3600 1"]);
        self.snapshot("err");
    }

    /// Ends what [`fail_snapshots`](Self::fail_snapshots) began.
    pub fn let_snapshots_succeed(&self) {
        std::fs::remove_dir(self.folder.join(SNAPSHOT)).unwrap();
        self.snapshot("ok");
        self.cli(&["config", "set", "save", ""]);
        std::fs::remove_file(self.folder.join(SNAPSHOT)).unwrap();
    }

    fn snapshot(&self, expected: &str) {
        let status = format!("rdb_last_bgsave_status:{expected}");
        wait_until("the snapshot's end", || {
            self.cli(&["bgsave"]);
            self.cli(&["info", "persistence"]).contains(&status)
        });
    }

    /// Stops answering; connections stay open.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Goes on after a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// The output of `redis-cli` (errors too), without the last line's end.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let port = self.port.to_string();
        let output = Command::new("redis-cli")
            .args(["-h", "127.0.0.1", "-p", &port])
            .args(
                self.tls
                    .then_some(["--tls", "--insecure"])
                    .into_iter()
                    .flatten(),
            )
            .args(arguments)
            .output()
            .unwrap();
        let printed = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&printed).trim_end().to_owned()
    }

    fn signal(&self, name: &str) {
        self.running()
            .as_ref()
            .expect("it does not run")
            .signal(name);
    }

    fn running(&self) -> MutexGuard<'_, Option<Guarded>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rules for Redis' users that the project ships.
pub const USERS: &str = include_str!("../../../deploy/redis/users.acl");

/// The commands of the shop's user among them.
fn shipped_commands() -> impl Iterator<Item = &'static str> {
    let words = USERS.split_whitespace();
    words.filter(|word| word.starts_with(['+', '-']))
}

/// No client needs a certificate of its own; nodes of a cluster show theirs to each other.
fn tls_options(certificate: &ServerCertificate) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    let options = [
        ("--tls-cert-file", path(&certificate.chain)),
        ("--tls-key-file", path(&certificate.key)),
        (
            "--tls-ca-cert-file",
            path(Certificates::shared().authority()),
        ),
        ("--tls-auth-clients", "no".to_owned()),
    ];
    let words = options.map(|(name, value)| [name.to_owned(), value]);
    words.concat()
}
