//! Running `redis-benchmark`, which comes with Redis, on the baseline.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{BenchError, baseline::Baseline};

const PROGRAM: &str = "redis-benchmark";
/// Range of the random numbers: few of a run are equal.
const NUMBERS: &str = "1000000000";
/// Time limit of one run.
const RUN_TIMEOUT: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(20);

/// Killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether it is installed here.
pub fn is_installed() -> bool {
    let asked = Command::new(PROGRAM).arg("--version").output();
    asked.is_ok_and(|answer| answer.status.success())
}

/// Run number `run`: calls the script `calls` times over `connections` connections, `pipeline` at a
/// time on each, and returns the answers per second. `None` when no configured server holds the
/// baseline.
pub async fn run(
    baseline: &Baseline,
    run: u16,
    calls: u32,
    connections: u32,
    pipeline: u32,
) -> Result<Option<u64>, BenchError> {
    let Some(url) = baseline.url() else {
        return Ok(None);
    };
    let mut command = Command::new(PROGRAM);
    command
        .args(["-u", url, "--csv", "-r", NUMBERS])
        .args(["-n", &calls.to_string(), "-c", &connections.to_string()])
        .args(["-P", &pipeline.to_string()])
        .args(baseline.command(run))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = Running(command.spawn()?);
    let deadline = Instant::now() + RUN_TIMEOUT;
    // It prints two lines, which fit into the pipe.
    let status = loop {
        if let Some(status) = running.0.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            return Err(BenchError::RedisBenchmarkTimeout(RUN_TIMEOUT.as_secs()));
        }
        sleep(POLL).await;
    };
    let mut printed = String::new();
    if let Some(output) = &mut running.0.stdout {
        output.read_to_string(&mut printed)?;
    }
    match rate(&printed) {
        Some(rate) if status.success() => Ok(Some(rate)),
        _ => Err(BenchError::RedisBenchmarkFailed { status, printed }),
    }
}

/// The calls per second in its output: a line of titles, and a line of quoted values that begins
/// with the command (which may contain anything) and ends with the rate and six latencies.
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
