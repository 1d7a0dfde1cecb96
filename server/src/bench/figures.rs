//! The measurements: as a table for people, and serialisable for programs.

use std::time::Duration;

use serde::Serialize;

use crate::engine::audit::Report;

/// The rounds of one measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spread {
    pub median: u64,
    pub min: u64,
    pub max: u64,
}

impl Spread {
    /// `None` if there was no round.
    pub fn of(mut rounds: Vec<u64>) -> Option<Spread> {
        rounds.sort_unstable();
        Some(Spread {
            median: *rounds.get(rounds.len() / 2)?,
            min: *rounds.first()?,
            max: *rounds.last()?,
        })
    }
}

/// How many a second.
pub fn per_s(count: u64, took: Duration) -> u64 {
    (count as f64 / took.as_secs_f64()).round() as u64
}

/// `ours` of each round for 100 of `theirs`.
pub fn percent(ours: &[u64], theirs: &[u64]) -> Option<Spread> {
    let ratio = |(ours, theirs): (&u64, &u64)| ours * 100 / theirs.max(&1);
    Spread::of(ours.iter().zip(theirs).map(ratio).collect())
}

/// The gate's rates, and those of Redis with the same script but without the gate.
#[derive(Debug, Serialize)]
pub struct Decisions {
    /// The script, called by the gate.
    pub gate_per_s: Option<Spread>,
    /// The same by the shop's gate, which also records queued buyers, for clients that poll.
    pub gate_and_note_per_s: Option<Spread>,
    /// `redis-benchmark`, one call at a time on each of as many connections as there are clients.
    pub redis_benchmark_per_s: Option<Spread>,
    /// `redis-benchmark` with 16 calls at a time on each.
    pub redis_benchmark_16_deep_per_s: Option<Spread>,
    /// `gate_per_s` for 100 of `redis_benchmark_per_s`, round by round.
    pub ratio_percent: Option<Spread>,
    /// `gate_per_s` for 100 of `redis_benchmark_16_deep_per_s`.
    pub ratio_16_deep_percent: Option<Spread>,
}

#[derive(Debug, Serialize)]
pub struct Relayed {
    pub batch: u32,
    pub messages_per_s: Option<Spread>,
}

#[derive(Debug, Serialize)]
pub struct Written {
    pub batch: u32,
    pub orders_per_s: Option<Spread>,
}

/// The results of the stages.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// The prefix of the Redis keys and RabbitMQ names, which are removed.
    pub namespace: String,
    pub redis: String,
    pub database: String,
    pub callers: u32,
    pub orders: u32,
    /// Units held.
    pub held: Decisions,
    /// Buyers refused because everything is held.
    pub sold_out: Decisions,
    pub relay: Relayed,
    pub writer: Vec<Written>,
    /// Calls repeated because a server was busy.
    pub asked_again: u64,
}

/// Everything that is printed and written to the file.
#[derive(Debug, Serialize)]
pub struct Figures {
    #[serde(flatten)]
    pub measured: Measured,
    /// For the measured item only.
    pub audit: Report,
}

/// With separators between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

fn line(what: &str, unit: &str, spread: Option<Spread>) -> String {
    let Some(Spread { median, min, max }) = spread else {
        return format!("{what:<44} {:>9}", "none");
    };
    let [median, min, max] = [median, min, max].map(grouped);
    format!("{what:<44} {median:>9} {min:>9} {max:>9} {unit}")
}

impl Decisions {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![line("  gate", "/s", self.gate_per_s)];
        if self.gate_and_note_per_s.is_some() {
            lines.push(line(
                "  gate, and a note for pollers",
                "/s",
                self.gate_and_note_per_s,
            ));
        }
        lines.extend([
            line(
                "  redis-benchmark, same script",
                "/s",
                self.redis_benchmark_per_s,
            ),
            line("    gate : redis-benchmark", "%", self.ratio_percent),
            line(
                "  redis-benchmark, pipelines of 16",
                "/s",
                self.redis_benchmark_16_deep_per_s,
            ),
            line(
                "    gate : redis-benchmark",
                "%",
                self.ratio_16_deep_percent,
            ),
        ]);
        lines
    }
}

impl Measured {
    /// As a table.
    pub fn table(&self) -> String {
        let mut lines = vec![
            format!(
                "{}, RabbitMQ, {}; {} callers, {} orders",
                self.redis,
                self.database,
                self.callers,
                grouped(self.orders.into())
            ),
            format!("{:<44} {:>9} {:>9} {:>9}", "", "median", "min", "max"),
            "units held".to_owned(),
        ];
        lines.extend(self.held.lines());
        lines.push("sold out".to_owned());
        lines.extend(self.sold_out.lines());
        lines.push("outbox to RabbitMQ, confirmed".to_owned());
        let batch = |batch: u32| format!("  batches of {batch}");
        lines.push(line(
            &batch(self.relay.batch),
            "/s",
            self.relay.messages_per_s,
        ));
        lines.push(format!("orders from RabbitMQ to {}", self.database));
        for written in &self.writer {
            lines.push(line(&batch(written.batch), "/s", written.orders_per_s));
        }
        if self.asked_again > 0 {
            lines.push(format!(
                "{} calls were made again because a server was busy",
                grouped(self.asked_again)
            ));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_summed_up_by_the_one_in_the_middle() {
        let spread = Spread::of(vec![5, 1, 9]);
        let expected = Spread {
            median: 5,
            min: 1,
            max: 9,
        };
        assert_eq!(spread, Some(expected));
        assert_eq!(Spread::of(Vec::new()), None);
        let ratio = percent(&[50, 30], &[100, 20]).unwrap();
        assert_eq!((ratio.min, ratio.max), (50, 150));
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, shown) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(grouped(number), shown);
        }
    }
}
