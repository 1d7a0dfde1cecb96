//! The data folder belongs to one server at a time, and to its owner.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Duration,
};

use test_servers::free_port;

use super::{Running, command, errors, no_data, run};

/// Longer than a start takes on a slow machine.
const LIMIT: Duration = Duration::from_secs(30);

/// Runs a server that ends by itself; returns its exit status and standard error.
async fn refused(data: &Path, errors: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = command(data, &[("SECKILL_ADDR", &address)], arguments);
    command.stderr(File::create(errors).unwrap());
    let mut second = Running {
        process: command.spawn().unwrap(),
        url: format!("http://{address}"),
    };
    let status = second.wait_until_ended(LIMIT).await;
    (status, fs::read_to_string(errors).unwrap())
}

#[tokio::test]
async fn a_second_server_on_a_data_folder_is_refused_with_its_name() {
    let (folder, data) = no_data();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let mut first = Running::serve(&data, &[]);
    first.wait_until_ready(LIMIT).await;

    for arguments in [&["serve"][..], &[]] {
        let (status, said) = refused(&data, &folder.path().join("errors"), arguments).await;
        assert_eq!(status, Some(1), "{arguments:?}: {said}");
        let expected = format!(
            "server: another server is using the data folder {}\n",
            data.display()
        );
        assert_eq!(said, expected, "{arguments:?}");
    }
    // These commands work beside a server.
    for arguments in [&["migrate"][..], &["seed"], &["audit"]] {
        let beside = run(&data, &[], arguments);
        assert!(
            beside.status.success(),
            "{arguments:?}: {}",
            errors(&beside)
        );
    }
    first.wait_until_ready(LIMIT).await;

    // The lock is released when the process ends in any way.
    first.process.kill().unwrap();
    first.process.wait().unwrap();
    let mut next = Running::serve(&data, &[]);
    next.wait_until_ready(LIMIT).await;
}

#[test]
fn a_data_folder_is_created_for_its_owner_alone() {
    let (_folder, data) = no_data();
    let migrated = run(&data, &[], &["migrate"]);
    assert!(migrated.status.success(), "{}", errors(&migrated));
    let mode = fs::metadata(&data).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "{mode:o}");
}

/// The rights of the folder's files, by name.
fn rights(data: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(data).unwrap().map(Result::unwrap);
    let mut found: Vec<_> = entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, entry.metadata().unwrap().permissions().mode() & 0o777)
        })
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn files_are_private_even_in_a_readable_folder_and_a_warning_is_logged() {
    let (folder, data) = no_data();
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(run(&data, &[], &["migrate"]).status.success());
    let log = folder.path().join("log");
    let mut server = Running::serve_into(&data, &[], File::create(&log).unwrap());
    server.wait_until_ready(LIMIT).await;
    let files = rights(&data);
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["seckill.db", "seckill.db-wal", "server.lock"] {
        assert!(names.contains(&name), "{names:?}");
    }
    for (name, rights) in files {
        assert_eq!(rights & 0o077, 0, "{name}: {rights:o}");
    }
    let warning = "other users of this machine can read the data folder";
    let logged = fs::read_to_string(&log).unwrap();
    assert!(logged.contains(warning), "{logged}");
    drop(server);

    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    let mut server = Running::serve_into(&data, &[], File::create(&log).unwrap());
    server.wait_until_ready(LIMIT).await;
    let logged = fs::read_to_string(&log).unwrap();
    assert!(!logged.contains(warning), "{logged}");
}

#[test]
fn a_folder_that_cannot_be_locked_is_named_with_the_cause() {
    let (folder, data) = no_data();
    fs::write(folder.path().join("data"), "a file").unwrap();
    let refused = run(&data, &[], &[]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let said = errors(&refused);
    assert!(said.contains(&data.display().to_string()), "{said}");
    assert!(said.contains("exists"), "{said}");
}
