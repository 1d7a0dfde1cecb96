//! `/admin`: the shop's current state, and `/admin/screen`: the same, large and without menus. Rendered per
//! request, and complete without JavaScript: then the page reloads itself.
//!
//! Every part that changes names the value of [`Now`] that it shows in an attribute: `data-now` for its
//! text, `data-now-if` and `data-now-unless` for its visibility, `data-now-bar` for its length.

mod counts;
mod parts;
mod rounds;

use leptos::prelude::*;
use leptos_meta::{Link, Meta, Script, Title};

use self::{
    counts::{Funnel, Refusals},
    parts::{Dependencies, Instances},
    rounds::Rounds,
};
use super::frame::{Section, StaffFrame, SwitchBanner, for_staff};
use crate::{
    api,
    components::{Calendar, when_read},
    routes,
    settings::ShopSettings,
    text::pages::now as say,
    wire::{Count, Language, LiveOrders, LiveQueue, Now, SaleCounts, SaleStep},
};

/// Seconds after which a page without JavaScript reloads itself: older figures mislead, and a page that
/// reloads more often cannot be read.
const RELOAD_S: u32 = 5;

/// The current state, among the other pages of the back office.
#[component]
pub fn AdminNowPage() -> impl IntoView {
    let language = api::language();
    when_read(language, for_staff(api::now()), move |(now, role, _)| {
        view! {
            <StaffFrame here=Section::Now role title=say::title(language) language>
                <Live now here=routes::ADMIN language />
                <p><a href=routes::ADMIN_SCREEN>{say::large(language)}</a></p>
            </StaffFrame>
        }
        .into_any()
    })
}

/// The same for a screen on the wall.
#[component]
pub fn AdminScreenPage() -> impl IntoView {
    let language = api::language();
    when_read(language, for_staff(api::now()), move |(now, _, _)| {
        view! {
            <Title text=say::title(language) />
            <Meta name="robots" content="noindex" />
            <Link rel="stylesheet" href="/admin.css" />
            <section class="admin screen">
                <SwitchBanner language />
                <h1>{say::title(language)}</h1>
                <Live now here=routes::ADMIN_SCREEN language />
                <p><a href=routes::ADMIN>{say::back(language)}</a></p>
            </section>
        }
        .into_any()
    })
}

#[component]
fn Live(
    now: Now,
    /// The page's own address.
    here: &'static str,
    language: Language,
) -> impl IntoView {
    let calendar = Calendar::of_page(now.at_ms, language);
    let offset = ShopSettings::of_page().utc_offset_min.to_string();
    let reload = RELOAD_S.to_string();
    view! {
        <Link rel="stylesheet" href="/admin-now.css" />
        <Script type_="module" src="/admin-now.js" />
        <div
            class="now"
            id="now"
            data-shape=now.shape.clone()
            data-utc-offset-min=offset
        >
            <p class="now__as-of">
                {say::as_of(language)} " "
                <span data-now="at_ms" data-as="clock">{calendar.to_the_second(now.at_ms)}</span>
                ". " <a href=here>{say::reload(language)}</a>
                <span data-state="following" hidden=true>" · " {say::following(language)}</span>
                <span data-state="asking" hidden=true>" · " {say::asking(language)}</span>
                <strong data-state="stale" hidden=true>" · " {say::stale(language)}</strong>
            </p>
            <noscript>
                <meta http-equiv="refresh" content=reload />
            </noscript>
            <Rounds rounds=now.rounds calendar language />
            <h2>{say::work(language)}</h2>
            <Work counts=now.counts.as_ref() queue=now.queue orders=now.orders language />
            <h2>{say::funnel(language)}</h2>
            <Funnel counts=now.counts.as_ref() language />
            <h2>{say::refusals(language)}</h2>
            <Refusals counts=now.counts.as_ref() language />
            <h2>{say::instances(language)}</h2>
            <Instances instances=now.instances calendar language />
            <h2>{say::depends(language)}</h2>
            <Dependencies dependencies=now.dependencies language />
        </div>
    }
    .into_any()
}

/// Replaces a part that could not be read.
fn not_readable(language: Language) -> AnyView {
    view! { <p class="admin__words">{say::not_readable(language)}</p> }.into_any()
}

/// A number, with its path in [`Now`].
fn number(path: impl Into<String>, value: impl ToString) -> impl IntoView {
    view! { <span data-now=path.into()>{value.to_string()}</span> }
}

/// A count of ten seconds, shown per second.
fn per_second(path: String, count: Count) -> impl IntoView {
    let path = format!("{path}.last_10_s");
    view! { <span data-now=path data-as="tenths">{tenths(count.last_10_s)}</span> }
}

fn tenths(value: u64) -> String {
    format!("{}.{}", value / 10, value % 10)
}

#[component]
fn Work<'a>(
    counts: Option<&'a SaleCounts>,
    queue: Option<LiveQueue>,
    orders: Option<LiveOrders>,
    language: Language,
) -> impl IntoView + use<> {
    let tile = |name: &'static str, value: AnyView| {
        view! {
            <div class="now__tile">
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    let ordered = counts.map(|counts| {
        let value = per_second(
            "counts.steps.ordered".to_owned(),
            counts.step(SaleStep::Ordered),
        );
        tile(say::orders_per_s(language), value.into_any())
    });
    let queue = queue.map(|queue| {
        let age = queue.oldest_age_ms.map_or_else(|| "–".to_owned(), seconds);
        let age = view! { <span data-now="queue.oldest_age_ms" data-as="seconds">{age}</span> };
        view! {
            {tile(say::waiting(language), number("queue.waiting", queue.waiting).into_any())}
            {tile(say::oldest(language), age.into_any())}
            {tile(say::parked(language), number("queue.parked", queue.parked).into_any())}
        }
    });
    let orders = orders.map(|orders| {
        let (unpaid, soon) = (orders.unpaid, orders.closing_soon);
        view! {
            {tile(say::unpaid(language), number("orders.unpaid", unpaid).into_any())}
            {tile(say::closing_soon(language), number("orders.closing_soon", soon).into_any())}
        }
    });
    let is_whole = ordered.is_some() && queue.is_some() && orders.is_some();
    view! {
        <dl class="now__tiles">
            {ordered}
            {queue}
            {orders}
        </dl>
        {(!is_whole).then(|| not_readable(language))}
    }
    .into_any()
}

/// A time in milliseconds as seconds with a decimal.
fn seconds(ms: i64) -> String {
    tenths(u64::try_from(ms / 100).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_rates_have_one_decimal() {
        assert_eq!(seconds(12_345), "12.3");
        assert_eq!(seconds(-5), "0.0", "a clock that was set back");
        assert_eq!(tenths(7), "0.7");
    }
}
