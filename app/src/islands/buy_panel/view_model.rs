//! The visible parts of the panel at a moment, as plain values: the view shows them and decides
//! nothing. `words` has each state's values.

mod words;

use crate::{browser::ticking::Instant, text::panel, wire::Language};

/// Everything visible in the panel, except ticking figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewModel {
    /// The name of the state.
    pub name: &'static str,
    /// The state in words; announced by screen readers.
    pub status: String,
    pub big: Big,
    /// An explanation, and what to do.
    pub hint: String,
    /// The main action.
    pub button: Option<Button>,
    pub link: Option<Link>,
    /// The captcha's dialog, while it is open.
    pub dialog: Option<DialogModel>,
}

/// The large line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Big {
    /// A clock that counts down to this instant of the server's.
    Clock(i64),
    /// Whole seconds down to this instant of the page's.
    Seconds(i64),
    /// Words, or nothing.
    Words(String),
}

impl Big {
    /// The instant to count down to, if any.
    pub fn until(&self) -> Option<Instant> {
        match self {
            Big::Clock(until_ms) => Some(Instant::Server(*until_ms)),
            Big::Seconds(until_ms) => Some(Instant::Page(*until_ms)),
            Big::Words(_) => None,
        }
    }

    /// The line, if nothing ticks in it.
    pub fn words(&self) -> Option<String> {
        match self {
            Big::Words(words) => Some(words.clone()),
            Big::Clock(_) | Big::Seconds(_) => None,
        }
    }

    /// The line with `left_ms` left.
    pub fn at(&self, left_ms: i64, language: Language) -> String {
        match self {
            Big::Clock(_) => panel::countdown(language, left_ms),
            Big::Seconds(_) => panel::seconds(language, left_ms),
            Big::Words(words) => words.clone(),
        }
    }
}

/// How the button takes a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// It acts.
    Acts,
    /// It does nothing now and keeps the focus: it was pressed, or will act in a moment.
    Locked,
    /// Not yet.
    Dead,
}

/// The main action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub label: String,
    pub press: Press,
}

/// The link onward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub label: &'static str,
    pub href: String,
}

/// The captcha's dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogModel {
    /// The picture's address, once there is a captcha.
    pub picture: Option<String>,
    /// The instruction for it.
    pub prompt: String,
    /// Whether the answer is a number, as far as is known.
    pub numeric: bool,
    /// The captcha in words, once requested.
    pub words: String,
    /// The error message.
    pub notice: String,
    /// Nothing can be sent now.
    pub is_busy: bool,
}

impl ViewModel {
    /// Whether the button is disabled and looks like it.
    pub fn is_button_dead(&self) -> bool {
        self.button
            .as_ref()
            .is_none_or(|button| button.press == Press::Dead)
    }

    /// Whether the button does nothing now but keeps the focus.
    pub fn is_button_locked(&self) -> bool {
        self.button
            .as_ref()
            .is_some_and(|button| button.press == Press::Locked)
    }

    pub fn button_label(&self) -> String {
        self.button
            .as_ref()
            .map_or(String::new(), |button| button.label.clone())
    }

    pub fn link_label(&self) -> String {
        self.link
            .as_ref()
            .map_or(String::new(), |link| link.label.to_owned())
    }

    fn big(self, big: Big) -> Self {
        Self { big, ..self }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: hint.into(),
            ..self
        }
    }

    fn button(self, label: impl Into<String>, press: Press) -> Self {
        Self {
            button: Some(Button {
                label: label.into(),
                press,
            }),
            ..self
        }
    }

    fn link(self, label: &'static str, href: String) -> Self {
        Self {
            link: Some(Link { label, href }),
            ..self
        }
    }

    fn again(self, again: bool, label: &'static str) -> Self {
        if again {
            self.button(label, Press::Acts)
        } else {
            self
        }
    }
}
