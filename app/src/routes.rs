//! The addresses of the shop: pages, and calls that are no server functions. Links, router and HTTP
//! layers take them from here. Server functions define their own addresses, as `ServerFn::PATH`.

#[cfg(feature = "ssr")]
mod local_path;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
pub mod pattern;

use crate::wire::{ItemId, OrderId};

#[cfg(feature = "ssr")]
pub use local_path::{in_query, local_path, with_query};
#[cfg(feature = "ssr")]
pub use page::{Page, TextPage, is_call, is_of_staff, is_same_for_everybody};

/// The rounds.
pub const HOME: &str = "/";
/// The visitor's orders.
pub const ORDERS: &str = "/orders";
/// The shop's messages to the visitor.
pub const MESSAGES: &str = "/messages";
/// The visitor's account: password and log-ins.
pub const ACCOUNT: &str = "/account";
/// The second factor of the visitor's account.
#[cfg(feature = "ssr")]
pub const SECOND_FACTOR: &str = "/account/second-factor";
pub const LOGIN: &str = "/login";
pub const REGISTER: &str = "/register";
/// How the shop is reached.
pub const CONTACT: &str = "/contact";
/// The language switch's form.
pub const LANGUAGE: &str = "/language";

/// The parameter of an address that selects the language of the answer.
#[cfg(feature = "ssr")]
pub const LANGUAGE_PARAMETER: &str = "lang";

/// The manifest, for phones with the shop on their home screen.
#[cfg(feature = "ssr")]
pub const MANIFEST: &str = "/manifest.webmanifest";
/// The sitemap for search engines.
#[cfg(feature = "ssr")]
pub const SITEMAP: &str = "/sitemap.xml";
/// The rules for search engines.
#[cfg(feature = "ssr")]
pub const ROBOTS: &str = "/robots.txt";

/// The manifest in a language: browsers ask for it without cookies.
#[cfg(feature = "ssr")]
pub fn manifest(language: crate::wire::Language) -> String {
    format!("{MANIFEST}?{LANGUAGE_PARAMETER}={}", language.code())
}

/// A page in a given language, regardless of the visitor's.
#[cfg(feature = "ssr")]
pub fn in_language(page: Page, language: crate::wire::Language) -> String {
    format!("{page}?{LANGUAGE_PARAMETER}={}", language.code())
}

/// The shop's current state, for staff.
#[cfg(feature = "ssr")]
pub const ADMIN: &str = "/admin";

/// The same for a large screen.
#[cfg(feature = "ssr")]
pub const ADMIN_SCREEN: &str = "/admin/screen";

/// The form that marks messages as read.
#[cfg(feature = "ssr")]
pub const READ_MESSAGES: &str = "/messages/read";
/// The rounds, for staff.
#[cfg(feature = "ssr")]
pub const ADMIN_ROUNDS: &str = "/admin/rounds";

/// The form of a new round.
#[cfg(feature = "ssr")]
pub const NEW_ROUND: &str = "/admin/rounds/new";

#[cfg(feature = "ssr")]
pub const ADMIN_PRODUCTS: &str = "/admin/products";

/// The call with which a program sends a picture.
#[cfg(feature = "ssr")]
pub const ADD_PICTURE: &str = "/api/admin/pictures";

/// All orders, for staff.
#[cfg(feature = "ssr")]
pub const ADMIN_ORDERS: &str = "/admin/orders";

/// The form that exports orders.
#[cfg(feature = "ssr")]
pub const EXPORT_ORDERS: &str = "/admin/orders/export";

/// The page on which orders are shipped by a list, and its form's address.
#[cfg(feature = "ssr")]
pub const SHIP_LIST: &str = "/admin/orders/ship";

#[cfg(feature = "ssr")]
pub const ADMIN_BUYERS: &str = "/admin/buyers";

/// Payments and refunds.
#[cfg(feature = "ssr")]
pub const ADMIN_MONEY: &str = "/admin/money";

