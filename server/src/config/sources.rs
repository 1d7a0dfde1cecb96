//! The sources of values: the environment, a TOML file, files of single settings, defaults.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use super::{
    ConfigError, Warning,
    error::quoted,
    forms::Form,
    section::{Setting, Typed},
    settings,
};

/// The prefix of every variable of the program.
const PREFIX: &str = "SECKILL_";
/// A setting with this suffix names the file that holds its value.
const IN_FILE: &str = "_FILE";
/// Largest size of a file of settings, in bytes.
const LARGEST: u64 = 64 * 1024;
/// Variables of the build and of the tests, which are no settings of the program.
const NOT_OURS: [&str; 6] = [
    "ROOT",
    "RUSTC_MIN",
    "SERVER",
    "SIM_SEED",
    "TEST_RESERVATIONS",
    "TEST_STACK",
];
/// Names less similar than this (1 is the same name) are not offered as corrections.
const ALIKE: f64 = 0.8;

/// Where a value was set.
#[derive(Clone, Debug)]
enum Origin {
    Variable,
    Key(PathBuf),
    /// A file named by this variable or key.
    Named(String),
}

struct Value {
    text: String,
    origin: Origin,
}

/// The set values, by the settings' names.
#[derive(Default)]
pub struct Values {
    set: BTreeMap<&'static str, Value>,
    /// Variables that are set and are no settings.
    pub warnings: Vec<Warning>,
}

impl Values {
    /// Adds the file's values, which override those added before.
    pub fn add_file(&mut self, file: &Path) -> Result<(), ConfigError> {
        let text = contents(file, "--config")?;
        let table: toml::Table = text.parse().map_err(|error| syntax(file, &text, &error))?;
        let mut found = Vec::new();
        for (key, value) in table {
            let name = key.to_ascii_uppercase();
            let Some(given) = Given::find(&name).filter(|_| name != key) else {
                return Err(ConfigError::UnknownKey {
                    file: file.to_owned(),
                    nearest: nearest(&key).map(|name| format!("`{}`", name.to_lowercase())),
                    key,
                });
            };
            let wrong = || {
                malformed(
                    &given.setting,
                    &key,
                    &format!("of type {}", value.type_str()),
                )
            };
            let text = plain(&value).ok_or_else(wrong)?;
            found.push((given, text));
        }
        self.add(found, &Origin::Key(file.to_owned()))
    }

