//! The sheet with the question: a native dialogue, so that focus, Escape and the rest of the page
//! behave as everywhere.

use leptos::{ev::SubmitEvent, html, prelude::*};

use super::{
    machine::{Event, Notice, Sheet},
    run::Runner,
};
use crate::{text::panel, wire::Language};

/// Size of the pictures, in pixels.
const PICTURE: (u16, u16) = (240, 80);

/// Opens and closes with the machine's sheet. The focus goes to the field, stays there through
/// wrong answers, and goes back to `opener`.
#[component]
pub fn CaptchaSheet(
    runner: Runner,
    opener: NodeRef<html::Button>,
    language: Language,
) -> impl IntoView {
    let sheet = runner.sheet();
    let dialog = NodeRef::<html::Dialog>::new();
    let field = NodeRef::<html::Input>::new();
    follow_sheet(sheet, dialog, field, opener);

    let question = Memo::new(move |_| {
        sheet.with(|sheet| sheet.as_ref().and_then(|sheet| sheet.question.clone()))
    });
    let words = move || sheet.with(|sheet| sheet.as_ref().and_then(|sheet| sheet.words.clone()));
    let notice = move || {
        let notice = sheet.with(|sheet| sheet.as_ref().and_then(|sheet| sheet.notice));
        notice.map(|notice| notice_words(notice, language))
    };
    let is_busy = move || {
        sheet.with(|sheet| {
            sheet
                .as_ref()
                .is_none_or(|it| it.question.is_none() || it.checking.is_some())
        })
    };
    let busy = move || is_busy().then_some("true");
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            runner.send(Event::Answered(field.value()));
        }
    };
    let prompt =
        move || question.with(|question| question.as_ref().map(|question| question.prompt.clone()));
    let address = move || {
        question.with(|question| question.as_ref().map(|question| question.image_url.clone()))
    };

    view! {
        <dialog
            node_ref=dialog
            class="captcha"
            aria-labelledby="captcha-title"
            on:close=move |_| runner.send(Event::SheetClosed)
        >
            <form class="captcha__form" method="dialog" novalidate on:submit=submit>
                <h2 class="captcha__title" id="captcha-title">
                    {panel::captcha_title(language)}
                </h2>
                <div class="captcha__frame" aria-busy=busy>
                    <img
                        class="captcha__picture"
                        width=PICTURE.0
                        height=PICTURE.1
                        alt=panel::captcha_alt(language)
                        hidden=move || address().is_none()
                        src=address
                    />
                </div>
                <p class="captcha__words" aria-live="polite">{words}</p>
                <label class="captcha__label" for="captcha-answer">
                    {move || prompt().unwrap_or_else(|| panel::captcha_loading(language).to_owned())}
                </label>
                <input
                    node_ref=field
                    class="captcha__field"
                    id="captcha-answer"
                    name="answer"
                    type="text"
                    inputmode="numeric"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    enterkeyhint="go"
                    maxlength="16"
                />
                <p class="captcha__notice" role="alert">{notice}</p>
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
                        on:click=move |_| runner.send(Event::SheetClosed)
                    >
                        {panel::captcha_close(language)}
                    </button>
                    <button type="submit" class="captcha__submit" aria-disabled=busy>
                        {panel::captcha_submit(language)}
                    </button>
                </div>
            </form>
        </dialog>
    }
}

fn follow_sheet(
    sheet: ReadSignal<Option<Sheet>>,
    dialog: NodeRef<html::Dialog>,
    field: NodeRef<html::Input>,
    opener: NodeRef<html::Button>,
) {
    let question = Memo::new(move |_| {
        sheet.with(|sheet| {
            sheet
                .as_ref()
                .map(|sheet| sheet.question.as_ref().map(|question| question.captcha_id))
        })
    });
    Effect::new(move |was_open: Option<bool>| {
        let question = question.get();
        let (Some(dialog), Some(field)) = (dialog.get(), field.get()) else {
            return false;
        };
        match question {
            Some(question) => {
                if !dialog.open() {
                    // Fails only for a dialogue that is open in another way, or detached.
                    let _ = dialog.show_modal();
                }
                if question.is_none() {
                    // No old answer fits the question that comes.
                    field.set_value("");
                }
                let _ = field.focus();
            }
            None => {
                dialog.close();
                // Not every browser gives the focus back to a button.
                if let (Some(true), Some(opener)) = (was_open, opener.get_untracked()) {
                    let _ = opener.focus();
                }
            }
        }
        question.is_some()
    });
}

fn notice_words(notice: Notice, language: Language) -> &'static str {
    match notice {
        Notice::Wrong => panel::captcha_wrong(language),
        Notice::TooOld => panel::captcha_too_old(language),
        Notice::NoWords => panel::captcha_no_words(language),
        Notice::Waiting(_) => panel::captcha_waiting(language),
    }
}
