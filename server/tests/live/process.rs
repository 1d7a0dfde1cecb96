//! The real binary in its own folder.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde::Deserialize;
use tempfile::TempDir;
use test_servers::{free_port, http};

/// An instance of the shop with its own port, folder and settings.
pub struct Shop {
    folder: TempDir,
    pub port: u16,
    environment: Vec<(String, String)>,
    /// For the server only, not for commands.
    environment_of_server: Vec<(String, String)>,
}

/// The output of `seed --load`, and the buyers' tokens.
#[derive(Clone)]
pub struct Sale {
    pub round_id: String,
    pub item_id: String,
    pub starts_at_ms: i64,
    pub tokens: Vec<String>,
}

impl Sale {
    /// The same sale without its last buyers.
    pub fn early(&self, last: u32) -> Sale {
        self.part(0..self.tokens.len() - last as usize)
    }

    /// The same sale with its last buyers only.
    pub fn late(&self, last: u32) -> Sale {
        self.part(self.tokens.len() - last as usize..self.tokens.len())
    }

    /// The same sale with these buyers only.
    pub fn part(&self, buyers: std::ops::Range<usize>) -> Sale {
        Sale {
            round_id: self.round_id.clone(),
            item_id: self.item_id.clone(),
            starts_at_ms: self.starts_at_ms,
            tokens: self.tokens[buyers].to_vec(),
        }
    }
}

#[derive(Debug, Deserialize)]
pub struct Audit {
    pub ok: bool,
    pub items: Vec<AuditedItem>,
    pub on_their_way: u64,
    pub violations: Vec<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
pub struct AuditedItem {
    pub item_id: String,
    pub sellable: i64,
    pub orders_live: i64,
    pub orders_closed: i64,
    pub reservations_open: i64,
}

impl Audit {
    pub fn item(&self, item_id: &str) -> &AuditedItem {
        let item = self.items.iter().find(|item| item.item_id == item_id);
        item.unwrap_or_else(|| panic!("no item {item_id}: {self:#?}"))
    }
}

impl Shop {
    /// Creates an embedded shop.
    pub fn new() -> Shop {
        Shop::with(&[])
    }

    /// Creates one with settings: names without `SECKILL_`, and values.
    pub fn with(settings: &[(&str, String)]) -> Shop {
        Shop {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            environment: settings
                .iter()
                .map(|(name, value)| (format!("SECKILL_{name}"), value.clone()))
                .collect(),
            environment_of_server: Vec::new(),
        }
    }

