//! `server manual` and `server completions`: generated from the definitions of the command line and of
//! the settings.

use std::{
    fs::File,
    io::{self, Write, stdout},
    path::{Path, PathBuf},
};

use clap::Args;
use clap_complete::Shell;
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use crate::config;

/// The target of the manual.
#[derive(Args)]
pub struct Manual {
    /// Write the pages of all commands into this folder, which must exist.
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

impl Manual {
    /// Prints the page of the program itself (`server manual | man -l -`), or writes all of them.
    pub fn run(&self, cli: clap::Command) -> io::Result<()> {
        match &self.into {
            None => page(cli, &mut stdout().lock()),
            Some(folder) => pages(cli, folder),
        }
    }
}

fn pages(cli: clap::Command, folder: &Path) -> io::Result<()> {
    clap_mangen::generate_to(cli.clone(), folder)?;
    let name = Man::new(cli.clone()).get_filename();
    let mut file = File::create(folder.join(name))?;
    page(cli, &mut file)?;
    file.flush()
}

/// Also has the parts that the other pages do not repeat: settings and exit statuses.
fn page(cli: clap::Command, to: &mut dyn Write) -> io::Result<()> {
    let man = Man::new(cli.disable_help_subcommand(true));
    man.render_title(to)?;
    man.render_name_section(to)?;
    man.render_synopsis_section(to)?;
    man.render_description_section(to)?;
    man.render_options_section(to)?;
    man.render_subcommands_section(to)?;
    let mut more = Roff::new();
    more.control("SH", ["ENVIRONMENT"]);
    more.text([roman(
        "Settings, of every command. Each can stand in the file of --config, too, in lower case without SECKILL_.",
    )]);
    for setting in config::settings() {
        more.control("TP", []);
        more.text([bold(setting.variable())]);
        let default = match setting.default {
            "" => "nothing",
            default => default,
        };
        let (about, form) = (setting.about, &setting.form);
        more.text([roman(format!("{about} {form}; default: {default}"))]);
        if setting.secret {
            more.text([roman(format!(
                "May hold a password: {}_FILE names a file to read it from.",
                setting.variable()
            ))]);
        }
    }
    more.control("SH", ["EXIT STATUS"]);
    more.text([roman(
        "0: it was done, and what was checked is right. 1: it was not done, or something is not right; \
         standard error says what. 2: the command line is not understood.",
    )]);
    more.to_writer(to)
}

/// Prints a shell's completion script for our commands.
pub fn completions(mut cli: clap::Command, shell: Shell) -> io::Result<()> {
    let mut script = Vec::new();
    let name = cli.get_name().to_owned();
    clap_complete::generate(shell, &mut cli, name, &mut script);
    stdout().lock().write_all(&script)
}
