//! Checks the machine: the data folder's rights, lock and disk space, the built site, and the limit on open
//! files.

use std::{fs, path::Path};

use super::Report;
use crate::{
    adapters::{
        data_folder,
        sql::{ConnectError, Sql},
    },
    chain::Chain,
    config::Config,
    texts,
};

const MIB: u64 = 1 << 20;
/// With less space a sale may fill the disk.
const LEAST_ROOM: u64 = 256 * MIB;
/// Connections that a server accepts at once, and its other open files.
const FILES: u64 = 20_500;

pub fn look(config: &Config, report: &mut Report) {
    if config.cluster.is_none() {
        data_folder(&config.process.data_dir, report);
    }
    let site = &config.web.site_root;
    match site.is_dir() {
        true => report.right("site", format_args!("{} is there", site.display())),
        false => report.warning(
            "site",
            format_args!(
                "there is no {} (SITE_ROOT): pages have no styles and no buy button unless nginx \
                 serves them",
                site.display()
            ),
        ),
    }
    own_texts(config, report);
    match files_that_may_be_open() {
        Some(most) if most < FILES => report.warning(
            "files",
            format_args!(
                "the process may open {most} files; 20,000 connections need {FILES} (LimitNOFILE)"
            ),
        ),
        Some(most) => report.right("files", format_args!("the process may open {most}")),
        None => {}
    }
}

fn own_texts(config: &Config, report: &mut Report) {
    const PART: &str = "texts";
    let texts = match texts::load(config.web.texts_dir.as_deref()) {
        Ok(texts) => texts,
        Err(error) => return report.problem(PART, Chain(&error)),
    };
    match texts::missing(&texts) {
        None => report.right(PART, "every page is the shop's own, or the built-in help"),
        Some(missing) if config.process.production => report.warning(
            PART,
            format_args!(
                "placeholders stand on these pages: {missing}; write them into a folder (TEXTS_DIR)"
            ),
        ),
        Some(_) => report.right(PART, "can be used; some pages are placeholders"),
    }
}

fn data_folder(folder: &Path, report: &mut Report) {
    const PART: &str = "data folder";
    if let Err(error @ ConnectError::NoShop(_)) = Sql::must_be_in(folder) {
        report.problem(PART, error);
        return;
    }
    let shown = folder.display();
    if data_folder::is_open_to_others(folder) {
        report.problem(
            PART,
            format_args!(
                "other users of this machine can read {shown}; `chmod -R go=` prevents that"
            ),
        );
    } else {
        report.right(PART, format_args!("{shown} is its owner's alone"));
    }
    match data_folder::is_taken(folder) {
        Ok(true) => report.right(PART, "a server is running on it"),
        Ok(false) => report.right(PART, "no server is running on it"),
        Err(error) => report.problem(PART, format_args!("cannot look at its lock: {error}")),
    }
    let database = Sql::size_in(folder);
    match data_folder::room(folder) {
        Err(error) => report.problem(
            PART,
            format_args!("cannot read the free space of its disk: {error}"),
        ),
        Ok(room) if room < LEAST_ROOM => report.problem(
            PART,
            format_args!("its disk has room for {} MiB", room / MIB),
        ),
        // Space for a copy before a migration, or for a backup in the same place.
        Ok(room) if room < database + LEAST_ROOM => report.warning(
            PART,
            format_args!(
                "its disk has room for {} MiB, too little for a copy of the database ({} MiB)",
                room / MIB,
                database / MIB
            ),
        ),
        Ok(room) => report.right(
            PART,
            format_args!("its disk has room for {} MiB", room / MIB),
        ),
    }
}

/// The soft limit; `None` if the system has no `/proc` entry for it, or no limit.
fn files_that_may_be_open() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
