//! A cluster for one test: fresh instances on a set of servers that no other test uses meanwhile.

use futures::future::join_all;
use test_servers::{nginx::Nginx, proxy::Proxy};
use uuid::Uuid;

use super::servers::{HeldServers, Servers};
use crate::{
    buyers::Shoppers,
    process::{Audit, Process, Sale, Shop},
};

/// Connections of all shoppers: the limit of their concurrent calls.
pub const CONNECTIONS: usize = 32;
/// Buyers who come after all others, for the remaining units.
pub const LATECOMERS: u32 = 100;

/// The database behind a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Postgres,
    MariaDb,
}

/// The addresses of a cluster's servers.
struct Urls {
    redis: String,
    rabbit: String,
    ledger: String,
}

impl Urls {
    fn settings(self) -> [(&'static str, String); 3] {
        [
            ("REDIS_URL", self.redis),
            ("AMQP_URL", self.rabbit),
            ("DATABASE_URL", self.ledger),
        ]
    }
}

/// The proxied connections from an instance to the servers.
pub struct Links {
    pub redis: Proxy,
    pub rabbit: Proxy,
    pub ledger: Proxy,
}

impl Links {
    /// New proxies, and their addresses.
    fn to(servers: &Urls) -> (Links, Urls) {
        let (redis, redis_url) = link(&servers.redis);
        let (rabbit, rabbit_url) = link(&servers.rabbit);
        let (ledger, ledger_url) = link(&servers.ledger);
        let links = Links {
            redis,
            rabbit,
            ledger,
        };
        let urls = Urls {
            redis: redis_url,
            rabbit: rabbit_url,
            ledger: ledger_url,
        };
        (links, urls)
    }
}

/// An instance of the shop, its process, and its own proxied connections to the servers.
pub struct Instance {
    pub shop: Shop,
    pub links: Links,
    role: &'static str,
    process: Option<Process>,
}

impl Instance {
    /// Starts it and waits until it is ready.
    pub async fn start(&mut self) {
        self.process = Some(Process::start(&self.shop, &["--role", self.role]).await);
    }

    /// Starts it without waiting until it is ready.
    pub fn spawn(&mut self) {
        self.process = Some(Process::spawn(&self.shop, &["--role", self.role]));
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        self.process.take().unwrap().kill().await;
    }

    /// Stops it in order, within ten seconds.
    pub async fn stop(&mut self) {
        self.process.take().unwrap().stop().await;
    }

    /// Waits until it has stopped, after it was told to.
    pub async fn wait_until_stopped(&mut self) {
        self.process.take().unwrap().wait_until_stopped().await;
    }

    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().unwrap()
    }
}

/// The parts of a cluster.
pub struct Plan {
    pub database: Database,
    pub webs: usize,
    pub workers: usize,
    /// Settings of all instances, without `SECKILL_`.
    pub settings: Vec<(&'static str, String)>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            database: Database::Postgres,
            webs: 2,
            workers: 2,
            settings: Vec::new(),
        }
    }
}

/// A running cluster.
pub struct Deployment {
    pub webs: Vec<Instance>,
    pub workers: Vec<Instance>,
    nginx: Nginx,
    /// For commands run beside the instances.
    command: Shop,
    pub namespace: String,
    pub database: Database,
    /// How many reservations the scenario itself makes fail.
    pub failed: usize,
    // Last: returned after everything above is gone.
    servers: HeldServers,
}

