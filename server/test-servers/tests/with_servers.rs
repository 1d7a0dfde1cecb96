//! `with-servers`: what its command sees, how it ends, and that nothing outlives it.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use tempfile::TempDir;
use test_servers::wait_until;

/// `with-servers` with these words, temporary files in `folder`, and an environment by which
/// everything it starts can be told.
fn with_servers(folder: &TempDir, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_with-servers"));
    command
        .args(words)
        .env("TMPDIR", folder.path())
        .env("WITH_SERVERS_TEST", mark(folder));
    command
}

fn mark(folder: &TempDir) -> String {
    folder.path().display().to_string()
}

/// A folder that a server under another account may enter.
fn folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Command lines of everything that has the mark in its environment.
fn left_behind(folder: &TempDir) -> Vec<String> {
    let mark = format!("WITH_SERVERS_TEST={}\0", mark(folder));
    let processes = fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|process| {
            let path = process.unwrap().path();
            let environment = fs::read(path.join("environ")).ok()?;
            let environment = String::from_utf8_lossy(&environment);
            let line = fs::read(path.join("cmdline")).ok()?;
            // One that has ended and was not waited for has no command line.
            let marked = environment.contains(&mark) && !line.is_empty();
            marked.then(|| String::from_utf8_lossy(&line).replace('\0', " "))
        })
        .collect()
}

#[test]
fn the_command_finds_its_servers_and_its_exit_status_is_passed_on() {
    let folder = folder();
    let script = "env; redis-cli -u $SECKILL_REDIS_URL ping; exit 7";
    let ended = with_servers(&folder, &["--", "sh", "-c", script])
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&ended.stdout);
    assert_eq!(ended.status.code(), Some(7), "{ended:?}");
    for line in [
        "SECKILL_MODE=cluster\n",
        "SECKILL_REDIS_URL=redis://127.0.0.1:",
        "SECKILL_AMQP_URL=amqp://guest:guest@127.0.0.1:",
        "SECKILL_DATABASE_URL=postgres://postgres@127.0.0.1:",
        "\nPONG\n",
    ] {
        assert!(printed.contains(line), "{line} is not in {printed}");
    }
    // Child processes of a killed server notice its death by themselves, a moment later.
    wait_until("everything to be gone", || left_behind(&folder).is_empty());
    let rest: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert!(rest.is_empty(), "{rest:?}");
}

#[test]
fn told_to_end_it_ends_the_command_and_stops_the_servers() {
    let folder = folder();
    let script = "echo up; exec sleep 600";
    let words = ["--database", "mariadb", "--", "sh", "-c", script];
    let mut running = with_servers(&folder, &words)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut up = String::new();
    let output = running.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut up).unwrap();
    assert_eq!(up, "up\n");
    let told = Command::new("kill")
        .args(["-s", "TERM", &running.id().to_string()])
        .status();
    assert!(told.unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(128 + 15));
    wait_until("everything to be gone", || left_behind(&folder).is_empty());
}

#[test]
fn a_command_line_that_is_none_is_explained() {
    let folder = folder();
    for words in [
        &[][..],
        &["--"],
        &["server"],
        &["--database", "oracle", "--", "true"],
        &["--redis"],
    ] {
        let ended = with_servers(&folder, words).output().unwrap();
        assert_eq!(ended.status.code(), Some(2), "{words:?}");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.starts_with("usage: with-servers"), "{said}");
    }
}
