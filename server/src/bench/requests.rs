//! A measurement of `server bench`: the processor time that an embedded shop spends on a request, by call,
//! compared with a bare handler that answers with the same bytes. Both run as separate processes; the
//! clients are in this one. Processor time hardly depends on the machine's other load; calls per second
//! do, and here the clients use a part of the processors.
//!
//! All calls are measured in each of several rounds, one after the other, so that a slow minute of the
//! machine affects them all. Every answer's status is checked, and at the end the server is killed and the
//! audit must find an order for every promised unit.

mod client;
mod costs;
mod plan;
mod process;

use std::{io, path::PathBuf};

pub use costs::RequestCosts;
pub use process::Programs;

use self::{plan::Plan, process::Shop};

/// The size of the measurement.
#[derive(Clone, Copy, Debug)]
pub struct RequestLoad {
    /// Requests of each repeatable call.
    pub requests: u32,
    /// Units to sell.
    pub orders: u32,
    /// Connections, each with one request at a time.
    pub connections: u32,
}

/// Why a measurement failed.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// An error of a process, a file or a connection.
    #[error("{0}: {1}")]
    Io(&'static str, #[source] io::Error),
    /// A process of the shop failed.
    #[error("`server {0}` failed")]
    Command(String),
    /// An answer has another status than expected.
    #[error("{call}: the answer's status was {status}, not {expected}: {body}")]
    Status {
        call: &'static str,
        status: u16,
        expected: u16,
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
        /// Orders that exist.
        written: u64,
        /// Orders that must exist.
        sold: u64,
        /// How long it waited.
        seconds: u64,
    },
}

fn failed(what: &'static str) -> impl Fn(io::Error) -> RequestError {
    move |error| RequestError::Io(what, error)
}

/// Measures in a temporary folder. `site` is the folder of the built assets.
///
/// # Errors
/// See [`RequestError`]; also when the audit finds a violation.
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