#[cfg(feature = "ssr")]
pub const ADMIN_SWITCHES: &str = "/admin/switches";

/// The form that sets or clears a switch.
#[cfg(feature = "ssr")]
pub fn change_switch(switch: crate::wire::Switch, set: bool) -> String {
    let verb = if set { "set" } else { "clear" };
    format!("{ADMIN_SWITCHES}/{}/{verb}", switch.code())
}

/// Parked reservations and undelivered messages.
#[cfg(feature = "ssr")]
pub const ADMIN_MESSAGES: &str = "/admin/messages";

/// The form that puts all parked reservations back into the queue.
#[cfg(feature = "ssr")]
pub const REPLAY_ALL_PARKED: &str = "/admin/messages/parked/replay";

/// The form that puts a parked reservation back into the queue.
#[cfg(feature = "ssr")]
pub fn replay_parked(reservation_id: crate::wire::ReservationId) -> String {
    format!("{ADMIN_MESSAGES}/parked/{reservation_id}/replay")
}

/// The form that ends a parked reservation without an order.
#[cfg(feature = "ssr")]
pub fn drop_parked(reservation_id: crate::wire::ReservationId) -> String {
    format!("{ADMIN_MESSAGES}/parked/{reservation_id}/drop")
}

/// The page with that form.
#[cfg(feature = "ssr")]
pub fn drop_form(reservation_id: crate::wire::ReservationId) -> String {
    format!("{ADMIN_MESSAGES}?drop={reservation_id}")
}

/// The form that sends a message to a program again.
#[cfg(feature = "ssr")]
pub fn replay_message(delivery_id: uuid::Uuid) -> String {
    format!("{ADMIN_MESSAGES}/{delivery_id}/replay")
}

/// The shop's environment.
#[cfg(feature = "ssr")]
pub const ADMIN_SYSTEM: &str = "/admin/system";

/// The staff's actions.
#[cfg(feature = "ssr")]
pub const ADMIN_LOG: &str = "/admin/log";

/// The form that archives a product, or restores it.
#[cfg(feature = "ssr")]
pub fn archive_product(product_id: crate::wire::ProductId, archived: bool) -> String {
    let verb = if archived { "archive" } else { "restore" };
    format!("{ADMIN_PRODUCTS}/{product_id}/{verb}")
}

/// The form of a new round that sells this product.
#[cfg(feature = "ssr")]
pub fn new_round_with(product_id: crate::wire::ProductId) -> String {
    format!("{NEW_ROUND}?product={product_id}")
}

#[cfg(feature = "ssr")]
const PICTURES: &str = "/pictures/";

/// An uploaded picture, in its large size.
#[cfg(feature = "ssr")]
pub fn picture(hash: &str) -> String {
    format!("{PICTURES}{hash}")
}

/// The same picture in its small size; `None` if the address is no uploaded picture's.
#[cfg(feature = "ssr")]
pub fn small_picture(picture_url: &str) -> Option<String> {
    let small = crate::wire::PictureSize::Small.side();
    picture_url
        .starts_with(PICTURES)
        .then(|| format!("{picture_url}/{small}"))
}

/// Everything about an order.
#[cfg(feature = "ssr")]
pub fn admin_order(order_id: OrderId) -> String {
    format!("{ADMIN_ORDERS}/{order_id}")
}

/// The form that refunds an order.
#[cfg(feature = "ssr")]
pub fn refund_order(order_id: OrderId) -> String {
    format!("{ADMIN_ORDERS}/{order_id}/refund")
}

/// The form for an order's shipment.
#[cfg(feature = "ssr")]
pub fn ship_order(order_id: OrderId) -> String {
    format!("{ADMIN_ORDERS}/{order_id}/ship")
}

/// Everything about a buyer.
#[cfg(feature = "ssr")]
pub fn admin_buyer(account_id: crate::wire::AccountId) -> String {
    format!("{ADMIN_BUYERS}/{account_id}")
}

