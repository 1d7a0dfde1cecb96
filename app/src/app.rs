//! The document and the table of routes. Rendered on the server only: the browser has no router, links load the
//! next page, and only the islands wake up.

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    api,
    components::Frame,
    pages::{
        AccountPage, AdminBuyerPage, AdminBuyersPage, AdminLogPage, AdminMessagesPage,
        AdminMoneyPage, AdminNowPage, AdminOrderPage, AdminOrdersPage, AdminProductsPage,
        AdminReportPage, AdminRoundsPage, AdminScreenPage, AdminSwitchesPage, AdminSystemPage,
        HomePage, ItemPage, LoginPage, MessagesPage, NewRoundPage, NotFoundPage, OrderPage,
        OrdersPage, RegisterPage, SecondFactorPage, ShipListPage, ShopTextPage,
    },
    routes,
    start::{PageFiles, Start},
    text::pages as say,
};

/// The document around [`App`], with the files that it loads.
pub fn shell(files: PageFiles) -> impl IntoView {
    let manifest = routes::manifest(api::language());
    view! {
        <!DOCTYPE html>
        <html lang=api::language().tag()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#faf7f2" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#171411" media="(prefers-color-scheme: dark)" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href=manifest />
                <Start files />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Every page. Each is sent whole, with its status; none streams.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let language = api::language();
    let shop = say::shop_name(language);
    view! {
        <Title formatter=move |page: String| format!("{} · {shop}", in_title(&page)) />
        <Router>
            <Frame language>
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=path!("/") view=HomePage ssr=SsrMode::Async />
                    <Route path=path!("/items/:id") view=ItemPage ssr=SsrMode::Async />
                    <Route path=path!("/help") view=ShopTextPage ssr=SsrMode::Async />
                    <Route path=path!("/contact") view=ShopTextPage ssr=SsrMode::Async />
                    <Route path=path!("/terms") view=ShopTextPage ssr=SsrMode::Async />
                    <Route path=path!("/privacy") view=ShopTextPage ssr=SsrMode::Async />
                    <Route path=path!("/returns") view=ShopTextPage ssr=SsrMode::Async />
                    <Route path=path!("/orders") view=OrdersPage ssr=SsrMode::Async />
                    <Route path=path!("/orders/:id") view=OrderPage ssr=SsrMode::Async />
                    <Route path=path!("/messages") view=MessagesPage ssr=SsrMode::Async />
                    <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                    <Route path=path!("/account/second-factor") view=SecondFactorPage ssr=SsrMode::Async />
                    <Route path=path!("/admin") view=AdminNowPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/screen") view=AdminScreenPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/rounds") view=AdminRoundsPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/rounds/new") view=NewRoundPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/rounds/:id/report") view=AdminReportPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/products") view=AdminProductsPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/orders") view=AdminOrdersPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/orders/ship") view=ShipListPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/orders/:id") view=AdminOrderPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/buyers") view=AdminBuyersPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/buyers/:id") view=AdminBuyerPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/money") view=AdminMoneyPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/switches") view=AdminSwitchesPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/messages") view=AdminMessagesPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/system") view=AdminSystemPage ssr=SsrMode::Async />
                    <Route path=path!("/admin/log") view=AdminLogPage ssr=SsrMode::Async />
                    <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async />
                    <Route path=path!("/register") view=RegisterPage ssr=SsrMode::Async />
                </FlatRoutes>
            </Frame>
        </Router>
    }
}

/// A text for the element `title`: the framework does not escape it there, and a `</title>` in a product's name
/// would end the element.
fn in_title(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use leptos_axum::generate_route_list;

    use super::{App, in_title, routes};
    use crate::routes::pattern;

    #[test]
    fn a_title_never_ends_its_element() {
        let title = in_title("A & B</title><script>");
        assert_eq!(title, "A &amp; B&lt;/title>&lt;script>");
    }

    /// The framework's router needs its addresses as literals.
    #[test]
    fn the_pages_are_at_the_addresses_that_links_lead_to() {
        let listed = generate_route_list(App);
        let mut listed: Vec<_> = listed.iter().map(|route| route.path()).collect();
        listed.sort_unstable();
        let mut addresses = vec![
            routes::HOME,
            pattern::ITEM,
            routes::ORDERS,
            pattern::ORDER,
            routes::MESSAGES,
            routes::ACCOUNT,
            routes::SECOND_FACTOR,
            routes::ADMIN,
            routes::ADMIN_SCREEN,
            routes::ADMIN_ROUNDS,
            routes::NEW_ROUND,
            pattern::ROUND_REPORT,
            routes::ADMIN_PRODUCTS,
            routes::ADMIN_ORDERS,
            routes::SHIP_LIST,
            pattern::ADMIN_ORDER,
            routes::ADMIN_BUYERS,
            pattern::ADMIN_BUYER,
            routes::ADMIN_MONEY,
            routes::ADMIN_SWITCHES,
            routes::ADMIN_MESSAGES,
            routes::ADMIN_SYSTEM,
            routes::ADMIN_LOG,
            routes::LOGIN,
            routes::REGISTER,
        ];
        addresses.extend(routes::TextPage::ALL.map(routes::TextPage::path));
        addresses.sort_unstable();
        assert_eq!(listed, addresses);
    }
}
