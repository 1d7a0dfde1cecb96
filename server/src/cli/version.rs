//! `server --version`: the program, its commit, and its platform.

use std::env::consts::{ARCH, OS};

use super::Failure;
use crate::adapters::sql::{own_version, sqlite_version};

/// Prints it. `commit` is known only if the build was given it.
pub async fn print(commit: Option<&str>) -> Result<(), Failure> {
    let sqlite = sqlite_version().await?;
    println!("server {}", env!("CARGO_PKG_VERSION"));
    println!(
        "commit: {}",
        commit
            .filter(|commit| !commit.is_empty())
            .unwrap_or("not recorded (scripts/build.sh records it)")
    );
    println!(
        "build: {}, {ARCH} {OS}",
        match cfg!(debug_assertions) {
            true => "for development",
            false => "release",
        }
    );
    println!("schema: {}", own_version());
    println!("embedded: SQLite {sqlite}");
    println!("cluster: Redis, RabbitMQ, and PostgreSQL, MySQL or MariaDB");
    Ok(())
}
