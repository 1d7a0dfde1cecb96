//! Running `redis-benchmark`, which belongs to Redis, on the gate's script.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::Failure;
use crate::adapters::redis::Yardstick;

const PROGRAM: &str = "redis-benchmark";
/// Different buyers: so many that hardly two of a run are the same.
const BUYERS: &str = "1000000000";
/// One run takes no longer.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(20);

/// Killed when it is given up.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended by itself, mostly.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether this machine has it.
pub fn is_installed() -> bool {
    let asked = Command::new(PROGRAM).arg("--version").output();
    asked.is_ok_and(|answer| answer.status.success())
}

/// The `run`th run: sends the script `calls` times over `connections` connections, `depth` at a time on each, and
/// returns how many a second were answered. `None`: the copy is on a server we were not told of.
pub async fn run(
    yardstick: &Yardstick,
    run: u16,
    calls: u32,
    connections: u32,
    depth: u32,
) -> Result<Option<u64>, Failure> {
    let Some(url) = yardstick.url() else {
        return Ok(None);
    };
    let mut command = Command::new(PROGRAM);
    command
        .args(["-u", url, "--csv", "-r", BUYERS])
        .args(["-n", &calls.to_string(), "-c", &connections.to_string()])
        .args(["-P", &depth.to_string()])
        .args(yardstick.command(run))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = Running(command.spawn()?);
    let deadline = Instant::now() + PATIENCE;
    // It prints two lines, fewer than fit into the pipe.
    let status = loop {
        if let Some(status) = running.0.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            return Err(format!("{PROGRAM} did not end in {} s", PATIENCE.as_secs()).into());
        }
        sleep(LOOK).await;
    };
    let mut printed = String::new();
    if let Some(output) = &mut running.0.stdout {
        output.read_to_string(&mut printed)?;
    }
    match rate(&printed) {
        Some(rate) if status.success() => Ok(Some(rate)),
        _ => Err(format!("{PROGRAM} ended with {status} and said {printed:?}").into()),
    }
}

/// The calls a second in what it prints: a line of titles, and one of quoted values that begins
/// with the command (which may hold anything) and ends with the rate and six latencies.
fn rate(printed: &str) -> Option<u64> {
    let line = printed.lines().last()?;
    let rate = line.rsplit(',').nth(6)?.trim_matches('"');
    Some(rate.parse::<f64>().ok()?.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn the_rate_is_found_behind_any_command() {
        let titles = "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\
            \"p50_latency_ms\",\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\"\n";
        let values = "\"evalsha a,b 4 {x}:item\",\"41666.67\",\"1.1\",\"0.4\",\"1.1\",\"1.2\",\
            \"1.6\",\"2.4\"\n";
        assert_eq!(rate(&format!("{titles}{values}")), Some(41_667));
        assert_eq!(rate(titles), None);
        assert_eq!(rate(""), None);
    }
}
