//! A Redis Cluster of three masters whose parts fail: nodes die, a replica is promoted, a slot moves.

use super::{Persistence, RedisServer, ServerCertificate, free_port, wait_until};

/// Three masters, and the replicas that a test adds. Each is durable, so that a killed one comes back
/// with its slots. A slot that nobody serves closes none of the others.
pub struct RedisCluster {
    /// Masters first; whoever takes over keeps its place here.
    pub(super) nodes: Vec<RedisServer>,
}

const MASTERS: usize = 3;

impl RedisCluster {
    /// A cluster that serves every slot.
    pub fn start() -> RedisCluster {
        RedisCluster::launch(None, true)
    }

    pub(super) fn launch(certificate: Option<&ServerCertificate>, owned: bool) -> RedisCluster {
        let nodes: Vec<_> = (0..MASTERS)
            .map(|_| launch_node(certificate, owned))
            .collect();
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

    /// The node that answers about this key; `None` while nobody does.
    pub fn master_of(&self, key: &str) -> Option<usize> {
        let answers = |node: &RedisServer| node.cli(&["exists", key]).parse::<u64>().is_ok();
        self.nodes.iter().position(answers)
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

    /// Starts a node again with its slots and without anything that was in them.
    pub fn restart_empty(&self, number: usize) {
        self.nodes[number].restart_empty();
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

    /// Another node, which has what `master` has; its number.
    pub fn add_replica(&mut self, master: usize) -> usize {
        let replica = launch_node(None, true);
        let (id, port) = (self.id(master), self.nodes[master].port.to_string());
        let config = self.nodes[master].cli(&["config", "get", "cluster-port"]);
        let bus_port = config.lines().last().unwrap();
        replica.cli(&["cluster", "meet", "127.0.0.1", &port, bus_port]);
        // Once only: said again, it begins anew.
        wait_until("the replica to know its master", || {
            replica.cli(&["cluster", "replicate", &id]) == "OK"
        });
        wait_until("the replica to follow its master", || {
            let info = replica.cli(&["info", "replication"]);
            info.contains("master_link_status:up")
        });
        self.nodes.push(replica);
        // The others must know it before it can be elected.
        let id = self.id(self.nodes.len() - 1);
        wait_until("every node to know the replica", || {
            let knows = |node: &RedisServer| {
                let nodes = node.cli(&["cluster", "nodes"]);
                nodes.lines().any(|line| {
                    line.starts_with(&id) && line.contains("slave") && line.contains(" connected")
                })
            };
            self.nodes[..MASTERS].iter().all(knows)
        });
        self.nodes.len() - 1
    }

    /// The replica has everything of its master, and gets nothing more: it stands still, and its
    /// master has ended their connection. It must go on ([`RedisServer::resume`]) to be promoted.
    pub fn leave_behind(&self, replica: usize, master: usize) {
        assert_eq!(self.nodes[master].cli(&["wait", "1", "10000"]), "1");
        self.nodes[replica].pause();
        let ended = self.nodes[master].cli(&["client", "kill", "type", "replica"]);
        assert_eq!(ended, "1");
    }

    /// The replica takes over from its master, which hands everything over.
    pub fn fail_over(&self, replica: usize) {
        let answer = self.nodes[replica].cli(&["cluster", "failover"]);
        assert_eq!(answer, "OK");
        self.wait_until_master(replica);
        self.wait_until_ok();
    }

    /// Waits until the others have made this node a master.
    pub fn wait_until_master(&self, number: usize) {
        wait_until("the replica to be promoted", || {
            self.nodes[number].cli(&["role"]).starts_with("master")
        });
    }

    /// The slot of `key` begins to move to another master: calls that need several keys of it are
    /// refused from now on.
    pub fn begin_to_move(&self, key: &str, from: usize, to: usize) {
        let slot = self.slot_of(key);
        self.set_slot(to, &slot, "importing", from);
        self.set_slot(from, &slot, "migrating", to);
    }

    /// Moves what is in the slot of `key`, and the slot itself. How many keys that were.
    pub fn move_slot(&self, key: &str, from: usize, to: usize) -> usize {
        let slot = self.slot_of(key);
        let (source, port) = (&self.nodes[from], self.nodes[to].port.to_string());
        let mut moved = 0;
        loop {
            let found = source.cli(&["cluster", "getkeysinslot", &slot, "100"]);
            let keys: Vec<_> = found.lines().filter(|key| !key.is_empty()).collect();
            if keys.is_empty() {
                break;
            }
            moved += keys.len();
            let migrate = ["migrate", "127.0.0.1", &port, "", "0", "5000", "keys"];
            let answer = source.cli(&[&migrate[..], &keys].concat());
            assert_eq!(answer, "OK");
        }
        for node in [to, from].into_iter().chain(0..MASTERS) {
            self.set_slot(node, &slot, "node", to);
        }
        moved
    }

    fn slot_of(&self, key: &str) -> String {
        self.nodes[0].cli(&["cluster", "keyslot", key])
    }

    fn set_slot(&self, at: usize, slot: &str, state: &str, other: usize) {
        let id = self.id(other);
        let answer = self.nodes[at].cli(&["cluster", "setslot", slot, state, &id]);
        assert_eq!(answer, "OK");
    }

    fn id(&self, number: usize) -> String {
        self.nodes[number].cli(&["cluster", "myid"])
    }
}

fn launch_node(certificate: Option<&ServerCertificate>, owned: bool) -> RedisServer {
    let options = [
        ["--cluster-enabled", "yes"],
        ["--cluster-port", &free_port().to_string()],
        ["--cluster-node-timeout", "2000"],
        ["--cluster-require-full-coverage", "no"],
    ];
    let options = options.concat().into_iter().map(String::from);
    let mut options: Vec<_> = options.collect();
    if certificate.is_some() {
        options.extend(["--tls-cluster", "yes"].map(String::from));
    }
    RedisServer::launch(Persistence::Disk, &options, certificate, owned)
}
