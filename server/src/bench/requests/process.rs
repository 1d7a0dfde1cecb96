//! The measured processes: a shop in a temporary folder, and the bare handler.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio, id},
};

use app::wire::ItemId;
use serde::Deserialize;

use super::{RequestError, failed};

/// The body of the bare handler's `POST`, as long as a purchase's.
pub const REQUEST_OF_BARE_POST: &str = r#"{"item_id":"01980000-0000-7000-8000-000000000000"}"#;

/// Settings of a measured shop: limits count but stop nobody; log-ins and paths live long enough.
const SETTINGS: [(&str, &str); 9] = [
    ("SECKILL_MODE", "embedded"),
    ("SECKILL_ADDR", "127.0.0.1:0"),
    ("SECKILL_LOG", "error"),
    ("SECKILL_CAPTCHA", "off"),
    ("SECKILL_IP_LIMIT", "1000000"),
    ("SECKILL_USER_LIMIT", "1000000"),
    ("SECKILL_PATH_LIFE_S", "3600"),
    ("SECKILL_LOGIN_LIFE_S", "172800"),
    ("SECKILL_PAY_WINDOW_S", "86400"),
];
/// Ticks of `/proc` per second, on every Linux that Rust's standard library supports.
const TICKS_PER_S: u64 = 100;

/// How to start the processes.
#[derive(Clone, Debug)]
pub struct Programs {
    /// This program.
    pub server: PathBuf,
    /// Its arguments for the bare handler; the file with the page follows.
    pub bare: &'static [&'static str],
}

/// A process that listens; killed when dropped.
pub struct Listening {
    child: Child,
    pub address: SocketAddr,
}

impl Listening {
    /// Waits for the line in which the process reports its address.
    fn start(command: &mut Command) -> Result<Self, RequestError> {
        let child = command.stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(failed("cannot start a process"))?;
        let mut line = String::new();
        let stdout = child.stdout.take();
        let read = stdout.map(|stdout| BufReader::new(stdout).read_line(&mut line));
        let address = line.rsplit('/').next().unwrap_or_default().trim().parse();
        match (read, address) {
            (Some(Ok(_)), Ok(address)) => Ok(Self { child, address }),
            _ => {
                drop(child.kill());
                drop(child.wait());
                Err(RequestError::Command("serve".to_owned()))
            }
        }
    }

    /// Processor time so far, in microseconds.
    pub fn cpu_us(&self) -> Result<u64, RequestError> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.map_err(failed("cannot read a process's time"))?;
        // After the name, which is in brackets and may contain anything: the state, and ten more fields.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(ticks * 1_000_000 / TICKS_PER_S)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A folder that is removed when dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A round with one item, and signed-in buyers.
pub struct Sale {
    pub item_id: ItemId,
    pub tokens: Vec<String>,
}

/// An embedded shop, with a round on sale, one that will sell out, and one that has not begun.
pub struct Shop {
    pub server: Listening,
    pub open: Sale,
    pub small: Sale,
    pub later: Sale,
    programs: Programs,
    // Last: the server is dead when its folder is removed.
    folder: Folder,
}

impl Shop {
    pub fn open(programs: Programs, site: PathBuf, stock: u32) -> Result<Self, RequestError> {
        let folder = Folder(std::env::temp_dir().join(format!("seckill-bench-{}", id())));
        fs::create_dir_all(&folder.0).map_err(failed("cannot make a folder"))?;
        let seed =
            |stock, buyers, starts_in_s| seed(&programs, &folder.0, stock, buyers, starts_in_s);
        let (open, small, later) = (seed(stock, stock, -1)?, seed(1, 3, -1)?, seed(1, 1, 7200)?);
        let mut serve = command(&programs, &folder.0, &["serve"]);
        let server = Listening::start(serve.env("SECKILL_SITE_ROOT", site))?;
        Ok(Self {
            server,
            open,
            small,
            later,
            programs,
            folder,
        })
    }

    /// A bare handler that answers with this page.
    pub fn bare(&self, page: &[u8]) -> Result<Listening, RequestError> {
        let file = self.folder.0.join("page");
        fs::write(&file, page).map_err(failed("cannot write the page"))?;
        Listening::start(
            Command::new(&self.programs.server)
                .args(self.programs.bare)
                .arg(file),
        )
    }

    /// Ends the shop as a power cut would, and checks what is on the disk.
    pub fn kill_and_audit(self) -> Result<(), RequestError> {
        let Self {
            server,
            programs,
            folder,
            ..
        } = self;
        drop(server);
        finish(&mut command(&programs, &folder.0, &["audit"]), "audit").map(drop)
    }
}

fn command(programs: &Programs, folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(&programs.server);
    command
        .envs(SETTINGS)
        .env("SECKILL_DATA_DIR", folder.join("data"));
    command.args(words);
    command
}

/// Runs a command to its end, and returns what it printed.
fn finish(command: &mut Command, name: &str) -> Result<Vec<u8>, RequestError> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(failed("cannot start a process"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(RequestError::Command(name.to_owned())),
    }
}

fn seed(
    programs: &Programs,
    folder: &Path,
    stock: u32,
    buyers: u32,
    starts_in_s: i32,
) -> Result<Sale, RequestError> {
    #[derive(Deserialize)]
    struct Made {
        item_id: ItemId,
    }
    let file = folder.join("tokens");
    let mut seed = command(programs, folder, &["seed", "--load"]);
    seed.arg(format!("--stock={stock}"))
        .arg(format!("--buyers={buyers}"));
    seed.arg(format!("--starts-in-s={starts_in_s}"))
        .arg("--tokens")
        .arg(&file);
    let said = finish(&mut seed, "seed")?;
    let made: Made = serde_json::from_slice(&said).map_err(|_| RequestError::Answer("seed"))?;
    let tokens = fs::read_to_string(file).map_err(failed("cannot read the tokens"))?;
    Ok(Sale {
        item_id: made.item_id,
        tokens: tokens.lines().map(str::to_owned).collect(),
    })
}
