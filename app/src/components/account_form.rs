//! The shared parts of the log-in and the registration form: reading the result of an earlier try from the address,
//! and showing a field's mistake. A mistake keeps the typed text, except the password.

use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use crate::{
    api::{self, TypedFields},
    routes,
    text::pages::{account as say, second_factor},
    wire::{ApiError, Language},
};

/// The form's address: the target afterwards, and the earlier mistake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormState {
    /// An address of our own; empty for a form that does not ask.
    pub next: String,
    error: String,
    field: String,
    typed: TypedFields,
}

impl FormState {
    /// From the query of the page being rendered.
    pub fn of_page() -> Self {
        Self {
            typed: api::extension().unwrap_or_default(),
            ..use_query_map().with_untracked(Self::from_query)
        }
    }

    fn from_query(query: &ParamsMap) -> Self {
        let text = |name: &str| query.get_str(name).unwrap_or_default().to_owned();
        let next = query
            .get_str("next")
            .and_then(routes::local_path)
            .unwrap_or(routes::HOME)
            .to_owned();
        Self {
            next,
            error: text("error"),
            field: text("field"),
            typed: TypedFields::default(),
        }
    }

    /// The state of a form that returns to its own page.
    pub fn of_page_itself() -> Self {
        Self {
            next: String::new(),
            ..Self::of_page()
        }
    }

    /// The same for one of several forms on a page: only these mistakes are its own.
    #[must_use]
    pub fn with_mistakes(mut self, of_form: &[&str]) -> Self {
        if !of_form.contains(&self.field.as_str()) {
            self.error.clear();
        }
        self
    }

    /// The text typed into `field`, except values that must not be shown again.
    fn typed(&self, field: &str) -> Option<String> {
        let is_new = self.error.is_empty();
        let typed = match field {
            "mobile" => &self.typed.mobile,
            "nickname" => &self.typed.nickname,
            _ => return None,
        };
        (!is_new && !typed.is_empty()).then(|| typed.clone())
    }

    /// Number and password were right, and the account has a second factor.
    pub fn asks_for_code(&self) -> bool {
        ["code_needed", "code"].contains(&self.field.as_str())
    }

    /// The mistake in `field`, if the earlier try had one there.
    fn mistake_in(&self, field: &str, language: Language) -> Option<String> {
        let (at, words) = self.mistake(language)?;
        // The same rules, under the field name of the password form.
        let is_of_new = field == "new_password" && at == "password";
        (at == field || is_of_new).then_some(words)
    }

    /// The mistake in a field, with that field.
    fn mistake(&self, language: Language) -> Option<(&'static str, String)> {
        if self.error != "invalid" {
            return None;
        }
        Some(match self.field.as_str() {
            "mobile_taken" => ("mobile", say::mobile_taken(language).to_owned()),
            "mobile" => ("mobile", say::mobile_invalid(language).to_owned()),
            "password" => ("password", say::password_short(language)),
            "password_long" => ("password", say::password_long(language)),
            "password_common" => ("password", say::password_common(language).to_owned()),
            "current_password" => (
                "current_password",
                say::current_password_wrong(language).to_owned(),
            ),
            "password_wrong" => ("password", say::current_password_wrong(language).to_owned()),
            "code" => ("code", second_factor::code_wrong(language).to_owned()),
            "nickname" => ("nickname", say::nickname_invalid(language)),
            _ => return None,
        })
    }

    /// The mistake that concerns the whole form.
    pub fn message(&self, language: Language) -> Option<&'static str> {
        if self.mistake(language).is_some() {
            return None;
        }
        match self.error.as_str() {
            "" => None,
            code if code == ApiError::Unauthenticated.code() => Some(say::mismatch(language)),
            "rate_limited" => Some(say::rate_limited(language)),
            "busy" => Some(say::busy(language)),
            "no_log_ins" => Some(say::no_log_ins(language)),
            "reading_only" => Some(say::reading_only(language)),
            "invalid" if self.field == "code_needed" => Some(second_factor::code_needed(language)),
            "forbidden" => Some(say::forbidden(language)),
            _ => Some(say::unknown(language)),
        }
    }
}

