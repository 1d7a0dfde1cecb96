//! `/admin/orders/ship`: a list of shipped orders, checked line by line before anything is done.

use leptos::prelude::*;

use super::{
    frame::{Section, StaffFrame, for_staff, role},
    table::{Column, Kind, table},
    text_input::in_textarea,
};
use crate::{
    api,
    components::when_read,
    routes,
    text::pages::{orders, ship_list as say},
    wire::{ApiError, CheckedLine, CheckedList, Language, LineProblem, Permission, Role},
};

/// Most bytes of a list: 300 lines.
pub const MAX_SHIP_LIST: usize = 48 * 1024;

/// A list that is shown again. The server puts it into the request whose page is rendered.
#[derive(Clone, Debug, Default)]
pub struct ShipListForm {
    /// As it was sent.
    pub text: String,
    /// The line that was recognised as its heading.
    pub heading: Option<u64>,
    /// The result for each line.
    pub list: Option<CheckedList>,
    /// Why it cannot be read.
    pub problem: Option<ApiError>,
}

/// The form, and the result of the list that was sent.
#[component]
pub fn ShipListPage() -> impl IntoView {
    let language = api::language();
    when_read(language, for_staff(read()), move |((), role, _)| {
        view! { <ShipList role language /> }.into_any()
    })
}

async fn read() -> Result<(), ApiError> {
    match Permission::ShipOrders.is_given_to(role().await?) {
        true => Ok(()),
        false => Err(ApiError::Forbidden),
    }
}

#[component]
fn ShipList(role: Role, language: Language) -> impl IntoView {
    let form: ShipListForm = api::extension().unwrap_or_default();
    let problem = form.problem.as_ref().map(|problem| {
        let words = say::problem(language, problem);
        view! { <p class="form__message" role="alert">{words}</p> }
    });
    let heading = form.heading.map(|line| {
        view! { <p class="admin__soft">{say::heading(language, line)}</p> }
    });
    let looked_at = form.list.as_ref().map(|list| {
        view! { <List list text=form.text.clone() language /> }
    });
    // A completed list is not offered again; one with a failed line can be corrected.
    let is_done = form
        .list
        .as_ref()
        .is_some_and(|list| list.is_run && list.wrong() == 0);
    let text = if is_done { String::new() } else { form.text };
    view! {
        <StaffFrame here=Section::Orders role title=say::title(language) language>
            <p><a href=routes::ADMIN_ORDERS>{say::back(language)}</a></p>
            <p class="lead">{say::intro(language)}</p>
            {problem}
            {heading}
            {looked_at}
            <form class="admin__form" method="post" action=routes::SHIP_LIST enctype="multipart/form-data">
                <label for="file">{say::file(language)}</label>
                <input id="file" name="file" type="file" accept=".csv,text/csv" />
                <label for="text">{say::or_typed(language)}</label>
                <textarea
                    class="field__input"
                    id="text"
                    name="text"
                    rows="8"
                    maxlength=MAX_SHIP_LIST.to_string()
                    placeholder="0A1B2C3D4E,SF,SF1234567890"
                >{in_textarea(&text)}</textarea>
                <button class="button" type="submit" name="do" value="check">{say::check(language)}</button>
            </form>
        </StaffFrame>
    }
}

/// The result of the list, and the button that ships it if nothing is wrong.
#[component]
fn List<'a>(list: &'a CheckedList, text: String, language: Language) -> impl IntoView + use<> {
    let (to_ship, wrong) = (list.to_ship(), list.wrong());
    let words = match list.is_run {
        false => say::would_ship(language, to_ship, wrong, list.lines.len()),
        true => say::shipped(language, list.shipped, wrong),
    };
    let press = (!list.is_run && to_ship > 0 && wrong == 0).then(|| {
        view! {
            <form class="admin__form" method="post" action=routes::SHIP_LIST>
                <input type="hidden" name="text" value=text />
                <p>{say::means(language)}</p>
                <button class="button button--main" type="submit" name="do" value="ship">
                    {say::ship(language, to_ship)}
                </button>
            </form>
        }
    });
    // Errors come first: a list has up to three hundred lines.
    let mut lines: Vec<&CheckedLine> = list.lines.iter().collect();
    lines.sort_by_key(|line| line.problem.is_none());
    let rows = lines
        .into_iter()
        .map(|line| row(line, language))
        .collect_view();
    let table = table(
        Kind::List,
        say::lines(language),
        [
            Column::Sum(say::line(language)),
            Column::Plain(say::outcome(language)),
            Column::Plain(say::order(language)),
            Column::Plain(say::carrier(language)),
            Column::Plain(say::number(language)),
        ],
        rows,
    );
    view! {
        <p class="admin__summary" role="status">{words}</p>
        {press}
        {table}
    }
    .into_any()
}

fn row(checked: &CheckedLine, language: Language) -> impl IntoView + use<> {
    let outcome = match checked.problem {
        Some(LineProblem::State(state)) => {
            say::in_state(language, orders::state(language, state, None))
        }
        Some(problem) => say::line_problem(language, problem).to_owned(),
        None if checked.is_done => say::is_done(language).to_owned(),
        None => say::will_ship(language).to_owned(),
    };
    let line = &checked.line;
    let order = match checked.order_id {
        Some(order_id) => view! {
            <a href=routes::admin_order(order_id)><code>{line.order.clone()}</code></a>
        }
        .into_any(),
        None => view! { <code>{line.order.clone()}</code> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row" class="admin__sum">{line.line}</th>
            <td>{outcome}</td>
            <td>{order}</td>
            <td>{line.carrier.clone()}</td>
            <td>{line.number.clone()}</td>
        </tr>
    }
}
