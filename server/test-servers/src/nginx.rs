//! nginx with the configuration that is shipped in `deploy/nginx`: only addresses and folders are
//! other ones. So what is tested is what an installation gets.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    path::Path,
};

use tempfile::TempDir;

use super::{Guarded, free_port, wait_until};

const MAIN: &str = include_str!("../../../deploy/nginx/nginx.conf");
const SHOP: &str = include_str!("../../../deploy/nginx/seckill.conf");
const HEADERS: &str = include_str!("../../../deploy/nginx/headers.conf");
/// How lines of the shipped file begin that list an instance; what follows the address is kept.
const INSTANCE: &str = "    server 10.0.0.";

pub struct Nginx {
    port: u16,
    /// Dropped before the folder it writes to.
    _nginx: Guarded,
    folder: TempDir,
}

impl Nginx {
    /// Starts it in front of instances at these ports of loopback, and returns when it listens. Its
    /// site folder is empty: it asks the instances for files, too.
    pub fn start(instances: &[u16]) -> Nginx {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("site")).unwrap();
        let main = main_file(MAIN, folder.path());
        fs::write(at("nginx.conf"), main).unwrap();
        let shop = shop_file(SHOP, folder.path(), port, instances);
        fs::write(at("seckill.conf"), shop).unwrap();
        fs::write(at("headers.conf"), HEADERS).unwrap();

        let text = |name: &str| at(name).display().to_string();
        // One process: nothing is left when it is killed.
        let alone = "daemon off; master_process off;";
        let nginx = Guarded::start(
            &[
                program(),
                "-p",
                &text(""),
                "-c",
                &text("nginx.conf"),
                "-e",
                &text("error.log"),
                "-g",
                alone,
            ],
            &at("output.log"),
        );
        wait_until("nginx to listen", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        });
        Nginx {
            port,
            _nginx: nginx,
            folder,
        }
    }

    /// Where it is asked, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The folder whose `pkg`, `products`, … it serves.
    pub fn site(&self) -> std::path::PathBuf {
        self.folder.path().join("site")
    }

    /// The log of requests so far; lines appear some seconds late.
    pub fn access_log(&self) -> String {
        fs::read_to_string(self.folder.path().join("access.log")).unwrap()
    }
}

impl Nginx {
    /// The log of failures so far.
    pub fn error_log(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap()
    }

    /// Sends `request` as it is, and returns what is answered until the connection is closed, or reset: that
    /// is how nginx ends one whose body it does not want.
    pub fn raw(&self, request: &str) -> String {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _closed_or_reset = connection.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn program() -> &'static str {
    // Debian keeps it where an ordinary user's PATH does not lead.
    let system = "/usr/sbin/nginx";
    match Path::new(system).exists() {
        true => system,
        false => "nginx",
    }
}

/// Replaces what must be there, or says that the shipped file has changed.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "deploy/nginx no longer says `{from}`");
    text.replace(from, to)
}

fn main_file(text: &str, folder: &Path) -> String {
    let folder = folder.display();
    // Temporary files default to folders of the system's own nginx.
    let own: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"))
        .collect();
    let text = replaced(text, "http {\n", &format!("http {{\n{own}"));
    let text = replaced(&text, "/var/log/nginx/", &format!("{folder}/"));
    let text = replaced(&text, "flush=5s", "flush=100ms");
    let text = replaced(&text, "user www-data;\n", "");
    replaced(&text, "/run/nginx.pid", &format!("{folder}/nginx.pid"))
}

fn shop_file(text: &str, folder: &Path, port: u16, instances: &[u16]) -> String {
    let shipped_instance = text
        .lines()
        .find(|line| line.starts_with(INSTANCE))
        .unwrap();
    let parameters = shipped_instance.split_once(" max_fails").unwrap().1;
    let ours: String = instances
        .iter()
        .map(|instance| format!("    server 127.0.0.1:{instance} max_fails{parameters}\n"))
        .collect();
    let mut file = String::new();
    let mut listed = false;
    for line in text.lines() {
        if !line.starts_with(INSTANCE) {
            file.push_str(line);
            file.push('\n');
        } else if !std::mem::replace(&mut listed, true) {
            file += &ours;
        }
    }
    let root = format!("root {}/site;", folder.display());
    let file = replaced(&file, "root /opt/seckill/site;", &root);
    replaced(
        &file,
        "    listen 80 ",
        &format!("    listen 127.0.0.1:{port} "),
    )
}
