//! RabbitMQ for tests: one node on loopback, with a port mapper of its own, so that it neither
//! finds nor disturbs another node of this machine.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use tempfile::TempDir;

use super::{Certificates, Guarded, ServerCertificate, free_port, wait_until};

/// The programs themselves: the wrappers in the path insist on a user and a folder of their own.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";

/// A little disk is enough, and a small log is written faster.
const SETTINGS: &str = "disk_free_limit.absolute = 1MB\nraft.wal_max_size_bytes = 16777216\n";

/// No client needs a certificate of its own.
fn tls_settings(certificate: &ServerCertificate, port: u16) -> String {
    format!(
        "listeners.ssl.default = 127.0.0.1:{port}\n\
         ssl_options.cacertfile = {}\n\
         ssl_options.certfile = {}\n\
         ssl_options.keyfile = {}\n\
         ssl_options.verify = verify_none\n\
         ssl_options.fail_if_no_peer_cert = false\n",
        Certificates::shared().authority().display(),
        certificate.chain.display(),
        certificate.key.display(),
    )
}

/// A node of its own ports and folder. Killed, and its folder removed, when dropped; a node in a
/// `static` (see [`shared`]) goes when the test process does.
pub struct RabbitServer {
    port: u16,
    /// For connections with TLS, besides the other one.
    tls_port: Option<u16>,
    folder: PathBuf,
    environment: Vec<(&'static str, String)>,
    running: Mutex<Option<Running>>,
    /// `None`: the guard removes the folder.
    owned: Option<TempDir>,
}

/// Dropped in this order: a node without its port mapper would start another.
struct Running {
    node: Guarded,
    _port_mapper: Guarded,
}

/// The one node for tests that do not hurt it: each uses a namespace of its own.
pub fn shared() -> &'static RabbitServer {
    static SHARED: OnceLock<RabbitServer> = OnceLock::new();
    SHARED.get_or_init(|| RabbitServer::launch(None, "", false))
}

/// Another one, which speaks TLS too.
pub fn shared_with_tls() -> &'static RabbitServer {
    static SHARED: OnceLock<RabbitServer> = OnceLock::new();
    let certificate = || Some(Certificates::shared().valid());
    SHARED.get_or_init(|| RabbitServer::launch(certificate(), "", false))
}

impl RabbitServer {
    /// A node of a test's own. Takes some seconds.
    pub fn start() -> RabbitServer {
        RabbitServer::launch(None, "", true)
    }

    /// A node with more settings.
    pub fn start_with_settings(settings: &str) -> RabbitServer {
        RabbitServer::launch(None, settings, true)
    }

    /// A node that speaks TLS too, and shows this certificate.
    pub fn start_with_tls(certificate: &ServerCertificate) -> RabbitServer {
        RabbitServer::launch(Some(certificate), "", true)
    }

