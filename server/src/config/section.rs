//! Sections and settings. [`section!`] writes the struct, its description and its reader from one list, so
//! that exactly the described settings are read.

use super::forms::Form;

/// A setting, as the manual shows it.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Without the prefix `SECKILL_`.
    pub name: &'static str,
    /// Used when it is not set.
    pub default: &'static str,
    /// The accepted form in words: type, unit and bounds.
    pub form: String,
    /// A valid value.
    pub example: String,
    /// Its effect.
    pub about: &'static str,
    /// It may hold a password: never shown, and can be read from a separate file.
    pub secret: bool,
}

impl Setting {
    /// The variable of the environment.
    pub fn variable(&self) -> String {
        format!("SECKILL_{}", self.name)
    }
}

/// Settings that belong together.
pub struct Section {
    pub title: &'static str,
    /// Its settings, in the order of the manual.
    pub settings: Vec<Setting>,
}

/// A setting and the form of its value.
pub struct Typed<F> {
    pub name: &'static str,
    pub default: &'static str,
    pub form: F,
    pub about: &'static str,
}

impl<F: Form> Typed<F> {
    pub fn describe(&self) -> Setting {
        Setting {
            name: self.name,
            default: self.default,
            form: self.form.describe(),
            example: match self.default {
                "" => self.form.example(),
                default => default.to_owned(),
            },
            about: self.about,
            secret: self.form.is_secret(),
        }
    }
}

/// `field: Type = "NAME", "default", form, "meaning";` for each setting of a section.
macro_rules! section {
    (
        $(#[$meta:meta])*
        $name:ident, $title:literal {
            $($field:ident: $type:ty = $setting:literal, $default:literal, $form:expr, $about:literal;)*
        }
    ) => {
        $(#[$meta])*
        pub struct $name {
            $(#[doc = $about] pub $field: $type,)*
        }

        impl $name {
            $(
                #[doc = $about]
                pub(super) fn $field()
                -> $crate::config::section::Typed<impl $crate::config::forms::Form<Value = $type>> {
                    $crate::config::section::Typed {
                        name: $setting,
                        default: $default,
                        form: $form,
                        about: $about,
                    }
                }
            )*

            pub(super) fn section() -> $crate::config::section::Section {
                $crate::config::section::Section {
                    title: $title,
                    settings: vec![$(Self::$field().describe()),*],
                }
            }

            pub(super) fn read(
                values: &$crate::config::sources::Values,
            ) -> Result<Self, $crate::config::ConfigError> {
                Ok(Self { $($field: values.read(&Self::$field())?),* })
            }
        }
    };
}

pub(super) use section;
