//! The captcha's dialog: a native one, so that focus, Escape and the rest of the page behave as
//! usual.

use leptos::{ev::SubmitEvent, html, prelude::*};

use super::{
    super::present,
    machine::Event,
    run::Runner,
    view_model::{DialogModel, ViewModel},
};
use crate::{
    browser::effects::on_change,
    text::panel,
    wire::{CAPTCHA_PICTURE, Language},
};

/// Opens and closes with the machine's dialog. The focus goes to the field, stays there through
/// wrong answers, and goes back to `opener`.
#[component]
pub fn CaptchaDialog(
    runner: Runner,
    opener: NodeRef<html::Button>,
    language: Language,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let field = NodeRef::<html::Input>::new();
    follow_model(runner.model(), dialog, field, opener);
    let busy = runner.attribute(|model| present(of_dialog(model, |shown| shown.is_busy)));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            runner.send(Event::Answered(field.value()));
        }
    };
    view! {
        <dialog
            node_ref=dialog
            class="captcha"
            aria-labelledby="captcha-title"
            on:close=move |_| runner.send(Event::DialogClosed)
        >
            <form class="captcha__form" method="dialog" novalidate on:submit=submit>
                <h2 class="captcha__title" id="captcha-title">
                    {panel::captcha_title(language)}
                </h2>
                <div class="captcha__frame" aria-busy=busy>
                    <img
                        class="captcha__picture"
                        width=CAPTCHA_PICTURE.0
                        height=CAPTCHA_PICTURE.1
                        alt=panel::captcha_alt(language)
                        hidden=runner.flag(|model| picture(model).is_none())
                        src=runner.attribute(picture)
                    />
                </div>
                <p class="captcha__words" aria-live="polite">
                    {runner.text(|model| of_dialog(model, |shown| shown.words.clone()))}
                </p>
                <label class="captcha__label" for="captcha-answer">
                    {runner.text(|model| of_dialog(model, |shown| shown.prompt.clone()))}
                </label>
                <input
                    node_ref=field
                    class="captcha__field"
                    id="captcha-answer"
                    name="answer"
                    type="text"
                    inputmode=runner.attribute(keyboard)
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    enterkeyhint="go"
                    maxlength="16"
                />
                <p class="captcha__notice" role="alert">
                    {runner.text(|model| of_dialog(model, |shown| shown.notice.clone()))}
                </p>
                {buttons(runner, language, busy)}
            </form>
        </dialog>
    }
}

/// The actions for the captcha.
fn buttons(runner: Runner, language: Language, busy: Signal<Option<String>>) -> impl IntoView {
    view! {
        <div class="captcha__tools">
            <button
                type="button"
                class="captcha__new"
                aria-disabled=busy
                on:click=move |_| runner.send(Event::NewPicture)
            >
                {panel::captcha_new(language)}
            </button>
            <button
                type="button"
                class="captcha__spell"
                aria-disabled=busy
                on:click=move |_| runner.send(Event::InWords)
            >
                {panel::captcha_in_words(language)}
            </button>
        </div>
        <div class="captcha__actions">
            <button
                type="button"
                class="captcha__close"
                on:click=move |_| runner.send(Event::DialogClosed)
            >
                {panel::captcha_close(language)}
            </button>
            <button type="submit" class="captcha__submit" aria-disabled=busy>
                {panel::captcha_submit(language)}
            </button>
        </div>
    }
}

/// The keyboard that a phone shows.
#[expect(
    clippy::unnecessary_wraps,
    reason = "an attribute that follows the panel may be missing; this one never is"
)]
fn keyboard(model: &ViewModel) -> Option<String> {
    let letters = model.dialog.as_ref().is_some_and(|shown| !shown.numeric);
    Some(if letters { "text" } else { "numeric" }.to_owned())
}

fn picture(model: &ViewModel) -> Option<String> {
    model.dialog.as_ref()?.picture.clone()
}

/// A value of the dialog; the default when it is closed.
fn of_dialog<T: Default>(model: &ViewModel, of: fn(&DialogModel) -> T) -> T {
    model.dialog.as_ref().map(of).unwrap_or_default()
}

fn follow_model(
    model: ReadSignal<ViewModel>,
    dialog: NodeRef<html::Dialog>,
    field: NodeRef<html::Input>,
    opener: NodeRef<html::Button>,
) {
    // `None` while the dialog is closed, otherwise the picture in it.
    let mut before = None;
    on_change(move || {
        let now = model.with(|model| model.dialog.as_ref().map(|shown| shown.picture.clone()));
        let (Some(dialog), Some(field)) = (dialog.get(), field.get()) else {
            return;
        };
        if now == before {
            return;
        }
        match &now {
            Some(picture) => {
                if !dialog.open() {
                    // Fails only for a dialogue that is open in another way, or detached.
                    let _ = dialog.show_modal();
                }
                if picture.is_none() {
                    // An old answer does not fit the new question.
                    field.set_value("");
                }
                let _ = field.focus();
            }
            None => {
                dialog.close();
                // Not every browser gives the focus back to a button.
                if let Some(opener) = opener.get_untracked() {
                    let _ = opener.focus();
                }
            }
        }
        before = now;
    });
}
