//! Errors in the settings, each saying what to write instead.

use std::path::PathBuf;

use super::section::Setting;

/// Invalid settings. Never shows a value that may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value has the wrong form.
    #[error("{origin} {value}; write {form}, such as {example}")]
    Malformed {
        /// Where it was set.
        origin: String,
        /// "is '…'", or that the value cannot be shown.
        value: String,
        form: String,
        example: String,
    },
    /// A protection is off, or a fault is injected, and buyers are real.
    #[error("{origin} is '{value}', which production (SECKILL_ENV) refuses")]
    InProduction {
        /// Where it was set.
        origin: String,
        value: String,
    },
    /// Others could eavesdrop on the connection to a server on another machine.
    #[error(
        "{origin} leads to another machine without TLS, or without checking its certificate, which production \
         (SECKILL_ENV) refuses: write rediss://, amqps://, sslmode=verify-full or ssl-mode=VERIFY_IDENTITY, or \
         set {allowed_by}=allowed where nobody else is on the network in between"
    )]
    Plain {
        /// Where it was set.
        origin: String,
        /// The setting that allows it.
        allowed_by: String,
    },
    /// A setting without a default is needed.
    #[error("{setting} is not set, and {by} needs it; write {form}, such as {example}")]
    Missing {
        /// The variable.
        setting: String,
        /// The choice that needs it.
        by: String,
        form: String,
        example: String,
    },
    /// A setting and its file are both given.
    #[error("{0} and {0}_FILE are both set; set one of them")]
    Twice(String),
    /// A file cannot be read.
    #[error("cannot read {file}, given by {origin}")]
    Unreadable {
        /// The setting that names the file.
        origin: String,
        file: PathBuf,
        source: std::io::Error,
    },
    /// The file of settings is not valid TOML. The line is not shown: it may hold a password.
    #[error("{}: line {line}, column {column}: this is not TOML", .file.display())]
    Syntax {
        file: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// The file of settings has a key that is no setting.
    #[error(
        "{}: there is no setting `{key}`; keys are the settings' names in lower case, without SECKILL_{}",
        .file.display(),
        meant(.nearest.as_deref())
    )]
    UnknownKey {
        file: PathBuf,
        key: String,
        /// The most similar setting.
        nearest: Option<String>,
    },
}

/// A variable that has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub variable: String,
    /// The most similar variable.
    pub nearest: Option<String>,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let meant = meant(self.nearest.as_deref());
        write!(
            f,
            "{} is not a setting and has no effect{meant}",
            self.variable
        )
    }
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

/// A value for a message, at most one line long.
pub fn quoted(setting: &Setting, value: &str) -> String {
    const LONGEST: usize = 80;
    match (setting.secret, value.chars().nth(LONGEST)) {
        (true, _) => "cannot be used (its value may hold a password and is not shown)".to_owned(),
        (false, None) => format!("is '{}'", value.escape_debug()),
        (false, Some(_)) => {
            let start: String = value.chars().take(LONGEST).collect();
            format!("is '{}…'", start.escape_debug())
        }
    }
}