    /// Adds the environment's values, which override those added before.
    pub fn add_environment(
        &mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(), ConfigError> {
        let mut found = Vec::new();
        for (variable, text) in variables {
            let Some(variable) = variable.to_str() else {
                continue;
            };
            let Some(name) = variable.strip_prefix(PREFIX) else {
                continue;
            };
            match Given::find(name) {
                Some(given) => match text.into_string() {
                    Ok(text) => found.push((given, text)),
                    Err(_) => return Err(malformed(&given.setting, variable, "not UTF-8")),
                },
                None if NOT_OURS.contains(&name) => {}
                None => self.warnings.push(Warning {
                    variable: variable.to_owned(),
                    nearest: nearest(name).map(|name| format!("{PREFIX}{name}")),
                }),
            }
        }
        self.add(found, &Origin::Variable)
    }

    fn add(&mut self, found: Vec<(Given, String)>, origin: &Origin) -> Result<(), ConfigError> {
        let mut added = BTreeMap::new();
        // An empty value counts as not set: compose files pass unset variables on as empty.
        for (given, text) in found.into_iter().filter(|(_, text)| !text.is_empty()) {
            let Given { setting, in_file } = given;
            let value = match in_file {
                false => Value {
                    text,
                    origin: origin.clone(),
                },
                true => {
                    let named = format!("{}{IN_FILE}", setting.variable());
                    let text = contents(Path::new(&text), &named)?;
                    Value {
                        text: text.trim_end_matches(['\r', '\n']).to_owned(),
                        origin: Origin::Named(named),
                    }
                }
            };
            if added.insert(setting.name, value).is_some() {
                return Err(ConfigError::Twice(setting.variable()));
            }
        }
        self.set.append(&mut added);
        Ok(())
    }

    /// A setting's value.
    pub fn read<F: Form>(&self, setting: &Typed<F>) -> Result<F::Value, ConfigError> {
        let text = self.text(setting.name, setting.default).trim();
        setting.form.read(text).ok_or_else(|| {
            let setting = setting.describe();
            ConfigError::Malformed {
                origin: self.origin(&setting),
                value: quoted(&setting, text),
                form: setting.form,
                example: setting.example,
            }
        })
    }

    /// The error for a value that production refuses.
    pub fn forbidden(&self, setting: &Setting) -> ConfigError {
        ConfigError::InProduction {
            origin: self.origin(setting),
            value: self.text(setting.name, setting.default).to_owned(),
        }
    }

    /// The error for an address that lets others eavesdrop; `allowed_by` is the setting that allows it.
    pub fn plain(&self, setting: &Setting, allowed_by: &str) -> ConfigError {
        ConfigError::Plain {
            origin: self.origin(setting),
            allowed_by: allowed_by.to_owned(),
        }
    }

    /// The error for a value that has the right form but is unusable; `problem` follows its name.
    pub fn refused(&self, setting: &Setting, problem: &str) -> ConfigError {
        ConfigError::Malformed {
            origin: self.origin(setting),
            value: problem.to_owned(),
            form: setting.form.clone(),
            example: setting.example.clone(),
        }
    }

    /// Whether it is set.
    pub fn is_set(&self, name: &str) -> bool {
        self.set.contains_key(name)
    }

    /// The set value, else the default.
    pub fn text<'v>(&'v self, name: &str, default: &'v str) -> &'v str {
        self.set.get(name).map_or(default, |value| &value.text)
    }

    fn origin(&self, setting: &Setting) -> String {
        match self.set.get(setting.name).map(|value| &value.origin) {
            Some(Origin::Key(file)) => {
                format!("{} (in {})", setting.name.to_lowercase(), file.display())
            }
            Some(Origin::Named(name)) => format!("the file of {name}"),
            Some(Origin::Variable) | None => setting.variable(),
        }
    }
}

/// A setting found under a name.
struct Given {
    setting: Setting,
    /// The value is in a separate file.
    in_file: bool,
}

impl Given {
    fn find(name: &str) -> Option<Given> {
        settings().into_iter().find_map(|setting| {
            let in_file = name != setting.name;
            let found =
                !in_file || setting.secret && name.strip_suffix(IN_FILE) == Some(setting.name);
            found.then_some(Given { setting, in_file })
        })
    }
}

/// Whether this is a known setting, without its prefix.
pub fn is_known(name: &str) -> bool {
    Given::find(name).is_some()
}

/// The most similar setting's name, without its prefix.
fn nearest(name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    let name = name.strip_prefix(PREFIX).unwrap_or(&name);
    let in_files = settings().into_iter().filter(|setting| setting.secret);
    let in_files = in_files.map(|setting| format!("{}{IN_FILE}", setting.name));
    let names = settings()
        .into_iter()
        .map(|setting| setting.name.to_owned());
    let (alike, found) = names
        .chain(in_files)
        .map(|known| (strsim::jaro_winkler(name, &known), known))
        .max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (alike >= ALIKE).then_some(found)
}

fn malformed(setting: &Setting, origin: &str, problem: &str) -> ConfigError {
    ConfigError::Malformed {
        origin: origin.to_owned(),
        value: format!("is {problem}"),
        form: setting.form.clone(),
        example: setting.example.clone(),
    }
}

/// A TOML value as the environment would write it.
fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(on) => Some(if *on { "on" } else { "off" }.to_owned()),
        toml::Value::Array(values) => {
            let texts: Option<Vec<_>> = values.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}

/// The position of a TOML error; never quotes the text there.
fn syntax(file: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let at = error.span().map_or(0, |span| span.start);
    let before = text.get(..at).unwrap_or(text);
    let line_begins = before.rfind('\n').map_or(0, |end| end + 1);
    ConfigError::Syntax {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_begins..].chars().count() + 1,
    }
}

fn contents(file: &Path, origin: &str) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable {
        origin: origin.to_owned(),
        file: file.to_owned(),
        source,
    };
    let mut text = String::new();
    let opened = File::open(file).map_err(unreadable)?;
    let read = opened.take(LARGEST + 1).read_to_string(&mut text);
    match read.map_err(unreadable)? as u64 {
        0 => Err(unreadable(std::io::Error::other("it is empty"))),
        1..=LARGEST => Ok(text),
        _ => {
            let too_large = format!("it is larger than {LARGEST} bytes");
            Err(unreadable(std::io::Error::other(too_large)))
        }
    }
}
