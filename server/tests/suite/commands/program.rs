//! The program's output without settings or a shop: version, completions, manual.

use std::{
    fs,
    process::{Command, Stdio},
};

use server::config;

use super::{command, errors, no_data, run};

/// Its standard output after a successful run.
fn output(arguments: &[&str]) -> String {
    let (_folder, data) = no_data();
    // An invalid setting must not prevent an answer.
    let done = run(&data, &[("SECKILL_ADDR", "nowhere")], arguments);
    assert!(done.status.success(), "{arguments:?}: {}", errors(&done));
    assert!(!data.exists(), "{arguments:?} made something");
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn the_version_names_commit_schema_and_sqlite() {
    let text = output(&["--version"]);
    assert_eq!(text, output(&["-V"]));
    let version = concat!("server ", env!("CARGO_PKG_VERSION"), "\n");
    assert!(text.starts_with(version), "{text}");
    for line in [
        "\ncommit: ",
        "\nschema: m00",
        "\nembedded: SQLite 3.",
        "\ncluster: Redis",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_command_with_a_closed_pipe_ends_silently() {
    let (_folder, data) = no_data();
    let mut child = command(&data, &[], &["config"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(128 + 13), "{}", errors(&ended));
    assert_eq!(errors(&ended), "");
}

#[test]
fn completions_exist_for_every_shell_and_bash_accepts_its_own() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = output(&["completions", shell]);
        for command in ["backup", "doctor", "migrate"] {
            assert!(script.contains(command), "{shell} has no {command}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("completions");
    fs::write(&script, output(&["completions", "bash"])).unwrap();
    let complete = format!(
        "source {}; COMP_WORDS=(server ver); COMP_CWORD=1; _server server ver server; \
         echo \"${{COMPREPLY[*]}}\"",
        script.display()
    );
    let completed = Command::new("bash")
        .args(["-c", &complete])
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&completed.stdout);
    assert_eq!(words.trim(), "verify", "{completed:?}");
}

#[test]
fn the_manual_has_every_setting_and_a_page_for_every_command() {
    let page = output(&["manual"]);
    assert!(page.contains(".TH server 1"), "{page}");
    assert!(
        page.contains(".SH \"EXIT STATUS\"") || page.contains(".SH EXIT STATUS"),
        "{page}"
    );
    for setting in config::settings() {
        assert!(
            page.contains(&setting.variable().replace('-', "\\-")),
            "{}",
            setting.name
        );
    }
    let folder = tempfile::tempdir().unwrap();
    output(&["manual", "--into", folder.path().to_str().unwrap()]);
    assert_eq!(
        fs::read_to_string(folder.path().join("server.1")).unwrap(),
        page
    );
    for name in ["server-serve.1", "server-backup.1", "server-round-apply.1"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    assert!(
        !folder.path().join("server-replay.1").exists(),
        "it is hidden"
    );
}
