//! `/admin/rounds/new`: the form of a new round. Its figures are shown before the round is added.

use leptos::prelude::*;
use leptos_meta::{Link, Meta, Title};

use super::{
    frame::role,
    round_form::{MAX_ITEMS, RoundForm},
    text_input::in_textarea,
};
use crate::{
    api,
    components::{Calendar, Picture, when_read},
    routes,
    settings::ShopSettings,
    text::pages::new_round as say,
    wire::{ApiError, Language, Permission, RoundDraft},
};

/// The form of a new round, for administrators.
#[component]
pub fn NewRoundPage() -> impl IntoView {
    let language = api::language();
    when_read(language, read(), move |now_ms| {
        view! { <NewRound now_ms language /> }.into_any()
    })
}

async fn read() -> Result<i64, ApiError> {
    match Permission::PrepareRounds.is_given_to(role().await?) {
        true => Ok(api::clock().await?.now_ms),
        false => Err(ApiError::Forbidden),
    }
}

#[component]
fn NewRound(now_ms: i64, language: Language) -> impl IntoView {
    let form = RoundForm::of_page();
    let calendar = Calendar::of_page(now_ms, language);
    let zone = say::zone(language, ShopSettings::of_page().utc_offset_min);
    let problem = form.problem.as_ref().map(|problem| {
        let words = say::problem(language, problem);
        view! { <p class="form__message" role="alert">{words}</p> }
    });
    // The checked round is named by its key, which follows from its content: a form edited since is checked
    // again, and not added.
    let checked = form.checked.as_ref().map(|round| {
        view! {
            <input type="hidden" name="checked" value=round.key.to_string() />
            <Summary round calendar language />
            <div class="admin__buttons">
                <button class="button button--main" type="submit" name="do" value="add">
                    {say::add(language)}
                </button>
            </div>
        }
    });
    let items = (0..form.rows())
        .map(|row| view! { <ItemFields form=&form row language /> })
        .collect_view();
    let may_grow = form.rows() < MAX_ITEMS;
    view! {
        <Title text=say::title(language) />
        <Meta name="robots" content="noindex" />
        <Link rel="stylesheet" href="/admin.css" />
        <section class="column admin">
            <a href=routes::ADMIN_ROUNDS>{say::back(language)}</a>
            <h1>{say::title(language)}</h1>
            <p class="lead">{zone}</p>
            {problem}
            <form class="form admin__new" method="post" action=routes::NEW_ROUND enctype="multipart/form-data">
                // The Enter key presses the first button.
                <button hidden type="submit" name="do" value="check"></button>
                {checked}
                <fieldset class="admin__group">
                    <legend>{say::round(language)}</legend>
                    <Text form=&form name="title.zh" label=say::title_zh(language) language />
                    <Text form=&form name="title.en" label=say::title_en(language) language />
                    <Text form=&form name="starts_at" label=say::starts_at(language) kind="datetime-local" language />
                    <Text form=&form name="ends_at" label=say::ends_at(language) kind="datetime-local" language />
                    <Text form=&form name="pay_window_min" label=say::pay_window(language) kind="number" language />
                </fieldset>
                {items}
                <div class="admin__buttons">
                    <button class="button button--main" type="submit" name="do" value="check">
                        {say::check(language)}
                    </button>
                    {may_grow.then(|| view! {
                        <button class="button" type="submit" name="do" value="rows">{say::more_rows(language)}</button>
                    })}
                </div>
            </form>
        </section>
    }
}

/// The round's figures.
#[component]
fn Summary<'a>(
    round: &'a RoundDraft,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let units: u64 = round.items.iter().map(|item| u64::from(item.stock)).sum();
    let worth_fen = round
        .items
        .iter()
        .map(|item| i128::from(item.sale_price.0) * i128::from(item.stock))
        .sum();
    let facts = say::Summary {
        title: round.title.get(language).to_owned(),
        opens: calendar.when(round.starts_at_ms),
        closes: calendar.when(round.ends_at_ms),
        items: round.items.len(),
        units,
        worth_fen,
    };
    view! { <p class="admin__summary" role="status">{say::summary(language, &facts)}</p> }
}

