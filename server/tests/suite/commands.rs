//! The program's commands as a person or a script runs them: the real binary, its output and exit
//! status.

mod account;
mod archive;
mod audit;
mod backup;
mod data_folder;
mod doctor;
mod load;
mod log;
mod memory_policy;
mod parked;
mod production;
mod program;
mod rounds;
mod schema;
mod service_manager;
mod supervision;
mod switches;
mod texts;
mod webhooks;

use std::{
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;
use test_servers::{free_port, http};

/// No captcha and no limits.
const FOR_TOOLS: [(&str, &str); 3] = [
    ("SECKILL_CAPTCHA", "off"),
    ("SECKILL_IP_LIMIT", "off"),
    ("SECKILL_USER_LIMIT", "off"),
];

/// Creates a shop with one item by `seed --load`. Returns its output, and the log-ins' file.
fn seed_load(
    folder: &Path,
    data: &Path,
    (stock, buyers): (u32, u32),
    starts_in_s: u32,
) -> (Value, String) {
    let tokens = folder.join("tokens").display().to_string();
    let arguments = format!(
        "seed --load --stock {stock} --buyers {buyers} --starts-in-s {starts_in_s} --tokens"
    );
    let arguments: Vec<_> = arguments.split(' ').chain([tokens.as_str()]).collect();
    let seeded = run(data, &[], &arguments);
    assert!(seeded.status.success(), "{}", errors(&seeded));
    (serde_json::from_slice(&seeded.stdout).unwrap(), tokens)
}

/// The program with only these settings (names with their prefix) and a data folder.
fn command(data: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    let inherited = std::env::vars().filter(|(name, _)| name.starts_with("SECKILL_"));
    for (name, _) in inherited {
        command.env_remove(name);
    }
    command
        .env("SECKILL_DATA_DIR", data)
        .envs(settings.iter().copied())
        .args(arguments)
        .stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(data: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    command(data, settings, arguments).output().unwrap()
}

/// Its standard error.
pub fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Its standard output, whether it succeeded or not.
pub fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The standard output of a command that must have succeeded.
pub fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    printed(output)
}

/// A data folder that does not exist yet, in an existing folder.
pub fn no_data() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    (folder, data)
}

/// A server on its own port; killed when dropped.
pub struct Running {
    process: Child,
    pub url: String,
}

impl Running {
    pub fn serve(data: &Path, settings: &[(&str, &str)]) -> Running {
        Running::serve_into(data, settings, Stdio::null())
    }

    /// Writes its log to `log`.
    fn serve_into(data: &Path, settings: &[(&str, &str)], log: impl Into<Stdio>) -> Running {
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = command(data, settings, &["serve"]);
        command.env("SECKILL_ADDR", &address).stdout(log);
        Running {
            process: command.spawn().unwrap(),
            url: format!("http://{address}"),
        }
    }

    pub async fn wait_until_ready(&mut self, limit: Duration) {
        let begun = Instant::now();
        loop {
            let answer = http::get(format!("{}/readyz", self.url)).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {ended:?}");
            assert!(begun.elapsed() < limit, "the server is not ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Running {
    /// Its answer to `GET path`, whatever the status.
    async fn get(&self, path: &str) -> String {
        let answer = http::get(format!("{}{path}", self.url)).await.unwrap();
        answer.text().await.unwrap()
    }

    /// Waits until it has ended by itself; returns its exit status.
    async fn wait_until_ended(&mut self, limit: Duration) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < limit, "the server goes on");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already in a failed test.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
