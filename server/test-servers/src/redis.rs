//! Redis for tests: one server, or a Redis Cluster of three masters, on loopback.

use std::{
    path::PathBuf,
    process::Command,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use tempfile::TempDir;

use super::{Guarded, free_port, wait_until};

/// What a server still knows after [`RedisServer::restart`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// Nothing.
    Memory,
    /// All but the last second, if the machine crashes: what a shop is advised to have.
    EverySecond,
    /// Everything it answered: an append-only file, synced before each answer.
    Disk,
}

/// A Redis of its own port and folder. Killed, and its folder removed, when dropped; a server in a
/// `static` (see [`shared`]) goes when the test process does.
pub struct RedisServer {
    port: u16,
    folder: PathBuf,
    options: Vec<String>,
    running: Mutex<Option<Guarded>>,
    /// `None`: the guard removes the folder.
    owned: Option<TempDir>,
}

/// The one server for tests that do not hurt it: each uses a namespace of its own.
pub fn shared() -> &'static RedisServer {
    static SHARED: OnceLock<RedisServer> = OnceLock::new();
    SHARED.get_or_init(|| RedisServer::launch(Persistence::Memory, &[], false))
}

/// The one cluster for tests that do not hurt it: each uses a namespace of its own.
pub fn shared_cluster() -> &'static RedisCluster {
    static SHARED: OnceLock<RedisCluster> = OnceLock::new();
    SHARED.get_or_init(|| RedisCluster::launch(false))
}

impl RedisServer {
    /// A server that forgets everything when it dies.
    pub fn start() -> RedisServer {
        RedisServer::start_with(Persistence::Memory)
    }

    /// A server with a memory of the given kind.
    pub fn start_with(persistence: Persistence) -> RedisServer {
        RedisServer::launch(persistence, &[], true)
    }

    fn launch(persistence: Persistence, more: &[String], owned: bool) -> RedisServer {
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
        let (folder, owned) = if owned {
            (folder.path().to_owned(), Some(folder))
        } else {
            (folder.keep(), None)
        };
        let server = RedisServer {
            port: free_port(),
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

    /// `redis://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
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
        let mut command = vec!["redis-server", "--port", &port, "--dir", folder];
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

    /// Stops answering; connections stay open.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Goes on after a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// What `redis-cli` prints (errors too), without the last line's end.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let port = self.port.to_string();
        let output = Command::new("redis-cli")
            .args(["-h", "127.0.0.1", "-p", &port])
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

/// Three masters without replicas; each is durable, so that a killed one comes back with its slots.
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// A cluster that serves every slot.
    pub fn start() -> RedisCluster {
        RedisCluster::launch(true)
    }

    fn launch(owned: bool) -> RedisCluster {
        let node = || {
            let options = [
                ["--cluster-enabled", "yes"],
                ["--cluster-port", &free_port().to_string()],
                ["--cluster-node-timeout", "2000"],
                ["--cluster-require-full-coverage", "no"],
            ];
            let options = options.concat().into_iter().map(String::from);
            let options: Vec<_> = options.collect();
            RedisServer::launch(Persistence::Disk, &options, owned)
        };
        let nodes: Vec<_> = (0..3).map(|_| node()).collect();
        let addresses: Vec<_> = nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port))
            .collect();
        let mut create = vec!["--cluster", "create"];
        create.extend(addresses.iter().map(String::as_str));
        create.push("--cluster-yes");
        let created = nodes[0].cli(&create);
        assert!(created.contains("All 16384 slots covered"), "{created}");
        let cluster = RedisCluster { nodes };
        cluster.wait_until_ok();
        cluster
    }

    /// One address per node.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// A node, to hurt it or to look into it.
    pub fn node(&self, number: usize) -> &RedisServer {
        &self.nodes[number]
    }

    /// `kill -9` for one node: its slots are served by nobody.
    pub fn kill(&self, number: usize) {
        self.nodes[number].kill();
    }

    /// Starts a node again with what it knew, and waits until every node sees it.
    pub fn restart(&self, number: usize) {
        self.nodes[number].restart();
        self.wait_until_ok();
    }

    /// Waits until every node knows three masters that answer and all slots served.
    pub fn wait_until_ok(&self) {
        let whole = |node: &RedisServer| {
            let info = node.cli(&["cluster", "info"]);
            let ok = [
                "cluster_state:ok",
                "cluster_slots_ok:16384",
                "cluster_size:3",
            ];
            ok.iter().all(|line| info.contains(line))
        };
        wait_until("the cluster to be whole", || self.nodes.iter().all(whole));
    }
}
