//! `server load`: shoppers over HTTP, and whether the shop kept its promises.

use std::{fs, path::Path, process::Output, time::Duration};

use serde_json::Value;

use super::{FOR_TOOLS, Running, errors, no_data, run, seed_load};

const LIMIT: Duration = Duration::from_mins(1);
async fn load(data: &Path, arguments: Vec<String>) -> Output {
    let data = data.to_owned();
    let load = move || {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        run(&data, &[], &arguments)
    };
    tokio::task::spawn_blocking(load).await.unwrap()
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[tokio::test]
async fn many_buyers_buy_everything_and_every_result_is_checked() {
    let (folder, data) = no_data();
    let (_, tokens) = seed_load(folder.path(), &data, (20, 60), 1);
    let mut server = Running::serve_into(&data, &FOR_TOOLS, std::process::Stdio::null());
    server.wait_until_ready(LIMIT).await;
    let [json, csv] = ["report.json", "report.csv"].map(|name| folder.path().join(name));
    let arguments = format!(
        "load {} --tokens {tokens} --page --json {} --csv {}",
        server.url,
        json.display(),
        csv.display()
    );
    let loaded = load(&data, words(&arguments)).await;
    assert!(loaded.status.success(), "{loaded:?}");
    let report: Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!(report["outcomes"]["ordered"], 20, "{report}");
    assert_eq!(report["outcomes"]["sold_out"], 40, "{report}");
    assert_eq!(report["violations"], serde_json::json!([]), "{report}");
    assert_eq!(report["sellable_after"], 0, "{report}");
    assert_eq!(report["answer"]["count"], 60, "{report}");
    let csv = fs::read_to_string(csv).unwrap();
    let calls: Vec<_> = csv
        .lines()
        .filter_map(|line| line.split(',').next())
        .collect();
    let expected = [
        "call",
        "page",
        "path",
        "purchase",
        "result",
        "to the answer",
        "to the end",
    ];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn an_impossible_load_reports_the_reason() {
    let (folder, data) = no_data();
    let (_, tokens) = seed_load(folder.path(), &data, (1, 1), 1);
    let empty = folder.path().join("empty");
    fs::write(&empty, "\n").unwrap();
    let refused = [
        (
            format!("http://192.0.2.1 --tokens {tokens}"),
            "--allow-remote",
        ),
        (
            format!("http://127.0.0.1:1 --tokens {}", empty.display()),
            "has no log-in",
        ),
        (
            "http://127.0.0.1:1 --tokens /no/such/file".to_owned(),
            "cannot read",
        ),
        // No server listens there.
        (
            format!("http://127.0.0.1:1 --tokens {tokens}"),
            "/api/rounds",
        ),
    ];
    for (arguments, why) in refused {
        let ended = load(&data, words(&format!("load {arguments}"))).await;
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(errors(&ended).contains(why), "{ended:?}");
    }
}
