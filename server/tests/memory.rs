//! The memory used by the metrics. Alone in its process, so that other tests' memory does not count.

use std::fs;

use server::telemetry::metrics::recorder;

const OBSERVATIONS: usize = 10_000_000;
/// Observations of a busy process between two upkeeps.
const BETWEEN: usize = 100_000;

#[test]
fn memory_does_not_grow_over_ten_million_unscraped_observations() {
    let recorder = recorder().unwrap();
    let handle = recorder.handle();
    let seconds = metrics::with_local_recorder(
        &recorder,
        || metrics::histogram!("seckill_http_request_seconds", "route" => "/"),
    );
    let mut first_kb = None;
    for number in 1..=OBSERVATIONS {
        seconds.record((number % 1000) as f64 / 1000.0);
        if number % BETWEEN == 0 {
            handle.run_upkeep();
            first_kb.get_or_insert_with(resident_kb);
        }
    }
    let (first_kb, last_kb) = (first_kb.unwrap(), resident_kb());
    println!("{BETWEEN} observations: {first_kb} kB; {OBSERVATIONS}: {last_kb} kB");
    assert!(
        last_kb < first_kb + 4 * 1024,
        "8 bytes each would be 78 MB: {first_kb} kB became {last_kb} kB"
    );
    let counted = format!("seckill_http_request_seconds_count{{route=\"/\"}} {OBSERVATIONS}");
    assert!(handle.render().contains(&counted), "nothing is lost");
}

fn resident_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}
