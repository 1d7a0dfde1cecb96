//! Servers that refuse to run as root, servers of several processes, and servers that live as long as
//! the tests.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// An account of this machine.
pub struct Account(&'static str);

impl Account {
    /// Whether these tests run as root, as they do in a container.
    pub fn is_root() -> bool {
        let id = Command::new("id").arg("-u").output().unwrap();
        id.stdout == b"0\n"
    }

    /// The account to use where this one will not do; `None`: this one will.
    pub fn instead_of_root(name: &'static str) -> Option<Account> {
        Account::is_root().then_some(Account(name))
    }

    /// Gives it a path.
    pub fn own(&self, path: &Path) {
        let given = Command::new("chown").arg(self.0).arg(path).status();
        assert!(
            given.unwrap().success(),
            "chown {} {}",
            self.0,
            path.display()
        );
    }
}

/// The arguments before a command line that make it run as `account`.
pub fn prefix(account: Option<&Account>) -> Vec<String> {
    let Some(Account(name)) = account else {
        return Vec::new();
    };
    let words = [
        "setpriv",
        "--reuid",
        name,
        "--regid",
        name,
        "--clear-groups",
    ];
    words.map(str::to_owned).into()
}

/// `program` as `account`, in a folder that every account may enter.
pub fn command(account: Option<&Account>, program: &str) -> Command {
    let mut words = prefix(account);
    words.push(program.to_owned());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir("/");
    command
}

/// Sends a signal, by its name without `SIG`, to what a process has started.
pub fn signal_children(pid: u32, name: &str) {
    for child in children(pid) {
        // One that ended by itself meanwhile needs none.
        let _ = Command::new("kill")
            .args(["-s", name, &child.to_string()])
            .output()
            .unwrap();
    }
}

fn children(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let list = std::fs::read_to_string(path).unwrap_or_default();
    list.split_whitespace()
        .map(|child| child.parse().unwrap())
        .collect()
}

/// Waits for its input to end, which it does with the test process, and then tries for five seconds
/// to remove a folder that a dying server still writes to.
const REMOVE: &str = r#"read -r _; for _ in $(seq 50); do rm -rf "$0" && exit; sleep 0.1; done"#;

/// Removes the folder of a server that is never dropped, when the test process ends.
pub fn remove_in_the_end(folder: &Path) {
    let remover = Command::new("sh")
        .args(["-c", REMOVE])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Its input stays open for as long as this process lives.
    std::mem::forget(remover);
}
