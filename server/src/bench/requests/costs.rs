//! The costs of the requests, for people and for programs.

use std::fs;

use serde::Serialize;

/// A call's rounds: the server's processor time per request in microseconds, and requests per second.
#[derive(Debug, Serialize)]
pub struct Cost {
    pub call: &'static str,
    pub requests: u64,
    pub cpu_us: f64,
    pub cpu_us_min: f64,
    pub cpu_us_max: f64,
    pub per_s: f64,
}

/// One round of a call.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    pub requests: u64,
    pub cpu_us: u64,
    pub seconds: f64,
}

impl Cost {
    /// From at least one round.
    pub fn of(call: &'static str, rounds: &[Round]) -> Self {
        let mut cpu: Vec<f64> = rounds
            .iter()
            .map(|round| round.cpu_us as f64 / round.requests as f64)
            .collect();
        let mut rates: Vec<f64> = rounds
            .iter()
            .map(|round| round.requests as f64 / round.seconds)
            .collect();
        cpu.sort_by(f64::total_cmp);
        rates.sort_by(f64::total_cmp);
        Self {
            call,
            requests: rounds.iter().map(|round| round.requests).sum(),
            cpu_us: cpu[cpu.len() / 2],
            cpu_us_min: cpu[0],
            cpu_us_max: cpu[cpu.len() - 1],
            per_s: rates[rates.len() / 2],
        }
    }
}

/// All calls, on one machine.
#[derive(Debug, Serialize)]
pub struct RequestCosts {
    machine: String,
    connections: u32,
    costs: Vec<Cost>,
}

impl RequestCosts {
    pub(super) fn new(connections: u32, costs: Vec<Cost>) -> Self {
        Self {
            machine: machine(),
            connections,
            costs,
        }
    }

    /// As a table.
    pub fn table(&self) -> String {
        let mut lines = vec![
            format!(
                "{}; {} connections, the clients on the same machine",
                self.machine, self.connections
            ),
            format!(
                "{:<48} {:>8} {:>8} {:>8} {:>10}",
                "CPU microseconds of the server per request", "median", "min", "max", "requests/s"
            ),
        ];
        for cost in &self.costs {
            lines.push(format!(
                "{:<48} {:>8.1} {:>8.1} {:>8.1} {:>10.0}",
                cost.call, cost.cpu_us, cost.cpu_us_min, cost.cpu_us_max, cost.per_s
            ));
        }
        lines.join("\n")
    }
}

/// The processor, and its number of threads.
fn machine() -> String {
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |line| {
        line.trim_start_matches([':', ' ', '\t'])
    });
    format!("{model}, {threads} threads")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_summed_up_by_the_round_in_the_middle() {
        let round = |cpu_us| Round {
            requests: 10,
            cpu_us,
            seconds: 0.5,
        };
        let cost = Cost::of("call", &[round(500), round(100), round(200)]);
        let cpu = [cost.cpu_us, cost.cpu_us_min, cost.cpu_us_max];
        assert_eq!(cpu.map(|us| us as u32), [20, 10, 50]);
        assert_eq!((cost.requests, cost.per_s as u32), (30, 20));
    }
}