impl Deployment {
    /// Starts a cluster with a new empty shop and waits until every instance is ready.
    pub async fn start(plan: Plan) -> Deployment {
        let mut servers = HeldServers::new().await;
        let namespace = format!("t{}", Uuid::now_v7().simple());
        let all = servers.all();
        let ledger = match plan.database {
            Database::Postgres => {
                all.postgres.create_database(&namespace);
                all.postgres.url(&namespace)
            }
            Database::MariaDb => {
                all.mariadb.create_database(&namespace);
                all.mariadb.url(&namespace)
            }
        };
        let servers_at = Urls {
            redis: all.redis.url(),
            rabbit: all.rabbit.url(),
            ledger,
        };
        let settings = [
            ("MODE", "cluster".to_owned()),
            ("NAMESPACE", namespace.clone()),
            ("DATABASE_CONNECTIONS", "6".to_owned()),
            ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
            // Lost entries are found within seconds instead of a minute.
            ("RECONCILE_S", "2".to_owned()),
        ];
        // The plan's settings come last: they may override the servers.
        let shop =
            |urls: Urls| Shop::with(&[&settings[..], &urls.settings(), &plan.settings].concat());
        let instances = |number, role| -> Vec<Instance> {
            let instance = |_| {
                let (links, urls) = Links::to(&servers_at);
                Instance {
                    shop: shop(urls),
                    links,
                    role,
                    process: None,
                }
            };
            (0..number).map(instance).collect()
        };
        let (mut webs, mut workers) = (
            instances(plan.webs, "web"),
            instances(plan.workers, "worker"),
        );
        let command = shop(servers_at);
        command.migrate();
        // All at once, as after a power failure: they warm up concurrently.
        for instance in webs.iter_mut().chain(&mut workers) {
            instance.spawn();
        }
        for instance in webs.iter_mut().chain(&mut workers) {
            let process = instance.process.as_ref().unwrap();
            process.wait_until_ready(&instance.shop).await;
        }
        let ports: Vec<_> = webs.iter().map(|instance| instance.shop.port).collect();
        Deployment {
            nginx: Nginx::start(&ports),
            command,
            webs,
            workers,
            namespace,
            database: plan.database,
            failed: 0,
            servers,
        }
    }

    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.webs.iter().chain(&self.workers)
    }

    /// The connections of all instances.
    pub fn links(&self) -> impl Iterator<Item = &Links> {
        self.instances().map(|instance| &instance.links)
    }

    /// The servers behind the instances.
    pub fn servers(&mut self) -> &mut Servers {
        self.servers.all()
    }

    /// Pauses every worker process.
    pub fn pause_workers(&mut self) {
        for worker in &mut self.workers {
            worker.process().signal("STOP");
        }
    }

    pub fn resume_workers(&mut self) {
        for worker in &mut self.workers {
            worker.process().signal("CONT");
        }
    }

    /// `kill -9` of the database.
    pub fn kill_database(&mut self) {
        let database = self.database;
        match database {
            Database::Postgres => self.servers().postgres.kill(),
            Database::MariaDb => self.servers().mariadb.kill(),
        }
    }

    pub fn restart_database(&mut self) {
        let database = self.database;
        match database {
            Database::Postgres => self.servers().postgres.restart(),
            Database::MariaDb => self.servers().mariadb.restart(),
        }
    }

    pub fn pause_database(&mut self) {
        let database = self.database;
        match database {
            Database::Postgres => self.servers().postgres.pause(),
            Database::MariaDb => self.servers().mariadb.pause(),
        }
    }

    pub fn resume_database(&mut self) {
        let database = self.database;
        match database {
            Database::Postgres => self.servers().postgres.resume(),
            Database::MariaDb => self.servers().mariadb.resume(),
        }
    }

    /// The address of the database, without a proxy.
    pub fn database_url(&mut self) -> String {
        let (database, namespace) = (self.database, self.namespace.clone());
        match database {
            Database::Postgres => self.servers().postgres.url(&namespace),
            Database::MariaDb => self.servers().mariadb.url(&namespace),
        }
    }

    /// Creates a round with these arguments of `seed --load`.
    pub fn seed_with(&self, arguments: &[&str]) -> Sale {
        self.command.seed_with(arguments)
    }

    /// Creates an open round with its buyers, plus a hundred for the remaining units.
    pub fn seed(&self, stock: u32, buyers: u32) -> Sale {
        self.command.seed(stock, buyers + LATECOMERS, 0)
    }

    /// The same, with its stock in this many segments.
    pub fn seed_in_segments(&self, stock: u32, buyers: u32, segments: u32) -> Sale {
        let [stock, buyers, segments] =
            [stock, buyers + LATECOMERS, segments].map(|n| n.to_string());
        let arguments = [
            "--stock",
            &stock,
            "--buyers",
            &buyers,
            "--segments",
            &segments,
        ];
        self.seed_with(&[&arguments[..], &["--starts-in-s", "0"]].concat())
    }

    /// The same, but it opens some seconds from now.
    pub fn seed_ahead(&self, stock: u32, buyers: u32, starts_in_s: i32) -> Sale {
        self.command.seed(stock, buyers + LATECOMERS, starts_in_s)
    }

    /// The buyers, through nginx.
    pub fn shoppers(&self, sale: &Sale) -> Shoppers {
        self.shoppers_of(&sale.early(LATECOMERS))
    }

    /// All of these buyers, through nginx.
    pub fn shoppers_of(&self, sale: &Sale) -> Shoppers {
        Shoppers::new(&[self.nginx.url()], sale, CONNECTIONS)
    }

    /// A key in Redis by its name; the hash tag is its item.
    pub fn key(&self, item_id: &str, name: &str) -> String {
        format!("{}:{{{item_id}}}:{name}", self.namespace)
    }

    pub fn audit(&self) -> Audit {
        self.command.audit()
    }

    /// Runs `server round` with these arguments, beside the instances.
    pub fn round(&self, arguments: &[&str]) {
        self.command.run(&[&["round"][..], arguments].concat());
    }

    /// Stops every instance, in order.
    pub async fn stop(self) {
        let instances = self.webs.into_iter().chain(self.workers);
        let running = instances.filter_map(|instance| instance.process);
        join_all(running.map(Process::stop)).await;
    }
}

/// A proxy in front of the server at an address, and the proxy's address.
fn link(url: &str) -> (Proxy, String) {
    const HOST: &str = "127.0.0.1:";
    let start = url.find(HOST).unwrap() + HOST.len();
    let digits = url[start..]
        .chars()
        .take_while(char::is_ascii_digit)
        .count();
    let proxy = Proxy::start(url[start..start + digits].parse().unwrap());
    let through = format!(
        "{}{}{}",
        &url[..start],
        proxy.port(),
        &url[start + digits..]
    );
    (proxy, through)
}