    fn launch(certificate: Option<&ServerCertificate>, more: &str, owned: bool) -> RabbitServer {
        let folder = TempDir::with_prefix("seckill-rabbitmq-").unwrap();
        let (folder, owned) = if owned {
            (folder.path().to_owned(), Some(folder))
        } else {
            (folder.keep(), None)
        };
        let tls_port = certificate.map(|_| free_port());
        let mut settings = format!("{SETTINGS}{more}");
        if let (Some(certificate), Some(port)) = (certificate, tls_port) {
            settings.push_str(&tls_settings(certificate, port));
        }
        fs::write(folder.join("rabbitmq.conf"), settings).unwrap();
        fs::write(folder.join("plugins"), "[].").unwrap();
        let inside = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let (port, distribution) = (free_port(), free_port());
        let environment = vec![
            ("HOME", inside("")),
            ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
            ("ERL_EPMD_PORT", free_port().to_string()),
            ("RABBITMQ_NODENAME", format!("seckill-{port}@localhost")),
            ("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1".to_owned()),
            ("RABBITMQ_NODE_PORT", port.to_string()),
            ("RABBITMQ_DIST_PORT", distribution.to_string()),
            ("RABBITMQ_MNESIA_BASE", inside("data")),
            ("RABBITMQ_LOG_BASE", inside("log")),
            ("RABBITMQ_LOGS", "-".to_owned()),
            ("RABBITMQ_CONF_ENV_FILE", "/dev/null".to_owned()),
            ("RABBITMQ_CONFIG_FILE", inside("rabbitmq.conf")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", inside("plugins")),
            // The script becomes the node instead of watching it, so that its id is the node's.
            ("RABBITMQ_ALLOW_INPUT", "1".to_owned()),
            ("RABBITMQ_SERVER_START_ARGS", "-noinput +S 1:1".to_owned()),
            // A node or a tool that crashes would leave 700 kB of dump in the caller's folder.
            ("ERL_CRASH_DUMP", "/dev/null".to_owned()),
            ("ERL_CRASH_DUMP_SECONDS", "0".to_owned()),
        ];
        let server = RabbitServer {
            port,
            tls_port,
            folder,
            environment,
            running: Mutex::default(),
            owned,
        };
        server.restart();
        server
    }

    /// Address and login.
    pub fn url(&self) -> String {
        self.url_of("guest:guest", "%2f")
    }

    /// The same for another user (with the password) and another virtual host.
    pub fn url_of(&self, user: &str, host: &str) -> String {
        match self.tls_port {
            Some(port) => format!("amqps://{user}@127.0.0.1:{port}/{host}"),
            None => format!("amqp://{user}@127.0.0.1:{}/{host}", self.port),
        }
    }

    /// `kill -9`. Nobody listens on the port afterwards.
    pub fn kill(&self) {
        self.running().take();
    }

    /// Starts it again with what is on its disk; kills it first if it runs. Answers when this
    /// returns.
    pub fn restart(&self) {
        self.kill();
        let mapper_port = &self.environment[2].1;
        let mapper = ["epmd", "-address", "127.0.0.1", "-port", mapper_port];
        let port_mapper = Guarded::start(&mapper, &self.folder.join("epmd.log"));
        let names = ["-port", mapper_port, "-names"];
        wait_until("the port mapper to answer", || {
            let answer = Command::new("epmd").args(names).output().unwrap();
            answer.status.success()
        });
        let mut environment = self.environment.clone();
        if self.owned.is_none() {
            environment.push(("SWEPT", self.folder.to_str().unwrap().to_owned()));
        }
        let log = self.folder.join("rabbitmq.log");
        let program = format!("{PROGRAMS}/rabbitmq-server");
        let node = Guarded::start_with(&[&program], &log, &environment);
        *self.running() = Some(Running {
            node,
            _port_mapper: port_mapper,
        });
        wait_until("RabbitMQ to start", || {
            fs::read_to_string(&log).is_ok_and(|log| log.contains("Server startup complete"))
        });
    }

    /// Stops answering; connections stay open, and new ones are accepted by the kernel.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Goes on after a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// The output of `rabbitmqctl`; panics when it fails.
    pub fn ctl(&self, arguments: &[&str]) -> String {
        let output = Command::new(format!("{PROGRAMS}/rabbitmqctl"))
            .arg("--quiet")
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let failure = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {failure}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The broker closes every connection that there is and waits until all are gone; how many.
    pub fn close_all_connections(&self) -> usize {
        const CLOSE: &str = "
            Connections = rabbit_networking:connections(),
            Monitors = [monitor(process, Connection) || Connection <- Connections],
            [rabbit_networking:close_connection(Connection, <<\"by a test\">>) || Connection <- Connections],
            [receive {'DOWN', Monitor, _, _, _} -> gone after 10000 -> exit(not_closed) end
                || Monitor <- Monitors],
            length(Connections).";
        self.ctl(&["eval", CLOSE]).trim().parse().unwrap()
    }

    fn signal(&self, name: &str) {
        let running = self.running();
        running.as_ref().expect("it does not run").node.signal(name);
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
