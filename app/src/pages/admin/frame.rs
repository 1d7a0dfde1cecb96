//! The frame of every staff page, with links to the pages that the caller may see.

use leptos::prelude::*;
use leptos_meta::{Link, Meta, Title};

use crate::{
    api,
    components::Calendar,
    routes,
    text::pages::{admin as say, switches},
    wire::{ApiError, Language, Me, Permission, Role, SetSwitch},
};

/// A part of the back office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Now,
    Rounds,
    Products,
    Orders,
    Buyers,
    Money,
    Switches,
    Messages,
    System,
    Log,
}

impl Section {
    const ALL: [Section; 10] = [
        Section::Now,
        Section::Rounds,
        Section::Products,
        Section::Orders,
        Section::Buyers,
        Section::Money,
        Section::Switches,
        Section::Messages,
        Section::System,
        Section::Log,
    ];

    fn path(self) -> &'static str {
        match self {
            Section::Now => routes::ADMIN,
            Section::Rounds => routes::ADMIN_ROUNDS,
            Section::Products => routes::ADMIN_PRODUCTS,
            Section::Orders => routes::ADMIN_ORDERS,
            Section::Buyers => routes::ADMIN_BUYERS,
            Section::Money => routes::ADMIN_MONEY,
            Section::Switches => routes::ADMIN_SWITCHES,
            Section::Messages => routes::ADMIN_MESSAGES,
            Section::System => routes::ADMIN_SYSTEM,
            Section::Log => routes::ADMIN_LOG,
        }
    }

    fn permission(self) -> Permission {
        match self {
            Section::Now | Section::Switches => Permission::SeeNow,
            Section::Rounds => Permission::SeeRounds,
            Section::Products => Permission::SeeProducts,
            Section::Orders => Permission::SeeOrders,
            Section::Buyers => Permission::SeeBuyers,
            Section::Money => Permission::SeeMoney,
            Section::Messages => Permission::SeeUndelivered,
            Section::System => Permission::SeeSystem,
            Section::Log => Permission::SeeActivityLog,
        }
    }

    fn name(self, language: Language) -> &'static str {
        match self {
            Section::Now => say::now(language),
            Section::Rounds => say::title(language),
            Section::Products => say::products(language),
            Section::Orders => say::orders(language),
            Section::Buyers => say::buyers(language),
            Section::Money => say::money(language),
            Section::Switches => say::switches(language),
            Section::Messages => say::messages(language),
            Section::System => say::system(language),
            Section::Log => say::log(language),
        }
    }
}

/// The caller. Every call of the page checks its permissions.
///
/// # Errors
/// `unauthenticated`; `banned`.
pub async fn caller() -> Result<Me, ApiError> {
    let me = api::me().await?.ok_or(ApiError::Unauthenticated)?;
    match me.banned {
        true => Err(ApiError::Banned),
        false => Ok(me),
    }
}

/// The caller's role, with the same errors.
///
/// # Errors
/// See [`caller`].
pub async fn role() -> Result<Role, ApiError> {
    Ok(caller().await?.role)
}

/// A back office page's data: the caller's role, the result of `read`, and its time.
///
/// # Errors
/// See [`caller`]; also the error of `read`.
pub async fn for_staff<T>(
    read: impl Future<Output = Result<T, ApiError>>,
) -> Result<(T, Role, i64), ApiError> {
    let role = role().await?;
    Ok((read.await?, role, api::clock().await?.now_ms))
}

/// The frame around `children`.
#[component]
pub fn StaffFrame(
    here: Section,
    role: Role,
    /// The page's heading.
    #[prop(into)]
    title: String,
    language: Language,
    /// The page.
    children: Children,
) -> impl IntoView {
    let links = Section::ALL
        .into_iter()
        .filter(|section| section.permission().is_given_to(role))
        .map(|section| {
            let current = (section == here).then_some("page");
            view! {
                <li>
                    <a href=section.path() aria-current=current>{section.name(language)}</a>
                </li>
            }
        })
        .collect_view();
    view! {
        <Title text=title.clone() />
        <Meta name="robots" content="noindex" />
        <Link rel="stylesheet" href="/admin.css" />
        <section class="column admin">
            <nav class="admin__nav" aria-label=say::back_office(language)>
                <ul>{links}</ul>
            </nav>
            <SwitchBanner language />
            <h1>{title}</h1>
            {children()}
        </section>
    }
}

/// The closed parts of the shop, on every page: the first explanation when nobody can buy.
#[component]
pub fn SwitchBanner(language: Language) -> impl IntoView {
    let set = api::back_office().map(|office| office.switches_in_effect());
    let set = set.unwrap_or_default();
    (!set.is_empty()).then(|| {
        let now_ms = api::shop().map_or(0, |shop| shop.now_ms());
        let lines = set
            .iter()
            .map(|set| view! { <li>{in_effect(language, set, now_ms)}</li> })
            .collect_view();
        view! {
            <div class="admin__words admin__banner" role="status">
                <ul class="admin__plain">{lines}</ul>
                <p><a href=routes::ADMIN_SWITCHES>{say::switches(language)}</a></p>
            </div>
        }
    })
}

/// A switch that is set, in one line.
pub fn in_effect(language: Language, set: &SetSwitch, now_ms: i64) -> String {
    let until = Calendar::of_page(now_ms, language).label(set.ends_at_ms);
    let (who, why) = (&set.set_by_name, &set.reason);
    switches::in_effect(language, set.switch, &until, who, why)
}

/// The link to the next page of a list.
#[component]
pub fn Next(
    /// Its address, if there is one.
    href: Option<String>,
    language: Language,
) -> impl IntoView {
    href.map(|href| view! { <p><a class="button" href=href>{say::older(language)}</a></p> })
}

/// A parameter of the page's address; `None` for an empty value.
pub fn parameter(name: &str) -> Option<String> {
    let query = leptos_router::hooks::use_query_map();
    let value = query.with_untracked(|query| query.get(name));
    value.filter(|value| !value.is_empty())
}