    /// The data folder of an embedded shop.
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Copies the data folder of `other`, which must not be running.
    pub fn copy_data_of(&self, other: &Shop) {
        fs::create_dir(self.data_folder()).unwrap();
        for file in fs::read_dir(other.data_folder()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), self.data_folder().join(file.file_name())).unwrap();
        }
    }

    /// Sets variables of the server process that are no shop settings, from its next start on.
    pub fn set_environment_of_server(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) {
        self.environment_of_server.extend(variables);
    }

    /// Sets a setting, without `SECKILL_`, from its next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.set_environment(&format!("SECKILL_{name}"), value);
    }

    /// Sets a variable that is no shop setting, from its next start on.
    pub fn set_environment(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// The answer of `/readyz`: the status, and the names of parts that are not ready.
    pub async fn readiness(&self) -> Option<(u16, Vec<String>)> {
        let answer = http::get(format!("{}/readyz", self.url())).await.ok()?;
        let status = answer.status().as_u16();
        let parts: Vec<serde_json::Value> = answer.json().await.ok()?;
        let red = parts.iter().filter(|part| part["ready"] == false);
        let name = |part: &serde_json::Value| part["name"].as_str().unwrap().to_owned();
        Some((status, red.map(name).collect()))
    }

    /// Waits until exactly these parts are not ready; returns how long that took.
    pub async fn wait_until_red(&self, names: &[&str]) -> Duration {
        let begun = Instant::now();
        loop {
            let readiness = self.readiness().await;
            if let Some((status, red)) = &readiness
                && red == names
            {
                assert_eq!(*status, if names.is_empty() { 200 } else { 503 });
                return begun.elapsed();
            }
            assert!(
                begun.elapsed() < Duration::from_secs(45),
                "{readiness:?} instead of {names:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Its whole log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    pub fn clear_log(&self) {
        fs::write(self.log_file(), "").unwrap();
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
        command
            .args(arguments)
            .env("SECKILL_DATA_DIR", self.data_folder())
            .env("SECKILL_ADDR", format!("127.0.0.1:{}", self.port))
            .env("SECKILL_CAPTCHA", "off")
            .env("SECKILL_IP_LIMIT", "off")
            .env("SECKILL_USER_LIMIT", "off")
            .env("SECKILL_LOG", "error")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// The server command, with its log in a file.
    fn serve(&self, arguments: &[&str]) -> Command {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_file());
        let mut command = self.command(arguments);
        command
            .envs(self.environment_of_server.iter().cloned())
            .stdout(log.unwrap());
        command
    }

    fn tokens_file(&self) -> PathBuf {
        self.folder.path().join("tokens")
    }

    /// Creates the schema.
    pub fn migrate(&self) {
        self.run(&["migrate"]);
    }

    pub fn seed(&self, stock: u32, buyers: u32, starts_in_s: i32) -> Sale {
        let [stock, buyers, starts] = [
            stock.to_string(),
            buyers.to_string(),
            starts_in_s.to_string(),
        ];
        self.seed_with(&[
            "--stock",
            &stock,
            "--buyers",
            &buyers,
            "--starts-in-s",
            &starts,
        ])
    }

    pub fn seed_with(&self, arguments: &[&str]) -> Sale {
        let file = self.tokens_file();
        let mut all = vec!["seed", "--load", "--tokens", file.to_str().unwrap()];
        all.extend(arguments);
        let output = self.command(&all).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let tokens = fs::read_to_string(file)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        Sale {
            round_id: line["round_id"].as_str().unwrap().to_owned(),
            item_id: line["item_id"].as_str().unwrap().to_owned(),
            starts_at_ms: line["starts_at_ms"].as_i64().unwrap(),
            tokens,
        }
    }

    /// Runs a command while the server runs; it must succeed.
    pub fn run(&self, arguments: &[&str]) {
        self.printed(arguments);
    }

    /// The output of a command run beside the server.
    pub fn printed(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The auditor's result; its exit status must agree.
    pub fn audit(&self) -> Audit {
        let output = self.command(&["audit", "--json"]).output().unwrap();
        let audit: Audit = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.success(), audit.ok);
        audit
    }
}

/// A running server; killed when dropped.
pub struct Process(Child);

impl Process {
    /// Starts serving with these arguments; ready when this returns.
    pub async fn start(shop: &Shop, arguments: &[&str]) -> Process {
        let server = Process::spawn(shop, arguments);
        server.wait_until_ready(shop).await;
        server
    }

    /// Starts serving, without waiting until it is ready.
    pub fn spawn(shop: &Shop, arguments: &[&str]) -> Process {
        let mut all = vec!["serve"];
        all.extend(arguments);
        Process(shop.serve(&all).spawn().unwrap())
    }

    /// Starts serving; waits until it answers, or ends by itself: then returns its last output.
    pub async fn start_or_end(shop: &Shop) -> Result<Process, String> {
        let errors = shop.folder.path().join("errors");
        let mut serve = shop.serve(&["serve"]);
        serve.stderr(fs::File::create(&errors).unwrap());
        let mut server = Process(serve.spawn().unwrap());
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = server.0.try_wait().unwrap() {
                let said = fs::read_to_string(errors).unwrap();
                assert_eq!(status.code(), Some(1), "{said}");
                return Err(said);
            }
            if shop.readiness().await.is_some() {
                return Ok(server);
            }
            assert!(Instant::now() < deadline, "neither started nor ended");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn wait_until_ready(&self, shop: &Shop) {
        let ready = format!("{}/readyz", shop.url());
        let deadline = Instant::now() + Duration::from_secs(30);
        while !http::get(&ready)
            .await
            .is_ok_and(|answer| answer.status().is_success())
        {
            assert!(Instant::now() < deadline, "the server did not start");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends a signal, by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// `SIGTERM`; the process must end by itself, in order, within ten seconds.
    pub async fn stop(self) {
        self.signal("TERM");
        self.wait_until_stopped().await;
    }

    /// Waits for a process that was already told to stop: a second signal would end it at once.
    pub async fn wait_until_stopped(mut self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return;
            }
            assert!(Instant::now() < deadline, "the server did not stop");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn resident_kb(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has already ended, or the test fails.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
