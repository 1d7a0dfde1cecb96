//! A child process that does not outlive the test process, however that one ends.

use std::{
    io::Read,
    net::{Ipv4Addr, TcpListener},
    ops::Range,
    os::unix::process::CommandExt,
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// Runs its arguments, prints the process id, and waits for its own input to end, which it does
/// when the test process dies: then the server dies too, and the folder `SWEPT` (if any) with it.
const GUARD: &str = r#""$@" </dev/null >"$LOG" 2>&1 & pid=$!; echo $pid; read -r _; kill -9 $pid
    wait $pid 2>/dev/null
    [ -z "$SWEPT" ] || rm -rf "$SWEPT""#;

/// A running server.
pub struct Guarded {
    guard: Child,
    pid: u32,
}

impl Guarded {
    /// Starts `command` (program and arguments); its output goes to the file `log`.
    pub fn start(command: &[&str], log: &std::path::Path) -> Guarded {
        Guarded::start_with(command, log, &[])
    }

    /// The same with additions to the environment.
    pub fn start_with(
        command: &[&str],
        log: &std::path::Path,
        environment: &[(&str, String)],
    ) -> Guarded {
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .args(command)
            .env("LOG", log)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A terminal's Ctrl-C is for whoever started this, who then stops the server.
            .process_group(0)
            .spawn()
            .unwrap();
        let pid = first_line(guard.stdout.as_mut().unwrap()).parse().unwrap();
        Guarded { guard, pid }
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends a signal, by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.pid.to_string()])
            .status()
            .unwrap();
        assert!(sent.success(), "kill -{name} {}", self.pid);
    }
}

/// `kill -9`, and gone when this returns.
impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        self.guard.wait().unwrap();
    }
}

fn first_line(output: &mut ChildStdout) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while output.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

/// Ports that are handed out: below those that the system gives to whoever connects, so that nobody
/// takes one between our look and the server's.
const PORTS: Range<u16> = 12_000..32_000;

/// A port that nobody listens on, and that this process has not handed out before.
pub fn free_port() -> u16 {
    // Processes that run at the same time begin at different places.
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(97);
    for _ in PORTS {
        let step = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = PORTS.start + (step % PORTS.len() as u32) as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free in {PORTS:?}");
}

/// Asks again and again until it is so; fails after a minute.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
