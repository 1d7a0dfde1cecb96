//! A server's messages to systemd, and the effect of a second signal.

use std::{
    os::unix::net::UnixDatagram,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use test_servers::free_port;

use super::{Running, command, no_data, run};

const LIMIT: Duration = Duration::from_secs(30);

/// A server that notifies a service manager, and the socket's other end.
fn notifying(folder: &Path, data: &Path, settings: &[(&str, &str)]) -> (Running, UnixDatagram) {
    assert!(run(data, &[], &["migrate"]).status.success());
    let path = folder.join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = command(data, settings, &["serve"]);
    command
        .env("SECKILL_ADDR", &address)
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "300000")
        .env_remove("WATCHDOG_PID")
        .stdout(Stdio::null());
    let server = Running {
        process: command.spawn().unwrap(),
        url: format!("http://{address}"),
    };
    (server, socket)
}

/// Reads messages until one has this line.
fn wait_for(socket: &UnixDatagram, line: &str) {
    let mut message = [0; 1024];
    loop {
        let length = socket.recv(&mut message).expect(line);
        let text = std::str::from_utf8(&message[..length]).unwrap();
        if text.lines().any(|said| said == line) {
            return;
        }
    }
}

fn terminate(server: &Running) {
    let id = server.process.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status();
    assert!(sent.unwrap().success());
}

#[tokio::test]
async fn a_server_tells_systemd_when_it_is_ready_alive_and_stopping() {
    let (folder, data) = no_data();
    let (mut server, socket) = notifying(folder.path(), &data, &[]);
    wait_for(&socket, "READY=1");
    // From now on it answers.
    assert!(server.get("/healthz").await.contains("ok"));
    for _ in 0..3 {
        wait_for(&socket, "WATCHDOG=1");
    }
    let ready = server.get("/readyz").await;
    assert!(ready.contains("watchdog"), "{ready}");
    terminate(&server);
    wait_for(&socket, "STOPPING=1");
    assert_eq!(server.wait_until_ended(LIMIT).await, Some(0));
}

#[tokio::test]
async fn a_second_signal_ends_a_server_at_once() {
    let (folder, data) = no_data();
    // Longer than the test waits.
    let drains = [("SECKILL_DRAIN_S", "255")];
    let (mut server, socket) = notifying(folder.path(), &data, &drains);
    wait_for(&socket, "READY=1");
    terminate(&server);
    wait_for(&socket, "STOPPING=1");
    assert!(server.process.try_wait().unwrap().is_none(), "it drains");
    terminate(&server);
    assert_eq!(server.wait_until_ended(LIMIT).await, Some(1));
}