/// The fields of one item.
#[component]
fn ItemFields<'a>(form: &'a RoundForm, row: usize, language: Language) -> impl IntoView + use<> {
    let field = |name: &str, label, kind: &'static str| {
        let name = format!("items[{row}].{name}");
        view! { <Text form name label kind language /> }
    };
    let segments = format!("items[{row}].segments");
    view! {
        <fieldset class="admin__group">
            <legend>{say::item(language, row + 1)}</legend>
            {field("title.zh", say::product_zh(language), "text")}
            {field("title.en", say::product_en(language), "text")}
            {field("description.zh", say::description_zh(language), "lines")}
            {field("description.en", say::description_en(language), "lines")}
            {field("picture_url", say::picture(language), "text")}
            <PictureFile form row language />
            {field("list_price", say::list_price(language), "text")}
            {field("sale_price", say::sale_price(language), "text")}
            {field("stock", say::stock(language), "number")}
            <input type="hidden" name=segments.clone() value=form.value(&segments) />
        </fieldset>
    }
    .into_any()
}

/// A picture's file. It is stored as soon as the form is sent, even if the form has mistakes; a browser never
/// fills in the file again.
#[component]
fn PictureFile<'a>(form: &'a RoundForm, row: usize, language: Language) -> impl IntoView + use<> {
    let name = format!("items[{row}].picture");
    let kept = form.value(&format!("{name}_url"));
    let shown = kept.starts_with('/').then(|| {
        let alt = say::kept_picture(language, row + 1);
        view! { <div class="admin__kept"><Picture url=kept alt sizes="96px" /></div> }
    });
    let refused = form.refused_picture(&name);
    let mistake = refused.map(|refused| say::mistake(language, &refused));
    let mistake_id = format!("{name}-mistake");
    let described_by = mistake.is_some().then(|| mistake_id.clone());
    view! {
        <div class="field">
            <label class="field__label" for=name.clone()>{say::picture_file(language)}</label>
            <input
                class="field__input"
                id=name.clone()
                name=name
                type="file"
                accept="image/jpeg,image/png,image/webp"
                aria-describedby=described_by
                aria-invalid=mistake.map(|_| "true")
                autofocus=mistake.is_some()
            />
            {mistake.map(|words| view! { <p class="field__mistake" id=mistake_id role="alert">{words}</p> })}
            {shown}
        </div>
    }
    .into_any()
}

/// One field with its mistake.
#[component]
fn Text<'a>(
    form: &'a RoundForm,
    #[prop(into)] name: String,
    label: &'static str,
    #[prop(default = "text")] kind: &'static str,
    language: Language,
) -> impl IntoView + use<> {
    let value = form.value(&name);
    // The two languages of a text are one field on the wire; the mistake is shown at the second.
    let field = name.trim_end_matches(".en");
    let mistake = form.is_wrong(field).then(|| say::mistake(language, field));
    let mistake_id = format!("{name}-mistake");
    let for_input = name.clone();
    let described_by = mistake.is_some().then(|| mistake_id.clone());
    let invalid = mistake.is_some().then_some("true");
    let id = name.clone();
    let input = match kind {
        "lines" => view! {
            <textarea class="field__input" id=id name=name rows="2" aria-describedby=described_by aria-invalid=invalid>
                {in_textarea(&value)}
            </textarea>
        }
        .into_any(),
        _ => view! {
            <input
                class="field__input"
                id=id
                name=name
                type=kind
                value=value
                min=(kind == "number").then_some("1")
                step=(kind == "datetime-local").then_some("1")
                aria-describedby=described_by
                aria-invalid=invalid
                autofocus=mistake.is_some()
            />
        }
        .into_any(),
    };
    view! {
        <div class="field">
            <label class="field__label" for=for_input>{label}</label>
            {input}
            {mistake.map(|words| view! { <p class="field__mistake" id=mistake_id role="alert">{words}</p> })}
        </div>
    }
    .into_any()
}