/// A form that posts to `action` and works without scripts.
#[component]
pub fn AccountForm(
    /// The result of an earlier try.
    state: FormState,
    /// The server function's address.
    action: &'static str,
    /// The text of its button.
    submit: &'static str,
    language: Language,
    /// Its fields.
    children: Children,
) -> impl IntoView {
    let message = state.message(language);
    let next = state.next.clone();
    provide_context(state);
    view! {
        <form class="form" method="post" action=action>
            {message.map(|words| view! { <p class="form__message" role="alert">{words}</p> })}
            {(!next.is_empty()).then(|| view! { <input type="hidden" name="next" value=next /> })}
            {children()}
            <button class="button button--main button--wide" type="submit">{submit}</button>
        </form>
    }
}

/// A labelled field of an [`AccountForm`], with its hint and its mistake.
#[component]
pub fn Field(
    /// Its wire name, and its id.
    name: &'static str,
    /// Its purpose.
    label: &'static str,
    /// The expected input; empty for no hint.
    #[prop(optional, into)]
    hint: String,
    /// `type` of the input.
    #[prop(default = "text")]
    kind: &'static str,
    /// The browser's autofill hint.
    autocomplete: &'static str,
    /// Most characters. Browsers count UTF-16 units, one or two for a character: the server decides. Not for
    /// passwords: browsers silently cut off pasted text.
    #[prop(optional)]
    max: Option<usize>,
    language: Language,
) -> impl IntoView {
    let state = use_context::<FormState>().unwrap_or_default();
    let mistake = state.mistake_in(name, language);
    let typed = state.typed(name);
    let hint_id = format!("{name}-hint");
    let mistake_id = format!("{name}-mistake");
    let described_by = match (mistake.is_some(), hint.is_empty()) {
        (true, true) => Some(mistake_id.clone()),
        (true, false) => Some(format!("{mistake_id} {hint_id}")),
        (false, false) => Some(hint_id.clone()),
        (false, true) => None,
    };
    view! {
        <div class="field">
            <label class="field__label" for=name>{label}</label>
            <input
                class="field__input"
                id=name
                name=name
                type=kind
                value=typed
                required
                autocomplete=autocomplete
                inputmode=(kind == "tel").then_some("tel")
                maxlength=max.map(|length| (2 * length).to_string())
                aria-describedby=described_by
                aria-invalid=mistake.is_some().then_some("true")
                autofocus=mistake.is_some()
            />
            {mistake.map(|words| view! { <p class="field__mistake" id=mistake_id role="alert">{words}</p> })}
            {(!hint.is_empty()).then(|| view! { <p class="field__hint" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(query: &[(&str, &str)]) -> FormState {
        let mut map = ParamsMap::new();
        for (name, value) in query {
            map.insert((*name).to_owned(), (*value).to_owned());
        }
        FormState::from_query(&map)
    }

    #[test]
    fn only_our_own_addresses_survive() {
        assert_eq!(state(&[("next", "/orders")]).next, "/orders");
        assert_eq!(state(&[("next", "/items/7#buy")]).next, "/items/7#buy");
        assert_eq!(state(&[("next", "//evil.example")]).next, "/");
        assert_eq!(state(&[]).next, "/");
    }

    #[test]
    fn a_mistake_is_shown_at_its_field_only() {
        let taken = state(&[("error", "invalid"), ("field", "mobile_taken")]);
        assert!(taken.mistake_in("mobile", Language::En).is_some());
        assert!(taken.mistake_in("password", Language::En).is_none());
        assert!(taken.message(Language::En).is_none());
        let common = state(&[("error", "invalid"), ("field", "password_common")]);
        for field in ["password", "new_password"] {
            assert!(common.mistake_in(field, Language::En).is_some());
        }
        assert!(
            common
                .mistake_in("current_password", Language::En)
                .is_none()
        );
        let of_other_form = common.with_mistakes(&["password_wrong"]);
        assert!(of_other_form.mistake_in("password", Language::En).is_none());
    }

    #[test]
    fn every_other_error_is_shown_above_the_form() {
        for code in [
            "unauthenticated",
            "rate_limited",
            "busy",
            "no_log_ins",
            "reading_only",
            "forbidden",
            "invalid",
            "<script>",
        ] {
            assert!(
                state(&[("error", code)]).message(Language::En).is_some(),
                "{code}"
            );
        }
        assert_eq!(state(&[]).message(Language::En), None);
    }
}
