//! The process: how it runs, and what it logs.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::{
    forms::{Address, FaultForm, Folder, LogFilter, OneOf, Or, Seconds},
    section::section,
};
use crate::{adapters::fault_injection::InjectedFault, telemetry::log};

/// The servers that a shop needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// This process and a data folder.
    Embedded,
    /// Redis, RabbitMQ and a database.
    Cluster,
}

section! {
    /// How the process runs, and what it logs.
    #[derive(Clone, Debug)]
    Process, "The process" {
        addr: SocketAddr = "ADDR", "127.0.0.1:3000", Address,
            "The address to listen on.";
        production: bool = "ENV", "development",
            OneOf(&[("development", false), ("production", true)]),
            "Production has real buyers: it refuses switched-off protections, failures on purpose, and the demonstration.";
        mode: Mode = "MODE", "embedded",
            OneOf(&[("embedded", Mode::Embedded), ("cluster", Mode::Cluster)]),
            "Embedded: this process and a data folder. Cluster: the three servers of the next section.";
        data_dir: PathBuf = "DATA_DIR", "./data", Folder,
            "The data folder of an embedded shop.";
        drain: Duration = "DRAIN_S", "0", Seconds(0, 255),
            "After SIGTERM the process answers for this long with /readyz red, so that balancers stop sending requests.";
        log: String = "LOG", "info,sea_orm_migration=warn,sqlx::postgres::notice=warn,lapin=off", LogFilter,
            "The filter of the log.";
        log_format: log::Format = "LOG_FORMAT", "text",
            OneOf(&[("text", log::Format::Text), ("json", log::Format::Json)]),
            "The form of log lines: text for people, in colours on a terminal unless `NO_COLOR` is set; JSON for programs.";
        injected_fault: Option<InjectedFault> = "INJECT_FAULT", "", Or(FaultForm, ""),
            "A call that fails on purpose, once, to try how the shop recovers. Refused in production.";
    }
}
