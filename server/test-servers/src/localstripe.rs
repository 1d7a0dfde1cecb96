//! `localstripe`, a program of others that imitates a part of Stripe: payment intents, refunds, signed notices. It has no
//! Checkout Sessions. `scripts/setup.sh` puts it into `target/localstripe`.

use std::{
    net::{Ipv4Addr, TcpStream},
    path::Path,
};

use tempfile::TempDir;

use super::{Guarded, free_port, wait_until};

/// Its own start listens on every address and keeps a file in `/tmp`.
const START: &str = "\
import sys
from aiohttp import web
from localstripe.resources import store
from localstripe.server import app
store.dump_to_disk = lambda: None
web.run_app(app, host='127.0.0.1', port=int(sys.argv[1]), print=None)
";

pub struct LocalStripe {
    port: u16,
    /// Dropped before the folder it writes to.
    _server: Guarded,
    _folder: TempDir,
}

impl LocalStripe {
    /// Starts it with nothing in it, and returns when it listens.
    pub fn start() -> LocalStripe {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/localstripe");
        assert!(
            modules.join("localstripe").is_dir(),
            "localstripe is not installed: scripts/setup.sh suite"
        );
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let server = Guarded::start_with(
            &["python3", "-c", START, &port.to_string()],
            &folder.path().join("output.log"),
            &[("PYTHONPATH", modules.display().to_string())],
        );
        wait_until("localstripe to listen", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        });
        LocalStripe {
            port,
            _server: server,
            _folder: folder,
        }
    }

    /// Where it is asked, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
