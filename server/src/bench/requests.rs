//! What `server bench` measures: the processor time that an embedded shop spends on a request, by call,
//! beside a bare handler that answers with the same bytes. Shop and bare handler are processes of their
//! own; the clients are this one. Processor time hardly depends on what else the machine does; calls a
//! second do, and here the clients take their part of the processors.
//!
//! All calls are measured in each of several rounds, one after the other, so that a slow minute of the
//! machine touches all of them. Every answer's status is checked, and in the end the server is killed and
//! the audit must find an order for every unit that was promised.

mod client;
mod costs;
mod plan;
mod process;

use std::{io, path::PathBuf};

pub use costs::RequestCosts;
pub use process::Programs;

use self::{plan::Plan, process::Shop};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct RequestLoad {
    /// Requests of each call that can be repeated.
    pub requests: u32,
    /// Units that are sold.
    pub orders: u32,
    /// Connections, each with one request at a time.
    pub connections: u32,
}

/// Why there is no measurement.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// A process, a file or a connection.
    #[error("{0}: {1}")]
    Io(&'static str, #[source] io::Error),
    /// A process of the shop failed.
    #[error("`server {0}` failed")]
    Command(String),
    /// An answer is not what the call is about.
    #[error("{call}: the answer's status was {status}, not {expected}: {body}")]
    Status {
        /// Which call.
        call: &'static str,
        /// The status.
        status: u16,
        /// What it should be.
        expected: u16,
        /// What the answer said.
        body: String,
    },
    /// An answer cannot be read.
    #[error("an answer of {0} cannot be read")]
    Answer(&'static str),
    /// A client's task panicked.
    #[error("a client ended early: {0}")]
    Client(#[from] tokio::task::JoinError),
    /// Orders are missing.
    #[error("{written} of {sold} orders were written within {seconds} s")]
    Orders {
        /// Orders that there are.
        written: u64,
        /// Orders that there must be.
        sold: u64,
        /// How long was waited.
        seconds: u64,
    },
}

fn failed(what: &'static str) -> impl Fn(io::Error) -> RequestError {
    move |error| RequestError::Io(what, error)
}

/// Measures in a folder of its own, which is removed afterwards. `site` is the folder of the built assets.
///
/// # Errors
/// See [`RequestError`]; also when the audit finds anything.
pub async fn measure(
    programs: Programs,
    site: PathBuf,
    load: RequestLoad,
) -> Result<RequestCosts, RequestError> {
    let shop = Shop::open(programs, site, load.orders)?;
    let costs = Plan::new(&shop, load).await?.run().await?;
    shop.kill_and_audit()?;
    Ok(costs)
}
