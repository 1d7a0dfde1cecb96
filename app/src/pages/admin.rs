//! The staff's pages; in this file `/admin/rounds`: the rounds with their units, and the stop button. Rendered per
//! request; plain forms, so that they work without JavaScript.

mod buyers;
mod confirmation;
mod frame;
mod log;
mod money;
mod new_round;
mod now;
mod order;
mod orders;
mod products;
mod report;
mod round;
mod round_form;
mod ship;
mod ship_list;
mod switches;
mod system;
mod table;
mod text_input;
mod undelivered;

use leptos::prelude::*;

pub use self::{
    buyers::{AdminBuyerPage, AdminBuyersPage},
    confirmation::ConfirmationForm,
    log::AdminLogPage,
    money::AdminMoneyPage,
    new_round::NewRoundPage,
    now::{AdminNowPage, AdminScreenPage},
    order::AdminOrderPage,
    orders::AdminOrdersPage,
    products::AdminProductsPage,
    report::AdminReportPage,
    round_form::{MAX_ITEMS, RoundForm},
    ship::ShipForm,
    ship_list::{MAX_SHIP_LIST, ShipListForm, ShipListPage},
    switches::AdminSwitchesPage,
    system::AdminSystemPage,
    undelivered::AdminMessagesPage,
};
use self::{
    frame::{Section, StaffFrame, caller, parameter},
    round::RoundCard,
};
use crate::{
    api,
    components::{Calendar, when_read},
    routes,
    text::pages::admin as say,
    wire::{AccountId, ApiError, Language, Me, Permission, Phase, Role, RoundOverview, RoundState},
};

/// The list of rounds.
#[component]
pub fn AdminRoundsPage() -> impl IntoView {
    let language = api::language();
    when_read(language, read(), move |overview| {
        view! { <Rounds overview language /> }.into_any()
    })
}

/// The page's data.
struct Overview {
    rounds: Vec<RoundOverview>,
    now_ms: i64,
    me: Me,
}

/// The caller. Buttons follow from the role's permissions; the engine checks every call itself.
#[derive(Clone, Copy)]
struct Caller {
    role: Role,
    account_id: AccountId,
}

impl Caller {
    fn may(self, permission: Permission) -> bool {
        permission.is_given_to(self.role)
    }
}

async fn read() -> Result<Overview, ApiError> {
    Ok(Overview {
        me: caller().await?,
        rounds: api::admin_rounds().await?,
        now_ms: api::clock().await?.now_ms,
    })
}

#[component]
fn Rounds(overview: Overview, language: Language) -> impl IntoView {
    let Overview {
        mut rounds,
        now_ms,
        me,
    } = overview;
    let role = me.role;
    let caller = Caller {
        role,
        account_id: me.account_id,
    };
    // Rounds that need attention come first: to be approved, then on sale or stopped, then coming, then over.
    rounds.sort_by_key(|round| match round.phase_at(now_ms) {
        _ if round.state == RoundState::Submitted => (-1, round.starts_at_ms),
        _ if round.state == RoundState::SentBack => (2, -round.ends_at_ms),
        Phase::Running | Phase::Stopped => (0, round.starts_at_ms),
        Phase::Upcoming => (1, round.starts_at_ms),
        Phase::Ended => (2, -round.ends_at_ms),
    });
    let problem = parameter("problem").map(|field| {
        let words = say::review_problem(language, &field);
        view! { <p class="form__message" role="alert">{words}</p> }
    });
    let calendar = Calendar::of_page(now_ms, language);
    let is_empty = rounds.is_empty();
    let cards = rounds
        .iter()
        .map(|round| view! { <RoundCard round calendar caller language /> })
        .collect_view();
    view! {
        <StaffFrame here=Section::Rounds role title=say::title(language) language>
            <p class="lead">{say::as_of(language, &calendar.exact(now_ms))}</p>
            {problem}
            {caller.may(Permission::PrepareRounds).then(|| view! {
                <a class="button button--main" href=routes::NEW_ROUND>{say::new_round(language)}</a>
            })}
            {cards}
            {is_empty.then(|| view! { <p>{say::empty(language)}</p> })}
        </StaffFrame>
    }
}