/// The form that bans a buyer, or ends the ban.
#[cfg(feature = "ssr")]
pub fn ban_buyer(account_id: crate::wire::AccountId, banned: bool) -> String {
    let verb = if banned { "ban" } else { "unban" };
    format!("{ADMIN_BUYERS}/{account_id}/{verb}")
}

/// The form that stops a round.
#[cfg(feature = "ssr")]
pub fn stop_round(round_id: crate::wire::RoundId) -> String {
    format!("{ADMIN_ROUNDS}/{round_id}/stop")
}

/// The form that approves a round.
#[cfg(feature = "ssr")]
pub fn approve_round(round_id: crate::wire::RoundId) -> String {
    format!("{ADMIN_ROUNDS}/{round_id}/approve")
}

/// The form that sends a round back.
#[cfg(feature = "ssr")]
pub fn send_round_back(round_id: crate::wire::RoundId) -> String {
    format!("{ADMIN_ROUNDS}/{round_id}/send_back")
}

/// The form that resumes a round.
#[cfg(feature = "ssr")]
pub fn resume_round(round_id: crate::wire::RoundId) -> String {
    format!("{ADMIN_ROUNDS}/{round_id}/resume")
}

/// The report of a round.
#[cfg(feature = "ssr")]
pub fn round_report(round_id: crate::wire::RoundId) -> String {
    format!("{ADMIN_ROUNDS}/{round_id}/report")
}

/// The same for spreadsheets.
#[cfg(feature = "ssr")]
pub fn round_report_csv(round_id: crate::wire::RoundId) -> String {
    format!("{}.csv", round_report(round_id))
}

/// The same for programs.
#[cfg(feature = "ssr")]
pub fn round_report_json(round_id: crate::wire::RoundId) -> String {
    format!("/api{ADMIN_ROUNDS}/report?round_id={round_id}")
}

/// The page of an item.
pub fn item(item_id: ItemId) -> String {
    format!("/items/{item_id}")
}

/// The page of an order.
pub fn order(order_id: OrderId) -> String {
    format!("/orders/{order_id}")
}

/// The form that redirects a buyer to the payment provider.
#[cfg(feature = "ssr")]
pub fn pay(order_id: OrderId) -> String {
    format!("/orders/{order_id}/pay")
}

/// The form for an order's shipping address.
#[cfg(feature = "ssr")]
pub fn order_address(order_id: OrderId) -> String {
    format!("/orders/{order_id}/address")
}

/// The form that confirms that an order arrived.
#[cfg(feature = "ssr")]
pub fn order_received(order_id: OrderId) -> String {
    format!("/orders/{order_id}/received")
}

/// The page of a payment at the built-in provider.
#[cfg(feature = "ssr")]
pub fn sandbox(payment_id: crate::wire::PaymentId) -> String {
    format!("/sandbox/{payment_id}")
}

/// The log-in form, which leads to `next` afterwards. In `next` a `#` is `%23`, or it would end the
/// parameter: see `in_query`.
pub fn login(next: &str) -> String {
    format!("/login?next={next}")
}

/// The log-in form, which leads back to the buy panel of an item.
pub fn login_to_buy(item_id: ItemId) -> String {
    format!("/login?next=/items/{item_id}%23buy")
}

/// The registration form, which leads to `next` afterwards; see [`login`].
#[cfg(feature = "ssr")]
pub fn register(next: &str) -> String {
    format!("/register?next={next}")
}

/// The address of a purchase: the hidden path is valid for only one.
pub fn purchase(path: &str) -> String {
    format!("/seckill/{path}")
}

/// The picture of a captcha.
#[cfg(feature = "ssr")]
pub fn captcha_picture(captcha_id: crate::wire::CaptchaId) -> String {
    format!("/captcha/{captcha_id}.png")
}
